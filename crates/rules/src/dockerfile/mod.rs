//! Rules for Dockerfiles.

use crate::Rule;

/// The rules of each file.
pub static RULES: &[&[&Rule]] = &[];
