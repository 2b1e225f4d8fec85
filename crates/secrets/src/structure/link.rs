//! What stands between a name and its value.

use super::language::Language;
use super::page::Line;
use super::text::{Name, Text};

/// What a name is followed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// `name: value`
    Colon,
    /// `name = value`, `name := value`
    Equals,
    /// `name => value`
    Arrow,
    /// `name == value`
    Compare,
    /// `"name", value`
    Comma,
    /// `${name:-value}`
    Default,
    /// `name(value`
    Call,
    /// `name>value`
    Tag,
    /// `| name | value |`
    Cell,
    /// `name {`
    Brace,
    /// `name value`
    Blank,
    /// Nothing that leads to a value.
    End,
}

/// How a name goes on, and where what it leads to starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Onward {
    pub(super) link: Link,
    pub(super) at: usize,
    /// Where the value may start at the earliest: right behind the link.
    pub(super) tight: usize,
    /// Whether blanks stand before the link.
    pub(super) spaced: bool,
}

/// Follows a name.
pub(super) fn onward(text: Text<'_>, name: &Name, line: &Line) -> Onward {
    let end = line.range.end;
    let mut at = name.after;
    if line.language == Language::Prose {
        at = text.skip(at, end, |byte| matches!(byte, b'*' | b'_' | b'`'));
    }
    if name.quote.is_some() && matches!(text.at(at), b']' | b'}') {
        at += 1;
    } else if line.language == Language::Code && text.at(at) == b'[' {
        let close = text.skip(at, (at + 16).min(end), |byte| byte != b']');
        at = if text.at(close) == b']' { close + 1 } else { at };
    }
    let before = at;
    at = text.skip_blanks(at, end);
    let spaced = at > before;
    let expands = text.before(name.token) == b'{' && text.before(name.token.saturating_sub(1)) == b'$';
    let (kind, length) = match [text.at(at), text.at(at + 1), text.at(at + 2)] {
        _ if at >= end => (Link::End, 0),
        [b':', b'-' | b'=', _] if expands => (Link::Default, 2),
        [b'-' | b'=', _, _] if expands => (Link::Default, 1),
        _ if expands => (Link::End, 0),
        [b':' | b'?' | b'+', b'=', _] => (Link::Equals, 2),
        [b'|', b'|', b'='] => (Link::Equals, 3),
        [b'=', b'>', _] => (Link::Arrow, 2),
        [b'=' | b'!', b'=', b'='] => (Link::Compare, 3),
        [b'=' | b'!', b'=', _] => (Link::Compare, 2),
        [b'=', b'~', _] | [b':', b':', _] => (Link::End, 0),
        [b'=', _, _] => (Link::Equals, 1),
        [b'<', b'-', _] if line.language == Language::Code => (Link::Equals, 2),
        [b':', _, _] => (Link::Colon, 1),
        [0xef, 0xbc, 0x9a] => (Link::Colon, 3),
        [b',', _, _] if name.quote.is_some() => (Link::Comma, 1),
        [b'(', _, _] if !spaced => (Link::Call, 1),
        [b'>', _, _] => (Link::Tag, 1),
        [b'|', _, _] if line.language == Language::Prose => (Link::Cell, 1),
        [b'{', _, _] => (Link::Brace, 1),
        _ if spaced => (Link::Blank, 0),
        _ => (Link::End, 0),
    };
    let tight = at + length;
    let mut onward = Onward { link: kind, at: text.skip_blanks(tight, end), tight, spaced };
    if line.language == Language::Prose && matches!(kind, Link::Colon | Link::Cell) {
        onward.at = text.skip(onward.at, end, |byte| matches!(byte, b'*' | b'_' | b' '));
    }
    if line.language == Language::Code && matches!(kind, Link::Colon | Link::Blank) {
        typed(text, onward, end)
    } else {
        onward
    }
}

/// Steps over the type of a declaration: `password: str = …`, `password string = …`.
fn typed(text: Text<'_>, onward: Onward, end: usize) -> Onward {
    let is_type = |byte: u8| byte.is_ascii_alphanumeric() || b"_.[]<>?|&* ".contains(&byte);
    if !text.at(onward.at).is_ascii_alphabetic() && text.at(onward.at) != b'&' {
        return onward;
    }
    let after = text.skip(onward.at, (onward.at + 48).min(end), is_type);
    let is_assigned = text.at(after) == b'=' && !matches!(text.at(after + 1), b'=' | b'>' | b'~');
    if after > onward.at && is_assigned {
        let tight = after + 1;
        return Onward { link: Link::Equals, at: text.skip_blanks(tight, end), tight, spaced: true };
    }
    onward
}
