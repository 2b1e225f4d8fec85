//! The objects of the cluster that policies look up as `data.inventory`.

use std::collections::BTreeMap;

use super::object::{Labels, Object};
use crate::value::Value;

/// Objects by namespace, version, kind and name, and the labels of the namespaces among them.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    scopes: BTreeMap<Scope, Versions>,
    namespaces: BTreeMap<String, Labels>,
}

/// A namespace, or none for the cluster.
type Scope = Option<String>;
type Versions = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

impl Inventory {
    /// Of several objects with one name, the last stands.
    pub fn new<'o>(objects: impl IntoIterator<Item = &'o Object>) -> Self {
        let mut inventory = Self::default();
        for object in objects {
            inventory.insert(object);
        }
        inventory
    }

    fn insert(&mut self, object: &Object) {
        let identity = object.identity();
        if identity.kind.is_empty() || identity.version.is_empty() {
            return;
        }
        if identity.is_namespace() {
            self.namespaces.insert(identity.name.clone(), identity.labels.clone());
        }
        let api_version = identity.api_version();
        let scope = Some(identity.namespace).filter(|namespace| !namespace.is_empty());
        let kinds = self.scopes.entry(scope).or_default().entry(api_version).or_default();
        kinds.entry(identity.kind).or_default().insert(identity.name, object.value.clone());
    }

    /// Whether a namespace is among the objects.
    pub fn has_namespaces(&self) -> bool {
        !self.namespaces.is_empty()
    }

    /// The labels of a namespace, where it is known.
    pub(super) fn labels(&self, namespace: &str) -> Option<&Labels> {
        self.namespaces.get(namespace)
    }

    /// What policies see as `data`.
    pub(super) fn data(&self) -> Value {
        let mut inventory = Vec::new();
        if let Some(cluster) = self.scopes.get(&None) {
            inventory.push(("cluster", versions(cluster)));
        }
        let namespaces = self.scopes.iter().filter_map(|(scope, objects)| Some((scope.as_deref()?, versions(objects))));
        let namespaces = Value::object(namespaces);
        if !namespaces.is_empty() {
            inventory.push(("namespace", namespaces));
        }
        Value::object([("inventory", Value::object(inventory))])
    }
}

fn versions(versions: &Versions) -> Value {
    Value::object(versions.iter().map(|(version, kinds)| {
        let kinds = kinds.iter().map(|(kind, names)| {
            let names = names.iter().map(|(name, object)| (name.as_str(), object.clone()));
            (kind.as_str(), Value::object(names))
        });
        (version.as_str(), Value::object(kinds))
    }))
}
