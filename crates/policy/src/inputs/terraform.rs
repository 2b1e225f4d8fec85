//! A root module of Terraform with all that it calls, evaluated: a shape of ours.
//!
//! `{module, provider: {name: [{region}]}, resource: {type: {address: {…}}}, data: {type: {address: {…}}}}`: the `provider`
//! blocks of the root, and instances by their full addresses, with
//! attributes as they are computed and blocks as lists. A value that is not known is left out and its path stands in
//! `__unknown__` of its resource, so that a policy can tell what is not set from what is not known; there stands `*` for what
//! a list or map may have more of.

use std::collections::BTreeMap;

use portcullis_model::terraform::value::{List, Map, Number};
use portcullis_model::terraform::{Configuration, Kind, Mode, Value as Known};

use crate::value::Value;

/// Levels that are followed; below them nothing is known. Evaluation has a limit of its own.
const DEPTH: usize = 64;

/// What is planned of a root module.
pub fn terraform(configuration: &Configuration) -> Value {
    let mut modes: BTreeMap<&str, BTreeMap<&str, BTreeMap<&str, Value>>> = BTreeMap::new();
    for resource in &configuration.resources {
        let mode = match resource.mode {
            Mode::Managed => "resource",
            Mode::Data => "data",
            Mode::Ephemeral => "ephemeral",
        };
        let mut unknown = Vec::new();
        let mut body = map(&resource.body, "", DEPTH, &mut unknown);
        if !unknown.is_empty() {
            body = body.with("__unknown__", Value::array(unknown.into_iter().map(Value::from)));
        }
        modes.entry(mode).or_default().entry(&resource.kind).or_default().insert(&resource.address, body);
    }
    let module = configuration.modules.first().map_or("", |module| &*module.directory);
    let modes = modes.into_iter().map(|(mode, kinds)| {
        (mode, Value::object(kinds.into_iter().map(|(kind, resources)| (kind, Value::object(resources)))))
    });
    let providers = ("provider", providers(configuration));
    Value::object([("module", Value::from(module)), providers].into_iter().chain(modes))
}

/// The `provider` blocks of the root module, in order.
fn providers(configuration: &Configuration) -> Value {
    let mut blocks: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for configured in configuration.modules.first().into_iter().flat_map(|root| &root.configured) {
        let mut unknown = Vec::new();
        let region = configured.region.as_ref().and_then(|it| value(it, "region", DEPTH, &mut unknown));
        let mut block = Value::object(region.map(|region| ("region", region)));
        if !unknown.is_empty() {
            block = block.with("__unknown__", Value::array(unknown.into_iter().map(Value::from)));
        }
        blocks.entry(&configured.name).or_default().push(block);
    }
    Value::object(blocks.into_iter().map(|(name, blocks)| (name, Value::array(blocks))))
}

fn value(of: &Known, path: &str, depth: usize, unknown: &mut Vec<String>) -> Option<Value> {
    Some(match &of.kind {
        Kind::Null => Value::NULL,
        Kind::Bool(value) => Value::from(*value),
        Kind::Number(Number::Int(number)) => Value::from(*number),
        Kind::Number(Number::Float(number)) => Value::from(serde_json::Value::from(*number)),
        Kind::String(text) => Value::from(&**text),
        Kind::List(list) if depth > 0 => items(list, path, depth.saturating_sub(1), unknown),
        Kind::Map(entries) if depth > 0 => map(entries, path, depth.saturating_sub(1), unknown),
        // A policy reads the document that the text stands for.
        Kind::Encoded(encoded) if depth > 0 => {
            return value(&encoded.value, path, depth.saturating_sub(1), unknown);
        }
        Kind::Template(_) | Kind::Unknown(_) | Kind::List(_) | Kind::Map(_) | Kind::Encoded(_) => {
            unknown.push(path.to_owned());
            return None;
        }
    })
}

fn map(of: &Map, path: &str, depth: usize, unknown: &mut Vec<String>) -> Value {
    let joined = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if of.open {
        unknown.push(joined("*"));
    }
    let entries =
        of.entries.iter().filter_map(|(key, entry)| Some((&**key, value(&entry.value, &joined(key), depth, unknown)?)));
    Value::object(entries.collect::<Vec<_>>())
}

/// An element that is not known is null, so that those behind it keep their places.
fn items(of: &List, path: &str, depth: usize, unknown: &mut Vec<String>) -> Value {
    if of.open {
        unknown.push(format!("{path}.*"));
    }
    let items = of.items.iter().enumerate();
    let items =
        items.map(|(index, item)| value(item, &format!("{path}.{index}"), depth, unknown).unwrap_or(Value::NULL));
    Value::array(items.collect::<Vec<_>>())
}
