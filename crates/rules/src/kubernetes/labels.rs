//! Labels that a team wants on its objects.
//!
//! House style: both rules are turned on by name. Labels that Kustomize or Helm adds later are not seen.

use portcullis_model::kubernetes::Object;

use super::namespaces::WORKLOADS;
use super::pod_security_labels::label;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&REQUIRED_LABELS_MISSING, &COMMON_LABELS_MISSING];

rule! {
    /// Object lacks a label that every object must have
    ///
    /// Labels say whom to call and whom to charge. The option `labels` names the keys; where it is not set, `owner` is
    /// asked for. An empty value counts as none. Looks at every object with metadata; silent where its labels are not
    /// known.
    ///
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   labels: { app: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, labels: { owner: shop } }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    REQUIRED_LABELS_MISSING = "k8s-required-labels-missing" {
        check: Check::Object(&[], required_labels_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kube-linter:required-label-owner", "kubescape:C-0076", "kyverno:best-practices/require-labels"],
        options: &[OptionMeta {
            name: "labels",
            shape: OptionShape::Strings,
            docs: "Keys of the labels that every object must have; `owner` where it is not set",
        }],
    }
}

rule! {
    /// Workload lacks the recommended label for its name
    ///
    /// Dashboards and tools find the parts of an application by the labels `app.kubernetes.io/name`, `instance`,
    /// `version`, `component`, `part-of` and `managed-by`. A workload without its `name` is in no list of theirs. Looks
    /// at workloads and Services.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   labels: { app: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, labels: { app.kubernetes.io/name: web } }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// ```
    COMMON_LABELS_MISSING = "k8s-common-labels-missing" {
        check: Check::Object(&[], common_labels_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kubescape:C-0077", "polaris:metadataAndInstanceMismatched"],
    }
}

fn required_labels_missing(object: &Object<'_>, report: &mut Report<'_>) {
    // What has no metadata is a program's configuration and never in a cluster.
    let Lookup::Present(_) = object.metadata() else { return };
    let configured = report.options().map_or(&[][..], |options| options.strings("labels"));
    let keys: Vec<&str> =
        if configured.is_empty() { vec!["owner"] } else { configured.iter().map(String::as_str).collect() };
    let missing: Vec<&str> = keys.into_iter().filter(|key| is_missing(label(object, key))).collect();
    let Some(first) = missing.first() else { return };
    let anchor = match label(object, first) {
        Lookup::Absent(anchor) => anchor,
        Lookup::Present(empty) => portcullis_syntax::Anchor { parent: empty },
        Lookup::Unknown(_) => return,
    };
    let labels = missing.join("` and `");
    report.at(anchor, format!("{} has no label `{labels}`", object.title())).help("add it under `metadata.labels`");
}

fn is_missing(label: Lookup<'_>) -> bool {
    match label {
        Lookup::Absent(_) => true,
        Lookup::Present(value) => value.as_str().is_some_and(str::is_empty),
        Lookup::Unknown(_) => false,
    }
}

fn common_labels_missing(object: &Object<'_>, report: &mut Report<'_>) {
    if object.kind != "Service" && !WORKLOADS.contains(&object.kind) {
        return;
    }
    let Lookup::Absent(anchor) = label(object, "app.kubernetes.io/name") else { return };
    report
        .at(anchor, format!("{} has no label `app.kubernetes.io/name`", object.title()))
        .help("label it with the recommended labels, its `app.kubernetes.io/name` at least");
}
