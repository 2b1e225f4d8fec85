//! What FROM says beside its image: platform and variables.
//!
//! Only an ARG before the first FROM, and the platform variables of the builder, can be used in FROM.

use std::collections::BTreeSet;

use portcullis_core::Fix;

use portcullis_model::dockerfile::{Stage, is_platform_arg, is_proxy_arg};
use portcullis_model::image::ImageRef;
use portcullis_syntax::dockerfile::{Expanded, Keyword, Variable, Word, expand};

use super::near::nearest;
use super::walk::{from_word, place};
use super::{Image, edits};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&FROM_PLATFORM_CONSTANT, &FROM_PLATFORM_REDUNDANT, &UNDEFINED_ARG_IN_FROM, &INVALID_DEFAULT_ARG_IN_FROM];

rule! {
    /// Platform of the base image is fixed
    ///
    /// The stage is built for that platform whatever `--platform` asks for: on other machines it runs in emulation, and
    /// a multi-platform build silently ships one platform's files for all. Looks at all stages. Silent where the
    /// value holds a variable, and where the stage's name says the system or the architecture.
    ///
    /// ```dockerfile bad:1
    /// FROM --platform=linux/amd64 debian:13
    /// ```
    /// ```dockerfile good
    /// FROM --platform=$BUILDPLATFORM golang:1.26 AS build
    /// FROM --platform="${BUILDPLATFORM:-}" golang:1.26 AS tools
    /// FROM --platform=linux/amd64 debian:13 AS build-amd64
    /// ```
    FROM_PLATFORM_CONSTANT = "docker-from-platform-constant" {
        check: Check::Dockerfile(from_platform_constant),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3029", "buildkit:FromPlatformFlagConstDisallowed", "kics:b16e8501"],
    }
}

rule! {
    /// Platform of the base image is the default
    ///
    /// A stage is built for the target platform anyway. Looks at all stages.
    ///
    /// ```dockerfile bad:1
    /// FROM --platform=${TARGETPLATFORM} debian:13
    /// ```
    /// ```dockerfile good
    /// FROM --platform=$BUILDPLATFORM debian:13
    /// ```
    FROM_PLATFORM_REDUNDANT = "docker-from-platform-redundant" {
        check: Check::Dockerfile(from_platform_redundant),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL3065", "buildkit:RedundantTargetPlatform"],
    }
}

rule! {
    /// FROM uses a variable that no ARG declares
    ///
    /// In FROM only arguments that are declared before the first FROM have a value; any other variable is empty, and
    /// `--build-arg` cannot set it. Looks at image and platform of all stages. Silent for the builder's own variables
    /// (`TARGETARCH`) and for arguments that are declared without a default.
    ///
    /// ```dockerfile bad:2
    /// ARG VERSION=13
    /// FROM debian:${VERSON}
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:13 AS build
    /// ARG TAG=13
    /// FROM debian:$TAG
    /// ```
    /// ```dockerfile good
    /// ARG VERSION
    /// FROM --platform=$BUILDPLATFORM debian:${VERSION:-13}
    /// FROM debian-$TARGETARCH:13
    /// ```
    UNDEFINED_ARG_IN_FROM = "docker-undefined-arg-in-from" {
        check: Check::Dockerfile(undefined_arg_in_from),
        severity: Severity::Medium,
        peers: &["buildkit:UndefinedArgInFrom"],
    }
}

rule! {
    /// Base image is invalid without build arguments
    ///
    /// With the defaults alone, the variables in FROM give no image: whoever builds without `--build-arg` gets an error
    /// that does not name the argument. An ARG without default is also a deliberate way to require it, hence not on by
    /// default. Looks at all stages. Silent where the builder's own variables take part.
    ///
    /// ```dockerfile bad:2
    /// ARG VERSION
    /// FROM debian:$VERSION
    /// ```
    /// ```dockerfile good
    /// ARG VERSION=13
    /// ARG SUFFIX
    /// FROM debian:$VERSION$SUFFIX
    /// FROM debian:13-$TARGETARCH
    /// ```
    INVALID_DEFAULT_ARG_IN_FROM = "docker-invalid-default-arg-in-from" {
        check: Check::Dockerfile(invalid_default_arg_in_from),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["buildkit:InvalidDefaultArgInFrom"],
    }
}

/// How many names are compared with one that is wrong.
const MAX_NAMES: usize = 100;

fn from_platform_constant(image: &Image<'_>, report: &mut Report<'_>) {
    for stage in &image.build.stages {
        let Some(platform) = stage.platform else { continue };
        let text = platform.as_str();
        let name = stage.name.map_or("", |name| name.as_str()).to_lowercase();
        let is_in_name = text.split('/').any(|part| !part.is_empty() && name.contains(part));
        if !text.contains('$') && !text.is_empty() && !is_in_name {
            report
                .at(at(stage, platform), format!("the platform is always `{text}`"))
                .help("leave the platform to the build, or use `$BUILDPLATFORM` for a stage that cross-compiles");
        }
    }
}

fn from_platform_redundant(image: &Image<'_>, report: &mut Report<'_>) {
    for stage in &image.build.stages {
        let Some(platform) = stage.platform else { continue };
        if matches!(platform.as_str(), "$TARGETPLATFORM" | "${TARGETPLATFORM}") {
            let flag = stage.from.and_then(|from| from.flag("platform"));
            let edit = flag.and_then(|flag| edits::remove_word(image, flag.span));
            report
                .at(at(stage, platform), "the target platform is the default")
                .help("remove `--platform`")
                .fix(edit.map(|edit| Fix::safe("remove `--platform`", edit)));
        }
    }
}

fn undefined_arg_in_from(image: &Image<'_>, report: &mut Report<'_>) {
    let declared = declared(image);
    for stage in &image.build.stages {
        let Some(from) = stage.from else { continue };
        let variables = image.build.variables_at(from);
        let mut said: Vec<String> = Vec::new();
        for word in from_word(stage).into_iter().chain(stage.platform) {
            for used in variables.expand(word).used {
                let name = used.name.as_str();
                let is_known = declared.contains(name) || is_platform_arg(name) || is_proxy_arg(name);
                if is_known || said.iter().any(|said| said == name) {
                    continue;
                }
                said.push(name.to_owned());
                let builder = ["BUILDPLATFORM", "TARGETPLATFORM", "TARGETARCH", "TARGETOS"];
                let help = match nearest(name, declared.iter().copied().take(MAX_NAMES).chain(builder)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("declare it with `ARG {name}` before the first FROM"),
                };
                let place = place(Some(stage), Keyword::From, used.span, name);
                report.at(place, format!("no ARG before the first FROM declares `{name}`")).help(help);
            }
        }
    }
}

fn invalid_default_arg_in_from(image: &Image<'_>, report: &mut Report<'_>) {
    let declared = declared(image);
    for stage in &image.build.stages {
        let (Some(from), Some(word)) = (stage.from, from_word(stage)) else { continue };
        let variables = image.build.variables_at(from);
        let with_defaults: Expanded =
            expand(word.expandable(), image.build.dockerfile.escape, |name| match variables.get(name) {
                Variable::Unset if declared.contains(name) => Variable::Set("".into()),
                value => value,
            });
        let Some(text) = with_defaults.known().filter(|_| !with_defaults.used.is_empty()) else { continue };
        let is_stage = image.build.stage_named(text).is_some_and(|named| named.index < stage.index);
        if text == "scratch" || is_stage {
            continue;
        }
        if let Err(error) = ImageRef::parse(text) {
            report
                .at(at(stage, word), format!("with the defaults alone the base image is `{text}`: {error}"))
                .help("give the arguments defaults that make an image");
        }
    }
}

/// The names of the ARGs before the first FROM.
fn declared<'d>(image: &Image<'d>) -> BTreeSet<&'d str> {
    let preamble = image.build.preamble.iter();
    preamble.flat_map(|instruction| instruction.pairs()).map(|pair| pair.key.as_str()).collect()
}

fn at(stage: &Stage<'_>, word: &Word) -> portcullis_core::Place {
    place(Some(stage), Keyword::From, word.span(), word.as_str())
}
