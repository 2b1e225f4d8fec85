//! Resources of Microsoft Azure.

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[];
