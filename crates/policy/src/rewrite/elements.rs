//! `deny contains container.name if some container in containers`: where one has no name, the interpreter forgets those that
//! it found before, or fails at the next. To OPA that one is no element, and the others are.
//!
//! What is more than a name or a text gets a name that the body gives it, so that the body does not hold where it is
//! undefined. A body without braces gets them.

use std::ops::Range;

use super::Edit;
use super::outline::Outline;
use super::tokens::Kind;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    // What other names are put into is not copied.
    let first = edits.len();
    for rule in &outline.rules {
        let known = edits.len();
        given(outline, rule, first, edits);
        if edits.len() == known {
            braces(outline, rule, edits);
        }
    }
}

/// `if some x in xs` without braces, for what is looked for in bodies is looked for between braces.
fn braces(outline: &Outline<'_>, rule: &Range<usize>, edits: &mut Vec<Edit>) {
    let top = || rule.clone().filter(|&at| outline.around.get(at) == Some(&None));
    let Some(condition) = top().find(|&at| outline.word(at) == Some("if")) else { return };
    let is_some = outline.word(condition.saturating_add(1)) == Some("some");
    if !is_some || top().any(|at| outline.word(at) == Some("else")) {
        return;
    }
    if let Some((Some(open), close)) = body(outline, condition, rule.end) {
        edits.push(Edit { start: open, end: open, text: "{ ".to_owned() });
        edits.push(Edit { start: close, end: close, text: " }".to_owned() });
    }
}

/// The element of a rule is put into its body.
fn given(outline: &Outline<'_>, rule: &Range<usize>, first: usize, edits: &mut Vec<Edit>) -> Option<()> {
    let element = element(outline, rule.start)?;
    let tokens = outline.tokens.get(element.start..element.end)?;
    let (from, to) = (tokens.first()?, tokens.last()?);
    let value = outline.text.get(from.start..to.end)?;
    let is_plain = tokens.len() == 1 && matches!(from.kind, Kind::Word | Kind::Text | Kind::Number);
    let is_edited = edits.iter().take(first).any(|edit| (from.start..=to.end).contains(&edit.start));
    // A comment would swallow what follows, and a text of several lines would be another.
    if is_plain || is_edited || value.contains('\n') && value.contains(['#', '`']) {
        return None;
    }
    let line = value.split('\n').next().unwrap_or_default();
    let name = format!("{:_<length$}", "h", length = line.trim_end().chars().count());
    if rule.clone().any(|at| outline.token(at) == name) {
        return None;
    }
    let given = value.replace(['\n', '\r', '\t'], " ");
    let (open, close) = body(outline, element.next, rule.end)?;
    let rest = value.chars().skip(name.chars().count()).map(|letter| if letter == '\n' { '\n' } else { ' ' });
    edits.push(Edit { start: from.start, end: to.end, text: name.chars().chain(rest).collect() });
    match open {
        None => edits.push(Edit { start: close, end: close, text: format!("; {name} := {given} ") }),
        Some(open) => {
            edits.push(Edit { start: open, end: open, text: "{ ".to_owned() });
            edits.push(Edit { start: close, end: close, text: format!("; {name} := {given} }}") });
        }
    }
    Some(())
}

/// The tokens of an element, and the first behind it.
struct Element {
    start: usize,
    end: usize,
    next: usize,
}

/// The element of `name contains element` and of `name[element] {`.
fn element(outline: &Outline<'_>, name: usize) -> Option<Element> {
    outline.word(name)?;
    let second = name.checked_add(1)?;
    let start = second.checked_add(1)?;
    if outline.word(second) == Some("contains") {
        let is_top = |at: &usize| outline.around.get(*at) == Some(&None);
        let ends = |at: &usize| {
            outline.word(*at) == Some("if") || outline.opened(*at).is_some_and(|block| block.is_body && *at > start)
        };
        let end = (start..outline.tokens.len()).filter(is_top).find(ends)?;
        return Some(Element { start, end, next: end });
    }
    let block = outline.opened(second).filter(|_| outline.token(second) == "[" && !outline.starts_line(second))?;
    let next = block.close.checked_add(1)?;
    outline.opened(next).filter(|body| body.is_body)?;
    Some(Element { start, end: block.close, next })
}

/// Where braces have to be added, if they have to be, and where a body ends.
fn body(outline: &Outline<'_>, next: usize, end: usize) -> Option<(Option<usize>, usize)> {
    let is_if = outline.word(next) == Some("if");
    let first = if is_if { next.checked_add(1)? } else { next };
    let last = end.checked_sub(1)?;
    if let Some(block) = outline.opened(first).filter(|block| block.is_body) {
        // More bodies, or more of an expression.
        return (block.close == last).then_some((None, outline.tokens.get(block.close)?.start));
    }
    let (from, to) = (outline.tokens.get(first)?, outline.tokens.get(last)?);
    (is_if && first <= last).then_some((Some(from.start), to.end))
}
