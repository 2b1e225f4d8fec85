//! Cargo's requirements: comparators between commas, where a bare version is a caret.

use super::bounds::{Bound, Operator};
use super::operator;
use super::partial::{Partial, Sign};

pub(super) fn parse(text: &str) -> Option<Vec<Bound>> {
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
    let (sign, version) = operator(text, SIGNS).unwrap_or((Sign::Caret, text));
    let partial = Partial::parse_semver(version)?;
    let sign = if partial.is_wildcard && matches!(sign, Sign::Caret) { Sign::Plain(Operator::Exactly) } else { sign };
    partial.comparator(sign)
}
