//! Network ACLs that are open to everyone.
//!
//! The rules of an ACL are tried in order, and what an earlier one denies to everyone is not open. Only rules that stand in
//! one ACL are compared: those of their own may be in any order, and in another configuration.

use portcullis_model::terraform::value::Map;

use crate::terraform::network::{Ports, is_everyone};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ALL_PORTS_OPEN, &ADMIN_PORTS_OPEN, &RDP_OPEN];

const RULE: &str = "aws_network_acl_rule";
const ACLS: &[&str] = &["aws_network_acl", "aws_default_network_acl", RULE];

rule! {
    /// Network ACL rule lets every port in
    ///
    /// The subnet's own filter filters nothing, and one mistake in a security group is enough. AWS' default ACL is like that,
    /// and many leave it so. Rules for traffic out are not judged.
    ///
    /// ```hcl bad:7
    /// resource "aws_network_acl_rule" "all" {
    ///   network_acl_id = "acl-1"
    ///   rule_number    = 100
    ///   egress         = false
    ///   protocol       = "-1"
    ///   rule_action    = "allow"
    ///   cidr_block     = "0.0.0.0/0"
    /// }
    /// ```
    /// ```hcl bad:8
    /// resource "aws_network_acl" "main" {
    ///   ingress {
    ///     rule_no         = 100
    ///     action          = "allow"
    ///     protocol        = "tcp"
    ///     from_port       = 0
    ///     to_port         = 65535
    ///     ipv6_cidr_block = "::/0"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_network_acl_rule" "out" {
    ///   egress      = true
    ///   protocol    = "-1"
    ///   rule_action = "allow"
    ///   cidr_block  = "0.0.0.0/0"
    /// }
    /// resource "aws_network_acl_rule" "no" {
    ///   protocol    = "-1"
    ///   rule_action = "deny"
    ///   cidr_block  = "0.0.0.0/0"
    /// }
    /// resource "aws_network_acl_rule" "https" {
    ///   protocol    = "tcp"
    ///   rule_action = "allow"
    ///   from_port   = 443
    ///   to_port     = 443
    ///   cidr_block  = "0.0.0.0/0"
    /// }
    /// ```
    ALL_PORTS_OPEN = "tf-aws-network-acl-all-ports-open" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AWS_352",
            "trivy:AWS-0102",
            "tfsec:aws-vpc-no-excessive-port-access",
            "tfsec:aws-ec2-no-excessive-port-access",
        ],
        check: resource(ACLS, |resource, configuration, report| {
            each(resource, configuration, report, "lets every port in from anywhere", |ports, denied| {
                Some(ports.is_every()? && denied.is_empty())
            });
        }),
    }
}

rule! {
    /// Network ACL opens FTP or SSH to the internet
    ///
    /// Ports 20, 21 and 22 are what bots try first, and behind them are passwords. What an earlier rule of the ACL denies to
    /// everyone is not open.
    ///
    /// ```hcl bad:6
    /// resource "aws_network_acl_rule" "ssh" {
    ///   protocol    = "tcp"
    ///   rule_action = "allow"
    ///   from_port   = 22
    ///   to_port     = 22
    ///   cidr_block  = "0.0.0.0/0"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_network_acl" "main" {
    ///   ingress {
    ///     rule_no    = 100
    ///     action     = "allow"
    ///     protocol   = "tcp"
    ///     from_port  = 1
    ///     to_port    = 4000
    ///     cidr_block = "0.0.0.0/0"
    ///   }
    ///   ingress {
    ///     rule_no    = 10
    ///     action     = "deny"
    ///     protocol   = "tcp"
    ///     from_port  = 20
    ///     to_port    = 3389
    ///     cidr_block = "0.0.0.0/0"
    ///   }
    /// }
    /// resource "aws_network_acl_rule" "answers" {
    ///   protocol    = "tcp"
    ///   rule_action = "allow"
    ///   from_port   = 1024
    ///   to_port     = 65535
    ///   cidr_block  = "0.0.0.0/0"
    /// }
    /// resource "aws_network_acl_rule" "ssh" {
    ///   protocol    = "tcp"
    ///   rule_action = "allow"
    ///   from_port   = 22
    ///   to_port     = 22
    ///   cidr_block  = "10.0.0.0/8"
    /// }
    /// ```
    ADMIN_PORTS_OPEN = "tf-aws-network-acl-admin-ports-open" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AWS_229",
            "checkov:CKV_AWS_230",
            "checkov:CKV_AWS_232",
            "trivy:AWS-0105",
            "tfsec:aws-vpc-no-public-ingress-acl",
            "tfsec:aws-ec2-no-public-ingress-acl",
        ],
        yields_to: &["tf-aws-network-acl-all-ports-open"],
        check: resource(ACLS, |resource, configuration, report| {
            let says = "opens FTP or SSH to the internet";
            each(resource, configuration, report, says, |ports, denied| {
                for port in [20, 21, 22] {
                    if ports.has_tcp(port)? && !is_denied(port, denied) {
                        return Some(true);
                    }
                }
                Some(false)
            });
        }),
    }
}

rule! {
    /// Network ACL opens RDP to the internet
    ///
    /// Port 3389 is a login screen that bots know. An ACL keeps no state and has to let the answers back in: a wide range of
    /// high ports, with 3389 in it, is no finding.
    ///
    /// ```hcl bad:6
    /// resource "aws_network_acl_rule" "desktops" {
    ///   protocol    = "tcp"
    ///   rule_action = "allow"
    ///   from_port   = 3389
    ///   to_port     = 3389
    ///   cidr_block  = "0.0.0.0/0"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_network_acl_rule" "answers" {
    ///   protocol    = "tcp"
    ///   rule_action = "allow"
    ///   from_port   = 1024
    ///   to_port     = 65535
    ///   cidr_block  = "0.0.0.0/0"
    /// }
    /// resource "aws_network_acl_rule" "desktops" {
    ///   protocol    = "tcp"
    ///   rule_action = "allow"
    ///   from_port   = 3389
    ///   to_port     = 3389
    ///   cidr_block  = "10.0.0.0/8"
    /// }
    /// ```
    RDP_OPEN = "tf-aws-network-acl-rdp-open" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_231", "trivy:AWS-0105", "tfsec:aws-ec2-no-public-ingress-acl"],
        yields_to: &["tf-aws-network-acl-all-ports-open", "tf-aws-network-acl-admin-ports-open"],
        check: resource(ACLS, |resource, configuration, report| {
            each(resource, configuration, report, "opens RDP to the internet", |ports, denied| {
                let is_for_answers = matches!(ports, Ports::Range(_, from, to) if from >= 1024 && to >= 60_000);
                Some(ports.has_tcp(3389)? && !is_for_answers && !is_denied(3389, denied))
            });
        }),
    }
}

fn is_denied(port: i64, denied: &[Ports]) -> bool {
    denied.iter().any(|denied| denied.has_tcp(port) != Some(false))
}

/// Reports each range without bounds from which an ACL, or a rule of one, lets in what `opens` says.
fn each(
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
    says: &str,
    opens: impl Fn(Ports, &[Ports]) -> Option<bool>,
) {
    let (blocks, action) = if resource.is(RULE) { (vec![whole(resource)], "rule_action") } else { inline(resource) };
    for (map, lookup) in &blocks {
        let Some(map) = map else {
            report.undecided();
            continue;
        };
        if map.get("egress").is_some_and(|egress| egress.as_bool() != Some(false) && !egress.is_null()) {
            continue;
        }
        match map.get(action).and_then(Value::to_text) {
            Some(action) if action.eq_ignore_ascii_case("allow") => {}
            Some(_) => continue,
            None => {
                report.undecided();
                continue;
            }
        }
        let ports = Ports::of_aws(map.get("protocol"), map.get("from_port"), map.get("to_port"));
        for name in ["cidr_block", "ipv6_cidr_block"] {
            let ranges = lookup.as_ref().map_or_else(|| lookups(resource, name), |block| lookups_in(block, name));
            for range in ranges {
                let Lookup::Present(range) = range else { continue };
                let is_open = range.value.as_str().map(is_everyone);
                let opens = || opens(ports, &denied_before(map, name, &blocks));
                match is_open.map(|is_open| if is_open { opens() } else { Some(false) }) {
                    Some(Some(true)) => {
                        let message = format!("`{}` {says}", resource.local);
                        report
                            .at_value(range, resource, configuration, message)
                            .help("name the ports and address ranges that need it");
                    }
                    Some(Some(false)) => {}
                    Some(None) | None => report.undecided(),
                }
            }
        }
    }
}

/// What describes a rule, and where it is found if it is not the resource itself. Nothing where it is not known.
type Described<'c> = (Option<&'c Map>, Option<Found<'c>>);

/// What earlier rules of the same ACL deny to everyone of this family of addresses.
fn denied_before(rule: &Map, family: &str, blocks: &[Described<'_>]) -> Vec<Ports> {
    let number = |map: &Map| map.get("rule_no").and_then(Value::as_i64);
    let Some(own) = number(rule) else { return Vec::new() };
    let earlier = blocks.iter().filter_map(|(map, _)| *map).filter(|map| number(map).is_some_and(|it| it < own));
    earlier
        .filter(|map| map.get("action").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("deny")))
        .filter(|map| map.get(family).and_then(Value::as_str).is_some_and(is_everyone))
        .map(|map| Ports::of_aws(map.get("protocol"), map.get("from_port"), map.get("to_port")))
        .collect()
}

fn whole(resource: &Resource) -> Described<'_> {
    (Some(&resource.body), None)
}

fn inline(resource: &Resource) -> (Vec<Described<'_>>, &'static str) {
    let blocks = resource.get("ingress[*]").into_iter().filter_map(|lookup| match lookup {
        Lookup::Present(block) => Some((block.value.as_map().map(|map| &**map), Some(block))),
        Lookup::Absent(_) => None,
        Lookup::Unknown(_) => Some((None, None)),
    });
    (blocks.collect(), "action")
}
