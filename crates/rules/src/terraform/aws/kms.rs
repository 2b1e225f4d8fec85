//! Keys of KMS.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ROTATION_DISABLED, &POLICY_MISSING];

rule! {
    /// KMS key is never rotated automatically
    ///
    /// A key that leaked once opens everything that was ever encrypted with it. Rotation keeps old material for old data, so
    /// nothing has to be encrypted anew. Only symmetric keys for encryption can rotate: others, and keys of a custom key store,
    /// are not judged.
    ROTATION_DISABLED = "tf-aws-kms-rotation-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_7", "trivy:AWS-0065", "tfsec:aws-kms-auto-rotate-keys"],
        check: attribute(&Row {
            on: &[("aws_kms_key", "enable_key_rotation")],
            given: &[
                Given { path: "customer_master_key_spec", is: Want::Is("SYMMETRIC_DEFAULT"), absent: Holds::Yes },
                Given { path: "key_usage", is: Want::Is("ENCRYPT_DECRYPT"), absent: Holds::Yes },
                Given { path: "custom_key_store_id", is: Want::Nothing, absent: Holds::Yes },
            ],
            wrong: "false",
            right: "true",
            says: "is never rotated",
            help: "set `enable_key_rotation` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// KMS key has no key policy of its own
    ///
    /// The default policy leaves the key to IAM: every administrator of the account may use it and give it on.
    ///
    /// ```hcl bad:1
    /// resource "aws_kms_key" "data" {
    ///   description = "data"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_kms_key" "data" {
    ///   description = "data"
    /// }
    /// resource "aws_kms_key_policy" "data" {
    ///   key_id = aws_kms_key.data.id
    ///   policy = "{}"
    /// }
    /// ```
    POLICY_MISSING = "tf-aws-kms-policy-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_64"],
        check: linked(&LinkRow {
            on: &["aws_kms_key"],
            inline: &[Given { path: "policy", is: Want::Present, absent: Holds::No }],
            by: &[("aws_kms_key_policy", "key_id")],
            says: "has no key policy of its own",
            help: "set `policy` to who may use and who may manage the key",
            ..LinkRow::DEFAULT
        }),
    }
}
