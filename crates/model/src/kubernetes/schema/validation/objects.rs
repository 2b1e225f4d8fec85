//! Objects as a whole; definitions of kinds, webhooks, priority classes.

use portcullis_syntax::Node;

use super::{Faults, Validation, items};
use crate::placeholder::is_filled_in_later;

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    ("CustomResourceDefinition", &[Validation::Other(definition)]),
    ("Ingress", &[Validation::Needed(&["spec"])]),
    ("Job", &[Validation::Needed(&["spec"])]),
    ("PersistentVolume", &[Validation::Needed(&["spec"])]),
    ("PersistentVolumeClaim", &[Validation::Needed(&["spec"])]),
    ("Pod", &[Validation::Needed(&["spec"])]),
    ("Service", &[Validation::Needed(&["spec"])]),
    ("MutatingWebhook", &[Validation::Filled("admissionReviewVersions"), Validation::Other(webhook)]),
    ("PriorityClass", &[Validation::Other(priority)]),
    ("ValidatingWebhook", &[Validation::Filled("admissionReviewVersions"), Validation::Other(webhook)]),
    ("WebhookClientConfig", &[Validation::ExactlyOne(&["url", "service"])]),
];

fn definition<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let part = |path: &str| node.get(path).present()?.as_str().filter(|text| !is_filled_in_later(text));
    if let (Some(name), Some(plural), Some(group)) =
        (part("metadata.name"), part("spec.names.plural"), part("spec.group"))
        && name.strip_prefix(plural).and_then(|rest| rest.strip_prefix('.')) != Some(group)
        && let Some(place) = node.get("metadata.name").present()
    {
        let message = format!("the definition must have the name `{plural}.{group}`");
        faults.refuse(place, message, "write the plural of the kind, a dot and the group");
    }
    let Some(versions) = node.get("spec.versions").present().filter(|versions| versions.is_list()) else { return };
    let is_known = |version: Node<'_>| version.field("storage").is_none_or(|storage| storage.as_bool().is_some());
    if versions.is_open() || !versions.items().all(is_known) {
        return;
    }
    let stored = versions.items().filter(|version| version.get("storage").is_bool(true)).count();
    if stored != 1 && versions.items().len() > 0 {
        let message = format!("{stored} versions are stored, and exactly one must be");
        faults.refuse(versions, message, "write `storage: true` in the version to keep, and `false` in the others");
    }
}

/// Values above are the system's own.
const HIGHEST: i64 = 1_000_000_000;

fn priority<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(name) = node.get("metadata.name").present().and_then(Node::as_str) else { return };
    let Some(value) = node.field("value").filter(|value| value.as_i64().is_some_and(|value| value > HIGHEST)) else {
        return;
    };
    if !name.starts_with("system-") {
        faults.refuse(value, "values above 1000000000 are kept for the system", "lower it");
    }
}

/// Servers tell webhooks apart by names that hold a domain.
fn webhook<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if let Some(name) = node.field("name").filter(|name| name.as_str().is_some_and(|name| !is_filled_in_later(name)))
        && name.text().split('.').count() < 3
    {
        let message = format!("`{}` is no name for a webhook: it has less than three parts", name.text());
        faults.refuse(name, message, "write a name such as `pods.policies.example.org`");
    }
    for rule in items(node, "rules") {
        let has = |field: &str| rule.field(field).is_none_or(|list| !super::is_empty_list(list));
        for field in ["operations", "apiGroups", "apiVersions", "resources"].into_iter().filter(|field| !has(field)) {
            faults.missing_below(rule, "RuleWithOperations", vec![field]);
        }
    }
}
