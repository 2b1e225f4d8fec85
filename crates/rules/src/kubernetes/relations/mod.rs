//! Relations across files: what refers to what is not there, or to what does not do what is asked of it.
//!
//! Each finding stands only if its claim holds of the whole scan; `portcullis_model::facts` says when absence is known.

mod accounts;
mod autoscaling;
mod budgets;
mod identity;
mod isolation;
mod limits;
mod mesh;
mod overlap;
mod platform;
mod quotas;
mod references;
mod selectors;
mod takeover;
mod targets;
mod traffic;

use portcullis_model::facts::Namespace;

pub(super) use accounts::RULES as ACCOUNTS;
pub(super) use autoscaling::RULES as AUTOSCALING;
pub(super) use budgets::RULES as BUDGETS;
pub(super) use identity::RULES as IDENTITY;
pub(super) use isolation::RULES as ISOLATION;
pub(super) use limits::RULES as LIMITS;
pub(super) use mesh::RULES as MESH;
pub(super) use overlap::RULES as OVERLAP;
pub(super) use platform::RULES as PLATFORM;
pub(super) use quotas::RULES as QUOTAS;
pub(super) use references::RULES as REFERENCES;
pub(super) use selectors::RULES as SELECTORS;
pub(super) use takeover::RULES as TAKEOVER;
pub(super) use targets::RULES as TARGETS;
pub(super) use traffic::RULES as TRAFFIC;

/// How a message says where something is missing: `` in namespace `shop` ``.
pub(super) fn place(namespace: &Namespace) -> String {
    match namespace {
        Namespace::Named(name) => format!(" in namespace `{name}`"),
        Namespace::Unwritten | Namespace::Along(_) | Namespace::Unknown => " in the scan".to_owned(),
    }
}
