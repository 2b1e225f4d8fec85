//! Texts that OPA reads and the interpreter does not, put so that it does.
//!
//! Every line keeps its number: a rewrite replaces characters by as many others, or adds some within a line, which
//! [`Columns`] takes away again from what faults say. What is not certain to mean the same is left as it is.

mod bodies;
mod collections;
mod declared;
mod denied;
mod depth;
mod elements;
mod heads;
mod keywords;
mod literals;
mod locals;
mod metadata;
mod mocks;
mod negation;
mod outline;
mod outputs;
mod parts;
mod shadows;
mod some;
mod templates;
mod tokens;
mod walks;
mod with;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::builtins::number::is_enormous;
use crate::module::Fault;
pub(crate) use declared::Declared;
pub(crate) use depth::too_deep;
pub(crate) use literals::rewrite as flat;
pub(crate) use metadata::{Said, said};
pub(crate) use mocks::Mocks;
pub(crate) use negation::LOOKUP;
pub(crate) use outline::Outline;
pub(crate) use parts::{Parts, parts, whole, without_marks};
pub(crate) use templates::rewrite as plain;
use tokens::{Kind, Token};

/// A replacement of `start..end`.
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// The names that rules of all modules start with.
#[derive(Default)]
pub(crate) struct Heads {
    names: BTreeSet<String>,
    functions: BTreeSet<String>,
}

impl Heads {
    pub(crate) fn read(&mut self, outline: &Outline<'_>) {
        for rule in &outline.rules {
            let name = outline.token(rule.start).to_owned();
            if outline.token(rule.start.saturating_add(1)) == "(" {
                self.functions.insert(name.clone());
            }
            self.names.insert(name);
        }
    }
}

/// A text for the interpreter, and what it has more than the policy.
pub(crate) struct Rewritten<'t> {
    pub text: Cow<'t, str>,
    /// What each round added to lines, in order.
    pub added: [Vec<Added>; 2],
}

/// Characters that stand in a line of the interpreter's text and not in the policy's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Added {
    line: u32,
    /// The column of the first of them, from 1, in the interpreter's text.
    column: u32,
    length: u32,
}

/// What was added to each module.
#[derive(Debug, Default)]
pub(crate) struct Columns(BTreeMap<String, [Vec<Added>; 6]>);

impl Columns {
    /// `plain` is what [`plain`] added, `others` what [`rewrite`] added after it, `paths` what
    /// [`Mocks`] did then, and `flat` what [`flat`] did last.
    pub(crate) fn insert(
        &mut self,
        path: &str,
        plain: Vec<Added>,
        others: [Vec<Added>; 2],
        paths: Vec<Added>,
        flat: [Vec<Added>; 2],
    ) {
        let [shadows, others] = others;
        let [constants, literals] = flat;
        let added = [plain, shadows, others, paths, constants, literals];
        if added.iter().any(|round| !round.is_empty()) {
            self.0.insert(path.to_owned(), added);
        }
    }

    /// A fault in the interpreter's text as one in the policy's.
    pub(crate) fn correct(&self, fault: Fault) -> Fault {
        let fault = Fault { message: without_marks(&fault.message), ..fault };
        match self.0.get(&fault.path) {
            Some(rounds) => {
                let column = rounds.iter().rev().fold(fault.column, |at, added| column(added, fault.line, at));
                Fault { column, ..fault }
            }
            None => fault,
        }
    }
}

/// The column in the policy of one in the interpreter's text.
fn column(added: &[Added], line: u32, column: u32) -> u32 {
    let before = added.iter().filter(|added| added.line == line && added.column < column);
    before.fold(column, |left, added| left.saturating_sub(added.length.min(column.saturating_sub(added.column))))
}

/// The text that the interpreter is given; `heads` are the names that may stand for rules, `said` is what each rule is told
/// about itself, and `parts` what has to stand apart.
pub(crate) fn rewrite<'t>(outline: &Outline<'t>, heads: &Heads, said: &[Said], parts: Option<&Parts>) -> Rewritten<'t> {
    // What names and calls stand for, and where statements are, has to be plain before the others look.
    let mut edits = Vec::new();
    metadata::rewrite(outline, said, &mut edits);
    if let Some(parts) = parts {
        parts::rewrite(outline, parts, &mut edits);
    }
    locals::rewrite(outline, &heads.names, &mut edits);
    shadows::rewrite(outline, &mut edits);
    elements::rewrite(outline, &mut edits);
    if edits.is_empty() {
        let (text, added) = apply(outline.text, others(outline, heads));
        return Rewritten { text, added: [Vec::new(), added] };
    }
    let (plain, first) = apply(outline.text, edits);
    let (text, second) = apply(&plain, others(&Outline::new(&plain), heads));
    Rewritten { text: Cow::Owned(text.into_owned()), added: [first, second] }
}

fn others(outline: &Outline<'_>, heads: &Heads) -> Vec<Edit> {
    let mut edits = Vec::new();
    parentheses(outline.text, &outline.tokens, &mut edits);
    imports(outline.text, &outline.tokens, &mut edits);
    bodies::rewrite(outline, &mut edits);
    heads::rewrite(outline, &mut edits);
    denied::rewrite(outline, &mut edits);
    some::rewrite(outline, &heads.names, &mut edits);
    negation::rewrite(outline, &mut edits);
    outputs::rewrite(outline, &mut edits);
    keywords::rewrite(outline, &mut edits);
    walks::rewrite(outline, &mut edits);
    with::rewrite(outline, &mut edits);
    with::complete(outline, heads, &mut edits);
    // Behind what ends at the same place.
    collections::rewrite(outline, &mut edits);
    edits
}

/// The text with edits made, and what they added.
fn apply(text: &str, mut edits: Vec<Edit>) -> (Cow<'_, str>, Vec<Added>) {
    if edits.is_empty() {
        return (Cow::Borrowed(text), Vec::new());
    }
    edits.sort_by_key(|edit| edit.start);
    let (mut rewritten, mut added) = (String::with_capacity(text.len()), Vec::new());
    let (mut from, mut position) = (0, (1, 1));
    for edit in edits {
        let kept = text.get(from..edit.start).unwrap_or_default();
        rewritten.push_str(kept);
        position = advance(position, kept);
        if edit.start == edit.end {
            let (line, column) = position;
            added.push(Added { line, column, length: count(edit.text.chars().count()) });
        }
        rewritten.push_str(&edit.text);
        position = advance(position, &edit.text);
        from = edit.end;
    }
    rewritten.push_str(text.get(from..).unwrap_or_default());
    (Cow::Owned(rewritten), added)
}

/// The line and column of the first number of a module that would take gigabytes to write out.
pub(crate) fn enormous_number(outline: &Outline<'_>) -> Option<(u32, u32)> {
    let starts = outline.tokens.iter().filter(|token| token.kind == Kind::Number).map(|token| token.start);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '+' | '-');
    let start = starts.into_iter().find(|&start| {
        let rest = outline.text.get(start..).unwrap_or_default();
        is_enormous(rest.split_once(|letter| !is_part(letter)).map_or(rest, |(number, _)| number))
    })?;
    Some(advance((1, 1), outline.text.get(..start)?))
}

/// The line and column behind a text that starts at a line and column.
fn advance((line, column): (u32, u32), text: &str) -> (u32, u32) {
    match text.rsplit_once('\n') {
        Some((above, last)) => {
            let lines = count(above.matches('\n').count()).saturating_add(1);
            (line.saturating_add(lines), count(last.chars().count()).saturating_add(1))
        }
        None => (line, column.saturating_add(count(text.chars().count()))),
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A parenthesis that starts a line of a body starts an expression. The interpreter takes it for the arguments of what the
/// line before ends with, so the blank before it becomes a `;`.
fn parentheses(text: &str, tokens: &[Token], edits: &mut Vec<Edit>) {
    let mut open: Vec<&str> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let symbol = token.symbol(text);
        match symbol {
            "(" if token.starts_line && open.last() == Some(&"{") => {
                let before = at.checked_sub(1).and_then(|at| tokens.get(at));
                let blank =
                    token.start.checked_sub(1).filter(|&at| matches!(text.as_bytes().get(at), Some(b' ' | b'\t')));
                if let (Some(start), true) = (blank, before.is_some_and(|before| ends_name(text, before))) {
                    edits.push(Edit { start, end: token.start, text: ";".to_owned() });
                }
                open.push("(");
            }
            "{" | "(" | "[" => open.push(symbol),
            "}" | ")" | "]" => drop(open.pop()),
            _ => {}
        }
    }
}

/// Whether the token may be the end of what is called: a name or an index.
fn ends_name(text: &str, token: &Token) -> bool {
    match token.kind {
        Kind::Word => !KEYWORDS.contains(&token.text(text)),
        Kind::Symbol => token.text(text) == "]",
        Kind::Text | Kind::Number => false,
    }
}

const KEYWORDS: &[&str] = &["as", "else", "every", "if", "in", "not", "some", "with", "contains"];

/// Imports hold for all of a module wherever they stand. The interpreter wants them before the first rule, so those that
/// stand behind one are moved to the end of the line of the `package` clause, where nothing follows.
fn imports(text: &str, tokens: &[Token], edits: &mut Vec<Edit>) {
    let mut depth = 0_usize;
    let mut has_rule = false;
    let mut package_end = None;
    let mut moved = String::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let word = token.text(text);
        if depth == 0 && token.starts_line {
            match word {
                "package" if package_end.is_none() => {
                    at = line_end(tokens, at);
                    package_end = at.checked_sub(1).and_then(|last| tokens.get(last)).map(|last| last.end);
                    continue;
                }
                "import" if token.kind == Kind::Word => {
                    let end = line_end(tokens, at);
                    let last = end.checked_sub(1).and_then(|last| tokens.get(last)).map_or(token.end, |last| last.end);
                    if let Some(import) = text.get(token.start..last).filter(|_| has_rule) {
                        moved.push(' ');
                        moved.push_str(import);
                        let blanks = import.chars().map(|_| ' ').collect();
                        edits.push(Edit { start: token.start, end: last, text: blanks });
                    }
                    at = end;
                    continue;
                }
                _ => has_rule = true,
            }
        }
        match token.symbol(text) {
            "{" | "(" | "[" => depth = depth.saturating_add(1),
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        at = at.saturating_add(1);
    }
    if let (Some(end), false) = (package_end, moved.is_empty()) {
        edits.push(Edit { start: end, end, text: moved });
    }
}

/// The index of the first token behind the line that a token stands on.
fn line_end(tokens: &[Token], at: usize) -> usize {
    let rest = tokens.iter().enumerate().skip(at.saturating_add(1));
    rest.clone().find(|(_, token)| token.starts_line).map_or(tokens.len(), |(at, _)| at)
}
