//! Ranges of versions as package URLs' companion writes them: `vers:npm/>=1.0.0|<2.0.0`.
//!
//! Decided by the order of the package's ecosystem. A range that is not understood, or is of another ecosystem, has no
//! version: what is not read is said of nothing.

use std::cmp::Ordering;

use portcullis_advisories::Scheme;

/// A range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vers {
    constraints: Vec<(Comparator, Box<str>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparator {
    Any,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The longer ones first, for each may start with another.
const COMPARATORS: [(&str, Comparator); 6] = [
    ("!=", Comparator::NotEqual),
    ("<=", Comparator::LessOrEqual),
    (">=", Comparator::GreaterOrEqual),
    ("<", Comparator::Less),
    (">", Comparator::Greater),
    ("=", Comparator::Equal),
];

impl Vers {
    /// Reads a range of packages whose URLs have this type.
    pub(crate) fn parse(text: &str, kind: &str) -> Option<Self> {
        let (scheme, list) = text.trim().strip_prefix("vers:")?.split_once('/')?;
        let is_semantic = scheme == "semver" && matches!(kind, "npm" | "cargo");
        // Escapes stand in versions that hold separators, which are rare.
        if !(scheme == kind || is_semantic) || list.contains('%') {
            return None;
        }
        let constraint = |text: &str| {
            if text == "*" {
                return Some((Comparator::Any, text.into()));
            }
            let known = COMPARATORS.iter().find_map(|(sign, comparator)| Some((*comparator, text.strip_prefix(sign)?)));
            let (comparator, version) = known.unwrap_or((Comparator::Equal, text));
            (!version.is_empty()).then(|| (comparator, version.into()))
        };
        let list: String = list.chars().filter(|c| !c.is_whitespace()).collect();
        let constraints = list.trim_matches('|').split('|').map(constraint).collect::<Option<Vec<_>>>()?;
        Some(Self { constraints })
    }

    /// Whether a version is in it.
    pub(crate) fn contains(&self, scheme: Scheme, version: &str) -> bool {
        use Comparator::{Any, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let to = |other: &str| scheme.compare(version, other);
        let same = |wanted: &[Comparator]| {
            self.constraints.iter().any(|(comparator, at)| wanted.contains(comparator) && to(at) == Ordering::Equal)
        };
        // Each version stands in a range once.
        if same(&[NotEqual, Less, Greater]) {
            return false;
        }
        if same(&[Equal, LessOrEqual, GreaterOrEqual]) || self.constraints.iter().any(|(it, _)| *it == Any) {
            return true;
        }
        let mut bounds: Vec<(Comparator, &str)> = self
            .constraints
            .iter()
            .filter(|(comparator, _)| !matches!(comparator, Any | Equal | NotEqual))
            .map(|(comparator, at)| (*comparator, &**at))
            .collect();
        bounds.sort_by(|a, b| scheme.compare(a.1, b.1));
        // The nearest bounds around the version decide: what lies above is open below it, or what lies below above it.
        let above = bounds.iter().find(|(_, at)| to(at) == Ordering::Less);
        let below = bounds.iter().rfind(|(_, at)| to(at) == Ordering::Greater);
        let ends_above = above.is_some_and(|(it, _)| matches!(it, Less | LessOrEqual));
        let starts_below = below.is_some_and(|(it, _)| matches!(it, Greater | GreaterOrEqual));
        match (below, above) {
            (None, None) => false,
            (None, Some(_)) => ends_above,
            (Some(_), None) => starts_below,
            (Some(_), Some(_)) => starts_below && ends_above,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_the_versions_between_its_bounds() {
        for (range, inside, outside) in [
            ("vers:npm/>=1.0.0|<2.0.0", "1.0.0 1.9.9", "0.9.0 2.0.0 3.0.0"),
            ("vers:npm/<2.0.0", "0.1.0 1.9.9", "2.0.0"),
            ("vers:npm/>1.0.0", "1.0.1", "1.0.0"),
            ("vers:npm/<1.0.0|>=2.0.0|<=2.5.0|>3.0.0", "0.5.0 2.0.0 2.5.0 3.0.1", "1.0.0 1.5.0 2.6.0 3.0.0"),
            ("vers:npm/>=1.0.0|!=1.5.0|<2.0.0", "1.4.0", "1.5.0"),
            ("vers:npm/1.0.0|1.2.0", "1.0.0 1.2.0", "1.1.0"),
            ("vers:npm/<2.0.0|>=1.0.0", "1.5.0", "0.5.0 2.0.0"),
            ("vers:semver/*", "1.0.0", ""),
        ] {
            let vers = Vers::parse(range, "npm").unwrap();
            for (versions, expected) in [(inside, true), (outside, false)] {
                for version in versions.split_whitespace() {
                    assert_eq!(vers.contains(Scheme::Npm, version), expected, "{range} {version}");
                }
            }
        }
        for text in ["vers:pypi/>=1", ">=1.0.0", "vers:npm", "vers:npm/>=", "vers:npm/>=1.0.0%2B1"] {
            assert_eq!(Vers::parse(text, "npm"), None, "{text}");
        }
    }
}
