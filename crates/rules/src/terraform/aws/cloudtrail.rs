//! CloudTrail: what trails record, and the buckets that they write to.

use portcullis_model::terraform::refers;

use super::keys::is_customer_key;
use super::s3::{NAMES, about_same_bucket, ignores_public_acls};
use super::s3_acls::PUBLIC;
use super::s3_data::ACCESS_LOGGING;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &SINGLE_REGION,
    &LOG_VALIDATION_DISABLED,
    &CUSTOMER_KEY_MISSING,
    &CLOUDWATCH_MISSING,
    &BUCKET_PUBLIC,
    &BUCKET_LOGGING_DISABLED,
    &LOGGING_DISABLED,
];

const TRAIL: &str = "aws_cloudtrail";

rule! {
    /// CloudTrail records a single region only
    ///
    /// Intruders work in the regions that nobody looks at. The default is the trail's own region.
    SINGLE_REGION = "tf-aws-cloudtrail-single-region" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_67", "trivy:AWS-0014", "tfsec:aws-cloudtrail-enable-all-regions"],
        check: attribute(&Row {
            on: &[(TRAIL, "is_multi_region_trail")],
            wrong: "false",
            right: "true",
            says: "records one region only",
            help: "set `is_multi_region_trail` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// CloudTrail log files are not validated
    ///
    /// Without digests nobody can prove that a log is what CloudTrail wrote: whoever may write to the bucket may have taken
    /// lines out.
    LOG_VALIDATION_DISABLED = "tf-aws-cloudtrail-log-validation-disabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_36", "trivy:AWS-0016", "tfsec:aws-cloudtrail-enable-log-validation"],
        check: attribute(&Row {
            on: &[(TRAIL, "enable_log_file_validation")],
            wrong: "false",
            right: "true",
            says: "writes no digests of its log files",
            help: "set `enable_log_file_validation` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// CloudTrail logs use no customer-managed key
    ///
    /// With a key of yours a reader of the bucket still needs the right to decrypt, and each use of the key is in the log.
    CUSTOMER_KEY_MISSING = "tf-aws-cloudtrail-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_35", "trivy:AWS-0015", "tfsec:aws-cloudtrail-encryption-customer-managed-key"],
        check: attribute(&Row {
            on: &[(TRAIL, "kms_key_id")],
            wants: Want::Passes(is_customer_key),
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            says: "encrypts its logs with no key of yours",
            help: "set `kms_key_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// CloudTrail delivers nothing to CloudWatch Logs
    ///
    /// Files in a bucket are for later; an alarm needs the events in CloudWatch Logs.
    CLOUDWATCH_MISSING = "tf-aws-cloudtrail-cloudwatch-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV2_AWS_10",
            "trivy:AWS-0162",
            "tfsec:aws-cloudtrail-ensure-cloudwatch-integration",
        ],
        check: attribute(&Row {
            on: &[(TRAIL, "cloud_watch_logs_group_arn")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:logs:eu-west-1:123456789012:log-group:trail:*\"",
            says: "delivers nothing to CloudWatch Logs",
            help: "set `cloud_watch_logs_group_arn` and `cloud_watch_logs_role_arn`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// CloudTrail log bucket is public
    ///
    /// The logs name every user, role, address and resource of the account. The trail's bucket is followed by reference and by
    /// name; canned ACLs count, unless a public access block ignores them.
    ///
    /// ```hcl bad:6
    /// resource "aws_cloudtrail" "main" {
    ///   s3_bucket_name = aws_s3_bucket.trail.id
    /// }
    /// resource "aws_s3_bucket" "trail" {
    ///   bucket = "acme-trail"
    ///   acl    = "public-read"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_cloudtrail" "main" {
    ///   s3_bucket_name = aws_s3_bucket.trail.id
    /// }
    /// resource "aws_s3_bucket" "trail" {
    ///   bucket = "acme-trail"
    ///   acl    = "private"
    /// }
    /// resource "aws_s3_bucket" "web" {
    ///   bucket = "acme-web"
    ///   acl    = "public-read"
    /// }
    /// ```
    BUCKET_PUBLIC = "tf-aws-cloudtrail-bucket-public" {
        severity: Severity::Critical,
        peers: &["trivy:AWS-0161", "tfsec:aws-cloudtrail-no-public-log-access"],
        check: resource(&[TRAIL], |trail, configuration, report| {
            for bucket in buckets(trail, configuration) {
                let mut known = Some(false);
                let mut acls = about_same_bucket(bucket, "aws_s3_bucket_acl", configuration, &mut known);
                acls.push(bucket);
                for owner in acls {
                    for lookup in owner.get("acl") {
                        let Lookup::Present(acl) = lookup else { continue };
                        if Want::In(PUBLIC).holds(acl.value) != Some(true) {
                            continue;
                        }
                        match ignores_public_acls(bucket, configuration) {
                            Some(true) => {}
                            None => report.undecided(),
                            Some(false) => {
                                let message = format!("`{}` logs to `{}`, which is public", trail.local, bucket.local);
                                report.at_value(acl, owner, configuration, message).help("make the bucket private");
                            }
                        }
                    }
                }
            }
        }),
    }
}

rule! {
    /// CloudTrail log bucket does not log access
    ///
    /// Who reads or changes the logs of the account should be known, too.
    ///
    /// ```hcl bad:4
    /// resource "aws_cloudtrail" "main" {
    ///   s3_bucket_name = "acme-trail"
    /// }
    /// resource "aws_s3_bucket" "trail" {
    ///   bucket = "acme-trail"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_cloudtrail" "main" {
    ///   s3_bucket_name = "acme-trail"
    /// }
    /// resource "aws_s3_bucket" "trail" {
    ///   bucket = "acme-trail"
    /// }
    /// resource "aws_s3_bucket_logging" "trail" {
    ///   bucket        = aws_s3_bucket.trail.id
    ///   target_bucket = "acme-logs"
    ///   target_prefix = "trail/"
    /// }
    /// ```
    BUCKET_LOGGING_DISABLED = "tf-aws-cloudtrail-bucket-logging-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:AWS-0163", "tfsec:aws-cloudtrail-require-bucket-access-logging"],
        check: resource(&[TRAIL], |trail, configuration, report| {
            for bucket in buckets(trail, configuration) {
                ACCESS_LOGGING.check(bucket, configuration, report);
            }
        }),
    }
}

rule! {
    /// CloudTrail trail is stopped
    ///
    /// The trail is there and records nothing, which is what an intruder does first.
    LOGGING_DISABLED = "tf-aws-cloudtrail-logging-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_251"],
        check: attribute(&Row {
            on: &[(TRAIL, "enable_logging")],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "records nothing",
            help: "remove `enable_logging = false`",
            ..Row::DEFAULT
        }),
    }
}

/// The buckets of the configuration that a trail certainly writes to.
fn buckets<'c>(trail: &'c Resource, configuration: &'c Configuration) -> impl Iterator<Item = &'c Resource> {
    let name = trail.body.get("s3_bucket_name");
    configuration
        .of_kind("aws_s3_bucket")
        .filter(move |bucket| name.is_some_and(|name| refers(name, bucket, NAMES) == Some(true)))
}
