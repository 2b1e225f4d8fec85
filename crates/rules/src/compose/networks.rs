//! Who a service talks to, and what it changes in the kernel's network.
//!
//! Decided by the service's own fields; what another network leads to cannot be known.

use portcullis_model::compose::{Project, Service, Setting, as_text};

use super::missing;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&NETWORKS_MISSING, &DANGEROUS_SYSCTL, &EXTRA_HOSTS_HOST_GATEWAY];

rule! {
    /// Service is in the default network
    ///
    /// All services that name no network share one, and each reaches the ports of all others. Silent for services with a
    /// `network_mode`, and in projects of one service.
    ///
    /// ```compose bad:2
    /// services:
    ///   web: { image: "web:1" }
    ///   db: { image: "db:1", networks: [back] }
    /// networks: { back: {} }
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", networks: [front] }
    ///   job: { image: "job:1", network_mode: none }
    /// networks: { front: {} }
    /// ```
    NETWORKS_MISSING = "compose-networks-missing" {
        check: Check::ComposeService(networks_missing),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["kics:ce14a68b"],
    }
}

rule! {
    /// Service changes a kernel setting that weakens the host or the network
    ///
    /// Settings under `kernel.` are the whole host's, except for those of shared memory and queues. Forwarding, source
    /// routing and redirects turn a container into a router for whoever asks. Silent for forwarding in services that add
    /// `NET_ADMIN` or a tunnel device: VPN gateways need it.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     sysctls: { net.ipv4.ip_forward: 1 }
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     sysctls:
    ///       - kernel.core_pattern=/tmp/core
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", sysctls: { net.core.somaxconn: 1024, net.ipv4.ip_forward: 0, kernel.shmmax: 1000 } }
    ///   vpn: { image: "vpn:1", cap_add: [NET_ADMIN], sysctls: [net.ipv4.ip_forward=1] }
    /// ```
    DANGEROUS_SYSCTL = "compose-dangerous-sysctl" {
        check: Check::ComposeService(dangerous_sysctl),
        severity: Severity::Medium,
        profile: Profile::All,
    }
}

rule! {
    /// Service has a name for the host
    ///
    /// `host-gateway` makes services of the host reachable that listen on Docker's bridge, and often on every address.
    /// It is how a container is meant to call the host, and a path that is easily forgotten.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     extra_hosts: ["host.docker.internal:host-gateway"]
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", extra_hosts: { db.example.org: 10.0.0.5 } }
    /// ```
    EXTRA_HOSTS_HOST_GATEWAY = "compose-extra-hosts-host-gateway" {
        check: Check::ComposeService(extra_hosts_host_gateway),
        severity: Severity::Info,
        profile: Profile::All,
    }
}

fn networks_missing(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    if project.services.len() < 2 {
        return;
    }
    if let Some(anchor) = missing(service, &["networks", "network_mode"]) {
        report
            .at(anchor, format!("{} is in the default network", service.title()))
            .help("name the networks that it shares with the services it talks to");
    }
}

fn dangerous_sysctl(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for setting in service.settings("sysctls") {
        let Some(why) = danger(&setting, service) else { continue };
        report
            .at(setting.node, format!("{} sets `{}`, {why}", service.title(), setting.name))
            .help("remove it, or set it on a host of its own");
    }
}

fn danger(setting: &Setting<'_>, service: &Service<'_>) -> Option<&'static str> {
    let name = setting.name;
    let is_on = setting.value.known().is_some_and(|value| value != "0");
    let of_ipc = ["kernel.shm", "kernel.msg", "kernel.sem"];
    if name.starts_with("kernel.") && !of_ipc.iter().any(|start| name.starts_with(start)) {
        return Some("a setting of the whole host");
    }
    let forwards = name == "net.ipv4.ip_forward" || name.starts_with("net.ipv") && name.ends_with(".forwarding");
    if forwards && is_on && !is_gateway(service) {
        return Some("which makes it a router");
    }
    let redirects = [".accept_redirects", ".accept_source_route", ".route_localnet", ".secure_redirects"];
    let is_redirected = name.starts_with("net.ipv") && redirects.iter().any(|end| name.ends_with(end));
    (is_redirected && is_on).then_some("which lets others decide where its packets go")
}

/// Whether the service is there to forward: it changes the network, or has a tunnel.
fn is_gateway(service: &Service<'_>) -> bool {
    let is_admin = |node: Node<'_>| {
        let name = node.text().to_ascii_uppercase();
        name.ends_with("NET_ADMIN") || name == "ALL"
    };
    service.list("cap_add").any(is_admin)
        || service.list("devices").any(|device| device.text().contains("/net/tun"))
        || service.get("privileged").absent().is_none()
}

fn extra_hosts_host_gateway(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for part in service.parts("extra_hosts") {
        let lists = part.entries().flat_map(|(_, value)| value.items().chain([value]).collect::<Vec<_>>());
        let entries = part.items().chain(lists);
        for entry in entries.filter(|entry| as_text(*entry).is_some_and(is_gateway_name)) {
            report
                .at(entry, format!("{} has a name for the host", service.title()))
                .help("run what it calls as a service of the project");
        }
    }
}

/// `NAME:host-gateway`, `NAME=host-gateway`, or the address alone.
fn is_gateway_name(text: &str) -> bool {
    text.rsplit([':', '=']).next() == Some("host-gateway")
}
