//! Secrets that are committed as Secret objects.
//!
//! Placeholders, empty values, SOPS files, templates and what is public are no secrets. Whether the repository is
//! private, and whether a credential is still valid, is not known. Values never enter messages or fingerprints.

use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::base64::decode_base64;
use portcullis_model::kubernetes::Object;
use portcullis_secrets::credential::{Known, assignments, is_placeholder, is_secret, known, words};
use portcullis_syntax::json;

use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SECRET_COMMITTED, &SECRET_DATA_DECODED, &DOCKERCONFIG_INLINE_AUTH];

rule! {
    /// Secret is committed with its values
    ///
    /// Base64 is no encryption: whoever can read the repository, now or in its history, has the secret. Reported once for
    /// each Secret, at its most telling value. Silent for empty values and placeholders (plain or in base64), for files
    /// that SOPS has encrypted, for templates, for service account tokens, which the cluster fills in, and for what is
    /// public: certificates, user names, hosts, switches, files of settings without a secret. SealedSecret and
    /// ExternalSecret are kinds of their own.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: db }
    /// stringData:
    ///   password: kX9mQ2vL7
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: db }
    /// data:
    ///   username: YXBw
    ///   password: a1g5bVEydkw3
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: db }
    /// data: { password: <base64-encoded-password>, token: Y2hhbmdlbWU=, username: YXBw, empty: "" }
    /// stringData: { url: "postgres://app:${PASSWORD}@db/shop", api-key: your-api-key }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: db }
    /// data: { password: "ENC[AES256_GCM,data:p673w==,iv:YY=,tag:A=,type:str]" }
    /// sops: { version: 3.9.0 }
    /// ---
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: token, annotations: { kubernetes.io/service-account.name: shop } }
    /// type: kubernetes.io/service-account-token
    /// ---
    /// apiVersion: bitnami.com/v1alpha1
    /// kind: SealedSecret
    /// metadata: { name: db }
    /// spec: { encryptedData: { password: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: ca }
    /// stringData:
    ///   ca.crt: |
    ///     -----BEGIN CERTIFICATE-----
    ///     MIIBszCCAVmgAwIBAgIUQ3d7
    ///     -----END CERTIFICATE-----
    ///   settings.yaml: |
    ///     route: { receiver: default }
    ///     timeout: 5m
    /// ```
    SECRET_COMMITTED = "k8s-secret-committed" {
        check: Check::Object(&["Secret"], secret_committed),
        severity: Severity::High,
        tags: &["cwe-798"],
        yields_to: &["k8s-secret-data-decoded", "k8s-dockerconfig-inline-auth"],
    }
}

rule! {
    /// Secret's data decodes to a known credential
    ///
    /// Text scanners do not look into base64, but whoever finds the file does. The decoded value has the form of a
    /// private key, a cloud key, a token, or a URL with a password. Revoke it; removing the file does not remove it from
    /// the history. Silent for placeholders.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: db }
    /// data:
    ///   url: cG9zdGdyZXM6Ly9hcHA6a1g5bVEydkw3QGRiOjU0MzIvc2hvcA==
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: db }
    /// data:
    ///   url: cG9zdGdyZXM6Ly9hcHA6JHtQQVNTV09SRH1AZGI6NTQzMi9zaG9w
    ///   password: a1g5bVEydkw3
    /// ```
    SECRET_DATA_DECODED = "k8s-secret-data-decoded" {
        check: Check::Object(&["Secret"], secret_data_decoded),
        severity: Severity::Critical,
        tags: &["secret", "cwe-798"],
    }
}

rule! {
    /// Registry credentials are committed in a pull secret
    ///
    /// The value holds user names and passwords of registries, in base64 once or twice. Who has them can pull private
    /// images and, as a rule, push as well. Silent for placeholders and for registries without `auth` or `password`.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: pull }
    /// type: kubernetes.io/dockerconfigjson
    /// stringData:
    ///   .dockerconfigjson: '{"auths":{"registry.example.org":{"auth":"c2hvcDprWDltUTJ2TDc="}}}'
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: pull }
    /// type: kubernetes.io/dockerconfigjson
    /// data:
    ///   .dockerconfigjson: eyJhdXRocyI6eyJyZWdpc3RyeS5leGFtcGxlLm9yZyI6eyJ1c2VybmFtZSI6InNob3AiLCJwYXNzd29yZCI6ImtYOW1RMnZMNyJ9fX0=
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: pull }
    /// type: kubernetes.io/dockerconfigjson
    /// stringData:
    ///   .dockerconfigjson: '{"auths":{"registry.example.org":{"auth":"${AUTH}"},"other.example.org":{}}}'
    /// ---
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: pull }
    /// type: kubernetes.io/dockerconfigjson
    /// stringData:
    ///   .dockerconfigjson: '{"auths":{"registry.example.org":{"username":"shop","password":"changeme"}}}'
    /// ```
    DOCKERCONFIG_INLINE_AUTH = "k8s-dockerconfig-inline-auth" {
        check: Check::Object(&["Secret"], dockerconfig_inline_auth),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
    }
}

/// An entry of a Secret that is no placeholder.
struct Entry<'t> {
    key: &'t str,
    node: Node<'t>,
    /// What the cluster makes of it; bytes that are no text are not kept.
    text: Option<String>,
    is_encoded: bool,
}

fn secret_committed(object: &Object<'_>, report: &mut Report<'_>) {
    let entries: Vec<Entry<'_>> = entries(object).into_iter().filter(|entry| !entry.is_public()).collect();
    // The entry that a more exact rule would name comes first, so that this rule gives way to it.
    let Some(worst) = entries.iter().max_by_key(|entry| (entry.rank(), std::cmp::Reverse(entry.node.span().start)))
    else {
        return;
    };
    let others = match entries.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let draft =
        report.at(worst.place(), format!("{} is committed with the value of `{}`{others}", object.title(), worst.key));
    draft.help(
        "keep it out of the repository: seal or encrypt it, or fetch it from a secret store; then replace the value",
    );
    for entry in &entries {
        draft.mask(entry.node.span());
    }
}

fn secret_data_decoded(object: &Object<'_>, report: &mut Report<'_>) {
    for entry in entries(object).iter().filter(|entry| entry.is_encoded) {
        let Some(Known { what, .. }) = entry.known() else { continue };
        report
            .at(entry.place(), format!("`{}` of {} decodes to {what}", entry.key, object.title()))
            .mask(entry.node.span())
            .help("revoke it, and keep its successor in a secret store");
    }
}

fn dockerconfig_inline_auth(object: &Object<'_>, report: &mut Report<'_>) {
    for entry in entries(object).iter().filter(|entry| is_registry_config(entry.key)) {
        let registries = entry.text.as_deref().map(registries_with_credentials).unwrap_or_default();
        if registries.is_empty() {
            continue;
        }
        let names = registries.join("` and `");
        report
            .at(entry.place(), format!("{} holds credentials for `{names}`", object.title()))
            .mask(entry.node.span())
            .help("replace them, and let the cluster fetch them: from a secret store or the node's own identity");
    }
}

/// Whether it is a Secret with a value that somebody has to hide.
pub(super) fn has_values(object: &Object<'_>) -> bool {
    entries(object).iter().any(|entry| !entry.is_public())
}

/// The entries of a Secret whose values are there.
fn entries<'t>(object: &Object<'t>) -> Vec<Entry<'t>> {
    let kind = object.node.get("type").present().and_then(Node::as_str);
    let is_filled_in = kind == Some("kubernetes.io/service-account-token");
    if !object.group().is_empty() || is_filled_in || object.node.field("sops").is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (field, is_encoded) in [("data", true), ("stringData", false)] {
        let Lookup::Present(values) = object.node.get(field) else { continue };
        for (key, node) in values.entries() {
            let Some(text) = node.as_str().filter(|text| is_registry_config(key.text()) || !is_placeholder(text))
            else {
                continue;
            };
            let decoded = if is_encoded { decode_base64(text) } else { None };
            let text = match decoded {
                // What is no base64 is refused by the server, but committed all the same.
                None => Some(text.to_owned()),
                Some(bytes) => String::from_utf8(bytes).ok(),
            };
            found.push(Entry { key: key.text(), node, text, is_encoded });
        }
    }
    found
}

impl Entry<'_> {
    /// Without the value, of which a fingerprint must hold nothing.
    fn place(&self) -> Place {
        Place { value: 0, ..Place::from(self.node) }
    }

    fn known(&self) -> Option<Known> {
        known(self.text.as_deref()?)
    }

    /// How much the entry tells.
    fn rank(&self) -> u8 {
        let is_config = || {
            is_registry_config(self.key)
                && !self.text.as_deref().map(registries_with_credentials).unwrap_or_default().is_empty()
        };
        if self.is_encoded && self.known().is_some() {
            3
        } else if is_config() {
            2
        } else {
            u8::from(portcullis_secrets::credential::names_secret(self.key))
        }
    }

    /// Whether nobody has to hide it: a certificate, a switch, a number, a name, an address.
    fn is_public(&self) -> bool {
        let Some(text) = self.text.as_deref().map(str::trim) else { return false };
        if known(text).is_some() {
            return false;
        }
        if is_registry_config(self.key) {
            return registries_with_credentials(text).is_empty();
        }
        let is_certificate = text.starts_with("-----BEGIN CERTIFICATE") || text.starts_with("-----BEGIN PUBLIC KEY");
        let is_switch = ["true", "false", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
        let is_number = text.len() < 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        let last = words(self.key).pop().unwrap_or_default();
        is_certificate || is_switch || is_number || is_harmless_file(self.key, text) || PUBLIC.contains(&last.as_str())
    }
}

/// A file of settings, none of which is a secret by its name.
fn is_harmless_file(key: &str, text: &str) -> bool {
    let ends = [".yaml", ".yml", ".json", ".conf", ".ini", ".toml", ".properties", ".xml", ".cfg"];
    ends.iter().any(|end| key.ends_with(end))
        && text.contains('\n')
        && !assignments(text).any(|setting| is_secret(setting.name, setting.value))
}

/// Last words of keys whose values are no secrets.
const PUBLIC: &[&str] = &[
    "username",
    "user",
    "login",
    "email",
    "host",
    "hostname",
    "port",
    "server",
    "address",
    "endpoint",
    "url",
    "uri",
    "domain",
    "region",
    "zone",
    "namespace",
    "database",
    "dbname",
    "name",
    "bucket",
    "type",
    "engine",
    "project",
    "crt",
    "cert",
    "certificate",
    "ca",
    "pub",
    "public",
    "version",
    "environment",
    "env",
];

/// Whether the key is one that the kubelet reads registry credentials from. Their placeholders are inside.
fn is_registry_config(key: &str) -> bool {
    matches!(key, ".dockerconfigjson" | ".dockercfg")
}

/// The registries of a Docker configuration whose credentials are no placeholders.
fn registries_with_credentials(config: &str) -> Vec<String> {
    let text: Arc<str> = Arc::from(config);
    // The tree's spans are of the decoded text and go no further than this function.
    let tree = json::parse(Span::default().file, &text);
    let Some(root) = tree.documents().next().map(|document| document.root) else { return Vec::new() };
    // `.dockercfg` has the registries at its top.
    let registries = root.field("auths").unwrap_or(root);
    let has_credentials = |registry: Node<'_>| {
        let is_real =
            |field: &str| registry.field(field).and_then(Node::as_str).is_some_and(|text| !is_empty_login(text));
        ["auth", "password", "identitytoken", "registrytoken"].iter().any(|field| is_real(field))
    };
    registries
        .entries()
        .filter(|(_, registry)| has_credentials(*registry))
        .map(|(name, _)| name.text().to_owned())
        .collect()
}

/// A placeholder, or `user:placeholder` in base64.
fn is_empty_login(text: &str) -> bool {
    let login = decode_base64(text).and_then(|bytes| String::from_utf8(bytes).ok());
    let password = login.as_deref().and_then(|login| login.split_once(':')).map(|(_, password)| password);
    is_placeholder(text) || password.is_some_and(is_placeholder)
}
