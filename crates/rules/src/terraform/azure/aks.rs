//! What an AKS cluster enforces, logs and encrypts.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&NETWORK_POLICY_MISSING, &LOGGING_DISABLED, &AZURE_POLICY_DISABLED, &CUSTOMER_KEY_MISSING];

rule! {
    /// AKS cluster enforces no network policy
    ///
    /// Network policies in the cluster are accepted and have no effect: every pod reaches every other one. Which engine
    /// enforces them is chosen when the cluster is made. Clusters that bring a network plugin of their own are left out.
    NETWORK_POLICY_MISSING = "tf-azure-aks-network-policy-missing" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_7", "trivy:AZU-0043", "tfsec:azure-container-configured-network-policy"],
        check: attribute(&Row {
            on: &[("azurerm_kubernetes_cluster", "network_profile.network_policy")],
            given: &[Given { path: "network_profile.network_plugin", is: Want::IsNot("none"), absent: Holds::Yes }],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"cilium\"",
            says: "enforces no network policies",
            help: "set `network_policy` in `network_profile` to `cilium`, `azure` or `calico`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// AKS cluster sends nothing to Azure Monitor
    ///
    /// Logs of containers are gone with their pods. Clusters that send them elsewhere have no use for the agent, so the rule is
    /// in the profile `all`.
    LOGGING_DISABLED = "tf-azure-aks-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_4", "trivy:AZU-0040", "tfsec:azure-container-logging"],
        check: attribute(&Row {
            on: &[("azurerm_kubernetes_cluster", "oms_agent.log_analytics_workspace_id")],
            given: &[Given { path: "addon_profile.oms_agent.enabled", is: Want::False, absent: Holds::Yes }],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"/subscriptions/x\"",
            says: "sends no logs of containers to Azure Monitor",
            help: "add `oms_agent` with `log_analytics_workspace_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// AKS cluster runs without the Azure Policy add-on
    ///
    /// Policies of the subscription for what runs in clusters are not enforced here. Clusters with another admission controller
    /// do without.
    AZURE_POLICY_DISABLED = "tf-azure-aks-azure-policy-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_116",
            "trivy:AZU-0066",
            "tfsec:azure-container-enable-azure-policy-addon",
        ],
        check: attribute(&Row {
            on: &[("azurerm_kubernetes_cluster", "azure_policy_enabled|addon_profile.azure_policy.enabled")],
            wrong: "false",
            right: "true",
            says: "runs without the Azure Policy add-on",
            help: "set `azure_policy_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// AKS disks use no disk encryption set
    ///
    /// Disks of nodes and volumes are encrypted with keys of the platform; with a disk encryption set they are with yours. It
    /// can only be chosen when the cluster is made.
    CUSTOMER_KEY_MISSING = "tf-azure-aks-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_117", "trivy:AZU-0067", "tfsec:azure-container-enable-disk-encryption"],
        check: attribute(&Row {
            on: &[("azurerm_kubernetes_cluster", "disk_encryption_set_id")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"/subscriptions/x\"",
            says: "encrypts its disks without a key of yours",
            help: "set `disk_encryption_set_id`",
            ..Row::DEFAULT
        }),
    }
}
