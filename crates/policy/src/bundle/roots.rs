//! Whose a path below `data` is. What a manifest claims is one bundle's alone, as OPA has it: another that has something there
//! could allow what the first forbids. Bundles without claims may lie beside each other.

use crate::value::{Value, View};

/// What a bundle claims, and what it has.
#[derive(Clone, Debug)]
pub struct Roots {
    /// The paths that its manifest names: `acme/policies`.
    claimed: Vec<String>,
    /// The packages of its modules.
    packages: Vec<String>,
    data: Value,
}

impl Roots {
    pub(super) fn new(claimed: Vec<String>, packages: Vec<String>, data: Value) -> Self {
        Self { claimed, packages, data }
    }

    /// A path that both bundles would have, where one of them claims it.
    pub fn shared(&self, other: &Self) -> Option<String> {
        self.taken_by(other).or_else(|| other.taken_by(self))
    }

    /// The first of its claims that another bundle has something of.
    fn taken_by(&self, other: &Self) -> Option<String> {
        let is_taken = |root: &&String| match other.claimed.as_slice() {
            [] => other.packages.iter().any(|package| is_below(package, root)) || has(&other.data, root),
            claimed => claimed.iter().any(|it| is_below(it, root) || is_below(root, it)),
        };
        self.claimed.iter().find(is_taken).cloned()
    }
}

/// Whether a path is a root, or lies below it.
pub(super) fn is_below(path: &str, root: &str) -> bool {
    root.is_empty() || path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether documents have something at a path, or something else than an object on the way.
fn has(data: &Value, root: &str) -> bool {
    let mut next = data.clone();
    for part in root.split('/').filter(|part| !part.is_empty()) {
        if next.view() != View::Object {
            return true;
        }
        let Some(below) = next.get(part) else { return false };
        next = below;
    }
    !(next.view() == View::Object && next.is_empty())
}
