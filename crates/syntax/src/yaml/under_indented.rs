//! Quoted scalars that go on at the margin of their own key.
//!
//! The specification wants them further in; the readers that Kubernetes' tools use do not ask. Such a line break is one blank,
//! so the text is parsed with blanks in the place of the break and of what stands around it. Every other byte keeps its place.

use std::borrow::Cow;
use std::ops::Range;

/// Each break costs a parse of its own, so a file may have only so many.
const LIMIT: usize = 16;

/// Line breaks, with the blanks around them, that are read as one blank.
#[derive(Default)]
pub(super) struct Joins {
    /// In order.
    taken: Vec<Range<usize>>,
    /// Those that made nothing of a broken document: the quote is one that nobody closed.
    refused: Vec<Range<usize>>,
}

impl Joins {
    /// Takes the break before the first character of a line in. `None` where there is more than a break, which is not one
    /// blank, or where there were too many.
    pub(super) fn add(&mut self, text: &str, at: usize) -> Option<()> {
        let before = text.get(..at)?;
        let start = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
        let breaks = text.get(start..at)?.matches('\n').count();
        let is_known = self.refused.contains(&(start..at)) || self.taken.last().is_some_and(|last| last.end > start);
        if breaks != 1 || is_known || self.taken.len() + self.refused.len() >= LIMIT {
            return None;
        }
        self.taken.push(start..at);
        Some(())
    }

    /// Takes back what stands in a document that is broken all the same, from its start; `None` where there is nothing.
    pub(super) fn refuse(&mut self, document: usize) -> Option<()> {
        let kept = self.taken.partition_point(|join| join.start < document);
        let refused = self.taken.split_off(kept);
        let any = !refused.is_empty();
        self.refused.extend(refused);
        any.then_some(())
    }

    /// The text to parse: as long as the one that was given.
    pub(super) fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.taken.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut joined = String::with_capacity(text.len());
        let mut done = 0;
        for join in &self.taken {
            joined.push_str(text.get(done..join.start).unwrap_or_default());
            joined.push_str(&" ".repeat(join.len()));
            done = join.end;
        }
        joined.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(joined)
    }

    /// What a scalar says that holds some of the breaks; `None` for one that holds none.
    pub(super) fn fold(&self, span: (u32, u32), scalar: &str) -> Option<String> {
        let within = self.taken.iter().filter(|join| span.0 as usize <= join.start && join.end <= span.1 as usize);
        within.fold(None, |folded: Option<String>, join| {
            Some(folded.as_deref().unwrap_or(scalar).replacen(&" ".repeat(join.len()), " ", 1))
        })
    }
}
