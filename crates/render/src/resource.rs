//! A manifest on its way through a build: what it is known by, now and before.

use std::collections::BTreeMap;

use portcullis_model::facts::is_of_cluster;
use portcullis_syntax::Node;

use crate::value::{Value, View};

/// One object.
#[derive(Clone, Debug)]
pub(crate) struct Resource<'t> {
    pub(crate) root: Value<'t>,
    /// The object as some file has it; of a generated one the entry that asked for it.
    pub(crate) written: Node<'t>,
    /// What it was known by before each change of its name or namespace, the first one first.
    pub(crate) previous: Vec<Id>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    /// The variables whose values it has.
    pub(crate) variables: Vec<String>,
}

/// What an object is known by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Id {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

impl Id {
    pub(crate) fn of(root: View<'_, '_>) -> Self {
        let text = |path: &str| root.path(path).and_then(View::scalar).unwrap_or_default().to_owned();
        let api_version = text("apiVersion");
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text("kind"),
            name: text("metadata.name"),
            namespace: text("metadata.namespace"),
        }
    }

    /// The namespace as it counts in comparisons.
    pub(crate) fn effective_namespace(&self) -> &str {
        match self.namespace.as_str() {
            _ if self.is_of_cluster() => "",
            "" => "default",
            name => name,
        }
    }

    pub(crate) fn is_of_cluster(&self) -> bool {
        is_of_cluster(&self.group, &self.kind)
    }

    /// Whether both name the same object.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.name == other.name
            && self.kind == other.kind
            && self.group == other.group
            && self.version == other.version
            && self.effective_namespace() == other.effective_namespace()
    }
}

impl<'t> Resource<'t> {
    pub(crate) fn new(root: Value<'t>, written: Node<'t>) -> Self {
        Self { root, written, previous: Vec::new(), prefixes: Vec::new(), suffixes: Vec::new(), variables: Vec::new() }
    }

    /// What it is known by now.
    pub(crate) fn id(&self) -> Id {
        Id::of(self.root.view())
    }

    /// What it was known by where it was written.
    pub(crate) fn original(&self) -> Id {
        self.previous.first().cloned().unwrap_or_else(|| self.id())
    }

    /// Whether it is or was known by `id`.
    pub(crate) fn is_known_as(&self, id: &Id) -> bool {
        self.previous.iter().any(|previous| previous.is(id)) || self.is_called(&id.name) && self.id().is(id)
    }

    /// Whether its name is this one now.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.root.view().path("metadata.name").and_then(View::scalar) == Some(name)
    }

    /// Remembers what it is known by, before that changes.
    pub(crate) fn remember(&mut self) {
        let id = self.id();
        self.previous.push(id);
    }

    /// The entries of `metadata.labels` or `metadata.annotations`.
    pub(crate) fn metadata(&self, field: &str) -> BTreeMap<String, String> {
        let found = self.root.view().get("metadata").and_then(|metadata| metadata.get(field));
        let entries = found.map(View::entries).unwrap_or_default();
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.scalar().unwrap_or_default().to_owned()))
            .collect()
    }
}
