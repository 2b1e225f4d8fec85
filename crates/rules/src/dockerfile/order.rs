//! Instructions where none of their kind may stand.

use portcullis_syntax::dockerfile::{Args, Keyword};

use super::Image;
use super::walk::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&INVALID_INSTRUCTION_ORDER, &ONBUILD_NESTED];

rule! {
    /// Dockerfile does not begin with FROM
    ///
    /// Only ARG, comments and directives may come before the first FROM; builders refuse everything else. Reported once,
    /// at the first instruction that stands too early. Silent where a `# syntax` directive names a front end that is not
    /// Docker's, which may have rules of its own.
    ///
    /// ```dockerfile bad:1
    /// LABEL a=b
    /// FROM debian:13
    /// ```
    /// ```dockerfile bad:2
    /// ARG A
    /// RUN id
    /// ```
    /// ```dockerfile good
    /// # syntax=docker/dockerfile:1
    /// # A comment.
    /// ARG VERSION=13
    /// FROM debian:$VERSION
    /// LABEL a=b
    /// ```
    /// ```dockerfile good
    /// # syntax=example/other-frontend:1
    /// RUN id
    /// ```
    INVALID_INSTRUCTION_ORDER = "docker-invalid-instruction-order" {
        check: Check::Dockerfile(invalid_instruction_order),
        severity: Severity::High,
        peers: &["hadolint:DL3061"],
    }
}

rule! {
    /// ONBUILD holds an instruction that it must not
    ///
    /// Builders refuse `ONBUILD ONBUILD`, `ONBUILD FROM` and `ONBUILD MAINTAINER`. Looks at all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ONBUILD ONBUILD RUN id
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ONBUILD FROM debian:13
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ONBUILD RUN id
    /// ```
    ONBUILD_NESTED = "docker-onbuild-nested" {
        check: Check::Dockerfile(onbuild_nested),
        severity: Severity::High,
        peers: &["hadolint:DL3043"],
    }
}

fn invalid_instruction_order(image: &Image<'_>, report: &mut Report<'_>) {
    let dockerfile = image.build.dockerfile;
    let is_foreign = |value: &str| !value.trim_start_matches("docker.io/").starts_with("docker/dockerfile");
    if dockerfile.directive("syntax").is_some_and(|directive| is_foreign(&directive.value)) {
        return;
    }
    let early = dockerfile.instructions.iter().take_while(|instruction| instruction.keyword != Keyword::From);
    // An unknown keyword is a syntax error already.
    let wrong = |keyword: Keyword| !matches!(keyword, Keyword::Arg | Keyword::Unknown);
    if let Some(instruction) = early.into_iter().find(|instruction| wrong(instruction.keyword)) {
        let name = instruction.keyword.name();
        report
            .at(
                place(None, instruction.keyword, instruction.keyword_span, name),
                format!("{name} stands before the first FROM"),
            )
            .help("begin the file with FROM, or with ARG and then FROM");
    }
}

fn onbuild_nested(image: &Image<'_>, report: &mut Report<'_>) {
    for instruction in &image.build.dockerfile.instructions {
        let Args::Onbuild(inner) = &instruction.args else { continue };
        if matches!(inner.keyword, Keyword::Onbuild | Keyword::From | Keyword::Maintainer) {
            let name = inner.keyword.name();
            let place = place(image.build.stage_of(instruction), Keyword::Onbuild, inner.keyword_span, name);
            report.at(place, format!("ONBUILD must not hold {name}")).help("remove the instruction");
        }
    }
}
