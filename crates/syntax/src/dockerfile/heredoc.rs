//! Heredocs of RUN, COPY and ADD.

use portcullis_core::Span;

use super::Text;

/// One heredoc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The delimiter after quote removal.
    pub name: String,
    /// The digits before `<<`.
    pub fd: Option<u32>,
    /// Whether it was written `<<-`, which drops leading tabs (never blanks) from every line.
    pub strip_tabs: bool,
    /// Whether variables in the content are expanded: no part of the delimiter is quoted.
    pub expand: bool,
    /// The `<<EOF` word.
    pub operator: Span,
    /// The lines between, their line breaks kept; leading tabs are dropped where `strip_tabs` says so.
    pub content: Text,
    /// From the first line of the content to the end of the terminator; to the end of the file where there is none.
    pub span: Span,
    /// The terminator; absent where the file ends first, which is a syntax error.
    pub terminator: Option<Span>,
}
