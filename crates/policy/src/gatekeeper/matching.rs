//! `spec.match`: which objects a constraint is about.
//!
//! What a criterion does not say, it does not ask: no kinds means every kind. Names and namespaces may start or end with `*`;
//! kinds and groups are names or `*` alone.

use super::inventory::Inventory;
use super::object::{Identity, at, text};
use super::selector::{self, Selector};
use crate::value::{Value, View};

/// The criteria of one constraint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Match {
    kinds: Vec<Kinds>,
    scope: Scope,
    namespaces: Vec<String>,
    excluded_namespaces: Vec<String>,
    labels: Option<Selector>,
    namespace_labels: Option<Selector>,
    name: String,
    source: Option<Source>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Kinds {
    groups: Vec<String>,
    kinds: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scope {
    #[default]
    Any,
    Cluster,
    Namespaced,
}

/// Where an object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// It was written.
    Original,
    /// An expansion template made it.
    Generated,
}

/// An object as a criterion sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'r> {
    pub identity: &'r Identity,
    /// The namespace of the request, empty where it says none.
    pub namespace: &'r str,
    pub placement: Placement,
    pub source: Source,
}

/// Whether an object's namespace is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// It is as written; where none is, there is none.
    Written,
    /// Whoever applies the object says which it is.
    Open,
}

impl Match {
    pub(super) fn read(spec: &Value) -> Result<Self, String> {
        let Some(criteria) = at(spec, &["match"]) else { return Ok(Self::default()) };
        if criteria.view() != View::Object {
            return Err("`spec.match` is no object".to_owned());
        }
        let mut kinds = Vec::new();
        if let Some(entries) = at(&criteria, &["kinds"]) {
            for entry in selector::list(&entries, "spec.match.kinds")? {
                kinds.push(Kinds { groups: names(&entry, "apiGroups")?, kinds: names(&entry, "kinds")? });
            }
        }
        let selector = |key: &str| {
            let selector = at(&criteria, &[key]);
            selector.map(|selector| Selector::read(&selector, &format!("spec.match.{key}"))).transpose()
        };
        if at(&criteria, &["name"]).is_some_and(|name| name.as_str().is_none()) {
            return Err("`spec.match.name` is no text".to_owned());
        }
        Ok(Self {
            kinds,
            scope: match text(&criteria, &["scope"]).as_str() {
                "Cluster" => Scope::Cluster,
                "Namespaced" => Scope::Namespaced,
                // Gatekeeper takes a slip for `*`.
                _ => Scope::Any,
            },
            namespaces: names(&criteria, "namespaces")?,
            excluded_namespaces: names(&criteria, "excludedNamespaces")?,
            labels: selector("labelSelector")?,
            namespace_labels: selector("namespaceSelector")?,
            name: text(&criteria, &["name"]),
            source: match text(&criteria, &["source"]).as_str() {
                "" | "All" => None,
                "Original" => Some(Source::Original),
                "Generated" => Some(Source::Generated),
                other => return Err(format!("`spec.match.source` is `{other}`, not All, Original or Generated")),
            },
        })
    }

    /// Whether the constraint is about the object; an error says what would have to be known.
    pub(super) fn matches(&self, candidate: Candidate<'_>, inventory: &Inventory) -> Result<bool, String> {
        let certain = self.matches_kind(candidate.identity)
            && self.matches_scope(candidate)
            && self.matches_namespace(candidate)
            && self.labels.as_ref().is_none_or(|selector| selector.matches(&candidate.identity.labels))
            && self.matches_name(candidate.identity)
            && self.source.is_none_or(|source| source == candidate.source);
        if !certain {
            return Ok(false);
        }
        if candidate.is_open() && self.asks_for_namespace() {
            return Err("their namespace is not written".to_owned());
        }
        self.matches_namespace_labels(candidate, inventory)
    }

    pub(super) fn asks_for_namespace_labels(&self) -> bool {
        self.namespace_labels.is_some()
    }

    /// Whether it depends on its namespace that the constraint is about an object. Namespaces that are left out are special
    /// ones, into which nobody puts an object without saying so; `default` is where it may end up.
    fn asks_for_namespace(&self) -> bool {
        !self.namespaces.is_empty()
            || self.namespace_labels.is_some()
            || self.excluded_namespaces.iter().any(|pattern| matches(pattern, "default"))
    }

    fn matches_kind(&self, identity: &Identity) -> bool {
        let contains =
            |list: &[String], name: &str| list.is_empty() || list.iter().any(|item| item == "*" || item == name);
        self.kinds.is_empty()
            || self
                .kinds
                .iter()
                .any(|entry| contains(&entry.kinds, &identity.kind) && contains(&entry.groups, &identity.group))
    }

    fn matches_scope(&self, candidate: Candidate<'_>) -> bool {
        let is_namespaced =
            !candidate.identity.is_namespace() && (candidate.is_open() || !candidate.namespace().is_empty());
        match self.scope {
            Scope::Any => true,
            Scope::Cluster => !is_namespaced,
            Scope::Namespaced => is_namespaced,
        }
    }

    fn matches_namespace(&self, candidate: Candidate<'_>) -> bool {
        let namespace =
            if candidate.identity.is_namespace() { &candidate.identity.name } else { candidate.namespace() };
        // Objects of the cluster are in no namespace that could be asked for.
        namespace.is_empty()
            || ((self.namespaces.is_empty() || self.namespaces.iter().any(|pattern| matches(pattern, namespace)))
                && !self.excluded_namespaces.iter().any(|pattern| matches(pattern, namespace)))
    }

    fn matches_name(&self, identity: &Identity) -> bool {
        self.name.is_empty() || matches(&self.name, &identity.name) || generates(&self.name, &identity.generate_name)
    }

    fn matches_namespace_labels(&self, candidate: Candidate<'_>, inventory: &Inventory) -> Result<bool, String> {
        let Some(selector) = &self.namespace_labels else { return Ok(true) };
        if candidate.identity.is_namespace() {
            return Ok(selector.matches(&candidate.identity.labels));
        }
        match candidate.namespace() {
            "" => Ok(true),
            namespace => match inventory.labels(namespace) {
                Some(labels) => Ok(selector.matches(labels)),
                None => Err(format!("the labels of namespace `{namespace}` are not known")),
            },
        }
    }
}

impl<'r> Candidate<'r> {
    fn namespace(self) -> &'r str {
        if self.namespace.is_empty() { &self.identity.namespace } else { self.namespace }
    }

    fn is_open(self) -> bool {
        self.placement == Placement::Open && self.namespace().is_empty() && !self.identity.is_namespace()
    }
}

/// A list of texts, empty where there is none.
fn names(value: &Value, key: &str) -> Result<Vec<String>, String> {
    let Some(list) = at(value, &[key]) else { return Ok(Vec::new()) };
    if list.view() != View::Array {
        return Err(format!("`{key}` is no list"));
    }
    let names = list.items().map(|name| name.as_str().map(str::to_owned));
    names.collect::<Option<_>>().ok_or_else(|| format!("`{key}` has an element that is no text"))
}

fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => name.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

/// Whether names that start with this text match whatever follows.
fn generates(pattern: &str, generate_name: &str) -> bool {
    let Some(rest) = pattern.strip_suffix('*').filter(|_| !generate_name.is_empty()) else { return false };
    match rest.strip_prefix('*') {
        Some(part) => generate_name.contains(part),
        None => generate_name.starts_with(rest),
    }
}
