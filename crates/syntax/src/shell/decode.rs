//! Quote removal: what a word's raw text says, and which variables it reads.

use super::scan::{Frame, Quoting, byte, continuation_end, scan, single_quote_end, template_end};
use super::word::{Operator, Part};

/// A word without its quotes.
#[derive(Clone, Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
    pub(super) variables: Vec<String>,
    pub(super) quoted: bool,
    pub(super) has_expansion: bool,
    pub(super) unquoted_expansion: bool,
    /// Where the expansions stand in the raw text.
    pub(super) expansions: Vec<Place>,
    /// `(text, raw)` starts of runs in which both advance together.
    pub(super) runs: Vec<(usize, usize)>,
}

/// Where an expansion stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
}

/// Removes the quotes of `raw`, which is one word.
pub(super) fn decode(raw: &str) -> Decoded {
    if !raw.is_empty() && !raw.bytes().any(is_special) {
        let text = raw.to_owned();
        return Decoded { parts: vec![Part::Literal(text.clone())], text, runs: vec![(0, 0)], ..Decoded::default() };
    }
    let mut decoder = Decoder { raw, at: 0, quoting: Quoting::Bare, out: Decoded::default(), literal: String::new() };
    decoder.run();
    decoder.out
}

/// Whether a byte may begin a quotation, an expansion or a template marker.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'\'' | b'"' | b'`' | b'$' | b'<' | b'>' | b'{')
}

struct Decoder<'a> {
    raw: &'a str,
    at: usize,
    quoting: Quoting,
    out: Decoded,
    literal: String,
}

impl Decoder<'_> {
    fn run(&mut self) {
        while self.at < self.raw.len() {
            let here = byte(self.raw, self.at);
            if here == b'\\' {
                self.escape();
            } else if let Some(end) = template_end(self.raw, self.at) {
                self.expansion(end, Part::Opaque);
            } else {
                match here {
                    b'"' => {
                        self.out.quoted = true;
                        self.quoting = if self.quoting == Quoting::Bare { Quoting::Double } else { Quoting::Bare };
                        self.at = self.at.saturating_add(1);
                    }
                    b'\'' if self.quoting == Quoting::Bare => self.single_quoted(),
                    b'`' => self.construct(1, Frame::Backtick),
                    b'$' => self.dollar(),
                    b'<' | b'>' if self.at == 0 && byte(self.raw, 1) == b'(' => self.construct(2, Frame::Paren(0)),
                    _ => self.ordinary(self.at),
                }
            }
        }
        self.end_literal();
    }

    /// Takes the character at `from` as it is.
    fn ordinary(&mut self, from: usize) {
        let width = self.raw.get(from..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        self.copy(from, from.saturating_add(width));
    }

    /// Takes `from..to` of the raw text as literal text.
    fn copy(&mut self, from: usize, to: usize) {
        let slice = self.raw.get(from..to).unwrap_or_default();
        self.run_at(from);
        self.out.text.push_str(slice);
        self.literal.push_str(slice);
        self.at = to;
    }

    /// Says that the next text comes from the raw offset `raw`.
    fn run_at(&mut self, raw: usize) {
        let text = self.out.text.len();
        let continues =
            self.out.runs.last().is_some_and(|&(start, from)| from.saturating_add(text.saturating_sub(start)) == raw);
        if !continues {
            self.out.runs.push((text, raw));
        }
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.out.parts.push(Part::Literal(std::mem::take(&mut self.literal)));
        }
    }

    /// Takes the raw text up to `end` as an expansion.
    fn expansion(&mut self, end: usize, part: Part) {
        self.end_literal();
        self.run_at(self.at);
        let end = end.min(self.raw.len());
        self.out.text.push_str(self.raw.get(self.at..end).unwrap_or_default());
        self.out.has_expansion = true;
        self.out.expansions.push(Place { start: self.at, end, quoted: self.quoting != Quoting::Bare });
        self.out.unquoted_expansion |= self.quoting == Quoting::Bare;
        if let Part::Variable { name, .. } = &part {
            self.out.variables.push(name.clone());
        }
        self.out.parts.push(part);
        self.at = end;
    }

    /// An expansion whose value cannot be known: its opener is `width` bytes.
    fn construct(&mut self, width: usize, frame: Frame) {
        let end = scan(self.raw, self.at.saturating_add(width), frame, &mut Vec::new()).end;
        self.expansion(end, Part::Opaque);
    }

    fn escape(&mut self) {
        if let Some(end) = continuation_end(self.raw, self.at) {
            self.at = end;
            return;
        }
        let next = self.at.saturating_add(1);
        let escapes = match self.quoting {
            Quoting::Bare => true,
            Quoting::Double => matches!(byte(self.raw, next), b'$' | b'`' | b'"' | b'\\'),
        };
        if next >= self.raw.len() || !escapes {
            self.ordinary(self.at);
        } else {
            self.out.quoted = true;
            self.ordinary(next);
        }
    }

    fn single_quoted(&mut self) {
        self.out.quoted = true;
        let start = self.at.saturating_add(1);
        match single_quote_end(self.raw, start) {
            Some(end) => {
                self.copy(start, end.saturating_sub(1));
                self.at = end;
            }
            None => self.copy(start, self.raw.len()),
        }
    }

    fn dollar(&mut self) {
        let next = self.at.saturating_add(1);
        match byte(self.raw, next) {
            b'(' if byte(self.raw, next.saturating_add(1)) == b'(' => {
                let inner = self.at.saturating_add(3);
                let first = scan(self.raw, inner, Frame::Arithmetic, &mut Vec::new());
                let second = scan(self.raw, first.end, Frame::Arithmetic, &mut Vec::new());
                self.expansion(second.end, Part::Opaque);
            }
            b'(' => self.construct(2, Frame::Paren(0)),
            b'{' => self.braced(),
            b'\'' if self.quoting == Quoting::Bare => self.ansi_quoted(),
            b'"' if self.quoting == Quoting::Bare => self.at = next,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let end = name_end(self.raw, next);
                let name = self.raw.get(next..end).unwrap_or_default().to_owned();
                self.expansion(end, Part::Variable { name, operator: None });
            }
            b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => {
                self.expansion(next.saturating_add(1), Part::Opaque);
            }
            _ => self.ordinary(self.at),
        }
    }

    /// `${…}`
    fn braced(&mut self) {
        let start = self.at.saturating_add(2);
        let scanned = scan(self.raw, start, Frame::Brace(self.quoting), &mut Vec::new());
        let inner_end = if scanned.closed { scanned.end.saturating_sub(1) } else { scanned.end };
        let inner = self.raw.get(start..inner_end).unwrap_or_default();
        // `${#X}` and `${!X}` read X but do not give its value.
        let marker = usize::from(inner.len() > 1 && inner.starts_with(['#', '!']));
        let end = name_end(inner, marker);
        let name = inner.get(marker..end).filter(|name| !name.is_empty()).map(str::to_owned);
        let rest = inner.get(end..).unwrap_or_default();
        let operator = match (marker, rest.is_empty()) {
            (0, true) => None,
            (0, false) => Some(operator(rest)),
            _ => Some(Operator::Other),
        };
        let nested = nested_variables(rest);
        let part = match name {
            Some(name) if !name.starts_with(|first: char| first.is_ascii_digit()) => Part::Variable { name, operator },
            _ => Part::Opaque,
        };
        self.expansion(scanned.end, part);
        self.out.variables.extend(nested);
    }

    /// `$'…'`: only the escapes that name one character are read; a number is kept as written.
    fn ansi_quoted(&mut self) {
        self.out.quoted = true;
        self.at = self.at.saturating_add(2);
        while self.at < self.raw.len() {
            match byte(self.raw, self.at) {
                b'\'' => {
                    self.at = self.at.saturating_add(1);
                    return;
                }
                b'\\' => {
                    let next = self.at.saturating_add(1);
                    let letter = match byte(self.raw, next) {
                        b'n' => '\n',
                        b't' => '\t',
                        b'r' => '\r',
                        quoted @ (b'\\' | b'\'' | b'"' | b'?') => char::from(quoted),
                        _ => {
                            self.ordinary(self.at);
                            if self.at < self.raw.len() {
                                self.ordinary(self.at);
                            }
                            continue;
                        }
                    };
                    self.run_at(self.at);
                    self.out.text.push(letter);
                    self.literal.push(letter);
                    self.at = next.saturating_add(1);
                    self.run_at(self.at);
                }
                _ => self.ordinary(self.at),
            }
        }
    }
}

/// The end of the variable name that starts at `from`.
pub(super) fn name_end(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let width = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).unwrap_or(rest.len());
    from.saturating_add(width)
}

/// The operator of `${NAME…}`; its word is kept only when it is plain text.
fn operator(rest: &str) -> Operator {
    let (colon, after) = match rest.strip_prefix(':') {
        Some(after) => (true, after),
        None => (false, rest),
    };
    let word = |text: &str| (!text.contains(['$', '`', '\\', '"', '\''])).then(|| text.to_owned());
    match (colon, after.chars().next(), after.get(1..).and_then(word)) {
        (true, Some('-' | '='), Some(word)) => Operator::DefaultIfEmpty(word),
        (false, Some('-' | '='), Some(word)) => Operator::DefaultIfUnset(word),
        (_, Some('?'), _) => Operator::Require,
        _ => Operator::Other,
    }
}

/// The variables that the word of an operator reads.
fn nested_variables(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        let after = after.strip_prefix('{').unwrap_or(after);
        let end = name_end(after, 0);
        if let Some(name) = after.get(..end).filter(|name| name.starts_with(|c: char| !c.is_ascii_digit())) {
            found.push(name.to_owned());
        }
        rest = after;
    }
    found
}
