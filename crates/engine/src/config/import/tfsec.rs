//! `.tfsec/config.yml` and `.tfsec/config.json`.
//!
//! Checks are named by tfsec's own ids or by those of Trivy, into which it went.

use portcullis_syntax::Node;

use super::peer::{Family, Peer};
use super::plan::{Plan, Run};
use super::values::{severity, texts};

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    let is_named_only = root.field("include").is_some_and(|value| texts(value).next().is_some());
    plan.runs(Family::Terraform, if is_named_only { Run::Named } else { Run::Defaults });
    for (key, value) in root.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "exclude" => {
                for (node, id) in texts(value) {
                    plan.off(peer(id), id, plan.line(node));
                }
            }
            "include" => {
                for (node, id) in texts(value) {
                    for rule in plan.named(peer(id), id, plan.line(node)) {
                        plan.on(rule);
                    }
                }
            }
            "severity_overrides" => {
                for (id, level) in value.entries() {
                    let Some(severity) = level_of(level.text()) else {
                        plan.say(level, format!("`{}` is no severity", level.text()));
                        continue;
                    };
                    for rule in plan.named(peer(id.text()), id.text(), plan.line(id)) {
                        plan.severity(rule, severity);
                    }
                }
            }
            "minimum_severity" => match level_of(value.text()) {
                Some(severity) => {
                    let message = format!("`minimum_severity` is `--min-severity {severity}` on the command line");
                    plan.say(key, message);
                }
                None => plan.say(value, format!("`{}` is no severity", value.text())),
            },
            _ => plan.no_equivalent(key),
        }
    }
}

fn peer(id: &str) -> Peer {
    if id.to_ascii_uppercase().starts_with("AVD-") { Peer::Trivy } else { Peer::Tfsec }
}

/// Its levels, and the names that they had before.
fn level_of(text: &str) -> Option<portcullis_core::Severity> {
    match text.to_ascii_uppercase().as_str() {
        "ERROR" => severity("HIGH"),
        "WARNING" => severity("MEDIUM"),
        other => severity(other),
    }
}
