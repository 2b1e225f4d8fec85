//! Where pods may run: tolerations and the requirements of selectors.

use portcullis_syntax::Node;

use super::{Faults, Validation, is_absent, items, set, text};
use crate::kubernetes::Grammar;

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    ("LabelSelector", &[Validation::Keys("matchLabels", Grammar::LabelKey)]),
    ("LabelSelectorRequirement", &[Validation::Other(requirement)]),
    ("NodeSelector", &[Validation::Filled("nodeSelectorTerms")]),
    ("NodeSelectorRequirement", &[Validation::Other(requirement), Validation::Other(compared)]),
    ("Toleration", &[Validation::Other(toleration)]),
];

fn requirement<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(operator) = text(node, "operator") else { return };
    let lacks_values = node.field("values").map_or_else(|| is_absent(node, "values"), super::is_empty_list);
    match operator {
        "In" | "NotIn" if lacks_values => faults.missing(node, vec!["values"], false),
        "Exists" | "DoesNotExist" if items(node, "values").next().is_some() => {
            let Some(values) = node.field("values") else { return };
            let message = format!("the operator `{operator}` compares with no values");
            faults.refuse(values, message, "remove them, or write `In` or `NotIn`");
        }
        _ => {}
    }
}

fn compared<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(operator @ ("Gt" | "Lt")) = text(node, "operator") else { return };
    let Some(values) = node.field("values").filter(|values| values.is_list()) else {
        if is_absent(node, "values") {
            faults.missing(node, vec!["values"], false);
        }
        return;
    };
    if values.items().len() != 1 && !values.is_open() {
        let message = format!("the operator `{operator}` compares with one value");
        faults.refuse(values, message, "write a list of one number");
    }
}

fn toleration<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let exists = text(node, "operator") == Some("Exists");
    if let Some(value) = set(node, "value").filter(|_| exists) {
        let help = "remove it, or write `operator: Equal`";
        faults.refuse(value, "the operator `Exists` compares with no value", help);
    }
    let is_equal = is_absent(node, "operator") || text(node, "operator") == Some("Equal");
    if is_equal && is_absent(node, "key") {
        let help = "add `key`, or write `operator: Exists` to tolerate every taint";
        faults.refuse(node, "a toleration without `key` must have the operator `Exists`", help);
    }
    let stays = match node.field("effect") {
        Some(effect) => effect.as_str().is_some_and(|effect| matches!(effect, "" | "NoSchedule" | "PreferNoSchedule")),
        None => is_absent(node, "effect"),
    };
    if let Some(seconds) = set(node, "tolerationSeconds").filter(|_| stays) {
        let help = "write `effect: NoExecute`, or remove it";
        faults.refuse(seconds, "`tolerationSeconds` is only for the effect `NoExecute`", help);
    }
}
