//! OpenShift's security context constraints: the objects, and roles that let pods use the powerful ones.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&OPENSHIFT_SCC_PRIVILEGED];

rule! {
    /// Security context constraints let pods be privileged or run as any user
    ///
    /// `allowPrivilegedContainer: true` gives the node to every pod that may use the constraints. A role that may `use`
    /// `anyuid` or `privileged` does so for every account that is bound to it; so does a binding to the cluster roles
    /// that OpenShift makes for them.
    ///
    /// ```yaml bad:4
    /// apiVersion: security.openshift.io/v1
    /// kind: SecurityContextConstraints
    /// metadata: { name: shop }
    /// allowPrivilegedContainer: true
    /// ```
    /// ```yaml bad:7
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: shop }
    /// rules:
    ///   - apiGroups: [security.openshift.io]
    ///     resources: [securitycontextconstraints]
    ///     resourceNames: [restricted-v2, anyuid]
    ///     verbs: [use]
    /// ```
    /// ```yaml bad:4
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: shop }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid" }
    /// ```
    /// ```yaml good
    /// apiVersion: security.openshift.io/v1
    /// kind: SecurityContextConstraints
    /// metadata: { name: shop }
    /// allowPrivilegedContainer: false
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: shop }
    /// rules:
    ///   - { apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [restricted-v2], verbs: [use] }
    ///   - { apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [anyuid], verbs: [get] }
    /// ```
    OPENSHIFT_SCC_PRIVILEGED = "k8s-openshift-scc-privileged" {
        check: Check::Object(
            &["SecurityContextConstraints", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"],
            scc_privileged,
        ),
        severity: Severity::High,
        peers: &[
            "kube-linter:scc-deny-privileged-container", "kyverno:openshift/disallow-security-context-constraint-anyuid",
        ],
    }
}

/// Constraints that OpenShift ships and that let a pod leave its user or its container.
const POWERFUL: &[&str] = &["anyuid", "privileged"];

fn scc_privileged(object: &Object<'_>, report: &mut Report<'_>) {
    match object.kind {
        "SecurityContextConstraints" => check_constraints(object, report),
        "Role" | "ClusterRole" => check_role(object, report),
        _ => check_binding(object, report),
    }
}

fn check_constraints(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(allowed) = object.node.get("allowPrivilegedContainer") else { return };
    if allowed.as_bool() == Some(true) {
        report.at(allowed, format!("{} allows privileged containers", object.title())).help("set it to `false`");
    }
}

fn check_role(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(rules) = object.node.get("rules") else { return };
    for rule in rules.items() {
        let items = |field: &str| rule.field(field).into_iter().flat_map(Node::items).filter_map(Node::as_str);
        let may_use = items("verbs").any(|verb| matches!(verb, "use" | "*"));
        let is_about = items("resources").any(|resource| matches!(resource, "securitycontextconstraints" | "*"))
            && items("apiGroups").any(|group| matches!(group, "security.openshift.io" | "*"));
        if !may_use || !is_about {
            continue;
        }
        for name in rule.field("resourceNames").into_iter().flat_map(Node::items) {
            let Some(text) = name.as_str().filter(|text| POWERFUL.contains(text)) else { continue };
            report
                .at(name, format!("{} lets pods use the constraints `{text}`", object.title()))
                .help("let them use `restricted-v2`, or constraints with only what they need");
        }
    }
}

fn check_binding(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(role) = object.node.get("roleRef.name") else { return };
    let Some(name) = role.as_str() else { return };
    let Some(constraints) = name.strip_prefix("system:openshift:scc:").filter(|name| POWERFUL.contains(name)) else {
        return;
    };
    report
        .at(role, format!("{} lets its subjects' pods use the constraints `{constraints}`", object.title()))
        .help("let them use `restricted-v2`, or constraints with only what they need");
}
