//! Rules for Kubernetes objects.

use crate::Rule;

mod host_namespaces;
mod host_path;
mod ports;
mod privileged;
mod standard;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    host_namespaces::RULES,
    host_path::RULES,
    ports::RULES,
    privileged::RULES,
];
