//! OpenSearch domains, and the Elasticsearch domains that they were before.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &STORAGE_UNENCRYPTED,
    &NODE_TRAFFIC_UNENCRYPTED,
    &HTTP_ALLOWED,
    &TLS_POLICY_WEAK,
    &LOGGING_DISABLED,
    &AUDIT_LOG_DISABLED,
    &OUTSIDE_VPC,
    &FINE_GRAINED_ACCESS_DISABLED,
];

rule! {
    /// OpenSearch domain stores data unencrypted
    ///
    /// Indices, logs and snapshots can be read by whoever gets at the disks. Off by default, and on older versions it
    /// cannot be turned on later.
    STORAGE_UNENCRYPTED = "tf-aws-opensearch-storage-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_5", "trivy:AWS-0048", "tfsec:aws-elasticsearch-enable-domain-encryption"],
        check: attribute(&Row {
            on: &[
                ("aws_opensearch_domain", "encrypt_at_rest.enabled"),
                ("aws_elasticsearch_domain", "encrypt_at_rest.enabled"),
            ],
            wrong: "false",
            right: "true",
            says: "is stored unencrypted",
            help: "add `encrypt_at_rest` with `enabled = true`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// OpenSearch nodes talk to each other in plaintext
    ///
    /// Documents and queries pass between the nodes, and to replicas in other zones, for everyone in that network to
    /// read. A domain of one node, which is the default, has no such traffic: it is a finding where the encryption is turned
    /// off in writing, because it has to be on before the second node comes.
    ///
    /// ```hcl bad:1
    /// resource "aws_opensearch_domain" "main" {
    ///   cluster_config {
    ///     instance_count = 3
    ///   }
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_elasticsearch_domain" "main" {
    ///   node_to_node_encryption {
    ///     enabled = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_opensearch_domain" "one" {
    ///   domain_name = "one"
    /// }
    /// resource "aws_opensearch_domain" "many" {
    ///   cluster_config {
    ///     instance_count = 3
    ///   }
    ///   node_to_node_encryption {
    ///     enabled = true
    ///   }
    /// }
    /// ```
    NODE_TRAFFIC_UNENCRYPTED = "tf-aws-opensearch-node-traffic-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_6", "trivy:AWS-0043", "tfsec:aws-elasticsearch-enable-in-transit-encryption"],
        check: resource(&["aws_opensearch_domain", "aws_elasticsearch_domain"], |resource, configuration, report| {
            let row = if is_single(resource) { &NODE_TRAFFIC_IF_WRITTEN } else { &NODE_TRAFFIC };
            row.check(&resource.kind, resource, configuration, report);
        }),
    }
}

const NODE_TRAFFIC_ROW: Row = Row {
    on: &[
        ("aws_opensearch_domain", "node_to_node_encryption.enabled"),
        ("aws_elasticsearch_domain", "node_to_node_encryption.enabled"),
    ],
    says: "does not encrypt the traffic between its nodes",
    help: "add `node_to_node_encryption` with `enabled = true`",
    ..Row::DEFAULT
};
static NODE_TRAFFIC: Row = NODE_TRAFFIC_ROW;
static NODE_TRAFFIC_IF_WRITTEN: Row = Row { absent: Absent::Passes, ..NODE_TRAFFIC_ROW };

/// Whether a domain certainly has one node, which is the default.
fn is_single(domain: &Resource) -> bool {
    lookups(domain, "cluster_config.instance_count").iter().all(|lookup| match lookup {
        Lookup::Present(count) => count.value.as_i64() == Some(1),
        Lookup::Absent(_) => true,
        Lookup::Unknown(_) => false,
    })
}

rule! {
    /// OpenSearch domain accepts plain HTTP
    ///
    /// Passwords and documents go over the network in the clear for clients that do not ask for TLS. Without the block
    /// `domain_endpoint_options` nothing is enforced; in it, HTTPS is unless it is turned off.
    ///
    /// ```hcl bad:1
    /// resource "aws_opensearch_domain" "main" {
    ///   domain_name = "main"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_elasticsearch_domain" "main" {
    ///   domain_endpoint_options {
    ///     enforce_https = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "https" {}
    /// resource "aws_opensearch_domain" "main" {
    ///   domain_endpoint_options {
    ///     tls_security_policy = "Policy-Min-TLS-1-2-2019-07"
    ///   }
    /// }
    /// resource "aws_opensearch_domain" "undecided" {
    ///   domain_endpoint_options {
    ///     enforce_https = var.https
    ///   }
    /// }
    /// ```
    HTTP_ALLOWED = "tf-aws-opensearch-http-allowed" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_83", "trivy:AWS-0046", "tfsec:aws-elasticsearch-enforce-https"],
        check: resource(&["aws_opensearch_domain", "aws_elasticsearch_domain"], |resource, configuration, report| {
            let message = || format!("`{}` accepts plain HTTP", resource.local);
            let help = "set `enforce_https` to true in `domain_endpoint_options`";
            for block in lookups(resource, "domain_endpoint_options[*]") {
                let block = match block {
                    Lookup::Present(block) => block,
                    Lookup::Absent(missing) => {
                        report.at_missing(missing, resource, configuration, message()).help(help);
                        continue;
                    }
                    Lookup::Unknown(_) => {
                        report.undecided();
                        continue;
                    }
                };
                for lookup in lookups_in(&block, "enforce_https") {
                    match lookup {
                        Lookup::Present(found) => match found.value.as_bool() {
                            Some(true) => {}
                            Some(false) => {
                                report.at_value(found, resource, configuration, message()).help(help);
                            }
                            None => report.undecided(),
                        },
                        Lookup::Absent(_) => {}
                        Lookup::Unknown(_) => report.undecided(),
                    }
                }
            }
        }),
    }
}

rule! {
    /// OpenSearch domain accepts TLS below 1.2
    ///
    /// TLS 1.0 and 1.1 are broken and no client of this decade needs them. Where no policy is named, the one of 2019
    /// counts that accepts both. Policies of names that do not tell their lowest version are not judged.
    TLS_POLICY_WEAK = "tf-aws-opensearch-tls-policy-weak" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_228", "trivy:AWS-0126", "tfsec:aws-elasticsearch-use-secure-tls-policy"],
        check: attribute(&Row {
            on: &[
                ("aws_opensearch_domain", "domain_endpoint_options.tls_security_policy"),
                ("aws_elasticsearch_domain", "domain_endpoint_options.tls_security_policy"),
            ],
            wants: Want::Passes(is_modern_policy),
            wrong: "\"Policy-Min-TLS-1-0-2019-07\"",
            right: "\"Policy-Min-TLS-1-2-PFS-2023-10\"",
            says: "accepts TLS below 1.2",
            help: "set `tls_security_policy` to `Policy-Min-TLS-1-2-PFS-2023-10`",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a policy starts at TLS 1.2, which its name says.
fn is_modern_policy(policy: &Value) -> Option<bool> {
    let least = policy.as_str()?.strip_prefix("Policy-Min-TLS-1-")?;
    Some(!least.starts_with(['0', '1']))
}

rule! {
    /// OpenSearch domain publishes no logs
    ///
    /// Slow queries, errors and refused requests leave no trace outside of the domain. Any kind of log is enough here;
    /// the audit log has a rule of its own.
    LOGGING_DISABLED = "tf-aws-opensearch-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AWS_84",
            "checkov:CKV_AWS_317",
            "trivy:AWS-0042",
            "tfsec:aws-elasticsearch-enable-domain-logging",
        ],
        check: attribute(&Row {
            on: &[
                ("aws_opensearch_domain", "log_publishing_options[*]"),
                ("aws_elasticsearch_domain", "log_publishing_options[*]"),
            ],
            wants: Want::Passes(is_published),
            quantifier: Quantifier::Any,
            wrong: "{\n    log_type                 = \"INDEX_SLOW_LOGS\"\n    enabled                  = false\n  }",
            right: SLOW_LOG,
            says: "publishes no logs",
            help: "add `log_publishing_options` with the ARN of a log group",
            ..Row::DEFAULT
        }),
    }
}

/// Blocks of the examples.
const SLOW_LOG: &str = concat!(
    "{\n    log_type                 = \"INDEX_SLOW_LOGS\"\n",
    "    cloudwatch_log_group_arn = \"arn:aws:logs:eu-west-1:123456789012:log-group:search\"\n  }",
);
const AUDIT_LOG: &str = concat!(
    "{\n    log_type                 = \"AUDIT_LOGS\"\n",
    "    cloudwatch_log_group_arn = \"arn:aws:logs:eu-west-1:123456789012:log-group:search\"\n  }",
);

/// A block publishes its log unless it is turned off.
fn is_published(block: &Value) -> Option<bool> {
    let map = block.as_map()?;
    match map.get("enabled") {
        Some(enabled) if !enabled.is_null() => enabled.as_bool(),
        _ if map.open => None,
        _ => Some(true),
    }
}

rule! {
    /// OpenSearch domain publishes no audit log
    ///
    /// Who logged in, and what they read and changed, is not there to look at later. Needs fine-grained access control.
    /// Silent where no log is published at all, which `tf-aws-opensearch-logging-disabled` reports.
    AUDIT_LOG_DISABLED = "tf-aws-opensearch-audit-log-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_317", "trivy:AWS-0042", "tfsec:aws-elasticsearch-enable-domain-logging"],
        yields_to: &["tf-aws-opensearch-logging-disabled"],
        check: attribute(&Row {
            on: &[
                ("aws_opensearch_domain", "log_publishing_options[*]"),
                ("aws_elasticsearch_domain", "log_publishing_options[*]"),
            ],
            wants: Want::Passes(is_audit_log),
            quantifier: Quantifier::Any,
            wrong: SLOW_LOG,
            right: AUDIT_LOG,
            says: "publishes no audit log",
            help: "add `log_publishing_options` with the type `AUDIT_LOGS`",
            ..Row::DEFAULT
        }),
    }
}

fn is_audit_log(block: &Value) -> Option<bool> {
    match block.as_map()?.get("log_type")?.as_str()? {
        "AUDIT_LOGS" => is_published(block),
        _ => Some(false),
    }
}

rule! {
    /// OpenSearch domain has a public endpoint
    ///
    /// Only its access policy stands between the data and the internet. A domain cannot be moved into a VPC later. Some
    /// are meant to be reached from outside, so the rule is in the profile `all` only.
    OUTSIDE_VPC = "tf-aws-opensearch-outside-vpc" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_137"],
        check: attribute(&Row {
            on: &[("aws_opensearch_domain", "vpc_options[*]"), ("aws_elasticsearch_domain", "vpc_options[*]")],
            wants: Want::Present,
            right: "{\n    subnet_ids = [\"subnet-1\"]\n  }",
            says: "has a public endpoint",
            help: "add `vpc_options` with private subnets",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// OpenSearch domain lacks fine-grained access control
    ///
    /// Whoever may call the domain may read and delete every index. Where the users are kept, in IAM, SAML or the
    /// domain itself, does not count.
    FINE_GRAINED_ACCESS_DISABLED = "tf-aws-opensearch-fine-grained-access-disabled" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_52"],
        check: attribute(&Row {
            on: &[
                ("aws_opensearch_domain", "advanced_security_options.enabled"),
                ("aws_elasticsearch_domain", "advanced_security_options.enabled"),
            ],
            wrong: "false",
            right: "true",
            says: "has no fine-grained access control",
            help: "add `advanced_security_options` with `enabled = true` and a master user",
            ..Row::DEFAULT
        }),
    }
}
