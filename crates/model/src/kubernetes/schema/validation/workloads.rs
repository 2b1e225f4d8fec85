//! Workloads: selectors, how they roll, and jobs.

use portcullis_syntax::Node;

use super::{Faults, Validation, is_absent, items, number, set, text};
use crate::placeholder::is_filled_in_later;

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    ("DaemonSetSpec", &[Validation::Other(selects_all)]),
    ("DeploymentSpec", &[Validation::Other(selects_all), Validation::Other(never_in_time)]),
    ("DeploymentStrategy", &[Validation::Other(recreates)]),
    ("JobSpec", &[Validation::Other(indexed)]),
    (
        "PodDisruptionBudgetSpec",
        &[Validation::AtMostOne(&["minAvailable", "maxUnavailable"]), Validation::Other(budget)],
    ),
    ("ReplicaSetSpec", &[Validation::Other(selects_all)]),
    ("RollingUpdateDaemonSet", &[Validation::Other(amounts), Validation::Other(daemons_stand_still)]),
    ("RollingUpdateDeployment", &[Validation::Other(amounts), Validation::Other(stands_still)]),
    ("StatefulSetSpec", &[Validation::Other(selects_all), Validation::Other(claims)]),
    ("StatefulSetUpdateStrategy", &[Validation::Other(waits)]),
];

fn selects_all<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(selector) = node.field("selector").filter(|selector| selector.is_map() && !selector.is_open()) else {
        return;
    };
    let is_empty = |field: &str| match selector.field(field) {
        Some(part) => part.is_null() || !part.is_open() && part.entries().len() == 0 && part.items().len() == 0,
        None => true,
    };
    let is_known = |field: &str| selector.field(field).is_none_or(|part| !part.is_unknown());
    if ["matchLabels", "matchExpressions"].iter().all(|field| is_known(field) && is_empty(field)) {
        faults.refuse(selector, "the selector is empty", "select the labels of the pod template");
    }
}

/// The deadline for progress is 600 seconds where none is set.
fn never_in_time<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let deadline =
        if is_absent(node, "progressDeadlineSeconds") { Some(600) } else { number(node, "progressDeadlineSeconds") };
    let (Some(ready), Some(deadline)) = (node.field("minReadySeconds"), deadline) else { return };
    if ready.as_i64().is_some_and(|seconds| seconds >= deadline) {
        let message = format!("`minReadySeconds` is not less than `progressDeadlineSeconds`, which is {deadline}");
        faults.refuse(ready, message, "lower it, or raise `progressDeadlineSeconds`");
    }
}

fn recreates<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if text(node, "type") != Some("Recreate") {
        return;
    }
    if let Some(rolling) = set(node, "rollingUpdate") {
        let message = "`rollingUpdate` is not for the strategy `Recreate`";
        faults.refuse(rolling, message, "remove it, or write `type: RollingUpdate`");
    }
}

fn waits<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if let (Some("OnDelete"), Some(rolling)) = (text(node, "type"), set(node, "rollingUpdate")) {
        let message = "`rollingUpdate` is not for the strategy `OnDelete`";
        faults.refuse(rolling, message, "remove it, or write `type: RollingUpdate`");
    }
}

/// A number that is not negative, or a percentage.
fn amounts<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for field in ["maxSurge", "maxUnavailable"] {
        amount(node, field, faults);
    }
    let Some(unavailable) = node.field("maxUnavailable") else { return };
    if percent(unavailable).is_some_and(|percent| percent > 100) {
        faults.refuse(unavailable, "more than all pods cannot be missing", "write at most `100%`");
    }
}

fn budget<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for field in ["minAvailable", "maxUnavailable"] {
        amount(node, field, faults);
        let Some(value) = node.field(field) else { continue };
        if percent(value).is_some_and(|percent| percent > 100) {
            faults.refuse(value, format!("`{field}` is more than all pods"), "write at most `100%`");
        }
    }
}

fn amount<'t>(node: Node<'t>, field: &str, faults: &mut Faults<'_, 't, '_>) {
    let Some(value) = node.field(field) else { return };
    let help = "write a number such as `1`, or a percentage such as `25%`";
    if let Some(text) = value.as_str() {
        if percent(value).is_none() && !is_filled_in_later(text.trim_end_matches('%')) {
            faults.refuse(value, format!("`{text}` in `{field}` is neither a number nor a percentage"), help);
        }
    } else if value.as_i64().is_some_and(|number| number < 0) {
        faults.refuse(value, format!("`{field}` is negative"), help);
    }
}

fn percent(value: Node<'_>) -> Option<u64> {
    let digits = value.as_str()?.strip_suffix('%')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn is_zero(value: Option<Node<'_>>) -> bool {
    value.is_some_and(|value| value.as_i64() == Some(0) || percent(value) == Some(0))
}

fn stands_still<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if !is_zero(node.field("maxSurge")) || !is_zero(node.field("maxUnavailable")) {
        return;
    }
    let Some(unavailable) = node.field("maxUnavailable") else { return };
    let message = "`maxSurge` and `maxUnavailable` are both zero, so that no pod could be replaced";
    faults.refuse(unavailable, message, "let one of them be at least 1");
}

fn daemons_stand_still<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(unavailable) = node.field("maxUnavailable").filter(|value| is_zero(Some(*value))) else { return };
    if is_zero(node.field("maxSurge")) || is_absent(node, "maxSurge") {
        let message = "`maxSurge` and `maxUnavailable` are both zero, so that no pod could be replaced";
        faults.refuse(unavailable, message, "let one of them be at least 1");
    }
}

fn indexed<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if text(node, "completionMode") == Some("Indexed") && is_absent(node, "completions") {
        faults.missing(node, vec!["completions"], false);
    }
}

fn claims<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for claim in items(node, "volumeClaimTemplates").filter(|claim| claim.is_map()) {
        if claim.get("metadata.name").absent().is_some() {
            faults.refuse(
                claim,
                "a claim template has no name, and no container could mount it",
                "add `metadata.name`",
            );
        }
    }
}
