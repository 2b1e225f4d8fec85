//! Policies of resources that admit everyone.
//!
//! A condition may say who is meant (the account, the organization, the ARN of a service's resource), so a statement
//! with one is not judged.

use portcullis_model::terraform::policy::{Element, Policy, Statement};

use super::policies::{DOCUMENT, PolicyRow, Wrong, anyone, judge, only_limits};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &S3_ANY_PRINCIPAL,
    &KMS_ANY_PRINCIPAL,
    &ECR_ANY_PRINCIPAL,
    &SQS_ANY_PRINCIPAL,
    &SNS_ANY_PRINCIPAL,
    &DOCUMENT_ANY_PRINCIPAL,
];

rule! {
    /// S3 bucket policy admits any principal
    ///
    /// Principal `*` is everybody, with or without an AWS account: what the statement allows is public. Silent where the
    /// statement has a condition other than on the encryption of the connection.
    ///
    /// ```hcl bad:7
    /// resource "aws_s3_bucket_policy" "reports" {
    ///   bucket = "reports"
    ///   policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = "*"
    ///       Action    = "s3:GetObject"
    ///       Resource  = "arn:aws:s3:::reports/*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl bad:7
    /// resource "aws_s3_bucket_policy" "reports" {
    ///   bucket = "reports"
    ///   policy = <<-EOF
    ///     {
    ///       "Statement": [{
    ///         "Effect": "Allow",
    ///         "Principal": { "AWS": ["*"] },
    ///         "Action": "s3:GetObject",
    ///         "Resource": "${var.bucket}/*",
    ///         "Condition": { "ForAllValues:StringEquals": { "aws:username": "jane" } }
    ///       }]
    ///     }
    ///   EOF
    /// }
    /// variable "bucket" {}
    /// ```
    /// ```hcl bad:7
    /// data "aws_iam_policy_document" "reports" {
    ///   statement {
    ///     actions   = ["s3:GetObject"]
    ///     resources = ["arn:aws:s3:::reports/*"]
    ///     principals {
    ///       type        = "AWS"
    ///       identifiers = ["*"]
    ///     }
    ///   }
    /// }
    /// resource "aws_s3_bucket_policy" "reports" {
    ///   bucket = "reports"
    ///   policy = data.aws_iam_policy_document.reports.json
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket_policy" "reports" {
    ///   bucket = "reports"
    ///   policy = jsonencode({
    ///     Statement = [
    ///       {
    ///         Effect    = "Deny"
    ///         Principal = "*"
    ///         Action    = "s3:*"
    ///         Resource  = "arn:aws:s3:::reports/*"
    ///         Condition = { Bool = { "aws:SecureTransport" = "false" } }
    ///       },
    ///       {
    ///         Effect    = "Allow"
    ///         Principal = { AWS = "*" }
    ///         Action    = "s3:GetObject"
    ///         Resource  = "arn:aws:s3:::reports/*"
    ///         Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-1" } }
    ///       },
    ///     ]
    ///   })
    /// }
    /// ```
    S3_ANY_PRINCIPAL = "tf-aws-s3-policy-any-principal" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_70"],
        check: resource(&["aws_s3_bucket_policy", "aws_s3_bucket"], |resource, configuration, report| {
            judge(&ANYONE, "policy", resource, configuration, report);
        }),
    }
}

rule! {
    /// KMS key policy admits any principal
    ///
    /// Whoever may use the key reads what it encrypts, and principal `*` is every account there is. Silent where the
    /// statement has a condition, such as `kms:CallerAccount` or `kms:ViaService`.
    ///
    /// ```hcl bad:5
    /// resource "aws_kms_key" "main" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = "*" }
    ///       Action    = "kms:*"
    ///       Resource  = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_kms_key_policy" "main" {
    ///   key_id = "1"
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = "*" }
    ///       Action    = "kms:Decrypt"
    ///       Resource  = "*"
    ///       Condition = { StringEquals = { "kms:CallerAccount" = "123456789012" } }
    ///     }]
    ///   })
    /// }
    /// ```
    KMS_ANY_PRINCIPAL = "tf-aws-kms-policy-any-principal" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_33"],
        check: resource(KEYS, |resource, configuration, report| {
            judge(&ANYONE, "policy", resource, configuration, report);
        }),
    }
}

const KEYS: &[&str] = &["aws_kms_key", "aws_kms_key_policy", "aws_kms_external_key", "aws_kms_replica_key"];

rule! {
    /// ECR repository policy admits any principal
    ///
    /// Every AWS account may pull the images, or push them if the statement says so. Silent where the statement has a
    /// condition.
    ///
    /// ```hcl bad:6
    /// resource "aws_ecr_repository_policy" "app" {
    ///   repository = "app"
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = "*"
    ///       Action    = ["ecr:BatchGetImage"]
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_ecr_repository_policy" "app" {
    ///   repository = "app"
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = "arn:aws:iam::123456789012:role/deploy" }
    ///       Action    = ["ecr:BatchGetImage"]
    ///     }]
    ///   })
    /// }
    /// ```
    ECR_ANY_PRINCIPAL = "tf-aws-ecr-policy-any-principal" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_32", "trivy:AWS-0032", "tfsec:aws-ecr-no-public-access"],
        check: resource(&["aws_ecr_repository_policy"], |resource, configuration, report| {
            judge(&ANYONE, "policy", resource, configuration, report);
        }),
    }
}

rule! {
    /// SQS queue policy admits any principal or action
    ///
    /// Whoever may send fills the queue with orders of their own, and whoever may receive takes them away; with every action
    /// one may also rewrite the policy. Silent for everyone under a condition, as SNS and S3 need it, and for every action
    /// of the own account.
    ///
    /// ```hcl bad:6
    /// resource "aws_sqs_queue_policy" "orders" {
    ///   queue_url = "orders"
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = "*"
    ///       Action    = "sqs:SendMessage"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl bad:7
    /// resource "aws_sqs_queue_policy" "orders" {
    ///   queue_url = "orders"
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = "arn:aws:iam::123456789012:role/shop" }
    ///       Action    = "sqs:*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_sqs_queue_policy" "orders" {
    ///   queue_url = "orders"
    ///   policy = jsonencode({
    ///     Statement = [
    ///       {
    ///         Effect    = "Allow"
    ///         Principal = "*"
    ///         Action    = "sqs:SendMessage"
    ///         Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-west-1:123456789012:orders" } }
    ///       },
    ///       {
    ///         Effect    = "Allow"
    ///         Principal = { AWS = "arn:aws:iam::123456789012:root" }
    ///         Action    = "sqs:*"
    ///       },
    ///     ]
    ///   })
    /// }
    /// ```
    SQS_ANY_PRINCIPAL = "tf-aws-sqs-policy-any-principal" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_168",
            "checkov:CKV_AWS_72",
            "trivy:AWS-0097",
            "tfsec:aws-sqs-no-wildcards-in-policy-documents",
        ],
        check: resource(&["aws_sqs_queue_policy", "aws_sqs_queue"], |resource, configuration, report| {
            judge(&QUEUE, "policy", resource, configuration, report);
        }),
    }
}

rule! {
    /// SNS topic policy admits any principal
    ///
    /// Whoever may publish speaks to all subscribers, and whoever may subscribe hears everything. Silent where the statement
    /// has a condition, such as the one on `aws:SourceOwner` that a topic has by default.
    ///
    /// ```hcl bad:6
    /// resource "aws_sns_topic_policy" "alarms" {
    ///   arn = "arn:aws:sns:eu-west-1:123456789012:alarms"
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = ["*"] }
    ///       Action    = "sns:Publish"
    ///       Resource  = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_sns_topic" "alarms" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = "*" }
    ///       Action    = "sns:Publish"
    ///       Resource  = "*"
    ///       Condition = { StringEquals = { "aws:SourceOwner" = "123456789012" } }
    ///     }]
    ///   })
    /// }
    /// ```
    SNS_ANY_PRINCIPAL = "tf-aws-sns-policy-any-principal" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_169"],
        check: resource(&["aws_sns_topic_policy", "aws_sns_topic"], |resource, configuration, report| {
            judge(&ANYONE, "policy", resource, configuration, report);
        }),
    }
}

rule! {
    /// IAM policy document admits any principal
    ///
    /// Whatever the document is attached to is open to everyone. Where it is attached to something in the configuration that a
    /// rule knows, that rule speaks of it. Silent where the statement has a condition, and for documents of VPC endpoints,
    /// which only limit.
    ///
    /// ```hcl bad:7
    /// data "aws_iam_policy_document" "backups" {
    ///   statement {
    ///     actions   = ["backup:CopyIntoBackupVault"]
    ///     resources = ["*"]
    ///     principals {
    ///       type        = "AWS"
    ///       identifiers = ["*"]
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// data "aws_iam_policy_document" "backups" {
    ///   statement {
    ///     actions   = ["backup:CopyIntoBackupVault"]
    ///     resources = ["*"]
    ///     principals {
    ///       type        = "AWS"
    ///       identifiers = ["*"]
    ///     }
    ///     condition {
    ///       test     = "StringEquals"
    ///       variable = "aws:PrincipalOrgID"
    ///       values   = ["o-1"]
    ///     }
    ///   }
    /// }
    /// data "aws_iam_policy_document" "endpoint" {
    ///   statement {
    ///     actions   = ["s3:GetObject"]
    ///     resources = ["*"]
    ///     principals {
    ///       type        = "*"
    ///       identifiers = ["*"]
    ///     }
    ///   }
    /// }
    /// resource "aws_vpc_endpoint" "s3" {
    ///   vpc_id       = "vpc-1"
    ///   service_name = "com.amazonaws.eu-west-1.s3"
    ///   policy       = data.aws_iam_policy_document.endpoint.json
    /// }
    /// ```
    DOCUMENT_ANY_PRINCIPAL = "tf-aws-iam-document-any-principal" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_283"],
        yields_to: &[
            "tf-aws-s3-policy-any-principal",
            "tf-aws-kms-policy-any-principal",
            "tf-aws-ecr-policy-any-principal",
            "tf-aws-sqs-policy-any-principal",
            "tf-aws-sns-policy-any-principal",
            "tf-aws-iam-role-any-principal",
        ],
        check: resource(&[DOCUMENT], |resource, configuration, report| {
            if !only_limits(resource, configuration) {
                judge(&ANYONE, "json", resource, configuration, report);
            }
        }),
    }
}

static ANYONE: PolicyRow = PolicyRow {
    finds: anyone,
    says: "admits everyone",
    help: "name the principals, or add a condition on the account, the organization or the source",
};

static QUEUE: PolicyRow = PolicyRow {
    finds: |policy| {
        let mut wrong = anyone(policy);
        if wrong.is_empty() {
            wrong = every_action_of_queue(policy);
        }
        for Wrong { at, what } in &mut wrong {
            *what = format!("`{}`", at.text);
        }
        wrong
    },
    says: "lets in more than it has to",
    help: "name the principals and the actions that they need, or add a condition on the source",
};

/// Statements that allow every action on a queue. That the own account may do everything is the default.
fn every_action_of_queue(policy: &Policy) -> Vec<Wrong<'_>> {
    let is_for_others = |statement: &&Statement| {
        !statement.principals_open && !statement.principals.iter().all(|principal| is_account(&principal.name.text))
    };
    policy
        .allowed()
        .filter(is_for_others)
        .filter_map(every_queue_action)
        .map(|at| Wrong { at, what: String::new() })
        .collect()
}

fn every_queue_action(statement: &Statement) -> Option<&Element> {
    ["*", "sqs:*"].iter().find_map(|all| statement.actions.exactly(all))
}

/// Whether a principal is an account as a whole: its number, or the ARN of its root.
pub(super) fn is_account(principal: &str) -> bool {
    let is_number = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(principal) || (principal.starts_with("arn:") && principal.ends_with(":root"))
}
