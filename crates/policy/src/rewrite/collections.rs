//! `some x in xs` where `xs` is a text, a number or null: to OPA there is no such `x`. To the interpreter it is a fault.
//!
//! A reference or call behind `in` goes through a function that is undefined for what has no elements. Other expressions
//! have elements or are faults to OPA as well.

use super::Edit;
use super::outline::Outline;
use crate::builtins::COLLECTION;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for some in (0..outline.tokens.len()).filter(|&at| outline.word(at) == Some("some")) {
        if !outline.block(some).is_some_and(|around| around.is_scope) {
            continue;
        }
        let Some(first) = collection(outline, some) else { continue };
        let Some(last) = reference_end(outline, first) else { continue };
        let next = last.saturating_add(1);
        let ends = outline.starts_line(next) || matches!(outline.token(next), ";" | "}" | "]" | "with");
        let continues = matches!(outline.token(next), "|" | "&" | "-" | "[" | "(" | ".");
        let (Some(first), Some(last)) = (outline.tokens.get(first), outline.tokens.get(last)) else { continue };
        if ends && !continues {
            edits.push(Edit { start: first.start, end: first.start, text: format!("{COLLECTION}(") });
            edits.push(Edit { start: last.end, end: last.end, text: ")".to_owned() });
        }
    }
}

/// The token behind the `in` of a `some`.
fn collection(outline: &Outline<'_>, some: usize) -> Option<usize> {
    let own = outline.around.get(some)?;
    let mut at = some.checked_add(1)?;
    loop {
        if outline.around.get(at)? == own {
            match outline.token(at) {
                "in" => return at.checked_add(1),
                ";" | "some" | "not" | "}" | "]" => return None,
                _ => {}
            }
        }
        at = at.checked_add(1)?;
    }
}

/// The last token of `name.name[…](…)`.
fn reference_end(outline: &Outline<'_>, first: usize) -> Option<usize> {
    let mut at = first;
    outline.word(at)?;
    loop {
        let next = at.checked_add(1)?;
        match outline.token(next) {
            "." => {
                at = next.checked_add(1)?;
                outline.word(at)?;
            }
            "[" | "(" if !outline.starts_line(next) => at = outline.opened(next)?.close,
            _ => return Some(at),
        }
    }
}
