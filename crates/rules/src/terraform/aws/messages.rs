//! SNS topics and SQS queues. Their policies are judged with those of other resources.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &TOPIC_UNENCRYPTED,
    &TOPIC_CUSTOMER_KEY_MISSING,
    &QUEUE_UNENCRYPTED,
    &QUEUE_ENCRYPTION_UNDECLARED,
    &QUEUE_CUSTOMER_KEY_MISSING,
];

rule! {
    /// SNS topic messages are not encrypted under KMS
    ///
    /// Without a key, SNS keeps messages readable for whoever gets at the disks that it stores them on.
    TOPIC_UNENCRYPTED = "tf-aws-sns-topic-unencrypted" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_26", "trivy:AWS-0095", "tfsec:aws-sns-enable-topic-encryption"],
        check: attribute(&Row {
            on: &[("aws_sns_topic", "kms_master_key_id")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"alias/messages\"",
            says: "does not encrypt its messages",
            help: "set `kms_master_key_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// SNS topic uses the AWS-managed key
    ///
    /// The policy of that key cannot be changed: other accounts and most services of AWS cannot publish to the topic, and nobody
    /// can take access away.
    TOPIC_CUSTOMER_KEY_MISSING = "tf-aws-sns-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:AWS-0136", "tfsec:aws-sns-topic-encryption-use-cmk"],
        yields_to: &["tf-aws-sns-topic-unencrypted"],
        check: attribute(&Row {
            on: &[("aws_sns_topic", "kms_master_key_id")],
            wants: Want::IsNot("alias/aws/sns"),
            absent: Absent::Passes,
            wrong: "\"alias/aws/sns\"",
            right: "\"alias/messages\"",
            says: "encrypts with no key of yours",
            help: "set `kms_master_key_id` to a key of yours",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// SQS queue stores messages unencrypted
    ///
    /// SQS encrypts by itself unless that is turned off, as it is here without a key of KMS in its place.
    QUEUE_UNENCRYPTED = "tf-aws-sqs-queue-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_27", "trivy:AWS-0096", "tfsec:aws-sqs-enable-queue-encryption"],
        check: attribute(&Row {
            on: &[("aws_sqs_queue", "sqs_managed_sse_enabled")],
            given: &[Given { path: "kms_master_key_id", is: Want::Nothing, absent: Holds::Yes }],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "stores messages unencrypted",
            help: "set `sqs_managed_sse_enabled` to true, or `kms_master_key_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// SQS queue declares no encryption
    ///
    /// SQS encrypts the messages of new queues with a key of its own, whatever is declared. Turn this on where a standard asks
    /// for the declaration.
    ///
    /// ```hcl bad:1
    /// resource "aws_sqs_queue" "jobs" {
    ///   name = "jobs"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_sqs_queue" "jobs" {
    ///   sqs_managed_sse_enabled = true
    /// }
    /// resource "aws_sqs_queue" "mails" {
    ///   kms_master_key_id = "alias/aws/sqs"
    /// }
    /// ```
    QUEUE_ENCRYPTION_UNDECLARED = "tf-aws-sqs-encryption-undeclared" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_27", "trivy:AWS-0096", "tfsec:aws-sqs-enable-queue-encryption"],
        check: attribute(&Row {
            on: &[("aws_sqs_queue", "kms_master_key_id")],
            given: &[Given { path: "sqs_managed_sse_enabled", is: Want::Nothing, absent: Holds::Yes }],
            wants: Want::Present,
            says: "declares no encryption",
            help: "set `sqs_managed_sse_enabled` to true, or `kms_master_key_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// SQS queue uses no customer-managed key
    ///
    /// With a key of AWS you cannot say who may decrypt the messages, nor take it away. A queue that is not encrypted at all is
    /// reported by `tf-aws-sqs-queue-unencrypted`.
    ///
    /// ```hcl bad:2
    /// resource "aws_sqs_queue" "jobs" {
    ///   kms_master_key_id = "alias/aws/sqs"
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "aws_sqs_queue" "jobs" {
    ///   name = "jobs"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_sqs_queue" "jobs" {
    ///   kms_master_key_id = "alias/messages"
    /// }
    /// resource "aws_sqs_queue" "open" {
    ///   sqs_managed_sse_enabled = false
    /// }
    /// ```
    QUEUE_CUSTOMER_KEY_MISSING = "tf-aws-sqs-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_73", "trivy:AWS-0135", "tfsec:aws-sqs-queue-encryption-use-cmk"],
        yields_to: &["tf-aws-sqs-encryption-undeclared"],
        check: attribute(&Row {
            on: &[("aws_sqs_queue", "kms_master_key_id")],
            given: &[Given { path: "sqs_managed_sse_enabled", is: Want::True, absent: Holds::Yes }],
            wants: Want::Passes(is_own_key),
            says: "encrypts with no key of yours",
            help: "set `kms_master_key_id` to a key of yours",
            ..Row::DEFAULT
        }),
    }
}

fn is_own_key(key: &Value) -> Option<bool> {
    if Want::Present.holds(key)? { Want::IsNot("alias/aws/sqs").holds(key).or(Some(true)) } else { Some(false) }
}
