//! Roles that reach single objects of great weight: Secrets, nodes, the cluster's own ConfigMaps, the status of Services.
//!
//! Literal grants only: `*` has rules of its own. What a Secret or ConfigMap holds cannot be known.

use portcullis_model::kubernetes::Object;

use super::grants::{CORE, Permission, ROLES, each_permission, written_grants};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SECRETS_ACCESS, &NODES_PROXY, &CONFIGMAP_WRITE, &SERVICES_STATUS_WRITE];

rule! {
    /// Role may read every Secret
    ///
    /// `get`, `list` and `watch` each show the contents: passwords, keys, and the tokens of other accounts. Silent where
    /// `resourceNames` says which. A Role reaches one namespace only; the severity is the same, the confidence lower.
    /// Which bindings use a ClusterRole is not asked.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: ingress }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [configmaps, secrets]
    ///     verbs: [list, watch]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: web }
    /// rules:
    ///   - { apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [web-tls] }
    ///   - { apiGroups: [""], resources: [secrets], verbs: [create] }
    ///   - { apiGroups: [bitnami.com], resources: [secrets], verbs: [get] }
    /// ```
    SECRETS_ACCESS = "k8s-secrets-access" {
        check: Check::Object(ROLES, secrets_access),
        severity: Severity::High,
        peers: &[
            "kube-linter:access-to-secrets", "trivy:KSV-0041", "trivy:KSV-0113", "checkov:CKV2_K8S_5",
            "kubescape:C-0015", "kubescape:C-0186", "kyverno:other/restrict-secret-role-verbs",
        ],
    }
}

rule! {
    /// Role may use the kubelet through the API server
    ///
    /// `nodes/proxy` is the kubelet's own API: commands in every pod of the node, past admission control and the audit
    /// log. `get` is enough, because the kubelet takes a WebSocket for a read. Any literal verb counts. Monitoring needs
    /// `nodes/metrics`, `nodes/stats` or `nodes/log`, which are less.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: metrics }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [nodes/metrics, nodes/proxy]
    ///     verbs: [get]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: metrics }
    /// rules: [{ apiGroups: [""], resources: [nodes, nodes/metrics, nodes/stats], verbs: [get, list] }]
    /// ```
    NODES_PROXY = "k8s-nodes-proxy" {
        check: Check::Object(ROLES, nodes_proxy),
        severity: Severity::High,
        peers: &[
            "trivy:KSV-0047", "checkov:CKV2_K8S_2", "kubescape:C-0279", "kyverno:other/restrict-clusterrole-nodesproxy",
        ],
    }
}

rule! {
    /// Role may change the cluster's own ConfigMaps
    ///
    /// `coredns` decides where every name in the cluster leads, and `aws-auth` which AWS identity is an administrator.
    /// Reported for a Role in `kube-system` that is not limited by `resourceNames`, and wherever one of the two is
    /// named. Silent for other ConfigMaps: every leader election writes one. `create` alone changes neither.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: dns, namespace: kube-system }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [configmaps]
    ///     verbs: [get, update]
    /// ```
    /// ```yaml bad:4
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: access }
    /// rules: [{ apiGroups: [""], resources: [configmaps], resourceNames: [aws-auth], verbs: [patch] }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: leader-election, namespace: kube-system }
    /// rules:
    ///   - { apiGroups: [""], resources: [configmaps], verbs: [create] }
    ///   - { apiGroups: [""], resources: [configmaps], verbs: [get, update], resourceNames: [autoscaler-lock] }
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: leader-election, namespace: operators }
    /// rules: [{ apiGroups: [""], resources: [configmaps], verbs: [create, get, update] }]
    /// ```
    CONFIGMAP_WRITE = "k8s-configmap-write" {
        check: Check::Object(ROLES, configmap_write),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["trivy:KSV-0049", "trivy:KSV-0115", "kubescape:C-0037"],
    }
}

rule! {
    /// Role may write the status of Services
    ///
    /// An address in `status.loadBalancer.ingress` is taken over: every node sends what is meant for it to the Service's
    /// pods (CVE-2020-8554, which has no fix). Only the controller of load balancers needs it.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: balancer }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [services/status]
    ///     verbs: [patch]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: balancer }
    /// rules:
    ///   - { apiGroups: [""], resources: [services, services/status], verbs: [get] }
    ///   - { apiGroups: [serving.knative.dev], resources: [services/status], verbs: [update] }
    /// ```
    SERVICES_STATUS_WRITE = "k8s-services-status-write" {
        check: Check::Object(ROLES, services_status_write),
        severity: Severity::Medium,
        peers: &["checkov:CKV2_K8S_4"],
    }
}

fn secrets_access(role: &Object<'_>, report: &mut Report<'_>) {
    const PERMISSION: Permission =
        Permission { groups: CORE, resources: &["secrets"], verbs: &["get", "list", "watch"] };
    for grant in written_grants(role).into_iter().filter(|grant| !grant.is_named()) {
        let Some(given) = PERMISSION.given(&grant) else { continue };
        let draft = report.at(given.place(), format!("{} {}", role.title(), given.phrase()));
        draft.help("name in `resourceNames` the Secrets that are needed, with `get` alone, or mount them");
        if role.kind == "Role" {
            draft.confidence(Confidence::Medium);
        }
    }
}

fn nodes_proxy(role: &Object<'_>, report: &mut Report<'_>) {
    for grant in written_grants(role).into_iter().filter(|grant| grant.is_for(CORE)) {
        let Some((verb, resource)) = grant
            .words("verbs")
            .find(|&(_, verb)| verb != "*")
            .and_then(|(_, verb)| Some((verb, *grant.resources(&["nodes/proxy"]).first()?)))
        else {
            continue;
        };
        report
            .at(resource.0, format!("{} may `{verb}` `{}`", role.title(), resource.1))
            .help("grant `nodes/metrics`, `nodes/stats` or `nodes/log` instead");
    }
}

fn configmap_write(role: &Object<'_>, report: &mut Report<'_>) {
    const PERMISSION: Permission = Permission {
        groups: CORE,
        resources: &["configmaps"],
        verbs: &["update", "patch", "delete", "deletecollection"],
    };
    let is_in_kube_system = role.kind == "Role" && role.namespace == Some("kube-system");
    for grant in written_grants(role) {
        let Some(given) = PERMISSION.given(&grant) else { continue };
        let named = ["coredns", "aws-auth"].into_iter().find(|name| grant.word("resourceNames", name).is_some());
        let which = match named {
            Some(name) => format!("named `{name}`"),
            None if is_in_kube_system && !grant.is_named() => "of `kube-system`".to_owned(),
            None => continue,
        };
        report.at(given.place(), format!("{} {} {which}", role.title(), given.phrase())).help(
            "name in `resourceNames` the ConfigMaps that it needs, and leave these to the cluster's administrators",
        );
    }
}

fn services_status_write(role: &Object<'_>, report: &mut Report<'_>) {
    const PERMISSION: Permission =
        Permission { groups: CORE, resources: &["services/status"], verbs: &["update", "patch"] };
    each_permission(role, report, &PERMISSION, "leave it to the controller of load balancers");
}
