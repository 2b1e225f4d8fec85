//! Probes that name a port which the container does not declare.
//!
//! Only names are judged: a number needs no declaration. Digits in quotes are no name, which the rule about refused objects
//! says.

use portcullis_model::kubernetes::{Container, Pod, Role};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&LIVENESS_PORT_UNDECLARED, &READINESS_PORT_UNDECLARED, &STARTUP_PORT_UNDECLARED];

rule! {
    /// Liveness probe names a port that the container does not have
    ///
    /// The kubelet cannot find the port, the probe fails every time, and the container is restarted for ever. Silent
    /// for numbers, which need no declaration, and where a port's name is filled in later.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports: [{ name: web, containerPort: 8080 }]
    ///       livenessProbe: { httpGet: { path: /, port: http } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports: [{ name: http, containerPort: 8080 }]
    ///       livenessProbe: { httpGet: { path: /, port: http } }
    ///     - { name: admin, image: admin:1, livenessProbe: { tcpSocket: { port: 9090 } } }
    /// ```
    LIVENESS_PORT_UNDECLARED = "k8s-liveness-port-undeclared" {
        check: Check::Pod(|pod, report| port_undeclared(pod, report, "livenessProbe")),
        severity: Severity::Medium,
        peers: &["kube-linter:liveness-port"],
    }
}

rule! {
    /// Readiness probe names a port that the container does not have
    ///
    /// The kubelet cannot find the port, the probe fails every time, and no Service ever sends the pod a request. Silent
    /// for numbers, which need no declaration, and where a port's name is filled in later.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       readinessProbe: { tcpSocket: { port: http } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports: [{ name: "${PORT_NAME}", containerPort: 8080 }]
    ///       readinessProbe: { httpGet: { path: /, port: http } }
    ///     - { name: admin, image: admin:1, readinessProbe: { tcpSocket: { port: "9090" } } }
    /// ```
    READINESS_PORT_UNDECLARED = "k8s-readiness-port-undeclared" {
        check: Check::Pod(|pod, report| port_undeclared(pod, report, "readinessProbe")),
        severity: Severity::Medium,
        peers: &["kube-linter:readiness-port"],
    }
}

rule! {
    /// Startup probe names a port that the container does not have
    ///
    /// The kubelet cannot find the port, the probe fails every time, and the container is restarted before it ever
    /// counts as started. Silent for numbers, which need no declaration, and where a port's name is filled in later.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports: [{ containerPort: 8080 }]
    ///       startupProbe: { httpGet: { path: /, port: http } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, startupProbe: { httpGet: { path: /, port: 8080 } } }
    /// ```
    STARTUP_PORT_UNDECLARED = "k8s-startup-port-undeclared" {
        check: Check::Pod(|pod, report| port_undeclared(pod, report, "startupProbe")),
        severity: Severity::Medium,
        peers: &["kube-linter:startup-port"],
    }
}

fn port_undeclared(pod: &Pod<'_>, report: &mut Report<'_>, probe: &str) {
    // An init container must not have a probe at all, which has a rule of its own.
    for container in pod.lasting_containers().filter(|container| container.role != Role::Init) {
        let Lookup::Present(handlers) = container.get(probe) else { continue };
        for handler in ["httpGet", "tcpSocket"] {
            let Lookup::Present(port) = handlers.get(handler).get("port") else { continue };
            let Some(name) = port.as_str().filter(|name| name.bytes().any(|byte| !byte.is_ascii_digit())) else {
                continue;
            };
            if !may_declare(container, name) {
                report
                    .at(
                        port,
                        format!("`{probe}` of {} names port `{name}`, which it does not declare", container.title()),
                    )
                    .help("declare the port with this name under `ports`, or write its number");
            }
        }
    }
}

/// Whether a container has a port of this name, or could.
fn may_declare(container: &Container<'_>, name: &str) -> bool {
    match container.get("ports") {
        Lookup::Absent(_) => false,
        Lookup::Unknown(_) => true,
        Lookup::Present(ports) => {
            !ports.is_list()
                || ports.items().any(|port| match port.get("name") {
                    Lookup::Absent(_) => false,
                    Lookup::Unknown(_) => true,
                    Lookup::Present(declared) => declared.as_str().is_none_or(|declared| declared == name),
                })
        }
    }
}
