//! Labels: their keys, and those that an organisation asks for.
//!
//! Decided by what LABEL says. Labels of the base image are not known; a value with a variable that is not known is no
//! finding.

use portcullis_syntax::dockerfile::{Keyword, Pair};

use super::Image;
use super::walk::{self, Step, from_word, place};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&LABEL_KEY_INVALID, &LABEL_OFF_SCHEMA];

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

rule! {
    /// Label is missing or not of the form that is asked for
    ///
    /// Whoever collects images by their labels relies on all of them. List under `labels` what an image must say: a key
    /// (`maintainer`), or a key and the form of its value: `text`, `url`, `rfc3339`, `hash`, `semver`, `email`, as in
    /// `org.opencontainers.image.created=rfc3339`. Without a list, `org.opencontainers.image.source=url` is
    /// asked for, which says where the image comes from. Looks at the labels of all stages for their form, and at the
    /// final stage and those it is built from for what is missing.
    ///
    /// ```dockerfile bad:1
    /// FROM debian:13
    /// LABEL maintainer=ada
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL org.opencontainers.image.source=here
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.source=https://git.example.org/app created=yesterday
    /// ```
    LABEL_OFF_SCHEMA = "docker-label-off-schema" {
        check: Check::Dockerfile(label_off_schema),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &[
            "hadolint:DL3049", "hadolint:DL3051", "hadolint:DL3052", "hadolint:DL3053", "hadolint:DL3055",
            "hadolint:DL3056", "hadolint:DL3058",
        ],
        options: &[OptionMeta {
            name: "labels",
            shape: OptionShape::Strings,
            docs: "Labels that images must have: `key`, or `key=form` with one of text, url, rfc3339, hash, semver, email",
        }],
    }
}

fn labels<'b, 'd>(image: &'b Image<'d>) -> impl Iterator<Item = (Step<'b, 'd>, &'d Pair)> {
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

fn label_off_schema(image: &Image<'_>, report: &mut Report<'_>) {
    let configured = report.options().map_or(&[][..], |options| options.strings("labels"));
    let default = (configured.is_empty()).then_some("org.opencontainers.image.source=url");
    for entry in configured.iter().map(String::as_str).chain(default) {
        let (key, form) = entry.split_once('=').unwrap_or((entry, "text"));
        let mut is_given = false;
        for (step, pair) in labels(image).filter(|(_, pair)| pair.key.as_str() == key) {
            is_given |= step.stage.is_final;
            let Some(value) = &pair.value else { continue };
            let expanded = image.build.variables_at(step.instruction).expand(value);
            if let Some(text) = expanded.known()
                && !has_form(text, form)
            {
                let what = if text.is_empty() { "is empty".to_owned() } else { format!("is not of the form {form}") };
                report
                    .at(step.place(value.span(), key), format!("the label `{key}` {what}"))
                    .help("give it the form that the rule's `labels` ask for");
            }
        }
        if !is_given
            && let Some(stage) = image.build.final_stage()
            && let Some(from) = from_word(stage)
        {
            report
                .at(place(Some(stage), Keyword::From, from.span(), key), format!("the image has no label `{key}`"))
                .help(format!("add `LABEL {key}=…`"));
        }
    }
}

/// A form that is not known asks for text.
fn has_form(text: &str, form: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match form {
        _ if text.is_empty() => false,
        "url" => text.split_once("://").is_some_and(|(scheme, rest)| {
            !rest.is_empty() && !scheme.is_empty() && !text.contains(char::is_whitespace)
        }),
        "email" => text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(char::is_whitespace)
        }),
        "hash" => matches!(text.len(), 7..=64) && is_hex(text),
        "semver" => is_semver(text),
        "rfc3339" => is_rfc3339(text),
        _ => true,
    }
}

fn is_semver(text: &str) -> bool {
    let is_tail = |tail: &str| {
        tail.split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    };
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let is_number = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && pre.is_none_or(is_tail)
        && build.is_none_or(is_tail)
}

/// `2026-11-21T10:44:08.5Z`, `2026-11-21 10:44:08+01:00`
fn is_rfc3339(text: &str) -> bool {
    // `0` stands for a digit.
    let fits = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't' | b' '),
                _ => byte == wanted,
            })
    };
    let shape = "0000-00-00T00:00:00";
    let Some((start, rest)) = text.split_at_checked(shape.len()) else { return false };
    let zone = rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    fits(start, shape) && (matches!(zone, "Z" | "z") || fits(zone, "+00:00") || fits(zone, "-00:00"))
}
