//! Credentials that are written into RUN.
//!
//! Decided by the words of its commands: forms that are always a credential, names that promise one, and the options that
//! take one. What a variable holds is not known here, and a weak password that could be a word is missed.

use std::ops::Range;

use portcullis_core::Span;
use portcullis_model::base64::decode_base64;
use portcullis_secrets::credential::{Assignment, all_known, assignments, is_plausible, is_random, is_secret};
use portcullis_syntax::shell::{Command, Heredoc, Word};

use super::Image;
use super::packages::spot;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SECRET_IN_RUN];

rule! {
    /// A credential is written into RUN
    ///
    /// The text of RUN is in the image's history, in the build cache and in the repository: the credential is known to all who
    /// can read one of them, and has to be replaced. Looks at every stage: at forms that are always a credential (keys of
    /// clouds, private keys, passwords in URLs), at variables and options whose name promises one (`--password`, `TOKEN=`),
    /// at `curl -u`, `docker login -p` and their like, and at `Authorization` headers; also in heredocs. Silent for
    /// variables, substitutions, placeholders, and values that could be a word or the name of something.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN curl -fsS -u ci:kX9mQ2vL7 https://example.org/app.tar.gz -o /app.tar.gz
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// RUN apt-get update && \
    ///     git clone https://ci:kX9mQ2vL7@git.example.org/app.git
    /// ```
    /// ```dockerfile bad:2
    /// FROM node:24
    /// RUN echo "//registry.example.org/:_authToken=kX9mQ2vL7Tz4" > .npmrc && npm ci
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// RUN <<EOF
    /// wget --header="Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543" https://example.org/app
    /// EOF
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ARG TOKEN
    /// RUN curl -u "ci:$TOKEN" https://example.org/app && git clone https://$TOKEN@git.example.org/app.git
    /// RUN --mount=type=secret,id=token curl -H "Authorization: Bearer $(cat /run/secrets/token)" https://example.org
    /// RUN PASSWORD=changeme ./configure --password=example --token-file /run/token && mysql -u root -proot
    /// RUN gpg --keyserver keys.example.org --recv-keys 7169605F62C751356D054A26A821E680E5FA6305
    /// RUN key='7169605F62C751356D054A26A821E680E5FA6305' && gpg --recv-keys "$key"
    /// ```
    SECRET_IN_RUN = "docker-secret-in-run" {
        check: Check::Dockerfile(secret_in_run),
        severity: Severity::Critical,
        tags: &["secret", "cwe-798"],
        peers: &["kics:c3e1b6ae"],
    }
}

fn secret_in_run(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        for command in &run.script.commands {
            for secret in secrets(command) {
                let place = spot(run, secret.span, secret.what);
                report
                    .at(place, format!("RUN holds a credential ({})", secret.what))
                    .mask(secret.span)
                    .help("replace it, because it is known now, and mount the new one with `--mount=type=secret`");
            }
        }
    }
}

/// Where a credential is, and what is said of it.
struct Secret {
    span: Span,
    what: &'static str,
}

fn secrets(command: &Command) -> Vec<Secret> {
    let mut found = Vec::new();
    for assignment in &command.assignments {
        let value = &assignment.value;
        if !value.has_expansion && is_secret(&assignment.name, &value.text) && !is_fingerprint(&value.text) {
            found.push(Secret { span: value.span, what: "a variable whose name promises one" });
        } else {
            in_word(value, &mut found);
        }
    }
    let mut before: Option<&Word> = None;
    for word in &command.args {
        let known = found.len();
        in_word(word, &mut found);
        // What a form tells is told once.
        if found.len() == known && !word.has_expansion {
            found.extend(in_argument(command, before, word));
        }
        before = Some(word);
    }
    for heredoc in command.redirects.iter().filter_map(|redirect| redirect.heredoc.as_ref()) {
        in_heredoc(heredoc, &mut found);
    }
    found
}

fn in_word(word: &Word, found: &mut Vec<Secret>) {
    let all = in_text(&word.text, if word.has_expansion { Text::Expanded } else { Text::Literal });
    found.extend(all.into_iter().filter_map(|(range, what)| {
        let value = word.text.get(range)?;
        Some(Secret { span: part(word, value), what })
    }));
}

fn in_heredoc(heredoc: &Heredoc, found: &mut Vec<Secret>) {
    let body = heredoc.body.as_str();
    found.extend(in_text(body, Text::Literal).into_iter().map(|(range, what)| {
        let at = u32::try_from(range.start).unwrap_or(u32::MAX);
        let length = u32::try_from(range.len()).unwrap_or(u32::MAX);
        Secret { span: within(heredoc.span, body.len(), at, length), what }
    }));
}

/// Whether a text is what it says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Literal,
    /// Parts of it are put in later.
    Expanded,
}

/// Forms that are credentials wherever they stand, else settings whose name promises one.
fn in_text(text: &str, kind: Text) -> Vec<(Range<usize>, &'static str)> {
    // The shortest has more.
    if text.len() < 8 {
        return Vec::new();
    }
    let known: Vec<_> = all_known(text).into_iter().map(|known| (known.range, known.what)).collect();
    if !known.is_empty() || kind == Text::Expanded {
        return known;
    }
    let is_held = |setting: &Assignment<'_>| is_secret(setting.name, setting.value) && !is_hash(setting.value);
    let settings = assignments(text).filter(is_held).map(|setting| setting.range);
    settings.chain(registry_token(text)).map(|range| (range, "a setting whose name promises one")).collect()
}

/// `//registry.example.org/:_authToken=…`, as npm has it.
fn registry_token(text: &str) -> Option<Range<usize>> {
    let key =
        [":_authToken=", ":_auth=", ":_password="].into_iter().find_map(|key| Some(text.find(key)? + key.len()))?;
    let value = text.get(key..)?.split(char::is_whitespace).next()?;
    is_plausible(value).then(|| key..key + value.len())
}

/// The value of an option that takes a credential, or of a header that has one.
fn in_argument(command: &Command, before: Option<&Word>, word: &Word) -> Option<Secret> {
    let flag = before.map(|before| before.text.as_str()).filter(|flag| flag.starts_with('-') && !flag.contains('='));
    let (flag, value) = match word.text.strip_prefix("--").and_then(|text| text.split_once('=')) {
        Some((name, value)) => (Some(name), value),
        None => (flag.map(|flag| flag.trim_start_matches('-')).filter(|name| !name.is_empty()), word.text.as_str()),
    };
    let secret = |value: &str, what| Some(Secret { span: part(word, value), what });
    let program = command.program()?;
    let flag = flag?;
    if matches!(flag, "H" | "header") {
        return header(value).and_then(|value| secret(value, "a header"));
    }
    let logs_in = || command.args.iter().any(|arg| arg.text == "login");
    let password = match (program, flag) {
        ("curl", "u" | "user" | "U" | "proxy-user") => value.split_once(':')?.1,
        ("sshpass", "p") => value,
        ("docker" | "podman" | "buildah" | "nerdctl" | "skopeo" | "oras" | "helm" | "az", "p") if logs_in() => value,
        _ if flag.len() > 1 && is_secret(flag, value) && !is_hash(value) => {
            return secret(value, "an option whose name promises one");
        }
        _ => return None,
    };
    if is_plausible(password) && !is_hash(password) { secret(password, "the password of a login") } else { None }
}

/// The credential of a header: `Authorization: Bearer …`, `X-Api-Key: …`.
fn header(text: &str) -> Option<&str> {
    let (name, value) = text.split_once(':')?;
    let value = value.trim();
    if !name.eq_ignore_ascii_case("authorization") {
        return is_secret(name, value).then_some(value);
    }
    let (scheme, credential) = value.split_once(' ').unwrap_or(("", value));
    let is_login = || {
        let login = decode_base64(credential).and_then(|bytes| String::from_utf8(bytes).ok());
        login.as_deref().and_then(|login| login.split_once(':')).is_some_and(|(_, password)| is_plausible(password))
    };
    let holds = if scheme.eq_ignore_ascii_case("basic") { is_login() } else { is_random(credential) };
    holds.then_some(credential)
}

/// The fingerprint of an OpenPGP key, as gpg prints it: it is public.
fn is_fingerprint(value: &str) -> bool {
    let digits = value.strip_prefix("0x").unwrap_or(value);
    digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'A'..=b'F'))
}

/// What `crypt` makes of a password: `$6$…`.
fn is_hash(value: &str) -> bool {
    value.starts_with('$')
}

/// The place of a value in a word; the whole word where quotes or escapes stand between them.
fn part(word: &Word, value: &str) -> Span {
    word.raw.find(value).map_or(word.span, |at| word.part(&(at..at + value.len())))
}

/// The bytes `at..at + length` of a text that stands at `span`; all of it where lines were joined.
fn within(span: Span, text: usize, at: u32, length: u32) -> Span {
    if usize::try_from(span.len()) != Ok(text) {
        return span;
    }
    let start = span.start.saturating_add(at);
    Span::new(span.file, start, start.saturating_add(length).min(span.end))
}
