//! Plans give what the interpreter gives, whatever rules and inputs are: rules of a table, and rules that are made up.

use std::fmt::Write as _;

use portcullis_policy::{Evaluation, Fault, Library, Module, Options, Value};

/// What rules are asked about: the fields that they name hold anything, or are not there.
const INPUTS: &[&str] = &[
    "{}",
    "null",
    "[]",
    "\"text\"",
    "7",
    r#"{"kind": "Pod", "name": "web", "xs": [1, 2, 3], "ys": ["a", "b"], "o": {"a": 1, "b": {"c": [null, false]}}, "n": 2}"#,
    r#"{"kind": "Deployment", "name": "", "xs": [], "ys": [], "o": {}, "n": 0, "flag": false}"#,
    r#"{"kind": null, "name": 5, "xs": {"p": 1, "q": "a"}, "ys": "text", "o": [1, [2]], "n": "2", "flag": true}"#,
    r#"{"kind": ["Pod"], "xs": [{"name": "a", "image": "r/a:1"}, {"image": "r/b"}, {"name": "c"}, 4, null], "n": 2.5}"#,
    r#"{"xs": [[1, 2], [3, 4], "x", {"name": false}], "ys": [{"ys": [{"name": "deep"}, {"name": null}]}, {"ys": 3}], "n": -1}"#,
    r#"{"xs": [1, 1.0, 1e0, 100000000000000000000, 0.1], "ys": [true, false, null, "", []], "n": 12345678901234567890123}"#,
    r#"{"o": {"xs": {"a": {"name": "a"}, "b": {"name": "b"}}, "ys": {"a": 1}}, "xs": ["a", "b", "z"], "ys": ["a"], "flag": null}"#,
];

const DATA: &str = r#"{"owners": ["shop", "pay"], "limits": {"web": 3, "1": "one"}, "deep": {"list": [{"name": "a"}, {"name": "b"}]}}"#;

/// Rules that are planned.
const PLANNED: &[&str] = &[
    // Sets.
    "r contains x if some x in input.xs",
    "r contains x.name if { some x in input.xs; x.name }",
    "r contains x.name if some x in input.xs",
    "r contains input.name",
    "r contains {\"msg\": msg, \"at\": i} if { some i, x in input.xs; msg := sprintf(\"%v of %s\", [x, input.name]) }",
    "r contains msg if { c := input.xs[_]; not c.name; msg := sprintf(\"no name %v\", [c]) }",
    "r contains msg if { c := input.xs[i]; i > 0; msg := sprintf(\"%d: %v\", [i, c]) }",
    "r contains i if input.xs[i] == input.ys[_]",
    "r contains [i, j] if { input.ys[i].ys[j].name }",
    "r contains x if { some x in input.xs; x != 1 } r contains y if { some y in input.ys }",
    "r contains \"const\" if { some x in input.xs; x }",
    "r contains 1 if input.flag",
    "r contains 1 if not input.flag",
    "r contains x if { x := input.flag }",
    "r contains x if { x = input.n }",
    "r contains x if { input.n = x }",
    "r contains 1 if { input.n = 2 }",
    "r contains 1 if input.n == input.xs",
    // Values.
    "r := input.name",
    "r := x if { some x in input.xs }",
    "r := 1 if { some x in input.xs; x == 1 }",
    "r := input.flag if input.kind",
    "r if input.kind == \"Pod\"",
    "r if input.flag",
    "default r := false\nr if { input.n > 1 }",
    "default r := {\"a\": [1]}\nr := input.o if { input.o.a }",
    "r := 1 if { input.n == 2 } else := 2 if { input.n } else := 3",
    "r := input.nope if { input.n } else := \"other\"",
    "r := input.name if { input.name != \"\" } else := input.kind",
    "r if { input.n == 2 } else := false if { input.kind }",
    "r := 1 if input.n == 2\nr := 1 if input.kind == \"Pod\"",
    "r := 1 if input.n == 2\nr := 2 if input.kind == \"Pod\"",
    "r := true if input.flag\nr := false if input.kind",
    "r := \"only\"",
    // Loops.
    "r if { every x in input.xs { x } }",
    "r if { every i, x in input.xs { i >= 0; x != null } }",
    "r if { every x in input.ys { some y in input.xs; x == y } }",
    "r if { every x in input.ys { x == input.xs[_] } }",
    "r if { not every_one }\nevery_one if { every x in input.xs { x.name } }",
    "r contains k if { some k, v in input.o; v }",
    "r contains k if { input.o[k] }",
    "r contains [k, v] if { v := input.o[k] }",
    "r contains k if { some i; input.xs[i]; k := i }",
    "r contains x if { some x in input.xs; x in input.ys }",
    "r contains x if { some x in input.xs; not x in input.ys }",
    "r contains x if { some x in {1, 2, \"a\"}; x in {1, \"a\", null} }",
    "r contains x if { some x in [input.n, input.name] }",
    "r contains x if { some x in [input.nope, 1] }",
    "r if input.nope in input.xs",
    "r if not input.nope in [1]",
    "r if null in input.ys",
    // Comprehensions.
    "r := [x | some x in input.xs]",
    "r := {x | x := input.xs[_]}",
    "r := {x.name | some x in input.xs}",
    "r := [x.name | some x in input.xs]",
    "r := {k: v | some k, v in input.o}",
    "r := {x: i | some i, x in input.xs}",
    "r := {x.name: x | some x in input.xs}",
    "r := [[x, y] | some x in input.xs; some y in input.ys]",
    "r := count([x | some x in input.xs; x > 1])",
    "r := count({x | x := input.ys[_].ys[_].name})",
    "r contains y if { some x in input.xs; y := {x | x in input.ys; input.n} }",
    "r contains x if { some x in input.xs; count([y | some y in input.ys; y == x]) == 0 }",
    "r contains x if { some x in input.xs; not x in {y | some y in input.ys} }",
    "r := [1 | input.flag]",
    "r := {\"a\": [x | some x in []], \"b\": set()}",
    // Functions.
    "r contains x if { some x in input.xs; f(x) }\nf(x) if x == 1\nf(x) if x.name == \"a\"",
    "r contains y if { some x in input.xs; y := f(x) }\nf(x) := x.name",
    "r contains y if { some x in input.xs; y := f(x) }\nf(x) := \"one\" if x == 1 else := \"other\"",
    "r contains y if { some x in input.xs; y := f(x) }\nf(x) := x.name if x.image else := \"none\"",
    "r contains y if { some x in input.xs; y := f(x, input.n) }\nf(x, y) := [x, y]",
    "r contains y if { some x in input.xs; y := f(x) }\nf(1) := \"one\"\nf(\"a\") := \"letter\"\nf(null) := false",
    "r contains y if { some x in input.xs; y := f(x) }\nf(1) := \"one\"",
    "r contains x if { some x in input.ys; f(x, \"a\") }\nf(\"a\", x) if x == \"a\"",
    "r contains y if { some x in input.xs; y := f(x) }\nf(x) := 1 if x == 1\nf(x) := 2 if x",
    "r := f(input.nope)\nf(_) := 1",
    "r := f(input.n)\nf(_) := 1",
    "r if not f(input.n)\nf(x) := false if x == 2",
    "r if f(input.o)\nf(o) if { some k in o; k == 1 }",
    "r := f(input.xs)\nf(xs) := x if { some x in xs }",
    "r := f(input.xs)\nf(xs) if { some x in xs; not g(x) }\ng(x) if { x > 1 }",
    "r contains g(x) if { some x in input.xs }\ng(x) := x.name",
    // References.
    "r := names[input.n]\nnames := {2: \"two\", \"web\": 1}",
    "r if kinds[input.kind]\nkinds := {\"Pod\", \"Deployment\"}",
    "r contains x if { kinds[x] }\nkinds contains x if { x := input.xs[i]; i >= 0 }",
    "r contains x if { x := names[_] }\nnames contains n if { some n in input.ys }",
    "r := data.owners[0]",
    "r := data.limits[input.name]",
    "r := data.limits[input.n]",
    "r contains x if { some x in data.deep.list }",
    "r contains x.name if { x := data.deep.list[_] }",
    "r if input.name in data.owners",
    "r := data.nope.at.all",
    "r := data.lib.tools.kind",
    "r if data.lib.tools.is_pod",
    "r := data.lib.tools.f(input.n)",
    "r := input.xs[0].name",
    "r := input.o[\"b\"].c[1]",
    "r := input.o.xs[input.xs[0]].name",
    "r := input.xs[count(input.xs) - 1]",
    "r := [input.n, 3][0]",
    "r := {\"a\": input.n}[\"a\"]",
    "r := {\"a\": input.n}.a",
    "r := split(input.name, \"e\")[0]",
    "r := o.b.c\no := input.o",
    "r := input[\"name\"]",
    "r contains k if { input[k] }",
    // Operators.
    "r := input.n + 1",
    "r := input.n * input.n",
    "r := input.n / 0",
    "r := input.n % 2",
    "r := -1",
    "r := {1, 2} - {x | some x in input.xs}",
    "r := {1, 2} | {x | some x in input.xs}",
    "r := {1, 2} & {x | some x in input.xs}",
    "r if input.n < \"1\"",
    "r if input.n >= input.xs[0]",
    "r if input.xs == [1, 2, 3]",
    "r if { 1 != input.nope }",
    // Builtins.
    "r := lower(input.name)",
    "r if startswith(input.name, \"w\")",
    "r if not startswith(input.name, \"w\")",
    "r if not startswith(input.nope, \"w\")",
    "r := concat(\",\", input.ys)",
    "r := to_number(input.n)",
    "r := count(input.xs)",
    "r := sum(input.xs)",
    "r := max(input.xs)",
    "r := object.get(input, \"name\", \"none\")",
    "r := object.get(input.o, [\"b\", \"c\"], 0)",
    "r := regex.match(`^[a-z]+$`, input.name)",
    "r := replace(input.name, \"w\", \"v\")",
    "r := json.marshal(input)",
    "r := base64.encode(input.name)",
    "r := is_array(input.xs)",
    "r := type_name(input.o)",
    "r := array.concat(input.xs, input.ys)",
    "r := union({{1}, {x | some x in input.xs}})",
    "r := object.union(input.o, {\"n\": input.n})",
    "r := sprintf(\"%s %v %d %5.1f %q %%\", [input.name, input.xs, input.n, input.n, input.kind])",
    "r := sprintf(\"%s\", [input.nope])",
    "r := sprintf(\"%s %s\", [input.name])",
    "r := sprintf(\"%d\", [input.name, input.n])",
    "r := units.parse_bytes(input.name)",
    "r := crypto.sha256(input.name)",
];

/// Rules that only the interpreter evaluates.
const INTERPRETED: &[&str] = &[
    "r if f with input as {\"n\": 2}\nf if input.n == 2",
    "r contains x if { walk(input, [_, x]) }",
    "r[k] := v if { some k, v in input.o }",
    "r.a := 1",
    "r := data.lib",
    "r := data.main.f(1)\nf(x) := x\nf := 1 if false",
    "r := time.now_ns() > 0",
    "r if { print(input.n); input.n }",
    "r contains x if { x := y; y := input.n }",
    "r := [x, y] if { [x, y] = input.xs }",
    "r contains x if { {\"name\": x} = input.xs[_] }",
    "r if { some i, 1 in input.xs; i }",
    "r if \"a\", 1 in input.o",
    "r contains input.xs[_]",
    "r := [input.xs[_] | input.n]",
    "r if { not input.xs[_].name }",
    "r := 1 if { input.x := 1 }",
];

/// What rules of other packages are.
const LIBRARY: &str = "package lib.tools\n\nkind := input.kind\n\nis_pod if kind == \"Pod\"\n\nf(x) := x + 1\n";

fn modules(rule: &str) -> [Module; 2] {
    [
        Module::new("main.rego", format!("package main\n\nimport rego.v1\nimport data.lib.tools\n\n{rule}\n")),
        Module::new(
            "tools.rego",
            format!("import rego.v1\n{LIBRARY}").replacen(
                "import rego.v1\npackage lib.tools\n",
                "package lib.tools\n\nimport rego.v1\n",
                1,
            ),
        ),
    ]
}

fn json(text: &str) -> Value {
    Value::from(serde_json::from_str::<serde_json::Value>(text).expect("it is JSON"))
}

fn library(modules: &[Module], evaluation: Evaluation) -> (Library, Vec<Fault>) {
    let options = Options { evaluation, ..Options::default() };
    Library::compile(modules, &json(DATA), &options)
}

/// Asks about a rule in every way, and says where the answers are different.
fn differences(modules: &[Module], paths: &[&str], inputs: &[Value]) -> Vec<String> {
    let [mut planned, mut interpreted, mut checked] =
        [Evaluation::Planned, Evaluation::Interpreted, Evaluation::Checked].map(|it| library(modules, it).0);
    let [first, second, third] = [&mut planned, &mut interpreted, &mut checked].map(|library| {
        let made = library.aggregate(&[paths.to_vec()]).expect("it compiles");
        made.first().copied().expect("there is one")
    });
    let (mut one, mut two, mut three) = (planned.worker(), interpreted.worker(), checked.worker());
    let mut found = Vec::new();
    for input in inputs {
        for path in paths {
            let (plan, reference) = (one.rule(path, input), two.rule(path, input));
            if plan != reference {
                found.push(format!("{path} of {}: {plan:?} and not {reference:?}", input.to_json()));
            }
        }
        let (plan, reference) = (one.aggregate(first, input), two.aggregate(second, input));
        if plan != reference {
            found.push(format!("all of {}: {plan:?} and not {reference:?}", input.to_json()));
        }
        let check = three.aggregate(third, input);
        if check != reference {
            found.push(format!("checked, all of {}: {check:?} and not {reference:?}", input.to_json()));
        }
    }
    found
}

fn check(rules: &[&str], is_planned: bool) {
    let inputs: Vec<Value> = INPUTS.iter().map(|text| json(text)).collect();
    let mut wrong = Vec::new();
    for rule in rules {
        let modules = modules(rule);
        let (library, faults) = library(&modules, Evaluation::Planned);
        if library.is_planned("data.main.r") != is_planned {
            wrong.push(format!("{rule}\n  is planned: {} {faults:?}", !is_planned));
        }
        let found = differences(&modules, &["data.main.r"], &inputs);
        if !found.is_empty() {
            wrong.push(format!("{rule}\n  {}", found.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn planned_rules_give_what_the_interpreter_gives() {
    check(PLANNED, true);
}

#[test]
fn what_is_not_plain_is_left_to_the_interpreter() {
    check(INTERPRETED, false);
}

/// Makes up rules and inputs, the same each time.
struct Maker(u64);

impl Maker {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("it has 31 bits") % count
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }

    fn value(&mut self, depth: usize) -> serde_json::Value {
        let scalar = ["null", "true", "false", "0", "1", "2", "-1", "2.5", "\"\"", "\"a\"", "\"b\"", "\"web\"", "1e3"];
        match self.below(if depth == 0 { 3 } else { 8 }) {
            0..=2 => serde_json::from_str(self.pick(&scalar)).expect("it is JSON"),
            3..=5 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => (0..self.below(5))
                .map(|_| (self.pick(&["a", "b", "c", "xs", "name"]).to_owned(), self.value(depth - 1)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    fn term(&mut self, names: &[String], depth: usize) -> String {
        let literals = ["null", "true", "false", "0", "1", "2", "2.5", "\"\"", "\"a\"", "\"web\"", "set()", "[]", "{}"];
        let keys = ["a", "b", "c", "xs", "name"];
        match self.below(if depth == 0 { 6 } else { 18 }) {
            0 => self.pick(&literals).to_owned(),
            1 => format!("input.{}", self.pick(&keys)),
            2 => format!("input.{}.{}", self.pick(&keys), self.pick(&keys)),
            3 => self.pick(&["helper", "words", "value", "data.owners", "flag"]).to_owned(),
            4 | 5 if names.is_empty() => "input".to_owned(),
            4 => names.get(self.below(names.len())).cloned().unwrap_or_default(),
            5 => format!("{}.{}", names.get(self.below(names.len())).cloned().unwrap_or_default(), self.pick(&keys)),
            6 => format!("[{}, {}]", self.term(names, depth - 1), self.term(names, depth - 1)),
            7 => format!("{{{}, {}}}", self.term(names, depth - 1), self.term(names, depth - 1)),
            8 => format!("{{\"a\": {}}}", self.term(names, depth - 1)),
            9 => {
                let of =
                    self.pick(&["count", "is_null", "is_string", "type_name", "json.marshal", "sum", "max", "f", "g"]);
                format!("{of}({})", self.term(names, depth - 1))
            }
            10 => {
                let of = self.pick(&["startswith", "contains", "h", "array.concat", "object.get", "concat"]);
                let third = if of == "object.get" { ", 0" } else { "" };
                format!("{of}({}, {}{third})", self.term(names, depth - 1), self.term(names, depth - 1))
            }
            11 => {
                format!("sprintf(\"%v-%s-%d\", [{}, {}, 3])", self.term(names, depth - 1), self.term(names, depth - 1))
            }
            12 => {
                let op = self.pick(&["+", "-", "*", "/", "%", "|", "&"]);
                format!("({} {op} {})", self.term(names, depth - 1), self.term(names, depth - 1))
            }
            13..=15 => self.comprehension(names, depth - 1),
            16 => format!("{}[{}]", self.pick(&["input", "words", "input.xs"]), self.term(names, depth - 1)),
            _ => {
                let op = self.pick(&["==", "!=", "<", "<=", "in"]);
                format!("({} {op} {})", self.term(names, depth - 1), self.term(names, depth - 1))
            }
        }
    }

    fn comprehension(&mut self, names: &[String], depth: usize) -> String {
        let mut names = names.to_vec();
        let body = self.body(&mut names, depth, 2);
        let (one, two) = (self.term(&names, depth), self.term(&names, depth));
        match self.below(3) {
            0 => format!("[{one} | {body}]"),
            1 => format!("{{{one} | {body}}}"),
            _ => format!("{{{one}: {two} | {body}}}"),
        }
    }

    fn body(&mut self, names: &mut Vec<String>, depth: usize, most: usize) -> String {
        let count = 1 + self.below(most);
        (0..count).map(|_| self.statement(names, depth)).collect::<Vec<_>>().join("; ")
    }

    fn statement(&mut self, names: &mut Vec<String>, depth: usize) -> String {
        let fresh = format!("v{}", self.below(1_000_000));
        match self.below(12) {
            0 | 1 => {
                let of = self.term(names, depth);
                names.push(fresh.clone());
                format!("some {fresh} in {of}")
            }
            2 => {
                let of = self.term(names, depth);
                names.push(format!("{fresh}k"));
                names.push(fresh.clone());
                format!("some {fresh}k, {fresh} in {of}")
            }
            3 | 4 => {
                let of = self.term(names, depth);
                names.push(fresh.clone());
                format!("{fresh} {} {of}", self.pick(&[":=", "="]))
            }
            5 => {
                let of = self.pick(&["input.xs", "input", "input.a.xs", "words", "input.c"]);
                names.push(fresh.clone());
                format!("{fresh} := {of}[_]")
            }
            6 => {
                let of = self.pick(&["input.xs", "input", "input.a", "words"]);
                names.push(fresh.clone());
                format!("{of}[{fresh}] != {}", self.term(names, 0))
            }
            7 => format!("not {}", self.term(names, depth)),
            8 => {
                let of = self.term(names, depth);
                let mut inner = names.clone();
                inner.push(fresh.clone());
                format!("every {fresh} in {of} {{ {} }}", self.body(&mut inner, depth.saturating_sub(1), 2))
            }
            9 => format!(
                "{} {} {}",
                self.term(names, depth),
                self.pick(&["==", "!=", ">", ">="]),
                self.term(names, depth)
            ),
            10 => format!("{} in {}", self.term(names, depth), self.term(names, depth)),
            _ => self.term(names, depth),
        }
    }

    fn rule(&mut self, name: &str) -> String {
        let mut names = Vec::new();
        let depth = self.below(3);
        let body = self.body(&mut names, depth, 3);
        let value = self.term(&names, 1);
        match self.below(6) {
            0 => format!("{name} if {{ {body} }}"),
            1 => format!("{name} := {value} if {{ {body} }}"),
            2 => format!("default {name} := 0\n{name} := {value} if {{ {body} }}"),
            3 => {
                let other = self.body(&mut Vec::new(), 1, 2);
                format!("{name} := {value} if {{ {body} }} else := 5 if {{ {other} }} else := 6")
            }
            _ => format!("{name} contains {value} if {{ {body} }}"),
        }
    }
}

/// Rules that those that are made up refer to.
const HELPERS: &str = "helper contains x if some x in input.xs\n\nwords := {\"a\": 1, \"b\": [\"web\", null], \"c\": \
                       {\"a\"}}\n\nvalue := input.name\n\ndefault flag := false\n\nflag if input.a\n\nf(x) := x.name if x.a\n\nf(x) := \
                       x if is_string(x)\n\ng(x) if x == input.b\n\ng(x) if x.xs\n\nh(x, y) := [x, y] if x != y else := x\n";

#[test]
fn rules_that_are_made_up_give_what_the_interpreter_gives() {
    const RULES: usize = 8;
    let rounds = std::env::var("PORTCULLIS_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60);
    let (mut planned, mut made, mut wrong) = (0, 0, Vec::new());
    for round in 0..rounds {
        let mut maker = Maker(0x9E37_79B9_7F4A_7C15 ^ (round + 1_u64).wrapping_mul(0xD134_2543_DE82_EF95));
        let paths: Vec<String> = (0..RULES).map(|at| format!("data.main.r{at}")).collect();
        let mut text = HELPERS.to_owned();
        let mut kept = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            let rule = maker.rule(&format!("r{at}"));
            // What does not compile says nothing.
            if library(&modules(&format!("{HELPERS}\n{rule}")), Evaluation::Interpreted).1.is_empty() {
                let _ = write!(text, "\n{rule}\n");
                kept.push(path.as_str());
            }
        }
        let inputs: Vec<Value> = (0..12).map(|_| Value::from(maker.value(4))).collect();
        let modules = modules(&text);
        let (library, faults) = library(&modules, Evaluation::Planned);
        assert!(faults.is_empty(), "{faults:?}\n{text}");
        made += kept.len();
        planned += kept.iter().filter(|path| library.is_planned(path)).count();
        let found = differences(&modules, &kept, &inputs);
        if !found.is_empty() {
            wrong.push(format!("{text}\n  {}", found.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(made > 0 && planned * 2 > made, "{planned} of {made} are planned");
}
