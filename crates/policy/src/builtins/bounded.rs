//! Functions of the interpreter that look at no clock and could fill the memory: their arguments are weighed before they run.

use std::sync::LazyLock;

use regorus::Value;
use regorus::unstable::{BUILTINS, Expr, Ref, Source, Span};

use super::arguments::refuse;
use super::{Builtin, Refusal};
use crate::module::{Fault, Limits};

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "array.concat", arity: 2, call: |a, limits| run("array.concat", a, elements(a) > limits.values) },
    Builtin { name: "bits.lsh", arity: 2, call: |a, _| run("bits.lsh", a, number(a, 1) > MOST_BITS) },
    Builtin { name: "concat", arity: 2, call: |a, limits| run("concat", a, joined(a) > limits.bytes) },
    Builtin { name: "replace", arity: 3, call: |a, limits| run("replace", a, replaced(a) > limits.bytes) },
    Builtin {
        name: "regex.replace",
        arity: 3,
        call: |a, limits| run("regex.replace", a, product(a, 0, 2) > limits.bytes),
    },
];

/// The interpreter's own, for a format and values that fit it.
pub(super) fn sprintf(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    run("sprintf", arguments, formatted(arguments, limits) > limits.bytes)
}

/// Past this, a number is no mask.
const MOST_BITS: usize = 1 << 16;

/// Calls the interpreter's own function, which wants to know where it was called: nowhere, for the caller adds the place.
pub(super) fn run(name: &str, arguments: &[Value], is_too_much: bool) -> Result<Value, Refusal> {
    if is_too_much {
        return Err(Refusal::Limit);
    }
    let (Some((function, _)), Some((span, places))) = (BUILTINS.get(name), NOWHERE.as_ref()) else {
        return Err(refuse("the interpreter has no such function"));
    };
    let places = places.get(..arguments.len()).unwrap_or_default();
    function(span, places, arguments, true).map_err(|error| refuse(Fault::read(&error.to_string()).message))
}

/// A place and expressions at it, as many as any function here has arguments.
static NOWHERE: LazyLock<Option<(Span, [Ref<Expr>; 3])>> = LazyLock::new(|| {
    let source = Source::from_contents(String::new(), " ".to_owned()).ok()?;
    let span = Span { source, line: 1, col: 1, start: 0, end: 1 };
    let place = || Ref::new(Expr::Null { span: span.clone(), value: Value::Null, eidx: 0 });
    Some((span.clone(), [place(), place(), place()]))
});

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(array) => array.len(),
        Value::Set(set) => set.len(),
        Value::Object(object) => object.len(),
        _ => 1,
    }
}

fn length(arguments: &[Value], index: usize) -> usize {
    arguments.get(index).map_or(0, size)
}

fn elements(arguments: &[Value]) -> usize {
    arguments.iter().map(size).fold(0, usize::saturating_add)
}

fn number(arguments: &[Value], index: usize) -> usize {
    let number = arguments.get(index).and_then(|value| value.as_f64().ok()).unwrap_or(0.0);
    // What is negative or no number is for the function to refuse.
    if number > 1e9 {
        usize::MAX
    } else {
        usize::try_from(arguments.get(index).and_then(|value| value.as_i64().ok()).unwrap_or(0)).unwrap_or(0)
    }
}

fn product(arguments: &[Value], first: usize, second: usize) -> usize {
    length(arguments, first).saturating_add(1).saturating_mul(length(arguments, second).max(1))
}

fn joined(arguments: &[Value]) -> usize {
    let parts: usize = match arguments.get(1) {
        Some(Value::Array(array)) => array.iter().map(size).fold(0, usize::saturating_add),
        Some(Value::Set(set)) => set.iter().map(size).fold(0, usize::saturating_add),
        _ => 0,
    };
    parts.saturating_add(length(arguments, 0).saturating_mul(length(arguments, 1)))
}

fn replaced(arguments: &[Value]) -> usize {
    let rounds = length(arguments, 0).checked_div(length(arguments, 1)).unwrap_or(length(arguments, 0));
    length(arguments, 0).saturating_add(rounds.saturating_add(1).saturating_mul(length(arguments, 2)))
}

/// The format, the values of which any verb may show any, and each width.
fn formatted(arguments: &[Value], limits: &Limits) -> usize {
    let Some(Value::String(format)) = arguments.first() else { return 0 };
    let mut total = format.len();
    for digits in format.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty()) {
        total = total.saturating_add(digits.parse::<usize>().unwrap_or(limits.bytes));
    }
    let Some(Value::Array(values)) = arguments.get(1) else { return total };
    values.iter().map(size).fold(total, usize::saturating_add)
}
