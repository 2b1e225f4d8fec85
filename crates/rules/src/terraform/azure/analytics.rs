//! Azure Data Factory and Synapse.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&DATAFACTORY_PUBLIC_NETWORK, &SYNAPSE_MANAGED_NETWORK_DISABLED];

rule! {
    /// Data factory is reachable from public networks
    ///
    /// A factory reads and writes what it moves, with the credentials of every store that it knows. With a private endpoint it
    /// cannot be reached from outside.
    DATAFACTORY_PUBLIC_NETWORK = "tf-azure-datafactory-public-network" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_104", "trivy:AZU-0035", "tfsec:azure-datafactory-no-public-access"],
        check: attribute(&Row {
            on: &[("azurerm_data_factory", "public_network_enabled")],
            wants: Want::False,
            wrong: "true",
            right: "false",
            says: "is reachable from public networks",
            help: "set `public_network_enabled` to false and add a private endpoint",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Synapse workspace has no managed virtual network
    ///
    /// Without one, jobs run in a network that others share, and have no private endpoints to the stores that they read. It can
    /// only be chosen when the workspace is made.
    SYNAPSE_MANAGED_NETWORK_DISABLED = "tf-azure-synapse-managed-network-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_58", "trivy:AZU-0034", "tfsec:azure-synapse-virtual-network-enabled"],
        check: attribute(&Row {
            on: &[("azurerm_synapse_workspace", "managed_virtual_network_enabled")],
            wrong: "false",
            right: "true",
            says: "has no managed virtual network",
            help: "set `managed_virtual_network_enabled` to true; the workspace is made anew",
            ..Row::DEFAULT
        }),
    }
}
