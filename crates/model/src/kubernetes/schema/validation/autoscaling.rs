//! Autoscalers: metrics and what they aim at.

use portcullis_syntax::Node;

use super::{Faults, Validation, is_absent, set, text};

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    ("ContainerResourceMetricSource", &[Validation::Other(of_resource)]),
    ("ExternalMetricSource", &[Validation::Other(of_object)]),
    ("MetricSpec", &[Validation::Other(metric)]),
    ("ObjectMetricSource", &[Validation::Other(of_object)]),
    ("PodsMetricSource", &[Validation::Other(of_pods)]),
    ("ResourceMetricSource", &[Validation::Other(of_resource)]),
];

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

fn of_resource<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    target(node, &["averageUtilization", "averageValue"], faults);
}

fn of_pods<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    target(node, &["averageValue"], faults);
}

fn of_object<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    target(node, &["value", "averageValue"], faults);
}

/// The number to aim at; the server does not mind when `type` says another.
fn target<'t>(node: Node<'t>, numbers: &'static [&'static str], faults: &mut Faults<'_, 't, '_>) {
    let Some(target) = node.field("target").filter(|target| target.is_map()) else { return };
    if numbers.iter().all(|number| is_absent(target, number)) {
        faults.missing_one_below(target, "MetricTarget", numbers);
    }
}
