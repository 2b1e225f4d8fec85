//! Services that are reached from outside of the cluster.
//!
//! Firewalls and what an address belongs to cannot be known. A load balancer is internal where an annotation or its
//! class says so.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SERVICE_NODEPORT, &SERVICE_LOADBALANCER_OPEN, &SERVICE_EXTERNAL_IPS];

rule! {
    /// Service opens a port on every node
    ///
    /// A `NodePort` is reached at every address that any node has, and NetworkPolicies often see the node as its source.
    /// An Ingress or a load balancer needs no such Service of one's own.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   type: NodePort
    ///   selector: { app: web }
    ///   ports: [{ port: 80, nodePort: 30080 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { type: ClusterIP, selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    SERVICE_NODEPORT = "k8s-service-nodeport" {
        check: Check::Object(&["Service"], nodeport),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "kube-linter:exposed-services", "kube-score:service-type", "kyverno:best-practices/restrict-node-port",
            "kyverno:other/restrict-service-port-range",
        ],
    }
}

rule! {
    /// Load balancer is open to every address
    ///
    /// Without `loadBalancerSourceRanges` whoever finds the address may connect. Silent where an annotation of AWS,
    /// Azure, Google Cloud, OpenStack and others makes the load balancer internal or gives it a firewall of its own, and
    /// for classes that are internal unless they are told otherwise.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   type: LoadBalancer
    ///   selector: { app: web }
    ///   ports: [{ port: 443 }]
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   type: LoadBalancer
    ///   loadBalancerSourceRanges: [0.0.0.0/0]
    ///   ports: [{ port: 443 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.0/24], ports: [{ port: 443 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: inside
    ///   annotations: { service.beta.kubernetes.io/aws-load-balancer-internal: "true" }
    /// spec: { type: LoadBalancer, ports: [{ port: 443 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: inside, annotations: { networking.gke.io/load-balancer-type: Internal } }
    /// spec: { type: LoadBalancer, ports: [{ port: 443 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: inside }
    /// spec: { type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, ports: [{ port: 443 }] }
    /// ```
    SERVICE_LOADBALANCER_OPEN = "k8s-service-loadbalancer-open" {
        check: Check::Object(&["Service"], loadbalancer_open),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kube-linter:exposed-services", "kyverno:other/restrict-loadbalancer"],
    }
}

rule! {
    /// Service claims external addresses
    ///
    /// Every node sends what is meant for such an address to the Service's pods. Nothing checks whose address it is: the
    /// name server's, say, or another tenant's (CVE-2020-8554, which has no fix).
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   externalIPs: [203.0.113.7]
    ///   ports: [{ port: 80 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, externalIPs: [], ports: [{ port: 80 }] }
    /// ```
    SERVICE_EXTERNAL_IPS = "k8s-service-external-ips" {
        check: Check::Object(&["Service"], external_ips),
        severity: Severity::High,
        tags: &["cve-2020-8554"],
        peers: &["trivy:KSV-0108", "kyverno:best-practices/restrict-service-external-ips"],
    }
}

/// Annotations that make a load balancer internal, and the values that do not. No values: any will do.
const INTERNAL: &[(&str, &[&str])] = &[
    ("service.beta.kubernetes.io/aws-load-balancer-internal", &["false", ""]),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", &["internet-facing"]),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", &["false", ""]),
    ("networking.gke.io/load-balancer-type", &["External"]),
    ("cloud.google.com/load-balancer-type", &["External"]),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", &["false", ""]),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", &["false", ""]),
    ("oci-network-load-balancer.oraclecloud.com/internal", &["false", ""]),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", &["public"]),
    ("service.beta.kubernetes.io/do-loadbalancer-network", &["EXTERNAL"]),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", &["internet"]),
    ("service.beta.kubernetes.io/alicloud-loadbalancer-address-type", &["internet"]),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", &[""]),
    ("load-balancer.hetzner.cloud/disable-public-network", &["false", ""]),
    // Not internal, but behind a firewall that the manifest does not show.
    ("service.beta.kubernetes.io/load-balancer-source-ranges", &["", "0.0.0.0/0"]),
    ("service.beta.kubernetes.io/aws-load-balancer-security-groups", &[""]),
];

const AWS_SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";
const AWS_TYPE: &str = "service.beta.kubernetes.io/aws-load-balancer-type";

fn nodeport(service: &Object<'_>, report: &mut Report<'_>) {
    let Some(kind) = of_type(service, "NodePort") else { return };
    report
        .at(kind, format!("{} opens a port on every node", service.title()))
        .help("use `ClusterIP`, with an Ingress or a Gateway before it");
}

fn loadbalancer_open(service: &Object<'_>, report: &mut Report<'_>) {
    let Some(kind) = of_type(service, "LoadBalancer") else { return };
    let place = match service.node.get("spec.loadBalancerSourceRanges") {
        Lookup::Present(ranges) if !ranges.is_list() => return,
        Lookup::Present(ranges) if ranges.items().len() == 0 => kind,
        Lookup::Present(ranges) => {
            let all = |range: &Node<'_>| matches!(range.as_str(), Some("0.0.0.0/0" | "::/0"));
            let Some(range) = ranges.items().find(all) else { return };
            range
        }
        Lookup::Absent(_) => kind,
        Lookup::Unknown(_) => return,
    };
    if is_internal(service) {
        return;
    }
    report
        .at(place, format!("the load balancer of {} is open to every address", service.title()))
        .help("list in `loadBalancerSourceRanges` who may connect, or make it internal");
}

fn external_ips(service: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(addresses) = service.node.get("spec.externalIPs") else { return };
    let Some(first) = addresses.items().next().filter(|_| service.group().is_empty()) else { return };
    let which =
        first.as_str().map_or_else(|| "external addresses".to_owned(), |address| format!("the address `{address}`"));
    report
        .at(addresses, format!("{} claims {which}", service.title()))
        .help("remove `externalIPs`; use a load balancer");
}

/// The type of a Service of the core group, where it is `wanted`.
pub(super) fn of_type<'t>(service: &Object<'t>, wanted: &str) -> Option<Node<'t>> {
    let kind = service.node.get("spec.type").present()?;
    (service.group().is_empty() && kind.as_str() == Some(wanted)).then_some(kind)
}

/// Whether the load balancer is internal, or may be.
fn is_internal(service: &Object<'_>) -> bool {
    let says = |&(key, others): &(&str, &[&str])| match service.annotation(key) {
        Lookup::Present(node) => !others.contains(&node.text()),
        Lookup::Absent(_) => false,
        Lookup::Unknown(_) => true,
    };
    if INTERNAL.iter().any(says) {
        return true;
    }
    let class = match service.node.get("spec.loadBalancerClass") {
        Lookup::Present(class) => class.as_str(),
        Lookup::Absent(_) => Some(""),
        Lookup::Unknown(_) => None,
    };
    // AWS's own controller makes internal load balancers unless the scheme says otherwise.
    let is_of_aws_controller = class == Some("service.k8s.aws/nlb")
        || service.annotation(AWS_TYPE).present().is_some_and(|node| matches!(node.text(), "external" | "nlb-ip"));
    class.is_none_or(|class| class == "tailscale")
        || is_of_aws_controller && service.annotation(AWS_SCHEME).absent().is_some()
}
