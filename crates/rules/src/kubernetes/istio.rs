//! Istio's routes and its encryption, as far as one object decides them.

use portcullis_model::kubernetes::{Object, Pod};

use super::standard::{may_share_network, pod_title};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &ISTIO_VIRTUALSERVICE_WILDCARD,
    &ISTIO_MTLS_NOT_STRICT,
    &ISTIO_DESTINATIONRULE_TLS_DISABLE,
    &ISTIO_SIDECAR_DISABLED,
];

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

rule! {
    /// Mesh sends to a host without encryption
    ///
    /// With `DISABLE` the sidecars speak plain text to the host, whatever the other end would take, and identities are
    /// not checked. Ports and subsets of their own count as well. Silent where no mode is written: the mesh then decides.
    ///
    /// ```yaml bad:8
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: { name: web }
    /// spec:
    ///   host: web.shop.svc.cluster.local
    ///   trafficPolicy:
    ///     tls:
    ///       mode: DISABLE
    /// ```
    /// ```yaml bad:9
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: { name: web }
    /// spec:
    ///   host: web
    ///   subsets:
    ///     - name: old
    ///       trafficPolicy:
    ///         portLevelSettings: [{ port: { number: 80 }, tls: { mode: DISABLE } }]
    /// ```
    /// ```yaml good
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: { name: web }
    /// spec: { host: web, trafficPolicy: { tls: { mode: ISTIO_MUTUAL } } }
    /// ```
    ISTIO_DESTINATIONRULE_TLS_DISABLE = "k8s-istio-destinationrule-tls-disable" {
        check: Check::Object(&["DestinationRule"], destinationrule_tls),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kyverno:istio/enforce-tls-hosts-host-subnets"],
    }
}

rule! {
    /// Pod is kept out of the mesh
    ///
    /// Without a sidecar nothing encrypts its traffic and no policy of the mesh holds for it. Reported is the label or the
    /// annotation `sidecar.istio.io/inject: "false"` of the pod. Silent on the node's network, where no sidecar can be.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   labels:
    ///     sidecar.istio.io/inject: "false"
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, labels: { sidecar.istio.io/inject: "true" } }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    ISTIO_SIDECAR_DISABLED = "k8s-istio-sidecar-disabled" {
        check: Check::Pod(sidecar_disabled),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kyverno:istio/prevent-disabling-injection-pods"],
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

fn destinationrule_tls(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "networking.istio.io" {
        return;
    }
    let Lookup::Present(spec) = object.node.get("spec") else { return };
    let subsets = spec.field("subsets").into_iter().flat_map(Node::items);
    for policy in std::iter::once(spec).chain(subsets).filter_map(|holder| holder.field("trafficPolicy")) {
        let ports = policy.field("portLevelSettings").into_iter().flat_map(Node::items);
        for settings in std::iter::once(policy).chain(ports) {
            let Lookup::Present(mode) = settings.get("tls.mode") else { continue };
            if mode.as_str() == Some("DISABLE") {
                report
                    .at(mode, format!("{} sends in plain text", object.title()))
                    .help("set it to `ISTIO_MUTUAL`, or for hosts outside the mesh to `SIMPLE`");
            }
        }
    }
}

fn sidecar_disabled(pod: &Pod<'_>, report: &mut Report<'_>) {
    for field in ["metadata.labels", "metadata.annotations"] {
        let Lookup::Present(map) = pod.template.get(field) else { continue };
        let Lookup::Present(inject) = map.key_lookup("sidecar.istio.io/inject") else { continue };
        if matches!(inject.value(), Value::String("false") | Value::Bool(false)) && !may_share_network(pod) {
            report.at(inject, format!("{} is kept out of the mesh", pod_title(pod))).help("remove it");
            return;
        }
    }
}
