//! Azure Key Vault: the vault, its keys and its secrets.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &FIREWALL_OPEN,
    &PUBLIC_NETWORK,
    &PURGE_PROTECTION_DISABLED,
    &KEY_EXPIRY_MISSING,
    &SECRET_EXPIRY_MISSING,
    &SECRET_CONTENT_TYPE_MISSING,
];

rule! {
    /// Key vault firewall admits by default
    ///
    /// Whoever has a token reads all secrets from anywhere on the internet. Without `network_acls` every address is let in.
    /// Silent where public access is off.
    FIREWALL_OPEN = "tf-azure-key-vault-firewall-open" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AZURE_109", "trivy:AZU-0013", "tfsec:azure-keyvault-specify-network-acl"],
        check: attribute(&Row {
            on: &[("azurerm_key_vault", "network_acls.default_action")],
            given: &[Given { path: "public_network_access_enabled", is: Want::True, absent: Holds::Yes }],
            wants: Want::IsNot("Allow"),
            wrong: "\"Allow\"",
            right: "\"Deny\"",
            says: "lets in every address that no rule speaks of",
            help: "add `network_acls` with `default_action = \"Deny\"` and name the networks that need it",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Key vault is reachable from public networks
    ///
    /// With a private endpoint nothing outside of the network reaches the vault. Silent where `network_acls` names addresses or
    /// subnets, for then somebody has said who may.
    PUBLIC_NETWORK = "tf-azure-key-vault-public-network" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_189"],
        yields_to: &["tf-azure-key-vault-firewall-open"],
        check: attribute(&Row {
            on: &[("azurerm_key_vault", "public_network_access_enabled")],
            given: &[
                Given { path: "network_acls.ip_rules", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "network_acls.virtual_network_subnet_ids", is: Want::Nothing, absent: Holds::Yes },
            ],
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
    /// Key vault can be purged
    ///
    /// Whoever deletes the vault can purge it at once, and everything that its keys encrypted is lost. With purge protection it
    /// can be brought back for the time of retention. It cannot be turned off again, which is in the way of throw-away
    /// environments: the rule is in the profile `all`.
    PURGE_PROTECTION_DISABLED = "tf-azure-key-vault-purge-protection-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_110", "trivy:AZU-0016", "tfsec:azure-keyvault-no-purge"],
        check: attribute(&Row {
            on: &[("azurerm_key_vault", "purge_protection_enabled")],
            wrong: "false",
            right: "true",
            says: "can be purged as soon as it is deleted",
            help: "set `purge_protection_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Key vault key never expires
    ///
    /// A key with a date is one that somebody replaces. A rotation policy that lets its versions expire counts.
    KEY_EXPIRY_MISSING = "tf-azure-key-vault-key-expiry-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_40", "trivy:AZU-0014", "tfsec:azure-keyvault-ensure-key-expiry"],
        check: attribute(&Row {
            on: &[("azurerm_key_vault_key", "expiration_date")],
            given: &[Given { path: "rotation_policy.expire_after", is: Want::Nothing, absent: Holds::Yes }],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"2030-12-31T00:00:00Z\"",
            says: "never expires",
            help: "set `expiration_date`, or `expire_after` in a `rotation_policy`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Key vault secret never expires
    ///
    /// A secret with a date is one that somebody replaces. The vault tells of dates that draw near, but goes on handing the
    /// secret out only until then.
    SECRET_EXPIRY_MISSING = "tf-azure-key-vault-secret-expiry-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_41", "trivy:AZU-0017", "tfsec:azure-keyvault-ensure-secret-expiry"],
        check: attribute(&Row {
            on: &[("azurerm_key_vault_secret", "expiration_date")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"2030-12-31T00:00:00Z\"",
            says: "never expires",
            help: "set `expiration_date`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Key vault secret states no content type
    ///
    /// The content type says to whoever finds the secret what it is for. A matter of house style.
    SECRET_CONTENT_TYPE_MISSING = "tf-azure-key-vault-secret-content-type-missing" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &[
            "checkov:CKV_AZURE_114",
            "trivy:AZU-0015",
            "tfsec:azure-keyvault-content-type-for-secret",
        ],
        check: attribute(&Row {
            on: &[("azurerm_key_vault_secret", "content_type")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"password\"",
            says: "states no content type",
            help: "set `content_type`",
            ..Row::DEFAULT
        }),
    }
}
