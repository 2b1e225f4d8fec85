//! Caches in workflows that publish.
//!
//! Decided by the triggers, the actions that publish and the inputs that turn caches on. It cannot know whether an attacker has
//! been able to fill the cache; the rule is of low confidence.

use portcullis_model::actions::{Job, Step, Workflow};
use portcullis_syntax::expression::fences;

use super::ActionsCheck;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&CACHE_POISONING];

/// What decides whether an action caches.
enum Control {
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
    ("actions/setup-node", &[Control::OnBy("cache")]),
    ("actions/setup-python", &[Control::OnBy("cache")]),
    ("actions-rust-lang/setup-rust-toolchain", &[Control::UnlessFalse("cache")]),
    ("astral-sh/setup-uv", &[Control::UnlessFalse("enable-cache")]),
    ("awalsh128/cache-apt-pkgs-action", &[Control::Always]),
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
        if !controls.iter().all(|control| is_on(control, step)) {
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

/// Whether a step surely caches: an expression that is not a constant may turn it off.
fn is_on(control: &Control, step: &Step<'_>) -> bool {
    let value = |name: &str| {
        let text = step.input(name)?.text();
        match fences(text).next() {
            None => Some(text.to_ascii_lowercase()),
            Some(_) => Some("${{".to_owned()),
        }
    };
    match control {
        Control::Always => true,
        Control::OnBy(name) => value(name).is_some_and(|value| value != "false" && value != "${{" && !value.is_empty()),
        Control::UnlessFalse(name) => value(name).is_none_or(|value| value != "false" && value != "${{"),
        Control::UnlessTrue(name) => {
            value(name).is_none_or(|value| !matches!(value.as_str(), "true" | "yes" | "1" | "${{"))
        }
    }
}
