//! Whether values are equal, as Terraform's `==` has it.
//!
//! Lists may share their elements, so that depth alone bounds nothing: a budget counts the values that are compared. Past
//! it the answer is not known.

use super::value::{Entries, Kind, List, Number, Piece, Value};

/// Levels of lists and maps that are compared.
const DEPTH: usize = 128;
/// Values that are compared.
const BUDGET: usize = 100_000;

impl Value {
    /// Whether two values are equal as Terraform's `==` has it; `None` where that is not known.
    pub fn equals(&self, other: &Self) -> Option<bool> {
        within(self, other, DEPTH, &mut BUDGET.clone())
    }
}

fn within(a: &Value, b: &Value, depth: usize, budget: &mut usize) -> Option<bool> {
    *budget = budget.checked_sub(1)?;
    let depth = depth.checked_sub(1)?;
    match (&a.kind, &b.kind) {
        (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::Null, _) | (_, Kind::Null) => Some(false),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(number_equals(*a, *b)),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        (Kind::Template(_), Kind::String(_) | Kind::Template(_)) | (Kind::String(_), Kind::Template(_)) => {
            let starts = fits(a.text_prefix(), b.text_prefix(), str::starts_with::<&str>);
            let ends = fits(suffix(a), suffix(b), str::ends_with::<&str>);
            if starts && ends { None } else { Some(false) }
        }
        (Kind::Template(_) | Kind::Encoded(_), Kind::String(_) | Kind::Template(_) | Kind::Encoded(_))
        | (Kind::String(_), Kind::Encoded(_)) => None,
        (Kind::List(a), Kind::List(b)) => {
            // Which element comes where is not known once something may stand between.
            if a.open || b.open {
                return None;
            }
            if a.items.len() != b.items.len() {
                // An unknown element of a set may be equal to another.
                let loose = |list: &List| list.set && list.items.iter().any(Value::is_unknown);
                return if loose(a) || loose(b) { None } else { Some(false) };
            }
            all(a.items.iter().zip(&b.items), depth, budget)
        }
        (Kind::Map(a), Kind::Map(b)) => {
            if lacks(&a.entries, a.open, &b.entries) || lacks(&b.entries, b.open, &a.entries) {
                return Some(false);
            }
            let shared = a.entries.iter().filter_map(|(key, entry)| Some((&entry.value, &b.entries.get(key)?.value)));
            let equal = all(shared, depth, budget);
            if a.open || b.open { equal.filter(|equal| !equal) } else { equal }
        }
        _ => Some(false),
    }
}

/// Whether a map certainly lacks a key of another one.
fn lacks(map: &Entries, open: bool, other: &Entries) -> bool {
    !open && other.keys().any(|key| !map.contains_key(key))
}

/// The known text that a value certainly ends with; empty where nothing is known of it.
fn suffix(value: &Value) -> &str {
    match &value.kind {
        Kind::String(text) => text,
        Kind::Template(pieces) => match pieces.last() {
            Some(Piece::Text(text)) => text,
            _ => "",
        },
        _ => "",
    }
}

fn fits<'s>(a: &'s str, b: &'s str, has: fn(&'s str, &'s str) -> bool) -> bool {
    has(a, b) || has(b, a)
}

fn all<'v>(pairs: impl Iterator<Item = (&'v Value, &'v Value)>, depth: usize, budget: &mut usize) -> Option<bool> {
    let mut known = Some(true);
    for (a, b) in pairs {
        match within(a, b, depth, budget) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = None,
        }
    }
    known
}

#[allow(clippy::float_cmp, clippy::cast_precision_loss, reason = "equality of numbers is exact in the language")]
fn number_equals(a: Number, b: Number) -> bool {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => a == b,
        (Number::Int(a), Number::Float(b)) | (Number::Float(b), Number::Int(a)) => a as f64 == b,
        (Number::Float(a), Number::Float(b)) => a == b,
    }
}
