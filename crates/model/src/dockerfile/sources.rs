//! What an instruction takes from another stage or image: COPY --from, ADD --from, RUN --mount=from=.

use portcullis_core::Span;
use portcullis_syntax::dockerfile::{Flag, Instruction, Text};

use super::ImageWord;

/// A reference to a stage or image from within a stage.
#[derive(Clone, Debug)]
pub struct SourceRef<'d> {
    /// The stage that refers.
    pub stage: usize,
    /// The instruction; the one that ONBUILD holds, where there is one (see [`Instruction::onbuild`]).
    pub instruction: &'d Instruction,
    /// `--from` or `--mount`.
    pub flag: &'d Flag,
    /// The name, number or image as written.
    pub name: Text,
    /// What it means.
    pub target: SourceTarget,
}

impl SourceRef<'_> {
    /// The name, number or image.
    pub fn span(&self) -> Span {
        self.name.span()
    }
}

/// What a reference means.
#[derive(Clone, Debug)]
pub enum SourceTarget {
    /// A stage by name or number. It may be the referring stage or a later one, which a builder refuses for a cycle only.
    Stage(usize),
    /// A number that is no stage's.
    NoSuchIndex(usize),
    /// `scratch`.
    Scratch,
    /// No stage's name: an image or a named build context.
    Image(ImageWord),
    /// It depends on a variable.
    Unknown,
}
