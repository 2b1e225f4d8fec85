//! `not allowed[i]; i = 1`: OPA looks an index below `not` up when something else has given it a value, wherever that stands.
//! To the interpreter the index is a loop of its own, which may run first, and for a name of `every` always does. So it
//! becomes `[i][0]`, which no loop can be: it waits for its value, and where nothing gives it one, that is a fault.

use std::ops::Range;

use super::Edit;
use super::outline::{Block, Outline};
use super::outputs::starts_statement;
use super::tokens::Kind;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for not in (0..outline.tokens.len()).filter(|&at| outline.word(at) == Some("not")) {
        if !starts_statement(outline, not) {
            continue;
        }
        for index in indices(outline, not.saturating_add(1)..end(outline, not)) {
            let (Some(first), Some(last)) =
                (outline.tokens.get(index.start), index.end.checked_sub(1).and_then(|last| outline.tokens.get(last)))
            else {
                continue;
            };
            edits.push(Edit { start: first.start, end: first.start, text: OPEN.to_owned() });
            edits.push(Edit { start: last.end, end: last.end, text: CLOSE.to_owned() });
        }
    }
}

const OPEN: &str = "[";
const CLOSE: &str = "][0]";

/// The text of a reference with nothing between its parts, put so that no index in it is a loop.
pub(super) fn settled(outline: &Outline<'_>, range: Range<usize>) -> String {
    let mut text = String::new();
    let indices = indices(outline, range.clone());
    for at in range {
        text.extend(indices.iter().filter(|index| index.start == at).map(|_| OPEN));
        text.push_str(outline.token(at));
        text.extend(indices.iter().filter(|index| index.end == at.saturating_add(1)).map(|_| CLOSE));
    }
    text
}

/// The token behind the statement that a `not` starts.
fn end(outline: &Outline<'_>, not: usize) -> usize {
    let own = outline.around.get(not);
    let is_own = |at: usize| outline.around.get(at) == own;
    let ends = |at: &usize| {
        is_own(*at) && (outline.token(*at) == ";" || starts_statement(outline, *at))
            // The bracket that closes the body stands in what is around that.
            || outline.block(not).is_some_and(|body| body.close == *at)
    };
    (not.saturating_add(1)..outline.tokens.len()).find(ends).unwrap_or(outline.tokens.len())
}

/// The contents of brackets in which the interpreter would look for values: names, and lists and objects that may hold some.
fn indices(outline: &Outline<'_>, range: Range<usize>) -> Vec<Range<usize>> {
    let scope = outline.scopes(range.start).first().copied();
    let mut indices = Vec::new();
    for block in outline.within(&range) {
        let inside = block.open.saturating_add(1)..block.close;
        // Comprehensions give their names values themselves.
        let is_here = outline.scopes(block.open).first().copied() == scope && !block.is_scope;
        if is_here && outline.token(block.open) == "[" && is_reference(outline, block) && may_bind(outline, &inside) {
            indices.push(inside);
        }
    }
    indices
}

fn may_bind(outline: &Outline<'_>, inside: &Range<usize>) -> bool {
    match outline.token(inside.start) {
        "[" | "{" => outline.opened(inside.start).is_some_and(|list| list.close.saturating_add(1) == inside.end),
        first => {
            let is_name = outline.word(inside.start).is_some() && !matches!(first, "_" | "input" | "data");
            is_name && inside.len() == 1 && !matches!(first, "true" | "false" | "null")
        }
    }
}

/// Whether a bracket is an index's and not a list's.
fn is_reference(outline: &Outline<'_>, block: &Block) -> bool {
    block.open.checked_sub(1).and_then(|before| outline.tokens.get(before)).is_some_and(|before| {
        let text = before.text(outline.text);
        let is_end = match before.kind {
            Kind::Word => !matches!(text, "not" | "in"),
            Kind::Symbol => matches!(text, "]" | ")" | "}"),
            Kind::Text | Kind::Number => false,
        };
        is_end && !outline.starts_line(block.open)
    })
}
