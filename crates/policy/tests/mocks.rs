//! Functions that stand in the place of others, however the two are written.

use portcullis_policy::{Evaluation, Library, Module, Options, Value};
use serde_json::{Value as Json, json};

const POLICY: &str = "package p
import rego.v1
f(x) := x
short := f(3)
full := data.p.f(3)
not_f if not f(false)
pair := [f(1), [y | y := f(2)]]
deny contains f(x) if some x in [1]
default g(_) := 0
g(1) := 1
given := [g(1), g(2)]
mock(_) := \"m\"
own := v if { v := f(3) with f as mock }
by_path := v if { v := f(3) with data.p.f as mock }
called_by_path := v if { v := data.p.f(3) with f as mock }
rule_by_name := v if { v := full with f as mock }";

/// The value of `data.q.x`, or the first fault.
fn x(rule: &str) -> Json {
    let test = format!(
        "package q\nimport rego.v1\nimport data.p\nimport data.p.f as pf\nm(_) := \"m\"\nf(_) := \"own\"\nown := f(1)\nno(_) := false\n{rule}"
    );
    let modules = [Module::new("p.rego", POLICY), Module::new("q.rego", test)];
    let options = Options { evaluation: Evaluation::Checked, ..Options::default() };
    let (library, faults) = Library::compile(&modules, &Value::UNDEFINED, &options);
    if let Some(fault) = faults.first() {
        return Json::from(fault.to_string());
    }
    match library.worker().rule("data.q.x", &Value::from(json!({}))) {
        Ok(value) if value.is_undefined() => Json::from("undefined"),
        Ok(value) => value.to_json(),
        Err(fault) => Json::from(fault.to_string()),
    }
}

#[test]
fn what_is_replaced_is_replaced_everywhere() {
    let cases: &[(&str, Json)] = &[
        ("x := v if { v := p.short with data.p.f as m }", json!("m")),
        ("x := v if { v := p.short with data.p.f as \"value\" }", json!("value")),
        ("x := v if { v := p.short with p.f as m }", json!("m")),
        ("x := v if { v := p.short with pf as m }", json!("m")),
        ("x := v if { v := p.full with data.p.f as m }", json!("m")),
        ("x := v if { v := p.full with pf as m }", json!("m")),
        ("x := v if { v := p.f(3) with p.f as m }", json!("m")),
        ("x := v if { v := pf(3) with data.p.f as m }", json!("m")),
        ("x := v if { v := data.p.f(3) with pf as m }", json!("m")),
        ("x := v if { v := p.pair with p.f as m }", json!(["m", ["m"]])),
        ("x := v if { v := p.deny with p.f as m }", json!(["m"])),
        ("x := v if { v := p.not_f with p.f as no }", json!(true)),
        ("x := v if { v := p.given with p.g as m }", json!(["m", "m"])),
        // A function of the same name in another package is another.
        ("x := v if { v := own with data.p.f as m }", json!("own")),
        ("x := v if { v := [p.short, own] with f as m }", json!([3, "m"])),
        ("x := v if { v := [p.short, own] with data.q.f as m }", json!([3, "m"])),
        // As it is without, and behind.
        ("x := v if { p.short == \"m\" with p.f as m; v := [p.short, p.given] }", json!([3, [1, 0]])),
        // In the package itself.
        ("x := [p.own, p.by_path, p.called_by_path, p.rule_by_name]", json!(["m", "m", "m", "m"])),
        ("x := v if { v := own with f as m; nofn(1) }", json!("q.rego:9:35: unknown function nofn")),
    ];
    for (rule, expected) in cases {
        assert_eq!(&x(rule), expected, "{rule}");
    }
}
