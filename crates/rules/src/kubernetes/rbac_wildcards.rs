//! Roles that grant with `*`.
//!
//! `*` counts where it stands alone: `*/scale` is one subresource, and `pods/*` matches nothing in RBAC. Silent for
//! aggregated roles and for those that Kubernetes brings along.

use portcullis_model::kubernetes::{Grant, Object};

use super::grants::{ROLES, written_grants};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&WILDCARD_VERBS, &WILDCARD_RESOURCES, &WILDCARD_VERBS_AND_RESOURCES];

rule! {
    /// Role grants every verb
    ///
    /// `*` holds verbs that nobody had in mind: `deletecollection`, `impersonate`, `escalate`, `bind`, and those of
    /// later versions. Silent for an aggregated ClusterRole, whose rules the control plane overwrites, and for the
    /// roles that Kubernetes brings along. Where the resources are `*` as well, it gives way to the rule about both.
    ///
    /// ```yaml bad:7
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: deploy }
    /// rules:
    ///   - apiGroups: [apps]
    ///     resources: [deployments]
    ///     verbs: ["*"]
    /// ```
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: deploy }
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"]
    ///     verbs: ["*"]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: deploy }
    /// rules:
    ///   - { apiGroups: [apps], resources: [deployments], verbs: [get, list, watch, patch] }
    ///   - { apiGroups: [apps], resources: [deployments], verbs: ["${VERB}"] }
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: monitoring }
    /// aggregationRule: { clusterRoleSelectors: [{ matchLabels: { monitoring: "true" } }] }
    /// rules: [{ apiGroups: [""], resources: [pods], verbs: ["*"] }]
    /// ```
    WILDCARD_VERBS = "k8s-wildcard-verbs" {
        check: Check::Object(ROLES, wildcard_verbs),
        severity: Severity::High,
        peers: &[
            "kube-linter:wildcard-in-rules", "trivy:KSV-0045", "checkov:CKV_K8S_49", "kubescape:C-0187",
            "kyverno:other/restrict-wildcard-verbs",
        ],
        yields_to: &["k8s-wildcard-verbs-and-resources"],
    }
}

rule! {
    /// Role grants every resource
    ///
    /// `*` holds Secrets, `pods/exec`, and what later versions and other people's CRDs will add to the group. A single
    /// subresource of everything, such as `*/scale`, is not meant; an autoscaler needs it. Silent for an aggregated
    /// ClusterRole and for the roles that Kubernetes brings along. Where the verbs are `*` as well, it gives way to the
    /// rule about both.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: inventory }
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"]
    ///     verbs: [get, list]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: autoscaler }
    /// rules: [{ apiGroups: ["*"], resources: ["*/scale"], verbs: [get, update] }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: cluster-admin, labels: { kubernetes.io/bootstrapping: rbac-defaults } }
    /// rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]
    /// ```
    WILDCARD_RESOURCES = "k8s-wildcard-resources" {
        check: Check::Object(ROLES, wildcard_resources),
        severity: Severity::High,
        peers: &[
            "kube-linter:wildcard-in-rules", "trivy:KSV-0046", "trivy:KSV-0112", "checkov:CKV_K8S_49",
            "kubescape:C-0187", "kyverno:other/restrict-wildcard-resources",
        ],
        yields_to: &["k8s-wildcard-verbs-and-resources"],
    }
}

rule! {
    /// Role grants every verb on every resource
    ///
    /// Its holder is the administrator of the namespace or of the cluster: it reads every Secret, runs what it likes and
    /// grants itself the rest. Only where the API groups hold that power (`*`, the core group, workloads, RBAC,
    /// admission); `*` on `*` of an operator's own group is reported by the rules about verbs and resources.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: operator }
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"]
    ///     verbs: ["*"]
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: List
    /// items:
    ///   - apiVersion: rbac.authorization.k8s.io/v1
    ///     kind: Role
    ///     metadata: { name: operator, namespace: apps }
    ///     rules: [{ apiGroups: ["", apps], resources: ["*"], verbs: ["*"] }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: operator }
    /// rules:
    ///   - { apiGroups: [widgets.example.com], resources: ["*"], verbs: ["*"] }
    ///   - { apiGroups: ["*"], resources: ["*"], verbs: [get] }
    /// ```
    WILDCARD_VERBS_AND_RESOURCES = "k8s-wildcard-verbs-and-resources" {
        check: Check::Object(ROLES, wildcard_verbs_and_resources),
        severity: Severity::Critical,
        peers: &["trivy:KSV-0044"],
    }
}

/// Groups in which every verb on every resource is enough to take over a namespace.
const POWERFUL_GROUPS: &[&str] =
    &["", "apps", "batch", "extensions", "rbac.authorization.k8s.io", "admissionregistration.k8s.io"];

fn wildcard_verbs(role: &Object<'_>, report: &mut Report<'_>) {
    for grant in written_grants(role) {
        let Some(star) = grant.word("verbs", "*") else { continue };
        // The rule about both points to the resources, and this one gives way to it there.
        let place = both(&grant).unwrap_or(star);
        report.at(place, format!("{} grants every verb on {}", role.title(), what(&grant))).help("name the verbs");
    }
}

fn wildcard_resources(role: &Object<'_>, report: &mut Report<'_>) {
    for grant in written_grants(role) {
        let Some(star) = grant.word("resources", "*") else { continue };
        report
            .at(star, format!("{} grants access to every resource of {}", role.title(), groups(&grant)))
            .help("name the resources");
    }
}

fn wildcard_verbs_and_resources(role: &Object<'_>, report: &mut Report<'_>) {
    for grant in written_grants(role) {
        let Some(star) = both(&grant) else { continue };
        report
            .at(star, format!("{} grants every verb on every resource of {}", role.title(), groups(&grant)))
            .help("name the resources and the verbs that are needed");
    }
}

/// The `*` among the resources, where the verbs are `*` as well and the groups hold power.
fn both<'t>(grant: &Grant<'t>) -> Option<Node<'t>> {
    grant.word("verbs", "*")?;
    grant.word("resources", "*").filter(|_| grant.is_for(POWERFUL_GROUPS))
}

fn what(grant: &Grant<'_>) -> String {
    let resources: Vec<&str> = grant.words("resources").map(|(_, word)| word).collect();
    let urls = || grant.words("nonResourceURLs").map(|(_, word)| word).next();
    match resources.as_slice() {
        _ if resources.contains(&"*") => format!("every resource of {}", groups(grant)),
        [] => urls().map_or_else(|| "what its entry names".to_owned(), |url| format!("the URL `{url}`")),
        [one] => format!("`{one}`"),
        [first, rest @ ..] => format!("`{first}` and {} more", rest.len()),
    }
}

fn groups(grant: &Grant<'_>) -> String {
    if grant.word("apiGroups", "*").is_some() {
        return "every API group".to_owned();
    }
    let names: Vec<&str> =
        grant.words("apiGroups").map(|(_, group)| if group.is_empty() { "core" } else { group }).collect();
    match names.as_slice() {
        [] => "its API group".to_owned(),
        [name] => format!("API group `{name}`"),
        names => format!("API groups `{}`", names.join("`, `")),
    }
}
