//! ShellCheck as a program, where the configuration asks for it.
//!
//! It gets each script on standard input, with no file, setting or variable of the machine to read, and its places are
//! taken back through the script's map. What it says is its own: nothing here decides.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::process::{Command, Stdio};

use portcullis_core::{Draft, Place, RuleIdx, Span, StableHash};
use portcullis_model::actions::{Family, Shell, Step};
use portcullis_model::dockerfile::{Build, Run};
use portcullis_syntax::Node;
use serde_json::Value;

use crate::files::reason;

const PROGRAM: &str = "shellcheck";

/// What cannot be judged here: the script is in no file of its own, and the files that it reads are not at hand.
const EXCLUDED: &str = "SC1090,SC1091,SC2187";

/// What else cannot be judged where expressions were replaced by a fixed text, and `env` may come from anywhere.
const EXCLUDED_OF_STEPS: &str = "SC1090,SC1091,SC2187,SC2043,SC2050,SC2153,SC2154,SC2157,SC2194";

/// Longer scripts are not given to it.
const MAX_LENGTH: usize = 64 * 1024;

/// A script to ask about.
struct Script<'s> {
    dialect: &'static str,
    /// What a shell reads; characters and lines are where those of the file's text are.
    text: &'s str,
    /// Commands that stand for what is known of the shell; each ends its line.
    prelude: String,
    excluded: &'static str,
    /// What fingerprints count scripts by.
    subject: u64,
    place: &'s dyn Fn(Range<usize>) -> Span,
}

/// What the program says of a Dockerfile's RUNs, for `rule`; or why it could not be asked.
pub(crate) fn of_build(build: &Build<'_>, rule: RuleIdx) -> Result<Vec<Draft>, String> {
    let mut drafts = BTreeMap::new();
    for run in build.runs() {
        let (Some(text), Some(dialect)) = (run.text(), dialect(run.shell())) else { continue };
        let head = run.instruction.head;
        let place = |range| {
            let span = text.span_of(range);
            if span.is_empty() { head } else { Span { file: head.file, ..span } }
        };
        let subject = run.stage as u64;
        let script =
            Script { dialect, text: text.as_str(), prelude: prelude(&run), excluded: EXCLUDED, subject, place: &place };
        script.ask(rule, &mut drafts)?;
    }
    Ok(drafts.into_values().collect())
}

/// What the program says of the scripts of steps, as [`of_build`].
pub(crate) fn of_steps<'a, 't: 'a>(
    steps: impl Iterator<Item = &'a Step<'t>>,
    rule: RuleIdx,
) -> Result<Vec<Draft>, String> {
    let mut drafts = BTreeMap::new();
    for step in steps {
        let Shell::Bourne(family, options) = step.shell else { continue };
        let (Some(run), Some((text, map))) = (step.run, step.run.and_then(Node::embedded)) else { continue };
        let dialect = match family {
            Family::Bash => "bash",
            Family::Posix => "sh",
            Family::Zsh => continue,
        };
        let mut prelude = String::new();
        if options.errexit {
            prelude.push_str("set -e\n");
        }
        if options.pipefail && family == Family::Bash {
            prelude.push_str("set -o pipefail\n");
        }
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = |range: Range<usize>| {
            let span = map.span(narrow(range.start), narrow(range.end));
            if span.is_empty() { run.span() } else { span }
        };
        let text = &without_expressions(text);
        let subject = step.node.structure();
        let script = Script { dialect, text, prelude, excluded: EXCLUDED_OF_STEPS, subject, place: &place };
        script.ask(rule, &mut drafts)?;
    }
    Ok(drafts.into_values().collect())
}

/// The script with a word of the same length for each `${{ … }}`: as many bytes, on the same lines.
fn without_expressions(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner)) = rest.split_once("${{") {
        let Some((inner, after)) = inner.split_once("}}") else { break };
        result.push_str(before);
        result.push_str("___");
        result.extend(inner.bytes().map(|byte| if byte == b'\n' { '\n' } else { '_' }));
        result.push_str("__");
        rest = after;
    }
    result.push_str(rest);
    result
}

impl Script<'_> {
    /// Adds what the program says. What it says of one place is one finding.
    fn ask(&self, rule: RuleIdx, drafts: &mut BTreeMap<Span, Draft>) -> Result<(), String> {
        if self.text.len() > MAX_LENGTH || self.text.trim().is_empty() {
            return Ok(());
        }
        // Directives are for the whole script where they stand before its first command, and `#!` is first.
        let is_comment = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
        let head: usize = self.text.split_inclusive('\n').take_while(is_comment).map(str::len).sum();
        let (head, body) = self.text.split_at_checked(head).unwrap_or(("", self.text));
        let joint = if head.is_empty() || head.ends_with('\n') { "" } else { "\n" };
        let said = run(self.dialect, self.excluded, &format!("{head}{joint}{}{body}", self.prelude))?;
        let prelude = head.lines().count()..head.lines().count().saturating_add(self.prelude.lines().count());
        let comments = said.get("comments").and_then(Value::as_array).into_iter().flatten();
        for draft in comments.filter_map(|comment| self.draft(comment, &prelude, rule)) {
            let message = draft.message.clone();
            drafts
                .entry(draft.place.span)
                .and_modify(|known| known.message = format!("{}; {message}", known.message).into())
                .or_insert(draft);
        }
        Ok(())
    }

    /// A comment of the program; `prelude` are the lines that are not of the script.
    fn draft(&self, comment: &Value, prelude: &Range<usize>, rule: RuleIdx) -> Option<Draft> {
        let number = |key: &str| comment.get(key)?.as_u64().and_then(|number| usize::try_from(number).ok());
        let code = number("code")?;
        let place = |line: &str, column: &str| {
            let line = number(line)?.checked_sub(1)?;
            let line = if line < prelude.start { line } else { line.checked_sub(prelude.len())? };
            offset(self.text, line, number(column)?.checked_sub(1)?)
        };
        if prelude.contains(&number("line")?.checked_sub(1)?) {
            return None;
        }
        let start = place("line", "column")?;
        let end = place("endLine", "endColumn").filter(|end| *end > start).unwrap_or_else(|| {
            let rest = self.text.get(start..).unwrap_or_default();
            start.saturating_add(rest.find(char::is_whitespace).unwrap_or(rest.len()))
        });
        let message = comment.get("message")?.as_str()?.trim_end_matches('.');
        let mut structure = StableHash::new();
        structure.number(self.subject);
        structure.number(code as u64);
        let mut value = StableHash::new();
        value.text(self.text.get(start..end).unwrap_or_default());
        let place = Place { span: (self.place)(start..end), structure: structure.short(), value: value.short() };
        Some(Draft::new(rule, place, format!("SC{code}: {message}")))
    }
}

fn run(dialect: &str, excluded: &str, script: &str) -> Result<Value, String> {
    let failed = |error: &std::io::Error| format!("it cannot be run: {}", reason(error));
    let mut child = Command::new(PROGRAM)
        .args(["--norc", "--format=json1", "--color=never", "--exclude", excluded, "--shell", dialect, "-"])
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

/// The byte at a line and a column, both from 0; columns are characters.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(line).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    let within = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    Some(before.checked_add(within)?.min(text.len()))
}
