//! Resources of Google Cloud, and repositories of GitHub.

mod bigquery;
mod cloud_sql;
mod cloud_sql_flags;
mod compute_disks;
mod compute_instances;
mod compute_metadata;
mod compute_network;
mod compute_shielded;
mod dns;
mod firewall;
mod github;
mod gke_access;
mod gke_clusters;
mod gke_nodes;
mod iam;
mod iam_members;
mod kms;
mod redis;
mod serverless;
mod storage;
mod storage_sharing;

use portcullis_model::terraform::value::Piece;

use super::prelude::*;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    bigquery::RULES,
    cloud_sql::RULES,
    cloud_sql_flags::RULES,
    compute_disks::RULES,
    compute_instances::RULES,
    compute_metadata::RULES,
    compute_network::RULES,
    compute_shielded::RULES,
    dns::RULES,
    firewall::RULES,
    github::RULES,
    gke_access::RULES,
    gke_clusters::RULES,
    gke_nodes::RULES,
    iam::RULES,
    iam_members::RULES,
    kms::RULES,
    redis::RULES,
    serverless::RULES,
    storage::RULES,
    storage_sharing::RULES,
];

/// The names under which everyone is a member.
const EVERYONE: &[&str] = &["allUsers", "allAuthenticatedUsers"];

/// Reports the values at a path that are not as wanted; that nothing is there is right.
fn written_wrong(
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
    (path, wants): (&str, Want),
    (says, help): (&str, &'static str),
) {
    for lookup in lookups(resource, path) {
        match lookup {
            Lookup::Present(found) => match wants.holds(found.value) {
                Some(true) => {}
                Some(false) => {
                    let name = path.trim_end_matches("[*]");
                    let message = match found.value.to_text() {
                        Some(text) => format!("`{}` {says}: `{name}` is `{text}`", resource.local),
                        None => format!("`{}` {says}", resource.local),
                    };
                    report.at_value(found, resource, configuration, message).help(help);
                }
                None => report.undecided(),
            },
            Lookup::Absent(_) => {}
            Lookup::Unknown(_) => report.undecided(),
        }
    }
}

/// The end of the addresses of the accounts that Compute Engine has by default.
const COMPUTE_DEFAULT: &str = "-compute@developer.gserviceaccount.com";

/// Whether the address of a service account, or a member with it, is of an account that somebody made.
fn is_own_account(value: &Value) -> Option<bool> {
    let is_default = value
        .references()
        .iter()
        .any(|it| it.address.contains("google_compute_default_service_account.") || is_app_engine(&it.address));
    if is_default {
        return Some(false);
    }
    let ends = |text: &str| text.ends_with(COMPUTE_DEFAULT) || text.ends_with("@appspot.gserviceaccount.com");
    match &value.kind {
        Kind::String(text) => Some(!text.is_empty() && !ends(text)),
        Kind::Template(pieces) => match pieces.last() {
            Some(Piece::Text(text)) if ends(text) => Some(false),
            Some(Piece::Text(text)) if text.ends_with(".iam.gserviceaccount.com") => Some(true),
            _ => (!value.references().is_empty()).then_some(true),
        },
        // An attribute of an account that the configuration makes.
        Kind::Unknown(_) if !value.references().is_empty() => Some(true),
        _ => None,
    }
}

fn is_app_engine(address: &str) -> bool {
    address.contains("google_app_engine_default_service_account.")
}
