//! `deny with input as build(config.defaults)`: the interpreter evaluates what the value needs with the new input, and
//! remembers it wrongly for the rest. The value gets a name, which is evaluated before.

use super::outline::Outline;
use super::{Edit, Heads};

/// What the names start with that values get.
const MARK: &str = "with_value_";

/// Whether a name is that of a value.
pub(super) fn is_value(name: &str) -> bool {
    name.starts_with(MARK)
}

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    let mut at = 0;
    while at < outline.tokens.len() {
        let Some((value, end)) = value(outline, at) else {
            at = at.saturating_add(1);
            continue;
        };
        // Several of them belong to one expression, and none of them may lose it.
        let mut is_only = outline.word(end) != Some("with");
        let mut next = end;
        while outline.word(next) == Some("with") {
            is_only = false;
            let Some((_, end)) = modifier(outline, next) else { break };
            next = end;
        }
        let is_input =
            outline.word(at.saturating_add(1)) == Some("input") && outline.word(value.saturating_sub(1)) == Some("as");
        let is_computed = (value..end).any(|at| matches!(outline.token(at), "(" | "."));
        let is_body = outline.block(at).is_some_and(|around| around.is_body);
        if let Some(first) = outline.tokens.get(value).filter(|_| is_only && is_input && is_computed && is_body) {
            let name = format!("{MARK}{}_", first.start);
            edits.push(Edit { start: first.start, end: first.start, text: format!("{name}; {name} = ") });
        }
        at = next.max(at.saturating_add(1));
    }
}

/// `with limits as …` of a rule of the package: the interpreter knows it by its whole path only.
pub(super) fn complete(outline: &Outline<'_>, heads: &Heads, edits: &mut Vec<Edit>) {
    let clause = (0..outline.tokens.len()).find(|&at| outline.word(at) == Some("package"));
    let Some(start) = clause.map(|at| at.saturating_add(1)) else { return };
    let end = (start..outline.tokens.len()).find(|&at| outline.starts_line(at)).unwrap_or(outline.tokens.len());
    let path: String = (start..end).map(|at| outline.token(at)).collect();
    for with in (end..outline.tokens.len()).filter(|&at| outline.word(at) == Some("with")) {
        let target = with.saturating_add(1);
        let (Some(name), Some("as")) = (outline.word(target), outline.word(target.saturating_add(1))) else { continue };
        let is_rule =
            heads.names.contains(name) && !heads.functions.contains(name) && !matches!(name, "input" | "data");
        if let Some(token) = outline.tokens.get(target).filter(|_| is_rule) {
            edits.push(Edit { start: token.start, end: token.start, text: format!("data.{path}.") });
        }
    }
}

/// The first token of the value behind `with … as`, and the first token behind it.
fn value(outline: &Outline<'_>, with: usize) -> Option<(usize, usize)> {
    (outline.word(with) == Some("with")).then(|| modifier(outline, with)).flatten()
}

fn modifier(outline: &Outline<'_>, with: usize) -> Option<(usize, usize)> {
    let own = outline.around.get(with)?;
    let is_own = |at: &usize| outline.around.get(*at) == Some(own);
    let value =
        (with..outline.tokens.len()).filter(is_own).find(|&at| outline.word(at) == Some("as"))?.checked_add(1)?;
    let close = outline.block(with).map_or(outline.tokens.len(), |block| block.close);
    let mut end = value;
    while end < close {
        let is_next =
            end > value && is_own(&end) && (outline.starts_line(end) || matches!(outline.token(end), ";" | "with"));
        // A bracket that closes on a line of its own is still the value's.
        if is_next && !matches!(outline.token(end), "}" | "]" | ")") {
            break;
        }
        end = end.saturating_add(1);
    }
    Some((value, end))
}
