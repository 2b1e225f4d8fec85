//! Rules for Kubernetes objects.

use crate::Rule;

mod privileged;
mod quantities;
mod resources;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[privileged::RULES, quantities::RULES, resources::RULES];
