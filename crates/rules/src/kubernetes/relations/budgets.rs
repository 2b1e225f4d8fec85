//! Disruption budgets: whether they exist, say anything, and ever let a node be drained.

use portcullis_model::facts::{Amount, Claim, Labels, Selector};
use portcullis_model::kubernetes::{Object, Pod};

use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] =
    &[&PDB_BLOCKS_DRAIN, &PDB_EXCEEDS_HPA_MIN, &PDB_NO_POLICY, &PDB_UNHEALTHY_EVICTION_UNSET, &WORKLOAD_WITHOUT_PDB];

rule! {
    /// Disruption budget lets no pod go
    ///
    /// A node that runs one of its pods can never be drained: upgrades and autoscaling of nodes hang until somebody deletes
    /// the budget. Zero disruptions, all of the pods, and a count that is not below the workload's replicas are the same
    /// thing; the last of them is reported too when both numbers are equal, and only where no autoscaler owns the replicas.
    ///
    /// ```yaml bad:6
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   maxUnavailable: 0
    /// ```
    /// ```yaml bad:6
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   minAvailable: 2
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 2
    ///   template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } }
    /// ```
    /// ```yaml good
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { matchLabels: { app: web } }, minAvailable: 2 }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 3
    ///   template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } }
    /// ```
    /// ```yaml good
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { matchLabels: { app: web } }, minAvailable: 2 }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } }
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 3, maxReplicas: 5 }
    /// ```
    PDB_BLOCKS_DRAIN = "k8s-pdb-blocks-drain" {
        check: Check::Object(&["PodDisruptionBudget"], pdb_blocks_drain),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &[
            "kube-linter:pdb-max-unavailable", "kube-linter:pdb-min-available", "polaris:pdbDisruptionsIsZero",
            "kyverno:other/pdb-maxunavailable", "kyverno:other/pdb-minavailable",
        ],
    }
}

rule! {
    /// Disruption budget keeps all that the autoscaler leaves
    ///
    /// Once the autoscaler has scaled down as far as it may, the budget lets no pod go, and nodes cannot be drained in quiet
    /// hours, which is when one drains them. Equal numbers are reported too: they block just as well.
    ///
    /// ```yaml bad:4
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { matchLabels: { app: web } }, minAvailable: 2 }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } }
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 2, maxReplicas: 5 }
    /// ```
    /// ```yaml good
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { matchLabels: { app: web } }, minAvailable: 1 }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } }
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 2, maxReplicas: 5 }
    /// ```
    PDB_EXCEEDS_HPA_MIN = "k8s-pdb-exceeds-hpa-min" {
        check: Check::Object(&["PodDisruptionBudget"], pdb_exceeds_hpa_min),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["polaris:pdbMinAvailableGreaterThanHPAMinReplicas"],
    }
}

rule! {
    /// Disruption budget says nothing
    ///
    /// With neither `minAvailable` nor `maxUnavailable` every pod may be evicted at once: the budget protects nothing,
    /// and whoever wrote it believes that it does.
    ///
    /// ```yaml bad:4
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { selector: { matchLabels: { app: web } } }
    /// ```
    /// ```yaml good
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { selector: { matchLabels: { app: web } }, maxUnavailable: 1 }
    /// ```
    PDB_NO_POLICY = "k8s-pdb-no-policy" {
        check: Check::Object(&["PodDisruptionBudget"], pdb_no_policy),
        severity: Severity::Medium,
        peers: &["kube-score:poddisruptionbudget-has-policy"],
    }
}

rule! {
    /// Disruption budget does not say what holds for broken pods
    ///
    /// By default a pod that runs but is not ready may be evicted only while enough others are ready. A workload whose pods
    /// crash then keeps its nodes from being drained. `AlwaysAllow` lets broken pods go.
    ///
    /// ```yaml bad:4
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { selector: { matchLabels: { app: web } }, maxUnavailable: 1 }
    /// ```
    /// ```yaml good
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { selector: { matchLabels: { app: web } }, maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow }
    /// ```
    PDB_UNHEALTHY_EVICTION_UNSET = "k8s-pdb-unhealthy-eviction-unset" {
        check: Check::Object(&["PodDisruptionBudget"], pdb_unhealthy_eviction_unset),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["kube-linter:pdb-unhealthy-pod-eviction-policy"],
    }
}

rule! {
    /// Replicated workload has no disruption budget
    ///
    /// Without one a drain may evict all of its pods at once. Silent for a single replica, which no budget can protect, and
    /// where the number is not written.
    ///
    /// ```yaml bad:5
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 3
    ///   template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } }
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { matchLabels: { app: api } }, maxUnavailable: 1 }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 3
    ///   template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } }
    /// file=budget.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { matchExpressions: [{ key: app, operator: In, values: [web, api] }] }, maxUnavailable: 1 }
    /// ```
    WORKLOAD_WITHOUT_PDB = "k8s-workload-without-pdb" {
        check: Check::Pod(workload_without_pdb),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &[
            "polaris:missingPodDisruptionBudget", "kube-score:deployment-has-poddisruptionbudget",
            "kube-score:statefulset-has-poddisruptionbudget", "kyverno:other/require-pdb",
        ],
    }
}

/// A count or a percentage, as budgets write them.
fn amount(node: Node<'_>) -> Option<Amount> {
    match node.as_str() {
        Some(text) => text.strip_suffix('%')?.parse().ok().map(Amount::Percent),
        None => node.as_i64().map(Amount::Count),
    }
}

/// ``2 pods`` or ``50% of the pods``.
fn shown(amount: Node<'_>) -> String {
    if amount.text().ends_with('%') {
        format!("{} of the pods", amount.text())
    } else {
        format!("{} pods", amount.text())
    }
}

/// `minAvailable` and the selector, where both are known and the selector selects anything: an empty one selects all pods
/// of the namespace, and in `policy/v1beta1` none.
fn keeps<'t>(object: &Object<'t>) -> Option<(Node<'t>, Amount, Selector)> {
    let node = object.node.get("spec.minAvailable").present()?;
    let selector = Selector::new(object.node.get("spec.selector").present()?);
    let selects = object.version() != "v1beta1" || !selector.is_empty();
    Some((node, amount(node).filter(|_| selects)?, selector))
}

fn pdb_blocks_drain(object: &Object<'_>, report: &mut Report<'_>) {
    const HELP: &str = "let at least one pod go: `maxUnavailable: 1`";
    if let Lookup::Present(node) = object.node.get("spec.maxUnavailable")
        && matches!(amount(node), Some(Amount::Count(0) | Amount::Percent(0)))
    {
        report.at(node, format!("{} lets no pod go", object.title())).help(HELP);
        return;
    }
    let Some((node, keeps, selector)) = keeps(object) else { return };
    match keeps {
        Amount::Percent(percent) if percent >= 100 => {
            report.at(node, format!("{} keeps all pods", object.title())).help(HELP);
        }
        keeps => {
            let claim = Claim::KeepsAll { namespace: report.namespace(object), selector, keeps };
            let message =
                format!("{} keeps {}, and the workload that it selects has no more", object.title(), shown(node));
            report.claim(node, message, claim).help(HELP);
        }
    }
}

fn pdb_exceeds_hpa_min(object: &Object<'_>, report: &mut Report<'_>) {
    let Some((node, keeps, selector)) = keeps(object) else { return };
    if matches!(keeps, Amount::Percent(percent) if percent >= 100) {
        return;
    }
    let claim = Claim::KeepsAllOfLeast { namespace: report.namespace(object), selector, keeps };
    let message = format!("{} keeps {}, and the autoscaler may leave no more than that", object.title(), shown(node));
    report.claim(node, message, claim).help("keep fewer than `minReplicas`, or use `maxUnavailable`");
}

fn pdb_no_policy(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Absent(_) = object.node.get("spec.minAvailable") else { return };
    let Lookup::Absent(anchor) = object.node.get("spec.maxUnavailable") else { return };
    report
        .at(anchor, format!("{} has neither `minAvailable` nor `maxUnavailable`", object.title()))
        .help("add `maxUnavailable: 1`");
}

fn pdb_unhealthy_eviction_unset(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Absent(anchor) = object.node.get("spec.unhealthyPodEvictionPolicy") else { return };
    report
        .at(anchor, format!("{} keeps pods that are not ready from being evicted", object.title()))
        .help("add `unhealthyPodEvictionPolicy: AlwaysAllow`");
}

fn workload_without_pdb(pod: &Pod<'_>, report: &mut Report<'_>) {
    let object = &pod.object;
    if !object.is_builtin() || !matches!(object.kind, "Deployment" | "StatefulSet") {
        return;
    }
    let Lookup::Present(replicas) = object.node.get("spec.replicas") else { return };
    if replicas.as_i64().is_none_or(|number| number < 2) {
        return;
    }
    let claim = Claim::WithoutBudget { namespace: report.namespace(object), labels: Labels::of(pod.template) };
    let message = format!("no disruption budget selects the {} pods of {}", replicas.text(), object.title());
    report.claim(replicas, message, claim).help("add a PodDisruptionBudget with `maxUnavailable: 1`");
}
