//! The way back from a scalar's decoded text to its source bytes.
//!
//! A ConfigMap's files, a Secret's `stringData` and a script under `run:` are documents inside a scalar. Their text has
//! lost indentation, line breaks and escapes; a finding in them must still point at the file's own bytes.

use portcullis_core::{FileId, OffsetMap};

use crate::Style;

/// Maps `decoded`, the value of the scalar written at `start..end` of `source`, back to `source`.
pub(crate) fn offset_map(file: FileId, source: &str, start: u32, end: u32, style: Style, decoded: &str) -> OffsetMap {
    let raw = source.get(start as usize..end as usize).unwrap_or_default();
    let mut aligner = Aligner { raw: raw.as_bytes(), at: 0, base: start, map: OffsetMap::new(file, start) };
    match style {
        // A block scalar's span starts at its content: its header may not be looked for, the content can look like one.
        Style::Literal => aligner.lines(decoded),
        Style::SingleQuoted | Style::DoubleQuoted => {
            aligner.at = usize::from(raw.starts_with(['"', '\'']));
            aligner.characters(decoded, style);
        }
        Style::Folded | Style::Plain | Style::Block | Style::Flow => aligner.characters(decoded, style),
    }
    aligner.map
}

struct Aligner<'s> {
    raw: &'s [u8],
    at: usize,
    base: u32,
    map: OffsetMap,
}

impl Aligner<'_> {
    /// A literal block: each line of the text is the tail of a line of the source.
    fn lines(&mut self, decoded: &str) {
        // The span starts at the first text: blank lines before it are in the decoded text alone.
        let text = decoded.trim_start_matches('\n');
        self.opaque(0, decoded.len() - text.len());
        for line in text.split_inclusive('\n') {
            let rest = self.raw.get(self.at..).unwrap_or_default();
            let next = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
            let written = rest.get(..next).unwrap_or_default();
            let written = written.strip_suffix(b"\n").unwrap_or(written);
            let written = written.strip_suffix(b"\r").unwrap_or(written);
            let body = line.strip_suffix('\n').unwrap_or(line);
            let indent = if written.ends_with(body.as_bytes()) { written.len() - body.len() } else { 0 };
            let line_start = self.at;
            self.at += indent;
            self.exact(body.len());
            self.at = line_start + written.len();
            if line.ends_with('\n') {
                self.opaque(next.saturating_sub(written.len()), 1);
            }
            self.at = line_start + next;
        }
    }

    fn characters(&mut self, decoded: &str, style: Style) {
        let mut buffer = [0; 4];
        for character in decoded.chars() {
            let wanted = character.encode_utf8(&mut buffer).as_bytes();
            if style == Style::DoubleQuoted && self.raw.get(self.at) == Some(&b'\\') {
                self.escape(wanted.len());
            } else if style == Style::SingleQuoted && wanted == b"'" {
                self.opaque(2, 1);
            } else if matches!(character, '\n' | ' ' | '\t') {
                // Itself where the source has it here, else the line break that was folded into it.
                let same = self.raw.get(self.at) == wanted.first();
                if same { self.exact(1) } else { self.opaque(0, 1) }
            } else {
                // Indentation and folded line breaks are in the source alone.
                while self.raw.get(self.at).is_some_and(u8::is_ascii_whitespace) {
                    self.at += 1;
                }
                if style == Style::DoubleQuoted && self.raw.get(self.at) == Some(&b'\\') {
                    self.escape(wanted.len());
                } else {
                    self.exact(wanted.len());
                }
            }
        }
    }

    fn escape(&mut self, decoded: usize) {
        let length = match self.raw.get(self.at + 1) {
            Some(b'x') => 4,
            Some(b'u') => 6,
            Some(b'U') => 10,
            // An escaped line break is no character; the one wanted comes after it.
            Some(b'\n' | b'\r') => {
                self.at += 1;
                while self.raw.get(self.at).is_some_and(u8::is_ascii_whitespace) {
                    self.at += 1;
                }
                return self.exact(decoded);
            }
            _ => 2,
        };
        self.opaque(length, decoded);
    }

    fn exact(&mut self, length: usize) {
        let length = length.min(self.raw.len().saturating_sub(self.at));
        self.map.push(self.offset(self.at), narrow(length));
        self.at += length;
    }

    fn opaque(&mut self, raw: usize, decoded: usize) {
        let end = self.at.saturating_add(raw).min(self.raw.len());
        self.map.push_opaque(self.offset(self.at), self.offset(end), narrow(decoded));
        self.at = end;
    }

    fn offset(&self, at: usize) -> u32 {
        self.base.saturating_add(narrow(at))
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
