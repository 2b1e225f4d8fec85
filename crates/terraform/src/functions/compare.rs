//! Whether values are equal, and in which order sets keep them.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use portcullis_model::terraform::value::{Kind, List, Number, Value};

use super::json;

/// Whether two values are equal as Terraform's `==` has it; `None` where that is not known.
pub(super) fn equals(a: &Value, b: &Value) -> Option<bool> {
    a.equals(b)
}

/// Whether a list holds a value; `None` where that is not known.
pub(super) fn holds(list: &List, value: &Value) -> Option<bool> {
    let mut known = if list.open { None } else { Some(false) };
    for item in &list.items {
        match equals(item, value) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = None,
        }
    }
    known
}

/// What is left of a list without repetitions.
pub(super) struct Distinct {
    /// Each value once, in the order in which they come first.
    pub(super) items: Vec<Value>,
    /// Whether all of them are known to differ.
    pub(super) certain: bool,
}

/// Takes repetitions out. What is not known to be equal to another stays.
pub(super) fn distinct<'v>(values: impl IntoIterator<Item = &'v Value>) -> Distinct {
    let mut texts: HashSet<&str> = HashSet::new();
    let mut others: HashSet<Arc<str>> = HashSet::new();
    let mut items: Vec<Value> = Vec::new();
    // Where those stand that may turn out to be equal to another.
    let mut loose: Vec<usize> = Vec::new();
    for value in values {
        let is_new = match (&value.kind, written(value)) {
            (Kind::String(known), _) => texts.insert(known),
            (_, Some(text)) => others.insert(text),
            (_, None) => {
                loose.push(items.len());
                true
            }
        };
        if is_new {
            items.push(value.clone());
        }
    }
    // Past this, comparing each with each would take too long.
    let is_few = loose.len().saturating_mul(items.len()) <= 1_000_000;
    let differs = |at: usize| {
        let others = items.iter().enumerate().filter(|(other, _)| *other != at);
        items.get(at).is_some_and(|value| others.into_iter().all(|(_, other)| equals(value, other) == Some(false)))
    };
    let certain = loose.is_empty() || (is_few && loose.iter().all(|&at| differs(at)));
    Distinct { items, certain }
}

/// A text that only equal values share; `None` where not all is known, or it would be long.
fn written(value: &Value) -> Option<Arc<str>> {
    match value.kind {
        Kind::String(_) | Kind::Template(_) | Kind::Encoded(_) | Kind::Unknown(_) => None,
        _ => json::write_within(value, 1 << 16).ok()?.known().ok(),
    }
}

/// The order in which sets keep their elements: texts by their characters, numbers by size, what is unknown last.
pub(super) fn order(a: &Value, b: &Value) -> Ordering {
    match (&a.kind, &b.kind) {
        (Kind::String(a), Kind::String(b)) => a.cmp(b),
        (Kind::Bool(a), Kind::Bool(b)) => a.cmp(b),
        (Kind::Number(a), Kind::Number(b)) => compare_numbers(*a, *b),
        (Kind::List(a), Kind::List(b)) => {
            let pairs = a.items.iter().zip(&b.items);
            // One level: elements of sets that are lists are the tuples of `setproduct`.
            pairs
                .map(|(a, b)| if a.as_list().is_some() { Ordering::Equal } else { order(a, b) })
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &Value) -> u8 {
    match value.kind {
        Kind::Null => 0,
        Kind::Bool(_) => 1,
        Kind::Number(_) => 2,
        Kind::String(_) => 3,
        Kind::List(_) => 4,
        Kind::Map(_) => 5,
        Kind::Encoded(_) => 6,
        Kind::Template(_) => 7,
        Kind::Unknown(_) => 8,
    }
}

#[allow(clippy::cast_precision_loss, reason = "numbers of both kinds are compared as Terraform would up to 2^53")]
pub(super) fn compare_numbers(a: Number, b: Number) -> Ordering {
    let (a, b) = match (a, b) {
        (Number::Int(a), Number::Int(b)) => return a.cmp(&b),
        (Number::Int(a), Number::Float(b)) => (a as f64, b),
        (Number::Float(a), Number::Int(b)) => (a, b as f64),
        (Number::Float(a), Number::Float(b)) => (a, b),
    };
    a.total_cmp(&b)
}
