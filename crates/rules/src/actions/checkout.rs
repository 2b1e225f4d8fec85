//! Checkouts: of code that outsiders wrote, and with credentials left behind.
//!
//! Decided by the inputs of `actions/checkout` and by the commands of scripts. What a program of the checked-out code does is
//! not known; that it runs is enough.

use portcullis_model::actions::{Job, Step, Workflow};
use portcullis_syntax::expression::{Path, fences};

use super::{ActionsCheck, Scope, fixes};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&UNTRUSTED_CHECKOUT, &CHECKOUT_CREDENTIALS_PERSISTED];

/// Later steps that are looked at.
const MAX_LATER: usize = 200;

rule! {
    /// Privileged workflow runs the code of a pull request
    ///
    /// `pull_request_target`, `workflow_run` and `issue_comment` run with secrets and a token that may write. Whoever opens a
    /// pull request then runs their own code with both: in a build script, a test, a hook of the package manager. Looks for a
    /// checkout of the pull request's head that a step of the same job follows which runs something.
    ///
    /// ```workflow bad:7
    /// on: pull_request_target
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///         with: { ref: "${{ github.event.pull_request.head.sha }}" }
    ///       - run: npm install
    /// ```
    /// ```workflow good
    /// on: pull_request_target
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///       - run: npm install
    ///   list:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///         with: { ref: "${{ github.event.pull_request.head.sha }}" }
    ///       - uses: actions/upload-artifact@v4
    /// ```
    UNTRUSTED_CHECKOUT = "actions-untrusted-checkout" {
        check: Check::Actions(ActionsCheck::Job(untrusted_checkout)),
        severity: Severity::Critical,
        tags: &["cwe-829"],
        peers: &[
            "scorecard:Dangerous-Workflow",
            "poutine:untrusted_checkout_exec",
            "kics:checkout_of_untrusted_code_in_privileged_context",
        ],
    }
}

fn untrusted_checkout(workflow: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let Some(trigger) = workflow.privileged_triggers().next() else { return };
    for (index, step) in job.steps.iter().enumerate() {
        let Some(checkout) = checked_out_head(step) else { continue };
        let own = matches!(checkout, Head::Command(..)).then_some(step).filter(|step| runs_more(step));
        let later = job.steps.iter().skip(index.saturating_add(1)).take(MAX_LATER).find(|step| runs_code(step));
        let Some(runner) = own.or(later) else { continue };
        let what = runner.title();
        let message = |head: &str| format!("`{}` runs with secrets, and {what} runs code of {head}", trigger.name);
        let help = "run the code in a `pull_request` workflow, and leave only what needs secrets here";
        match checkout {
            Head::Input(node) => report.at(node, message(&format!("`{}`", node.text()))).help(help),
            Head::Command(span) => report.at((span, "checkout"), message("the pull request")).help(help),
        };
    }
}

/// How a step gets the head of a pull request.
enum Head<'t> {
    Input(Node<'t>),
    Command(portcullis_core::Span),
}

fn checked_out_head<'t>(step: &Step<'t>) -> Option<Head<'t>> {
    if step.uses_action("actions/checkout") {
        let inputs = ["ref", "repository"].into_iter().filter_map(|name| step.input(name));
        return inputs.into_iter().find(|node| names_head(node.text())).map(Head::Input);
    }
    let text = step.run?.text();
    if !text.contains("gh pr checkout") && !text.contains("pull/") && !text.contains("pull_request") {
        return None;
    }
    let commands = &step.script()?.shell.commands;
    let command = commands.iter().find(|command| {
        let words: Vec<&str> = command.args.iter().map(|word| word.text.as_str()).collect();
        match command.program() {
            Some("gh") => words.starts_with(&["pr", "checkout"]),
            Some("git") => {
                words.first().is_some_and(|word| matches!(*word, "fetch" | "pull" | "checkout"))
                    && words.iter().any(|word| {
                        word.contains("pull/") && (word.contains("/head") || word.contains("/merge"))
                            || names_head(word)
                    })
            }
            _ => false,
        }
    })?;
    Some(Head::Command(command.span))
}

fn names_head(text: &str) -> bool {
    if text.starts_with("refs/pull/") {
        return true;
    }
    fences(text).filter_map(|fence| fence.expr.ok()).any(|expr| expr.sources().iter().any(|(_, path)| is_head(path)))
}

fn is_head(path: &Path) -> bool {
    path.is("github.head_ref")
        || path.starts_with("github.event.pull_request.head")
        || path.is("github.event.pull_request.merge_commit_sha")
        || path.is("github.event.workflow_run.head_sha")
        || path.is("github.event.workflow_run.head_branch")
        || path.starts_with("github.event.workflow_run.head_commit")
        || path.starts_with("github.event.workflow_run.head_repository")
        || path.starts_with("github.event.workflow_run.pull_requests")
        || path.is("github.event.check_suite.head_sha")
}

/// Actions that run what the working directory holds.
const RUNNERS: &[&str] =
    &["docker/build-push-action", "pre-commit/action", "goreleaser/goreleaser-action", "gradle/gradle-build-action"];

fn runs_code(step: &Step<'_>) -> bool {
    if let Some(uses) = step.uses {
        return matches!(uses.kind, portcullis_model::actions::UsesKind::Local(_)) || uses.is_any(RUNNERS);
    }
    step.run.is_some() && step.script().is_none_or(|script| script.shell.commands.iter().any(is_foreign))
}

/// Whether the step that fetches the head also runs something after it.
fn runs_more(step: &Step<'_>) -> bool {
    step.script().is_some_and(|script| script.shell.commands.iter().any(is_foreign))
}

/// Whether a command may run what is in the working directory: anything but what only reads, prints or talks to GitHub.
fn is_foreign(command: &portcullis_syntax::shell::Command) -> bool {
    const HARMLESS: &[&str] = &[
        "echo", "printf", "cat", "ls", "cd", "pwd", "git", "gh", "grep", "test", "[", "[[", "true", "false", "exit",
        "set", "export", "jq", "curl", "sleep", "date", "mkdir", "rm", "cp", "mv", "head", "tail", "wc", "sort", "sed",
        "cut", "tr", "if", "diff", "read", "local", "tee", "env",
    ];
    command.name.is_some() && !command.is_any(HARMLESS)
}

rule! {
    /// Checkout leaves its token behind
    ///
    /// `actions/checkout` writes the job's token to `.git/config`, where every later step, every dependency's install script
    /// and every uploaded artifact of the working directory finds it. Silent where `persist-credentials` is written, whatever
    /// its value: somebody decided.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///       - run: make
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///         with: { persist-credentials: false }
    ///       - run: make
    /// ```
    CHECKOUT_CREDENTIALS_PERSISTED = "actions-checkout-credentials-persisted" {
        check: Check::Actions(ActionsCheck::Step(credentials_persisted)),
        severity: Severity::Medium,
        confidence: Confidence::Low,
        tags: &["cwe-522"],
        peers: &["zizmor:artipacked", "kics:missing_persist_credentials_false"],
    }
}

fn credentials_persisted(step: &Step<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses.filter(|uses| uses.is("actions/checkout")) else { return };
    if step.has_unknown_inputs() || step.input("persist-credentials").is_some() {
        return;
    }
    let draft = report.at(uses.node, "the checkout leaves the job's token in `.git/config`");
    draft.help("set `persist-credentials: false`, unless a later step pushes with it");
    if let Some(fix) = fixes::without_credentials(step) {
        draft.fix(fix);
    }
    let later = scope.steps().iter().skip(step.index.saturating_add(1)).take(MAX_LATER);
    let upload = later.filter(|step| step.uses_action("actions/upload-artifact")).find_map(|step| {
        let path = step.input("path")?;
        let is_whole =
            |line: &str| matches!(line.trim(), "." | "./" | ".." | "../") || line.contains("github.workspace");
        path.text().lines().any(is_whole).then_some(path)
    });
    if let Some(path) = upload {
        draft.label(path.span(), "this uploads it").confidence(Confidence::High);
    }
}
