//! DocumentDB clusters.

use super::rds_clusters::DECIDES;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&STORAGE_UNENCRYPTED, &CUSTOMER_KEY_MISSING, &LOG_EXPORTS_MISSING];

const CLUSTER: &str = "aws_docdb_cluster";

rule! {
    /// DocumentDB cluster storage is not encrypted
    ///
    /// Documents, indexes and snapshots lie in the clear, and a cluster cannot be encrypted later without a copy. Silent where
    /// a snapshot or a global cluster decides.
    STORAGE_UNENCRYPTED = "tf-aws-docdb-storage-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_74", "trivy:AWS-0021", "tfsec:aws-documentdb-enable-storage-encryption"],
        check: attribute(&ENCRYPTED),
    }
}

static ENCRYPTED: Row = Row {
    on: &[(CLUSTER, "storage_encrypted")],
    given: DECIDES,
    wrong: "false",
    right: "true",
    says: "stores its data unencrypted",
    help: "set `storage_encrypted` to true",
    ..Row::DEFAULT
};

rule! {
    /// DocumentDB cluster uses no customer-managed key
    ///
    /// With AWS' own key you cannot say who may decrypt, nor take it away. A cluster that does not
    /// encrypt at all is reported by `tf-aws-docdb-storage-unencrypted`, which speaks for both.
    CUSTOMER_KEY_MISSING = "tf-aws-docdb-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_182", "trivy:AWS-0022", "tfsec:aws-documentdb-encryption-customer-key"],
        yields_to: &["tf-aws-docdb-storage-unencrypted"],
        check: attribute(&Row {
            on: &[(CLUSTER, "kms_key_id")],
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
    /// DocumentDB cluster exports no audit or profiler log
    ///
    /// Who logged in and which queries were slow is kept nowhere. One of the two logs is enough; none is the default. The
    /// cluster's parameters have to turn on what is exported, which is not looked at.
    LOG_EXPORTS_MISSING = "tf-aws-docdb-log-exports-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_85", "trivy:AWS-0020", "tfsec:aws-documentdb-enable-log-export"],
        check: attribute(&Row {
            on: &[(CLUSTER, "enabled_cloudwatch_logs_exports[*]")],
            wants: Want::In(&["audit", "profiler"]),
            quantifier: Quantifier::Any,
            wrong: "\"\"",
            right: "\"audit\"",
            says: "exports neither its audit log nor its profiler log",
            help: "add `audit` to `enabled_cloudwatch_logs_exports`",
            ..Row::DEFAULT
        }),
    }
}
