//! Annotations by which whoever writes an Ingress writes the controller's configuration.
//!
//! Whether the controller takes snippets at all is its own setting, and which version runs is not known here.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&INGRESS_NGINX_SNIPPET, &INGRESS_NGINX_ANNOTATION_INJECTION];

rule! {
    /// Ingress adds a snippet to the controller's configuration
    ///
    /// The text goes into the configuration as it is: with `alias` or Lua it reads the controller's files, its token
    /// among them, and with it every Secret (CVE-2021-25742). What the snippet says does not matter; that it may be
    /// written does. Any annotation that ends in `-snippet` counts, and those of NGINX Ingress Controller that end in
    /// `-snippets`.
    ///
    /// ```yaml bad:6
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/configuration-snippet: |
    ///       more_set_headers "X-Frame-Options: DENY";
    /// spec: { tls: [{ hosts: [web.example.com] }], rules: [{ host: web.example.com }] }
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: web
    ///   annotations: { nginx.ingress.kubernetes.io/custom-headers: web/headers, example.com/snippet-count: "2" }
    /// spec: { tls: [{ hosts: [web.example.com] }], rules: [{ host: web.example.com }] }
    /// ```
    INGRESS_NGINX_SNIPPET = "k8s-ingress-nginx-snippet" {
        check: Check::Object(&["Ingress"], snippet),
        severity: Severity::High,
        tags: &["cve-2021-25742"],
        peers: &[
            "checkov:CKV_K8S_152", "checkov:CKV_K8S_153", "checkov:CKV_K8S_154", "kubescape:C-0059",
            "kyverno:nginx-ingress/disallow-ingress-nginx-custom-snippets",
        ],
    }
}

rule! {
    /// Annotation breaks out of its place in the controller's configuration
    ///
    /// ingress-nginx before 1.11.5 and 1.12.1 writes these values into its configuration as they are, and tests the result
    /// with its own rights: a line break, brace or semicolon there is code in the controller (CVE-2025-1097, -1098,
    /// -24514). Silent for values that are filled in later, and for a line break at the end.
    ///
    /// ```yaml bad:6
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/auth-url: "http://example.com/#;load_module /tmp/x;"
    /// spec: { ingressClassName: nginx }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/auth-tls-match-cn: "CN=web #(\n)}\nssl_engine /tmp/x"
    /// spec: { ingressClassName: nginx }
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/auth-url: |
    ///       https://auth.example.com/oauth2/auth?rd=$escaped_request_uri&groups=a,b
    ///     nginx.ingress.kubernetes.io/auth-tls-match-cn: "CN=^(web|api)[.]example$"
    ///     nginx.ingress.kubernetes.io/mirror-target: https://mirror.example.com$request_uri
    /// spec: { ingressClassName: nginx }
    /// ```
    INGRESS_NGINX_ANNOTATION_INJECTION = "k8s-ingress-nginx-annotation-injection" {
        check: Check::Object(&["Ingress"], annotation_injection),
        severity: Severity::Critical,
        tags: &["cve-2025-1097", "cve-2025-1098", "cve-2025-24514"],
        peers: &["trivy:KCV-0093"],
    }
}

const PREFIX: &str = "nginx.ingress.kubernetes.io/";

/// Annotations that hold a URL or host. Their characters are those of RFC 3986 and `$` for variables, without `;`.
const URLS: &[&str] = &["auth-url", "mirror-target", "mirror-host"];

fn snippet(ingress: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(annotations) = ingress.metadata().get("annotations") else { return };
    for (key, value) in annotations.entries() {
        let (prefix, name) = key.text().split_once('/').unwrap_or(("", key.text()));
        let is_snippet = name.ends_with("-snippet") || prefix == "nginx.org" && name.ends_with("-snippets");
        if is_snippet && !value.is_null() {
            report
                .at(value.key_place(), format!("annotation `{}` adds to the controller's configuration", key.text()))
                .help("use the annotation or ConfigMap that is made for it, and turn snippets off in the controller");
        }
    }
}

fn annotation_injection(ingress: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(annotations) = ingress.metadata().get("annotations") else { return };
    for (key, value) in annotations.entries() {
        let Some(name) = key.text().strip_prefix(PREFIX) else { continue };
        let breaks_out: fn(char) -> bool = match name {
            "auth-tls-match-cn" => breaks_out_of_pattern,
            _ if URLS.contains(&name) => breaks_out_of_url,
            _ => continue,
        };
        let Some(found) = value.as_str().and_then(|text| text.trim_end().chars().find(|&c| breaks_out(c))) else {
            continue;
        };
        let what = match found {
            '\n' | '\r' => "a line break".to_owned(),
            character => format!("`{character}`"),
        };
        report
            .at(value.key_place(), format!("annotation `{}` holds {what}, which ends the directive", key.text()))
            .help("find out who wrote it; update ingress-nginx, and write a plain URL or name");
    }
}

fn breaks_out_of_url(character: char) -> bool {
    matches!(character, '\n' | '\r' | ';' | '{' | '}' | '<' | '>' | '"' | '|' | '^' | '`' | '\\')
}

/// A pattern may hold bars and parentheses. It stands without quotes, so braces end it as well.
fn breaks_out_of_pattern(character: char) -> bool {
    matches!(character, '\n' | '\r' | ';' | '{' | '}' | '#')
}
