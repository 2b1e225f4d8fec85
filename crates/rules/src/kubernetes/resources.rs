//! Containers that do not say what they need or how much they may take.
//!
//! Main, init and sidecar containers count; ephemeral ones cannot have resources. A request that is absent is the
//! limit, as the API server fills it in, and what the pod as a whole sets counts for its containers. What a LimitRange of the
//! scan gives counts too; what one outside of it or an admission webhook adds cannot be known.

use portcullis_model::facts::{AmountSet, Claim, Side};
use portcullis_model::kubernetes::{Container, Pod};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &MEMORY_REQUEST_MISSING,
    &MEMORY_LIMIT_MISSING,
    &CPU_REQUEST_MISSING,
    &CPU_LIMIT_MISSING,
    &EPHEMERAL_STORAGE_MISSING,
];

rule! {
    /// Container requests no memory
    ///
    /// The scheduler then counts it as needing nothing, packs the node until it is full, and such containers are among
    /// the first that the kernel kills. Silent where a limit is set, because the request is then the limit, where
    /// the pod as a whole sets one, and where a LimitRange of the namespace gives one.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { requests: { cpu: 100m } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, resources: { requests: { memory: 64Mi } } }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, resources: { limits: { memory: 64Mi } } }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   resources: { requests: { memory: 256Mi } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: "${RESOURCES}" }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, defaultRequest: { memory: 64Mi } }] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, default: { memory: 64Mi } }] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, min: { memory: 64Mi } }] }
    /// ```
    MEMORY_REQUEST_MISSING = "k8s-memory-request-missing" {
        check: Check::Pod(|pod, report| request_missing(pod, report, "memory")),
        severity: Severity::Low,
        tags: &["across-files"],
        peers: &[
            "trivy:KSV-0016", "checkov:CKV_K8S_12", "polaris:memoryRequestsMissing", "kubescape:C-0269",
            "kube-score:container-resources", "kyverno:require-pod-requests-limits",
        ],
    }
}

rule! {
    /// Container has no memory limit
    ///
    /// A leak in it can take all of the node's memory, and the kernel then kills whatever it likes, other teams' pods
    /// included. Silent where the pod as a whole has a limit, and where a LimitRange of the namespace gives one.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { requests: { memory: 64Mi } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, resources: { limits: { memory: 64Mi } } }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   resources: { limits: { memory: 256Mi } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, default: { memory: 64Mi } }] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, max: { memory: 1Gi } }] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: "${NAMESPACE}" }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual }
    /// spec: { limits: ["${LIMITS}"] }
    /// ```
    /// ```yaml bad:4
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, defaultRequest: { memory: 64Mi }, default: { cpu: 1 } }] }
    /// ```
    /// ```yaml bad:4
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Pod, max: { memory: 1Gi } }] }
    /// ```
    /// ```yaml bad:4
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: other }
    /// spec: { limits: [{ type: Container, default: { memory: 64Mi } }] }
    /// ```
    MEMORY_LIMIT_MISSING = "k8s-memory-limit-missing" {
        check: Check::Pod(|pod, report| limit_missing(pod, report, "memory")),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &[
            "kube-linter:unset-memory-requirements", "trivy:KSV-0018", "checkov:CKV_K8S_13",
            "polaris:memoryLimitsMissing", "kubescape:C-0004", "kubescape:C-0009", "kubescape:C-0271",
            "kube-score:container-resources", "kyverno:require-pod-requests-limits",
        ],
    }
}

rule! {
    /// Container requests no CPU
    ///
    /// Its share of a busy node is then next to nothing, and an autoscaler that goes by utilisation has nothing to
    /// divide by. Silent where a limit is set, because the request is then the limit, where the pod as a whole
    /// sets one, and where a LimitRange of the namespace gives one.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { requests: { memory: 64Mi } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, resources: { requests: { cpu: 100m } } }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, resources: { limits: { cpu: 100m } } }] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, defaultRequest: { cpu: 100m } }] }
    /// ```
    CPU_REQUEST_MISSING = "k8s-cpu-request-missing" {
        check: Check::Pod(|pod, report| request_missing(pod, report, "cpu")),
        severity: Severity::Low,
        tags: &["across-files"],
        peers: &[
            "kube-linter:unset-cpu-requirements", "trivy:KSV-0015", "checkov:CKV_K8S_10", "polaris:cpuRequestsMissing",
            "kubescape:C-0268", "kube-score:container-resources",
        ],
    }
}

rule! {
    /// Container has no CPU limit
    ///
    /// Whether it should have one is contested: a limit slows a container down while the node idles, and requests
    /// alone share a busy CPU fairly. For clusters where every workload must have a fixed budget. Silent where a LimitRange
    /// of the namespace gives one.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { requests: { cpu: 100m } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, resources: { limits: { cpu: "1" } } }] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, default: { cpu: 100m } }] }
    /// ```
    CPU_LIMIT_MISSING = "k8s-cpu-limit-missing" {
        check: Check::Pod(|pod, report| limit_missing(pod, report, "cpu")),
        severity: Severity::Info,
        profile: Profile::OptIn,
        tags: &["across-files"],
        peers: &[
            "trivy:KSV-0011", "checkov:CKV_K8S_11", "polaris:cpuLimitsMissing", "kubescape:C-0009", "kubescape:C-0050",
            "kubescape:C-0270", "kube-score:container-resources", "kyverno:other/require-cpu-limits",
        ],
    }
}

rule! {
    /// Container has no limit for ephemeral storage
    ///
    /// Its logs, its writable layer and its `emptyDir` volumes can fill the node's disk, and the kubelet then evicts
    /// other pods as well. A limit alone is enough: the request is then the same. Silent where a LimitRange of the
    /// namespace gives one.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { requests: { ephemeral-storage: 1Gi } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, resources: { limits: { ephemeral-storage: 1Gi } } }] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, default: { ephemeral-storage: 1Gi } }] }
    /// ```
    EPHEMERAL_STORAGE_MISSING = "k8s-ephemeral-storage-missing" {
        check: Check::Pod(|pod, report| limit_missing(pod, report, "ephemeral-storage")),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &[
            "kube-score:container-ephemeral-storage-request-and-limit",
            "kube-score:container-ephemeral-storage-request-equals-limit",
        ],
    }
}

fn request_missing(pod: &Pod<'_>, report: &mut Report<'_>, resource: &str) {
    for container in pod.lasting_containers() {
        let Lookup::Absent(_) = resource_of(pod, container, "limits", resource) else { continue };
        let Lookup::Absent(anchor) = resource_of(pod, container, "requests", resource) else { continue };
        let message = format!("{} requests no {}", container.title(), noun(resource));
        let claim = not_given(pod, report, Side::Requests, resource);
        report
            .claim(anchor, message, claim)
            .help(format!("set `resources.requests.{resource}` to what it uses in normal work"));
    }
}

fn limit_missing(pod: &Pod<'_>, report: &mut Report<'_>, resource: &str) {
    for container in pod.lasting_containers() {
        let Lookup::Absent(anchor) = resource_of(pod, container, "limits", resource) else { continue };
        let message = format!("{} has no {} limit", container.title(), noun(resource));
        let claim = not_given(pod, report, Side::Limits, resource);
        report
            .claim(anchor, message, claim)
            .help(format!("set `resources.limits.{resource}` to the most that it may take"));
    }
}

/// That no LimitRange of the scan writes the amount into the pod before the scheduler sees it.
fn not_given(pod: &Pod<'_>, report: &Report<'_>, side: Side, resource: &str) -> Claim {
    Claim::NotGiven { sought: report.facts().sought(&pod.object), amount: AmountSet::of(side, resource) }
}

/// A container's request or limit, else the pod's as a whole; absence is anchored at the container.
fn resource_of<'t>(pod: &Pod<'t>, container: &Container<'t>, side: &str, resource: &str) -> Lookup<'t> {
    let own = container.resource(side).get(resource);
    if own.absent().is_none() {
        return own;
    }
    match pod.get("resources").get(side).get(resource) {
        Lookup::Absent(_) => own,
        whole => whole,
    }
}

fn noun(resource: &str) -> &str {
    match resource {
        "cpu" => "CPU",
        other => other,
    }
}
