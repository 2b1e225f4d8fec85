//! `pattern` of custom resource definitions: Go's regular expressions, found anywhere in the text.
//!
//! The syntax is nearly that of the `regex` crate; the rest is translated, and a pattern that has no translation matches
//! anything. Go's classes are those of ASCII, so that bytes are matched, and a character beyond ASCII is one byte that no
//! class and no literal of ASCII holds.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

/// A pattern, compiled when the first text is held against it.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: Box<str>,
    compiled: OnceLock<Option<Regex>>,
}

/// Bytes of a compiled pattern; `.{999}` takes a tenth of it.
const SIZE: usize = 256 << 10;

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text matches; `None` where that is not known.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        let compiled = self.compiled.get_or_init(|| {
            let mut builder = RegexBuilder::new(&translated(&self.text)?);
            builder.unicode(false).size_limit(SIZE).build().ok()
        });
        let regex = compiled.as_ref()?;
        if text.is_ascii() {
            return Some(regex.is_match(text.as_bytes()));
        }
        // A pattern that speaks of characters beyond ASCII means certain ones.
        if !self.text.is_ascii() || self.text.contains("\\x") {
            return None;
        }
        let bytes: Vec<u8> =
            text.chars().map(|char| u8::try_from(char).ok().filter(u8::is_ascii).unwrap_or(0xff)).collect();
        Some(regex.is_match(&bytes))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The same pattern for the `regex` crate, whose classes nest and have operators; `None` where something means another thing
/// to it.
fn translated(go: &str) -> Option<Cow<'_, str>> {
    // Bounds without a minimum and kinds of word boundaries, which Go reads as literals.
    if go.contains("{,") || go.contains("\\b{") {
        return None;
    }
    let is_same = |char| !matches!(char, '<' | '>' | '[' | '&' | '-' | '~');
    if go.chars().all(is_same) {
        return Some(Cow::Borrowed(go));
    }
    let mut out = String::with_capacity(go.len().saturating_add(8));
    let mut chars = go.chars().peekable();
    // Whether a class is open, and how many of its members were read: a bracket that comes first is a member.
    let mut members: Option<usize> = None;
    let mut before = None;
    while let Some(char) = chars.next() {
        let after_hyphen = before.replace(char) == Some('-');
        match (char, members) {
            ('\\', _) => {
                let escaped = chars.next()?;
                before = None;
                if !matches!(escaped, '<' | '>') {
                    out.push('\\');
                }
                out.push(escaped);
                members = members.map(|count| count.saturating_add(1));
                continue;
            }
            ('[', None) => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                members = Some(0);
                continue;
            }
            ('[', Some(_)) if chars.peek() == Some(&':') => {
                // A class by name, up to its end.
                out.push('[');
                for char in chars.by_ref() {
                    out.push(char);
                    if char == ']' {
                        break;
                    }
                }
            }
            ('[', Some(_)) => out.push_str("\\["),
            (']', Some(0)) => out.push_str("\\]"),
            (']', Some(_)) => {
                out.push(']');
                members = None;
                continue;
            }
            ('&' | '~', Some(_)) => out.extend(['\\', char]),
            // A second hyphen in a row is a member or the end of a range.
            ('-', Some(_)) if after_hyphen => out.push_str("\\-"),
            _ => out.push(char),
        }
        members = members.map(|count| count.saturating_add(1));
    }
    Some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_go_reads_them() {
        for (pattern, text, expected) in [
            ("^[a-z]+$", "abc", Some(true)),
            ("^[a-z]+$", "aBc", Some(false)),
            ("^[a-z]+$", "abc\n", Some(false)),
            ("b", "abc", Some(true)),
            ("^$", "", Some(true)),
            (r"^\d+$", "12", Some(true)),
            (r"^\d+$", "\u{0661}", Some(false)),
            (r"^\w+$", "caf\u{e9}", Some(false)),
            (r"^.{1,4}$", "caf\u{e9}", Some(true)),
            (r"^.{1,3}$", "caf\u{e9}", Some(false)),
            (r"^[^a-c]$", "\u{e9}", Some(true)),
            ("^(?i)yes$", "YES", Some(true)),
            (r"^\<a\>$", "<a>", Some(true)),
            (r"^\/srv\/[^/]+$", "/srv/a", Some(true)),
            // Brackets and operators in a class are members.
            ("^[[a]+$", "[a[", Some(true)),
            ("^[]a]+$", "]a", Some(true)),
            ("^[^]a]+$", "]", Some(false)),
            (r"^[!-/:-@[-`]+$", "[_`", Some(true)),
            ("^[a&&b]+$", "a&b", Some(true)),
            ("^[a~~b]+$", "~", Some(true)),
            ("^[+--]+$", "+,-", Some(true)),
            (r"^[\--/]+$", ".", Some(true)),
            ("^[[:alpha:]_]+$", "ab_", Some(true)),
            ("^[[:alpha:]_]+$", "1", Some(false)),
            (r"^[\]\[]+$", "[]", Some(true)),
            ("^-a-$", "-a-", Some(true)),
            // What is not known.
            ("(", "a", None),
            (r"^\p{L}$", "a", None),
            ("^\u{e9}$", "\u{e9}", None),
            (r"^[\x{80}-\x{ff}]$", "\u{e9}", None),
            (r"\Qa.b\E", "a.b", None),
            ("(?:(?:.{900}){900}){900}", "a", None),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }
}
