//! Resources of Amazon Web Services.

mod ebs;
mod security_groups;
mod vpc;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[ebs::RULES, security_groups::RULES, vpc::RULES];
