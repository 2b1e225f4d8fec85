//! Rules for Kubernetes objects.

use crate::Rule;

mod capabilities;
mod dropped;
mod hardening;
mod host_namespaces;
mod host_path;
mod image_sources;
mod image_versions;
mod isolation;
mod ports;
mod privileged;
mod probe_host;
mod quantities;
mod resources;
mod retired_components;
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
    image_sources::RULES,
    image_versions::RULES,
    isolation::RULES,
    ports::RULES,
    privileged::RULES,
    probe_host::RULES,
    quantities::RULES,
    resources::RULES,
    retired_components::RULES,
    root::RULES,
    seccomp::RULES,
    sudo::RULES,
    sysctls::RULES,
];
