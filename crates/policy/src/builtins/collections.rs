//! Arrays and objects: what the interpreter lacks, and what it gets wrong.

use regorus::Value;

use super::arguments::{at, integer, items, refuse};
use super::{Builtin, Refusal};
use crate::module::Limits;

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "array.flatten", arity: 1, call: |a, _| Ok(flatten(&items(a, 0)?)) },
    // The interpreter's own panics when the second array is empty.
    Builtin { name: "object.subset", arity: 2, call: |a, _| subset(at(a, 0)?, at(a, 1)?) },
    // The interpreter's own look at no clock: ten million numbers are seconds.
    Builtin { name: "numbers.range", arity: 2, call: |a, limits| range(integer(a, 0)?, integer(a, 1)?, 1, limits) },
    Builtin { name: "numbers.range_step", arity: 3, call: |a, limits| stepped(a, limits) },
];

fn flatten(items: &[&Value]) -> Value {
    let mut flat = Vec::new();
    for item in items {
        match item {
            Value::Array(inner) => flat.extend(inner.iter().cloned()),
            other => flat.push((*other).clone()),
        }
    }
    Value::from(flat)
}

fn subset(whole: &Value, part: &Value) -> Result<Value, Refusal> {
    let is_subset = match (whole, part) {
        (Value::Object(_), Value::Object(_)) => is_below(whole, part),
        (Value::Set(whole), Value::Set(part)) => part.is_subset(whole),
        (Value::Array(whole), Value::Array(part)) => {
            let (whole, part) = (whole.as_slice(), part.as_slice());
            // An empty array is part of any; `windows` knows no windows of no width.
            part.is_empty() || whole.windows(part.len()).any(|window| window == part)
        }
        (Value::Array(whole), Value::Set(part)) => part.iter().all(|item| whole.contains(item)),
        _ => return Err(refuse("the arguments must be two objects, sets or arrays, or an array and a set")),
    };
    Ok(Value::Bool(is_subset))
}

/// Objects by their entries, all others by what they are. By a list and not by recursion: results may be nested as deep
/// as policies like.
fn is_below(whole: &Value, part: &Value) -> bool {
    let mut pending = vec![(whole, part)];
    while let Some((whole, part)) = pending.pop() {
        match (whole, part) {
            (Value::Object(whole), Value::Object(part)) => {
                for (key, value) in part.iter() {
                    let Some(other) = whole.get(key) else { return false };
                    pending.push((other, value));
                }
            }
            (Value::Set(whole), Value::Set(part)) if part.is_subset(whole) => {}
            (Value::Array(..), Value::Array(..)) if matches!(subset(whole, part), Ok(Value::Bool(true))) => {}
            _ if whole == part => {}
            _ => return false,
        }
    }
    true
}

fn stepped(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let step = integer(arguments, 2)?;
    if step <= 0 {
        return Err(refuse("the step must be positive"));
    }
    range(integer(arguments, 0)?, integer(arguments, 1)?, step, limits)
}

/// Both ends included, downwards where the first is the larger.
fn range(from: i64, to: i64, step: i64, limits: &Limits) -> Result<Value, Refusal> {
    let distance = from.abs_diff(to).checked_div(step.unsigned_abs()).unwrap_or(0);
    let Ok(count) = usize::try_from(distance) else { return Err(Refusal::Limit) };
    if count >= limits.values {
        return Err(Refusal::Limit);
    }
    let signed = if from <= to { step } else { step.saturating_neg() };
    let numbers = std::iter::successors(Some(from), |last| last.checked_add(signed));
    Ok(Value::from(numbers.take(count.saturating_add(1)).map(Value::from).collect::<Vec<_>>()))
}
