//! House rules about what may be used: lists of actions, and versions of the platform.
//!
//! None is on by itself: each needs a list that only the house has.

use portcullis_model::actions::{Job, Step, Uses, UsesKind, Version, Workflow};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&UNVERIFIED_CREATOR, &FORBIDDEN_USES, &LOCAL_USE_NOT_SELF_REPOSITORY, &KNOWN_VULNERABLE_PLATFORM];

/// Owners that publish actions under their company's or project's name.
const CREATORS: &[&str] = &[
    "actions",
    "aquasecurity",
    "astral-sh",
    "aws-actions",
    "azure",
    "bufbuild",
    "cloudflare",
    "codecov",
    "dependabot",
    "docker",
    "github",
    "golangci",
    "google-github-actions",
    "googleapis",
    "goreleaser",
    "gradle",
    "grafana",
    "hashicorp",
    "microsoft",
    "oven-sh",
    "pnpm",
    "pypa",
    "ruby",
    "sigstore",
    "slackapi",
    "snyk",
    "sonarsource",
    "step-security",
];

rule! {
    /// Action is of an owner that nobody listed
    ///
    /// Whoever owns the action runs code in the job. Companies and projects that are known are listed here; the option
    /// `trusted` adds owners. Local actions and images are no finding.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: somebody/something@v1
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    /// ```
    UNVERIFIED_CREATOR = "actions-unverified-creator" {
        check: Check::Actions(ActionsCheck::Step(unverified_creator)),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["poutine:github_action_from_unverified_creator_used"],
        options: &[OptionMeta { name: "trusted", shape: OptionShape::Strings, docs: "further owners that are trusted" }],
    }
}

fn unverified_creator(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(UsesKind::Repository { owner, .. }) = step.uses.map(|uses| uses.kind) else { return };
    let trusted = report.options().map(|options| options.strings("trusted")).unwrap_or_default();
    let is_known = CREATORS.iter().any(|name| name.eq_ignore_ascii_case(owner))
        || trusted.iter().any(|name| name.eq_ignore_ascii_case(owner));
    if let Some(uses) = step.uses.filter(|_| !is_known) {
        report.at(uses.node, format!("`{owner}` is not among the owners that are trusted"));
    }
}

rule! {
    /// Action is not allowed here
    ///
    /// The option `deny` lists what may not be used, `allow` what alone may be: owners (`actions/*`), repositories
    /// (`actions/checkout`) or both with a reference (`actions/checkout@v4`). Without a list, `*@master` and `*@main` of others
    /// are denied: code that changes with every commit.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: snyk/actions/node@master
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    /// ```
    FORBIDDEN_USES = "actions-forbidden-uses" {
        check: Check::Actions(ActionsCheck::Uses(forbidden)),
        severity: Severity::High,
        profile: Profile::OptIn,
        peers: &["zizmor:forbidden-uses"],
        options: &[
            OptionMeta { name: "deny", shape: OptionShape::Strings, docs: "actions that may not be used" },
            OptionMeta { name: "allow", shape: OptionShape::Strings, docs: "the only actions that may be used" },
        ],
    }
}

fn forbidden(uses: &Uses<'_>, report: &mut Report<'_>) {
    let (Some(repository), Some(reference)) = (uses.repository(), uses.reference()) else { return };
    let options = report.options();
    let deny = options.map(|options| options.strings("deny")).unwrap_or_default();
    let allow = options.map(|options| options.strings("allow")).unwrap_or_default();
    let matches = |pattern: &str| {
        let (name, wanted) = pattern.split_once('@').map_or((pattern, None), |(name, wanted)| (name, Some(wanted)));
        let name = name.to_ascii_lowercase();
        let same_name = match name.strip_suffix('*') {
            Some(prefix) => repository.starts_with(prefix),
            None => repository == name,
        };
        same_name && wanted.is_none_or(|wanted| wanted == reference)
    };
    let is_forbidden = if deny.is_empty() && allow.is_empty() {
        matches!(reference, "master" | "main")
    } else {
        deny.iter().any(|pattern| matches(pattern))
            || !allow.is_empty() && !allow.iter().any(|pattern| matches(pattern))
    };
    if is_forbidden {
        report.at(uses.node, format!("`{repository}@{reference}` may not be used here"));
    }
}

rule! {
    /// Local action is read from the working directory
    ///
    /// `./path` is what an earlier step left there: a checkout of another commit, or a build. `$/path` is the repository at the
    /// commit of the workflow itself. Contradicts tools that do not know `$/` yet.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///       - uses: ./.github/actions/build
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: $/.github/actions/build
    /// ```
    LOCAL_USE_NOT_SELF_REPOSITORY = "actions-local-use-not-self-repository" {
        check: Check::Actions(ActionsCheck::Uses(local_use)),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["zizmor:self-repository"],
    }
}

fn local_use(uses: &Uses<'_>, report: &mut Report<'_>) {
    if let UsesKind::Local(path) = uses.kind {
        let below = path.trim_start_matches("./");
        report
            .at(uses.node, format!("`{path}` is whatever an earlier step left there"))
            .help(format!("write `$/{below}`"));
    }
}

rule! {
    /// Self-hosted platform has a known vulnerability
    ///
    /// The runner of a self-hosted GitHub or GitLab reads the workflows as well; a vulnerability of the server is one of every
    /// job. The option `server-version` says which GitHub Enterprise Server is in use; versions whose support has ended get no
    /// fixes. Without it only an explicit `runs-on` of a runner image that GitHub has removed is reported.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-18.04
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps: [{ run: make }]
    /// ```
    KNOWN_VULNERABLE_PLATFORM = "actions-known-vulnerable-platform" {
        check: Check::Actions(ActionsCheck::Job(known_vulnerable_platform)),
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["poutine:known_vulnerability_in_build_platform"],
        options: &[OptionMeta {
            name: "server-version",
            shape: OptionShape::Text,
            docs: "the version of GitHub Enterprise Server, such as 3.14",
        }],
    }
}

/// Images that GitHub has removed. <https://github.com/actions/runner-images>, as of 2026-08-22.
const REMOVED: &[&str] = &[
    "ubuntu-16.04",
    "ubuntu-18.04",
    "ubuntu-20.04",
    "windows-2016",
    "windows-2019",
    "macos-10.15",
    "macos-11",
    "macos-12",
    "macos-13",
];

/// The oldest GitHub Enterprise Server that still gets fixes, as of 2026-08-22.
const OLDEST_SERVER: (u32, u32, u32) = (3, 16, 0);

fn known_vulnerable_platform(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let asked = report.options().and_then(|options| match options.0.get("server-version") {
        Some(crate::OptionValue::Text(text)) => Version::parse(text),
        _ => None,
    });
    if asked.is_some_and(|version| version.is_before(OLDEST_SERVER)) {
        report.at(job.key, "the server that runs this job gets no fixes any more").help("update the server");
    }
    for label in job.labels().into_iter().filter(|label| REMOVED.contains(&label.text())) {
        report.at(label, format!("the image `{}` gets no fixes any more", label.text())).help("use a newer image");
    }
}
