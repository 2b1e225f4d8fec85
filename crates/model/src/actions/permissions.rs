//! What `permissions:` grants to the token of a job.
//!
//! Scopes as GitHub's workflow syntax lists them, read on 2026-08-22.

use portcullis_syntax::{Anchor, Lookup, Node};

/// A `permissions:` block, or its absence.
#[derive(Clone, Copy, Debug)]
pub enum Permissions<'t> {
    /// There is none: the repository's setting counts, or the block of the workflow.
    Default(Anchor<'t>),
    /// `read-all`
    ReadAll(Node<'t>),
    /// `write-all`
    WriteAll(Node<'t>),
    /// A mapping; scopes that it does not name have no access.
    Scopes(Node<'t>),
    /// A value that is neither.
    Invalid(Node<'t>),
    /// It cannot be known.
    Unknown,
}

/// What a scope is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `none`
    None,
    /// `read`
    Read,
    /// `write`
    Write,
}

/// A scope of the token.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its name.
    pub name: &'static str,
    /// The accesses that can be written.
    pub accesses: &'static [&'static str],
}

const ALL: &[&str] = &["read", "write", "none"];

/// Every scope.
pub const SCOPES: &[Scope] = &[
    Scope { name: "actions", accesses: ALL },
    Scope { name: "artifact-metadata", accesses: ALL },
    Scope { name: "attestations", accesses: ALL },
    Scope { name: "checks", accesses: ALL },
    Scope { name: "code-quality", accesses: ALL },
    Scope { name: "contents", accesses: ALL },
    Scope { name: "deployments", accesses: ALL },
    Scope { name: "discussions", accesses: ALL },
    Scope { name: "id-token", accesses: &["write", "none"] },
    Scope { name: "issues", accesses: ALL },
    Scope { name: "models", accesses: &["read", "none"] },
    Scope { name: "packages", accesses: ALL },
    Scope { name: "pages", accesses: ALL },
    Scope { name: "pull-requests", accesses: ALL },
    Scope { name: "repository-projects", accesses: ALL },
    Scope { name: "security-events", accesses: ALL },
    Scope { name: "statuses", accesses: ALL },
];

impl<'t> Permissions<'t> {
    /// Reads the block of a workflow or a job.
    pub fn of(holder: Node<'t>) -> Self {
        // An empty block grants nothing, where null elsewhere counts as absent.
        if let Some(node) = holder.field("permissions").filter(|node| node.is_null()) {
            return Self::Scopes(node);
        }
        match holder.key_lookup("permissions") {
            Lookup::Absent(anchor) => Self::Default(anchor),
            Lookup::Unknown(_) => Self::Unknown,
            Lookup::Present(node) if node.is_map() => Self::Scopes(node),
            Lookup::Present(node) => match node.text() {
                "read-all" => Self::ReadAll(node),
                "write-all" => Self::WriteAll(node),
                _ if node.is_unknown() => Self::Unknown,
                _ => Self::Invalid(node),
            },
        }
    }

    /// Whether there is a block.
    pub fn is_explicit(&self) -> bool {
        !matches!(self, Self::Default(_))
    }

    /// The scopes that may be written, with the place that says so; empty where all may. What no token can be given is not
    /// among them.
    pub fn writes(&self) -> Vec<(&'t str, Node<'t>)> {
        let can_be_given =
            |name: &str| SCOPES.iter().any(|scope| scope.name == name && scope.accesses.contains(&"write"));
        match self {
            Self::Scopes(node) => {
                let writes =
                    accesses(*node).filter(|(name, _, access)| *access == Some(Access::Write) && can_be_given(name));
                writes.map(|(name, value, _)| (name, value)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The scopes of a block, their values and what those grant, where that is known.
pub fn accesses(block: Node<'_>) -> impl Iterator<Item = (&str, Node<'_>, Option<Access>)> {
    block.entries().map(|(key, value)| {
        let access = match value.text() {
            "read" => Some(Access::Read),
            "write" => Some(Access::Write),
            "none" => Some(Access::None),
            _ => None,
        };
        (key.text(), value, access)
    })
}
