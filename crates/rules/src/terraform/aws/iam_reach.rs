//! IAM policies whose actions reach every resource, by what the actions are good for.
//!
//! Only actions of the tables are judged, where the statement has no condition and the policy does not deny them. What is
//! granted by leaving actions out (`NotAction`) is not judged.

use portcullis_model::terraform::policy::{Element, Policy, Statement};

use super::iam_actions::{CREDENTIALS, DATA, ESCALATIONS, OTHERS, PERMISSIONS, WRITES};
use super::policies::{IDENTITY, PolicyRow, Wrong, every_resource, grants, judge_identity, place_of};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &PRIVILEGE_ESCALATION,
    &CREDENTIALS_EXPOSED,
    &DATA_EXFILTRATION,
    &PERMISSIONS_UNCONSTRAINED,
    &WRITE_UNCONSTRAINED,
    &WILDCARD_RESOURCE,
];

rule! {
    /// IAM policy opens a path to privilege escalation
    ///
    /// With these actions its holder can get rights that the policy does not name: by rewriting policies, by becoming another
    /// user, or by having a service run code under a stronger role. Judged where they reach every resource; several
    /// statements count together.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_policy" "deploy" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["iam:PassRole", "ec2:RunInstances"]
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl bad:4
    /// data "aws_iam_policy_document" "support" {
    ///   statement {
    ///     actions   = ["iam:Create*"]
    ///     resources = ["*"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// data "aws_iam_policy_document" "deploy" {
    ///   statement {
    ///     actions   = ["iam:PassRole"]
    ///     resources = ["arn:aws:iam::123456789012:role/worker"]
    ///   }
    ///   statement {
    ///     actions   = ["ec2:RunInstances"]
    ///     resources = ["*"]
    ///   }
    /// }
    /// ```
    PRIVILEGE_ESCALATION = "tf-aws-iam-policy-privilege-escalation" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_286", "checkov:CKV_AWS_110"],
        yields_to: &["tf-aws-iam-policy-full-admin", "tf-aws-iam-policy-wildcard-action"],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&ESCALATION, resource, configuration, report);
        }),
    }
}

static ESCALATION: PolicyRow = PolicyRow {
    finds: |policy| {
        ESCALATIONS
            .iter()
            .find_map(|actions| {
                let (first, rest) = actions.split_first()?;
                let (statement, every) = unlimited(policy, first)?;
                let is_path = rest.iter().all(|action| unlimited(policy, action).is_some());
                let what = actions.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(" with ");
                is_path.then(|| Wrong { at: place_of(statement, every), what })
            })
            .into_iter()
            .collect()
    },
    says: "lets its holder get more rights",
    help: "name the resources that the actions are needed for",
};

rule! {
    /// IAM policy lets its holder obtain credentials
    ///
    /// Credentials of other users, roles or databases outlive the program that asked for them, and what is done with them is
    /// done in another name. Judged where the action reaches every resource.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_policy" "jobs" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = "sts:AssumeRole"
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_policy" "jobs" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = "sts:AssumeRole"
    ///       Resource = "arn:aws:iam::123456789012:role/reader"
    ///     }]
    ///   })
    /// }
    /// ```
    CREDENTIALS_EXPOSED = "tf-aws-iam-policy-credentials-exposed" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_287", "checkov:CKV_AWS_107"],
        yields_to: &["tf-aws-iam-policy-privilege-escalation"],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&OBTAINS, resource, configuration, report);
        }),
    }
}

static OBTAINS: PolicyRow = PolicyRow {
    finds: |policy| of_tables(policy, &[CREDENTIALS], |_| true),
    says: "lets its holder obtain credentials on every resource",
    help: "name the roles, users or databases in `Resource`",
};

rule! {
    /// IAM policy lets its holder read data anywhere
    ///
    /// Secrets, parameters, tables, queues and objects of every application in the account can be read with it. Where it is
    /// about objects in buckets, `tf-aws-iam-policy-bucket-access-unrestricted` speaks.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_policy" "app" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["secretsmanager:GetSecretValue"]
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// variable "secret" {}
    /// resource "aws_iam_policy" "app" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["secretsmanager:GetSecretValue"]
    ///       Resource = var.secret
    ///     }]
    ///   })
    /// }
    /// ```
    DATA_EXFILTRATION = "tf-aws-iam-policy-data-exfiltration" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_288", "checkov:CKV_AWS_108"],
        yields_to: &[
            "tf-aws-iam-policy-full-admin",
            "tf-aws-iam-policy-wildcard-action",
            "tf-aws-iam-policy-bucket-access-unrestricted",
        ],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&READS, resource, configuration, report);
        }),
    }
}

static READS: PolicyRow = PolicyRow {
    finds: |policy| of_tables(policy, &[DATA], |_| true),
    says: "lets its holder read the data of every resource",
    help: "name the secrets, tables or buckets in `Resource`",
};

rule! {
    /// IAM policy grants unconstrained control over permissions
    ///
    /// Whoever changes policies, grants and trust decides who may do what, for everybody in the account. Where that leads to
    /// more rights at once, `tf-aws-iam-policy-privilege-escalation` speaks.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_policy" "storage" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["s3:PutBucketPolicy"]
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_policy" "storage" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["s3:PutBucketPolicy"]
    ///       Resource = "arn:aws:s3:::website"
    ///     }]
    ///   })
    /// }
    /// ```
    PERMISSIONS_UNCONSTRAINED = "tf-aws-iam-policy-permissions-unconstrained" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_289", "checkov:CKV_AWS_109"],
        yields_to: &["tf-aws-iam-policy-privilege-escalation", "tf-aws-iam-policy-passrole-unrestricted"],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&PERMITS, resource, configuration, report);
        }),
    }
}

static PERMITS: PolicyRow = PolicyRow {
    finds: |policy| of_tables(policy, &[PERMISSIONS], |_| true),
    says: "lets its holder change the permissions of every resource",
    help: "name the resources that the actions are needed for",
};

rule! {
    /// IAM policy grants writes without resource limits
    ///
    /// A mistake or an intruder changes or deletes not only what the policy was made for, but everything of its kind in the
    /// account. Only actions that can be limited to resources count.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_policy" "worker" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["sqs:SendMessage"]
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_policy" "worker" {
    ///   policy = jsonencode({
    ///     Statement = [
    ///       { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = "arn:aws:sqs:eu-west-1:123456789012:jobs" },
    ///       { Effect = "Allow", Action = ["cloudwatch:PutMetricData"], Resource = "*" },
    ///     ]
    ///   })
    /// }
    /// ```
    WRITE_UNCONSTRAINED = "tf-aws-iam-policy-write-unconstrained" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_290", "checkov:CKV_AWS_111"],
        yields_to: &[
            "tf-aws-iam-policy-bucket-access-unrestricted",
            "tf-aws-iam-policy-credentials-exposed",
            "tf-aws-iam-policy-permissions-unconstrained",
        ],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&CHANGES, resource, configuration, report);
        }),
    }
}

static CHANGES: PolicyRow = PolicyRow {
    finds: |policy| of_tables(policy, &[WRITES, PERMISSIONS], |_| true),
    says: "grants writes on every resource",
    help: "name the resources that the actions are needed for",
};

rule! {
    /// IAM policy grants restrictable actions on every resource
    ///
    /// The action can be limited to the resources that it is needed for, and is not. Rules that know what the action is good
    /// for speak first; what is left is mostly reading. Actions that know no resource but `*` are not judged.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_policy" "audit" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["s3:ListBucket"]
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_policy" "audit" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["ec2:DescribeInstances", "s3:ListAllMyBuckets"]
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    WILDCARD_RESOURCE = "tf-aws-iam-policy-wildcard-resource" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_355", "checkov:CKV_AWS_356"],
        yields_to: &["tf-aws-iam-policy-data-exfiltration", "tf-aws-iam-policy-write-unconstrained"],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&UNLIMITED, resource, configuration, report);
        }),
    }
}

static UNLIMITED: PolicyRow = PolicyRow {
    finds: |policy| {
        let mut found = of_tables(policy, &[DATA, WRITES, PERMISSIONS, CREDENTIALS], |_| true);
        found.extend(of_tables(policy, &[OTHERS], |action| !is_overview(action)));
        found
    },
    says: "grants on every resource what could be limited",
    help: "name the resources that the actions are needed for",
};

/// Whether an action with wildcards is for looking around: most of what `iam:List*` stands for knows no resource but `*`.
fn is_overview(action: &str) -> bool {
    let (service, verb) = action.split_once(':').unwrap_or(("", action));
    // All that S3 describes are jobs, which can be named.
    let is_of_jobs = service.eq_ignore_ascii_case("s3") && verb.starts_with("Describe");
    !is_of_jobs && verb.contains('*') && ["Get", "List", "Describe"].iter().any(|start| verb.starts_with(start))
}

/// The statement that certainly allows an action on every resource, and the element that says so.
fn unlimited<'p>(policy: &'p Policy, action: &str) -> Option<(&'p Statement, &'p Element)> {
    if policy.denies(action) {
        return None;
    }
    grants(policy).find_map(|statement| {
        statement.actions.covering(action)?;
        Some((statement, every_resource(statement)?))
    })
}

/// Each statement that allows an action of the tables on every resource, by an action of its own that `counts`.
fn of_tables<'p>(policy: &'p Policy, tables: &[&[&str]], counts: impl Fn(&str) -> bool) -> Vec<Wrong<'p>> {
    let mut found = Vec::new();
    for statement in grants(policy) {
        let Some(every) = every_resource(statement) else { continue };
        let mut actions = tables.iter().copied().flatten();
        let Some(action) =
            actions.find_map(|it| statement.actions.covering(it).filter(|own| counts(&own.text) && !policy.denies(it)))
        else {
            continue;
        };
        found.push(Wrong { at: place_of(statement, every), what: format!("`{}`", action.text) });
    }
    found
}
