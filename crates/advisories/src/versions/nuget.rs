//! NuGet: Semantic Versioning with up to four numbers, in which the case of prereleases does not count.

use std::cmp::Ordering;

use super::runs::Caseless;
use super::semver::Parts;

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    Parts::new(a).precedence(&Parts::new(b), Caseless)
}
