//! Operators: arithmetic is exact for integers, logic is three-valued.

use portcullis_core::Span;
use portcullis_model::terraform::value::Number;
use portcullis_model::terraform::{Kind, Value};
use portcullis_syntax::hcl::{BinaryOperator, UnaryOperator};

use crate::Fault;
use crate::provenance::{referring, unknown_of};

/// `!a`, `-a`.
pub(crate) fn unary(operator: UnaryOperator, operand: &Value, at: Span) -> Result<Value, Fault> {
    let kind = match operator {
        UnaryOperator::Not => boolean(operand)?.map(|value| Kind::Bool(!value)),
        UnaryOperator::Minus => number(operand)?.map(|value| Kind::Number(negative(value))),
    };
    Ok(made(kind, &[operand], at))
}

/// All of `a + b` but `&&` and `||`, which need not evaluate both.
pub(crate) fn binary(operator: BinaryOperator, left: &Value, right: &Value, at: Span) -> Result<Value, Fault> {
    let kind = match operator {
        BinaryOperator::Equal => equals(left, right).map(Kind::Bool),
        BinaryOperator::NotEqual => equals(left, right).map(|equal| Kind::Bool(!equal)),
        BinaryOperator::And => and(boolean(left)?, boolean(right)?).map(Kind::Bool),
        BinaryOperator::Or => or(boolean(left)?, boolean(right)?).map(Kind::Bool),
        _ => match (number(left)?, number(right)?) {
            (Some(left), Some(right)) => Some(of_numbers(operator, left, right)?),
            _ => None,
        },
    };
    Ok(made(kind, &[left, right], at))
}

/// Kleene's `&&`.
pub(crate) fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Kleene's `||`.
pub(crate) fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// A condition; `None` where it is not known.
pub(crate) fn boolean(value: &Value) -> Result<Option<bool>, Fault> {
    match &value.kind {
        Kind::Unknown(_) | Kind::Template(_) => Ok(None),
        Kind::String(text) if &**text == "1" => Ok(Some(true)),
        Kind::String(text) if &**text == "0" => Ok(Some(false)),
        _ => value.as_bool().map(Some).ok_or(Fault),
    }
}

fn equals(left: &Value, right: &Value) -> Option<bool> {
    match left.equals(right) {
        None => differs_in_text(left, right).then_some(false),
        known => known,
    }
}

/// Whether the parts that are known of two texts cannot be of one text.
fn differs_in_text(left: &Value, right: &Value) -> bool {
    let (a, b) = (left.text_prefix(), right.text_prefix());
    let shorter = a.len().min(b.len());
    a.as_bytes().get(..shorter) != b.as_bytes().get(..shorter)
}

fn number(value: &Value) -> Result<Option<Number>, Fault> {
    match &value.kind {
        Kind::Unknown(_) | Kind::Template(_) => Ok(None),
        Kind::Number(number) => Ok(Some(*number)),
        Kind::String(text) => parse_number(text).map(Some).ok_or(Fault),
        _ => Err(Fault),
    }
}

/// A text that is a number.
pub(crate) fn parse_number(text: &str) -> Option<Number> {
    let starts = text.strip_prefix('-').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit());
    if !starts {
        return None;
    }
    match text.parse() {
        Ok(int) => Some(Number::Int(int)),
        Err(_) => text.parse().ok().filter(|float: &f64| float.is_finite()).map(Number::Float),
    }
}

fn of_numbers(operator: BinaryOperator, left: Number, right: Number) -> Result<Kind, Fault> {
    if let (Number::Int(left), Number::Int(right)) = (left, right) {
        let exact = match operator {
            BinaryOperator::Add => left.checked_add(right),
            BinaryOperator::Subtract => left.checked_sub(right),
            BinaryOperator::Multiply => left.checked_mul(right),
            BinaryOperator::Divide => left.checked_rem(right).filter(|rest| *rest == 0).and(left.checked_div(right)),
            BinaryOperator::Remainder => left.checked_rem(right),
            BinaryOperator::Less => return Ok(Kind::Bool(left < right)),
            BinaryOperator::LessOrEqual => return Ok(Kind::Bool(left <= right)),
            BinaryOperator::Greater => return Ok(Kind::Bool(left > right)),
            BinaryOperator::GreaterOrEqual => return Ok(Kind::Bool(left >= right)),
            BinaryOperator::Equal | BinaryOperator::NotEqual | BinaryOperator::And | BinaryOperator::Or => None,
        };
        if let Some(exact) = exact {
            return Ok(Kind::Number(Number::Int(exact)));
        }
    }
    let (left, right) = (float(left), float(right));
    let result = match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Subtract => left - right,
        BinaryOperator::Multiply => left * right,
        BinaryOperator::Divide => left / right,
        BinaryOperator::Remainder => left % right,
        BinaryOperator::Less => return Ok(Kind::Bool(left < right)),
        BinaryOperator::LessOrEqual => return Ok(Kind::Bool(left <= right)),
        BinaryOperator::Greater => return Ok(Kind::Bool(left > right)),
        BinaryOperator::GreaterOrEqual => return Ok(Kind::Bool(left >= right)),
        BinaryOperator::Equal | BinaryOperator::NotEqual | BinaryOperator::And | BinaryOperator::Or => f64::NAN,
    };
    if result.is_finite() { Ok(Kind::Number(normal(result))) } else { Err(Fault) }
}

/// A whole number is an integer, however it was computed.
#[allow(clippy::cast_possible_truncation, reason = "whole numbers below 2^53 are integers of 64 bits")]
pub(crate) fn normal(value: f64) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT { Number::Int(value as i64) } else { Number::Float(value) }
}

fn negative(value: Number) -> Number {
    match value {
        Number::Int(value) => {
            value.checked_neg().map_or_else(|| Number::Float(-float(Number::Int(value))), Number::Int)
        }
        Number::Float(value) => Number::Float(-value),
    }
}

#[allow(clippy::cast_precision_loss, reason = "what is not exact is computed as floats are")]
fn float(value: Number) -> f64 {
    match value {
        Number::Int(value) => value as f64,
        Number::Float(value) => value,
    }
}

fn made(kind: Option<Kind>, of: &[&Value], at: Span) -> Value {
    match kind {
        Some(kind) => referring(Value::new(kind, at), of.iter().copied()),
        None => unknown_of(of, at),
    }
}
