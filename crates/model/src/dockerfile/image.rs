//! Image references of FROM, COPY --from and RUN --mount, whose variables may leave parts unknown.

use std::ops::Range;

use portcullis_core::Span;
use portcullis_syntax::dockerfile::{Expanded, Text};

use crate::image::{ImageRef, InvalidImage, Parts};

/// An image reference after expansion.
#[derive(Clone, Debug)]
pub struct ImageWord {
    /// The text after expansion; unknown references stand in it as they were written.
    pub expanded: Expanded,
    /// The reference, where all of it is known and legal.
    pub reference: Option<ImageRef>,
    /// Why a builder would refuse it, where all of it is known.
    pub invalid: Option<InvalidImage>,
    /// As it was written, quotes removed.
    written: Text,
}

/// A part of something that may not be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// It is written, or its variables are known.
    Known(&'a str),
    /// A variable that is not known decides whether it is there, or what it is.
    Unknown,
    /// It is certainly not there.
    Absent,
}

impl<'a> Part<'a> {
    /// The text, if it is there and known.
    pub fn known(self) -> Option<&'a str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Unknown | Self::Absent => None,
        }
    }
}

impl ImageWord {
    /// `written` is the word after quote removal, `expanded` the same after expansion.
    pub(super) fn new(written: Text, expanded: Expanded) -> Self {
        let parsed = expanded.known().map(ImageRef::parse);
        let (reference, invalid) = match parsed {
            Some(Ok(reference)) => (Some(reference), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        Self { expanded, reference, invalid, written }
    }

    /// The whole word.
    pub fn span(&self) -> Span {
        self.written.span()
    }

    /// Host and port; absent where Docker Hub is meant.
    pub fn registry(&self) -> Part<'_> {
        let (masked, parts) = self.parts();
        match parts.registry {
            Some(range) => self.part(range),
            // An unknown first component may be a registry; an unknown only component may hold one and a slash.
            None if self.touches(&(0..masked.find('/').unwrap_or(parts.path.end))) => Part::Unknown,
            None => Part::Absent,
        }
    }

    /// Registry and path as written.
    pub fn repository(&self) -> Part<'_> {
        self.part(0..self.parts().1.path.end)
    }

    /// Without the colon.
    pub fn tag(&self) -> Part<'_> {
        let (masked, parts) = self.parts();
        let last = last_component(&masked, &parts);
        match parts.tag {
            Some(range) => self.part(range),
            None if self.touches(&(last..parts.path.end)) => Part::Unknown,
            None => Part::Absent,
        }
    }

    /// With its algorithm.
    pub fn digest(&self) -> Part<'_> {
        let (masked, parts) = self.parts();
        let last = last_component(&masked, &parts);
        match parts.digest {
            Some(range) => self.part(range),
            None if self.touches(&(last..masked.len())) => Part::Unknown,
            None => Part::Absent,
        }
    }

    /// The tag in the file, where it is written there; else the whole word.
    pub fn tag_span(&self) -> Span {
        self.parts().1.tag.and_then(|range| self.written_span(range)).unwrap_or_else(|| self.span())
    }

    /// The registry in the file, where it is written there; else the whole word.
    pub fn registry_span(&self) -> Span {
        self.parts().1.registry.and_then(|range| self.written_span(range)).unwrap_or_else(|| self.span())
    }

    /// The span of a range of the expanded text; only without variables do the two texts agree.
    fn written_span(&self, range: Range<usize>) -> Option<Span> {
        (self.expanded.used.is_empty() && self.written.text == self.expanded.text).then(|| self.written.span_of(range))
    }

    fn part(&self, range: Range<usize>) -> Part<'_> {
        if self.touches(&range) {
            return Part::Unknown;
        }
        self.expanded.text.get(range).map_or(Part::Unknown, Part::Known)
    }

    fn touches(&self, range: &Range<usize>) -> bool {
        let touches =
            |unknown: &Range<usize>| unknown.start < range.end.max(range.start + 1) && range.start < unknown.end;
        self.expanded.error.is_some() || self.expanded.unknown.iter().any(|unknown| touches(&unknown.range))
    }

    /// The parts of the text with filler in place of unknown references, whose own colons and slashes must not count.
    fn parts(&self) -> (String, Parts) {
        let is_unknown = |at: usize| self.expanded.unknown.iter().any(|unknown| unknown.range.contains(&at));
        let masked: String = if self.expanded.unknown.is_empty() {
            self.expanded.text.clone()
        } else {
            let mask = |(at, c): (usize, char)| if is_unknown(at) { "x".repeat(c.len_utf8()) } else { c.to_string() };
            self.expanded.text.char_indices().map(mask).collect()
        };
        let parts = Parts::of(&masked);
        (masked, parts)
    }
}

/// Where the last component of the path begins.
fn last_component(masked: &str, parts: &Parts) -> usize {
    masked.get(..parts.path.end).and_then(|path| path.rfind('/')).map_or(0, |at| at + 1)
}
