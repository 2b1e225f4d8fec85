//! Things that may be there once only, and are there twice.
//!
//! What is deployed together is one directory, or what one kustomization takes in. The same name in `staging/` and `prod/`,
//! or in `staging.yaml` and `prod.yaml`, is normal. Where files merely lie in one directory, the scan leaves out variants of one
//! thing, examples and test data, which it knows by their names and their number.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&DUPLICATE_OBJECT, &INGRESS_DUPLICATE_HOST_PATH];

rule! {
    /// Two documents define the same object
    ///
    /// Whichever is applied last wins, and every apply that sees both changes it twice. Kustomize refuses to build them.
    /// Only what is deployed together is compared, by group, kind, namespace and name. Patches of a kustomization are no
    /// objects. Silent among files of one directory that look like variants of one thing (`web.yaml` and `web-v2.yaml`, or
    /// where much of the directory repeats), in directories of examples and tests, and in test data.
    ///
    /// ```yaml bad:3
    /// file=a.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: shop }
    /// file=b.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=staging/web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: shop }
    /// file=prod/web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: shop }
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: other }
    /// ---
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: web, namespace: shop }
    /// ---
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { generateName: web- }
    /// ---
    /// apiVersion: batch/v1
    /// kind: Job
    /// metadata: { generateName: web- }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// file=patch.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec: { replicas: 3 }
    /// file=kustomization.yaml
    /// resources: [web.yaml]
    /// patches: [{ path: patch.yaml }]
    /// ```
    DUPLICATE_OBJECT = "k8s-duplicate-object" {
        check: Check::Object(&[], duplicate_object),
        severity: Severity::High,
        tags: &["across-files"],
    }
}

rule! {
    /// Two Ingresses claim the same host and path
    ///
    /// Which of them gets the requests depends on the controller, and often on which is older. Only what is deployed
    /// together is compared, of the same class, host, path and path type. Canary Ingresses share their paths by design.
    ///
    /// ```yaml bad:9
    /// file=a.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   rules:
    ///     - host: shop.example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// file=b.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web-new, namespace: shop }
    /// spec:
    ///   rules:
    ///     - host: shop.example.com
    ///       http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend: { service: { name: web-new, port: { number: 80 } } }
    /// ```
    /// ```yaml good
    /// file=a.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   rules:
    ///     - host: shop.example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// file=b.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: new, namespace: shop, annotations: { nginx.ingress.kubernetes.io/canary: "true" } }
    /// spec:
    ///   rules:
    ///     - host: shop.example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: new, port: { number: 80 } } } }] }
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: api, namespace: shop }
    /// spec:
    ///   rules:
    ///     - host: shop.example.com
    ///       http: { paths: [{ path: /, pathType: Exact, backend: { service: { name: api, port: { number: 80 } } } }] }
    /// ```
    INGRESS_DUPLICATE_HOST_PATH = "k8s-ingress-duplicate-host-path" {
        check: Check::Object(&["Ingress"], ingress_duplicate_host_path),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kyverno:other/unique-ingress-host-and-path", "kyverno:other/unique-ingress-paths"],
    }
}

fn duplicate_object(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(claim) = report.facts().repeats(object) else { return };
    let Lookup::Present(name) = object.node.get("metadata.name") else { return };
    // Every object claims this, and hardly any claim holds: put together without the machinery of formats.
    let message = [object.kind, " `", name.text(), "` is defined before among what is deployed together"].concat();
    report.claim(name, message, claim).help("remove or rename one of the two");
}

fn ingress_duplicate_host_path(object: &Object<'_>, report: &mut Report<'_>) {
    for (node, claim) in report.facts().repeated_paths(object) {
        let message = format!("{} claims a host and path that another Ingress claims before it", object.title());
        report.claim(node, message, claim).help("give each host and path to one Ingress");
    }
}
