//! Which namespace an object is put into.
//!
//! Decided by `metadata.namespace` as it is written. Where none is written, the namespace comes from the command, from
//! Kustomize or from Helm, and nothing is said.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&DEFAULT_NAMESPACE, &KUBE_SYSTEM_WORKLOAD];

rule! {
    /// Object is put into the namespace `default`
    ///
    /// What has no namespace of its own shares the quotas, network policies and service accounts of everything else
    /// that was put there without a thought. Only an explicit `default` counts. Silent for kinds that have no
    /// namespace, for what limits the namespace itself (NetworkPolicy, ResourceQuota, LimitRange), and for what the
    /// cluster keeps there (the ServiceAccount `default`, the Service `kubernetes`).
    ///
    /// ```yaml bad:5
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    ///   namespace: default
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: reader, namespace: default }
    /// rules: []
    /// ---
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: default, namespace: default }
    /// automountServiceAccountToken: false
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: deny, namespace: default }
    /// spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
    /// ```
    DEFAULT_NAMESPACE = "k8s-default-namespace" {
        check: Check::Object(&[], default_namespace),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "kube-linter:use-namespace", "trivy:KSV-0110", "checkov:CKV_K8S_21", "kubescape:C-0061", "kubescape:C-0212",
            "kyverno:best-practices/disallow-default-namespace",
        ],
    }
}

rule! {
    /// Workload is put into the namespace `kube-system`
    ///
    /// What runs there stands beside the cluster's own components: many quotas, policies and admission webhooks leave
    /// that namespace out, and who may change its workloads is as good as an administrator. Add-ons of the cluster
    /// belong there; suppress it for them. Silent for the control plane's static pods.
    ///
    /// ```yaml bad:5
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: shop
    ///   namespace: kube-system
    /// spec:
    ///   selector: { matchLabels: { app: shop } }
    ///   template:
    ///     metadata: { labels: { app: shop } }
    ///     spec: { containers: [{ name: shop, image: shop:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: coredns, namespace: kube-system }
    /// ---
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { name: migrate, namespace: shop }
    /// spec: { template: { spec: { restartPolicy: Never, containers: [{ name: migrate, image: migrate:1 }] } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system, labels: { tier: control-plane } }
    /// spec: { containers: [{ name: kube-apiserver, image: "registry.k8s.io/kube-apiserver:v1.34.0" }] }
    /// ```
    KUBE_SYSTEM_WORKLOAD = "k8s-kube-system-workload" {
        check: Check::Object(WORKLOADS, kube_system_workload),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["trivy:KSV-0037"],
    }
}

/// Kinds that run pods.
pub(super) const WORKLOADS: &[&str] = &[
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "Rollout",
    "DeploymentConfig",
];

fn default_namespace(object: &Object<'_>, report: &mut Report<'_>) {
    if object.namespace != Some("default") || is_cluster_scoped(object) || belongs_in_default(object) {
        return;
    }
    let Lookup::Present(namespace) = object.node.get("metadata.namespace") else { return };
    report
        .at(namespace, format!("{} is put into the namespace `default`", object.title()))
        .help("give it a namespace of its own");
}

/// Kinds that the API server keeps outside namespaces; it ignores a namespace that is written on them. Those that start
/// with `Cluster` are not named.
const CLUSTER_SCOPED: &[&str] = &[
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ComponentStatus",
    "ConstraintTemplate",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "GatewayClass",
    "IPAddress",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PodSecurityPolicy",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ResourceSlice",
    "RuntimeClass",
    "SecurityContextConstraints",
    "ServiceCIDR",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeAttributesClass",
    "VolumeSnapshotClass",
    "VolumeSnapshotContent",
];

/// Whether the API server keeps an object of such a kind outside namespaces, as far as its kind tells.
pub fn is_cluster_scoped(object: &Object<'_>) -> bool {
    object.kind.starts_with("Cluster")
        || CLUSTER_SCOPED.contains(&object.kind)
        || object.group() == "constraints.gatekeeper.sh"
}

fn belongs_in_default(object: &Object<'_>) -> bool {
    matches!(
        (object.kind, object.name),
        ("NetworkPolicy" | "ResourceQuota" | "LimitRange", _)
            | ("ServiceAccount", Some("default"))
            | ("Service" | "Endpoints" | "EndpointSlice", Some("kubernetes"))
    )
}

fn kube_system_workload(object: &Object<'_>, report: &mut Report<'_>) {
    if object.namespace != Some("kube-system")
        || object.node.get("metadata.labels.tier").present().is_some_and(is_control_plane)
    {
        return;
    }
    let Lookup::Present(namespace) = object.node.get("metadata.namespace") else { return };
    report
        .at(namespace, format!("{} runs in `kube-system`", object.title()))
        .help("run it in a namespace of its own, unless the cluster itself needs it");
}

fn is_control_plane(tier: Node<'_>) -> bool {
    tier.as_str() == Some("control-plane")
}
