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
mod capabilities;
mod dropped;
mod hardening;
mod host_namespaces;
mod host_path;
mod isolation;
mod ports;
mod privileged;
mod probe_host;
mod root;
mod seccomp;
mod standard;
mod sudo;
mod sysctls;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    capabilities::RULES,
    dropped::RULES,
    hardening::RULES,
    host_namespaces::RULES,
    host_path::RULES,
    isolation::RULES,
    ports::RULES,
    privileged::RULES,
    probe_host::RULES,
    root::RULES,
    seccomp::RULES,
    sudo::RULES,
    sysctls::RULES,
];
