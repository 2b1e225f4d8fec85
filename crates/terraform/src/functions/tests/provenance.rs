//! Where results were written, and what they refer to.

use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Kind, List, Reference, Value};

use super::{Place, Tree, call, evaluate};

/// Checks which part of the call each result was written in, and which resource attributes it refers to.
fn check(rows: &[(&str, &str, &[&str])]) {
    for (text, place, references) in rows {
        let value = evaluate(text).unwrap_or_else(|_| panic!("{text} is refused"));
        let source = format!("x = {text}");
        assert_eq!(value.span.slice(&source), *place, "{text}");
        let found: Vec<String> =
            value.references().iter().map(|one| format!("{}.{}", one.address, one.attribute)).collect();
        assert_eq!(found, *references, "{text}");
    }
}

#[test]
fn what_is_taken_keeps_its_place() {
    check(&[
        (r#"lookup({ a = "x" }, "a", "y")"#, r#""x""#, &[]),
        (r#"lookup({ a = "x" }, "b", "y")"#, r#""y""#, &[]),
        (r#"element(["x", computed], 1)"#, "computed", &["aws_vpc.a.id"]),
        (r#"coalesce(null, "x")"#, r#""x""#, &[]),
        (r#"one(concat(["x"], []))"#, r#""x""#, &[]),
        (r#"element(flatten([["x"], [["y"]]]), 1)"#, r#""y""#, &[]),
        (r#"lookup(merge({ a = "x" }, { a = "y" }), "a")"#, r#""y""#, &[]),
        (r#"element(values({ a = "x" }), 0)"#, r#""x""#, &[]),
        (r#"element(keys({ a = "x" }), 0)"#, "a", &[]),
        (r#"one(toset(["x"]))"#, r#""x""#, &[]),
        ("tostring(1)", "1", &[]),
        ("element(tolist([1, \"x\"]), 0)", "1", &[]),
        ("max(1, 2)", "2", &[]),
        (r#"jsondecode(jsonencode("x"))"#, r#""x""#, &[]),
        (r#"lookup(jsondecode(jsonencode({ a = "x" })), "a")"#, r#""x""#, &[]),
        (r#"one(setintersection(["x", "y"], ["x"]))"#, r#""x""#, &[]),
    ]);
}

#[test]
fn what_is_computed_stands_at_the_call_and_refers() {
    check(&[
        (r#"upper("a")"#, r#"upper("a")"#, &[]),
        (r#"join(",", ["a", computed])"#, r#"join(",", ["a", computed])"#, &["aws_vpc.a.id"]),
        ("md5(computed)", "md5(computed)", &["aws_vpc.a.id"]),
        ("jsonencode({ a = [computed] })", "jsonencode({ a = [computed] })", &["aws_vpc.a.id"]),
        ("element(formatlist(\"%s\", [computed, 1]), 0)", "formatlist(\"%s\", [computed, 1])", &["aws_vpc.a.id"]),
        ("element(formatlist(\"%s\", [computed, 1]), 1)", "formatlist(\"%s\", [computed, 1])", &[]),
        ("concat([computed], [1])", "concat([computed], [1])", &[]),
        ("concat(computed, [1])", "concat(computed, [1])", &["aws_vpc.a.id"]),
        ("contains([computed], \"a\")", "contains([computed], \"a\")", &["aws_vpc.a.id"]),
        ("provider::aws::f(computed)", "provider::aws::f(computed)", &["aws_vpc.a.id"]),
    ]);
}

/// A value written at `start`, in an attribute of a resource.
fn of_resource(kind: Kind, attribute: &str, start: u32) -> Value {
    let reference = Reference { address: "aws_vpc.a".into(), attribute: attribute.into() };
    let span = Span { start, end: start + 1, ..Span::default() };
    Value { refers: Some([reference].into()), ..Value::new(kind, span) }
}

#[test]
fn a_part_comes_the_way_that_the_whole_came() {
    let at = Span { start: 90, end: 99, ..Span::default() };
    let used = Span { start: 50, end: 55, ..Span::default() };
    let item = Value::string("x", Span { start: 10, end: 13, ..Span::default() });
    let list = of_resource(Kind::List(Arc::new(List::closed(vec![item.clone()]))), "names", 9).through(used);
    let index = Value::new(Kind::Number(portcullis_syntax::hcl::Number::Int(0)), at);
    let found = call("element", &[list, index], at, Place { files: &Tree, directory: "" }).unwrap();
    assert_eq!(found.span, item.span);
    assert_eq!(found.hops().collect::<Vec<_>>(), [used]);
    assert_eq!(&*found.references()[0].attribute, "names.0");
}

#[test]
fn shared_lists_do_not_multiply_work() {
    let at = Span::default();
    let place = Place { files: &Tree, directory: "" };
    let mut value = Value::string("x", at);
    for _ in 0..60 {
        value = Value::new(Kind::List(Arc::new(List::closed(vec![value.clone(), value]))), at);
    }
    for (name, arguments) in [
        ("flatten", vec![value.clone()]),
        ("contains", vec![value.clone(), value.clone()]),
        ("distinct", vec![value.clone()]),
        ("toset", vec![value.clone()]),
        ("jsonencode", vec![value.clone()]),
    ] {
        let _ = call(name, &arguments, at, place);
    }
    let encoded = call("jsonencode", &[value], at, place).unwrap();
    let made = call("md5", &[encoded], at, place).unwrap();
    assert!(made.is_unknown());
}
