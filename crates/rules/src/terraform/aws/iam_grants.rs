//! IAM policies that grant too much at once.
//!
//! Boundaries and policies of organizations are not judged: they grant nothing. What a policy that is attached elsewhere
//! takes away again is not known.

use portcullis_model::terraform::policy::{Element, Statement};

use super::policies::{IDENTITY, PolicyRow, Wrong, every_action, every_resource, grants, judge_identity, place_of};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&FULL_ADMIN, &WILDCARD_ACTION, &PASSROLE_UNRESTRICTED, &BUCKET_ACCESS_UNRESTRICTED];

rule! {
    /// IAM policy grants every action on every resource
    ///
    /// Whoever holds it owns the account, and so does whoever takes over the program or laptop that holds it. Inline policies
    /// and documents count. Silent for permission boundaries and policies of an organization, and where a condition limits
    /// the statement.
    ///
    /// ```hcl bad:5
    /// resource "aws_iam_policy" "deploy" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = "*"
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl bad:3
    /// data "aws_iam_policy_document" "deploy" {
    ///   statement {
    ///     actions   = ["*"]
    ///     resources = ["*"]
    ///   }
    /// }
    /// resource "aws_iam_role_policy" "deploy" {
    ///   role   = "deploy"
    ///   policy = data.aws_iam_policy_document.deploy.json
    /// }
    /// ```
    /// ```hcl bad:6
    /// resource "aws_iam_role" "deploy" {
    ///   assume_role_policy = "{}"
    ///   inline_policy {
    ///     name   = "all"
    ///     policy = <<-EOF
    ///       {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": ["*"]}]}
    ///     EOF
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// data "aws_iam_policy_document" "limits" {
    ///   statement {
    ///     actions   = ["*"]
    ///     resources = ["*"]
    ///   }
    ///   statement {
    ///     effect    = "Deny"
    ///     actions   = ["iam:*"]
    ///     resources = ["*"]
    ///   }
    /// }
    /// resource "aws_iam_policy" "limits" {
    ///   policy = data.aws_iam_policy_document.limits.json
    /// }
    /// resource "aws_iam_role" "deploy" {
    ///   assume_role_policy   = "{}"
    ///   permissions_boundary = aws_iam_policy.limits.arn
    /// }
    /// ```
    /// ```hcl good
    /// variable "team" {}
    /// resource "aws_iam_policy" "outer" {
    ///   name   = "${var.team}-boundary"
    ///   policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
    /// }
    /// data "aws_iam_policy_document" "organization" {
    ///   statement {
    ///     actions   = ["*"]
    ///     resources = ["*"]
    ///   }
    /// }
    /// resource "aws_organizations_policy" "all" {
    ///   name    = "all"
    ///   content = data.aws_iam_policy_document.organization.json
    /// }
    /// ```
    FULL_ADMIN = "tf-aws-iam-policy-full-admin" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_62", "checkov:CKV_AWS_1"],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&ADMIN, resource, configuration, report);
        }),
    }
}

static ADMIN: PolicyRow = PolicyRow {
    finds: |policy| {
        let full = grants(policy).filter(|it| every_resource(it).is_some());
        full.filter_map(every_action).map(|at| Wrong { at, what: String::new() }).collect()
    },
    says: "grants every action on every resource",
    help: "name the actions and the resources that are needed",
};

rule! {
    /// IAM policy grants every action
    ///
    /// On whatever the statement names, everything may be done, also what AWS adds later. Where it names every resource,
    /// `tf-aws-iam-policy-full-admin` speaks. Silent for statements with principals: those are policies of a resource.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_role_policy" "deploy" {
    ///   role = "deploy"
    ///   policy = jsonencode({
    ///     Statement = {
    ///       Effect   = "Allow"
    ///       Action   = ["*"]
    ///       Resource = "arn:aws:s3:::releases/*"
    ///     }
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_role_policy" "deploy" {
    ///   role = "deploy"
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = "s3:PutObject"
    ///       Resource = "arn:aws:s3:::releases/*"
    ///     }]
    ///   })
    /// }
    /// ```
    WILDCARD_ACTION = "tf-aws-iam-policy-wildcard-action" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_63",
            "checkov:CKV_AWS_49",
            "trivy:AWS-0057",
            "tfsec:aws-iam-no-policy-wildcards",
        ],
        yields_to: &["tf-aws-iam-policy-full-admin"],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&EVERY_ACTION, resource, configuration, report);
        }),
    }
}

static EVERY_ACTION: PolicyRow = PolicyRow {
    finds: |policy| grants(policy).filter_map(every_action).map(|at| Wrong { at, what: String::new() }).collect(),
    says: "grants every action",
    help: "name the actions that are needed",
};

rule! {
    /// IAM policy allows passing any role
    ///
    /// Whoever may hand any role to a service gets that role's rights as soon as the service does something for them. Silent
    /// where a condition such as `iam:PassedToService` limits it. Where the policy also allows to start something with the
    /// role, `tf-aws-iam-policy-privilege-escalation` speaks.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_policy" "deploy" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["iam:PassRole"]
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_policy" "deploy" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["iam:PassRole"]
    ///       Resource = "arn:aws:iam::123456789012:role/worker"
    ///     }]
    ///   })
    /// }
    /// ```
    PASSROLE_UNRESTRICTED = "tf-aws-iam-policy-passrole-unrestricted" {
        severity: Severity::Medium,
        peers: &["trivy:AWS-0342", "tfsec:aws-iam-filter-passrole-access"],
        yields_to: &[
            "tf-aws-iam-policy-full-admin",
            "tf-aws-iam-policy-wildcard-action",
            "tf-aws-iam-policy-privilege-escalation",
        ],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&PASS_ROLE, resource, configuration, report);
        }),
    }
}

static PASS_ROLE: PolicyRow = PolicyRow {
    finds: |policy| {
        if policy.denies("iam:PassRole") {
            return Vec::new();
        }
        let passing = grants(policy).filter(|it| it.actions.covering("iam:PassRole").is_some());
        passing.filter_map(|it| Some(Wrong { at: place_of(it, every_role(it)?), what: String::new() })).collect()
    },
    says: "lets its holder pass any role to a service",
    help: "name the roles in `Resource`",
};

fn every_role(statement: &Statement) -> Option<&Element> {
    let roles = |text: &str| text.strip_prefix("arn:aws:iam::").is_some_and(|rest| rest.ends_with(":role/*"));
    every_resource(statement).or_else(|| {
        let named = statement.resources.items.iter().find(|it| roles(&it.text) || &*it.text == "arn:aws:iam::*");
        named.filter(|_| statement.is_unconditional() && !statement.resources.negated)
    })
}

rule! {
    /// IAM policy reaches the objects of every bucket
    ///
    /// Backups, logs, state files of Terraform and the data of every other application are in buckets, too. Reading, writing
    /// or deleting objects counts. Silent where the statement has a condition.
    ///
    /// ```hcl bad:6
    /// resource "aws_iam_policy" "reports" {
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["s3:Get*", "s3:Put*"]
    ///       Resource = "*"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_policy" "reports" {
    ///   policy = jsonencode({
    ///     Statement = [
    ///       { Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:aws:s3:::reports/*" },
    ///       { Effect = "Allow", Action = ["s3:ListAllMyBuckets"], Resource = "*" },
    ///     ]
    ///   })
    /// }
    /// ```
    BUCKET_ACCESS_UNRESTRICTED = "tf-aws-iam-policy-bucket-access-unrestricted" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &[
            "trivy:AWS-0346",
            "trivy:AWS-0345",
            "tfsec:aws-iam-unauthorized-bucket-access",
            "tfsec:aws-iam-no-s3-full-access",
        ],
        yields_to: &["tf-aws-iam-policy-full-admin", "tf-aws-iam-policy-wildcard-action"],
        check: resource(IDENTITY, |resource, configuration, report| {
            judge_identity(&EVERY_BUCKET, resource, configuration, report);
        }),
    }
}

static EVERY_BUCKET: PolicyRow = PolicyRow {
    finds: |policy| {
        let mut found = Vec::new();
        for statement in grants(policy) {
            let objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
            let action = objects.iter().filter(|it| !policy.denies(it)).find_map(|it| statement.actions.covering(it));
            let (Some(action), Some(every)) = (action, every_bucket(statement)) else { continue };
            found.push(Wrong { at: place_of(statement, every), what: format!("`{}`", action.text) });
        }
        found
    },
    says: "reaches the objects of every bucket",
    help: "name the buckets in `Resource`",
};

fn every_bucket(statement: &Statement) -> Option<&Element> {
    let all = ["arn:aws:s3:::*", "arn:aws:s3:::*/*"];
    every_resource(statement).or_else(|| {
        let named = all.iter().find_map(|it| statement.resources.exactly(it));
        named.filter(|_| statement.is_unconditional())
    })
}
