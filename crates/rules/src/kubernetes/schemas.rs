//! Objects that do not fit the schema of their kind.
//!
//! The API server's own kinds are judged by the schemas of Kubernetes 1.28 to 1.37, custom resources by the definitions
//! in the scan or in the folders that the configuration names. What is filled in later is not judged, nor is the status.

use std::borrow::Cow;

use portcullis_model::kubernetes::Object;
use portcullis_model::kubernetes::schema::{Fault, FaultKind, Limit, Measure, Wanted, first_version, last_version};
use portcullis_syntax::Anchor;

use super::api_table::lifecycle;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&SCHEMA_INVALID, &SCHEMA_UNKNOWN_FIELD, &CR_SCHEMA_INVALID, &CR_VERSION_NOT_SERVED];

rule! {
    /// Object does not fit its schema
    ///
    /// A value of another type, a field that is missing, a word that is none of those allowed, a list with the same
    /// element twice, a kind that does not exist: the API server refuses each of them. YAML is read as Kubernetes reads
    /// it: `yes` is a boolean, and `8080` without quotes is no text. The version is `--kubernetes-version`, else the
    /// newest; a type that any known version allows is fine then. Rules that know a field better speak in its place. A
    /// nodePort counts as wrong outside of 30000 to 32767, which a cluster may have set otherwise. What is missing is not
    /// said of a part of an object: a patch, or an object without any of the fields that its `spec` needs.
    ///
    /// ```yaml bad:5
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: "3"
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env: [{ name: PORT, value: 8080 }]
    /// ```
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, annotations: { example.org/scrape: yes } }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:1
    /// apiVersion: v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { type: LoadBalancr, selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   ports:
    ///     - { name: http, port: 80, targetPort: http }
    ///     - { name: admin, port: 80, targetPort: admin }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 3
    ///   # Less than the least.
    ///   maxReplicas: 2
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, labels: null, annotations: { example.org/scrape: "yes" } }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ port: 80, targetPort: http }, { port: 80, protocol: UDP, targetPort: 8080 }]
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: ${REPLICAS}
    ///   progressDeadlineSeconds: 1e3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: web:1, resources: { limits: { cpu: 1, memory: 1Gi } } }]
    ///   strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 25% } }
    /// ```
    /// ```yaml good
    /// # Part of an object.
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec: { template: { spec: { nodeSelector: { disk: ssd } } } }
    /// ---
    /// # Written for another program.
    /// apiVersion: v1
    /// kind: Config
    /// clusters: []
    /// ---
    /// apiVersion: example.org/v1
    /// kind: Deployment
    /// replicas: many
    /// ---
    /// # Removed: another rule's concern.
    /// apiVersion: networking.k8s.io/v1beta1
    /// kind: Ingress
    /// spec: { rules: none }
    /// ```
    SCHEMA_INVALID = "k8s-schema-invalid" {
        check: Check::Schema(schema_invalid),
        severity: Severity::High,
        peers: &["kube-linter:schema-validation"],
        yields_to: &["k8s-invalid-quantity", "k8s-duplicate-port-name", "k8s-topology-spread-invalid"],
    }
}

rule! {
    /// Field is not in the schema
    ///
    /// The API server drops the field with a warning that few see, and what it was to set is not set: a probe that
    /// nobody runs, a security context in the wrong place. Strict clients refuse the object. The version is
    /// `--kubernetes-version`, else any from 1.28 on: without a version a field is unknown only where none of them has
    /// it.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       livenesProbe: { httpGet: { path: /, port: 80 } }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { capabilities: { drop: [ALL] } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   hostUsers: false
    ///   unheardOf: null
    ///   containers:
    ///     - { name: web, image: web:1, livenessProbe: { httpGet: { path: /, port: 80 } } }
    /// status: { anything: goes }
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data: { any: key }
    /// ```
    SCHEMA_UNKNOWN_FIELD = "k8s-schema-unknown-field" {
        check: Check::Schema(unknown_field),
        severity: Severity::Medium,
        peers: &["kubeconform:strict"],
    }
}

rule! {
    /// Custom resource does not fit its definition
    ///
    /// The API server refuses a value that the definition's schema does not allow, and drops a field that is not in it.
    /// Types, patterns, formats, sizes, bounds, choices, sets and combinations (`oneOf` and its like) are judged as the
    /// server judges them, after it has filled in defaults and dropped nulls. Bounds of `int32` are the server's own since
    /// 1.36, and always were those of what reads the value. The definition is that of the scan, else one from the folders of
    /// `kubernetes-crds` in the configuration. Silent without any, where several of one version differ, for patterns that do
    /// not compile, for what is filled in later, and for rules in CEL, which are not evaluated.
    ///
    /// ```yaml bad:5
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec:
    ///   schedul: "0 3 * * *"
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec: { type: object, properties: { schedule: { type: string }, keep: { type: integer } } }
    /// ```
    /// ```yaml bad:4
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec: { schedule: daily }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec:
    ///               type: object
    ///               properties: { schedule: { type: string, pattern: "^([0-9*/,-]+ ){4}[0-9*/,-]+$" } }
    /// ```
    /// ```yaml bad:4
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec: { bucket: archive, volume: { claimName: data } }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec:
    ///               type: object
    ///               properties: { bucket: { type: string }, volume: { type: object, x-kubernetes-preserve-unknown-fields: true } }
    ///               oneOf: [{ required: [bucket] }, { required: [volume] }]
    /// ```
    /// ```yaml good
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec: { schedule: "0 3 * * *", keep: 7 }
    /// status: { anything: goes }
    /// ---
    /// # Nothing here defines it.
    /// apiVersion: example.org/v1
    /// kind: Restore
    /// spec: { from: 7 }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec: { type: object, properties: { schedule: { type: string }, keep: { type: integer } } }
    /// ```
    /// ```yaml good
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec: { schedule: "0 3 * * *", bucket: "${BUCKET}", from: 2024-01-02T03:04:05Z, hosts: [a, b] }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec:
    ///               type: object
    ///               required: [schedule, keep]
    ///               properties:
    ///                 schedule: { type: string, pattern: "^([0-9*/,-]+ ){4}[0-9*/,-]+$" }
    ///                 keep: { type: integer, minimum: 1, default: 7 }
    ///                 bucket: { type: string, minLength: 20 }
    ///                 from: { type: string, format: date-time }
    ///                 hosts: { type: array, x-kubernetes-list-type: set, maxItems: 2, items: { type: string, pattern: "(" } }
    ///               anyOf: [{ required: [bucket] }, { properties: { keep: { minimum: 30 } } }]
    /// ```
    CR_SCHEMA_INVALID = "k8s-cr-schema-invalid" {
        check: Check::CustomSchema(cr_schema_invalid),
        severity: Severity::Medium,
    }
}

rule! {
    /// Custom resource is of a version that is not served
    ///
    /// The definition lists the versions of its kind, and says of each whether the API server serves it. An object of another
    /// version is refused: there is no such kind. The definitions are those of the scan and those from the folders of
    /// `kubernetes-crds` in the configuration. Silent where any of several definitions of the kind serves the version, where
    /// one of them is not known as a whole, and where one is of `apiextensions.k8s.io/v1beta1`.
    ///
    /// ```yaml bad:1
    /// file=backup.yaml
    /// apiVersion: example.org/v1alpha1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - { name: v1alpha1, served: false, storage: false, schema: { openAPIV3Schema: { type: object } } }
    ///     - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
    /// ```
    /// ```yaml bad:1
    /// file=backup.yaml
    /// apiVersion: example.org/v2
    /// kind: Backup
    /// metadata: { name: nightly }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
    /// ```
    /// ```yaml good
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// ---
    /// apiVersion: example.org/v2
    /// kind: Backup
    /// metadata: { name: weekly }
    /// ---
    /// apiVersion: example.org/v1alpha1
    /// kind: Restore
    /// metadata: { name: undefined }
    /// file=old/crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
    /// file=new/crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - { name: v1, served: false, storage: false, schema: { openAPIV3Schema: { type: object } } }
    ///     - { name: v2, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
    /// ```
    CR_VERSION_NOT_SERVED = "k8s-cr-version-not-served" {
        check: Check::CustomSchema(cr_version_not_served),
        severity: Severity::High,
    }
}

fn schema_invalid(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    match fault.kind {
        FaultKind::UnknownField { .. } | FaultKind::OtherVersion { .. } => {}
        // The rules about removed and deprecated versions say when it went.
        FaultKind::UnknownKind { .. } if lifecycle(object.api_version, object.kind).is_some() => {}
        // It has a rule of its own.
        FaultKind::UnknownKind { .. } if object.kind == "PodSecurityPolicy" => {}
        _ => say(object, fault, report),
    }
}

fn unknown_field(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    if matches!(fault.kind, FaultKind::UnknownField { .. } | FaultKind::OtherVersion { .. }) {
        say(object, fault, report);
    }
}

fn cr_schema_invalid(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    if !matches!(fault.kind, FaultKind::NotServed { .. }) {
        say(object, fault, report);
    }
}

fn cr_version_not_served(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    let FaultKind::NotServed { is_defined, served } = &fault.kind else { return };
    let version = object.version();
    let message = if *is_defined {
        format!("the definition of {} does not serve `{version}`", object.kind)
    } else {
        format!("the definition of {} has no version `{version}`", object.kind)
    };
    let help = match &**served {
        [] => "let the definition serve a version".to_owned(),
        [one] => format!("write `{}/{one}`, and its fields", object.group()),
        _ => format!("write one of the versions that it serves: {}", quoted(served, ", ")),
    };
    report.at(fault.node, message).help(help);
}

fn say(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    let node = fault.node;
    // A patch is part of an object.
    if fault.kind.is_about_absence() && report.facts().is_patch() {
        return;
    }
    let key = &*subject(object, node);
    let (message, help) = match &fault.kind {
        FaultKind::UnknownField { holder, nearest, within } => {
            let message = format!("{key} is no field of {}", name_of(holder, node.parent(), object));
            let help = match (nearest, within) {
                (Some(name), _) => did_you_mean(name),
                (None, Some(within)) => format!("move it into `{within}`, which has such a field"),
                (None, None) => "remove it, or move it to where it belongs".to_owned(),
            };
            report.at(node.key_place(), message).help(help);
            return;
        }
        FaultKind::OtherVersion { holder, first, last } => {
            let asked = report.context().kubernetes();
            let (when, help) = if *first > asked {
                (format!("it comes with {first}"), format!("remove it until the cluster has Kubernetes {first}"))
            } else {
                (format!("{last} was the last to have it"), "remove it".to_owned())
            };
            let message = format!("{key} is no field of {holder} in Kubernetes {asked}: {when}");
            report.at(node.key_place(), message).help(help);
            return;
        }
        FaultKind::Missing { holder, fields, .. } => {
            let what = name_of(holder, Some(node), object);
            let (is, them) = if fields.len() == 1 { ("is", "it") } else { ("are", "them") };
            let message = format!("{} {is} missing in {what}", quoted(fields, " and "));
            report.at(Anchor { parent: node }, message).help(format!("add {them}"));
            return;
        }
        FaultKind::WrongType { wanted } => wrong_type(node, key, *wanted),
        FaultKind::OutOfRange { least, greatest } => out_of_range(node, key, *least, *greatest),
        FaultKind::NoChoice { choices, nearest } => {
            let all = match choices.len() {
                0..=LISTED => format!(", which is one of {}", quoted(choices, ", ")),
                _ => String::new(),
            };
            let help = nearest.map_or_else(|| "write one of those that are allowed".to_owned(), did_you_mean);
            let value =
                if node.text().is_empty() { "an empty text".to_owned() } else { format!("`{}`", short(node.text())) };
            (format!("{value} is no value of {key}{all}"), help)
        }
        FaultKind::Duplicate { keys } => {
            let message = format!("an earlier element of this list has the same {}", quoted(keys, " and "));
            (message, "remove one of them, or give it another".to_owned())
        }
        FaultKind::UnknownKind { meant } => unknown_kind(object, meant),
        FaultKind::KindComesLater { first } => {
            let asked = report.context().kubernetes();
            let message = format!("`{}` has no {} in Kubernetes {asked}", object.api_version, object.kind);
            (message, format!("it comes with Kubernetes {first}"))
        }
        FaultKind::ReplicasCrossed => {
            ("maxReplicas is less than minReplicas".to_owned(), "raise it, or lower minReplicas".to_owned())
        }
        FaultKind::Limit(limit) => beyond_limit(node, key, limit),
        FaultKind::NotServed { .. } => return,
    };
    let draft = report.at(node, message).help(help);
    if object.kind == "Secret" {
        draft.mask(node.span());
    }
}

fn wrong_type(node: Node<'_>, key: &str, wanted: Wanted) -> (String, String) {
    let found = match node.value() {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) | Value::Template(_) | Value::Unknown(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    };
    let (expected, example) = match wanted {
        Wanted::Text => ("text", None),
        Wanted::Integer => ("a whole number", None),
        Wanted::Number => ("a number", None),
        Wanted::Boolean => ("`true` or `false`", None),
        Wanted::Quantity => ("a quantity", Some("write a number with a unit, such as `500m` or `1Gi`")),
        Wanted::IntegerOrText => ("a whole number or text", None),
        Wanted::List => ("a list", Some("put `- ` before its elements")),
        Wanted::Mapping => ("a mapping", Some("give it fields")),
    };
    let text = node.text();
    let help = match (wanted, node.value()) {
        (Wanted::Text, Value::Bool(_)) => format!("write it in quotes: \"{text}\""),
        (Wanted::Text, Value::Number(_)) => "write it in quotes".to_owned(),
        (Wanted::Integer | Wanted::Number, Value::String(_)) if text.parse::<f64>().is_ok() => {
            format!("write it without quotes: {text}")
        }
        (Wanted::Boolean, Value::String("true" | "false")) => format!("write it without quotes: {text}"),
        _ => example.map_or_else(|| format!("write {expected}"), str::to_owned),
    };
    // A number where text belongs may be a password.
    let is_told = wanted != Wanted::Text || matches!(node.value(), Value::Bool(_));
    let shown = if is_told && !text.is_empty() { format!("{found} (`{}`)", short(text)) } else { found.to_owned() };
    (format!("{key} is {shown}, where {expected} belongs"), help)
}

/// How a message names a value: by its key, an element by that of its list (`args[1]`), the object by its kind and name.
fn subject(object: &Object<'_>, node: Node<'_>) -> String {
    let mut positions = Vec::new();
    let mut holder = node;
    while let (None, Some(position), Some(list)) = (holder.key(), holder.position(), holder.parent()) {
        if holder == object.node {
            break;
        }
        positions.push(position);
        holder = list;
    }
    let positions: String = positions.iter().rev().map(|position| format!("[{position}]")).collect();
    match holder.key() {
        Some(key) if holder != object.node => format!("`{}{positions}`", key.text()),
        _ if positions.is_empty() => object.title().to_string(),
        _ => format!("`{positions}`"),
    }
}

/// What is wrong with a value that a definition does not allow. The value itself may be a password, unless it is a number.
fn beyond_limit(node: Node<'_>, key: &str, limit: &Limit<'_>) -> (String, String) {
    match limit {
        Limit::Pattern(pattern) => (
            format!("{key} does not match `{}`", shortened(pattern)),
            "write a text that matches the pattern".to_owned(),
        ),
        Limit::Format(format) => {
            let (what, example) = format_of(format);
            (format!("{key} is no {what}"), format!("write {example}"))
        }
        Limit::Size { of, found, least, most } => {
            let (unit, one) = match of {
                Measure::Characters => ("characters", "character"),
                Measure::Elements => ("elements", "element"),
                Measure::Fields => ("fields", "field"),
            };
            let counted = |count: u64| if count == 1 { format!("1 {one}") } else { format!("{count} {unit}") };
            let has = if *found == 0 { "is empty".to_owned() } else { format!("has {}", counted(*found)) };
            match (least.filter(|least| found < least), most) {
                (Some(least), _) => {
                    (format!("{key} {has}, and needs at least {}", counted(least)), "give it more".to_owned())
                }
                (None, most) => {
                    let most = counted(most.unwrap_or_default());
                    (format!("{key} {has}, and may have at most {most}"), "give it fewer".to_owned())
                }
            }
        }
        Limit::Number { least, greatest } => {
            let allowed = if let (Some((least, false)), Some((greatest, false))) = (least, greatest) {
                format!("from {least} to {greatest}")
            } else {
                let least = least.map(|(least, excluded)| (if excluded { "more than" } else { "at least" }, least));
                let most = greatest.map(|(most, excluded)| (if excluded { "less than" } else { "at most" }, most));
                let bounds = least.into_iter().chain(most).map(|(word, bound)| format!("{word} {bound}"));
                bounds.collect::<Vec<_>>().join(" and ")
            };
            (
                format!("{key} is {}, and {allowed} is allowed", short(node.text())),
                "write a number of that range".to_owned(),
            )
        }
        Limit::MultipleOf(factor) => (
            format!("{key} is {}, which is no multiple of {factor}", short(node.text())),
            format!("write a multiple of {factor}"),
        ),
        Limit::Repeated => (
            format!("{key} is the same as an earlier element, in a list that is a set"),
            "remove one of them".to_owned(),
        ),
        Limit::NoAlternative { fields, count } if fields.is_empty() => {
            let forms = if *count == 1 { "the form".to_owned() } else { format!("any of the {count} forms") };
            (
                format!("{key} does not have {forms} that its definition allows"),
                "see `anyOf` and `oneOf` in the definition".to_owned(),
            )
        }
        Limit::NoAlternative { fields, .. } => {
            (format!("{key} has none of {}", quoted(fields, ", ")), "add one of them".to_owned())
        }
        Limit::SeveralAlternatives { fields } if fields.is_empty() => (
            format!("{key} has several of the forms of which its definition allows one"),
            "see `oneOf` in the definition".to_owned(),
        ),
        Limit::SeveralAlternatives { fields } => {
            (format!("{key} has {}, of which one is allowed", quoted(fields, " and ")), "keep one of them".to_owned())
        }
        Limit::Excluded { fields } if fields.is_empty() => {
            (format!("{key} has the form that its definition rules out"), "see `not` in the definition".to_owned())
        }
        Limit::Excluded { fields } => {
            let together = if fields.len() == 1 { "" } else { " together" };
            (format!("{key} must not have {}{together}", quoted(fields, " and ")), "remove one of them".to_owned())
        }
    }
}

/// What a format is called, and what is of it.
fn format_of(format: &str) -> (&'static str, &'static str) {
    match format {
        "byte" => ("Base64", "Base64 with its padding"),
        "cidr" => ("range of addresses", "an address and a length, such as `10.0.0.0/8`"),
        "date" => ("date", "it as year, month and day: `2006-01-02`"),
        "date-time" => ("date with a time and a zone", "it as in `2006-01-02T15:04:05Z`"),
        "duration" => ("duration", "a number with a unit, such as `30s`"),
        "email" => ("address of mail", "one such as `team@example.com`"),
        "hexcolor" => ("colour in hexadecimal digits", "three or six of them"),
        "hostname" => ("name of a host", "a full name, such as `db.example.com`"),
        "ipv4" => ("IPv4 address", "four numbers with dots between them"),
        "ipv6" => ("IPv6 address", "one such as `fd00::1`"),
        "mac" => ("MAC address", "six bytes, such as `01:23:45:67:89:ab`"),
        "uri" => ("URI", "one with its scheme, such as `https://example.com/`, or an absolute path"),
        _ => ("UUID of the kind that is asked for", "one with all of its 32 digits"),
    }
}

/// The part of a pattern that is worth repeating.
fn shortened(pattern: &str) -> Cow<'_, str> {
    let long = pattern.char_indices().nth(100).and_then(|(end, _)| pattern.get(..end));
    long.map_or(Cow::Borrowed(pattern), |start| Cow::Owned(format!("{start}\u{2026}")))
}

/// Choices that are worth listing.
const LISTED: usize = 8;

fn quoted(names: &[&str], between: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}

/// The part of a value that is worth repeating in a message.
fn short(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(40).map_or(line, |(end, _)| line.get(..end).unwrap_or_default())
}

fn out_of_range(node: Node<'_>, key: &str, least: i64, greatest: i64) -> (String, String) {
    let message = format!("{key} is {}, and from {least} to {greatest} is allowed", short(node.text()));
    let help = if key == "`nodePort`" {
        "choose a port of that range, or leave it out and let the cluster choose".to_owned()
    } else {
        "write a number of that range".to_owned()
    };
    (message, help)
}

fn unknown_kind(object: &Object<'_>, meant: &[(&str, &str)]) -> (String, String) {
    let message = format!(
        "`{}` has no kind {} in any Kubernetes version from {} to {}",
        object.api_version,
        object.kind,
        first_version(),
        last_version()
    );
    let help = match meant.first() {
        Some((api_version, kind)) if *kind == object.kind => format!("{kind} is in `{api_version}`"),
        Some((api_version, kind)) if *api_version == object.api_version => did_you_mean(kind),
        Some((api_version, kind)) => format!("did you mean {kind} of `{api_version}`?"),
        None => "look for the kind's `apiVersion` in the documentation of what brings it".to_owned(),
    };
    (message, help)
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// How a message names a mapping of the object: by its type, else by its path.
fn name_of(holder: &str, mapping: Option<Node<'_>>, object: &Object<'_>) -> String {
    if !holder.is_empty() && holder != object.kind {
        return format!("{holder} in {}", object.title());
    }
    let mut names = Vec::new();
    let mut next = mapping;
    while let Some(node) = next.filter(|node| *node != object.node) {
        names.extend(node.key().map(Node::text));
        next = node.parent();
    }
    names.reverse();
    if names.is_empty() { object.title().to_string() } else { format!("`{}` in {}", names.join("."), object.title()) }
}
