//! How a workload's pods are spread over nodes and replaced.
//!
//! What the scheduler's own defaults spread, and how many nodes there are, cannot be known.

use std::collections::BTreeMap;

use portcullis_model::facts::{Claim, Labels, labels};
use portcullis_model::kubernetes::{Object, Pod, requirements};

use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&TOPOLOGY_SPREAD_INVALID, &ROLLING_UPDATE_MISSING, &REPLICAS_LOW, &NO_POD_ANTI_AFFINITY];

rule! {
    /// Topology spread constraint is not valid or does nothing
    ///
    /// The API server refuses a skew below one, a missing `topologyKey`, a `whenUnsatisfiable` other than
    /// `DoNotSchedule` and `ScheduleAnyway`, and `minDomains` below one or beside `ScheduleAnyway`. Without a
    /// `labelSelector` the constraint counts no pods and spreads none.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, labels: { app: web } }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   topologySpreadConstraints:
    ///     - topologyKey: topology.kubernetes.io/zone
    ///       maxSkew: 0
    ///       whenUnsatisfiable: DoNotSchedule
    ///       labelSelector: { matchLabels: { app: web } }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, labels: { app: web } }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   topologySpreadConstraints:
    ///     - { maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, topologyKey: topology.kubernetes.io/zone }
    /// ```
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, labels: { app: web } }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   topologySpreadConstraints:
    ///     - topologyKey: topology.kubernetes.io/zone
    ///       maxSkew: 1
    ///       minDomains: 0
    ///       whenUnsatisfiable: DoNotSchedule
    ///       labelSelector: { matchLabels: { app: web } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, labels: { app: web } }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   topologySpreadConstraints:
    ///     - topologyKey: topology.kubernetes.io/zone
    ///       maxSkew: 1
    ///       whenUnsatisfiable: "${POLICY}"
    ///       labelSelector: { matchLabels: { app: web } }
    /// ```
    TOPOLOGY_SPREAD_INVALID = "k8s-topology-spread-invalid" {
        check: Check::Pod(topology_spread_invalid),
        severity: Severity::Medium,
        peers: &["kube-score:pod-topology-spread-constraints"],
    }
}

rule! {
    /// Deployment behind a Service is recreated, not rolled
    ///
    /// With `Recreate` every pod is stopped before the first new one starts: each update is an outage for the Service's
    /// callers. Silent where a volume claim is mounted, because one that a single node may attach cannot be rolled.
    ///
    /// ```yaml bad:5
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   strategy: { type: Recreate }
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: db }
    /// spec:
    ///   strategy: { type: Recreate }
    ///   selector: { matchLabels: { app: db } }
    ///   template:
    ///     metadata: { labels: { app: db } }
    ///     spec:
    ///       containers: [{ name: db, image: db:1, volumeMounts: [{ name: data, mountPath: /data }] }]
    ///       volumes: [{ name: data, persistentVolumeClaim: { claimName: db } }]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db }
    /// spec: { selector: { app: db }, ports: [{ port: 5432 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: worker }
    /// spec:
    ///   strategy: { type: Recreate }
    ///   selector: { matchLabels: { app: worker } }
    ///   template:
    ///     metadata: { labels: { app: worker } }
    ///     spec: { containers: [{ name: worker, image: worker:1 }] }
    /// ```
    ROLLING_UPDATE_MISSING = "k8s-rolling-update-missing" {
        check: Check::Pod(rolling_update_missing),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kube-linter:no-rolling-update-strategy", "kubescape:C-0305", "kube-score:deployment-strategy"],
    }
}

rule! {
    /// Deployment has a single replica
    ///
    /// Every time that its node is drained or fails, nothing answers until the pod has started elsewhere. No number
    /// means one. Silent where an autoscaler of the scan sets the number, where it is zero, and where it is filled in
    /// later.
    ///
    /// ```yaml bad:5
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 1
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: other }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: other }, maxReplicas: 5 }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 2
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// file=scaler.yaml
    /// apiVersion: keda.sh/v1alpha1
    /// kind: ScaledObject
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { name: web }, triggers: [] }
    /// ```
    REPLICAS_LOW = "k8s-replicas-low" {
        check: Check::Object(&["Deployment"], replicas_low),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &[
            "kube-linter:minimum-three-replicas", "polaris:deploymentMissingReplicas",
            "kube-score:deployment-replicas", "kyverno:other/require-deployments-have-multiple-replicas",
        ],
    }
}

rule! {
    /// Replicas may all run on one node
    ///
    /// Without a pod anti-affinity or a topology spread constraint nothing says that the replicas belong on different
    /// nodes, and one node that fails can take all of them. An anti-affinity counts when its terms select the pod itself:
    /// by its labels, and in its namespace. Silent for a single replica, and where the number is not written.
    ///
    /// ```yaml bad:8
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     spec:
    ///       containers: [{ name: web, image: web:1 }]
    ///     metadata: { labels: { app: web } }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: web:1 }]
    ///       topologySpreadConstraints:
    ///         - topologyKey: kubernetes.io/hostname
    ///           maxSkew: 1
    ///           whenUnsatisfiable: ScheduleAnyway
    ///           labelSelector: { matchLabels: { app: web } }
    /// ```
    /// ```yaml bad:12
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: web:1 }]
    ///       affinity:
    ///         podAntiAffinity:
    ///           requiredDuringSchedulingIgnoredDuringExecution:
    ///             - { topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: db } } }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: web:1 }]
    ///       affinity:
    ///         podAntiAffinity:
    ///           preferredDuringSchedulingIgnoredDuringExecution:
    ///             - weight: 1
    ///               podAffinityTerm:
    ///                 topologyKey: kubernetes.io/hostname
    ///                 namespaces: [shop]
    ///                 labelSelector: { matchExpressions: [{ key: app, operator: In, values: [web] }] }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db }
    /// spec:
    ///   replicas: 1
    ///   selector: { matchLabels: { app: db } }
    ///   template:
    ///     metadata: { labels: { app: db } }
    ///     spec: { containers: [{ name: db, image: db:1 }] }
    /// ```
    NO_POD_ANTI_AFFINITY = "k8s-no-pod-anti-affinity" {
        check: Check::Pod(no_pod_anti_affinity),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &[
            "kube-linter:no-anti-affinity", "kube-score:deployment-has-host-podantiaffinity",
            "kube-score:statefulset-has-host-podantiaffinity", "kyverno:other/create-pod-antiaffinity",
        ],
    }
}

fn topology_spread_invalid(pod: &Pod<'_>, report: &mut Report<'_>) {
    for constraint in pod.list("topologySpreadConstraints").filter(|constraint| constraint.is_map()) {
        let fields = ["maxSkew", "topologyKey", "whenUnsatisfiable", "labelSelector"];
        let missing: Vec<&str> = fields.into_iter().filter(|field| constraint.get(field).absent().is_some()).collect();
        if !missing.is_empty() {
            report
                .at(constraint, format!("a topology spread constraint lacks `{}`", missing.join("` and `")))
                .help("set it; without a label selector the constraint counts no pods");
        }
        if let Lookup::Present(skew) = constraint.get("maxSkew")
            && skew.as_i64().is_some_and(|number| number < 1)
        {
            report.at(skew, format!("a skew of {} is not possible", skew.text())).help("set `maxSkew` to 1 or more");
        }
        if let Lookup::Present(domains) = constraint.get("minDomains")
            && let Some(number) = domains.as_i64()
        {
            let is_soft = constraint.field("whenUnsatisfiable").and_then(Node::as_str) == Some("ScheduleAnyway");
            if number < 1 {
                report.at(domains, format!("{number} domains are not possible")).help("set `minDomains` to 1 or more");
            } else if is_soft {
                report
                    .at(domains, "`minDomains` is only allowed with `DoNotSchedule`")
                    .help("remove it, or set `whenUnsatisfiable: DoNotSchedule`");
            }
        }
        if let Lookup::Present(policy) = constraint.get("whenUnsatisfiable")
            && let Some(text) = policy.as_str()
            && !matches!(text, "DoNotSchedule" | "ScheduleAnyway")
        {
            report
                .at(policy, format!("`{text}` is no value of `whenUnsatisfiable`"))
                .help("write `DoNotSchedule` or `ScheduleAnyway`");
        }
    }
}

fn rolling_update_missing(pod: &Pod<'_>, report: &mut Report<'_>) {
    let object = &pod.object;
    if object.kind != "Deployment" || !object.is_builtin() || pod.get("volumes").is_unknown() {
        return;
    }
    let Lookup::Present(strategy) = object.node.get("spec.strategy.type") else { return };
    let claims = |volume: &Node<'_>| {
        ["persistentVolumeClaim", "ephemeral"].iter().any(|source| volume.get(source).absent().is_none())
    };
    if strategy.as_str() == Some("Recreate") && !pod.list("volumes").any(|volume| claims(&volume)) {
        let claim = Claim::SelectedByService { namespace: report.namespace(object), labels: Labels::of(pod.template) };
        report
            .claim(strategy, format!("{} serves a Service and stops it with every update", object.title()), claim)
            .help("use `RollingUpdate`");
    }
}

fn replicas_low(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(name) = object.name.filter(|_| object.is_builtin()) else { return };
    let place = match object.node.get("spec.replicas") {
        Lookup::Present(replicas) if replicas.as_i64() == Some(1) => Place::from(replicas),
        Lookup::Absent(anchor) => Place::from(anchor),
        Lookup::Present(_) | Lookup::Unknown(_) => return,
    };
    let claim =
        Claim::NotScaled { namespace: report.namespace(object), kind: object.kind.to_owned(), name: name.to_owned() };
    report
        .claim(place, format!("{} runs a single replica", object.title()), claim)
        .help("set `replicas` to 2 or more, or let an autoscaler set it");
}

fn no_pod_anti_affinity(pod: &Pod<'_>, report: &mut Report<'_>) {
    let object = &pod.object;
    let kinds =
        ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DeploymentConfig", "Rollout", "CloneSet"];
    if !kinds.contains(&object.kind) {
        return;
    }
    let Lookup::Present(replicas) = object.node.get("spec.replicas") else { return };
    let is_spread = pod.get("topologySpreadConstraints").absent().is_none();
    if replicas.as_i64().is_none_or(|number| number < 2) || is_spread {
        return;
    }
    let place = match pod.get("affinity.podAntiAffinity") {
        Lookup::Absent(_) => pod.spec,
        Lookup::Present(rules) if !may_select_itself(pod, rules) => rules,
        Lookup::Present(_) | Lookup::Unknown(_) => return,
    };
    let message = format!("nothing keeps the {} replicas of {} on different nodes", replicas.text(), object.title());
    report.at(place, message).help("add a topology spread constraint over `kubernetes.io/hostname`");
}

/// Whether a term of the anti-affinity selects the pod's own replicas, or may.
fn may_select_itself(pod: &Pod<'_>, rules: Node<'_>) -> bool {
    let required = rules.get("requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = rules.get("preferredDuringSchedulingIgnoredDuringExecution");
    if rules.is_open() || [required, preferred].iter().any(|list| list.is_unknown()) {
        return true;
    }
    let preferred = elements(preferred).map(|term| term.get("podAffinityTerm"));
    elements(required).map(Lookup::Present).chain(preferred).any(|term| match term {
        Lookup::Present(term) => selects(term, pod),
        Lookup::Unknown(_) => true,
        Lookup::Absent(_) => false,
    })
}

fn elements(list: Lookup<'_>) -> impl Iterator<Item = Node<'_>> {
    list.present().into_iter().flat_map(Node::items)
}

fn selects(term: Node<'_>, pod: &Pod<'_>) -> bool {
    let own_labels = match pod.template.get("metadata.labels") {
        Lookup::Present(node) => labels(node),
        Lookup::Absent(_) => Some(BTreeMap::new()),
        Lookup::Unknown(_) => None,
    };
    let is_elsewhere = match (pod.object.namespace, term.get("namespaces"), term.get("namespaceSelector")) {
        (Some(own), Lookup::Present(list), Lookup::Absent(_)) if list.items().len() > 0 => {
            list.items().all(|name| name.as_str().is_some_and(|name| name != own))
        }
        _ => false,
    };
    match (term.get("labelSelector"), own_labels) {
        _ if is_elsewhere => false,
        // No selector selects nothing, an empty one everything.
        (Lookup::Absent(_), _) => false,
        (Lookup::Unknown(_), _) | (_, None) => true,
        (Lookup::Present(selector), Some(own)) => requirements(selector).iter().all(|wanted| wanted.accepts(&own)),
    }
}
