//! `trivy.yaml`.

use portcullis_core::Severity;
use portcullis_syntax::Node;

use super::peer::Family;
use super::plan::{Plan, Run};
use super::values::{severity, texts, whole_texts};

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    let scanners = root.get("misconfiguration.scanners").present();
    families(scanners, plan);
    for (key, value) in root.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "severity" => severities(key, value, plan),
            "exit-code" if value.text() == "0" => {
                plan.say(key, "`exit-code: 0` is `--exit-zero` on the command line".to_owned());
            }
            "exit-code" if value.text() != "1" => {
                plan.say(key, format!("`exit-code: {}` has no equivalent: findings give 1", value.text()));
            }
            "exit-code" => {}
            "ignorefile" => plan.say(key, format!("import `{}` as well", value.text())),
            "format" => plan.say(key, "`format` is `--format` on the command line".to_owned()),
            "output" => plan.say(key, "`output` is `--format FORMAT=PATH` on the command line".to_owned()),
            "scan" => scan(value, plan),
            "misconfiguration" => {
                for (key, value) in value.entries().filter(|(_, value)| !value.is_null()) {
                    match key.text() {
                        "scanners" => {}
                        "terraform" => terraform(value, plan),
                        _ => nested("misconfiguration", key, value, plan),
                    }
                }
            }
            _ => nothing_like(key, value, "", plan),
        }
    }
}

fn terraform(settings: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in settings.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "vars" => {
                for (node, path) in whole_texts(value) {
                    plan.say(node, format!("`{path}` is `--tf-var-file {path}` on the command line"));
                }
            }
            _ => nested("misconfiguration.terraform", key, value, plan),
        }
    }
}

/// The lowest severity that is shown is the lowest that fails.
fn severities(key: Node<'_>, value: Node<'_>, plan: &mut Plan<'_>) {
    let mut known = Vec::new();
    for (node, text) in texts(value) {
        match severity(text) {
            Some(severity) => known.push(severity),
            None if text.eq_ignore_ascii_case("UNKNOWN") => {}
            None => plan.say(node, format!("`{text}` is no severity")),
        }
    }
    let Some(lowest) = known.iter().min().copied() else { return };
    plan.fail_on(lowest);
    if let Some(missing) = Severity::ALL.into_iter().find(|other| *other > lowest && !known.contains(other)) {
        plan.say(key, format!("`{missing}` findings fail as well: a severity stands for all above it"));
    }
    if lowest > Severity::Low {
        let message = format!("lower findings are shown, but do not fail; `--min-severity {lowest}` hides them");
        plan.say(key, message);
    }
}

fn scan(scan: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in scan.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "skip-dirs" => {
                for (node, path) in whole_texts(value) {
                    plan.exclude(format!("{}/", glob(path)), plan.line(node));
                }
            }
            "skip-files" => {
                for (node, path) in whole_texts(value) {
                    plan.exclude(glob(path), plan.line(node));
                }
            }
            "scanners" => {
                for (node, name) in texts(value).filter(|(_, name)| !matches!(*name, "misconfig" | "config")) {
                    plan.say(node, format!("the scanner `{name}` has no equivalent"));
                }
            }
            // It never goes online.
            "offline" => {}
            _ => nested("scan", key, value, plan),
        }
    }
}

fn families(scanners: Option<Node<'_>>, plan: &mut Plan<'_>) {
    let only: Option<Vec<&str>> =
        scanners.map(|value| texts(value).map(|(_, name)| name).collect()).filter(|names: &Vec<_>| !names.is_empty());
    for (family, names) in [
        (Family::Kubernetes, &["kubernetes", "helm"][..]),
        (Family::Docker, &["dockerfile"]),
        (Family::Terraform, TERRAFORM),
    ] {
        let runs = only.as_ref().is_none_or(|only| names.iter().any(|name| only.contains(name)));
        plan.runs(family, if runs { Run::Defaults } else { Run::Nothing });
    }
    for (node, name) in scanners.into_iter().flat_map(texts) {
        if !matches!(name, "kubernetes" | "helm" | "dockerfile") && !TERRAFORM.contains(&name) {
            plan.say(node, format!("the scanner `{name}` has no equivalent"));
        }
    }
}

const TERRAFORM: &[&str] = &["terraform", "terraformplan", "terraformplan-json", "terraformplan-snapshot"];

fn nested(parent: &str, key: Node<'_>, value: Node<'_>, plan: &mut Plan<'_>) {
    nothing_like(key, value, &format!("{parent}."), plan);
}

/// A flag that is not set asks for nothing.
fn nothing_like(key: Node<'_>, value: Node<'_>, parent: &str, plan: &mut Plan<'_>) {
    if value.as_bool() != Some(false) {
        plan.say(key, format!("`{parent}{}` has no equivalent", key.text()));
    }
}

/// A path of Trivy's, which starts at the root of the scan: here a name alone would be looked for in every folder.
pub(super) fn glob(path: &str) -> String {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    if path.starts_with("**") || path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}
