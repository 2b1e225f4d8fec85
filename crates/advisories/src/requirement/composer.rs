//! Composer's constraints: `^1.2`, `~1.2`, `1.0.*`, `>=1.0 <2.0`, `1.0 - 2.0`, and `|` between them.
//!
//! Branches (`dev-main`, `1.x-dev`) and aliases are not understood. What a stability flag allows is not known.

use super::bounds::{Bound, Operator};
use super::operator;
use super::partial::Partial;

pub(super) fn parse(text: &str) -> Option<Vec<Vec<Bound>>> {
    let ranges = text.split('|').map(str::trim).filter(|range| !range.is_empty());
    let rows: Vec<Vec<Bound>> = ranges.map(row).collect::<Option<_>>()?;
    (!rows.is_empty()).then_some(rows)
}

#[derive(Clone, Copy)]
enum Sign {
    Plain(Operator),
    Caret,
    Tilde,
}

const SIGNS: &[(&str, Sign)] = &[
    ("<=", Sign::Plain(Operator::AtMost)),
    (">=", Sign::Plain(Operator::AtLeast)),
    ("<>", Sign::Plain(Operator::Not)),
    ("!=", Sign::Plain(Operator::Not)),
    ("<", Sign::Plain(Operator::Less)),
    (">", Sign::Plain(Operator::More)),
    ("==", Sign::Plain(Operator::Exactly)),
    ("=", Sign::Plain(Operator::Exactly)),
    ("^", Sign::Caret),
    ("~", Sign::Tilde),
    ("", Sign::Plain(Operator::Exactly)),
];

fn row(range: &str) -> Option<Vec<Bound>> {
    if let Some((from, to)) = range.split_once(" - ") {
        let (from, to) = (version(from.trim())?, version(to.trim())?);
        let to = if to.is_whole() || to.has_suffix() {
            Bound::new(Operator::AtMost, to.floor())
        } else {
            Bound::new(Operator::Below, to.bump(to.last())?)
        };
        return Some(vec![lower(&from), to]);
    }
    let mut bounds = Vec::new();
    let mut rest = range;
    while !rest.is_empty() {
        let (sign, text) = operator(rest, SIGNS)?;
        let ends = |c: char| c == ',' || c.is_whitespace();
        let (text, behind) = text.split_at_checked(text.find(ends).unwrap_or(text.len()))?;
        bounds.extend(comparator(sign, &version(text)?)?);
        rest = behind.trim_start_matches(ends);
    }
    Some(bounds)
}

/// A version without its stability flag, which only says which prereleases may be taken.
fn version(text: &str) -> Option<Partial> {
    let text = text.split_once('@').map_or(text, |(text, _)| text);
    Partial::parse(text).filter(|partial| !partial.numbers.is_empty() || partial.is_wildcard)
}

fn comparator(sign: Sign, version: &Partial) -> Option<Vec<Bound>> {
    let operator = match sign {
        _ if version.numbers.is_empty() => return Some(Vec::new()),
        Sign::Caret => return Some(range(version, version.caret()?)),
        // All but the last number that is given stay.
        Sign::Tilde => return Some(range(version, version.up_to(version.last().saturating_sub(1))?)),
        Sign::Plain(Operator::Exactly) if version.is_wildcard => {
            return Some(range(version, version.up_to(version.last())?));
        }
        Sign::Plain(_) if version.is_wildcard => return None,
        Sign::Plain(Operator::Less) if !version.has_suffix() => Operator::Below,
        Sign::Plain(Operator::AtLeast) => return Some(vec![lower(version)]),
        Sign::Plain(operator) => operator,
    };
    Some(vec![Bound::new(operator, version.floor())])
}

/// The bounds with the lower one as Composer reads it.
fn range(version: &Partial, bounds: Vec<Bound>) -> Vec<Bound> {
    let reads = |bound: Bound| if bound.operator == Operator::AtLeast { lower(version) } else { bound };
    bounds.into_iter().map(reads).collect()
}

fn lower(version: &Partial) -> Bound {
    Bound::new(if version.has_suffix() { Operator::AtLeast } else { Operator::From }, version.floor())
}
