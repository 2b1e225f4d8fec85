//! Texts that OPA reads and the interpreter does not: they load, mean the same, and faults keep their places.

use portcullis_policy::{Fault, Library, Module, Options, Value};
use serde_json::{Value as Json, json};

/// The value of `data.p.x`, or the first fault.
fn x(text: &str, input: &Json) -> Json {
    let modules = [Module::new("p.rego", text), Module::new("q.rego", "package q\nf(a) := a + 1")];
    let (library, faults) = Library::compile(&modules, &Value::UNDEFINED, &Options::default());
    if let Some(fault) = faults.first() {
        return Json::from(fault.to_string());
    }
    match library.worker().rule("data.p.x", &Value::from(input.clone())) {
        Ok(value) if value.is_undefined() => Json::from("undefined"),
        Ok(value) => value.to_json(),
        Err(fault) => Json::from(fault.to_string()),
    }
}

#[test]
fn what_opa_reads_is_read() {
    let input = json!({ "n": 3, "containers": [{ "args": ["a", "b"] }, { "args": ["c"] }] });
    let cases: &[(&str, Json)] = &[
        // A parenthesis at the start of a line.
        ("package p\nx {\n  input.n\n  (input.n - 1) > 1\n}", json!(true)),
        ("package p\nx {\n  input.containers[0]\n\t(input.n - 1) > 5\n}", json!("undefined")),
        ("package p\nx = y {\n  y := count(\n    [1]\n  )\n}", json!(1)),
        // Imports behind rules.
        ("package p\ny := 1\nimport data.q\nx := q.f(1)", json!(2)),
        ("package p # the package\n\ny := 1\nimport data.q as r\nx := r.f(y)", json!(2)),
        // Several bodies behind one head.
        ("package p\nx[m] { m := 1 } { m := 2 }", json!([1, 2])),
        (
            "package p\nx = y { y := f(2) }\nf(a) = b { a == 1; b := \"one\" } {\n  a == 2\n  b := \"two\"\n}",
            json!("two"),
        ),
        ("package p\nx { false } { true }", json!(true)),
        // `some` behind a loop.
        ("package p\nx[o] { c := input.containers[_]; some i; o := upper(c.args[i]) }", json!(["A", "B", "C"])),
        (
            "package p\nx[o] { c := input.containers[_]\n  some i, j\n  i != j\n  o := upper(c.args[i]); c.args[j] }",
            json!(["A", "B"]),
        ),
        // A name of a comprehension's own that is the outer one before.
        ("package p\nx { a := 1; y := [a | b := [1, 2][_]; b == a; a := b + 5]; y == [6]; a == 1 }", json!(true)),
        ("package p\nx[y] { n := input.n; y := {n: n | m := n; n := m + 1; m < n} }", json!([{"4": 4}])),
        (
            "package p\nx[y] { c := input.containers[_]; some i; y := {u | some i; u := c.args[i]} | {u | u := [c.args][i][_]} }",
            json!([["a", "b"], ["c"]]),
        ),
        // Two bodies with a name of their own.
        (
            "package p\nx { y := [j | some i; input.containers[i]; j := i]; z := [i | some i; input.containers[i]]; y == z }",
            json!(true),
        ),
        // A name of `every` as an index below `not`.
        ("package p\nimport rego.v1\nx if { every l in [\"b\"] { not input[l] } }", json!(true)),
        ("package p\nimport rego.v1\nx if { every l in [\"n\"] { not input[l] } }", json!("undefined")),
        ("package p\nimport rego.v1\nx if { every k, l in [\"b\"] {\n  k == 0\n  not input[l] == 3\n} }", json!(true)),
        (
            "package p\nimport rego.v1\nx if { every l in {\"b\", \"n\"} { not data.y[l].z; not input.containers[0][l] } }",
            json!(true),
        ),
        ("package p\nimport rego.v1\nx if { every l in [\"n\"] { not {\"b\": 1}[l]; input[l] } }", json!(true)),
        ("package p\nimport rego.v1\nx if { every l in [\"b\"] { input[l] } }", json!("undefined")),
        ("package p\nimport rego.v1\nx if { every l in [\"b\"] { not count({1 | input[l]}) == 1 } }", json!(true)),
        (
            "package p\nimport rego.v1\nx if { every l in [\"b\"] { every m in [\"n\"] { not {\"n\": 1}[l]; not {\"b\": 1}[m] } } }",
            json!(true),
        ),
        ("package p\nimport rego.v1\nx if { every l in [\"n\"] { not f(input[l]) } }\nf(1) := true", json!(true)),
        // Elements that are undefined.
        ("package p\nimport rego.v1\nx contains c.args[1] if some c in input.containers", json!(["b"])),
        ("package p\nimport rego.v1\nx contains c.args[1] if { some c in input.containers }", json!(["b"])),
        ("package p\nx[c.args[1]] { c := input.containers[_] }", json!(["b"])),
        ("package p\nx[c.args[_]] { c := input.containers[_] # each\n}", json!(["a", "b", "c"])),
        ("package p\nx[{\"a\": c.args[1]}] { c := input.containers[_] }", json!([{"a": "b"}])),
        (
            "package p\nimport rego.v1\nx contains {\n  \"a\": c.args[1],\n  \"n\": input.n,\n} if {\n  some c in input.containers\n}",
            json!([{"a": "b", "n": 3}]),
        ),
        (
            "package p\nimport rego.v1\nx contains sprintf(\"%s\", [c.args[1]]) if some c in input.containers",
            json!(["b"]),
        ),
        ("package p\nimport rego.v1\nx contains c.nope if some c in input.containers", json!([])),
        ("package p\nimport rego.v1\nx contains input.n + 1", json!([4])),
        ("package p\nimport rego.v1\nx contains y if some y in input.n", json!([])),
        (
            "package p\nimport rego.v1\nx contains [a | some a in c.args] if some c in input.containers",
            json!([["a", "b"], ["c"]]),
        ),
        (
            "package p\nx[m] { c := input.containers[_]; i := 1; m := [i | c.args[i]] }\nx[[i | c.args[i]]] { c := input.containers[_]; i := 1 }",
            json!([[], [1]]),
        ),
        // A collection that is none.
        ("package p\nimport rego.v1\nx contains y if { some y in input.n }", json!([])),
        ("package p\nimport rego.v1\nx contains y if { some y in input.nope }", json!([])),
        ("package p\nimport rego.v1\nx contains y if { t := \"text\"; some y in t }", json!([])),
        ("package p\nimport rego.v1\nx contains y if {\n  some i, y in f(1)\n  i == y\n}\nf(_) := null", json!([])),
        ("package p\nimport rego.v1\nx := [y | some y in input.n]", json!([])),
        (
            "package p\nimport rego.v1\nx contains y if { some c in input.containers; some y in c.args }",
            json!(["a", "b", "c"]),
        ),
        ("package p\nimport rego.v1\nx contains y if { some {\"args\": [y]} in input.containers }", json!(["c"])),
        (
            "package p\nimport rego.v1\nx contains y if { some y in input.containers[_].args; y != \"a\" }",
            json!(["b", "c"]),
        ),
        ("package p\nimport rego.v1\nx contains y if { some y in input.a with input as {\"a\": [5]} }", json!([5])),
        ("package p\nimport rego.v1\nx contains k if { some k, _ in input.containers[1] }", json!(["args"])),
        ("package p\nimport rego.v1\nx contains y if { some y in s }\ns contains 1", json!([1])),
        ("package p\nimport rego.v1\nx contains y if { some y in s | {2} }\ns contains 1", json!([1, 2])),
        ("package p\nimport rego.v1\nx contains y if {\n  some y in s |\n    {2}\n}\ns contains 1", json!([1, 2])),
        ("package p\nimport rego.v1\nx contains y if { some y in data.q.if }", json!([])),
        // An argument that is undefined.
        ("package p\nx { not f(input.nope) }\nf(a) { a == 1 }", json!("undefined")),
        ("package p\nx { not f(input.n) }\nf(a) { a == 1 }", json!(true)),
        ("package p\nx { not f(1, input.n); input.n == 3 }\nf(a, b) { a == b }", json!(true)),
        ("package p\nx { not names[input.nope] }\nnames := {1}", json!("undefined")),
        ("package p\nx { not names[input.n] }\nnames := {1}", json!(true)),
        ("package p\nx { not input.nope.a }", json!(true)),
        // What `walk` finds.
        ("package p\nx[v] { [path, v] := walk(input.containers[1]); path != [] }", json!(["c", ["c"]])),
        ("package p\nx[n[1]] { n = walk(input.n) }", json!([3])),
        (
            "package p\nx := [v | some c in input.containers; [_, v] = walk(c.args); is_string(v)]",
            json!(["a", "b", "c"]),
        ),
        // A name of `some` that a rule has as well.
        ("package p\nimport rego.v1\nx := [y | some y in [1, 3]]\ny := 2", json!([1, 3])),
        ("package p\nimport rego.v1\nx := [[y | some y in [1, 3]], y]\ny := 2", json!([[1, 3], 2])),
        ("package p\nimport rego.v1\nx := {y: z | some y, z in [\"a\"]}\ny := 2\nz := 3", json!({ "0": "a" })),
        ("package p\nimport rego.v1\nx contains y if { some y in [1, 3] }\ny := 2", json!([1, 3])),
        ("package p\nimport rego.v1\nx contains y if some y in [1, 3]\ny := 2", json!([1, 3])),
        (
            "package p\nimport rego.v1\nx contains m if {\n  some y in [1, 3]\n  m := {\"y\": y, \"n\": input.y}\n}\ny := 2",
            json!([]),
        ),
        ("package p\nimport rego.v1\nx contains {\"m\": y} if { some y in [1]; y == y }\ny := 2", json!([{ "m": 1 }])),
        ("package p\nimport rego.v1\nx contains x if { some x in [1, 3] }", json!([1, 3])),
        ("package p\nimport rego.v1\nx := z if { z := [y | some y in [1]; not y == 2]; y == 2 }\ny := 2", json!([1])),
        ("package p\nimport rego.v1\nx := [v | w := [y | some y in [1]]; v := w[_] + y]\ny := 2", json!([3])),
        ("package p\nimport rego.v1\nx if { some y in [1]; y == 1; z == 5 with y as 5 }\nz := y\ny := 2", json!(true)),
        // Names of fields.
        ("package p\nx := y.default.if { y := {\"default\": {\"if\": 1}} }", json!(1)),
        // Templates.
        (
            "package p\nx := $\"{input.n} {\"a\"} {input.nope} \\{ {[1, \"b\"]} {$\"{input.n}!\"}\"",
            json!("3 a <undefined> { [1, \"b\"] 3!"),
        ),
        (
            "package p\nimport rego.v1\nx contains $`{v}\nis` if some v in input.containers[0].args",
            json!(["a\nis", "b\nis"]),
        ),
        ("package p\nx := $\"\"", json!("")),
        // A value that the body looks up.
        ("package p\nx = m[k] { k := \"b\"; input.n } else = 0\nm := {\"a\": 1, \"b\": 2}", json!(2)),
        ("package p\nimport rego.v1\nx := m[k] if {\n  k := \"c\"\n} else := 0\nm := {\"a\": 1, \"b\": 2}", json!(0)),
        // A document that `with` gives is computed before.
        (
            "package p\nimport data.q\nx = y { y := d with input as build(q.f(1)) }\nbuild(n) = {\"n\": n}\nd = m { m := input.n + q.f(0) }",
            json!(3),
        ),
        (
            "package p\nimport data.q\nx = y {\n  y := d with input as build({\n    \"a\": q.f(1),\n  })\n  y > 1\n}\nbuild(n) = {\"n\": n.a}\nd = m { m := input.n + q.f(0) }",
            json!(3),
        ),
        ("package p\nx { y == 4 with n as 3 }\ny := n + 1\nn := 1", json!(true)),
        ("package p\nx { y == 4 with f as 3 }\ny := f(1) + 1\nf(a) = a", json!(true)),
        // Tables have long lines.
        (&format!("package p\nx := count(\"{}\")", "a".repeat(5000)), json!(5000)),
        // Things that only look like one of these.
        ("package p\nx := `\nimport data.q\n` { true }", json!("\nimport data.q\n")),
        ("package p\n# import data.q\nx := \"not f(a.b)\"", json!("not f(a.b)")),
        ("package p\nx = {\"a\": 1} { true }", json!({ "a": 1 })),
        ("package p\nx { false } else = {\"b\": 2} { true }", json!({ "b": 2 })),
    ];
    for (text, expected) in cases {
        assert_eq!(&x(text, &input), expected, "{text}");
    }
}

#[test]
fn faults_keep_their_places() {
    let cases = [
        ("package p\nx {\n  input.n\n  (input.n - 1) > nofn(1)\n}", "p.rego:4:19: unknown function nofn"),
        ("package p\ny := 1\nimport data.q\nx := nofn(1)", "p.rego:4:6: unknown function nofn"),
        ("package p\nx[m] { m := 1 } {\n  m := nofn(2)\n}", "p.rego:3:8: unknown function nofn"),
        ("package p\nx { some i; input[i]; nofn(i) }", "p.rego:2:23: unknown function nofn"),
        ("package p\nx { y := f(1) with input as nofn(input.a) }\nf(a) { a }", "p.rego:2:29: unknown function nofn"),
        ("package p\nx { not f(input.a); nofn(1) }\nf(a) { a }", "p.rego:2:21: unknown function nofn"),
        ("package p\nx := $\"a {input.a}\" { nofn(1) }", "p.rego:2:23: unknown function nofn"),
        ("package p\nx { [_, v] := walk(input); nofn(v) }", "p.rego:2:28: unknown function nofn"),
        ("package p\nx { crypto.md5(\"a\", y); nofn(y) }", "p.rego:2:25: unknown function nofn"),
        ("package p\nx { y := input.a.default; nofn(y) }", "p.rego:2:27: unknown function nofn"),
        ("package p\nimport rego.v1\nx if { some y in input.a; nofn(y) }", "p.rego:3:27: unknown function nofn"),
        ("package p\nimport rego.v1\nx if { some y in nofn(1) }", "p.rego:3:18: unknown function nofn"),
        ("package p\nx { not f(input.a)\n  nofn(1) }\nf(a) { a }", "p.rego:3:3: unknown function nofn"),
    ];
    for (text, expected) in cases {
        assert_eq!(x(text, &Json::Null), expected, "{text}");
    }
}

/// Every prefix of policies, and each with a byte replaced: no panic, and each fault stands in a line of its module. Behind
/// it a rule that is wrong is found in the line where it is, whatever was rewritten before.
#[test]
fn no_text_is_too_broken() {
    let texts = [
        "package p\nimport rego.v1\nimport data.q as r\ndeny contains msg if {\n  some i, c in input.xs\n  not f(c.a, [x | x := c.b[_]])\n  (i > 1)\n  msg := sprintf(`%v`, [{\"a\": c}])\n} else := 1\nf(a, b) if a == b",
        "# METADATA\n# title: [\npackage p\nx[{\"m\": m}] { some i; m := input[i] } { m := \"\\\"\" }\ndefault y = 1\ny = {1, 2} { true } else = 3 { walk(input, [p, v]) }",
        "package p\nx contains $\"{y}, {$`{input.if}`}\" if {\n  [_, y] := walk({\"a\": 1})\n  io.jwt.decode(y, [_, z, _],)\n}",
    ];
    let mut count = 0;
    for text in texts {
        let cuts = (0..text.len()).filter_map(|end| text.get(..end)).map(str::to_owned);
        let swaps = (0..text.len()).flat_map(|at| {
            ["{", ")", "\"", "`", "\n", "not "].map(|with| {
                let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
                format!("{before}{with}{after}")
            })
        });
        for broken in cuts.chain(swaps) {
            let (_, faults) =
                Library::compile(&[Module::new("p.rego", broken.clone())], &Value::UNDEFINED, &Options::default());
            let lines = u32::try_from(broken.split('\n').count()).unwrap_or(0);
            let is_within = |fault: &Fault| fault.path == "p.rego" && fault.line <= lines;
            assert!(faults.iter().all(is_within), "{broken}\n{faults:?}");
            if faults.is_empty() && broken.contains("package p\n") {
                let wrong = Module::new("p.rego", format!("{broken}\nwrong := nofn(1)\n"));
                let (_, faults) = Library::compile(&[wrong], &Value::UNDEFINED, &Options::default());
                assert!(faults.iter().any(|fault| fault.line == lines + 1), "{broken}\n{faults:?}");
            }
            count += 1;
        }
    }
    assert!(count > 1000);
}
