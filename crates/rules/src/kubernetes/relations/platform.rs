//! What workloads take from the platform: stores of secrets, issuers of certificates, priority classes.
//!
//! These are often kept in a repository of their own. One is missed only where the scan holds others of its sort, and
//! those of the whole cluster that have an owner elsewhere by design (ClusterSecretStore, ClusterIssuer) are not missed.

use portcullis_model::facts::{Claim, Namespace};
use portcullis_model::kubernetes::{Object, Pod};

use super::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] =
    &[&EXTERNALSECRET_STORE_MISSING, &CERT_MANAGER_ISSUER_MISSING, &MISSING_PRIORITYCLASS];

rule! {
    /// ExternalSecret takes from a store that is missing
    ///
    /// A SecretStore is looked for in the ExternalSecret's own namespace only. Without it the Secret is never made, and
    /// the pods that need it do not start. Silent for a ClusterSecretStore, where the scan holds no store at all, and
    /// wherever the store may be in what was not read.
    ///
    /// ```yaml bad:5
    /// file=secret.yaml
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   secretStoreRef: { name: vault }
    /// file=store.yaml
    /// apiVersion: external-secrets.io/v1
    /// kind: SecretStore
    /// metadata: { name: vault, namespace: other }
    /// ```
    /// ```yaml good
    /// file=secret.yaml
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   secretStoreRef: { name: vault, kind: SecretStore }
    ///   data: [{ secretKey: a, sourceRef: { storeRef: { kind: ClusterSecretStore, name: common } } }]
    /// file=store.yaml
    /// apiVersion: external-secrets.io/v1
    /// kind: SecretStore
    /// metadata: { name: vault, namespace: shop }
    /// ```
    /// ```yaml good
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: db, namespace: shop }
    /// spec: { secretStoreRef: { name: vault } }
    /// ```
    EXTERNALSECRET_STORE_MISSING = "k8s-externalsecret-store-missing" {
        check: Check::Object(&["ExternalSecret", "PushSecret"], externalsecret_store_missing),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["across-files"],
    }
}

rule! {
    /// Certificate is asked of an issuer that is missing
    ///
    /// cert-manager looks for an Issuer in the namespace of the Certificate, Ingress or Gateway that names it. Without it
    /// nothing is issued, and a certificate that exists runs out. Silent for a ClusterIssuer and issuers of other groups,
    /// where the scan holds no issuer at all, and wherever the issuer may be in what was not read.
    ///
    /// ```yaml bad:6
    /// file=certificate.yaml
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   secretName: web-tls
    ///   issuerRef: { name: ca }
    /// file=issuer.yaml
    /// apiVersion: cert-manager.io/v1
    /// kind: ClusterIssuer
    /// metadata: { name: ca }
    /// ```
    /// ```yaml bad:6
    /// file=ingress.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: web
    ///   namespace: shop
    ///   annotations: { cert-manager.io/issuer: ca }
    /// file=issuer.yaml
    /// apiVersion: cert-manager.io/v1
    /// kind: Issuer
    /// metadata: { name: ca, namespace: other }
    /// ```
    /// ```yaml good
    /// file=certificate.yaml
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: { name: web, namespace: shop }
    /// spec: { secretName: web-tls, issuerRef: { name: ca, kind: Issuer, group: cert-manager.io } }
    /// ---
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: { name: api, namespace: shop }
    /// spec: { secretName: api-tls, issuerRef: { name: public, kind: ClusterIssuer } }
    /// ---
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: { name: old, namespace: shop }
    /// spec: { secretName: old-tls, issuerRef: { name: pca, kind: AWSPCAIssuer, group: awspca.cert-manager.io } }
    /// file=issuer.yaml
    /// apiVersion: cert-manager.io/v1
    /// kind: Issuer
    /// metadata: { name: ca, namespace: shop }
    /// ```
    CERT_MANAGER_ISSUER_MISSING = "k8s-cert-manager-issuer-missing" {
        check: Check::Object(&["Certificate", "CertificateRequest", "Ingress", "Gateway"], cert_manager_issuer_missing),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kyverno:cert-manager/restrict-issuer"],
    }
}

rule! {
    /// Priority class of a pod is missing
    ///
    /// The API server refuses a pod whose class does not exist: the workload is accepted and never gets a pod. Silent for
    /// the classes of the system (`system-…`), where the scan holds no PriorityClass at all, and wherever the class may
    /// be in what was not read.
    ///
    /// ```yaml bad:5
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   priorityClassName: high
    ///   containers: [{ name: web, image: web:1 }]
    /// file=class.yaml
    /// apiVersion: scheduling.k8s.io/v1
    /// kind: PriorityClass
    /// metadata: { name: low }
    /// value: 10
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { priorityClassName: low, containers: [{ name: web, image: web:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: dns, namespace: kube-system }
    /// spec: { priorityClassName: system-cluster-critical, containers: [{ name: dns, image: dns:1 }] }
    /// file=class.yaml
    /// apiVersion: scheduling.k8s.io/v1
    /// kind: PriorityClass
    /// metadata: { name: low }
    /// value: 10
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { priorityClassName: high, containers: [{ name: web, image: web:1 }] }
    /// ```
    MISSING_PRIORITYCLASS = "k8s-missing-priorityclass" {
        check: Check::Pod(missing_priorityclass),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["across-files"],
    }
}

const STORES: &[&str] = &["SecretStore", "ClusterSecretStore"];
const ISSUERS: &[&str] = &["Issuer", "ClusterIssuer"];

fn externalsecret_store_missing(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "external-secrets.io" {
        return;
    }
    let list = |path: &str| object.node.get(path).present().into_iter().flat_map(Node::items);
    let own = object.node.get("spec.secretStoreRef").present();
    let parts = list("spec.data").chain(list("spec.dataFrom"));
    let parts = parts.filter_map(|part| part.get("sourceRef.storeRef").present());
    for store in own.into_iter().chain(parts).chain(list("spec.secretStoreRefs")) {
        if !is_kind(store, "SecretStore") {
            continue;
        }
        let Some((node, name)) = store.field("name").and_then(|node| Some((node, node.as_str()?))) else { continue };
        let namespace = report.namespace(object);
        let message = format!("{} takes from SecretStore `{name}`, which is not{}", object.title(), place(&namespace));
        let claim = Claim::MissingAmong { namespace, kind: "SecretStore", name: name.to_owned(), beside: STORES };
        report.claim(node, message, claim).help("add the store to the namespace, or use a ClusterSecretStore");
    }
}

fn cert_manager_issuer_missing(object: &Object<'_>, report: &mut Report<'_>) {
    let found = match (object.group(), object.kind) {
        ("cert-manager.io", _) => {
            let Lookup::Present(issuer) = object.node.get("spec.issuerRef") else { return };
            let is_own_group = match issuer.get("group") {
                Lookup::Absent(_) => true,
                found => found.present().and_then(Node::as_str) == Some("cert-manager.io"),
            };
            if !is_own_group || !is_kind(issuer, "Issuer") {
                return;
            }
            issuer.field("name")
        }
        (_, "Ingress" | "Gateway") => {
            let is_of_other_group = object.annotation("cert-manager.io/issuer-group").absent().is_none()
                || object.annotation("cert-manager.io/issuer-kind").absent().is_none();
            if is_of_other_group {
                return;
            }
            object.annotation("cert-manager.io/issuer").present()
        }
        _ => return,
    };
    let Some((node, name)) = found.and_then(|node| Some((node, node.as_str()?))) else { return };
    let namespace = report.namespace(object);
    let message = format!("{} is issued by Issuer `{name}`, which is not{}", object.title(), place(&namespace));
    let claim = Claim::MissingAmong { namespace, kind: "Issuer", name: name.to_owned(), beside: ISSUERS };
    report.claim(node, message, claim).help("add the Issuer to the namespace, or name a ClusterIssuer");
}

/// Whether a reference is to the kind, which it is by default.
fn is_kind(reference: Node<'_>, wanted: &str) -> bool {
    match reference.get("kind") {
        Lookup::Absent(_) => true,
        Lookup::Present(kind) => kind.as_str() == Some(wanted),
        Lookup::Unknown(_) => false,
    }
}

fn missing_priorityclass(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Lookup::Present(node) = pod.get("priorityClassName") else { return };
    let Some(name) = node.as_str().filter(|name| !name.is_empty()) else { return };
    if name.starts_with("system-") || name == "openshift-user-critical" {
        return;
    }
    let message = format!("{} is of PriorityClass `{name}`, which is not in the scan", pod.object.title());
    let claim = Claim::MissingAmong {
        namespace: Namespace::Unwritten,
        kind: "PriorityClass",
        name: name.to_owned(),
        beside: &["PriorityClass"],
    };
    report.claim(node, message, claim).help("add the class, or correct the name");
}
