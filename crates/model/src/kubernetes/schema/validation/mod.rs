//! What the API server's program code asks of an object beyond its schema, by the type that has the fields.
//!
//! Each row is about the fields of one mapping. What another object, the cluster's configuration or a feature gate decides
//! is not here, and neither is what has a rule of its own. A value that is filled in later gives nothing.

mod autoscaling;
mod data;
mod network;
mod objects;
mod pods;
mod quotas;
mod rbac;
mod scheduling;
mod services;
mod workloads;

use std::borrow::Cow;

use portcullis_syntax::{Lookup, Node, Value};

use super::{Fault, FaultKind};
use crate::kubernetes::Grammar;

/// What a mapping must keep to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Validation {
    /// These fields must be there, and not be empty.
    Needed(&'static [&'static str]),
    /// The list, if it is there, must have an element.
    Filled(&'static str),
    /// At most one of these fields may be set.
    AtMostOne(&'static [&'static str]),
    /// Exactly one of these fields must be set.
    ExactlyOne(&'static [&'static str]),
    /// At most one field may be set beside this one.
    OneBeside(&'static str),
    /// How the keys of the mapping in this field are written.
    Keys(&'static str, Grammar),
    /// Anything else.
    Other(Check),
}

/// A validation that needs code of its own.
type Check = for<'t> fn(Node<'t>, &mut Faults<'_, 't, '_>);

/// The types and what is asked of them.
static TABLE: &[&[(&str, &[Validation])]] = &[
    autoscaling::TABLE,
    data::TABLE,
    network::TABLE,
    objects::TABLE,
    pods::TABLE,
    quotas::TABLE,
    rbac::TABLE,
    scheduling::TABLE,
    services::TABLE,
    workloads::TABLE,
];

/// Elements of a list that are compared with one another; nobody writes more of them, and each is compared with all.
const COMPARED: usize = 256;

/// What is asked of a type.
pub(super) fn validations_of(title: &str) -> &'static [Validation] {
    let mut rows = TABLE.iter().flat_map(|table| table.iter());
    rows.find(|row| row.0 == title).map_or(&[], |row| row.1)
}

impl Validation {
    /// Hands over what is wrong with a mapping of the type that messages call `holder`.
    pub(super) fn run<'t, 's>(self, node: Node<'t>, holder: &'s str, found: &mut dyn FnMut(Fault<'t, 's>)) {
        let mut faults = Faults { holder, found };
        match self {
            Self::Needed(fields) => {
                let mut missing = fields.iter().filter(|field| is_absent(node, field)).peekable();
                if missing.peek().is_some() {
                    let missing: Vec<&str> = missing.copied().collect();
                    let is_all = missing.len() == fields.len();
                    faults.missing(node, missing, is_all);
                }
            }
            Self::Filled(field) => {
                if let Some(list) = node.field(field).filter(|list| is_empty_list(*list)) {
                    (faults.found)(Fault { node: list, kind: FaultKind::EmptyList });
                }
            }
            Self::AtMostOne(fields) => faults.at_most_one(fields.iter().filter_map(|field| set(node, field))),
            Self::ExactlyOne(fields) => {
                faults.at_most_one(fields.iter().filter_map(|field| set(node, field)));
                if fields.iter().all(|field| is_absent(node, field)) {
                    (faults.found)(Fault { node, kind: FaultKind::MissingOneOf { holder, fields } });
                }
            }
            Self::OneBeside(name) => {
                let others = node.entries().filter(|(key, _)| key.text() != name);
                faults.at_most_one(others.filter_map(|(_, value)| is_set(value).then_some(value)));
            }
            Self::Keys(field, grammar) => {
                for (key, value) in node.field(field).into_iter().flat_map(Node::entries) {
                    if let Some(why) = grammar.fault(key.text()) {
                        (faults.found)(Fault { node: value, kind: FaultKind::MalformedKey { why } });
                    }
                }
            }
            Self::Other(check) => check(node, &mut faults),
        }
    }
}

/// Takes what a validation finds.
pub(super) struct Faults<'a, 't, 's> {
    /// How messages call the type.
    holder: &'s str,
    found: &'a mut dyn FnMut(Fault<'t, 's>),
}

impl<'t> Faults<'_, 't, '_> {
    /// A value that the server refuses for a reason of its own.
    fn refuse(&mut self, node: Node<'t>, message: impl Into<Cow<'static, str>>, help: &'static str) {
        (self.found)(Fault { node, kind: FaultKind::Refused { message: message.into(), help } });
    }

    /// Fields that are missing in a mapping.
    fn missing(&mut self, node: Node<'t>, fields: Vec<&'static str>, is_all: bool) {
        (self.found)(Fault { node, kind: FaultKind::Missing { holder: self.holder, fields, is_all } });
    }

    /// Fields that are missing in a mapping within the one that is looked at.
    fn missing_below(&mut self, node: Node<'t>, holder: &'static str, fields: Vec<&'static str>) {
        (self.found)(Fault { node, kind: FaultKind::Missing { holder, fields, is_all: false } });
    }

    /// The same where one of several fields is enough.
    fn missing_one_below(&mut self, node: Node<'t>, holder: &'static str, fields: &'static [&'static str]) {
        (self.found)(Fault { node, kind: FaultKind::MissingOneOf { holder, fields } });
    }

    fn at_most_one(&mut self, mut fields: impl Iterator<Item = Node<'t>>) {
        let Some(first) = fields.next() else { return };
        for node in fields {
            let first = first.key().map_or("", Node::text).to_owned();
            (self.found)(Fault { node, kind: FaultKind::Excluded { first } });
        }
    }
}

/// A field that has a value which is known to be one.
fn set<'t>(node: Node<'t>, field: &str) -> Option<Node<'t>> {
    node.field(field).filter(|value| is_set(*value))
}

fn is_set(value: Node<'_>) -> bool {
    !matches!(value.value(), Value::Null | Value::Unknown(_) | Value::Template(_) | Value::String(""))
}

/// Whether a field is certainly not there, or empty text, which the server takes for the same.
fn is_absent(node: Node<'_>, field: &str) -> bool {
    match node.key_lookup(field) {
        Lookup::Absent(_) => true,
        Lookup::Present(value) => value.as_str() == Some(""),
        Lookup::Unknown(_) => false,
    }
}

fn is_empty_list(node: Node<'_>) -> bool {
    node.is_list() && !node.is_open() && node.items().len() == 0
}

fn text<'t>(node: Node<'t>, field: &str) -> Option<&'t str> {
    node.field(field)?.as_str()
}

fn number(node: Node<'_>, field: &str) -> Option<i64> {
    node.field(field)?.as_i64()
}

fn items<'t>(node: Node<'t>, field: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    node.field(field).into_iter().flat_map(Node::items)
}
