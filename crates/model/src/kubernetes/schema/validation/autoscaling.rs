//! Autoscalers: metrics and what they aim at.

use portcullis_syntax::Node;

use super::{Faults, Validation, is_absent, set, text};

pub(super) static TABLE: &[(&str, &[Validation])] =
    &[("MetricSpec", &[Validation::Other(metric)]), ("MetricTarget", &[Validation::Other(target)])];

/// The types of metrics, and the field that each of them has.
const SOURCES: &[(&str, &str)] = &[
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

fn metric<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(kind) = text(node, "type") else { return };
    let Some(&(_, own)) = SOURCES.iter().find(|(name, _)| *name == kind) else { return };
    if is_absent(node, own) {
        faults.missing(node, vec![own], true);
    }
    for (_, other) in SOURCES.iter().filter(|(_, field)| *field != own) {
        if let Some(found) = set(node, other) {
            faults.refuse(
                found,
                format!("a metric of type `{kind}` may not have `{other}`"),
                "remove it, or change `type`",
            );
        }
    }
}

fn target<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let needed: &[&str] = match text(node, "type") {
        Some("Utilization") => &["averageUtilization"],
        // An object's value is compared as it is, or divided by the pods.
        Some("AverageValue") => &["averageValue"],
        Some("Value") => &["value", "averageValue"],
        _ => return,
    };
    if let Some(&field) = needed.first()
        && needed.iter().all(|field| is_absent(node, field))
    {
        faults.missing(node, vec![field], false);
    }
}
