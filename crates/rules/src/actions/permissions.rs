//! What the token of a job may do.
//!
//! The effective permissions of a job are its own block, else the workflow's, else a setting of the repository that no file
//! tells: a missing block is reported, whatever the setting.

use portcullis_core::Span;
use portcullis_model::actions::{Access, Job, Permissions, SCOPES, Workflow, accesses};
use portcullis_syntax::Anchor;

use super::{ActionsCheck, fixes};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &EXCESSIVE_PERMISSIONS,
    &DEFAULT_PERMISSIONS_RISKY_EVENT,
    &INVALID_PERMISSION,
    &UNDOCUMENTED_PERMISSIONS,
    &UNUSED_WRITE_PERMISSION,
];

rule! {
    /// Token may do more than any job needs
    ///
    /// Without a `permissions` block the token gets whatever the repository's setting says, often everything; a write scope at
    /// the top is given to every job and to every action that they use. One finding for a missing block: at the workflow,
    /// or at the job where there is only one. Silent where each job has a block of its own, and for workflows that are only
    /// called: their caller decides.
    ///
    /// ```workflow bad:1
    /// name: ci
    /// on: push
    /// jobs:
    ///   a: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    ///   b: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow bad:2
    /// on: push
    /// permissions: write-all
    /// jobs:
    ///   a: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    ///   b: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// on: push
    /// permissions: { contents: read }
    /// jobs:
    ///   a: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    ///   b: { runs-on: ubuntu-latest, permissions: { packages: write }, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// on: push
    /// permissions: { contents: write }
    /// jobs:
    ///   a: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// # `actions-invalid-permission` reports what no token can be given.
    /// on: push
    /// permissions: { models: write, contens: write }
    /// jobs:
    ///   a: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    ///   b: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    EXCESSIVE_PERMISSIONS = "actions-excessive-permissions" {
        check: Check::Actions(ActionsCheck::Workflow(excessive_permissions)),
        severity: Severity::Medium,
        tags: &["cwe-272"],
        peers: &[
            "zizmor:excessive-permissions",
            "scorecard:Token-Permissions",
            "checkov:CKV2_GHA_1",
            "kics:workflow_write_all_permissions",
            "kics:workflow_with_overly_permissive_permissions",
        ],
        yields_to: &["actions-default-permissions-risky-event"],
    }
}

fn excessive_permissions(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    if let Some(anchor) = unset(workflow) {
        let draft = report.at(anchor, "no `permissions` block: the token gets what the repository's setting says");
        draft.confidence(Confidence::Medium).help("start with `permissions: {}` and give each job what it needs");
        if let Some(fix) = fixes::no_permissions(workflow) {
            draft.fix(fix);
        }
    }
    // Whoever calls a workflow decides what it may do, be the caller called itself.
    let calls = workflow.jobs.iter().filter(|job| workflow.is_only_reusable() && job.calls.is_some());
    for job in calls.filter(|_| !workflow.permissions().is_explicit()) {
        if let Permissions::Default(anchor) = job.permissions() {
            report
                .at(anchor, format!("{} hands on whatever token the workflow was called with", job.title()))
                .confidence(Confidence::Medium)
                .help("give the job a `permissions` block");
        }
    }
    let everywhere = is_for_many(workflow);
    let top = workflow.permissions();
    if everywhere {
        for (name, value) in top.writes() {
            report
                .at(value, format!("every job's token may write `{name}`"))
                .help(format!("move `{name}: write` to the job that needs it"));
        }
    }
    let blocks = workflow.jobs.iter().map(Job::permissions).chain(everywhere.then_some(top));
    for block in blocks {
        let (node, what) = match block {
            Permissions::WriteAll(node) => (node, "write everything"),
            Permissions::ReadAll(node) => (node, "read everything"),
            _ => continue,
        };
        report.at(node, format!("the token may {what}")).help("list the scopes that are needed");
    }
}

/// Whether the workflow's own block matters to several jobs.
fn is_for_many(workflow: &Workflow<'_>) -> bool {
    let alone = workflow.jobs.len() == 1;
    let each = workflow.jobs.iter().all(|job| job.permissions().is_explicit());
    !alone && !each && !workflow.is_only_reusable()
}

/// Where a block is missing: at the workflow, or at its only job.
fn unset<'t>(workflow: &Workflow<'t>) -> Option<Anchor<'t>> {
    let Permissions::Default(anchor) = workflow.permissions() else { return None };
    if is_for_many(workflow) {
        return Some(anchor);
    }
    let first = workflow.jobs.first().filter(|_| workflow.jobs.len() == 1 && !workflow.is_only_reusable())?;
    match first.permissions() {
        Permissions::Default(anchor) => Some(anchor),
        _ => None,
    }
}

rule! {
    /// Workflow for outsiders has the default permissions
    ///
    /// Runs that any pull request or comment causes get the repository's default token, which often may write. A mistake in
    /// such a workflow is then a way to change the repository.
    ///
    /// ```workflow bad:3
    /// on: pull_request_target
    /// jobs:
    ///   label: { runs-on: ubuntu-latest, steps: [{ run: ./label }] }
    /// ```
    /// ```workflow good
    /// on: pull_request_target
    /// permissions: { pull-requests: write }
    /// jobs:
    ///   label: { runs-on: ubuntu-latest, steps: [{ run: ./label }] }
    /// ```
    DEFAULT_PERMISSIONS_RISKY_EVENT = "actions-default-permissions-risky-event" {
        check: Check::Actions(ActionsCheck::Workflow(default_permissions_risky_event)),
        severity: Severity::Medium,
        tags: &["cwe-272"],
        peers: &["poutine:default_permissions_on_risky_events"],
    }
}

fn default_permissions_risky_event(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let (Some(trigger), Some(anchor)) = (workflow.privileged_triggers().next(), unset(workflow)) else { return };
    report
        .at(
            anchor,
            format!("`{}` runs for outsiders, with whatever token the repository's setting gives", trigger.name),
        )
        .help("add a `permissions` block with what is needed and no more");
}

rule! {
    /// Permission that does not exist
    ///
    /// GitHub refuses the workflow, or ignores the line and the step that relies on it fails.
    ///
    /// ```workflow bad:3
    /// on: push
    /// permissions:
    ///   check: write
    /// jobs: {}
    /// ```
    /// ```workflow bad:2
    /// on: push
    /// permissions: { id-token: read }
    /// jobs: {}
    /// ```
    /// ```workflow good
    /// on: push
    /// permissions: { checks: write, id-token: write, contents: none }
    /// jobs: {}
    /// ```
    INVALID_PERMISSION = "actions-invalid-permission" {
        check: Check::Actions(ActionsCheck::Workflow(invalid_permission)),
        severity: Severity::Medium,
        peers: &["actionlint:permissions"],
    }
}

fn invalid_permission(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    for block in workflow.jobs.iter().map(Job::permissions).chain([workflow.permissions()]) {
        match block {
            Permissions::Invalid(node) => {
                let message = match node.text() {
                    "" => "`permissions` is neither `read-all`, `write-all` nor a mapping".to_owned(),
                    text => format!("`{text}` is neither `read-all` nor `write-all`"),
                };
                report.at(node, message).help("write one of them, or a mapping of scopes");
            }
            Permissions::Scopes(node) if node.is_null() => {
                report.at(node.key_place(), "`permissions` has no value").help("write `permissions: {}` for none");
            }
            Permissions::Scopes(node) => {
                for (key, value) in node.entries() {
                    let Some(scope) = SCOPES.iter().find(|scope| scope.name == key.text()) else {
                        report.at(key, format!("`{}` is no scope of the token", key.text()));
                        continue;
                    };
                    if !value.is_unknown() && !scope.accesses.contains(&value.text()) {
                        let known = scope.accesses.join("`, `");
                        report
                            .at(value, format!("`{}` cannot be granted for `{}`", value.text(), scope.name))
                            .help(format!("write `{known}`"));
                    }
                }
            }
            _ => {}
        }
    }
}

rule! {
    /// Permission without a word why
    ///
    /// Nobody removes a permission of which nobody knows what it is for. A comment on the line, or above it, says so. Silent on
    /// `contents: read`, which nearly everything needs, and on `none`.
    ///
    /// ```workflow bad:6
    /// on: push
    /// permissions:
    ///   # pushes the image
    ///   packages: write
    ///   contents: read
    ///   issues: write
    /// jobs: {}
    /// ```
    /// ```workflow good
    /// on: push
    /// permissions:
    ///   issues: write # comments on failures
    /// jobs: {}
    /// ```
    /// ```workflow bad:3
    /// on: push
    /// permissions:
    ///   issues: write #
    /// jobs: {}
    /// ```
    UNDOCUMENTED_PERMISSIONS = "actions-undocumented-permissions" {
        check: Check::Actions(ActionsCheck::Workflow(undocumented_permissions)),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["zizmor:undocumented-permissions"],
    }
}

fn undocumented_permissions(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let tree = workflow.root.tree();
    for block in workflow.jobs.iter().map(Job::permissions).chain([workflow.permissions()]) {
        let Permissions::Scopes(node) = block else { continue };
        for (name, value, access) in accesses(node) {
            let is_plain = name == "contents" && access == Some(Access::Read) || access == Some(Access::None);
            if access.is_none() || is_plain {
                continue;
            }
            let comments = tree.comments();
            let next = comments.partition_point(|comment| comment.span.start < value.span().end);
            let gap = |from: u32, to: u32| tree.text().get(from as usize..to as usize).unwrap_or_default();
            let says = |span: Span| !span.slice(tree.text()).trim_matches(['#', ' ', '\t', '\r']).is_empty();
            let behind = comments
                .get(next)
                .is_some_and(|comment| !gap(value.span().end, comment.span.start).contains('\n') && says(comment.span));
            let key = value.key().map_or(value.span(), Node::span);
            let above = next.checked_sub(1).and_then(|at| comments.get(at)).is_some_and(|comment| {
                comment.own_line
                    && says(comment.span)
                    && gap(comment.span.end, key.start).bytes().filter(|byte| *byte == b'\n').count() == 1
            });
            if !behind && !above {
                report
                    .at(value.key_place(), format!("nothing says why `{name}: {}` is needed", value.text()))
                    .help("add a comment");
            }
        }
    }
}

/// Actions that do not use the token for anything but reading.
const WITHOUT_TOKEN: &[&str] = &[
    "actions/checkout",
    "actions/cache",
    "actions/setup-dotnet",
    "actions/setup-go",
    "actions/setup-java",
    "actions/setup-node",
    "actions/setup-python",
    "actions/upload-artifact",
    "actions/download-artifact",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "dtolnay/rust-toolchain",
    "Swatinem/rust-cache",
    "ruby/setup-ruby",
];

rule! {
    /// Job may write what nothing in it writes
    ///
    /// A write scope that no step uses serves only whoever takes the job over. Looks at jobs made of scripts and of a few
    /// actions that are known to need no token; silent where the job names the token, pushes with git, asks for an identity or
    /// holds any other action.
    ///
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     permissions: { contents: read, packages: write }
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///       - run: make test
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     permissions: { contents: read, packages: write }
    ///     steps:
    ///       - run: docker login ghcr.io -u x -p ${{ github.token }}
    ///   tag:
    ///     runs-on: ubuntu-latest
    ///     permissions: { contents: write }
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///       - run: git push --tags
    ///   publish:
    ///     runs-on: ubuntu-latest
    ///     permissions: { id-token: write }
    ///     steps:
    ///       - run: ./venv/bin/maturin upload dist/*
    /// ```
    UNUSED_WRITE_PERMISSION = "actions-unused-write-permission" {
        check: Check::Actions(ActionsCheck::Job(unused_write_permission)),
        severity: Severity::Low,
        confidence: Confidence::Medium,
        profile: Profile::All,
        tags: &["cwe-272"],
    }
}

fn unused_write_permission(workflow: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let writes = job.permissions().writes();
    let is_plain = !job.steps.is_empty()
        && job.steps.iter().all(|step| match step.uses {
            Some(uses) => uses.is_any(WITHOUT_TOKEN),
            None => step.script().is_some_and(|script| script.shell.complete && !pushes(&script.shell)),
        });
    if writes.is_empty() || !is_plain || names_token(workflow, job) {
        return;
    }
    let scripts = job.steps.iter().filter_map(|step| step.script());
    let is_asked = scripts.flat_map(|script| &script.shell.commands).any(asks_for_identity);
    for (name, value) in writes.into_iter().filter(|(name, _)| *name != "id-token" || !is_asked) {
        report.at(value, format!("nothing in {} writes `{name}`", job.title())).help(format!("remove `{name}: write`"));
    }
}

/// Whether a script may use the checkout's credentials, or run something that does.
fn pushes(script: &portcullis_syntax::shell::Script) -> bool {
    script.commands.iter().any(|command| {
        command.is("git") && command.args.iter().any(|word| matches!(word.text.as_str(), "push" | "remote"))
            || command.program().is_none() && command.name.is_some()
            || command.name.as_ref().is_some_and(|name| name.text.starts_with('.'))
    })
}

/// Whether a command may ask GitHub who it is, as tools do that publish, sign and deploy.
fn asks_for_identity(command: &portcullis_syntax::shell::Command) -> bool {
    command.args.iter().any(|word| IDENTIFIED.contains(&word.text.as_str()))
}

/// Subcommands of tools that know trusted publishing, keyless signing or federated logins.
const IDENTIFIED: &[&str] =
    &["attest", "attest-blob", "auth", "deploy", "login", "publish", "push", "sign", "sign-blob", "upload"];

/// Longer texts are taken to hold a token.
const MAX_TEXT: usize = 1 << 18;

/// Whether the job, or the workflow's `env`, holds the token or asks for an identity.
fn names_token(workflow: &Workflow<'_>, job: &Job<'_>) -> bool {
    let text = workflow.root.tree().text();
    let env = workflow.get("env").present();
    [Some(job.node), env].into_iter().flatten().any(|node| {
        let text = node.span().slice(text);
        text.len() > MAX_TEXT
            || ["github.token", "GITHUB_TOKEN", "GH_TOKEN", "ID_TOKEN", "secrets."]
                .iter()
                .any(|word| text.contains(word))
    })
}
