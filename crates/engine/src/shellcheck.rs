//! ShellCheck as a program, where the configuration asks for it.
//!
//! It gets each script on standard input, with no file, setting or variable of the machine to read, and its places are
//! taken back through the script's map. What it says is its own: nothing here decides.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use portcullis_core::{Draft, Place, RuleIdx, Span, StableHash};
use portcullis_model::dockerfile::{Build, Run};
use portcullis_syntax::dockerfile::Text;
use serde_json::Value;

use crate::files::reason;

const PROGRAM: &str = "shellcheck";

/// What cannot be judged here: the script is in no file of its own, and the files that it reads are not at hand.
const EXCLUDED: &str = "--exclude=SC1090,SC1091,SC2187";

/// Longer scripts are not given to it.
const MAX_LENGTH: usize = 64 * 1024;

/// What the program says of a Dockerfile's RUNs, for `rule`; or why it could not be asked.
pub(crate) fn drafts(build: &Build<'_>, rule: RuleIdx) -> Result<Vec<Draft>, String> {
    // What is said of one place is one finding.
    let mut drafts: BTreeMap<Span, Draft> = BTreeMap::new();
    for run in build.runs() {
        let Some(text) = run.text().filter(|text| text.len() <= MAX_LENGTH && !text.trim().is_empty()) else {
            continue;
        };
        let Some(dialect) = dialect(run.shell()) else { continue };
        let prelude = prelude(&run);
        let lines = prelude.matches('\n').count();
        let said = ask(dialect, &format!("{prelude}{}", text.as_str()))?;
        let comments = said.get("comments").and_then(Value::as_array).into_iter().flatten();
        for draft in comments.filter_map(|comment| draft(comment, &run, &text, lines, rule)) {
            let message = draft.message.clone();
            drafts
                .entry(draft.place.span)
                .and_modify(|known| known.message = format!("{}; {message}", known.message).into())
                .or_insert(draft);
        }
    }
    Ok(drafts.into_values().collect())
}

/// The dialect that ShellCheck has for a shell.
fn dialect(shell: &str) -> Option<&'static str> {
    match shell {
        "sh" => Some("sh"),
        "dash" | "ash" => Some("dash"),
        "bash" => Some("bash"),
        "ksh" => Some("ksh"),
        _ => None,
    }
}

/// Says that ARG and ENV set what they set; the value does not matter.
fn prelude(run: &Run<'_>) -> String {
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    run.declared().into_iter().filter(is_name).flat_map(|name| ["export ", name, "=1\n"]).collect()
}

fn ask(dialect: &str, script: &str) -> Result<Value, String> {
    let failed = |error: &std::io::Error| format!("it cannot be run: {}", reason(error));
    let mut child = Command::new(PROGRAM)
        .args(["--norc", "--format=json1", "--color=never", EXCLUDED, "--shell", dialect, "-"])
        .env_remove("SHELLCHECK_OPTS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error))?;
    // It reads all of its input before it writes, so that neither waits for the other; the end of the input is dropped.
    if let Some(mut input) = child.stdin.take() {
        input.write_all(script.as_bytes()).map_err(|error| failed(&error))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    serde_json::from_slice(&output.stdout).map_err(|_| "what it printed cannot be read".to_owned())
}

fn draft(comment: &Value, run: &Run<'_>, text: &Text, prelude: usize, rule: RuleIdx) -> Option<Draft> {
    let number = |key: &str| comment.get(key)?.as_u64().and_then(|number| usize::try_from(number).ok());
    let code = number("code")?;
    let place = |line: &str, column: &str| {
        let line = number(line)?.checked_sub(prelude)?.checked_sub(1)?;
        offset(text, line, number(column)?.checked_sub(1)?)
    };
    let start = place("line", "column")?;
    let end = place("endLine", "endColumn").filter(|end| *end > start).unwrap_or_else(|| {
        let rest = text.get(start..).unwrap_or_default();
        start.saturating_add(rest.find(char::is_whitespace).unwrap_or(rest.len()))
    });
    let span = text.span_of(start..end);
    let message = comment.get("message")?.as_str()?.trim_end_matches('.');
    let mut structure = StableHash::new();
    structure.number(run.stage as u64);
    structure.number(code as u64);
    let mut value = StableHash::new();
    value.text(text.get(start..end).unwrap_or_default());
    let span = if span.is_empty() { run.instruction.head } else { Span { file: run.instruction.head.file, ..span } };
    let place = Place { span, structure: structure.short(), value: value.short() };
    Some(Draft::new(rule, place, format!("SC{code}: {message}")))
}

/// The byte at a line and a column, both from 0; columns are characters.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(line).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    let within = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    Some(before.checked_add(within)?.min(text.len()))
}
