//! NetworkPolicies that let in, or out, everything.
//!
//! A policy only adds to what others allow; whether a namespace is closed otherwise is not asked.

use portcullis_core::Place;
use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&NETWORKPOLICY_EMPTY_PODSELECTOR, &NETWORKPOLICY_ALLOW_ALL];

rule! {
    /// NetworkPolicy opens every pod of the namespace to everybody
    ///
    /// An empty `podSelector` selects all pods, those that are added later among them, and no other policy can take back
    /// what this one allows. Reported where an ingress rule of it has no source, or `0.0.0.0/0`. To deny everything, or
    /// to allow DNS or one namespace to all pods, an empty selector is right.
    ///
    /// ```yaml bad:5
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web }
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Ingress]
    ///   ingress: [{ ports: [{ port: 8080 }] }]
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: default-deny }
    /// spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: dns }
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Egress]
    ///   egress: [{ ports: [{ port: 53, protocol: UDP }] }]
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: same-namespace }
    /// spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }
    /// ```
    NETWORKPOLICY_EMPTY_PODSELECTOR = "k8s-networkpolicy-empty-podselector" {
        check: Check::Object(&["NetworkPolicy"], empty_podselector),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:KSV-0038", "kyverno:other/restrict-networkpolicy-empty-podselector"],
        yields_to: &["k8s-networkpolicy-allow-all"],
    }
}

rule! {
    /// NetworkPolicy allows all traffic
    ///
    /// A rule without ports, and without peers or with `0.0.0.0/0`, allows whatever there is: the pods are as open as
    /// without a policy. What serves the Internet may need it, and ought to name its ports. For egress the confidence is
    /// low: a policy that closes only ingress is often written in this way.
    ///
    /// ```yaml bad:7
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web }
    /// spec:
    ///   podSelector: { matchLabels: { app: web } }
    ///   ingress:
    ///     - {}
    /// ```
    /// ```yaml bad:10
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web }
    /// spec:
    ///   podSelector: { matchLabels: { app: web } }
    ///   policyTypes: [Egress]
    ///   egress:
    ///     - to:
    ///         - podSelector: {}
    ///         - ipBlock: { cidr: 0.0.0.0/0 }
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web }
    /// spec:
    ///   podSelector: { matchLabels: { app: web } }
    ///   policyTypes: [Ingress]
    ///   ingress:
    ///     - ports: [{ port: 443 }]
    ///     - from: [{ namespaceSelector: {} }]
    ///     - from: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8] } }]
    ///       ports: [{ port: 80 }]
    ///   egress: [{}]
    /// ```
    NETWORKPOLICY_ALLOW_ALL = "k8s-networkpolicy-allow-all" {
        check: Check::Object(&["NetworkPolicy"], allow_all),
        severity: Severity::Medium,
        profile: Profile::All,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ingress,
    Egress,
}

/// A rule of a policy that lets everybody in, or out to everywhere.
struct Opening {
    /// What makes it one.
    place: Place,
    /// Whether no ports limit it.
    is_on_all_ports: bool,
}

fn empty_podselector(policy: &Object<'_>, report: &mut Report<'_>) {
    let selector = policy.node.get("spec.podSelector");
    let place: Place = match selector {
        Lookup::Present(node) if node.is_map() && !node.is_open() && selects_all(node) => node.into(),
        Lookup::Absent(anchor) => anchor.into(),
        Lookup::Present(_) | Lookup::Unknown(_) => return,
    };
    let openings = openings(policy, Direction::Ingress);
    let Some(first) = openings.first() else { return };
    // The rule about policies that allow everything speaks of the opening itself, and this one gives way to it there.
    let place = openings.iter().find(|opening| opening.is_on_all_ports).map_or(place, |opening| opening.place);
    report
        .at(place, format!("{} opens every pod of the namespace to everybody", policy.title()))
        .help("select the pods that are to be reached")
        .label(first.place.span, "allows every source");
}

fn selects_all(selector: Node<'_>) -> bool {
    selector.entries().all(|(_, value)| {
        value.is_null()
            || value.is_map() && value.entries().len() == 0 && !value.is_open()
            || value.is_list() && value.items().len() == 0
    })
}

fn allow_all(policy: &Object<'_>, report: &mut Report<'_>) {
    for direction in [Direction::Ingress, Direction::Egress] {
        for opening in openings(policy, direction).into_iter().filter(|opening| opening.is_on_all_ports) {
            let what = match direction {
                Direction::Ingress => "lets everybody in on every port",
                Direction::Egress => "lets its pods out to everywhere",
            };
            let draft = report.at(opening.place, format!("{} {what}", policy.title()));
            draft.help("name the peers or the ports that are meant");
            if direction == Direction::Egress {
                draft.confidence(Confidence::Low);
            }
        }
    }
}

fn openings(policy: &Object<'_>, direction: Direction) -> Vec<Opening> {
    let (field, peers, kind) = match direction {
        Direction::Ingress => ("ingress", "from", "Ingress"),
        Direction::Egress => ("egress", "to", "Egress"),
    };
    if !matches!(policy.group(), "networking.k8s.io" | "extensions") {
        return Vec::new();
    }
    // Rules of a direction that is not among the types are not read.
    let counts = match policy.node.get("spec.policyTypes") {
        Lookup::Present(types) => types.items().any(|item| item.as_str() == Some(kind)),
        Lookup::Absent(_) => true,
        Lookup::Unknown(_) => false,
    };
    let Lookup::Present(rules) = policy.node.get("spec").get(field) else { return Vec::new() };
    let opening =
        |rule: Node<'_>| Some(Opening { place: widest(rule, peers)?, is_on_all_ports: is_empty(rule.get("ports")) });
    rules.items().filter(|rule| rule.is_map() && counts).filter_map(opening).collect()
}

/// What lets everybody through: the rule where it names no peers, else a block of all addresses.
fn widest(rule: Node<'_>, peers: &str) -> Option<Place> {
    let found = rule.get(peers);
    if is_empty(found) {
        return Some(found.present().map_or_else(|| rule.into(), Into::into));
    }
    let blocks = found.present()?.items().filter_map(|peer| peer.get("ipBlock.cidr").present());
    blocks.into_iter().find(|cidr| matches!(cidr.as_str(), Some("0.0.0.0/0" | "::/0"))).map(Into::into)
}

fn is_empty(list: Lookup<'_>) -> bool {
    match list {
        Lookup::Present(node) => node.is_list() && node.items().len() == 0,
        Lookup::Absent(_) => true,
        Lookup::Unknown(_) => false,
    }
}
