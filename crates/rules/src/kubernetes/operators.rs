//! Objects of operators that one look decides, or nearly: Velero's schedules, KEDA's scalers, Prometheus' rules.
//!
//! Where the operator runs, and in which version, is not known; only what no version accepts is reported. Whether KEDA's
//! target exists is asked of the whole scan.

use portcullis_model::cron;
use portcullis_model::facts::Claim;
use portcullis_model::kubernetes::Object;
use portcullis_model::prometheus::{is_duration, validate_expression};
use portcullis_secrets::credential::{is_secret, known};

use super::relations::place;
use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &VELERO_SCHEDULE_INVALID,
    &VELERO_RESTORE_PROTECTED_NS,
    &KEDA_TARGET_MISSING,
    &KEDA_TRIGGER_PLAIN_SECRET,
    &PROMETHEUSRULE_INVALID,
];

rule! {
    /// Velero's schedule is not valid
    ///
    /// Velero marks the Schedule as failed and never makes a backup, which is noticed when one is needed. A schedule has
    /// five fields, or is a name such as `@daily`; a time zone may stand before it (`CRON_TZ=…`).
    ///
    /// ```yaml bad:4
    /// apiVersion: velero.io/v1
    /// kind: Schedule
    /// metadata: { name: nightly }
    /// spec: { schedule: "0 25 * * *", template: {} }
    /// ```
    /// ```yaml good
    /// apiVersion: velero.io/v1
    /// kind: Schedule
    /// metadata: { name: nightly }
    /// spec: { schedule: "CRON_TZ=Europe/Berlin 0 3 * * *", template: {} }
    /// ---
    /// apiVersion: velero.io/v1
    /// kind: Schedule
    /// metadata: { name: hourly }
    /// spec: { schedule: "@every 1h", template: {} }
    /// ```
    VELERO_SCHEDULE_INVALID = "k8s-velero-schedule-invalid" {
        check: Check::Object(&["Schedule"], velero_schedule_invalid),
        severity: Severity::Medium,
        peers: &["kyverno:velero/validate-cron-schedule"],
    }
}

rule! {
    /// Velero restores into a namespace of the system
    ///
    /// A mapping writes the objects of one namespace into another: in `kube-system` they are seen as the cluster's own,
    /// with its exemptions from policies. A backup of `kube-system` itself that is restored to it gives no finding.
    ///
    /// ```yaml bad:4
    /// apiVersion: velero.io/v1
    /// kind: Restore
    /// metadata: { name: shop, namespace: velero }
    /// spec: { backupName: shop, namespaceMapping: { shop: kube-system } }
    /// ```
    /// ```yaml good
    /// apiVersion: velero.io/v1
    /// kind: Restore
    /// metadata: { name: shop, namespace: velero }
    /// spec: { backupName: shop, namespaceMapping: { shop: shop-copy, kube-system: kube-system } }
    /// ```
    VELERO_RESTORE_PROTECTED_NS = "k8s-velero-restore-protected-ns" {
        check: Check::Object(&["Restore"], velero_restore_protected_ns),
        severity: Severity::Medium,
        peers: &["kyverno:velero/block-velero-restore"],
    }
}

rule! {
    /// KEDA scales nothing
    ///
    /// KEDA refuses a ScaledObject whose `minReplicaCount` is above its `maxReplicaCount` (100 where none is written), and
    /// one whose target does not exist in its namespace: a Deployment where no kind is written. Silent where the target
    /// may be in what was not read.
    ///
    /// ```yaml bad:6
    /// apiVersion: keda.sh/v1alpha1
    /// kind: ScaledObject
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { name: "${TARGET}" }
    ///   minReplicaCount: 10
    ///   maxReplicaCount: 5
    /// ```
    /// ```yaml bad:5
    /// file=scaler.yaml
    /// apiVersion: keda.sh/v1alpha1
    /// kind: ScaledObject
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   scaleTargetRef: { name: web }
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: web, namespace: shop }
    /// ```
    /// ```yaml good
    /// apiVersion: keda.sh/v1alpha1
    /// kind: ScaledObject
    /// metadata: { name: web, namespace: shop }
    /// spec: { scaleTargetRef: { name: web }, minReplicaCount: 5, maxReplicaCount: 5 }
    /// ---
    /// apiVersion: keda.sh/v1alpha1
    /// kind: ScaledObject
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: db }
    ///   minReplicaCount: 5
    ///   maxReplicaCount: "${MAX}"
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// ---
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db, namespace: shop }
    /// ```
    KEDA_TARGET_MISSING = "k8s-keda-target-missing" {
        check: Check::Object(&["ScaledObject"], keda_target_missing),
        severity: Severity::Medium,
        tags: &["across-files"],
    }
}

rule! {
    /// KEDA trigger holds a credential in plain text
    ///
    /// The metadata of a trigger is readable by everybody who may look at the ScaledObject. A TriggerAuthentication takes
    /// the same parameter from a Secret or from the pod's identity. Reported when the parameter's name promises a secret,
    /// its value is a plausible one and there is no `authenticationRef`, or when the value has a known form, such as a
    /// URL with a password. Silent for `…FromEnv` and placeholders.
    ///
    /// ```yaml bad:10
    /// apiVersion: keda.sh/v1alpha1
    /// kind: ScaledObject
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { name: web }
    ///   triggers:
    ///     - type: rabbitmq
    ///       metadata:
    ///         queueName: orders
    ///         host: "amqp://shop:kX9mQ2vL7@rabbit:5672/"
    /// ```
    /// ```yaml good
    /// apiVersion: keda.sh/v1alpha1
    /// kind: ScaledObject
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { name: web }
    ///   triggers:
    ///     - type: redis
    ///       metadata: { address: "redis:6379", passwordFromEnv: REDIS_PASSWORD2, listName: orders }
    ///     - type: rabbitmq
    ///       metadata: { host: "amqp://shop:${PASSWORD}@rabbit:5672/" }
    ///       authenticationRef: { name: rabbit }
    /// ```
    KEDA_TRIGGER_PLAIN_SECRET = "k8s-keda-trigger-plain-secret" {
        check: Check::Object(&["ScaledObject", "ScaledJob"], keda_trigger_plain_secret),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
    }
}

rule! {
    /// Prometheus rule has an expression or duration that cannot be read
    ///
    /// The operator or Prometheus itself refuses the whole group or file, and none of its alerts fires. Brackets and
    /// strings must match, something must stand after an operator, and a duration has units from years to milliseconds
    /// (`1h30m`). Functions, labels and types are not checked. Silent where a template fills the text in.
    ///
    /// ```yaml bad:9
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: PrometheusRule
    /// metadata: { name: web }
    /// spec:
    ///   groups:
    ///     - name: web
    ///       rules:
    ///         - alert: Down
    ///           expr: sum(rate(errors_total[5m]) > 1
    ///           for: 5m
    /// ```
    /// ```yaml bad:10
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: PrometheusRule
    /// metadata: { name: web }
    /// spec:
    ///   groups:
    ///     - name: web
    ///       rules:
    ///         - alert: Down
    ///           expr: up == 0
    ///           for: 5min
    /// ```
    /// ```yaml good
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: PrometheusRule
    /// metadata: { name: web }
    /// spec:
    ///   groups:
    ///     - name: web
    ///       interval: 1m30s
    ///       rules:
    ///         - alert: Down
    ///           expr: up{job="web", path=~"/(a|b)"} == 0 # (
    ///           for: 0s
    ///         - record: one
    ///           expr: 1
    ///         - alert: Late
    ///           expr: "{{ .Values.expr }"
    /// ```
    PROMETHEUSRULE_INVALID = "k8s-prometheusrule-invalid" {
        check: Check::Object(&["PrometheusRule"], prometheusrule_invalid),
        severity: Severity::Medium,
        profile: Profile::All,
    }
}

fn velero_schedule_invalid(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "velero.io" {
        return;
    }
    let Lookup::Present(schedule) = object.node.get("spec.schedule") else { return };
    let Some(text) = schedule.as_str() else { return };
    // Velero's parser takes a zone before the fields, where a CronJob has a field of its own for it.
    let has_zone = text.starts_with("CRON_TZ=") || text.starts_with("TZ=");
    let fields = if has_zone { text.split_once(' ').map_or("", |(_, fields)| fields.trim_start()) } else { text };
    if let Err(error) = cron::validate(fields) {
        report
            .at(schedule, format!("schedule `{text}` of {} is not valid: {error}", object.title()))
            .help("write minute, hour, day of the month, month and day of the week, or a name such as `@daily`");
    }
}

fn velero_restore_protected_ns(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "velero.io" {
        return;
    }
    let Lookup::Present(mapping) = object.node.get("spec.namespaceMapping") else { return };
    for (from, to) in mapping.entries() {
        let Some(name @ ("kube-system" | "kube-public" | "kube-node-lease")) = to.as_str() else { continue };
        if from.text() != name {
            report
                .at(to, format!("{} restores `{}` into `{name}`", object.title(), from.text()))
                .help("restore it into a namespace of its own");
        }
    }
}

/// What KEDA takes where no maximum is written.
const KEDA_MAX: i64 = 100;

fn keda_target_missing(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "keda.sh" {
        return;
    }
    keda_target(object, report);
    let Lookup::Present(least) = object.node.get("spec.minReplicaCount") else { return };
    let most = match object.node.get("spec.maxReplicaCount") {
        Lookup::Absent(_) => Some(KEDA_MAX),
        Lookup::Present(most) => most.as_i64(),
        Lookup::Unknown(_) => None,
    };
    let (Some(low), Some(high)) = (least.as_i64(), most) else { return };
    if low > high {
        report
            .at(least, format!("{} has at least {low} and at most {high} replicas", object.title()))
            .help("make `minReplicaCount` at most `maxReplicaCount`");
    }
}

fn keda_target(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(reference) = object.node.get("spec.scaleTargetRef") else { return };
    let kind = match reference.get("kind") {
        Lookup::Absent(_) => Some("Deployment"),
        found => found.present().and_then(Node::as_str),
    };
    let name = reference.field("name").and_then(|node| Some((node, node.as_str()?)));
    let (Some(kind), Some((node, name))) = (kind, name) else { return };
    let namespace = report.namespace(object);
    let message = format!("{} scales {kind} `{name}`, which is not{}", object.title(), place(&namespace));
    let claim = Claim::Missing { namespace, kind: kind.to_owned(), name: name.to_owned() };
    report.claim(node, message, claim).help("correct the target, or remove the ScaledObject");
}

fn keda_trigger_plain_secret(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "keda.sh" {
        return;
    }
    let Lookup::Present(triggers) = object.node.get("spec.triggers") else { return };
    for trigger in triggers.items() {
        let Lookup::Present(parameters) = trigger.get("metadata") else { continue };
        let is_alone = matches!(trigger.get("authenticationRef"), Lookup::Absent(_));
        for (key, value) in parameters.entries() {
            let Some(text) = value.as_str().filter(|_| !key.text().ends_with("FromEnv")) else { continue };
            if known(text).is_none() && !(is_alone && is_secret(key.text(), text)) {
                continue;
            }
            report
                .at(
                    Place { value: 0, ..Place::from(value) },
                    format!("`{}` of a trigger of {} is a credential", key.text(), object.title()),
                )
                .mask(value.span())
                .help("take it from a TriggerAuthentication with `authenticationRef`, and replace it");
        }
    }
}

fn prometheusrule_invalid(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "monitoring.coreos.com" {
        return;
    }
    let Lookup::Present(groups) = object.node.get("spec.groups") else { return };
    for group in groups.items() {
        check_durations(group, &["interval", "query_offset"], report);
        for rule in group.field("rules").into_iter().flat_map(Node::items) {
            check_durations(rule, &["for", "keep_firing_for"], report);
            let Lookup::Present(expression) = rule.get("expr") else { continue };
            let Some(Err(error)) = expression.as_str().map(validate_expression) else { continue };
            let name = ["alert", "record"].iter().find_map(|field| rule.field(field)?.as_str()).unwrap_or("a rule");
            report
                .at(expression, format!("the expression of `{name}` is not valid: {error}"))
                .help("try it in Prometheus, or with `promtool check rules`");
        }
    }
}

fn check_durations(node: Node<'_>, fields: &[&str], report: &mut Report<'_>) {
    for field in fields {
        let Lookup::Present(duration) = node.get(field) else { continue };
        let Some(text) = duration.as_str().filter(|text| !is_duration(text)) else { continue };
        report
            .at(duration, format!("`{text}` in `{field}` is not a duration"))
            .help("write numbers with the units y, w, d, h, m, s and ms, such as `1h30m`");
    }
}
