//! Debian: `[epoch:]upstream[-revision]` (policy manual, section 5.6.12).
//!
//! Texts and numbers alternate. In texts, `~` comes before the end, letters before everything else. No revision is `0`.

use std::cmp::Ordering;

use super::runs::{Number, rows, split, split_digits};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let ((a_epoch, a), (b_epoch, b)) = (epoch(a), epoch(b));
    let ((a, a_revision), (b, b_revision)) = (revision(a), revision(b));
    a_epoch.cmp(&b_epoch).then_with(|| part(a, b)).then_with(|| part(a_revision, b_revision))
}

/// The epoch, which is all digits, and the rest; another colon is a part of the version.
pub(super) fn epoch(version: &str) -> (Number<'_>, &str) {
    let version = version.trim();
    let (digits, rest) = split_digits(version);
    rest.strip_prefix(':').map_or((Number::ZERO, version), |rest| (Number::new(digits), rest))
}

fn revision(version: &str) -> (&str, &str) {
    let Some(dash) = version.bytes().rposition(|byte| byte == b'-') else { return (version, "0") };
    (split(version, dash).0, version.get(dash + 1..).unwrap_or_default())
}

fn part<'a>(mut a: &'a str, mut b: &'a str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let order = text(&mut a, &mut b).then_with(|| {
            let ((a_digits, a_rest), (b_digits, b_rest)) = (split_digits(a), split_digits(b));
            (a, b) = (a_rest, b_rest);
            Number::new(a_digits).cmp(&Number::new(b_digits))
        });
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Compares the texts before the next digits, and takes them off.
fn text<'a>(a: &mut &'a str, b: &mut &'a str) -> Ordering {
    let end = |text: &str| text.bytes().position(|byte| byte.is_ascii_digit()).unwrap_or(text.len());
    let ((a_text, a_rest), (b_text, b_rest)) = (split(a, end(a)), split(b, end(b)));
    (*a, *b) = (a_rest, b_rest);
    if a_text == b_text {
        return Ordering::Equal;
    }
    rows(a_text.bytes().map(weight), b_text.bytes().map(weight), END)
}

/// What a byte weighs against [`END`].
fn weight(byte: u8) -> u16 {
    match byte {
        b'~' => 0,
        letter if letter.is_ascii_alphabetic() => END + u16::from(letter),
        other => END + 256 + u16::from(other),
    }
}

const END: u16 = 1;
