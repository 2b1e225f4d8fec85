//! What a house wants of its manifests: annotations, the order of keys, the kinds that are used.
//!
//! All of them are turned on by name. What Kustomize or Helm adds later is not seen.

use portcullis_model::kubernetes::Object;
use portcullis_syntax::Anchor;

use super::options;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&REQUIRED_ANNOTATIONS_MISSING, &FORBIDDEN_ANNOTATION, &KEYS_UNSORTED, &DISALLOWED_KIND];

rule! {
    /// Object lacks an annotation that every object must have
    ///
    /// Annotations say whom to ask. The option `annotations` names the keys; where it is not set, `email` is asked for. An
    /// empty value counts as none. Looks at every object with metadata; silent where its annotations are not known.
    ///
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, annotations: { email: shop@example.org } }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    REQUIRED_ANNOTATIONS_MISSING = "k8s-required-annotations-missing" {
        check: Check::Object(&[], required_annotations_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kube-linter:required-annotation-email", "kyverno:other/require-annotations"],
        options: &[OptionMeta {
            name: "annotations",
            shape: OptionShape::Strings,
            docs: "Keys of the annotations that every object must have; `email` where it is not set",
        }],
    }
}

rule! {
    /// Object has an annotation that is not allowed
    ///
    /// The option `annotations` names the keys that must not be written. Where it is not set, it is the one in which
    /// `kubectl apply` keeps the whole object: who commits it has exported the manifest from a cluster.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     kubectl.kubernetes.io/last-applied-configuration: "{}"
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, annotations: { email: shop@example.org } }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    FORBIDDEN_ANNOTATION = "k8s-forbidden-annotation" {
        check: Check::Object(&[], forbidden_annotation),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kube-linter:forbidden-annotation", "kyverno:other/restrict-annotations"],
        options: &[OptionMeta {
            name: "annotations",
            shape: OptionShape::Strings,
            docs: "Keys of annotations that no object may have",
        }],
    }
}

rule! {
    /// Keys are not in alphabetical order
    ///
    /// Sorted keys are found at once and make small diffs. Reported is the first key of the object that stands after a
    /// greater one, in whichever mapping. What merge keys bring is not compared, and objects without metadata are not looked
    /// at.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: web
    ///   labels: { app: web }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// data: { a: "1", b: "2" }
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// ```
    KEYS_UNSORTED = "k8s-keys-unsorted" {
        check: Check::Object(&[], keys_unsorted),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kube-linter:sorted-keys"],
    }
}

rule! {
    /// Object is of a kind that is not allowed
    ///
    /// The option `kinds` lists kinds that must not be used: `Ingress`, `extensions/Ingress`, or with the version
    /// `networking.k8s.io/v1/Ingress`, `v1/Pod`. Where it is not set, those are listed that other kinds have replaced:
    /// ReplicationController, ReplicaSet and PodTemplate.
    ///
    /// ```yaml bad:2
    /// apiVersion: v1
    /// kind: ReplicationController
    /// metadata: { name: web }
    /// spec: { replicas: 1 }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec: { replicas: 1 }
    /// ```
    DISALLOWED_KIND = "k8s-disallowed-kind" {
        check: Check::Object(&[], disallowed_kind),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kube-linter:disallowed-api-obj", "kubeconform:reject"],
        options: &[OptionMeta {
            name: "kinds",
            shape: OptionShape::Strings,
            docs: "Kinds that must not be used: `KIND`, `GROUP/KIND` or `GROUP/VERSION/KIND`",
        }],
    }
}

fn required_annotations_missing(object: &Object<'_>, report: &mut Report<'_>) {
    // What has no metadata is a program's configuration and never in a cluster.
    let Lookup::Present(_) = object.metadata() else { return };
    let wanted = options::list(report, "annotations", &["email"]);
    let missing: Vec<(&str, Anchor<'_>)> =
        wanted.into_iter().filter_map(|key| Some((key, missing(object.annotation(key))?))).collect();
    let Some((_, anchor)) = missing.first() else { return };
    let keys: Vec<&str> = missing.iter().map(|(key, _)| *key).collect();
    report
        .at(*anchor, format!("{} has no annotation `{}`", object.title(), keys.join("` and `")))
        .help("add it under `metadata.annotations`");
}

/// Where to say that an annotation is missing, if it is.
fn missing(annotation: Lookup<'_>) -> Option<Anchor<'_>> {
    match annotation {
        Lookup::Absent(anchor) => Some(anchor),
        Lookup::Present(value) => value.as_str().is_some_and(str::is_empty).then_some(Anchor { parent: value }),
        Lookup::Unknown(_) => None,
    }
}

fn forbidden_annotation(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(annotations) = object.node.get("metadata.annotations") else { return };
    let forbidden = options::list(report, "annotations", &["kubectl.kubernetes.io/last-applied-configuration"]);
    for (key, value) in annotations.entries().filter(|(key, _)| forbidden.contains(&key.text())) {
        report
            .at(value.key_place(), format!("{} has the annotation `{}`", object.title(), key.text()))
            .help("remove it");
    }
}

/// As deep as the parser lets documents be.
const DEPTH: usize = 128;

fn keys_unsorted(object: &Object<'_>, report: &mut Report<'_>) {
    // As above: other programs' files have orders of their own.
    let Lookup::Present(_) = object.metadata() else { return };
    let Some((value, before)) = unsorted(object.node, DEPTH) else { return };
    let key = value.key().map_or("", Node::text);
    report.at(value.key_place(), format!("`{key}` stands after `{before}`")).help("sort the keys of the mapping");
}

/// The first value whose key stands after a greater one, and that one.
fn unsorted(node: Node<'_>, depth: usize) -> Option<(Node<'_>, &str)> {
    let depth = depth.checked_sub(1)?;
    let mut last: Option<Node<'_>> = None;
    for (key, value) in node.entries() {
        match last {
            // What a merge key brings was written elsewhere, and stands last here.
            Some(last) if key.span().start < last.span().start => break,
            Some(last) if key.text() < last.text() => return Some((value, last.text())),
            _ => {}
        }
        last = Some(key);
        if let Some(found) = unsorted(value, depth) {
            return Some(found);
        }
    }
    node.items().find_map(|item| unsorted(item, depth))
}

/// Kinds that Deployments and other kinds have replaced, or make themselves.
const REPLACED: &[&str] = &["v1/ReplicationController", "apps/v1/ReplicaSet", "v1/PodTemplate"];

fn disallowed_kind(object: &Object<'_>, report: &mut Report<'_>) {
    let kinds = options::list(report, "kinds", REPLACED);
    if kinds.iter().any(|entry| is_of(object, entry))
        && let Lookup::Present(kind) = object.node.get("kind")
    {
        report
            .at(kind, format!("{} is of a kind that is not allowed", object.title()))
            .help("use another kind, or take this one from the rule's `kinds`");
    }
}

fn is_of(object: &Object<'_>, entry: &str) -> bool {
    match entry.rsplit_once('/') {
        None => object.kind == entry,
        Some((group, kind)) => object.kind == kind && (object.api_version == group || object.group() == group),
    }
}
