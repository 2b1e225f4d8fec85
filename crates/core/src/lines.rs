//! Lines and columns of byte offsets.

use std::cell::{Ref, RefCell};

/// A place as people and editors count it; everything starts at 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line number.
    pub line: u32,
    /// Column in Unicode characters.
    pub column: u32,
    /// Column in UTF-16 units, which SARIF counts.
    pub utf16: u32,
}

/// Start offsets of a text's lines. LF, CRLF and a lone CR end a line, as YAML and GitHub's line hash count them.
///
/// A text is read only as far as somebody asks: most findings stand near the beginning of their file.
#[derive(Debug)]
pub struct LineIndex<'s> {
    text: &'s str,
    starts: RefCell<Starts>,
    /// Characters and UTF-16 units before each block of [`BLOCK`] bytes; empty where the text is ASCII.
    blocks: Vec<Units>,
}

/// The lines that begin in the part of a text that was read.
#[derive(Debug)]
struct Starts {
    /// Bytes that were read.
    read: usize,
    lines: Vec<u32>,
}

impl Starts {
    /// Reads on to `end`.
    fn read(&mut self, text: &[u8], end: usize) {
        let Some(next) = text.get(self.read..end) else { return };
        for at in memchr::memchr2_iter(b'\n', b'\r', next) {
            let after = self.read + at + 1;
            if next.get(at) == Some(&b'\r') && text.get(after) == Some(&b'\n') {
                continue;
            }
            self.lines.push(narrow(after));
        }
        self.read = end;
    }
}

/// Bytes that are counted at most to find a column: a file of one long line has as many columns to find as any other.
const BLOCK: usize = 1024;

/// Characters and UTF-16 units.
#[derive(Clone, Copy, Debug, Default)]
struct Units {
    characters: u32,
    utf16: u32,
}

impl Units {
    /// Adds what begins in `bytes` of UTF-8; a character cut at their start began before.
    fn add(self, bytes: &[u8]) -> Self {
        let begun = bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        let pairs = bytes.iter().filter(|&&byte| byte >= 0xf0).count();
        Self { characters: self.characters + narrow(begun), utf16: self.utf16 + narrow(begun + pairs) }
    }
}

impl<'s> LineIndex<'s> {
    /// Indexes `text`, which is under 4 GiB.
    pub fn new(text: &'s str) -> Self {
        let starts = RefCell::new(Starts { read: 0, lines: vec![0] });
        Self { text, starts, blocks: if text.is_ascii() { Vec::new() } else { blocks(text.as_bytes()) } }
    }

    /// The lines that begin in the text up to `end`, and perhaps more of them.
    fn starts_before(&self, end: usize) -> Ref<'_, Vec<u32>> {
        self.starts.borrow_mut().read(self.text.as_bytes(), end.min(self.text.len()));
        Ref::map(self.starts.borrow(), |starts| &starts.lines)
    }

    /// The position of a byte offset. An offset inside a character counts as its start, one past the end as the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.line_start(line);
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        if self.blocks.is_empty() {
            let column = narrow(end.saturating_sub(start as usize)) + 1;
            return Position { line, column, utf16: column };
        }
        let (before, upto) = (self.units(start as usize), self.units(end));
        let column = upto.characters.saturating_sub(before.characters) + 1;
        Position { line, column, utf16: upto.utf16.saturating_sub(before.utf16) + 1 }
    }

    /// What begins before a byte offset.
    fn units(&self, offset: usize) -> Units {
        let block = offset / BLOCK;
        let rest = self.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        self.blocks.get(block).copied().unwrap_or_default().add(rest)
    }

    /// The line number of a byte offset, from 1.
    pub fn line(&self, offset: u32) -> u32 {
        narrow(self.starts_before(offset as usize).partition_point(|&start| start <= offset)).max(1)
    }

    /// Offset of the first byte of a line (from 1); the text's length past the last line.
    pub fn line_start(&self, line: u32) -> u32 {
        let index = (line as usize).saturating_sub(1);
        let known = self.starts_before(0).get(index).copied();
        known.or_else(|| self.starts_before(self.text.len()).get(index).copied()).unwrap_or(narrow(self.text.len()))
    }

    /// Offset one past the last byte of a line, its line break left out.
    pub fn line_end(&self, line: u32) -> u32 {
        let start = self.line_start(line);
        let next = self.line_start(line.saturating_add(1));
        let text = self.text.get(start as usize..next as usize).unwrap_or_default();
        start + narrow(text.trim_end_matches(['\n', '\r']).len())
    }

    /// The text of a line (from 1) without its line break.
    pub fn text(&self, line: u32) -> &'s str {
        self.text.get(self.line_start(line) as usize..self.line_end(line) as usize).unwrap_or_default()
    }

    /// How many lines there are; an empty text has one.
    pub fn count(&self) -> u32 {
        narrow(self.starts_before(self.text.len()).len())
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// One entry more than there are whole blocks, so that every offset has one.
fn blocks(bytes: &[u8]) -> Vec<Units> {
    let counted = bytes.chunks_exact(BLOCK).scan(Units::default(), |units, block| {
        *units = units.add(block);
        Some(*units)
    });
    std::iter::once(Units::default()).chain(counted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_utf16_units() {
        let index = LineIndex::new("a\r\né𝄞x\rlast");
        for (offset, line, column, utf16) in
            [(0, 1, 1, 1), (3, 2, 1, 1), (5, 2, 2, 2), (9, 2, 3, 4), (11, 3, 1, 1), (99, 3, 5, 5)]
        {
            assert_eq!(index.position(offset), Position { line, column, utf16 }, "offset {offset}");
        }
        assert_eq!(index.text(2), "é𝄞x");
        assert_eq!(index.text(3), "last");
        assert_eq!(index.count(), 3);
    }

    #[test]
    fn positions_in_a_long_line_are_those_of_counting() {
        for unit in ["a", "é", "𝄞", "aé𝄞名"] {
            let text = format!("head\n{}\ntail", unit.repeat(1500));
            let index = LineIndex::new(&text);
            let mut expected = Position { line: 1, column: 1, utf16: 1 };
            for (offset, c) in text.char_indices() {
                assert_eq!(index.position(narrow(offset)), expected, "{unit} offset {offset}");
                expected.column += 1;
                expected.utf16 += narrow(c.len_utf16());
                if c == '\n' {
                    expected = Position { line: expected.line + 1, column: 1, utf16: 1 };
                }
            }
        }
    }
}
