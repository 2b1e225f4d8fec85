//! What a Namespace asks of Pod Security admission.
//!
//! A cluster can set a default for namespaces without labels, and other admission controllers can take its place;
//! neither is seen here.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PSA_LABELS_MISSING, &PSA_PRIVILEGED];

rule! {
    /// Namespace does not say which Pod Security level it enforces
    ///
    /// Without `pod-security.kubernetes.io/enforce` the API server lets any pod in, privileged ones as well. `warn` and
    /// `audit` only tell. Silent for the cluster's own namespaces (`kube-…`).
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/warn: restricted
    /// ```
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels: { pod-security.kubernetes.io/enforce: "${LEVEL}" }
    /// ---
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: kube-system }
    /// ```
    PSA_LABELS_MISSING = "k8s-psa-labels-missing" {
        check: Check::Object(&["Namespace"], psa_labels_missing),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kubescape:C-0192", "kyverno:psa/add-psa-labels"],
    }
}

rule! {
    /// Namespace enforces the Pod Security level `privileged`
    ///
    /// That level forbids nothing. Who may create a pod in the namespace may take over its node. Agents that need the
    /// node belong into a namespace of their own, which nobody else may deploy to. Silent for `kube-system`.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: privileged
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: baseline } }
    /// ---
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: kube-system, labels: { pod-security.kubernetes.io/enforce: privileged } }
    /// ```
    PSA_PRIVILEGED = "k8s-psa-privileged" {
        check: Check::Object(&["Namespace"], psa_privileged),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kyverno:psa/deny-privileged-profile", "kubescape:C-0193"],
    }
}

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

fn psa_labels_missing(object: &Object<'_>, report: &mut Report<'_>) {
    if !object.group().is_empty() || object.name.is_some_and(|name| name.starts_with("kube-")) {
        return;
    }
    let Lookup::Absent(anchor) = label(object, ENFORCE) else { return };
    report
        .at(anchor, format!("{} enforces no Pod Security level", object.title()))
        .help(format!("label it `{ENFORCE}: baseline`, or better `restricted`"));
}

fn psa_privileged(object: &Object<'_>, report: &mut Report<'_>) {
    if !object.group().is_empty() || object.name == Some("kube-system") {
        return;
    }
    let Lookup::Present(level) = label(object, ENFORCE) else { return };
    if level.as_str() == Some("privileged") {
        report
            .at(level, format!("{} lets privileged pods in", object.title()))
            .help("enforce `baseline` or `restricted`");
    }
}

/// A label of the object; label keys hold dots.
pub(super) fn label<'t>(object: &Object<'t>, key: &str) -> Lookup<'t> {
    match object.node.get("metadata.labels") {
        Lookup::Present(labels) => labels.key_lookup(key),
        other => other,
    }
}
