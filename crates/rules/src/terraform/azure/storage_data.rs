//! What keeps the data of an Azure storage account: logs, copies and keys.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &QUEUE_LOGGING_DISABLED,
    &SOFT_DELETE_DISABLED,
    &NOT_GEO_REDUNDANT,
    &CUSTOMER_KEY_MISSING,
    &INFRASTRUCTURE_ENCRYPTION_MISSING,
];

/// Premium accounts have no queues and no copies in another region.
const IS_STANDARD: Given = Given { path: "account_tier", is: Want::IsNot("Premium"), absent: Holds::Yes };

rule! {
    /// Storage queue requests are not logged
    ///
    /// The log says who read, wrote and deleted messages, and from where. All three have to be on; a diagnostic setting for the
    /// queues counts as well. Accounts that can have no queues are left out.
    ///
    /// ```hcl bad:1
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    ///   queue_properties {
    ///     logging {
    ///       read    = true
    ///       write   = true
    ///       delete  = false
    ///       version = "1.0"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    ///   queue_properties {
    ///     logging {
    ///       read    = true
    ///       write   = true
    ///       delete  = true
    ///       version = "1.0"
    ///     }
    ///   }
    /// }
    /// resource "azurerm_storage_account" "blobs" {
    ///   name         = "blobs"
    ///   account_kind = "BlobStorage"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    /// }
    /// resource "azurerm_monitor_diagnostic_setting" "queues" {
    ///   name               = "queues"
    ///   target_resource_id = "${azurerm_storage_account.main.id}/queueServices/default"
    ///   enabled_log {
    ///     category_group = "allLogs"
    ///   }
    /// }
    /// ```
    QUEUE_LOGGING_DISABLED = "tf-azure-storage-queue-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_33",
            "trivy:AZU-0009",
            "tfsec:azure-storage-queue-services-logging-enabled",
        ],
        check: linked(&LinkRow {
            on: &["azurerm_storage_account"],
            given: &[
                IS_STANDARD,
                Given { path: "account_kind", is: Want::In(&["Storage", "StorageV2"]), absent: Holds::Yes },
            ],
            inline: &[Given {
                path: "queue_properties.logging[*]",
                is: Want::Passes(logs_requests),
                absent: Holds::No,
            }],
            by: &[
                ("azurerm_storage_account_queue_properties", "storage_account_id"),
                ("azurerm_monitor_diagnostic_setting", "target_resource_id"),
            ],
            wants: &[Given {
                path: "logging[*]|enabled_log[*]|log[*]",
                is: Want::Passes(logs_requests),
                absent: Holds::No,
            }],
            says: "does not log the requests to its queues",
            help: "turn on `read`, `write` and `delete` in the `logging` block of the queue properties",
            ..LinkRow::DEFAULT
        }),
    }
}

/// Whether a block turns the log on: all three kinds of requests, or a category of a diagnostic setting.
fn logs_requests(block: &Value) -> Option<bool> {
    let map = block.as_map()?;
    if map.get("category").is_some() || map.get("category_group").is_some() {
        return Some(true);
    }
    let mut known = Some(true);
    for kind in ["read", "write", "delete"] {
        match map.get(kind).filter(|value| !value.is_null()).map(Value::as_bool) {
            Some(Some(true)) => {}
            Some(None) => known = None,
            None if map.open => known = None,
            Some(Some(false)) | None => return Some(false),
        }
    }
    known
}

rule! {
    /// Deleted blobs cannot be recovered
    ///
    /// A wrong command or a stolen key deletes for good. Soft delete keeps what was deleted for some days. Accounts for file
    /// shares have no blobs.
    SOFT_DELETE_DISABLED = "tf-azure-storage-account-soft-delete-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV2_AZURE_38",
            "trivy:AZU-0056",
            "tfsec:azure-storage-blobs-soft-deletion-enabled",
        ],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "blob_properties.delete_retention_policy[*]")],
            given: &[Given { path: "account_kind", is: Want::IsNot("FileStorage"), absent: Holds::Yes }],
            wants: Want::Passes(keeps_deleted),
            wrong: "{\n      days = 0\n    }",
            right: "{\n      days = 30\n    }",
            says: "does not keep deleted blobs",
            help: "add `delete_retention_policy` to `blob_properties`",
            ..Row::DEFAULT
        }),
    }
}

/// Whether the policy is for any time at all; it is for some days where it does not say.
fn keeps_deleted(policy: &Value) -> Option<bool> {
    let map = policy.as_map()?;
    map.get("days").filter(|days| !days.is_null()).map_or(Some(true), |days| days.as_i64().map(|days| days > 0))
}

rule! {
    /// Storage account keeps no copy in another region
    ///
    /// When a region is lost, so are the data, and what is needed to build things again elsewhere. The better types of
    /// replication cost about twice as much. Premium accounts have none of them.
    NOT_GEO_REDUNDANT = "tf-azure-storage-account-not-geo-redundant" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_206",
            "trivy:AZU-0058",
            "tfsec:azure-storage-enable-geo-redundant-backups",
        ],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "account_replication_type")],
            given: &[IS_STANDARD],
            wants: Want::In(&["GRS", "RAGRS", "GZRS", "RAGZRS"]),
            wrong: "\"LRS\"",
            right: "\"GZRS\"",
            says: "keeps no copy in another region",
            help: "set `account_replication_type` to `GRS`, `RAGRS`, `GZRS` or `RAGZRS`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage account uses no customer-managed key
    ///
    /// All accounts are encrypted; with a key of your own you say who may use it, and take that back. A block of the account
    /// and a resource of its own count.
    ///
    /// ```hcl bad:1
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_storage_account" "main" {
    ///   name = "files"
    ///   customer_managed_key {
    ///     key_vault_key_id          = azurerm_key_vault_key.main.id
    ///     user_assigned_identity_id = azurerm_user_assigned_identity.main.id
    ///   }
    /// }
    /// resource "azurerm_storage_account" "logs" {
    ///   name = "logs"
    /// }
    /// resource "azurerm_storage_account_customer_managed_key" "logs" {
    ///   storage_account_id = azurerm_storage_account.logs.id
    ///   key_vault_key_id   = azurerm_key_vault_key.main.id
    /// }
    /// ```
    CUSTOMER_KEY_MISSING = "tf-azure-storage-account-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV2_AZURE_1",
            "trivy:AZU-0060",
            "tfsec:azure-storage-blob-container-cmk-encrypted",
        ],
        check: linked(&LinkRow {
            on: &["azurerm_storage_account"],
            inline: &[Given { path: "customer_managed_key", is: Want::Present, absent: Holds::No }],
            by: &[("azurerm_storage_account_customer_managed_key", "storage_account_id")],
            says: "uses no customer-managed key",
            help: "add a `customer_managed_key` block",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// Storage account lacks a second encryption layer
    ///
    /// Infrastructure encryption encrypts what is encrypted once more, with another algorithm and key: some regulations ask for
    /// it. It can only be turned on when the account is made. Kinds of accounts that do not have it are left out.
    INFRASTRUCTURE_ENCRYPTION_MISSING = "tf-azure-storage-account-infrastructure-encryption-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["trivy:AZU-0061", "tfsec:azure-storage-infrastructure-encryption-enabled"],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "infrastructure_encryption_enabled")],
            given: &[Given {
                path: "account_kind",
                is: Want::In(&["StorageV2", "BlockBlobStorage", "FileStorage"]),
                absent: Holds::Yes,
            }],
            wrong: "false",
            right: "true",
            says: "lacks the second layer of encryption",
            help: "set `infrastructure_encryption_enabled` to true; the account is made anew",
            ..Row::DEFAULT
        }),
    }
}
