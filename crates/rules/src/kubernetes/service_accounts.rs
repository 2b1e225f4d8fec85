//! Pods and their ServiceAccounts: which account, and whether its token is mounted.
//!
//! An account may be in any file of the scan, and is found by name and by namespace as they are written. What RBAC
//! grants the account is not asked.

use portcullis_model::facts::{Claim, Namespace};
use portcullis_model::kubernetes::{Object, Pod};
use portcullis_syntax::edit::Literal;

use super::fixes;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&AUTOMOUNT_TOKEN, &DEFAULT_SERVICEACCOUNT_USED, &DEPRECATED_SERVICEACCOUNT_FIELD, &LEGACY_SA_TOKEN_SECRET];

rule! {
    /// Pod mounts a token for the API server
    ///
    /// Whoever breaks into a container finds the token and has the account's rights; most programs never speak to the
    /// API server. Silent where the pod or its ServiceAccount in the scan sets `automountServiceAccountToken: false`; the
    /// pod's own setting wins. A program that needs a token can be given one by a projected volume.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   serviceAccountName: web
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   automountServiceAccountToken: true
    ///   serviceAccountName: web
    ///   containers: [{ name: web, image: web:1 }]
    /// ---
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: web }
    /// automountServiceAccountToken: false
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: web }
    /// spec: { serviceAccountName: web, containers: [{ name: web, image: web:1 }] }
    /// file=accounts/web.yaml
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: web, namespace: web }
    /// automountServiceAccountToken: false
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { automountServiceAccountToken: false, containers: [{ name: web, image: web:1 }] }
    /// ```
    AUTOMOUNT_TOKEN = "k8s-automount-token" {
        check: Check::Pod(automount_token),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &[
            "trivy:KSV-0036", "checkov:CKV_K8S_38", "polaris:automountServiceAccountToken", "kubescape:C-0034",
            "kubescape:C-0261", "kyverno:other/restrict-automount-sa-token",
        ],
    }
}

rule! {
    /// Pod runs as the default ServiceAccount
    ///
    /// Every pod of the namespace that names no account shares it, so a right that one of them is given is given to all.
    /// Silent where no token is mounted, because of the pod or because of the account `default` in the scan: without a
    /// token the account can do nothing.
    ///
    /// ```yaml bad:7
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     spec:
    ///       containers: [{ name: web, image: web:1 }]
    ///     metadata: { labels: { app: web } }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { serviceAccountName: default, containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { automountServiceAccountToken: false, containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { serviceAccount: web, containers: [{ name: web, image: web:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: api }
    /// spec: { serviceAccountName: "${ACCOUNT}", containers: [{ name: web, image: web:1 }] }
    /// ```
    DEFAULT_SERVICEACCOUNT_USED = "k8s-default-serviceaccount-used" {
        check: Check::Pod(default_serviceaccount_used),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kube-linter:default-service-account", "checkov:CKV_K8S_41", "kubescape:C-0189"],
    }
}

rule! {
    /// Pod names its account in a deprecated field
    ///
    /// `serviceAccount` is an old name of `serviceAccountName`. Where both are set, the new one wins and the old one
    /// misleads. Silent where they agree: the API server writes both.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   serviceAccount: web
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { serviceAccountName: web, serviceAccount: web, containers: [{ name: web, image: web:1 }] }
    /// ```
    DEPRECATED_SERVICEACCOUNT_FIELD = "k8s-deprecated-serviceaccount-field" {
        check: Check::Pod(deprecated_serviceaccount_field),
        severity: Severity::Low,
        peers: &["kube-linter:deprecated-service-account-field", "kubescape:C-0294"],
    }
}

rule! {
    /// Secret asks for a token that never expires
    ///
    /// The control plane fills the Secret with a token that is valid until the Secret or its account is deleted; a copy
    /// of it is not noticed. Tokens of the TokenRequest API last an hour and die with their pod.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: ci-token
    ///   annotations: { kubernetes.io/service-account.name: ci }
    /// type: kubernetes.io/service-account-token
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: web }
    /// type: Opaque
    /// ```
    LEGACY_SA_TOKEN_SECRET = "k8s-legacy-sa-token-secret" {
        check: Check::Object(&["Secret"], legacy_sa_token_secret),
        severity: Severity::Medium,
    }
}

fn automount_token(pod: &Pod<'_>, report: &mut Report<'_>) {
    let help = "set `automountServiceAccountToken: false`";
    match pod.get("automountServiceAccountToken") {
        Lookup::Present(flag) if flag.as_bool() == Some(true) => {
            report.at(flag, format!("{} asks for a token of its account", pod.object.title())).help(help);
        }
        Lookup::Absent(anchor) => {
            let Some(account) = account(pod) else { return };
            let message = format!("{} mounts a token of the account `{}`", pod.object.title(), account.name);
            let claim = mounted(report.namespace(&pod.object), account.name);
            // An account that is named may have been given rights that the program uses.
            let fix = is_unnamed(pod).then(|| fixes::in_pod(pod, "automountServiceAccountToken", Literal::Bool(false)));
            report.claim(anchor, message, claim).help(help).fix(fix.flatten());
        }
        Lookup::Present(_) | Lookup::Unknown(_) => {}
    }
}

fn default_serviceaccount_used(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Some(account) = account(pod).filter(|account| account.name == "default") else { return };
    let message = format!("{} runs as the ServiceAccount `default`", pod.object.title());
    let draft = match pod.get("automountServiceAccountToken") {
        Lookup::Present(flag) if flag.as_bool() == Some(true) => report.at(account.place, message),
        Lookup::Absent(_) => {
            let claim = mounted(report.namespace(&pod.object), "default");
            report.claim(account.place, message, claim)
        }
        Lookup::Present(_) | Lookup::Unknown(_) => return,
    };
    draft.help("name an account of its own in `serviceAccountName`, or mount no token");
}

fn deprecated_serviceaccount_field(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Lookup::Present(old) = pod.get("serviceAccount") else { return };
    let new = pod.get("serviceAccountName");
    let Some(name) = old.as_str().filter(|name| !name.is_empty()) else { return };
    let title = pod.object.title();
    let message = match new {
        Lookup::Absent(_) => format!("{title} names the account `{name}` in the deprecated field `serviceAccount`"),
        Lookup::Present(node) => match node.as_str() {
            Some(new) if new != name => {
                format!("{title} runs as `{new}`; the deprecated field `serviceAccount` says `{name}`")
            }
            _ => return,
        },
        Lookup::Unknown(_) => return,
    };
    // Where both are written, which of them is meant is not known.
    let fix = new.absent().filter(|_| pod.spec.field("serviceAccountName").is_none());
    let fix = fix.and_then(|_| fixes::rename(old, "serviceAccountName"));
    report.at(old, message).help("use `serviceAccountName` alone").fix(fix);
}

fn legacy_sa_token_secret(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(kind) = object.node.get("type") else { return };
    if object.group().is_empty() && kind.as_str() == Some("kubernetes.io/service-account-token") {
        report
            .at(kind, format!("{} holds a ServiceAccount token that never expires", object.title()))
            .help("mount a projected token, or ask for one with `kubectl create token`");
    }
}

/// The account that a pod runs as.
pub(super) struct Account<'t> {
    pub(super) name: &'t str,
    pub(super) place: portcullis_core::Place,
}

/// The pod's account; `None` where it is not known. An empty name is none.
pub(super) fn account<'t>(pod: &Pod<'t>) -> Option<Account<'t>> {
    let mut place = None;
    for field in ["serviceAccountName", "serviceAccount"] {
        let found = match pod.get(field) {
            Lookup::Present(node) => match node.as_str()? {
                "" => node.into(),
                name => return Some(Account { name, place: node.into() }),
            },
            Lookup::Absent(anchor) => anchor.into(),
            Lookup::Unknown(_) => return None,
        };
        place = place.or(Some(found));
    }
    Some(Account { name: "default", place: place? })
}

fn is_unnamed(pod: &Pod<'_>) -> bool {
    ["serviceAccountName", "serviceAccount"].into_iter().all(|field| pod.get(field).absent().is_some())
}

fn mounted(namespace: Namespace, account: &str) -> Claim {
    Claim::TokenMounted { namespace, account: account.to_owned() }
}
