//! One bound on a version.

use std::cmp::Ordering;

use super::is_order;
use crate::versions::{SemverParts, dotted};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) operator: Operator,
    pub(super) version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Exactly,
    Not,
    Less,
    /// Less, and no prerelease of the bound either: what `^1.2` means by `<2.0.0`.
    Below,
    AtMost,
    AtLeast,
    /// At least, and prereleases of the bound too: what Composer means by `>=1.2`.
    From,
    More,
}

impl Bound {
    pub(super) fn new(operator: Operator, version: impl Into<String>) -> Self {
        Self { operator, version: version.into() }
    }

    pub(super) fn holds(&self, version: &str, compare: impl Fn(&str, &str) -> Ordering) -> bool {
        let order = match self.operator {
            Operator::Below | Operator::From => {
                dotted(SemverParts::new(version).numbers, SemverParts::new(&self.version).numbers)
            }
            _ => compare(version, &self.version),
        };
        is_order(order, self.operator)
    }
}
