//! Services that share pods.
//!
//! Some mean it: a canary beside the stable version, one Service for metrics. That is why the rule is off by default.

use portcullis_model::facts::{Claim, Selector};
use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&SERVICE_SELECTOR_OVERLAP];

rule! {
    /// Service shares its selector, or selects several workloads
    ///
    /// Two Services with one selector are as a rule a copy in which the selector was forgotten; a selector that matches
    /// two workloads sends requests for one to the other. Headless Services share a selector by design and are left out.
    /// Two Services are compared where they are deployed together.
    ///
    /// ```yaml bad:4
    /// file=a.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: a, namespace: shop }
    /// spec: { selector: { app: web } }
    /// file=b.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: b, namespace: shop }
    /// spec: { selector: { app: web } }
    /// ```
    /// ```yaml bad:4
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { team: shop } }
    /// file=pods.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop, labels: { team: shop, app: web } }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: worker, namespace: shop, labels: { team: shop, app: worker } }
    /// spec: { containers: [{ name: worker, image: worker:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db, namespace: shop }
    /// spec: { selector: { app: db } }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db-headless, namespace: shop }
    /// spec: { clusterIP: None, selector: { app: db } }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db, namespace: staging }
    /// spec: { selector: { app: db } }
    /// ```
    SERVICE_SELECTOR_OVERLAP = "k8s-service-selector-overlap" {
        check: Check::Object(&["Service"], service_selector_overlap),
        severity: Severity::Low,
        profile: Profile::OptIn,
        tags: &["across-files"],
        peers: &["kyverno:other/require-unique-service-selector"],
    }
}

fn service_selector_overlap(object: &Object<'_>, report: &mut Report<'_>) {
    let Some((node, claim)) = report.facts().repeated_selector(object) else { return };
    let help = "add a label to the selector that only the pods of this Service have";
    report.claim(node, format!("{} has the selector of another Service", object.title()), claim).help(help);
    let claim = Claim::SelectsSeveral { namespace: report.namespace(object), selector: Selector::of_labels(node) };
    report.claim(node, format!("{} selects the pods of several workloads", object.title()), claim).help(help);
}
