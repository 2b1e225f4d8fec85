//! Metadata of machines and projects of Compute Engine, by which logins are switched.
//!
//! Values are read as the guest agent reads them: `TRUE`, `true`, `1`, `yes`. What a template sets for the machines made
//! from it is not asked of them.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&PROJECT_SSH_KEYS_ALLOWED, &SERIAL_PORT_ENABLED, &OS_LOGIN_DISABLED, &OS_LOGIN_OVERRIDDEN];

/// Whether the guest agent takes the value for true.
fn is_on(value: &Value) -> Option<bool> {
    let text = value.to_text()?;
    Some(["true", "1", "y", "yes", "t"].iter().any(|word| text.eq_ignore_ascii_case(word)))
}

fn is_off(value: &Value) -> Option<bool> {
    is_on(value).map(|is| !is)
}

rule! {
    /// Compute instance accepts project-wide SSH keys
    ///
    /// A key in the metadata of the project opens every machine that does not refuse it, and nobody remembers whose it
    /// is. Silent for machines with OS Login, which ignores keys in metadata.
    ///
    /// ```hcl bad:1
    /// resource "google_compute_instance" "web" {
    ///   name = "web"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "google_compute_instance_template" "web" {
    ///   metadata = {
    ///     block-project-ssh-keys = "false"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "metadata" {}
    /// resource "google_compute_instance" "web" {
    ///   metadata = {
    ///     block-project-ssh-keys = true
    ///   }
    /// }
    /// resource "google_compute_instance" "login" {
    ///   metadata = {
    ///     enable-oslogin = "TRUE"
    ///   }
    /// }
    /// resource "google_compute_instance" "other" {
    ///   metadata = var.metadata
    /// }
    /// ```
    PROJECT_SSH_KEYS_ALLOWED = "tf-google-compute-project-ssh-keys-allowed" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_32", "trivy:GCP-0030", "tfsec:google-compute-no-project-wide-ssh-keys"],
        check: resource(
            &[
                "google_compute_instance",
                "google_compute_instance_template",
                "google_compute_region_instance_template",
                FROM_TEMPLATE,
            ],
            |resource, configuration, report| {
                let row = if resource.is(FROM_TEMPLATE) { &PROJECT_KEYS_IF_WRITTEN } else { &PROJECT_KEYS };
                row.check(&resource.kind, resource, configuration, report);
            },
        ),
    }
}

const FROM_TEMPLATE: &str = "google_compute_instance_from_template";

const PROJECT_KEYS_ROW: Row = Row {
    on: &[
        ("google_compute_instance", "metadata.block-project-ssh-keys"),
        ("google_compute_instance_template", "metadata.block-project-ssh-keys"),
        ("google_compute_region_instance_template", "metadata.block-project-ssh-keys"),
        (FROM_TEMPLATE, "metadata.block-project-ssh-keys"),
    ],
    given: &[Given { path: "metadata.enable-oslogin", is: Want::Passes(is_off), absent: Holds::Yes }],
    wants: Want::Passes(is_on),
    absent: Absent::Fails,
    says: "accepts the SSH keys of the whole project",
    help: "set `block-project-ssh-keys` to true in `metadata`",
    ..Row::DEFAULT
};
static PROJECT_KEYS: Row = PROJECT_KEYS_ROW;

/// What the template says is not known.
static PROJECT_KEYS_IF_WRITTEN: Row = Row { absent: Absent::Passes, ..PROJECT_KEYS_ROW };

rule! {
    /// Compute instance exposes its serial console
    ///
    /// The interactive console takes connections from any address in the world, whatever the firewall says, and its logins
    /// are not those of SSH. It is for rescue, and to be closed after.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_instance" "web" {
    ///   metadata = {
    ///     serial-port-enable = "TRUE"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_instance" "web" {
    ///   metadata = {
    ///     serial-port-enable = "FALSE"
    ///   }
    /// }
    /// resource "google_compute_instance" "other" {}
    /// ```
    SERIAL_PORT_ENABLED = "tf-google-compute-serial-port-enabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_35", "trivy:GCP-0032", "tfsec:google-compute-no-serial-port"],
        check: attribute(&Row {
            on: &[
                ("google_compute_instance", "metadata.serial-port-enable"),
                ("google_compute_instance_template", "metadata.serial-port-enable"),
                ("google_compute_region_instance_template", "metadata.serial-port-enable"),
                ("google_compute_instance_from_template", "metadata.serial-port-enable"),
            ],
            wants: Want::Passes(is_off),
            absent: Absent::Passes,
            says: "exposes its serial console",
            help: "remove `serial-port-enable` from `metadata`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Project does not use OS Login
    ///
    /// OS Login ties SSH to accounts: roles decide who gets in, and access ends with the account. Without it keys in
    /// metadata live on when their owner is gone.
    ///
    /// ```hcl bad:2
    /// resource "google_compute_project_metadata" "default" {
    ///   metadata = {
    ///     team = "web"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "google_compute_project_metadata" "default" {
    ///   metadata = {
    ///     enable-oslogin = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_project_metadata" "default" {
    ///   metadata = {
    ///     enable-oslogin = "TRUE"
    ///   }
    /// }
    /// ```
    OS_LOGIN_DISABLED = "tf-google-compute-os-login-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_33", "trivy:GCP-0042", "tfsec:google-compute-project-level-oslogin"],
        check: attribute(&Row {
            on: &[("google_compute_project_metadata", "metadata.enable-oslogin")],
            wants: Want::Passes(is_on),
            absent: Absent::Fails,
            says: "does not turn OS Login on",
            help: "set `enable-oslogin` to \"TRUE\" in `metadata`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Compute instance opts out of OS Login
    ///
    /// The machine takes SSH keys from metadata although the project may manage logins by accounts: who left the team can
    /// still get in here. That the key is not set leaves it to the project.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_instance" "web" {
    ///   metadata = {
    ///     enable-oslogin = "FALSE"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_instance" "web" {
    ///   metadata = {
    ///     enable-oslogin = "TRUE"
    ///   }
    /// }
    /// resource "google_compute_instance" "other" {}
    /// ```
    OS_LOGIN_OVERRIDDEN = "tf-google-compute-os-login-overridden" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_34", "trivy:GCP-0036", "tfsec:google-compute-no-oslogin-override"],
        check: attribute(&Row {
            on: &[
                ("google_compute_instance", "metadata.enable-oslogin"),
                ("google_compute_instance_template", "metadata.enable-oslogin"),
                ("google_compute_region_instance_template", "metadata.enable-oslogin"),
                ("google_compute_instance_from_template", "metadata.enable-oslogin"),
            ],
            wants: Want::Passes(is_on),
            absent: Absent::Passes,
            says: "opts out of OS Login",
            help: "remove `enable-oslogin` from `metadata`, or set it to \"TRUE\"",
            ..Row::DEFAULT
        }),
    }
}
