//! Caches in workflows that publish.
//!
//! Decided by the triggers, the actions that publish and the inputs that turn caches on. It cannot know whether an attacker has
//! been able to fill the cache; the rule is of low confidence.

use portcullis_model::actions::{Job, Step, Workflow};
use portcullis_syntax::expression::{ExprKind, Fence, fences};

use super::ActionsCheck;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&CACHE_POISONING];

/// What decides whether an action caches.
enum Control {
    /// As setup-node does: by `cache`, and since version 5 unless `package-manager-cache` is `false`.
    NodeCache,
    /// As setup-uv does: unless `enable-cache` is `false`, since version 10 only where it is `true`.
    UvCache,
    /// It always does.
    Always,
    /// An input turns it on: any value but `false`.
    OnBy(&'static str),
    /// It does, unless an input is `false`.
    UnlessFalse(&'static str),
    /// It does, unless an input is `true`.
    UnlessTrue(&'static str),
}

/// Actions that cache. As their `action.yml` says, as of 2026-08-22.
static CACHING: &[(&str, &[Control])] = &[
    ("actions/cache", &[Control::UnlessTrue("lookup-only")]),
    ("actions/setup-dotnet", &[Control::OnBy("cache")]),
    ("actions/setup-go", &[Control::UnlessFalse("cache")]),
    ("actions/setup-java", &[Control::OnBy("cache")]),
    ("actions/setup-node", &[Control::NodeCache]),
    ("actions/setup-python", &[Control::OnBy("cache")]),
    ("actions-rust-lang/setup-rust-toolchain", &[Control::UnlessFalse("cache")]),
    ("astral-sh/setup-uv", &[Control::UvCache]),
    ("awalsh128/cache-apt-pkgs-action", &[Control::Always]),
    ("docker/setup-buildx-action", &[Control::UnlessFalse("cache-binary"), Control::OnBy("version")]),
    ("DeterminateSystems/magic-nix-cache-action", &[Control::UnlessFalse("use-gha-cache")]),
    ("graalvm/setup-graalvm", &[Control::OnBy("cache")]),
    ("gradle/actions/setup-gradle", &[Control::UnlessTrue("cache-disabled")]),
    ("jdx/mise-action", &[Control::UnlessFalse("cache")]),
    ("mlugg/setup-zig", &[Control::UnlessFalse("use-cache")]),
    ("Mozilla-Actions/sccache-action", &[Control::Always]),
    ("nix-community/cache-nix-action", &[Control::Always]),
    ("oven-sh/setup-bun", &[Control::UnlessTrue("no-cache")]),
    ("PyO3/maturin-action", &[Control::OnBy("sccache")]),
    ("ramsey/composer-install", &[Control::UnlessTrue("ignore-cache")]),
    ("ruby/setup-ruby", &[Control::OnBy("bundler-cache")]),
    ("Swatinem/rust-cache", &[Control::UnlessTrue("lookup-only")]),
];

/// Actions that publish.
const PUBLISHING: &[&str] = &[
    "aws-actions/amazon-ecs-deploy-task-definition",
    "aws-actions/aws-cloudformation-github-deploy",
    "Azure/aci-deploy",
    "Azure/container-apps-deploy-action",
    "Azure/functions-action",
    "Azure/sql-action",
    "cloudflare/wrangler-action",
    "google-github-actions/deploy-appengine",
    "google-github-actions/deploy-cloud-functions",
    "google-github-actions/deploy-cloudrun",
    "googleapis/release-please-action",
    "goreleaser/goreleaser-action",
    "jreleaser/release-action",
    "pypa/gh-action-pypi-publish",
    "redhat-actions/push-to-registry",
    "release-drafter/release-drafter",
    "rubygems/release-gem",
    "softprops/action-gh-release",
];

rule! {
    /// Release is built from a cache that others can fill
    ///
    /// Caches are shared between workflows of a branch: whoever gets code to run in one of them leaves files there that the
    /// release then ships. Looks at actions with caches in workflows that a release or a tag sets off, or whose job publishes
    /// by an action that is known to.
    ///
    /// ```workflow bad:6
    /// on: release
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/setup-node@v4
    ///         with: { cache: npm }
    /// ```
    /// ```workflow good
    /// on: release
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/setup-node@v4
    ///       - uses: actions/setup-go@v5
    ///         with: { cache: false }
    /// ```
    CACHE_POISONING = "actions-cache-poisoning" {
        check: Check::Actions(ActionsCheck::Job(cache_poisoning)),
        severity: Severity::High,
        confidence: Confidence::Low,
        profile: Profile::All,
        tags: &["cwe-349"],
        peers: &["zizmor:cache-poisoning"],
    }
}

fn cache_poisoning(workflow: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let trigger = workflow.triggers.iter().find(|trigger| is_release(trigger)).map(|trigger| trigger.node);
    let publisher = || job.steps.iter().find(|step| publishes(step)).and_then(|step| Some(step.uses?.node));
    let Some(why) = trigger.or_else(publisher) else { return };
    for step in &job.steps {
        let Some(uses) = step.uses else { continue };
        let Some((name, controls)) = CACHING.iter().find(|(name, _)| uses.is(name)) else { continue };
        if !controls.iter().all(|control| is_on(control, step, workflow)) {
            continue;
        }
        report
            .at(uses.node, format!("`{name}` restores a cache into what is released"))
            .help("turn its cache off in this workflow")
            .label(why.span(), "this releases");
    }
}

fn is_release(trigger: &portcullis_model::actions::Trigger<'_>) -> bool {
    match trigger.name {
        "release" => true,
        "push" => {
            let get = |key: &str| trigger.config.and_then(|config| config.get(key).present());
            let branches = get("branches").map(portcullis_model::actions::one_or_many).unwrap_or_default();
            get("tags").is_some() || branches.iter().any(|branch| branch.text().contains("release"))
        }
        _ => false,
    }
}

fn publishes(step: &Step<'_>) -> bool {
    let Some(uses) = step.uses else { return false };
    let pushes = || step.input("push").is_some_and(|node| node.text() == "true");
    uses.is_any(PUBLISHING) || uses.is("docker/build-push-action") && pushes()
}

/// Whether a step caches. An expression may turn the cache on, unless it says that it does not for tags.
fn is_on(control: &Control, step: &Step<'_>, workflow: &Workflow<'_>) -> bool {
    let value = |name: &str| {
        let text = step.input(name)?.text();
        match fences(text).next() {
            None => Some(text.to_ascii_lowercase()),
            Some(fence) => Some(if is_off_for_tags(&fence, workflow) { "false" } else { "true" }.to_owned()),
        }
    };
    let is_true = |name: &str| value(name).is_some_and(|value| value == "true");
    let is_false = |name: &str| value(name).is_some_and(|value| value == "false");
    let is_since = |version| step.uses.and_then(|uses| uses.version()).is_some_and(|known| known.is_since(version));
    match control {
        Control::Always => true,
        Control::NodeCache => {
            let by_name = value("cache").is_some_and(|value| value != "false" && !value.is_empty());
            by_name || is_since((5, 0, 0)) && !is_false("package-manager-cache") && step.input("cache").is_none()
        }
        Control::UvCache if is_since((10, 0, 0)) => is_true("enable-cache"),
        Control::UvCache => !is_false("enable-cache"),
        Control::OnBy(name) => value(name).is_some_and(|value| value != "false" && !value.is_empty()),
        Control::UnlessFalse(name) => !is_false(name),
        Control::UnlessTrue(name) => value(name).is_none_or(|value| !matches!(value.as_str(), "true" | "yes" | "1")),
    }
}

/// Whether an expression is `false`, or a negation that asks for a tag, in a workflow that releases by tags alone.
fn is_off_for_tags(fence: &Fence, workflow: &Workflow<'_>) -> bool {
    let Ok(expr) = &fence.expr else { return true };
    if let Some(constant) = expr.constant() {
        return !constant.is_truthy();
    }
    let asks = matches!(expr.kind, ExprKind::Not(_))
        && expr.paths().iter().any(|(_, path)| path.starts_with("github.ref") || path.starts_with("github.ref_type"));
    let by_branch = workflow.trigger("push").and_then(|trigger| trigger.config?.get("branches").present());
    asks && !by_branch
        .map(portcullis_model::actions::one_or_many)
        .unwrap_or_default()
        .iter()
        .any(|branch| branch.text().contains("release"))
}
