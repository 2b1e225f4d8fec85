//! `sprintf` as Go formats: the interpreter's own refuses what Go writes as a mistake into the text (`%!v(MISSING)`), and a
//! message that is undefined is a finding less.
//!
//! What is a mistake is written out here; all else is left to the interpreter.

use regorus::Value;

use super::arguments::{kind, refuse, text};
use super::{Builtin, Refusal, bounded};
use crate::module::Limits;

pub(super) static TABLE: &[Builtin] = &[Builtin { name: "sprintf", arity: 2, call: |a, limits| sprintf(a, limits) }];

pub(super) fn sprintf(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let format = text(arguments, 0)?;
    let Some(Value::Array(values)) = arguments.get(1) else { return Err(refuse("argument 2 is no array")) };
    let (mut plain, mut given) = (String::with_capacity(format.len()), Vec::new());
    let mut values = values.iter();
    let mut rest = format;
    while let Some((before, verb)) = rest.split_once('%') {
        plain.push_str(before);
        plain.push('%');
        let flags =
            verb.find(|letter: char| !matches!(letter, '+' | '-' | '#' | ' ' | '.' | '0'..='9')).unwrap_or(verb.len());
        let (flags, after) = verb.split_at_checked(flags).unwrap_or((verb, ""));
        let Some(letter) = after.chars().next() else {
            plain.push_str("%!(NOVERB)");
            rest = "";
            break;
        };
        rest = after.get(letter.len_utf8()..).unwrap_or_default();
        if letter == '%' {
            plain.push('%');
            continue;
        }
        let value = values.next();
        let written = match value {
            None => Some(format!("%!{letter}(MISSING)")),
            Some(value) => mistaken(letter, value),
        };
        if let (None, Some(value)) = (&written, value) {
            plain.push_str(flags);
            // OPA hands integers past 64 bits to Go as what prints its digits by any verb.
            plain.push(if is_long(value) && letter == 's' { 'd' } else { letter });
            given.push(value.clone());
            continue;
        }
        let written = written.unwrap_or_default();
        plain.push('s');
        given.push(Value::from(written));
    }
    plain.push_str(rest);
    let extra: Vec<String> = values.map(|value| format!("{}={}", go_type(value), shown(value))).collect();
    if !extra.is_empty() {
        plain.push_str("%s");
        given.push(Value::from(format!("%!(EXTRA {})", extra.join(", "))));
    }
    bounded::sprintf(&[Value::from(plain), Value::from(given)], limits)
}

/// What is written for a value that the verb does not fit, or that only Go can write.
fn mistaken(letter: char, value: &Value) -> Option<String> {
    let is_number = matches!(value, Value::Number(_));
    let is_whole = value.as_i64().is_ok() || matches!(value, Value::Number(number) if number.is_integer());
    let fits = match letter {
        'v' => return None,
        'T' => return Some(go_type(value).to_owned()),
        'q' if !is_number => return Some(serde_json::Value::from(shown(value)).to_string()),
        's' => !is_number || is_long(value),
        'd' | 'b' | 'o' | 'c' | 'U' => is_whole,
        'x' | 'X' => is_whole || !is_number,
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => is_number && !is_whole,
        't' => {
            return Some(match value {
                Value::Bool(value) => value.to_string(),
                _ => format!("%!t({}={})", go_type(value), shown(value)),
            });
        }
        _ => false,
    };
    (!fits).then(|| format!("%!{letter}({}={})", go_type(value), shown(value)))
}

fn is_long(value: &Value) -> bool {
    matches!(value, Value::Number(number) if number.is_integer()) && value.as_i64().is_err() && value.as_u64().is_err()
}

/// What OPA hands to Go: numbers are numbers, all else is text.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Number(number) if number.is_integer() => "int",
        Value::Number(_) => "float64",
        _ if kind(value) == "boolean" => "bool",
        _ => "string",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => other.to_json_str().unwrap_or_default(),
    }
}
