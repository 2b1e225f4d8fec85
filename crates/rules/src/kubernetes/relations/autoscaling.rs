//! Autoscalers and what they scale.

use portcullis_model::facts::Claim;
use portcullis_model::kubernetes::Object;

use super::place;
use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] =
    &[&HPA_MIN_REPLICAS_LOW, &HPA_TARGET_HAS_REPLICAS, &HPA_NO_RESOURCE_REQUEST, &DANGLING_HPA];

rule! {
    /// Autoscaler may scale down to a single replica
    ///
    /// In quiet hours one pod is left, and every drain or failure of its node is an outage. No `minReplicas` means one.
    ///
    /// ```yaml bad:6
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 1
    ///   maxReplicas: 5
    /// ```
    /// ```yaml bad:4
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 5 }
    /// ```
    /// ```yaml good
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 2
    ///   maxReplicas: 5
    /// ```
    HPA_MIN_REPLICAS_LOW = "k8s-hpa-min-replicas-low" {
        check: Check::Object(&["HorizontalPodAutoscaler"], hpa_min_replicas_low),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &[
            "kube-linter:hpa-minimum-three-replicas", "polaris:hpaMinAvailability",
            "kube-score:horizontalpodautoscaler-replicas",
        ],
    }
}

rule! {
    /// Workload sets the replicas that an autoscaler owns
    ///
    /// Each apply sets the number back, and the autoscaler sets it again: under load that takes pods away just when they are
    /// needed. A GitOps controller does it every few minutes. Zero replicas turn the autoscaler off and are left alone.
    ///
    /// ```yaml bad:5
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 3
    ///   template: { spec: { containers: [{ name: web, image: web:1 }] } }
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 2, maxReplicas: 5 }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   replicas: 3
    ///   template: { spec: { containers: [{ name: web, image: web:1 }] } }
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: staging }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 2, maxReplicas: 5 }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { template: { spec: { containers: [{ name: web, image: web:1 }] } } }
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 2, maxReplicas: 5 }
    /// ```
    HPA_TARGET_HAS_REPLICAS = "k8s-hpa-target-has-replicas" {
        check: Check::Object(&[], hpa_target_has_replicas),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kube-score:deployment-targeted-by-hpa-does-not-have-replicas-configured"],
    }
}

rule! {
    /// Autoscaler measures use of a request that containers lack
    ///
    /// Utilisation is a share of the request. Where a container of the target has none the autoscaler cannot compute it
    /// and never scales. A limit stands for a request. Silent where a LimitRange may give one, and where the target or its
    /// resources are not known.
    ///
    /// ```yaml bad:10
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   maxReplicas: 5
    ///   metrics:
    ///     - type: Resource
    ///       resource:
    ///         name: cpu
    ///         target: { type: Utilization, averageUtilization: 70 }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { template: { spec: { containers: [{ name: web, image: web:1, resources: { requests: { memory: 1Gi } } }] } } }
    /// ```
    /// ```yaml good
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   maxReplicas: 5
    ///   metrics:
    ///     - { type: Resource, resource: { name: memory, target: { type: Utilization, averageUtilization: 70 } } }
    ///     - { type: Resource, resource: { name: cpu, target: { type: AverageValue, averageValue: 500m } } }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { template: { spec: { containers: [{ name: web, image: web:1, resources: { limits: { memory: 1Gi } } }] } } }
    /// ```
    /// ```yaml good
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   maxReplicas: 5
    ///   metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }]
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { template: { spec: { containers: [{ name: web, image: web:1 }] } } }
    /// ---
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// spec: { limits: [{ type: Container, defaultRequest: { cpu: 100m } }] }
    /// ```
    HPA_NO_RESOURCE_REQUEST = "k8s-hpa-no-resource-request" {
        check: Check::Object(&["HorizontalPodAutoscaler"], hpa_no_resource_request),
        severity: Severity::Medium,
        tags: &["across-files"],
    }
}

rule! {
    /// Autoscaler scales nothing
    ///
    /// The workload that it names does not exist: it was renamed, or stands in another namespace. An autoscaler never looks
    /// beyond its own. Silent where the workload may be in what was not read.
    ///
    /// ```yaml bad:5
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   maxReplicas: 5
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: web, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web }, maxReplicas: 5 }
    /// file=web.yaml
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Rollout
    /// metadata: { name: web, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 5 }
    /// file=release.yaml
    /// apiVersion: helm.toolkit.fluxcd.io/v2
    /// kind: HelmRelease
    /// metadata: { name: shop, namespace: flux-system }
    /// spec: { targetNamespace: shop }
    /// ```
    DANGLING_HPA = "k8s-dangling-hpa" {
        check: Check::Object(&["HorizontalPodAutoscaler"], dangling_hpa),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &[
            "kube-linter:dangling-horizontalpodautoscaler", "kube-score:horizontalpodautoscaler-has-target",
            "kubescape:C-0300",
        ],
    }
}

fn hpa_min_replicas_low(object: &Object<'_>, report: &mut Report<'_>) {
    let (least, spot) = match object.node.get("spec.minReplicas") {
        Lookup::Present(min) => match min.as_i64() {
            Some(number) if number < 2 => (number, Place::from(min)),
            _ => return,
        },
        Lookup::Absent(anchor) => (1, Place::from(anchor)),
        Lookup::Unknown(_) => return,
    };
    report.at(spot, format!("{} may scale down to {least}", object.title())).help("set `minReplicas` to 2 or more");
}

fn hpa_target_has_replicas(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(name) = object.name.filter(|_| object.kind != "ScaledObject") else { return };
    let Lookup::Present(replicas) = object.node.get("spec.replicas") else { return };
    if replicas.as_i64().is_none_or(|number| number == 0) {
        return;
    }
    let claim =
        Claim::Scaled { namespace: report.namespace(object), kind: object.kind.to_owned(), name: name.to_owned() };
    let message = format!("{} sets {} replicas, and an autoscaler owns that number", object.title(), replicas.text());
    report.claim(replicas, message, claim).help("remove `replicas`");
}

/// The target of an autoscaler, and the node that names it.
fn target<'t>(object: &Object<'t>) -> Option<(&'t str, &'t str, Node<'t>)> {
    let reference = object.node.get("spec.scaleTargetRef").present()?;
    let name = reference.field("name")?;
    Some((reference.field("kind")?.as_str()?, name.as_str()?, name))
}

fn hpa_no_resource_request(object: &Object<'_>, report: &mut Report<'_>) {
    let Some((kind, name, _)) = target(object) else { return };
    let mut asks: Vec<(Node<'_>, &str, Option<&str>)> = Vec::new();
    for metric in object.node.get("spec.metrics").present().into_iter().flat_map(Node::items) {
        for field in ["resource", "containerResource"] {
            let Some(source) = metric.field(field) else { continue };
            let is_share = ["target.averageUtilization", "targetAverageUtilization"]
                .iter()
                .any(|path| source.get(path).absent().is_none());
            let container = source.field("container").and_then(Node::as_str);
            let is_known = field == "resource" || container.is_some();
            if let Some(resource) = source.field("name").filter(|_| is_share && is_known)
                && let Some(what @ ("cpu" | "memory")) = resource.as_str()
            {
                asks.push((resource, what, container));
            }
        }
    }
    if let Lookup::Present(share) = object.node.get("spec.targetCPUUtilizationPercentage") {
        asks.push((share, "cpu", None));
    }
    for (node, resource, container) in asks {
        let claim = Claim::LacksRequest {
            namespace: report.namespace(object),
            kind: kind.to_owned(),
            name: name.to_owned(),
            resource: resource.to_owned(),
            container: container.map(str::to_owned),
        };
        let who = container.map_or("a container".to_owned(), |container| format!("container `{container}`"));
        let message =
            format!("{} scales by {resource} use, and {who} of {kind} `{name}` requests none", object.title());
        report.claim(node, message, claim).help(format!("set `resources.requests.{resource}` of every container"));
    }
}

fn dangling_hpa(object: &Object<'_>, report: &mut Report<'_>) {
    let Some((kind, name, node)) = target(object) else { return };
    let namespace = report.namespace(object);
    let message = format!("{} scales {kind} `{name}`, which is not{}", object.title(), place(&namespace));
    let claim = Claim::Missing { namespace, kind: kind.to_owned(), name: name.to_owned() };
    report.claim(node, message, claim).help("correct the target, or remove the autoscaler");
}
