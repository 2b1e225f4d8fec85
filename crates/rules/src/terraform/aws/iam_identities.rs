//! IAM users, groups, and what is attached to them and to roles.

use portcullis_model::terraform::policy::Policy;
use portcullis_model::terraform::value::Piece;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&USER_POLICY_ATTACHED, &USER_DECLARED, &ADMINISTRATOR_ACCESS_ATTACHED, &ROOT_ACCESS_KEY, &GROUP_MFA_NOT_ENFORCED];

rule! {
    /// IAM policy is attached directly to a user
    ///
    /// What users may do is then spread over all of them, and nobody sees who has too much. Groups and roles keep it in one
    /// place.
    ///
    /// ```hcl bad:1
    /// resource "aws_iam_user_policy_attachment" "jane" {
    ///   user       = "jane"
    ///   policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_iam_policy_attachment" "readers" {
    ///   name       = "readers"
    ///   users      = ["jane"]
    ///   policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_policy_attachment" "readers" {
    ///   name       = "readers"
    ///   users      = []
    ///   groups     = ["readers"]
    ///   policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    /// }
    /// ```
    USER_POLICY_ATTACHED = "tf-aws-iam-user-policy-attached" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_40", "trivy:AWS-0143", "tfsec:aws-iam-no-user-attached-policies"],
        check: resource(
            &["aws_iam_user_policy_attachment", "aws_iam_user_policy", "aws_iam_policy_attachment"],
            |resource, configuration, report| {
                if resource.is("aws_iam_policy_attachment") {
                    NO_USERS.check(&resource.kind, resource, configuration, report);
                } else {
                    let message = format!("`{}` gives rights to a single user", resource.local);
                    report.at_resource(resource, configuration, message).help(NO_USERS.help);
                }
            },
        ),
    }
}

static NO_USERS: Row = Row {
    on: &[("aws_iam_policy_attachment", "users")],
    wants: Want::Nothing,
    absent: Absent::Passes,
    says: "gives rights to single users",
    help: "attach the policy to a group or a role",
    ..Row::DEFAULT
};

rule! {
    /// IAM user is declared instead of single sign-on
    ///
    /// A user of IAM has credentials of its own, which outlive the person's account at work. For those who give access by
    /// single sign-on alone.
    ///
    /// ```hcl bad:1
    /// resource "aws_iam_user" "jane" {
    ///   name = "jane"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_role" "reader" {
    ///   assume_role_policy = "{}"
    /// }
    /// ```
    USER_DECLARED = "tf-aws-iam-user-declared" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_273"],
        check: resource(&["aws_iam_user"], |resource, configuration, report| {
            let message = format!("`{}` is a user with credentials of its own", resource.local);
            report.at_resource(resource, configuration, message).help("give access by single sign-on and roles");
        }),
    }
}

rule! {
    /// AdministratorAccess or IAMFullAccess is attached to an identity
    ///
    /// Whoever holds AdministratorAccess owns the account, and IAMFullAccess is one step away from it. Policies that are read
    /// by the data source `aws_iam_policy` are known by their names.
    ///
    /// ```hcl bad:3
    /// resource "aws_iam_role_policy_attachment" "deploy" {
    ///   role       = "deploy"
    ///   policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_iam_role" "deploy" {
    ///   assume_role_policy  = "{}"
    ///   managed_policy_arns = ["arn:aws:iam::aws:policy/IAMFullAccess"]
    /// }
    /// ```
    /// ```hcl bad:6
    /// data "aws_iam_policy" "admin" {
    ///   name = "AdministratorAccess"
    /// }
    /// resource "aws_iam_group_policy_attachment" "admins" {
    ///   group      = "admins"
    ///   policy_arn = data.aws_iam_policy.admin.arn
    /// }
    /// ```
    /// ```hcl good
    /// variable "policy" {}
    /// resource "aws_iam_role_policy_attachment" "deploy" {
    ///   role       = "deploy"
    ///   policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    /// }
    /// resource "aws_iam_role_policy_attachment" "other" {
    ///   role       = "deploy"
    ///   policy_arn = var.policy
    /// }
    /// ```
    ADMINISTRATOR_ACCESS_ATTACHED = "tf-aws-iam-administrator-access-attached" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_274", "checkov:CKV2_AWS_56"],
        check: resource(ATTACHMENTS, |resource, configuration, report| {
            let path = match &*resource.kind {
                "aws_iam_role" => "managed_policy_arns[*]",
                "aws_ssoadmin_managed_policy_attachment" => "managed_policy_arn",
                "aws_iam_role_policy_attachments_exclusive" => "policy_arns[*]",
                _ => "policy_arn",
            };
            for lookup in lookups(resource, path) {
                let found = match lookup {
                    Lookup::Present(found) => found,
                    Lookup::Absent(_) => continue,
                    Lookup::Unknown(_) => {
                        report.undecided();
                        continue;
                    }
                };
                if let Some(name) = administrative(found.value, configuration) {
                    let message = format!("`{}` attaches {name}", resource.local);
                    report
                        .at_value(found, resource, configuration, message)
                        .help("attach a policy with the rights that are needed");
                }
            }
        }),
    }
}

const ATTACHMENTS: &[&str] = &[
    "aws_iam_role",
    "aws_iam_policy_attachment",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_iam_user_policy_attachment",
    "aws_iam_group_policy_attachment",
    "aws_ssoadmin_managed_policy_attachment",
];

/// The name of the policy of AWS that an ARN is of, if that gives away the account.
fn administrative(arn: &Value, configuration: &Configuration) -> Option<&'static str> {
    let names = ["AdministratorAccess", "IAMFullAccess"];
    let end = match &arn.kind {
        Kind::String(text) => text,
        Kind::Template(pieces) => match pieces.last()? {
            Piece::Text(text) => text,
            Piece::Unknown(_) => return None,
        },
        _ => {
            let policies = arn.references().iter().filter_map(|reference| configuration.at(&reference.address));
            let mut policies = policies.filter(|policy| policy.is("data.aws_iam_policy"));
            return policies.find_map(|policy| {
                let given = ["name", "arn"].iter().find_map(|key| policy.body.get(key)?.as_str())?;
                names.into_iter().find(|name| given == *name || given.ends_with(&format!(":aws:policy/{name}")))
            });
        }
    };
    names.into_iter().find(|name| end.strip_suffix(name).is_some_and(|rest| rest.ends_with(":aws:policy/")))
}

rule! {
    /// Access key is created for the root user
    ///
    /// No policy limits the root user, and its key cannot be limited either. Whoever has it owns the account.
    ROOT_ACCESS_KEY = "tf-aws-iam-root-access-key" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_348", "trivy:AWS-0141", "tfsec:aws-iam-no-root-access-keys"],
        check: attribute(&Row {
            on: &[("aws_iam_access_key", "user")],
            wants: Want::IsNot("root"),
            absent: Absent::Unknown,
            wrong: "\"root\"",
            right: "\"deploy\"",
            says: "is an access key of the root user",
            help: "delete it, and use a role",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// IAM group policies do not insist on MFA
    ///
    /// A stolen password is enough to act as a member of the group. A policy of the group with a condition on
    /// `aws:MultiFactorAuthPresent` or `aws:MultiFactorAuthAge` counts, whether it allows or denies. Silent where a policy that
    /// is attached is not in the configuration.
    ///
    /// ```hcl bad:1
    /// resource "aws_iam_group" "support" {
    ///   name = "support"
    /// }
    /// resource "aws_iam_group_policy" "support" {
    ///   group  = aws_iam_group.support.name
    ///   policy = jsonencode({
    ///     Statement = [{ Effect = "Allow", Action = "ec2:Describe*", Resource = "*" }]
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_iam_group" "support" {
    ///   name = "support"
    /// }
    /// resource "aws_iam_group_policy" "support" {
    ///   group  = aws_iam_group.support.name
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Deny"
    ///       Action    = "*"
    ///       Resource  = "*"
    ///       Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
    ///     }]
    ///   })
    /// }
    /// variable "policy" {}
    /// resource "aws_iam_group" "readers" {
    ///   name = "readers"
    /// }
    /// resource "aws_iam_group_policy_attachment" "readers" {
    ///   group      = aws_iam_group.readers.name
    ///   policy_arn = var.policy
    /// }
    /// ```
    GROUP_MFA_NOT_ENFORCED = "tf-aws-iam-group-mfa-not-enforced" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["trivy:AWS-0123", "tfsec:aws-iam-enforce-mfa", "tfsec:aws-iam-enforce-group-mfa"],
        check: resource(&["aws_iam_group"], |resource, configuration, report| match insists_on_mfa(resource, configuration) {
            Some(true) => {}
            Some(false) => {
                let message = format!("no policy of `{}` insists on MFA", resource.local);
                report
                    .at_resource(resource, configuration, message)
                    .help("deny what the group may do unless `aws:MultiFactorAuthPresent` is true");
            }
            None => report.undecided(),
        }),
    }
}

/// Whether a policy of a group has a condition on MFA; `None` where that is not known.
fn insists_on_mfa(group: &Resource, configuration: &Configuration) -> Option<bool> {
    let mut known = true;
    let own = configuration.linked(group, "aws_iam_group_policy", "group", &["name"]);
    let one = configuration.linked(group, "aws_iam_group_policy_attachment", "group", &["name"]);
    let many = configuration.linked(group, "aws_iam_policy_attachment", "groups", &["name"]);
    known &= !own.maybe && !one.maybe && !many.maybe;
    let attached = one.certain.iter().chain(&many.certain).map(|attachment| policy_of(attachment, configuration));
    let policies = own.certain.iter().map(|policy| Attached::Policy(policy)).chain(attached);
    for policy in policies {
        let resource = match policy {
            Attached::Policy(resource) => resource,
            Attached::OfAws => continue,
            Attached::Unknown => {
                known = false;
                continue;
            }
        };
        match resource.body.get("policy").and_then(Policy::of) {
            Some(policy) if names_mfa(&policy) => return Some(true),
            Some(policy) if !policy.open => {}
            _ => known = false,
        }
    }
    known.then_some(false)
}

fn names_mfa(policy: &Policy) -> bool {
    let mut conditions = policy.statements.iter().flat_map(|statement| &statement.conditions);
    conditions.any(|condition| condition.variable.to_ascii_lowercase().starts_with("aws:multifactorauth"))
}

/// What an attachment attaches.
enum Attached<'c> {
    /// A policy of the configuration.
    Policy(&'c Resource),
    /// A policy of AWS, none of which is about MFA.
    OfAws,
    /// Something else.
    Unknown,
}

fn policy_of<'c>(attachment: &Resource, configuration: &'c Configuration) -> Attached<'c> {
    let Some(arn) = attachment.body.get("policy_arn") else { return Attached::Unknown };
    if arn.as_str().is_some_and(|text| text.contains(":iam::aws:policy/")) {
        return Attached::OfAws;
    }
    let mut policies = arn.references().iter().filter_map(|reference| configuration.at(&reference.address));
    policies.find(|policy| policy.is("aws_iam_policy")).map_or(Attached::Unknown, Attached::Policy)
}
