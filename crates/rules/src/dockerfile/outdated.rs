//! Forms that builders still read but that are on their way out.

use portcullis_core::{Edit, Fix, FixSafety, Span};
use portcullis_syntax::dockerfile::{Instruction, Keyword, Pair, PairForm};

use super::walk::{self, place};
use super::{Image, edits};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&MAINTAINER_DEPRECATED, &LEGACY_KEY_VALUE, &EMPTY_CONTINUATION];

rule! {
    /// MAINTAINER is deprecated
    ///
    /// A label can hold the same and more, and is shown by `docker inspect` and registries. Looks at the whole file.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// MAINTAINER Ada <ada@example.org>
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.authors="Ada <ada@example.org>"
    /// ```
    MAINTAINER_DEPRECATED = "docker-maintainer-deprecated" {
        check: Check::Dockerfile(maintainer_deprecated),
        severity: Severity::Info,
        peers: &[
            "hadolint:DL4000", "buildkit:MaintainerDeprecated", "trivy:DS-0022", "checkov:CKV_DOCKER_6",
            "kics:99614418",
        ],
    }
}

rule! {
    /// Key and value are separated by a blank
    ///
    /// `ENV key value` takes the rest of the line as the value of one key, so that a second pair on the line becomes
    /// part of the first. Looks at ENV and LABEL in all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ENV NODE_ENV production
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ENV NODE_ENV=production
    /// LABEL description="a b"
    /// ```
    LEGACY_KEY_VALUE = "docker-legacy-key-value" {
        check: Check::Dockerfile(legacy_key_value),
        severity: Severity::Info,
        peers: &["buildkit:LegacyKeyValueFormat"],
    }
}

rule! {
    /// Blank line within a continued instruction
    ///
    /// Builders still skip it but announce that it will become an error, and readers take it for the end of the
    /// instruction. Looks at the whole file, at the first blank line of each instruction. Comments between continued
    /// lines are fine.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// RUN a && \
    ///
    ///     b
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN a && \
    ///     # Then the other.
    ///     b
    /// ```
    EMPTY_CONTINUATION = "docker-empty-continuation" {
        check: Check::Dockerfile(empty_continuation),
        severity: Severity::Low,
        peers: &["buildkit:NoEmptyContinuation"],
    }
}

fn maintainer_deprecated(image: &Image<'_>, report: &mut Report<'_>) {
    let is_maintainer = |instruction: &&Instruction| instruction.keyword == Keyword::Maintainer;
    let is_alone = image.build.dockerfile.instructions.iter().filter(is_maintainer).nth(1).is_none();
    for instruction in &image.build.dockerfile.instructions {
        if instruction.keyword == Keyword::Maintainer {
            let place = place(
                image.build.stage_of(instruction),
                Keyword::Maintainer,
                instruction.keyword_span,
                &instruction.body,
            );
            report
                .at(place, "MAINTAINER is deprecated")
                .help("use `LABEL org.opencontainers.image.authors=\"…\"`")
                .fix(is_alone.then(|| as_label(image, instruction)).flatten());
        }
    }
}

const AUTHORS: &str = "org.opencontainers.image.authors";

/// Says it in a label, where no other label says it.
fn as_label(image: &Image<'_>, maintainer: &Instruction) -> Option<Fix> {
    let is_label = |instruction: &Instruction| instruction.pairs().iter().any(|pair| pair.key.as_str() == AUTHORS);
    let is_said = image.build.dockerfile.instructions.iter().any(|other| is_label(other.triggered()));
    // In a label variables are replaced, and quotes count.
    let is_plain = !maintainer.body.contains(|c: char| c.is_control() || "\"'\\`$".contains(c));
    if is_said || !is_plain {
        return None;
    }
    let is_lower = maintainer.written == maintainer.written.to_lowercase();
    let keyword = if is_lower { "label" } else { "LABEL" };
    Some(Fix {
        safety: FixSafety::Safe,
        title: format!("use {keyword} {AUTHORS}"),
        edits: std::iter::once(edits::replace(image, maintainer.keyword_span, &maintainer.written, keyword)?)
            .chain(edits::enclose(image, &maintainer.body, &format!("{AUTHORS}=\""), "\"")?)
            .collect(),
    })
}

fn legacy_key_value(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Env, Keyword::Label]) {
        for pair in step.instruction.pairs().iter().filter(|pair| pair.form == PairForm::Legacy) {
            let (keyword, key) = (step.instruction.keyword.name(), pair.key.as_str());
            let draft =
                report.at(step.place(pair.span, key), format!("`{keyword} {key}` separates key and value by a blank"));
            draft.help(format!("write `{keyword} {key}=value`, with quotes around a value that has blanks"));
            draft.fix(with_equals(image, pair));
        }
    }
}

/// Puts `=` between the two, and quotes around a value with blanks.
fn with_equals(image: &Image<'_>, pair: &Pair) -> Option<Fix> {
    let value = pair.value.as_ref().filter(|value| !value.raw.is_empty())?;
    if value.raw.contains(|c: char| c.is_control() && c != '\t' || "\"'\\`".contains(c)) {
        return None;
    }
    let quote = if value.raw.contains(char::is_whitespace) { "\"" } else { "" };
    let between = Span { start: pair.key.span().end, end: value.span().start, ..pair.span };
    let blanks = edits::source(image, between);
    let is_one_line = blanks.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    let mut edits = vec![edits::replace(image, between, blanks, format!("={quote}")).filter(|_| is_one_line)?];
    if !quote.is_empty() {
        let [_, last] = edits::enclose(image, &value.raw, "", quote)?;
        edits.push(last);
    }
    Some(Fix { safety: FixSafety::Safe, title: "put `=` between key and value".to_owned(), edits })
}

fn empty_continuation(image: &Image<'_>, report: &mut Report<'_>) {
    for instruction in &image.build.dockerfile.instructions {
        let Some(&blank) = instruction.empty_continuations.first() else { continue };
        let place = place(image.build.stage_of(instruction), instruction.keyword, blank, &instruction.body);
        report
            .at(place, format!("a blank line within {}", instruction.keyword.name()))
            .help("remove the line, or end the instruction above it")
            .fix(without_blank_lines(image, instruction));
    }
}

/// Builders skip the lines already.
fn without_blank_lines(image: &Image<'_>, instruction: &Instruction) -> Option<Fix> {
    let blanks = instruction.empty_continuations.iter();
    let edits = blanks.map(|&blank| edits::remove_line(image, blank)).collect::<Option<Vec<Edit>>>()?;
    Some(Fix { safety: FixSafety::Safe, title: "remove the blank lines of the instruction".to_owned(), edits })
}
