//! Containers that are the node: privileged ones.
//!
//! Decided by the field alone; a value that is filled in later gives no finding.

use portcullis_model::kubernetes::Pod;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PRIVILEGED_CONTAINER];

rule! {
    /// Container runs privileged
    ///
    /// A privileged container holds every capability and every host device: one code-execution bug in it is root on
    /// the node. Init and ephemeral containers count as well.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, securityContext: { privileged: true } }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: DeploymentConfig
    /// metadata: { name: web }
    /// spec:
    ///   template:
    ///     spec:
    ///       containers: [{ name: web, image: web:1, securityContext: { privileged: true } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, securityContext: { privileged: false } }] }
    /// ```
    /// ```yaml bad:1
    /// file=Chart.yaml
    /// apiVersion: v2
    /// name: web
    /// version: 1.0.0
    /// file=values.yaml
    /// securityContext: { privileged: true }
    /// ```
    PRIVILEGED_CONTAINER = "k8s-privileged-container" {
        check: Check::Pod(privileged),
        severity: Severity::Critical,
        tags: &["helm-values", "pss:baseline", "cwe-250"],
        peers: &[
            "kube-linter:privileged-container", "trivy:KSV-0017", "checkov:CKV_K8S_16", "polaris:runAsPrivileged",
            "kubescape:C-0057", "kubescape:C-0211", "kube-score:container-security-context-privileged", "pss:privileged",
            "kyverno:pod-security/baseline/disallow-privileged-containers",
        ],
    }
}

fn privileged(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(flag) = container.security("privileged") else { continue };
        if flag.as_bool() == Some(true) {
            report
                .at(flag, format!("{} runs privileged", container.title()))
                .help("remove it; add only the capabilities that the program needs");
        }
    }
}
