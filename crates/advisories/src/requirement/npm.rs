//! npm's ranges (node-semver): `^1.2`, `~1.2.3`, `1.x`, `>=1 <3 || 4.0.0`, `1.2 - 2.3`.

use super::bounds::{Bound, Operator};
use super::operator;
use super::partial::{Partial, Sign};

pub(super) fn parse(text: &str) -> Option<Vec<Vec<Bound>>> {
    text.split("||").map(|range| row(range.trim())).collect()
}

const SIGNS: &[(&str, Sign)] = &[
    ("<=", Sign::Plain(Operator::AtMost)),
    (">=", Sign::Plain(Operator::AtLeast)),
    ("<", Sign::Plain(Operator::Less)),
    (">", Sign::Plain(Operator::More)),
    ("=", Sign::Plain(Operator::Exactly)),
    ("^", Sign::Caret),
    ("~>", Sign::Tilde),
    ("~", Sign::Tilde),
    ("", Sign::Plain(Operator::Exactly)),
];

fn row(range: &str) -> Option<Vec<Bound>> {
    if let Some((from, to)) = range.split_once(" - ") {
        let (from, to) = (Partial::parse_semver(from.trim())?, Partial::parse_semver(to.trim())?);
        let mut bounds = from.comparator(Sign::Plain(Operator::AtLeast))?;
        bounds.extend(to.comparator(Sign::Plain(Operator::AtMost))?);
        return Some(bounds);
    }
    let mut bounds = Vec::new();
    let mut rest = range;
    while !rest.is_empty() {
        let (sign, version) = operator(rest, SIGNS)?;
        let (version, behind) = version.split_once(char::is_whitespace).unwrap_or((version, ""));
        bounds.extend(Partial::parse_semver(version)?.comparator(sign)?);
        rest = behind.trim_start();
    }
    Some(bounds)
}
