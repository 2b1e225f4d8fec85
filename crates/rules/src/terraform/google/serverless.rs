//! Cloud Functions and Cloud Run services.

use super::EVERYONE;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&SERVERLESS_PUBLIC];

rule! {
    /// Cloud Function or Cloud Run service admits everyone
    ///
    /// The service is called, and paid for, by whoever finds its address. A public web service is meant to be so: leave it
    /// out by a suppression, and what stands behind a gateway or a queue gets its caller's account as the only member.
    SERVERLESS_PUBLIC = "tf-google-serverless-public" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_107", "checkov:CKV_GCP_102"],
        check: attribute(&Row {
            on: &[
                ("google_cloudfunctions_function_iam_member", "member"),
                ("google_cloudfunctions_function_iam_binding", "members[*]"),
                ("google_cloudfunctions2_function_iam_member", "member"),
                ("google_cloudfunctions2_function_iam_binding", "members[*]"),
                ("google_cloud_run_service_iam_member", "member"),
                ("google_cloud_run_service_iam_binding", "members[*]"),
                ("google_cloud_run_v2_service_iam_member", "member"),
                ("google_cloud_run_v2_service_iam_binding", "members[*]"),
                ("google_cloud_run_v2_job_iam_member", "member"),
                ("google_cloud_run_v2_job_iam_binding", "members[*]"),
            ],
            wants: Want::NotIn(EVERYONE),
            absent: Absent::Passes,
            wrong: "\"allUsers\"",
            right: "\"serviceAccount:caller@project.iam.gserviceaccount.com\"",
            says: "admits everyone",
            help: "name the service accounts that call it",
            ..Row::DEFAULT
        }),
    }
}
