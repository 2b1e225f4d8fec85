//! Autoscalers that cannot scale.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&HPA_MIN_EQUALS_MAX];

rule! {
    /// Autoscaler has one size only
    ///
    /// With the same minimum and maximum it never scales: under load nothing is added, and the workload looks as if
    /// something would be. Where no minimum is written it is 1. A minimum above the maximum is another defect.
    ///
    /// ```yaml bad:7
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 3
    ///   maxReplicas: 3
    /// ```
    /// ```yaml good
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 2, maxReplicas: 3 }
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: shop }
    /// spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: shop }, minReplicas: "${MIN}", maxReplicas: 1 }
    /// ```
    HPA_MIN_EQUALS_MAX = "k8s-hpa-min-equals-max" {
        check: Check::Object(&["HorizontalPodAutoscaler"], hpa_min_equals_max),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["polaris:hpaMaxAvailability"],
    }
}

fn hpa_min_equals_max(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "autoscaling" {
        return;
    }
    let Lookup::Present(most) = object.node.get("spec.maxReplicas") else { return };
    let least = match object.node.get("spec.minReplicas") {
        Lookup::Present(least) => least.as_i64(),
        Lookup::Absent(_) => Some(1),
        Lookup::Unknown(_) => None,
    };
    if least.is_some() && most.as_i64() == least {
        report
            .at(most, format!("the least and the most replicas of {} are both {}", object.title(), most.text()))
            .help("raise `maxReplicas`, or remove the autoscaler");
    }
}
