//! Whether the image says how to tell that its program works.
//!
//! Kubernetes ignores HEALTHCHECK; Docker, Swarm and Compose use it.

use portcullis_model::dockerfile::Base;
use portcullis_syntax::dockerfile::{Args, Keyword};

use super::Image;
use super::walk::{from_word, place};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&HEALTHCHECK_MISSING, &HEALTHCHECK_NONE];

rule! {
    /// Image has no HEALTHCHECK
    ///
    /// Docker then takes a container for healthy as long as its process lives. Not on by default, because Kubernetes
    /// has probes of its own. Looks at the final stage and those it is built from; the finding is at the last FROM. The
    /// base image may bring one, which the file does not say.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13 AS other
    /// HEALTHCHECK CMD ["check"]
    /// FROM debian:13
    /// CMD ["app"]
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// HEALTHCHECK CMD ["check"]
    /// FROM base
    /// CMD ["app"]
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// HEALTHCHECK NONE
    /// ```
    HEALTHCHECK_MISSING = "docker-healthcheck-missing" {
        check: Check::Dockerfile(healthcheck_missing),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL3057", "trivy:DS-0026", "checkov:CKV_DOCKER_2", "kics:b03a748a"],
    }
}

rule! {
    /// HEALTHCHECK is turned off
    ///
    /// `HEALTHCHECK NONE` takes away the check that the base image brings. Looks at the last HEALTHCHECK of the final
    /// stage and those it is built from. Silent on `scratch`, which brings none.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// HEALTHCHECK NONE
    /// ```
    /// ```dockerfile good
    /// FROM scratch
    /// HEALTHCHECK NONE
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// HEALTHCHECK none
    /// FROM base
    /// HEALTHCHECK CMD ["check"]
    /// ```
    HEALTHCHECK_NONE = "docker-healthcheck-none" {
        check: Check::Dockerfile(healthcheck_none),
        severity: Severity::Info,
        profile: Profile::All,
    }
}

fn healthcheck_missing(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(stage) = image.build.final_stage() else { return };
    let (None, Some(from)) = (image.build.effective(stage, Keyword::Healthcheck), from_word(stage)) else { return };
    report
        .at(place(Some(stage), Keyword::From, from.span(), ""), "the image has no HEALTHCHECK")
        .help("add a HEALTHCHECK that asks the program itself, or say `HEALTHCHECK NONE`");
}

fn healthcheck_none(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(stage) = image.build.final_stage() else { return };
    let Some(instruction) = image.build.effective(stage, Keyword::Healthcheck) else { return };
    let Args::Healthcheck(check) = &instruction.args else { return };
    if matches!(image.build.root_base(stage), Base::Scratch) {
        return;
    }
    if check.kind.as_str().eq_ignore_ascii_case("none") {
        report
            .at(
                place(Some(stage), Keyword::Healthcheck, check.kind.span(), "NONE"),
                "the health check of the base image is turned off",
            )
            .help("replace the check by one that fits, or remove the instruction");
    }
}
