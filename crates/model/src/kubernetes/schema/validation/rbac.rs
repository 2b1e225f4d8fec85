//! Roles and bindings.

use portcullis_syntax::Node;

use super::{Faults, Validation, is_absent, items, set, text};

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    ("ClusterRoleBinding", &[Validation::Other(binds_across)]),
    ("PolicyRule", &[Validation::Filled("verbs"), Validation::Other(rule)]),
    ("Role", &[Validation::Other(cluster_wide)]),
    ("Subject", &[Validation::Other(subject)]),
];

fn binds_across<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    // In a RoleBinding it is the binding's own namespace.
    for subject in items(node, "subjects").filter(|subject| text(*subject, "kind") == Some("ServiceAccount")) {
        if is_absent(subject, "namespace") {
            faults.refuse(subject, "a ServiceAccount has no namespace in a ClusterRoleBinding", "add `namespace`");
        }
    }
    let Some(kind) = node.get("roleRef.kind").present().filter(|kind| kind.as_str() == Some("Role")) else { return };
    let message = "a ClusterRoleBinding cannot give a Role, which is of one namespace";
    faults.refuse(kind, message, "name a ClusterRole, or make it a RoleBinding");
}

fn rule<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let is_empty = |field: &str| node.field(field).map_or_else(|| is_absent(node, field), super::is_empty_list);
    let of_paths = !is_empty("nonResourceURLs");
    if of_paths && let Some(resources) = ["resources", "apiGroups"].iter().find_map(|field| filled(node, field)) {
        let key = resources.key().map_or("", Node::text);
        let message = format!("a rule for `nonResourceURLs` may not have `{key}`");
        faults.refuse(resources, message, "make two rules of it");
    }
    if of_paths {
        return;
    }
    let missing: Vec<&str> = ["apiGroups", "resources"].into_iter().filter(|field| is_empty(field)).collect();
    if !missing.is_empty() {
        faults.missing(node, missing, false);
    }
}

fn filled<'t>(node: Node<'t>, field: &str) -> Option<Node<'t>> {
    node.field(field).filter(|list| list.items().len() > 0)
}

fn cluster_wide<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for paths in items(node, "rules").filter_map(|rule| filled(rule, "nonResourceURLs")) {
        let message = "a Role is of one namespace, and `nonResourceURLs` are of none";
        faults.refuse(paths, message, "make it a ClusterRole");
    }
}

/// Subjects of flow schemas have the same type's name, and other fields.
fn subject<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if text(node, "name").is_none() {
        return;
    }
    let group = set(node, "apiGroup");
    let is_rbac = |group: &Node<'_>| group.as_str() == Some("rbac.authorization.k8s.io");
    match text(node, "kind") {
        Some("ServiceAccount") => {
            if let Some(group) = group.filter(|group| group.as_str().is_some()) {
                let message = format!("a ServiceAccount is not of the API group `{}`", group.text());
                faults.refuse(group, message, "remove it");
            }
        }
        Some(kind @ ("User" | "Group")) => {
            if let Some(group) = group.filter(|group| group.as_str().is_some() && !is_rbac(group)) {
                let message = format!("a {kind} is not of the API group `{}`", group.text());
                faults.refuse(group, message, "write `rbac.authorization.k8s.io`");
            }
        }
        _ => {}
    }
}
