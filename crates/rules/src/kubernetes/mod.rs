//! Rules for Kubernetes objects.

pub use namespaces::is_cluster_scoped;

use crate::Rule;

mod agent_sandbox;
mod api_maturity;
mod api_table;
mod api_versions;
mod argocd;
mod bindings;
pub(crate) mod capabilities;
mod control_plane;
mod controllers;
mod dashboard;
mod dropped;
mod durations;
mod external_secrets;
mod fixes;
mod flux;
mod gateways_and_builds;
mod grants;
mod hardening;
mod host_namespaces;
pub(crate) mod host_path;
mod house_style;
mod hpa;
pub(crate) mod image_sources;
mod image_versions;
mod ingress_nginx;
mod ingresses;
mod isolation;
mod istio;
mod jobs;
mod known_versions;
mod labels;
mod metadata;
mod names_in_pods;
mod namespaces;
mod network_policies;
mod openshift;
mod operators;
mod options;
mod pii;
mod pod_security_labels;
mod ports;
mod privileged;
mod probe_host;
mod probe_ports;
mod probes;
mod quantities;
mod rbac_cluster;
mod rbac_escalation;
mod rbac_objects;
mod rbac_pods;
mod rbac_wildcards;
mod relations;
mod resource_policies;
mod resources;
mod retired_components;
mod root;
mod routing;
mod scheduling;
mod schema_faults;
mod schemas;
mod seccomp;
mod secret_objects;
pub(crate) mod secret_values;
mod service_accounts;
mod services;
mod sharing;
mod shutdown;
mod spread;
mod standard;
mod storage;
mod sudo;
mod sysctls;
mod volumes;
mod webhook_calls;
mod webhooks;
mod windows;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    agent_sandbox::RULES,
    api_maturity::RULES,
    api_versions::RULES,
    argocd::RULES,
    bindings::RULES,
    capabilities::RULES,
    control_plane::APISERVER,
    control_plane::CONTROLLER_MANAGER,
    control_plane::ETCD,
    control_plane::KUBELET,
    control_plane::SCHEDULER,
    controllers::RULES,
    dashboard::RULES,
    dropped::RULES,
    external_secrets::RULES,
    flux::RULES,
    gateways_and_builds::RULES,
    hardening::RULES,
    host_namespaces::RULES,
    host_path::RULES,
    house_style::RULES,
    hpa::RULES,
    image_sources::RULES,
    image_versions::RULES,
    ingress_nginx::RULES,
    ingresses::RULES,
    isolation::RULES,
    istio::RULES,
    jobs::RULES,
    known_versions::RULES,
    labels::RULES,
    metadata::RULES,
    names_in_pods::RULES,
    namespaces::RULES,
    network_policies::RULES,
    openshift::RULES,
    operators::RULES,
    pii::RULES,
    pod_security_labels::RULES,
    ports::RULES,
    privileged::RULES,
    probe_host::RULES,
    probe_ports::RULES,
    probes::RULES,
    quantities::RULES,
    rbac_cluster::RULES,
    rbac_escalation::RULES,
    rbac_objects::RULES,
    rbac_pods::RULES,
    rbac_wildcards::RULES,
    relations::ACCOUNTS,
    relations::AUTOSCALING,
    relations::BUDGETS,
    relations::IDENTITY,
    relations::ISOLATION,
    relations::LIMITS,
    relations::MESH,
    relations::OVERLAP,
    relations::PLATFORM,
    relations::QUOTAS,
    relations::REFERENCES,
    relations::SELECTORS,
    relations::TAKEOVER,
    relations::TARGETS,
    relations::TRAFFIC,
    resource_policies::RULES,
    resources::RULES,
    retired_components::RULES,
    root::RULES,
    routing::RULES,
    scheduling::RULES,
    schemas::RULES,
    seccomp::RULES,
    secret_objects::RULES,
    secret_values::RULES,
    service_accounts::RULES,
    services::RULES,
    sharing::RULES,
    shutdown::RULES,
    spread::RULES,
    storage::RULES,
    sudo::RULES,
    sysctls::RULES,
    volumes::RULES,
    webhook_calls::RULES,
    webhooks::RULES,
    windows::RULES,
];
