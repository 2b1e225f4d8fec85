//! Data documents, read and put together as OPA loads them: each at the path of its folder, objects merged.

use std::fmt;
use std::sync::Arc;

use portcullis_core::{FileId, SyntaxErrorKind};
use portcullis_syntax::{Dialect, json, yaml};

use crate::value::{Value, View};

/// The first document of a text, which is JSON if its path says so and else YAML; nothing where there is none. The error says in
/// which line it cannot be read.
pub fn document(path: &str, text: &Arc<str>) -> Result<Option<Value>, String> {
    let tree = if path.ends_with(".json") {
        json::parse(FileId::default(), text)
    } else {
        yaml::parse(FileId::default(), text, Dialect::Yaml11)
    };
    let is_lost = |kind| matches!(kind, SyntaxErrorKind::Invalid | SyntaxErrorKind::Limit);
    if let Some(error) = tree.errors().iter().find(|error| is_lost(error.kind)) {
        let before = text.get(..usize::try_from(error.span.start).unwrap_or_default()).unwrap_or_default();
        let line = before.matches('\n').count().saturating_add(1);
        return Err(format!("line {line}: {}", error.message));
    }
    Ok(tree.documents().next().map(|document| Value::from_node(document.root)))
}

/// What policies see as `data`.
#[derive(Clone, Debug)]
pub struct Documents(Value);

/// Why a document cannot be put beside the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// It gives a value to what has one.
    Twice {
        /// `data.fruits.apple`.
        path: String,
    },
    /// It stands at the root, and is no object.
    NoObject,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { path } => write!(f, "another document gives a value to {path} as well"),
            Self::NoObject => f.write_str("a document at the root of the data is an object, and this is none"),
        }
    }
}

impl std::error::Error for Conflict {}

impl Default for Documents {
    fn default() -> Self {
        Self(Value::object(std::iter::empty::<(&str, Value)>()))
    }
}

impl From<Value> for Documents {
    /// What was put together before.
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Documents {
    /// Adds a document below the folders that it stands in.
    pub fn add(&mut self, folders: &[&str], document: Value) -> Result<(), Conflict> {
        let mut document = document;
        for folder in folders.iter().rev() {
            document = Value::object([(*folder, document)]);
        }
        if document.view() != View::Object {
            return Err(Conflict::NoObject);
        }
        self.0 = merge(&self.0, &document, &mut Vec::new())?;
        Ok(())
    }

    /// All of them.
    pub fn into_value(self) -> Value {
        self.0
    }
}

/// As deep as both are objects, which the parser bounds.
fn merge(known: &Value, new: &Value, path: &mut Vec<String>) -> Result<Value, Conflict> {
    if known.view() != View::Object || new.view() != View::Object {
        return Err(Conflict::Twice { path: crate::reference::rule_path(path.as_slice()) });
    }
    if known.is_empty() {
        return Ok(new.clone());
    }
    let mut merged = known.clone();
    for (key, value) in new.entries() {
        // Keys of documents are strings.
        let Some(key) = key.as_str() else { continue };
        let value = match known.get(key) {
            Some(known) => {
                path.push(key.to_owned());
                let value = merge(&known, &value, path)?;
                path.pop();
                value
            }
            None => value,
        };
        merged = merged.with(key, value);
    }
    Ok(merged)
}
