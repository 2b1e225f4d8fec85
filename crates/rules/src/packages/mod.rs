//! Rules for lockfiles and the manifests beside them. Advisories are no rules here: a database holds them.

use crate::Rule;

/// The rules, file by file.
pub(crate) static RULES: &[&[&Rule]] = &[];
