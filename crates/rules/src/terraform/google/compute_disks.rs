//! Disks of Compute Engine and their keys.
//!
//! Google encrypts every disk; these rules are about whose key it is.

use portcullis_secrets::credential::is_placeholder;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&DISK_CUSTOMER_KEY_MISSING, &INSTANCE_CUSTOMER_KEY_MISSING, &DISK_KEY_PLAINTEXT];

rule! {
    /// Compute disk uses no customer key
    ///
    /// With a key of one's own, access to the data can be withdrawn and each use of the key is logged. A key of Cloud KMS
    /// counts, and one that is handed over with each request.
    DISK_CUSTOMER_KEY_MISSING = "tf-google-compute-disk-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_37", "trivy:GCP-0034", "tfsec:google-compute-disk-encryption-customer-key"],
        check: attribute(&Row {
            on: &[("google_compute_disk", "disk_encryption_key"), ("google_compute_region_disk", "disk_encryption_key")],
            wants: Want::Present,
            absent: Absent::Fails,
            right: "{\n    kms_key_self_link = \"projects/p/locations/l/keyRings/r/cryptoKeys/k\"\n  }",
            says: "is not encrypted with a customer key",
            help: "add a `disk_encryption_key` block with `kms_key_self_link`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Compute instance disk uses no customer key
    ///
    /// With a key of one's own, access to the data can be withdrawn and each use of the key is logged. Boot disks are
    /// looked at; disks that exist by themselves are judged where they are made.
    ///
    /// ```hcl bad:2
    /// resource "google_compute_instance" "web" {
    ///   boot_disk {
    ///     initialize_params {
    ///       image = "debian-cloud/debian-12"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_kms_crypto_key" "disks" {}
    /// resource "google_compute_instance" "web" {
    ///   boot_disk {
    ///     kms_key_self_link = google_kms_crypto_key.disks.id
    ///   }
    /// }
    /// resource "google_compute_disk" "boot" {
    ///   disk_encryption_key {
    ///     kms_key_self_link = google_kms_crypto_key.disks.id
    ///   }
    /// }
    /// resource "google_compute_instance" "other" {
    ///   boot_disk {
    ///     source = google_compute_disk.boot.self_link
    ///   }
    /// }
    /// ```
    INSTANCE_CUSTOMER_KEY_MISSING = "tf-google-compute-instance-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_38", "trivy:GCP-0033", "tfsec:google-compute-vm-disk-encryption-customer-key"],
        check: resource(&["google_compute_instance"], |resource, configuration, report| {
            for lookup in lookups(resource, "boot_disk[*]") {
                let Lookup::Present(disk) = lookup else { continue };
                let mut answer = Some(false);
                for path in ["source", "kms_key_self_link", "disk_encryption_key_raw", "disk_encryption_key_rsa"] {
                    answer = match (answer, holds_something(&lookups_in(&disk, path))) {
                        (Some(true), _) | (_, Some(true)) => Some(true),
                        (None, _) | (_, None) => None,
                        _ => Some(false),
                    };
                }
                match answer {
                    Some(true) => {}
                    None => report.undecided(),
                    Some(false) => {
                        let message = format!("the boot disk of `{}` is not encrypted with a customer key", resource.local);
                        report.at_value(disk, resource, configuration, message).help("set `kms_key_self_link`");
                    }
                }
            }
        }),
    }
}

fn holds_something(answers: &[Lookup<'_>]) -> Option<bool> {
    match answers.first()? {
        Lookup::Present(found) => Want::Present.holds(found.value),
        Lookup::Absent(_) => Some(false),
        Lookup::Unknown(_) => None,
    }
}

rule! {
    /// Disk encryption key is written into the configuration
    ///
    /// Who can read the repository, or the state, can read the disk. A key that comes in through a variable's default is
    /// in the repository as well; one without default is silent, and so is a text that only marks the place of a key.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_disk" "data" {
    ///   disk_encryption_key {
    ///     raw_key = "N2iWq0vSe5zX1mQ8rTb4yUc7pLd9kJfA3hGsEo6xZwM="
    ///   }
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "google_compute_instance" "web" {
    ///   boot_disk {
    ///     disk_encryption_key_raw = "N2iWq0vSe5zX1mQ8rTb4yUc7pLd9kJfA3hGsEo6xZwM="
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "key" {
    ///   type      = string
    ///   sensitive = true
    /// }
    /// resource "google_compute_disk" "data" {
    ///   disk_encryption_key {
    ///     raw_key = var.key
    ///   }
    /// }
    /// ```
    DISK_KEY_PLAINTEXT = "tf-google-compute-disk-key-plaintext" {
        severity: Severity::Critical,
        peers: &["trivy:GCP-0037", "tfsec:google-compute-disk-encryption-no-plaintext-key"],
        check: resource(
            &["google_compute_disk", "google_compute_region_disk", "google_compute_instance"],
            |resource, configuration, report| {
                for path in KEYS {
                    for lookup in lookups(resource, path) {
                        let Lookup::Present(found) = lookup else { continue };
                        let Some(text) = found.value.as_str() else { continue };
                        if !text.is_empty() && !is_placeholder(text) {
                            let message = format!("`{}` has the key of a disk as text", resource.local);
                            report
                                .at_value(found, resource, configuration, message)
                                .help("replace the key, and name one of Cloud KMS by `kms_key_self_link`")
                                .mask(found.value.span);
                        }
                    }
                }
            },
        ),
    }
}

/// Where disks have keys of their own.
const KEYS: &[&str] = &[
    "disk_encryption_key.raw_key",
    "source_image_encryption_key.raw_key",
    "source_snapshot_encryption_key.raw_key",
    "boot_disk.disk_encryption_key_raw",
    "attached_disk.disk_encryption_key_raw",
];
