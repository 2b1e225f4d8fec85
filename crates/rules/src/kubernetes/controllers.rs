//! What a controller wants of the pods that it makes, and pods that no controller makes.
//!
//! Selectors have the API server's full meaning. A label that is filled in later mutes the comparison.

use std::collections::BTreeMap;

use portcullis_model::facts::labels;
use portcullis_model::kubernetes::{Object, Pod, Requirement, Wanted, requirements};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SELECTOR_TEMPLATE_MISMATCH, &RESTART_POLICY_INVALID, &NAKED_POD];

rule! {
    /// Selector does not match the labels of the pod template
    ///
    /// The API server refuses the object: a controller must own the pods that it makes. `matchLabels` and
    /// `matchExpressions` must all hold; the selector of a ReplicationController or DeploymentConfig is a map of labels.
    /// Silent where a label's value is not known.
    ///
    /// ```yaml bad:6
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector:
    ///     matchLabels: { app: web }
    ///   template:
    ///     metadata: { labels: { app: www } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db }
    /// spec:
    ///   selector:
    ///     matchLabels: { app: db }
    ///     matchExpressions:
    ///       - { key: tier, operator: In, values: [primary, replica] }
    ///   template:
    ///     metadata: { labels: { app: db } }
    ///     spec: { containers: [{ name: db, image: db:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata: { name: agent }
    /// spec:
    ///   selector:
    ///     matchLabels: { app: agent }
    ///     matchExpressions: [{ key: canary, operator: DoesNotExist }, { key: tier, operator: NotIn, values: [edge] }]
    ///   template:
    ///     metadata: { labels: { app: agent, team: x } }
    ///     spec: { containers: [{ name: agent, image: agent:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: "${APP}" } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: ReplicationController
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   template:
    ///     metadata: { labels: { app: www } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "@daily"
    ///   jobTemplate:
    ///     spec:
    ///       selector: { matchLabels: { app: report } }
    ///       template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } }
    /// ```
    /// ```yaml good
    /// apiVersion: apps.openshift.io/v1
    /// kind: DeploymentConfig
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    SELECTOR_TEMPLATE_MISMATCH = "k8s-selector-template-mismatch" {
        check: Check::Object(
            &[
                "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController",
                "DeploymentConfig",
            ],
            selector_template_mismatch,
        ),
        severity: Severity::High,
        peers: &[
            "kube-linter:mismatching-selector", "kubescape:C-0296",
            "kube-score:deployment-pod-selector-labels-match-template-metadata-labels",
            "kube-score:statefulset-pod-selector-labels-match-template-metadata-labels",
        ],
    }
}

rule! {
    /// Restart policy is not allowed for this kind
    ///
    /// The API server refuses the object. Pods that run until they are replaced restart `Always`; those of a Job or
    /// CronJob `Never` or `OnFailure`, and must say which, because the default is `Always`.
    ///
    /// ```yaml bad:8
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { restartPolicy: OnFailure, containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { name: report }
    /// spec:
    ///   template:
    ///     spec:
    ///       containers: [{ name: report, image: report:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { restartPolicy: Always, containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: report }
    /// spec:
    ///   schedule: "0 3 * * *"
    ///   jobTemplate:
    ///     spec: { template: { spec: { restartPolicy: OnFailure, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    RESTART_POLICY_INVALID = "k8s-restart-policy-invalid" {
        check: Check::Pod(restart_policy_invalid),
        severity: Severity::Medium,
        peers: &["kube-linter:restart-policy", "kube-score:cronjob-restartpolicy"],
    }
}

rule! {
    /// Pod is not made by a controller
    ///
    /// When its node goes, nothing makes it again, and an update means to delete it first. Silent for hooks of Helm and
    /// Argo CD, which are to run once, and for the control plane's static pods, which the kubelet keeps.
    ///
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web-test, annotations: { helm.sh/hook: test } }
    /// spec: { restartPolicy: Never, containers: [{ name: test, image: test:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system, labels: { tier: control-plane } }
    /// spec: { containers: [{ name: kube-apiserver, image: "registry.k8s.io/kube-apiserver:v1.34.0" }] }
    /// ```
    NAKED_POD = "k8s-naked-pod" {
        check: Check::Object(&["Pod"], naked_pod),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kubescape:C-0073", "kyverno:other/prevent-bare-pods"],
    }
}

fn selector_template_mismatch(object: &Object<'_>, report: &mut Report<'_>) {
    if !object.is_builtin() && object.group() != "apps.openshift.io" {
        return;
    }
    let spec = object.node.get(if object.kind == "CronJob" { "spec.jobTemplate.spec" } else { "spec" });
    let Lookup::Present(selector) = spec.get("selector") else { return };
    let template_labels = spec.get("template").get("metadata.labels");
    let labels = match template_labels {
        Lookup::Present(node) => labels(node),
        Lookup::Absent(_) => Some(BTreeMap::new()),
        Lookup::Unknown(_) => None,
    };
    let Some(labels) = labels else { return };
    let wanted = match object.kind {
        "ReplicationController" | "DeploymentConfig" => equal_labels(selector),
        _ => requirements(selector),
    };
    for wanted in wanted.iter().filter(|wanted| !wanted.accepts(&labels)) {
        let draft = report.at(wanted.node, format!("the selector of {} {}", object.title(), mismatch(wanted, &labels)));
        draft.help("give the pod template the labels that the selector asks for");
        if let Lookup::Present(node) = template_labels {
            draft.label(node.title_span(), "the pods' labels");
        }
    }
}

/// A selector from before there were expressions: a map of labels.
fn equal_labels<'t>(selector: Node<'t>) -> Vec<Requirement<'t>> {
    let equal = |(key, value): (Node<'t>, Node<'t>)| {
        Some(Requirement { node: value, key: key.text(), wanted: Wanted::In(vec![value.as_str()?]) })
    };
    selector.entries().filter_map(equal).collect()
}

fn mismatch(requirement: &Requirement<'_>, labels: &BTreeMap<String, String>) -> String {
    let key = requirement.key;
    let wants = match &requirement.wanted {
        Wanted::In(values) => format!("wants `{key}: {}`", values.join("` or `")),
        Wanted::NotIn(values) => format!("wants `{key}` to be other than `{}`", values.join("` and `")),
        Wanted::Exists => format!("wants a label `{key}`"),
        Wanted::DoesNotExist => format!("wants no label `{key}`"),
    };
    match labels.get(key) {
        Some(value) => format!("{wants}, but the pods have `{key}: {value}`"),
        None => format!("{wants}, but the pods have no such label"),
    }
}

fn restart_policy_invalid(pod: &Pod<'_>, report: &mut Report<'_>) {
    let object = &pod.object;
    let allowed: &[&str] = match (object.group(), object.kind) {
        ("apps" | "extensions", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("", "ReplicationController") => &["Always"],
        ("batch", "Job" | "CronJob") => &["OnFailure", "Never"],
        ("", "Pod") => &["Always", "OnFailure", "Never"],
        _ => return,
    };
    let choice = format!("`{}`", allowed.join("` or `"));
    match pod.get("restartPolicy") {
        Lookup::Present(policy) => {
            let Some(text) = policy.as_str().filter(|text| !allowed.contains(text)) else { return };
            report
                .at(policy, format!("restart policy `{text}` is not allowed for {}", object.title()))
                .help(format!("set it to {choice}"));
        }
        Lookup::Absent(anchor) if !allowed.contains(&"Always") => {
            report
                .at(anchor, format!("{} has no restart policy; the default `Always` is not allowed", object.title()))
                .help(format!("set `restartPolicy` to {choice}"));
        }
        Lookup::Absent(_) | Lookup::Unknown(_) => {}
    }
}

fn naked_pod(object: &Object<'_>, report: &mut Report<'_>) {
    if !object.group().is_empty() || is_hook(object) || is_static(object) {
        return;
    }
    let Lookup::Absent(_) = object.node.get("metadata.ownerReferences") else { return };
    report
        .at(object.node, format!("{} is made by no controller", object.title()))
        .help("make it with a Deployment, or with a Job if it is to run once");
}

/// Whether Helm or Argo CD makes the object at a point of a release and may delete it afterwards. True where the
/// annotations are not known.
pub(super) fn is_hook(object: &Object<'_>) -> bool {
    ["helm.sh/hook", "argocd.argoproj.io/hook"].iter().any(|key| object.annotation(key).absent().is_none())
}

/// Whether it is a manifest of the control plane that the kubelet reads from its disk.
pub(super) fn is_static(object: &Object<'_>) -> bool {
    object.namespace == Some("kube-system")
        && object.node.get("metadata.labels.tier").present().and_then(Node::as_str) == Some("control-plane")
}
