//! `some i` behind a loop: the interpreter takes the second round for a second definition.
//!
//! A name that nothing around the body knows is the body's own without `some`, so the statement becomes `true`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Edit;
use super::outline::Outline;

pub(super) fn rewrite(outline: &Outline<'_>, rules: &BTreeSet<String>, edits: &mut Vec<Edit>) {
    for rule in &outline.rules {
        let declarations: Vec<usize> = rule.clone().filter(|&at| outline.word(at) == Some("some")).collect();
        for &some in &declarations {
            let Some(names) = names(outline, some) else { continue };
            let is_own = names.clone().step_by(2).all(|at| {
                let name = outline.token(at);
                !rules.contains(name) && is_own(outline, rule, &declarations, some, name)
            });
            let (Some(first), Some(last)) = (outline.tokens.get(some), outline.tokens.get(names.end.saturating_sub(1)))
            else {
                continue;
            };
            let length = last.end.saturating_sub(first.start);
            let is_one_line =
                outline.text.get(first.start..last.end).is_some_and(|text| text.is_ascii() && !text.contains('\n'));
            if is_own && is_one_line {
                edits.push(Edit { start: first.start, end: last.end, text: format!("{:<length$}", "true") });
            }
        }
    }
}

/// The tokens of the names of `some a, b`, commas among them; nothing for `some x in xs`.
fn names(outline: &Outline<'_>, some: usize) -> Option<Range<usize>> {
    let start = some.saturating_add(1);
    let mut end = start;
    loop {
        outline.word(end)?;
        end = end.saturating_add(1);
        if outline.token(end) != "," || outline.starts_line(end) {
            break;
        }
        end = end.saturating_add(1);
    }
    let ends = outline.starts_line(end) || matches!(outline.token(end), ";" | "}" | "]");
    (ends && outline.word(end) != Some("in")).then_some(start..end)
}

fn is_own(outline: &Outline<'_>, rule: &Range<usize>, declarations: &[usize], some: usize, name: &str) -> bool {
    let scopes = outline.scopes(some);
    let Some((own, around)) = scopes.split_first() else { return false };
    let is_function = outline.token(rule.start.saturating_add(1)) == "(";
    let occurrences = rule.clone().filter(|&at| {
        outline.word(at) == Some(name) && at.checked_sub(1).is_none_or(|before| outline.token(before) != ".")
    });
    for at in occurrences {
        match outline.scopes(at).first() {
            // In the head. It has the body's names, unless they are arguments.
            None if is_function => return false,
            None => {}
            Some(scope) if around.contains(scope) => return false,
            Some(_) => {}
        }
    }
    // Declared again further in, it would be another name there.
    let again = declarations.iter().filter(|&&other| {
        outline.scopes(other).contains(own)
            && (other.saturating_add(1)..outline.tokens.len())
                .take_while(|&at| outline.word(at).is_some() || outline.token(at) == ",")
                .any(|at| outline.token(at) == name)
    });
    again.count() == 1
}
