//! Rules for Kubernetes objects.

use crate::Rule;

mod image_sources;
mod image_versions;
mod privileged;
mod quantities;
mod resources;
mod retired_components;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    image_sources::RULES,
    image_versions::RULES,
    privileged::RULES,
    quantities::RULES,
    resources::RULES,
    retired_components::RULES,
];
