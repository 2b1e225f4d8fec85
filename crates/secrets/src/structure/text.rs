//! A text as bytes with places: lines, names, quotes. Nothing here knows what a name promises.
//!
//! Everything looks only so far, so that a minified file of one line costs no more than any other.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memrchr};

/// How far a line is looked at on each side of what is looked for.
const REACH: usize = 2048;

/// The longest name.
const NAME: usize = 96;

/// A text that is read by places; past its ends stand zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'t> {
    pub(super) all: &'t str,
}

impl<'t> Text<'t> {
    pub(super) fn at(self, place: usize) -> u8 {
        self.all.as_bytes().get(place).copied().unwrap_or(0)
    }

    /// The byte before a place.
    pub(super) fn before(self, place: usize) -> u8 {
        place.checked_sub(1).map_or(0, |place| self.at(place))
    }

    /// Nothing where an end is inside of a character.
    pub(super) fn slice(self, range: Range<usize>) -> &'t str {
        self.all.get(range).unwrap_or_default()
    }

    pub(super) fn starts(self, place: usize, with: &str) -> bool {
        self.all.as_bytes().get(place..).is_some_and(|rest| rest.starts_with(with.as_bytes()))
    }

    /// The line around a place, without its end; of a long one what is near.
    pub(super) fn line(self, place: usize) -> Range<usize> {
        let bytes = self.all.as_bytes();
        let first = self.all.floor_char_boundary(place.saturating_sub(REACH));
        let last = self.all.ceil_char_boundary(place.saturating_add(REACH).min(bytes.len()));
        let start = bytes.get(first..place).and_then(|head| memrchr(b'\n', head)).map_or(first, |at| first + at + 1);
        let tail = bytes.get(place..last).unwrap_or_default();
        let end = memchr(b'\n', tail).map_or(last, |at| place + at);
        let end = if end > start && self.before(end) == b'\r' { end - 1 } else { end };
        start..end.max(start)
    }

    /// The next line, if there is one.
    pub(super) fn next_line(self, line: &Range<usize>) -> Option<Range<usize>> {
        let mut start = line.end;
        if self.at(start) == b'\r' {
            start += 1;
        }
        (self.at(start) == b'\n' && start + 1 < self.all.len()).then(|| self.line(start + 1))
    }

    pub(super) fn previous_line(self, line: &Range<usize>) -> Option<Range<usize>> {
        (self.before(line.start) == b'\n').then(|| self.line(line.start - 1))
    }

    pub(super) fn skip(self, mut from: usize, end: usize, skips: impl Fn(u8) -> bool) -> usize {
        while from < end && skips(self.at(from)) {
            from += 1;
        }
        from
    }

    pub(super) fn skip_blanks(self, from: usize, end: usize) -> usize {
        self.skip(from, end, |byte| matches!(byte, b' ' | b'\t'))
    }

    /// The end of what stands in a range, without the blanks there.
    pub(super) fn trim_end(self, range: Range<usize>) -> usize {
        let mut end = range.end;
        while end > range.start && matches!(self.before(end), b' ' | b'\t' | b'\r') {
            end -= 1;
        }
        end
    }

    /// The name that a place is in.
    pub(super) fn name(self, found: Range<usize>, line: &Range<usize>) -> Name {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_variable = |c: char| c.is_alphanumeric() || c == '_';
        let first = self.all.floor_char_boundary(found.start.saturating_sub(NAME)).max(line.start);
        let last = self.all.ceil_char_boundary(found.end.saturating_add(NAME)).min(line.end);
        let before = self.slice(first..found.start);
        let mut start =
            before.char_indices().rev().find(|(_, c)| !is_part(*c)).map_or(first, |(at, c)| first + at + c.len_utf8());
        let after = self.slice(found.end..last);
        let written = start;
        // `${NAME-value}`
        let expands = self.before(written) == b'{' && self.before(written.saturating_sub(1)) == b'$';
        let is_part = |c: char| if expands { is_variable(c) } else { is_part(c) };
        let mut end = found.end + after.find(|c| !is_part(c)).unwrap_or(after.len());
        while start < found.start && matches!(self.at(start), b'-' | b'.') {
            start += 1;
        }
        while end > found.end && matches!(self.before(end), b'-' | b'.') {
            end -= 1;
        }
        let dashes = self.slice(written..start).bytes().filter(|byte| *byte == b'-').count();
        let quote = Quote::before(self, written).filter(|quote| quote.stands_at(self, end));
        let after = end + quote.map_or(0, Quote::len);
        let token = written - quote.map_or(0, Quote::len);
        Name { range: start..end, dashes, quote, token, after }
    }

    /// The quote that is open at a place of a line.
    pub(super) fn open_quote(self, line: &Range<usize>, place: usize) -> Option<u8> {
        let mut open = None;
        let mut is_escaped = false;
        let mut previous = b' ';
        for byte in self.all.as_bytes().get(line.start..place)?.iter().copied() {
            if is_escaped {
                is_escaped = false;
            } else if byte == b'\\' {
                is_escaped = true;
            } else if open == Some(byte) {
                open = None;
            } else if open.is_none()
                && (matches!(byte, b'"' | b'`') || byte == b'\'' && !previous.is_ascii_alphanumeric())
            {
                open = Some(byte);
            }
            previous = byte;
        }
        open
    }
}

/// A name as it stands.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// Without dashes and quotes.
    pub(super) range: Range<usize>,
    /// How many dashes stand before it: a flag.
    pub(super) dashes: usize,
    /// What it is quoted with.
    pub(super) quote: Option<Quote>,
    /// Where it starts with all of this.
    pub(super) token: usize,
    /// What comes after it.
    pub(super) after: usize,
}

/// A quotation mark, escaped or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub(super) mark: u8,
    pub(super) escapes: usize,
}

impl Quote {
    pub(super) fn len(self) -> usize {
        self.escapes + 1
    }

    /// The quote that ends before a place.
    fn before(text: Text<'_>, place: usize) -> Option<Self> {
        let mark = text.before(place);
        matches!(mark, b'"' | b'\'' | b'`').then_some(())?;
        let mut escapes = 0;
        while escapes < 7 && place > escapes + 1 && text.before(place - 1 - escapes) == b'\\' {
            escapes += 1;
        }
        Some(Self { mark, escapes })
    }

    /// The quote that starts at a place.
    pub(super) fn at(text: Text<'_>, place: usize) -> Option<Self> {
        let escapes = text.skip(place, place + 8, |byte| byte == b'\\') - place;
        let mark = text.at(place + escapes);
        matches!(mark, b'"' | b'\'' | b'`').then_some(Self { mark, escapes })
    }

    fn stands_at(self, text: Text<'_>, place: usize) -> bool {
        Self::at(text, place) == Some(self)
    }
}

/// A literal text.
#[derive(Clone, Debug)]
pub(super) struct Literal<'t> {
    /// Without quotes.
    pub(super) range: Range<usize>,
    /// Decoded.
    pub(super) text: Cow<'t, str>,
    /// What stands behind it, its quote included.
    pub(super) after: usize,
}

/// The quoted text that starts at a place of a line.
pub(super) fn quoted(text: Text<'_>, place: usize, end: usize) -> Option<Literal<'_>> {
    let quote = Quote::at(text, place)?;
    let mut start = place + quote.len();
    // `"""text"""`
    let is_triple = quote.escapes == 0 && text.at(start) == quote.mark && text.at(start + 1) == quote.mark;
    if is_triple {
        start += 2;
    }
    let mut at = start;
    let mut has_escapes = false;
    loop {
        if at >= end {
            return None;
        }
        let byte = text.at(at);
        let escapes = text.skip(at, at + 8, |byte| byte == b'\\') - at;
        if escapes > 0 {
            let closes = quote.escapes > 0 && escapes <= quote.escapes && text.at(at + escapes) == quote.mark;
            if closes {
                break;
            }
            has_escapes = true;
            at += escapes + usize::from(quote.escapes == 0 && escapes % 2 == 1 || text.at(at + escapes) == quote.mark);
        } else if byte == quote.mark {
            // An unescaped mark ends what encloses an escaped one.
            if quote.escapes > 0 {
                return None;
            }
            if !is_triple || text.at(at + 1) == quote.mark && text.at(at + 2) == quote.mark {
                break;
            }
            at += 1;
        } else {
            at += 1;
        }
    }
    let range = start..at;
    let written = text.all.get(range.clone())?;
    let decoded = if has_escapes && quote.mark == b'"' { unescaped(written) } else { Cow::Borrowed(written) };
    let after = if is_triple { at + 3 } else { at + quote.len() };
    Some(Literal { range, text: decoded, after })
}

fn unescaped(written: &str) -> Cow<'_, str> {
    let mut decoded = String::with_capacity(written.len());
    let mut characters = written.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            decoded.push(c);
            continue;
        }
        match characters.next() {
            Some('n') => decoded.push('\n'),
            Some('t') => decoded.push('\t'),
            Some(c @ ('"' | '\'' | '\\' | '/' | '$')) => decoded.push(c),
            Some(c) => decoded.extend(['\\', c]),
            None => decoded.push('\\'),
        }
    }
    Cow::Owned(decoded)
}

impl<'t> Literal<'t> {
    /// What stands in a range as it is.
    pub(super) fn plain(text: Text<'t>, range: Range<usize>) -> Option<Self> {
        let written = text.all.get(range.clone()).filter(|written| !written.is_empty())?;
        let after = range.end;
        Some(Self { range, text: Cow::Borrowed(written), after })
    }
}
