//! Bounds of a LimitRange, and the containers, pods and volume claims of its namespace.
//!
//! Reported at the bound, which names the first that breaks it. An amount that is filled in later, or that a kustomization
//! patches, breaks none; neither does what a container is given by another LimitRange.

use portcullis_model::facts::{Bound, Bounded, Claim, Site, Test};
use portcullis_model::kubernetes::{Object, Quantity};

use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&LIMITRANGE_VIOLATED];

rule! {
    /// Something in the namespace breaks its LimitRange
    ///
    /// The API server refuses pods and claims outside the bounds: a Deployment is accepted and never gets a pod. Judged are
    /// containers (least, most, the ratio of limit to request, and a request above the limit that the LimitRange gives),
    /// whole pods (least and most) and claims of volumes. Silent where a policy of the scan changes resources as pods are
    /// made, and below a vertical autoscaler.
    ///
    /// ```yaml bad:7
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec:
    ///   limits:
    ///     - type: Container
    ///       max: { memory: 1Gi }
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1, resources: { limits: { memory: 1025Mi } } }] }
    /// ```
    /// ```yaml bad:7
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec:
    ///   limits:
    ///     - type: Container
    ///       default: { cpu: 500m }
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1, resources: { requests: { cpu: 1 } } }] }
    /// ```
    /// ```yaml bad:7
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec:
    ///   limits:
    ///     - type: Container
    ///       maxLimitRequestRatio: { memory: 2 }
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers: [{ name: web, image: web:1, resources: { requests: { memory: 1Gi }, limits: { memory: 2049Mi } } }]
    /// ```
    /// ```yaml bad:4
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: PersistentVolumeClaim, max: { storage: 10Gi } }] }
    /// file=claim.yaml
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data, namespace: shop }
    /// spec: { resources: { requests: { storage: 20Gi } } }
    /// ```
    /// ```yaml good
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec:
    ///   limits:
    ///     - type: Container
    ///       min: { cpu: 100m }
    ///       max: { cpu: "1", memory: 1Gi }
    ///       default: { cpu: 500m }
    ///       defaultRequest: { cpu: 200m }
    ///     - { type: Pod, max: { cpu: 2 }, min: { cpu: 500m } }
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers:
    ///     - { name: a, image: a:1, resources: { requests: { cpu: 100m }, limits: { cpu: 1000m, memory: 1024Mi } } }
    ///     - { name: b, image: b:1 }
    ///     - { name: c, image: c:1, resources: { limits: { cpu: "${CPU}" } } }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: other }
    /// spec: { containers: [{ name: web, image: web:1, resources: { limits: { cpu: 8 } } }] }
    /// ```
    LIMITRANGE_VIOLATED = "k8s-limitrange-violated" {
        check: Check::Object(&["LimitRange"], limitrange_violated),
        severity: Severity::High,
        tags: &["across-files"],
    }
}

fn limitrange_violated(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(site) = report.facts().site(object).filter(|_| object.group().is_empty()) else { return };
    let mut bounds: Vec<(Node<'_>, Bound)> = Vec::new();
    for item in object.node.get("spec.limits").present().into_iter().flat_map(Node::items) {
        let of = match item.field("type").and_then(Node::as_str) {
            Some("Container") => Bounded::Container,
            Some("Pod") => Bounded::Pod,
            Some("PersistentVolumeClaim") => Bounded::VolumeClaim,
            _ => continue,
        };
        for (field, test) in TESTS {
            // Only containers are given anything.
            if *test == Test::Default && of != Bounded::Container {
                continue;
            }
            for (key, value) in item.field(field).into_iter().flat_map(Node::entries) {
                bounds.extend(bound(item, of, key.text(), *test, value, site).map(|bound| (value, bound)));
            }
        }
    }
    for (value, bound) in bounds.into_iter().take(BOUNDS) {
        let message = format!("{} {}", object.title(), phrase(&bound, value.text()));
        let claim = Claim::LimitBroken { namespace: report.namespace(object), bound };
        report.claim(value, message, claim).help("change the amount, or the bound");
    }
}

/// Bounds of one LimitRange that are judged: each looks at every workload.
const BOUNDS: usize = 64;

const TESTS: &[(&str, Test)] =
    &[("min", Test::Min), ("max", Test::Max), ("maxLimitRequestRatio", Test::Ratio), ("default", Test::Default)];

fn bound(item: Node<'_>, of: Bounded, resource: &str, test: Test, value: Node<'_>, site: Site) -> Option<Bound> {
    let value = Quantity::of(value)?.ok()?;
    let amount = |field: &str| item.field(field)?.field(resource).and_then(Quantity::of)?.ok();
    let default_limit = amount("default").or_else(|| amount("max"));
    Some(Bound { of, resource: resource.to_owned(), test, value, default_limit, site })
}

/// What a bound says: ``allows a container at most `1Gi` of memory``.
fn phrase(bound: &Bound, value: &str) -> String {
    let whom = match bound.of {
        Bounded::Container => "a container",
        Bounded::Pod => "a pod",
        Bounded::VolumeClaim => "a volume claim",
    };
    let resource = &bound.resource;
    match bound.test {
        Test::Min => format!("asks of {whom} at least `{value}` of {resource}"),
        Test::Max => format!("allows {whom} at most `{value}` of {resource}"),
        Test::Ratio => format!("allows {whom} a {resource} limit of at most `{value}` times the request"),
        Test::Default => format!("gives {whom} without a {resource} limit one of `{value}`"),
    }
}
