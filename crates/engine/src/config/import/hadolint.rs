//! `.hadolint.yaml`.

use portcullis_core::Severity;
use portcullis_syntax::Node;

use super::peer::{Family, Peer};
use super::plan::{Plan, Run};
use super::values::{is_true, texts};

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    plan.runs(Family::Docker, Run::Defaults);
    for (key, value) in root.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "ignored" => {
                for (node, id) in texts(value) {
                    plan.off(Peer::Hadolint, id, plan.line(node));
                }
            }
            "override" => overrides(value, plan),
            "trustedRegistries" => {
                let registries = texts(value).map(|(_, text)| text.to_owned());
                plan.list("docker-registry-not-allowed", "registries", registries);
            }
            "label-schema" => label_schema(value, plan),
            "strict-labels" if is_true(value) => plan.on_by_id("docker-label-superfluous"),
            "failure-threshold" => match severity(value.text()) {
                Some(severity) => plan.fail_on(severity),
                None => plan.say(key, format!("`{}: {}` has no equivalent", key.text(), value.text())),
            },
            "no-fail" if is_true(value) => plan.say(key, "`no-fail` is `--exit-zero` on the command line".to_owned()),
            "format" => plan.say(key, "`format` is `--format` on the command line".to_owned()),
            "disable-ignore-pragma" if is_true(value) => {
                plan.say(
                    key,
                    "`disable-ignore-pragma` has no equivalent: hadolint's comments are always obeyed".to_owned(),
                );
            }
            "no-fail" | "strict-labels" | "disable-ignore-pragma" => {}
            _ => plan.no_equivalent(key),
        }
    }
}

fn overrides(levels: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in levels.entries() {
        let Some(severity) = severity(key.text()) else {
            plan.no_equivalent(key);
            continue;
        };
        for (node, id) in texts(value) {
            for rule in plan.named(Peer::Hadolint, id, plan.line(node)) {
                plan.severity(rule, severity);
            }
        }
    }
}

/// Each key with the form of its value, and the rules that look at these forms.
fn label_schema(schema: Node<'_>, plan: &mut Plan<'_>) {
    let mut labels = Vec::new();
    for (key, form) in schema.entries() {
        let Some((_, ours, rule)) = FORMS.iter().find(|(name, ..)| *name == form.text()) else {
            plan.say(key, format!("`{}` is no form of a label that is known", form.text()));
            continue;
        };
        labels.push(format!("{}={ours}", key.text()));
        plan.on_by_id(rule);
    }
    if !labels.is_empty() {
        plan.on_by_id("docker-label-empty");
        plan.list("docker-label-missing", "labels", labels);
    }
}

/// Hadolint's name of a form, ours, and the rule that looks at it.
const FORMS: [(&str, &str, &str); 8] = [
    ("text", "text", "docker-label-empty"),
    ("rawtext", "text", "docker-label-empty"),
    ("url", "url", "docker-label-not-url"),
    ("rfc3339", "rfc3339", "docker-label-not-rfc3339"),
    ("spdx", "spdx", "docker-label-not-spdx"),
    ("hash", "hash", "docker-label-not-git-hash"),
    ("semver", "semver", "docker-label-not-semver"),
    ("email", "email", "docker-label-not-email"),
];

fn severity(level: &str) -> Option<Severity> {
    Some(match level {
        "error" => Severity::High,
        "warning" => Severity::Medium,
        "info" => Severity::Low,
        "style" => Severity::Info,
        _ => return None,
    })
}
