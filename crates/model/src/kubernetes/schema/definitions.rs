//! The custom resource definitions of a scan (`apiextensions.k8s.io/v1`): which versions of a kind there are, which of them
//! are served, and their schemas.
//!
//! Where definitions of one version differ, none of them is its schema. A version counts as served where any definition of
//! the kind serves it. Definitions of the retired `v1beta1` have no schema here, and may serve anything.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use portcullis_core::StableHash;
use portcullis_syntax::{Lookup, Node};

use super::FaultKind;
use super::custom::{CustomSchema, Reader};
use crate::kubernetes::Object;

/// The definitions of a scan.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    kinds: BTreeMap<CustomKind, Defined>,
}

/// A kind of a group, in whatever version, as a number: what tells it from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomKind(u64);

/// What is defined of a kind.
#[derive(Clone, Debug, Default)]
struct Defined {
    versions: BTreeMap<Box<str>, Version>,
    /// Whether it may have more versions than are known.
    is_open: bool,
    scope: Scope,
}

/// Whether objects of a kind are in namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scope {
    /// No definition says it, or they disagree.
    #[default]
    Unknown,
    Cluster,
    Namespaced,
}

#[derive(Clone, Debug)]
struct Version {
    is_served: bool,
    /// `None` where definitions differ.
    schema: Option<CustomSchema>,
}

impl CustomKind {
    /// The kind of an object.
    pub fn of(object: &Object<'_>) -> Self {
        Self::new(object.group(), object.kind)
    }

    fn new(group: &str, kind: &str) -> Self {
        let mut hash = StableHash::new();
        for part in [group, kind] {
            hash.text(part);
        }
        Self(hash.short())
    }
}

impl Definitions {
    /// The kinds that an object defines, if it is a `CustomResourceDefinition`.
    pub fn of(object: &Object<'_>) -> Self {
        let mut definitions = Self::default();
        if object.kind == "CustomResourceDefinition" && object.group() == "apiextensions.k8s.io" {
            definitions.read(object);
        }
        definitions
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether a kind is defined in any version.
    pub fn has(&self, kind: CustomKind) -> bool {
        self.kinds.contains_key(&kind)
    }

    /// Adds others; a version that both define differently has no schema from then on.
    pub fn merge(&mut self, other: Self) {
        for (kind, other) in other.kinds {
            let is_new = !self.kinds.contains_key(&kind);
            let own = self.kinds.entry(kind).or_default();
            own.is_open |= other.is_open;
            own.scope = if is_new || own.scope == other.scope { other.scope } else { Scope::Unknown };
            for (name, version) in other.versions {
                own.add(name, version, |own, other| if own == other { own } else { None });
            }
        }
    }

    /// Adds what `other` has and these lack.
    pub fn fall_back_on(&mut self, other: &Self) {
        for (kind, other) in &other.kinds {
            let is_new = !self.kinds.contains_key(kind);
            let own = self.kinds.entry(*kind).or_default();
            own.is_open |= other.is_open;
            if is_new {
                own.scope = other.scope;
            }
            for (name, version) in &other.versions {
                own.add(name.clone(), version.clone(), |own, _| own);
            }
        }
    }

    pub(super) fn schema(&self, object: &Object<'_>) -> Option<&CustomSchema> {
        let version = self.kinds.get(&CustomKind::of(object))?.versions.get(object.version())?;
        version.schema.as_ref().filter(|schema| schema.is_known())
    }

    /// Whether objects of its kind are of the whole cluster.
    pub(super) fn is_of_cluster(&self, object: &Object<'_>) -> bool {
        self.kinds.get(&CustomKind::of(object)).is_some_and(|kind| kind.scope == Scope::Cluster)
    }

    /// That no definition of the kind serves the object's version, where there is one and all is known of it.
    pub(super) fn not_served(&self, object: &Object<'_>) -> Option<FaultKind<'_>> {
        let kind = self.kinds.get(&CustomKind::of(object)).filter(|kind| !kind.is_open)?;
        let version = kind.versions.get(object.version());
        if version.is_some_and(|version| version.is_served) {
            return None;
        }
        let served = kind.versions.iter().filter(|(_, version)| version.is_served).map(|(name, _)| &**name);
        Some(FaultKind::NotServed { is_defined: version.is_some(), served: served.collect() })
    }

    fn read(&mut self, definition: &Object<'_>) {
        let node = definition.node;
        let text = |path: &str| node.get(path).present().and_then(Node::as_str);
        let (Some(group), Some(kind)) = (text("spec.group"), text("spec.names.kind")) else { return };
        let scope = match text("spec.scope") {
            Some("Cluster") => Scope::Cluster,
            Some("Namespaced") => Scope::Namespaced,
            _ => Scope::Unknown,
        };
        let mut defined = Defined { scope, ..Defined::default() };
        let versions = node.get("spec.versions");
        if definition.version() != "v1" || versions.is_unknown() || versions.present().is_some_and(Node::is_open) {
            defined.is_open = true;
        }
        let keeps_all = !matches!(node.get("spec.preserveUnknownFields"), Lookup::Absent(_))
            && !node.get("spec.preserveUnknownFields").is_bool(false);
        let mut reader = Reader::default();
        for version in versions.present().into_iter().flat_map(Node::items) {
            let Some(name) = version.get("name").present().and_then(Node::as_str) else {
                defined.is_open = true;
                continue;
            };
            let schema = match version.get("schema.openAPIV3Schema") {
                Lookup::Present(schema) if !keeps_all && definition.version() == "v1" => reader.read(schema),
                _ => CustomSchema::default(),
            };
            let version = Version { is_served: !version.get("served").is_bool(false), schema: Some(schema) };
            defined.add(name.into(), version, |own, other| if own == other { own } else { None });
        }
        self.merge(Self { kinds: BTreeMap::from([(CustomKind::new(group, kind), defined)]) });
    }
}

impl Defined {
    fn add(
        &mut self,
        name: Box<str>,
        version: Version,
        choose: impl Fn(Option<CustomSchema>, Option<CustomSchema>) -> Option<CustomSchema>,
    ) {
        match self.versions.entry(name) {
            Entry::Vacant(entry) => {
                entry.insert(version);
            }
            Entry::Occupied(mut entry) => {
                let own = entry.get_mut();
                own.is_served |= version.is_served;
                own.schema = choose(own.schema.take(), version.schema);
            }
        }
    }
}
