//! Dart's `pub_semver`: Semantic Versioning in which builds are ordered too, and come after the version without one.

use std::cmp::Ordering;

use super::semver::{Parts, identifiers};

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::new(a), Parts::new(b));
    a.precedence(&b, |text| text).then_with(|| match (a.build, b.build) {
        (Some(a), Some(b)) => identifiers(a, b, |text| text),
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}
