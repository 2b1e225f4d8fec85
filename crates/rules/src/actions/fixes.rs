//! Changes that remove findings of workflows.
//!
//! A step is changed only where it is written in lines of its own, plainly, and nothing of it comes through an alias. An action is
//! never pinned here: no file says which commit a tag is at.

use std::ops::Range;

use portcullis_core::{Edit, FileId, Fix, FixSafety, OffsetMap, Span};
use portcullis_model::actions::{Family, Shell, Step, Usage, Workflow};
use portcullis_syntax::expression::{Path, Segment};
use portcullis_syntax::shell::{self, Word};
use portcullis_syntax::{Node, Style};

/// Puts `persist-credentials: false` into a checkout. Never safe: a later step may push or fetch with the token.
pub(super) fn without_credentials(step: &Step<'_>) -> Option<Fix> {
    let uses = step.uses?.node;
    let entry = "persist-credentials: false";
    let edit = match step.node.field("with") {
        None => {
            let indent = indentation(step.node, uses)?;
            let end = line_end(uses);
            Edit { span: Span::new(uses.span().file, end, end), text: format!("\n{indent}with:\n{indent}  {entry}") }
        }
        Some(with) if is_plain_block(with) => before_first(with, entry)?,
        Some(_) => return None,
    };
    let title = "leave the token out of the working directory".to_owned();
    Some(Fix { safety: FixSafety::Unsafe, title, edits: vec![edit] })
}

/// Puts a block without any permission before the jobs. Never safe: a job may use what it loses.
pub(super) fn no_permissions(workflow: &Workflow<'_>) -> Option<Fix> {
    let jobs = workflow.root.field("jobs").filter(|_| workflow.root.style() == Style::Block)?;
    let key = jobs.key()?.span();
    let title = "give the token no permission at the top".to_owned();
    let edit = Edit { span: Span { end: key.start, ..key }, text: "permissions: {}\n\n".to_owned() };
    Some(Fix { safety: FixSafety::Unsafe, title, edits: vec![edit] })
}

/// Hands a context to a script by a variable of the step. Safe where the shell surely reads the variable: its program then gets
/// the same words, but for values that are code.
pub(super) fn by_environment(usage: &Usage<'_>, path: &Path, step: &Step<'_>) -> Option<Fix> {
    let run = step.run.filter(|run| *run == usage.node)?;
    let written = usage.node.text().get(usage.fence.start as usize..usage.fence.end as usize)?;
    let span = usage.place(usage.fence.start, usage.fence.end).span;
    let is_whole = usage.expr()?.path().as_ref() == Some(path);
    // The place must hold the very text, or an escape stands between.
    if !is_whole || span.slice(run.tree().text()) != written || written.contains(['\n', '"']) {
        return None;
    }
    // Between single quotes the shell reads no variable.
    let line = usage.node.text().get(..usage.fence.start as usize)?.rsplit('\n').next()?;
    if line.matches('\'').count() % 2 == 1 {
        return None;
    }
    let name = variable(path)?;
    let entry = format!("{name}: {written}");
    let environment = match step.node.field("env") {
        None => {
            let indent = indentation(step.node, run)?;
            let key = run.key()?.span();
            Some(Edit { span: Span { end: key.start, ..key }, text: format!("env:\n{indent}  {entry}\n{indent}") })
        }
        // Another place of the script has brought it in.
        Some(env) if env.field(&name).is_some_and(|value| value.text() == written) => None,
        Some(env) if is_plain_block(env) && env.field(&name).is_none() => Some(before_first(env, &entry)?),
        Some(_) => return None,
    };
    let replacement = Edit { span, text: format!("${{{name}}}") };
    let mut edits: Vec<Edit> = environment.into_iter().chain([replacement]).collect();
    edits.sort_by_key(|edit| edit.span.start);
    let is_safe = matches!(step.shell, Shell::Bourne(Family::Bash | Family::Posix, _)) && is_read(usage, written);
    let safety = if is_safe { FixSafety::Safe } else { FixSafety::Unsafe };
    Some(Fix { safety, title: format!("read it from the variable `{name}`"), edits })
}

/// Whether the shell that runs the script expands what stands there, rather than another program or nobody: it is in a word of
/// a command, and neither between single quotes nor in a heredoc.
fn is_read(usage: &Usage<'_>, written: &str) -> bool {
    let text = usage.node.text();
    let Ok(length) = u32::try_from(text.len()) else { return false };
    let mut map = OffsetMap::new(FileId::default(), 0);
    map.push(0, length);
    let script = shell::parse(text, &map);
    let start = usize::try_from(usage.fence.start).unwrap_or(usize::MAX);
    let holds = |word: &Word| {
        let from = usize::try_from(word.span.start).unwrap_or(usize::MAX);
        let is_it = |range: &Range<usize>| from.saturating_add(range.start) == start;
        word.span.start <= usage.fence.start
            && usage.fence.start < word.span.end
            && word.expansions().iter().any(|found| found.text == written && is_it(&found.range))
    };
    let own = script.commands.iter().filter(|command| command.wrapped_by.is_none());
    let mut words = own.flat_map(|command| {
        let values = command.assignments.iter().map(|assignment| &assignment.value);
        command.name.iter().chain(&command.args).chain(values)
    });
    script.complete && words.any(holds)
}

/// `GITHUB_HEAD_REF` would be the runner's own variable, so that a name never starts so.
fn variable(path: &Path) -> Option<String> {
    let names: Option<Vec<&str>> = path
        .segments()
        .iter()
        .skip(usize::from(path.root() == "github"))
        .map(|segment| match segment {
            Segment::Name(name) => Some(name.as_str()),
            Segment::Any => None,
        })
        .collect();
    let name = names?.join("_").to_ascii_uppercase().replace('-', "_");
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let is_taken = ["GITHUB_", "RUNNER_", "ACTIONS_"].iter().any(|prefix| name.starts_with(prefix));
    (is_name && !is_taken && !matches!(name.as_str(), "PATH" | "HOME" | "CI" | "SHELL" | "USER")).then_some(name)
}

/// An entry of its own line before the first of a block.
fn before_first(block: Node<'_>, entry: &str) -> Option<Edit> {
    let (first, _) = block.entries().next()?;
    let indent = blanks_before(first)?;
    let span = first.span();
    Some(Edit { span: Span { end: span.start, ..span }, text: format!("{entry}\n{indent}") })
}

fn is_plain_block(node: Node<'_>) -> bool {
    node.is_map() && !node.is_open() && node.style() == Style::Block && node.is_written_once()
}

/// The blanks that the keys of a step stand behind, where `value` is one of its values on a line of its own.
fn indentation(step: Node<'_>, value: Node<'_>) -> Option<String> {
    let is_plain = step.style() == Style::Block && step.is_written_once() && value.is_written_once();
    let key = value.key().filter(|_| is_plain)?;
    let text = step.tree().text();
    let line = text.get(..key.span().start as usize)?.rsplit('\n').next()?;
    // The first key of a step stands behind its dash.
    let is_first = line.trim_start_matches(' ').strip_prefix('-').is_some_and(|rest| rest.trim().is_empty());
    (is_first || line.bytes().all(|byte| byte == b' ')).then(|| " ".repeat(line.len()))
}

fn blanks_before(key: Node<'_>) -> Option<String> {
    let line = key.tree().text().get(..key.span().start as usize)?.rsplit('\n').next()?;
    line.bytes().all(|byte| byte == b' ').then(|| line.to_owned())
}

/// The end of the line that a value of one line ends on, its comment included.
fn line_end(value: Node<'_>) -> u32 {
    let text = value.tree().text();
    let rest = text.get(value.span().end as usize..).unwrap_or_default();
    let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
    value.span().end.saturating_add(u32::try_from(length).unwrap_or(0))
}
