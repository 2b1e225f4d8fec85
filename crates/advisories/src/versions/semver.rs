//! Semantic Versioning 2.0 (semver.org, section 11), and what real tags make of it.
//!
//! A leading `v` is no part of the version, missing numbers are zero, and a fourth one counts. What follows the numbers is
//! a prerelease, with or without the dash. Builds do not count.

use std::cmp::Ordering;

use super::runs::{Number, dotted, numbers, rows, split, split_while, without_v};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    Parts::new(a).precedence(&Parts::new(b), |text| text)
}

pub(super) fn is_prerelease(version: &str) -> bool {
    Parts::new(version).prerelease.is_some()
}

/// A version cut at its `-` and `+`.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// Digits and dots.
    pub(crate) numbers: &'a str,
    pub(crate) prerelease: Option<&'a str>,
    pub(super) build: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let text = without_v(text);
        let (numbers, rest) = split_while(text, |byte| byte.is_ascii_digit() || byte == b'.');
        if rest.is_empty() {
            return Self { numbers, prerelease: None, build: None };
        }
        let plus = rest.bytes().position(|byte| byte == b'+');
        let (rest, build) = plus.map_or((rest, None), |at| (split(rest, at).0, rest.get(at + 1..)));
        let prerelease = (!rest.is_empty()).then(|| rest.strip_prefix('-').unwrap_or(rest));
        Self { numbers, prerelease, build }
    }

    /// The order without builds; `text` says how identifiers that are no numbers compare.
    pub(super) fn precedence<T: Ord + Copy>(&self, other: &Self, text: impl Fn(&'a str) -> T + Copy) -> Ordering {
        dotted(self.numbers, other.numbers).then_with(|| match (self.prerelease, other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => identifiers(a, b, text),
        })
    }

    /// The major, minor and patch numbers.
    pub(crate) fn triple(&self) -> [Number<'a>; 3] {
        let mut numbers = numbers(self.numbers);
        [(); 3].map(|()| numbers.next().unwrap_or(Number::ZERO))
    }
}

/// The order of what stands between the dots of two prereleases or builds: numbers before texts, the shorter row first.
pub(super) fn identifiers<'a, T: Ord + Copy>(a: &'a str, b: &'a str, text: impl Fn(&'a str) -> T + Copy) -> Ordering {
    let row = |row: &'a str| {
        super::runs::Dotted(Some(row)).map(move |identifier: &'a str| {
            let is_number = !identifier.is_empty() && identifier.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { Identifier::Number(Number::new(identifier)) } else { Identifier::Text(text(identifier)) }
        })
    };
    rows(row(a), row(b), Identifier::End)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a, T> {
    End,
    Number(Number<'a>),
    Text(T),
}
