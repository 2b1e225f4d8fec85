//! Conversions between types.

use std::sync::Arc;

use portcullis_model::terraform::value::{Entry, Kind, List, Map, Number, Value};

use super::{Answer, Call, Stop, sets, text};

/// Marks that are not followed leave the value as it is.
pub(super) fn same(call: &Call<'_>) -> Answer {
    Ok(call.argument(0)?.clone())
}

pub(super) fn tobool(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    match &value.kind {
        Kind::Null | Kind::Bool(_) | Kind::Unknown(_) => Ok(value.clone()),
        _ => Ok(turned(value, Kind::Bool(boolean(value)?))),
    }
}

pub(super) fn tonumber(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    match &value.kind {
        Kind::Null | Kind::Number(_) | Kind::Unknown(_) => Ok(value.clone()),
        Kind::Bool(_) => Err(Stop::Refused),
        _ => Ok(turned(value, Kind::Number(number(value)?))),
    }
}

pub(super) fn tostring(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    if value.is_null() { Ok(value.clone()) } else { as_text(value) }
}

pub(super) fn tolist(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    match &value.kind {
        Kind::Null | Kind::Unknown(_) => Ok(value.clone()),
        Kind::List(list) => {
            let items = unified(list.items.clone());
            Ok(turned(value, Kind::List(Arc::new(List { items, open: list.open, set: false }))))
        }
        _ => Err(Stop::Refused),
    }
}

pub(super) fn toset(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    match &value.kind {
        Kind::Null | Kind::Unknown(_) => Ok(value.clone()),
        Kind::List(list) if list.set => Ok(value.clone()),
        Kind::List(list) => {
            let set = sets::of(&unified(list.items.clone()), list.open);
            Ok(turned(value, Kind::List(Arc::new(set))))
        }
        _ => Err(Stop::Refused),
    }
}

pub(super) fn tomap(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    match &value.kind {
        Kind::Null | Kind::Unknown(_) => Ok(value.clone()),
        Kind::Map(map) => {
            if !has_mixed(map.entries.values().map(|entry| &entry.value)) {
                return Ok(value.clone());
            }
            let values = unified(map.entries.values().map(|entry| entry.value.clone()).collect());
            let entries = map.entries.iter().zip(values);
            let entries = entries.map(|((key, entry), value)| (Arc::clone(key), Entry { key: entry.key, value }));
            Ok(turned(value, Kind::Map(Arc::new(Map { entries: entries.collect(), open: map.open }))))
        }
        _ => Err(Stop::Refused),
    }
}

/// The same value in another type: it was written where it was written.
fn turned(value: &Value, kind: Kind) -> Value {
    Value { kind, ..value.clone() }
}

/// A value as a text, at its own place.
pub(super) fn as_text(value: &Value) -> Answer {
    match &value.kind {
        Kind::String(_) | Kind::Template(_) | Kind::Encoded(_) | Kind::Unknown(_) => Ok(value.clone()),
        _ => Ok(turned(value, text::of(value)?.into_kind())),
    }
}

/// Elements of one type, as lists, sets and maps have them: beside texts, numbers and booleans become texts.
pub(super) fn unified(mut values: Vec<Value>) -> Vec<Value> {
    if has_mixed(&values) {
        for value in &mut values {
            if let Ok(text) = as_text(value) {
                *value = text;
            }
        }
    }
    values
}

pub(super) fn has_mixed<'v>(values: impl IntoIterator<Item = &'v Value>) -> bool {
    let (mut texts, mut others) = (false, false);
    for value in values {
        match value.kind {
            Kind::String(_) | Kind::Template(_) | Kind::Encoded(_) => texts = true,
            Kind::Bool(_) | Kind::Number(_) => others = true,
            _ => {}
        }
    }
    texts && others
}

/// A value where Terraform needs a boolean.
pub(super) fn boolean(value: &Value) -> Result<bool, Stop> {
    match &value.kind {
        Kind::Bool(value) => Ok(*value),
        Kind::String(text) => match &**text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(Stop::Refused),
        },
        Kind::Template(_) => Err(Stop::Unknown(text::of(value)?.unknown().ok_or(Stop::Refused)?)),
        Kind::Unknown(reason) => Err(Stop::Unknown(*reason)),
        _ => Err(Stop::Refused),
    }
}

/// A value where Terraform needs a number.
pub(super) fn number(value: &Value) -> Result<Number, Stop> {
    match &value.kind {
        Kind::Number(number) => Ok(*number),
        Kind::String(text) => parse(text).ok_or(Stop::Refused),
        Kind::Template(_) => Err(Stop::Unknown(text::of(value)?.unknown().ok_or(Stop::Refused)?)),
        Kind::Unknown(reason) => Err(Stop::Unknown(*reason)),
        _ => Err(Stop::Refused),
    }
}

/// A value where Terraform needs a whole number.
pub(super) fn integer(value: &Value) -> Result<i64, Stop> {
    match number(value)? {
        Number::Int(value) => Ok(value),
        Number::Float(value) => match from_float(value) {
            Number::Int(value) => Ok(value),
            Number::Float(_) => Err(Stop::Refused),
        },
    }
}

/// A number in decimal notation.
pub(super) fn parse(text: &str) -> Option<Number> {
    if let Ok(value) = text.parse() {
        return Some(Number::Int(value));
    }
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = text.parse().ok().filter(|value: &f64| is_decimal && value.is_finite())?;
    Some(from_float(value))
}

/// A whole number as such, as long as it is exact.
pub(super) fn from_float(value: f64) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
    if value.fract() == 0.0 && value.abs() <= EXACT { Number::Int(value as i64) } else { Number::Float(value) }
}
