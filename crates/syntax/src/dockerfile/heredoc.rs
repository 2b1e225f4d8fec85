//! Heredocs of RUN, COPY and ADD.

use std::ops::Range;

use portcullis_core::Span;

use super::{Text, lexer};

/// One heredoc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The delimiter after quote removal.
    pub name: String,
    /// The digits before `<<`.
    pub fd: Option<u32>,
    /// Whether it was written `<<-`, which drops leading tabs (never blanks) from every line.
    pub strip_tabs: bool,
    /// Whether variables in the content are expanded: no part of the delimiter is quoted.
    pub expand: bool,
    /// The `<<EOF` word.
    pub operator: Span,
    /// The lines between, their line breaks kept; leading tabs are dropped where `strip_tabs` says so.
    pub content: Text,
    /// From the first line of the content to the end of the terminator; to the end of the file where there is none.
    pub span: Span,
    /// The terminator; absent where the file ends first, which is a syntax error.
    pub terminator: Option<Span>,
}

impl Heredoc {
    /// The interpreter that the content's first line names after `#!`, with its arguments.
    pub fn shebang(&self) -> Option<&str> {
        Some(self.content.strip_prefix("#!")?.lines().next()?.trim())
    }
}

/// A `<<EOF` word.
pub(super) struct Operator {
    pub(super) name: String,
    pub(super) fd: Option<u32>,
    pub(super) strip_tabs: bool,
    pub(super) quotes: bool,
    pub(super) escapes: bool,
    /// Where it stands in the line.
    pub(super) range: Range<usize>,
}

/// The heredoc operators among a line's words, in order.
///
/// As in BuildKit a word is one only as a whole: `<<<word`, `$((1<<2))` and `"<<EOF"` are none, and a line that its
/// word processor refuses (an open quote, `${x^^}`) has none at all.
pub(super) fn operators(line: &str) -> Vec<Operator> {
    let words = lexer::words(line).unwrap_or_default();
    words.into_iter().filter_map(|range| operator(line.get(range.clone())?, range)).collect()
}

fn operator(word: &str, range: Range<usize>) -> Option<Operator> {
    let after_digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = word.get(..word.len() - after_digits.len()).unwrap_or_default();
    let rest = after_digits.strip_prefix("<<")?;
    let (strip_tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if rest.contains('<') {
        return None;
    }
    let (mut name, mut quotes, mut escapes) = (String::new(), false, false);
    let mut quote = None;
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => {
                quote = Some(c);
                quotes = true;
            }
            (Some(open), c) if c == open => quote = None,
            (None, '\\') => {
                escapes = true;
                name.extend(chars.next());
            }
            (Some('"'), '\\') => name.push(chars.next_if(|next| matches!(next, '"' | '$' | '\\')).unwrap_or(c)),
            _ => name.push(c),
        }
    }
    // An open quote cannot be, the line's words were closed; an empty delimiter is no heredoc.
    (!name.is_empty()).then(|| Operator { name, fd: digits.parse().ok(), strip_tabs, quotes, escapes, range })
}
