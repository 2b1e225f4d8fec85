//! `data "aws_iam_policy_document"`: what its blocks say, as the policy that its `json` is.
//!
//! Everything keeps the place where it was written in the blocks. A document that is merged in and not known leaves
//! the list of statements open.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Encoded, Entry, Format, List, Map};
use portcullis_model::terraform::{Kind, Value};

use crate::functions::{Place, call};

/// Attributes of statements and what they are in the policy.
const NAMES: &[(&str, &str)] =
    &[("actions", "Action"), ("not_actions", "NotAction"), ("resources", "Resource"), ("not_resources", "NotResource")];

type Entries = BTreeMap<Arc<str>, Entry>;

/// Adds `json` to the body of a document.
pub(crate) fn fold(body: &mut Map, header: Span, place: Place<'_>) {
    let mut statements = Statements { items: Vec::new(), open: body.open };
    for name in ["source_json", "source_policy_documents"] {
        statements.merge_documents(body.get(name), place);
    }
    match body.get("statement").map(|value| &value.kind) {
        Some(Kind::List(list)) => {
            statements.open |= list.open;
            list.items.iter().for_each(|item| statements.add(statement(item)));
        }
        Some(Kind::Map(_)) => {
            if let Some(item) = body.get("statement") {
                statements.add(statement(item));
            }
        }
        Some(Kind::Null) | None => {}
        Some(_) => statements.open = true,
    }
    for name in ["override_json", "override_policy_documents"] {
        statements.merge_documents(body.get(name), place);
    }
    let mut policy = Map::default();
    let version = body.get("version").filter(|value| !value.is_null()).cloned();
    policy.insert("Version", header, version.unwrap_or_else(|| Value::string("2012-10-17", header)));
    if let Some(id) = body.get("policy_id").filter(|value| !value.is_null()) {
        policy.insert("Id", id.span, id.clone());
    }
    let list = List { items: statements.items, open: statements.open, set: false };
    policy.insert("Statement", header, Value::new(Kind::List(Arc::new(list)), header));
    let policy = Value::new(Kind::Map(Arc::new(policy)), header);
    let json = Value::new(Kind::Encoded(Arc::new(Encoded { format: Format::Json, value: policy })), header);
    body.insert("minified_json", header, json.clone());
    body.insert("json", header, json);
}

struct Statements {
    items: Vec<Value>,
    open: bool,
}

impl Statements {
    /// Adds a statement; it stands in the place of one with the same `Sid`.
    fn add(&mut self, statement: Value) {
        let sid = sid_of(&statement);
        let same = sid.and_then(|sid| self.items.iter().position(|item| sid_of(item) == Some(sid)));
        match same.and_then(|position| self.items.get_mut(position)) {
            Some(item) => *item = statement,
            None => self.items.push(statement),
        }
    }

    fn merge_documents(&mut self, documents: Option<&Value>, place: Place<'_>) {
        match documents.map(|value| (value, &value.kind)) {
            None | Some((_, Kind::Null)) => {}
            Some((_, Kind::List(list))) => {
                self.open |= list.open;
                list.items.iter().for_each(|item| self.merge(item, place));
            }
            Some((value, _)) => self.merge(value, place),
        }
    }

    fn merge(&mut self, document: &Value, place: Place<'_>) {
        let decoded;
        let policy = match &document.kind {
            Kind::Encoded(encoded) => &encoded.value,
            Kind::String(text) if text.trim().is_empty() => return,
            Kind::String(_) => {
                let Ok(value) = call("jsondecode", std::slice::from_ref(document), document.span, place) else {
                    self.open = true;
                    return;
                };
                decoded = value;
                &decoded
            }
            Kind::Null => return,
            _ => {
                self.open = true;
                return;
            }
        };
        let Kind::Map(map) = &policy.kind else {
            self.open = true;
            return;
        };
        match map.get("Statement").map(|value| (value, &value.kind)) {
            Some((_, Kind::List(list))) => {
                self.open |= list.open;
                list.items.iter().for_each(|item| self.add(item.clone()));
            }
            Some((one, Kind::Map(_))) => self.add(one.clone()),
            None if !map.open => {}
            _ => self.open = true,
        }
    }
}

fn sid_of(statement: &Value) -> Option<&str> {
    statement.as_map()?.get("Sid")?.as_str().filter(|sid| !sid.is_empty())
}

fn statement(block: &Value) -> Value {
    let Kind::Map(body) = &block.kind else { return block.clone() };
    let given = |name: &str| body.entries.get(name).filter(|entry| !entry.value.is_null());
    let mut made = Map { open: body.open, ..Map::default() };
    if let Some(Entry { key, value }) = given("sid") {
        made.insert("Sid", *key, value.clone());
    }
    match given("effect") {
        Some(Entry { key, value }) => made.insert("Effect", *key, value.clone()),
        None => made.insert("Effect", block.span, Value::string("Allow", block.span)),
    }
    for (name, policy_name) in NAMES {
        if let Some(Entry { key, value }) = given(name) {
            made.insert(*policy_name, *key, value.clone());
        }
    }
    for (name, policy_name) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(Entry { key, value }) = given(name) {
            made.insert(policy_name, *key, principals(value));
        }
    }
    if let Some(Entry { key, value }) = given("condition") {
        made.insert("Condition", *key, conditions(value));
    }
    Value { kind: Kind::Map(Arc::new(made)), ..block.clone() }
}

fn principals(blocks: &Value) -> Value {
    let (items, mut open) = blocks_of(blocks);
    let mut kinds: Entries = BTreeMap::new();
    for block in items {
        let Kind::Map(body) = &block.kind else {
            open = true;
            continue;
        };
        let (Some(kind), Some(identifiers)) = (body.get("type"), body.get("identifiers")) else {
            open |= body.open;
            continue;
        };
        let Some(name) = kind.to_text() else {
            open = true;
            continue;
        };
        if &*name == "*" {
            return Value::string("*", identifiers.span);
        }
        add_to(&mut kinds, name, kind.span, identifiers);
    }
    Value { kind: Kind::Map(Arc::new(Map { entries: kinds.into(), open })), ..blocks.clone() }
}

fn conditions(blocks: &Value) -> Value {
    let (items, mut open) = blocks_of(blocks);
    let mut tests: BTreeMap<Arc<str>, (Span, Entries)> = BTreeMap::new();
    for block in items {
        let Kind::Map(body) = &block.kind else {
            open = true;
            continue;
        };
        let (Some(test), Some(variable)) = (body.get("test"), body.get("variable")) else {
            open |= body.open;
            continue;
        };
        let (Some(test_name), Some(variable_name), Some(values)) =
            (test.to_text(), variable.to_text(), body.get("values"))
        else {
            open = true;
            continue;
        };
        let (_, variables) = tests.entry(test_name).or_insert_with(|| (test.span, BTreeMap::new()));
        add_to(variables, variable_name, variable.span, values);
    }
    let mut made = Map { open, ..Map::default() };
    for (name, (at, entries)) in tests {
        let value = Value::new(Kind::Map(Arc::new(Map { entries: entries.into(), open: false })), at);
        made.insert(name, at, value);
    }
    Value { kind: Kind::Map(Arc::new(made)), ..blocks.clone() }
}

/// Puts a list under a name; two lists of one name become one.
fn add_to(entries: &mut Entries, name: Arc<str>, at: Span, list: &Value) {
    let Some(entry) = entries.get_mut(&name) else {
        entries.insert(name, Entry { key: at, value: list.clone() });
        return;
    };
    let (Kind::List(first), Kind::List(second)) = (&entry.value.kind, &list.kind) else {
        let mut open = List { items: Vec::new(), open: true, set: false };
        for value in [&entry.value, list] {
            if let Kind::List(known) = &value.kind {
                open.items.extend(known.items.iter().cloned());
            }
        }
        entry.value.kind = Kind::List(Arc::new(open));
        return;
    };
    let items = first.items.iter().chain(&second.items).cloned().collect();
    entry.value.kind = Kind::List(Arc::new(List { items, open: first.open || second.open, set: false }));
}

fn blocks_of(value: &Value) -> (Vec<&Value>, bool) {
    match &value.kind {
        Kind::List(list) => (list.items.iter().collect(), list.open),
        Kind::Map(_) => (vec![value], false),
        _ => (Vec::new(), true),
    }
}
