//! Features that are better left alone: of actions, of shells, of steps that are meant to guard.

use portcullis_model::actions::{Shell, Step};
use portcullis_syntax::shell::{Command, Joined};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&SHELL_OR_INPUT_MISFEATURE, &SUPERFLUOUS_ACTIONS, &CONTINUE_ON_ERROR_SECURITY_STEP];

rule! {
    /// Shell or input that makes more trouble than it saves
    ///
    /// `cmd` has no grammar that anybody could check and has not been the default for years; `pip-install` of setup-python
    /// writes into an environment that differs from runner to runner; a shell of one's own hides what runs.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: windows-latest
    ///     steps:
    ///       - run: dir
    ///         shell: cmd
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: windows-latest
    ///     steps:
    ///       - run: ls
    ///         shell: pwsh
    /// ```
    SHELL_OR_INPUT_MISFEATURE = "actions-shell-or-input-misfeature" {
        check: Check::Actions(ActionsCheck::Step(misfeature)),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["zizmor:misfeature"],
    }
}

fn misfeature(step: &Step<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    if step.uses_action("actions/setup-python")
        && let Some(node) = step.input("pip-install")
    {
        report
            .at(node.key_place(), "`pip-install` writes into an environment that differs from runner to runner")
            .help("install into a virtual environment, in a script");
    }
    if step.run.is_none() || !matches!(step.shell, Shell::Cmd | Shell::Custom(_)) {
        return;
    }
    let holders = [Some(step.node), scope.job().map(|job| job.node), scope.workflow().map(|workflow| workflow.root)];
    let written = holders.into_iter().enumerate().find_map(|(at, holder)| {
        let path = if at == 0 { "shell" } else { "defaults.run.shell" };
        holder?.get(path).present()
    });
    if let Some(node) = written {
        report.at(node, format!("`{}` cannot be checked", node.text())).help("use `bash` or `pwsh`");
    }
}

/// Actions that do what a program of the runner does as well.
const SUPERFLUOUS: &[(&str, &str)] = &[
    ("actions-ecosystem/action-add-labels", "gh issue edit --add-label"),
    ("actions-ecosystem/action-remove-labels", "gh issue edit --remove-label"),
    ("addnab/docker-run-action", "docker run"),
    ("dacbd/create-issue-action", "gh issue create"),
    ("dtolnay/rust-toolchain", "rustup toolchain install"),
    ("elgohr/Github-Release-Action", "gh release create"),
    ("ncipollo/release-action", "gh release create"),
    ("peter-evans/create-or-update-comment", "gh issue comment"),
    ("sergeysova/jq-action", "jq"),
    ("softprops/action-gh-release", "gh release create"),
    ("svenstaro/upload-release-action", "gh release upload"),
];

rule! {
    /// Action does what the runner can do by itself
    ///
    /// Each action is code of somebody else with the job's token. GitHub's runners have gh, jq, docker and rustup. Self-hosted ones may
    /// not, hence the profile.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: softprops/action-gh-release@v2
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: gh release create "$TAG"
    /// ```
    SUPERFLUOUS_ACTIONS = "actions-superfluous-actions" {
        check: Check::Actions(ActionsCheck::Step(superfluous)),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["zizmor:superfluous-actions"],
    }
}

fn superfluous(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses else { return };
    if let Some((name, program)) = SUPERFLUOUS.iter().find(|(name, _)| uses.is(name)) {
        report
            .at(uses.node, format!("`{name}` does what `{program}` does"))
            .help(format!("run `{program}` in a script"));
    }
}

/// Actions that look for defects or sign.
const GUARDS: &[&str] = &[
    "actions/dependency-review-action",
    "anchore/scan-action",
    "aquasecurity/tfsec-action",
    "aquasecurity/trivy-action",
    "bridgecrewio/checkov-action",
    "checkmarx/kics-github-action",
    "github/codeql-action/analyze",
    "gitleaks/gitleaks-action",
    "google/osv-scanner-action",
    "hadolint/hadolint-action",
    "securego/gosec",
    "sigstore/cosign-installer",
    "snyk/actions/docker",
    "snyk/actions/golang",
    "snyk/actions/node",
    "snyk/actions/python",
    "trufflesecurity/trufflehog",
    "zizmorcore/zizmor-action",
];

/// Programs that do nothing else.
const SCANNERS: &[&str] = &[
    "trivy",
    "checkov",
    "hadolint",
    "gitleaks",
    "trufflehog",
    "osv-scanner",
    "cargo-audit",
    "cargo-deny",
    "govulncheck",
    "gosec",
    "bandit",
    "pip-audit",
    "safety",
    "semgrep",
    "snyk",
    "grype",
    "cosign",
    "zizmor",
    "tfsec",
    "kube-linter",
    "kubescape",
    "portcullis",
    "conftest",
];

rule! {
    /// Failure of a security step is ignored
    ///
    /// A scan that cannot fail the job is read by nobody. Looks at `continue-on-error: true` and at `|| true` behind programs and
    /// actions that look for vulnerabilities, secrets or misconfiguration, or that sign. Silent where the step's outcome is
    /// read by a later one.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   scan:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: npm audit --audit-level=high
    ///         continue-on-error: true
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   scan:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: trivy fs . || true
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   scan:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: npm audit
    ///       - run: npm run lint || true
    ///       - id: scan
    ///         run: trivy fs .
    ///         continue-on-error: true
    ///       - run: ./report
    ///         if: steps.scan.outcome == 'failure'
    /// ```
    CONTINUE_ON_ERROR_SECURITY_STEP = "actions-continue-on-error-security-step" {
        check: Check::Actions(ActionsCheck::Step(continue_on_error)),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["cwe-390"],
    }
}

fn continue_on_error(step: &Step<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    let commands = || step.script().map(|script| script.shell.commands.as_slice()).unwrap_or_default();
    if let Some(node) = step.get("continue-on-error").present().filter(|node| node.as_bool() == Some(true)) {
        let guards = step.uses.is_some_and(|uses| uses.is_any(GUARDS)) || commands().iter().any(is_guard);
        if guards && !is_outcome_read(step, scope) {
            let message = format!("whatever {} finds, the job goes on", step.title());
            report.at(node, message).help("remove it, and exclude by name what may stay");
        }
        return;
    }
    for (index, command) in commands().iter().enumerate().filter(|(_, command)| is_guard(command)) {
        let next = commands().iter().skip(index.saturating_add(1)).find(|next| next.wrapped_by != Some(index));
        let ignores = next.is_some_and(|next| {
            next.joined == Joined::Or
                && (next.is_any(&["true", ":", "echo"])
                    || next.is("exit") && next.args.iter().any(|word| word.text == "0"))
        });
        if ignores {
            let program = command.program().unwrap_or_default();
            report
                .at((command.span, program), format!("whatever `{program}` finds, the script goes on"))
                .help("remove `||` and what follows, and exclude by name what may stay");
        }
    }
}

fn is_guard(command: &Command) -> bool {
    let first = command.args.first().map(|word| word.text.as_str());
    match command.program() {
        Some("npm" | "yarn" | "pnpm" | "cargo" | "composer" | "bundle" | "bundler-audit") => {
            matches!(first, Some("audit" | "deny"))
        }
        Some("dotnet") => command.args.iter().any(|word| word.text == "--vulnerable"),
        Some("docker") => first == Some("scout"),
        Some(program) => SCANNERS.contains(&program),
        None => false,
    }
}

const MAX_TEXT: usize = 1 << 18;

/// Whether something later asks how the step went.
fn is_outcome_read(step: &Step<'_>, scope: Scope<'_, '_>) -> bool {
    let Some(id) = step.get("id").present() else { return false };
    let (holder, text) = match scope {
        Scope::Job(_, job) => (job.node, job.node.tree().text()),
        Scope::Action(action) => (action.root, action.root.tree().text()),
        Scope::Workflow(_) => return false,
    };
    let text = holder.span().slice(text);
    // Each step asks anew: a text that is huge is not searched, and taken to ask.
    if text.len() > MAX_TEXT {
        return true;
    }
    ["outcome", "conclusion"].iter().any(|what| text.contains(&format!("steps.{}.{what}", id.text())))
}
