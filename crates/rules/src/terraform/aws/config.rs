//! AWS Config.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&REGIONS_INCOMPLETE];

rule! {
    /// Config aggregator leaves regions out
    ///
    /// What is made in a region that nobody uses is what somebody else made, and the aggregator does not show it.
    ///
    /// ```hcl bad:1
    /// resource "aws_config_configuration_aggregator" "all" {
    ///   account_aggregation_source {
    ///     account_ids = ["123456789012"]
    ///     regions     = ["eu-west-1"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_config_configuration_aggregator" "all" {
    ///   organization_aggregation_source {
    ///     all_regions = true
    ///     role_arn    = "arn:aws:iam::123456789012:role/config"
    ///   }
    /// }
    /// ```
    REGIONS_INCOMPLETE = "tf-aws-config-regions-incomplete" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_121", "trivy:AWS-0019", "tfsec:aws-config-aggregate-all-regions"],
        check: linked(&LinkRow {
            on: &["aws_config_configuration_aggregator"],
            inline: &[
                Given { path: "account_aggregation_source.all_regions", is: Want::True, absent: Holds::No },
                Given { path: "organization_aggregation_source.all_regions", is: Want::True, absent: Holds::No },
            ],
            says: "leaves regions out",
            help: "set `all_regions` to true in the aggregation source",
            ..LinkRow::DEFAULT
        }),
    }
}
