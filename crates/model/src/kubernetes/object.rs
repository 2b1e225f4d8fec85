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

/// The objects of a document: itself, or for `List` and `*List` kinds its items. Nothing for other documents. The items of
/// a `PodList` are Pods, also where they do not say so.
pub fn objects(root: Node<'_>) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    if let Some(object) = Object::new(root) {
        collect(object, LIST_DEPTH, &mut found);
    }
    found
}

fn collect<'t>(object: Object<'t>, depth: usize, found: &mut Vec<Object<'t>>) {
    if object.kind.ends_with("List")
        && let Lookup::Present(items) = object.node.get("items")
        && items.is_list()
    {
        if depth > 0 {
            for item in items.items() {
                if let Some(item) = Object::new(item).or_else(|| object.item(item)) {
                    collect(item, depth - 1, found);
                }
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
        Some(Self::of_kind(node, api_version, kind, metadata))
    }

    /// An item of this list that leaves out its kind, because the list's kind says it.
    fn item(&self, node: Node<'t>) -> Option<Self> {
        let kind = self.kind.strip_suffix("List").filter(|kind| !kind.is_empty() && self.is_builtin())?;
        let metadata = node.field("metadata").filter(|metadata| metadata.is_map())?;
        let says_none = ["apiVersion", "kind"].iter().all(|key| node.key_lookup(key).absent().is_some());
        says_none.then(|| Self::of_kind(node, self.api_version, kind, Some(metadata)))
    }

    fn of_kind(node: Node<'t>, api_version: &'t str, kind: &'t str, metadata: Option<Node<'t>>) -> Self {
        let text = |key: &str| metadata.and_then(|metadata| metadata.field(key)).and_then(Node::as_str);
        Self { node, api_version, kind, name: text("name"), namespace: text("namespace") }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &'t str {
        self.split_version().map_or("", |(group, _)| group)
    }

    /// The version within the group.
    pub fn version(&self) -> &'t str {
        self.split_version().map_or(self.api_version, |(_, version)| version)
    }

    /// Group and version, where there is a group. Every rule asks: a plain loop beats a searcher on texts this short.
    fn split_version(&self) -> Option<(&'t str, &'t str)> {
        let slash = self.api_version.bytes().position(|byte| byte == b'/')?;
        self.api_version.get(..slash).zip(self.api_version.get(slash + 1..))
    }

    /// Whether the API server itself defines the group.
    pub fn is_builtin(&self) -> bool {
        let group = self.group();
        !group.bytes().any(|byte| byte == b'.') || group.ends_with(".k8s.io")
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
