//! Ports of containers and Services that open the node or invite to log in.
//!
//! Decided by the numbers; what listens on a port cannot be known.

use std::fmt;

use portcullis_model::kubernetes::{Object, Pod};

use super::standard::{is_to_the_letter, may_share_network};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&HOST_PORT, &PRIVILEGED_CONTAINER_PORT, &SSH_PORT];

rule! {
    /// Container takes a port of the node
    ///
    /// A `hostPort` is reachable on the node's address past Services and most network policies, and no second pod
    /// with it fits on the node. Zero means none. Silent for a pod on the node's network, whose ports are the node's
    /// anyway (`--pod-security` reports them all the same).
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports: [{ containerPort: 8080, hostPort: 8080 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, ports: [{ containerPort: 8080, hostPort: 0 }] }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: proxy }
    /// spec:
    ///   hostNetwork: true
    ///   containers: [{ name: proxy, image: proxy:1, ports: [{ containerPort: 9100, hostPort: 9100 }] }]
    /// ```
    HOST_PORT = "k8s-host-port" {
        check: Check::Pod(host_port),
        severity: Severity::Medium,
        tags: &["pss:baseline"],
        peers: &[
            "trivy:KSV-0024", "checkov:CKV_K8S_26", "polaris:hostPortSet", "kubescape:C-0044", "pss:hostPorts",
            "kyverno:disallow-host-ports", "kyverno:disallow-host-ports-range",
        ],
        yields_to: &["k8s-schema-invalid"],
    }
}

rule! {
    /// Container listens on a privileged port
    ///
    /// Ports below 1024 need root or NET_BIND_SERVICE on many runtimes; a Service can map port 80 to any other port of
    /// the container. Silent where the pod's own sysctl `net.ipv4.ip_unprivileged_port_start` frees the port.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports: [{ containerPort: 80 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { sysctls: [{ name: net.ipv4.ip_unprivileged_port_start, value: "80" }] }
    ///   containers: [{ name: web, image: web:1, ports: [{ containerPort: 80 }] }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, ports: [{ containerPort: 8080 }] }] }
    /// ```
    PRIVILEGED_CONTAINER_PORT = "k8s-privileged-container-port" {
        check: Check::Pod(privileged_port),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kube-linter:privileged-ports", "trivy:KSV-0117"],
    }
}

rule! {
    /// Port 22 is opened for SSH
    ///
    /// A container that people log in to holds keys and changes by hand that no manifest shows; `kubectl exec` leaves
    /// an audit trail instead. Only TCP port 22 counts: SFTP and Git servers that run without root use 2222.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports: [{ containerPort: 8080 }, { containerPort: 22 }]
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 22, targetPort: 22 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: gitea }
    /// spec: { containers: [{ name: gitea, image: gitea:1, ports: [{ containerPort: 2222 }] }] }
    /// ```
    SSH_PORT = "k8s-ssh-port" {
        check: Check::PodAndObject(pod_ssh, &["Service"], service_ssh),
        severity: Severity::Medium,
        peers: &["kube-linter:ssh-port", "kubescape:C-0042"],
    }
}

const SSH: i64 = 22;

fn host_port(pod: &Pod<'_>, report: &mut Report<'_>) {
    if may_share_network(pod) && !is_to_the_letter(report) {
        return;
    }
    for container in &pod.containers {
        for port in container.list("ports") {
            let Lookup::Present(node) = port.get("hostPort") else { continue };
            let Some(number) = node.as_i64().filter(|&number| number != 0) else { continue };
            report
                .at(node, format!("{} takes port {number} of its node", container.title()))
                .help("remove hostPort and put a Service in front");
        }
    }
}

fn privileged_port(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Some(first_free) = first_unprivileged(pod) else { return };
    for container in &pod.containers {
        for port in container.list("ports") {
            let Lookup::Present(node) = port.get("containerPort") else { continue };
            let Some(number) = node.as_i64().filter(|number| (1..first_free).contains(number)) else { continue };
            report
                .at(node, format!("{} listens on privileged port {number}", container.title()))
                .help("listen on a port above 1023 and map it in the Service");
        }
    }
}

/// The first port that needs no privilege; `None` where it is not known.
fn first_unprivileged(pod: &Pod<'_>) -> Option<i64> {
    let sysctls = match pod.security("sysctls") {
        Lookup::Present(node) => node,
        Lookup::Absent(_) => return Some(1024),
        Lookup::Unknown(_) => return None,
    };
    for sysctl in sysctls.items() {
        let name = sysctl.field("name")?.as_str()?;
        if name == "net.ipv4.ip_unprivileged_port_start" {
            return sysctl.field("value")?.text().parse().ok();
        }
    }
    Some(1024)
}

fn pod_ssh(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        for port in container.list("ports") {
            ssh(port, "containerPort", &container.title(), report);
        }
    }
}

fn service_ssh(service: &Object<'_>, report: &mut Report<'_>) {
    let Some(ports) = service.node.get("spec.ports").present().filter(|_| service.group().is_empty()) else { return };
    for port in ports.items() {
        ssh(port, "port", &service.title(), report);
    }
}

fn ssh(port: Node<'_>, field: &str, who: &dyn fmt::Display, report: &mut Report<'_>) {
    let is_tcp = match port.get("protocol") {
        Lookup::Absent(_) => true,
        Lookup::Present(protocol) => protocol.as_str() == Some("TCP"),
        Lookup::Unknown(_) => false,
    };
    let Lookup::Present(node) = port.get(field) else { return };
    if is_tcp && node.as_i64() == Some(SSH) {
        report
            .at(node, format!("{who} opens port {SSH}, which is for SSH"))
            .help("use kubectl exec or debug, or run the server on another port");
    }
}
