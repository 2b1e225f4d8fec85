//! BigQuery datasets.

use super::{EVERYONE, written_wrong};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&DATASET_PUBLIC];

rule! {
    /// BigQuery dataset is shared with all Google accounts
    ///
    /// Anyone can make an account and query the tables, or copy them. Access in the dataset itself, access of its own and
    /// roles on the dataset count. Authorized views and members that are not known are silent.
    ///
    /// ```hcl bad:5
    /// resource "google_bigquery_dataset" "sales" {
    ///   dataset_id = "sales"
    ///   access {
    ///     role          = "READER"
    ///     special_group = "allAuthenticatedUsers"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "google_bigquery_dataset_iam_binding" "sales" {
    ///   dataset_id = "sales"
    ///   role       = "roles/bigquery.dataViewer"
    ///   members    = ["allUsers"]
    /// }
    /// ```
    /// ```hcl good
    /// variable "group" {}
    /// resource "google_bigquery_dataset" "sales" {
    ///   dataset_id = "sales"
    ///   access {
    ///     role          = "OWNER"
    ///     special_group = "projectOwners"
    ///   }
    ///   access {
    ///     role          = "READER"
    ///     special_group = var.group
    ///   }
    /// }
    /// ```
    DATASET_PUBLIC = "tf-google-bigquery-dataset-public" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_GCP_15", "trivy:GCP-0046", "tfsec:google-bigquery-no-public-access"],
        check: resource(
            &[
                "google_bigquery_dataset",
                "google_bigquery_dataset_access",
                "google_bigquery_dataset_iam_member",
                "google_bigquery_dataset_iam_binding",
            ],
            |resource, configuration, report| {
                let paths: &[&str] = match &*resource.kind {
                    "google_bigquery_dataset" => &["access.special_group", "access.iam_member"],
                    "google_bigquery_dataset_access" => &["special_group", "iam_member"],
                    _ => &["member", "members[*]"],
                };
                let texts = ("shares the dataset with everyone", "name the groups and service accounts that need it");
                for path in paths {
                    written_wrong(resource, configuration, report, (path, Want::NotIn(EVERYONE)), texts);
                }
            },
        ),
    }
}
