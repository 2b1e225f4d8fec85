//! GitHub's expressions: what stands between `${{` and `}}`, and under `if:`.
//!
//! It decides the structure of an expression, with the place of each part, and which values can become its result. It
//! cannot know what a context holds. Positions are bytes of the text that was parsed; [`crate::Node::embedded`] leads
//! from there to the source.

mod lexer;
mod parser;
mod query;
mod template;

pub use parser::{DEPTH_LIMIT, parse};
pub use query::{Constant, Path, Segment};
pub use template::{Fence, fences};

/// An expression and where it stands in its text; parentheses around it are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// What an expression is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `1`, `0xff`, `-2.5e3`
    Number(f64),
    /// `'it''s'`, after its quotes are read.
    String(Box<str>),
    /// A context by itself: `github`
    Name(Box<str>),
    /// `github.sha`
    Property(Box<Expr>, Box<str>),
    /// `labels.*`
    Star(Box<Expr>),
    /// `labels[0]`, `github['sha']`
    Index(Box<Expr>, Box<Expr>),
    /// `format('{0}', x)`
    Call(Box<str>, Vec<Expr>),
    /// `!x`
    Not(Box<Expr>),
    /// `a == b`, `a < b`
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `a && b`
    And(Box<Expr>, Box<Expr>),
    /// `a || b`
    Or(Box<Expr>, Box<Expr>),
}

/// An operator that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// What is wrong; without a final dot.
    pub message: String,
    /// First byte of what is wrong.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
}

#[cfg(test)]
mod tests;
