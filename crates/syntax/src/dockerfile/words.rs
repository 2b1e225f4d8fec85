//! How the arguments of an instruction fall into words.

use std::ops::Range;

use portcullis_core::OffsetMap;

use super::lines::Joined;
use super::text::offset;
use super::{Text, Word, WordForm};

/// What separates words outside quotes.
pub(super) const BLANKS: [char; 5] = ['\t', '\u{b}', '\u{c}', '\r', ' '];

/// The words between blanks; quotes do not count.
pub(super) fn split_blanks(line: &Joined, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let text = line.get(range.clone());
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(|c| !BLANKS.contains(&c))?;
        let length = text.get(start..)?.find(BLANKS).unwrap_or(text.len() - start);
        at = start + length;
        Some(range.start + start..range.start + at)
    })
}

/// The words of a `key=value` list: blanks inside quotes or after the escape character do not separate.
pub(super) fn split_quoted(line: &Joined, range: Range<usize>, escape: char) -> impl Iterator<Item = Range<usize>> {
    let text = line.get(range.clone());
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let start = chars.peek()?.0;
        let mut quote = None;
        let mut end = text.len();
        while let Some(&(at, c)) = chars.peek() {
            if quote.is_none() && c.is_whitespace() {
                end = at;
                break;
            }
            chars.next();
            if c == escape && quote != Some('\'') {
                // A last escape character stands for nothing.
                if chars.next().is_none() {
                    end = at;
                }
            } else if quote == Some(c) {
                quote = None;
            } else if quote.is_none() && matches!(c, '\'' | '"') {
                quote = Some(c);
            }
        }
        (end > start).then_some(range.start + start..range.start + end)
    })
}

/// A word of the line.
pub(super) fn bare(line: &Joined, range: Range<usize>, escape: char) -> Word {
    let raw = line.slice(range);
    let value = unquote(&raw, escape).unwrap_or_else(|| raw.clone());
    Word { raw, value, form: WordForm::Bare }
}

/// The text without its quotes and escapes; variable references are left. Absent where nothing changes, or where a
/// quote is open at the end, which a builder refuses.
fn unquote(raw: &Text, escape: char) -> Option<Text> {
    if !raw.contains(['\'', '"', escape]) {
        return None;
    }
    let mut value = Text::empty(raw.map.file(), raw.map.source(0));
    let mut chars = raw.char_indices().peekable();
    let mut quote = None;
    // Inside `${…}` all is left to the expansion.
    let mut braces = 0_usize;
    while let Some((at, c)) = chars.next() {
        if braces == 0 && c == '\'' && quote.is_none() {
            quote = Some('\'');
            continue;
        }
        if braces == 0 && quote == Some(c) {
            quote = None;
            continue;
        }
        if quote == Some('\'') {
            keep(&mut value, raw, at, c);
            continue;
        }
        if braces == 0 && c == '"' {
            quote = Some('"');
            continue;
        }
        if c == escape {
            let next = chars.peek().map(|&(_, next)| next);
            let dropped = braces == 0 && (quote.is_none() || next.is_some_and(|n| n == '"' || n == '$' || n == escape));
            if !dropped {
                keep(&mut value, raw, at, c);
            }
            if let Some((at, next)) = chars.next() {
                keep(&mut value, raw, at, next);
            }
            continue;
        }
        if c == '$' && chars.peek().is_some_and(|&(_, next)| next == '{') {
            braces += 1;
        } else if c == '}' {
            braces = braces.saturating_sub(1);
        }
        keep(&mut value, raw, at, c);
    }
    quote.is_none().then_some(value)
}

fn keep(value: &mut Text, raw: &Text, at: usize, c: char) {
    value.text.push(c);
    value.map.push(raw.map.source(offset(at)), offset(c.len_utf8()));
}

/// What a text that may be a JSON array is.
pub(super) enum Json {
    /// An array of strings.
    Strings(Vec<Range<usize>>),
    /// An array that holds something else, which a builder refuses.
    Others,
    /// It begins with `[` but is no JSON: shell text or blank-separated words.
    Broken,
    /// It does not begin with `[`.
    Not,
}

/// Reads a JSON array of strings; the ranges are those of its elements, quotes included.
pub(super) fn json_array(line: &Joined, range: Range<usize>) -> Json {
    let text = line.get(range.clone());
    let Some(rest) = text.strip_prefix('[') else { return Json::Not };
    let mut chars = rest.char_indices().map(|(at, c)| (range.start + 1 + at, c)).peekable();
    let mut elements = Vec::new();
    let mut others = false;
    loop {
        while chars.next_if(|&(_, c)| is_json_blank(c)).is_some() {}
        match chars.next() {
            Some((_, ']')) if elements.is_empty() && !others => break,
            Some((start, '"')) => {
                let Some(end) = json_string_end(&mut chars) else { return Json::Broken };
                elements.push(start..end);
            }
            Some((start, c)) if c.is_ascii_alphanumeric() || c == '-' => {
                while chars.next_if(|&(_, c)| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-')).is_some() {}
                let end = chars.peek().map_or(range.end, |&(at, _)| at);
                if !is_json_scalar(line.get(start..end)) {
                    return Json::Broken;
                }
                others = true;
            }
            _ => return Json::Broken,
        }
        while chars.next_if(|&(_, c)| is_json_blank(c)).is_some() {}
        match chars.next() {
            Some((_, ',')) => {}
            Some((_, ']')) => break,
            _ => return Json::Broken,
        }
    }
    if chars.any(|(_, c)| !is_json_blank(c)) {
        return Json::Broken;
    }
    if others { Json::Others } else { Json::Strings(elements) }
}

fn is_json_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Literals and numbers; a number's finer grammar does not matter, because a builder refuses it in any form.
fn is_json_scalar(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// The offset after the closing quote.
fn json_string_end(chars: &mut impl Iterator<Item = (usize, char)>) -> Option<usize> {
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some(at + 1),
            '\\' => match chars.next()?.1 {
                '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {}
                'u' => {
                    for _ in 0..4 {
                        chars.next().filter(|(_, digit)| digit.is_ascii_hexdigit())?;
                    }
                }
                _ => return None,
            },
            c if c < ' ' => return None,
            _ => {}
        }
    }
    None
}

/// An element of a JSON array, whose grammar [`json_array`] has checked.
pub(super) fn json_word(line: &Joined, range: Range<usize>) -> Word {
    let raw = line.slice(range);
    let length = raw.len();
    let inner = raw.get(1..length.saturating_sub(1)).unwrap_or_default();
    let mut text = String::with_capacity(inner.len());
    let mut map = OffsetMap::new(raw.map.file(), raw.map.source(1));
    let mut chars = inner.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let start = raw.map.source(offset(at + 1));
        if c != '\\' {
            text.push(c);
            map.push(start, offset(c.len_utf8()));
            continue;
        }
        let decoded = match chars.next().map(|(_, c)| c) {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => json_code_point(inner, &mut chars),
            other => other.unwrap_or(char::REPLACEMENT_CHARACTER),
        };
        let after = chars.peek().map_or(length.saturating_sub(1), |&(at, _)| at + 1);
        text.push(decoded);
        // The escape's last byte, because continued lines may separate it from what follows.
        let end = raw.map.source(offset(after.saturating_sub(1))).saturating_add(1);
        map.push_opaque(start, end, offset(decoded.len_utf8()));
    }
    Word { raw, value: Text { text, map }, form: WordForm::Json }
}

/// The character of `\uXXXX` or of a surrogate pair; a lone surrogate is the replacement character.
fn json_code_point(inner: &str, chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> char {
    let first = json_hex(chars);
    if let Some(character) = char::from_u32(first) {
        return character;
    }
    let at = chars.peek().map_or(inner.len(), |&(at, _)| at);
    let second = inner.get(at..).and_then(|rest| rest.strip_prefix("\\u")?.get(..4));
    let second = second.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match second {
        Some(second @ 0xdc00..=0xdfff) if first < 0xdc00 => {
            chars.by_ref().nth(5);
            let high = first.saturating_sub(0xd800) << 10;
            let low = second.saturating_sub(0xdc00);
            char::from_u32(0x1_0000 + high + low).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::REPLACEMENT_CHARACTER,
    }
}

fn json_hex(chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> u32 {
    chars.by_ref().take(4).fold(0, |value, (_, c)| (value << 4) | c.to_digit(16).unwrap_or(0))
}
