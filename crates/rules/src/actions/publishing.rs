//! Releases: tokens where an identity would do, tokens that may do too much, and artifacts that nobody signs.
//!
//! Decided by actions and commands that are known to publish. What a script of the repository does is not seen.

use portcullis_model::actions::{Permissions, Step, Workflow};
use portcullis_syntax::shell::Command;

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&TOKEN_PUBLISHING, &GITHUB_APP_TOKEN_OVERSCOPED, &ARTIFACT_UNSIGNED, &SBOM_NOT_ATTESTED];

rule! {
    /// Package is published with a token
    ///
    /// PyPI, the registry of Rust, npm, NuGet and RubyGems accept the job's own identity (trusted publishing): no token that can be stolen is
    /// kept. Looks at publishing actions with a token, and at publishing commands in jobs without `id-token: write`; silent on
    /// dry runs and on registries that the command names.
    ///
    /// ```workflow bad:7
    /// on: release
    /// jobs:
    ///   publish:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: pypa/gh-action-pypi-publish@release/v1
    ///         with: { password: "${{ secrets.PYPI }}" }
    /// ```
    /// ```workflow bad:6
    /// on: release
    /// jobs:
    ///   publish:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: cargo publish
    /// ```
    /// ```workflow good
    /// on: release
    /// jobs:
    ///   publish:
    ///     runs-on: ubuntu-latest
    ///     permissions: { id-token: write }
    ///     steps:
    ///       - uses: pypa/gh-action-pypi-publish@release/v1
    ///       - run: npm publish
    ///   check:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: cargo publish --dry-run && npm publish --registry https://npm.example.com
    /// ```
    TOKEN_PUBLISHING = "actions-token-publishing" {
        check: Check::Actions(ActionsCheck::Step(token_publishing)),
        severity: Severity::Info,
        tags: &["cwe-522"],
        peers: &["zizmor:use-trusted-publishing"],
    }
}

const TRUSTED: &str =
    "set up trusted publishing, give the job `permissions: { id-token: write }`, and remove the token";

fn token_publishing(step: &Step<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    if let Some(uses) = step.uses {
        let input = match () {
            () if uses.is("pypa/gh-action-pypi-publish") => step.input("password").filter(|_| {
                let index = step.input("repository-url").or_else(|| step.input("repository_url"));
                index.is_none_or(|url| url.text().contains("pypi"))
            }),
            () if uses.is("rubygems/release-gem") => {
                step.input("setup-trusted-publisher").filter(|node| node.text() == "false")
            }
            () if uses.is("rubygems/configure-rubygems-credentials") => step
                .input("api-token")
                .filter(|_| step.input("gem-server").is_none_or(|server| server.text().contains("rubygems.org"))),
            () if uses.is("actions/setup-node") => step.input("always-auth").filter(|node| {
                let registry = step.input("registry-url");
                node.text() == "true" && registry.is_none_or(|url| url.text().contains("npmjs"))
            }),
            () => None,
        };
        if let Some(node) = input.filter(|node| !node.is_null()) {
            report.at(node, "the package is published with a token").help(TRUSTED);
        }
        return;
    }
    let text = step.run.map_or("", Node::text);
    if !["publish", "upload", "push"].iter().any(|word| text.contains(word)) || has_identity(scope) {
        return;
    }
    let Some(script) = step.script().or_else(|| step.foreign_script()) else { return };
    for command in script.shell.commands.iter().filter(|command| publishes(command)) {
        let program = command.program().unwrap_or_default();
        report.at((command.span, program), format!("`{program}` publishes the package with a token")).help(TRUSTED);
    }
}

/// Whether the job may ask for an identity; then it does publish with one.
fn has_identity(scope: Scope<'_, '_>) -> bool {
    let (Some(workflow), Some(job)) = (scope.workflow(), scope.job()) else { return false };
    let block = workflow.permissions_of(job);
    matches!(block, Permissions::WriteAll(_)) || block.writes().iter().any(|(name, _)| *name == "id-token")
}

fn publishes(command: &Command) -> bool {
    let args: Vec<&str> = command.args.iter().map(|word| word.text.as_str()).collect();
    let has = |word: &str| args.contains(&word);
    let first = args.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    let elsewhere = args.iter().any(|word| {
        ["--registry", "--index", "--repository", "--publish-url", "--repository-url", "-r", "--host", "--index-url"]
            .iter()
            .any(|flag| word == flag || word.starts_with(&format!("{flag}=")))
    });
    if elsewhere || has("--dry-run") || has("-n") || has("--help") {
        return false;
    }
    match command.program() {
        Some("cargo" | "poetry" | "hatch" | "pdm" | "npm" | "uv" | "pnpm" | "bun") => {
            first == "publish" || has("publish") && first.starts_with('+')
        }
        Some("yarn") => first == "publish" || args.starts_with(&["npm", "publish"]),
        Some("twine") => first == "upload",
        Some("gem") => first == "push",
        Some("bunx" | "npx") => args.starts_with(&["npm", "publish"]),
        Some("nuget" | "nuget.exe") => first == "push",
        Some("dotnet") => args.starts_with(&["nuget", "push"]),
        Some(program) if program.starts_with("python") => args.starts_with(&["-m", "twine", "upload"]),
        Some("uvx" | "pipx") => has("upload") && args.iter().any(|word| word.starts_with("twine")),
        Some("bundle") => args.starts_with(&["exec", "gem", "push"]),
        _ => false,
    }
}

rule! {
    /// Token of a GitHub App may do more than it needs
    ///
    /// `actions/create-github-app-token` gives every permission of the installation unless `permission-…` inputs name some,
    /// every repository of an owner unless `repositories` does, and leaves the token valid with `skip-token-revoke`.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/create-github-app-token@v2
    ///         with: { app-id: 1, private-key: "${{ secrets.KEY }}" }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/create-github-app-token@v2
    ///         with: { app-id: 1, private-key: "${{ secrets.KEY }}", permission-issues: write }
    /// ```
    GITHUB_APP_TOKEN_OVERSCOPED = "actions-github-app-token-overscoped" {
        check: Check::Actions(ActionsCheck::Step(github_app_token)),
        severity: Severity::High,
        tags: &["cwe-272"],
        peers: &["zizmor:github-app"],
    }
}

fn github_app_token(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses.filter(|uses| uses.is("actions/create-github-app-token")) else { return };
    if step.has_unknown_inputs() {
        return;
    }
    if let Some(node) = step.input("skip-token-revoke") {
        let confidence = match node.text() {
            text if text.eq_ignore_ascii_case("true") => Some(Confidence::High),
            // A condition that never held would not be written.
            text if text.contains("${{") && !text.contains("false") => Some(Confidence::Low),
            _ => None,
        };
        if let Some(confidence) = confidence {
            report
                .at(node, "the token stays valid after the job")
                .help("remove `skip-token-revoke`")
                .confidence(confidence);
        }
    }
    let with = step.get("with").present().map(Node::entries).into_iter().flatten();
    let permissions: Vec<&str> = with.filter_map(|(key, _)| key.text().strip_prefix("permission-")).collect();
    let for_organization = !permissions.is_empty()
        && permissions
            .iter()
            .all(|name| name.starts_with("organization-") || *name == "members" || name.contains("custom-properties"));
    if let (Some(node), None, false) = (step.input("owner"), step.input("repositories"), for_organization) {
        report
            .at(node, "the token is for every repository of the owner that the app is installed in")
            .help("name them: `repositories: …`");
    }
    if permissions.is_empty() {
        report
            .at(uses.node, "the token has every permission of the app's installation")
            .help("name what is needed: `permission-contents: read`");
    }
}

/// Actions that build something for others to run.
const BUILDERS: &[&str] = &["docker/build-push-action", "goreleaser/goreleaser-action", "redhat-actions/buildah-build"];

/// Actions and programs that sign.
const SIGNERS: &[&str] = &[
    "sigstore/cosign-installer",
    "actions/attest-build-provenance",
    "actions/attest",
    "slsa-framework/slsa-github-generator",
];

rule! {
    /// Artifact is built and not signed
    ///
    /// Without a signature nobody can tell the artifact from another of the same name. Looks at workflows that build with an
    /// action that is known to, and for cosign or an attestation anywhere in them. House style: signing may happen elsewhere.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: docker/build-push-action@v6
    ///         with: { push: true }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: docker/build-push-action@v6
    ///         with: { push: true }
    ///       - run: cosign sign example.com/app@$DIGEST
    /// ```
    ARTIFACT_UNSIGNED = "actions-artifact-unsigned" {
        check: Check::Actions(ActionsCheck::Workflow(artifact_unsigned)),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_GHA_5"],
    }
}

fn artifact_unsigned(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let Some(builder) = builder(workflow) else { return };
    let signs = |step: &Step<'_>| {
        step.uses.is_some_and(|uses| uses.is_any(SIGNERS))
            || step.run.is_some_and(|run| run.text().contains("cosign sign"))
    };
    if !all_steps(workflow).any(signs) {
        report.at(builder, "nothing signs what this builds").help("sign it with cosign, or attest its provenance");
    }
}

rule! {
    /// Artifact is built without a bill of materials
    ///
    /// An SBOM that is attested lets others find out whether a new vulnerability is in what they run. Looks at workflows that
    /// build with an action that is known to, and for an SBOM anywhere in them.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: docker/build-push-action@v6
    ///         with: { push: true }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: docker/build-push-action@v6
    ///         with: { push: true, sbom: true }
    /// ```
    SBOM_NOT_ATTESTED = "actions-sbom-not-attested" {
        check: Check::Actions(ActionsCheck::Workflow(sbom_not_attested)),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_GHA_6"],
    }
}

fn sbom_not_attested(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let Some(builder) = builder(workflow) else { return };
    let attests = |step: &Step<'_>| {
        step.uses.is_some_and(|uses| uses.is_any(&["anchore/sbom-action", "actions/attest-sbom"]))
            || step.input("sbom").is_some_and(|node| node.text() != "false")
            || step.run.is_some_and(|run| ["sbom", "syft", "cyclonedx"].iter().any(|word| run.text().contains(word)))
    };
    if !all_steps(workflow).any(attests) {
        report
            .at(builder, "nothing writes a bill of materials for what this builds")
            .help("add `sbom: true`, or attest one");
    }
}

fn all_steps<'a, 't>(workflow: &'a Workflow<'t>) -> impl Iterator<Item = &'a Step<'t>> {
    workflow.jobs.iter().flat_map(|job| &job.steps)
}

fn builder<'t>(workflow: &Workflow<'t>) -> Option<Node<'t>> {
    all_steps(workflow).filter_map(|step| step.uses).find(|uses| uses.is_any(BUILDERS)).map(|uses| uses.node)
}
