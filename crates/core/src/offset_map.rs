//! From positions in decoded text back to bytes of the source.
//!
//! Text is decoded when a Dockerfile's continued lines are joined, when a block scalar loses its indentation, or when
//! an escape is read. The map is a list of runs; inside a run, decoded and source bytes advance together.

use crate::{FileId, Span};

/// Where decoded text came from. Built in order of decoded offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetMap {
    file: FileId,
    /// `(decoded, source)` starts of runs, both ascending. Never empty.
    runs: Vec<(u32, u32)>,
    /// Source offset one past the last decoded byte.
    end: u32,
    /// Length of the decoded text.
    length: u32,
}

impl OffsetMap {
    /// A map for text that starts at `source` and is not changed at all until runs are pushed.
    pub fn new(file: FileId, source: u32) -> Self {
        Self { file, runs: vec![(0, source)], end: source, length: 0 }
    }

    /// Says that the next `length` decoded bytes stand at `source`.
    ///
    /// Runs must be pushed in order; a run that continues the one before costs nothing.
    pub fn push(&mut self, source: u32, length: u32) {
        if self.length == 0 {
            self.runs.clear();
        }
        let continues = self
            .runs
            .last()
            .is_some_and(|&(decoded, start)| start.saturating_add(self.length.saturating_sub(decoded)) == source);
        if !continues {
            self.runs.push((self.length, source));
        }
        self.length = self.length.saturating_add(length);
        self.end = source.saturating_add(length);
    }

    /// Says that the next `decoded` bytes were written as the source bytes `start..end` (an escape, a folded line
    /// break). Every offset inside maps to `start`.
    pub fn push_opaque(&mut self, start: u32, end: u32, decoded: u32) {
        if self.length == 0 {
            self.runs.clear();
        }
        for step in 0..decoded {
            self.runs.push((self.length.saturating_add(step), start));
        }
        self.length = self.length.saturating_add(decoded);
        self.end = end;
    }

    /// The source offset of a decoded offset; past the end, the end.
    pub fn source(&self, decoded: u32) -> u32 {
        if decoded >= self.length {
            return self.end;
        }
        let after = self.runs.partition_point(|&(start, _)| start <= decoded);
        match after.checked_sub(1).and_then(|index| self.runs.get(index)) {
            Some(&(start, source)) => source.saturating_add(decoded.saturating_sub(start)),
            None => self.end,
        }
    }

    /// The source span of a decoded range. It covers all that lies between, dropped text included.
    pub fn span(&self, start: u32, end: u32) -> Span {
        let first = self.source(start);
        // The last byte decides the end, or a range that ends at a line would swallow the next line's indentation.
        let last = if end > start { self.source(end.saturating_sub(1)).saturating_add(1) } else { first };
        // The end of an opaque run is the start of what follows it, and a run that the source has no byte for (the line
        // break that ends a block scalar at the end of the file) must not lead past the source.
        let last = if end >= self.length { self.end } else { last.min(self.end) };
        Span::new(self.file, first, last.max(first))
    }

    /// A span of decoded offsets (its file is ignored) as a span of the source.
    pub fn map(&self, decoded: Span) -> Span {
        self.span(decoded.start, decoded.end)
    }

    /// Length of the decoded text in bytes.
    pub fn len(&self) -> u32 {
        self.length
    }

    /// Whether nothing was decoded.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The file of the source.
    pub fn file(&self) -> FileId {
        self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_lines_map_back_to_their_own_bytes() {
        // "RUN a \\\n  b": decoded "a   b" from bytes 4..6 and 8..11.
        let mut map = OffsetMap::new(FileId(3), 4);
        map.push(4, 2);
        map.push(8, 3);
        assert_eq!(map.source(0), 4);
        assert_eq!(map.source(2), 8);
        assert_eq!(map.span(4, 5), Span::new(FileId(3), 10, 11));
        assert_eq!(map.span(0, 2), Span::new(FileId(3), 4, 6));
        assert_eq!(map.source(99), 11);
    }

    #[test]
    fn an_escape_maps_to_its_first_byte_and_ends_after_it() {
        // Source `"a\u0041b"` inside quotes at 1: decoded `aAb`.
        let mut map = OffsetMap::new(FileId(0), 1);
        map.push(1, 1);
        map.push_opaque(2, 8, 1);
        map.push(8, 1);
        assert_eq!((map.source(1), map.source(2)), (2, 8));
        assert_eq!(map.span(0, 3), Span::new(FileId(0), 1, 9));
    }

    #[test]
    fn an_empty_map_stays_at_its_start() {
        let map = OffsetMap::new(FileId(0), 7);
        assert_eq!(map.span(0, 0), Span::new(FileId(0), 7, 7));
    }
}
