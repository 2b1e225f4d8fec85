//! Edits that a rule proposes.

use crate::Span;

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
