//! Expressions that are nested deeply: they load in no time and mean the same, or are a fault at their place.

use portcullis_policy::{Evaluation, Fault, Library, Module, Options, Value};
use serde_json::{Value as Json, json};

/// The value of `data.p.x` by the interpreter and by plans, or the first fault.
fn x(text: &str) -> Json {
    let modules = [Module::new("p.rego", format!("package p\nimport rego.v1\n{text}"))];
    let options = Options { evaluation: Evaluation::Checked, ..Options::default() };
    let (library, faults) = Library::compile(&modules, &Value::UNDEFINED, &options);
    if let Some(fault) = faults.first() {
        return Json::from(fault.to_string());
    }
    match library.worker().rule("data.p.x", &Value::from(json!({ "a": 1, "xs": [1, 2] }))) {
        Ok(value) if value.is_undefined() => Json::from("undefined"),
        Ok(value) => value.to_json(),
        Err(fault) => Json::from(fault.to_string()),
    }
}

fn nested(open: &str, levels: usize, core: &str, close: &str) -> String {
    format!("{}{core}{}", open.repeat(levels), close.repeat(levels))
}

/// A document with something in it.
fn document(levels: usize, core: Json) -> Json {
    (0..levels).fold(core, |inner, _| json!({ "a": [inner, null], "b": "}" }))
}

#[test]
fn what_is_deep_means_the_same() {
    let constant = document(50, json!({ "n": 7, "f": -1.5e2, "s": "\"{[" })).to_string();
    let spread = constant.replace(',', ",\n  # a comment }\n ");
    let path = ".a[0]".repeat(50);
    let cases: &[(String, Json)] = &[
        (
            format!("x := {}", nested("[", 40, "1", "]")),
            serde_json::from_str(&nested("[", 40, "1", "]")).expect("JSON"),
        ),
        (format!("x := count(y)\ny := {}", nested("[", 100, "1", "]")), json!(1)),
        (format!("x := y.k.k\ny := {}", nested("{\"k\": ", 40, "1", "}")), json!(1).keyed(38)),
        (format!("x := count(y)\ny := {}", nested("{\"k\": ", 100, "1", "}")), json!(1)),
        (format!("x := {constant}{path}.n"), json!(7)),
        (format!("x := y{path}.n\ny := {constant}"), json!(7)),
        (format!("x := y{path}.n\ny := {spread}"), json!(7)),
        (format!("x := y{path}.s\ny := {spread}"), json!("\"{[")),
        (format!("x := y{path}.f\ny := {constant}"), json!(-150)),
        (format!("x := z if {{ z := y with input as {constant} }}\ny := input{path}.n"), json!(7)),
        (
            format!("x if {{\n  y == 7 with input as {spread} with data.z as {constant}\n}}\ny := input{path}.n"),
            json!(true),
        ),
        (format!("x if {{ data.z{path}.n == 7 with data.z as {constant} }}"), json!(true)),
        (format!("x contains {constant}{path}.n"), json!([7])),
        (
            format!("x contains {constant} if input.a == 1"),
            json!([document(50, json!({ "n": 7, "f": -150, "s": "\"{[" }))]),
        ),
        (format!("x contains z.b if {{ some z in {constant}.a[_].a; is_object(z) }}"), json!(["}"])),
        (
            format!("x := 1 if {{ false }} else := {spread} if {{ true }}"),
            document(50, json!({ "n": 7, "f": -150, "s": "\"{[" })),
        ),
        // Sets, raw texts, commas at the end, keys that are no texts, two values of one key.
        (format!("x := count(y)\ny := {}", nested("{1, ", 40, "`a\\\\b`", ",}")), json!(2)),
        (
            "x := {1: {true: {null: {[2]: {`r`: {\"a\": 1, \"a\": 2,},},},},},}[1][true][null][[2]].r".to_owned(),
            json!({ "a": 2 }),
        ),
        // Not of constants alone.
        (format!("x := y[0][0]\ny := {}", nested("[", 40, "input.a", "]")), json!(1).listed(38)),
        (format!("x := count(y)\ny := {}", nested("{\"k\": ", 100, "input.a", "}")), json!(1)),
        (format!("x := y\ny := {}", nested("{\"k\": ", 20, "input.nope", "}")), json!("undefined")),
        (format!("x := y\ny := {}", nested("{\"k\":\n ", 20, "input.a,", "}")), json!(1).keyed(20)),
        (format!("x if {{ z := 1; not {} == [] }}", nested("[", 20, "z", "]")), json!(true)),
        (
            format!("x := z if {{ z := y with input as {} }}\ny := input[0][0]", nested("[", 20, "input.a", "]")),
            json!(1).listed(18),
        ),
        (
            format!("x contains {} if some z in input.xs", nested("[", 12, "z", "]")),
            json!([json!(1).listed(12), json!(2).listed(12)]),
        ),
        (
            format!("x := [y | y := {}]", nested("[", 12, "input.xs[_]", "]")),
            json!([json!(1).listed(12), json!(2).listed(12)]),
        ),
        // Patterns take values apart.
        (format!("x := z if {{ {} = {} }}", nested("[", 12, "z", "]"), nested("[", 12, "1", "]")), json!(1)),
        (format!("x := z if {{ some {} in [{}] }}", nested("[", 12, "z", "]"), nested("[", 12, "1", "]")), json!(1)),
        (format!("x := f({})\nf({}) := z", nested("[", 12, "1", "]"), nested("[", 12, "z", "]")), json!(1)),
        (format!("default x := {}", nested("[", 12, "1", "]")), json!(1).listed(12)),
    ];
    for (text, expected) in cases {
        assert_eq!(&x(text), expected, "{text}");
    }
}

trait Nested {
    fn listed(self, levels: usize) -> Json;
    fn keyed(self, levels: usize) -> Json;
}

impl Nested for Json {
    fn listed(self, levels: usize) -> Json {
        (0..levels).fold(self, |inner, _| json!([inner]))
    }

    fn keyed(self, levels: usize) -> Json {
        (0..levels).fold(self, |inner, _| json!({ "k": inner }))
    }
}

/// What would end the stack or take hours.
#[test]
fn what_is_too_deep_is_a_fault_at_its_place() {
    let many = 100_000;
    let cases = [
        nested("[", many, "1", "]"),
        nested("{\"a\": ", many, "1", "}"),
        nested("{1, ", many, "input.a", "}"),
        nested("count(", many, "[1]", ")"),
        nested("input[", many, "1", "]"),
        nested("(", many, "1", ")"),
        nested("[y | y := ", many, "1", "]"),
        nested("-", many, "1", ""),
        nested("1 + ", many, "1", ""),
        nested("{1} | ", many, "{1}", ""),
        nested("1 in [", many, "1", "]"),
        nested("1 == ", many, "1", ""),
        nested("input", 1, &"[0]".repeat(many), ""),
        nested("$\"{", many, "1", "}\""),
        format!("1 if {{ {} }}", nested("every z in [1] { ", many, "true", "}")),
        format!("1 if {{ {} }}", nested("not ", many, "input.a", "")),
        "[".repeat(many),
        // Patterns, and what statements start with.
        format!("z if {{ {} = input.a }}", nested("[", 40, "z", "]")),
        nested("[y | y := 1; count(", 40, "[1]", ") == 1]"),
    ];
    for text in cases {
        let start: String = text.chars().take(60).collect();
        let modules = [Module::new("p.rego", format!("package p\nimport rego.v1\nx := {text}\n"))];
        let (_, faults) = Library::compile(&modules, &Value::UNDEFINED, &Options::default());
        let is_here = |fault: &Fault| fault.path == "p.rego" && fault.line == 3 && fault.message.contains("too deep");
        assert!(faults.len() == 1 && faults.iter().all(is_here), "{start}: {faults:?}");
    }
}

#[test]
fn faults_behind_deep_literals_keep_their_places() {
    let constant = nested("[", 12, "1", "]");
    let other = nested("[", 12, "y", "]");
    let cases = [
        (format!("x if {{ {constant} == 1; nofn(1) }}"), 8 + constant.len() + 7),
        (format!("x if {{ y := 1; {other} == 1; nofn(1) }}"), 16 + other.len() + 7),
        (format!("x if {{ y := 1; {other} == {constant}; nofn(1) }}"), 16 + other.len() + 4 + constant.len() + 2),
    ];
    for (text, column) in cases {
        assert_eq!(x(&text), json!(format!("p.rego:3:{column}: unknown function nofn")), "{text}");
    }
    let spread = constant.replace('1', "\n1\n");
    let text = format!("x if {{\n  y := {spread}; nofn(y)\n}}");
    assert_eq!(x(&text), json!(format!("p.rego:6:{}: unknown function nofn", 12 + 3)));
}
