//! How requests come in: Services, Ingresses, Gateways and Routes.
//!
//! What stands before them (a load balancer that ends TLS, a redirect in another object) cannot be known.

use portcullis_model::kubernetes::Object;
use portcullis_syntax::Anchor;

use super::ingresses::is_ingress;
use super::options;
use super::services::of_type;
use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &SERVICE_EXTERNALNAME_LOCALHOST,
    &INGRESS_DEFAULT_BACKEND,
    &INGRESS_CLASS_MISSING,
    &AWS_LB_NO_TLS,
    &GATEWAY_HTTP_LISTENER,
    &OPENSHIFT_ROUTE_NO_TLS,
];

rule! {
    /// Service stands for localhost
    ///
    /// An Ingress controller or a proxy that follows the name asks itself: its own administration and metrics, which
    /// listen on the loopback address because nobody else was to reach them.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { type: ExternalName, externalName: localhost }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { type: ExternalName, externalName: localhost.example.org }
    /// ```
    SERVICE_EXTERNALNAME_LOCALHOST = "k8s-service-externalname-localhost" {
        check: Check::Object(&["Service"], externalname_localhost),
        severity: Severity::Medium,
        peers: &["kyverno:other/disallow-localhost-services"],
    }
}

rule! {
    /// Ingress has a default backend
    ///
    /// It answers for every host and path that no rule names, those of other teams' typing errors among them: in a
    /// controller that several teams share, it takes what is not its own.
    ///
    /// ```yaml bad:5
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   defaultBackend: { service: { name: web, port: { number: 80 } } }
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec:
    ///   rules:
    ///     - host: shop.example.org
    ///       http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
    /// ```
    INGRESS_DEFAULT_BACKEND = "k8s-ingress-default-backend" {
        check: Check::Object(&["Ingress"], ingress_default_backend),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kyverno:other/restrict-ingress-defaultbackend"],
    }
}

rule! {
    /// Ingress has no class, or one that is not allowed
    ///
    /// Without a class the cluster's default controller serves it, or all of them, or none. With `classes` only those are
    /// accepted. The annotation that stood for the field before counts.
    ///
    /// ```yaml bad:4
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec: { rules: [{ host: shop.example.org }] }
    /// ```
    /// ```yaml good
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web }
    /// spec: { ingressClassName: public, rules: [{ host: shop.example.org }] }
    /// ```
    INGRESS_CLASS_MISSING = "k8s-ingress-class-missing" {
        check: Check::Object(&["Ingress"], ingress_class_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:other/restrict-ingress-classes"],
        options: &[OptionMeta {
            name: "classes",
            shape: OptionShape::Strings,
            docs: "Ingress classes that may be used; any where it is not set",
        }],
    }
}

rule! {
    /// AWS load balancer has no certificate
    ///
    /// For clusters on AWS, which a manifest does not say: without the annotation for a certificate, the load balancer of
    /// a Service hands on what it gets, in plain text or encrypted by the pods. Silent where a class of another provider
    /// is named, or an annotation of one.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { type: LoadBalancer, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn:aws:acm:eu-central-1:111122223333:certificate/a
    /// spec: { type: LoadBalancer, ports: [{ port: 443 }] }
    /// ```
    AWS_LB_NO_TLS = "k8s-aws-lb-no-tls" {
        check: Check::Object(&["Service"], aws_lb_no_tls),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["kyverno:aws/require-encryption-aws-loadbalancers", "kubescape:C-0231"],
    }
}

rule! {
    /// Gateway serves plain HTTP alone
    ///
    /// Passwords, cookies and pages cross the network as they are, and anybody on the way may change them. Silent where
    /// the Gateway also has a listener with TLS: the one for HTTP is then there to redirect, which routes in other objects
    /// say.
    ///
    /// ```yaml bad:7
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: { name: edge }
    /// spec:
    ///   gatewayClassName: public
    ///   listeners:
    ///     - { name: http, port: 80, protocol: HTTP }
    /// ```
    /// ```yaml good
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: { name: edge }
    /// spec:
    ///   gatewayClassName: public
    ///   listeners:
    ///     - { name: http, port: 80, protocol: HTTP }
    ///     - { name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ name: edge }] } }
    /// ```
    GATEWAY_HTTP_LISTENER = "k8s-gateway-http-listener" {
        check: Check::Object(&["Gateway"], gateway_http_listener),
        severity: Severity::Low,
        profile: Profile::All,
    }
}

rule! {
    /// Route has no TLS
    ///
    /// OpenShift's router then serves the host in plain text. With `termination: edge` it uses its own certificate, and
    /// nothing else has to be set.
    ///
    /// ```yaml bad:4
    /// apiVersion: route.openshift.io/v1
    /// kind: Route
    /// metadata: { name: web }
    /// spec: { to: { kind: Service, name: web } }
    /// ```
    /// ```yaml good
    /// apiVersion: route.openshift.io/v1
    /// kind: Route
    /// metadata: { name: web }
    /// spec: { to: { kind: Service, name: web }, tls: { termination: edge } }
    /// ---
    /// apiVersion: serving.knative.dev/v1
    /// kind: Route
    /// metadata: { name: web }
    /// spec: { traffic: [{ latestRevision: true, percent: 100 }] }
    /// ```
    OPENSHIFT_ROUTE_NO_TLS = "k8s-openshift-route-no-tls" {
        check: Check::Object(&["Route"], openshift_route_no_tls),
        severity: Severity::Medium,
        peers: &["kyverno:openshift/check-routes"],
    }
}

fn externalname_localhost(service: &Object<'_>, report: &mut Report<'_>) {
    if of_type(service, "ExternalName").is_none() {
        return;
    }
    let Lookup::Present(name) = service.node.get("spec.externalName") else { return };
    let Some(text) = name.as_str() else { return };
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    let is_local = host == "localhost" || host.ends_with(".localhost") || host.starts_with("localhost.localdomain");
    if is_local || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()) {
        report.at(name, format!("{} stands for `{text}`", service.title())).help("name the host that is meant");
    }
}

fn ingress_default_backend(ingress: &Object<'_>, report: &mut Report<'_>) {
    if !is_ingress(ingress) {
        return;
    }
    for field in ["spec.defaultBackend", "spec.backend"] {
        let Lookup::Present(backend) = ingress.node.get(field) else { continue };
        report
            .at(backend, format!("{} answers for every host that no rule names", ingress.title()))
            .help("remove it, and write rules with hosts");
    }
}

fn ingress_class_missing(ingress: &Object<'_>, report: &mut Report<'_>) {
    if !is_ingress(ingress) {
        return;
    }
    let named = match ingress.node.get("spec.ingressClassName") {
        Lookup::Absent(anchor) => match ingress.annotation("kubernetes.io/ingress.class") {
            Lookup::Present(class) => class,
            Lookup::Absent(_) => {
                report.at(anchor, format!("{} has no class", ingress.title())).help("set `ingressClassName`");
                return;
            }
            Lookup::Unknown(_) => return,
        },
        Lookup::Present(class) => class,
        Lookup::Unknown(_) => return,
    };
    let classes = options::list(report, "classes", &[]);
    let Some(name) = named.as_str().filter(|name| !classes.is_empty() && !classes.contains(name)) else { return };
    report
        .at(named, format!("{} has the class `{name}`, which is not allowed", ingress.title()))
        .help("use an allowed class, or add this one to the rule's `classes`");
}

/// Beginnings of the annotations of other clouds' load balancers.
const OTHER_CLOUDS: &[&str] = &[
    "service.beta.kubernetes.io/azure-",
    "service.beta.kubernetes.io/oci-",
    "service.beta.kubernetes.io/do-",
    "service.beta.kubernetes.io/alibaba-",
    "service.beta.kubernetes.io/linode-",
    "service.beta.kubernetes.io/scw-",
    "service.beta.kubernetes.io/openstack-",
    "load-balancer.hetzner.cloud/",
    "networking.gke.io/",
    "cloud.google.com/",
    "metallb.universe.tf/",
    "metallb.io/",
];

fn aws_lb_no_tls(service: &Object<'_>, report: &mut Report<'_>) {
    let Some(kind) = of_type(service, "LoadBalancer") else { return };
    let is_elsewhere = match service.node.get("spec.loadBalancerClass") {
        Lookup::Present(class) => class.as_str().is_none_or(|class| !class.starts_with("service.k8s.aws/")),
        Lookup::Absent(_) => false,
        Lookup::Unknown(_) => true,
    };
    let is_certified = match service.node.get("metadata.annotations") {
        Lookup::Present(annotations) => {
            annotations.is_open()
                || annotations.entries().any(|(key, _)| {
                    key.text() == "service.beta.kubernetes.io/aws-load-balancer-ssl-cert"
                        || OTHER_CLOUDS.iter().any(|prefix| key.text().starts_with(prefix))
                })
        }
        Lookup::Absent(_) => false,
        Lookup::Unknown(_) => true,
    };
    if !is_elsewhere && !is_certified {
        report
            .at(kind, format!("the load balancer of {} has no certificate", service.title()))
            .help("set the annotation `service.beta.kubernetes.io/aws-load-balancer-ssl-cert`");
    }
}

fn gateway_http_listener(gateway: &Object<'_>, report: &mut Report<'_>) {
    if gateway.group() != "gateway.networking.k8s.io" {
        return;
    }
    let Lookup::Present(listeners) = gateway.node.get("spec.listeners") else { return };
    let is_plain = |listener: &Node<'_>| listener.field("protocol").and_then(Node::as_str) == Some("HTTP");
    if !listeners.is_list() || !listeners.items().all(|listener| is_plain(&listener)) {
        return;
    }
    for listener in listeners.items() {
        let place: Place = listener.field("protocol").map_or_else(|| Anchor { parent: listener }.into(), Place::from);
        let name = listener.field("name").map_or("", Node::text);
        report
            .at(place, format!("listener `{name}` of {} serves plain HTTP", gateway.title()))
            .help("add a listener with `protocol: HTTPS`, and redirect to it");
    }
}

fn openshift_route_no_tls(route: &Object<'_>, report: &mut Report<'_>) {
    // OpenShift 3 wrote Routes as `v1`.
    if !matches!(route.group(), "route.openshift.io" | "") {
        return;
    }
    let Lookup::Absent(anchor) = route.node.get("spec.tls") else { return };
    report
        .at(anchor, format!("{} has no TLS", route.title()))
        .help("set `tls: { termination: edge, insecureEdgeTerminationPolicy: Redirect }`");
}
