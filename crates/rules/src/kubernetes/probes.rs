//! Whether the kubelet can tell that a container works.
//!
//! Only main containers of pods that run until they are replaced need probes: jobs end, and what a sidecar serves is its
//! own affair. A program that answers its own health checks in another way cannot be seen.

use portcullis_model::facts::{Claim, Labels};
use portcullis_model::kubernetes::{Container, Lifetime, Pod, Role};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&LIVENESS_PROBE_MISSING, &READINESS_PROBE_MISSING, &PROBES_IDENTICAL, &PROBE_ON_INIT_CONTAINER];

rule! {
    /// Container has no liveness probe
    ///
    /// A program that hangs is never restarted: to the kubelet a process that exists is alive. Silent for init
    /// containers, sidecars and jobs.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   initContainers:
    ///     - { name: setup, image: setup:1 }
    ///     - { name: proxy, image: proxy:1, restartPolicy: Always }
    ///   containers:
    ///     - { name: web, image: web:1, livenessProbe: { httpGet: { path: /live, port: 8080 } } }
    /// ```
    /// ```yaml good
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { name: report }
    /// spec: { template: { spec: { restartPolicy: Never, containers: [{ name: report, image: report:1 }] } } }
    /// ```
    LIVENESS_PROBE_MISSING = "k8s-liveness-probe-missing" {
        check: Check::Pod(liveness_probe_missing),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &[
            "kube-linter:no-liveness-probe", "checkov:CKV_K8S_8", "polaris:livenessProbeMissing", "kubescape:C-0056",
            "kube-score:pod-probes", "kyverno:best-practices/require-probes",
        ],
    }
}

rule! {
    /// Container behind a Service has no readiness probe
    ///
    /// The Service sends it requests from the moment that its process starts, and goes on while it cannot answer: every
    /// rollout drops some. Reported where a Service of the scan selects the pod, for the containers that declare a
    /// port, or for all main ones where none does.
    ///
    /// ```yaml bad:9
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: web:1, ports: [{ containerPort: 80 }] }, { name: log, image: log:1 }]
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: worker }
    /// spec:
    ///   selector: { matchLabels: { app: worker } }
    ///   template:
    ///     metadata: { labels: { app: worker } }
    ///     spec: { containers: [{ name: worker, image: worker:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, labels: { app: web } }
    /// spec:
    ///   containers: [{ name: web, image: web:1, readinessProbe: { tcpSocket: { port: 80 } } }]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    READINESS_PROBE_MISSING = "k8s-readiness-probe-missing" {
        check: Check::Pod(readiness_probe_missing),
        severity: Severity::Low,
        tags: &["across-files"],
        peers: &[
            "kube-linter:no-readiness-probe", "checkov:CKV_K8S_9", "polaris:readinessProbeMissing", "kubescape:C-0018",
            "kube-score:pod-probes", "kyverno:best-practices/require-probes",
        ],
    }
}

rule! {
    /// Liveness and readiness probe ask the same
    ///
    /// Readiness should fail when the container cannot serve now, liveness only when a restart would help. With one
    /// endpoint for both, a slow database restarts every replica at once. Thresholds and delays do not count: they only
    /// put it off.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       livenessProbe: { httpGet: { path: /health, port: 80 }, failureThreshold: 10 }
    ///       readinessProbe: { httpGet: { port: 80, path: /health } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       livenessProbe: { httpGet: { path: /live, port: 80 } }
    ///       readinessProbe: { httpGet: { path: /ready, port: 80 } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       livenessProbe: { httpGet: { path: "${LIVE}", port: 80 } }
    ///       readinessProbe: { httpGet: { path: "${READY}", port: 80 } }
    /// ```
    PROBES_IDENTICAL = "k8s-probes-identical" {
        check: Check::Pod(probes_identical),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kube-score:pod-probes-identical", "kyverno:other/ensure-probes-different"],
    }
}

rule! {
    /// Init container has a probe
    ///
    /// The API server refuses the pod: an init container is done when it ends. Only a sidecar, an init container with
    /// `restartPolicy: Always`, may have probes.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       image: setup:1
    ///       readinessProbe: { tcpSocket: { port: 80 } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   initContainers:
    ///     - { name: proxy, image: proxy:1, restartPolicy: Always, readinessProbe: { tcpSocket: { port: 80 } } }
    ///   containers: [{ name: web, image: web:1, readinessProbe: { tcpSocket: { port: 80 } } }]
    /// ```
    PROBE_ON_INIT_CONTAINER = "k8s-probe-on-init-container" {
        check: Check::Pod(probe_on_init_container),
        severity: Severity::High,
    }
}

fn liveness_probe_missing(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in serving(pod) {
        let Lookup::Absent(anchor) = container.get("livenessProbe") else { continue };
        report
            .at(anchor, format!("{} has no liveness probe", container.title()))
            .help("add a `livenessProbe` that fails only when a restart would help");
    }
}

fn readiness_probe_missing(pod: &Pod<'_>, report: &mut Report<'_>) {
    let declares_port = |container: &Container<'_>| container.get("ports").absent().is_none();
    let any_declares_port = serving(pod).any(declares_port);
    for container in serving(pod).filter(|container| !any_declares_port || declares_port(container)) {
        let Lookup::Absent(anchor) = container.get("readinessProbe") else { continue };
        let claim =
            Claim::SelectedByService { namespace: report.namespace(&pod.object), labels: Labels::of(pod.template) };
        report
            .claim(anchor, format!("{} serves a Service and has no readiness probe", container.title()), claim)
            .help("add a `readinessProbe` that succeeds once it can answer requests");
    }
}

fn probes_identical(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers.iter().filter(|container| container.keeps_running()) {
        let Lookup::Present(liveness) = container.get("livenessProbe") else { continue };
        let Lookup::Present(readiness) = container.get("readinessProbe") else { continue };
        let same = |handler: &&&str| match (liveness.field(handler), readiness.field(handler)) {
            (Some(one), Some(other)) => is_same(one, other, HANDLER_DEPTH),
            _ => false,
        };
        if let Some(handler) = HANDLERS.iter().find(same) {
            let message = format!("liveness and readiness probe of {} run the same `{handler}`", container.title());
            report
                .at(liveness, message)
                .label(readiness.title_span(), "the readiness probe")
                .help("let the liveness probe ask only whether the process itself works");
        }
    }
}

fn probe_on_init_container(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers.iter().filter(|container| container.role == Role::Init) {
        if container.get("restartPolicy").is_unknown() {
            continue;
        }
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"];
        let Some(probe) = probes.iter().find_map(|probe| container.get(probe).present()) else { continue };
        let key = probe.key().map_or("", Node::text);
        report
            .at(probe, format!("{} has a `{key}`, which only main containers and sidecars may have", container.title()))
            .help("remove it, or make the container a sidecar with `restartPolicy: Always`");
    }
}

/// The main containers of a pod that runs until it is replaced.
fn serving<'p, 't>(pod: &'p Pod<'t>) -> impl Iterator<Item = &'p Container<'t>> {
    let serves = pod.lifetime == Lifetime::Serving;
    pod.containers.iter().filter(move |container| serves && container.role == Role::Main)
}

const HANDLERS: &[&str] = &["httpGet", "tcpSocket", "exec", "grpc"];

/// Handlers nest no deeper than a list of headers.
const HANDLER_DEPTH: usize = 6;

/// Whether two values are known to be equal, whatever the order of keys.
fn is_same(one: Node<'_>, other: Node<'_>, depth: usize) -> bool {
    match (one.value(), other.value()) {
        (Value::Map(_), Value::Map(_)) => {
            let mut entries = one.entries();
            depth > 0
                && !one.is_open()
                && !other.is_open()
                && entries.len() == other.entries().len()
                && entries
                    .all(|(key, value)| other.field(key.text()).is_some_and(|other| is_same(value, other, depth - 1)))
        }
        (Value::List(_), Value::List(_)) => {
            depth > 0
                && one.items().len() == other.items().len()
                && one.items().zip(other.items()).all(|(one, other)| is_same(one, other, depth - 1))
        }
        (Value::Null, Value::Null) => true,
        // The same placeholders become the same text.
        (Value::Template(one), Value::Template(other)) => one.raw == other.raw,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Number(one), Value::Number(other)) | (Value::String(one), Value::String(other)) => one == other,
        _ => false,
    }
}
