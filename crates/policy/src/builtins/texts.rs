//! `strings.*` that the interpreter lacks.

use regorus::Value;

use super::arguments::{integer, text};
use super::{Builtin, Refusal};

pub(super) static TABLE: &[Builtin] = &[Builtin { name: "strings.split_n", arity: 3, call: |a, _| split(a) }];

/// At most so many parts, the last with the rest; all of them for a negative number.
fn split(arguments: &[Value]) -> Result<Value, Refusal> {
    let (text, separator, count) = (text(arguments, 0)?, text(arguments, 1)?, integer(arguments, 2)?);
    let parts: Vec<Value> = match usize::try_from(count) {
        Ok(count) => text.splitn(count, separator).map(Value::from).collect(),
        Err(_) => text.split(separator).map(Value::from).collect(),
    };
    Ok(Value::from(parts))
}
