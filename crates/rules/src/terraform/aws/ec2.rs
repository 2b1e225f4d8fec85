//! EC2 instances, and the templates that they are made from.
//!
//! What an instance leaves out may come from the launch template that it names: absence says nothing there.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &IMDSV1_ENABLED,
    &METADATA_HOP_LIMIT_HIGH,
    &PUBLIC_IP,
    &DETAILED_MONITORING_DISABLED,
    &EBS_OPTIMIZATION_DISABLED,
    &INSTANCE_PROFILE_MISSING,
];

const INSTANCE: &str = "aws_instance";
const TEMPLATE: &str = "aws_launch_template";
const LAUNCH: &str = "aws_launch_configuration";

/// No launch template fills in what is left out.
const WITHOUT_TEMPLATE: Given = Given { path: "launch_template", is: Want::Nothing, absent: Holds::Yes };

rule! {
    /// EC2 metadata service accepts requests without a session token
    ///
    /// Version 1 of the service answers a plain GET: one request that an application can be talked into sending gives away the
    /// credentials of the instance's role. Both versions answer by default. Silent where the service is off, and where an
    /// instance leaves its options to a launch template or to defaults of the region that ask for tokens.
    ///
    /// ```hcl bad:1
    /// resource "aws_instance" "web" {
    ///   ami = "ami-1"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_launch_template" "web" {
    ///   metadata_options {
    ///     http_tokens = "optional"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "tokens" {}
    /// resource "aws_launch_template" "web" {
    ///   metadata_options {
    ///     http_tokens = "required"
    ///   }
    /// }
    /// resource "aws_instance" "web" {
    ///   launch_template {
    ///     id = aws_launch_template.web.id
    ///   }
    /// }
    /// resource "aws_launch_configuration" "web" {
    ///   metadata_options {
    ///     http_endpoint = "disabled"
    ///   }
    /// }
    /// resource "aws_instance" "other" {
    ///   metadata_options {
    ///     http_tokens = var.tokens
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_ec2_instance_metadata_defaults" "region" {
    ///   http_tokens = "required"
    /// }
    /// resource "aws_instance" "web" {
    ///   ami = "ami-1"
    /// }
    /// ```
    IMDSV1_ENABLED = "tf-aws-ec2-imdsv1-enabled" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_79",
            "trivy:AWS-0028",
            "tfsec:aws-ec2-enforce-http-token-imds",
            "trivy:AWS-0130",
            "tfsec:aws-autoscaling-enforce-http-token-imds",
            "tfsec:aws-ec2-enforce-launch-config-http-token-imds",
        ],
        check: resource(&[INSTANCE, TEMPLATE, LAUNCH], |resource, configuration, report| {
            let mut defaults = configuration.of_kind("aws_ec2_instance_metadata_defaults");
            let is_default = defaults.any(|it| it.body.get("http_tokens").and_then(Value::as_str) == Some("required"));
            let has_template = resource.body.get("launch_template").is_some();
            let row = if is_default || has_template { &TOKENS_IF_WRITTEN } else { &TOKENS };
            row.check(&resource.kind, resource, configuration, report);
        }),
    }
}

const TOKENS_ROW: Row = Row {
    on: &[
        (INSTANCE, "metadata_options.http_tokens"),
        (TEMPLATE, "metadata_options.http_tokens"),
        (LAUNCH, "metadata_options.http_tokens"),
    ],
    given: &[Given { path: "metadata_options.http_endpoint", is: Want::IsNot("disabled"), absent: Holds::Yes }],
    wants: Want::Is("required"),
    says: "answers metadata requests without a session token",
    help: "set `http_tokens` to `required` in `metadata_options`",
    ..Row::DEFAULT
};
static TOKENS: Row = TOKENS_ROW;
static TOKENS_IF_WRITTEN: Row = Row { absent: Absent::Passes, ..TOKENS_ROW };

rule! {
    /// EC2 metadata responses may travel more than one hop
    ///
    /// With one hop the credentials of the instance stay with its own processes; with more they reach containers and whatever
    /// the instance forwards for. Hosts of containers that need the service have to have two.
    METADATA_HOP_LIMIT_HIGH = "tf-aws-ec2-metadata-hop-limit-high" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_341"],
        check: attribute(&Row {
            on: &[
                (TEMPLATE, "metadata_options.http_put_response_hop_limit"),
                (LAUNCH, "metadata_options.http_put_response_hop_limit"),
            ],
            wants: Want::AtMost(1),
            absent: Absent::Passes,
            wrong: "2",
            right: "1",
            says: "lets metadata responses travel more than one hop",
            help: "set `http_put_response_hop_limit` to 1",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EC2 instance gets a public IP address
    ///
    /// The instance is on the internet, with its security group as the only thing in between. Only what is written counts: where
    /// nothing is, the subnet decides.
    PUBLIC_IP = "tf-aws-ec2-public-ip" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_88",
            "trivy:AWS-0009",
            "tfsec:aws-autoscaling-no-public-ip",
            "tfsec:aws-ec2-no-public-ip",
        ],
        check: attribute(&Row {
            on: &[
                (INSTANCE, "associate_public_ip_address"),
                (TEMPLATE, "network_interfaces.associate_public_ip_address"),
                (LAUNCH, "associate_public_ip_address"),
            ],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "gets a public IP address",
            help: "set `associate_public_ip_address` to false, and reach it through a load balancer or Session Manager",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EC2 instance has no detailed monitoring
    ///
    /// Numbers every five minutes miss what lasts one. Detailed monitoring costs extra.
    DETAILED_MONITORING_DISABLED = "tf-aws-ec2-detailed-monitoring-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_126"],
        check: attribute(&Row {
            on: &[(INSTANCE, "monitoring")],
            given: &[WITHOUT_TEMPLATE],
            wrong: "false",
            right: "true",
            says: "is measured every five minutes only",
            help: "set `monitoring` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EC2 instance is not EBS-optimised
    ///
    /// Traffic to the disks competes with all other traffic. Only the families of instances for which that can be chosen are
    /// judged; all newer ones are optimised whatever is written.
    EBS_OPTIMIZATION_DISABLED = "tf-aws-ec2-ebs-optimization-disabled" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_135"],
        check: attribute(&Row {
            on: &[(INSTANCE, "ebs_optimized")],
            given: &[
                WITHOUT_TEMPLATE,
                Given { path: "instance_type", is: Want::Passes(is_optimization_a_choice), absent: Holds::No },
            ],
            around: &["instance_type = \"m3.xlarge\""],
            wrong: "false",
            right: "true",
            says: "is not EBS-optimised",
            help: "set `ebs_optimized` to true, or use a newer type",
            ..Row::DEFAULT
        }),
    }
}

/// The families that AWS documents as optimised only on demand.
fn is_optimization_a_choice(kind: &Value) -> Option<bool> {
    let (family, _) = kind.as_str()?.split_once('.')?;
    Some(matches!(family, "c1" | "c3" | "g2" | "i2" | "m1" | "m2" | "m3" | "r3"))
}

rule! {
    /// EC2 instance has no instance profile
    ///
    /// Software that needs AWS and has no role gets keys that somebody stores on the instance. An instance that calls no API of
    /// AWS needs none.
    INSTANCE_PROFILE_MISSING = "tf-aws-ec2-instance-profile-missing" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV2_AWS_41"],
        check: attribute(&Row {
            on: &[(INSTANCE, "iam_instance_profile")],
            given: &[WITHOUT_TEMPLATE],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"web\"",
            says: "has no instance profile",
            help: "set `iam_instance_profile` to a profile with the rights that it needs",
            ..Row::DEFAULT
        }),
    }
}
