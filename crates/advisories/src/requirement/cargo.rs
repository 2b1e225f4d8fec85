//! Cargo's requirements: comparators between commas, where a bare version is a caret.

use super::bounds::{Bound, Operator};
use super::operator;
use super::partial::{Partial, Sign};

pub(super) fn parse(text: &str) -> Option<Vec<Bound>> {
    if text == "*" {
        return Some(Vec::new());
    }
    let comparators: Option<Vec<Vec<Bound>>> = text.split(',').map(|part| comparator(part.trim())).collect();
    Some(comparators?.into_iter().flatten().collect())
}

const SIGNS: &[(&str, Sign)] = &[
    ("<=", Sign::Plain(Operator::AtMost)),
    (">=", Sign::Plain(Operator::AtLeast)),
    ("<", Sign::Plain(Operator::Less)),
    (">", Sign::Plain(Operator::More)),
    ("=", Sign::Plain(Operator::Exactly)),
    ("^", Sign::Caret),
    ("~", Sign::Tilde),
];

fn comparator(text: &str) -> Option<Vec<Bound>> {
    let (sign, version) = operator(text, SIGNS).map_or((None, text), |(sign, version)| (Some(sign), version));
    let partial = Partial::parse_semver(version)?;
    if partial.numbers.is_empty() {
        return None;
    }
    let bare = if partial.is_wildcard { Sign::Plain(Operator::Exactly) } else { Sign::Caret };
    partial.comparator(sign.unwrap_or(bare))
}
