//! Where values come from: the places that they came through, and the resources that they were taken from.

use std::collections::BTreeSet;
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Piece, Reference};
use portcullis_model::terraform::{Kind, Reason, Value};

/// Places that a value names at most; a longer way says nothing more.
const HOPS: usize = 24;
/// References that a value has before those to instances of one resource are put together.
const REFERENCES: usize = 64;

/// References that a value has at most.
const MOST_REFERENCES: usize = 512;

/// The value, which is used at `span`.
pub(crate) fn used_at(value: Value, span: Span) -> Value {
    if value.span == span || value.hops().take(HOPS).count() >= HOPS {
        return value;
    }
    value.through(span)
}

/// A part of `whole`, which came the way that `whole` came.
pub(crate) fn part_of(whole: &Value, part: &Value) -> Value {
    let mut part = part.clone();
    if part.via.is_none() {
        part.via.clone_from(&whole.via);
    } else if whole.via.is_some() {
        let hops: Vec<Span> = whole.hops().collect();
        for span in hops.into_iter().rev() {
            part = used_at(part, span);
        }
    }
    part
}

/// The value, which depends on what `others` refer to as well.
pub(crate) fn referring<'v>(mut value: Value, others: impl IntoIterator<Item = &'v Value>) -> Value {
    let mut added: Vec<&Reference> = Vec::new();
    for other in others {
        for reference in other.references() {
            if added.len() < REFERENCES && (added.contains(&reference) || value.references().contains(reference)) {
                continue;
            }
            added.push(reference);
        }
    }
    if !added.is_empty() {
        let all: Vec<Reference> = value.references().iter().chain(added).cloned().collect();
        value.refers = Some(fewer(all).into());
    }
    value
}

/// The value with these references and its own.
pub(crate) fn with_references(mut value: Value, references: &[Reference]) -> Value {
    if !references.is_empty() {
        let own = value.references().iter().filter(|it| !references.contains(it));
        let all: Vec<Reference> = own.chain(references).cloned().collect();
        value.refers = Some(fewer(all).into());
    }
    value
}

/// Puts references to instances of one resource together where there are many.
fn fewer(all: Vec<Reference>) -> Vec<Reference> {
    if all.len() <= REFERENCES {
        return all;
    }
    let mut seen: BTreeSet<(Arc<str>, Arc<str>)> = BTreeSet::new();
    for reference in all {
        let whole = reference.address.strip_suffix(']').and_then(|address| address.rfind('['));
        let address = whole.and_then(|at| reference.address.get(..at)).map(|address| format!("{address}[*]").into());
        seen.insert((address.unwrap_or(reference.address), reference.attribute));
    }
    seen.into_iter().take(MOST_REFERENCES).map(|(address, attribute)| Reference { address, attribute }).collect()
}

/// What an attribute of this name, or an element of this key, of something with these references refers to.
pub(crate) fn extended(references: &[Reference], name: &str) -> Vec<Reference> {
    match references {
        // Of several nobody can tell which it was taken from.
        [one] if !name.is_empty() => {
            let attribute =
                if one.attribute.is_empty() { Arc::from(name) } else { Arc::from(format!("{}.{name}", one.attribute)) };
            vec![Reference { address: one.address.clone(), attribute }]
        }
        all => all.to_vec(),
    }
}

/// Not known at `span`, because one of these is not.
pub(crate) fn unknown_of(values: &[&Value], span: Span) -> Value {
    let reason = values.iter().find_map(|value| reason_of(value)).unwrap_or(Reason::Instance);
    referring(Value::unknown(reason, span), values.iter().copied())
}

/// Why a value, or something in it, is not known.
pub(crate) fn reason_of(value: &Value) -> Option<Reason> {
    match &value.kind {
        Kind::Unknown(reason) => Some(*reason),
        Kind::Template(pieces) => pieces.iter().find_map(|piece| match piece {
            Piece::Unknown(reason) => Some(*reason),
            Piece::Text(_) => None,
        }),
        Kind::List(list) if list.open => Some(Reason::Instance),
        Kind::Map(map) if map.open => Some(Reason::Instance),
        _ => None,
    }
}

/// All references in a value, those of its parts included, as far as they are few.
pub(crate) fn all_references(value: &Value, into: &mut Vec<Reference>) {
    const WALKED: usize = 1_000;
    let mut open = vec![value];
    let mut walked = 0usize;
    while let Some(value) = open.pop() {
        walked = walked.saturating_add(1);
        if walked > WALKED {
            return;
        }
        for reference in value.references() {
            if into.len() > REFERENCES * 16 || !into.contains(reference) {
                into.push(reference.clone());
            }
        }
        match &value.kind {
            Kind::List(list) => open.extend(list.items.iter()),
            Kind::Map(map) => open.extend(map.entries.values().map(|entry| &entry.value)),
            Kind::Encoded(encoded) => open.push(&encoded.value),
            _ => {}
        }
    }
}
