//! What a namespace should have: network policies, quotas, limits.
//!
//! The API server's own NetworkPolicies are judged; where a policy of another kind is in the scan, nothing is said.
//! Policies that a policy engine generates count.

use portcullis_model::facts::{Claim, Labels, Namespace};
use portcullis_model::kubernetes::{Object, Pod};

use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] =
    &[&POD_WITHOUT_NETWORKPOLICY, &NAMESPACE_WITHOUT_NETWORKPOLICY, &LIMITRANGE_MISSING, &RESOURCEQUOTA_MISSING];

rule! {
    /// Pods are not isolated by any NetworkPolicy
    ///
    /// A pod that no policy selects accepts connections from every pod of the cluster. Where the Namespace is in the scan and
    /// has no policy at all, that is reported instead. Silent for pods of the host's network, which policies do not reach,
    /// and where a policy may be in what was not read.
    ///
    /// ```yaml bad:3
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } } }
    /// file=policy.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: api, namespace: shop }
    /// spec: { podSelector: { matchLabels: { app: api } }, policyTypes: [Ingress] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } } }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: agent, namespace: other }
    /// spec: { hostNetwork: true, containers: [{ name: agent, image: agent:1 }] }
    /// file=policy.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: deny, namespace: shop }
    /// spec: { podSelector: {}, policyTypes: [Ingress] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// file=policy.yaml
    /// apiVersion: cilium.io/v2
    /// kind: CiliumNetworkPolicy
    /// metadata: { name: deny, namespace: shop }
    /// spec: { endpointSelector: {} }
    /// ```
    POD_WITHOUT_NETWORKPOLICY = "k8s-pod-without-networkpolicy" {
        check: Check::Pod(pod_without_networkpolicy),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &[
            "kube-linter:non-isolated-pod", "checkov:CKV2_K8S_6", "polaris:missingNetworkPolicy", "kubescape:C-0030",
            "kubescape:C-0260", "kube-score:pod-networkpolicy", "kyverno:other/require-netpol",
        ],
    }
}

rule! {
    /// Namespace has no NetworkPolicy
    ///
    /// Its pods accept connections from every pod of the cluster. A policy that selects all pods and allows nothing is the
    /// base that others add to.
    ///
    /// ```yaml bad:3
    /// file=namespace.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop }
    /// file=policy.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: deny, namespace: other }
    /// spec: { podSelector: {}, policyTypes: [Ingress] }
    /// ```
    /// ```yaml good
    /// file=namespace.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop }
    /// file=policy.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: deny, namespace: shop }
    /// spec: { podSelector: {}, policyTypes: [Ingress] }
    /// ```
    NAMESPACE_WITHOUT_NETWORKPOLICY = "k8s-namespace-without-networkpolicy" {
        check: Check::Object(&["Namespace"], namespace_without_networkpolicy),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kubescape:C-0049", "kubescape:C-0054", "kubescape:C-0206", "kyverno:best-practices/add-network-policy"],
    }
}

rule! {
    /// Namespace has no LimitRange
    ///
    /// Containers that say nothing about resources get no requests and no limits: the scheduler places them blindly, and one
    /// of them can take a whole node.
    ///
    /// ```yaml bad:3
    /// file=namespace.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: other }
    /// ```
    /// ```yaml good
    /// file=namespace.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop }
    /// file=limits.yaml
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=namespace.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop }
    /// file=policy.yaml
    /// apiVersion: kyverno.io/v1
    /// kind: ClusterPolicy
    /// metadata: { name: usual-limits }
    /// spec: { rules: [{ name: usual, generate: { apiVersion: v1, kind: LimitRange, name: usual } }] }
    /// ```
    LIMITRANGE_MISSING = "k8s-limitrange-missing" {
        check: Check::Object(&["Namespace"], limitrange_missing),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["trivy:KSV-0039"],
    }
}

rule! {
    /// Namespace has no ResourceQuota
    ///
    /// Nothing bounds what its workloads take together: one team's mistake starves the cluster.
    ///
    /// ```yaml bad:3
    /// file=namespace.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop }
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: all, namespace: other }
    /// ```
    /// ```yaml good
    /// file=namespace.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: { name: shop }
    /// file=quota.yaml
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: all, namespace: shop }
    /// ```
    RESOURCEQUOTA_MISSING = "k8s-resourcequota-missing" {
        check: Check::Object(&["Namespace"], resourcequota_missing),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["trivy:KSV-0040", "kyverno:best-practices/add-ns-quota"],
    }
}

fn pod_without_networkpolicy(pod: &Pod<'_>, report: &mut Report<'_>) {
    if pod.get("hostNetwork").is_bool(true) || pod.get("hostNetwork").is_unknown() {
        return;
    }
    let object = &pod.object;
    let claim = Claim::NotIsolated { namespace: report.namespace(object), labels: Labels::of(pod.template) };
    let message = format!("no NetworkPolicy selects the pods of {}", object.title());
    match object.node.get("metadata.name") {
        Lookup::Present(name) => report.claim(name, message, claim),
        _ => report.claim(pod.spec, message, claim),
    }
    .help("add a policy that selects them and says who may connect");
}

/// Claims that the namespace that `object` makes holds nothing of the kind. Those of the cluster itself are not judged.
fn lacks(object: &Object<'_>, kind: &'static str, help: &'static str, report: &mut Report<'_>) {
    let Some((name, node)) = object.node.get("metadata.name").present().and_then(|node| Some((node.as_str()?, node)))
    else {
        return;
    };
    if object.group() != "" || name.starts_with("kube-") {
        return;
    }
    let namespace: Namespace = report.facts().made_by(object);
    let message = format!("Namespace `{name}` has no {kind}");
    report.claim(node, message, Claim::NamespaceLacks { namespace, kind }).help(help);
}

fn namespace_without_networkpolicy(object: &Object<'_>, report: &mut Report<'_>) {
    lacks(
        object,
        "NetworkPolicy",
        "add one that selects all pods and allows nothing, then allow what is needed",
        report,
    );
}

fn limitrange_missing(object: &Object<'_>, report: &mut Report<'_>) {
    lacks(object, "LimitRange", "add one with default requests and limits", report);
}

fn resourcequota_missing(object: &Object<'_>, report: &mut Report<'_>) {
    lacks(object, "ResourceQuota", "add one that bounds CPU, memory and the number of objects", report);
}
