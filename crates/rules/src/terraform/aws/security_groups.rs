//! AWS security groups that are open to everyone.
//!
//! A range that is not known, a rule that a prefix list or another group names, and protocols without ports are not
//! judged.

use crate::terraform::network::{Direction, Opening, Ports, aws_openings};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&SSH_RDP_OPEN, &HTTP_OPEN, &ALL_PORTS_OPEN, &EGRESS_OPEN];

const INGRESS: &[&str] = &[
    "aws_security_group",
    "aws_default_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
];
const EGRESS: &[&str] = &[
    "aws_security_group",
    "aws_default_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_egress_rule",
];

rule! {
    /// Security group lets the whole internet reach SSH or RDP
    ///
    /// Ports 22 and 3389 are tried by bots within minutes, and one weak password or one old server is enough. Inline rules
    /// and rules of their own count, IPv4 and IPv6. A rule for every port is reported by
    /// `tf-aws-security-group-all-ports-open` alone.
    ///
    /// ```hcl bad:6
    /// resource "aws_security_group" "web" {
    ///   ingress {
    ///     from_port   = 22
    ///     to_port     = 22
    ///     protocol    = "tcp"
    ///     cidr_blocks = ["0.0.0.0/0"]
    ///   }
    /// }
    /// ```
    /// ```hcl bad:6
    /// resource "aws_vpc_security_group_ingress_rule" "desktop" {
    ///   security_group_id = "sg-1"
    ///   ip_protocol       = "tcp"
    ///   from_port         = 3000
    ///   to_port           = 4000
    ///   cidr_ipv6         = "::/0"
    /// }
    /// ```
    /// ```hcl good
    /// variable "offices" { type = list(string) }
    /// resource "aws_security_group_rule" "ssh" {
    ///   type        = "ingress"
    ///   from_port   = 22
    ///   to_port     = 22
    ///   protocol    = "tcp"
    ///   cidr_blocks = var.offices
    /// }
    /// ```
    SSH_RDP_OPEN = "tf-aws-security-group-ssh-rdp-open" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_24",
            "checkov:CKV_AWS_25",
            "trivy:AWS-0107",
            "tfsec:aws-ec2-no-public-ingress-sgr",
            "tfsec:aws-vpc-no-public-ingress-sgr",
        ],
        yields_to: &["tf-aws-security-group-all-ports-open"],
        check: resource(INGRESS, |resource, configuration, report| {
            let says = "lets the whole internet reach SSH or RDP";
            let opens = |ports: Ports| Some(ports.has_tcp(22)? || ports.has_tcp(3389)?);
            each(resource, Direction::In, configuration, report, says, opens);
        }),
    }
}

rule! {
    /// Security group lets the whole internet reach port 80
    ///
    /// What is served on port 80 is served in the clear. A load balancer that redirects to HTTPS needs it open, so the rule is
    /// in the profile `all` only.
    ///
    /// ```hcl bad:6
    /// resource "aws_security_group_rule" "web" {
    ///   type        = "ingress"
    ///   from_port   = 80
    ///   to_port     = 80
    ///   protocol    = "tcp"
    ///   cidr_blocks = ["0.0.0.0/0"]
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_security_group_rule" "web" {
    ///   type        = "ingress"
    ///   from_port   = 443
    ///   to_port     = 443
    ///   protocol    = "tcp"
    ///   cidr_blocks = ["0.0.0.0/0"]
    /// }
    /// ```
    HTTP_OPEN = "tf-aws-security-group-http-open" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_260"],
        yields_to: &["tf-aws-security-group-all-ports-open", "tf-aws-security-group-ssh-rdp-open"],
        check: resource(INGRESS, |resource, configuration, report| {
            let says = "lets the whole internet reach port 80";
            each(resource, Direction::In, configuration, report, says, |ports| ports.has_tcp(80));
        }),
    }
}

rule! {
    /// Security group lets the whole internet reach every port
    ///
    /// Whatever listens on the machine now or later, a database, a debugger, a metrics endpoint, is on the internet.
    ///
    /// ```hcl bad:6
    /// resource "aws_security_group" "web" {
    ///   ingress {
    ///     from_port   = 0
    ///     to_port     = 0
    ///     protocol    = "-1"
    ///     cidr_blocks = ["0.0.0.0/0"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_security_group" "web" {
    ///   ingress {
    ///     from_port   = 0
    ///     to_port     = 0
    ///     protocol    = "-1"
    ///     cidr_blocks = ["10.0.0.0/8"]
    ///   }
    /// }
    /// ```
    ALL_PORTS_OPEN = "tf-aws-security-group-all-ports-open" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_277"],
        check: resource(INGRESS, |resource, configuration, report| {
            let says = "lets the whole internet reach every port";
            each(resource, Direction::In, configuration, report, says, Ports::is_every);
        }),
    }
}

rule! {
    /// Security group lets all traffic out to anywhere
    ///
    /// Software that was broken into calls home: with nothing in its way it downloads what it needs and sends out what it
    /// found. Every port of TCP is as good as everything. Many teams leave this open on purpose, so the rule is in the profile
    /// `all` only.
    ///
    /// ```hcl bad:6
    /// resource "aws_security_group" "web" {
    ///   egress {
    ///     from_port   = 0
    ///     to_port     = 0
    ///     protocol    = "-1"
    ///     cidr_blocks = ["0.0.0.0/0"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_security_group" "web" {
    ///   egress {
    ///     from_port   = 443
    ///     to_port     = 443
    ///     protocol    = "tcp"
    ///     cidr_blocks = ["0.0.0.0/0"]
    ///   }
    /// }
    /// ```
    EGRESS_OPEN = "tf-aws-security-group-egress-open" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AWS_382",
            "trivy:AWS-0104",
            "tfsec:aws-vpc-no-public-egress-sgr",
            "tfsec:aws-ec2-no-public-egress-sgr",
        ],
        check: resource(EGRESS, |resource, configuration, report| {
            let says = "lets all traffic out to anywhere";
            each(resource, Direction::Out, configuration, report, says, Ports::is_every);
        }),
    }
}

/// Reports each range without bounds behind which `opens` says that something is open.
fn each(
    resource: &Resource,
    direction: Direction,
    configuration: &Configuration,
    report: &mut Report<'_>,
    says: &str,
    opens: impl Fn(Ports) -> Option<bool>,
) {
    let (openings, unknown) = aws_openings(resource, direction);
    (0..unknown).for_each(|_| report.undecided());
    for Opening { range, ports } in openings {
        match opens(ports) {
            Some(true) => {
                let message = format!("`{}` {says}", resource.local);
                report.at_value(range, resource, configuration, message).help("name the address ranges that need it");
            }
            Some(false) => {}
            None => report.undecided(),
        }
    }
}
