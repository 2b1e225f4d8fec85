//! Cloud SQL instances: who reaches them, how, and what is kept.

use crate::terraform::attribute::all_hold;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&TLS_NOT_REQUIRED, &PUBLICLY_ACCESSIBLE, &OPEN_TO_INTERNET, &BACKUP_DISABLED];

const INSTANCE: &[&str] = &["google_sql_database_instance"];

/// A clone takes its settings from the instance that it is made of.
const NOT_CLONED: Given = Given { path: "clone", is: Want::Passes(|value| Some(value.is_null())), absent: Holds::Yes };

rule! {
    /// Cloud SQL instance accepts plaintext connections
    ///
    /// Passwords and rows cross the network in the clear if a client asks for that. `ssl_mode` decides; versions of the
    /// provider below 6 have `require_ssl`. Clones without settings of their own are not judged.
    ///
    /// ```hcl bad:2
    /// resource "google_sql_database_instance" "main" {
    ///   settings {
    ///     tier = "db-f1-micro"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "google_sql_database_instance" "main" {
    ///   settings {
    ///     ip_configuration {
    ///       ssl_mode    = "ALLOW_UNENCRYPTED_AND_ENCRYPTED"
    ///       require_ssl = true
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "mode" {}
    /// resource "google_sql_database_instance" "main" {
    ///   settings {
    ///     ip_configuration {
    ///       ssl_mode = "ENCRYPTED_ONLY"
    ///     }
    ///   }
    /// }
    /// resource "google_sql_database_instance" "old" {
    ///   settings {
    ///     ip_configuration {
    ///       require_ssl = true
    ///     }
    ///   }
    /// }
    /// resource "google_sql_database_instance" "other" {
    ///   settings {
    ///     ip_configuration {
    ///       ssl_mode = var.mode
    ///     }
    ///   }
    /// }
    /// ```
    TLS_NOT_REQUIRED = "tf-google-cloudsql-tls-not-required" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_6", "trivy:GCP-0015", "tfsec:google-sql-encrypt-in-transit-data"],
        check: resource(INSTANCE, |resource, configuration, report| {
            match all_hold(resource, &[NOT_CLONED]) {
                Holds::Yes => {}
                Holds::No => return,
                Holds::Unknown => return report.undecided(),
            }
            let help = "set `ssl_mode` to ENCRYPTED_ONLY in `ip_configuration`";
            let says = format!("`{}` accepts connections without TLS", resource.local);
            let modes = Want::In(&["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"]);
            let mut missing = None;
            for (path, wants) in [
                ("settings.ip_configuration.ssl_mode", modes),
                ("settings.ip_configuration.require_ssl", Want::True),
            ] {
                match lookups(resource, path).first() {
                    Some(Lookup::Present(found)) => {
                        match wants.holds(found.value) {
                            Some(true) => {}
                            Some(false) => {
                                report.at_value(*found, resource, configuration, says).help(help);
                            }
                            None => report.undecided(),
                        }
                        return;
                    }
                    Some(Lookup::Absent(place)) => missing = missing.or(Some(*place)),
                    Some(Lookup::Unknown(_)) | None => return report.undecided(),
                }
            }
            if let Some(missing) = missing {
                let message = format!("{says}: `ssl_mode` is not set");
                report.at_missing(missing, resource, configuration, message).help(help);
            }
        }),
    }
}

rule! {
    /// Cloud SQL instance has a public address
    ///
    /// A database with an address on the internet is one list of networks away from everyone. `ipv4_enabled` is true where it
    /// is not set. An instance that lets everyone in is reported by `tf-google-cloudsql-open-to-internet` alone.
    ///
    /// ```hcl bad:2
    /// resource "google_sql_database_instance" "main" {
    ///   settings {
    ///     tier = "db-f1-micro"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "google_sql_database_instance" "main" {
    ///   settings {
    ///     ip_configuration {
    ///       ipv4_enabled = true
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "public" {}
    /// resource "google_sql_database_instance" "main" {
    ///   settings {
    ///     ip_configuration {
    ///       ipv4_enabled    = false
    ///       private_network = "projects/p/global/networks/main"
    ///     }
    ///   }
    /// }
    /// resource "google_sql_database_instance" "other" {
    ///   settings {
    ///     ip_configuration {
    ///       ipv4_enabled = var.public
    ///     }
    ///   }
    /// }
    /// ```
    PUBLICLY_ACCESSIBLE = "tf-google-cloudsql-publicly-accessible" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_60", "trivy:GCP-0017", "tfsec:google-sql-no-public-access"],
        check: attribute(&Row {
            on: &[("google_sql_database_instance", "settings.ip_configuration.ipv4_enabled")],
            given: &[
                NOT_CLONED,
                Given { path: "settings", is: Want::Present, absent: Holds::No },
                Given {
                    path: "settings.ip_configuration.authorized_networks",
                    is: Want::Passes(|networks| Some(!is_open(networks))),
                    absent: Holds::Yes,
                },
            ],
            wants: Want::False,
            absent: Absent::Fails,
            says: "has a public address",
            help: "set `ipv4_enabled` to false and `private_network` in `ip_configuration`",
            ..Row::DEFAULT
        }),
    }
}

/// Whether one of the networks certainly is everyone.
fn is_open(networks: &Value) -> bool {
    let Some(list) = networks.as_list() else { return false };
    let range = |item: &Value| item.as_map().and_then(|map| map.get("value").cloned());
    list.items.iter().filter_map(range).any(|value| value.as_str().is_some_and(|text| text.ends_with("/0")))
}

rule! {
    /// Cloud SQL instance lets the whole internet connect
    ///
    /// Any address may try passwords on the database, and holes in its server are open to all. An authorized network that ends
    /// in `/0` is reported.
    OPEN_TO_INTERNET = "tf-google-cloudsql-open-to-internet" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_11", "trivy:GCP-0017", "tfsec:google-sql-no-public-access"],
        check: attribute(&Row {
            on: &[("google_sql_database_instance", "settings.ip_configuration.authorized_networks.value")],
            wants: Want::EndsWithNone(&["/0"]),
            absent: Absent::Passes,
            wrong: "\"0.0.0.0/0\"",
            right: "\"192.0.2.10/32\"",
            says: "lets the whole internet connect",
            help: "name the addresses that need it, or connect through the Cloud SQL Auth Proxy",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Cloud SQL instance keeps no automatic backups
    ///
    /// A dropped table or an encrypted one cannot be brought back. Replicas are copies that are not backed up themselves, and
    /// clones take the settings of what they are made of; both are not judged.
    BACKUP_DISABLED = "tf-google-cloudsql-backup-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_14", "trivy:GCP-0024", "tfsec:google-sql-enable-backup"],
        check: attribute(&Row {
            on: &[("google_sql_database_instance", "settings.backup_configuration.enabled")],
            given: &[
                NOT_CLONED,
                Given { path: "master_instance_name", is: Want::Nothing, absent: Holds::Yes },
                Given {
                    path: "instance_type",
                    is: Want::NotIn(&["READ_REPLICA_INSTANCE", "ON_PREMISES_INSTANCE", "READ_POOL_INSTANCE"]),
                    absent: Holds::Yes,
                },
            ],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "keeps no backups",
            help: "set `enabled` to true in `backup_configuration`",
            ..Row::DEFAULT
        }),
    }
}
