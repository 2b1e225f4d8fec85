//! Istio's routes and what they lead to.
//!
//! Hosts that mean a Service are judged: short names, which are of the object's own namespace, and those that end in
//! `.svc.cluster.local`. Any other host may be outside the mesh.

use portcullis_model::facts::Claim;
use portcullis_model::kubernetes::Object;

use super::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&ISTIO_VIRTUALSERVICE_DESTINATION_MISSING];

rule! {
    /// Route of the mesh leads nowhere
    ///
    /// Requests to a host without a Service, or to a subset that no DestinationRule defines, are answered with 503.
    /// Services of a ServiceEntry count. Silent where the Service or the DestinationRule may be in what was not read, and
    /// for hosts that may be outside the mesh.
    ///
    /// ```yaml bad:10
    /// file=route.yaml
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   hosts: [web]
    ///   http:
    ///     - route:
    ///         - destination:
    ///             host: web
    ///             subset: canary
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: { name: web, namespace: shop }
    /// spec: { host: web, subsets: [{ name: stable, labels: { version: v1 } }] }
    /// ```
    /// ```yaml bad:5
    /// file=route.yaml
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   tcp: [{ route: [{ destination: { host: api.shop.svc.cluster.local } }] }]
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=route.yaml
    /// apiVersion: networking.istio.io/v1
    /// kind: VirtualService
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   http:
    ///     - mirror: { host: web.shop.svc.cluster.local, subset: stable }
    ///       route:
    ///         - destination: { host: web, subset: stable }
    ///         - destination: { host: "web-${STAGE}" }
    ///         - destination: { host: shop.example.com }
    ///         - destination: { host: legacy }
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata: { name: web, namespace: istio-system }
    /// spec: { host: web.shop.svc.cluster.local, subsets: [{ name: stable, labels: { version: v1 } }] }
    /// ---
    /// apiVersion: networking.istio.io/v1
    /// kind: ServiceEntry
    /// metadata: { name: legacy, namespace: shop }
    /// spec: { hosts: [legacy], resolution: STATIC }
    /// ```
    ISTIO_VIRTUALSERVICE_DESTINATION_MISSING = "k8s-istio-virtualservice-destination-missing" {
        check: Check::Object(&["VirtualService"], virtualservice_destination_missing),
        severity: Severity::Medium,
        tags: &["across-files"],
    }
}

fn virtualservice_destination_missing(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "networking.istio.io" {
        return;
    }
    let mut destinations = Vec::new();
    for list in ["spec.http", "spec.tls", "spec.tcp"] {
        for entry in object.node.get(list).present().into_iter().flat_map(Node::items) {
            destinations.extend(entry.field("mirror"));
            for field in ["route", "mirrors"] {
                let routes = entry.field(field).into_iter().flat_map(Node::items);
                destinations.extend(routes.filter_map(|route| route.field("destination")));
            }
        }
    }
    for destination in destinations {
        let Some((node, text)) = destination.field("host").and_then(|node| Some((node, node.as_str()?))) else {
            continue;
        };
        let Some((namespace, host)) = report.facts().host(text, object) else { continue };
        let title = object.title();
        let message = format!("{title} leads to Service `{host}`, which is not{}", place(&namespace));
        let claim = Claim::Missing { namespace: namespace.clone(), kind: "Service".to_owned(), name: host.clone() };
        report.claim(node, message, claim).help("correct the host, or add the Service");
        let Some((node, subset)) = destination.field("subset").and_then(|node| Some((node, node.as_str()?))) else {
            continue;
        };
        let message = format!("{title} leads to subset `{subset}` of `{host}`, which no DestinationRule defines");
        let claim = Claim::LacksSubset { namespace, host, subset: subset.to_owned() };
        report.claim(node, message, claim).help("define the subset in a DestinationRule for the host");
    }
}
