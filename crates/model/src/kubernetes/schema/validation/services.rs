//! Services: ports, and what goes with which type.

use portcullis_syntax::Node;

use super::{COMPARED, Faults, Validation, is_absent, items, set, text};
use crate::kubernetes::Grammar;

pub(super) static TABLE: &[(&str, &[Validation])] = &[(
    "ServiceSpec",
    &[
        Validation::Keys("selector", Grammar::LabelKey),
        Validation::Other(ports),
        Validation::Other(external_name),
        Validation::Other(of_type),
    ],
)];

fn ports<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let is_headless = text(node, "clusterIP") == Some("None") || node.field("clusterIP").is_some_and(|ip| !is_text(ip));
    let list = node.field("ports");
    let has_none = match list {
        Some(list) => list.is_list() && !list.is_open() && list.items().len() == 0,
        None => is_absent(node, "ports"),
    };
    // A Service without a selector is often part of one.
    let is_whole = set(node, "selector").is_some();
    if has_none && is_whole && !is_headless && is_kind(node, |kind| kind != "ExternalName") {
        faults.missing(node, vec!["ports"], false);
    }
    let Some(list) = list.filter(|list| list.items().len() > 1) else { return };
    for (at, port) in list.items().take(COMPARED).enumerate() {
        let Some(name) = port.field("name") else {
            if port.is_map() && is_absent(port, "name") {
                let help = "name every port of a Service that has several";
                faults.refuse(port, "a port has no name, and the Service has several", help);
            }
            continue;
        };
        let Some(name_text) = name.as_str() else { continue };
        if list.items().take(at).any(|other| text(other, "name") == Some(name_text)) {
            faults.refuse(name, format!("two ports have the name `{name_text}`"), "give each port a name of its own");
        }
    }
}

fn is_text(node: Node<'_>) -> bool {
    node.as_str().is_some() || node.is_null()
}

/// Whether the type of the Service is known and `wanted` holds of it.
fn is_kind(node: Node<'_>, wanted: impl Fn(&str) -> bool) -> bool {
    match node.field("type") {
        Some(kind) if !kind.is_null() => kind.as_str().is_some_and(wanted),
        _ => is_absent(node, "type") && wanted("ClusterIP"),
    }
}

fn external_name<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if is_kind(node, |kind| kind == "ExternalName") && is_absent(node, "externalName") {
        faults.missing(node, vec!["externalName"], false);
    }
    let Some(name) = node.field("externalName").filter(|_| is_kind(node, |kind| kind == "ExternalName")) else {
        return;
    };
    let Some(fault) = name.as_str().and_then(|text| Grammar::Subdomain.fault(text.trim_end_matches('.'))) else {
        return;
    };
    if !name.text().is_empty() {
        let message = format!("`{}` is no name of a host: {fault}", name.text());
        faults.refuse(name, message, "write the host's name alone, without scheme and port");
    }
}

fn of_type<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let is_balanced = is_kind(node, |kind| kind != "LoadBalancer");
    for field in ["loadBalancerSourceRanges", "loadBalancerClass"] {
        let Some(value) = set(node, field).filter(|_| is_balanced) else { continue };
        if !value.is_list() || value.items().len() > 0 {
            let message = format!("`{field}` is only for Services of type `LoadBalancer`");
            faults.refuse(value, message, "remove it, or change `type`");
        }
    }
    if is_kind(node, |kind| kind == "ClusterIP")
        && node.field("externalIPs").is_none()
        && !node.is_open()
        && let Some(policy) = set(node, "externalTrafficPolicy")
    {
        let message = "`externalTrafficPolicy` is only for Services of type `NodePort` or `LoadBalancer`";
        faults.refuse(policy, message, "remove it, or change `type`");
    }
    let is_inner = is_kind(node, |kind| kind == "ClusterIP");
    for port in items(node, "ports") {
        let Some(opened) = set(port, "nodePort").filter(|_| is_inner) else { continue };
        if opened.as_i64().is_some_and(|number| number != 0) {
            let message = "`nodePort` is only for Services of type `NodePort` or `LoadBalancer`";
            faults.refuse(opened, message, "remove it, or change `type`");
        }
    }
    if text(node, "clusterIP") == Some("None")
        && is_kind(node, |kind| matches!(kind, "NodePort" | "LoadBalancer"))
        && let (Some(address), Some(kind)) = (node.field("clusterIP"), text(node, "type"))
    {
        let message = format!("a Service of type `{kind}` must have an address, so that `None` is refused");
        faults.refuse(address, message, "remove it, or change `type`");
    }
}
