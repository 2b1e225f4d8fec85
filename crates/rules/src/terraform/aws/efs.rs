//! EFS file systems and their access points.

use super::keys::is_customer_key;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&STORAGE_UNENCRYPTED, &CUSTOMER_KEY_MISSING, &ACCESS_POINT_ROOT_EXPOSED, &ACCESS_POINT_USER_UNSET];

rule! {
    /// EFS file system stores data unencrypted
    ///
    /// The default is off where Terraform makes the file system, and it cannot be turned on later.
    STORAGE_UNENCRYPTED = "tf-aws-efs-storage-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_42", "trivy:AWS-0037", "tfsec:aws-efs-enable-at-rest-encryption"],
        check: attribute(&Row {
            on: &[("aws_efs_file_system", "encrypted")],
            wrong: "false",
            right: "true",
            says: "stores its data unencrypted",
            help: "set `encrypted` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EFS file system uses no customer-managed key
    ///
    /// With AWS' own key you cannot say who may decrypt, nor take it away. Only for file systems that are encrypted.
    CUSTOMER_KEY_MISSING = "tf-aws-efs-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_184"],
        check: attribute(&Row {
            on: &[("aws_efs_file_system", "kms_key_id")],
            given: &[Given { path: "encrypted", is: Want::True, absent: Holds::No }],
            around: &["encrypted = true"],
            wants: Want::Passes(is_customer_key),
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            says: "is encrypted with no key of yours",
            help: "set `kms_key_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EFS access point exposes the whole file system
    ///
    /// An access point is there to keep an application in its own directory. Its root is `/` unless another is named.
    ACCESS_POINT_ROOT_EXPOSED = "tf-aws-efs-access-point-root-exposed" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_329"],
        check: attribute(&Row {
            on: &[("aws_efs_access_point", "root_directory.path")],
            wants: Want::IsNot("/"),
            wrong: "\"/\"",
            right: "\"/uploads\"",
            says: "gives the whole file system",
            help: "set `root_directory.path` to the directory that the clients need",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EFS access point leaves the user identity to clients
    ///
    /// Without a user of its own the access point believes whatever user id a client sends, root among them.
    ACCESS_POINT_USER_UNSET = "tf-aws-efs-access-point-user-unset" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_330"],
        check: attribute(&Row {
            on: &[("aws_efs_access_point", "posix_user.gid")],
            wants: Want::Present,
            right: "1000",
            says: "leaves the user to its clients",
            help: "add `posix_user` with `uid` and `gid`",
            ..Row::DEFAULT
        }),
    }
}
