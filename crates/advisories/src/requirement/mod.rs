//! Requirements as manifests state them: which versions they allow, and which of them are exact.
//!
//! Read are those of npm, Cargo, PEP 440, Composer, RubyGems, Pub and Go. What is not understood (tags, branches,
//! addresses, aliases) is no requirement, and where the answer depends on what a requirement does not say (whether
//! prereleases are allowed), there is none.

mod bounds;
mod cargo;
mod composer;
mod npm;
mod partial;
mod pep440;
mod pubspec;
mod rubygems;

use std::cmp::Ordering;

use crate::versions::{Scheme, SemverParts, compare_composer};
use bounds::{Bound, Operator};

/// What a manifest asks of a package's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    scheme: Scheme,
    clauses: Clauses,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Clauses {
    /// Rows of bounds: all of one row must hold.
    Bounds(Vec<Vec<Bound>>),
    Pep440(pep440::Specifiers),
}

impl Requirement {
    /// Reads a requirement as the scheme's manifests write it. `None` where it is not understood.
    pub fn parse(scheme: Scheme, text: &str) -> Option<Self> {
        let text = text.trim();
        let clauses = match scheme {
            Scheme::Npm => Clauses::Bounds(npm::parse(text)?),
            Scheme::Cargo => Clauses::Bounds(vec![cargo::parse(text)?]),
            Scheme::Packagist => Clauses::Bounds(composer::parse(text)?),
            Scheme::RubyGems => Clauses::Bounds(vec![rubygems::parse(text)?]),
            Scheme::Pub => Clauses::Bounds(vec![pubspec::parse(text)?]),
            Scheme::Go => Clauses::Bounds(vec![vec![go(text)?]]),
            Scheme::Pypi => Clauses::Pep440(pep440::parse(text)?),
            _ => return None,
        };
        Some(Self { scheme, clauses })
    }

    /// Whether the version is allowed. `None` where the version is none, or where it is a prerelease that is allowed or
    /// not by something else than the requirement.
    pub fn matches(&self, version: &str) -> Option<bool> {
        match &self.clauses {
            Clauses::Pep440(specifiers) => specifiers.matches(version),
            Clauses::Bounds(rows) => {
                if !is_version(self.scheme, version) {
                    return None;
                }
                let answers = rows.iter().map(|row| self.row_matches(row, version));
                // One row is enough; an open one leaves open what no other allows.
                answers.reduce(|a, b| if a == Some(false) || b == Some(true) { b } else { a }).unwrap_or(Some(false))
            }
        }
    }

    /// The one version that is allowed, if it is one: a pin.
    pub fn exact(&self) -> Option<&str> {
        match &self.clauses {
            Clauses::Pep440(specifiers) => specifiers.exact(),
            Clauses::Bounds(rows) => {
                let [row] = rows.as_slice() else { return None };
                let [Bound { operator: Operator::Exactly, version }] = row.as_slice() else { return None };
                Some(version)
            }
        }
    }

    fn row_matches(&self, row: &[Bound], version: &str) -> Option<bool> {
        let compare = |a: &str, b: &str| match self.scheme {
            Scheme::Packagist => compare_composer(a, b),
            scheme => scheme.compare(a, b),
        };
        if !row.iter().all(|bound| bound.holds(version, compare)) {
            return Some(false);
        }
        if !self.scheme.is_prerelease(version) {
            return Some(true);
        }
        let named = |bound: &Bound| bound.operator != Operator::Below && self.scheme.is_prerelease(&bound.version);
        match self.scheme {
            // A prerelease is allowed where a bound names one of the same version.
            Scheme::Npm | Scheme::Cargo => Some(row.iter().any(|bound| {
                named(bound) && SemverParts::new(&bound.version).triple() == SemverParts::new(version).triple()
            })),
            // `minimum-stability` decides.
            Scheme::Packagist if !row.iter().any(named) => None,
            _ => Some(true),
        }
    }
}

/// A module's version in `go.mod`. Minimal version selection may take a later one, but never another for the same graph.
fn go(text: &str) -> Option<Bound> {
    let is_version = text.starts_with('v') && is_version(Scheme::Go, text);
    is_version.then(|| Bound::new(Operator::Exactly, text))
}

/// Whether the text starts with a number, as a branch or an address does not.
fn is_version(scheme: Scheme, version: &str) -> bool {
    let parts = SemverParts::new(version);
    let numbers = parts.numbers.split('.').filter(|number| !number.is_empty()).count();
    match scheme {
        Scheme::Npm | Scheme::Cargo | Scheme::Pub | Scheme::Go => numbers == 3 && !parts.numbers.ends_with('.'),
        _ => numbers > 0,
    }
}

/// The operator that a text starts with, and the rest. A longer one stands in the table before those that it starts with.
fn operator<'a, T: Copy>(text: &'a str, table: &[(&str, T)]) -> Option<(T, &'a str)> {
    table.iter().find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?.trim_start())))
}

fn is_order(order: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Exactly => order.is_eq(),
        Operator::Not => order.is_ne(),
        Operator::Less | Operator::Below => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::AtLeast | Operator::From => order.is_ge(),
        Operator::More => order.is_gt(),
    }
}
