//! EKS clusters and their nodes.

use crate::Date;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &ENDPOINT_PUBLIC,
    &ENDPOINT_OPEN_TO_INTERNET,
    &SECRETS_UNENCRYPTED,
    &LOGGING_INCOMPLETE,
    &NODE_SSH_OPEN,
    &VERSION_UNSUPPORTED,
];

rule! {
    /// EKS API endpoint is public
    ///
    /// The API server answers on the internet, and whoever has a stolen token can use it from anywhere. A public endpoint is
    /// the default. One that only some addresses reach is still reported, with `all`.
    ENDPOINT_PUBLIC = "tf-aws-eks-endpoint-public" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_39", "trivy:AWS-0040", "tfsec:aws-eks-no-public-cluster-access"],
        check: attribute(&Row {
            on: &[("aws_eks_cluster", "vpc_config.endpoint_public_access")],
            wants: Want::False,
            wrong: "true",
            right: "false",
            says: "has an API endpoint on the internet",
            help: "set `endpoint_public_access` to false and `endpoint_private_access` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EKS API endpoint is reachable from any address
    ///
    /// Every address of the internet may try credentials and the next vulnerability of the API server. That is the default
    /// where the endpoint is public and no addresses are named. Silent where the endpoint is private.
    ENDPOINT_OPEN_TO_INTERNET = "tf-aws-eks-endpoint-open-to-internet" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_38", "trivy:AWS-0041", "tfsec:aws-eks-no-public-cluster-access-to-cidr"],
        check: attribute(&Row {
            on: &[("aws_eks_cluster", "vpc_config.public_access_cidrs")],
            given: &[Given { path: "vpc_config.endpoint_public_access", is: Want::True, absent: Holds::Yes }],
            wants: Want::Passes(names_addresses),
            wrong: "[\"0.0.0.0/0\"]",
            right: "[\"203.0.113.0/24\"]",
            says: "has an API endpoint that every address may reach",
            help: "name the addresses in `public_access_cidrs`, or make the endpoint private",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a list of ranges keeps anyone out; an empty one is as good as none.
fn names_addresses(ranges: &Value) -> Option<bool> {
    match ranges.as_list() {
        Some(list) if list.items.is_empty() && !list.open => Some(false),
        _ => Want::ContainsNone(&["0.0.0.0/0", "::/0"]).holds(ranges),
    }
}

rule! {
    /// EKS secrets are not encrypted with a chosen key
    ///
    /// EKS encrypts what the API stores with a key of its own. With a key of yours, access to Secrets is in your hands and in
    /// your logs, and can be taken away.
    ///
    /// ```hcl bad:1
    /// resource "aws_eks_cluster" "main" {
    ///   name = "main"
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_eks_cluster" "main" {
    ///   encryption_config {
    ///     resources = ["secrets"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "what" { type = list(string) }
    /// resource "aws_eks_cluster" "main" {
    ///   encryption_config {
    ///     resources = ["secrets"]
    ///     provider {
    ///       key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
    ///     }
    ///   }
    /// }
    /// resource "aws_eks_cluster" "other" {
    ///   encryption_config {
    ///     resources = var.what
    ///   }
    /// }
    /// ```
    SECRETS_UNENCRYPTED = "tf-aws-eks-secrets-unencrypted" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_58", "trivy:AWS-0039", "tfsec:aws-eks-encrypt-secrets"],
        check: resource(&["aws_eks_cluster"], |resource, configuration, report| {
            for row in [&SECRETS, &SECRETS_KEY] {
                row.check(&resource.kind, resource, configuration, report);
            }
        }),
    }
}

static SECRETS: Row = Row {
    on: &[("aws_eks_cluster", "encryption_config.resources")],
    wants: Want::Contains("secrets"),
    says: "encrypts Secrets with no key of yours",
    help: "add `encryption_config` with `resources = [\"secrets\"]` and a key",
    ..Row::DEFAULT
};

static SECRETS_KEY: Row = Row {
    on: &[("aws_eks_cluster", "encryption_config.provider.key_arn")],
    given: &[Given { path: "encryption_config.resources", is: Want::Contains("secrets"), absent: Holds::No }],
    wants: Want::Present,
    ..SECRETS
};

rule! {
    /// EKS control plane does not log every log type
    ///
    /// Without the audit and authenticator logs nobody can say afterwards who did what in the cluster. They cannot be had
    /// later for the time before.
    LOGGING_INCOMPLETE = "tf-aws-eks-logging-incomplete" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_37", "trivy:AWS-0038", "tfsec:aws-eks-enable-control-plane-logging"],
        check: attribute(&Row {
            on: &[("aws_eks_cluster", "enabled_cluster_log_types")],
            wants: Want::ContainsAll(&["api", "audit", "authenticator", "controllerManager", "scheduler"]),
            wrong: "[\"api\", \"audit\"]",
            right: "[\"api\", \"audit\", \"authenticator\", \"controllerManager\", \"scheduler\"]",
            says: "does not log all of what its control plane does",
            help: "turn on api, audit, authenticator, controllerManager and scheduler",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EKS node group accepts SSH from any address
    ///
    /// With a key pair and no security groups to come from, EKS opens port 22 of every node to the internet.
    ///
    /// ```hcl bad:2
    /// resource "aws_eks_node_group" "main" {
    ///   remote_access {
    ///     ec2_ssh_key = "ops"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_eks_node_group" "main" {
    ///   remote_access {
    ///     ec2_ssh_key               = "ops"
    ///     source_security_group_ids = ["sg-1"]
    ///   }
    /// }
    /// ```
    NODE_SSH_OPEN = "tf-aws-eks-node-ssh-open" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_100"],
        check: attribute(&Row {
            on: &[("aws_eks_node_group", "remote_access.source_security_group_ids")],
            given: &[Given { path: "remote_access.ec2_ssh_key", is: Want::Present, absent: Holds::No }],
            wants: Want::Present,
            says: "accepts SSH from any address",
            help: "name the security groups in `source_security_group_ids`, or drop the key",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// EKS cluster runs a Kubernetes version out of support
    ///
    /// After extended support AWS gives no fixes and upgrades the control plane by itself one day. Judged by the days on which
    /// extended support ends; a version that is not in the table yet is supported.
    ///
    /// ```hcl bad:2
    /// resource "aws_eks_cluster" "main" {
    ///   version = "1.28"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_eks_cluster" "main" {
    ///   version = "1.34"
    /// }
    /// ```
    VERSION_UNSUPPORTED = "tf-aws-eks-version-unsupported" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_339"],
        check: resource(&["aws_eks_cluster"], |resource, configuration, report| {
            for lookup in resource.get("version") {
                let Lookup::Present(found) = lookup else { continue };
                let Some(version) = found.value.to_text() else {
                    report.undecided();
                    continue;
                };
                if !is_supported(&version, report.context().date) {
                    let message = format!("`{}` runs Kubernetes {version}, which AWS supports no more", resource.local);
                    report.at_value(found, resource, configuration, message).help("upgrade, one minor version at a time");
                }
            }
        }),
    }
}

/// The last days of extended support, from AWS' release calendar. What is older than the first ended before all of them.
const LAST_DAYS: &[(u32, Date)] = &[
    (24, Date { year: 2025, month: 1, day: 31 }),
    (25, Date { year: 2025, month: 5, day: 1 }),
    (26, Date { year: 2025, month: 6, day: 11 }),
    (27, Date { year: 2025, month: 7, day: 24 }),
    (28, Date { year: 2025, month: 11, day: 26 }),
    (29, Date { year: 2026, month: 3, day: 23 }),
    (30, Date { year: 2026, month: 7, day: 23 }),
    (31, Date { year: 2026, month: 11, day: 26 }),
    (32, Date { year: 2027, month: 3, day: 23 }),
    (33, Date { year: 2027, month: 7, day: 29 }),
    (34, Date { year: 2027, month: 12, day: 2 }),
    (35, Date { year: 2028, month: 3, day: 27 }),
    (36, Date { year: 2028, month: 8, day: 2 }),
];

/// Whether a version is supported on a day; what is no version of Kubernetes is not judged.
fn is_supported(version: &str, today: Date) -> bool {
    let Some(minor) = version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok()) else { return true };
    let first = LAST_DAYS.first().map_or(0, |(first, _)| *first);
    let last = LAST_DAYS.iter().find(|(own, _)| *own == minor || (*own == first && minor < first));
    last.is_none_or(|(_, last)| today <= *last)
}
