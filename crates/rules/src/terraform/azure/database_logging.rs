//! What the database servers of Azure log, and what they do about failed logins.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&AUDITING_DISABLED, &AUDIT_RETENTION_SHORT, &POSTGRESQL_LOGGING_DISABLED, &POSTGRESQL_THROTTLING_DISABLED];

rule! {
    /// SQL server is not audited
    ///
    /// The audit log says who read what, when somebody asks after an intrusion. That single databases have policies does not
    /// make up for the server.
    ///
    /// ```hcl bad:1
    /// resource "azurerm_mssql_server" "main" {
    ///   name = "shop"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_mssql_server" "main" {
    ///   name = "shop"
    /// }
    /// resource "azurerm_mssql_server_extended_auditing_policy" "main" {
    ///   server_id = azurerm_mssql_server.main.id
    /// }
    /// ```
    AUDITING_DISABLED = "tf-azure-database-auditing-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_23", "trivy:AZU-0027", "tfsec:azure-database-enable-audit"],
        check: linked(&AUDITED),
    }
}

rule! {
    /// SQL server or database keeps its audit log for less than 90 days
    ///
    /// An intrusion is often found after months, and by then the log is gone. A retention of 0 keeps it for good. A server that
    /// is not audited at all is reported by `tf-azure-database-auditing-disabled`, which speaks for both.
    ///
    /// ```hcl bad:6
    /// resource "azurerm_mssql_server" "main" {
    ///   name = "shop"
    /// }
    /// resource "azurerm_mssql_server_extended_auditing_policy" "main" {
    ///   server_id         = azurerm_mssql_server.main.id
    ///   retention_in_days = 30
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "azurerm_sql_server" "main" {
    ///   extended_auditing_policy {
    ///     retention_in_days = 6
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_mssql_server" "main" {
    ///   name = "shop"
    /// }
    /// resource "azurerm_mssql_server_extended_auditing_policy" "main" {
    ///   server_id         = azurerm_mssql_server.main.id
    ///   retention_in_days = 120
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_mssql_server" "main" {
    ///   name = "shop"
    /// }
    /// resource "azurerm_mssql_database" "orders" {
    ///   server_id = azurerm_mssql_server.main.id
    /// }
    /// resource "azurerm_mssql_database_extended_auditing_policy" "orders" {
    ///   database_id = azurerm_mssql_database.orders.id
    /// }
    /// ```
    AUDIT_RETENTION_SHORT = "tf-azure-database-audit-retention-short" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_24", "trivy:AZU-0025", "tfsec:azure-database-retention-period-set"],
        yields_to: &["tf-azure-database-auditing-disabled"],
        check: resource(
            &[
                "azurerm_mssql_server",
                "azurerm_sql_server",
                "azurerm_mssql_server_extended_auditing_policy",
                "azurerm_mssql_database_extended_auditing_policy",
            ],
            |resource, configuration, report| {
                if resource.kind.ends_with("_server") && !has_audited_database(resource, configuration) {
                    AUDITED.check(resource, configuration, report);
                }
                RETAINED.check(&resource.kind, resource, configuration, report);
            },
        ),
    }
}

/// Whether a database of a server has a policy of its own, which is judged by itself.
fn has_audited_database(server: &Resource, configuration: &Configuration) -> bool {
    let databases = configuration.linked(server, "azurerm_mssql_database", "server_id", &[]).certain;
    databases.iter().any(|database| {
        let kind = "azurerm_mssql_database_extended_auditing_policy";
        !configuration.linked(database, kind, "database_id", &[]).certain.is_empty()
    })
}

static AUDITED: LinkRow = LinkRow {
    on: &["azurerm_mssql_server", "azurerm_sql_server"],
    inline: &[Given { path: "extended_auditing_policy", is: Want::Present, absent: Holds::No }],
    by: &[("azurerm_mssql_server_extended_auditing_policy", "server_id")],
    wants: &[Given { path: "enabled", is: Want::True, absent: Holds::Yes }],
    says: "is not audited",
    help: "add an `azurerm_mssql_server_extended_auditing_policy` for it",
    ..LinkRow::DEFAULT
};

static RETAINED: Row = Row {
    on: &[
        ("azurerm_mssql_server", "extended_auditing_policy.retention_in_days"),
        ("azurerm_sql_server", "extended_auditing_policy.retention_in_days"),
        ("azurerm_mssql_server_extended_auditing_policy", "retention_in_days"),
        ("azurerm_mssql_database_extended_auditing_policy", "retention_in_days"),
    ],
    wants: Want::Passes(is_long),
    absent: Absent::Passes,
    about: "server_id",
    says: "keeps the audit log for less than 90 days",
    help: "set `retention_in_days` to 90 or more, or to 0 for good",
    ..Row::DEFAULT
};

/// Whether a number of days is 90 or more, or 0 for good.
pub(super) fn is_long(days: &Value) -> Option<bool> {
    days.as_i64().map(|days| days == 0 || days >= 90)
}

const OFF: Want = Want::NotIn(&["off", "OFF", "Off", "false", "0"]);

rule! {
    /// PostgreSQL server turns off its logging of connections or checkpoints
    ///
    /// Who logged in is the first question after an intrusion, and checkpoints are the first after a slow night. Only settings
    /// that turn the logs off are reported: a server without settings of its own has the defaults of Azure.
    POSTGRESQL_LOGGING_DISABLED = "tf-azure-database-postgresql-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_30",
            "checkov:CKV_AZURE_31",
            "trivy:AZU-0024",
            "trivy:AZU-0019",
            "tfsec:azure-database-postgres-configuration-log-checkpoints",
            "tfsec:azure-database-postgres-configuration-log-connections",
        ],
        check: attribute(&Row {
            on: &[
                ("azurerm_postgresql_flexible_server_configuration", "value"),
                ("azurerm_postgresql_configuration", "value"),
            ],
            given: &[Given { path: "name", is: Want::In(&["log_checkpoints", "log_connections"]), absent: Holds::No }],
            wants: OFF,
            absent: Absent::Passes,
            wrong: "\"off\"",
            right: "\"on\"",
            around: &["name = \"log_connections\""],
            says: "turns off logging",
            help: "set `value` to `on`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// PostgreSQL server turns off connection throttling
    ///
    /// With it, an address that fails to log in again and again has to wait; without it, passwords can be guessed at full speed.
    POSTGRESQL_THROTTLING_DISABLED = "tf-azure-database-postgresql-throttling-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_32",
            "trivy:AZU-0021",
            "tfsec:azure-database-postgres-configuration-connection-throttling",
        ],
        check: attribute(&Row {
            on: &[
                ("azurerm_postgresql_flexible_server_configuration", "value"),
                ("azurerm_postgresql_configuration", "value"),
            ],
            given: &[Given {
                path: "name",
                is: Want::In(&["connection_throttle.enable", "connection_throttling"]),
                absent: Holds::No,
            }],
            wants: OFF,
            absent: Absent::Passes,
            wrong: "\"off\"",
            right: "\"on\"",
            around: &["name = \"connection_throttle.enable\""],
            says: "lets passwords be tried without a pause",
            help: "set `value` to `on`",
            ..Row::DEFAULT
        }),
    }
}
