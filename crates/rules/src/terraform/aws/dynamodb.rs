//! DynamoDB tables, and DAX before them.

use super::keys::is_customer_key;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&RECOVERY_DISABLED, &CUSTOMER_KEY_MISSING, &DAX_UNENCRYPTED];

rule! {
    /// DynamoDB table has no point-in-time recovery
    ///
    /// A bug that writes nonsense to every item cannot be undone without it. It is off by default.
    RECOVERY_DISABLED = "tf-aws-dynamodb-recovery-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_28", "trivy:AWS-0024", "tfsec:aws-dynamodb-enable-recovery"],
        check: attribute(&Row {
            on: &[("aws_dynamodb_table", "point_in_time_recovery.enabled")],
            wrong: "false",
            right: "true",
            says: "has no point-in-time recovery",
            help: "add `point_in_time_recovery` with `enabled = true`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// DynamoDB table uses no customer-managed key
    ///
    /// DynamoDB encrypts every table with a key of AWS' unless you name one, and that key you cannot take away.
    ///
    /// ```hcl bad:1
    /// resource "aws_dynamodb_table" "orders" {
    ///   name = "orders"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_dynamodb_table" "orders" {
    ///   server_side_encryption {
    ///     enabled     = false
    ///     kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_kms_key" "orders" {}
    /// resource "aws_dynamodb_table" "orders" {
    ///   server_side_encryption {
    ///     enabled     = true
    ///     kms_key_arn = aws_kms_key.orders.arn
    ///   }
    /// }
    /// ```
    CUSTOMER_KEY_MISSING = "tf-aws-dynamodb-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_119", "trivy:AWS-0025", "tfsec:aws-dynamodb-table-customer-key"],
        check: resource(&["aws_dynamodb_table"], |resource, configuration, report| {
            for row in [&KEY, &KEY_UNUSED] {
                row.check(&resource.kind, resource, configuration, report);
            }
        }),
    }
}

static KEY: Row = Row {
    on: &[("aws_dynamodb_table", "server_side_encryption.kms_key_arn")],
    wants: Want::Passes(is_customer_key),
    says: "is encrypted with no key of yours",
    help: "add `server_side_encryption` with `enabled = true` and `kms_key_arn`",
    ..Row::DEFAULT
};

/// A key beside `enabled = false` is not used.
static KEY_UNUSED: Row = Row {
    on: &[("aws_dynamodb_table", "server_side_encryption.enabled")],
    given: &[Given {
        path: "server_side_encryption.kms_key_arn",
        is: Want::Passes(is_customer_key),
        absent: Holds::No,
    }],
    absent: Absent::Passes,
    says: "does not use the key that it names",
    help: "set `enabled` to true",
    ..Row::DEFAULT
};

rule! {
    /// DAX cluster stores its cache unencrypted
    ///
    /// DAX writes parts of the cache and of the configuration to disk. Encryption is off by default and cannot be turned on
    /// later without a new cluster.
    DAX_UNENCRYPTED = "tf-aws-dax-cluster-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_47", "trivy:AWS-0023", "tfsec:aws-dynamodb-enable-at-rest-encryption"],
        check: attribute(&Row {
            on: &[("aws_dax_cluster", "server_side_encryption.enabled")],
            wrong: "false",
            right: "true",
            says: "stores its cache unencrypted",
            help: "add `server_side_encryption` with `enabled = true`",
            ..Row::DEFAULT
        }),
    }
}
