//! Go modules (go.dev/ref/mod#versions): Semantic Versioning with a `v`.
//!
//! Pseudo-versions are prereleases that sort by their time stamp, and `+incompatible` is a build. The toolchain's own
//! versions (`go1.21.3`) are read as well.

use std::cmp::Ordering;

use super::semver;

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    semver::compare(without_go(a), without_go(b))
}

pub(super) fn is_prerelease(version: &str) -> bool {
    semver::is_prerelease(without_go(version))
}

fn without_go(version: &str) -> &str {
    version.strip_prefix("go").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(version)
}
