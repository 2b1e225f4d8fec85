//! Resources of Google Cloud, and repositories of GitHub.

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[];
