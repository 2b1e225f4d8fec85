//! AWS Backup.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&CUSTOMER_KEY_MISSING];

rule! {
    /// Backup vault uses no customer-managed key
    ///
    /// With AWS' own key you cannot say who may decrypt, and backups cannot be copied to another account.
    CUSTOMER_KEY_MISSING = "tf-aws-backup-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_166"],
        check: attribute(&Row {
            on: &[("aws_backup_vault", "kms_key_arn")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            says: "encrypts with no key of yours",
            help: "set `kms_key_arn`",
            ..Row::DEFAULT
        }),
    }
}
