//! Objects: what is declared about them in every kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::{FileId, LineIndex};
use portcullis_syntax::{Dialect, yaml};

use crate::module::Fault;
use crate::value::{Value, View};

/// An object and where it comes from.
#[derive(Clone, Debug)]
pub struct Object {
    /// What people know it by: the path of its file. Several objects may share one.
    pub path: Arc<str>,
    /// The object.
    pub value: Value,
}

impl Object {
    /// The objects of a YAML or JSON file; a file with a syntax error gives none.
    pub fn read(path: &str, text: &str) -> Result<Vec<Self>, Fault> {
        let documents = documents(path, text, Dialect::Yaml11)?;
        let path: Arc<str> = Arc::from(path);
        Ok(documents.into_iter().map(|value| Self { path: Arc::clone(&path), value }).collect())
    }

    pub(super) fn identity(&self) -> Identity {
        Identity::of(&self.value)
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(&self.path, 0, 0, message)
    }
}

/// The documents of a file that are not empty.
pub(super) fn documents(path: &str, text: &str, dialect: Dialect) -> Result<Vec<Value>, Fault> {
    let tree = yaml::parse(FileId::default(), &Arc::from(text), dialect);
    if let Some(error) = tree.errors().first() {
        let position = LineIndex::new(text).position(error.span.start);
        return Err(Fault::new(path, position.line, position.column, error.message.clone()));
    }
    let roots = tree.documents().map(|document| document.root);
    Ok(roots.filter(|root| !root.is_null()).map(Value::from_node).collect())
}

/// What an object is called; empty texts for what it does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub name: String,
    pub generate_name: String,
    pub namespace: String,
    pub labels: Labels,
}

pub(super) type Labels = BTreeMap<String, String>;

impl Identity {
    pub(super) fn of(object: &Value) -> Self {
        let api_version = text(object, &["apiVersion"]);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text(object, &["kind"]),
            name: text(object, &["metadata", "name"]),
            generate_name: text(object, &["metadata", "generateName"]),
            namespace: text(object, &["metadata", "namespace"]),
            labels: at(object, &["metadata", "labels"]).map(|labels| texts(&labels)).unwrap_or_default(),
        }
    }

    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    pub(super) fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }

    /// `Pod default/web`.
    pub(super) fn title(&self) -> String {
        let name = if self.name.is_empty() { &self.generate_name } else { &self.name };
        match self.namespace.as_str() {
            "" => format!("{} {name}", self.kind),
            namespace => format!("{} {namespace}/{name}", self.kind),
        }
    }
}

/// The value at a path; null is absence, as it is to the API server.
pub(super) fn at(value: &Value, path: &[&str]) -> Option<Value> {
    let found = path.iter().try_fold(value.clone(), |value, key| value.get(key))?;
    Some(found).filter(|found| found.view() != View::Null)
}

/// A text at a path, empty for anything else.
pub(super) fn text(value: &Value, path: &[&str]) -> String {
    at(value, path).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// `metadata.annotations`.
pub(super) fn annotations(object: &Value) -> Labels {
    at(object, &["metadata", "annotations"]).map(|annotations| texts(&annotations)).unwrap_or_default()
}

/// The entries of an object whose values are texts.
pub(super) fn texts(value: &Value) -> Labels {
    let pairs = value.entries().filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.as_str()?.to_owned())));
    pairs.collect()
}
