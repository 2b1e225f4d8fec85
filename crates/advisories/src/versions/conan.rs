//! Conan: dotted items of digits with letters behind them (`1.1.1k`), then a prerelease, then a build.
//!
//! An item's number decides before its letters, and an item without letters comes first.

use std::cmp::Ordering;

use super::runs::{Dotted, Number, rows, split, split_digits, without_v};
use super::semver::identifiers;

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::new(a), Parts::new(b));
    rows(items(a.items), items(b.items), (Number::ZERO, ""))
        .then_with(|| match (a.prerelease, b.prerelease) {
            (Some(a), Some(b)) => identifiers(a, b, |text| text),
            (a, b) => a.is_none().cmp(&b.is_none()),
        })
        .then_with(|| match (a.build, b.build) {
            (Some(a), Some(b)) => identifiers(a, b, |text| text),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
}

pub(super) fn is_prerelease(version: &str) -> bool {
    Parts::new(version).prerelease.is_some()
}

struct Parts<'a> {
    items: &'a str,
    prerelease: Option<&'a str>,
    build: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn new(text: &'a str) -> Self {
        let (text, build) = cut(without_v(text), b'+');
        let (items, prerelease) = cut(text, b'-');
        Self { items, prerelease, build }
    }
}

fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    let Some(position) = text.bytes().position(|byte| byte == at) else { return (text, None) };
    (split(text, position).0, text.get(position + 1..))
}

fn items(text: &str) -> impl Iterator<Item = (Number<'_>, &str)> {
    Dotted(Some(text)).map(|item| {
        let (digits, letters) = split_digits(item);
        (Number::new(digits), letters)
    })
}
