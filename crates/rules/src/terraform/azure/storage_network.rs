//! From where an Azure storage account can be reached.
//!
//! The firewall is a block of the account or a resource of its own. One that was set up outside of the configuration is
//! not seen.

use crate::terraform::attribute::all_hold;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&FIREWALL_OPEN, &PUBLIC_NETWORK, &TRUSTED_SERVICES_BLOCKED];

const RULES_RESOURCE: &str = "azurerm_storage_account_network_rules";

/// An account without a public endpoint has no use for a firewall.
const IS_PUBLIC: Given = Given { path: "public_network_access_enabled", is: Want::True, absent: Holds::Yes };

rule! {
    /// Storage account firewall admits by default
    ///
    /// Without rules, or with rules that allow by default, any address on the internet may try keys and signed links on the
    /// account. Silent where public access is off, and where the account is handed to a module that is not at hand.
    ///
    /// ```hcl bad:1
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    ///   network_rules {
    ///     default_action = "Allow"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:6
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    /// }
    /// resource "azurerm_storage_account_network_rules" "main" {
    ///   storage_account_id = azurerm_storage_account.main.id
    ///   default_action     = "Allow"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    /// }
    /// resource "azurerm_storage_account_network_rules" "main" {
    ///   storage_account_id = azurerm_storage_account.main.id
    ///   default_action     = "Deny"
    /// }
    /// ```
    /// ```hcl good
    /// variable "undecided" {}
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    ///   network_rules {
    ///     default_action = var.undecided
    ///   }
    /// }
    /// resource "azurerm_storage_account" "private" {
    ///   name                          = "private"
    ///   public_network_access_enabled = false
    /// }
    /// ```
    FIREWALL_OPEN = "tf-azure-storage-account-firewall-open" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AZURE_35", "trivy:AZU-0012", "tfsec:azure-storage-default-action-deny"],
        check: resource(&["azurerm_storage_account", RULES_RESOURCE], |resource, configuration, report| {
            let is_account = &*resource.kind != RULES_RESOURCE;
            if is_account {
                match all_hold(resource, &[IS_PUBLIC]) {
                    Holds::Yes => {}
                    Holds::No => return,
                    Holds::Unknown => return report.undecided(),
                }
            }
            let path = if is_account { "network_rules.default_action" } else { "default_action" };
            for lookup in lookups(resource, path) {
                match lookup {
                    Lookup::Present(found) => match Want::IsNot("Allow").holds(found.value) {
                        Some(true) => {}
                        Some(false) => {
                            let message = format!("`{}` lets in whoever no rule speaks of", resource.local);
                            report.at_value(found, resource, configuration, message).help(HELP);
                        }
                        None => report.undecided(),
                    },
                    Lookup::Absent(_) if is_account => no_rules(resource, configuration, report),
                    Lookup::Absent(_) => {}
                    Lookup::Unknown(_) => report.undecided(),
                }
            }
        }),
    }
}

const HELP: &str = "set `default_action` of the network rules to `Deny` and name the networks that need it";

/// An account that has no rules itself: a resource of its own may have them, and is judged by itself.
fn no_rules(resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    for path in ["storage_account_id", "storage_account_name"] {
        let links = configuration.linked(resource, RULES_RESOURCE, path, &["name"]);
        if !links.certain.is_empty() {
            return;
        }
        if links.maybe {
            return report.undecided();
        }
    }
    let message = format!("`{}` has no firewall rules and lets in every address", resource.local);
    report.at_resource(resource, configuration, message).help(HELP);
}

rule! {
    /// Storage account is reachable from public networks
    ///
    /// With a private endpoint nothing outside of the network even reaches the login. Accounts that serve the public, or
    /// partners by their addresses, have to stay open, so the rule is in the profile `all` only.
    PUBLIC_NETWORK = "tf-azure-storage-account-public-network" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_59"],
        yields_to: &["tf-azure-storage-account-firewall-open"],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "public_network_access_enabled")],
            wants: Want::False,
            wrong: "true",
            right: "false",
            says: "is reachable from public networks",
            help: "set `public_network_access_enabled` to false and add a private endpoint",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage account shuts out trusted Microsoft services
    ///
    /// Backup, monitoring and event delivery come from addresses that no rule names, and stop without a word where the
    /// firewall leaves them out. Azure lets them in unless `bypass` is set to something else. It weakens the firewall, so
    /// the rule has to be asked for.
    TRUSTED_SERVICES_BLOCKED = "tf-azure-storage-account-trusted-services-blocked" {
        severity: Severity::High,
        profile: Profile::OptIn,
        peers: &[
            "checkov:CKV_AZURE_36",
            "trivy:AZU-0010",
            "tfsec:azure-storage-allow-microsoft-service-bypass",
        ],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "network_rules.bypass"), (RULES_RESOURCE, "bypass")],
            given: &[Given {
                path: "network_rules.default_action|default_action",
                is: Want::IsNot("Allow"),
                absent: Holds::Yes,
            }],
            wants: Want::Contains("AzureServices"),
            absent: Absent::Passes,
            wrong: "[\"None\"]",
            right: "[\"AzureServices\", \"Logging\"]",
            says: "shuts out trusted Microsoft services",
            help: "add `AzureServices` to `bypass`",
            ..Row::DEFAULT
        }),
    }
}
