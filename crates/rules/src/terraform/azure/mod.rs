//! Resources of Microsoft Azure.

mod aks;
mod aks_access;
mod analytics;
mod app_service;
mod app_service_transport;
mod compute;
mod database_logging;
mod database_network;
mod defender;
mod key_vault;
mod network;
mod rbac;
mod registry;
mod security_groups;
mod storage_access;
mod storage_data;
mod storage_network;
mod stores;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    aks::RULES,
    aks_access::RULES,
    analytics::RULES,
    app_service::RULES,
    app_service_transport::RULES,
    compute::RULES,
    database_logging::RULES,
    database_network::RULES,
    defender::RULES,
    key_vault::RULES,
    network::RULES,
    rbac::RULES,
    registry::RULES,
    security_groups::RULES,
    storage_access::RULES,
    storage_data::RULES,
    storage_network::RULES,
    stores::RULES,
];
