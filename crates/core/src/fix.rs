//! Edits that a rule proposes.

use crate::{Location, Span};

/// A change that removes a finding. Edits are in order and do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Whether it may be applied without being looked at.
    pub safety: FixSafety,
    /// What it does, as an imperative without a final dot.
    pub title: String,
    /// Replacements of byte ranges of the file that the finding is in.
    pub edits: Vec<Edit>,
}

/// Whether a fix keeps behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixSafety {
    /// Behaviour stays, but for the defect.
    Safe,
    /// Something may depend on the old behaviour.
    Unsafe,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty where text is inserted.
    pub span: Span,
    /// What takes its place.
    pub text: String,
}

impl Fix {
    /// A single edit that keeps behaviour, but for the defect.
    pub fn safe(title: impl Into<String>, edit: Edit) -> Self {
        Self { safety: FixSafety::Safe, title: title.into(), edits: vec![edit] }
    }
}

/// A [`Fix`] whose edits have lines and columns, and that knows which text it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFix {
    /// Whether it may be applied without being looked at.
    pub safety: FixSafety,
    /// What it does, as an imperative without a final dot.
    pub title: String,
    /// In order, and none overlaps another.
    pub edits: Vec<SealedEdit>,
    /// Whether an edit repeats a secret: such a fix can be applied and is shown by its title alone.
    pub holds_secret: bool,
    /// The hash of the text that the edits are for: they mean nothing in any other.
    pub precondition: u64,
}

/// One replacement of a [`SealedFix`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEdit {
    /// What is replaced; empty where text is inserted.
    pub location: Location,
    /// What takes its place.
    pub text: String,
}
