//! Java's properties: names and values, behind `=`, `:` or blanks, with escapes and lines that go on behind a backslash.
//!
//! `${…}` in a value stays what it is: what it stands for may come from elsewhere.

use portcullis_core::{FileId, Span};

/// One name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Where the value stands, as far as its first line goes.
    pub value_span: Span,
}

/// The properties in order. Of equal names the last counts. Every text is one that can be read.
pub fn parse(file: FileId, text: &str) -> Vec<Property> {
    let span_of = |part: &str| {
        let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(file, narrow(start), narrow(start.saturating_add(part.len())))
    };
    let mut properties = Vec::new();
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let (name, rest) = line.split_at_checked(end_of_name(line)).unwrap_or((line, ""));
        let rest = rest.trim_start();
        let first = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
        let mut written = first.to_owned();
        // A backslash that is itself escaped ends no line.
        while written.chars().rev().take_while(|letter| *letter == '\\').count() % 2 == 1 {
            written.pop();
            let Some(next) = lines.next() else { break };
            written.push_str(next.trim_start());
        }
        properties.push(Property {
            name: unescaped(name),
            value: unescaped(&written),
            name_span: span_of(name),
            value_span: span_of(first),
        });
    }
    properties
}

fn end_of_name(line: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in line.char_indices() {
        if !is_escaped && (letter.is_whitespace() || matches!(letter, '=' | ':')) {
            return at;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    line.len()
}

fn unescaped(written: &str) -> String {
    if !written.contains('\\') {
        return written.to_owned();
    }
    let mut text = String::with_capacity(written.len());
    let mut letters = written.chars();
    while let Some(letter) = letters.next() {
        let escaped = if letter == '\\' { letters.next() } else { None };
        text.push(match escaped {
            None => letter,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('f') => '\u{c}',
            Some('u') => {
                let code = letters.as_str().get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(character) => {
                        letters.nth(3);
                        character
                    }
                    None => 'u',
                }
            }
            Some(other) => other,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("a=b\nc: d\ne f g\nh", &[("a", "b"), ("c", "d"), ("e", "f g"), ("h", "")]),
            ("  # no\n! no\n a = b ", &[("a", "b ")]),
            ("a = b\\\n    c", &[("a", "bc")]),
            ("a\\ b\\=c = d\\\\", &[("a b=c", "d\\")]),
            ("a = \\u00e9\\t\\q${b}", &[("a", "\u{e9}\tq${b}")]),
            ("a = \\u00", &[("a", "u00")]),
            ("\u{feff}a=b\r\n", &[("a", "b")]),
        ];
        for (text, expected) in cases {
            let found = parse(FileId(0), text);
            let pairs: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
            assert_eq!(pairs, *expected, "{text}");
        }
    }
}
