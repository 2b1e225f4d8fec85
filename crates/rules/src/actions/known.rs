//! Actions of which something is known: a vulnerability, an archived repository, a runtime that is gone, a name that is
//! nearly another's.
//!
//! The tables end at the date that they give. A commit says its version only by the comment behind it; without one, and where
//! a tag such as `v4` may be newer than the defect, there is no finding.

use portcullis_model::actions::{Step, Uses, UsesKind, is_commit};

use super::known_table::{ADVISORIES, ARCHIVED, Advisory, Level, POPULAR, RUNTIMES, Reach};
use super::{ActionsCheck, Scope};
use crate::dockerfile::near::distance;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&KNOWN_VULNERABLE_ACTIONS, &KNOWN_VULNERABLE_ACTIONS_MODERATE, &ARCHIVED_USES, &OUTDATED_ACTION, &TYPOSQUAT_USES];

rule! {
    /// Action has a known vulnerability
    ///
    /// The version that is named is one that an advisory of GitHub's database covers, rated high or critical. Knows the
    /// advisories of a table as of 2026-11-21. A tag such as `v4` counts only where every version that it can stand for is
    /// covered; a commit counts by the version in the comment behind it, and not at all where it is the tags that were moved.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: tj-actions/changed-files@v45
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/download-artifact@v4
    ///       - uses: actions/download-artifact@v3
    ///       - uses: tj-actions/changed-files@ed68ef82c095e0d48ec87eccea555d944a631a4c # v46.0.5
    ///       # The tag was moved, the commit was not.
    ///       - uses: tj-actions/changed-files@d6e91a2266cdb9d62096cebf1e8546899c6aa18f # v45.0.6
    ///       - uses: super-linter/super-linter@v8
    /// ```
    KNOWN_VULNERABLE_ACTIONS = "actions-known-vulnerable-actions" {
        check: Check::Actions(ActionsCheck::Uses(|uses, report| vulnerable(uses, Level::High, report))),
        severity: Severity::High,
        tags: &["cwe-1395"],
        peers: &[
            "zizmor:known-vulnerable-actions",
            "poutine:known_vulnerability_in_build_component",
            "kics:tj-actions-changed-files",
        ],
    }
}

rule! {
    /// Action has a known vulnerability of moderate severity
    ///
    /// As `actions-known-vulnerable-actions`, for advisories that are rated moderate or low: they need a certain setup, or
    /// concern a second line of defence.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: step-security/harden-runner@v2.10.1
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: step-security/harden-runner@v2
    ///       - uses: step-security/harden-runner@v2.16.0
    ///       - uses: step-security/harden-runner@0123456789012345678901234567890123456789
    /// ```
    KNOWN_VULNERABLE_ACTIONS_MODERATE = "actions-known-vulnerable-actions-moderate" {
        check: Check::Actions(ActionsCheck::Uses(|uses, report| vulnerable(uses, Level::Moderate, report))),
        severity: Severity::Medium,
        tags: &["cwe-1395"],
        peers: &["zizmor:known-vulnerable-actions", "poutine:known_vulnerability_in_build_component"],
        yields_to: &["actions-known-vulnerable-actions"],
    }
}

fn vulnerable(uses: &Uses<'_>, level: Level, report: &mut Report<'_>) {
    let UsesKind::Repository { path, reference, .. } = uses.kind else { return };
    let Some(repository) = uses.repository() else { return };
    let is_named = |advisory: &&Advisory| match advisory.action.strip_prefix(&*repository) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('/').is_some_and(|wanted| wanted.eq_ignore_ascii_case(path)),
        None => false,
    };
    let mut known = ADVISORIES.iter().filter(is_named).filter(|advisory| advisory.level == level).peekable();
    if known.peek().is_none() {
        return;
    }
    let Some(version) = uses.version() else { return };
    let covers = |known: &&Advisory| {
        let is_moved = known.reach == Reach::Version || !is_commit(reference);
        is_moved && version.is_before(known.fixed) && !version.is_before(known.introduced)
    };
    // The advisory that is mended last.
    let found = known.filter(covers).max_by_key(|advisory| advisory.fixed);
    if let Some(advisory) = found {
        let (major, minor, patch) = advisory.fixed;
        let Advisory { id, published, about, .. } = advisory;
        report
            .at(uses.node, format!("{repository} before {major}.{minor}.{patch}: {about} ({id}, {published})"))
            .help(format!("update it to {major}.{minor}.{patch} or later, pinned to the commit"));
    }
}

rule! {
    /// Action is archived
    ///
    /// Nobody mends an archived repository: it keeps its vulnerabilities and stops working when the runner changes. Knows the
    /// repositories of a table as of 2026-08-07.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions-rs/toolchain@v1
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    /// ```
    ARCHIVED_USES = "actions-archived-uses" {
        check: Check::Actions(ActionsCheck::UsesAndPreCommit(archived, archived_hooks)),
        severity: Severity::Medium,
        tags: &["cwe-1104"],
        peers: &["zizmor:archived-uses"],
    }
}

fn archived(uses: &Uses<'_>, report: &mut Report<'_>) {
    let Some(repository) = uses.repository() else { return };
    let Some((_, instead)) = ARCHIVED.iter().find(|(name, _)| *name == repository) else { return };
    let help = if instead.is_empty() { "use another, or a script".to_owned() } else { format!("use {instead}") };
    report.at(uses.node, format!("the repository of `{repository}` is archived")).help(help);
}

/// Repositories of hooks that are archived. As for actions.
const ARCHIVED_HOOKS: &[&str] = &[
    "apidevtools/swagger-cli",
    "aquasecurity/cfsec",
    "araichev/gtfs_kit",
    "asottile-archive/seed-isort-config",
    "benmezger/gjira",
    "brettcannon/caniusepython3",
    "dariuszporowski/chatgpt-pre-commit-hooks",
    "datreeio/datree",
    "dnephin/pre-commit-golang",
    "gherynos/pre-commit-java",
    "gruntwork-io/terraform-aws-couchbase",
    "hcodes/yaspeller",
    "jeffa5/typstfmt",
    "josephfrazier/prettier_d",
    "life4/flakehell",
    "lucas-c/pre-commit-hooks-bandit",
    "mapbox/secret-shield",
    "marcogorelli/absolufy-imports",
    "nix-community/nixpkgs-fmt",
    "onedr0p/sops-pre-commit",
    "owenlamont/uv-secure",
    "pre-commit/mirrors-autopep8",
    "pre-commit/mirrors-isort",
    "pre-commit/mirrors-jshint",
    "pre-commit/mirrors-prettier",
    "pre-commit/mirrors-puppet-lint",
    "pre-commit/mirrors-pylint",
    "pre-commit/mirrors-ruby-lint",
    "pre-commit/mirrors-yapf",
    "pycqa/pydocstyle",
    "rapidsai/frigate",
    "seandstewart/typical",
    "segmentio/golines",
    "snok/pep585-upgrade",
    "sphinx-quant/sphinx-quant",
    "tenable/terrascan",
    "terrencepreilly/darglint",
    "thegeeklab/ansible-later",
];

fn archived_hooks(root: Node<'_>, report: &mut Report<'_>) {
    let repos = root.get("repos").present().map(Node::items).into_iter().flatten();
    for node in repos.filter_map(|entry| entry.get("repo").present()) {
        let Some(path) = node.text().strip_prefix("https://github.com/") else { continue };
        let name = path.trim_end_matches('/').trim_end_matches(".git").to_ascii_lowercase();
        if ARCHIVED_HOOKS.contains(&name.as_str()) {
            report
                .at(node, format!("the repository of hooks `{name}` is archived"))
                .help("use another, or a local hook");
        }
    }
}

rule! {
    /// Action runs on a Node version that runners no longer have
    ///
    /// Actions for Node 12 and 16 are run by a newer Node at best, and with a warning; they get no updates. Knows the actions
    /// of a table; an action's own metadata is judged as well.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v3
    /// ```
    /// ```action bad:4
    /// name: greet
    /// description: greets
    /// runs:
    ///   using: node16
    ///   main: index.js
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///       - uses: actions/checkout@main
    /// ```
    OUTDATED_ACTION = "actions-outdated-action" {
        check: Check::Actions(ActionsCheck::StepAndAction(outdated_step, outdated_runtime)),
        severity: Severity::Low,
        peers: &["actionlint:action"],
    }
}

fn outdated_step(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses else { return };
    let Some((name, first)) = RUNTIMES.iter().find(|(name, _)| uses.is(name)) else { return };
    // `v3-node20` is a version 3 that was made for a newer Node.
    if uses.reference().is_some_and(|reference| reference.contains("node2")) {
        return;
    }
    if let Some(version) = uses.version().filter(|version| version.major < *first && version.major > 0) {
        report
            .at(uses.node, format!("version {} of `{name}` runs on a Node that runners no longer have", version.major))
            .help(format!("update it to version {first} or later"));
    }
}

fn outdated_runtime(action: &portcullis_model::actions::Action<'_>, report: &mut Report<'_>) {
    if let portcullis_model::actions::Runtime::Node(node) = action.runtime
        && matches!(node.text(), "node12" | "node16")
    {
        report.at(node, format!("runners no longer have `{}`", node.text())).help("use `node24`, or at least `node20`");
    }
}

rule! {
    /// Action's name is nearly that of a popular one
    ///
    /// `action/checkout` is somebody else's repository: it gets the job's secrets and may do what the real one does besides.
    /// Compares with a table of popular actions; reports one letter added, left out, changed or two swapped, and nothing that
    /// is itself popular or has the same owner.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: action/checkout@v4
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///       - uses: actions/setup-node@v4
    ///       - uses: docker/login-action@v3
    /// ```
    TYPOSQUAT_USES = "actions-typosquat-uses" {
        check: Check::Actions(ActionsCheck::Step(typosquat)),
        severity: Severity::High,
        confidence: Confidence::Low,
        tags: &["cwe-1357"],
        peers: &["zizmor:typosquat-uses"],
    }
}

fn typosquat(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses else { return };
    let UsesKind::Repository { owner, .. } = uses.kind else { return };
    let Some(repository) = uses.repository() else { return };
    if POPULAR.contains(&repository.as_str()) || ARCHIVED.iter().any(|(name, _)| *name == repository) {
        return;
    }
    let is_near = |name: &&&str| {
        let same_owner = name.split_once('/').is_some_and(|(other, _)| other.eq_ignore_ascii_case(owner));
        !same_owner && name.len().abs_diff(repository.len()) <= 1 && distance(name, &repository) == 1
    };
    // A misspelt repository of the right owner does not exist, and GitHub says so.
    if let Some(meant) = POPULAR.iter().find(is_near) {
        report
            .at(uses.node, format!("`{repository}` is not `{meant}`, which it looks like"))
            .help(format!("write `{meant}`, if that is what is meant"));
    }
}
