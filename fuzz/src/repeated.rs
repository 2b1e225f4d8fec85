//! The inputs of the target `slow`: a piece again and again, for it and for the test that runs its seeds.

use std::sync::Arc;

/// Between the pieces of an input.
const SEPARATOR: char = '\u{1}';

/// The middle of three pieces again and again, up to `size` bytes, the first before it and the last after it. One piece is
/// the middle.
pub fn repeated(input: &str, size: usize) -> Option<Arc<str>> {
    let mut pieces = input.splitn(3, SEPARATOR);
    let first = pieces.next()?;
    let (before, unit) = pieces.next().map_or(("", first), |unit| (first, unit));
    let after = pieces.next().unwrap_or_default();
    let times = size.checked_div(unit.len())?;
    Some(format!("{before}{}{after}", unit.repeat(times)).into())
}
