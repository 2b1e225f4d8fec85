//! `every x in xs { not allowed[x] }`: to the interpreter an index below `not` is a loop unless a statement of the body gives
//! it a value, and the names of `every` are none of those. So the index becomes `[x][0]`, which no loop can be.

use std::ops::Range;

use super::Edit;
use super::outline::Outline;
use super::outputs::starts_statement;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for every in (0..outline.tokens.len()).filter(|&at| outline.word(at) == Some("every")) {
        let Some((names, open)) = parts(outline, every) else { continue };
        let Some(body) = outline.opened(open).filter(|block| block.is_body) else { continue };
        let (first, end) = (open.saturating_add(1), body.close);
        let is_own = |name: &&str| !is_declared_again(outline, first..end, name);
        let names: Vec<&str> = names.into_iter().filter(is_own).collect();
        let mut negated = false;
        for at in first..end {
            if starts_statement(outline, at) {
                negated = false;
            }
            negated |= outline.word(at) == Some("not");
            let is_index =
                at.checked_sub(1).is_some_and(|before| outline.token(before) == "[" && is_reference(outline, before))
                    && outline.token(at.saturating_add(1)) == "]";
            if let (true, Some(token)) =
                (negated && is_index && names.contains(&outline.token(at)), outline.tokens.get(at))
            {
                edits.push(Edit { start: token.start, end: token.start, text: "[".to_owned() });
                edits.push(Edit { start: token.end, end: token.end, text: "][0]".to_owned() });
            }
        }
    }
}

/// Whether a name may be another one further in.
fn is_declared_again(outline: &Outline<'_>, mut range: Range<usize>, name: &str) -> bool {
    range.any(|at| {
        let next = at.saturating_add(1);
        match outline.token(at) {
            "some" | "every" => (next..outline.tokens.len())
                .take_while(|&at| outline.token(at) != "in" && !outline.starts_line(at) && outline.token(at) != ";")
                .any(|at| outline.token(at) == name),
            ":" if outline.token(next) == "=" => {
                let before = outline.token(at.saturating_sub(1));
                before == name || matches!(before, "]" | "}")
            }
            _ => false,
        }
    })
}

/// Whether a bracket is an index's and not a list's.
fn is_reference(outline: &Outline<'_>, bracket: usize) -> bool {
    bracket.checked_sub(1).is_some_and(|before| {
        let is_name = outline.word(before).is_some_and(|word| !matches!(word, "not" | "in"));
        (is_name || matches!(outline.token(before), "]" | ")" | "}")) && !outline.starts_line(bracket)
    })
}

/// The names of `every k, v in xs { … }`, and the brace of its body.
fn parts<'t>(outline: &Outline<'t>, every: usize) -> Option<(Vec<&'t str>, usize)> {
    let mut at = every.checked_add(1)?;
    let mut names = vec![outline.word(at)?];
    at = at.checked_add(1)?;
    if outline.token(at) == "," {
        at = at.checked_add(1)?;
        names.push(outline.word(at)?);
        at = at.checked_add(1)?;
    }
    if outline.word(at)? != "in" {
        return None;
    }
    let own = outline.around.get(every)?;
    loop {
        at = at.checked_add(1)?;
        match outline.token(at) {
            _ if outline.around.get(at)? != own => {}
            "{" if outline.opened(at)?.is_body => return Some((names, at)),
            ";" => return None,
            _ => {}
        }
    }
}
