//! CloudWatch log groups.

use super::keys::is_customer_key;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&CUSTOMER_KEY_MISSING, &RETENTION_UNSET, &RETENTION_SHORT];

const GROUP: &str = "aws_cloudwatch_log_group";

/// Groups that only pass logs on keep them for two days, whatever is set.
const KEEPS_LOGS: Given = Given { path: "log_group_class", is: Want::IsNot("DELIVERY"), absent: Holds::Yes };

rule! {
    /// CloudWatch log group uses no customer-managed key
    ///
    /// Logs hold more than their authors think. CloudWatch encrypts them with a key of its own, which you can neither limit nor
    /// take away.
    CUSTOMER_KEY_MISSING = "tf-aws-cloudwatch-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_158", "trivy:AWS-0017", "tfsec:aws-cloudwatch-log-group-customer-key"],
        check: attribute(&Row {
            on: &[(GROUP, "kms_key_id")],
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
    /// CloudWatch log group keeps logs forever
    ///
    /// Nobody reads logs of five years ago, and all of them are paid for; personal data in them may not be kept so long. An
    /// explicit 0 is the same as nothing.
    RETENTION_UNSET = "tf-aws-cloudwatch-retention-unset" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_66"],
        check: attribute(&Row {
            on: &[(GROUP, "retention_in_days")],
            given: &[KEEPS_LOGS],
            wants: Want::AtLeast(1),
            wrong: "0",
            right: "365",
            says: "keeps its logs forever",
            help: "set `retention_in_days`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// CloudWatch log group keeps logs under one year
    ///
    /// Some standards ask for a year of logs, because break-ins are found late. A group that keeps them forever passes.
    RETENTION_SHORT = "tf-aws-cloudwatch-retention-short" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_338"],
        check: attribute(&Row {
            on: &[(GROUP, "retention_in_days")],
            given: &[KEEPS_LOGS],
            wants: Want::Passes(|days| days.as_i64().map(|days| days == 0 || days >= 365)),
            absent: Absent::Passes,
            wrong: "30",
            right: "365",
            says: "keeps its logs for less than a year",
            help: "set `retention_in_days` to 365 or more",
            ..Row::DEFAULT
        }),
    }
}
