//! Rules for Kubernetes objects.

use crate::Rule;

mod privileged;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[privileged::RULES];
