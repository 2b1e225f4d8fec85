//! The short way: most versions begin with the same dotted numbers and then differ in one, which decides in every scheme.
//!
//! It answers only where the scheme's own comparison must come to the same; the tests of the orders mix both ways.

use std::cmp::Ordering;

/// The order by the first numbers that differ, if everything before them is the same numbers and dots. Numbers with
/// leading zeros, and those that may be epochs, are left to the scheme.
pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut start = 0;
    for (at, (x, y)) in a.iter().zip(b).enumerate() {
        if x != y {
            break;
        }
        match x {
            b'.' => start = at + 1,
            b'0'..=b'9' => {}
            _ => return None,
        }
    }
    let (a, b) = (number(a, start)?, number(b, start)?);
    let order = a.len().cmp(&b.len()).then_with(|| a.cmp(b));
    order.is_ne().then_some(order)
}

/// The same where both are nothing but numbers between dots.
pub(super) fn compare_whole(a: &str, b: &str) -> Option<Ordering> {
    let order = compare(a, b)?;
    (is_whole(a) && is_whole(b)).then_some(order)
}

fn number(text: &[u8], start: usize) -> Option<&[u8]> {
    let rest = text.get(start..)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (number, behind) = rest.split_at_checked(end)?;
    let is_epoch = start == 0 && matches!(behind, [b':' | b'!', ..]);
    match number {
        [] | [b'0', _, ..] => None,
        _ => (!is_epoch).then_some(number),
    }
}

fn is_whole(text: &str) -> bool {
    let mut after_digit = false;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => after_digit = true,
            b'.' if after_digit => after_digit = false,
            _ => return false,
        }
    }
    after_digit
}
