//! Network policies and Ingresses.

use portcullis_syntax::Node;

use super::{Faults, Validation, is_absent, items, number, set, text};
use crate::kubernetes::{Grammar, Network};
use crate::placeholder::is_filled_in_later;

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    ("HTTPIngressPath", &[Validation::Other(ingress_path)]),
    ("HTTPIngressRuleValue", &[Validation::Filled("paths")]),
    ("IPBlock", &[Validation::Other(ip_block)]),
    ("IngressBackend", &[Validation::ExactlyOne(&["service", "resource"])]),
    ("IngressServiceBackend", &[Validation::Needed(&["port"])]),
    ("IngressSpec", &[Validation::Other(ingress)]),
    ("NetworkPolicyPeer", &[Validation::Other(peer)]),
    ("NetworkPolicyPort", &[Validation::Other(policy_port)]),
    ("ServiceBackendPort", &[Validation::ExactlyOne(&["name", "number"])]),
];

fn ingress_path<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(kind) = text(node, "pathType").filter(|kind| matches!(*kind, "Prefix" | "Exact")) else { return };
    if is_absent(node, "path") {
        faults.missing(node, vec!["path"], false);
    }
    let Some(path) = node.field("path").filter(|path| path.as_str().is_some_and(|text| !is_filled_in_later(text)))
    else {
        return;
    };
    let is_strange = |part: &&str| path.text().contains(part) || path.text().ends_with(part.trim_end_matches('/'));
    let parts = ["/./", "/../"];
    if path.text().contains("//") || parts.iter().any(is_strange) && path.text().len() > 1 {
        let message = format!("`{}` is no path of type `{kind}`: it has an empty part, `.` or `..`", path.text());
        faults.refuse(path, message, "write the path as clients send it");
    }
}

fn ip_block<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(outer) = text(node, "cidr") else { return };
    let Some(network) = Network::of(outer) else { return };
    for except in items(node, "except") {
        let Some(inner) = except.as_str() else { continue };
        if Network::of(inner).is_some_and(|inner| !network.holds_strictly(inner)) {
            let message = format!("`{inner}` is no part of `{outer}`, so that it cannot be taken from it");
            faults.refuse(except, message, "name a smaller range within `cidr`");
        }
    }
}

fn ingress<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let has_rules = match node.field("rules") {
        Some(rules) if rules.is_list() => rules.is_open() || rules.items().len() > 0,
        Some(rules) => !rules.is_null(),
        None => !is_absent(node, "rules"),
    };
    // An Ingress that only says its class is for somebody to complete.
    let says_more = ["rules", "tls"].iter().any(|field| node.field(field).is_some());
    if !has_rules && is_absent(node, "defaultBackend") && says_more {
        faults.missing(node, vec!["rules"], false);
    }
}

fn peer<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if set(node, "ipBlock").is_some()
        && let Some(selector) = ["podSelector", "namespaceSelector"].iter().find_map(|field| set(node, field))
    {
        let key = selector.key().map_or("", Node::text);
        faults.refuse(selector, format!("`{key}` may not stand beside `ipBlock`"), "make two peers of them");
    }
    if ["ipBlock", "podSelector", "namespaceSelector"].iter().all(|field| node.key_lookup(field).absent().is_some()) {
        faults.refuse(
            node,
            "the peer names nobody",
            "add a selector or an `ipBlock`; leave the list out for everybody",
        );
    }
}

fn policy_port<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    port(node.field("port"), faults);
    let Some(last) = set(node, "endPort") else { return };
    let help = "set `port` to the first number of the range";
    if is_absent(node, "port") {
        faults.refuse(last, "`endPort` is nothing without `port`", help);
    } else if text(node, "port").is_some() {
        faults.refuse(last, "`endPort` cannot be the end of a range that begins with a name", help);
    } else if number(node, "port") > number(node, "endPort") && last.as_i64().is_some() {
        faults.refuse(last, "`endPort` is less than `port`", help);
    }
}

/// A number or name of a port.
pub(super) fn port<'t>(port: Option<Node<'t>>, faults: &mut Faults<'_, 't, '_>) {
    let Some(port) = port else { return };
    if let Some(name) = port.as_str() {
        if !is_port_name(name) && !is_filled_in_later(name) {
            let help = "use the name of a port, or a number without quotes";
            faults.refuse(port, format!("`{name}` is not a valid port name"), help);
        }
    } else if let Some(number) = port.as_i64()
        && !(1..=65535).contains(&number)
    {
        faults.refuse(port, format!("{number} is no port"), "use a number from 1 to 65535");
    }
}

/// The service names of RFC 6335.
fn is_port_name(name: &str) -> bool {
    name.len() <= 15
        && Grammar::DnsLabel.fault(name).is_none()
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.contains("--")
}
