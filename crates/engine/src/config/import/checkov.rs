//! `.checkov.yaml`.
//!
//! Paths are regular expressions there and globs here: only those are taken over that name files or folders. checkov finds
//! them in the middle of names as well; a glob leaves out less.

use portcullis_core::Severity;
use portcullis_syntax::Node;

use super::peer::{Family, Peer};
use super::plan::{Plan, Run};
use super::values::{is_true, severity, texts, whole_texts};

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    let is_set = |key: &str| root.field(key).is_some_and(|value| texts(value).next().is_some());
    let is_named_only =
        is_set("check") && root.field("check").is_some_and(|value| texts(value).any(|(_, id)| severity(id).is_none()));
    frameworks(root, if is_named_only { Run::Named } else { Run::Defaults }, plan);
    for (key, value) in root.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "check" => {
                for (node, id) in texts(value) {
                    check(node, id, plan);
                }
            }
            "skip-check" => {
                for (node, id) in texts(value) {
                    skip_check(node, id, plan);
                }
            }
            "soft-fail" if is_true(value) => {
                plan.say(key, "`soft-fail` is `--exit-zero` on the command line".to_owned());
            }
            "soft-fail-on" => {
                for (node, id) in texts(value) {
                    soft_fail_on(node, id, plan);
                }
            }
            "hard-fail-on" => {
                for (node, id) in texts(value) {
                    match severity(id) {
                        Some(severity) => plan.fail_on(severity),
                        None => plan.say(node, format!("`hard-fail-on: {id}` has no equivalent: every finding fails")),
                    }
                }
            }
            "skip-path" => {
                for (node, pattern) in whole_texts(value) {
                    let line = plan.line(node);
                    match glob(pattern) {
                        Some(glob) => plan.exclude(glob, line),
                        None => plan
                            .remark(line, format!("`{pattern}` is a regular expression; write a glob under `exclude`")),
                    }
                }
            }
            "directory" | "file" => {
                for (node, path) in whole_texts(value) {
                    let path = path.trim_start_matches("./").trim_end_matches('/');
                    if !path.is_empty() && path != "." {
                        plan.include(format!("/{}", path.trim_start_matches('/')), plan.line(node));
                    }
                }
            }
            "compact" | "quiet" if is_true(value) => {
                plan.say(key, format!("`{}` is `--quiet` or `--format concise` on the command line", key.text()));
            }
            "output" => plan.say(key, "`output` is `--format` on the command line".to_owned()),
            "soft-fail" | "compact" | "quiet" | "framework" | "skip-framework" => {}
            _ => plan.no_equivalent(key),
        }
    }
}

/// Which families checkov looks at; all of them unless it is told.
fn frameworks(root: Node<'_>, run: Run, plan: &mut Plan<'_>) {
    let listed = |key: &str| root.field(key).map(|value| texts(value).map(|(_, name)| name).collect::<Vec<_>>());
    let only = listed("framework").filter(|names| !names.is_empty() && !names.contains(&"all"));
    let skipped = listed("skip-framework").unwrap_or_default();
    for (family, names) in [
        (Family::Kubernetes, &["kubernetes", "helm", "kustomize"][..]),
        (Family::Docker, &["dockerfile"]),
        (Family::Actions, &["github_actions"]),
        (Family::Terraform, &["terraform", "terraform_json", "terraform_plan"]),
    ] {
        let is_on = |name: &&&str| only.as_ref().is_none_or(|only| only.contains(name)) && !skipped.contains(name);
        let runs = names.iter().any(|name| is_on(&name));
        plan.runs(family, if runs { run } else { Run::Nothing });
    }
    // What is skipped there and not looked at here is the same.
    for (node, name) in root.field("framework").into_iter().flat_map(texts) {
        if OTHER_FRAMEWORKS.contains(&name) {
            plan.say(node, format!("the framework `{name}` has no equivalent"));
        }
    }
}

/// Frameworks whose files nothing here looks at.
const OTHER_FRAMEWORKS: &[&str] = &[
    "ansible",
    "argo_workflows",
    "arm",
    "azure_pipelines",
    "bicep",
    "bitbucket_pipelines",
    "cdk",
    "circleci_pipelines",
    "cloudformation",
    "gitlab_ci",
    "openapi",
    "sast",
    "sca_image",
    "sca_package",
    "secrets",
    "serverless",
];

/// What alone runs: an id, a pattern, or everything from a severity up.
fn check(node: Node<'_>, id: &str, plan: &mut Plan<'_>) {
    let line = plan.line(node);
    if let Some(severity) = severity(id) {
        plan.remark(line, format!("`check: {id}` is `--min-severity {severity}` on the command line"));
        return;
    }
    for id in expanded(id, line, plan) {
        for rule in plan.named(Peer::Checkov, &id, line) {
            plan.on(rule);
        }
    }
}

fn skip_check(node: Node<'_>, id: &str, plan: &mut Plan<'_>) {
    let line = plan.line(node);
    match severity(id) {
        Some(severity) => {
            let advice = above(severity).map_or_else(
                || "has no equivalent".to_owned(),
                |least| format!("is `--min-severity {least}` on the command line"),
            );
            plan.remark(line, format!("`skip-check: {id}` {advice}"));
        }
        None => {
            for id in expanded(id, line, plan) {
                plan.off(Peer::Checkov, &id, line);
            }
        }
    }
}

/// Findings that do not fail the run: a severity and what is below it, or a check.
fn soft_fail_on(node: Node<'_>, id: &str, plan: &mut Plan<'_>) {
    let line = plan.line(node);
    if let Some(severity) = severity(id) {
        match above(severity) {
            Some(least) => plan.fail_on(least),
            None => plan.remark(line, format!("`soft-fail-on: {id}` is `--exit-zero` on the command line")),
        }
        return;
    }
    for id in expanded(id, line, plan) {
        for rule in plan.named(Peer::Checkov, &id, line) {
            // The one severity that does not fail by default.
            plan.severity(rule, Severity::Info);
        }
    }
}

fn above(severity: Severity) -> Option<Severity> {
    Severity::ALL.into_iter().filter(|other| *other > severity).min()
}

/// The ids that a pattern means; one that means none is said.
fn expanded(id: &str, line: u32, plan: &mut Plan<'_>) -> Vec<String> {
    if !id.contains('*') {
        return vec![id.to_owned()];
    }
    let ids = plan.matching(Peer::Checkov, id);
    if ids.is_empty() {
        plan.remark(line, format!("no rule stands for `{id}`"));
    }
    ids
}

/// A regular expression that names a file or folder, as a glob.
fn glob(pattern: &str) -> Option<String> {
    let (pattern, is_anchored) = pattern.strip_prefix('^').map_or((pattern, false), |rest| (rest, true));
    let body = pattern.strip_suffix('$').unwrap_or(pattern);
    let body = body.strip_suffix(".*").unwrap_or(body);
    let (body, is_anchored) = body.strip_prefix(".*").map_or((body, is_anchored), |rest| (rest, false));
    let (body, is_anchored) = body.strip_prefix("./").map_or((body, is_anchored), |rest| (rest, true));
    let body = body.replace("\\.", ".").replace("\\-", "-");
    let body = body.trim_start_matches('/');
    let is_literal = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ' ');
    if body.trim_matches('/').is_empty() || !body.chars().all(is_literal) {
        return None;
    }
    let is_name = !body.trim_end_matches('/').contains('/');
    Some(match (is_anchored, is_name) {
        (true, _) => format!("/{body}"),
        (false, true) => body.to_owned(),
        (false, false) => format!("**/{body}"),
    })
}
