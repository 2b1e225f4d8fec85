//! `input.spec.default`: keywords are names of fields to OPA and not to the interpreter, to which `["default"]` is one.

use super::Edit;
use super::outline::Outline;

pub(super) fn rewrite(outline: &Outline<'_>, edits: &mut Vec<Edit>) {
    let mut is_clause = false;
    for (at, token) in outline.tokens.iter().enumerate() {
        if token.starts_line {
            is_clause = matches!(outline.word(at), Some("package"));
        }
        let Some(point) = at.checked_sub(1).and_then(|before| outline.tokens.get(before)) else { continue };
        let is_field = point.symbol(outline.text) == "." && point.end == token.start;
        // What is called is looked up by its name.
        let is_called = outline.token(at.saturating_add(1)) == "(";
        let is_reserved = outline.word(at).is_some_and(|word| RESERVED.contains(&word));
        if is_field && is_reserved && !is_called && !is_clause {
            // The point becomes the bracket, so that nothing is replaced by more than it was.
            edits.push(Edit { start: point.start, end: point.end, text: "[".to_owned() });
            edits.push(Edit { start: token.start, end: token.start, text: "\"".to_owned() });
            edits.push(Edit { start: token.end, end: token.end, text: "\"]".to_owned() });
        }
    }
}

/// What the interpreter takes for no name. It takes `contains` for one.
const RESERVED: &[&str] = &[
    "as", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some", "true", "with",
];
