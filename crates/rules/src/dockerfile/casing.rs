//! Upper and lower case where builders accept both: matters of reading, not of meaning.

use portcullis_core::{Fix, Span};
use portcullis_syntax::dockerfile::{Args, Instruction, Keyword};

use super::walk::{self, place};
use super::{Image, edits};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&STAGE_NAME_CASING_MIXED, &FROM_AS_CASING_MIXED, &INSTRUCTION_CASING_MIXED, &EXPOSE_PROTO_CASING_MIXED];

rule! {
    /// Stage name has capital letters
    ///
    /// Names of stages are compared without regard to case, those of images are not, so that a name in capitals reads
    /// like something it is not. Looks at all stages.
    ///
    /// ```dockerfile bad:1
    /// FROM golang:1.26 AS Builder
    /// ```
    /// ```dockerfile good
    /// FROM golang:1.26 AS builder
    /// ```
    STAGE_NAME_CASING_MIXED = "docker-stage-name-casing-mixed" {
        check: Check::Dockerfile(stage_name_casing_mixed),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["buildkit:StageNameCasing"],
    }
}

rule! {
    /// FROM and AS differ in case
    ///
    /// Two keywords of one line in two cases are harder to read. Silent where FROM itself mixes cases, which is another
    /// rule's concern. Looks at all stages.
    ///
    /// ```dockerfile bad:1
    /// FROM golang:1.26 as builder
    /// ```
    /// ```dockerfile good
    /// FROM golang:1.26 AS builder
    /// from golang:1.26 as second
    /// ```
    FROM_AS_CASING_MIXED = "docker-from-as-casing-mixed" {
        check: Check::Dockerfile(from_as_casing_mixed),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["buildkit:FromAsCasing"],
    }
}

rule! {
    /// Keyword is in another case than the others
    ///
    /// The case that most instructions of the file use is its style; the others stand out for no reason. Looks at the
    /// whole file; with as many of one as of the other, capitals win.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// copy a /a
    /// COPY b /b
    /// ```
    /// ```dockerfile good
    /// from debian:13
    /// copy a /a
    /// copy b /b
    /// ```
    INSTRUCTION_CASING_MIXED = "docker-instruction-casing-mixed" {
        check: Check::Dockerfile(instruction_casing_mixed),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["buildkit:ConsistentInstructionCasing"],
    }
}

rule! {
    /// Protocol of EXPOSE has capital letters
    ///
    /// Protocols are written `tcp` and `udp` everywhere else; some tools that read the image's configuration compare
    /// them letter by letter. Looks at all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// EXPOSE 80/tcp 443/TCP
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// EXPOSE 80 443/tcp 53/udp
    /// ```
    EXPOSE_PROTO_CASING_MIXED = "docker-expose-proto-casing-mixed" {
        check: Check::Dockerfile(expose_proto_casing_mixed),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["buildkit:ExposeProtoCasing"],
    }
}

/// The case of a keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    Mixed,
}

impl Case {
    fn of(word: &str) -> Self {
        if word == word.to_uppercase() {
            Self::Upper
        } else if word == word.to_lowercase() {
            Self::Lower
        } else {
            Self::Mixed
        }
    }

    /// The word in this case.
    fn apply(self, word: &str) -> String {
        if self == Self::Lower { word.to_lowercase() } else { word.to_uppercase() }
    }
}

fn stage_name_casing_mixed(image: &Image<'_>, report: &mut Report<'_>) {
    for stage in &image.build.stages {
        let Some(name) = stage.name.filter(|name| name.as_str() != name.as_str().to_lowercase()) else { continue };
        report
            .at(
                place(Some(stage), Keyword::From, name.span(), name.as_str()),
                format!("the stage name `{}` has capital letters", name.as_str()),
            )
            .help("write it in lower case")
            // References find the stage in any case.
            .fix(recase(image, name.span(), name.as_str(), &name.as_str().to_lowercase()));
    }
}

fn from_as_casing_mixed(image: &Image<'_>, report: &mut Report<'_>) {
    for stage in &image.build.stages {
        let Some(from) = stage.from else { continue };
        let Args::From(arguments) = &from.args else { continue };
        let Some(keyword) = &arguments.as_keyword else { continue };
        let case = Case::of(&from.written);
        if case != Case::Mixed && Case::of(keyword.as_str()) != case {
            let message = format!("`{}` and `{}` differ in case", from.written, keyword.as_str());
            let place = place(Some(stage), Keyword::From, keyword.span(), keyword.as_str());
            report.at(place, message).fix(recase(
                image,
                keyword.span(),
                keyword.as_str(),
                &case.apply(keyword.as_str()),
            ));
        }
    }
}

fn instruction_casing_mixed(image: &Image<'_>, report: &mut Report<'_>) {
    let instructions: Vec<&Instruction> = image.build.dockerfile.instructions.iter().collect();
    let known = || instructions.iter().filter(|instruction| instruction.keyword != Keyword::Unknown);
    let count = |case: Case| known().filter(|instruction| Case::of(&instruction.written) == case).count();
    let style = if count(Case::Lower) > count(Case::Upper) { Case::Lower } else { Case::Upper };
    for instruction in known().filter(|instruction| Case::of(&instruction.written) != style) {
        let most = if style == Case::Lower { "lower" } else { "upper" };
        let stage = image.build.stage_of(instruction);
        report
            .at(
                place(stage, instruction.keyword, instruction.keyword_span, &instruction.written),
                format!("`{}` is not in {most} case as most keywords of the file", instruction.written),
            )
            .fix(recase(image, instruction.keyword_span, &instruction.written, &style.apply(&instruction.written)));
    }
}

fn expose_proto_casing_mixed(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Expose]) {
        for word in step.instruction.words() {
            let Some((port, protocol)) = word.as_str().rsplit_once('/') else { continue };
            if protocol != protocol.to_lowercase() && !protocol.contains('$') {
                report
                    .at(
                        step.place(word.span(), word.as_str()),
                        format!("the protocol of `{}` has capital letters", word.as_str()),
                    )
                    .help("write the protocol in lower case")
                    .fix(recase(image, word.span(), word.as_str(), &format!("{port}/{}", protocol.to_lowercase())));
            }
        }
    }
}

fn recase(image: &Image<'_>, span: Span, written: &str, text: &str) -> Option<Fix> {
    Some(Fix::safe(format!("write `{text}`"), edits::replace(image, span, written, text)?))
}
