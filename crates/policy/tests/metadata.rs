//! What policies ask about themselves; the values are those of OPA.

use portcullis_policy::{Library, Module, Options, Value};
use serde_json::{Value as Json, json};

fn x(texts: &[&str]) -> Json {
    let modules: Vec<Module> =
        texts.iter().enumerate().map(|(at, text)| Module::new(format!("p{at}.rego"), *text)).collect();
    let (library, faults) = Library::compile(&modules, &Value::UNDEFINED, &Options::default());
    assert_eq!(faults, Vec::new(), "{texts:?}");
    library.worker().rule("data.p.q.x", &Value::NULL).expect("it evaluates").to_json()
}

#[test]
fn rules_know_what_is_said_of_them() {
    let package = "# METADATA\n# title: P\n# description: d\n# related_resources:\n# - https://a.example\n# - {ref: https://b.example, description: e}\n# schemas:\n# - input: schema.k\npackage p.q\n";
    let said = json!({
        "annotations": {
            "scope": "package", "title": "P", "description": "d",
            "related_resources": [{ "ref": "https://a.example" }, { "ref": "https://b.example", "description": "e" }],
            "schemas": [{ "path": ["input"], "schema": ["schema", "k"] }]
        },
        "path": ["p", "q"]
    });
    let cases: &[(&str, Json)] = &[
        ("x := rego.metadata.rule()", json!({})),
        ("x := rego.metadata.chain()", json!([{ "path": ["p", "q", "x"] }, said])),
        (
            "# METADATA\n# title: 'a \"b\" ü'\n# custom: {n: [1, 2.5]}\nx := rego.metadata.rule().custom.n",
            json!([1, 2.5]),
        ),
        ("# METADATA\n# title: 'a \"b\" ü'\nx := y if { y := rego.metadata.rule().title }", json!("a \"b\" ü")),
        (
            "# METADATA\n# title: t\n# entrypoint: true\n# authors: [Jo <jo@a.example>, {name: x}]\n# organizations: [o]\nx := rego.metadata.chain()",
            json!([
                { "path": ["p", "q", "x"] },
                {
                    "annotations": {
                        "scope": "document", "title": "t", "entrypoint": true, "organizations": ["o"],
                        "authors": [{ "name": "Jo", "email": "jo@a.example" }, { "name": "x" }]
                    },
                    "path": ["p", "q", "x"]
                },
                said
            ]),
        ),
        (
            "# METADATA\n# title: 1\nx contains rego.metadata.rule()\n# METADATA\n# title: 2\nx contains rego.metadata.rule()\nx contains rego.metadata.rule()",
            json!([{}, { "scope": "rule", "title": "1" }, { "scope": "rule", "title": "2" }]),
        ),
        ("x := y if { y := [m.path | some m in rego.metadata.chain()] }", json!([["p", "q", "x"], ["p", "q"]])),
        ("x if { rego.metadata.rule().title == \"x\" } else := f(1)\nf(_) := rego.metadata.rule()", json!({})),
    ];
    for (text, expected) in cases {
        assert_eq!(&x(&[&format!("{package}import rego.v1\n{text}")]), expected, "{text}");
    }
    let above = "# METADATA\n# scope: subpackages\n# title: above\npackage p";
    let annotation = json!({ "annotations": { "scope": "subpackages", "title": "above" }, "path": ["p"] });
    assert_eq!(
        x(&[above, "package p.q\nx := rego.metadata.chain()"]),
        json!([{ "path": ["p", "q", "x"] }, annotation])
    );
}
