//! `not allowed(container.image)`: where there is no image, OPA takes the whole body for undefined, because it looks up
//! arguments before it negates. To the interpreter the call is undefined, and its negation true.
//!
//! Each argument that is a reference is looked up again behind the negation. References with `_`, other expressions and what
//! `with` changes stay as they are.

use super::Edit;
use super::outline::Outline;
use super::tokens::Kind;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for block in outline.blocks.iter().filter(|block| outline.token(block.open) == "(") {
        if !outline.block(block.open).is_some_and(|around| around.is_body) || !is_negated(outline, block.open) {
            continue;
        }
        let next = block.close.saturating_add(1);
        if !(outline.starts_line(next) || matches!(outline.token(next), ";" | "}"))
            || outline.word(next) == Some("with")
        {
            continue;
        }
        let Some(close) = outline.tokens.get(block.close) else { continue };
        let mut lookups = String::new();
        let mut start = block.open.saturating_add(1);
        let own = outline.around.get(start).copied();
        for at in start..=block.close {
            let is_end = at == block.close || (outline.token(at) == "," && outline.around.get(at).copied() == own);
            if is_end {
                if let Some(reference) = reference(outline, start, at) {
                    lookups.push_str("; _ = ");
                    lookups.push_str(reference);
                }
                start = at.saturating_add(1);
            }
        }
        if !lookups.is_empty() {
            edits.push(Edit { start: close.end, end: close.end, text: lookups });
        }
    }
}

/// Whether `not`, a name with dots and nothing else stand before a parenthesis.
fn is_negated(outline: &Outline<'_>, open: usize) -> bool {
    let mut at = open;
    loop {
        let Some(name) = at.checked_sub(1).filter(|&name| outline.word(name).is_some_and(|word| word != "not")) else {
            return false;
        };
        let Some(before) = name.checked_sub(1) else { return false };
        if outline.word(before) == Some("not") {
            return true;
        }
        if outline.token(before) != "." {
            return false;
        }
        at = before;
    }
}

/// The text of `start..end` if it is a reference of more than a name.
fn reference<'t>(outline: &Outline<'t>, start: usize, end: usize) -> Option<&'t str> {
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
    let (first, last) = (tokens.first()?, tokens.last()?);
    outline.text.get(first.start..last.end).filter(|_| is_plain)
}
