//! Secrets that are written where everybody looks: variables, ConfigMaps, command lines, headers, annotations.
//!
//! A value counts when its name promises a secret and it is a plausible one, or when its form says what it is. Weak
//! passwords of letters alone, sentences and placeholders are not reported. Values never enter messages or fingerprints.

use std::ops::Range;

use portcullis_core::Span;
use portcullis_model::base64::decode_base64;
use portcullis_model::kubernetes::{Container, Object, Pod, objects};
use portcullis_secrets::credential::{all_known, assignments, is_plausible, is_random, is_secret, known};
use portcullis_syntax::{Dialect, yaml};

use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&SECRET_ENV_LITERAL, &SECRET_IN_CONFIGMAP, &SECRET_VIA_ENV, &SECRET_IN_COMMAND_ARGS];

rule! {
    /// Variable holds a secret in plain text
    ///
    /// The value is in the repository, in the object, and in the output of `kubectl describe`, for everybody who may
    /// look at the workload. Reported when the name promises a secret (`DB_PASSWORD`) and the value is a plausible one,
    /// or when the value has the form of a token, a key, or a URL with a password, whatever the name is. Silent for
    /// placeholders, references (`valueFrom`, `$(NAME)`), paths, switches and words.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env: [{ name: DB_PASSWORD, value: kX9mQ2vL7 }]
    /// ```
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env:
    ///         - { name: DATABASE, value: "postgres://app:kX9mQ2vL7@db/shop" }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env:
    ///         - { name: DB_PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }
    ///         - { name: API_TOKEN, value: "${API_TOKEN}" }
    ///         - { name: DB_URL, value: "postgres://app:$(DB_PASSWORD)@db/shop" }
    ///         - { name: ADMIN_PASSWORD, value: changeme }
    ///         - { name: TOKEN_PATH, value: /var/run/secrets/token }
    ///         - { name: IMAGE_PULL_SECRET, value: registry-credentials }
    ///         - { name: REQUIRE_AUTH, value: "true" }
    ///         - { name: SORT_KEY, value: created_at }
    /// ```
    SECRET_ENV_LITERAL = "k8s-secret-env-literal" {
        check: Check::Pod(secret_env_literal),
        severity: Severity::High,
        tags: &["secret", "helm-values", "cwe-798"],
        peers: &[
            "kube-linter:env-var-secret", "polaris:sensitiveContainerEnvVar", "kubescape:C-0012", "kubescape:C-0259",
        ],
    }
}

rule! {
    /// ConfigMap holds a secret
    ///
    /// ConfigMaps are for everybody: they are not encrypted at rest, and more roles may read them than Secrets. Decided
    /// by the value: an entry or a setting inside one (`key=value`, `key: value`) whose name promises a secret and whose
    /// value is a plausible one, or a value of a known form. Silent for placeholders, paths, switches and words
    /// (`server-tokens: "false"`).
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data:
    ///   db-password: kX9mQ2vL7
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data:
    ///   application.properties: |
    ///     spring.datasource.username=app
    ///     spring.datasource.password=kX9mQ2vL7
    ///     spring.datasource.url=jdbc:postgresql://db/shop
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data:
    ///   server-tokens: "false"
    ///   password-file: /etc/web/password
    ///   url: "postgresql://shop:${DB_PASSWORD}@db:5432/shop"
    ///   token-issuer: https://login.example.org
    ///   settings.yaml: |
    ///     api_key: ${API_KEY}
    ///     # password: kX9mQ2vL7
    ///     secretName: web-tls
    ///     password: <set by the operator>
    ///   run.sh: |
    ///     TOKEN=$(cat /var/run/token)
    ///     PASSWORD="$1"
    /// ```
    SECRET_IN_CONFIGMAP = "k8s-secret-in-configmap" {
        check: Check::Object(&["ConfigMap"], secret_in_configmap),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
        peers: &["trivy:KSV-0109", "polaris:sensitiveConfigmapContent", "kubescape:C-0012"],
    }
}

rule! {
    /// Secret reaches the container as a variable
    ///
    /// Variables are inherited by child processes, printed by crash reports and debug pages, and fixed until the next
    /// restart. A file from a Secret volume has permissions, and changes when the Secret does.
    ///
    /// ```yaml bad:11
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env:
    ///         - name: DB_PASSWORD
    ///           valueFrom:
    ///             secretKeyRef: { name: db, key: password }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       envFrom: [{ configMapRef: { name: web } }, { secretRef: { name: db } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       envFrom: [{ configMapRef: { name: web } }]
    ///       volumeMounts: [{ name: db, mountPath: /run/secrets/db, readOnly: true }]
    ///   volumes: [{ name: db, secret: { secretName: db } }]
    /// ```
    SECRET_VIA_ENV = "k8s-secret-via-env" {
        check: Check::Pod(secret_via_env),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &[
            "kube-linter:read-secret-from-env-var", "checkov:CKV_K8S_35", "kubescape:C-0207",
            "kyverno:other/disallow-secrets-from-env-vars",
        ],
    }
}

rule! {
    /// Secret stands in a command, a header or an annotation
    ///
    /// Arguments are in the repository, in the object, and in the list of processes of the node. Looks at `command` and
    /// `args` (`--password=…`, `--token …`, `NAME=…`, a bearer token, values of known forms), at the headers of probes,
    /// and at annotations: `last-applied-configuration` keeps the values of a Secret that was once applied by hand.
    /// Silent for placeholders, `$(NAME)` and what the shell expands.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       args: ["--user=app", "--password=kX9mQ2vL7"]
    /// ```
    /// ```yaml bad:10
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       args:
    ///         - --token
    ///         - 9f86d081884c7d659a2feaa0c55ad015
    /// ```
    /// ```yaml bad:12
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       livenessProbe:
    ///         httpGet:
    ///           path: /health
    ///           port: 80
    ///           httpHeaders: [{ name: Authorization, value: Basic c2hvcDprWDltUTJ2TDc= }]
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: db
    ///   annotations:
    ///     kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"v1","kind":"Secret","data":{"password":"a1g5bVEydkw3"}}'
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}'
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       command: [sh, -c, 'curl -H "Authorization: Bearer $TOKEN" --password "$(cat /run/pw)" https://shop/']
    ///       args: ["--password=$(DB_PASSWORD)", --token-file, /run/token, --secret-name=web-tls, --auth-mode=none]
    ///       livenessProbe:
    ///         httpGet: { path: /, port: 80, httpHeaders: [{ name: Host, value: shop.example.org }] }
    /// ```
    SECRET_IN_COMMAND_ARGS = "k8s-secret-in-command-args" {
        check: Check::PodAndObject(secret_in_pod, &[], secret_in_annotation),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
    }
}

fn secret_env_literal(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        for variable in container.list("env") {
            let Lookup::Present(name) = variable.get("name") else { continue };
            let Lookup::Present(value) = variable.get("value") else { continue };
            let (Some(name), Some(text)) = (name.as_str(), value.as_str()) else { continue };
            let mut found = known_in_text(value, text);
            if found.is_empty() && is_secret(name, text) {
                found.push((value.span(), String::new()));
            }
            let Some((span, what)) = found.first() else { continue };
            let what = if what.is_empty() { String::new() } else { format!(" ({what})") };
            let message = format!("variable `{name}` of {} holds a secret{what}", container.title());
            let draft = report.at(secret_place(value, *span), message);
            draft.help("take it from a Secret with `valueFrom`, and replace the value, which is known now");
            for (span, _) in &found {
                draft.mask(*span);
            }
        }
    }
}

fn secret_in_configmap(object: &Object<'_>, report: &mut Report<'_>) {
    if !object.group().is_empty() {
        return;
    }
    let Lookup::Present(data) = object.node.get("data") else { return };
    for (key, value) in data.entries() {
        // A file with placeholders is filled in later, but what is literal in it stays.
        let text = value.text();
        if text.is_empty() {
            continue;
        }
        for (span, what) in secrets_of(key.text(), value, text) {
            report
                .at(
                    secret_place(value, span),
                    format!("`{}` of {} holds a secret ({what})", key.text(), object.title()),
                )
                .mask(span)
                .help("move it to a Secret that is not committed, and replace it, because it is known now");
        }
    }
}

fn secret_via_env(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        for variable in container.list("env") {
            let Lookup::Present(reference) = variable.get("valueFrom.secretKeyRef") else { continue };
            let name = variable.field("name").and_then(Node::as_str).unwrap_or_default();
            report
                .at(reference.key_place(), format!("{} gets a secret as the variable `{name}`", container.title()))
                .help("mount the Secret as a file");
        }
        for source in container.list("envFrom") {
            let Lookup::Present(reference) = source.get("secretRef") else { continue };
            report
                .at(reference.key_place(), format!("{} gets all of a Secret as variables", container.title()))
                .help("mount the Secret as files");
        }
    }
}

fn secret_in_pod(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        for field in ["command", "args"] {
            let mut before: Option<&str> = None;
            for argument in container.list(field) {
                let text = argument.text();
                secret_in_argument(container, argument, text, before, report);
                before = Some(text);
            }
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let Lookup::Present(headers) = container.get(probe).get("httpGet.httpHeaders") else { continue };
            headers.items().for_each(|header| secret_in_header(container, header, report));
        }
    }
}

fn secret_in_argument(
    container: &Container<'_>,
    argument: Node<'_>,
    text: &str,
    before: Option<&str>,
    report: &mut Report<'_>,
) {
    // `--token` and its value are two arguments.
    let flag = before.filter(|before| before.starts_with('-') && !before.contains('='));
    let flag = flag.map(|flag| flag.trim_start_matches('-')).filter(|flag| flag.len() > 1);
    let whole = flag.filter(|flag| is_secret(flag, text)).map(|flag| (argument.span(), format!("`{flag}`")));
    let mut found: Vec<(Span, String)> = whole.into_iter().collect();
    if found.is_empty() {
        found = secrets_in_text(argument, text);
        found.extend(bearer(argument, text));
    }
    let Some((span, what)) = found.first() else { return };
    let message = format!("the command of {} holds a secret ({what})", container.title());
    let draft = report.at(secret_place(argument, *span), message);
    draft.help("pass it as a file or a variable from a Secret, and replace it, because it is known now");
    for (span, _) in &found {
        draft.mask(*span);
    }
}

fn secret_in_header(container: &Container<'_>, header: Node<'_>, report: &mut Report<'_>) {
    let (Lookup::Present(name), Lookup::Present(value)) = (header.get("name"), header.get("value")) else { return };
    let (Some(name), Some(text)) = (name.as_str(), value.as_str()) else { return };
    let credential = text.rsplit(' ').next().unwrap_or(text);
    let is_login = |bytes: Vec<u8>| {
        let login = String::from_utf8(bytes).ok();
        login.as_deref().and_then(|login| login.split_once(':')).is_some_and(|(_, password)| is_plausible(password))
    };
    let is_found = if name.eq_ignore_ascii_case("Authorization") {
        let is_basic = text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic "));
        if is_basic { decode_base64(credential).is_some_and(is_login) } else { is_random(credential) }
    } else {
        is_secret(name, text)
    };
    if is_found || known(text).is_some() {
        report
            .at(
                secret_place(value, value.span()),
                format!("the probe header `{name}` of {} holds a secret", container.title()),
            )
            .mask(value.span())
            .help("give the probe an endpoint that needs no credentials, and replace these");
    }
}

fn secret_in_annotation(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(annotations) = object.node.get("metadata.annotations") else { return };
    for (key, value) in annotations.entries() {
        let is_applied = key.text() == "kubectl.kubernetes.io/last-applied-configuration" && holds_secret_object(value);
        let found = if is_applied {
            Some((value.span(), "the values of a Secret"))
        } else {
            known(value.text()).map(|known| (value.span(), known.what))
        };
        let Some((span, what)) = found.filter(|_| value.as_str().is_some()) else { continue };
        report
            .at(secret_place(value, span), format!("annotation `{}` of {} holds {what}", key.text(), object.title()))
            .mask(span)
            .help("remove the annotation, and replace the secret, which is known now");
    }
}

/// Whether the text is a Secret with a value that is no placeholder.
fn holds_secret_object(annotation: Node<'_>) -> bool {
    let Some((text, map)) = annotation.embedded() else { return false };
    let tree = yaml::parse_embedded(text, &map, Dialect::Json);
    let mut objects = tree.documents().flat_map(|document| objects(document.root));
    objects.any(|object| object.kind == "Secret" && super::secret_objects::has_values(&object))
}

/// The secrets of a ConfigMap's entry: itself, or settings in it.
fn secrets_of(key: &str, value: Node<'_>, text: &str) -> Vec<(Span, String)> {
    if !text.trim_end().contains('\n') && value.as_str().is_some_and(|text| is_secret(key, text.trim_end())) {
        return vec![(value.span(), "its name says so".to_owned())];
    }
    secrets_in_text(value, text)
}

/// Settings whose names promise secrets, and credentials of known forms.
pub(crate) fn secrets_in_text(node: Node<'_>, text: &str) -> Vec<(Span, String)> {
    let settings = assignments(text).filter(|setting| is_secret(setting.name, setting.value));
    let mut found: Vec<(Range<usize>, String)> =
        settings.map(|setting| (setting.range, format!("`{}`", setting.name))).collect();
    let named = found.len();
    for known in all_known(text) {
        // A setting may have a value of a known form; the settings are in order.
        let next = found.get(..named).unwrap_or_default().partition_point(|(range, _)| range.end <= known.range.start);
        if found.get(..named).and_then(|found| found.get(next)).is_none_or(|(range, _)| range.start >= known.range.end)
        {
            found.push((known.range, known.what.to_owned()));
        }
    }
    placed(node, found)
}

fn known_in_text(node: Node<'_>, text: &str) -> Vec<(Span, String)> {
    placed(node, all_known(text).into_iter().map(|known| (known.range, known.what.to_owned())).collect())
}

/// `Authorization: Bearer 9f86d0…`.
pub(crate) fn bearer(node: Node<'_>, text: &str) -> Option<(Span, String)> {
    let (before, rest) = text.split_once("Bearer ")?;
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).unwrap_or(rest.len());
    let start = before.len() + "Bearer ".len();
    rest.get(..end).filter(|token| is_random(token))?;
    placed(node, vec![(start..start + end, "a bearer token".to_owned())]).pop()
}

/// Where parts of the node's text were written.
fn placed(node: Node<'_>, found: Vec<(Range<usize>, String)>) -> Vec<(Span, String)> {
    if found.is_empty() {
        return Vec::new();
    }
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let map = node.embedded().map(|(_, map)| map);
    let place = |range: Range<usize>| {
        map.as_ref().map_or_else(|| node.span(), |map| map.span(narrow(range.start), narrow(range.end)))
    };
    found.into_iter().map(|(range, what)| (place(range), what)).collect()
}

/// A place without the value, of which a fingerprint must hold nothing. A long text with many secrets in it is not hashed for each.
pub(crate) fn secret_place(node: Node<'_>, span: Span) -> Place {
    Place { span, structure: node.structure(), value: 0 }
}
