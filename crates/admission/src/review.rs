//! `AdmissionReview` of `admission.k8s.io/v1`, read and written.
//!
//! A review is read strictly: two keys of one name, numbers that are none of JSON's, deep nesting and wrong types are refused
//! with their place, because whoever reads such a text next may read something else. Objects stay text, so that no
//! number loses a digit. Fields that nobody here knows are skipped: a later API server may send more.

mod json;
mod read;
mod write;

use std::sync::Arc;

pub use read::{ReviewError, parse, uid};

/// What an API server asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the answer repeats.
    pub uid: String,
    /// The kind of the object as it was sent here.
    pub kind: Kind,
    /// The resource as it was sent here.
    pub resource: Resource,
    /// `status`, `scale`, `ephemeralcontainers`, `exec`…
    pub sub_resource: Option<String>,
    /// The kind that the user asked with, where `matchPolicy: Equivalent` made another of it.
    pub request_kind: Option<Kind>,
    /// The resource that the user asked with.
    pub request_resource: Option<Resource>,
    /// The subresource that the user asked with.
    pub request_sub_resource: Option<String>,
    /// Missing on a creation with `generateName`.
    pub name: Option<String>,
    /// Missing where the resource belongs to no namespace.
    pub namespace: Option<String>,
    /// What is done.
    pub operation: Operation,
    /// Who does it.
    pub user: User,
    /// The object as JSON: a mapping; missing on a deletion.
    pub object: Option<Arc<str>>,
    /// The object as it is stored: a mapping, on updates and deletions.
    pub old_object: Option<Arc<str>>,
    /// The options of the operation: a mapping.
    pub options: Option<Arc<str>>,
    /// Whether nothing will be stored.
    pub dry_run: bool,
}

/// A kind and where it belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// Empty for the core.
    pub group: String,
    /// `v1`.
    pub version: String,
    /// `Pod`.
    pub kind: String,
}

/// A resource and where it belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Empty for the core.
    pub group: String,
    /// `v1`.
    pub version: String,
    /// `pods`.
    pub resource: String,
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is made.
    Create,
    /// It is changed: by an update, a patch or an apply.
    Update,
    /// It is removed.
    Delete,
    /// Somebody connects to it.
    Connect,
}

impl Operation {
    /// As the API server writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// `system:serviceaccount:default:builder`.
    pub username: String,
    /// Unique over time.
    pub uid: String,
    /// `system:authenticated`…
    pub groups: Vec<String>,
    /// What else the authenticator says, as JSON: a mapping.
    pub extra: Option<Arc<str>>,
}

/// What an API server is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// That of the request.
    pub uid: String,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why not; also why it is allowed in spite of something.
    pub status: Option<Status>,
    /// What the user is shown.
    pub warnings: Vec<String>,
    /// What goes into the audit log: keys without the prefix, and values.
    pub audit_annotations: Vec<(String, String)>,
}

/// Why something is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The HTTP status that the user gets.
    pub code: u16,
    /// A word for machines.
    pub reason: &'static str,
    /// Words for people.
    pub message: String,
}
