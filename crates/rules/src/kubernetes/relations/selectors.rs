//! Selectors of policies, budgets and monitors that select nothing.
//!
//! Pods of other namespaces are often kept elsewhere: a peer with a `namespaceSelector` is not judged.

use portcullis_model::facts::{Claim, Reach, Selector};
use portcullis_model::kubernetes::Object;

use super::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] =
    &[&DANGLING_NETWORKPOLICY, &DANGLING_NETWORKPOLICY_PEER, &DANGLING_PDB, &DANGLING_SERVICEMONITOR];

rule! {
    /// NetworkPolicy selects no pod
    ///
    /// The pods that it was written for are not isolated: their labels have changed, or the policy is in the wrong
    /// namespace. An empty selector selects all pods and is not meant. Silent where pods may be in what was not read.
    ///
    /// ```yaml bad:5
    /// file=policy.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   podSelector: { matchLabels: { app: web } }
    ///   policyTypes: [Ingress]
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop, labels: { app: api } }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// file=policy.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web, namespace: shop }
    /// spec: { podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [db] }] }, policyTypes: [Ingress] }
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: all, namespace: empty }
    /// spec: { podSelector: {}, policyTypes: [Ingress] }
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop, labels: { app: api } }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    DANGLING_NETWORKPOLICY = "k8s-dangling-networkpolicy" {
        check: Check::Object(&["NetworkPolicy"], dangling_networkpolicy),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kube-linter:dangling-networkpolicy", "kube-score:networkpolicy-targets-pod", "kubescape:C-0299"],
    }
}

rule! {
    /// NetworkPolicy lets in or out pods that do not exist
    ///
    /// A peer's `podSelector` matches no pod of the policy's namespace: what should be allowed is blocked. Peers with a
    /// `namespaceSelector` are not judged.
    ///
    /// ```yaml bad:8
    /// file=policy.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   podSelector: { matchLabels: { app: db } }
    ///   ingress:
    ///     - from:
    ///         - podSelector: { matchLabels: { app: web } }
    /// file=db.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: db, namespace: shop, labels: { app: db } }
    /// spec: { containers: [{ name: db, image: db:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: staging, labels: { app: web } }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// file=policy.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   podSelector: { matchLabels: { app: db } }
    ///   ingress: [{ from: [{ podSelector: {} }] }]
    ///   egress: [{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: kube-dns } } }] }]
    /// file=db.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: db, namespace: shop, labels: { app: db } }
    /// spec: { containers: [{ name: db, image: db:1 }] }
    /// ```
    DANGLING_NETWORKPOLICY_PEER = "k8s-dangling-networkpolicy-peer" {
        check: Check::Object(&["NetworkPolicy"], dangling_networkpolicy_peer),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kube-linter:dangling-networkpolicypeer-podselector"],
    }
}

rule! {
    /// Disruption budget selects no pod
    ///
    /// The pods that it was written for are not protected: a drain may take them all at once. Silent where pods may be in
    /// what was not read.
    ///
    /// ```yaml bad:5
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   maxUnavailable: 1
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop, labels: { app: api } }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { matchExpressions: [{ key: app, operator: Exists }] }, maxUnavailable: 1 }
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop, labels: { app: "${APP}" } }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    DANGLING_PDB = "k8s-dangling-pdb" {
        check: Check::Object(&["PodDisruptionBudget"], dangling_pdb),
        severity: Severity::Low,
        tags: &["across-files"],
    }
}

rule! {
    /// Monitor selects nothing
    ///
    /// A ServiceMonitor that selects no Service, or a PodMonitor that selects no pod, collects no metrics, and the alerts on
    /// them never fire. Silent where what it selects may be in what was not read.
    ///
    /// ```yaml bad:5
    /// file=monitor.yaml
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: ServiceMonitor
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   endpoints: [{ port: metrics }]
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { app: web }, ports: [{ name: metrics, port: 9090 }] }
    /// ```
    /// ```yaml good
    /// file=monitor.yaml
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: ServiceMonitor
    /// metadata: { name: web, namespace: monitoring }
    /// spec: { selector: { matchLabels: { app: web } }, namespaceSelector: { matchNames: [shop] }, endpoints: [] }
    /// ---
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: PodMonitor
    /// metadata: { name: web, namespace: monitoring }
    /// spec: { selector: { matchLabels: { app: web } }, namespaceSelector: { any: true }, podMetricsEndpoints: [] }
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop, labels: { app: web } }
    /// spec: { selector: { app: web }, ports: [{ name: metrics, port: 9090 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop, labels: { app: web } }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    DANGLING_SERVICEMONITOR = "k8s-dangling-servicemonitor" {
        check: Check::Object(&["ServiceMonitor", "PodMonitor"], dangling_servicemonitor),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kube-linter:dangling-servicemonitor"],
    }
}

/// A selector that selects by something.
fn narrow(node: Node<'_>) -> Option<Selector> {
    let selector = Selector::new(node);
    (node.is_map() && !selector.is_empty()).then_some(selector)
}

fn dangling_networkpolicy(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(node) = object.node.get("spec.podSelector") else { return };
    let Some(selector) = narrow(node).filter(|_| object.is_builtin()) else { return };
    let namespace = report.namespace(object);
    let message = format!("{} selects no pod: none has these labels{}", object.title(), place(&namespace));
    let claim = Claim::SelectsNoPod { reach: Reach::Namespaces(vec![namespace]), selector, service: None };
    report.claim(node, message, claim).help("correct the selector, or remove the policy");
}

fn dangling_networkpolicy_peer(object: &Object<'_>, report: &mut Report<'_>) {
    if !object.is_builtin() {
        return;
    }
    for (list, field, what) in [("spec.ingress", "from", "lets in"), ("spec.egress", "to", "lets out to")] {
        let rules = object.node.get(list).present().into_iter().flat_map(Node::items);
        let peers = rules.flat_map(|rule| rule.get(field).present().into_iter().flat_map(Node::items));
        for peer in peers.filter(|peer| peer.field("namespaceSelector").is_none()) {
            let Lookup::Present(node) = peer.get("podSelector") else { continue };
            let Some(selector) = narrow(node) else { continue };
            let namespace = report.namespace(object);
            let message = format!("{} {what} pods that are not{}", object.title(), place(&namespace));
            let claim = Claim::SelectsNoPod { reach: Reach::Namespaces(vec![namespace]), selector, service: None };
            report.claim(node, message, claim).help("correct the selector, or add a `namespaceSelector`");
        }
    }
}

fn dangling_pdb(object: &Object<'_>, report: &mut Report<'_>) {
    let node = match object.node.get("spec.selector") {
        Lookup::Present(node) => node,
        Lookup::Absent(anchor) if object.group() == "policy" && object.node.get("spec").present().is_some() => {
            if !report.facts().is_patch() {
                let message = format!("{} selects no pod: it has no selector", object.title());
                report.at(anchor, message).help("add `selector` with the labels of the pods");
            }
            return;
        }
        Lookup::Absent(_) | Lookup::Unknown(_) => return,
    };
    if object.api_version == "policy/v1beta1" && node.is_map() && Selector::new(node).is_empty() {
        let message = format!("{} selects no pod: in `policy/v1beta1` an empty selector selects none", object.title());
        report.at(node, message).help("use `policy/v1`, where it selects all, or add the labels of the pods");
        return;
    }
    let Some(selector) = narrow(node) else { return };
    let namespace = report.namespace(object);
    let message = format!("{} selects no pod: none has these labels{}", object.title(), place(&namespace));
    let claim = Claim::SelectsNoPod { reach: Reach::Namespaces(vec![namespace]), selector, service: None };
    report.claim(node, message, claim).help("correct the selector, or remove the budget");
}

fn dangling_servicemonitor(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(node) = object.node.get("spec.selector") else { return };
    let Some(selector) = narrow(node).filter(|_| object.group() == "monitoring.coreos.com") else { return };
    let own = report.namespace(object);
    let (reach, here) = match object.node.get("spec.namespaceSelector") {
        Lookup::Absent(_) => (Reach::Namespaces(vec![own.clone()]), place(&own)),
        Lookup::Present(found) if found.get("any").is_bool(true) => (Reach::Everywhere, " in the scan".to_owned()),
        Lookup::Present(found) => match found.get("matchNames") {
            Lookup::Present(names) if names.items().len() > 0 => {
                let names = names.items().map(|name| report.facts().referred(Lookup::Present(name), object));
                (Reach::Namespaces(names.collect()), " in its namespaces".to_owned())
            }
            Lookup::Absent(_) => (Reach::Namespaces(vec![own.clone()]), place(&own)),
            _ => return,
        },
        Lookup::Unknown(_) => return,
    };
    let (what, claim) = if object.kind == "PodMonitor" {
        ("pod", Claim::SelectsNoPod { reach, selector, service: None })
    } else {
        ("Service", Claim::SelectsNoService { reach, selector })
    };
    let message = format!("{} selects no {what}: none has these labels{here}", object.title());
    report.claim(node, message, claim).help(format!("correct the selector, or the labels of the {what}"));
}
