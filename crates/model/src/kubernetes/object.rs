//! What makes a document a Kubernetes object, and the objects of a `List`.

use std::fmt;

use portcullis_core::StableHash;
use portcullis_syntax::{Lookup, Node};

/// A Kubernetes object: a mapping with `apiVersion` and `kind`.
#[derive(Clone, Copy, Debug)]
pub struct Object<'t> {
    /// The whole object.
    pub node: Node<'t>,
    /// `apps/v1`.
    pub api_version: &'t str,
    /// `Deployment`.
    pub kind: &'t str,
    /// `metadata.name`, where it is a known string.
    pub name: Option<&'t str>,
    /// `metadata.namespace`, where it is a known string.
    pub namespace: Option<&'t str>,
}

/// How deep `List` objects may stand in one another.
const LIST_DEPTH: usize = 8;

/// The objects of a document: itself, or for `List` and `*List` kinds its items. Nothing for other documents.
pub fn objects(root: Node<'_>) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    collect(root, LIST_DEPTH, &mut found);
    found
}

fn collect<'t>(node: Node<'t>, depth: usize, found: &mut Vec<Object<'t>>) {
    let Some(object) = Object::new(node) else { return };
    if object.kind.ends_with("List")
        && let Lookup::Present(items) = node.get("items")
        && items.is_list()
    {
        if depth > 0 {
            for item in items.items() {
                collect(item, depth - 1, found);
            }
        }
        return;
    }
    found.push(object);
}

/// What [`Object::title`] writes into a message.
#[derive(Clone, Copy, Debug)]
pub struct ObjectTitle<'t> {
    kind: &'t str,
    name: Option<&'t str>,
}

impl fmt::Display for ObjectTitle<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(formatter, "{} `{name}`", self.kind),
            None => formatter.write_str(self.kind),
        }
    }
}

impl<'t> Object<'t> {
    /// A view on `node`, if it is an object.
    pub fn new(node: Node<'t>) -> Option<Self> {
        let mut api_version = None;
        let mut kind = None;
        let mut metadata = None;
        for (key, value) in node.entries() {
            match key.text() {
                "apiVersion" => api_version = value.as_str(),
                "kind" => kind = value.as_str(),
                "metadata" => metadata = Some(value),
                _ => {}
            }
        }
        let (api_version, kind) = (api_version?, kind?);
        if api_version.is_empty() || kind.is_empty() {
            return None;
        }
        let text = |key: &str| metadata.and_then(|metadata| metadata.field(key)).and_then(Node::as_str);
        Some(Self { node, api_version, kind, name: text("name"), namespace: text("namespace") })
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &'t str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The version within the group.
    pub fn version(&self) -> &'t str {
        self.api_version.split_once('/').map_or(self.api_version, |(_, version)| version)
    }

    /// Whether the API server itself defines the group.
    pub fn is_builtin(&self) -> bool {
        let group = self.group();
        !group.contains('.') || group.ends_with(".k8s.io")
    }

    /// `metadata`.
    pub fn metadata(&self) -> Lookup<'t> {
        self.node.get("metadata")
    }

    /// An annotation of the object.
    pub fn annotation(&self, key: &str) -> Lookup<'t> {
        match self.node.get("metadata.annotations") {
            Lookup::Present(annotations) => annotations.key_lookup(key),
            other => other,
        }
    }

    /// How messages name it: ``Deployment `web` ``.
    pub fn title(&self) -> ObjectTitle<'t> {
        ObjectTitle { kind: self.kind, name: self.name }
    }

    /// Hash of kind, namespace and name: what tells the object from the others of its file.
    pub fn identity(&self) -> u64 {
        let mut hash = StableHash::new();
        hash.text(self.group());
        hash.text(self.kind);
        hash.text(self.namespace.unwrap_or_default());
        hash.text(self.name.unwrap_or_default());
        hash.short()
    }
}
