//! Texts of others in what is answered and written down: of one line, without signs that hide what follows, and short.

/// Characters that are kept of a name. Those of Kubernetes have 253 at most, and whoever reaches the port may send any.
pub(crate) const NAME: usize = 256;

/// The text without signs that end a line or hide what follows.
pub(crate) fn clean(text: &str) -> String {
    let hides = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if hides(c) { ' ' } else { c }).collect()
}

/// At most so many characters.
pub(crate) fn cut(text: String, most: usize) -> String {
    let Some((at, _)) = text.char_indices().nth(most) else { return text };
    let end = text.get(..at).and_then(|kept| kept.char_indices().next_back()).map_or(0, |(end, _)| end);
    format!("{}\u{2026}", text.get(..end).unwrap_or_default())
}
