//! Who may assume IAM roles.
//!
//! A condition may narrow a trust (an external id, an organization, tags), so statements with one are left alone but for
//! GitHub's tokens, whose conditions are known.

use portcullis_model::terraform::policy::{Condition, Element, Policy, Principal, Statement, UNKNOWN};

use super::policies::{DOCUMENT, PolicyRow, Wrong, anyone, judge};
use super::resource_policies::is_account;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ANY_PRINCIPAL, &ACCOUNT_WIDE_TRUST, &GITHUB_UNRESTRICTED];

rule! {
    /// IAM role can be assumed by anyone
    ///
    /// Every identity of every AWS account may take the role and all that it may do. Silent where the statement has a
    /// condition.
    ///
    /// ```hcl bad:5
    /// resource "aws_iam_role" "partner" {
    ///   assume_role_policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = "*" }
    ///       Action    = "sts:AssumeRole"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_role" "worker" {
    ///   assume_role_policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Service = "ec2.amazonaws.com" }
    ///       Action    = "sts:AssumeRole"
    ///     }]
    ///   })
    /// }
    /// ```
    ANY_PRINCIPAL = "tf-aws-iam-role-any-principal" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_60"],
        check: resource(&["aws_iam_role"], |resource, configuration, report| {
            judge(&EVERYONE, "assume_role_policy", resource, configuration, report);
        }),
    }
}

static EVERYONE: PolicyRow =
    PolicyRow { finds: anyone, says: "can be assumed by everyone", help: "name the principals that may assume it" };

rule! {
    /// IAM role trusts every identity of an account
    ///
    /// The account's number or its root stands for all of its users and roles, as far as their own policies let them. Common
    /// between accounts, so the rule is in the profile `all` only. Silent where the statement has a condition.
    ///
    /// ```hcl bad:5
    /// resource "aws_iam_role" "partner" {
    ///   assume_role_policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = "arn:aws:iam::123456789012:root" }
    ///       Action    = "sts:AssumeRole"
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_role" "partner" {
    ///   assume_role_policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { AWS = "arn:aws:iam::123456789012:role/importer" }
    ///       Action    = "sts:AssumeRole"
    ///     }]
    ///   })
    /// }
    /// ```
    ACCOUNT_WIDE_TRUST = "tf-aws-iam-role-account-wide-trust" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_61"],
        check: resource(&["aws_iam_role"], |resource, configuration, report| {
            judge(&ACCOUNT, "assume_role_policy", resource, configuration, report);
        }),
    }
}

static ACCOUNT: PolicyRow = PolicyRow {
    finds: |policy| {
        let open = policy.allowed().filter(|it| it.is_unconditional() && !it.principals_negated);
        let principals = open.flat_map(|statement| &statement.principals);
        let accounts = principals.filter(|it| &*it.kind == "AWS" && is_account(&it.name.text));
        accounts.map(|it| Wrong { at: &it.name, what: String::new() }).collect()
    },
    says: "trusts every identity of an account",
    help: "name the role or user that assumes it, or add a condition",
};

rule! {
    /// IAM role trusts GitHub tokens without a safe subject
    ///
    /// GitHub signs tokens for the workflows of everyone. Only a condition on the subject says whose they are: it names the
    /// owner of the repository in full and begins with nothing that any workflow can choose, such as the branch or the
    /// environment. Conditions on the repository or its owner count as well.
    ///
    /// ```hcl bad:5
    /// resource "aws_iam_role" "deploy" {
    ///   assume_role_policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
    ///       Action    = "sts:AssumeRoleWithWebIdentity"
    ///       Condition = { StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" } }
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl bad:11
    /// data "aws_iam_policy_document" "deploy" {
    ///   statement {
    ///     actions = ["sts:AssumeRoleWithWebIdentity"]
    ///     principals {
    ///       type        = "Federated"
    ///       identifiers = ["arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"]
    ///     }
    ///     condition {
    ///       test     = "StringLike"
    ///       variable = "token.actions.githubusercontent.com:sub"
    ///       values   = ["repo:acme*:*"]
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl bad:10
    /// resource "aws_iam_role" "deploy" {
    ///   assume_role_policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
    ///       Action    = "sts:AssumeRoleWithWebIdentity"
    ///       Condition = {
    ///         StringEquals = {
    ///           "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
    ///           "token.actions.githubusercontent.com:sub" = "environment:production"
    ///         }
    ///       }
    ///     }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_openid_connect_provider" "github" {
    ///   url            = "https://token.actions.githubusercontent.com"
    ///   client_id_list = ["sts.amazonaws.com"]
    /// }
    /// resource "aws_iam_role" "deploy" {
    ///   assume_role_policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
    ///       Action    = "sts:AssumeRoleWithWebIdentity"
    ///       Condition = {
    ///         StringLike = { "token.actions.githubusercontent.com:sub" = "repo:acme/shop:*" }
    ///       }
    ///     }]
    ///   })
    /// }
    /// ```
    GITHUB_UNRESTRICTED = "tf-aws-iam-github-oidc-unrestricted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_393", "checkov:CKV_AWS_358"],
        check: resource(&["aws_iam_role", DOCUMENT], |resource, configuration, report| {
            let path = if resource.is(DOCUMENT) { "json" } else { "assume_role_policy" };
            judge(&GITHUB, path, resource, configuration, report);
        }),
    }
}

const ISSUER: &str = "token.actions.githubusercontent.com";

static GITHUB: PolicyRow = PolicyRow {
    finds: |policy: &Policy| {
        policy
            .allowed()
            .filter_map(|statement| {
                let provider = statement.principals.iter().find(|it| is_github(it, statement))?;
                let at = unsafe_subject(statement, provider)?;
                Some(Wrong { at, what: String::new() })
            })
            .collect()
    },
    says: "trusts GitHub tokens of repositories that it does not name",
    help: "add a condition on `token.actions.githubusercontent.com:sub`: `repo:OWNER/REPOSITORY:ref:refs/heads/main`",
};

/// Whether a principal is GitHub's provider: by its name, or by what the conditions are about.
fn is_github(principal: &Principal, statement: &Statement) -> bool {
    &*principal.kind == "Federated"
        && !statement.principals_negated
        && (principal.name.text.contains(ISSUER) || statement.conditions.iter().any(|it| claim(it).is_some()))
}

/// The claim of a token that a condition is about.
fn claim(condition: &Condition) -> Option<&str> {
    condition.variable.strip_prefix(ISSUER)?.strip_prefix(':')
}

/// What lets the tokens of others in: a subject, or the provider where no condition is about whose the tokens are.
fn unsafe_subject<'s>(statement: &'s Statement, provider: &'s Principal) -> Option<&'s Element> {
    let mut worst = Some(&provider.name).filter(|_| !statement.conditions_open);
    for condition in &statement.conditions {
        let Some(claim) = claim(condition) else {
            // A tag of the session or a network may say it as well.
            worst = None;
            continue;
        };
        if claim.starts_with("repository") || claim.starts_with("enterprise") || claim == "job_workflow_ref" {
            return None;
        }
        if claim != "sub" {
            continue;
        }
        let test = condition.test.rsplit(':').next().unwrap_or_default();
        if !test.starts_with("StringLike") && !test.starts_with("StringEquals") {
            return None;
        }
        return condition.values.items.iter().find(|value| is_anyones(&value.text));
    }
    worst
}

/// Claims that come first in a subject where a repository says so, and that everyone can make the same in theirs.
const CHOSEN: &[&str] = &["base_ref:", "context:", "environment:", "head_ref:", "ref:", "workflow:"];

/// Whether repositories of any owner can have such a subject. No subject has a `*` in it, so a pattern is meant wherever
/// there is one, also where the test takes it by the letter.
fn is_anyones(subject: &str) -> bool {
    if CHOSEN.iter().any(|claim| subject.starts_with(claim)) {
        return true;
    }
    let owner = subject.strip_prefix("repo:").unwrap_or(subject).split(['/', ':']).next().unwrap_or_default();
    owner.contains(['*', '?']) && !owner.contains(UNKNOWN)
}
