//! WorkSpaces: desktops.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&VOLUME_UNENCRYPTED, &ROOT_VOLUME_UNENCRYPTED];

const WORKSPACE: &str = "aws_workspaces_workspace";

rule! {
    /// WorkSpaces user volume is not encrypted
    ///
    /// A desktop's disk holds mail, documents and saved passwords. It is not encrypted by default, and that cannot be turned on
    /// later.
    VOLUME_UNENCRYPTED = "tf-aws-workspaces-volume-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_155", "trivy:AWS-0109", "tfsec:aws-workspaces-enable-disk-encryption"],
        check: attribute(&Row {
            on: &[(WORKSPACE, "user_volume_encryption_enabled")],
            wrong: "false",
            right: "true",
            says: "has an unencrypted user volume",
            help: "set `user_volume_encryption_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// WorkSpaces root volume is not encrypted
    ///
    /// The system's disk keeps caches, logs and what programs save beside themselves. It is not encrypted by default, and that
    /// cannot be turned on later. Where neither volume is, `tf-aws-workspaces-volume-unencrypted` speaks for both.
    ROOT_VOLUME_UNENCRYPTED = "tf-aws-workspaces-root-volume-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_156", "trivy:AWS-0109", "tfsec:aws-workspaces-enable-disk-encryption"],
        yields_to: &["tf-aws-workspaces-volume-unencrypted"],
        check: attribute(&Row {
            on: &[(WORKSPACE, "root_volume_encryption_enabled")],
            wrong: "false",
            right: "true",
            says: "has an unencrypted root volume",
            help: "set `root_volume_encryption_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}
