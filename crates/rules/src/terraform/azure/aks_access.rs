//! Who gets at the API server of an AKS cluster.

use crate::terraform::network::is_everyone;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&ENDPOINT_OPEN_TO_INTERNET, &ENDPOINT_PUBLIC, &RBAC_DISABLED, &LOCAL_ACCOUNT_ENABLED];

const PRIVATE: &str = "private_cluster_enabled|private_link_enabled";

rule! {
    /// AKS API server is reachable from any address
    ///
    /// A stolen credential or a hole in the API server is enough, from anywhere. Silent for private clusters, and where the
    /// addresses are not known.
    ENDPOINT_OPEN_TO_INTERNET = "tf-azure-aks-endpoint-open-to-internet" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AZURE_6", "trivy:AZU-0041", "tfsec:azure-container-limit-authorized-ips"],
        check: attribute(&Row {
            on: &[(
                "azurerm_kubernetes_cluster",
                "api_server_access_profile.authorized_ip_ranges|api_server_authorized_ip_ranges",
            )],
            given: &[Given { path: PRIVATE, is: Want::False, absent: Holds::Yes }],
            wants: Want::Passes(is_limited),
            wrong: "[\"0.0.0.0/0\"]",
            right: "[\"198.51.100.0/24\"]",
            says: "lets every address reach its API server",
            help: "name the addresses in `authorized_ip_ranges` of `api_server_access_profile`, or make the cluster private",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a list of address ranges keeps anybody out.
fn is_limited(ranges: &Value) -> Option<bool> {
    let list = ranges.as_list()?;
    if list.items.iter().any(|range| range.as_str().is_some_and(is_everyone)) {
        return Some(false);
    }
    if list.items.is_empty() {
        return if list.open { None } else { Some(false) };
    }
    if list.open || list.items.iter().any(|range| range.as_str().is_none()) { None } else { Some(true) }
}

rule! {
    /// AKS API server has a public endpoint
    ///
    /// A private cluster cannot be reached from outside of its network at all, whatever its list of addresses says.
    ENDPOINT_PUBLIC = "tf-azure-aks-endpoint-public" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_115", "trivy:AZU-0065", "tfsec:azure-container-enable-private-cluster"],
        yields_to: &["tf-azure-aks-endpoint-open-to-internet"],
        check: attribute(&Row {
            on: &[("azurerm_kubernetes_cluster", PRIVATE)],
            wrong: "false",
            right: "true",
            says: "has a public endpoint for its API server",
            help: "set `private_cluster_enabled` to true; the cluster is made anew",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// AKS cluster runs without RBAC
    ///
    /// Everyone who may talk to the API server may do everything. RBAC is on by default, so only a cluster that turns it off
    /// is reported.
    RBAC_DISABLED = "tf-azure-aks-rbac-disabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_5", "trivy:AZU-0042", "tfsec:azure-container-use-rbac-permissions"],
        check: attribute(&Row {
            on: &[(
                "azurerm_kubernetes_cluster",
                "role_based_access_control_enabled|role_based_access_control.enabled",
            )],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "runs without RBAC",
            help: "set `role_based_access_control_enabled` to true; the cluster is made anew",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// AKS local admin account is active
    ///
    /// Its certificate is an administrator of the cluster for years, belongs to nobody and cannot be withdrawn. Turning it off
    /// needs the integration with Entra ID.
    LOCAL_ACCOUNT_ENABLED = "tf-azure-aks-local-account-enabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_141"],
        check: attribute(&Row {
            on: &[("azurerm_kubernetes_cluster", "local_account_disabled")],
            wrong: "false",
            right: "true",
            says: "keeps its local admin account",
            help: "set `local_account_disabled` to true",
            ..Row::DEFAULT
        }),
    }
}
