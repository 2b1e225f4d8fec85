//! RubyGems: `Gem::Version`. Runs of digits and letters; letters come before the end, which is zero, and a dash stands for
//! `.pre.`. Zeros before the first letters are dropped.

use std::cmp::Ordering;

use super::runs::{Number, Run, Runs, rows, split};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    rows(segments(a), segments(b), Segment::Number(Number::ZERO))
}

pub(super) fn is_prerelease(version: &str) -> bool {
    version.bytes().any(starts_prerelease)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Text(&'a str),
    Number(Number<'a>),
}

fn segments(version: &str) -> impl Iterator<Item = Segment<'_>> {
    let (numbers, rest) = split(version, version.bytes().position(starts_prerelease).unwrap_or(version.len()));
    let pieces = rest.split_inclusive('-').flat_map(|piece| {
        let (piece, dash) = piece.strip_suffix('-').map_or((piece, None), |piece| (piece, Some(Run::Text("pre"))));
        Runs(piece).chain(dash)
    });
    Runs(without_zeros(numbers)).chain(pieces).map(|run| match run {
        Run::Text(text) => Segment::Text(text),
        Run::Number(number) => Segment::Number(number),
    })
}

fn starts_prerelease(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'-'
}

/// Dotted numbers without the zeros at their end.
fn without_zeros(numbers: &str) -> &str {
    let mut numbers = numbers;
    loop {
        let trimmed = numbers.trim_end_matches(|c: char| !c.is_ascii_digit());
        let (before, last) = trimmed.rsplit_once('.').unwrap_or(("", trimmed));
        if trimmed.is_empty() || last.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
            return trimmed;
        }
        numbers = before;
    }
}
