//! From where and how the database servers of Azure can be reached.

use std::net::Ipv4Addr;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&FIREWALL_OPEN, &AZURE_ADMITTED, &PUBLIC_NETWORK, &TLS_NOT_REQUIRED, &TLS_OLD];

rule! {
    /// Database firewall rule admits every address
    ///
    /// Everyone on the internet may try passwords on the server. A rule from 0.0.0.0 to 0.0.0.0 stands for the services of
    /// Azure and has a rule of its own; a range of less than all public addresses may be that of an office.
    FIREWALL_OPEN = "tf-azure-database-firewall-open" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_11", "trivy:AZU-0029", "tfsec:azure-database-no-public-firewall-access"],
        check: attribute(&Row {
            on: &[
                ("azurerm_mssql_firewall_rule", "start_ip_address"),
                ("azurerm_sql_firewall_rule", "start_ip_address"),
                ("azurerm_mysql_flexible_server_firewall_rule", "start_ip_address"),
                ("azurerm_mysql_firewall_rule", "start_ip_address"),
                ("azurerm_postgresql_flexible_server_firewall_rule", "start_ip_address"),
                ("azurerm_postgresql_firewall_rule", "start_ip_address"),
                ("azurerm_mariadb_firewall_rule", "start_ip_address"),
                ("azurerm_cosmosdb_postgresql_firewall_rule", "start_ip_address"),
                ("azurerm_mongo_cluster_firewall_rule", "start_ip_address"),
                ("azurerm_synapse_firewall_rule", "start_ip_address"),
                ("azurerm_redis_firewall_rule", "start_ip"),
            ],
            given: &[Given { path: "end_ip_address|end_ip", is: Want::Passes(is_near_last), absent: Holds::No }],
            wants: Want::Passes(is_not_near_first),
            absent: Absent::Passes,
            wrong: "\"0.0.0.0\"",
            right: "\"255.255.255.255\"",
            around: &["end_ip_address = \"255.255.255.255\""],
            says: "admits every address",
            help: "name the addresses that need it, or use a private endpoint",
            ..Row::DEFAULT
        }),
    }
}

/// Whether no public address comes after it: those from 224.0.0.0 on are no hosts.
fn is_near_last(address: &Value) -> Option<bool> {
    let address: Ipv4Addr = address.as_str()?.parse().ok()?;
    Some(address >= Ipv4Addr::new(223, 255, 255, 255))
}

/// Whether public addresses come before it: those up to 1.0.0.0 are no hosts.
fn is_not_near_first(address: &Value) -> Option<bool> {
    let address: Ipv4Addr = address.as_str()?.parse().ok()?;
    Some(address > Ipv4Addr::new(1, 0, 0, 1))
}

rule! {
    /// Database firewall rule admits everything that runs in Azure
    ///
    /// A rule from 0.0.0.0 to 0.0.0.0 lets in all of Azure, the machines of every other customer among it. Many services have no
    /// other way to the server, so the rule is in the profile `all`.
    AZURE_ADMITTED = "tf-azure-database-firewall-azure-admitted" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AZURE_34"],
        check: attribute(&Row {
            on: &[
                ("azurerm_mssql_firewall_rule", "start_ip_address"),
                ("azurerm_sql_firewall_rule", "start_ip_address"),
                ("azurerm_mysql_flexible_server_firewall_rule", "start_ip_address"),
                ("azurerm_mysql_firewall_rule", "start_ip_address"),
                ("azurerm_postgresql_flexible_server_firewall_rule", "start_ip_address"),
                ("azurerm_postgresql_firewall_rule", "start_ip_address"),
                ("azurerm_mariadb_firewall_rule", "start_ip_address"),
                ("azurerm_synapse_firewall_rule", "start_ip_address"),
            ],
            given: &[Given { path: "end_ip_address", is: Want::Is("0.0.0.0"), absent: Holds::No }],
            wants: Want::IsNot("0.0.0.0"),
            absent: Absent::Passes,
            wrong: "\"0.0.0.0\"",
            around: &["end_ip_address = \"0.0.0.0\""],
            says: "admits everything that runs in Azure",
            help: "use a private endpoint or a rule for a subnet",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Database server is reachable from public networks
    ///
    /// With a private endpoint nothing outside of the network reaches the login. Flexible servers that were put into a subnet
    /// have no public endpoint.
    PUBLIC_NETWORK = "tf-azure-database-public-network" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_113",
            "checkov:CKV_AZURE_68",
            "checkov:CKV_AZURE_53",
            "trivy:AZU-0022",
            "tfsec:azure-database-no-public-access",
        ],
        check: attribute(&Row {
            on: &[
                ("azurerm_mssql_server", "public_network_access_enabled"),
                ("azurerm_postgresql_flexible_server", "public_network_access_enabled"),
                ("azurerm_mysql_flexible_server", "public_network_access|public_network_access_enabled"),
                ("azurerm_postgresql_server", "public_network_access_enabled"),
                ("azurerm_mysql_server", "public_network_access_enabled"),
                ("azurerm_mariadb_server", "public_network_access_enabled"),
            ],
            given: &[Given { path: "delegated_subnet_id", is: Want::Nothing, absent: Holds::Yes }],
            wants: Want::Passes(is_off),
            wrong: "true",
            right: "false",
            says: "is reachable from public networks",
            help: "turn public network access off and add a private endpoint",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a switch that is a boolean, or a word in newer resources, is off.
fn is_off(switch: &Value) -> Option<bool> {
    switch.as_bool().map(|on| !on).or_else(|| switch.as_str().map(|text| text == "Disabled"))
}

rule! {
    /// Database server accepts plaintext connections
    ///
    /// Passwords and rows go over the network in the clear. Old servers have an attribute for it, flexible servers the setting
    /// `require_secure_transport`, which is on unless it is turned off.
    ///
    /// ```hcl bad:2
    /// resource "azurerm_mysql_server" "main" {
    ///   ssl_enforcement_enabled = false
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "azurerm_postgresql_flexible_server_configuration" "tls" {
    ///   name      = "require_secure_transport"
    ///   server_id = azurerm_postgresql_flexible_server.main.id
    ///   value     = "off"
    /// }
    /// ```
    /// ```hcl good
    /// variable "undecided" {}
    /// resource "azurerm_mysql_server" "main" {
    ///   ssl_enforcement_enabled = true
    /// }
    /// resource "azurerm_mysql_server" "other" {
    ///   ssl_enforcement_enabled = var.undecided
    /// }
    /// resource "azurerm_mysql_flexible_server_configuration" "tls" {
    ///   name        = "require_secure_transport"
    ///   server_name = azurerm_mysql_flexible_server.main.name
    ///   value       = "ON"
    /// }
    /// resource "azurerm_mysql_flexible_server_configuration" "timeout" {
    ///   name        = "interactive_timeout"
    ///   server_name = azurerm_mysql_flexible_server.main.name
    ///   value       = "600"
    /// }
    /// ```
    TLS_NOT_REQUIRED = "tf-azure-database-tls-not-required" {
        severity: Severity::Medium,
        peers: &[
            "checkov:CKV_AZURE_28",
            "checkov:CKV_AZURE_29",
            "checkov:CKV_AZURE_47",
            "trivy:AZU-0020",
            "tfsec:azure-database-enable-ssl-enforcement",
        ],
        check: resource(
            &[
                "azurerm_mysql_server",
                "azurerm_postgresql_server",
                "azurerm_mariadb_server",
                "azurerm_mysql_flexible_server_configuration",
                "azurerm_postgresql_flexible_server_configuration",
            ],
            |resource, configuration, report| {
                let row = if resource.kind.ends_with("_configuration") { &SETTING } else { &SERVER };
                row.check(&resource.kind, resource, configuration, report);
            },
        ),
    }
}

static SERVER: Row = Row {
    on: &[
        ("azurerm_mysql_server", "ssl_enforcement_enabled"),
        ("azurerm_postgresql_server", "ssl_enforcement_enabled"),
        ("azurerm_mariadb_server", "ssl_enforcement_enabled"),
    ],
    says: "accepts connections without TLS",
    help: "set `ssl_enforcement_enabled` to true",
    ..Row::DEFAULT
};

static SETTING: Row = Row {
    on: &[
        ("azurerm_mysql_flexible_server_configuration", "value"),
        ("azurerm_postgresql_flexible_server_configuration", "value"),
    ],
    given: &[Given { path: "name", is: Want::Is("require_secure_transport"), absent: Holds::No }],
    wants: Want::NotIn(&["OFF", "Off", "off", "false", "0"]),
    absent: Absent::Passes,
    says: "lets the server accept connections without TLS",
    help: "set `value` to `ON`",
    ..Row::DEFAULT
};

rule! {
    /// Database server accepts TLS below 1.2
    ///
    /// TLS 1.0 and 1.1 have known weaknesses. Version 1.2 is the default of all servers, so only those that ask for less are
    /// reported.
    TLS_OLD = "tf-azure-database-tls-old" {
        severity: Severity::Medium,
        peers: &[
            "checkov:CKV_AZURE_52",
            "checkov:CKV_AZURE_147",
            "checkov:CKV_AZURE_54",
            "trivy:AZU-0026",
            "tfsec:azure-database-secure-tls-policy",
        ],
        check: attribute(&Row {
            on: &[
                ("azurerm_mssql_server", "minimum_tls_version"),
                ("azurerm_mssql_managed_instance", "minimum_tls_version"),
                ("azurerm_mysql_server", "ssl_minimal_tls_version_enforced"),
                ("azurerm_postgresql_server", "ssl_minimal_tls_version_enforced"),
                ("azurerm_mariadb_server", "ssl_minimal_tls_version_enforced"),
            ],
            wants: Want::NotIn(&["1.0", "1.1", "1", "Disabled", "TLS1_0", "TLS1_1", "TLSEnforcementDisabled"]),
            absent: Absent::Passes,
            wrong: "\"1.0\"",
            right: "\"1.2\"",
            says: "accepts TLS below version 1.2",
            help: "remove the attribute or set it to version 1.2",
            ..Row::DEFAULT
        }),
    }
}
