//! Physical lines, and the logical line that continued ones make.

use std::ops::Range;

use portcullis_core::{FileId, OffsetMap, Span};

use super::Text;
use super::text::offset;

/// A cursor over a file's lines; only `\n` ends one.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
}

/// One line.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Without the line break, and without the `\r` before it.
    pub(super) text: &'t str,
    /// With it.
    pub(super) whole: &'t str,
}

impl<'t> Lines<'t> {
    /// Starts after the byte order mark, if there is one.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 } }
    }

    /// Where the next line starts.
    pub(super) fn position(&self) -> usize {
        self.at
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
        let whole = rest.get(..length).expect("a line ends after a line feed, which is one byte");
        let line = Line { start: self.at, text: whole.trim_end_matches(['\r', '\n']), whole };
        self.at += length;
        Some(line)
    }
}

impl Line<'_> {
    /// Whether it holds blanks at most.
    pub(super) fn is_blank(self) -> bool {
        self.text.trim().is_empty()
    }

    /// The comment that the line is, without the blanks before it.
    pub(super) fn comment(self) -> Option<Range<usize>> {
        let body = self.text.trim_start();
        body.starts_with('#').then(|| self.start + self.text.len() - body.len()..self.start + self.text.len())
    }
}

/// How many bytes of a line count where it goes on in the next one.
///
/// Blanks may follow the escape character, but a doubled one escapes itself.
pub(super) fn continued(line: &str, escape: char) -> Option<usize> {
    let kept = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!kept.ends_with(escape)).then_some(kept.len())
}

/// Continued lines joined to one text.
pub(super) struct Joined {
    pub(super) text: String,
    file: FileId,
    /// `(decoded, source)` starts, both ascending.
    runs: Vec<(usize, usize)>,
}

impl Joined {
    pub(super) fn new(file: FileId) -> Self {
        Self { text: String::new(), file, runs: Vec::new() }
    }

    /// Adds a line's bytes, which stand at `source`.
    pub(super) fn push(&mut self, source: usize, text: &str) {
        if !text.is_empty() {
            self.runs.push((self.text.len(), source));
            self.text.push_str(text);
        }
    }

    /// A part of the text; empty where the range does not fit.
    pub(super) fn get(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// The part of a range without the blanks around it.
    pub(super) fn trim(&self, range: Range<usize>) -> Range<usize> {
        let text = self.get(range.clone());
        let start = range.start + text.len() - text.trim_start().len();
        start..start + text.trim().len()
    }

    /// A part with its own way back to the source.
    pub(super) fn slice(&self, range: Range<usize>) -> Text {
        let text = self.get(range.clone());
        let mut map = OffsetMap::new(self.file, offset(self.source(range.start)));
        let first = self.runs.partition_point(|&(decoded, _)| decoded <= range.start).saturating_sub(1);
        let mut runs = self.runs.iter().skip(first).peekable();
        while let Some(&(decoded, source)) = runs.next() {
            if decoded >= range.end {
                break;
            }
            let start = decoded.max(range.start);
            let end = runs.peek().map_or(range.end, |&&(next, _)| next.min(range.end));
            map.push(offset(source + (start - decoded)), offset(end.saturating_sub(start)));
        }
        Text { text: text.to_owned(), map }
    }

    /// The source of a range.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let start = self.source(range.start);
        let end = if range.is_empty() { start } else { self.source(range.end - 1) + 1 };
        Span::new(self.file, offset(start), offset(end))
    }

    fn source(&self, decoded: usize) -> usize {
        let after = self.runs.partition_point(|&(start, _)| start <= decoded);
        let run = after.checked_sub(1).and_then(|index| self.runs.get(index));
        run.map_or(0, |&(start, source)| source + (decoded - start))
    }
}
