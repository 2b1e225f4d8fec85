//! How large a value is.

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
