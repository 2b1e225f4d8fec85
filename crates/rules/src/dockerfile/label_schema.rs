//! Labels that an organisation asks for, and the forms of their values.
//!
//! Decided by what LABEL says, against a schema: the option `labels` of `docker-label-missing`, which all rules here share,
//! else the keys that the OCI image specification defines. Labels of the base image are not known; a value with a variable
//! that is not known is no finding.

use portcullis_syntax::dockerfile::Keyword;
use spdx::ParseMode;

use super::Image;
use super::labels::labels;
use super::walk::{from_word, place};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &LABEL_MISSING,
    &LABEL_SUPERFLUOUS,
    &LABEL_EMPTY,
    &LABEL_NOT_URL,
    &LABEL_NOT_RFC3339,
    &LABEL_NOT_SPDX,
    &LABEL_NOT_GIT_HASH,
    &LABEL_NOT_SEMVER,
    &LABEL_NOT_EMAIL,
];

rule! {
    /// Label that images must have is missing
    ///
    /// Whoever collects images by their labels relies on all of them. List under `labels` what an image must say: a key
    /// (`vendor`), or a key and the form of its value: `text`, `url`, `rfc3339`, `spdx`, `hash`, `semver`, `email`, as in
    /// `org.opencontainers.image.created=rfc3339`. The list is the schema of the other rules about labels, too. Without
    /// one, `org.opencontainers.image.source` is asked for, which says where the image comes from. Looks at the final stage
    /// and those that it is built from; the base image may have the label already.
    ///
    /// ```dockerfile bad:1
    /// FROM debian:13
    /// LABEL maintainer=ada@example.org
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:13 AS build
    /// LABEL org.opencontainers.image.source=https://git.example.org/app
    /// FROM debian:13
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// LABEL org.opencontainers.image.source=https://git.example.org/app
    /// FROM base
    /// ```
    LABEL_MISSING = "docker-label-missing" {
        check: Check::Dockerfile(label_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3049"],
        options: &[OptionMeta {
            name: "labels",
            shape: OptionShape::Strings,
            docs: "Labels that images must have: `key`, or `key=form` with one of text, url, rfc3339, spdx, hash, semver, email",
        }],
    }
}

rule! {
    /// Label is none of those that are agreed on
    ///
    /// A label outside the schema is most often a misspelt one, which nobody finds. Where `docker-label-missing` has a list of
    /// `labels`, every key that is not in it is reported. Without a list, only keys under `org.opencontainers.image.` are
    /// looked at: the specification keeps that namespace for the keys that it defines. Looks at all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL org.opencontainers.image.sources=https://git.example.org/app
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.source=https://git.example.org/app org.example.team=shop
    /// ```
    LABEL_SUPERFLUOUS = "docker-label-superfluous" {
        check: Check::Dockerfile(label_superfluous),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3050"],
    }
}

rule! {
    /// Label of the schema is empty
    ///
    /// It is there for whoever counts labels, and says nothing to whoever reads them. Looks at all stages, and at the keys
    /// that `docker-label-missing` lists, else at those of the OCI image specification.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL org.opencontainers.image.title=""
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ARG TITLE
    /// LABEL org.opencontainers.image.title="$TITLE" org.example.marker=""
    /// ```
    LABEL_EMPTY = "docker-label-empty" {
        check: Check::Dockerfile(label_empty),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3051"],
    }
}

rule! {
    /// Label that holds an address is no URL
    ///
    /// Programs turn it into a link, and the link leads nowhere. Looks at all stages, and at the keys to which
    /// `docker-label-missing` gives this form, else at those of the OCI image specification. Silent for empty values.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL org.opencontainers.image.source=here
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.source=https://git.example.org/app
    /// ```
    LABEL_NOT_URL = "docker-label-not-url" {
        check: Check::Dockerfile(|image, report| label_form(image, report, Form::Url)),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3052"],
    }
}

rule! {
    /// Label that holds a time is not of the form of RFC 3339
    ///
    /// Times in other forms cannot be compared, and their zone is a guess: `2026-11-21T10:44:08Z` says it all. Looks at all stages, and at the keys to which
    /// `docker-label-missing` gives this form, else at those of the OCI image specification. Silent for empty values.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL org.opencontainers.image.created=yesterday
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.created=2026-11-21T10:44:08Z
    /// ```
    LABEL_NOT_RFC3339 = "docker-label-not-rfc3339" {
        check: Check::Dockerfile(|image, report| label_form(image, report, Form::Rfc3339)),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3053"],
    }
}

rule! {
    /// Label that holds a licence is no SPDX expression
    ///
    /// Programs that check licences know those of the SPDX list and how they are combined: `MIT OR Apache-2.0`. Names that are
    /// not in the list begin with `LicenseRef-`. Looks at all stages, and at the keys to which
    /// `docker-label-missing` gives this form, else at those of the OCI image specification. Silent for empty values.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL org.opencontainers.image.licenses="MIT and others"
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.licenses="MIT OR Apache-2.0"
    /// ```
    LABEL_NOT_SPDX = "docker-label-not-spdx" {
        check: Check::Dockerfile(|image, report| label_form(image, report, Form::Spdx)),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3054"],
    }
}

rule! {
    /// Label that holds a revision is no Git hash
    ///
    /// A branch moves on, and the image no longer says what it was built from. Whole hashes and those cut to seven or more
    /// digits are taken. Looks at all stages, and at the keys to which
    /// `docker-label-missing` gives this form, else at those of the OCI image specification. Silent for empty values.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL org.opencontainers.image.revision=main
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.revision=96d502b
    /// ```
    LABEL_NOT_GIT_HASH = "docker-label-not-git-hash" {
        check: Check::Dockerfile(|image, report| label_form(image, report, Form::Hash)),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3055"],
    }
}

rule! {
    /// Label that holds a version is no semantic version
    ///
    /// Versions are compared by their parts, `MAJOR.MINOR.PATCH` and what may follow; others sort as text. Looks at all stages, and at the keys to which
    /// `docker-label-missing` gives this form, else at those of the OCI image specification. Silent for empty values.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL org.opencontainers.image.version=1.2
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL org.opencontainers.image.version=1.2.3-rc.1
    /// ```
    LABEL_NOT_SEMVER = "docker-label-not-semver" {
        check: Check::Dockerfile(|image, report| label_form(image, report, Form::Semver)),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3056"],
    }
}

rule! {
    /// Label that holds a mail address is none
    ///
    /// Whoever has found something in the image has nobody to tell. A name before the address in angle brackets is taken. Looks at all stages, and at the keys to which
    /// `docker-label-missing` gives this form, else at those of the OCI image specification. Silent for empty values.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// LABEL maintainer=ada
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// LABEL maintainer="Ada <ada@example.org>"
    /// ```
    LABEL_NOT_EMAIL = "docker-label-not-email" {
        check: Check::Dockerfile(|image, report| label_form(image, report, Form::Email)),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3058"],
    }
}

/// The form of a label's value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Url,
    Rfc3339,
    Spdx,
    Hash,
    Semver,
    Email,
}

/// Names in the option, what messages say, and an example.
const FORMS: &[(&str, Form, &str, &str)] = &[
    ("text", Form::Text, "text", ""),
    ("url", Form::Url, "a URL", "https://git.example.org/app"),
    ("rfc3339", Form::Rfc3339, "a time as RFC 3339 writes it", "2026-11-21T10:44:08Z"),
    ("spdx", Form::Spdx, "an SPDX licence expression", "MIT OR Apache-2.0"),
    ("hash", Form::Hash, "a Git hash", "96d502b"),
    ("semver", Form::Semver, "a semantic version", "1.2.3"),
    ("email", Form::Email, "a mail address", "ada@example.org"),
];

/// The keys of the OCI image specification, and the one that Docker had before it.
const SPECIFIED: &[(&str, Form)] = &[
    ("org.opencontainers.image.created", Form::Rfc3339),
    ("org.opencontainers.image.authors", Form::Text),
    ("org.opencontainers.image.url", Form::Url),
    ("org.opencontainers.image.documentation", Form::Url),
    ("org.opencontainers.image.source", Form::Url),
    ("org.opencontainers.image.version", Form::Semver),
    ("org.opencontainers.image.revision", Form::Hash),
    ("org.opencontainers.image.vendor", Form::Text),
    ("org.opencontainers.image.licenses", Form::Spdx),
    ("org.opencontainers.image.ref.name", Form::Text),
    ("org.opencontainers.image.title", Form::Text),
    ("org.opencontainers.image.description", Form::Text),
    ("org.opencontainers.image.base.digest", Form::Text),
    ("org.opencontainers.image.base.name", Form::Text),
    ("maintainer", Form::Email),
];

/// The namespace that the specification keeps for its own keys.
const RESERVED: &str = "org.opencontainers.image.";

/// Asked for where no schema is configured.
const SOURCE: &str = "org.opencontainers.image.source";

/// What is agreed on.
enum Schema<'o> {
    Configured(&'o [String]),
    Specified,
}

impl<'o> Schema<'o> {
    fn of(report: &Report<'o>) -> Self {
        match report.options_of(&LABEL_MISSING.meta.id).map(|options| options.strings("labels")) {
            Some(entries) if !entries.is_empty() => Self::Configured(entries),
            _ => Self::Specified,
        }
    }

    /// The form of a key's value; nothing for a key that the schema does not have.
    fn form(&self, key: &str) -> Option<Form> {
        match self {
            Self::Specified => SPECIFIED.iter().find(|(name, _)| *name == key).map(|&(_, form)| form),
            Self::Configured(entries) => {
                entries.iter().map(|entry| split(entry)).find(|(name, _)| *name == key).map(|(_, form)| form)
            }
        }
    }

    fn required(&self) -> Vec<&'o str> {
        match self {
            Self::Specified => vec![SOURCE],
            Self::Configured(entries) => entries.iter().map(|entry| split(entry).0).collect(),
        }
    }

    fn forbids(&self, key: &str) -> bool {
        let may_be = matches!(self, Self::Configured(_)) || key.starts_with(RESERVED);
        may_be && self.form(key).is_none()
    }
}

/// `key=form`; a form that is not known asks for text.
fn split(entry: &str) -> (&str, Form) {
    let (key, form) = entry.split_once('=').unwrap_or((entry, "text"));
    let known = FORMS.iter().find(|(name, ..)| *name == form);
    (key, known.map_or(Form::Text, |&(_, form, ..)| form))
}

fn label_missing(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(stage) = image.build.final_stage() else { return };
    let Some(from) = from_word(stage) else { return };
    for key in Schema::of(report).required() {
        let is_given = labels(image).any(|(step, pair)| step.stage.is_final && pair.key.as_str() == key);
        if !is_given {
            report
                .at(place(Some(stage), Keyword::From, from.span(), key), format!("the image has no label `{key}`"))
                .help(format!("add `LABEL {key}=…`"));
        }
    }
}

fn label_superfluous(image: &Image<'_>, report: &mut Report<'_>) {
    let schema = Schema::of(report);
    for (step, pair) in labels(image) {
        let key = pair.key.as_str();
        if !key.is_empty() && !pair.key.raw.contains('$') && schema.forbids(key) {
            report
                .at(step.place(pair.key.span(), key), format!("the label `{key}` is none of those that are agreed on"))
                .help("correct its name, remove it, or add it to the `labels` of docker-label-missing");
        }
    }
}

fn label_empty(image: &Image<'_>, report: &mut Report<'_>) {
    for_known(
        image,
        report,
        |_, text| text.is_empty(),
        |key, _| (format!("the label `{key}` is empty"), "give it a value, or remove it".to_owned()),
    );
}

fn label_form(image: &Image<'_>, report: &mut Report<'_>, form: Form) {
    let Some((.., what, example)) = FORMS.iter().find(|(_, known, ..)| *known == form) else { return };
    for_known(
        image,
        report,
        |wanted, text| wanted == form && !text.is_empty() && !has_form(text, form),
        |key, text| (format!("the label `{key}` is `{text}`, not {what}"), format!("write it as in `{example}`")),
    );
}

/// Reports the labels of the schema whose value is known and wrong.
fn for_known(
    image: &Image<'_>,
    report: &mut Report<'_>,
    is_wrong: impl Fn(Form, &str) -> bool,
    say: impl Fn(&str, &str) -> (String, String),
) {
    let schema = Schema::of(report);
    for (step, pair) in labels(image) {
        let key = pair.key.as_str();
        let (Some(form), Some(value)) = (schema.form(key), &pair.value) else { continue };
        let expanded = image.build.variables_at(step.instruction).expand(value);
        let Some(text) = expanded.known().filter(|text| is_wrong(form, text)) else { continue };
        let (message, help) = say(key, text);
        report.at(step.place(value.span(), key), message).help(help);
    }
}

fn has_form(text: &str, form: Form) -> bool {
    match form {
        Form::Text => true,
        Form::Url => text.split_once("://").is_some_and(|(scheme, rest)| {
            !rest.is_empty() && !scheme.is_empty() && !text.contains(char::is_whitespace)
        }),
        Form::Email => is_mail(text.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(text)),
        Form::Hash => matches!(text.len(), 7..=64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        Form::Semver => is_semver(text),
        Form::Rfc3339 => is_rfc3339(text),
        Form::Spdx => spdx::Expression::parse_mode(text, LICENCES).is_ok(),
    }
}

/// As the specification has it; ids that it has replaced (`GPL-2.0`) are still ids.
const LICENCES: ParseMode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(char::is_whitespace)
    })
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
