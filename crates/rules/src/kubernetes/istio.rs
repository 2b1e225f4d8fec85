//! Istio's routes and its encryption, as far as one object decides them.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ISTIO_VIRTUALSERVICE_WILDCARD, &ISTIO_MTLS_NOT_STRICT];

rule! {
    /// VirtualService takes the traffic of any host
    ///
    /// A route for `*` answers for hosts that belong to other teams, and for those that somebody makes up. Name the hosts.
    ///
    /// ```yaml bad:4
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: { name: web }
    /// spec: { hosts: ["*"], gateways: [edge] }
    /// ```
    /// ```yaml good
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: { name: web }
    /// spec: { hosts: [shop.example.org, "${HOST}"], gateways: [edge] }
    /// ```
    ISTIO_VIRTUALSERVICE_WILDCARD = "k8s-istio-virtualservice-wildcard" {
        check: Check::Object(&["VirtualService"], virtualservice_wildcard),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kyverno:istio/restrict-virtual-service-wildcard"],
    }
}

rule! {
    /// Mesh accepts traffic that is not encrypted
    ///
    /// With `PERMISSIVE` a client without a certificate is served in plain text, with `DISABLE` everybody is. Policies
    /// that name a caller's identity then do not hold. `PERMISSIVE` is meant for the time of a migration. Ports of their
    /// own count as well. Silent for `UNSET`, which takes the mode of the namespace or the mesh.
    ///
    /// ```yaml bad:6
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: { name: default, namespace: istio-system }
    /// spec:
    ///   mtls:
    ///     mode: PERMISSIVE
    /// ```
    /// ```yaml bad:6
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: { name: web }
    /// spec:
    ///   mtls: { mode: STRICT }
    ///   portLevelMtls: { 8080: { mode: DISABLE } }
    /// ```
    /// ```yaml good
    /// apiVersion: security.istio.io/v1
    /// kind: PeerAuthentication
    /// metadata: { name: default }
    /// spec: { mtls: { mode: STRICT }, portLevelMtls: { 8080: { mode: UNSET } } }
    /// ```
    ISTIO_MTLS_NOT_STRICT = "k8s-istio-mtls-not-strict" {
        check: Check::Object(&["PeerAuthentication"], mtls_not_strict),
        severity: Severity::Medium,
        peers: &["kyverno:istio/enforce-strict-mtls"],
    }
}

fn virtualservice_wildcard(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "networking.istio.io" {
        return;
    }
    let Lookup::Present(hosts) = object.node.get("spec.hosts") else { return };
    for host in hosts.items() {
        let Some(text) = host.as_str().filter(|text| text.contains('*')) else { continue };
        report
            .at(host, format!("{} takes the traffic of `{text}`", object.title()))
            .help("name each host that it is for");
    }
}

fn mtls_not_strict(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "security.istio.io" {
        return;
    }
    if let Lookup::Present(mode) = object.node.get("spec.mtls.mode") {
        check_mode(object, mode, "", report);
    }
    let Lookup::Present(ports) = object.node.get("spec.portLevelMtls") else { return };
    for (port, mtls) in ports.entries() {
        if let Lookup::Present(mode) = mtls.get("mode") {
            check_mode(object, mode, &format!(" on port {}", port.text()), report);
        }
    }
}

fn check_mode(object: &Object<'_>, mode: Node<'_>, port: &str, report: &mut Report<'_>) {
    if let Some(text @ ("PERMISSIVE" | "DISABLE")) = mode.as_str() {
        report.at(mode, format!("{} accepts plain text{port} (`{text}`)", object.title())).help("set it to `STRICT`");
    }
}
