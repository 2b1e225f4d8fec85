//! References that move: actions, images and tools that are not pinned.
//!
//! Decided by the reference as it is written. Whether a tag has been protected against moving, no file tells.

use portcullis_model::actions::{Action, Job, Step, Uses, UsesKind, Workflow, is_commit};
use portcullis_model::image::ImageRef;
use portcullis_syntax::expression::fences;

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&UNPINNED_USES, &UNPINNED_IMAGES, &IMAGE_LATEST_OR_UNTAGGED, &UNPINNED_TOOLS];

rule! {
    /// Action is not pinned to a commit
    ///
    /// A tag or branch of somebody else's repository can be moved: whoever takes that repository over runs their code with the
    /// job's secrets, as happened with tj-actions/changed-files in 2025. A full commit hash cannot be moved. Local actions and
    /// `$/…` are part of the repository and need no pin. The option `ref-pin` lists owners (`actions`) and repositories
    /// (`actions/checkout`) whose tags are trusted.
    ///
    /// ```workflow bad:6
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
    ///       - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
    ///       - uses: ./.github/actions/build
    /// ```
    UNPINNED_USES = "actions-unpinned-uses" {
        check: Check::Actions(ActionsCheck::Uses(unpinned)),
        severity: Severity::High,
        tags: &["cwe-829"],
        peers: &[
            "zizmor:unpinned-uses",
            "scorecard:Pinned-Dependencies",
            "kics:555ab8f9",
            "poutine:unpinnable_action",
        ],
        options: &[OptionMeta {
            name: "ref-pin",
            shape: OptionShape::Strings,
            docs: "owners and repositories whose tags are good enough",
        }],
    }
}

fn unpinned(uses: &Uses<'_>, report: &mut Report<'_>) {
    let UsesKind::Repository { owner, repo, path, reference } = uses.kind else { return };
    if is_commit(reference) {
        return;
    }
    let trusted = report.options().map(|options| options.strings("ref-pin")).unwrap_or_default();
    let is_trusted = |entry: &String| match entry.split_once('/') {
        Some((by, name)) => by.eq_ignore_ascii_case(owner) && (name == "*" || name.eq_ignore_ascii_case(repo)),
        None => entry.eq_ignore_ascii_case(owner) || entry == "*",
    };
    if trusted.iter().any(is_trusted) {
        return;
    }
    let what = if path.ends_with(".yml") || path.ends_with(".yaml") { "reusable workflow" } else { "action" };
    report
        .at(uses.node, format!("{what} `{owner}/{repo}` is pinned to `{reference}`, which can be moved"))
        .help("pin it to a full commit hash, with the version in a comment behind it");
}

rule! {
    /// Image is not pinned by digest
    ///
    /// A tag is moved with every release, and by whoever takes the registry account over. Looks at `container`, `services` and
    /// `docker://`; silent where an expression decides the tag.
    ///
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     container: node:22.1
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     container:
    ///       image: node@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d
    ///     services: { db: { image: "postgres:${{ matrix.version }}" } }
    ///     steps: [{ run: make }]
    /// ```
    UNPINNED_IMAGES = "actions-unpinned-images" {
        check: Check::Actions(ActionsCheck::JobStepAndAction(
            unpinned_job_images,
            unpinned_step_image,
            unpinned_action_image,
        )),
        severity: Severity::High,
        profile: Profile::All,
        tags: &["cwe-829"],
        peers: &["zizmor:unpinned-images"],
        yields_to: &["actions-image-latest-or-untagged"],
    }
}

fn unpinned_job_images(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    for (node, image) in images(job) {
        unpinned_image(node, image, report);
    }
}

fn unpinned_step_image(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    if let Some((node, image)) = docker_image(step) {
        unpinned_image(node, image, report);
    }
}

fn unpinned_action_image(action: &Action<'_>, report: &mut Report<'_>) {
    if let Some((node, image)) = action_image(action) {
        unpinned_image(node, image, report);
    }
}

fn unpinned_image(node: Node<'_>, image: &str, report: &mut Report<'_>) {
    if reference(image).is_some_and(|reference| reference.digest().is_none()) {
        report.at(node, format!("image `{image}` is not pinned by digest")).help("add the digest: `name:tag@sha256:…`");
    }
}

rule! {
    /// Image without a version
    ///
    /// `latest`, written or not, is another image tomorrow: the job breaks without a change, or runs what was pushed by an
    /// attacker. Looks at `container`, `services` and `docker://`, in `uses:` and as the image of an action.
    ///
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     container: node
    ///     steps: [{ run: make }]
    /// ```
    /// ```action bad:3
    /// name: greet
    /// description: greets
    /// runs: { using: docker, image: "docker://alpine" }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     container: node:22
    ///     steps: [{ uses: "docker://alpine:3.22" }]
    /// ```
    IMAGE_LATEST_OR_UNTAGGED = "actions-image-latest-or-untagged" {
        check: Check::Actions(ActionsCheck::JobStepAndAction(
            untagged_job_images,
            untagged_step_image,
            untagged_action_image,
        )),
        severity: Severity::Medium,
        tags: &["cwe-829"],
        peers: &["zizmor:unpinned-images"],
    }
}

fn untagged_job_images(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    for (node, image) in images(job) {
        untagged_image(node, image, report);
    }
}

fn untagged_step_image(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    if let Some((node, image)) = docker_image(step) {
        untagged_image(node, image, report);
    }
}

fn untagged_action_image(action: &Action<'_>, report: &mut Report<'_>) {
    if let Some((node, image)) = action_image(action) {
        untagged_image(node, image, report);
    }
}

fn untagged_image(node: Node<'_>, image: &str, report: &mut Report<'_>) {
    let Some(reference) = reference(image) else { return };
    let moves = match reference.tag() {
        None => true,
        Some(tag) => tag == "latest",
    };
    if moves && reference.digest().is_none() {
        report.at(node, format!("image `{image}` has no version")).help("name a version, best with its digest");
    }
}

/// The images of a job's container and services, and where they are named; of a matrix, each of its values.
fn images<'t>(job: &Job<'t>) -> Vec<(Node<'t>, &'t str)> {
    let container = job.get("container").present();
    let container = container.and_then(|node| if node.is_map() { node.get("image").present() } else { Some(node) });
    let services = job.get("services").present().map(Node::entries).into_iter().flatten();
    let services = services.filter_map(|(_, service)| service.get("image").present());
    let named = container.into_iter().chain(services).filter(|node| portcullis_model::actions::scalar(*node).is_some());
    named
        .flat_map(|node| {
            let key = matrix_key(node.text());
            let values = key.map(|key| job.matrix_values(&key)).filter(|values| !values.is_empty());
            let texts = values.map_or_else(|| vec![node.text()], |values| values.into_iter().map(Node::text).collect());
            texts.into_iter().map(move |text| (node, text))
        })
        .collect()
}

/// The key of a text that is nothing but `${{ matrix.key }}`.
fn matrix_key(text: &str) -> Option<String> {
    let fence = fences(text).next().filter(|fence| fence.start == 0 && fence.end as usize == text.trim_end().len())?;
    let path = fence.expr.ok()?.path()?;
    (path.root() == "matrix" && path.segments().len() == 2).then(|| path.name(1).to_owned())
}

fn docker_image<'t>(step: &Step<'t>) -> Option<(Node<'t>, &'t str)> {
    let uses = step.uses?;
    match uses.kind {
        UsesKind::Docker(image) => Some((uses.node, image)),
        _ => None,
    }
}

/// The image that an action in a container names; otherwise it is built from a Dockerfile.
fn action_image<'t>(action: &Action<'t>) -> Option<(Node<'t>, &'t str)> {
    let node = action.root.get("runs.image").present()?;
    Some((node, node.text().strip_prefix("docker://")?))
}

/// The reference, where no expression stands in it.
fn reference(image: &str) -> Option<ImageRef> {
    if image.contains("${{") || image.is_empty() {
        return None;
    }
    ImageRef::parse(image).ok()
}

/// Actions that install a tool, and take its newest version where none is asked for.
const INSTALLERS: &[&str] = &["aquasecurity/setup-trivy", "1password/load-secrets-action"];

rule! {
    /// Setup action installs whatever version is newest
    ///
    /// The action is pinned, what it installs is not: the job runs another program tomorrow. Knows
    /// `aquasecurity/setup-trivy` and `1password/load-secrets-action`; silent on every other action, and where an expression
    /// decides the version.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   scan:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: aquasecurity/setup-trivy@v0.2.2
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   scan:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: aquasecurity/setup-trivy@v0.2.2
    ///         with: { version: v0.64.1 }
    /// ```
    UNPINNED_TOOLS = "actions-unpinned-tools" {
        check: Check::Actions(ActionsCheck::Step(unpinned_tools)),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["zizmor:unpinned-tools"],
    }
}

fn unpinned_tools(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses.filter(|uses| uses.is_any(INSTALLERS)) else { return };
    // Steps that never run keep a version for Dependabot to update.
    if step.has_unknown_inputs() || step.is_never() {
        return;
    }
    let help = "set `version` to the version that is wanted";
    match step.input("version") {
        None => report.at(uses.node, "the action installs the newest version of its tool").help(help),
        Some(node) if node.text() == "latest" => report.at(node, "`latest` is another version tomorrow").help(help),
        Some(_) => return,
    };
}
