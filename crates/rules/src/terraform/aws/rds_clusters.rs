//! RDS clusters, and Aurora's global ones.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &STORAGE_UNENCRYPTED,
    &CUSTOMER_KEY_MISSING,
    &DELETION_PROTECTION_DISABLED,
    &LOG_EXPORTS_MISSING,
    &GLOBAL_CLUSTER_UNENCRYPTED,
];

/// Nothing decides about encryption before the cluster does: a source, a snapshot, a global cluster, an engine that always
/// encrypts. Clusters of DocumentDB and Neptune have the same attributes, as far as they have them.
pub(super) const DECIDES: &[Given] = &[
    Given { path: "engine_mode", is: Want::IsNot("serverless"), absent: Holds::Yes },
    Given { path: "snapshot_identifier", is: Want::Nothing, absent: Holds::Yes },
    Given { path: "replication_source_identifier", is: Want::Nothing, absent: Holds::Yes },
    Given { path: "global_cluster_identifier", is: Want::Nothing, absent: Holds::Yes },
];

rule! {
    /// RDS cluster storage is not encrypted
    ///
    /// Snapshots and replicas of the cluster are readable by whoever they are shared with, and it cannot be turned on later
    /// without a copy. Silent for serverless clusters of the first kind, which always encrypt, and where a snapshot, a source or
    /// a global cluster decides.
    STORAGE_UNENCRYPTED = "tf-aws-rds-cluster-storage-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_96", "trivy:AWS-0079", "tfsec:aws-rds-encrypt-cluster-storage-data"],
        check: attribute(&ENCRYPTED),
    }
}

static ENCRYPTED: Row = Row {
    on: &[("aws_rds_cluster", "storage_encrypted")],
    given: DECIDES,
    wrong: "false",
    right: "true",
    says: "stores its data unencrypted",
    help: "set `storage_encrypted` to true",
    ..Row::DEFAULT
};

rule! {
    /// RDS cluster uses no customer-managed key
    ///
    /// With AWS' own key you cannot say who may decrypt, nor take it away. A cluster that does not
    /// encrypt at all is reported by `tf-aws-rds-cluster-storage-unencrypted`, which speaks for both.
    CUSTOMER_KEY_MISSING = "tf-aws-rds-cluster-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_327", "trivy:AWS-0079"],
        yields_to: &["tf-aws-rds-cluster-storage-unencrypted"],
        check: attribute(&Row {
            on: &[("aws_rds_cluster", "kms_key_id")],
            given: &[Given { path: "storage_encrypted", is: Want::True, absent: Holds::No }],
            implied_by: Some(&ENCRYPTED),
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            around: &["storage_encrypted = true"],
            says: "encrypts with no key of yours",
            help: "set `kms_key_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS cluster can be deleted without protection
    ///
    /// One wrong plan, or one wrong click, deletes the cluster. Protection makes it two steps.
    DELETION_PROTECTION_DISABLED = "tf-aws-rds-cluster-deletion-protection-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_139", "trivy:AWS-0343", "tfsec:aws-rds-enable-cluster-deletion-protection"],
        check: attribute(&Row {
            on: &[("aws_rds_cluster", "deletion_protection")],
            wrong: "false",
            right: "true",
            says: "can be deleted in one step",
            help: "set `deletion_protection` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS cluster exports no logs to CloudWatch
    ///
    /// The database's own logs are kept for a few days on the instance and are gone with it.
    LOG_EXPORTS_MISSING = "tf-aws-rds-cluster-log-exports-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_324"],
        check: attribute(&Row {
            on: &[("aws_rds_cluster", "enabled_cloudwatch_logs_exports")],
            wants: Want::Present,
            wrong: "[]",
            right: "[\"audit\"]",
            says: "exports no logs",
            help: "name the logs of the engine in `enabled_cloudwatch_logs_exports`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS global cluster storage is not encrypted
    ///
    /// Every cluster of the global one inherits it. Silent where it is made from an existing cluster, which decides.
    GLOBAL_CLUSTER_UNENCRYPTED = "tf-aws-rds-global-cluster-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_140"],
        check: attribute(&Row {
            on: &[("aws_rds_global_cluster", "storage_encrypted")],
            given: &[Given { path: "source_db_cluster_identifier", is: Want::Nothing, absent: Holds::Yes }],
            wrong: "false",
            right: "true",
            says: "stores its data unencrypted",
            help: "set `storage_encrypted` to true",
            ..Row::DEFAULT
        }),
    }
}
