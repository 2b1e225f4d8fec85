//! A comprehension's own name that the body or the arguments around it have as well: `some name`, or `name := …` behind a use of the outer one. The
//! interpreter takes both for one.
//!
//! Until the declaration the name is the outer one, and behind it, and in what the comprehension gives, the inner one. That is
//! called otherwise then.

use super::Edit;
use super::outline::{Block, Outline};

/// What is put behind the inner name.
const MARK: &str = "__inner";

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    let is_taken = |at: usize| outline.word(at).is_some_and(|word| word.ends_with(MARK));
    if (0..outline.tokens.len()).any(is_taken) {
        return;
    }
    for rule in &outline.rules {
        let declarations: Vec<usize> = rule.clone().filter(|&at| declares(outline, at)).collect();
        let arguments = outline.opened(rule.start.saturating_add(1)).filter(|block| outline.token(block.open) == "(");
        for &at in &declarations {
            declaration(outline, &declarations, arguments, at, edits);
        }
    }
}

/// Renames what one declaration in a comprehension is about.
fn declaration(
    outline: &Outline<'_>,
    declarations: &[usize],
    arguments: Option<&Block>,
    at: usize,
    edits: &mut Vec<Edit>,
) {
    let (Some(index), Some(name)) = (outline.around.get(at).copied().flatten(), outline.word(at)) else { return };
    let Some(block) = outline.blocks.get(index).filter(|block| block.is_scope && !block.is_body) else { return };
    let is_named = |at: usize| {
        outline.word(at) == Some(name) && at.checked_sub(1).is_none_or(|before| outline.token(before) != ".")
    };
    let is_here = |at: usize| outline.around.get(at) == Some(&Some(index));
    let scopes = outline.scopes(at);
    let is_outer = declarations.iter().any(|&other| {
        let scope = if other < block.open && is_named(other) { outline.scopes(other).first().copied() } else { None };
        scope.is_some_and(|scope| scopes.contains(&scope))
    });
    let is_argument = arguments.is_some_and(|block| (block.open..block.close).any(is_named));
    if !is_outer && !is_argument {
        return;
    }
    let inside = block.open.saturating_add(1)..block.close;
    let Some(bar) = inside.clone().find(|&at| is_here(at) && outline.token(at) == "|").filter(|bar| *bar < at) else {
        return;
    };
    let is_used_before = !defines(outline, at) || (bar..at).any(is_named);
    let is_declared_before = declarations.iter().any(|&other| bar < other && other < at && is_named(other));
    if !is_used_before || is_declared_before {
        return;
    }
    for inner in inside.filter(|&it| (it < bar || it >= at) && is_named(it)) {
        if let Some(token) = outline.tokens.get(inner) {
            edits.push(Edit { start: token.end, end: token.end, text: MARK.to_owned() });
        }
    }
}

/// Whether a name is declared here: by `:=`, or in the list of a `some`.
fn declares(outline: &Outline<'_>, at: usize) -> bool {
    let before = |steps: usize| at.checked_sub(steps);
    let mut steps = 1;
    while before(steps).is_some_and(|comma| outline.token(comma) == ",")
        && before(steps.saturating_add(1)).is_some_and(|name| outline.word(name).is_some())
    {
        steps = steps.saturating_add(2);
    }
    let is_some = before(steps).is_some_and(|some| outline.word(some) == Some("some"));
    outline.word(at).is_some() && (is_some || defines(outline, at))
}

/// Whether `:=` follows.
fn defines(outline: &Outline<'_>, at: usize) -> bool {
    outline.token(at.saturating_add(1)) == ":" && outline.token(at.saturating_add(2)) == "="
}
