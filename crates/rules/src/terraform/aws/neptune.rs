//! Neptune clusters.

use super::rds_clusters::DECIDES;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&STORAGE_UNENCRYPTED, &LOG_EXPORTS_MISSING, &CUSTOMER_KEY_MISSING];

const CLUSTER: &str = "aws_neptune_cluster";

rule! {
    /// Neptune cluster storage is not encrypted
    ///
    /// The graph, its backups and its replicas lie in the clear, and a cluster cannot be encrypted later without a copy. Silent
    /// where a snapshot, a source or a global cluster decides.
    STORAGE_UNENCRYPTED = "tf-aws-neptune-storage-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_44", "trivy:AWS-0076", "tfsec:aws-neptune-enable-storage-encryption"],
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
    /// Neptune cluster exports no audit log
    ///
    /// Afterwards nobody can say who asked the graph for what. Nothing is exported by default. The cluster's parameters have to
    /// turn the log on as well, which is not looked at.
    LOG_EXPORTS_MISSING = "tf-aws-neptune-log-exports-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_101", "trivy:AWS-0075", "tfsec:aws-neptune-enable-log-export"],
        check: attribute(&Row {
            on: &[(CLUSTER, "enable_cloudwatch_logs_exports")],
            wants: Want::Contains("audit"),
            wrong: "[\"slowquery\"]",
            right: "[\"audit\"]",
            says: "exports no audit log",
            help: "add `audit` to `enable_cloudwatch_logs_exports`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Neptune cluster uses no customer-managed key
    ///
    /// With AWS' own key you cannot say who may decrypt, nor take it away. A cluster that does not
    /// encrypt at all is reported by `tf-aws-neptune-storage-unencrypted`, which speaks for both.
    CUSTOMER_KEY_MISSING = "tf-aws-neptune-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_347", "trivy:AWS-0128", "tfsec:aws-neptune-encryption-customer-key"],
        yields_to: &["tf-aws-neptune-storage-unencrypted"],
        check: attribute(&Row {
            on: &[(CLUSTER, "kms_key_arn")],
            given: &[Given { path: "storage_encrypted", is: Want::True, absent: Holds::No }],
            implied_by: Some(&ENCRYPTED),
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            around: &["storage_encrypted = true"],
            says: "encrypts with no key of yours",
            help: "set `kms_key_arn`",
            ..Row::DEFAULT
        }),
    }
}
