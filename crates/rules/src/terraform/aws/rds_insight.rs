//! What is seen of RDS databases, and how clients prove who they are.

use portcullis_core::Draft;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &IAM_AUTH_DISABLED,
    &PERFORMANCE_INSIGHTS_DISABLED,
    &INSIGHTS_CUSTOMER_KEY_MISSING,
    &LOG_EXPORTS_MISSING,
    &ENHANCED_MONITORING_DISABLED,
    &TRANSIT_ENCRYPTION_UNFORCED,
];

rule! {
    /// RDS database does not accept IAM authentication
    ///
    /// With IAM, clients get tokens that last minutes instead of a password that lasts years. Only engines that can: MySQL,
    /// MariaDB, PostgreSQL and Aurora, which is what a cluster is that names no engine. A replica follows its source and is not
    /// judged.
    ///
    /// ```hcl bad:1
    /// resource "aws_db_instance" "main" {
    ///   engine = "postgres"
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_rds_cluster" "main" {
    ///   iam_database_authentication_enabled = false
    /// }
    /// ```
    /// ```hcl good
    /// variable "engine" {}
    /// resource "aws_db_instance" "main" {
    ///   engine                              = "mysql"
    ///   iam_database_authentication_enabled = true
    /// }
    /// resource "aws_db_instance" "windows" {
    ///   engine = "sqlserver-se"
    /// }
    /// resource "aws_rds_cluster" "main" {
    ///   engine = var.engine
    /// }
    /// ```
    IAM_AUTH_DISABLED = "tf-aws-rds-iam-auth-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_161", "checkov:CKV_AWS_162", "trivy:AWS-0176", "tfsec:aws-rds-enable-iam-auth"],
        check: resource(&["aws_db_instance", "aws_rds_cluster"], |resource, configuration, report| {
            let row = if resource.is("aws_rds_cluster") { &CLUSTER_IAM_AUTH } else { &IAM_AUTH };
            row.check(&resource.kind, resource, configuration, report);
        }),
    }
}

const ENGINE: Given = Given {
    path: "engine",
    is: Want::In(&["mysql", "mariadb", "postgres", "aurora", "aurora-mysql", "aurora-postgresql"]),
    absent: Holds::No,
};

static IAM_AUTH: Row = Row {
    on: &[
        ("aws_db_instance", "iam_database_authentication_enabled"),
        ("aws_rds_cluster", "iam_database_authentication_enabled"),
    ],
    given: &[ENGINE, Given { path: "replicate_source_db", is: Want::Nothing, absent: Holds::Yes }],
    says: "does not accept IAM authentication",
    help: "set `iam_database_authentication_enabled` to true",
    ..Row::DEFAULT
};

static CLUSTER_IAM_AUTH: Row = Row { given: &[Given { absent: Holds::Yes, ..ENGINE }], ..IAM_AUTH };

rule! {
    /// RDS instance runs without Performance Insights
    ///
    /// When the database is slow, it says which queries made it so. Silent for engines and small classes that do not have it,
    /// and where Database Insights is configured in its place.
    PERFORMANCE_INSIGHTS_DISABLED = "tf-aws-rds-performance-insights-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_353", "trivy:AWS-0133", "tfsec:aws-rds-enable-performance-insights"],
        check: attribute(&Row {
            on: &[
                ("aws_db_instance", "performance_insights_enabled"),
                ("aws_rds_cluster_instance", "performance_insights_enabled"),
            ],
            given: &[
                Given { path: "engine", is: NO_DB2, absent: Holds::Yes },
                Given { path: "database_insights_mode", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "instance_class", is: Want::Passes(has_insights), absent: Holds::Yes },
            ],
            wrong: "false",
            right: "true",
            says: "runs without Performance Insights",
            help: "set `performance_insights_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

/// An engine that is not known is taken for one of the others: Db2 is seldom.
const NO_DB2: Want = Want::Passes(|engine| Some(!engine.text_prefix().starts_with("db2-")));

/// The small burstable classes have none with MySQL and MariaDB; of other engines that is not looked at.
fn has_insights(class: &Value) -> Option<bool> {
    let class = class.as_str()?;
    let is_small = ["db.t2.", "db.t3.", "db.t4g."]
        .iter()
        .any(|family| class.strip_prefix(family).is_some_and(|size| matches!(size, "micro" | "small")));
    Some(!is_small)
}

rule! {
    /// RDS Performance Insights data uses no customer-managed key
    ///
    /// The texts of queries are kept, and they may hold personal data. Only where Performance Insights is on.
    INSIGHTS_CUSTOMER_KEY_MISSING = "tf-aws-rds-insights-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_354", "trivy:AWS-0078", "tfsec:aws-rds-performance-insights-encryption-customer-key"],
        check: attribute(&Row {
            on: &[
                ("aws_db_instance", "performance_insights_kms_key_id"),
                ("aws_rds_cluster_instance", "performance_insights_kms_key_id"),
            ],
            given: &[Given { path: "performance_insights_enabled", is: Want::True, absent: Holds::No }],
            around: &["performance_insights_enabled = true"],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            says: "keeps Performance Insights with no key of yours",
            help: "set `performance_insights_kms_key_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS instance exports no logs to CloudWatch
    ///
    /// The database's own logs are kept for a few days on the instance and are gone with it.
    LOG_EXPORTS_MISSING = "tf-aws-rds-log-exports-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_129"],
        check: attribute(&Row {
            on: &[("aws_db_instance", "enabled_cloudwatch_logs_exports")],
            wants: Want::Present,
            wrong: "[]",
            right: "[\"audit\"]",
            says: "exports no logs",
            help: "name the logs of the engine in `enabled_cloudwatch_logs_exports`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS instance has no enhanced monitoring
    ///
    /// The hypervisor's numbers hide what the operating system of the database does. An interval of 0, the default, is off.
    ENHANCED_MONITORING_DISABLED = "tf-aws-rds-enhanced-monitoring-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_118"],
        check: attribute(&Row {
            on: &[("aws_db_instance", "monitoring_interval"), ("aws_rds_cluster_instance", "monitoring_interval")],
            wants: Want::AtLeast(1),
            wrong: "0",
            right: "60",
            says: "has no enhanced monitoring",
            help: "set `monitoring_interval` and a role",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS parameter group accepts unencrypted connections
    ///
    /// Passwords and data go over the network in the clear for clients that do not ask for TLS. PostgreSQL forces it by default
    /// from version 15 on, older ones and SQL Server when `rds.force_ssl` is 1; MySQL and MariaDB when
    /// `require_secure_transport` is on, Db2 when `db2comm` is `SSL`. Other engines are not judged.
    ///
    /// ```hcl bad:1
    /// resource "aws_db_parameter_group" "main" {
    ///   family = "mysql8.0"
    /// }
    /// ```
    /// ```hcl bad:5
    /// resource "aws_db_parameter_group" "main" {
    ///   family = "postgres16"
    ///   parameter {
    ///     name  = "rds.force_ssl"
    ///     value = "0"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_db_parameter_group" "main" {
    ///   family = "postgres14"
    ///   parameter {
    ///     name  = "rds.force_ssl"
    ///     value = "1"
    ///   }
    /// }
    /// resource "aws_db_parameter_group" "newer" {
    ///   family = "postgres16"
    /// }
    /// ```
    TRANSIT_ENCRYPTION_UNFORCED = "tf-aws-rds-transit-encryption-unforced" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_69"],
        check: resource(&["aws_db_parameter_group", "aws_rds_cluster_parameter_group"], transit_unforced),
    }
}

fn transit_unforced(resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    let Some(family) = resource.body.get("family").and_then(Value::as_str) else { return report.undecided() };
    let Some((wanted, is_default)) = transit_parameter(family) else { return };
    let right = if wanted == "db2comm" { "SSL" } else { "1" };
    for parameter in resource.get("parameter") {
        let Lookup::Present(found) = parameter else {
            if matches!(parameter, Lookup::Unknown(_)) {
                return report.undecided();
            }
            continue;
        };
        let blocks = found.value.as_list().map_or(std::slice::from_ref(found.value), |list| list.items.as_slice());
        for block in blocks {
            let Some(map) = block.as_map() else { return report.undecided() };
            let Some(name) = map.get("name").and_then(Value::as_str) else { return report.undecided() };
            if name != wanted {
                continue;
            }
            let Some(value) = map.get("value") else { return };
            match value.to_text().as_deref().map(str::to_ascii_lowercase).as_deref() {
                Some("1" | "on" | "true" | "ssl") => {}
                Some(_) => {
                    let message = format!("`{}` lets clients connect without TLS", resource.local);
                    let found = Found { value, ..found };
                    let draft = report.at_value(found, resource, configuration, message);
                    draft.help(format!("set `{wanted}` to {right}"));
                    name_instances(draft, resource, configuration);
                }
                None => report.undecided(),
            }
            return;
        }
        if found.value.as_list().is_some_and(|list| list.open) {
            return report.undecided();
        }
    }
    if !is_default {
        let message = format!("`{}` lets clients connect without TLS", resource.local);
        let draft = report.at_resource(resource, configuration, message);
        draft.help(format!("add a `parameter` with name `{wanted}` and value {right}"));
        name_instances(draft, resource, configuration);
    }
}

/// Names the instances that use a group, as many as a reader takes in. A suppression at the only one counts.
fn name_instances(draft: &mut Draft, group: &Resource, configuration: &Configuration) {
    let instances: Vec<&Resource> =
        configuration.users_of(group).filter(|user| user.is("aws_db_instance")).take(SHOWN).collect();
    for instance in &instances {
        draft.label(instance.header, format!("used by `{}`", instance.local));
    }
    if let [only] = instances.as_slice() {
        draft.via.push(only.header);
    }
}

/// Instances that are named beside a group.
const SHOWN: usize = 5;

/// The parameter of an engine family that makes TLS a must, and whether it is on by default.
fn transit_parameter(family: &str) -> Option<(&'static str, bool)> {
    let version = |prefix: &str| {
        let rest = family.strip_prefix(prefix)?;
        rest.split('.').next()?.parse::<u32>().ok()
    };
    if let Some(major) = version("postgres").or_else(|| version("aurora-postgresql")) {
        return Some(("rds.force_ssl", major >= 15));
    }
    if family.starts_with("sqlserver-") {
        return Some(("rds.force_ssl", false));
    }
    if family.starts_with("db2-") {
        return Some(("db2comm", false));
    }
    let is_mysql = family.starts_with("mysql") || family.starts_with("mariadb") || family.starts_with("aurora-mysql");
    is_mysql.then_some(("require_secure_transport", false))
}
