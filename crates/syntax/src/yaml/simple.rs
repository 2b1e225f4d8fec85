//! YAML as nearly all of it is written: one key or element a line.
//!
//! Reads block mappings and lists, scalars and flow collections that end on their line, literal blocks and comments, and
//! tells the tree builder just what the events of the full parser would, several times faster. It gives up, and leaves the
//! file to the full parser, at the first thing it is not sure of: anchors, aliases, tags, escapes, folded and continued
//! scalars, tabs, and everything that may be an error. A test and a fuzz target hold the two to the same trees.

use crate::tree::{Style, TreeBuilder};

/// Nesting that is followed; deeper files are left to the full parser, which knows the limit.
const DEPTH: usize = 64;
/// Longest key; a longer one is an error from 1,024 characters on.
const KEY_LIMIT: usize = 1000;

/// Reads all documents of `text` into `builder`. `None` where the builder must be thrown away.
pub(super) fn parse(text: &str, builder: &mut TreeBuilder) -> Option<()> {
    if !is_plain_text(text) {
        return None;
    }
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, column: 0, depth: 0, builder };
    let mut found = reader.next_line(0)?;
    loop {
        let start = reader.at;
        if found == Found::Marker {
            found = reader.next_line(start + 3)?;
        }
        if found != Found::Content {
            return None;
        }
        reader.builder.begin_document(narrow(start));
        found = reader.block()?;
        reader.builder.end_document(narrow(reader.at));
        match found {
            Found::End => return Some(()),
            Found::Marker => {}
            Found::Content => return None,
        }
    }
}

/// Whether every character stands for itself: no tabs and controls, no other line breaks, no byte order mark.
fn is_plain_text(text: &str) -> bool {
    // Without an early end, so that many bytes are looked at in one step.
    let is_control = |byte: u8| (byte < b' ' && byte != b'\n') || byte == 0x7f;
    let has_control = text.bytes().fold(false, |found, byte| found | is_control(byte));
    let is_odd = |c: char| {
        matches!(c, '\u{80}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
            || matches!(u32::from(c) & 0xffff, 0xfffe | 0xffff)
    };
    !has_control && u32::try_from(text.len()).is_ok() && (text.is_ascii() || !text.contains(is_odd))
}

/// What a line begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// A key or an element.
    Content,
    /// `---`.
    Marker,
    /// Nothing more.
    End,
}

/// What a token begins.
#[derive(Clone, Copy, Debug)]
enum Ahead {
    /// A key, up to its colon.
    Key { colon: usize },
    /// Anything else.
    Value,
}

struct Reader<'a, 'b> {
    text: &'a str,
    bytes: &'a [u8],
    /// The token that is read; between lines the first one of the next.
    at: usize,
    /// Its column, once its line was found.
    column: usize,
    depth: usize,
    builder: &'b mut TreeBuilder,
}

impl Reader<'_, '_> {
    /// A mapping or list that begins at the cursor. Each of these leaves the cursor at the token after what it read.
    fn block(&mut self) -> Option<Found> {
        if self.is_element() { self.list(self.at) } else { self.map() }
    }

    fn map(&mut self) -> Option<Found> {
        let column = self.column;
        self.enter()?;
        self.builder.begin_map(narrow(self.at), Style::Block, 0);
        let found = loop {
            let colon = self.key()?;
            let start = self.skip_blanks(colon + 1);
            let found = if self.is_line_end(start) {
                match self.next_line(colon + 1)? {
                    Found::Content if self.column > column => self.block()?,
                    // A list may stand as far left as the key that it belongs to.
                    Found::Content if self.column == column && self.is_element() => self.list(self.first_element()?)?,
                    found => self.null(colon, found),
                }
            } else {
                self.value(start, column)?
            };
            if found != Found::Content || self.column < column {
                break found;
            }
            if self.column > column || self.is_element() {
                return None;
            }
        };
        self.builder.end(narrow(self.at));
        self.depth -= 1;
        Some(found)
    }

    /// `start` is where the full parser says that the list begins.
    fn list(&mut self, start: usize) -> Option<Found> {
        let column = self.column;
        let is_indented = start == self.at;
        self.enter()?;
        self.builder.begin_list(narrow(start), Style::Block, 0);
        let found = loop {
            let dash = self.at;
            let rest = self.skip_blanks(dash + 1);
            let found = if self.is_line_end(rest) {
                match self.next_line(dash + 1)? {
                    Found::Content if self.column > column => self.block()?,
                    found => self.null(self.line_end(dash), found),
                }
            } else {
                self.at = rest;
                self.column = column + (rest - dash);
                if self.is_element() || matches!(self.ahead()?, Ahead::Key { .. }) {
                    self.block()?
                } else {
                    self.value(rest, column)?
                }
            };
            if found != Found::Content || self.column < column {
                break found;
            }
            match (self.column == column, self.is_element()) {
                (true, true) => {}
                (true, false) if !is_indented => break found,
                _ => return None,
            }
        };
        self.builder.end(narrow(self.at));
        self.depth -= 1;
        Some(found)
    }

    /// Where a list begins that stands under its own key: at what its first element begins with.
    fn first_element(&self) -> Option<usize> {
        let rest = self.skip_blanks(self.at + 1);
        (!self.is_line_end(rest)).then_some(rest)
    }

    fn enter(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEPTH).then_some(())
    }

    /// A value that is not written; `found` is what comes instead.
    fn null(&mut self, at: usize, found: Found) -> Found {
        self.builder.owned((narrow(at), narrow(at)), "~", Style::Plain, 0);
        found
    }

    /// Reads the key at the cursor, and returns where its colon is.
    fn key(&mut self) -> Option<usize> {
        let start = self.at;
        let Ahead::Key { colon } = self.ahead()? else { return None };
        let quote = self.bytes.get(start).filter(|byte| matches!(byte, b'"' | b'\''));
        self.scalar(start, colon, quote.copied());
        Some(colon)
    }

    /// What the text at the cursor is.
    fn ahead(&self) -> Option<Ahead> {
        let start = self.at;
        let colon = match *self.bytes.get(start)? {
            b'"' | b'\'' => Some(self.quoted_end(start)?).filter(|&end| self.is_colon(end)),
            b'[' | b'{' => None,
            _ => self.plain_colon(start),
        };
        let Some(colon) = colon else { return Some(Ahead::Value) };
        // `key :` is left alone, like everything that a plain scalar cannot begin with.
        let is_quoted = matches!(self.bytes.get(start), Some(b'"' | b'\''));
        let is_sure = is_quoted || self.begins_plain(start) && self.bytes.get(colon - 1) != Some(&b' ');
        (is_sure && colon - start <= KEY_LIMIT).then_some(Ahead::Key { colon })
    }

    /// The colon that ends a plain key.
    fn plain_colon(&self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            match *self.bytes.get(at)? {
                b'\n' => return None,
                b'#' if at > start && self.bytes.get(at - 1) == Some(&b' ') => return None,
                b':' if self.is_colon(at) => return Some(at),
                _ => at += 1,
            }
        }
    }

    /// Whether a colon stands here that ends a key.
    fn is_colon(&self, at: usize) -> bool {
        self.bytes.get(at) == Some(&b':') && matches!(self.bytes.get(at + 1), None | Some(b' ' | b'\n'))
    }

    fn is_element(&self) -> bool {
        self.bytes.get(self.at) == Some(&b'-') && matches!(self.bytes.get(self.at + 1), None | Some(b' ' | b'\n'))
    }

    /// Whether a plain scalar may begin here.
    fn begins_plain(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            Some(b'-') => !matches!(self.bytes.get(at + 1), None | Some(b' ' | b'\n')),
            Some(
                b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
                | b'%' | b'@' | b'`' | b' ' | b'\n',
            )
            | None => false,
            Some(_) => true,
        }
    }

    /// Reads the value that begins here, and goes on to the next line. `column` is that of the key or dash before it.
    fn value(&mut self, start: usize, column: usize) -> Option<Found> {
        let end = match *self.bytes.get(start)? {
            quote @ (b'"' | b'\'') => {
                let end = self.quoted_end(start)?;
                self.scalar(start, end, Some(quote));
                end
            }
            b'[' | b'{' => self.flow(start)?,
            b'|' => return self.literal(start, column),
            _ => {
                let end = self.plain_end(start)?;
                self.scalar(start, end, None);
                end
            }
        };
        self.next_line(end)
    }

    /// The end of a plain scalar that ends on its line.
    fn plain_end(&self, start: usize) -> Option<usize> {
        if !self.begins_plain(start) {
            return None;
        }
        let mut at = start;
        loop {
            match *self.bytes.get(at).unwrap_or(&b'\n') {
                b'\n' => break,
                b':' if self.is_colon(at) => return None,
                b'#' if self.bytes.get(at - 1) == Some(&b' ') => break,
                _ => at += 1,
            }
        }
        while self.bytes.get(at - 1) == Some(&b' ') {
            at -= 1;
        }
        Some(at)
    }

    /// One past the closing quote of a string that stands on one line as it is meant.
    fn quoted_end(&self, start: usize) -> Option<usize> {
        let quote = *self.bytes.get(start)?;
        let rest = self.bytes.get(start + 1..)?;
        let length = memchr::memchr3(quote, b'\n', if quote == b'"' { b'\\' } else { b'\n' }, rest)?;
        let end = start + 1 + length;
        // `''` is a quote within.
        let is_end = self.bytes.get(end) == Some(&quote) && (quote == b'"' || self.bytes.get(end + 1) != Some(&b'\''));
        is_end.then_some(end + 1)
    }

    fn scalar(&mut self, start: usize, end: usize, quote: Option<u8>) {
        let (style, quotes) = match quote {
            Some(b'"') => (Style::DoubleQuoted, 1),
            Some(_) => (Style::SingleQuoted, 1),
            None => (Style::Plain, 0),
        };
        let text = (narrow(start + quotes), narrow(end - quotes));
        self.builder.slice((narrow(start), narrow(end)), text, style, 0);
    }

    /// Reads a flow collection that ends on its line, and returns its end.
    fn flow(&mut self, start: usize) -> Option<usize> {
        let is_map = self.bytes.get(start) == Some(&b'{');
        let close = if is_map { b'}' } else { b']' };
        self.enter()?;
        if is_map {
            self.builder.begin_map(narrow(start), Style::Flow, 0);
        } else {
            self.builder.begin_list(narrow(start), Style::Flow, 0);
        }
        let mut at = self.skip_blanks(start + 1);
        if self.bytes.get(at) != Some(&close) {
            loop {
                if is_map {
                    at = self.flow_scalar(at)?;
                    if !(self.bytes.get(at) == Some(&b':') && self.bytes.get(at + 1) == Some(&b' ')) {
                        return None;
                    }
                    at = self.skip_blanks(at + 1);
                }
                at = match self.bytes.get(at)? {
                    b'[' | b'{' => self.flow(at)?,
                    _ => self.flow_scalar(at)?,
                };
                at = self.skip_blanks(at);
                match *self.bytes.get(at)? {
                    b',' => at = self.skip_blanks(at + 1),
                    byte if byte == close => break,
                    _ => return None,
                }
            }
        }
        self.builder.end(narrow(at + 1));
        self.depth -= 1;
        Some(at + 1)
    }

    /// Reads a scalar within a flow collection, and returns its end.
    fn flow_scalar(&mut self, start: usize) -> Option<usize> {
        let first = *self.bytes.get(start)?;
        if matches!(first, b'"' | b'\'') {
            let end = self.quoted_end(start)?;
            self.scalar(start, end, Some(first));
            return Some(end);
        }
        let is_sure = |byte: u8| byte.is_ascii_alphanumeric() || b"_./=+$()".contains(&byte);
        let mut end = start;
        let mut at = start;
        loop {
            match self.bytes.get(at)? {
                &byte if is_sure(byte) => {}
                // What has a meaning at the beginning has none further on: `^18 || >=20`.
                b'^' | b'~' => {}
                b'|' | b'<' | b'>' | b'*' | b'&' | b'!' | b'@' if at > start => {}
                // Neither at the beginning nor before a blank are these what they seem.
                b'-' | b':' if self.bytes.get(at + 1).is_some_and(|&next| is_sure(next) || next == b'-') => {
                    if at == start && self.bytes.get(at) == Some(&b':') {
                        return None;
                    }
                }
                b' ' if at > start => {
                    at += 1;
                    continue;
                }
                _ => break,
            }
            at += 1;
            end = at;
        }
        if end == start || end - start > KEY_LIMIT {
            return None;
        }
        self.scalar(start, end, None);
        Some(end)
    }

    /// Reads a literal block whose first line says how far it is indented.
    fn literal(&mut self, start: usize, column: usize) -> Option<Found> {
        let header = self.bytes.get(start..self.line_end(start))?;
        let keeps_break = match header {
            b"|" => true,
            b"|-" => false,
            _ => return None,
        };
        let first = self.line_end(start) + 1;
        let content = self.skip_blanks(first);
        let indent = content.checked_sub(first)?;
        if indent <= column || self.bytes.get(content).is_none_or(|&byte| byte == b'\n') || !self.text.ends_with('\n') {
            return None;
        }
        let mut text = String::new();
        let mut line = first;
        while line < self.bytes.len() {
            let begins = self.skip_blanks(line);
            let end = self.line_end(line);
            if begins - line < indent && begins < end {
                break;
            }
            text.push_str(self.text.get(line + indent..end).unwrap_or_default());
            text.push('\n');
            line = end + 1;
        }
        let length = text.trim_end_matches('\n').len();
        text.truncate(length + usize::from(keeps_break));
        let end = self.skip_blanks(line);
        if end - line > column || self.bytes.get(end) == Some(&b'#') {
            return None;
        }
        self.builder.owned((narrow(content), narrow(end)), &text, Style::Literal, 0);
        // The cursor stands behind a line break, as `next_line` expects of an end of a line.
        self.next_line(line - 1)
    }

    /// Goes to the first token of the next line that has one. Up to the end of this line nothing but a comment is left.
    fn next_line(&mut self, from: usize) -> Option<Found> {
        let mut at = self.skip_blanks(from);
        let mut line = None;
        loop {
            match self.bytes.get(at) {
                None => {
                    self.at = self.bytes.len();
                    self.column = 0;
                    return Some(Found::End);
                }
                Some(b'\n') => {
                    line = Some(at + 1);
                    at = self.skip_blanks(at + 1);
                }
                Some(b'#') if line.is_some() || at == 0 || matches!(self.bytes.get(at - 1), Some(b' ' | b'\n')) => {
                    let end = self.line_end(at);
                    self.builder.comment(narrow(at), narrow(end));
                    at = end;
                }
                Some(_) => break,
            }
        }
        // The file begins with a line, too.
        let line = line.or((from == 0).then_some(0))?;
        self.at = at;
        self.column = at - line;
        if self.column > 0 {
            return Some(Found::Content);
        }
        match self.bytes.get(at..at + 3) {
            Some(b"---") => {
                let is_bare = self.is_line_end(self.skip_blanks(at + 3)) && self.bytes.get(at + 3) != Some(&b'#');
                is_bare.then_some(Found::Marker)
            }
            Some(b"...") => None,
            _ => Some(Found::Content),
        }
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while self.bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        at
    }

    /// Whether nothing but a comment is left of the line.
    fn is_line_end(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            None | Some(b'\n') => true,
            Some(b'#') => self.bytes.get(at.wrapping_sub(1)) == Some(&b' '),
            Some(_) => false,
        }
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |length| at + length)
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use portcullis_core::FileId;

    use super::*;
    use crate::Dialect;

    #[test]
    fn reads_what_it_is_sure_of() {
        for (text, is_read) in [
            ("a: 1\n", true),
            ("# c\na: {b: [1, 'x']}\nc:\n- d: \"é\"\n  e: |\n    f\n-\n---\ng: h\n", true),
            ("a: &b 1\n", false),
            ("a: *b\n", false),
            ("a: !t 1\n", false),
            ("a: \"\\n\"\n", false),
            ("a: >\n  b\n", false),
            ("a: b\n  c\n", false),
            ("a: [b,\n c]\n", false),
            ("a:\t1\n", false),
            ("a: 1\r\n", false),
            ("a: b: c\n", false),
            ("a:\n   b: 1\n  c: 2\n", false),
            ("a: 1\n- b\n", false),
            ("a: {{ b }}\n", false),
            ("text\n", false),
            ("", false),
        ] {
            let mut builder = TreeBuilder::new(FileId(0), Arc::from(text), Dialect::Yaml11);
            assert_eq!(parse(text, &mut builder).is_some(), is_read, "{text:?}");
        }
    }
}
