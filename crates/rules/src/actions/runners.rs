//! Runners: the house's own, and labels that no runner has.
//!
//! Labels of self-hosted runners are free; only what nearly is a label of GitHub's is called wrong.

use portcullis_model::actions::{Job, Os, Workflow, one_or_many, operating_system};

use super::ActionsCheck;
use crate::dockerfile::near::nearest;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SELF_HOSTED_RUNNER, &SELF_HOSTED_ON_PR, &RUNNER_LABEL_UNKNOWN];

rule! {
    /// Job runs on a runner of the house's own
    ///
    /// Self-hosted runners keep what a job leaves behind, unless they are set up to forget it, and stand in the house's network.
    /// In a public repository a pull request reaches them.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: [self-hosted, linux]
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    SELF_HOSTED_RUNNER = "actions-self-hosted-runner" {
        check: Check::Actions(ActionsCheck::Job(self_hosted_runner)),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["zizmor:self-hosted-runner"],
        yields_to: &["actions-self-hosted-on-pr"],
    }
}

fn self_hosted_runner(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    if let Some(node) = self_hosted(job) {
        report
            .at(node, format!("{} runs on a self-hosted runner", job.title()))
            .help("use runners that are made for one job, and keep them out of the house's network");
    }
}

rule! {
    /// Pull request runs on a runner of the house's own
    ///
    /// A pull request from a fork runs its own code. On a self-hosted runner that code reaches the network of the house, and
    /// may stay for the next job. Harmless in a private repository, which the file does not tell.
    ///
    /// ```workflow bad:4
    /// on: pull_request
    /// jobs:
    ///   test:
    ///     runs-on: self-hosted
    ///     steps: [{ run: make test }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   test:
    ///     runs-on: self-hosted
    ///     steps: [{ run: make test }]
    /// ```
    SELF_HOSTED_ON_PR = "actions-self-hosted-on-pr" {
        check: Check::Actions(ActionsCheck::Job(self_hosted_on_pr)),
        severity: Severity::High,
        confidence: Confidence::Medium,
        profile: Profile::All,
        peers: &["poutine:pr_runs_on_self_hosted", "kics:self_hosted_runner_in_pull_request_workflow"],
    }
}

fn self_hosted_on_pr(workflow: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let is_pr = workflow.has_trigger("pull_request") || workflow.has_trigger("pull_request_target");
    if let Some(node) = self_hosted(job).filter(|_| is_pr) {
        report
            .at(node, format!("pull requests run {} on a self-hosted runner", job.title()))
            .help("run pull requests on GitHub's runners, or require approval for each run");
    }
}

/// The label that names a self-hosted runner, in the job or in the matrix that it takes its labels from.
fn self_hosted<'t>(job: &Job<'t>) -> Option<Node<'t>> {
    let is_own = |node: &Node<'t>| node.text().eq_ignore_ascii_case("self-hosted");
    let labels = job.labels();
    if let Some(label) = labels.iter().find(|label| is_own(label)) {
        return Some(*label);
    }
    // A runner group is the house's own.
    if let Some(group) = job.get("runs-on.group").present() {
        return Some(group);
    }
    let from_matrix = labels.iter().any(|label| label.text().contains("matrix."));
    let matrix = job.get("strategy.matrix").present().filter(|_| from_matrix)?;
    let rows = matrix.entries().filter(|(key, _)| key.text() != "exclude").flat_map(|(_, row)| row.items());
    let values = rows.flat_map(|value| one_or_many(value).into_iter().chain(value.entries().map(|(_, value)| value)));
    let excluded = matrix.get("exclude").present().map(Node::items).into_iter().flatten();
    let is_excluded = excluded.flat_map(Node::entries).any(|(_, value)| is_own(&value));
    let is_among = values.flat_map(one_or_many).any(|value| is_own(&value));
    labels.first().copied().filter(|_| is_among && !is_excluded)
}

/// Labels of GitHub's runners, and those that every self-hosted one has.
/// <https://docs.github.com/en/actions/reference/runners/github-hosted-runners>, as of 2026-08-22.
const LABELS: &[&str] = &[
    "ubuntu-latest",
    "ubuntu-26.04",
    "ubuntu-26.04-arm",
    "ubuntu-24.04",
    "ubuntu-24.04-arm",
    "ubuntu-22.04",
    "ubuntu-22.04-arm",
    "ubuntu-slim",
    "windows-latest",
    "windows-2025",
    "windows-2025-vs2026",
    "windows-2022",
    "windows-11-arm",
    "macos-latest",
    "macos-latest-xlarge",
    "macos-latest-large",
    "macos-26",
    "macos-26-xlarge",
    "macos-26-large",
    "macos-26-intel",
    "macos-15",
    "macos-15-xlarge",
    "macos-15-large",
    "macos-15-intel",
    "macos-14",
    "macos-14-xlarge",
    "macos-14-large",
    "self-hosted",
    "linux",
    "macos",
    "windows",
    "x64",
    "arm",
    "arm64",
];

/// Images of GitHub's that are gone.
const GONE: &[&str] = &[
    "ubuntu-16.04",
    "ubuntu-18.04",
    "ubuntu-20.04",
    "windows-2016",
    "windows-2019",
    "macos-10.15",
    "macos-11",
    "macos-12",
    "macos-12-large",
    "macos-12-xlarge",
    "macos-13",
    "macos-13-large",
    "macos-13-xlarge",
];

rule! {
    /// No runner has such a label
    ///
    /// The job waits for a day and fails. Reports labels that are nearly one of GitHub's, images that GitHub has removed, and
    /// labels of two systems on one job; other labels may be of the house's own runners. Where the option `labels` names
    /// those, every other label is reported; `*` and `?` stand for any text and any character in them.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-lastest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     strategy:
    ///       matrix: { os: [windows-latest, linux] }
    ///     runs-on: [ubuntu-latest, "${{ matrix.os }}"]
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: [self-hosted, linux, gpu-large]
    ///     steps: [{ run: make }]
    /// ```
    RUNNER_LABEL_UNKNOWN = "actions-runner-label-unknown" {
        check: Check::Actions(ActionsCheck::Job(runner_label_unknown)),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["actionlint:runner-label"],
        options: &[OptionMeta {
            name: "labels",
            shape: OptionShape::Strings,
            docs: "labels of the house's own runners",
        }],
    }
}

/// The key of `${{ matrix.KEY }}`.
fn matrix_key(label: &str) -> Option<&str> {
    let name = label.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim().strip_prefix("matrix.")?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).then_some(name)
}

/// Whether `text` is what `pattern` means: `*` is any text, `?` any character.
fn is_match(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut here, mut at) = (0_usize, 0_usize);
    // The last star, and where what it stands for ends so far.
    let mut star = None;
    while at < text.len() {
        match (pattern.get(here), star) {
            (Some(b'*'), _) => {
                star = Some((here, at));
                here = here.saturating_add(1);
            }
            (Some(wanted), _) if *wanted == b'?' || text.get(at) == Some(wanted) => {
                here = here.saturating_add(1);
                at = at.saturating_add(1);
            }
            (_, Some((start, end))) => {
                star = Some((start, end.saturating_add(1)));
                here = start.saturating_add(1);
                at = end.saturating_add(1);
            }
            (_, None) => return false,
        }
    }
    pattern.get(here..).is_some_and(|rest| rest.iter().all(|wanted| *wanted == b'*'))
}

fn runner_label_unknown(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let labels = job.labels();
    let fixed: Vec<Node<'_>> = labels.iter().copied().filter(|label| !label.text().contains("${{")).collect();
    for label in labels.iter().filter(|_| !fixed.is_empty()) {
        // What the matrix puts beside labels that stay.
        let Some(name) = matrix_key(label.text()) else { continue };
        for value in job.matrix_values(name) {
            let os = operating_system(Lookup::Present(value));
            let other = fixed.iter().find(|other| {
                let other = operating_system(Lookup::Present(**other));
                os != Os::Unknown && other != Os::Unknown && other != os
            });
            if let Some(other) = other {
                let message = format!("no runner has both `{}` and `{}`", other.text(), value.text());
                report.at(value, message).help("name one system, or put all labels into the matrix");
            }
        }
    }
    let own = report.options().map_or(&[][..], |options| options.strings("labels"));
    let mut systems: Vec<(Os, &str)> = Vec::new();
    for label in labels.iter().filter(|label| !label.text().contains("${{")) {
        let text = label.text().to_ascii_lowercase();
        if own.iter().any(|pattern| is_match(&pattern.to_ascii_lowercase(), &text)) {
            continue;
        }
        if GONE.contains(&text.as_str()) {
            report.at(*label, format!("GitHub has removed the image `{}`", label.text())).help("use a newer image");
        } else if !LABELS.contains(&text.as_str())
            && let Some(meant) = nearest(&text, LABELS.iter().copied())
            && text.len() > 6
            && !text.contains(|c: char| c.is_ascii_digit())
        {
            report.at(*label, format!("no runner has the label `{}`", label.text())).help(format!("write `{meant}`"));
        } else if !own.is_empty() && !LABELS.contains(&text.as_str()) {
            let message = format!("`{}` is no label of GitHub's runners, nor of the house's own", label.text());
            report.at(*label, message).help("correct the label, or name it in the option `labels`");
        }
        let os = operating_system(Lookup::Present(*label));
        if os == Os::Unknown {
            continue;
        }
        if let Some((_, other)) = systems.iter().find(|(other, _)| *other != os) {
            let message = format!("no runner has both `{other}` and `{}`", label.text());
            report.at(*label, message).help("name one system, or use a matrix");
        }
        systems.push((os, label.text()));
    }
}
