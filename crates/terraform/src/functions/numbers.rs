//! Functions of numbers. Whole numbers are exact to 64 bits, all others are floating point.

use std::cmp::Ordering;

use portcullis_model::terraform::value::{Kind, Number, Value};

use super::compare::compare_numbers;
use super::convert::{from_float, number};
use super::{Answer, Call, Stop, reason_within};

impl Call<'_> {
    fn number_value(&self, number: Number) -> Answer {
        match number {
            Number::Float(value) if value.is_nan() => Err(Stop::Refused),
            number => Ok(self.made(Kind::Number(number))),
        }
    }
}

pub(super) fn abs(call: &Call<'_>) -> Answer {
    match call.number(0)? {
        Number::Int(value) => match value.checked_abs() {
            Some(value) => call.number_value(Number::Int(value)),
            None => call.number_value(Number::Float(float(Number::Int(value)).abs())),
        },
        Number::Float(value) => call.number_value(Number::Float(value.abs())),
    }
}

pub(super) fn ceil(call: &Call<'_>) -> Answer {
    rounded(call, f64::ceil)
}

pub(super) fn floor(call: &Call<'_>) -> Answer {
    rounded(call, f64::floor)
}

fn rounded(call: &Call<'_>, round: fn(f64) -> f64) -> Answer {
    match call.number(0)? {
        Number::Int(value) => call.number_value(Number::Int(value)),
        Number::Float(value) => call.number_value(from_float(round(value))),
    }
}

pub(super) fn log(call: &Call<'_>) -> Answer {
    let (value, base) = (float(call.number(0)?), float(call.number(1)?));
    call.number_value(from_float(value.ln() / base.ln()))
}

pub(super) fn pow(call: &Call<'_>) -> Answer {
    let (base, power) = (call.number(0)?, call.number(1)?);
    if let (Number::Int(base), Number::Int(power)) = (base, power)
        && let Some(value) = u32::try_from(power).ok().and_then(|power| base.checked_pow(power))
    {
        return call.number_value(Number::Int(value));
    }
    call.number_value(from_float(float(base).powf(float(power))))
}

pub(super) fn signum(call: &Call<'_>) -> Answer {
    call.number_value(Number::Int(call.integer(0)?.signum()))
}

pub(super) fn max(call: &Call<'_>) -> Answer {
    extreme(call, Ordering::Greater)
}

pub(super) fn min(call: &Call<'_>) -> Answer {
    extreme(call, Ordering::Less)
}

/// The argument that comes first in `order`; it is taken, not computed.
fn extreme(call: &Call<'_>, order: Ordering) -> Answer {
    let mut found: Option<(Number, &Value)> = None;
    for value in call.arguments {
        let number = number(value)?;
        if found.is_none_or(|(other, _)| compare_numbers(number, other) == order) {
            found = Some((number, value));
        }
    }
    let (number, value) = found.ok_or(Stop::Refused)?;
    Ok(Value { kind: Kind::Number(number), ..value.clone() })
}

pub(super) fn sum(call: &Call<'_>) -> Answer {
    let list = call.list(0)?;
    if list.open {
        return Err(Stop::Unknown(reason_within(&list.items)));
    }
    if list.items.is_empty() {
        return Err(Stop::Refused);
    }
    let mut sum = Number::Int(0);
    for item in &list.items {
        sum = match (sum, number(item)?) {
            (Number::Int(a), Number::Int(b)) => {
                a.checked_add(b).map_or_else(|| Number::Float(float(sum) + float(Number::Int(b))), Number::Int)
            }
            (a, b) => from_float(float(a) + float(b)),
        };
    }
    call.number_value(sum)
}

pub(super) fn parseint(call: &Call<'_>) -> Answer {
    let base = call.integer(1)?;
    let value = call.argument(0)?;
    if matches!(value.kind, Kind::Number(_) | Kind::Bool(_)) || !(2..=62).contains(&base) {
        return Err(Stop::Refused);
    }
    let text = call.known(0)?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if digits.is_empty() {
        return Err(Stop::Refused);
    }
    let mut exact: Option<i64> = Some(0);
    let mut rough = 0.0;
    for character in digits.chars() {
        let digit = digit(character, base).ok_or(Stop::Refused)?;
        exact = exact.and_then(|value| value.checked_mul(base)?.checked_add(digit));
        rough = rough * float(Number::Int(base)) + float(Number::Int(digit));
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    call.number_value(exact.map_or(Number::Float(rough * float(Number::Int(sign))), |value| Number::Int(value * sign)))
}

/// Beyond 36 the case of letters counts: small ones come first.
fn digit(character: char, base: i64) -> Option<i64> {
    let value = match character {
        'A'..='Z' if base > 36 => i64::from(u32::from(character) - u32::from('A')) + 36,
        _ => i64::from(character.to_digit(36)?),
    };
    (value < base).then_some(value)
}

/// A number in floating point.
pub(super) fn float(number: Number) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "floating point is what the result is in")]
    match number {
        Number::Int(value) => value as f64,
        Number::Float(value) => value,
    }
}

/// At most 1,024 numbers, as Terraform has it.
pub(super) const RANGE_LIMIT: usize = 1024;

/// The numbers of a `range`.
pub(super) fn steps(start: Number, end: Number, step: Number) -> Result<Vec<Number>, Stop> {
    let zero = Number::Int(0);
    let direction = compare_numbers(step, zero);
    if direction.is_eq() || compare_numbers(end, start) == direction.reverse() {
        return Err(Stop::Refused);
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while compare_numbers(end, next) == direction {
        if numbers.len() >= RANGE_LIMIT {
            return Err(Stop::Refused);
        }
        numbers.push(next);
        next = match (next, step) {
            (Number::Int(a), Number::Int(b)) => Number::Int(a.checked_add(b).ok_or(Stop::Refused)?),
            (a, b) => from_float(float(a) + float(b)),
        };
    }
    Ok(numbers)
}
