//! Security groups: what they are for, and whether they are.

use crate::terraform::attribute::of_target;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&DESCRIPTION_MISSING, &UNATTACHED, &DEFAULT_NOT_EMPTY, &DEFAULT_NOT_MANAGED];

const GROUP: &str = "aws_security_group";
/// The resources that are a rule of a group.
const GROUP_RULES: &[&str] =
    &["aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"];

rule! {
    /// Security group or one of its rules lacks a description
    ///
    /// Nobody dares to remove a rule that nobody can explain. Terraform writes a text of its own where a group has none, which
    /// explains nothing.
    ///
    /// ```hcl bad:1
    /// resource "aws_security_group" "web" {
    ///   name = "web"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_security_group" "web" {
    ///   description = "Web servers"
    ///   ingress {
    ///     from_port = 443
    ///   }
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "aws_vpc_security_group_ingress_rule" "web" {
    ///   from_port = 443
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_security_group" "web" {
    ///   description = "Web servers"
    ///   ingress {
    ///     description = "HTTPS from the load balancer"
    ///   }
    /// }
    /// ```
    DESCRIPTION_MISSING = "tf-aws-security-group-description-missing" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &[
            "checkov:CKV_AWS_23",
            "trivy:AWS-0099",
            "tfsec:aws-vpc-add-description-to-security-group",
            "tfsec:aws-ec2-add-description-to-security-group",
            "trivy:AWS-0124",
            "tfsec:aws-vpc-add-description-to-security-group-rule",
            "tfsec:aws-ec2-add-description-to-security-group-rule",
        ],
        check: resource(
            &[
                "aws_security_group",
                "aws_security_group_rule",
                "aws_vpc_security_group_ingress_rule",
                "aws_vpc_security_group_egress_rule",
            ],
            |resource, configuration, report| {
                described(resource, resource.get("description"), "", configuration, report);
                if !resource.is(GROUP) {
                    return;
                }
                for kind in ["ingress", "egress"] {
                    for lookup in resource.get(&format!("{kind}[*]")) {
                        let Lookup::Present(rule) = lookup else { continue };
                        let of = format!("an {kind} rule of ");
                        described(resource, lookups_in(&rule, "description"), &of, configuration, report);
                    }
                }
            },
        ),
    }
}

fn described(
    resource: &Resource,
    descriptions: Vec<Lookup<'_>>,
    of: &str,
    configuration: &Configuration,
    report: &mut Report<'_>,
) {
    for lookup in descriptions {
        let message = || format!("{of}`{}` has no description", resource.local);
        let draft = match lookup {
            Lookup::Present(found) => match found.value.as_str() {
                Some("" | "Managed by Terraform") => report.at_value(found, resource, configuration, message()),
                _ => continue,
            },
            Lookup::Absent(missing) => report.at_missing(missing, resource, configuration, message()),
            Lookup::Unknown(_) => {
                report.undecided();
                continue;
            }
        };
        draft.help("set `description` to what it is for");
    }
}

rule! {
    /// Security group is attached to nothing
    ///
    /// A group that nothing uses is waiting for somebody who does not read it. Any resource that refers to the group counts,
    /// but its own rules and other groups. An output is not seen: turn this on where groups are used where they are made.
    ///
    /// ```hcl bad:1
    /// resource "aws_security_group" "old" {
    ///   name = "old"
    /// }
    /// resource "aws_security_group_rule" "old" {
    ///   security_group_id = aws_security_group.old.id
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_security_group" "web" {
    ///   name = "web"
    /// }
    /// resource "aws_instance" "web" {
    ///   vpc_security_group_ids = [aws_security_group.web.id]
    /// }
    /// ```
    UNATTACHED = "tf-aws-security-group-unattached" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV2_AWS_5"],
        check: resource(&[GROUP], |group, configuration, report| {
            if configuration.hands_out(group) {
                return report.undecided();
            }
            let uses = |other: &Resource| !other.is(GROUP) && !GROUP_RULES.iter().any(|kind| other.is(kind));
            // In the default VPC instances may name their groups.
            let by_name = ["aws_instance", "aws_launch_configuration"].map(|kind| {
                let links = configuration.linked(group, kind, "security_groups[*]", &["name"]);
                links.maybe || !links.certain.is_empty()
            });
            if !by_name.contains(&true) && !configuration.users_of(group).any(uses) {
                let message = format!("`{}` is attached to nothing", group.local);
                report.at_resource(group, configuration, message).help("remove it");
            }
        }),
    }
}

rule! {
    /// Default security group still carries rules
    ///
    /// Whatever is made without naming a group gets this one. Empty, it lets nothing through, and the mistake shows at once.
    /// Rules of their own that are added to it count as well. A VPC whose default group is not in the configuration is
    /// `tf-aws-vpc-default-security-group-unmanaged`.
    ///
    /// ```hcl bad:3
    /// resource "aws_default_security_group" "main" {
    ///   vpc_id = "vpc-1"
    ///   ingress {
    ///     protocol  = "-1"
    ///     self      = true
    ///     from_port = 0
    ///     to_port   = 0
    ///   }
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "aws_default_security_group" "main" {
    ///   vpc_id = "vpc-1"
    /// }
    /// resource "aws_vpc_security_group_ingress_rule" "web" {
    ///   security_group_id = aws_default_security_group.main.id
    ///   ip_protocol       = "tcp"
    ///   from_port         = 443
    ///   to_port           = 443
    ///   cidr_ipv4         = "10.0.0.0/8"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_default_security_group" "main" {
    ///   vpc_id = "vpc-1"
    /// }
    /// resource "aws_default_security_group" "other" {
    ///   vpc_id  = "vpc-2"
    ///   ingress = []
    ///   egress  = []
    /// }
    /// ```
    DEFAULT_NOT_EMPTY = "tf-aws-security-group-default-not-empty" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_12", "trivy:AWS-0173", "tfsec:aws-ec2-restrict-all-in-default-sg"],
        check: resource(&["aws_default_security_group"], |resource, configuration, report| {
            for kind in ["ingress[*]", "egress[*]"] {
                for lookup in resource.get(kind) {
                    match lookup {
                        Lookup::Present(rule) => {
                            let message = format!("`{}` carries rules", resource.local);
                            let draft = report.at_value(rule, resource, configuration, message);
                            draft.help("leave out all `ingress` and `egress`, and use groups of your own");
                            of_target(draft, resource, configuration, "vpc_id");
                            return;
                        }
                        Lookup::Unknown(_) => report.undecided(),
                        Lookup::Absent(_) => {}
                    }
                }
            }
            for kind in GROUP_RULES {
                let links = configuration.linked(resource, kind, "security_group_id", &[]);
                let Some(rule) = links.certain.first() else { continue };
                let message = format!("`{}` carries rules", resource.local);
                let draft = report.at_resource(resource, configuration, message);
                draft.help("use a group of your own").label(rule.header, "this one");
                of_target(draft, resource, configuration, "vpc_id");
                return;
            }
        }),
    }
}

rule! {
    /// Default security group of a VPC is left as AWS made it
    ///
    /// It lets its members reach each other and everything outside, and whatever names no group is a member. Terraform takes
    /// it over with an `aws_default_security_group`, and empties it. The rule would speak of nearly every VPC, so it is in the
    /// profile `all` only; it is silent where the VPC is handed to a module that is not at hand.
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
    /// resource "aws_default_security_group" "main" {
    ///   vpc_id = aws_vpc.main.id
    /// }
    /// ```
    DEFAULT_NOT_MANAGED = "tf-aws-vpc-default-security-group-unmanaged" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_12"],
        check: linked(&LinkRow {
            on: &["aws_vpc"],
            by: &[("aws_default_security_group", "vpc_id")],
            says: "leaves its default security group as AWS made it",
            help: "add an `aws_default_security_group` without rules for it",
            ..LinkRow::DEFAULT
        }),
    }
}
