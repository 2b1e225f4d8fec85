//! Cloud Storage buckets that are shared with everyone.
//!
//! Roles and ACLs count. Whether public access prevention undoes them is the project's to know, and not asked.

use super::EVERYONE;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&BUCKET_PUBLIC];

rule! {
    /// Storage bucket is shared with everyone
    ///
    /// `allUsers` is the whole internet, and `allAuthenticatedUsers` everyone with a Google account. A bucket for a public
    /// site is meant to be so and can be left out by a suppression. Policies whose members are not known are silent.
    ///
    /// ```hcl bad:4
    /// resource "google_storage_bucket_iam_member" "all" {
    ///   bucket = "data"
    ///   role   = "roles/storage.objectViewer"
    ///   member = "allUsers"
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "google_storage_bucket_iam_binding" "all" {
    ///   bucket  = "data"
    ///   role    = "roles/storage.objectViewer"
    ///   members = ["user:jane@example.com", "allAuthenticatedUsers"]
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "google_storage_bucket_acl" "all" {
    ///   bucket      = "data"
    ///   role_entity = ["READER:allUsers"]
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "google_storage_bucket_acl" "all" {
    ///   bucket         = "data"
    ///   predefined_acl = "publicRead"
    /// }
    /// ```
    /// ```hcl good
    /// variable "members" { type = list(string) }
    /// resource "google_storage_bucket_iam_binding" "some" {
    ///   bucket  = "data"
    ///   role    = "roles/storage.objectViewer"
    ///   members = ["group:data@example.com"]
    /// }
    /// resource "google_storage_bucket_iam_binding" "other" {
    ///   bucket  = "data"
    ///   role    = "roles/storage.objectViewer"
    ///   members = var.members
    /// }
    /// resource "google_storage_bucket_acl" "some" {
    ///   bucket         = "data"
    ///   predefined_acl = "private"
    /// }
    /// ```
    BUCKET_PUBLIC = "tf-google-storage-bucket-public" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_28", "trivy:GCP-0001", "tfsec:google-storage-no-public-access"],
        check: resource(
            &[
                "google_storage_bucket_iam_member",
                "google_storage_bucket_iam_binding",
                "google_storage_bucket_acl",
                "google_storage_bucket_access_control",
                "google_storage_default_object_acl",
                "google_storage_default_object_access_control",
            ],
            bucket_public,
        ),
    }
}

fn bucket_public(resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    let paths: &[&str] = match &*resource.kind {
        "google_storage_bucket_iam_member" => &["member"],
        "google_storage_bucket_iam_binding" => &["members[*]"],
        "google_storage_bucket_acl" => &["role_entity[*]", "predefined_acl", "default_acl"],
        "google_storage_default_object_acl" => &["role_entity[*]"],
        _ => &["entity"],
    };
    for path in paths {
        for lookup in lookups(resource, path) {
            match lookup {
                Lookup::Present(found) => match found.value.as_str() {
                    Some(text) if is_everyone(text) => {
                        let message = format!("`{}` shares the bucket with everyone: `{text}`", resource.local);
                        report
                            .at_value(found, resource, configuration, message)
                            .help("name the groups and service accounts that need it");
                    }
                    Some(_) => {}
                    None => report.undecided(),
                },
                Lookup::Absent(_) => {}
                Lookup::Unknown(_) => report.undecided(),
            }
        }
    }
}

/// Whether a member, an entity with or without its role, or a predefined ACL is about everyone.
fn is_everyone(text: &str) -> bool {
    let entity = text.rsplit(':').next().unwrap_or(text);
    EVERYONE.contains(&entity) || matches!(text, "publicRead" | "publicReadWrite" | "authenticatedRead")
}
