//! Instructions of which only the last one of a stage counts.

use portcullis_syntax::dockerfile::Keyword;

use super::Image;
use super::walk::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&MULTIPLE_CMD, &MULTIPLE_ENTRYPOINT, &MULTIPLE_HEALTHCHECK];

rule! {
    /// Stage has several CMD
    ///
    /// Only the last one counts; the others look like something that runs and does not. Looks at each stage by itself: a
    /// stage may replace what it inherits.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// CMD ["a"]
    /// CMD ["b"]
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// CMD ["a"]
    /// FROM base
    /// ONBUILD CMD ["c"]
    /// CMD ["b"]
    /// ```
    MULTIPLE_CMD = "docker-multiple-cmd" {
        check: Check::Dockerfile(|image, report| repeated(image, Keyword::Cmd, report)),
        severity: Severity::Medium,
        peers: &["hadolint:DL4003", "buildkit:MultipleInstructionsDisallowed", "trivy:DS-0016", "kics:41c195f4"],
    }
}

rule! {
    /// Stage has several ENTRYPOINT
    ///
    /// Only the last one counts; the others look like something that runs and does not. Looks at each stage by itself: a
    /// stage may replace what it inherits.
    ///
    /// ```dockerfile bad:4
    /// FROM debian:13
    /// ENTRYPOINT ["a"]
    /// RUN id
    /// ENTRYPOINT ["b"]
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// ENTRYPOINT ["a"]
    /// FROM base
    /// ENTRYPOINT ["b"]
    /// ```
    MULTIPLE_ENTRYPOINT = "docker-multiple-entrypoint" {
        check: Check::Dockerfile(|image, report| repeated(image, Keyword::Entrypoint, report)),
        severity: Severity::Medium,
        peers: &["hadolint:DL4004", "buildkit:MultipleInstructionsDisallowed", "trivy:DS-0007", "kics:6938958b"],
    }
}

rule! {
    /// Stage has several HEALTHCHECK
    ///
    /// Only the last one counts, so that a part of what was meant to be checked is not. Looks at each stage by itself: a
    /// stage may replace what it inherits.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// HEALTHCHECK CMD ["a"]
    /// HEALTHCHECK NONE
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// HEALTHCHECK CMD ["a"]
    /// FROM base
    /// HEALTHCHECK NONE
    /// ```
    MULTIPLE_HEALTHCHECK = "docker-multiple-healthcheck" {
        check: Check::Dockerfile(|image, report| repeated(image, Keyword::Healthcheck, report)),
        severity: Severity::Medium,
        peers: &["hadolint:DL3012", "buildkit:MultipleInstructionsDisallowed", "trivy:DS-0023"],
    }
}

fn repeated(image: &Image<'_>, keyword: Keyword, report: &mut Report<'_>) {
    for stage in &image.build.stages {
        let all = stage.all(keyword);
        for (earlier, later) in all.iter().zip(all.iter().skip(1)) {
            let name = keyword.name();
            report
                .at(
                    place(Some(stage), keyword, later.keyword_span, &later.body),
                    format!("this {name} replaces an earlier one of the stage"),
                )
                .label(earlier.keyword_span, "this one has no effect")
                .help(format!("keep one {name}"));
        }
    }
}
