//! How large a value is, and what an evaluation has made so far.

use std::cell::Cell;

use regorus::Value;

use crate::module::Limits;

/// Whether a value has more elements or text than the limits allow.
pub(crate) fn exceeds(value: &Value, limits: &Limits) -> bool {
    let mut left = (limits.values, limits.bytes);
    let mut pending = vec![value];
    // A loop and no recursion: values that policies make may be nested as deep as they like.
    while let Some(value) = pending.pop() {
        let Some(values) = left.0.checked_sub(1) else { return true };
        left.0 = values;
        match value {
            Value::String(text) => {
                let Some(bytes) = left.1.checked_sub(text.len()) else { return true };
                left.1 = bytes;
            }
            Value::Array(array) => pending.extend(array.iter()),
            Value::Set(set) => pending.extend(set.iter()),
            Value::Object(object) => pending.extend(object.iter().flat_map(|(key, value)| [key, value])),
            _ => {}
        }
        if pending.len() > left.0 {
            return true;
        }
    }
    false
}

/// How deep values stand in one another, as far as it matters: deeper than a thousand is not counted.
pub(crate) fn depth(value: &Value) -> usize {
    let mut pending = vec![(value, 1_usize)];
    let mut deepest = 0;
    while let Some((value, depth)) = pending.pop() {
        deepest = deepest.max(depth);
        let below = depth.saturating_add(1);
        if below > 1000 {
            return below;
        }
        match value {
            Value::Array(array) => pending.extend(array.iter().map(|value| (value, below))),
            Value::Set(set) => pending.extend(set.iter().map(|value| (value, below))),
            Value::Object(object) => {
                pending.extend(object.iter().flat_map(|(key, value)| [(key, below), (value, below)]));
            }
            _ => {}
        }
    }
    deepest
}

/// How much more than one call all calls of an evaluation may make together: some of it is let go of meanwhile.
const CALLS: usize = 8;

thread_local! {
    /// Elements and bytes that builtins made in the evaluation that this thread is at.
    static SPENT: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// A new evaluation has spent nothing.
pub(crate) fn start() {
    SPENT.set((0, 0));
}

/// Counts what a call made, which is its own and not what it was given; whether that is still within the limits.
pub(crate) fn spend(value: &Value, limits: &Limits) -> bool {
    let (mut values, mut bytes) = SPENT.get();
    match value {
        Value::String(text) => bytes = bytes.saturating_add(text.len()),
        Value::Array(array) => values = values.saturating_add(array.len()),
        Value::Set(set) => values = values.saturating_add(set.len()),
        Value::Object(object) => values = values.saturating_add(object.len()),
        _ => return true,
    }
    SPENT.set((values, bytes));
    values <= limits.values.saturating_mul(CALLS) && bytes <= limits.bytes.saturating_mul(CALLS)
}
