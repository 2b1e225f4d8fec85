//! RubyGems' requirements: comparators between commas, `~>` among them.

use super::bounds::{Bound, Operator};
use super::operator;

pub(super) fn parse(text: &str) -> Option<Vec<Bound>> {
    let comparators: Option<Vec<Vec<Bound>>> = text.split(',').map(|part| comparator(part.trim())).collect();
    Some(comparators?.into_iter().flatten().collect())
}

#[derive(Clone, Copy)]
enum Sign {
    Plain(Operator),
    Pessimistic,
}

const SIGNS: &[(&str, Sign)] = &[
    ("~>", Sign::Pessimistic),
    ("<=", Sign::Plain(Operator::AtMost)),
    (">=", Sign::Plain(Operator::AtLeast)),
    ("!=", Sign::Plain(Operator::Not)),
    ("<", Sign::Plain(Operator::Less)),
    (">", Sign::Plain(Operator::More)),
    ("=", Sign::Plain(Operator::Exactly)),
    ("", Sign::Plain(Operator::Exactly)),
];

fn comparator(text: &str) -> Option<Vec<Bound>> {
    let (sign, version) = operator(text, SIGNS)?;
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !version.starts_with(|c: char| c.is_ascii_digit()) || !version.split(['.', '-']).all(is_part) {
        return None;
    }
    match sign {
        Sign::Plain(operator) => Some(vec![Bound::new(operator, version)]),
        Sign::Pessimistic => {
            Some(vec![Bound::new(Operator::AtLeast, version), Bound::new(Operator::Below, bump(version)?)])
        }
    }
}

/// The release after all that have the same numbers, those before the first letters, but for the last.
fn bump(version: &str) -> Option<String> {
    let numbers = version.split(|c: char| c == '-' || c.is_ascii_alphabetic()).next()?;
    let numbers = numbers.split('.').filter(|number| !number.is_empty());
    let mut numbers: Vec<u64> = numbers.map(|number| number.parse().ok()).collect::<Option<_>>()?;
    if numbers.len() > 1 {
        numbers.pop();
    }
    let last = numbers.last_mut()?;
    *last = last.checked_add(1)?;
    Some(numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}
