//! `limit := limits[tier] if { … } else := 0`: where `else` follows, the interpreter goes through all of `limits` and finds
//! several values. The value gets a name that the body gives it.

use super::Edit;
use super::outline::Outline;
use super::tokens::Kind;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    for rule in &outline.rules {
        let top: Vec<usize> = rule.clone().filter(|&at| outline.around.get(at) == Some(&None)).collect();
        let body = outline.within(rule).iter().find(|block| block.is_body && block.parent.is_none());
        let (Some(body), true) = (body, top.iter().any(|&at| outline.word(at) == Some("else"))) else { continue };
        let equals = top.iter().copied().find(|&at| outline.token(at) == "=").filter(|&at| at < body.open);
        let Some(start) = equals.map(|at| at.saturating_add(1)) else { continue };
        let is_if = body.open.checked_sub(1).filter(|&before| outline.word(before) == Some("if"));
        let end = is_if.unwrap_or(body.open);
        let Some(tokens) = outline.tokens.get(start..end) else { continue };
        let (Some(first), Some(last), Some(brace)) = (tokens.first(), tokens.last(), outline.tokens.get(body.close))
        else {
            continue;
        };
        let is_reference = first.kind == Kind::Word
            && tokens.iter().zip(tokens.iter().skip(1)).all(|(token, next)| token.end == next.start)
            && tokens
                .iter()
                .all(|token| token.kind != Kind::Symbol || matches!(token.text(outline.text), "." | "[" | "]"));
        let has_index = tokens.iter().zip(tokens.iter().skip(1)).any(|(token, next)| {
            token.symbol(outline.text) == "[" && next.kind == Kind::Word && next.text(outline.text) != "_"
        });
        let Some(value) = outline.text.get(first.start..last.end).filter(|_| is_reference && has_index) else {
            continue;
        };
        let length = value.chars().count();
        let name = format!("{:_<length$}", "h");
        edits.push(Edit { start: first.start, end: last.end, text: name.clone() });
        edits.push(Edit { start: brace.start, end: brace.start, text: format!("; {name} = {value} ") });
    }
}
