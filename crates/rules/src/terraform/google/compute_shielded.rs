//! Shielded VM: what a machine checks when it starts.

use super::written_wrong;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&SHIELDED_VM_DISABLED, &SECURE_BOOT_DISABLED];

const MACHINES: &[&str] = &[
    "google_compute_instance",
    "google_compute_instance_from_template",
    "google_compute_instance_template",
    "google_compute_region_instance_template",
];

rule! {
    /// Compute instance switches Shielded VM protections off
    ///
    /// The virtual TPM and integrity monitoring show that a boot loader or kernel was changed. Both are on unless somebody
    /// turns them off, which is what is reported.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_instance" "web" {
    ///   shielded_instance_config {
    ///     enable_vtpm = false
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "google_compute_instance_template" "web" {
    ///   shielded_instance_config {
    ///     enable_secure_boot          = true
    ///     enable_integrity_monitoring = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_instance" "web" {
    ///   shielded_instance_config {
    ///     enable_secure_boot = true
    ///   }
    /// }
    /// resource "google_compute_instance" "other" {}
    /// ```
    SHIELDED_VM_DISABLED = "tf-google-compute-shielded-vm-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_GCP_39",
            "trivy:GCP-0041",
            "tfsec:google-compute-enable-shielded-vm-vtpm",
            "trivy:GCP-0045",
            "tfsec:google-compute-enable-shielded-vm-im",
        ],
        check: resource(MACHINES, |resource, configuration, report| {
            for path in ["enable_vtpm", "enable_integrity_monitoring"] {
                let path = format!("shielded_instance_config.{path}");
                let texts = ("switches a protection of Shielded VM off", "remove it, or set it to true");
                written_wrong(resource, configuration, report, (&path, Want::True), texts);
            }
        }),
    }
}

rule! {
    /// Compute instance starts without secure boot
    ///
    /// With secure boot only signed boot loaders, kernels and modules start, and a rootkit does not come back after a
    /// restart. It is off unless turned on, because drivers without signature do not load with it; so the rule is in the
    /// profile `all` only.
    SECURE_BOOT_DISABLED = "tf-google-compute-secure-boot-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["trivy:GCP-0067", "tfsec:google-compute-enable-shielded-vm-sb"],
        check: attribute(&Row {
            on: &[
                ("google_compute_instance", "shielded_instance_config.enable_secure_boot"),
                ("google_compute_instance_template", "shielded_instance_config.enable_secure_boot"),
                ("google_compute_region_instance_template", "shielded_instance_config.enable_secure_boot"),
            ],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "starts without secure boot",
            help: "set `enable_secure_boot` to true in `shielded_instance_config`",
            ..Row::DEFAULT
        }),
    }
}
