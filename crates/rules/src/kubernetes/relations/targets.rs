//! Autoscalers of all sorts and their targets: one for each, and a target for each.
//!
//! Only what is deployed together is compared: the same autoscaler in `staging/` and `prod/` is normal.

use portcullis_model::facts::Claim;
use portcullis_model::kubernetes::Object;

use super::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&DANGLING_VPA, &HPA_DUPLICATE_TARGET];

rule! {
    /// Vertical autoscaler sizes nothing
    ///
    /// The workload that it names does not exist: it was renamed, or stands in another namespace. Silent where the workload
    /// may be in what was not read.
    ///
    /// ```yaml bad:5
    /// file=sizer.yaml
    /// apiVersion: autoscaling.k8s.io/v1
    /// kind: VerticalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   targetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: other }
    /// ```
    /// ```yaml good
    /// file=sizer.yaml
    /// apiVersion: autoscaling.k8s.io/v1
    /// kind: VerticalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { targetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// ```
    DANGLING_VPA = "k8s-dangling-vpa" {
        check: Check::Object(&["VerticalPodAutoscaler"], dangling_vpa),
        severity: Severity::Low,
        tags: &["across-files"],
        peers: &["kyverno:other/verify-vpa-target"],
    }
}

rule! {
    /// Two autoscalers work against each other
    ///
    /// Two autoscalers of one target set its replicas in turn, each to its own number; a ScaledObject is one of them,
    /// because KEDA makes an autoscaler for it. A vertical autoscaler changes the requests that a horizontal one measures
    /// CPU or memory by, and the two drive each other. Silent for a vertical one that only recommends
    /// (`updateMode: Off`), for a horizontal one that goes by other metrics, and for what is not deployed together.
    ///
    /// ```yaml bad:10
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 5 }
    /// ---
    /// apiVersion: keda.sh/v1alpha1
    /// kind: ScaledObject
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   scaleTargetRef: { name: web }
    /// ```
    /// ```yaml bad:5
    /// file=a.yaml
    /// apiVersion: autoscaling.k8s.io/v1
    /// kind: VerticalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   targetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    /// file=b.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 5 }
    /// ```
    /// ```yaml good
    /// file=scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 5 }
    /// ---
    /// apiVersion: autoscaling.k8s.io/v1
    /// kind: VerticalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { targetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, updatePolicy: { updateMode: "Off" } }
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: api, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: api }, maxReplicas: 5 }
    /// ```
    /// ```yaml good
    /// file=staging/scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 5 }
    /// file=prod/scaler.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web-prod, namespace: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 50 }
    /// ```
    HPA_DUPLICATE_TARGET = "k8s-hpa-duplicate-target" {
        check: Check::Object(
            &["HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler"],
            hpa_duplicate_target,
        ),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kyverno:other/prevent-duplicate-hpa", "kyverno:other/prevent-duplicate-vpa"],
    }
}

fn dangling_vpa(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(reference) = object.node.get("spec.targetRef") else { return };
    let text = |field: &str| reference.field(field).and_then(Node::as_str);
    let (Some(kind), Some(name), Some(node)) = (text("kind"), text("name"), reference.field("name")) else { return };
    let namespace = report.namespace(object);
    let message = format!("{} sizes {kind} `{name}`, which is not{}", object.title(), place(&namespace));
    let claim = Claim::Missing { namespace, kind: kind.to_owned(), name: name.to_owned() };
    report.claim(node, message, claim).help("correct the target, or remove the autoscaler");
}

fn hpa_duplicate_target(object: &Object<'_>, report: &mut Report<'_>) {
    const HELP: &str = "leave one of the two; several metrics fit into one autoscaler";
    if let Some((node, claim)) = report.facts().repeated_target(object) {
        let message = format!("{} has the target of another autoscaler", object.title());
        report.claim(node, message, claim).help(HELP);
    }
    if let Some((node, claim)) = report.facts().contended_target(object) {
        let message = format!("{} changes the requests that another autoscaler measures by", object.title());
        report.claim(node, message, claim).help("set `updateMode: \"Off\"`, or scale by another metric");
    }
}
