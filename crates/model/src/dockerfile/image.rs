//! Image references of FROM, COPY --from and RUN --mount, whose variables may leave parts unknown.

use portcullis_core::Span;
use portcullis_syntax::dockerfile::{Expanded, Text};

use crate::image::{ImageRef, InvalidImage};

/// An image reference after expansion.
#[derive(Clone, Debug)]
pub struct ImageWord {
    /// The text after expansion.
    pub expanded: Expanded,
    /// The reference; unknown variables stand in it as filler, so ask [`Self::tag`] and its like for parts.
    pub reference: Result<ImageRef, InvalidImage>,
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

impl ImageWord {
    /// The whole word.
    pub fn span(&self) -> Span {
        self.written.span()
    }
}
