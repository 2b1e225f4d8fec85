//! Where pods run, with which runtime, and who is evicted first.
//!
//! Most of it is house style: those rules are turned on by name. Defaults that the cluster sets cannot be known.

use portcullis_model::kubernetes::{Object, Pod};
use portcullis_syntax::Anchor;

use super::controllers::is_static;
use super::options;
use super::standard::pod_title;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &CONTROL_PLANE_TOLERATION,
    &RUNTIME_CLASS_NOT_ALLOWED,
    &NO_TOPOLOGY_SPREAD,
    &NO_NODE_AFFINITY,
    &PRIORITY_CLASS_MISSING,
];

rule! {
    /// Workload may run on control-plane nodes
    ///
    /// Those nodes hold the cluster's keys and etcd: a pod that escapes there has the cluster, and one that is hungry
    /// takes the API server's memory. Reported is a toleration of their taint, by name or with a toleration of
    /// everything. Silent for DaemonSets, static pods and the namespace `kube-system`, which belong there.
    ///
    /// ```yaml bad:11
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: web:1 }]
    ///       tolerations:
    ///         - key: node-role.kubernetes.io/control-plane
    ///           operator: Exists
    ///           effect: NoSchedule
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   tolerations: [{ operator: Exists }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   tolerations:
    ///     - { key: example.org/gpu, operator: Exists }
    ///     - { operator: Exists, effect: NoExecute }
    /// ---
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata: { name: agent }
    /// spec:
    ///   template:
    ///     spec:
    ///       containers: [{ name: agent, image: agent:1 }]
    ///       tolerations: [{ operator: Exists }]
    /// ```
    CONTROL_PLANE_TOLERATION = "k8s-control-plane-toleration" {
        check: Check::Pod(control_plane_toleration),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kyverno:other/restrict-controlplane-scheduling"],
    }
}

rule! {
    /// Pod runs with a runtime class that is not allowed
    ///
    /// The class decides what stands between the pod and the node's kernel. List the classes that are allowed under
    /// `classes`; where none is listed, those named after gVisor and Kata Containers are. A pod without a class runs with
    /// the node's default; it is reported only where `required` is set.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   runtimeClassName: legacy
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { runtimeClassName: gvisor, containers: [{ name: web, image: web:1 }] }
    /// ```
    RUNTIME_CLASS_NOT_ALLOWED = "k8s-runtime-class-not-allowed" {
        check: Check::Pod(runtime_class_not_allowed),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:psp-migration/restrict-runtimeClassName"],
        options: &[
            OptionMeta {
                name: "classes",
                shape: OptionShape::Strings,
                docs: "Runtime classes that pods may have; those of gVisor and Kata Containers where it is not set",
            },
            OptionMeta {
                name: "required",
                shape: OptionShape::Flag,
                docs: "Whether every pod must name a runtime class",
            },
        ],
    }
}

rule! {
    /// Replicas have no topology spread constraints
    ///
    /// Anti-affinity keeps pods apart; constraints spread them evenly, over zones as over nodes. Looks at workloads with
    /// two or more replicas. Gives way to the rule about replicas that nothing keeps apart.
    ///
    /// ```yaml bad:8
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: 3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     spec:
    ///       containers: [{ name: web, image: web:1 }]
    ///       topologySpreadConstraints:
    ///         - { maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway }
    /// ```
    NO_TOPOLOGY_SPREAD = "k8s-no-topology-spread" {
        check: Check::Pod(no_topology_spread),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["polaris:topologySpreadConstraint", "kyverno:other/topologyspreadconstraints-policy"],
        yields_to: &["k8s-no-pod-anti-affinity"],
    }
}

rule! {
    /// Workload does not say on which nodes it runs
    ///
    /// Some houses give each workload a pool of nodes, and one without node affinity runs on any of them. A node selector
    /// and a node's name say the same and count. Silent for DaemonSets, which run on all.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { nodeSelector: { pool: shop }, containers: [{ name: web, image: web:1 }] }
    /// ```
    NO_NODE_AFFINITY = "k8s-no-node-affinity" {
        check: Check::Pod(no_node_affinity),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kube-linter:no-node-affinity"],
    }
}

rule! {
    /// Pod has no priority class, or one that is not allowed
    ///
    /// The class says who is evicted when a node is full. Without one the cluster's default counts, which is nothing
    /// unless somebody has set it. With `classes` only those are accepted.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { priorityClassName: shop, containers: [{ name: web, image: web:1 }] }
    /// ```
    PRIORITY_CLASS_MISSING = "k8s-priority-class-missing" {
        check: Check::Pod(priority_class_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &[
            "kube-linter:priority-class-name", "polaris:priorityClassNotSet",
            "kyverno:other/require-pod-priorityclassname",
        ],
        options: &[OptionMeta {
            name: "classes",
            shape: OptionShape::Strings,
            docs: "Priority classes that pods may have; any where it is not set",
        }],
    }
}

fn control_plane_toleration(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Lookup::Present(tolerations) = pod.get("tolerations") else { return };
    if pod.object.kind == "DaemonSet" || pod.object.namespace == Some("kube-system") || is_static(&pod.object) {
        return;
    }
    let Some(place) = tolerations.items().find_map(tolerated) else { return };
    report
        .at(place, format!("{} may run on control-plane nodes", pod_title(pod)))
        .help("remove the toleration, or name the taints that it is meant for");
}

/// What in a toleration covers the taint of control-plane nodes, whose effect is `NoSchedule`.
fn tolerated(toleration: Node<'_>) -> Option<Node<'_>> {
    const TAINTS: &[&str] = &["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
    match toleration.get("effect") {
        Lookup::Present(effect) if effect.as_str() != Some("NoSchedule") => return None,
        Lookup::Unknown(_) => return None,
        Lookup::Present(_) | Lookup::Absent(_) => {}
    }
    match toleration.get("key") {
        Lookup::Present(key) => TAINTS.contains(&key.as_str()?).then_some(key),
        Lookup::Absent(_) => toleration.get("operator").present().filter(|node| node.as_str() == Some("Exists")),
        Lookup::Unknown(_) => None,
    }
}

fn runtime_class_not_allowed(pod: &Pod<'_>, report: &mut Report<'_>) {
    match pod.get("runtimeClassName") {
        Lookup::Present(class) => {
            let Some(name) = class.as_str() else { return };
            let classes = options::list(report, "classes", &[]);
            if classes.contains(&name) || classes.is_empty() && is_sandbox(name) {
                return;
            }
            report
                .at(class, format!("{} runs with the runtime class `{name}`, which is not allowed", pod_title(pod)))
                .help("use an allowed class, or add this one to the rule's `classes`");
        }
        Lookup::Absent(anchor) if options::flag(report, "required") => {
            report
                .at(anchor, format!("{} names no runtime class", pod_title(pod)))
                .help("set `runtimeClassName` to an allowed class");
        }
        Lookup::Absent(_) | Lookup::Unknown(_) => {}
    }
}

/// Whether a runtime class has the usual name of a runtime that keeps the pod from the node's kernel.
pub(super) fn is_sandbox(class: &str) -> bool {
    matches!(class, "gvisor" | "runsc" | "kata") || class.starts_with("kata-")
}

fn no_topology_spread(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Some(replicas) = replicas(&pod.object).filter(|&number| number > 1) else { return };
    let is_empty = match pod.get("topologySpreadConstraints") {
        Lookup::Absent(_) => true,
        Lookup::Present(list) => list.is_list() && list.items().len() == 0,
        Lookup::Unknown(_) => false,
    };
    if is_empty {
        report
            .at(pod.spec, format!("nothing spreads the {replicas} replicas of {} evenly", pod.object.title()))
            .help("add `topologySpreadConstraints` over zones and nodes");
    }
}

/// The written number of replicas of a workload that has them.
fn replicas(object: &Object<'_>) -> Option<i64> {
    let kinds = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DeploymentConfig", "Rollout"];
    kinds.contains(&object.kind).then(|| object.node.get("spec.replicas").present()?.as_i64()).flatten()
}

fn no_node_affinity(pod: &Pod<'_>, report: &mut Report<'_>) {
    let says = ["affinity.nodeAffinity", "nodeSelector", "nodeName"];
    if pod.object.kind == "DaemonSet" || says.into_iter().any(|field| pod.get(field).absent().is_none()) {
        return;
    }
    report
        .at(Anchor { parent: pod.spec }, format!("{} may run on any node", pod_title(pod)))
        .help("set `affinity.nodeAffinity`");
}

fn priority_class_missing(pod: &Pod<'_>, report: &mut Report<'_>) {
    let help = "set `priorityClassName`";
    match pod.get("priorityClassName") {
        Lookup::Present(class) => match class.as_str() {
            Some("") => drop(report.at(class, format!("{} names no priority class", pod_title(pod))).help(help)),
            Some(name) => {
                let classes = options::list(report, "classes", &[]);
                if !classes.is_empty() && !classes.contains(&name) {
                    let message = format!("{} has the priority class `{name}`, which is not allowed", pod_title(pod));
                    report.at(class, message).help("use an allowed class, or add this one to the rule's `classes`");
                }
            }
            None => {}
        },
        Lookup::Absent(anchor) => {
            report.at(anchor, format!("{} names no priority class", pod_title(pod))).help(help);
        }
        Lookup::Unknown(_) => {}
    }
}
