//! What parsers report beside a tree: comments, which may hold directives, and syntax errors.

use crate::Span;

/// A comment of a source file, its marker (`#`, `//`) included in the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the marker to the end of the line, the line break left out.
    pub span: Span,
    /// Whether nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// Something that a parser could not read. Parsing goes on after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where; never past the end of the file.
    pub span: Span,
    /// What; without a final dot.
    pub message: String,
    /// Which class of fault, because some have a rule of their own.
    pub kind: SyntaxErrorKind,
}

/// The class of a syntax error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is not of the language. What was read before it, and the documents after it, still count.
    Invalid,
    /// A mapping has the same key twice; the tree holds the last, as the API server's decoder would.
    DuplicateKey,
    /// A size, depth or expansion limit was hit; what lies beyond is unknown.
    Limit,
    /// Legal for the language's parser but certainly not what was meant (BuildKit's empty continuation lines).
    Warning,
}
