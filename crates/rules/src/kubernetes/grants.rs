//! What the rules about roles share: which roles are looked at, and how a permission is reported.
//!
//! Only literal grants are matched here: `*` is the business of the rules about wildcards, or one entry would give a
//! finding for each permission there is.

use portcullis_model::kubernetes::{Grant, Object, grants, is_bootstrapped};

use crate::rule::prelude::*;

/// The kinds that hold grants.
pub(super) const ROLES: &[&str] = &["Role", "ClusterRole"];
/// The core API group.
pub(super) const CORE: &[&str] = &[""];
/// Verbs that change an object that exists, or make one.
pub(super) const CREATE_OR_CHANGE: &[&str] = &["create", "update", "patch"];
/// Verbs that change, make or remove an object.
pub(super) const WRITE: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];

/// A verb on a resource.
pub(super) struct Permission {
    pub(super) groups: &'static [&'static str],
    pub(super) resources: &'static [&'static str],
    pub(super) verbs: &'static [&'static str],
}

/// The grants of a role that somebody wrote for this cluster; none for the roles that Kubernetes brings along.
pub(super) fn written_grants<'t>(role: &Object<'t>) -> Vec<Grant<'t>> {
    if is_bootstrapped(role) { Vec::new() } else { grants(role) }
}

/// What of a permission a grant gives: the elements that name its resources, and those that name its verbs.
pub(super) struct Given<'t> {
    pub(super) resources: Vec<(Node<'t>, &'t str)>,
    pub(super) verbs: Vec<(Node<'t>, &'t str)>,
}

impl Permission {
    /// What of it the grant gives, if anything.
    pub(super) fn given<'t>(&self, grant: &Grant<'t>) -> Option<Given<'t>> {
        // Most grants are about other resources.
        let resources = grant.resources(self.resources);
        if resources.is_empty() || !grant.is_for(self.groups) {
            return None;
        }
        let verbs = grant.verbs(self.verbs);
        (!verbs.is_empty()).then_some(Given { resources, verbs })
    }
}

impl<'t> Given<'t> {
    /// The first element that names a resource: where a finding points.
    pub(super) fn place(&self) -> Node<'t> {
        self.resources.first().expect("`Permission::given` gives only what names a resource").0
    }

    /// ``may `create` `pods/exec` and `pods/attach` ``.
    pub(super) fn phrase(&self) -> String {
        format!("may {} {}", quoted(&self.verbs), quoted(&self.resources))
    }
}

/// Reports each entry of the role that gives the permission, at the resource.
pub(super) fn each_permission(role: &Object<'_>, report: &mut Report<'_>, permission: &Permission, help: &'static str) {
    for grant in written_grants(role) {
        let Some(given) = permission.given(&grant) else { continue };
        report.at(given.place(), format!("{} {}", role.title(), given.phrase())).help(help);
    }
}

/// `` `a`, `b` and `c` ``.
fn quoted(words: &[(Node<'_>, &str)]) -> String {
    let mut text = String::new();
    for (index, (_, word)) in words.iter().enumerate() {
        text.push_str(match index {
            0 => "`",
            _ if index + 1 == words.len() => " and `",
            _ => ", `",
        });
        text.push_str(word);
        text.push('`');
    }
    text
}
