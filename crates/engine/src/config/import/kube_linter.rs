//! `.kube-linter.yaml`.
//!
//! A custom check is taken over where a rule of ours asks the same: by an option, or without parameters. Its regular
//! expressions are not.

use portcullis_syntax::Node;

use super::peer::{Family, Peer};
use super::plan::{Plan, Run};
use super::trivy::glob;
use super::values::{is_true, texts, whole_texts};

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    let is_set = |flag: &str| root.get("checks").get(flag).present().is_some_and(is_true);
    plan.runs(Family::Kubernetes, if is_set("doNotAutoAddDefaults") { Run::Named } else { Run::Defaults });
    for (key, value) in root.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "checks" => checks(value, plan),
            "customChecks" => {
                for check in value.items() {
                    custom_check(check, plan);
                }
            }
            _ => plan.no_equivalent(key),
        }
    }
}

fn checks(checks: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in checks.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "addAllBuiltIn" if is_true(value) => {
                for id in plan.matching(Peer::KubeLinter, "*") {
                    for rule in plan.rules(Peer::KubeLinter, &id) {
                        plan.on(rule);
                    }
                }
            }
            "addAllBuiltIn" | "doNotAutoAddDefaults" => {}
            "include" => {
                for (node, id) in texts(value) {
                    for rule in plan.named(Peer::KubeLinter, id, plan.line(node)) {
                        plan.on(rule);
                    }
                }
            }
            "exclude" => {
                for (node, id) in texts(value) {
                    plan.off(Peer::KubeLinter, id, plan.line(node));
                }
            }
            "ignorePaths" => {
                for (node, path) in whole_texts(value) {
                    ignore_path(node, path, plan);
                }
            }
            _ => plan.no_equivalent(key),
        }
    }
}

fn ignore_path(node: Node<'_>, path: &str, plan: &mut Plan<'_>) {
    let line = plan.line(node);
    if path.starts_with('~') || path.starts_with('/') && !path.starts_with("/**") {
        plan.remark(line, format!("`{path}` is a path of one machine"));
        return;
    }
    plan.exclude_family(Family::Kubernetes, &glob(path), line);
}

fn custom_check(check: Node<'_>, plan: &mut Plan<'_>) {
    let text = |key: &str| check.field(key).map(Node::text).unwrap_or_default();
    let (name, template) = (text("name"), text("template"));
    let params = check.field("params").filter(|params| params.entries().len() > 0);
    let line = plan.line(check);
    let taken = match (LISTS.iter().find(|(known, ..)| *known == template), params) {
        (Some((_, rule, option)), Some(params)) => listed(template, params).map(|entry| (*rule, *option, entry)),
        _ => None,
    };
    if let Some((rule, option, entry)) = taken {
        plan.list(rule, option, [entry]);
    } else if let (Some((_, id)), None) = (TEMPLATES.iter().find(|(known, _)| *known == template), params) {
        for rule in plan.named(Peer::KubeLinter, id, line) {
            plan.on(rule);
        }
    } else {
        plan.remark(line, format!("the custom check `{name}` (template `{template}`) has no equivalent"));
        return;
    }
    for key in ["remediation", "scope"] {
        if let Some(value) = check.field(key)
            && (key == "scope" || !value.text().is_empty())
        {
            plan.say(value, format!("`{key}` of the custom check `{name}` has no equivalent"));
        }
    }
}

/// What a template's parameters are in a list of ours; nothing where they say more than a name.
fn listed(template: &str, params: Node<'_>) -> Option<String> {
    let text = |key: &str| params.field(key).map(Node::text).filter(|text| !text.is_empty());
    let plain = |text: &str| !text.contains(|c: char| "!^$*+?()[]{}|\\".contains(c));
    if params.entries().any(|(_, value)| !plain(value.text())) {
        return None;
    }
    if template == "disallowed-api-obj" {
        let kind = text("kind")?;
        return Some(match (text("group"), text("version")) {
            (None, None) => kind.to_owned(),
            (Some(group), None) => format!("{group}/{kind}"),
            (None, Some(version)) => format!("{version}/{kind}"),
            (Some(group), Some(version)) => format!("{group}/{version}/{kind}"),
        });
    }
    if text("value").is_some() {
        return None;
    }
    text("key").map(str::to_owned)
}

/// Templates whose parameters belong into a list: our rule, and its option.
const LISTS: [(&str, &str, &str); 4] = [
    ("required-label", "k8s-required-labels-missing", "labels"),
    ("required-annotation", "k8s-required-annotations-missing", "annotations"),
    ("forbidden-annotation", "k8s-forbidden-annotation", "annotations"),
    ("disallowed-api-obj", "k8s-disallowed-kind", "kinds"),
];

/// Templates that without parameters are a check of kube-linter's own.
const TEMPLATES: [(&str, &str); 27] = [
    ("anti-affinity", "no-anti-affinity"),
    ("cluster-admin-role-binding", "cluster-admin-role-binding"),
    ("dangling-horizontalpodautoscaler", "dangling-horizontalpodautoscaler"),
    ("dangling-ingress", "dangling-ingress"),
    ("dangling-networkpolicy", "dangling-networkpolicy"),
    ("dangling-networkpolicypeer-podselector", "dangling-networkpolicypeer-podselector"),
    ("dangling-service", "dangling-service"),
    ("dangling-servicemonitor", "dangling-servicemonitor"),
    ("deprecated-service-account-field", "deprecated-service-account-field"),
    ("duplicate-env-var", "duplicate-env-var"),
    ("host-ipc", "host-ipc"),
    ("host-network", "host-network"),
    ("host-pid", "host-pid"),
    ("liveness-probe", "no-liveness-probe"),
    ("mismatching-selector", "mismatching-selector"),
    ("no-node-affinity", "no-node-affinity"),
    ("non-existent-service-account", "non-existent-service-account"),
    ("non-isolated-pod", "non-isolated-pod"),
    ("privilege-escalation-container", "privilege-escalation-container"),
    ("privileged", "privileged-container"),
    ("privileged-ports", "privileged-ports"),
    ("read-only-root-fs", "no-read-only-root-fs"),
    ("read-secret-from-env-var", "read-secret-from-env-var"),
    ("readiness-probe", "no-readiness-probe"),
    ("run-as-non-root", "run-as-non-root"),
    ("unsafe-proc-mount", "unsafe-proc-mount"),
    ("use-namespace", "use-namespace"),
];
