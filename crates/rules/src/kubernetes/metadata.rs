//! Whether names, labels and annotations are written as the API server wants them.
//!
//! Names are judged for the API server's own kinds, because other servers have other grammars; each kind has its own
//! grammar and length. What a template fills in later is not judged.

use std::borrow::Cow;

use portcullis_model::kubernetes::{Object, key_fault, label_fault, segment_fault, subdomain_fault, word_fault};
use portcullis_model::placeholder::is_filled_in_later;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&INVALID_METADATA];

rule! {
    /// Name, label or annotation is not valid
    ///
    /// The API server refuses the object. A name has small letters, digits, `-` and for most kinds `.`; those of
    /// Namespaces and Services have at most 63 characters and no dots, those of CronJobs at most 52 and of Jobs at most
    /// 63, others at most 253. The names of RBAC objects may hold anything but `/` and `%`. A label's value has at most
    /// 63 letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit. A key may have a domain and `/`
    /// before such a word. All annotations together have at most 256 KiB. Labels of pod templates count as well.
    ///
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: Web_Shop }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web.shop }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml bad:3
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: a-report-of-everything-that-was-sold-in-the-shop-yesterday }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: web
    ///   labels:
    ///     owner: team shop
    /// ```
    /// ```yaml bad:9
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata:
    ///       labels: { app: web }
    ///       annotations: { example.org/a/b: "" }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: web.v1
    ///   labels: { app.kubernetes.io/name: Web_1.2, empty: "" }
    ///   annotations: { example.org/Contact: "team shop <shop@example.org>", note: "any text: at all" }
    /// ---
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { generateName: migrate- }
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: "system:shop:Reader" }
    /// rules: []
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: "${NAME}_x", labels: { app: "{{ .Values.app }}", team: $TEAM } }
    /// ---
    /// apiVersion: backstage.io/v1alpha1
    /// kind: Component
    /// metadata: { name: Web_Shop }
    /// ```
    INVALID_METADATA = "k8s-invalid-metadata" {
        check: Check::Object(&[], invalid_metadata),
        severity: Severity::High,
        peers: &["kube-score:label-values"],
    }
}

/// How a kind's names are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// Small letters, digits, `-` and `.`.
    Subdomain { longest: usize },
    /// The same without dots.
    Label,
    /// Anything that can be one segment of a path.
    Segment,
    /// Not known, or not worth knowing.
    Any,
}

/// Groups that the API server itself serves, and those of its siblings whose names have its grammar.
pub(super) const GROUPS: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "gateway.networking.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "snapshot.storage.k8s.io",
    "storage.k8s.io",
];

/// Kinds of the core group; other programs write `apiVersion: v1` as well.
const CORE: &[&str] = &[
    "ConfigMap",
    "Endpoints",
    "LimitRange",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "ResourceQuota",
    "Secret",
    "Service",
    "ServiceAccount",
];

/// Where an object has metadata of what it makes, below its `spec`.
const MADE: &[&str] = &["template.metadata", "jobTemplate.metadata", "jobTemplate.spec.template.metadata"];

fn invalid_metadata(object: &Object<'_>, report: &mut Report<'_>) {
    if !GROUPS.contains(&object.group()) || object.group().is_empty() && !CORE.contains(&object.kind) {
        return;
    }
    check_name(object, report);
    let spec = object.node.get("spec");
    for found in [object.metadata()].into_iter().chain(MADE.iter().map(|path| spec.get(path))) {
        let Lookup::Present(metadata) = found else { continue };
        check_labels(object, metadata, report);
        check_annotations(object, metadata, report);
    }
}

fn check_name(object: &Object<'_>, report: &mut Report<'_>) {
    let grammar = grammar(object);
    for (field, suffix) in [("metadata.name", ""), ("metadata.generateName", "x")] {
        let Lookup::Present(node) = object.node.get(field) else { continue };
        let Some(name) = node.as_str() else { continue };
        // The server appends letters and digits to a prefix, and cuts it to fit.
        let whole = if suffix.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(format!("{name}{suffix}")) };
        let Some(fault) = grammar.fault(&whole).filter(|_| !is_template(name)) else { continue };
        let what = if suffix.is_empty() { "name" } else { "name prefix" };
        report
            .at(node, format!("`{name}` is no valid {what} for a {}: {fault}", object.kind))
            .help("use small letters, digits and hyphens, with a letter or digit at both ends");
    }
    let Lookup::Present(node) = object.node.get("metadata.namespace") else { return };
    let Some(name) = node.as_str() else { return };
    if let Some(fault) = Grammar::Label.fault(name).filter(|_| !is_template(name)) {
        report
            .at(node, format!("`{name}` is no valid namespace: {fault}"))
            .help("use small letters, digits and hyphens, with a letter or digit at both ends");
    }
}

fn check_labels(object: &Object<'_>, metadata: Node<'_>, report: &mut Report<'_>) {
    let Lookup::Present(labels) = metadata.get("labels") else { return };
    for (key, value) in labels.entries() {
        if let Some(fault) = key_fault(key.text()).filter(|_| !is_template(key.text())) {
            report
                .at(
                    value.key_place(),
                    format!("label key `{}` of {} is not valid: {fault}", key.text(), object.title()),
                )
                .help("write `name` or `domain/name`");
        }
        // Whether it is a string at all matters only where it is no word.
        let Some(fault) = word_fault(value.text()) else { continue };
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { continue };
        if !is_template(text) {
            report
                .at(value, format!("value `{text}` of label `{}` is not valid: {fault}", key.text()))
                .help("use letters, digits, `-`, `_` and `.`, or write it as an annotation");
        }
    }
}

fn check_annotations(object: &Object<'_>, metadata: Node<'_>, report: &mut Report<'_>) {
    let Lookup::Present(annotations) = metadata.get("annotations") else { return };
    let bytes = || -> usize {
        annotations.entries().map(|(key, value)| key.text().len() + value.as_str().map_or(0, str::len)).sum()
    };
    let written: usize = annotations.entries().map(|(key, value)| key.text().len() + value.text().len()).sum();
    // What is no string does not count, but asking that of each costs more than adding up all.
    if let Some(bytes) = (written > MOST_ANNOTATED).then(bytes).filter(|&bytes| bytes > MOST_ANNOTATED) {
        report
            .at(annotations.key_place(), format!("the annotations of {} have {bytes} bytes together", object.title()))
            .help(format!("keep them below {MOST_ANNOTATED}; larger texts belong in a ConfigMap"));
    }
    for (key, value) in annotations.entries() {
        // The server lowers the case of annotation keys before it looks at them; what is valid stays so.
        if key_fault(key.text()).is_none() || is_template(key.text()) {
            continue;
        }
        let Some(fault) = key_fault(&key.text().to_lowercase()) else { continue };
        report
            .at(
                value.key_place(),
                format!("annotation key `{}` of {} is not valid: {fault}", key.text(), object.title()),
            )
            .help("write `name` or `domain/name`");
    }
}

/// Bytes of all keys and values of an object's annotations.
const MOST_ANNOTATED: usize = 256 * 1024;

fn grammar(object: &Object<'_>) -> Grammar {
    match (object.group(), object.kind) {
        ("", "Namespace" | "Service") => Grammar::Label,
        ("rbac.authorization.k8s.io", _) => Grammar::Segment,
        ("batch", "CronJob") => Grammar::Subdomain { longest: 52 },
        // The name becomes a label of the job's pods.
        ("batch", "Job") => Grammar::Subdomain { longest: 63 },
        ("certificates.k8s.io", _) => Grammar::Any,
        // The name of an address is the address.
        ("networking.k8s.io", "IPAddress") => Grammar::Any,
        _ => Grammar::Subdomain { longest: 253 },
    }
}

impl Grammar {
    /// What is wrong with a name.
    fn fault(self, name: &str) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Segment => segment_fault(name),
            Self::Label => label_fault(name, 63),
            Self::Subdomain { longest } => subdomain_fault(name, longest),
        }
    }
}

/// Whether some tool fills the text in later: `$NAME`, `<name>`, `%NAME%`, `@name@`, `{name}`.
fn is_template(text: &str) -> bool {
    text.contains(['%', '<']) || is_filled_in_later(text)
}
