//! HCL texts and what they are read into.
#![allow(clippy::string_slice, reason = "the texts are ours, cut at checked boundaries")]

use std::fmt::Write as _;

use portcullis_core::{FileId, SyntaxErrorKind};
use portcullis_syntax::hcl::{self, ExprKind, Part};

#[path = "hcl/dump.rs"]
mod dump;
#[path = "hcl/oracle.rs"]
mod oracle;

use dump::dump;

fn assert_all(cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (text, expected) in cases {
        let found = dump(&hcl::parse(text, FileId(0)), text);
        if found != *expected {
            let _ = writeln!(wrong, "{text:?}\n  expected {expected}\n  found    {found}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The same of texts that are the value of `x`; it stands in what is expected as well.
fn assert_values(cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (value, expected) in cases {
        let text = format!("x = {value}\n");
        let found = dump(&hcl::parse(&text, FileId(0)), &text);
        if found.strip_prefix("x=") != Some(expected) {
            let _ = writeln!(wrong, "{value:?}\n  expected {expected}\n  found    {found}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn bodies() {
    assert_all(&[
        ("", ""),
        ("\n\n", ""),
        ("# only a comment", ""),
        ("\u{feff}a = 1\r\nb = 2\r\n", "a=1 b=2"),
        ("a = 1 # x\nb = 2 // y\n/* z\n */ c = 3 /* w */ /* v */\n", "a=1 b=2 c=3"),
        ("a {}\n", "a{}"),
        ("a{}", "a{}"),
        ("a{\n}b = 1\n", "a{} … !\"b\" expected a line break after a block, found `b`"),
        ("a b \"c d\" {\n}\n", "a \"b\" \"c d\"{}"),
        ("a { b = 1 }\n", "a{b=1}"),
        ("a { b = [\n1\n] }\n", "a{b=[1]}"),
        ("a {\n  b = 1\n  c {\n    d = 2\n  }\n  e = 3\n}\nf = 4", "a{b=1 c{d=2} e=3} f=4"),
        ("a {\n\n  // x\n}\n", "a{}"),
        ("größe-1 = 1\n_x = 2\nx_1-y = 3\n", "größe-1=1 _x=2 x_1-y=3"),
        ("for = 1\nif = in\n", "for=1 if=in"),
        ("a \"x\\\"\\u00e9$${b}\" {}\n", "a \"x\\\"é${b}\"{}"),
        ("a \"$x %\" {}\n", "a \"$x %\"{}"),
        ("a = 1\na = 2\n", "a=1 a=2 !twice \"a\" the attribute `a` is set twice"),
        ("a {\nb = 1\n}\na {\nb = 1\n}\n", "a{b=1} a{b=1}"),
    ]);
}

/// A body of many attributes looks names up in a set.
#[test]
fn repeated_attributes_are_found_among_many() {
    let many: String = (0..40).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "a{index} = 1");
        text
    });
    for repeated in ["a0", "a15", "a16", "a39"] {
        let text = format!("{many}{repeated} = 2\n");
        let errors = hcl::parse(&text, FileId(0)).errors;
        assert_eq!(errors.len(), 1, "{repeated}");
    }
    assert_eq!(hcl::parse(&many, FileId(0)).errors, []);
}

#[test]
fn expressions() {
    assert_values(&[
        ("null", "null"),
        ("true", "true"),
        ("false", "false"),
        ("1", "1"),
        ("007", "7"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9.223372036854776e18"),
        ("1.5", "1.5"),
        ("5.0", "5"),
        ("1e3", "1000"),
        ("1.5E-1", "0.15"),
        ("2e+2", "200"),
        ("-1", "(- 1)"),
        ("- 1", "(- 1)"),
        ("!!a", "(! (! a))"),
        ("-a.b", "(- (. a b))"),
        ("!a == b", "(== (! a) b)"),
        ("a + b * c - d", "(- (+ a (* b c)) d)"),
        ("a * b + c", "(+ (* a b) c)"),
        ("a / b % c", "(% (/ a b) c)"),
        ("a || b && c", "(|| a (&& b c))"),
        ("a && b || c", "(|| (&& a b) c)"),
        ("a == b && c != d", "(&& (== a b) (!= c d))"),
        ("a < b == c >= d", "(== (< a b) (>= c d))"),
        ("a <= b || a > c", "(|| (<= a b) (> a c))"),
        ("a - b - c", "(- (- a b) c)"),
        ("a-b", "a-b"),
        ("a -b", "(- a b)"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("a ? b : c", "(? a b c)"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("a ? b ? c : d : e", "(? a (? b c d) e)"),
        ("a || b ? c + 1 : d", "(? (|| a b) (+ c 1) d)"),
        ("(\na\n&& b\n)", "(&& a b)"),
        ("(\na ?\n b\n : c\n)", "(? a b c)"),
        ("f(\na\n+ b,\n)", "(f() (+ a b))"),
        ("[\na\n?\nb\n:\nc\n]", "[(? a b c)]"),
        ("( # x\na // y\n)", "a"),
        ("[]", "[]"),
        ("[1, \"a\", [true],]", "[1 \"a\" [true]]"),
        ("[\n1,\n2\n]", "[1 2]"),
        ("{}", "{}"),
        ("{\n}", "{}"),
        ("{ a = 1, b : 2 }", "{\"a\":1 \"b\":2}"),
        ("{\na = 1\n\nb = 2,\nc = 3 # x\n}", "{\"a\":1 \"b\":2 \"c\":3}"),
        ("{ a = 1, a = 2 }", "{\"a\":1 \"a\":2}"),
        ("{ \"a b\" = 1, \"${c}\" = 2, (d) = 3, (e.f) = 4 }", "{\"a b\":1 (T c):2 d:3 (. e f):4}"),
        ("{ 1 = 2, a.b = 3, true = 4 }", "{1:2 (. a b):3 true:4}"),
        ("{ a = b ? c : d }", "{\"a\":(? b c d)}"),
        ("{ a = (b\n&& c)\n}", "{\"a\":(&& b c)}"),
        ("f()", "(f() )"),
        ("f(a, b...)", "(f() a b ...)"),
        ("f(\n  a,\n  b\n)", "(f() a b)"),
        ("provider::aws::arn_parse(a)", "(provider::aws::arn_parse() a)"),
        ("f(g(h(a)).b)[0]", "(at (f() (. (g() (h() a)) b)) 0)"),
        ("var.a.b", "(. (. var a) b)"),
        ("a.0", "(. a 0)"),
        ("a.0.b", "(. (. a 0) b)"),
        ("a[0][\"b\"][c.d]", "(at (at (at a 0) \"b\") (. c d))"),
        ("a[\n0\n]", "(at a 0)"),
        ("[a, b][0]", "(at [a b] 0)"),
        ("{ a = 1 }.a", "(. {\"a\":1} a)"),
        ("(a).b", "(. a b)"),
        ("\"a\".b", "(. \"a\" b)"),
        ("a.*", "(splat a @)"),
        ("a.*.b", "(splat a (. @ b))"),
        ("a.*.b.c", "(splat a (. (. @ b) c))"),
        ("a.*.b[0]", "(at (splat a (. @ b)) 0)"),
        ("a.*.0.b", "(splat a (. (. @ 0) b))"),
        ("a[*]", "(splat a @)"),
        ("a[*].b", "(splat a (. @ b))"),
        ("a[*].b[0]", "(splat a (at (. @ b) 0))"),
        ("a[*].b[*].c", "(splat a (splat (. @ b) (. @ c)))"),
        ("a[*].b.*.c[0]", "(splat a (at (splat (. @ b) (. @ c)) 0))"),
        ("a.*.b[*].c", "(splat (splat a (. @ b)) (. @ c))"),
        ("a.b[*].c", "(splat (. a b) (. @ c))"),
        ("f(a[*].b...)", "(f() (splat a (. @ b)) ...)"),
        ("[for a in b : a]", "(for a b a)"),
        ("[for k, v in b : \"${k}\" if v]", "(for k,v b (T k) if v)"),
        ("[ for a in b: a.*.c ]", "(for a b (splat a (. @ c)))"),
        ("{ for k, v in b : k => v }", "(for k,v b k => v)"),
        ("{for v in b : v.a => v... if v.c != null}", "(for v b (. v a) => v ... if (!= (. v c) null))"),
        ("{\n  for k, v in b : k =>\n  v.a &&\n  v.b\n}", "(for k,v b k => (&& (. v a) (. v b)))"),
        ("{\n  for k, v in b :\n  k\n  => v\n  ? 1\n  : 2\n  if v\n}", "(for k,v b k => (? v 1 2) if v)"),
        ("[\n  for a in b\n  : a\n  &&\n  c\n]", "(for a b (&& a c))"),
        ("[for a in [for b in c : b] : { d = a }]", "(for a (for b c b) {\"d\":a})"),
        ("[for in in in : in]", "(for in in in)"),
        ("trueish", "trueish"),
    ]);
}

#[test]
fn templates() {
    assert_values(&[
        ("\"\"", "\"\""),
        ("\"a\"", "\"a\""),
        ("\"\\n\\r\\t\\\"\\\\\"", "\"\\n\\r\\t\\\"\\\\\""),
        ("\"\\u00e9\\U0001F512\"", "\"é🔒\""),
        ("\"é\\\\é\"", "\"é\\\\é\""),
        ("\"$${a} %%{b}\"", "\"${a} %{b}\""),
        ("\"$$${a}\"", "\"$${a}\""),
        ("\"$ % $a 100% $$\"", "\"$ % $a 100% $$\""),
        ("\"$\\\"\"", "\"$\\\"\""),
        ("\"# /* // <<\"", "\"# /* // <<\""),
        ("\"${a}\"", "(T a)"),
        ("\"a${b}c\"", "(T \"a\" b \"c\")"),
        ("\"${a}${b}\"", "(T a b)"),
        ("\"a\\n${b}\\\"\"", "(T \"a\\n\" b \"\\\"\")"),
        ("\"${\"a${b}\"}\"", "(T (T \"a\" b))"),
        ("\"${{ a = \"}\" }[\"a\"]}\"", "(T (at {\"a\":\"}\"} \"a\"))"),
        ("\"${\n  f(\n    a,\n  )\n}\"", "(T (f() a))"),
        ("\"${a /* } */ }\"", "(T a)"),
        ("\" ${~ a ~} b\"", "(T \"\" a \"b\")"),
        ("\"${~a~}\"", "(T a)"),
        ("\"a \\n${~ b}\"", "(T \"a\" b)"),
        ("\"%{ if a }b%{ endif }\"", "(T (if a (T \"b\")))"),
        ("\"%{ if a }b%{ else }c%{ endif }d\"", "(T (if a (T \"b\") (T \"c\")) \"d\")"),
        ("\"%{ for v in a }${v},%{ endfor }\"", "(T (each v a (T v \",\")))"),
        ("\"%{~ for k, v in a ~} ${k} %{~ endfor ~}\"", "(T (each k,v a (T k)))"),
        (
            "\"%{if a}%{for b in c}%{if b}x%{endif}%{endfor}%{else}y%{endif}\"",
            "(T (if a (T (each b c (T (if b (T \"x\"))))) (T \"y\")))",
        ),
        ("\"%{if a}%{endif}\"", "(T (if a (T)))"),
        ("<<EOT\nEOT", "\"\""),
        ("<<EOT\na\n  b\nEOT", "\"a\\n  b\\n\""),
        ("<<EOT\r\na\r\nEOT\r\n", "\"a\\r\\n\""),
        ("<<EOT\na\n  EOT \n", "\"a\\n\""),
        ("<<E-1_x\na\nE-1\nE-1_x", "\"a\\nE-1\\n\""),
        ("<<EOT\n\\n \"q\" $${a} $b 5%\nEOT", "\"\\\\n \\\"q\\\" ${a} $b 5%\\n\""),
        ("<<EOT\na ${b} c\nEOT", "(T \"a \" b \" c\\n\")"),
        ("<<EOT\n${b}EOT\nEOT", "(T b \"EOT\\n\")"),
        ("<<-EOT\n    a\n      b\n\n    c\n  EOT", "\"a\\n  b\\n\\nc\\n\""),
        ("<<-EOT\n    a\n   \n  b\nEOT", "\"  a\\n   \\nb\\n\""),
        ("<<-EOT\n\ta\n\t\tb\nEOT", "\"a\\n\\tb\\n\""),
        ("<<-EOT\n    a ${b}\n      c\nEOT", "(T \"a \" b \"\\n  c\\n\")"),
        ("<<-EOT\n    a\n${b}\nEOT", "(T \"    a\\n\" b \"\\n\")"),
        ("<<-EOT\n    ${b}\n  c\nEOT", "(T \"  \" b \"\\nc\\n\")"),
        ("<<EOT\n%{ for a in b ~}\nx ${a}\n%{ endfor ~}\ny\nEOT", "(T (each a b (T \"x \" a \"\\n\")) \"y\\n\")"),
        ("<<EOT\na\n${~ b }\nEOT", "(T \"a\" b \"\\n\")"),
        ("<<EOT\n${f(<<E2\nx\nE2\n)}\nEOT", "(T (f() \"x\\n\") \"\\n\")"),
        ("[<<A\nx\nA\n, <<B\ny\nB\n]", "[\"x\\n\" \"y\\n\"]"),
        ("{ a = <<A\nx\nA\nb = 1 }", "{\"a\":\"x\\n\" \"b\":1}"),
        ("f(<<A\nx\nA\n)", "(f() \"x\\n\")"),
        ("<<A\n\"${b}\" }{ ]\nA", "(T \"\\\"\" b \"\\\" }{ ]\\n\")"),
    ]);
}

#[test]
fn faults() {
    assert_all(&[
        ("a", "… !\"\" expected `=`, a label or `{`, found the end of the file"),
        ("a\nb = 1\n", "b=1 … !\"\\n\" expected `=`, a label or `{`, found the end of the line"),
        ("= 1\nb = 1\n", "b=1 … !\"=\" expected an attribute or block, found `=`"),
        ("\"a\" = 1\n", "… !\"\\\"\" the names of attributes and blocks have no quotes"),
        ("a =\nb = 1\n", "a=? b=1 … !\"\\n\" expected an expression, found the end of the line"),
        ("a = 1 2\nb = 1\n", "a=1 b=1 … !\"2\" expected a line break after an attribute, found `2`"),
        ("a = 1, b = 2\n", "a=1 … !\",\" expected a line break after an attribute, found `,`"),
        (
            "a b\n{\n c = 1\n}\nd = 1\n",
            "d=1 … !\"\\n\" expected `{` on the line of the block's header, found the end of the line",
        ),
        ("a b = 1\nd = 1\n", "d=1 … !\"=\" expected a label or `{`, found `=`"),
        ("a \"${b}\" {}\nd = 1\n", "d=1 … !\"${\" a label is not a template"),
        ("a \"b\nd = 1\n", "d=1 … !\"\\\"b\" the text is not closed: expected `\"` before a line break"),
        ("a { b = 1, c = 2 }\nd = 1\n", "a{b=1 …} d=1 … !\",\" expected `}`: a block on one line has one attribute"),
        ("a { b = 1\n}\nd = 1\n", "a{b=1 …} d=1 … !\"\\n\" expected `}`: a block on one line has one attribute"),
        ("a { b {} }\nd = 1\n", "a{…} d=1 … !\"{\" expected `=`: a block within a block starts on a line of its own"),
        ("a { b }\nd = 1\n", "a{…} d=1 … !\"}\" expected `=`, found `}`"),
        ("a { 1 }\n", "a{…} … !\"1\" expected an attribute or `}`, found `1`"),
        ("a { b = 1", "a{b=1 …} … !\"{\" the block is not closed: expected `}` before the end of the file"),
        ("a {\n b = 1\n", "a{b=1 …} … !\"{\" the block is not closed: expected `}` before the end of the file"),
        (
            "a {\n  b = 1\n\nc {\n  d = 1\n}\n",
            "a{b=1 …} c{d=1} … !\"{\" the block is not closed: expected `}` before the end of the file",
        ),
        (
            "a {\n  b {\n  c = 1\n}\n\nd {\n}\n",
            "a{b{c=1} …} d{} … !\"{\" the block is not closed: expected `}` before the end of the file",
        ),
        ("a {\n  b = 1\n  c = ]\n  d = 1\n}\ne = 1\n", "a{b=1 c=? …} e=1 … !\"]\" expected an expression, found `]`"),
        (
            "a {\n  b {\n    c = )\n  }\n  d = 1\n}\ne {}\n",
            "a{b{c=? …} …} e{} … !\")\" expected an expression, found `)`",
        ),
        ("a {\n  b = 1 }\nc = 1\n", "a{b=1 …} c=1 … !\"}\" expected a line break after an attribute, found `}`"),
        ("a = [1 2]\nb = 1\n", "a=? b=1 … !\"2\" expected `,` or `]`, found `2`"),
        ("a = [1,\nb = 1\n", "a=? b=1 … !\"=\" expected `,` or `]`, found `=`"),
        ("a = [1,\n  2\nb {\n}\n", "a=? b{} … !\"b\" expected `,` or `]`, found `b`"),
        ("a = {b}\nc = 1\n", "a=? c=1 … !\"}\" expected `=` or `:` after a key, found `}`"),
        ("a = {\nb = 1 c = 2\n}\nd = 1\n", "a=? d=1 … !\"c\" expected `,`, a line break or `}`, found `c`"),
        ("a = (1\nb = 1\n", "a=? b=1 … !\"b\" expected `)`, found `b`"),
        ("a = f(1 2)\nb = 1\n", "a=? b=1 … !\"2\" expected `,` or `)`, found `2`"),
        ("a = f(b... , c)\n", "a=? … !\",\" expected `)` after `...`, found `,`"),
        ("a = b::1\n", "a=? … !\"1\" expected the name of a function after `::`, found `1`"),
        ("a = b::c\n", "a=? … !\"\\n\" expected `(` after the name of a function, found the end of the line"),
        ("a = b ? c\nd = 1\n", "a=? d=1 … !\"\\n\" expected `:` and what holds otherwise, found the end of the line"),
        ("a = b.\nc = 1\n", "a=? c=1 … !\"\\n\" expected a name after `.`, found the end of the line"),
        ("a = b[0\nc = 1\n", "a=? c=1 … !\"c\" expected `]`, found `c`"),
        ("a = b[*\nc = 1\n", "a=? c=1 … !\"\\n\" expected `]` after `*`, found the end of the line"),
        ("a = b.*.*\n", "a=? … !\"*\" `.*` stands within another `.*`: write `[*]`"),
        ("a = b.0.1\nc = 1\n", "a=? c=1 !\"0.1\" `.0.1` does not take two elements in a row: write them as `[0][1]`"),
        ("a = 1.2.3\nc = 1\n", "a=? c=1 !\"1.2.3\" `1.2.3` is not a number"),
        ("a = [for b c]\n", "a=? … !\"c\" expected `in`, found `c`"),
        ("a = [for 1 in c : d]\n", "a=? … !\"1\" expected a name after `for`, found `1`"),
        ("a = [for b, 1 in c : d]\n", "a=? … !\"1\" expected a second name after `,`, found `1`"),
        ("a = [for b in c d]\n", "a=? … !\"d\" expected `:` after what `for` goes through, found `d`"),
        ("a = [for b in c : d e]\n", "a=? … !\"e\" expected `]` after `for`, found `e`"),
        ("a = {for b in c : d => e, f}\n", "a=? … !\",\" expected `}` after `for`, found `,`"),
        ("a = [for b in c : d => e]\n", "a=? !\"=>\" a `for` that makes a list gives no keys: no `=>`"),
        ("a = [for b in c : d...]\n", "a=? !\"...\" a `for` that makes a list does not group: no `...`"),
        ("a = {for b in c : d}\n", "a=? !\"}\" a `for` that makes an object gives keys: expected `=>`"),
        ("a = 'b'\nc = 1\n", "a=? c=1 … !\"'\" expected an expression, found `'`; texts stand in double quotes"),
        ("a = b & c\n", "a=b … !\"&\" expected a line break after an attribute, found `&`"),
        ("a = ü\u{a0}\nc = 1\n", "a=ü c=1 … !\"\\u{a0}\" expected a line break after an attribute, found `\\u{a0}`"),
        ("a = \"b\nc = 1\n", "a=? c=1 … !\"\\\"b\" the text is not closed: expected `\"` before a line break"),
        ("a = \"b\\\nc = 1\n", "a=? c=1 … !\"\\\"b\\\\\" the text is not closed: expected `\"` before a line break"),
        ("a = \"b", "a=? … !\"\\\"b\" the text is not closed: expected `\"` before the end of the file"),
        (
            "a = \"\\d\\u12\"\nc = 1\n",
            "a=? c=1 !\"\\\\d\" `\\d` is not an escape !\"\\\\u12\" `\\u12` is not an escape",
        ),
        ("a = \"\\ud800\"\n", "a=? !\"\\\\ud800\" `\\ud800` is not an escape"),
        ("a = \"${b c}\"\nd = 1\n", "a=? d=1 … !\"c\" expected `}` after what is interpolated, found `c`"),
        ("a = \"${b\"\nd = 1\n", "a=? d=1 … !\"\\\"\" expected `}` after what is interpolated, found a quoted text"),
        (
            "a = \"%{ iff b }\"\nd = 1\n",
            "a=? d=1 … !\"iff\" expected `if`, `else`, `endif`, `for` or `endfor`, found `iff`",
        ),
        ("a = \"%{ if b c }\"\nd = 1\n", "a=? d=1 … !\"c\" expected `}` after the directive, found `c`"),
        ("a = \"%{ if b }c\"\nd = 1\n", "a=? d=1 !\"%{ if b }\" the directive is not closed: expected `%{ endif }`"),
        ("a = \"%{ for b in c }d\"\n", "a=? !\"%{ for b in c }\" the directive is not closed: expected `%{ endfor }`"),
        ("a = \"b%{ else }\"\n", "a=? !\"%{ else }\" `else` without the directive that it belongs to"),
        ("a = \"%{if b}%{else}%{else}%{endif}\"\n", "a=? !\"%{else}\" `else` without the directive that it belongs to"),
        ("a = \"%{if b}%{endfor}\"\n", "a=? !\"%{endfor}\" `endfor` without the directive that it belongs to"),
        ("a = \"%{for b in c}%{endif}\"\n", "a=? !\"%{endif}\" `endif` without the directive that it belongs to"),
        ("a = <<EOT\nb\nc = 1\n", "a=? c=1 … !\"<<EOT\" the heredoc is not closed: expected a line with `EOT` alone"),
        ("a = <<EOT b\nEOT\n", "a=? … !\"<<EOT\" expected a word and a line break after `<<`"),
        ("a = <<\"EOT\"\nc\nEOT\nb {}\n", "a=? b{} … !\"<<\" expected a word and a line break after `<<`"),
        ("a = 1 /* b\nc = 1\n", "a=1 c=1 … !\"/*\" the comment is not closed: expected `*/`"),
        (
            "a {\n  b = \"}\"\n  c = <<E\n}\nE\n  d = \"${\"}\"}\" ]\n}\ne = 1\n",
            "a{b=\"}\" c=\"}\\n\" d=(T \"}\") …} e=1 … !\"]\" expected a line break after an attribute, found `]`",
        ),
        (
            "}\na = 1\n}\nb = 1\n",
            "a=1 b=1 … !\"}\" expected an attribute or block, found `}` !\"}\" expected an attribute or block, found `}`",
        ),
        (
            "a {\n  b = =\nc {\n}\n}\nd = 1\n",
            "a{b=? …} c{} d=1 … !\"=\" expected an expression, found `=` !\"}\" expected an attribute or block, found `}`",
        ),
        ("a\n  b = 1\n}\nc = 1\n", "c=1 … !\"\\n\" expected `=`, a label or `{`, found the end of the line"),
    ]);
}

/// What is nested without end is a fault of its item, and nothing of it stays on the stack.
#[test]
fn nesting_is_limited() {
    const COUNT: usize = 100_000;
    for unit in
        ["[", "(", "!", "-", "{a=", "{(", "f(", "a ? ", "a ? b : ", "a[", "a[*].", "\"${", "\"%{if ", "[for a in "]
    {
        let text = format!("x = {}\ny = 1\n", unit.repeat(COUNT));
        let file = hcl::parse(&text, FileId(0));
        assert_eq!(file.errors[0].kind, SyntaxErrorKind::Limit, "{unit}");
        assert_eq!(file.body.attributes.len(), 2, "{unit}");
    }
    for unit in ["a {\n", "a { b = [\n", "a \"b\" {\n"] {
        assert_ne!(hcl::parse(&unit.repeat(COUNT), FileId(0)).errors, [], "{unit}");
    }
    for (unit, value) in
        [(".a", "a"), ("[0]", "a"), (" + a", "a"), (".*", "a"), ("[*]", "a"), ("%{if a}", ""), ("%{for a in b}", "")]
    {
        let value = if value.is_empty() {
            format!("\"{}\"", unit.repeat(COUNT))
        } else {
            value.to_owned() + &unit.repeat(COUNT)
        };
        let text = format!("x = {value}\ny = 1\n");
        let file = hcl::parse(&text, FileId(0));
        assert!(!file.errors.is_empty(), "{unit}");
        assert_eq!(file.body.attributes.len(), 2, "{unit}");
    }
    let deep = format!("a = {}1{}\n", "[".repeat(120), "]".repeat(120));
    assert_eq!(hcl::parse(&deep, FileId(0)).errors, []);
    let long = format!("a = b{}\n", " && b".repeat(500));
    assert_eq!(hcl::parse(&long, FileId(0)).errors, []);
}

#[test]
fn comments_keep_their_place() {
    for (text, expected) in [
        ("# a\nb = 1 // c\n  /* d */ e = 1\r\n#f\r\n", &["# a!", "// c", "/* d */!", "#f!"][..]),
        ("a = [ # b\n1, // c\n]\n", &["# b", "// c"]),
        ("a = \"${b /* c */}\"\n", &["/* c */"]),
        ("a = <<E\n# b\nE\n# c", &["# c!"]),
        ("a { # b\n  c = = # d\n  # e\n}\n# f\ng = 1 # h\n", &["# b", "# d", "# e!", "# f!", "# h"]),
        ("a = (\n# b\n1 2\n# c\n)\n# d\n", &["# b!", "# c!", "# d!"]),
        ("a {\n# b\nc {\n# d\n}\n", &["# b!", "# d!"]),
    ] {
        let file = hcl::parse(text, FileId(0));
        let found: Vec<String> = file
            .comments
            .iter()
            .map(|comment| format!("{}{}", comment.span.slice(text), if comment.own_line { "!" } else { "" }))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }
}

#[test]
fn spans_cover_what_they_stand_for() {
    let text =
        "\u{feff}res \"a\" b {\n  x = (\"y\")\n  z = a.b[0] + f(1)\n  o = { k = <<-E\n    t ${u} v\n  E\n  }\n}\n";
    let file = hcl::parse(text, FileId(0));
    let block = &file.body.blocks[0];
    assert_eq!(block.kind.span.slice(text), "res");
    assert_eq!(block.labels[0].span.slice(text), "\"a\"");
    assert_eq!(block.header.slice(text), "res \"a\" b");
    assert_eq!(block.span.slice(text), &text[3..text.len() - 1]);
    assert!(block.body.span.slice(text).starts_with("\n  x"));
    assert!(block.body.span.slice(text).ends_with("  }\n"));
    let value = |name| &block.body.attribute(name).unwrap().value;
    assert_eq!(value("x").span.slice(text), "(\"y\")");
    assert_eq!(block.body.attribute("x").unwrap().span().slice(text), "x = (\"y\")");
    assert_eq!(value("z").span.slice(text), "a.b[0] + f(1)");
    let ExprKind::Binary(_, sides) = &value("z").kind else { panic!() };
    assert_eq!(sides[0].span.slice(text), "a.b[0]");
    let ExprKind::Index(source, _) = &sides[0].kind else { panic!() };
    assert_eq!(source.span.slice(text), "a.b");
    assert_eq!(sides[1].span.slice(text), "f(1)");
    let ExprKind::Object(items) = &value("o").kind else { panic!() };
    assert_eq!(items[0].key.span.slice(text), "k");
    assert_eq!(items[0].value.span.slice(text), "<<-E\n    t ${u} v\n  E");
    let ExprKind::Template(parts) = &items[0].value.kind else { panic!() };
    let [Part::Literal(_, first), Part::Interpolation(inner), Part::Literal(_, last)] = &parts[..] else { panic!() };
    assert_eq!(first.slice(text), "t ");
    assert_eq!(inner.span.slice(text), "u");
    assert_eq!(last.slice(text), " v\n");
}

/// Each character of a string's text leads to where it is written.
#[test]
fn texts_lead_back_to_their_source() {
    for (value, wanted, expected) in [
        ("\"abc\"", "c", "c"),
        ("(\n  \"a\\nbc\"\n)", "c", "c"),
        ("\"a\\nb\"", "\n", "\\"),
        ("\"\\u00e9x\\\"y\"", "y", "y"),
        ("\"$${a} b\"", "b", "b"),
        ("<<E\n{\n  \"k\": 1\n}\nE\n", "\"k\"", "\"k\""),
        ("<<-E\n    {\n\n      \"k\": [\n  \"$${v}\" ]\n    }\n  E\n", "\"k\"", "\"k\""),
        ("<<-E\n    {\n      \"k\": [\"$${v}\"]\n    }\n  E\n", "}\"]", "}\"]"),
    ] {
        let text = format!("a = {value}\n");
        let file = hcl::parse(&text, FileId(0));
        let value = &file.body.attributes[0].value;
        let ExprKind::String(decoded) = &value.kind else { panic!("{text:?}") };
        let map = hcl::content_map(value.span, &text).unwrap();
        assert_eq!(map.len() as usize, decoded.len(), "{text:?}");
        let start = u32::try_from(decoded.find(wanted).unwrap()).unwrap();
        let end = start + u32::try_from(wanted.len()).unwrap();
        assert_eq!(map.span(start, end).slice(&text), expected, "{text:?}");
    }
    let text = "a = { b = 1 }\n";
    let file = hcl::parse(text, FileId(0));
    assert!(hcl::content_map(file.body.attributes[0].value.span, text).is_none());
}

#[test]
fn whole_files_are_templates() {
    for (text, expected) in [
        ("", "\"\""),
        ("a\n  b\n", "\"a\\n  b\\n\""),
        ("a $${b} \\n $", "\"a ${b} \\\\n $\""),
        ("${a}", "(T a)"),
        ("#!/bin/sh\necho ${a} 100%\n", "(T \"#!/bin/sh\\necho \" a \" 100%\\n\")"),
        ("%{ for a in b ~}\n${a}\n%{ endfor ~}\n", "(T (each a b (T a \"\\n\")) \"\")"),
        ("%{ if a }", "? !\"%{ if a }\" the directive is not closed: expected `%{ endif }`"),
        ("x ${a b} y", "? !\"b\" expected `}` after what is interpolated, found `b`"),
        ("x ${a", "? !\"\" expected `}` after what is interpolated, found the end of the file"),
    ] {
        let (expr, errors) = hcl::parse_template(text, FileId(0));
        let mut found = dump::show(&expr);
        for error in &errors {
            let _ = write!(found, " !{}", dump::fault(error, text));
        }
        assert_eq!(found, expected, "{text:?}");
    }
}

#[test]
fn json_syntax() {
    for (text, expected) in [
        ("{}", ""),
        (r#"{"//": "x", "locals": {"a": 1, "//": 2}}"#, "locals{a=1}"),
        (
            r#"{"variable": {"a": {"default": "${b}", "type": "list(string)"}}}"#,
            r#"variable "a"{default="${b}" type=(list() string)}"#,
        ),
        (
            r#"{"resource": {"t": {"a": {"x": [1, true, null, -2.5], "y": {"k": "v${w}"}}}}}"#,
            r#"resource "t" "a"{x=[1 true null -2.5] y={"k":(T "v" w)}}"#,
        ),
        (
            r#"{"resource": [{"t": {"a": {}}}, {"t": [{"b": {}}, {"c": [{}, {}]}]}]}"#,
            r#"resource "t" "a"{} resource "t" "b"{} resource "t" "c"{} resource "t" "c"{}"#,
        ),
        (
            r#"{"resource": {"t": {"a": {"provider": "aws.west", "depends_on": ["aws_x.y"], "lifecycle": {"ignore_changes": ["z"]}}}}}"#,
            r#"resource "t" "a"{provider=(. aws west) depends_on=[(. aws_x y)] lifecycle{ignore_changes=[z]}}"#,
        ),
        (
            r#"{"resource": {"t": {"a": {"dynamic": {"set": {"for_each": "${v}", "content": {"n": "${set.value}"}}}}}}}"#,
            r#"resource "t" "a"{dynamic "set"{for_each=(T v) content{n=(T (. set value))}}}"#,
        ),
        (
            r#"{"terraform": {"backend": {"s3": {"bucket": "b"}}, "required_version": "1"}}"#,
            r#"terraform{backend "s3"{bucket="b"} required_version="1"}"#,
        ),
        (
            r#"{"provider": {"aws": [{"region": "a"}, {"alias": "w"}]}}"#,
            r#"provider "aws"{region="a"} provider "aws"{alias="w"}"#,
        ),
        (
            r#"{"module": {"m": {"source": "./m", "providers": {"aws": "aws.w"}}}}"#,
            r#"module "m"{source="./m" providers={"aws":(. aws w)}}"#,
        ),
        (r#"{"output": {"o": {"value": "a\"${b[\"c\"]}"}}}"#, r#"output "o"{value=(T "a\"" (at b "c"))}"#),
        (
            r#"{"output": {"o": {"value": "${b c}"}}}"#,
            r#"output "o"{value=?} !"c" expected `}` after what is interpolated, found `c`"#,
        ),
        (r#"{"output": {"o": 1}}"#, "… !\"1\" expected an object, or a list of objects"),
        ("[1, {}]", "… !\"1\" expected an object, or a list of objects"),
        (r#"{"output": {"o": null}}"#, ""),
        ("{\"a\": ", "… !\"\" the file ends where a value should be"),
    ] {
        assert_eq!(dump(&hcl::parse_json(text, FileId(0)), text), expected, "{text}");
    }
    let text = r#"{"a": "${b}", "variable": {"c": [1]}}"#;
    assert_eq!(dump(&hcl::parse_json_variables(text, FileId(0)), text), r#"a="${b}" variable={"c":[1]}"#);
}

/// Every cut and every missing byte of a text with everything in it.
#[test]
fn broken_texts_are_read_within_their_bounds() {
    const RICH: &str = include_str!("../../../fuzz/seeds/hcl/rich.tf");
    assert_eq!(hcl::parse(RICH, FileId(0)).errors, []);
    for (at, character) in RICH.char_indices() {
        let (before, from) = RICH.split_at(at);
        check(before);
        check(&format!("{before}{}", &from[character.len_utf8()..]));
        check(from);
    }
}

fn check(text: &str) {
    let file = hcl::parse(text, FileId(0));
    let spans = file.errors.iter().map(|error| error.span).chain(file.comments.iter().map(|comment| comment.span));
    for span in spans.chain(dump::spans(&file.body)) {
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {text:?}");
    }
    assert!(!file.body.open || !file.errors.is_empty(), "{text:?}");
    let comments: Vec<_> = file.comments.iter().map(|comment| comment.span.start).collect();
    assert!(comments.is_sorted_by(|a, b| a < b), "{text:?}");
    let _ = hcl::parse_template(text, FileId(0));
}

/// Every file in HCL below the fixtures that another reader takes is read into the same tree.
#[test]
fn fixtures_are_read_as_others_read_them() {
    let mut count = 0;
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                open.push(path);
            } else if matches!(extension, Some("tf" | "tofu" | "tfvars" | "hcl")) {
                let text = std::fs::read_to_string(&path).unwrap();
                let Some(theirs) = oracle::dump(&text) else { continue };
                let ours = dump(&hcl::parse(&text, FileId(0)), &text);
                assert_eq!(oracle::squeeze(&ours), oracle::squeeze(&theirs), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 3, "the fixtures are not where they were");
}
