//! Quotas of namespaces, and what the namespaces ask for.
//!
//! What is asked for is a lower bound, added up exactly: replicas, or the most that an autoscaler allows; a Job's parallel
//! pods; a DaemonSet as on one node; of init containers the largest, sidecars included; overhead; claims of volumes; what a
//! LimitRange gives to containers that write nothing. What is not known adds nothing, and neither does what a kustomization patches, what is written twice, or what is of another
//! environment. Of a quota with scopes only the pods count that certainly are in them.

use portcullis_model::facts::{Claim, PodScope, Quoted, Side};
use portcullis_model::kubernetes::{Object, Quantity};

use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&RESOURCEQUOTA_EXCEEDED, &QUOTA_REQUEST_MISSING];

rule! {
    /// Namespace asks for more than its quota
    ///
    /// The API server refuses the pods, claims and objects that go beyond the quota: a Deployment is accepted and stays
    /// short of replicas, often when load makes the autoscaler ask for them. Counted are CPU, memory, storage and every
    /// other resource, pods, claims, Services and other objects. Defaults of a LimitRange are written into the pods before they
    /// are counted, and are counted here where the scan sees all LimitRanges of the namespace. Silent for scopes that depend on the cluster
    /// (`BestEffort`, and classes that are left out), where a policy of the scan changes resources as pods are made, and
    /// below a vertical autoscaler.
    ///
    /// ```yaml bad:6
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team, namespace: shop }
    /// spec:
    ///   hard:
    ///     requests.cpu: "2"
    ///     limits.memory: 4Gi
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 2
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: web
    ///           image: web:1
    ///           resources: { requests: { cpu: 500m }, limits: { memory: 1Gi } }
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: api, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: api }, maxReplicas: 3 }
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: api, namespace: shop }
    /// spec: { template: { spec: { containers: [{ name: api, image: api:1, resources: { limits: { cpu: 0.4 } } }] } } }
    /// ```
    /// ```yaml bad:4
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team, namespace: shop }
    /// spec: { hard: { requests.storage: 25Gi, persistentvolumeclaims: 3 } }
    /// file=db.yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   replicas: 3
    ///   template: { spec: { containers: [{ name: db, image: db:1 }] } }
    ///   volumeClaimTemplates:
    ///     - metadata: { name: data }
    ///       spec: { resources: { requests: { storage: 10Gi } } }
    /// ```
    /// ```yaml bad:4
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team, namespace: shop }
    /// spec: { hard: { requests.cpu: 500m } }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, default: { cpu: 300m } }] }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { replicas: 2, template: { spec: { containers: [{ name: web, image: web:1 }] } } }
    /// ```
    /// ```yaml good
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team, namespace: shop }
    /// spec: { hard: { requests.cpu: "1", pods: 4, services: 1, count/deployments.apps: 2 } }
    /// ---
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: batch, namespace: shop }
    /// spec: { hard: { pods: 0 }, scopes: [Terminating] }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 2
    ///   template:
    ///     spec:
    ///       initContainers: [{ name: init, image: web:1, resources: { requests: { cpu: 500m } } }]
    ///       containers: [{ name: web, image: web:1, resources: { requests: { cpu: 400m } } }]
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: api, namespace: shop }
    /// spec:
    ///   replicas: 2
    ///   template: { spec: { containers: [{ name: api, image: api:1, resources: { requests: { cpu: "${CPU}" } } }] } }
    /// ```
    /// ```yaml good
    /// file=base/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { replicas: 9, template: { spec: { containers: [{ name: web, image: web:1 }] } } }
    /// file=base/kustomization.yaml
    /// resources: [web.yaml]
    /// replicas: [{ name: web, count: 1 }]
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team, namespace: shop }
    /// spec: { hard: { pods: 4 } }
    /// ```
    RESOURCEQUOTA_EXCEEDED = "k8s-resourcequota-exceeded" {
        check: Check::Object(&["ResourceQuota"], resourcequota_exceeded),
        severity: Severity::High,
        tags: &["across-files"],
        yields_to: &["k8s-invalid-quantity", "k8s-schema-invalid"],
    }
}

rule! {
    /// Quota asks for an amount that a container does not set
    ///
    /// Once a quota bounds CPU or memory the API server refuses every pod of the namespace that has a container, init
    /// containers included, without that request or limit. A limit stands for a request, and so do the defaults of a
    /// LimitRange. Where the quota bounds both, the limit alone is asked for. Silent for quotas with scopes, where a
    /// LimitRange may give the amount, where a policy of the scan changes resources as pods are made, and where the
    /// container's resources are not known. Where single files are named, a LimitRange may be in any other: then only
    /// containers count that are in one file with the quota.
    ///
    /// ```yaml bad:6
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team, namespace: shop }
    /// spec:
    ///   hard:
    ///     limits.memory: 4Gi
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1, resources: { requests: { memory: 1Gi } } }] }
    /// ```
    /// ```yaml good
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team, namespace: shop }
    /// spec: { hard: { requests.memory: 4Gi, cpu: 2, requests.ephemeral-storage: 1Gi } }
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1, resources: { limits: { memory: 1Gi } } }] }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, defaultRequest: { cpu: 100m } }] }
    /// ```
    QUOTA_REQUEST_MISSING = "k8s-quota-request-missing" {
        check: Check::Object(&["ResourceQuota"], quota_request_missing),
        severity: Severity::High,
        tags: &["across-files"],
    }
}

/// The pods that a quota is about: those in all of these. `None` where that is not known.
fn scopes(object: &Object<'_>) -> Option<Vec<PodScope>> {
    let of_name = |name: &str| match name {
        "Terminating" => Some(PodScope::Ending),
        "NotTerminating" => Some(PodScope::Lasting),
        "NotBestEffort" => Some(PodScope::Asking),
        "PriorityClass" => Some(PodScope::Prioritized),
        _ => None,
    };
    let of_expression = |expression: Node<'_>| {
        let text = |field: &str| expression.field(field).and_then(Node::as_str);
        let name = text("scopeName")?;
        match text("operator")? {
            "Exists" => of_name(name),
            "In" if name == "PriorityClass" => {
                let classes = expression.field("values")?.items().map(|class| class.as_str().map(str::to_owned));
                Some(PodScope::OfClasses(classes.collect::<Option<_>>()?))
            }
            _ => None,
        }
    };
    let listed = |path: &str| match object.node.get(path) {
        Lookup::Absent(_) => Some(Vec::new()),
        Lookup::Present(list) if list.is_list() => Some(list.items().collect()),
        Lookup::Present(_) | Lookup::Unknown(_) => None,
    };
    if object.node.get("spec.scopeSelector").is_unknown() {
        return None;
    }
    let named = listed("spec.scopes")?.into_iter().map(|name| of_name(name.as_str()?));
    named.chain(listed("spec.scopeSelector.matchExpressions")?.into_iter().map(of_expression)).collect()
}

/// Bounds of one quota that are judged: with scopes, each looks at every workload.
const BOUNDS: usize = 64;

/// The bounds of a quota.
fn bounds<'t>(object: &Object<'t>) -> Vec<(&'t str, Node<'t>)> {
    let hard = object.node.get("spec.hard").present().filter(|_| object.group().is_empty());
    hard.into_iter().flat_map(Node::entries).take(BOUNDS).map(|(key, value)| (key.text(), value)).collect()
}

fn resourcequota_exceeded(object: &Object<'_>, report: &mut Report<'_>) {
    let (Some(site), Some(scopes)) = (report.facts().site(object), scopes(object)) else { return };
    for (key, value) in bounds(object) {
        let (Some(what), Some(Ok(hard))) = (quoted(key), Quantity::of(value)) else { continue };
        let namespace = report.namespace(object);
        let message = format!("{} allows `{}` of `{key}` in all", object.title(), value.text());
        let claim = Claim::QuotaExceeded { namespace, site, what, scopes: scopes.clone(), hard };
        report.claim(value, message, claim).help("raise the quota, or ask for less");
    }
}

/// Kinds of objects that quotas count: the name without and with its group, the kind, and how many Kubernetes makes.
const COUNTED: &[(&str, &str, &str, i64)] = &[
    ("services", "count/services", "Service", 0),
    ("configmaps", "count/configmaps", "ConfigMap", 1),
    ("secrets", "count/secrets", "Secret", 0),
    ("replicationcontrollers", "count/replicationcontrollers", "ReplicationController", 0),
    ("resourcequotas", "count/resourcequotas", "ResourceQuota", 0),
    ("", "count/serviceaccounts", "ServiceAccount", 0),
    ("", "count/limitranges", "LimitRange", 0),
    ("", "count/deployments.apps", "Deployment", 0),
    ("", "count/statefulsets.apps", "StatefulSet", 0),
    ("", "count/daemonsets.apps", "DaemonSet", 0),
    ("", "count/cronjobs.batch", "CronJob", 0),
    ("", "count/ingresses.networking.k8s.io", "Ingress", 0),
    ("", "count/networkpolicies.networking.k8s.io", "NetworkPolicy", 0),
    ("", "count/poddisruptionbudgets.policy", "PodDisruptionBudget", 0),
    ("", "count/horizontalpodautoscalers.autoscaling", "HorizontalPodAutoscaler", 0),
    ("", "count/roles.rbac.authorization.k8s.io", "Role", 0),
    ("", "count/rolebindings.rbac.authorization.k8s.io", "RoleBinding", 0),
];

/// What a key of a quota bounds; `None` for what is not counted here.
fn quoted(key: &str) -> Option<Quoted> {
    let requests = |resource: &str| Some(Quoted::Resource(Side::Requests, resource.to_owned()));
    match key {
        "services.loadbalancers" => return Some(Quoted::LoadBalancers),
        "services.nodeports" => return Some(Quoted::NodePorts),
        "count/pods" => return requests("pods"),
        "count/persistentvolumeclaims" => return requests("persistentvolumeclaims"),
        "cpu" | "memory" | "ephemeral-storage" | "pods" | "persistentvolumeclaims" => return requests(key),
        _ if key.contains(".storageclass.storage.k8s.io/") => return requests(key),
        _ => {}
    }
    if let Some(resource) = key.strip_prefix("requests.") {
        return requests(resource);
    }
    if let Some(resource) = key.strip_prefix("limits.") {
        return Some(Quoted::Resource(Side::Limits, resource.to_owned()));
    }
    let row = COUNTED.iter().find(|(short, long, ..)| key == *long || !short.is_empty() && key == *short)?;
    Some(Quoted::Objects { kind: row.2, made: row.3 })
}

fn quota_request_missing(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(site) = report.facts().site(object) else { return };
    if scopes(object).is_none_or(|scopes| !scopes.is_empty()) {
        return;
    }
    let bounds = bounds(object);
    for resource in ["cpu", "memory"] {
        let bound = |prefix: &str| bounds.iter().find(|(key, _)| key.strip_prefix(prefix) == Some(resource));
        let limit = bound("limits.").map(|found| (Side::Limits, found));
        let request = || Some((Side::Requests, bound("requests.").or_else(|| bound(""))?));
        let Some((half, (_, value))) = limit.or_else(request) else { continue };
        let what = if half == Side::Limits { "limit" } else { "request" };
        let message = format!("{} refuses pods with a container without a {resource} {what}", object.title());
        let (namespace, file) = (report.namespace(object), object.node.span().file);
        let claim = Claim::AmountUnset { namespace, site, side: half, resource, file };
        let help = format!("set `resources.{}.{resource}`, or give a default with a LimitRange", half.field());
        report.claim(*value, message, claim).help(help);
    }
}
