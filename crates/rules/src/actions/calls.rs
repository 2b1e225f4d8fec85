//! What is handed to actions and workflows: `uses:`, inputs and secrets.
//!
//! Actions and workflows of the repository are read; of others, the inputs of a few that many use are known, and only a name
//! that nearly is one of theirs is called wrong.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::actions::{Interface, Job, Local, Parameter, Step, Uses, UsesKind, Workflow};
use portcullis_syntax::Value;

use super::{ActionsCheck, Scope};
use crate::dockerfile::near::nearest;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&USES_FORMAT_INVALID, &WORKFLOW_CALL_INVALID];

/// Inputs of popular actions, as of 2026-08-22.
const INPUTS: &[(&str, &[&str])] = &[
    (
        "actions/checkout",
        &[
            "repository",
            "ref",
            "token",
            "ssh-key",
            "ssh-known-hosts",
            "ssh-strict",
            "ssh-user",
            "persist-credentials",
            "path",
            "clean",
            "filter",
            "sparse-checkout",
            "sparse-checkout-cone-mode",
            "fetch-depth",
            "fetch-tags",
            "show-progress",
            "lfs",
            "submodules",
            "set-safe-directory",
            "github-server-url",
        ],
    ),
    (
        "actions/cache",
        &[
            "path",
            "key",
            "restore-keys",
            "upload-chunk-size",
            "enableCrossOsArchive",
            "fail-on-cache-miss",
            "lookup-only",
            "save-always",
        ],
    ),
    (
        "actions/upload-artifact",
        &[
            "name",
            "path",
            "if-no-files-found",
            "retention-days",
            "compression-level",
            "overwrite",
            "include-hidden-files",
            "archive",
        ],
    ),
    (
        "actions/setup-node",
        &[
            "always-auth",
            "node-version",
            "node-version-file",
            "architecture",
            "check-latest",
            "registry-url",
            "scope",
            "token",
            "cache",
            "package-manager-cache",
            "cache-dependency-path",
            "mirror",
            "mirror-token",
        ],
    ),
    (
        "actions/setup-python",
        &[
            "python-version",
            "python-version-file",
            "cache",
            "architecture",
            "check-latest",
            "token",
            "cache-dependency-path",
            "update-environment",
            "allow-prereleases",
            "freethreaded",
            "pip-version",
            "pip-install",
        ],
    ),
];

rule! {
    /// `uses:` or an input of it cannot be what is meant
    ///
    /// `uses:` is `owner/repo@ref`, `./path`, `$/path` or `docker://image`. Inputs that an action does not have are ignored with
    /// a warning that nobody reads, and a required one that is missing fails the step. Actions of the repository are read;
    /// of popular ones, only a name that nearly is one of their inputs, or was one once, is reported. Silent on actions that are not in the
    /// repository: an earlier step may make them.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout
    /// ```
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///         with: { fetch_depth: 0 }
    /// ```
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   publish:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: pypa/gh-action-pypi-publish@release/v1
    ///         with: { packages_dir: dist }
    /// ```
    /// ```yaml bad:7
    /// file=.github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: ./greet
    ///         with: { whom: you }
    /// file=greet/action.yml
    /// name: greet
    /// description: greets
    /// inputs: { who: { description: whom } }
    /// runs: { using: composite, steps: [] }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///         with: { fetch-depth: 0 }
    ///       - uses: $/.github/actions/greet
    ///       - uses: docker://alpine:3.22
    ///       - uses: somebody/something/below@v1
    ///         with: { anything: goes }
    /// ```
    USES_FORMAT_INVALID = "actions-uses-format-invalid" {
        check: Check::Actions(ActionsCheck::Step(uses_format_invalid)),
        severity: Severity::Low,
        peers: &["actionlint:action"],
    }
}

fn uses_format_invalid(step: &Step<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses else { return };
    match uses.kind {
        UsesKind::Invalid => {
            report
                .at(uses.node, format!("`{}` names no action", uses.node.text()))
                .help("write `owner/repo@ref`, `./path` or `docker://image`");
        }
        UsesKind::Local(path) => match scope.locals().get(path) {
            Some(Local::Missing) if path.starts_with("./.github/actions/") && !is_made(scope) => {
                report.at(uses.node, format!("there is no action in `{path}`")).help("check the path");
            }
            Some(Local::Known(interface)) => {
                let holder = step.node.get("with").present();
                given(holder, &interface.inputs, interface, uses, "input", report);
            }
            _ => {}
        },
        UsesKind::Repository { .. } => {
            popular(step, uses, report);
            renamed(step, uses, report);
            required(step, uses, report);
        }
        UsesKind::Docker(image) if image.ends_with([':', '@']) => {
            report.at(uses.node, format!("`{image}` lacks what stands behind its last sign"));
        }
        _ => {}
    }
}

/// Whether an earlier step may make folders: a checkout of another repository or to another path.
fn is_made(scope: Scope<'_, '_>) -> bool {
    scope.steps().iter().any(|step| {
        step.uses_action("actions/checkout") && ["repository", "path"].iter().any(|input| step.input(input).is_some())
    })
}

fn popular(step: &Step<'_>, uses: Uses<'_>, report: &mut Report<'_>) {
    let Some((name, known)) = INPUTS.iter().find(|(name, _)| uses.is(name)) else { return };
    let with = step.get("with").present().map(Node::entries).into_iter().flatten();
    for (key, _) in with.filter(|(key, _)| !known.iter().any(|known| known.eq_ignore_ascii_case(key.text()))) {
        if let Some(meant) = nearest(key.text(), known.iter().copied()) {
            report.at(key, format!("`{name}` has no input `{}`", key.text())).help(format!("did you mean `{meant}`?"));
        }
    }
}

/// Inputs of popular actions that go under another name now.
const RENAMED: &[(&str, &[(&str, &str)])] = &[
    (
        "pypa/gh-action-pypi-publish",
        &[
            ("packages_dir", "packages-dir"),
            ("print_hash", "print-hash"),
            ("repository_url", "repository-url"),
            ("skip_existing", "skip-existing"),
            ("verify_metadata", "verify-metadata"),
        ],
    ),
    ("reviewdog/action-actionlint", &[("fail_on_error", "fail_level")]),
    ("reviewdog/action-hadolint", &[("fail_on_error", "fail_level")]),
    ("reviewdog/action-shellcheck", &[("fail_on_error", "fail_level")]),
];

fn renamed(step: &Step<'_>, uses: Uses<'_>, report: &mut Report<'_>) {
    let Some((name, inputs)) = RENAMED.iter().find(|(name, _)| uses.is(name)) else { return };
    let with = step.get("with").present().map(Node::entries).into_iter().flatten();
    for (key, _) in with {
        if let Some((_, now)) = inputs.iter().find(|(old, _)| old.eq_ignore_ascii_case(key.text())) {
            report
                .at(key, format!("the input `{}` of `{name}` is deprecated", key.text()))
                .help(format!("use `{now}`"));
        }
    }
}

/// Inputs without which popular actions fail.
const REQUIRED: &[(&str, &[&str])] = &[
    ("actions/cache", &["path", "key"]),
    ("actions/cache/restore", &["path", "key"]),
    ("actions/cache/save", &["path", "key"]),
    ("actions/github-script", &["script"]),
    ("actions/upload-artifact", &["path"]),
];

fn required(step: &Step<'_>, uses: Uses<'_>, report: &mut Report<'_>) {
    let Some((name, inputs)) = REQUIRED.iter().find(|(name, _)| uses.is(name)) else { return };
    let missing = inputs.iter().find(|input| step.input(input).is_none());
    if let Some(input) = missing.filter(|_| !step.has_unknown_inputs()) {
        report.at(uses.node, format!("`{name}` needs the input `{input}`")).help(format!("add `{input}`"));
    }
}

/// Declared names that a wrong one is compared with.
const MAX_NAMES: usize = 100;

/// Compares what is given with what is declared.
fn given(
    holder: Option<Node<'_>>,
    declared: &BTreeMap<String, Parameter>,
    interface: &Interface,
    uses: Uses<'_>,
    what: &str,
    report: &mut Report<'_>,
) {
    let path = uses.node.text();
    if interface.is_open || holder.is_some_and(|node| !node.is_map() || node.is_open()) {
        return;
    }
    let entries = || holder.map(Node::entries).into_iter().flatten();
    for (key, value) in entries() {
        let Some(parameter) = declared.get(&key.text().to_ascii_lowercase()) else {
            let draft = report.at(key, format!("`{path}` has no {what} `{}`", key.text()));
            if let Some(meant) =
                nearest(key.text(), declared.values().take(MAX_NAMES).map(|parameter| parameter.name.as_str()))
            {
                draft.help(format!("did you mean `{meant}`?"));
            }
            continue;
        };
        if let Some(why) = &parameter.deprecated {
            report.at(key, format!("the {what} `{}` of `{path}` is deprecated: {why}", key.text()));
        }
        if let Some(wanted) = mismatch(value, parameter) {
            report.at(value, format!("`{}` of `{path}` is a {wanted}", key.text()));
        }
    }
    let names: BTreeSet<String> = entries().map(|(key, _)| key.text().to_ascii_lowercase()).collect();
    for (name, parameter) in declared.iter().filter(|(_, parameter)| parameter.required) {
        if !names.contains(name) {
            report
                .at(uses.node, format!("`{path}` needs the {what} `{}`", parameter.name))
                .help(format!("add `{}`", parameter.name));
        }
    }
}

/// The type that a value ought to have and has not.
fn mismatch(value: Node<'_>, parameter: &Parameter) -> Option<&'static str> {
    match (parameter.kind.as_deref()?, value.value()) {
        (_, Value::Unknown(_) | Value::Template(_) | Value::Null) => None,
        ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => None,
        ("boolean", _) => Some("boolean"),
        ("number", _) => Some("number"),
        _ => None,
    }
}

rule! {
    /// Call of a workflow does not fit what it declares
    ///
    /// A path that is no workflow, an input or secret that it does not have, one that it requires, a value of another type:
    /// GitHub refuses the run. Workflows of the repository are read; of others only the form of the path is judged.
    ///
    /// ```yaml bad:4
    /// file=.github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   deploy:
    ///     uses: ./.github/workflows/deploy.yml
    /// file=.github/workflows/deploy.yml
    /// on:
    ///   workflow_call:
    ///     inputs: { target: { type: string, required: true } }
    /// jobs: { deploy: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   deploy:
    ///     uses: octo-org/repo/deploy@v1
    /// ```
    /// ```yaml good
    /// file=.github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   deploy:
    ///     uses: ./.github/workflows/deploy.yml
    ///     with: { target: "${{ github.ref_name }}", dry: true }
    ///     secrets: inherit
    ///   other:
    ///     uses: octo-org/repo/.github/workflows/deploy.yml@v1
    /// file=.github/workflows/deploy.yml
    /// on:
    ///   workflow_call:
    ///     inputs: { target: { type: string, required: true }, dry: { type: boolean } }
    ///     secrets: { TOKEN: { required: true } }
    /// jobs: { deploy: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    WORKFLOW_CALL_INVALID = "actions-workflow-call-invalid" {
        check: Check::Actions(ActionsCheck::Job(workflow_call_invalid)),
        severity: Severity::Low,
        peers: &["actionlint:workflow-call"],
    }
}

fn workflow_call_invalid(workflow: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let Some(uses) = job.calls else { return };
    let is_file = |path: &str| {
        let path = path.trim_start_matches("./");
        path.strip_prefix(".github/workflows/")
            .is_some_and(|name| !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml")))
    };
    let fits = match uses.kind {
        UsesKind::Repository { path, .. } => path.ends_with(".yml") || path.ends_with(".yaml"),
        UsesKind::Local(path) => is_file(path),
        UsesKind::SameRepository(path) => is_file(path),
        UsesKind::Unknown => true,
        UsesKind::Docker(_) | UsesKind::Invalid => false,
    };
    if !fits {
        report
            .at(uses.node, format!("`{}` is not the path of a workflow", uses.node.text()))
            .help("write `./.github/workflows/name.yml` or `owner/repo/.github/workflows/name.yml@ref`");
        return;
    }
    let UsesKind::Local(path) = uses.kind else { return };
    match workflow.locals.get(path) {
        Some(Local::Missing) => {
            report.at(uses.node, format!("there is no workflow at `{path}`")).help("check the path");
        }
        Some(Local::Known(interface)) if !interface.is_callable && !interface.is_open => {
            report.at(uses.node, format!("`{path}` cannot be called")).help("add `workflow_call` to its `on:`");
        }
        Some(Local::Known(interface)) => {
            given(job.get("with").present(), &interface.inputs, interface, uses, "input", report);
            // `inherit` is no mapping, and hands over all there are.
            given(job.get("secrets").present(), &interface.secrets, interface, uses, "secret", report);
        }
        _ => {}
    }
}
