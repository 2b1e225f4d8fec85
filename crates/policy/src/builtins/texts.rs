//! Texts: `strings.*` that the interpreter lacks, and template strings.

use regorus::Value;

use super::arguments::{integer, items, refuse, text};
use super::{Builtin, Refusal};
use crate::module::Limits;

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "strings.split_n", arity: 3, call: |a, _| split(a) },
    // The interpreter's own panics for an empty text and counts those that overlap.
    // The interpreter's own replaces in what it has replaced.
    Builtin { name: "strings.replace_n", arity: 2, call: |a, limits| replaced(a, limits) },
    // What `$"…{x}"` is rewritten to.
    Builtin { name: "internal.template_string", arity: 1, call: |a, limits| joined(&items(a, 0)?, limits) },
];

/// One pass over the text; where several keys fit, the first in order.
fn replaced(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let Some(Value::Object(pairs)) = arguments.first() else { return Err(refuse("argument 1 is no object")) };
    let mut replacements: Vec<(&str, &str)> = Vec::new();
    for (key, value) in pairs.iter_sorted() {
        let (Value::String(key), Value::String(value)) = (key, value) else {
            return Err(refuse("a key or a value is no string"));
        };
        replacements.push((key, value));
    }
    let mut out = String::new();
    let mut rest = text(arguments, 1)?;
    // An empty key fits before every letter and at the end, once at each place.
    let mut is_behind_empty = false;
    loop {
        let fit = replacements.iter().find(|(key, _)| rest.starts_with(key) && !(key.is_empty() && is_behind_empty));
        is_behind_empty = fit.is_some_and(|(key, _)| key.is_empty());
        if let Some((key, value)) = fit {
            out.push_str(value);
            rest = rest.get(key.len()..).unwrap_or_default();
        } else {
            let Some(letter) = rest.chars().next() else { break };
            out.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
        if out.len() > limits.bytes {
            return Err(Refusal::Limit);
        }
    }
    Ok(Value::from(out))
}

/// Texts, and sets that hold the value of an expression or nothing.
fn joined(parts: &[&Value], limits: &Limits) -> Result<Value, Refusal> {
    let mut text = String::new();
    for part in parts {
        match part {
            Value::String(part) => text.push_str(part),
            Value::Set(values) => {
                let mut values = values.iter_sorted();
                match (values.next(), values.next()) {
                    (None, _) => text.push_str("<undefined>"),
                    (Some(Value::String(value)), None) => text.push_str(value),
                    (Some(value), None) => write(value, &mut text, 0),
                    (Some(_), Some(_)) => return Err(refuse("an expression in a template has several values")),
                }
            }
            _ => return Err(refuse("a part of a template is neither text nor set")),
        }
        if text.len() > limits.bytes {
            return Err(Refusal::Limit);
        }
    }
    Ok(Value::from(text))
}

/// What is nested deeper is left out.
const DEEPEST: usize = 128;

/// A value as Rego has it.
fn write(value: &Value, text: &mut String, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    let list = |text: &mut String, open: &str, items: &mut dyn Iterator<Item = &Value>, close: &str| {
        text.push_str(open);
        for (at, item) in items.enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            write(item, text, depth.saturating_add(1));
        }
        text.push_str(close);
    };
    match value {
        Value::Array(array) => list(text, "[", &mut array.iter(), "]"),
        Value::Set(set) if set.is_empty() => text.push_str("set()"),
        Value::Set(set) => list(text, "{", &mut set.iter_sorted(), "}"),
        Value::Object(object) => {
            text.push('{');
            for (at, (key, value)) in object.iter_sorted().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                write(key, text, depth.saturating_add(1));
                text.push_str(": ");
                write(value, text, depth.saturating_add(1));
            }
            text.push('}');
        }
        other => text.push_str(&other.to_json_str().unwrap_or_default()),
    }
}

/// The first so many parts, or the last for a negative number.
fn split(arguments: &[Value]) -> Result<Value, Refusal> {
    let (text, separator, count) = (text(arguments, 0)?, text(arguments, 1)?, integer(arguments, 2)?);
    let parts: Vec<&str> =
        if separator.is_empty() { text.split_inclusive(|_| true).collect() } else { text.split(separator).collect() };
    let count_of = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX).min(parts.len());
    let from = if count < 0 { parts.len().saturating_sub(count_of) } else { 0 };
    Ok(Value::from(parts.into_iter().skip(from).take(count_of).map(Value::from).collect::<Vec<_>>()))
}
