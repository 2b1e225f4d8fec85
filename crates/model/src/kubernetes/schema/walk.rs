//! One walk over an object beside its schema.
//!
//! Null counts as absent, as it does to the API server, and what a template fills in later gives nothing. On the way
//! through a valid object nothing is allocated.

use portcullis_core::nearest;
use portcullis_syntax::{Node, Value};

use super::validation::Validation;
use super::{Fault, FaultKind, Wanted};
use crate::kubernetes::{Grammar, KubernetesVersion, Quantity};
use crate::placeholder::is_filled_in_later;

/// What a walk asks of a schema's node.
pub(super) trait Schema<'s>: Copy {
    /// What the value has to be.
    fn shape(self) -> Shape<Self>;
    /// What it knows of a field of an object.
    fn field(self, name: &str) -> Field<Self>;
    /// The names of an object's fields.
    fn names(self) -> impl Iterator<Item = &'s str>;
    /// The fields that an object must have.
    fn required(self) -> impl Iterator<Item = &'s str>;
    /// The strings of a choice; the keys of a list.
    fn words(self) -> impl Iterator<Item = &'s str>;
    /// How messages name an object; empty where it has no name.
    fn title(self) -> &'s str;
    /// What null is to it.
    fn null(self) -> Null {
        Null::Absence
    }
    /// What a key of a list's element is when it is not written.
    fn usual(self, key: &str) -> Option<&'s str>;
    /// Whether it asks for more than a type.
    fn has_checks(self) -> bool {
        false
    }
    /// What an object of this type must keep to beyond the types of its fields.
    fn validations(self) -> &'static [Validation] {
        &[]
    }
    /// Adds what is wrong with a value of the right type.
    fn check<'t>(self, _: Node<'t>, _: &mut Vec<Fault<'t, 's>>) {}
}

/// What null is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Null {
    /// Dropped, wherever it stands.
    Absence,
    /// A value.
    Value,
    /// Dropped as a field, and wrong as an element.
    NoElement,
}

/// What a value has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<S> {
    Any,
    Text,
    Choice,
    Word(Grammar),
    Integer { least: i64, greatest: i64 },
    NodePort,
    Number,
    Boolean,
    Quantity,
    IntOrText,
    List(S),
    Map(S),
    Object,
}

/// What a schema knows of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<S> {
    /// It is there.
    Known(S),
    /// It is not in the version that is asked for, but in others.
    Elsewhere { first: KubernetesVersion, last: KubernetesVersion },
    /// There is none.
    Unknown,
}

/// Adds what is wrong with `node`, which `schema` describes.
pub(super) fn value<'t, 's, S: Schema<'s>>(node: Node<'t>, schema: S, faults: &mut Vec<Fault<'t, 's>>) {
    let shape = schema.shape();
    // Most values are texts, and most of them belong there.
    if (matches!(shape, Shape::Any) || matches!(shape, Shape::Text) && node.is_text()) && !schema.has_checks() {
        return;
    }
    let value = node.value();
    if matches!(value, Value::Null | Value::Unknown(_) | Value::Template(_)) {
        return;
    }
    match (shape, value) {
        (Shape::Any, _) | (Shape::Text | Shape::IntOrText, Value::String(_)) => {}
        (Shape::Choice, Value::String(text)) => choice(node, text, schema, faults),
        (Shape::Word(grammar), Value::String(text)) => word(node, text, grammar, faults),
        (Shape::Integer { least, greatest }, Value::Number(_)) => {
            if !integer(node, least, greatest, faults) {
                return;
            }
        }
        (Shape::NodePort, Value::Number("0"))
        | (Shape::Number, Value::Number(_))
        | (Shape::Boolean, Value::Bool(_)) => {}
        (Shape::NodePort, Value::Number(_)) => {
            integer(node, 30000, 32767, faults);
        }
        (Shape::IntOrText, Value::Number(_)) => {
            if !integer(node, i64::MIN, i64::MAX, faults) {
                return;
            }
        }
        (Shape::Quantity, _) => match Quantity::of(node) {
            Some(Ok(_)) => {}
            // An amount beyond 128 bits is capped by the server.
            Some(Err(crate::kubernetes::QuantityError::OutOfRange)) => {}
            Some(Err(_)) | None => wrong(node, Wanted::Quantity, faults),
        },
        (Shape::List(element), Value::List(_)) => list(node, schema, element, faults),
        (Shape::Map(of), Value::Map(_)) => {
            node.entries().for_each(|(_, entry)| self::value(entry, of, faults));
            missing(node, schema, &[], faults);
        }
        (Shape::Object, Value::Map(_)) => object(node, schema, |_| Handled::No, faults),
        (shape, _) => {
            wrong(node, shape.wanted(), faults);
            return;
        }
    }
    schema.check(node, faults);
}

impl<S> Shape<S> {
    fn wanted(&self) -> Wanted {
        match self {
            Self::Any | Self::Text | Self::Choice | Self::Word(_) => Wanted::Text,
            Self::Integer { .. } | Self::NodePort => Wanted::Integer,
            Self::Number => Wanted::Number,
            Self::Boolean => Wanted::Boolean,
            Self::Quantity => Wanted::Quantity,
            Self::IntOrText => Wanted::IntegerOrText,
            Self::List(_) => Wanted::List,
            Self::Map(_) | Self::Object => Wanted::Mapping,
        }
    }
}

/// Whether somebody else looks at a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handled {
    Yes,
    No,
}

/// Adds what is wrong with the fields of a mapping.
pub(super) fn object<'t, 's, S: Schema<'s>>(
    node: Node<'t>,
    schema: S,
    handled: impl Fn(&str) -> Handled,
    faults: &mut Vec<Fault<'t, 's>>,
) {
    // A field that is missing because its name has a slip is told once.
    let mut misspelt = Vec::new();
    // A name that stands there already was not meant. Looked up once: an object may have thousands of names that are none.
    let mut free: Option<Vec<&str>> = None;
    for (key, entry) in node.entries() {
        let name = key.text();
        if handled(name) == Handled::Yes {
            continue;
        }
        match schema.field(name) {
            Field::Known(field) => value(entry, field, faults),
            // Null is dropped before anybody asks what it is called.
            Field::Elsewhere { .. } | Field::Unknown if entry.is_null() || is_placeholder(name) => {}
            Field::Elsewhere { first, last } => {
                let kind = FaultKind::OtherVersion { holder: schema.title(), first, last };
                faults.push(Fault { node: entry, kind });
            }
            Field::Unknown => {
                let free =
                    free.get_or_insert_with(|| schema.names().filter(|known| node.field(known).is_none()).collect());
                let nearest = nearest(name, free.iter().copied());
                misspelt.extend(nearest);
                let kind = FaultKind::UnknownField { holder: schema.title(), nearest, within: within(name, schema) };
                faults.push(Fault { node: entry, kind });
            }
        }
    }
    missing(node, schema, &misspelt, faults);
    for validation in schema.validations() {
        validation.run(node, schema.title(), &mut |fault| faults.push(fault));
    }
}

/// Adds the fields that must be there and are not.
fn missing<'t, 's, S: Schema<'s>>(node: Node<'t>, schema: S, misspelt: &[&str], faults: &mut Vec<Fault<'t, 's>>) {
    let is_null = |name: &str| match schema.field(name) {
        Field::Known(field) => field.null() == Null::Value && node.field(name).is_some(),
        Field::Elsewhere { .. } | Field::Unknown => false,
    };
    let is_missing =
        |field: &&str| node.key_lookup(field).absent().is_some() && !misspelt.contains(field) && !is_null(field);
    let fields: Vec<&str> = schema.required().filter(is_missing).collect();
    if !fields.is_empty() {
        let is_all = fields.len() == schema.required().count();
        faults.push(Fault { node, kind: FaultKind::Missing { holder: schema.title(), fields, is_all } });
    }
}

/// The field that has a field of this name, if only one has.
fn within<'s, S: Schema<'s>>(name: &str, schema: S) -> Option<&'s str> {
    let mut holders = schema.names().filter(|holder| match schema.field(holder) {
        Field::Known(holder) => {
            matches!(holder.shape(), Shape::Object) && matches!(holder.field(name), Field::Known(_))
        }
        Field::Elsewhere { .. } | Field::Unknown => false,
    });
    let holder = holders.next()?;
    holders.next().is_none().then_some(holder)
}

fn list<'t, 's, S: Schema<'s>>(node: Node<'t>, schema: S, element: S, faults: &mut Vec<Fault<'t, 's>>) {
    let refuses_null = element.null() == Null::NoElement;
    for item in node.items() {
        value(item, element, faults);
        if refuses_null && item.is_null() && !item.is_open() {
            wrong(item, element.shape().wanted(), faults);
        }
    }
    if schema.words().next().is_some() && node.items().len() > 1 {
        duplicates(node, schema, element, faults);
    }
}

/// Lists longer than this are sorted to find what stands in them twice.
const SHORT: usize = 32;

/// Adds the elements that have the keys of an earlier one.
fn duplicates<'t, 's, S: Schema<'s>>(node: Node<'t>, schema: S, element: S, faults: &mut Vec<Fault<'t, 's>>) {
    if node.items().len() <= SHORT {
        for (at, item) in node.items().enumerate().skip(1) {
            if node.items().take(at).any(|earlier| has_keys_of(item, earlier, schema, element)) {
                duplicate(item, schema, faults);
            }
        }
        return;
    }
    let mut seen = std::collections::HashSet::new();
    for item in node.items() {
        let keys: Option<Vec<&str>> = schema.words().map(|key| key_text(item, key, element)).collect();
        if keys.is_some_and(|keys| !seen.insert(keys)) {
            duplicate(item, schema, faults);
        }
    }
}

fn duplicate<'t, 's, S: Schema<'s>>(item: Node<'t>, schema: S, faults: &mut Vec<Fault<'t, 's>>) {
    let keys: Vec<&str> = schema.words().collect();
    let place = keys.iter().find_map(|key| item.field(key)).unwrap_or(item);
    faults.push(Fault { node: place, kind: FaultKind::Duplicate { keys } });
}

fn has_keys_of<'s, S: Schema<'s>>(item: Node<'_>, other: Node<'_>, schema: S, element: S) -> bool {
    schema.words().all(|key| {
        let text = key_text(item, key, element);
        text.is_some() && text == key_text(other, key, element)
    })
}

/// A key's value as text; `None` where it is not known.
fn key_text<'a, 't: 'a, 's: 'a, S: Schema<'s>>(item: Node<'t>, key: &str, element: S) -> Option<&'a str> {
    if !item.is_map() || item.is_open() {
        return None;
    }
    let written = item.field(key).map(|node| (node, node.value()));
    match written {
        None | Some((_, Value::Null)) => element.usual(key),
        Some((node, Value::String(_) | Value::Number(_) | Value::Bool(_))) => Some(node.text()),
        Some(_) => None,
    }
}

fn choice<'t, 's, S: Schema<'s>>(node: Node<'t>, text: &str, schema: S, faults: &mut Vec<Fault<'t, 's>>) {
    // The server takes an empty text for none, and fills in what is usual.
    if !text.is_empty() && schema.words().all(|word| word != text) && !is_filled_in_later(text) {
        let choices = schema.words().collect();
        faults.push(Fault { node, kind: FaultKind::NoChoice { choices, nearest: nearest(text, schema.words()) } });
    }
}

pub(super) fn word<'t>(node: Node<'t>, text: &str, grammar: Grammar, faults: &mut Vec<Fault<'t, '_>>) {
    // Empty text counts as absent; where it may not, the field is needed.
    if !text.is_empty()
        && let Some(why) = grammar.fault(text)
    {
        faults.push(Fault { node, kind: FaultKind::Malformed { grammar, why } });
    }
}

/// Whether it is one of that range; adds a fault where it is not.
fn integer<'t>(node: Node<'t>, least: i64, greatest: i64, faults: &mut Vec<Fault<'t, '_>>) -> bool {
    let whole = node.as_i64().or_else(|| whole_float(node.text()));
    match whole {
        None => wrong(node, Wanted::Integer, faults),
        Some(whole) if (least..=greatest).contains(&whole) => return true,
        Some(_) => faults.push(Fault { node, kind: FaultKind::OutOfRange { least, greatest } }),
    }
    false
}

/// `1e3` and `5.0` become whole numbers in JSON, and so the server takes them.
fn whole_float(text: &str) -> Option<i64> {
    let value: f64 = text.parse().ok()?;
    // From 1e21 on they are written with an exponent, which no integer has.
    #[allow(clippy::cast_possible_truncation, reason = "the bounds hold it within 53 bits")]
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
}

fn wrong<'t>(node: Node<'t>, wanted: Wanted, faults: &mut Vec<Fault<'t, '_>>) {
    if node.as_str().is_some_and(is_filled_in_later) {
        return;
    }
    faults.push(Fault { node, kind: FaultKind::WrongType { wanted } });
}

/// Whether a key is filled in later.
fn is_placeholder(name: &str) -> bool {
    name.contains(['$', '{', '<'])
}
