//! WAF web ACLs.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&LOGGING_DISABLED];

rule! {
    /// Web ACL does not log requests
    ///
    /// Without a log nobody sees what the rules blocked, nor what they let through. Silent where the ACL is handed to a module
    /// that is not at hand.
    ///
    /// ```hcl bad:1
    /// resource "aws_wafv2_web_acl" "web" {
    ///   scope = "REGIONAL"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_wafv2_web_acl" "web" {
    ///   scope = "REGIONAL"
    /// }
    /// resource "aws_wafv2_web_acl_logging_configuration" "web" {
    ///   resource_arn            = aws_wafv2_web_acl.web.arn
    ///   log_destination_configs = ["arn:aws:s3:::aws-waf-logs-web"]
    /// }
    /// ```
    LOGGING_DISABLED = "tf-aws-waf-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_31"],
        check: linked(&LinkRow {
            on: &["aws_wafv2_web_acl"],
            by: &[("aws_wafv2_web_acl_logging_configuration", "resource_arn")],
            says: "does not log requests",
            help: "add an `aws_wafv2_web_acl_logging_configuration` whose `resource_arn` is this ACL's ARN",
            ..LinkRow::DEFAULT
        }),
    }
}
