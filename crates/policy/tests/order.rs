//! Bodies mean the same in whatever order their statements stand; the values are those of OPA.

use portcullis_policy::{Library, Module, Options, Value};
use serde_json::{Value as Json, json};

#[test]
fn an_index_below_not_waits_for_its_value() {
    let input = json!({ "a": ["p", "q", false], "o": { "k": 1, "z": false }, "s": ["k"] });
    let cases: &[(&str, Json)] = &[
        ("x if { not input.a[i]; i = 5 }", json!(true)),
        ("x if { not input.a[i]; i = 0 }", json!("undefined")),
        ("x contains i if { not input.a[i]; [0, 1, 2][_] = i }", json!([2])),
        ("x contains i if { not input.a[i]; {0, 1, 2}[i] }", json!([2])),
        ("x contains i if { some i; not input.a[i] == \"p\"; input.a[i] }", json!([1])),
        ("x if { i = j; not input.a[i]; j = 2 }", json!(true)),
        ("x if { i = j; not input.a[i]; j = 1 }", json!("undefined")),
        ("x contains i if { xs[i]; not input.a[i]; xs = {1, 2, 3} }", json!([2, 3])),
        (
            "x contains y if { z := {w | not input[y][w]; w = [\"k\", \"z\"][_]}; y = \"o\"; z == {\"z\"} }",
            json!(["o"]),
        ),
        ("x contains y if { y := [i | some i; input.a[i]]; not input.a[i]; i = 2 }", json!([[0, 1]])),
        ("x if { i := 1; not input.a[i] } else := 3 if { not input.a[i]; i = 2 }", json!(3)),
        ("x contains i if { not h[i].q; i = g[_] }\ng := {1, 2}\nh[1] := {\"q\": true}", json!([2])),
        ("x contains i if { not h[i][j]; i = g[_]; j = \"q\" }\ng := {1, 2}\nh[1] := {\"q\": true}", json!([2])),
        (
            "x contains i if { not k(h[i]); i = g[_] }\ng := {1, 2}\nh[1] := {\"q\": true}\nk(a) if a == true",
            json!([1]),
        ),
        ("x contains i if { not k(h[i], i); i = g[_] }\ng := {1, 2}\nh := {1: 1, 2: 3}\nk(a, b) if a == b", json!([2])),
        ("x contains i if { not h[l[i]]; i = g[_] }\ng := {1, 2}\nh[1] := 1\nl := [3, 1, 3]", json!([2])),
        ("x contains i if { not h[[i, 1]]; i = g[_] }\ng := {1, 2}\nh contains [1, 1]", json!([2])),
        ("x contains i if { not h[{\"k\": i}]; i = g[_] }\ng := {1, 2}\nh contains {\"k\": 1}", json!([2])),
        ("x contains i if { not h[i]; split(\"a.b\", \".\", [i, _]) }\nh contains \"b\"", json!(["a"])),
        ("x contains i if { not h[i]; walk(input.s, [_, i]); is_string(i) }\nh contains \"b\"", json!(["k"])),
        ("x contains i if {\n  not h[i]\n  # not h[i]\n  i = 1\n  not h[i] == 1\n}\nh contains 2", json!([1])),
        ("x contains i if { input.a[i]; not input.a[i - 1] }", json!([0])),
        ("x contains i if { not input.a[i]; i = n - 1; n = 3 }", json!([2])),
        ("x if { not count([1 | input.a[_]]) == 3 }", json!(true)),
        ("f(i) := j if { j := [i | some i; input.a[i]] }\nx := f(1)", json!([0, 1])),
    ];
    for (text, expected) in cases {
        let text = format!("package p\nimport rego.v1\n{text}");
        let (library, faults) =
            Library::compile(&[Module::new("p.rego", text.clone())], &Value::UNDEFINED, &Options::default());
        assert_eq!(faults, Vec::new(), "{text}");
        let value = library.worker().rule("data.p.x", &Value::from(input.clone()));
        let value = value.map(|value| if value.is_undefined() { json!("undefined") } else { value.to_json() });
        assert_eq!(value.as_ref(), Ok(expected), "{text}");
    }
}
