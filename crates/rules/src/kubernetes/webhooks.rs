//! Admission webhooks that can stop the cluster, let everything through, or cannot be reached.
//!
//! What a webhook's program decides cannot be known; a policy engine is known by its name. Selectors that cannot be
//! judged count as an exclusion.

use std::collections::BTreeMap;

use portcullis_model::kubernetes::{Object, Wanted, requirements};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&WEBHOOK_FAILURE_POLICY_UNSAFE, &WEBHOOK_BROAD_SCOPE, &WEBHOOK_NO_CABUNDLE];

rule! {
    /// Webhook's failure policy is unsafe
    ///
    /// With `Fail`, which is the default, a webhook that is down stops what it asks to see. If that holds pods and their
    /// like in `kube-system`, the cluster cannot repair itself, the webhook's own pods included. With `Ignore`, a policy
    /// engine that is down lets everything through. Silent where a selector or condition leaves `kube-system` out or
    /// cannot be judged, where the webhook sees custom resources only, and for `Ignore` outside of known policy engines.
    ///
    /// ```yaml bad:6
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: { name: inject }
    /// webhooks:
    ///   - name: inject.example.com
    ///     failurePolicy: Fail
    ///     clientConfig: { service: { name: inject, namespace: inject }, caBundle: LS0t }
    ///     rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
    /// ```
    /// ```yaml bad:6
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: gatekeeper-validating-webhook-configuration }
    /// webhooks:
    ///   - name: validation.gatekeeper.sh
    ///     failurePolicy: Ignore
    ///     clientConfig: { service: { name: gatekeeper-webhook-service, namespace: gatekeeper-system } }
    ///     rules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: ["*"] }]
    /// ```
    /// ```yaml good
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: { name: inject }
    /// webhooks:
    ///   - name: inject.example.com
    ///     failurePolicy: Fail
    ///     namespaceSelector:
    ///       matchExpressions: [{ key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system] }]
    ///     clientConfig: { service: { name: inject, namespace: inject } }
    ///     rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
    ///   - name: default.example.com
    ///     failurePolicy: Fail
    ///     clientConfig: { service: { name: inject, namespace: inject } }
    ///     rules: [{ apiGroups: [widgets.example.com], apiVersions: [v1], operations: [CREATE], resources: [widgets] }]
    ///   - name: label.example.com
    ///     failurePolicy: Ignore
    ///     clientConfig: { service: { name: inject, namespace: inject } }
    ///     rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
    /// ```
    WEBHOOK_FAILURE_POLICY_UNSAFE = "k8s-webhook-failure-policy-unsafe" {
        check: Check::Object(CONFIGURATIONS, failure_policy_unsafe),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kubescape:C-0036", "kubescape:C-0039"],
    }
}

rule! {
    /// Webhook sees everything, kube-system included
    ///
    /// Every write in the cluster waits for it: leases, events, the status of nodes. It sees every Secret, and a slow
    /// answer slows down the control plane. Silent where a selector or condition narrows it, or cannot be judged.
    ///
    /// ```yaml bad:10
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: audit }
    /// webhooks:
    ///   - name: audit.example.com
    ///     clientConfig: { service: { name: audit, namespace: audit } }
    ///     rules:
    ///       - apiGroups: ["*"]
    ///         apiVersions: ["*"]
    ///         resources: ["*/*"]
    ///         operations: ["*"]
    /// ```
    /// ```yaml good
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: audit }
    /// webhooks:
    ///   - name: audit.example.com
    ///     namespaceSelector: { matchLabels: { audit: "on" } }
    ///     clientConfig: { service: { name: audit, namespace: audit } }
    ///     rules: [{ apiGroups: ["*"], apiVersions: ["*"], resources: ["*"], operations: ["*"] }]
    ///   - name: apps.example.com
    ///     clientConfig: { service: { name: audit, namespace: audit } }
    ///     rules: [{ apiGroups: [apps], apiVersions: ["*"], resources: ["*"], operations: ["*"] }]
    /// ```
    WEBHOOK_BROAD_SCOPE = "k8s-webhook-broad-scope" {
        check: Check::Object(CONFIGURATIONS, broad_scope),
        severity: Severity::Medium,
        profile: Profile::All,
    }
}

rule! {
    /// Webhook has no CA to check its server by
    ///
    /// The API server then trusts only what its host trusts, which does not hold a Service's certificate: every call
    /// fails. Silent for a `url`, whose certificate a public CA may have signed, and where an annotation has the bundle
    /// filled in. Many controllers fill it in by themselves when they start, which no manifest tells.
    ///
    /// ```yaml bad:6
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: check }
    /// webhooks:
    ///   - name: check.example.com
    ///     clientConfig: { service: { name: check, namespace: check } }
    ///     rules: [{ apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE] }]
    /// ```
    /// ```yaml good
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: check, annotations: { cert-manager.io/inject-ca-from: check/check-tls } }
    /// webhooks: [{ name: check.example.com, clientConfig: { service: { name: check, namespace: check } } }]
    /// ---
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: hosted }
    /// webhooks:
    ///   - { name: hosted.example.com, clientConfig: { url: "https://hooks.example.com/" } }
    ///   - { name: filled.example.com, clientConfig: { service: { name: x, namespace: x }, caBundle: "${CA}" } }
    /// ```
    WEBHOOK_NO_CABUNDLE = "k8s-webhook-no-cabundle" {
        check: Check::Object(CONFIGURATIONS, no_cabundle),
        severity: Severity::Medium,
        profile: Profile::All,
    }
}

pub(super) const CONFIGURATIONS: &[&str] = &["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];

/// The label that every namespace has.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Words in the names of engines that enforce policy.
const POLICY_ENGINES: &[&str] = &[
    "gatekeeper",
    "kyverno",
    "kubewarden",
    "openpolicyagent",
    "polaris",
    "sigstore",
    "connaisseur",
    "jspolicy",
    "portieris",
    "stackrox",
    "neuvector",
    "datree",
    "k-rail",
];

/// Core kinds whose absence hurts `kube-system`.
const VITAL: &[&str] = &[
    "*",
    "*/*",
    "pods",
    "services",
    "endpoints",
    "configmaps",
    "secrets",
    "serviceaccounts",
    "events",
    "deployments",
    "daemonsets",
    "statefulsets",
    "replicasets",
    "jobs",
    "leases",
    "endpointslices",
];

fn failure_policy_unsafe(object: &Object<'_>, report: &mut Report<'_>) {
    for webhook in webhooks(object) {
        let policy = webhook.get("failurePolicy");
        let text = match policy {
            Lookup::Present(node) => node.as_str().unwrap_or_default(),
            Lookup::Absent(_) if object.version() == "v1" => "Fail",
            Lookup::Absent(_) => "Ignore",
            Lookup::Unknown(_) => continue,
        };
        let place = policy.present().map_or_else(|| webhook.key_place(), Into::into);
        let name = title(webhook);
        if text == "Fail" && sees_vital_kinds(webhook) && sees_kube_system(webhook) {
            report
                .at(place, format!("{name} stops `kube-system` when it is down"))
                .help("leave `kube-system` out with a `namespaceSelector` on `kubernetes.io/metadata.name`");
        } else if text == "Ignore" && is_policy_engine(object, webhook) {
            report
                .at(place, format!("{name} enforces nothing when it is down"))
                .help("set `failurePolicy: Fail`, and leave `kube-system` out with a `namespaceSelector`");
        }
    }
}

fn broad_scope(object: &Object<'_>, report: &mut Report<'_>) {
    for webhook in webhooks(object).filter(|&webhook| sees_kube_system(webhook)) {
        let everything = |rule: Node<'_>| {
            let resources = words(rule, "resources");
            let star = resources.into_iter().find(|&(_, word)| matches!(word, "*" | "*/*"))?;
            words(rule, "apiGroups").iter().any(|&(_, group)| group == "*").then_some(star.0.into())
        };
        let Some(place) = rules(webhook).find_map(everything) else { continue };
        let place: portcullis_core::Place = place;
        report
            .at(place, format!("{} sees every resource of every API group, in `kube-system` as well", title(webhook)))
            .help("name the groups and resources that it judges, and leave `kube-system` out");
    }
}

fn no_cabundle(object: &Object<'_>, report: &mut Report<'_>) {
    let is_filled_in = match object.node.get("metadata.annotations") {
        Lookup::Present(annotations) => {
            annotations.is_open() || annotations.entries().any(|(key, _)| is_injection(key.text()))
        }
        Lookup::Absent(_) => false,
        Lookup::Unknown(_) => true,
    };
    if is_filled_in {
        return;
    }
    for webhook in webhooks(object) {
        let Lookup::Present(client) = webhook.get("clientConfig") else { continue };
        let Lookup::Present(_) = client.get("service") else { continue };
        let place = match client.get("caBundle") {
            // A lone newline in base64 is what scaffolding writes where the field was once required.
            Lookup::Present(bundle) if matches!(bundle.as_str(), Some("" | "Cg==")) => bundle.into(),
            Lookup::Absent(anchor) => portcullis_core::Place::from(anchor),
            Lookup::Present(_) | Lookup::Unknown(_) => continue,
        };
        report
            .at(place, format!("{} has no `caBundle` to check its Service by", title(webhook)))
            .help("set `caBundle`, or have cert-manager fill it in with `cert-manager.io/inject-ca-from`");
    }
}

/// Annotations of cert-manager, its old name, and OpenShift.
fn is_injection(key: &str) -> bool {
    key.split_once('/').is_some_and(|(_, name)| {
        name.starts_with("inject-ca-from") || name == "inject-apiserver-ca" || name == "inject-cabundle"
    })
}

pub(super) fn webhooks<'t>(object: &Object<'t>) -> impl Iterator<Item = Node<'t>> + use<'t> {
    let list = object.node.field("webhooks").filter(|_| object.group() == "admissionregistration.k8s.io");
    list.into_iter().flat_map(Node::items).filter(|webhook| webhook.is_map())
}

fn rules(webhook: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    webhook.field("rules").into_iter().flat_map(Node::items)
}

fn words<'t>(rule: Node<'t>, field: &str) -> Vec<(Node<'t>, &'t str)> {
    let items = rule.field(field).into_iter().flat_map(Node::items);
    items.filter_map(|item| Some((item, item.as_str()?))).collect()
}

pub(super) fn title(webhook: Node<'_>) -> String {
    match webhook.field("name").and_then(Node::as_str) {
        Some(name) => format!("webhook `{name}`"),
        None => "the webhook".to_owned(),
    }
}

/// Whether it sees objects of `kube-system`, as far as is known: no condition narrows it, and its selectors let the
/// namespace through by the one label that every namespace has.
fn sees_kube_system(webhook: Node<'_>) -> bool {
    let is_narrowed = |field: &str| match webhook.get(field) {
        Lookup::Present(node) => {
            !(node.is_map() && node.entries().len() == 0 || node.is_list() && node.items().len() == 0)
        }
        Lookup::Absent(_) => false,
        Lookup::Unknown(_) => true,
    };
    if is_narrowed("objectSelector") || is_narrowed("matchConditions") {
        return false;
    }
    let selector = match webhook.get("namespaceSelector") {
        Lookup::Absent(_) => return true,
        Lookup::Present(selector) if !selector.is_open() => selector,
        Lookup::Present(_) | Lookup::Unknown(_) => return false,
    };
    let labels = BTreeMap::from([(NAMESPACE_NAME.to_owned(), "kube-system".to_owned())]);
    let wanted = requirements(selector);
    let written = ["matchLabels", "matchExpressions"].iter().filter_map(|field| selector.field(field));
    let count: usize = written.map(|node| node.entries().len().saturating_add(node.items().len())).sum();
    // A requirement about another label may leave the namespace out, as may one that is not known.
    wanted.len() == count
        && wanted.iter().all(|wanted| {
            let is_known =
                wanted.key == NAMESPACE_NAME || matches!(wanted.wanted, Wanted::NotIn(ref values) if values.is_empty());
            is_known && wanted.accepts(&labels)
        })
}

/// Whether it is asked about objects of the API server's own groups that live in namespaces.
fn sees_vital_kinds(webhook: Node<'_>) -> bool {
    rules(webhook).any(|rule| {
        let is_own =
            |group: &str| matches!(group, "*" | "" | "apps" | "batch" | "coordination.k8s.io" | "discovery.k8s.io");
        rule.get("scope").present().and_then(Node::as_str) != Some("Cluster")
            && words(rule, "apiGroups").iter().any(|&(_, group)| is_own(group))
            && words(rule, "resources").iter().any(|(_, resource)| VITAL.contains(resource))
    })
}

fn is_policy_engine(object: &Object<'_>, webhook: Node<'_>) -> bool {
    let names = [webhook.get("name"), webhook.get("clientConfig.service.name")];
    let names = names.into_iter().filter_map(|name| name.present()?.as_str()).chain(object.name);
    names.into_iter().any(|name| POLICY_ENGINES.iter().any(|engine| name.contains(engine)))
}
