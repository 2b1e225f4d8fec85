//! `not allowed(container.image)`: where there is no image, OPA takes the whole body for undefined, because it looks up
//! arguments before it negates. To the interpreter the call is undefined, and its negation true.
//!
//! Each argument, and each index of a negated reference, that is a reference is looked up again behind the negation.
//! References with `_`, other expressions and what `with` changes stay as they are.

use std::ops::Range;

use super::Edit;
use super::denied;
use super::outline::{Block, Outline};
use super::tokens::Kind;

/// What the names start with that hold what is looked up again.
pub(crate) const LOOKUP: &str = "__looked_up_";

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for not in (0..outline.tokens.len()).filter(|&at| outline.word(at) == Some("not")) {
        if !outline.block(not).is_some_and(|around| around.is_body) {
            continue;
        }
        let Some((parts, end)) = operands(outline, not) else { continue };
        let next = end.saturating_add(1);
        if !(outline.starts_line(next) || matches!(outline.token(next), ";" | "}"))
            || outline.word(next) == Some("with")
        {
            continue;
        }
        let Some(last) = outline.tokens.get(end) else { continue };
        let references = parts.iter().filter_map(|part| Some((part.start, reference(outline, part.start, part.end)?)));
        let lookups = references.fold(String::new(), |lookups, (at, reference)| {
            // Each has a name of its own, for two may have different values.
            lookups + &format!("; {LOOKUP}{at} = {reference}")
        });
        if !lookups.is_empty() {
            edits.push(Edit { start: last.end, end: last.end, text: lookups });
        }
    }
}

/// What is looked up before `not name.name(…)` or `not name[…].name[…]`, and the last token of that.
fn operands(outline: &Outline<'_>, not: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let mut at = not.checked_add(1)?;
    outline.word(at)?;
    let mut parts = Vec::new();
    loop {
        let next = at.checked_add(1)?;
        match outline.token(next) {
            "." => {
                at = next.checked_add(1)?;
                outline.word(at)?;
            }
            bracket @ ("[" | "(") if !outline.starts_line(next) => {
                let block = outline.opened(next)?;
                parts.extend(separated(outline, block));
                at = block.close;
                // What a call gives is not looked into.
                if bracket == "(" {
                    return Some((parts, at));
                }
            }
            _ => return Some((parts, at)),
        }
    }
}

/// The tokens between brackets, parted at the commas.
pub(super) fn separated(outline: &Outline<'_>, block: &Block) -> Vec<Range<usize>> {
    let first = block.open.saturating_add(1);
    let own = outline.around.get(first).copied();
    let is_comma = |at: &usize| outline.token(*at) == "," && outline.around.get(*at).copied() == own;
    let commas = (first..block.close).filter(is_comma);
    let starts = std::iter::once(first).chain(commas.clone().map(|at| at.saturating_add(1)));
    starts.zip(commas.chain([block.close])).map(|(start, end)| start..end).collect()
}

/// The text of `start..end` if it is a reference of more than a name.
fn reference(outline: &Outline<'_>, start: usize, end: usize) -> Option<String> {
    outline.word(start)?;
    let last = end.checked_sub(1)?;
    if last <= start || !matches!(outline.token(start.saturating_add(1)), "." | "[") {
        return None;
    }
    let tokens = outline.tokens.get(start..end)?;
    let is_plain =
        tokens.iter().zip(tokens.iter().skip(1)).all(|(token, next)| token.end == next.start && !next.starts_line)
            && tokens.iter().all(|token| match token.kind {
                Kind::Word => token.text(outline.text) != "_",
                Kind::Text | Kind::Number => true,
                Kind::Symbol => matches!(token.text(outline.text), "." | "[" | "]"),
            });
    is_plain.then(|| denied::settled(outline, start..end))
}
