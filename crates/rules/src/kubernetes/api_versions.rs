//! Versions of the API that are gone, or will be.
//!
//! Measured against the Kubernetes version of the scan, the newest where none is set. Custom resources have their own
//! versions, which are not judged here.

use portcullis_core::Fix;
use portcullis_model::kubernetes::Object;

use super::api_table::{Lifecycle, has_same_form, lifecycle};
use super::fixes;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&REMOVED_API, &DEPRECATED_API, &PODSECURITYPOLICY_PRESENT];

rule! {
    /// API version is no longer served
    ///
    /// A cluster of the version that is scanned for refuses the object: it does not know the kind in that version.
    /// Often only `apiVersion` has to change, but fields may have moved as well. The version is `--kubernetes-version`,
    /// else the newest.
    ///
    /// ```yaml bad:1
    /// apiVersion: extensions/v1beta1
    /// kind: Deployment
    /// metadata: { name: web }
    /// ```
    /// ```yaml bad:2
    /// kind: CronJob
    /// apiVersion: batch/v1beta1
    /// metadata: { name: report }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// ---
    /// apiVersion: extensions/v1beta1
    /// kind: Shop
    /// metadata: { name: web }
    /// ```
    REMOVED_API = "k8s-removed-api" {
        check: Check::Object(&[], removed_api),
        severity: Severity::High,
        peers: &[
            "trivy:KSV-0107", "kube-score:stable-version", "kube-linter:no-extensions-v1beta",
            "kyverno:best-practices/check-deprecated-apis",
        ],
    }
}

rule! {
    /// API version is deprecated
    ///
    /// The cluster still serves it and warns; a later version will not. Beta versions are deprecated when their
    /// successor comes, and go after three more minor versions. The version is `--kubernetes-version`, else the newest.
    ///
    /// ```yaml bad:1
    /// apiVersion: admissionregistration.k8s.io/v1beta1
    /// kind: MutatingAdmissionPolicy
    /// metadata: { name: web }
    /// ```
    /// ```yaml bad:1
    /// apiVersion: v1
    /// kind: Endpoints
    /// metadata: { name: db }
    /// subsets: [{ addresses: [{ ip: 192.0.2.7 }], ports: [{ port: 5432 }] }]
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// ---
    /// # Removed: another rule's concern.
    /// apiVersion: networking.k8s.io/v1beta1
    /// kind: Ingress
    /// metadata: { name: web }
    /// ```
    DEPRECATED_API = "k8s-deprecated-api" {
        check: Check::Object(&[], deprecated_api),
        severity: Severity::Low,
        peers: &["trivy:KSV-0107", "kube-score:stable-version", "kyverno:best-practices/check-deprecated-apis"],
    }
}

rule! {
    /// PodSecurityPolicy is used
    ///
    /// Kubernetes 1.25 removed it: what the policy forbids is allowed on every newer cluster. Pod Security admission or a
    /// policy engine takes its place. Gives way to the rules about removed and deprecated versions, which name it too.
    ///
    /// ```yaml bad:1
    /// apiVersion: policy/v1beta1
    /// kind: PodSecurityPolicy
    /// metadata: { name: restricted }
    /// spec: { privileged: false }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: restricted } }
    /// ```
    PODSECURITYPOLICY_PRESENT = "k8s-podsecuritypolicy-present" {
        check: Check::Object(&["PodSecurityPolicy"], podsecuritypolicy_present),
        severity: Severity::Low,
        peers: &[
            "checkov:CKV_K8S_1", "checkov:CKV_K8S_2", "checkov:CKV_K8S_3", "checkov:CKV_K8S_4", "checkov:CKV_K8S_5",
            "checkov:CKV_K8S_6", "checkov:CKV_K8S_7", "checkov:CKV_K8S_24", "checkov:CKV_K8S_32", "checkov:CKV_K8S_36",
            "kubescape:C-0213", "kubescape:C-0214", "kubescape:C-0215", "kubescape:C-0216", "kubescape:C-0217",
            "kubescape:C-0218", "kubescape:C-0219", "kubescape:C-0220",
        ],
        yields_to: &["k8s-removed-api", "k8s-deprecated-api"],
    }
}

fn removed_api(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(lifecycle) = lifecycle(object.api_version, object.kind) else { return };
    let minor = report.context().kubernetes().minor;
    let Some(removed) = lifecycle.removed.filter(|&removed| removed <= minor) else { return };
    let Lookup::Present(api_version) = object.node.get("apiVersion") else { return };
    report
        .at(
            api_version,
            format!("`{}` of {} was removed in Kubernetes 1.{removed}", object.api_version, object.title()),
        )
        .help(instead(object, lifecycle, minor))
        .fix(in_same_form(object, lifecycle, minor));
}

fn deprecated_api(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(lifecycle) = lifecycle(object.api_version, object.kind) else { return };
    let minor = report.context().kubernetes().minor;
    let Lifecycle { deprecated, removed, .. } = lifecycle;
    if deprecated > minor || removed.is_some_and(|removed| removed <= minor) {
        return;
    }
    let Lookup::Present(api_version) = object.node.get("apiVersion") else { return };
    let end = removed.map_or_else(String::new, |removed| format!(" and goes in 1.{removed}"));
    let what = format!("`{}` of {}", object.api_version, object.title());
    report
        .at(api_version, format!("{what} is deprecated since Kubernetes 1.{deprecated}{end}"))
        .help(instead(object, lifecycle, minor))
        .fix(in_same_form(object, lifecycle, minor));
}

fn podsecuritypolicy_present(object: &Object<'_>, report: &mut Report<'_>) {
    if !matches!(object.group(), "policy" | "extensions") {
        return;
    }
    let Lookup::Present(api_version) = object.node.get("apiVersion") else { return };
    report.at(api_version, format!("{} has no effect since Kubernetes 1.25", object.title())).help(POD_SECURITY);
}

const POD_SECURITY: &str = "label namespaces with `pod-security.kubernetes.io/enforce`, or use a policy engine";

/// Moves the object to the version that takes it as it is.
fn in_same_form(object: &Object<'_>, lifecycle: Lifecycle, minor: u32) -> Option<Fix> {
    let instead = lifecycle.instead(minor)?;
    has_same_form(object.api_version, object.kind, instead).then(|| fixes::api_version(object, instead)).flatten()
}

fn instead(object: &Object<'_>, lifecycle: Lifecycle, minor: u32) -> String {
    match (object.kind, lifecycle.instead(minor)) {
        ("PodSecurityPolicy", _) => POD_SECURITY.to_owned(),
        ("Endpoints", Some(api_version)) => format!("use EndpointSlice of `{api_version}`"),
        (kind, Some(api_version)) if has_same_form(object.api_version, kind, api_version) => {
            format!("use `{api_version}`, which has the same fields")
        }
        (_, Some(api_version)) => format!("use `{api_version}`, and look whether fields have moved"),
        (_, None) => "nothing replaces it as it is; remove it before the cluster is upgraded".to_owned(),
    }
}
