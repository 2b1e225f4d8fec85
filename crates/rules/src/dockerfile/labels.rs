//! Labels: their keys.
//!
//! Decided by what LABEL says. What a variable makes of a key is not known.

use portcullis_syntax::dockerfile::{Keyword, Pair};

use super::Image;
use super::walk::{self, Step};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&LABEL_KEY_INVALID];

rule! {
    /// Key of a label breaks the rules for keys
    ///
    /// Docker's guidelines allow lower-case letters, digits, and single `.` and `-` between them (`_` and `/` are common,
    /// too), and keep `com.docker.`, `io.docker.` and `org.dockerproject.` for itself. Looks at all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL maintainer=ada Build..Date=2026-11-21
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL com.docker.role=web
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.title=web io.example.build-id=7 "quoted"=a
    /// ```
    LABEL_KEY_INVALID = "docker-label-key-invalid" {
        check: Check::Dockerfile(label_key_invalid),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL3048"],
    }
}

/// Every label that the file gives, in order.
pub(super) fn labels<'b, 'd>(image: &'b Image<'d>) -> impl Iterator<Item = (Step<'b, 'd>, &'d Pair)> {
    walk::steps(image, &[Keyword::Label]).flat_map(|step| {
        let (stage, instruction) = (step.stage, step.instruction);
        instruction.pairs().iter().map(move |pair| (Step { stage, instruction }, pair))
    })
}

fn label_key_invalid(image: &Image<'_>, report: &mut Report<'_>) {
    for (step, pair) in labels(image) {
        let key = pair.key.as_str();
        // What a variable makes of the key is seen when it is built.
        if key.is_empty() || pair.key.raw.contains("${") {
            continue;
        }
        if let Some(why) = key_fault(key) {
            report
                .at(step.place(pair.key.span(), key), format!("the key `{key}` of a label {why}"))
                .help("use lower-case letters, digits, and single dots and hyphens, as in `org.example.build-id`");
        }
    }
}

fn key_fault(key: &str) -> Option<&'static str> {
    let reserved = ["com.docker.", "io.docker.", "org.dockerproject."];
    let is_end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_legal =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_' | b'/');
    if reserved.iter().any(|start| key.starts_with(start)) {
        Some("is in a namespace that Docker keeps for itself")
    } else if !key.bytes().all(is_legal) {
        Some("holds a character that keys must not hold")
    } else if !key.starts_with(|first: char| first.is_ascii_lowercase()) || !is_end(key.bytes().last()) {
        Some("does not begin with a letter, or does not end with a letter or a digit")
    } else if key.contains("..") || key.contains("--") {
        Some("has two separators in a row")
    } else {
        None
    }
}
