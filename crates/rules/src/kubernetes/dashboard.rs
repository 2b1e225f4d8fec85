//! The Kubernetes dashboard, and who has its rights.
//!
//! Known by its image's path, in any registry, and by the names that its installer gives.

use portcullis_model::image::{ImageRef, ends_with_path};
use portcullis_model::kubernetes::{Object, Pod, role_ref, subjects};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&KUBERNETES_DASHBOARD];

rule! {
    /// Kubernetes dashboard is deployed, or its rights are given away
    ///
    /// Whoever reaches the dashboard asks the API server with the token that they bring, or with the dashboard's own where
    /// the login is skipped: clusters have been taken over through it. Reported are its images and bindings that give its
    /// account another role than its own, or its role to another account.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: dashboard }
    /// spec:
    ///   containers:
    ///     - { name: dashboard, image: "kubernetesui/dashboard:v2.7.0" }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: kubernetes-dashboard }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
    /// subjects: [{ kind: ServiceAccount, name: kubernetes-dashboard, namespace: kubernetes-dashboard }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: kubernetes-dashboard }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubernetes-dashboard }
    /// subjects: [{ kind: ServiceAccount, name: kubernetes-dashboard, namespace: kubernetes-dashboard }]
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: dashboard }
    /// spec: { containers: [{ name: metrics, image: "kubernetesui/metrics-scraper:v1.0.8" }] }
    /// ```
    KUBERNETES_DASHBOARD = "k8s-kubernetes-dashboard" {
        check: Check::PodAndObject(deployed, &["RoleBinding", "ClusterRoleBinding"], given_away),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_K8S_33", "kubescape:C-0014"],
    }
}

/// How the paths of its images end.
const IMAGES: &[&str] = &[
    "kubernetesui/dashboard",
    "kubernetesui/dashboard-api",
    "kubernetesui/dashboard-web",
    "kubernetesui/dashboard-auth",
    "kubernetes-dashboard-amd64",
    "kubernetes-dashboard",
];

fn deployed(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        let Some(text) = image.as_str().filter(|text| text.contains("dashboard")) else { continue };
        let Ok(reference) = ImageRef::parse(text) else { continue };
        if IMAGES.iter().any(|last| ends_with_path(reference.path(), last)) {
            report
                .at(image, format!("{} is the Kubernetes dashboard", container.title()))
                .help("remove it; who needs a view of the cluster can run one on their own machine");
        }
    }
}

const NAME: &str = "kubernetes-dashboard";

fn given_away(binding: &Object<'_>, report: &mut Report<'_>) {
    let Some(role) = role_ref(binding) else { return };
    let is_own = role.name.starts_with(NAME);
    for subject in subjects(binding) {
        let is_dashboard = subject.kind == "ServiceAccount" && subject.name.starts_with(NAME);
        let (place, message) = match (is_own, is_dashboard) {
            (false, true) => (role.node, format!("{} gives the dashboard the role `{}`", binding.title(), role.name)),
            (true, false) => {
                (subject.node, format!("{} gives the dashboard's role to `{}`", binding.title(), subject.name))
            }
            _ => continue,
        };
        report.at(place, message).help("remove it; let people sign in with tokens of their own");
    }
}
