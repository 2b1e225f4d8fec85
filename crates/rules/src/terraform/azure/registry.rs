//! Azure Container Registry.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ADMIN_ENABLED, &ANONYMOUS_PULL_ENABLED, &PUBLIC_NETWORK];

rule! {
    /// Container registry admin account is active
    ///
    /// One user with one password may push any image, and nobody can tell who used it. It is off by default.
    ADMIN_ENABLED = "tf-azure-acr-admin-enabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_137"],
        check: attribute(&Row {
            on: &[("azurerm_container_registry", "admin_enabled")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "keeps its admin account",
            help: "set `admin_enabled` to false and give roles instead",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Container registry lets everyone pull its images
    ///
    /// Images hold code and settings of your own, and now and then a password. Pulling without a login is off by default, and the
    /// tier Basic does not have it.
    ANONYMOUS_PULL_ENABLED = "tf-azure-acr-anonymous-pull-enabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AZURE_138"],
        check: attribute(&Row {
            on: &[("azurerm_container_registry", "anonymous_pull_enabled")],
            given: &[Given { path: "sku", is: Want::In(&["Standard", "Premium"]), absent: Holds::No }],
            around: &["sku = \"Premium\""],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "lets everyone pull its images",
            help: "set `anonymous_pull_enabled` to false",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Container registry is reachable from public networks
    ///
    /// With a private endpoint a stolen token is of no use outside of the network. Only the tier Premium has one, so the rule is
    /// in the profile `all`.
    PUBLIC_NETWORK = "tf-azure-acr-public-network" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_139"],
        check: attribute(&Row {
            on: &[("azurerm_container_registry", "public_network_access_enabled")],
            wants: Want::False,
            wrong: "true",
            right: "false",
            says: "is reachable from public networks",
            help: "set `public_network_access_enabled` to false and add a private endpoint",
            ..Row::DEFAULT
        }),
    }
}
