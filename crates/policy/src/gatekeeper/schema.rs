//! The schema of a template's parameters: what it fills in, and what it does not allow.
//!
//! Types, required fields, choices, bounds and patterns are judged. Combinations (`anyOf`, `oneOf`, `not`) and fields that
//! the schema does not name are not: the first say nothing alone, the second are dropped by the server.

use regex::Regex;

use super::object::{at, text};
use crate::value::{Value, View};

/// Levels of a schema. Objects are bounded by their parser, and so are schemas; this bounds what either makes of the stack.
const MAX_DEPTH: usize = 64;

/// The value with the schema's defaults in the place of what is missing.
pub(super) fn with_defaults(schema: &Value, value: Value) -> Value {
    fill(schema, value, 0)
}

/// The first thing that the schema does not allow.
pub(super) fn fault(schema: &Value, value: &Value, path: &str) -> Option<String> {
    check(schema, value, path, 0).err()
}

fn fill(schema: &Value, value: Value, depth: usize) -> Value {
    if depth >= MAX_DEPTH {
        return value;
    }
    let deeper = depth.saturating_add(1);
    match value.view() {
        View::Object => {
            let mut filled = value.clone();
            let properties = at(schema, &["properties"]).unwrap_or(Value::UNDEFINED);
            for (name, property) in properties.entries() {
                let Some(name) = name.as_str() else { continue };
                let default = property.get("default");
                let written = value.get(name).filter(|value| value.view() != View::Null || default.is_none());
                if let Some(value) = written.or(default) {
                    filled = filled.with(name, fill(&property, value, deeper));
                }
            }
            let Some(others) = at(schema, &["additionalProperties"]) else { return filled };
            for (name, value) in value.entries() {
                if let Some(name) = name.as_str().filter(|name| properties.get(name).is_none()) {
                    filled = filled.with(name, fill(&others, value, deeper));
                }
            }
            filled
        }
        View::Array => match at(schema, &["items"]) {
            Some(items) => Value::array(value.items().map(|item| fill(&items, item, deeper))),
            None => value,
        },
        _ => value,
    }
}

fn check(schema: &Value, value: &Value, path: &str, depth: usize) -> Result<(), String> {
    if depth >= MAX_DEPTH {
        return Ok(());
    }
    let deeper = depth.saturating_add(1);
    let is_on = |key: &str| schema.get(key).and_then(|flag| flag.as_bool()) == Some(true);
    if value.view() == View::Null && is_on("nullable") {
        return Ok(());
    }
    let kind = text(schema, &["type"]);
    let fits = if is_on("x-kubernetes-int-or-string") {
        matches!(value.view(), View::Number(_) | View::String(_))
    } else {
        is_of(value, &kind)
    };
    if !fits {
        let kind = if kind.is_empty() { "integer or string" } else { &kind };
        return Err(format!("`{path}` is not of type {kind}"));
    }
    if let Some(choices) = at(schema, &["enum"])
        && choices.items().all(|choice| choice != *value)
    {
        return Err(format!("`{path}` is none of {}", choices.to_json()));
    }
    check_bounds(schema, value, path)?;
    let required = at(schema, &["required"]);
    let required = required.iter().flat_map(Value::items);
    if value.view() == View::Object
        && let Some(missing) =
            required.into_iter().find(|name| name.as_str().is_some_and(|name| value.get(name).is_none()))
    {
        return Err(format!("`{path}` has no `{}`", missing.as_str().unwrap_or_default()));
    }
    let properties = at(schema, &["properties"]).unwrap_or(Value::UNDEFINED);
    let others = at(schema, &["additionalProperties"]).filter(|others| others.view() == View::Object);
    for (name, value) in value.entries() {
        let Some(name) = name.as_str() else { continue };
        if let Some(schema) = properties.get(name).or_else(|| others.clone()) {
            check(&schema, &value, &format!("{path}.{name}"), deeper)?;
        }
    }
    if let Some(items) = at(schema, &["items"]) {
        for (index, item) in value.items().enumerate() {
            check(&items, &item, &format!("{path}[{index}]"), deeper)?;
        }
    }
    Ok(())
}

fn is_of(value: &Value, kind: &str) -> bool {
    match (kind, value.view()) {
        ("string", View::String(_))
        | ("boolean", View::Bool(_))
        | ("number", View::Number(_))
        | ("array", View::Array)
        | ("object", View::Object) => true,
        ("integer", View::Number(number)) => number.fract() == 0.0,
        ("string" | "boolean" | "number" | "array" | "object" | "integer", _) => false,
        _ => true,
    }
}

fn check_bounds(schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    let bound = |key: &str| match schema.get(key).as_ref().map(Value::view) {
        Some(View::Number(bound)) => Some(bound),
        _ => None,
    };
    let within = |low: &str, high: &str, measure: f64| {
        bound(low).is_none_or(|low| measure >= low) && bound(high).is_none_or(|high| measure <= high)
    };
    // Lengths are far below the integers that a float cannot hold.
    let count = |length: usize| f64::from(u32::try_from(length).unwrap_or(u32::MAX));
    let holds = match value.view() {
        View::Number(number) => within("minimum", "maximum", number),
        View::String(text) => within("minLength", "maxLength", count(text.chars().count())),
        View::Array => within("minItems", "maxItems", count(value.len())),
        View::Object => within("minProperties", "maxProperties", count(value.len())),
        _ => true,
    };
    if !holds {
        return Err(format!("`{path}` is outside of the bounds of its schema"));
    }
    if let (View::String(written), pattern) = (value.view(), text(schema, &["pattern"]))
        && let Ok(regex) = Regex::new(&pattern)
        && !regex.is_match(written)
    {
        return Err(format!("`{path}` does not match `{pattern}`"));
    }
    Ok(())
}
