//! How commands are written: JSON array or text for a shell.

use portcullis_core::{Edit, FileId, Fix, FixSafety};
use portcullis_syntax::dockerfile::{self, Args, Command, Instruction, Keyword};

use super::walk::{self, place};
use super::{Image, edits};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SHELL_FORM_CMD, &INVALID_JSON_FORM, &DEFAULT_SHELL_CHANGED];

rule! {
    /// Command of the container runs in a shell
    ///
    /// `/bin/sh -c` then is process 1: it does not pass signals on, so that the program is killed instead of asked to
    /// stop, and an ENTRYPOINT ignores the arguments that the container is started with. Looks at the CMD and the
    /// ENTRYPOINT that hold in the final stage. Silent where a SHELL is set, which is a decision for a shell, and where
    /// the text begins with `exec`, which hands process 1 over. HEALTHCHECK may well use a shell (`… || exit 1`).
    ///
    /// ```dockerfile bad:2
    /// FROM node:24
    /// CMD node server.js
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13 AS base
    /// ENTRYPOINT app --serve
    /// FROM base
    /// ```
    /// ```dockerfile good
    /// FROM node:24 AS build
    /// CMD npm test
    /// FROM node:24
    /// CMD ["node", "server.js"]
    /// HEALTHCHECK CMD curl -f http://localhost || exit 1
    /// ```
    /// ```dockerfile good
    /// FROM node:24
    /// CMD exec node --max-old-space-size="$LIMIT" server.js
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// SHELL ["/bin/bash", "-o", "pipefail", "-c"]
    /// CMD app | tee log
    /// ```
    SHELL_FORM_CMD = "docker-shell-form-cmd" {
        check: Check::Dockerfile(shell_form_cmd),
        severity: Severity::Low,
        peers: &["hadolint:DL3025", "buildkit:JSONArgsRecommended", "kics:b86987e1"],
        yields_to: &["docker-invalid-json-form"],
    }
}

rule! {
    /// JSON array is malformed and runs as shell text
    ///
    /// What begins with `[` but is no JSON array of strings (single quotes, a comma too many) counts as text: the shell
    /// looks for a program named `[`, or files have names with brackets and quotes. Builders say nothing. Looks at RUN,
    /// CMD, ENTRYPOINT, HEALTHCHECK, COPY, ADD and VOLUME in all stages. Silent for the shell's own tests
    /// (`[ -f x ] && …`, `[[ … ]]`).
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// CMD ['app', '--serve']
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ENTRYPOINT ["app", "--serve",]
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN [ -f /etc/os-release ] && cat /etc/os-release
    /// RUN [[ "$(id -u)" = 0 ]]
    /// COPY [a-z].txt /app/
    /// CMD [ "app", "--serve" ]
    /// ```
    INVALID_JSON_FORM = "docker-invalid-json-form" {
        check: Check::Dockerfile(invalid_json_form),
        severity: Severity::Medium,
    }
}

rule! {
    /// Default shell is changed
    ///
    /// House style, off by default: every later shell command of the stage runs in another shell than readers expect.
    /// Other rules recommend SHELL, for `pipefail` for instance. Looks at all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// SHELL ["/bin/bash", "-c"]
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN ["/bin/bash", "-c", "id"]
    /// ```
    DEFAULT_SHELL_CHANGED = "docker-default-shell-changed" {
        check: Check::Dockerfile(default_shell_changed),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kics:8a301064"],
    }
}

fn shell_form_cmd(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(last) = image.build.final_stage() else { return };
    for keyword in [Keyword::Entrypoint, Keyword::Cmd] {
        let Some(instruction) = image.build.effective(last, keyword) else { continue };
        let Some(Command::Shell(text)) = instruction.command() else { continue };
        let hands_over = text.split_whitespace().next() == Some("exec");
        if text.is_empty() || hands_over || image.build.shell_at(instruction).is_some() {
            continue;
        }
        let place = place(image.build.stage_of(instruction), keyword, text.span(), text);
        report
            .at(place, format!("{} runs in a shell, which does not pass signals on", keyword.name()))
            .help("write a JSON array: `[\"program\", \"argument\"]`");
    }
}

fn invalid_json_form(image: &Image<'_>, report: &mut Report<'_>) {
    let takes_json = [
        Keyword::Run,
        Keyword::Cmd,
        Keyword::Entrypoint,
        Keyword::Healthcheck,
        Keyword::Copy,
        Keyword::Add,
        Keyword::Volume,
    ];
    for step in walk::steps(image, &takes_json) {
        let Some(span) = step.instruction.invalid_json else { continue };
        let text = match &step.instruction.args {
            // The command follows `CMD`.
            Args::Healthcheck(_) => match step.instruction.command() {
                Some(Command::Shell(text)) => text.as_str(),
                _ => continue,
            },
            _ => step.instruction.body.as_str(),
        };
        if is_meant_as_json(text) {
            report
                .at(step.place(span, text), "this is no JSON array of strings, so that it counts as plain text")
                .help("write a JSON array: double quotes, commas between the strings, none after the last")
                .fix(as_json(image, step.instruction));
        }
    }
}

/// The array that was meant, where quotes or the last comma are all that is wrong.
fn as_json(image: &Image<'_>, instruction: &Instruction) -> Option<Fix> {
    let text = instruction.body.as_str();
    if text.contains('\\') || matches!(instruction.args, Args::Healthcheck(_)) {
        return None;
    }
    // Single quotes inside of double ones are part of a string.
    let is_quoted_singly = !text.contains('"');
    let comma = text.trim_end().strip_suffix(']').and_then(|inside| inside.trim_end().strip_suffix(',')).map(str::len);
    let (mut array, mut edits) = (String::with_capacity(text.len()), Vec::new());
    for (at, c) in text.char_indices() {
        let new = match c {
            '\'' if is_quoted_singly => "\"",
            ',' if Some(at) == comma => "",
            _ => {
                array.push(c);
                continue;
            }
        };
        array.push_str(new);
        edits.push(Edit { span: instruction.body.span_of(at..at + 1), text: new.to_owned() });
    }
    let is_array = match dockerfile::parse(FileId(0), &format!("CMD {array}")).instructions.as_slice() {
        [cmd] => matches!(cmd.args, Args::Exec(_)) && cmd.invalid_json.is_none(),
        _ => false,
    };
    let is_written = edits::source(image, instruction.body.span()) == text;
    let title = "write it as a JSON array".to_owned();
    (is_array && is_written).then_some(Fix { safety: FixSafety::Safe, title, edits })
}

/// Whether a text that begins with `[` was meant as an array: quotes follow the bracket, or a bracket ends it. A test of
/// the shell has a blank after its bracket, and a pattern of file names has neither.
fn is_meant_as_json(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('[') else { return false };
    let first = rest.trim_start();
    let is_quoted = first.starts_with(['"', '\'']);
    let is_closed = text.trim_end().ends_with(']');
    let is_test = rest.starts_with('[') || (rest.starts_with(char::is_whitespace) && !text.contains(','));
    !is_test && is_quoted && (is_closed || text.contains(','))
}

fn default_shell_changed(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Shell]) {
        let body = &step.instruction.body;
        report
            .at(step.place(body.span(), body), "the default shell is changed")
            .help("call the shell where it is needed: `RUN [\"/bin/bash\", \"-c\", \"…\"]`");
    }
}
