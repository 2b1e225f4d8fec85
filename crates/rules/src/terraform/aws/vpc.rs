//! VPCs and their flow logs.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&FLOW_LOGS_DISABLED];

rule! {
    /// VPC has no flow log
    ///
    /// Flow logs are what is left to look at when somebody asks later who talked to whom. A log of the VPC counts, one of
    /// its subnets or interfaces does not. Silent where the VPC is handed to a module that is not at hand.
    ///
    /// ```hcl bad:1
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// resource "aws_flow_log" "main" {
    ///   vpc_id          = aws_vpc.main.id
    ///   traffic_type    = "ALL"
    ///   log_destination = "arn:aws:s3:::flow-logs"
    /// }
    /// ```
    FLOW_LOGS_DISABLED = "tf-aws-vpc-flow-logs-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_11", "trivy:AWS-0178", "tfsec:aws-ec2-require-vpc-flow-logs-for-all-vpcs"],
        check: linked(&LinkRow {
            on: &["aws_vpc"],
            by: &[("aws_flow_log", "vpc_id")],
            says: "has no flow log",
            help: "add an `aws_flow_log` whose `vpc_id` is this VPC's id",
            ..LinkRow::DEFAULT
        }),
    }
}
