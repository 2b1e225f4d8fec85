//! Flags of the databases that Cloud SQL runs.
//!
//! Each flag belongs to one engine; an instance whose engine is not known is not judged, nor is a flag that is not set.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&POSTGRESQL_LOGGING_DISABLED, &UNSAFE_FLAG_ENABLED, &CONTAINED_LOGINS_ENABLED];

const INSTANCE: &[&str] = &["google_sql_database_instance"];

rule! {
    /// Cloud SQL PostgreSQL logging flag is off
    ///
    /// Who connected, how long they stayed, what they waited for and when the database wrote its checkpoints is what is
    /// asked first after an incident. Reported are flags that are set to anything but `on`; what is not set is the engine's
    /// choice, which differs between versions.
    ///
    /// ```hcl bad:6
    /// resource "google_sql_database_instance" "main" {
    ///   database_version = "POSTGRES_16"
    ///   settings {
    ///     database_flags {
    ///       name  = "log_connections"
    ///       value = "off"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_sql_database_instance" "main" {
    ///   database_version = "POSTGRES_16"
    ///   settings {
    ///     database_flags {
    ///       name  = "log_connections"
    ///       value = "on"
    ///     }
    ///   }
    /// }
    /// resource "google_sql_database_instance" "other" {
    ///   database_version = "MYSQL_8_4"
    ///   settings {
    ///     database_flags {
    ///       name  = "log_connections"
    ///       value = "off"
    ///     }
    ///   }
    /// }
    /// ```
    POSTGRESQL_LOGGING_DISABLED = "tf-google-cloudsql-postgresql-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_GCP_51",
            "checkov:CKV_GCP_52",
            "checkov:CKV_GCP_53",
            "checkov:CKV_GCP_54",
            "trivy:GCP-0025",
            "tfsec:google-sql-pg-log-checkpoints",
            "trivy:GCP-0016",
            "tfsec:google-sql-pg-log-connections",
            "trivy:GCP-0022",
            "tfsec:google-sql-pg-log-disconnections",
            "trivy:GCP-0020",
            "tfsec:google-sql-pg-log-lock-waits",
        ],
        check: resource(INSTANCE, |resource, configuration, report| {
            let judged = [
                ("POSTGRES", "log_checkpoints", "on"),
                ("POSTGRES", "log_connections", "on"),
                ("POSTGRES", "log_disconnections", "on"),
                ("POSTGRES", "log_lock_waits", "on"),
            ];
            flags(resource, configuration, report, &judged);
        }),
    }
}

rule! {
    /// Cloud SQL instance sets an unsafe database flag
    ///
    /// `local_infile` lets a server that was taken over read files of its MySQL clients. `cross db ownership chaining` lets users
    /// of one SQL Server database reach others past their permissions. Both are off unless set.
    ///
    /// ```hcl bad:6
    /// resource "google_sql_database_instance" "main" {
    ///   database_version = "MYSQL_8_4"
    ///   settings {
    ///     database_flags {
    ///       name  = "local_infile"
    ///       value = "on"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl bad:6
    /// resource "google_sql_database_instance" "main" {
    ///   database_version = "SQLSERVER_2022_STANDARD"
    ///   settings {
    ///     database_flags {
    ///       name  = "cross db ownership chaining"
    ///       value = "on"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "state" {}
    /// resource "google_sql_database_instance" "main" {
    ///   database_version = "MYSQL_8_4"
    ///   settings {
    ///     database_flags {
    ///       name  = "local_infile"
    ///       value = "off"
    ///     }
    ///   }
    /// }
    /// resource "google_sql_database_instance" "other" {
    ///   database_version = "MYSQL_8_4"
    ///   settings {
    ///     database_flags {
    ///       name  = "local_infile"
    ///       value = var.state
    ///     }
    ///   }
    /// }
    /// ```
    UNSAFE_FLAG_ENABLED = "tf-google-cloudsql-unsafe-flag-enabled" {
        severity: Severity::Medium,
        peers: &[
            "checkov:CKV_GCP_50",
            "checkov:CKV_GCP_58",
            "trivy:GCP-0026",
            "tfsec:google-sql-mysql-no-local-infile",
            "trivy:GCP-0019",
            "tfsec:google-sql-no-cross-db-ownership-chaining",
        ],
        check: resource(INSTANCE, |resource, configuration, report| {
            let judged = [
                ("MYSQL", "local_infile", "off"),
                ("SQLSERVER", "cross db ownership chaining", "off"),
            ];
            flags(resource, configuration, report, &judged);
        }),
    }
}

rule! {
    /// Cloud SQL for SQL Server lets databases have logins of their own
    ///
    /// With `contained database authentication` whoever owns a database makes its users, and nobody who looks after the server
    /// sees them. It is off unless set.
    ///
    /// ```hcl bad:6
    /// resource "google_sql_database_instance" "main" {
    ///   database_version = "SQLSERVER_2022_STANDARD"
    ///   settings {
    ///     database_flags {
    ///       name  = "contained database authentication"
    ///       value = "on"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_sql_database_instance" "main" {
    ///   database_version = "SQLSERVER_2022_STANDARD"
    ///   settings {
    ///     database_flags {
    ///       name  = "contained database authentication"
    ///       value = "off"
    ///     }
    ///   }
    /// }
    /// ```
    CONTAINED_LOGINS_ENABLED = "tf-google-cloudsql-contained-logins-enabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_59", "trivy:GCP-0023", "tfsec:google-sql-no-contained-db-auth"],
        check: resource(INSTANCE, |resource, configuration, report| {
            let judged = [("SQLSERVER", "contained database authentication", "off")];
            flags(resource, configuration, report, &judged);
        }),
    }
}

/// Reports flags that are set to something else than they should be: by engine, name and right value.
fn flags(
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
    judged: &[(&str, &str, &'static str)],
) {
    let set = lookups(resource, "settings.database_flags[*]");
    if set.iter().all(|lookup| matches!(lookup, Lookup::Absent(_))) {
        return;
    }
    let engine = resource.body.get("database_version").map_or("", Value::text_prefix);
    if engine.is_empty() {
        return report.undecided();
    }
    for lookup in set {
        let Lookup::Present(flag) = lookup else {
            if matches!(lookup, Lookup::Unknown(_)) {
                report.undecided();
            }
            continue;
        };
        let Some(name) = flag.value.as_map().and_then(|map| map.get("name")).and_then(Value::as_str) else {
            report.undecided();
            continue;
        };
        let is_judged = |row: &&(&str, &str, &str)| engine.starts_with(row.0) && name == row.1;
        let Some((_, _, right)) = judged.iter().find(is_judged) else { continue };
        for value in lookups_in(&flag, "value") {
            match value {
                Lookup::Present(found) => match found.value.to_text() {
                    Some(text) if text.eq_ignore_ascii_case(right) => {}
                    Some(text) => {
                        let message = format!("`{}` sets the database flag `{name}` to `{text}`", resource.local);
                        report
                            .at_value(found, resource, configuration, message)
                            .help(format!("set the flag to `{right}`"));
                    }
                    None => report.undecided(),
                },
                Lookup::Absent(_) => {}
                Lookup::Unknown(_) => report.undecided(),
            }
        }
    }
}
