//! Functions of the interpreter that copy or lengthen what they are given: what they would make is weighed before they run.
//!
//! Lengthening a text again and again by half takes thirty calls to fill any memory. The factors are the most that one
//! character may become.

use regorus::Value;

use super::Builtin;
use super::bounded::run;
use super::number::{has_enormous, is_enormous};
use super::size::exceeds;
use crate::module::Limits;

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "array.reverse", arity: 1, call: |a, limits| run("array.reverse", a, elements(a) > limits.values) },
    Builtin { name: "array.slice", arity: 3, call: |a, limits| run("array.slice", a, elements(a) > limits.values) },
    Builtin { name: "base64.encode", arity: 1, call: |a, limits| run("base64.encode", a, text(a, 2) > limits.bytes) },
    Builtin {
        name: "base64url.encode",
        arity: 1,
        call: |a, limits| run("base64url.encode", a, text(a, 2) > limits.bytes),
    },
    Builtin {
        name: "base64url.encode_no_pad",
        arity: 1,
        call: |a, limits| run("base64url.encode_no_pad", a, text(a, 2) > limits.bytes),
    },
    Builtin { name: "hex.encode", arity: 1, call: |a, limits| run("hex.encode", a, text(a, 2) > limits.bytes) },
    Builtin {
        name: "indexof_n",
        arity: 2,
        // It looks from every character on.
        call: |a, limits| run("indexof_n", a, text(a, 1) > limits.values),
    },
    Builtin {
        name: "json.marshal",
        arity: 1,
        call: |a, limits| run("json.marshal", a, a.iter().any(|it| exceeds(it, limits))),
    },
    Builtin {
        name: "json.marshal_with_options",
        arity: 2,
        call: |a, limits| run("json.marshal_with_options", a, indented(a, limits)),
    },
    Builtin { name: "json.unmarshal", arity: 1, call: |a, limits| run("json.unmarshal", a, is_heavy(a, limits)) },
    Builtin { name: "json.is_valid", arity: 1, call: |a, limits| run("json.is_valid", a, is_heavy(a, limits)) },
    Builtin { name: "yaml.unmarshal", arity: 1, call: |a, limits| run("yaml.unmarshal", a, text(a, 1) > limits.bytes) },
    Builtin {
        name: "yaml.marshal",
        arity: 1,
        call: |a, limits| run("yaml.marshal", a, a.iter().any(|it| exceeds(it, limits))),
    },
    Builtin { name: "lower", arity: 1, call: |a, limits| run("lower", a, text(a, 1) > limits.bytes) },
    Builtin { name: "upper", arity: 1, call: |a, limits| run("upper", a, text(a, 1) > limits.bytes) },
    // Of thousands of large numbers it would be a number that takes minutes.
    Builtin { name: "product", arity: 1, call: |a, _| run("product", a, elements(a) > MOST_FACTORS) },
    Builtin { name: "split", arity: 2, call: |a, limits| run("split", a, text(a, 1) > limits.bytes) },
    Builtin {
        name: "strings.replace_n",
        arity: 2,
        call: |a, limits| run("strings.replace_n", a, replaced(a) > limits.bytes),
    },
    Builtin {
        name: "strings.reverse",
        arity: 1,
        call: |a, limits| run("strings.reverse", a, text(a, 1) > limits.bytes),
    },
    Builtin { name: "to_number", arity: 1, call: |a, _| run("to_number", a, is_number_enormous(a)) },
    Builtin { name: "units.parse", arity: 1, call: |a, _| run("units.parse", a, is_number_enormous(a)) },
    Builtin { name: "units.parse_bytes", arity: 1, call: |a, _| run("units.parse_bytes", a, is_number_enormous(a)) },
    Builtin {
        name: "urlquery.encode",
        arity: 1,
        call: |a, limits| run("urlquery.encode", a, text(a, 3) > limits.bytes),
    },
    Builtin { name: "object.union", arity: 2, call: |a, limits| run("object.union", a, elements(a) > limits.values) },
    Builtin { name: "union", arity: 1, call: |a, limits| run("union", a, inner(a) > limits.values) },
    Builtin { name: "object.union_n", arity: 1, call: |a, limits| run("object.union_n", a, inner(a) > limits.values) },
];

/// Numbers that are multiplied at most.
const MOST_FACTORS: usize = 10_000;

fn text(arguments: &[Value], factor: usize) -> usize {
    match arguments.first() {
        Some(Value::String(text)) => text.len().saturating_mul(factor),
        _ => 0,
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::Array(array) => array.len(),
        Value::Set(set) => set.len(),
        Value::Object(object) => object.len(),
        _ => 0,
    }
}

fn elements(arguments: &[Value]) -> usize {
    arguments.iter().map(length).fold(0, usize::saturating_add)
}

/// The elements of the elements.
fn inner(arguments: &[Value]) -> usize {
    let count = |total: usize, value: &Value| total.saturating_add(length(value));
    match arguments.first() {
        Some(Value::Array(array)) => array.iter().fold(0, count),
        Some(Value::Set(set)) => set.iter().fold(0, count),
        _ => 0,
    }
}

/// Every line takes the prefix, and the indentation as often as values are nested.
fn indented(arguments: &[Value], limits: &Limits) -> bool {
    const MOST: usize = 64;
    let Some(Value::Object(options)) = arguments.get(1) else { return false };
    let is_long = options.iter().any(|(_, value)| matches!(value, Value::String(text) if text.len() > MOST));
    let limits = Limits { values: limits.values / MOST, ..*limits };
    is_long || arguments.first().is_some_and(|value| exceeds(value, &limits))
}

/// As often as an old text may stand in it, each new one.
fn replaced(arguments: &[Value]) -> usize {
    let Some(Value::Object(patterns)) = arguments.first() else { return 0 };
    let Some(Value::String(text)) = arguments.get(1) else { return 0 };
    let longest = patterns.iter().map(|(_, new)| if let Value::String(new) = new { new.len() } else { 0 }).max();
    text.len().saturating_add(1).saturating_mul(longest.unwrap_or(0).max(1))
}

fn is_heavy(arguments: &[Value], limits: &Limits) -> bool {
    matches!(arguments.first(), Some(Value::String(text)) if text.len() > limits.bytes || has_enormous(text))
}

fn is_number_enormous(arguments: &[Value]) -> bool {
    matches!(arguments.first(), Some(Value::String(text)) if is_enormous(text))
}
