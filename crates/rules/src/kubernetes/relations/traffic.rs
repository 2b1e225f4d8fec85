//! Whether traffic arrives: Services, Ingresses, routes and webhooks lead to something that is there.
//!
//! A Service whose pods an operator makes is not judged: it asks for a label of the operator's domain, or for the name of
//! one of its resources.

use std::fmt;

use portcullis_model::facts::{Claim, Namespace, Port, Reach, Selector};
use portcullis_model::kubernetes::Object;

use super::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[
    &DANGLING_SERVICE,
    &SERVICE_TARGET_PORT_UNDECLARED,
    &DANGLING_INGRESS,
    &DANGLING_GATEWAY_ROUTE,
    &WEBHOOK_DANGLING_SERVICE,
    &STATEFULSET_NO_HEADLESS_SERVICE,
];

rule! {
    /// Service selects no pod
    ///
    /// Its callers get connection refused: no pod of its namespace has the labels that it asks for. Silent for Services
    /// without a selector, of type `ExternalName`, and with Endpoints or EndpointSlices of their own; where the labels are
    /// set by a controller or filled in later; where pods may be in what was not read; and where a custom resource of the
    /// namespace plausibly makes them, which is so when the selector asks for a label with that resource's name or of its
    /// API group.
    ///
    /// ```yaml bad:5
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ port: 80 }]
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec: { template: { metadata: { labels: { app: wev } }, spec: { containers: [{ name: web, image: web:1 }] } } }
    /// ```
    /// ```yaml good
    /// file=svc/service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// file=deploy/web.yaml
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Rollout
    /// metadata: { name: web, namespace: shop }
    /// spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: outside, namespace: shop }
    /// spec: { selector: { app: outside }, ports: [{ port: 80 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Endpoints
    /// metadata: { name: outside, namespace: shop }
    /// subsets: [{ addresses: [{ ip: 192.0.2.1 }], ports: [{ port: 80 }] }]
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: other, namespace: shop }
    /// spec: { type: ExternalName, externalName: example.com }
    /// ```
    /// ```yaml good
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db, namespace: shop }
    /// spec: { selector: { cnpg.io/cluster: orders }, ports: [{ port: 5432 }] }
    /// file=database.yaml
    /// apiVersion: postgresql.cnpg.io/v1
    /// kind: Cluster
    /// metadata: { name: orders, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { selector: { app: web }, ports: [{ port: 80 }] }
    /// file=broken.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop
    /// ```
    /// ```yaml good
    /// file=base/service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web, stage: prod }, ports: [{ port: 80 }] }
    /// file=base/web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web:1 }] } } }
    /// file=base/kustomization.yaml
    /// resources: [service.yaml, web.yaml]
    /// commonLabels: { stage: prod }
    /// ```
    DANGLING_SERVICE = "k8s-dangling-service" {
        check: Check::Object(&["Service"], dangling_service),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kube-linter:dangling-service", "kube-score:service-targets-pod", "kubescape:C-0293"],
    }
}

rule! {
    /// Service leads to a port name that its pods do not have
    ///
    /// A `targetPort` that is a name is looked up in each pod. No container names a port so, and the Service has no
    /// endpoint for it. Numbers need no declaration. Silent where no pod is selected, which is another finding.
    ///
    /// ```yaml bad:6
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ port: 80, targetPort: http }]
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1, ports: [{ name: web, containerPort: 8080 }] }] }
    /// ```
    /// ```yaml good
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ name: a, port: 80, targetPort: web }, { name: b, port: 81, targetPort: 9090 }]
    /// file=web.yaml
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1, ports: [{ name: web, containerPort: 8080 }] }] }
    /// ```
    SERVICE_TARGET_PORT_UNDECLARED = "k8s-service-target-port-undeclared" {
        check: Check::Object(&["Service"], service_target_port_undeclared),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kube-linter:invalid-target-ports", "kube-score:container-ports-check"],
    }
}

rule! {
    /// Ingress leads to no Service
    ///
    /// The Service does not exist in the Ingress' namespace, or lacks the port: requests get an error from the controller.
    /// Silent where the Service may be in what was not read, and where a custom resource may make it.
    ///
    /// ```yaml bad:11
    /// file=ingress.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   rules:
    ///     - host: shop.example.com
    ///       http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend: { service: { name: web, port: { number: 80 } } }
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: other }
    /// spec: { ports: [{ port: 80 }] }
    /// ```
    /// ```yaml bad:5
    /// file=ingress.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   defaultBackend: { service: { name: web, port: { number: 8080 } } }
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { ports: [{ port: 80, targetPort: 8080 }] }
    /// ```
    /// ```yaml good
    /// file=ingress.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   defaultBackend: { service: { name: web, port: { name: http } } }
    ///   rules:
    ///     - http:
    ///         paths:
    ///           - { path: /a, pathType: Prefix, backend: { service: { name: "${NAME}", port: { number: 80 } } } }
    ///           - { path: /b, pathType: Prefix, backend: { service: { name: redirect, port: { name: use-annotation } } } }
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { ports: [{ name: http, port: 80 }] }
    /// ```
    /// ```yaml good
    /// file=ingress.yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata: { name: web, namespace: shop }
    /// spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
    /// file=kustomization.yaml
    /// resources: [ingress.yaml, "https://example.com/web//deploy?ref=v1"]
    /// ```
    DANGLING_INGRESS = "k8s-dangling-ingress" {
        check: Check::Object(&["Ingress"], dangling_ingress),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kube-linter:dangling-ingress", "kube-score:ingress-targets-service", "kubescape:C-0298"],
    }
}

rule! {
    /// Route leads to no Service or belongs to no Gateway
    ///
    /// A backend that does not exist answers every request with an error, and a route whose Gateway does not exist is
    /// never served at all. Silent where either may be in what was not read.
    ///
    /// ```yaml bad:7
    /// file=route.yaml
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   parentRefs: [{ name: public, namespace: edge }]
    ///   rules:
    ///     - backendRefs: [{ name: web, port: 80 }]
    /// file=gateway.yaml
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: { name: public, namespace: edge }
    /// ```
    /// ```yaml bad:5
    /// file=route.yaml
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   parentRefs: [{ name: public }]
    ///   rules: [{ backendRefs: [{ name: web, port: 80 }] }]
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { ports: [{ port: 80 }] }
    /// ```
    /// ```yaml good
    /// file=route.yaml
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: GRPCRoute
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   parentRefs: [{ name: public, namespace: edge }, { kind: Service, group: "", name: web }]
    ///   rules: [{ backendRefs: [{ name: web, namespace: other, port: 80 }, { group: example.com, kind: Bucket, name: b }] }]
    /// file=gateway.yaml
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata: { name: public, namespace: edge }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: other }
    /// spec: { ports: [{ port: 80 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, namespace: shop }
    /// spec: { ports: [{ port: 80 }] }
    /// ```
    DANGLING_GATEWAY_ROUTE = "k8s-dangling-gateway-route" {
        check: Check::Object(&["HTTPRoute", "GRPCRoute"], dangling_gateway_route),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kubescape:C-0302"],
    }
}

rule! {
    /// Webhook calls a Service that is not there
    ///
    /// Every request that the webhook is registered for fails or goes unchecked, depending on its failure policy. Silent
    /// where the Service may be in what was not read.
    ///
    /// ```yaml bad:6
    /// file=webhook.yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: policy }
    /// webhooks:
    ///   - name: policy.example.com
    ///     clientConfig: { service: { name: policy, namespace: policy } }
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: policy-server, namespace: policy }
    /// ```
    /// ```yaml good
    /// file=webhook.yaml
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: policy }
    /// webhooks:
    ///   - { name: policy.example.com, clientConfig: { service: { name: policy, namespace: policy } } }
    ///   - { name: other.example.com, clientConfig: { url: "https://example.com/" } }
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: policy, namespace: policy }
    /// ```
    WEBHOOK_DANGLING_SERVICE = "k8s-webhook-dangling-service" {
        check: Check::Object(
            &["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"],
            webhook_dangling_service,
        ),
        severity: Severity::Medium,
        tags: &["across-files"],
    }
}

rule! {
    /// StatefulSet has no headless Service
    ///
    /// Its pods get stable DNS names only from a Service without a cluster address that `serviceName` names. Without one,
    /// peers that look each other up by name do not find each other. Kubernetes itself does not demand it.
    ///
    /// ```yaml bad:5
    /// file=db.yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   serviceName: db
    ///   template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: db:1 }] } }
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db, namespace: shop }
    /// spec: { selector: { app: db }, ports: [{ port: 5432 }] }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db, namespace: shop }
    /// spec: { template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: db:1 }] } } }
    /// ```
    /// ```yaml good
    /// file=db.yaml
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   serviceName: db
    ///   template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: db:1 }] } }
    /// file=service.yaml
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: db, namespace: shop }
    /// spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 5432 }] }
    /// ```
    STATEFULSET_NO_HEADLESS_SERVICE = "k8s-statefulset-no-headless-service" {
        check: Check::Object(&["StatefulSet"], statefulset_no_headless_service),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kube-score:statefulset-has-servicename"],
    }
}

/// A Service's selector, where it has one that selects by anything.
fn selector<'t>(object: &Object<'t>) -> Option<(Node<'t>, Selector)> {
    if object.group() != "" || object.node.get("spec.type").present().and_then(Node::as_str) == Some("ExternalName") {
        return None;
    }
    let node = object.node.get("spec.selector").present().filter(|node| node.is_map() && node.entries().len() > 0)?;
    Some((node, Selector::of_labels(node)))
}

/// `app=web,tier=front`.
fn shown(selector: Node<'_>) -> String {
    let pairs = selector.entries().map(|(key, value)| format!("{}={}", key.text(), value.text()));
    pairs.collect::<Vec<_>>().join(",")
}

fn dangling_service(object: &Object<'_>, report: &mut Report<'_>) {
    let Some((node, selector)) = selector(object) else { return };
    let namespace = report.namespace(object);
    let message =
        format!("{} selects no pod: none has the labels `{}`{}", object.title(), shown(node), place(&namespace));
    let reach = Reach::Namespaces(vec![namespace]);
    let claim = Claim::SelectsNoPod { reach, selector, service: object.name.map(str::to_owned) };
    report.claim(node, message, claim).help("correct the selector, or the labels of the pod template");
}

fn service_target_port_undeclared(object: &Object<'_>, report: &mut Report<'_>) {
    let Some((_, selector)) = selector(object) else { return };
    for port in object.node.get("spec.ports").present().into_iter().flat_map(Node::items) {
        let Lookup::Present(node) = port.get("targetPort") else { continue };
        let Some(name) = node.as_str().filter(|name| name.parse::<u16>().is_err()) else { continue };
        let claim = Claim::PortUndeclared {
            namespace: report.namespace(object),
            selector: selector.clone(),
            port: name.to_owned(),
        };
        let message = format!("{} leads to port `{name}`, which no container of its pods has", object.title());
        report.claim(node, message, claim).help("name the container's port so, or use its number");
    }
}

/// A reference to a Service: whose, where, under which name and port.
struct Backend<'t> {
    namespace: Namespace,
    name: Option<Node<'t>>,
    port: Option<Node<'t>>,
}

/// Claims that the Service or its port is not there.
fn dangling_backend(who: &dyn fmt::Display, backend: &Backend<'_>, report: &mut Report<'_>) {
    let Some(node) = backend.name else { return };
    let Some(name) = node.as_str() else { return };
    let here = place(&backend.namespace);
    let claim =
        Claim::Missing { namespace: backend.namespace.clone(), kind: "Service".to_owned(), name: name.to_owned() };
    report
        .claim(node, format!("{who} leads to Service `{name}`, which is not{here}"), claim)
        .help("correct the name, or add the Service");
    let Some(port_node) = backend.port else { return };
    let port = match port_node.as_str() {
        Some(name) => name.parse().map_or_else(|_| Port::Name(name.to_owned()), Port::Number),
        None => match port_node.as_i64() {
            Some(number) => Port::Number(number),
            None => return,
        },
    };
    let claim = Claim::LacksPort { namespace: backend.namespace.clone(), service: name.to_owned(), port };
    report
        .claim(
            port_node,
            format!("{who} leads to port {} of Service `{name}`, which lacks it", port_node.text()),
            claim,
        )
        .help("use a port of the Service, not one of its pods");
}

fn dangling_ingress(object: &Object<'_>, report: &mut Report<'_>) {
    let rules = object.node.get("spec.rules").present().into_iter().flat_map(Node::items);
    let paths = rules.flat_map(|rule| rule.get("http.paths").present().into_iter().flat_map(Node::items));
    let backends = paths.filter_map(|path| path.field("backend"));
    let defaults = ["spec.defaultBackend", "spec.backend"].iter().filter_map(|path| object.node.get(path).present());
    for backend in defaults.chain(backends) {
        let namespace = report.namespace(object);
        let found = match backend.field("service") {
            Some(service) => {
                let port = |field: &str| service.get("port").get(field).present();
                Backend { namespace, name: service.field("name"), port: port("number").or_else(|| port("name")) }
            }
            None => Backend { namespace, name: backend.field("serviceName"), port: backend.field("servicePort") },
        };
        // A load balancer controller reads what it does from an annotation of that name.
        if found.port.and_then(Node::as_str) != Some("use-annotation") {
            dangling_backend(&object.title(), &found, report);
        }
    }
}

fn dangling_gateway_route(object: &Object<'_>, report: &mut Report<'_>) {
    let is_kind = |reference: Node<'_>, group: &str, kind: &str, default: bool| {
        let says = |field: &str, wanted: &str| match reference.get(field) {
            Lookup::Absent(_) => default,
            Lookup::Present(node) => node.as_str() == Some(wanted),
            Lookup::Unknown(_) => false,
        };
        says("group", group) && says("kind", kind)
    };
    for parent in object.node.get("spec.parentRefs").present().into_iter().flat_map(Node::items) {
        let Some((name, node)) = parent.field("name").and_then(|node| Some((node.as_str()?, node))) else { continue };
        if !is_kind(parent, "gateway.networking.k8s.io", "Gateway", true) {
            continue;
        }
        let namespace = report.facts().referred(parent.get("namespace"), object);
        let message = format!("{} belongs to Gateway `{name}`, which is not{}", object.title(), place(&namespace));
        let claim = Claim::Missing { namespace, kind: "Gateway".to_owned(), name: name.to_owned() };
        report.claim(node, message, claim).help("correct the reference, or add the Gateway");
    }
    let rules = object.node.get("spec.rules").present().into_iter().flat_map(Node::items);
    let backends = rules.flat_map(|rule| rule.get("backendRefs").present().into_iter().flat_map(Node::items));
    for reference in backends.filter(|reference| is_kind(*reference, "", "Service", true)) {
        let backend = Backend {
            namespace: report.facts().referred(reference.get("namespace"), object),
            name: reference.field("name"),
            port: reference.field("port"),
        };
        dangling_backend(&object.title(), &backend, report);
    }
}

fn webhook_dangling_service(object: &Object<'_>, report: &mut Report<'_>) {
    for webhook in object.node.get("webhooks").present().into_iter().flat_map(Node::items) {
        let Lookup::Present(service) = webhook.get("clientConfig.service") else { continue };
        let Lookup::Present(_) = service.get("namespace") else { continue };
        let namespace = report.facts().referred(service.get("namespace"), object);
        // The API server's own Service is nobody's manifest.
        let is_own = namespace == Namespace::Named("default".to_owned());
        if !is_own || service.field("name").and_then(Node::as_str) != Some("kubernetes") {
            let backend = Backend { namespace, name: service.field("name"), port: None };
            let name = webhook.field("name").and_then(Node::as_str).unwrap_or_default();
            dangling_backend(&format!("webhook `{name}` of {}", object.title()), &backend, report);
        }
    }
}

fn statefulset_no_headless_service(object: &Object<'_>, report: &mut Report<'_>) {
    const HELP: &str = "add a Service with `clusterIP: None` and name it in `serviceName`";
    if !object.is_builtin() {
        return;
    }
    let node = match object.node.get("spec.serviceName") {
        Lookup::Present(node) => node,
        Lookup::Absent(anchor) => {
            report.at(anchor, format!("{} names no Service", object.title())).help(HELP);
            return;
        }
        Lookup::Unknown(_) => return,
    };
    let Some(name) = node.as_str() else { return };
    let namespace = report.namespace(object);
    let message = format!("{} takes its names from Service `{name}`, which is not headless", object.title());
    let claim = Claim::NotHeadless { namespace: namespace.clone(), service: name.to_owned() };
    report.claim(node, message, claim).help(HELP);
    let message =
        format!("{} takes its names from Service `{name}`, which is not{}", object.title(), place(&namespace));
    let claim = Claim::Missing { namespace, kind: "Service".to_owned(), name: name.to_owned() };
    report.claim(node, message, claim).help(HELP);
}
