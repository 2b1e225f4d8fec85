//! WorkSpaces: desktops.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&VOLUME_UNENCRYPTED];

const WORKSPACE: &str = "aws_workspaces_workspace";

rule! {
    /// WorkSpaces volume is not encrypted
    ///
    /// A desktop's disks hold mail, documents and saved passwords. Neither volume is encrypted by default, and it cannot be
    /// turned on later; each that is not is reported.
    ///
    /// ```hcl bad:1
    /// resource "aws_workspaces_workspace" "desk" {
    ///   user_volume_encryption_enabled = true
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_workspaces_workspace" "desk" {
    ///   root_volume_encryption_enabled = true
    ///   user_volume_encryption_enabled = false
    /// }
    /// ```
    /// ```hcl good
    /// variable "encrypted" {}
    /// resource "aws_workspaces_workspace" "desk" {
    ///   root_volume_encryption_enabled = true
    ///   user_volume_encryption_enabled = true
    /// }
    /// resource "aws_workspaces_workspace" "other" {
    ///   root_volume_encryption_enabled = var.encrypted
    ///   user_volume_encryption_enabled = var.encrypted
    /// }
    /// ```
    VOLUME_UNENCRYPTED = "tf-aws-workspaces-volume-unencrypted" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_155",
            "checkov:CKV_AWS_156",
            "trivy:AWS-0109",
            "tfsec:aws-workspaces-enable-disk-encryption",
        ],
        check: resource(&[WORKSPACE], |resource, configuration, report| {
            for row in [&ROOT_VOLUME, &USER_VOLUME] {
                row.check(WORKSPACE, resource, configuration, report);
            }
        }),
    }
}

static ROOT_VOLUME: Row = Row {
    on: &[(WORKSPACE, "root_volume_encryption_enabled")],
    says: "has an unencrypted root volume",
    help: "set `root_volume_encryption_enabled` to true",
    ..Row::DEFAULT
};

static USER_VOLUME: Row = Row {
    on: &[(WORKSPACE, "user_volume_encryption_enabled")],
    says: "has an unencrypted user volume",
    help: "set `user_volume_encryption_enabled` to true",
    ..Row::DEFAULT
};
