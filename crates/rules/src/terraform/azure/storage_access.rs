//! Who gets at an Azure storage account, and how: TLS, anonymous reading, keys.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&HTTP_ALLOWED, &TLS_OLD, &CONTAINER_PUBLIC, &BLOB_PUBLIC_ALLOWED, &SHARED_KEY_ALLOWED];

rule! {
    /// Storage account accepts plain HTTP
    ///
    /// Files, keys and signed links go over the network in the clear, and whoever is on the way reads or changes them. HTTPS
    /// is the default of the provider, so only an account that turns it off is reported.
    HTTP_ALLOWED = "tf-azure-storage-account-http-allowed" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_3", "trivy:AZU-0008", "tfsec:azure-storage-enforce-https"],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "https_traffic_only_enabled|enable_https_traffic_only")],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "accepts plain HTTP",
            help: "remove the attribute or set `https_traffic_only_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage account accepts TLS below 1.2
    ///
    /// TLS 1.0 and 1.1 have known weaknesses, and no client that is still maintained needs them. Version 1.2 is the default
    /// since azurerm 3; an account that says nothing is reported only where the configuration asks for an older provider.
    TLS_OLD = "tf-azure-storage-account-tls-old" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AZURE_44", "trivy:AZU-0011", "tfsec:azure-storage-use-secure-tls-policy"],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "min_tls_version")],
            wants: Want::NotIn(&["TLS1_0", "TLS1_1"]),
            absent: Absent::FailsBefore("azurerm", 3),
            wrong: "\"TLS1_0\"",
            right: "\"TLS1_2\"",
            says: "accepts TLS below version 1.2",
            help: "set `min_tls_version` to `TLS1_2`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage container can be read anonymously
    ///
    /// Everyone on the internet who knows or guesses the address reads what is in it; with `container` they can list it as
    /// well. Containers are private unless they say otherwise.
    CONTAINER_PUBLIC = "tf-azure-storage-container-public" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_34", "trivy:AZU-0007", "tfsec:azure-storage-no-public-access"],
        check: attribute(&Row {
            on: &[("azurerm_storage_container", "container_access_type")],
            wants: Want::NotIn(&["blob", "container"]),
            absent: Absent::Passes,
            wrong: "\"blob\"",
            right: "\"private\"",
            says: "can be read by everyone",
            help: "set `container_access_type` to `private`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage account lets its blobs be made public
    ///
    /// With the switch off no container of the account can be opened to everyone, by mistake or otherwise. It was on by
    /// default before azurerm 5, so silence is reported where the configuration asks for an older provider.
    BLOB_PUBLIC_ALLOWED = "tf-azure-storage-account-blob-public-allowed" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_190", "checkov:CKV2_AZURE_47"],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "allow_nested_items_to_be_public|allow_blob_public_access")],
            wants: Want::False,
            absent: Absent::FailsBefore("azurerm", 5),
            wrong: "true",
            right: "false",
            says: "lets its containers be opened to everyone",
            help: "set `allow_nested_items_to_be_public` to false",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage account accepts shared keys
    ///
    /// An account key opens everything in the account, expires never and names nobody in the log. Access through Entra ID
    /// does none of that; tools that only know keys stop working without them.
    SHARED_KEY_ALLOWED = "tf-azure-storage-account-shared-key-allowed" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AZURE_40"],
        check: attribute(&Row {
            on: &[("azurerm_storage_account", "shared_access_key_enabled")],
            wants: Want::False,
            wrong: "true",
            right: "false",
            says: "accepts shared keys",
            help: "set `shared_access_key_enabled` to false and give roles instead",
            ..Row::DEFAULT
        }),
    }
}
