//! Amazon MSK: clusters of Kafka.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&ENCRYPTION_INCOMPLETE, &CUSTOMER_KEY_MISSING, &LOGGING_DISABLED, &PUBLICLY_ACCESSIBLE];

const CLUSTER: &str = "aws_msk_cluster";

rule! {
    /// MSK cluster accepts plaintext traffic
    ///
    /// What producers and consumers send, and what brokers copy to one another, can be read by whoever listens on the network.
    /// TLS alone is the default on both ways, so only clusters that ask for less are reported. Disks are always encrypted.
    ///
    /// ```hcl bad:4
    /// resource "aws_msk_cluster" "events" {
    ///   encryption_info {
    ///     encryption_in_transit {
    ///       client_broker = "TLS_PLAINTEXT"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_msk_cluster" "events" {
    ///   encryption_info {
    ///     encryption_in_transit {
    ///       in_cluster = false
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "encryption" {}
    /// resource "aws_msk_cluster" "events" {
    ///   encryption_info {
    ///     encryption_in_transit {
    ///       client_broker = "TLS"
    ///       in_cluster    = true
    ///     }
    ///   }
    /// }
    /// resource "aws_msk_cluster" "other" {
    ///   encryption_info {
    ///     encryption_in_transit {
    ///       client_broker = var.encryption
    ///     }
    ///   }
    /// }
    /// resource "aws_msk_cluster" "default" {}
    /// ```
    ENCRYPTION_INCOMPLETE = "tf-aws-msk-encryption-incomplete" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_81", "trivy:AWS-0073", "tfsec:aws-msk-enable-in-transit-encryption"],
        check: resource(&[CLUSTER], |resource, configuration, report| {
            for row in [&CLIENTS_IN_PLAINTEXT, &BROKERS_IN_PLAINTEXT] {
                row.check(CLUSTER, resource, configuration, report);
            }
        }),
    }
}

static CLIENTS_IN_PLAINTEXT: Row = Row {
    on: &[(CLUSTER, "encryption_info.encryption_in_transit.client_broker")],
    wants: Want::NotIn(&["PLAINTEXT", "TLS_PLAINTEXT"]),
    absent: Absent::Passes,
    says: "accepts clients without TLS",
    help: "set `client_broker` to `TLS`",
    ..Row::DEFAULT
};

static BROKERS_IN_PLAINTEXT: Row = Row {
    on: &[(CLUSTER, "encryption_info.encryption_in_transit.in_cluster")],
    wants: Want::True,
    absent: Absent::Passes,
    says: "sends data between brokers without TLS",
    help: "set `in_cluster` to true",
    ..Row::DEFAULT
};

rule! {
    /// MSK cluster uses no customer-managed key
    ///
    /// Without a key of yours the brokers' disks are encrypted with one that AWS manages, and you cannot say who may decrypt
    /// nor take it away.
    CUSTOMER_KEY_MISSING = "tf-aws-msk-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:AWS-0179", "tfsec:aws-msk-enable-at-rest-encryption"],
        check: attribute(&Row {
            on: &[(CLUSTER, "encryption_info.encryption_at_rest_kms_key_arn")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            says: "encrypts with no key of yours",
            help: "set `encryption_at_rest_kms_key_arn` in `encryption_info`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// MSK brokers write no logs
    ///
    /// When a broker drops connections or refuses clients, its log is the only thing that says why. Any one of CloudWatch,
    /// Firehose and S3 is enough; none is the default.
    ///
    /// ```hcl bad:1
    /// resource "aws_msk_cluster" "events" {
    ///   logging_info {
    ///     broker_logs {
    ///       s3 {
    ///         enabled = false
    ///       }
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_msk_cluster" "events" {
    ///   logging_info {
    ///     broker_logs {
    ///       cloudwatch_logs {
    ///         enabled = false
    ///       }
    ///       s3 {
    ///         enabled = true
    ///         bucket  = "broker-logs"
    ///       }
    ///     }
    ///   }
    /// }
    /// ```
    LOGGING_DISABLED = "tf-aws-msk-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_80", "trivy:AWS-0074", "tfsec:aws-msk-enable-logging"],
        check: linked(&LinkRow {
            on: &[CLUSTER],
            inline: &[
                Given { path: "logging_info.broker_logs.cloudwatch_logs.enabled", is: Want::True, absent: Holds::No },
                Given { path: "logging_info.broker_logs.firehose.enabled", is: Want::True, absent: Holds::No },
                Given { path: "logging_info.broker_logs.s3.enabled", is: Want::True, absent: Holds::No },
            ],
            says: "has brokers that write no logs",
            help: "turn on `cloudwatch_logs`, `firehose` or `s3` in `logging_info.broker_logs`",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// MSK brokers have public addresses
    ///
    /// The whole internet can try to log in to Kafka and to its next vulnerability. Brokers are private unless asked.
    PUBLICLY_ACCESSIBLE = "tf-aws-msk-publicly-accessible" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_291"],
        check: attribute(&Row {
            on: &[(CLUSTER, "broker_node_group_info.connectivity_info.public_access.type")],
            wants: Want::IsNot("SERVICE_PROVIDED_EIPS"),
            absent: Absent::Passes,
            wrong: "\"SERVICE_PROVIDED_EIPS\"",
            right: "\"DISABLED\"",
            says: "has brokers with public addresses",
            help: "set `type` to `DISABLED`, and reach the brokers through the VPC",
            ..Row::DEFAULT
        }),
    }
}
