//! The External Secrets operator, and certificates: what a team wants of them.
//!
//! House style: the rules are turned on by name. What the store or the issuer itself allows cannot be known.

use portcullis_model::kubernetes::Object;

use super::durations::seconds;
use super::options;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&EXTERNALSECRET_PREFIX_MISSING, &EXTERNALSECRET_REFRESH_OFF, &CERT_MANAGER_DURATION_TOO_LONG];

rule! {
    /// External secret takes what is not its namespace's
    ///
    /// Where one store serves several namespaces, a key that begins with the namespace's name is what keeps them apart.
    /// A part of the path that is the name is as good. Silent where the namespace is not written.
    ///
    /// ```yaml bad:8
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   secretStoreRef: { kind: ClusterSecretStore, name: vault }
    ///   data:
    ///     - secretKey: password
    ///       remoteRef: { key: billing/db, property: password }
    /// ```
    /// ```yaml good
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   secretStoreRef: { kind: ClusterSecretStore, name: vault }
    ///   data:
    ///     - { secretKey: a, remoteRef: { key: shop-db } }
    ///     - { secretKey: b, remoteRef: { key: kv/shop/db } }
    ///   dataFrom: [{ extract: { key: "${PREFIX}/db" } }]
    /// ```
    EXTERNALSECRET_PREFIX_MISSING = "k8s-externalsecret-prefix-missing" {
        check: Check::Object(&["ExternalSecret"], prefix_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:external-secret-operator/add-external-secret-prefix"],
    }
}

rule! {
    /// External secret is never refreshed, or all the time
    ///
    /// With an interval of 0 a secret that was changed or withdrawn in the store stays in the cluster; with one of seconds
    /// each object asks the store as often, which costs money and hits limits. The option `seconds` is the least interval,
    /// 60 where it is not set. Silent for generators, whose secrets are made once, and where a `refreshPolicy` says so.
    ///
    /// ```yaml bad:5
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: db }
    /// spec:
    ///   refreshInterval: "0"
    ///   data: [{ secretKey: password, remoteRef: { key: db } }]
    /// ```
    /// ```yaml good
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: db }
    /// spec: { refreshInterval: 1h, data: [{ secretKey: password, remoteRef: { key: db } }] }
    /// ---
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: made }
    /// spec:
    ///   refreshInterval: "0"
    ///   dataFrom: [{ sourceRef: { generatorRef: { kind: Password, name: made } } }]
    /// ```
    EXTERNALSECRET_REFRESH_OFF = "k8s-externalsecret-refresh-off" {
        check: Check::Object(&["ExternalSecret", "ClusterExternalSecret"], refresh_off),
        severity: Severity::Info,
        profile: Profile::OptIn,
        options: &[OptionMeta {
            name: "seconds",
            shape: OptionShape::Number,
            docs: "The least refresh interval; 60 where it is not set",
        }],
    }
}

rule! {
    /// Certificate is valid for long
    ///
    /// A key that was stolen is good until the certificate ends, and one that is renewed once in years is renewed by
    /// nobody who remembers how. The option `days` is the longest duration, 200 where it is not set: what browsers accept
    /// of certificates issued since March 2026. Silent for certificates of authorities, and where no duration is written:
    /// the default is 90 days.
    ///
    /// ```yaml bad:5
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: { name: web }
    /// spec:
    ///   duration: 8760h
    ///   secretName: web
    /// ```
    /// ```yaml good
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: { name: web }
    /// spec: { duration: 2160h0m0s, secretName: web }
    /// ---
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: { name: ca }
    /// spec: { duration: 87600h, isCA: true, secretName: ca }
    /// ```
    CERT_MANAGER_DURATION_TOO_LONG = "k8s-cert-manager-duration-too-long" {
        check: Check::Object(&["Certificate"], duration_too_long),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:cert-manager/limit-duration"],
        options: &[OptionMeta {
            name: "days",
            shape: OptionShape::Number,
            docs: "The longest duration of a certificate; 200 where it is not set",
        }],
    }
}

fn prefix_missing(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(namespace) = object.namespace.filter(|_| object.group() == "external-secrets.io") else { return };
    let items = |path: &str| object.node.get(path).present().into_iter().flat_map(Node::items);
    let single = items("spec.data").filter_map(|entry| entry.get("remoteRef.key").present());
    let whole = items("spec.dataFrom").filter_map(|entry| entry.get("extract.key").present());
    for key in single.chain(whole) {
        let Some(text) = key.as_str().filter(|text| !is_of_namespace(text, namespace)) else { continue };
        report
            .at(key, format!("`{text}` does not begin with the namespace `{namespace}`"))
            .help(format!("keep it in the store as `{namespace}/…` or `{namespace}-…`"));
    }
}

fn is_of_namespace(key: &str, namespace: &str) -> bool {
    let begins =
        key.strip_prefix(namespace).is_some_and(|rest| rest.is_empty() || !rest.starts_with(char::is_alphanumeric));
    begins || key.split('/').any(|part| part == namespace)
}

fn refresh_off(object: &Object<'_>, report: &mut Report<'_>) {
    let spec = if object.kind == "ExternalSecret" { "spec" } else { "spec.externalSecretSpec" };
    let Some(spec) = object.node.get(spec).present().filter(|_| object.group() == "external-secrets.io") else {
        return;
    };
    let Lookup::Present(interval) = spec.get("refreshInterval") else { return };
    let Lookup::Absent(_) = spec.get("refreshPolicy") else { return };
    let sources = spec.field("dataFrom").into_iter().flat_map(Node::items);
    let is_generated = |source: Node<'_>| source.get("sourceRef.generatorRef").absent().is_none();
    let is_known = matches!(interval.value(), Value::String(_) | Value::Number(_));
    let Some(text) = Some(interval.text()).filter(|_| is_known && !sources.into_iter().any(is_generated)) else {
        return;
    };
    let Some(read) = seconds(text) else { return };
    let least = options::number(report, "seconds", 60);
    let problem = match read {
        0 => "is never refreshed".to_owned(),
        _ if i64::try_from(read).is_ok_and(|read| read < least) => format!("asks its store each `{text}`"),
        _ => return,
    };
    report.at(interval, format!("{} {problem}", object.title())).help("set an interval such as `1h`");
}

fn duration_too_long(object: &Object<'_>, report: &mut Report<'_>) {
    const DAY: u64 = 86_400;
    let Lookup::Present(duration) = object.node.get("spec.duration") else { return };
    let is_authority = object.node.get("spec.isCA");
    if object.group() != "cert-manager.io" || is_authority.is_bool(true) || is_authority.is_unknown() {
        return;
    }
    let days = options::number(report, "days", 200);
    let Some(read) = duration.as_str().and_then(seconds) else { return };
    if i64::try_from(read / DAY).is_ok_and(|read| read > days) {
        report
            .at(duration, format!("{} is valid for {} days, and {days} are allowed", object.title(), read / DAY))
            .help("shorten it; cert-manager renews it in time");
    }
}
