//! Redshift.
//!
//! Two defaults changed with version 6 of the provider; without a constraint on it the newer ones count.

use super::settings::{Setting, setting};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &STORAGE_UNENCRYPTED,
    &PUBLICLY_ACCESSIBLE,
    &OUTSIDE_VPC,
    &LOGGING_DISABLED,
    &TLS_NOT_REQUIRED,
    &ENHANCED_ROUTING_DISABLED,
    &SNAPSHOTS_DISABLED,
];

rule! {
    /// Redshift cluster storage is not encrypted
    ///
    /// A copy of the disks or a shared snapshot can be read by whoever gets it. On by default from version 6 of the
    /// provider. Silent for clusters that are restored from a snapshot, which decides for them.
    ///
    /// ```hcl bad:8
    /// terraform {
    ///   required_providers {
    ///     aws = {
    ///       version = "~> 5.0"
    ///     }
    ///   }
    /// }
    /// resource "aws_redshift_cluster" "main" {
    ///   cluster_identifier = "main"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_redshift_cluster" "main" {
    ///   cluster_identifier = "main"
    /// }
    /// resource "aws_redshift_cluster" "restored" {
    ///   cluster_identifier  = "restored"
    ///   snapshot_identifier = "last"
    ///   encrypted           = false
    /// }
    /// ```
    STORAGE_UNENCRYPTED = "tf-aws-redshift-storage-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_64", "trivy:AWS-0084", "tfsec:aws-redshift-encryption-customer-key"],
        check: attribute(&Row {
            on: &[("aws_redshift_cluster", "encrypted")],
            given: &[
                Given { path: "snapshot_identifier", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "snapshot_arn", is: Want::Nothing, absent: Holds::Yes },
            ],
            absent: Absent::FailsBefore("aws", 6),
            wrong: "false",
            right: "true",
            says: "is stored unencrypted",
            help: "set `encrypted` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Redshift cluster has a public address
    ///
    /// The whole warehouse is one password and one security group away from everyone. The default before version 6 of
    /// the provider.
    ///
    /// ```hcl bad:8
    /// terraform {
    ///   required_providers {
    ///     aws = {
    ///       version = "5.90.0"
    ///     }
    ///   }
    /// }
    /// resource "aws_redshift_cluster" "main" {
    ///   cluster_identifier = "main"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_redshift_cluster" "main" {
    ///   cluster_identifier = "main"
    /// }
    /// ```
    PUBLICLY_ACCESSIBLE = "tf-aws-redshift-publicly-accessible" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_87"],
        check: attribute(&Row {
            on: &[("aws_redshift_cluster", "publicly_accessible")],
            wants: Want::False,
            absent: Absent::FailsBefore("aws", 6),
            wrong: "true",
            right: "false",
            says: "has a public address",
            help: "set `publicly_accessible` to false",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Redshift cluster names no subnet group
    ///
    /// It is put into the default VPC, with whatever else is there. Every cluster is in some VPC nowadays, so the rule
    /// is on only where it is asked for.
    OUTSIDE_VPC = "tf-aws-redshift-outside-vpc" {
        severity: Severity::High,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_154", "trivy:AWS-0127", "tfsec:aws-redshift-use-vpc"],
        check: attribute(&Row {
            on: &[("aws_redshift_cluster", "cluster_subnet_group_name")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"private\"",
            says: "is in the default VPC",
            help: "set `cluster_subnet_group_name` to a group of private subnets",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Redshift cluster writes no audit log
    ///
    /// Nobody can tell later who connected and what they asked for. The `logging` block of older providers counts as
    /// well as an `aws_redshift_logging` for the cluster.
    ///
    /// ```hcl bad:1
    /// resource "aws_redshift_cluster" "main" {
    ///   cluster_identifier = "main"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_redshift_cluster" "main" {
    ///   cluster_identifier = "main"
    /// }
    /// resource "aws_redshift_logging" "main" {
    ///   cluster_identifier   = aws_redshift_cluster.main.id
    ///   log_destination_type = "cloudwatch"
    /// }
    /// resource "aws_redshift_cluster" "older" {
    ///   cluster_identifier = "older"
    ///   logging {
    ///     enable      = true
    ///     bucket_name = "logs"
    ///   }
    /// }
    /// ```
    LOGGING_DISABLED = "tf-aws-redshift-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_71"],
        check: linked(&LinkRow {
            on: &["aws_redshift_cluster"],
            inline: &[Given { path: "logging.enable", is: Want::True, absent: Holds::No }],
            by: &[("aws_redshift_logging", "cluster_identifier")],
            names: &["cluster_identifier"],
            says: "writes no audit log",
            help: "add an `aws_redshift_logging` with this cluster's identifier",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// Redshift parameter group accepts plaintext connections
    ///
    /// Passwords and data go over the network in the clear for clients that do not ask for TLS. Silent for the family
    /// `redshift-2.0`, which requires it by default, unless it is turned off.
    ///
    /// ```hcl bad:1
    /// resource "aws_redshift_parameter_group" "main" {
    ///   family = "redshift-1.0"
    /// }
    /// ```
    /// ```hcl bad:5
    /// resource "aws_redshift_parameter_group" "main" {
    ///   family = "redshift-2.0"
    ///   parameter {
    ///     name  = "require_ssl"
    ///     value = "false"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "require_ssl" {}
    /// resource "aws_redshift_parameter_group" "main" {
    ///   family = "redshift-1.0"
    ///   parameter {
    ///     name  = "require_ssl"
    ///     value = "true"
    ///   }
    /// }
    /// resource "aws_redshift_parameter_group" "undecided" {
    ///   family = "redshift-1.0"
    ///   parameter {
    ///     name  = "require_ssl"
    ///     value = var.require_ssl
    ///   }
    /// }
    /// ```
    TLS_NOT_REQUIRED = "tf-aws-redshift-tls-not-required" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_105"],
        check: resource(&["aws_redshift_parameter_group"], |resource, configuration, report| {
            let message = || format!("`{}` lets clients connect without TLS", resource.local);
            let draft = match setting(resource, "parameter", "require_ssl") {
                Setting::Is(found) => match found.value.as_bool() {
                    Some(true) => return,
                    Some(false) => report.at_value(found, resource, configuration, message()),
                    None => return report.undecided(),
                },
                Setting::Absent => match resource.body.get("family").and_then(Value::as_str) {
                    Some("redshift-1.0") => report.at_resource(resource, configuration, message()),
                    Some(_) => return,
                    None => return report.undecided(),
                },
                Setting::Unknown => return report.undecided(),
            };
            draft.help("set the parameter `require_ssl` to `true`");
        }),
    }
}

rule! {
    /// Redshift traffic may leave the VPC
    ///
    /// `COPY` and `UNLOAD` reach S3 over the internet, past the endpoints, firewalls and flow logs of the VPC. In the
    /// profile `all` only, because the VPC needs an endpoint for it.
    ENHANCED_ROUTING_DISABLED = "tf-aws-redshift-enhanced-routing-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_321"],
        check: attribute(&Row {
            on: &[("aws_redshift_cluster", "enhanced_vpc_routing")],
            wrong: "false",
            right: "true",
            says: "loads and unloads past its VPC",
            help: "set `enhanced_vpc_routing` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Redshift cluster takes no automatic snapshots
    ///
    /// What is deleted or overwritten by mistake is gone. One day is the default; zero turns them off.
    SNAPSHOTS_DISABLED = "tf-aws-redshift-snapshots-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_343"],
        check: attribute(&Row {
            on: &[("aws_redshift_cluster", "automated_snapshot_retention_period")],
            wants: Want::AtLeast(1),
            absent: Absent::Passes,
            wrong: "0",
            right: "7",
            says: "takes no automatic snapshots",
            help: "keep snapshots for at least a day",
            ..Row::DEFAULT
        }),
    }
}
