//! Ingresses: TLS, and for which hosts.
//!
//! A controller may have a certificate that no manifest shows; the annotations that say so are known for the large
//! clouds and controllers.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&INGRESS_NO_TLS, &INGRESS_HOST_NOT_IN_TLS, &INGRESS_WILDCARD_HOST];

rule! {
    /// Ingress has no TLS
    ///
    /// What passes it, sessions and passwords among them, can be read and changed on the way. Silent where an annotation
    /// names the certificate or turns TLS on (ALB, Google Cloud, Azure, Traefik, OpenShift, TLS passthrough), and for
    /// the class `tailscale`, which always has it.
    ///
    /// ```yaml bad:4
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     - host: web.example.com
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   tls: [{ hosts: [web.example.com], secretName: web-tls }]
    ///   rules: [{ host: web.example.com }]
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: alb
    ///   annotations: { alb.ingress.kubernetes.io/certificate-arn: "arn:aws:acm:eu-west-1:123456789012:certificate/x" }
    /// spec: { rules: [{ host: web.example.com }] }
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: gke, annotations: { networking.gke.io/managed-certificates: web } }
    /// spec: { rules: [{ host: web.example.com }] }
    /// ---
    /// apiVersion: config.openshift.io/v1
    /// kind: Ingress
    /// metadata: { name: cluster }
    /// spec: { domain: apps.example.com }
    /// ```
    INGRESS_NO_TLS = "k8s-ingress-no-tls" {
        check: Check::Object(&["Ingress"], no_tls),
        severity: Severity::Medium,
        peers: &["polaris:tlsSettingsMissing", "kubescape:C-0263", "kyverno:other/require-ingress-https"],
    }
}

rule! {
    /// Ingress serves a host that its TLS section leaves out
    ///
    /// The host is answered without TLS, or with the controller's own certificate, which no browser trusts. `*.x` stands
    /// for one label. Silent where the Ingress has no `tls` at all, which has a rule of its own; where an entry names no
    /// hosts; and where an annotation names the certificate.
    ///
    /// ```yaml bad:8
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   tls: [{ hosts: [web.example.com, "*.apps.example.com"], secretName: web-tls }]
    ///   rules:
    ///     - host: web.example.com
    ///     - host: api.example.com
    ///     - host: a.apps.example.com
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec: { tls: [{ secretName: web-tls }], rules: [{ host: web.example.com }] }
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: any }
    /// spec: { tls: [{ hosts: ["${HOST}"] }], rules: [{ host: web.example.com }, {}] }
    /// ```
    INGRESS_HOST_NOT_IN_TLS = "k8s-ingress-host-not-in-tls" {
        check: Check::Object(&["Ingress"], host_not_in_tls),
        severity: Severity::Low,
        peers: &["kyverno:other/ingress-host-match-tls"],
    }
}

rule! {
    /// Ingress serves every host
    ///
    /// A rule without a host, or for `*.x`, takes what no other Ingress asks for, and with some controllers what another
    /// team's Ingress asks for later. Silent for templates.
    ///
    /// ```yaml bad:6
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     - host: "*.example.com"
    /// ```
    /// ```yaml bad:6
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     - http: { paths: [] }
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec: { rules: [{ host: web.example.com }, { host: "${HOST}" }] }
    /// ```
    INGRESS_WILDCARD_HOST = "k8s-ingress-wildcard-host" {
        check: Check::Object(&["Ingress"], wildcard_host),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kyverno:other/restrict-ingress-wildcard", "kyverno:best-practices/disallow-empty-ingress-host"],
    }
}

/// Annotations that name a certificate or turn TLS on, whatever their value.
const CERTIFICATES: &[&str] = &[
    "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/certmap",
    "networking.gke.io/pre-shared-certs",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "route.openshift.io/termination",
];

/// Annotations that turn TLS on with the value `true`.
const SWITCHES: &[&str] = &[
    "traefik.ingress.kubernetes.io/router.tls",
    "nginx.ingress.kubernetes.io/ssl-passthrough",
    "haproxy.org/ssl-passthrough",
    "haproxy-ingress.github.io/ssl-passthrough",
];

const LISTEN_PORTS: &str = "alb.ingress.kubernetes.io/listen-ports";

fn no_tls(ingress: &Object<'_>, report: &mut Report<'_>) {
    if !is_ingress(ingress) || has_certificate(ingress) {
        return;
    }
    let place: portcullis_core::Place = match ingress.node.get("spec.tls") {
        Lookup::Absent(anchor) => anchor.into(),
        Lookup::Present(list) if list.is_list() && list.items().len() == 0 => list.into(),
        Lookup::Present(_) | Lookup::Unknown(_) => return,
    };
    let is_tailscale = ingress.node.get("spec.ingressClassName").present().and_then(Node::as_str) == Some("tailscale");
    if !is_tailscale {
        report
            .at(place, format!("{} has no TLS", ingress.title()))
            .help("set `spec.tls` with the hosts and the Secret of their certificate");
    }
}

fn host_not_in_tls(ingress: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(tls) = ingress.node.get("spec.tls") else { return };
    if !is_ingress(ingress) || has_certificate(ingress) || tls.items().len() == 0 {
        return;
    }
    let Some(covered) = tls_hosts(tls) else { return };
    for host in rules(ingress).filter_map(|rule| rule.get("host").present()) {
        let Some(name) = host.as_str().filter(|name| !name.is_empty()) else { continue };
        if !covered.iter().any(|pattern| covers(pattern, name)) {
            report
                .at(host, format!("host `{name}` of {} is in no entry of its TLS section", ingress.title()))
                .help("add it to the `hosts` of the certificate that is for it");
        }
    }
}

fn wildcard_host(ingress: &Object<'_>, report: &mut Report<'_>) {
    if !is_ingress(ingress) {
        return;
    }
    for rule in rules(ingress) {
        let (place, which): (portcullis_core::Place, String) = match rule.get("host") {
            Lookup::Absent(anchor) => (anchor.into(), "every host".to_owned()),
            Lookup::Present(host) => match host.as_str() {
                Some("") => (host.into(), "every host".to_owned()),
                Some(name) if name.starts_with('*') => (host.into(), format!("every host of `{name}`")),
                _ => continue,
            },
            Lookup::Unknown(_) => continue,
        };
        report.at(place, format!("{} serves {which}", ingress.title())).help("name the host");
    }
}

/// OpenShift and Knative have kinds of the same name that are something else.
pub(super) fn is_ingress(object: &Object<'_>) -> bool {
    matches!(object.group(), "networking.k8s.io" | "extensions")
}

fn rules<'t>(ingress: &Object<'t>) -> impl Iterator<Item = Node<'t>> + use<'t> {
    let rules = ingress.node.get("spec.rules").present();
    rules.into_iter().flat_map(Node::items).filter(|rule| rule.is_map())
}

/// Whether an annotation says that there is a certificate, or may say so.
fn has_certificate(ingress: &Object<'_>) -> bool {
    let text = |key: &str| match ingress.annotation(key) {
        Lookup::Present(node) => Some(node.text()),
        Lookup::Absent(_) => None,
        Lookup::Unknown(_) => Some("true"),
    };
    CERTIFICATES.iter().any(|key| text(key).is_some())
        || SWITCHES.iter().any(|key| text(key) == Some("true"))
        // Without an ARN the controller looks for a certificate of the host.
        || text(LISTEN_PORTS).is_some_and(|ports| ports.contains("HTTPS"))
}

/// All hosts of a TLS section; `None` where an entry is for every host, or not known.
fn tls_hosts(tls: Node<'_>) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for entry in tls.items() {
        let hosts = entry.get("hosts").present().filter(|hosts| hosts.is_list() && hosts.items().len() > 0)?;
        for host in hosts.items() {
            found.push(host.as_str()?);
        }
    }
    Some(found)
}

/// Whether a certificate's name covers a host. `*` stands for one label.
fn covers(pattern: &str, host: &str) -> bool {
    pattern.eq_ignore_ascii_case(host)
        || pattern.strip_prefix("*.").is_some_and(|parent| {
            host.split_once('.').is_some_and(|(label, rest)| label != "*" && rest.eq_ignore_ascii_case(parent))
        })
}
