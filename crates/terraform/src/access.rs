//! Attributes and elements of values.
//!
//! What was taken from a resource may have more than is written: an attribute that is not there is computed by the
//! provider, not missing.

use portcullis_core::Span;
use portcullis_model::terraform::value::{Entry, List, Map, Number, Reference};
use portcullis_model::terraform::{Kind, Reason, Value};

use crate::Fault;
use crate::provenance::{extended, part_of, unknown_of, with_references};

/// `value.name`.
pub(crate) fn attribute(value: &Value, name: &str, at: Span) -> Result<Value, Fault> {
    match &value.kind {
        Kind::Map(map) => entry(value, map, name, at),
        Kind::List(list) => match name.parse() {
            Ok(position) => element(value, list, position, name, at),
            Err(_) => Err(Fault),
        },
        Kind::Unknown(reason) => Ok(unknown_part(value, *reason, name, at)),
        _ => Err(Fault),
    }
}

/// `value[key]`.
pub(crate) fn index(value: &Value, key: &Value, at: Span) -> Result<Value, Fault> {
    if key.is_null() {
        return Err(Fault);
    }
    let text = key.to_text();
    match (&value.kind, text) {
        (Kind::Unknown(reason), Some(text)) => Ok(unknown_part(value, *reason, &text, at)),
        (Kind::Unknown(_), None) => Ok(unknown_of(&[value, key], at)),
        (Kind::Map(map), Some(text)) => entry(value, map, &text, at),
        (Kind::List(list), Some(text)) if !list.set => {
            let position = match key.kind {
                Kind::Number(Number::Int(position)) => usize::try_from(position).map_err(|_| Fault)?,
                _ => text.parse().map_err(|_| Fault)?,
            };
            element(value, list, position, &text, at)
        }
        (Kind::Map(_) | Kind::List(_), None) if key.is_unknown() || matches!(key.kind, Kind::Template(_)) => {
            Ok(with_references(unknown_of(&[key], at), &any_of(value)))
        }
        _ => Err(Fault),
    }
}

/// What one of the elements refers to, nobody knows which.
fn any_of(value: &Value) -> Vec<Reference> {
    const LOOKED_AT: usize = 64;
    let items: Vec<&Value> = match &value.kind {
        _ if !value.references().is_empty() => return value.references().to_vec(),
        Kind::Map(map) => map.entries.values().take(LOOKED_AT).map(|entry| &entry.value).collect(),
        Kind::List(list) => list.items.iter().take(LOOKED_AT).collect(),
        _ => return Vec::new(),
    };
    let mut found: Vec<Reference> = Vec::new();
    for reference in items.into_iter().flat_map(Value::references) {
        // Instances of one resource are any instance of it.
        let whole =
            reference.address.strip_suffix(']').and_then(|it| it.rfind('[')).map(|it| reference.address.get(..it));
        let address = whole.flatten().map_or_else(|| reference.address.clone(), |it| format!("{it}[*]").into());
        let any = Reference { address, attribute: reference.attribute.clone() };
        if !found.contains(&any) {
            found.push(any);
        }
    }
    found
}

fn entry(whole: &Value, map: &Map, name: &str, at: Span) -> Result<Value, Fault> {
    match map.entries.get(name) {
        // The provider fills in what is written as null.
        Some(Entry { value, .. }) if value.is_null() && !whole.references().is_empty() => Ok(computed(whole, name, at)),
        Some(Entry { value, .. }) => Ok(taken(whole, value, name)),
        None if !whole.references().is_empty() => Ok(computed(whole, name, at)),
        None if map.open => Ok(Value::unknown(Reason::Instance, at)),
        None => Err(Fault),
    }
}

fn element(whole: &Value, list: &List, position: usize, name: &str, at: Span) -> Result<Value, Fault> {
    match list.items.get(position) {
        // Which element comes where is not known once something may stand between. One instance that stands for any
        // number of them is each of them.
        Some(item) if !list.open || (list.items.len() == 1 && is_collection(whole)) => Ok(taken(whole, item, name)),
        _ if list.open || !whole.references().is_empty() => Ok(computed(whole, name, at)),
        Some(_) | None => Err(Fault),
    }
}

/// A part with the references that it has as a part.
pub(crate) fn taken(whole: &Value, part: &Value, name: &str) -> Value {
    let part_value = part_of(whole, part);
    match whole.references() {
        [] => part_value,
        // An instance of a resource knows its own address.
        [_] if is_collection(whole) && !part.references().is_empty() => part_value,
        all => with_references(part_value, &extended(all, name)),
    }
}

/// All instances of a resource together, of which some are not known; it refers to any of them.
fn is_collection(value: &Value) -> bool {
    let open = match &value.kind {
        Kind::Map(map) => map.open,
        Kind::List(list) => list.open,
        _ => false,
    };
    open && matches!(value.references(), [one] if one.attribute.is_empty() && one.address.ends_with("[*]"))
}

fn computed(whole: &Value, name: &str, at: Span) -> Value {
    let references = whole.references();
    let reason = match references {
        [] => return with_references(Value::unknown(Reason::Instance, at), &any_of(whole)),
        [one, ..] if is_data(&one.address) => Reason::Data,
        _ => Reason::Computed,
    };
    // What stands at a key of a collection of which not all is known is still an instance of it.
    let extended = if is_collection(whole) { references.to_vec() } else { extended(references, name) };
    with_references(Value::unknown(reason, at), &extended)
}

fn unknown_part(whole: &Value, reason: Reason, name: &str, at: Span) -> Value {
    let references = extended(whole.references(), name);
    let mut part = Value::unknown(reason, at);
    part.via.clone_from(&whole.via);
    with_references(part, &references)
}

fn is_data(address: &str) -> bool {
    address.starts_with("data.") || address.contains(".data.")
}
