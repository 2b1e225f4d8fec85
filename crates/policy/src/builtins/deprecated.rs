//! Functions that OPA has given up and old policies call.

use regorus::Value;

use super::arguments::{at, boolean, items, kind, refuse, text};
use super::{Builtin, Refusal, patterns};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "all",
        arity: 1,
        call: |a, _| Ok(Value::Bool(items(a, 0)?.iter().all(|v| **v == Value::Bool(true)))),
    },
    Builtin {
        name: "any",
        arity: 1,
        call: |a, _| Ok(Value::Bool(items(a, 0)?.iter().any(|v| **v == Value::Bool(true)))),
    },
    Builtin {
        name: "cast_array",
        arity: 1,
        call: |a, _| Ok(Value::from(items(a, 0)?.into_iter().cloned().collect::<Vec<_>>())),
    },
    Builtin { name: "cast_boolean", arity: 1, call: |a, _| Ok(Value::Bool(boolean(a, 0)?)) },
    Builtin { name: "cast_null", arity: 1, call: |a, _| same(a, |v| matches!(v, Value::Null)) },
    Builtin { name: "cast_object", arity: 1, call: |a, _| same(a, |v| matches!(v, Value::Object(_))) },
    Builtin { name: "cast_set", arity: 1, call: |a, _| Ok(set(items(a, 0)?.into_iter().cloned())) },
    Builtin { name: "cast_string", arity: 1, call: |a, _| same(a, |v| matches!(v, Value::String(_))) },
    Builtin {
        name: "re_match",
        arity: 2,
        call: |a, _| Ok(Value::Bool(patterns::compiled(text(a, 0)?)?.is_match(text(a, 1)?))),
    },
    Builtin { name: "set_diff", arity: 2, call: |a, _| set_diff(a) },
];

fn same(arguments: &[Value], is_wanted: fn(&Value) -> bool) -> Result<Value, Refusal> {
    let value = at(arguments, 0)?;
    if is_wanted(value) { Ok(value.clone()) } else { Err(refuse(format!("{} cannot be cast", kind(value)))) }
}

fn set_diff(arguments: &[Value]) -> Result<Value, Refusal> {
    match (at(arguments, 0)?, at(arguments, 1)?) {
        (Value::Set(first), Value::Set(second)) => Ok(first.difference(second).into_value()),
        _ => Err(refuse("both arguments must be sets")),
    }
}

pub(super) fn set(items: impl Iterator<Item = Value>) -> Value {
    let mut set = regorus::value::Set::new();
    for item in items {
        set.insert(item);
    }
    set.into_value()
}
