//! Roles that reach into pods, or make them.
//!
//! Literal grants only: `*` has rules of its own. `get` on a subresource with a stream counts for clusters before 1.35,
//! and where the version is not known.

use portcullis_model::kubernetes::{KubernetesVersion, Object};

use super::grants::{CORE, CREATE_OR_CHANGE, Permission, ROLES, each_permission, written_grants};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&WORKLOAD_CREATE, &POD_EXEC_ATTACH, &POD_PORTFORWARD];

rule! {
    /// Role may create or change workloads
    ///
    /// Whoever may make a pod may run it as any ServiceAccount of the namespace and mount any Secret of it; without
    /// admission control also as root on the node. Deployments and their like come to the same. A controller or a
    /// pipeline needs it; a person seldom does. Literal grants only: `*` has rules of its own.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: deploy }
    /// rules:
    ///   - apiGroups: [apps]
    ///     resources: [deployments, deployments/status]
    ///     verbs: [get, list, patch]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: view }
    /// rules:
    ///   - { apiGroups: [apps], resources: [deployments], verbs: [get, list, watch] }
    ///   - { apiGroups: [widgets.example.com], resources: [jobs], verbs: [create] }
    ///   - { apiGroups: [apps], resources: [deployments/scale], verbs: [patch] }
    /// ```
    WORKLOAD_CREATE = "k8s-workload-create" {
        check: Check::Object(ROLES, workload_create),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kube-linter:access-to-create-pods", "trivy:KSV-0048", "kubescape:C-0188", "kubescape:C-0007"],
    }
}

rule! {
    /// Role may run commands in pods
    ///
    /// `pods/exec` and `pods/attach` are a shell in every container of the namespace, with its Secrets, its
    /// ServiceAccount and its network. `create` is the verb; before 1.35 `get` does as well, over a WebSocket, and counts
    /// unless a later version is set. Silent for the roles that Kubernetes brings along; `*` has rules of its own.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: debug }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [pods/exec, pods/attach]
    ///     verbs: [create]
    /// ```
    /// ```yaml bad:4
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: debug }
    /// rules: [{ apiGroups: [""], resources: ["*/exec"], verbs: [get] }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: debug }
    /// rules:
    ///   - { apiGroups: [""], resources: [pods, pods/log], verbs: [get, create] }
    ///   - { apiGroups: [""], resources: [pods/exec], verbs: [CREATE] }
    ///   - { apiGroups: ["${GROUP}"], resources: [pods/exec], verbs: [create] }
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: admin }
    /// rules: [{ apiGroups: [""], resources: [pods/exec], verbs: [create] }]
    /// ```
    POD_EXEC_ATTACH = "k8s-pod-exec-attach" {
        check: Check::Object(ROLES, pod_exec_attach),
        severity: Severity::High,
        peers: &[
            "trivy:KSV-0053", "trivy:KSV-0054", "checkov:CKV2_K8S_2", "polaris:clusterrolePodExecAttach",
            "polaris:rolePodExecAttach", "polaris:clusterrolebindingPodExecAttach",
            "polaris:rolebindingClusterRolePodExecAttach", "polaris:rolebindingRolePodExecAttach", "kubescape:C-0002",
        ],
    }
}

rule! {
    /// Role may forward ports of pods
    ///
    /// A forwarded port arrives on the pod's loopback interface: past NetworkPolicies, and at what listens there because
    /// only the pod itself was to reach it. `create` is the verb; before 1.35 `get` does as well. Literal grants only.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: debug }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [pods, pods/portforward]
    ///     verbs: [create]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: debug }
    /// rules: [{ apiGroups: [""], resources: [pods, pods/log], verbs: [get, list] }]
    /// ```
    POD_PORTFORWARD = "k8s-pod-portforward" {
        check: Check::Object(ROLES, pod_portforward),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kubescape:C-0063"],
    }
}

fn workload_create(role: &Object<'_>, report: &mut Report<'_>) {
    const KINDS: &[Permission] = &[
        Permission { groups: CORE, resources: &["pods", "replicationcontrollers"], verbs: CREATE_OR_CHANGE },
        Permission {
            groups: &["apps", "extensions"],
            resources: &["deployments", "statefulsets", "daemonsets", "replicasets"],
            verbs: CREATE_OR_CHANGE,
        },
        Permission { groups: &["batch"], resources: &["jobs", "cronjobs"], verbs: CREATE_OR_CHANGE },
    ];
    for grant in written_grants(role) {
        // One entry may name kinds of several groups; one finding says enough.
        let Some(given) = KINDS.iter().find_map(|kinds| kinds.given(&grant)) else { continue };
        report
            .at(given.place(), format!("{} {}", role.title(), given.phrase()))
            .help("leave it to controllers and pipelines, and check what is made with Pod Security Admission");
    }
}

fn pod_exec_attach(role: &Object<'_>, report: &mut Report<'_>) {
    stream(role, report, &["pods/exec", "pods/attach"], "leave it out; grant it for the time of an incident");
}

fn pod_portforward(role: &Object<'_>, report: &mut Report<'_>) {
    stream(role, report, &["pods/portforward"], "leave it out; expose what is needed with a Service");
}

fn stream(role: &Object<'_>, report: &mut Report<'_>, resources: &'static [&'static str], help: &'static str) {
    let asks_for_create = report.context().kubernetes.is_some_and(|version| version >= KubernetesVersion::new(35));
    let verbs: &[&str] = if asks_for_create { &["create"] } else { &["create", "get"] };
    each_permission(role, report, &Permission { groups: CORE, resources, verbs }, help);
}
