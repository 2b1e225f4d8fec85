//! Which lines of a text are not what they were.

use std::collections::HashMap;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, TokenSource};
use portcullis_core::Location;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is what it was.
    None,
    /// The repository has no text of it: it belongs to another one, or is kept elsewhere and is what it was.
    Foreign,
    /// These lines, from 1, in order.
    Lines(Vec<Range<u32>>),
    /// All of it is new, or cannot be compared.
    Whole,
}

impl Change {
    /// From one text to another. What was taken out counts for the lines beside it.
    pub(super) fn between(before: &str, after: &str) -> Self {
        if before == after {
            return Self::None;
        }
        let input = InternedInput::new(Text(before), Text(after));
        let mut diff = Diff::compute(Algorithm::Histogram, &input);
        // Where a line could as well be its like, the texts' own blocks decide.
        diff.postprocess_no_heuristic(&input);
        let lines = diff.hunks().map(|hunk| {
            let (start, end) = (hunk.after.start.saturating_add(1), hunk.after.end.saturating_add(1));
            if start == end { start.saturating_sub(1).max(1)..end.saturating_add(1) } else { start..end }
        });
        Self::Lines(lines.collect())
    }

    /// Whether some line of a place is changed.
    pub(super) fn touches(&self, place: &Location) -> bool {
        // A span that ends where a line begins holds nothing of it.
        let ends_before = place.end.column <= 1 && place.end.line > place.start.line;
        let last = if ends_before { place.end.line.saturating_sub(1) } else { place.end.line };
        self.touches_lines(place.start.line..last.saturating_add(1))
    }

    pub(super) fn touches_lines(&self, lines: Range<u32>) -> bool {
        match self {
            Self::None | Self::Foreign => false,
            Self::Whole => true,
            Self::Lines(changed) => {
                let next = changed.partition_point(|range| range.end <= lines.start);
                changed.get(next).is_some_and(|range| range.start < lines.end)
            }
        }
    }
}

/// How much of the larger of two texts stands in the other as well, in percent of its bytes: whole lines, wherever they stand.
pub(super) fn likeness(before: &str, after: &str) -> usize {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for line in Lines(before) {
        *lines.entry(line).or_default() += 1;
    }
    let mut shared = 0;
    for line in Lines(after) {
        if let Some(left) = lines.get_mut(line).filter(|left| **left > 0) {
            *left -= 1;
            shared += line.len() + 1;
        }
    }
    let size = |text| Lines(text).map(|line| line.len() + 1).sum::<usize>();
    let larger = size(before).max(size(after));
    shared.saturating_mul(100) / larger.max(1)
}

/// The lines of a text without their ends, so that another convention for these changes nothing. They are counted as those of
/// findings are: LF, CRLF and a lone CR end one.
struct Lines<'t>(&'t str);

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        if self.0.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'\n', b'\r', self.0.as_bytes()).unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or("");
        Some(line)
    }
}

/// A text as its lines.
struct Text<'t>(&'t str);

impl<'t> TokenSource for Text<'t> {
    type Token = &'t str;
    type Tokenizer = Lines<'t>;

    fn tokenize(&self) -> Lines<'t> {
        Lines(self.0)
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(self.0.len() / 24).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_those_of_the_new_text() {
        for (before, after, expected) in [
            ("a\nb\nc\n", "a\nb\nc\n", &[][..]),
            ("a\nb\nc\n", "a\nx\nc\n", &[2]),
            ("a\nb\nc\n", "a\nb\nc\nd\n", &[4]),
            ("a\nb\nc\n", "x\ny\na\nb\nc\n", &[1, 2]),
            ("a\nb\nc\n", "a\nc\n", &[1, 2]),
            ("a\nb\nc\n", "b\nc\n", &[1]),
            ("a\nb\nc\n", "a\nb\n", &[2, 3]),
            ("a\nb\nc", "a\nb\nc\n", &[]),
            ("a\nb\nc\n", "a\r\nb\r\nc\r\n", &[]),
            ("a\nb\nc\n", "a\rx\rc", &[2]),
            ("", "a\n", &[1]),
            ("a\n", "", &[1]),
        ] {
            let change = Change::between(before, after);
            let lines: Vec<u32> = (1..9).filter(|&line| change.touches_lines(line..line + 1)).collect();
            assert_eq!(lines, expected, "{before:?} {after:?}");
        }
        assert_eq!(likeness("a\nb\n", "b\na\n"), 100);
        assert_eq!(likeness("a\nb\n", "c\nd\n"), 0);
        assert_eq!(likeness("", ""), 0);
    }
}
