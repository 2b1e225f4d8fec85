//! `io.jwt.decode(token, [_, payload, _])`: a name behind the arguments takes what the function gives. The interpreter knows
//! that form for its own functions only, so for ours it becomes `[_, payload, _] = io.jwt.decode(token)`.

use super::Edit;
use super::negation::separated;
use super::outline::Outline;
use crate::builtins;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for at in 0..outline.tokens.len() {
        if !starts_statement(outline, at) {
            continue;
        }
        let Some((name, open)) = called(outline, at) else { continue };
        let Some(builtin) = builtins::all().find(|builtin| builtin.name == name) else { continue };
        let Some(block) = outline.opened(open) else { continue };
        let mut arguments = separated(outline, block);
        // A comma may stand behind the last.
        if arguments.last().is_some_and(std::ops::Range::is_empty) {
            arguments.pop();
        }
        let next = block.close.saturating_add(1);
        let ends = outline.starts_line(next) || matches!(outline.token(next), ";" | "}" | "]" | "with");
        if arguments.len() != usize::from(builtin.arity).saturating_add(1) || !ends {
            continue;
        }
        let Some(output) = arguments.last() else { continue };
        let place = |at: usize| outline.tokens.get(at);
        let (Some(start), Some(comma), Some(first), Some(last), Some(close)) = (
            place(at),
            output.start.checked_sub(1).and_then(place),
            place(output.start),
            output.end.checked_sub(1).and_then(place),
            place(block.close),
        ) else {
            continue;
        };
        let Some(written) = outline.text.get(first.start..last.end).filter(|text| !text.contains('\n')) else {
            continue;
        };
        let Some(removed) = outline.text.get(comma.start..close.start) else { continue };
        let blanks = removed.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect();
        edits.push(Edit { start: start.start, end: start.start, text: format!("{written} = ") });
        edits.push(Edit { start: comma.start, end: close.start, text: blanks });
    }
}

/// Whether a statement of a body or a comprehension starts at a token.
pub(super) fn starts_statement(outline: &Outline<'_>, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| outline.token(before));
    let is_inside = outline.block(at).is_some_and(|around| around.is_scope);
    is_inside
        && (matches!(before, "{" | ";" | "|") || (outline.starts_line(at) && !matches!(before, "," | "not" | ".")))
}

/// The dotted name that starts at a token, and the bracket of its arguments.
fn called(outline: &Outline<'_>, at: usize) -> Option<(String, usize)> {
    let mut name = outline.word(at)?.to_owned();
    let mut next = at.checked_add(1)?;
    while outline.token(next) == "." {
        let part = next.checked_add(1)?;
        name.push('.');
        name.push_str(outline.word(part)?);
        next = part.checked_add(1)?;
    }
    (outline.token(next) == "(" && !outline.starts_line(next)).then_some((name, next))
}
