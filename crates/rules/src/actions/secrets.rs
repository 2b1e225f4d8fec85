//! Secrets: handed on whole, unmasked, outside of an environment, or sent over the network.
//!
//! Decided by the expressions that read the `secrets` context. What a secret holds, and which environment it belongs to, no file
//! tells.

use std::collections::BTreeSet;

use portcullis_model::actions::{Job, Step, Usage, Workflow};
use portcullis_syntax::expression::{ExprKind, Segment, fences};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&SECRETS_INHERIT, &OVERPROVISIONED_SECRETS, &UNREDACTED_SECRETS, &SECRETS_OUTSIDE_ENV, &SECRET_TO_NETWORK];

rule! {
    /// Called workflow gets every secret
    ///
    /// `secrets: inherit` hands all secrets of the caller on, also those that are added next year. Named ones show what the
    /// called workflow needs.
    ///
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   deploy:
    ///     uses: ./.github/workflows/deploy.yml
    ///     secrets: inherit
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   deploy:
    ///     uses: ./.github/workflows/deploy.yml
    ///     secrets: { TOKEN: "${{ secrets.TOKEN }}" }
    /// ```
    SECRETS_INHERIT = "actions-secrets-inherit" {
        check: Check::Actions(ActionsCheck::Job(secrets_inherit)),
        severity: Severity::Medium,
        tags: &["cwe-272"],
        peers: &["zizmor:secrets-inherit", "kics:secrets_inherit_in_reusable_workflow"],
    }
}

fn secrets_inherit(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let secrets = job.get("secrets").present().filter(|node| job.calls.is_some() && node.text() == "inherit");
    if let Some(node) = secrets {
        report
            .at(node, format!("{} hands all secrets to the workflow that it calls", job.title()))
            .help("name the secrets that it needs");
    }
}

rule! {
    /// All secrets are read at once
    ///
    /// `toJSON(secrets)` and `secrets[…]` with a name that is computed make the runner load every secret of the repository,
    /// and the first puts them all in one variable.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./deploy
    ///         env: { ALL: "${{ toJSON(secrets) }}" }
    /// ```
    /// ```workflow bad:8
    /// on: push
    /// jobs:
    ///   build:
    ///     strategy: { matrix: { env: [DEV, PROD] } }
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./deploy
    ///         env: { TOKEN: "${{ secrets[matrix.env] }}" }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./deploy
    ///         env: { TOKEN: "${{ secrets['TOKEN'] || toJSON(github) }}" }
    /// ```
    OVERPROVISIONED_SECRETS = "actions-overprovisioned-secrets" {
        check: Check::Actions(ActionsCheck::Expression(overprovisioned_secrets)),
        severity: Severity::Medium,
        tags: &["cwe-272"],
        peers: &["zizmor:overprovisioned-secrets", "poutine:job_all_secrets"],
    }
}

fn overprovisioned_secrets(usage: &Usage<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(expr) = usage.expr() else { return };
    for (source, path) in expr.paths() {
        let is_computed = matches!(path.segments(), [_, Segment::Any, ..]);
        if path.root() == "secrets" && (path.segments().len() == 1 || is_computed) {
            let written = usage.text_of(source);
            report
                .at(usage.place_of(source), format!("`{written}` reads every secret of the repository"))
                .help("name the secret that is needed");
        }
    }
}

rule! {
    /// Part of a secret is not masked
    ///
    /// The runner masks a secret's whole text in logs. What `fromJSON` takes out of it is another text, and is printed.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./deploy
    ///         env: { USER: "${{ fromJSON(secrets.ACCOUNT).user }}" }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./deploy
    ///         env: { USER: "${{ secrets.USER }}", LIST: "${{ fromJSON(vars.LIST)[0] }}" }
    /// ```
    UNREDACTED_SECRETS = "actions-unredacted-secrets" {
        check: Check::Actions(ActionsCheck::Expression(unredacted_secrets)),
        severity: Severity::Medium,
        tags: &["cwe-532"],
        peers: &["zizmor:unredacted-secrets"],
    }
}

fn unredacted_secrets(usage: &Usage<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(expr) = usage.expr() else { return };
    expr.walk(&mut |part| {
        let ExprKind::Call(name, args) = &part.kind else { return };
        let reads = |path: &portcullis_syntax::expression::Path| path.root() == "secrets" && path.segments().len() > 1;
        if name.eq_ignore_ascii_case("fromJSON") && args.iter().any(|arg| arg.path().is_some_and(|path| reads(&path))) {
            let written = usage.text_of(part);
            report
                .at(usage.place_of(part), format!("what `{written}` gives is not masked in logs"))
                .help("keep each value in a secret of its own");
        }
    });
}

rule! {
    /// Job reads a secret without an environment
    ///
    /// Secrets of the repository are there for every workflow on every branch. Those of an environment wait for its approvals
    /// and its branches. Silent where the job names an environment, on the job's own token, and in workflows that are called,
    /// whose secrets come from the caller. Reported once for each secret of a job.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   deploy:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./deploy
    ///         env: { TOKEN: "${{ secrets.DEPLOY_TOKEN }}" }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   deploy:
    ///     runs-on: ubuntu-latest
    ///     environment: production
    ///     steps:
    ///       - run: ./deploy
    ///         env: { TOKEN: "${{ secrets.DEPLOY_TOKEN }}" }
    ///   list:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: gh issue list
    ///         env: { GH_TOKEN: "${{ secrets.GITHUB_TOKEN }}" }
    /// ```
    SECRETS_OUTSIDE_ENV = "actions-secrets-outside-env" {
        check: Check::Actions(ActionsCheck::Workflow(secrets_outside_env)),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["cwe-284"],
        peers: &["zizmor:secrets-outside-env"],
    }
}

fn secrets_outside_env(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    if workflow.has_trigger("workflow_call") {
        return;
    }
    let mut seen: BTreeSet<(usize, String)> = BTreeSet::new();
    for usage in &workflow.usages {
        let Some(job) = usage.job.and_then(|index| workflow.jobs.get(index)) else { continue };
        let Some(expr) = usage.expr() else { continue };
        if job.calls.is_some() || job.node.field("environment").is_some_and(|node| !node.is_null()) {
            continue;
        }
        for (source, path) in expr.paths().into_iter().filter(|(_, path)| path.root() == "secrets") {
            let name = path.name(1).to_owned();
            if name.is_empty() || name == "github_token" || !seen.insert((job.index, name)) {
                continue;
            }
            let written = usage.text_of(source);
            report
                .at(usage.place_of(source), format!("{} reads `{written}` without an environment", job.title()))
                .help("keep the secret in an environment, and name that in the job");
        }
    }
}

rule! {
    /// Secret is sent by a command of the network
    ///
    /// A secret on the command line of curl, wget or nc is seen by every process of the runner, and goes wherever the address
    /// leads. Looks at `${{ secrets.… }}` on the command line, and at variables of the step that hold one.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: curl -d "key=$KEY" https://example.com
    ///         env: { KEY: "${{ secrets.KEY }}" }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: curl -d "sha=$SHA" https://example.com
    ///         env: { KEY: "${{ secrets.KEY }}", SHA: "${{ github.sha }}" }
    /// ```
    SECRET_TO_NETWORK = "actions-secret-to-network" {
        check: Check::Actions(ActionsCheck::Step(secret_to_network)),
        severity: Severity::High,
        confidence: Confidence::Low,
        profile: Profile::All,
        tags: &["cwe-214"],
        peers: &["checkov:CKV_GHA_3"],
    }
}

fn secret_to_network(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let env = step.get("env").present().map(Node::entries).into_iter().flatten();
    let secret: Vec<&str> = env.filter(|(_, value)| reads_secret(value.text())).map(|(key, _)| key.text()).collect();
    if secret.is_empty() && !step.run.is_some_and(|run| run.text().contains("secrets")) {
        return;
    }
    let Some(script) = step.script() else { return };
    let commands =
        script.shell.commands.iter().filter(|command| command.is_any(&["curl", "wget", "nc", "ncat", "netcat"]));
    for command in commands {
        let sent = command
            .args
            .iter()
            .find(|word| reads_secret(&word.raw) || word.variables.iter().any(|name| secret.contains(&name.as_str())));
        if let Some(word) = sent {
            let program = command.program().unwrap_or_default();
            report
                .at((word.span, "secret"), format!("a secret is on the command line of `{program}`"))
                .help("hand it over by a file or standard input (`--config -`, `--header @file`)");
        }
    }
}

fn reads_secret(text: &str) -> bool {
    text.contains("secrets")
        && fences(text)
            .filter_map(|fence| fence.expr.ok())
            .any(|expr| expr.sources().iter().any(|(_, path)| path.root() == "secrets"))
}
