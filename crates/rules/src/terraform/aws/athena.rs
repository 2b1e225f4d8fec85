//! Athena databases and workgroups.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&RESULTS_UNENCRYPTED, &CLIENT_OVERRIDE_ALLOWED];

rule! {
    /// Athena query results are not encrypted
    ///
    /// Results hold what the queried tables hold, and stay in a bucket after the query. S3 encrypts what is written to it, so
    /// this is about Athena asking for a way of its own. Silent for workgroups whose results Athena itself keeps.
    RESULTS_UNENCRYPTED = "tf-aws-athena-results-unencrypted" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AWS_77",
            "checkov:CKV_AWS_159",
            "trivy:AWS-0006",
            "tfsec:aws-athena-enable-at-rest-encryption",
        ],
        check: attribute(&Row {
            on: &[
                ("aws_athena_database", "encryption_configuration.encryption_option"),
                (
                    "aws_athena_workgroup",
                    "configuration.result_configuration.encryption_configuration.encryption_option",
                ),
            ],
            given: &[Given {
                path: "configuration.managed_query_results_configuration.enabled",
                is: Want::False,
                absent: Holds::Yes,
            }],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"SSE_KMS\"",
            says: "asks for no encryption of query results",
            help: "add `encryption_configuration` with `encryption_option`, best `SSE_KMS`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Athena workgroup lets clients override its settings
    ///
    /// Clients then write results where they like, with or without encryption. A workgroup enforces its settings by default.
    CLIENT_OVERRIDE_ALLOWED = "tf-aws-athena-client-override-allowed" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_82", "trivy:AWS-0007", "tfsec:aws-athena-no-encryption-override"],
        check: attribute(&Row {
            on: &[("aws_athena_workgroup", "configuration.enforce_workgroup_configuration")],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "lets clients override its settings",
            help: "set `enforce_workgroup_configuration` to true, or leave it out",
            ..Row::DEFAULT
        }),
    }
}
