//! Azure networks: interfaces, subnets and flow logs.

use super::database_logging::is_long;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&INTERFACE_PUBLIC_IP, &INTERFACE_IP_FORWARDING, &SUBNET_NSG_MISSING, &FLOW_LOG_RETENTION_SHORT];

rule! {
    /// Network interface has a public IP address
    ///
    /// The machine stands on the internet by itself, past load balancers and firewalls. Gateways and bastion hosts that are meant
    /// to are worth a comment.
    INTERFACE_PUBLIC_IP = "tf-azure-network-interface-public-ip" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AZURE_119", "trivy:AZU-0076", "tfsec:azure-network-network-interface-public-ip"],
        check: attribute(&Row {
            on: &[("azurerm_network_interface", "ip_configuration.public_ip_address_id")],
            wants: Want::Nothing,
            absent: Absent::Passes,
            wrong: "\"/subscriptions/x\"",
            right: "null",
            says: "has a public IP address",
            help: "remove `public_ip_address_id` and reach the machine through a load balancer or Bastion",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Network interface forwards foreign packets
    ///
    /// A machine that forwards can be made a way around the rules between networks. Routers and firewalls have to; everything else
    /// has it off by default.
    INTERFACE_IP_FORWARDING = "tf-azure-network-interface-ip-forwarding" {
        severity: Severity::Medium,
        peers: &[
            "checkov:CKV_AZURE_118",
            "trivy:AZU-0075",
            "tfsec:azure-network-network-ip-forwarding-enabled",
        ],
        check: attribute(&Row {
            on: &[("azurerm_network_interface", "ip_forwarding_enabled|enable_ip_forwarding")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "forwards packets that are not for it",
            help: "remove the attribute or set `ip_forwarding_enabled` to false",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Subnet has no network security group
    ///
    /// Without a group everything in the virtual network, and in networks peered with it, reaches everything in the subnet. The
    /// subnets of gateways, firewalls and route servers, and those of NetApp volumes, cannot have one and are left out.
    ///
    /// ```hcl bad:1
    /// resource "azurerm_subnet" "app" {
    ///   name = "app"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_subnet" "app" {
    ///   name = "app"
    /// }
    /// resource "azurerm_subnet_network_security_group_association" "app" {
    ///   subnet_id                 = azurerm_subnet.app.id
    ///   network_security_group_id = azurerm_network_security_group.app.id
    /// }
    /// resource "azurerm_subnet" "gateway" {
    ///   name = "GatewaySubnet"
    /// }
    /// ```
    SUBNET_NSG_MISSING = "tf-azure-network-subnet-nsg-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AZURE_31"],
        check: linked(&LinkRow {
            on: &["azurerm_subnet"],
            given: &[
                Given {
                    path: "name",
                    is: Want::NotIn(&[
                        "GatewaySubnet",
                        "AzureFirewallSubnet",
                        "AzureFirewallManagementSubnet",
                        "RouteServerSubnet",
                    ]),
                    absent: Holds::Yes,
                },
                Given {
                    path: "delegation.service_delegation.name",
                    is: Want::NotIn(&["Microsoft.Netapp/volumes", "Microsoft.NetApp/volumes"]),
                    absent: Holds::Yes,
                },
            ],
            inline: &[Given { path: "network_security_group_id", is: Want::Present, absent: Holds::No }],
            by: &[("azurerm_subnet_network_security_group_association", "subnet_id")],
            says: "has no network security group",
            help: "add an `azurerm_subnet_network_security_group_association` for it",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// Network flow logs are kept under 90 days
    ///
    /// An intrusion is often found after months, and the log says who talked to whom. Days set to 0 keep the log for good.
    FLOW_LOG_RETENTION_SHORT = "tf-azure-network-flow-log-retention-short" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_12", "trivy:AZU-0049", "tfsec:azure-network-retention-policy-set"],
        check: attribute(&Row {
            on: &[("azurerm_network_watcher_flow_log", "retention_policy[*]")],
            wants: Want::Passes(keeps_long),
            wrong: "{\n    enabled = true\n    days    = 7\n  }",
            right: "{\n    enabled = true\n    days    = 90\n  }",
            says: "does not promise to keep its log for 90 days",
            help: "set `retention_policy` to `enabled = true` with `days` of 90 or more, or 0",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a retention policy is on and long enough.
fn keeps_long(policy: &Value) -> Option<bool> {
    let map = policy.as_map()?;
    let is_on = match map.get("enabled").filter(|value| !value.is_null()) {
        Some(enabled) => enabled.as_bool(),
        None => (!map.open).then_some(false),
    };
    let is_long = match map.get("days").filter(|value| !value.is_null()) {
        Some(days) => is_long(days),
        None => (!map.open).then_some(false),
    };
    match (is_on, is_long) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}
