//! Functions of maps and objects. Entries keep the places of key and value.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_model::terraform::value::{Entry, Kind, List, Map, Reason, Value};

use super::{Answer, Call, ELEMENT_LIMIT, Stop, lists, reason_within, taken, text};

impl Call<'_> {
    #[allow(clippy::unnecessary_wraps, reason = "it is what functions return")]
    fn map_value(&self, entries: BTreeMap<Arc<str>, Entry>, open: bool) -> Answer {
        Ok(self.made(Kind::Map(Arc::new(Map { entries: entries.into(), open }))))
    }
}

pub(super) fn keys(call: &Call<'_>) -> Answer {
    let (whole, map) = (call.argument(0)?, call.map(0)?);
    let key = |(key, entry): (&Arc<str>, &Entry)| taken(whole, &Value::string(Arc::clone(key), entry.key), "");
    let keys = map.entries.iter().map(key);
    call.list_value(keys.collect(), map.open)
}

pub(super) fn values(call: &Call<'_>) -> Answer {
    let (whole, map) = (call.argument(0)?, call.map(0)?);
    call.list_value(map.entries.iter().map(|(key, entry)| taken(whole, &entry.value, key)).collect(), map.open)
}

pub(super) fn lookup(call: &Call<'_>) -> Answer {
    let (whole, map) = (call.argument(0)?, call.map(0)?);
    let key = call.known(1)?;
    let is_of_resource = !whole.references().is_empty();
    match (map.get(&key), call.arguments.get(2)) {
        // What a resource does not say, or says to be null, the provider may fill in.
        (None, _) if is_of_resource => Err(Stop::Unknown(Reason::Computed)),
        (Some(value), _) if is_of_resource && value.is_null() => Err(Stop::Unknown(Reason::Computed)),
        (Some(value), _) => Ok(taken(whole, value, &key)),
        (None, _) if map.open => Err(Stop::Unknown(reason_within(map.entries.values().map(|entry| &entry.value)))),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(Stop::Refused),
    }
}

pub(super) fn merge(call: &Call<'_>) -> Answer {
    let mut entries: BTreeMap<Arc<str>, Entry> = BTreeMap::new();
    let mut open = false;
    for argument in call.arguments {
        match &argument.kind {
            Kind::Null => {}
            Kind::Unknown(reason) => {
                open = true;
                blur(&mut entries, *reason, |_| true);
            }
            Kind::Map(map) => {
                if map.open {
                    open = true;
                    let reason = reason_within(map.entries.values().map(|entry| &entry.value));
                    blur(&mut entries, reason, |key| !map.entries.contains_key(key));
                }
                entries.extend(map.entries.iter().map(|(key, entry)| {
                    (Arc::clone(key), Entry { key: entry.key, value: taken(argument, &entry.value, key) })
                }));
            }
            _ => return Err(Stop::Refused),
        }
    }
    call.map_value(entries, open)
}

/// Forgets the values of entries that may have been overridden; that they are there stays certain.
fn blur(entries: &mut BTreeMap<Arc<str>, Entry>, reason: Reason, may_be_overridden: impl Fn(&str) -> bool) {
    for (key, entry) in entries.iter_mut() {
        if may_be_overridden(key) {
            entry.value.kind = Kind::Unknown(reason);
        }
    }
}

pub(super) fn zipmap(call: &Call<'_>) -> Answer {
    let keys = call.list(0)?;
    let values = match call.list(1) {
        Ok(values) if values.set => return Err(Stop::Refused),
        Ok(values) if values.open => Err(reason_within(&values.items)),
        Ok(values) => Ok(values),
        Err(Stop::Unknown(reason)) => Err(reason),
        Err(Stop::Refused) => return Err(Stop::Refused),
    };
    let mut open = keys.open;
    if let Ok(values) = values
        && !keys.open
        && values.items.len() != keys.items.len()
    {
        return Err(Stop::Refused);
    }
    let mut entries = BTreeMap::new();
    for (at, key) in keys.items.iter().enumerate() {
        let value = match values {
            // In an open list of keys it is not known which value is whose.
            Ok(values) if !keys.open => taken(call.argument(1)?, values.items.get(at).ok_or(Stop::Refused)?, ""),
            Ok(values) => Value::unknown(reason_within(&values.items), call.at),
            Err(reason) => Value::unknown(reason, call.at),
        };
        match text::of(key)?.known() {
            Ok(text) => {
                entries.insert(text, Entry { key: key.span, value });
            }
            Err(Stop::Refused) => return Err(Stop::Refused),
            // It may be one of those before it.
            Err(Stop::Unknown(reason)) => {
                open = true;
                blur(&mut entries, reason, |_| true);
            }
        }
    }
    call.map_value(entries, open)
}

pub(super) fn map(call: &Call<'_>) -> Answer {
    let mut entries = BTreeMap::new();
    let (pairs, rest) = call.arguments.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Stop::Refused);
    }
    for [key, value] in pairs {
        entries.insert(text::of(key)?.known()?, Entry { key: key.span, value: value.clone() });
    }
    call.map_value(entries, false)
}

pub(super) fn transpose(call: &Call<'_>) -> Answer {
    let map = call.map(0)?;
    let mut turned: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    let mut unknown = map.open.then(|| reason_within(map.entries.values().map(|entry| &entry.value)));
    // Keys may share one long list.
    let mut count = 0_usize;
    for (key, entry) in &map.entries {
        match lists::texts(&entry.value) {
            Ok(texts) => {
                count = count.saturating_add(texts.len());
                if count > ELEMENT_LIMIT {
                    return Err(Stop::Unknown(Reason::Limit));
                }
                for text in texts {
                    turned.entry(text).or_default().push(Value::string(Arc::clone(key), entry.key));
                }
            }
            Err(Stop::Unknown(reason)) => unknown = Some(reason),
            Err(Stop::Refused) => return Err(Stop::Refused),
        }
    }
    let open = unknown.is_some();
    let entries = turned.into_iter().map(|(key, items)| {
        let value = Value::new(Kind::List(Arc::new(List { items, open, set: false })), call.at);
        (key, Entry { key: call.at, value })
    });
    call.map_value(entries.collect(), open)
}
