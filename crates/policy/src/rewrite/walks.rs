//! `[path, value] := walk(input)`: the interpreter goes through what `walk` finds only where a name stands behind the
//! argument; any other call of it finds nothing, so that a policy never denies. The result gets a name, which takes the
//! place of the call. What cannot be put so is a fault of `check`.

use super::Edit;
use super::outline::Outline;
use super::outputs::starts_statement;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for walk in (0..outline.tokens.len()).filter(|&at| outline.word(at) == Some("walk")) {
        let Some(block) = outline.opened(walk.saturating_add(1)) else { continue };
        let Some(start) = statement(outline, walk) else { continue };
        let next = block.close.saturating_add(1);
        let ends = outline.starts_line(next) || matches!(outline.token(next), ";" | "}" | "]");
        let is_argument =
            |at: &usize| outline.token(*at) == "," && outline.block(*at).is_some_and(|b| b.open == block.open);
        if !ends || (block.open..block.close).any(|at| is_argument(&at)) {
            continue;
        }
        let place = |at: usize| outline.tokens.get(at);
        let (Some(first), Some(call), Some(open), Some(close)) =
            (place(start), place(walk), place(block.open), place(block.close))
        else {
            continue;
        };
        let Some(argument) = outline.text.get(open.end..close.start).filter(|text| !text.contains('#')) else {
            continue;
        };
        let Some(written) = outline.text.get(call.start..close.end) else { continue };
        let name = format!("w{}_", call.start);
        let argument = argument.replace('\n', " ");
        let rest: String =
            written.chars().skip(name.len()).map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect();
        // A line break among the characters that the name takes would be lost.
        if written.chars().take(name.len()).any(|letter| letter == '\n') {
            continue;
        }
        edits.push(Edit { start: first.start, end: first.start, text: format!("walk({argument}, {name}); ") });
        edits.push(Edit { start: call.start, end: close.end, text: name + &rest });
    }
}

/// The first token of `pattern := walk(…)`.
fn statement(outline: &Outline<'_>, walk: usize) -> Option<usize> {
    let mut at = walk.checked_sub(1).filter(|&at| outline.token(at) == "=")?.checked_sub(1)?;
    if outline.token(at) == ":" {
        at = at.checked_sub(1)?;
    }
    let start = if outline.token(at) == "]" {
        outline.blocks.iter().find(|block| block.close == at)?.open
    } else {
        outline.word(at)?;
        at
    };
    starts_statement(outline, start).then_some(start)
}
