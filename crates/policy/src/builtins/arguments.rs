//! What functions take out of their arguments.

use regorus::Value;

use super::Refusal;

/// The argument at an index; the interpreter counts them before it calls.
pub(super) fn at(arguments: &[Value], index: usize) -> Result<&Value, Refusal> {
    arguments.get(index).ok_or_else(|| refuse("too few arguments"))
}

pub(super) fn text(arguments: &[Value], index: usize) -> Result<&str, Refusal> {
    match at(arguments, index)? {
        Value::String(text) => Ok(text),
        other => Err(wrong(index, "a string", other)),
    }
}

pub(super) fn boolean(arguments: &[Value], index: usize) -> Result<bool, Refusal> {
    match at(arguments, index)? {
        Value::Bool(value) => Ok(*value),
        other => Err(wrong(index, "a boolean", other)),
    }
}

pub(super) fn integer(arguments: &[Value], index: usize) -> Result<i64, Refusal> {
    let value = at(arguments, index)?;
    value.as_i64().map_err(|_| wrong(index, "an integer", value))
}

/// The nearest double. The interpreter gives none for integers past 2^53.
#[expect(clippy::cast_precision_loss, reason = "the nearest double is what is wanted")]
pub(super) fn double(value: &Value) -> Option<f64> {
    match value.as_i64() {
        Ok(integer) => Some(integer as f64),
        Err(_) => value.as_f64().ok(),
    }
}

/// The elements of an array or a set.
pub(super) fn items(arguments: &[Value], index: usize) -> Result<Vec<&Value>, Refusal> {
    match at(arguments, index)? {
        Value::Array(array) => Ok(array.iter().collect()),
        Value::Set(set) => Ok(set.iter_sorted().collect()),
        other => Err(wrong(index, "an array or a set", other)),
    }
}

pub(super) fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::Arguments(message.into())
}

fn wrong(index: usize, wanted: &str, given: &Value) -> Refusal {
    refuse(format!("argument {} is {}, not {wanted}", index.saturating_add(1), kind(given)))
}

/// As `type_name` has it.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Undefined => "undefined",
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Set(_) => "set",
        Value::Object(_) => "object",
    }
}
