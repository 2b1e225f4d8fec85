//! Names of stages, and references to them from COPY and RUN.
//!
//! A word that is no stage's name may be an image or a build context of the command line, which the file does not say:
//! only what cannot be either, or nearly is a stage's name, is reported.

use std::collections::HashSet;

use portcullis_model::dockerfile::{SourceRef, SourceTarget, Stage};
use portcullis_syntax::dockerfile::Keyword;

use super::Image;
use super::near::nearest;
use super::walk::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&DUPLICATE_STAGE_NAME, &RESERVED_STAGE_NAME, &COPY_FROM_UNKNOWN_STAGE, &COPY_FROM_SELF, &UNNAMED_BUILD_STAGES];

rule! {
    /// Two stages have the same name
    ///
    /// `COPY --from`, `FROM` and `--target` find the later of the two, whatever their author had in mind; newer builders
    /// warn. Case does not count. Looks at all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM golang:1.26 AS build
    /// FROM node:24 AS Build
    /// FROM scratch
    /// ```
    /// ```dockerfile good
    /// FROM golang:1.26 AS build
    /// FROM node:24 AS assets
    /// FROM scratch
    /// ```
    DUPLICATE_STAGE_NAME = "docker-duplicate-stage-name" {
        check: Check::Dockerfile(duplicate_stage_name),
        severity: Severity::High,
        peers: &[
            "hadolint:DL3024", "buildkit:DuplicateStageName", "trivy:DS-0012", "checkov:CKV_DOCKER_11", "kics:f2daed12",
        ],
    }
}

rule! {
    /// Stage has a reserved name
    ///
    /// `scratch` is the empty image and `context` the files that are sent to the builder. A stage of that name can not
    /// be told from them. Looks at all stages.
    ///
    /// ```dockerfile bad:1
    /// FROM debian:13 AS scratch
    /// ```
    /// ```dockerfile good
    /// FROM scratch AS base
    /// ```
    RESERVED_STAGE_NAME = "docker-reserved-stage-name" {
        check: Check::Dockerfile(reserved_stage_name),
        severity: Severity::Medium,
        peers: &["hadolint:DL3063", "buildkit:ReservedStageName"],
    }
}

rule! {
    /// Files are copied from a stage that does not exist
    ///
    /// The number is that of no earlier stage, the stage comes later in the file, or the name is nearly that of a stage.
    /// In the last case the builder looks for an image of that name and fails, or finds somebody else's. Looks at
    /// `COPY --from` and `RUN --mount=from=` in all stages. Silent for any other word: it may be an image or a build
    /// context of the command line.
    ///
    /// ```dockerfile bad:3
    /// FROM golang:1.26 AS builder
    /// FROM scratch
    /// COPY --from=buidler /app /app
    /// ```
    /// ```dockerfile bad:2
    /// FROM scratch
    /// COPY --from=assets /dist /dist
    /// FROM node:24 AS assets
    /// ```
    /// ```dockerfile bad:3
    /// FROM golang:1.26
    /// FROM scratch
    /// COPY --from=2 /app /app
    /// ```
    /// ```dockerfile good
    /// FROM golang:1.26 AS builder
    /// FROM scratch
    /// COPY --from=BUILDER /app /app
    /// COPY --from=0 /app /app
    /// COPY --from=nginx:1.29 /etc/nginx /etc/nginx
    /// COPY --from=sources / /src
    /// COPY --from=$IMAGE /a /a
    /// ```
    COPY_FROM_UNKNOWN_STAGE = "docker-copy-from-unknown-stage" {
        check: Check::Dockerfile(copy_from_unknown_stage),
        severity: Severity::Medium,
        peers: &["hadolint:DL3022", "kics:68a51e22"],
    }
}

rule! {
    /// Stage copies from itself
    ///
    /// A stage cannot be finished before it is finished: builders refuse it as a cycle. Looks at `COPY --from` and
    /// `RUN --mount=from=` in all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13 AS build
    /// COPY --from=build /a /b
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS build
    /// FROM build AS run
    /// COPY --from=build /a /b
    /// ```
    COPY_FROM_SELF = "docker-copy-from-self" {
        check: Check::Dockerfile(copy_from_self),
        severity: Severity::High,
        peers: &["hadolint:DL3023", "trivy:DS-0006", "kics:cdddb86f"],
    }
}

rule! {
    /// Stage is referred to by its number
    ///
    /// Numbers shift when a stage is added above, and `COPY --from` then takes files from another stage without a word.
    /// Looks at all stages.
    ///
    /// ```dockerfile bad:3
    /// FROM golang:1.26
    /// FROM scratch
    /// COPY --from=0 /app /app
    /// ```
    /// ```dockerfile good
    /// FROM golang:1.26 AS build
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    UNNAMED_BUILD_STAGES = "docker-unnamed-build-stages" {
        check: Check::Dockerfile(unnamed_build_stages),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["kics:using_unnamed_build_stages"],
        yields_to: &["docker-copy-from-unknown-stage", "docker-copy-from-self"],
    }
}

/// Names of well-known images that are nearly names that people give to stages.
const NEVER_A_TYPO: &[&str] =
    &["node", "golang", "nginx", "alpine", "debian", "ubuntu", "python", "rust", "ruby", "docker"];

/// How many names are compared with one that is wrong.
const MAX_NAMES: usize = 100;

fn duplicate_stage_name(image: &Image<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for stage in &image.build.stages {
        let Some(name) = stage.name else { continue };
        if !seen.insert(name.as_str().to_lowercase()) {
            let place = place(Some(stage), Keyword::From, name.span(), name.as_str());
            report
                .at(place, format!("an earlier stage is named `{}` as well", name.as_str()))
                .help("give each stage a name of its own");
        }
    }
}

fn reserved_stage_name(image: &Image<'_>, report: &mut Report<'_>) {
    for stage in &image.build.stages {
        let Some(name) = stage.name else { continue };
        if matches!(name.as_str().to_lowercase().as_str(), "scratch" | "context") {
            let place = place(Some(stage), Keyword::From, name.span(), name.as_str());
            report.at(place, format!("the stage name `{}` is reserved", name.as_str())).help("rename the stage");
        }
    }
}

fn copy_from_unknown_stage(image: &Image<'_>, report: &mut Report<'_>) {
    let stages = &image.build.stages;
    for source in image.build.copy_sources() {
        let name = source.name.as_str();
        let message = match &source.target {
            SourceTarget::NoSuchIndex(_) => format!("there is no stage number {name}"),
            SourceTarget::Stage(index) if *index > source.stage => {
                format!("the stage `{name}` comes later in the file")
            }
            // Without FROM there is no stage to refer to.
            SourceTarget::Stage(index) if stages.get(*index).is_some_and(|stage| stage.from.is_none()) => {
                format!("there is no stage number {name}")
            }
            SourceTarget::Image(_) if !name.contains(['/', ':', '@', '.']) && !NEVER_A_TYPO.contains(&name) => {
                let earlier = stages.get(..source.stage).unwrap_or_default();
                let names = earlier.iter().rev().filter_map(|stage| Some(stage.name?.as_str())).take(MAX_NAMES);
                let Some(meant) = nearest(name, names) else { continue };
                format!("there is no stage `{name}`, but one named `{meant}`")
            }
            _ => continue,
        };
        at_source(&source, stages, message, report).help("name an earlier stage, or an image with its tag");
    }
}

fn copy_from_self(image: &Image<'_>, report: &mut Report<'_>) {
    let stages = &image.build.stages;
    for source in image.build.copy_sources() {
        let SourceTarget::Stage(index) = source.target else { continue };
        if index == source.stage && stages.get(index).is_some_and(|stage| stage.from.is_some()) {
            let message = format!("the stage copies from itself (`{}`)", source.name.as_str());
            at_source(&source, stages, message, report).help("name an earlier stage, or use `RUN cp`");
        }
    }
}

fn unnamed_build_stages(image: &Image<'_>, report: &mut Report<'_>) {
    let stages = &image.build.stages;
    for source in image.build.copy_sources() {
        let SourceTarget::Stage(index) = source.target else { continue };
        let is_number = source.name.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && index < source.stage {
            let message = format!("stage {index} is referred to by its number");
            at_source(&source, stages, message, report).help("name the stage with AS, and use the name");
        }
    }
}

fn at_source<'r>(
    source: &SourceRef<'_>,
    stages: &[Stage<'_>],
    message: String,
    report: &'r mut Report<'_>,
) -> &'r mut portcullis_core::Draft {
    let place = place(stages.get(source.stage), source.instruction.keyword, source.span(), source.name.as_str());
    report.at(place, message)
}
