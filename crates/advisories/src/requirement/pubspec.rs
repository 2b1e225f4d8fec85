//! Pub's constraints: `^1.2.3`, `>=1.2.3 <2.0.0`, `1.2.3`, `any`.

use super::bounds::{Bound, Operator};
use super::operator;
use super::partial::Partial;

pub(super) fn parse(text: &str) -> Option<Vec<Bound>> {
    if text.is_empty() || text == "any" {
        return Some(Vec::new());
    }
    if let Some(version) = text.strip_prefix('^') {
        // Only the major number of `0.x` may be skipped: `^0.0.3` allows `0.0.4`.
        let version = whole(version.trim_start())?;
        return version.up_to(usize::from(version.numbers.first() == Some(&0)));
    }
    let mut bounds = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (operator, version) = operator(rest, SIGNS)?;
        let (version, behind) = version.split_once(char::is_whitespace).unwrap_or((version, ""));
        whole(version)?;
        bounds.push(Bound::new(operator, version));
        rest = behind.trim_start();
    }
    exclude_prereleases(&mut bounds);
    Some(bounds)
}

const SIGNS: &[(&str, Operator)] = &[
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::More),
    ("", Operator::Exactly),
];

fn whole(version: &str) -> Option<Partial> {
    Partial::parse_semver(version).filter(|version| version.is_whole() && !version.is_wildcard)
}

/// `<2.0.0` leaves out `2.0.0-beta`, unless the lower bound is a prerelease of `2.0.0` too.
fn exclude_prereleases(bounds: &mut [Bound]) {
    let lower: Vec<String> = bounds
        .iter()
        .filter(|bound| matches!(bound.operator, Operator::AtLeast | Operator::More))
        .map(|bound| bound.version.clone())
        .collect();
    for bound in bounds.iter_mut().filter(|bound| bound.operator == Operator::Less && !bound.version.contains('-')) {
        let prefix = format!("{}-", bound.version);
        if !lower.iter().any(|version| version.starts_with(&prefix)) {
            bound.operator = Operator::Below;
        }
    }
}
