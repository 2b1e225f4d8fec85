//! Azure virtual machines and their disks.

use crate::terraform::prelude::*;
use crate::terraform::scripts;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&PASSWORD_AUTH_ENABLED, &CUSTOM_DATA_SECRET, &DISK_ENCRYPTION_UNSET];

rule! {
    /// Linux virtual machine accepts password logins
    ///
    /// Passwords are guessed, reused and shared; SSH keys are not. Machines ask for keys unless they say otherwise.
    PASSWORD_AUTH_ENABLED = "tf-azure-compute-password-auth-enabled" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AZURE_1",
            "checkov:CKV_AZURE_149",
            "checkov:CKV_AZURE_178",
            "trivy:AZU-0039",
            "tfsec:azure-compute-disable-password-authentication",
        ],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_virtual_machine", "disable_password_authentication"),
                ("azurerm_linux_virtual_machine_scale_set", "disable_password_authentication"),
                ("azurerm_virtual_machine", "os_profile_linux_config.disable_password_authentication"),
                ("azurerm_virtual_machine_scale_set", "os_profile_linux_config.disable_password_authentication"),
            ],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "accepts logins by password",
            help: "set `disable_password_authentication` to true and add an SSH key",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Managed disk names no encryption of its own
    ///
    /// All disks are encrypted by the platform; with a disk encryption set they are with a key of yours. Encryption inside of the
    /// machine, by `encryption_settings`, counts.
    DISK_ENCRYPTION_UNSET = "tf-azure-compute-disk-encryption-unset" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_2",
            "checkov:CKV_AZURE_93",
            "trivy:AZU-0038",
            "tfsec:azure-compute-enable-disk-encryption",
        ],
        check: attribute(&Row {
            on: &[("azurerm_managed_disk", "disk_encryption_set_id|secure_vm_disk_encryption_set_id")],
            given: &[Given {
                path: "encryption_settings[*]",
                is: Want::Passes(|settings| {
                    let map = settings.as_map()?;
                    map.get("enabled").map_or((!map.open).then_some(false), |on| on.as_bool().map(|on| !on))
                }),
                absent: Holds::Yes,
            }],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"/subscriptions/x\"",
            says: "is encrypted without a key of yours",
            help: "set `disk_encryption_set_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Virtual machine custom data contains a secret
    ///
    /// Custom data stay on the machine, in the state and in the portal, for everyone who may look at the machine. Told by the
    /// forms of well-known tokens, and by names that promise a secret with a value that looks like one; text that is only known
    /// when Terraform runs is not seen.
    ///
    /// ```hcl bad:2
    /// resource "azurerm_linux_virtual_machine" "main" {
    ///   custom_data = base64encode("export DB_PASSWORD=kee9-Phoh-ua4i-Xo")
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "azurerm_virtual_machine" "main" {
    ///   os_profile {
    ///     custom_data = "#!/bin/sh\nexport DB_PASSWORD=kee9-Phoh-ua4i-Xo\n"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:3
    /// variable "host" {}
    /// resource "azurerm_linux_virtual_machine" "main" {
    ///   custom_data = "export DB_HOST=${var.host} DB_PASSWORD=kee9-Phoh-ua4i-Xo"
    /// }
    /// ```
    /// ```hcl good
    /// variable "script" {}
    /// variable "password" {}
    /// resource "azurerm_linux_virtual_machine" "third" {
    ///   custom_data = "export DB_PASSWORD=${var.password}"
    /// }
    /// resource "azurerm_linux_virtual_machine" "main" {
    ///   custom_data = base64encode("#!/bin/sh\napt-get install -y nginx\n")
    /// }
    /// resource "azurerm_linux_virtual_machine" "other" {
    ///   custom_data = var.script
    /// }
    /// ```
    CUSTOM_DATA_SECRET = "tf-azure-compute-custom-data-secret" {
        severity: Severity::High,
        tags: &["secret"],
        peers: &["checkov:CKV_AZURE_45", "trivy:AZU-0037", "tfsec:azure-compute-no-secrets-in-custom-data"],
        check: resource(
            &[
                "azurerm_linux_virtual_machine",
                "azurerm_linux_virtual_machine_scale_set",
                "azurerm_windows_virtual_machine",
                "azurerm_windows_virtual_machine_scale_set",
                "azurerm_virtual_machine",
                "azurerm_virtual_machine_scale_set",
            ],
            |resource, configuration, report| {
                let help = "let the machine read it from a key vault by its managed identity";
                let paths = ["custom_data", "user_data", "os_profile.custom_data"];
                scripts::judge(&paths, ("custom data", help), resource, configuration, report);
            },
        ),
    }
}
