//! How requests and limits stand to each other, and how much one pod may be.
//!
//! Amounts are compared exactly; one that is filled in later gives no finding. What the numbers ought to be is house
//! style: those rules are turned on by name.

use portcullis_model::kubernetes::{Container, Pod, Quantity};

use super::options;
use super::standard::pod_title;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &GPU_REQUEST_WITHOUT_LIMIT,
    &CPU_LIMIT_FORBIDDEN,
    &REQUESTS_NOT_EQUAL_LIMITS,
    &LIMIT_REQUEST_RATIO_HIGH,
    &TOO_MANY_CONTAINERS,
];

rule! {
    /// GPU is requested without the same limit
    ///
    /// GPUs cannot be shared by halves: the API server refuses a pod whose request has no limit or another one. A limit
    /// alone is enough, and is the request. Gives way to the rule about requests above their limits.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: train }
    /// spec:
    ///   containers:
    ///     - name: train
    ///       image: train:1
    ///       resources:
    ///         requests: { nvidia.com/gpu: 1 }
    /// ```
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: train }
    /// spec:
    ///   containers:
    ///     - name: train
    ///       image: train:1
    ///       resources:
    ///         requests: { nvidia.com/gpu: 1 }
    ///         limits: { nvidia.com/gpu: 2 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: train }
    /// spec:
    ///   containers:
    ///     - { name: a, image: train:1, resources: { limits: { nvidia.com/gpu: 1 } } }
    ///     - { name: b, image: train:1, resources: { requests: { amd.com/gpu: "1" }, limits: { amd.com/gpu: 1 } } }
    ///     - { name: c, image: train:1, resources: { requests: { amd.com/gpu: 1 }, limits: { amd.com/gpu: "${N}" } } }
    /// ```
    GPU_REQUEST_WITHOUT_LIMIT = "k8s-gpu-request-without-limit" {
        check: Check::Pod(gpu_request_without_limit),
        severity: Severity::High,
        peers: &["kyverno:other/check-nvidia-gpu"],
        yields_to: &["k8s-request-exceeds-limit"],
    }
}

rule! {
    /// Container has a CPU limit
    ///
    /// A limit slows a container down while the node's cores stand idle; the request alone shares them fairly. The
    /// opposite of the rule about missing CPU limits, and so turned on by name.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { limits: { cpu: 500m, memory: 1Gi } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { requests: { cpu: 500m }, limits: { memory: 1Gi } } }
    /// ```
    CPU_LIMIT_FORBIDDEN = "k8s-cpu-limit-forbidden" {
        check: Check::Pod(cpu_limit_forbidden),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:other/forbid-cpu-limits"],
    }
}

rule! {
    /// Memory request is not the memory limit
    ///
    /// A container that may use more than it asked for is the first to be killed when the node's memory runs out. With
    /// the option `cpu` the CPU is compared as well, which makes pods of the class Guaranteed. Silent where one of the two
    /// is not written: other rules ask for it. Gives way to the rule about requests above their limits.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       resources:
    ///         requests: { cpu: 100m, memory: 512Mi }
    ///         limits: { cpu: 1, memory: 1Gi }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       resources: { requests: { cpu: 100m, memory: 1Gi }, limits: { cpu: 1, memory: 1024Mi } }
    /// ```
    REQUESTS_NOT_EQUAL_LIMITS = "k8s-requests-not-equal-limits" {
        check: Check::Pod(requests_not_equal_limits),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &[
            "kube-score:container-resource-requests-equal-limits",
            "kube-score:container-memory-requests-equal-limits", "kube-score:container-cpu-requests-equal-limits",
            "kyverno:other/memory-requests-equal-limits", "kyverno:other/require-qos-guaranteed",
        ],
        yields_to: &["k8s-request-exceeds-limit"],
        options: &[OptionMeta {
            name: "cpu",
            shape: OptionShape::Flag,
            docs: "Whether the CPU is compared as well as the memory",
        }],
    }
}

rule! {
    /// Limit is many times the request
    ///
    /// The scheduler counts requests: a node full of pods with small ones and large limits runs out of memory when they
    /// all work. The option `ratio` says how many times the request a limit may be, 4 where it is not set. Looks at CPU
    /// and memory.
    ///
    /// ```yaml bad:10
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       resources:
    ///         requests: { cpu: 500m, memory: 128Mi }
    ///         limits: { cpu: 2, memory: 1Gi }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       resources: { requests: { cpu: 500m, memory: 256Mi }, limits: { cpu: 2, memory: 1Gi } }
    /// ```
    LIMIT_REQUEST_RATIO_HIGH = "k8s-limit-request-ratio-high" {
        check: Check::Pod(limit_request_ratio_high),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:other/enforce-resources-as-ratio"],
        options: &[OptionMeta {
            name: "ratio",
            shape: OptionShape::Number,
            docs: "How many times the request a limit may be; 4 where it is not set",
        }],
    }
}

rule! {
    /// Pod has many containers
    ///
    /// Containers of a pod are placed, scaled and stopped together. The option `most` says how many may run side by side,
    /// sidecars among them; 4 where it is not set. Init containers, which end, are not counted.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: a, image: web:1 }
    ///     - { name: b, image: web:1 }
    ///     - { name: c, image: web:1 }
    ///     - { name: d, image: web:1 }
    ///     - { name: e, image: web:1 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   initContainers: [{ name: a, image: web:1 }, { name: b, image: web:1 }, { name: c, image: web:1 }]
    ///   containers: [{ name: d, image: web:1 }, { name: e, image: web:1 }]
    /// ```
    TOO_MANY_CONTAINERS = "k8s-too-many-containers" {
        check: Check::Pod(too_many_containers),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:other/limit-containers-per-pod"],
        options: &[OptionMeta {
            name: "most",
            shape: OptionShape::Number,
            docs: "How many containers of a pod may run side by side; 4 where it is not set",
        }],
    }
}

fn gpu_request_without_limit(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.lasting_containers() {
        let Lookup::Present(requests) = container.resource("requests") else { continue };
        for (name, request) in requests.entries().filter(|(name, _)| is_gpu(name.text())) {
            let Some(Ok(requested)) = Quantity::of(request) else { continue };
            let limit = match container.resource("limits") {
                Lookup::Present(limits) => limits.key_lookup(name.text()),
                other => other,
            };
            let problem = match limit {
                Lookup::Absent(_) if requested > Quantity::whole(0) => "and sets no limit",
                Lookup::Present(limit) => match Quantity::of(limit) {
                    Some(Ok(limited)) if limited != requested => "and has another limit",
                    _ => continue,
                },
                Lookup::Absent(_) | Lookup::Unknown(_) => continue,
            };
            let message = format!("{} requests {} of `{}` {problem}", container.title(), request.text(), name.text());
            report.at(request, message).help("set the limit to the same number");
        }
    }
}

fn is_gpu(resource: &str) -> bool {
    matches!(resource, "nvidia.com/gpu" | "amd.com/gpu" | "habana.ai/gaudi" | "google.com/tpu")
        || ["nvidia.com/mig-", "gpu.intel.com/"].iter().any(|prefix| resource.starts_with(prefix))
}

fn cpu_limit_forbidden(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.lasting_containers() {
        let Lookup::Present(limit) = container.resource("limits.cpu") else { continue };
        report.at(limit, format!("{} has a CPU limit", container.title())).help("remove it; keep the request");
    }
}

fn requests_not_equal_limits(pod: &Pod<'_>, report: &mut Report<'_>) {
    let resources: &[&str] = if options::flag(report, "cpu") { &["memory", "cpu"] } else { &["memory"] };
    for container in pod.lasting_containers() {
        for resource in resources {
            let Some(pair) = Pair::of(container, resource) else { continue };
            if pair.requested != pair.limited {
                let (title, request, limit) = (container.title(), pair.request.text(), pair.limit.text());
                report
                    .at(pair.request, format!("{title} requests {resource} `{request}` and may use `{limit}`"))
                    .label(pair.limit.span(), "the limit")
                    .help("make them equal");
            }
        }
    }
}

fn limit_request_ratio_high(pod: &Pod<'_>, report: &mut Report<'_>) {
    let ratio = options::number(report, "ratio", 4);
    for container in pod.lasting_containers() {
        for resource in ["memory", "cpu"] {
            let Some(pair) = Pair::of(container, resource) else { continue };
            let Some(most) = pair.requested.nanos.checked_mul(i128::from(ratio)) else { continue };
            if pair.requested > Quantity::whole(0) && pair.limited.nanos > most {
                let (title, request, limit) = (container.title(), pair.request.text(), pair.limit.text());
                let message = format!(
                    "the {resource} limit `{limit}` of {title} is more than {ratio} times the request `{request}`"
                );
                report.at(pair.limit, message).help("raise the request or lower the limit");
            }
        }
    }
}

/// Request and limit of one resource, both written and known.
struct Pair<'t> {
    request: Node<'t>,
    limit: Node<'t>,
    requested: Quantity,
    limited: Quantity,
}

impl<'t> Pair<'t> {
    fn of(container: &Container<'t>, resource: &str) -> Option<Self> {
        let of = |side: &str| container.resource(side).present()?.field(resource);
        let (request, limit) = (of("requests")?, of("limits")?);
        let (Some(Ok(requested)), Some(Ok(limited))) = (Quantity::of(request), Quantity::of(limit)) else {
            return None;
        };
        Some(Self { request, limit, requested, limited })
    }
}

fn too_many_containers(pod: &Pod<'_>, report: &mut Report<'_>) {
    let count = pod.containers.iter().filter(|container| container.keeps_running()).count();
    let most = options::number(report, "most", 4);
    let Some(list) = pod.spec.field("containers") else { return };
    if i64::try_from(count).is_ok_and(|count| count > most) {
        report
            .at(list, format!("{} has {count} containers, and {most} are allowed", pod_title(pod)))
            .help("move what can be scaled by itself to a workload of its own");
    }
}
