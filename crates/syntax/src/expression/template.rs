//! Where a text holds expressions.

use super::lexer::{narrow, string_end};
use super::{Expr, ExprError, parser};

/// A `${{ … }}` in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Fence {
    /// The first byte of `${{`.
    pub start: u32,
    /// One past `}}`, or the end of the text where it is not closed.
    pub end: u32,
    /// What stands in it; positions count from the start of the whole text.
    pub expr: Result<Expr, ExprError>,
}

/// The fences of a text, in order.
pub fn fences(text: &str) -> impl Iterator<Item = Fence> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = memchr::memmem::find(text.as_bytes().get(at..)?, b"${{")?.saturating_add(at);
        let inner = start.saturating_add(3);
        let Some(end) = closing(text, inner) else {
            at = text.len();
            let message = "`${{` is not closed with `}}`".to_owned();
            let expr = Err(ExprError { message, start: narrow(start), end: narrow(inner) });
            return Some(Fence { start: narrow(start), end: narrow(text.len()), expr });
        };
        at = end.saturating_add(2);
        let shift = narrow(inner);
        let expr = match parser::parse(text.get(inner..end).unwrap_or_default()) {
            Ok(mut expr) => {
                expr.shift(shift);
                Ok(expr)
            }
            Err(error) => Err(ExprError {
                start: error.start.saturating_add(shift),
                end: error.end.saturating_add(shift),
                ..error
            }),
        };
        Some(Fence { start: narrow(start), end: narrow(at), expr })
    })
}

/// Where the `}}` is that closes what starts at `at`; one inside a string does not.
fn closing(text: &str, mut at: usize) -> Option<usize> {
    loop {
        at = memchr::memchr2(b'\'', b'}', text.as_bytes().get(at..)?)?.saturating_add(at);
        let rest = text.get(at..)?;
        if rest.starts_with("}}") {
            return Some(at);
        }
        // A quote that is never closed is the parser's to report, so the fence ends where it seems to.
        let length = if rest.starts_with('\'') { string_end(rest).unwrap_or(1) } else { 1 };
        at = at.saturating_add(length);
    }
}
