//! Documents and results: what policies read and what they say.
//!
//! A value is shared, so that a document is converted once and cloned for nothing.

use portcullis_syntax::{Dialect, Node, Style, Value as Scalar};
use regorus::Value as Inner;
use regorus::value::Object;

use crate::builtins::number::is_enormous;

/// A JSON value, a set, or undefined. Clones share what they hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(pub(crate) Inner);

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View<'v> {
    /// There is none.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; integers past 2^53 lose digits here, [`Value::as_i64`] keeps them.
    Number(f64),
    /// A string.
    String(&'v str),
    /// An array; [`Value::items`] gives its elements.
    Array,
    /// A set; [`Value::items`] gives its elements.
    Set,
    /// An object; [`Value::entries`] gives its entries.
    Object,
}

impl Value {
    /// No value at all.
    pub const UNDEFINED: Self = Self(Inner::Undefined);
    /// JSON's null.
    pub const NULL: Self = Self(Inner::Null);

    /// What it is.
    pub fn view(&self) -> View<'_> {
        match &self.0 {
            Inner::Undefined => View::Undefined,
            Inner::Null => View::Null,
            Inner::Bool(value) => View::Bool(*value),
            Inner::Number(number) => View::Number(number.as_f64().unwrap_or(f64::NAN)),
            Inner::String(text) => View::String(text),
            Inner::Array(_) => View::Array,
            Inner::Set(_) => View::Set,
            Inner::Object(_) => View::Object,
        }
    }

    /// Whether there is no value.
    pub fn is_undefined(&self) -> bool {
        self.0 == Inner::Undefined
    }

    /// A string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Inner::String(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        self.0.as_bool().ok().copied()
    }

    /// An integer.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.as_i64().ok()
    }

    /// The value of an object's key.
    pub fn get(&self, key: &str) -> Option<Value> {
        let Inner::Object(object) = &self.0 else { return None };
        object.get(&Inner::from(key)).cloned().map(Value)
    }

    /// The elements of an array in order, those of a set in the order of values; nothing for any other.
    pub fn items(&self) -> impl Iterator<Item = Value> {
        let array = self.0.as_array().ok().map(|array| array.iter());
        let set = self.0.as_set().ok().map(|set| set.iter_sorted());
        array.into_iter().flatten().chain(set.into_iter().flatten()).cloned().map(Value)
    }

    /// The entries of an object in the order of keys; nothing for any other.
    pub fn entries(&self) -> impl Iterator<Item = (Value, Value)> {
        let object = self.0.as_object().ok().map(|object| object.iter_sorted());
        object.into_iter().flatten().map(|(key, value)| (Value(key.clone()), Value(value.clone())))
    }

    /// How many elements, entries or bytes; 0 for any other.
    pub fn len(&self) -> usize {
        match &self.0 {
            Inner::String(text) => text.len(),
            Inner::Array(array) => array.len(),
            Inner::Set(set) => set.len(),
            Inner::Object(object) => object.len(),
            _ => 0,
        }
    }

    /// Whether [`Value::len`] is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An array.
    pub fn array(items: impl IntoIterator<Item = Value>) -> Self {
        Self(Inner::from(items.into_iter().map(|item| item.0).collect::<Vec<_>>()))
    }

    /// An object.
    pub fn object<K: Into<Value>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        let mut object = Object::new();
        for (key, value) in entries {
            object.insert(key.into().0, value.0);
        }
        Self(object.into_value())
    }

    /// The same object with an entry more, or in the place of the one of that name; any other value becomes an object.
    #[must_use]
    pub fn with(self, key: &str, value: Value) -> Self {
        let mut inner = self.0;
        match inner.as_object_mut() {
            Ok(object) => {
                object.insert(Inner::from(key), value.0);
                Self(inner)
            }
            Err(_) => Self::object([(key, value)]),
        }
    }

    /// As JSON: sets are arrays, keys that are no strings are their JSON text, undefined is null.
    pub fn to_json(&self) -> serde_json::Value {
        if self.is_undefined() { serde_json::Value::Null } else { serde_json::to_value(&self.0).unwrap_or_default() }
    }

    /// A tree's node as the JSON that its decoder makes of it.
    ///
    /// What is not known stays what is written: a placeholder is its text. What cannot be read at all (a broken alias) is
    /// null.
    pub fn from_node(node: Node<'_>) -> Self {
        Self(convert(node))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Inner::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Inner::from(text))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(Inner::Bool(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self(Inner::from(value))
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        Self(Inner::from(value))
    }
}

/// Depth is bounded by the parsers, and what aliases stand for by the tree's budget.
fn convert(node: Node<'_>) -> Inner {
    match node.value() {
        Scalar::Null => Inner::Null,
        Scalar::Bool(value) => Inner::Bool(value),
        Scalar::Number(text) => number(node, text),
        Scalar::String(text) => Inner::from(text),
        Scalar::Template(template) => Inner::from(template.raw),
        Scalar::List(list) => Inner::from(list.items().map(convert).collect::<Vec<_>>()),
        Scalar::Map(map) => {
            let mut object = Object::new();
            for (key, value) in map.entries() {
                let key = Inner::from(key_text(key));
                // Merged entries come last, and what the mapping itself says stands above them.
                if !object.contains_key(&key) {
                    object.insert(key, convert(value));
                }
            }
            object.into_value()
        }
        Scalar::Unknown(_) if node.text().is_empty() => Inner::Null,
        Scalar::Unknown(_) => Inner::from(node.text()),
    }
}

fn number(node: Node<'_>, text: &str) -> Inner {
    if let Some(integer) = node.as_i64() {
        return Inner::from(integer);
    }
    // `1_000.5` in YAML 1.1 and TOML.
    let plain = text.replace('_', "");
    match plain.parse::<f64>() {
        Ok(float) if is_enormous(&plain) && float.is_finite() => Inner::from(float),
        Ok(float) if float.is_finite() => Inner::from_numeric_string(&plain).unwrap_or_else(|_| Inner::from(float)),
        // JSON has neither infinity nor NaN, so no decoder to JSON gives them as numbers.
        _ => Inner::from(text),
    }
}

/// JSON's keys are strings: YAML 1.1's `on` and `yes` are the booleans that they stand for.
fn key_text(key: Node<'_>) -> &str {
    if key.tree().dialect() != Dialect::Yaml11 || key.style() != Style::Plain {
        return key.text();
    }
    match key.as_bool() {
        Some(true) => "true",
        Some(false) => "false",
        None => key.text(),
    }
}
