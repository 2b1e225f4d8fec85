//! Sandboxes for agents: what keeps code that nobody has read from the node and the network.
//!
//! The pod of the template is also judged as a pod; what those rules say is not said here.

use portcullis_model::kubernetes::Object;

use super::scheduling::is_sandbox;
use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&AGENT_SANDBOX_UNHARDENED];

rule! {
    /// Sandbox for agents is not hardened
    ///
    /// What runs in it was written by a model or by strangers. It needs a runtime class that keeps it from the node's
    /// kernel (gVisor, Kata Containers), a network policy that names destinations, because the default lets it reach the
    /// Internet, and a CPU limit. Each is a finding. Missing memory limits and images without a version have rules of their own, which
    /// look at the pod of the template.
    ///
    /// ```yaml bad:8
    /// apiVersion: extensions.agents.x-k8s.io/v1alpha1
    /// kind: SandboxTemplate
    /// metadata: { name: python }
    /// spec:
    ///   networkPolicy: { egress: [{ to: [{ podSelector: { matchLabels: { app: proxy } } }] }] }
    ///   podTemplate:
    ///     spec:
    ///       runtimeClassName: runc
    ///       containers:
    ///         - { name: python, image: python-sandbox:1.2.3, resources: { limits: { cpu: 1, memory: 1Gi } } }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: extensions.agents.x-k8s.io/v1alpha1
    /// kind: SandboxTemplate
    /// metadata: { name: python }
    /// spec:
    ///   networkPolicyManagement: Unmanaged
    ///   podTemplate:
    ///     spec:
    ///       runtimeClassName: gvisor
    ///       containers:
    ///         - { name: python, image: python-sandbox:1.2.3, resources: { limits: { cpu: 1, memory: 1Gi } } }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: extensions.agents.x-k8s.io/v1alpha1
    /// kind: SandboxTemplate
    /// metadata: { name: python }
    /// spec:
    ///   networkPolicy: { egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }
    ///   podTemplate:
    ///     spec:
    ///       runtimeClassName: gvisor
    ///       containers:
    ///         - { name: python, image: python-sandbox:1.2.3, resources: { limits: { cpu: 1, memory: 1Gi } } }
    /// ```
    /// ```yaml good
    /// apiVersion: extensions.agents.x-k8s.io/v1alpha1
    /// kind: SandboxTemplate
    /// metadata: { name: python }
    /// spec:
    ///   networkPolicy: { egress: [{ to: [{ podSelector: { matchLabels: { app: proxy } } }] }] }
    ///   podTemplate:
    ///     spec:
    ///       runtimeClassName: gvisor
    ///       containers:
    ///         - { name: python, image: python-sandbox:1.2.3, resources: { limits: { cpu: 1, memory: 1Gi } } }
    /// ```
    AGENT_SANDBOX_UNHARDENED = "k8s-agent-sandbox-unhardened" {
        check: Check::Object(&["SandboxTemplate"], agent_sandbox),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kubescape:C-0297", "kubescape:C-0301", "kubescape:C-0303", "kubescape:C-0304"],
    }
}

fn agent_sandbox(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "extensions.agents.x-k8s.io" {
        return;
    }
    check_network(object, report);
    let Lookup::Present(pod) = object.node.get("spec.podTemplate.spec") else { return };
    let class: Option<(Place, &str)> = match pod.get("runtimeClassName") {
        Lookup::Present(class) => class.as_str().filter(|name| !is_sandbox(name)).map(|name| (class.into(), name)),
        Lookup::Absent(anchor) => Some((anchor.into(), "")),
        Lookup::Unknown(_) => None,
    };
    if let Some((place, name)) = class {
        let what = if name.is_empty() { "names no runtime class".to_owned() } else { format!("runs with `{name}`") };
        report
            .at(place, format!("{} {what}, and shares the node's kernel", object.title()))
            .help("set `runtimeClassName` to a class of gVisor or Kata Containers");
    }
    for container in pod.field("containers").into_iter().flat_map(Node::items).filter(|item| item.is_map()) {
        let Lookup::Absent(_) = container.get("resources.limits.cpu") else { continue };
        let name = container.field("name").map_or("", Node::text);
        report
            .at(container, format!("container `{name}` of {} has no CPU limit", object.title()))
            .help("set `resources.limits.cpu`");
    }
}

fn check_network(object: &Object<'_>, report: &mut Report<'_>) {
    let help = "name the destinations that it needs in `networkPolicy.egress`";
    match object.node.get("spec.networkPolicyManagement") {
        Lookup::Present(management) if management.as_str() != Some("Managed") => {
            let Some(text) = management.as_str() else { return };
            report
                .at(management, format!("{} has no network policy that is managed (`{text}`)", object.title()))
                .help("set it to `Managed`, and write `networkPolicy`");
        }
        Lookup::Present(_) | Lookup::Absent(_) => {
            let message = || format!("{} may reach the whole Internet", object.title());
            match object.node.get("spec.networkPolicy") {
                Lookup::Absent(anchor) => drop(report.at(anchor, message()).help(help)),
                Lookup::Present(policy) => {
                    for place in policy.field("egress").into_iter().flat_map(Node::items).filter_map(open) {
                        report.at(place, message()).help(help);
                    }
                }
                Lookup::Unknown(_) => {}
            }
        }
        Lookup::Unknown(_) => {}
    }
}

/// What in an egress rule allows every address.
fn open(rule: Node<'_>) -> Option<Place> {
    match rule.get("to") {
        Lookup::Absent(anchor) => Some(anchor.into()),
        Lookup::Present(list) if list.is_list() && list.items().len() == 0 => Some(list.into()),
        Lookup::Present(list) => {
            let all = |peer: Node<'_>| matches!(peer.as_str(), Some("0.0.0.0/0" | "::/0"));
            let blocks = list.items().filter(|peer| peer.get("ipBlock.except").absent().is_some());
            blocks.filter_map(|peer| peer.get("ipBlock.cidr").present()).find(|&cidr| all(cidr)).map(Place::from)
        }
        Lookup::Unknown(_) => None,
    }
}
