//! Who is granted roles in Google Cloud: people by name, and identities from outside.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&USER_GRANTED_DIRECTLY, &WORKLOAD_POOL_UNRESTRICTED];

rule! {
    /// Role is granted to a single user
    ///
    /// Rights that hang on persons stay when persons move on; groups are kept by those who know. Small teams do without
    /// groups, so the rule runs only where it is asked for.
    USER_GRANTED_DIRECTLY = "tf-google-iam-user-granted-directly" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["trivy:GCP-0003", "tfsec:google-iam-no-user-granted-permissions"],
        check: attribute(&Row {
            on: &[
                ("google_project_iam_member", "member"),
                ("google_project_iam_binding", "members[*]"),
                ("google_folder_iam_member", "member"),
                ("google_folder_iam_binding", "members[*]"),
                ("google_organization_iam_member", "member"),
                ("google_organization_iam_binding", "members[*]"),
                ("google_billing_account_iam_member", "member"),
                ("google_billing_account_iam_binding", "members[*]"),
                ("google_service_account_iam_member", "member"),
                ("google_service_account_iam_binding", "members[*]"),
                ("google_storage_bucket_iam_member", "member"),
                ("google_storage_bucket_iam_binding", "members[*]"),
                ("google_kms_crypto_key_iam_member", "member"),
                ("google_kms_crypto_key_iam_binding", "members[*]"),
                ("google_kms_key_ring_iam_member", "member"),
                ("google_kms_key_ring_iam_binding", "members[*]"),
                ("google_secret_manager_secret_iam_member", "member"),
                ("google_secret_manager_secret_iam_binding", "members[*]"),
                ("google_bigquery_dataset_iam_member", "member"),
                ("google_bigquery_dataset_iam_binding", "members[*]"),
                ("google_pubsub_topic_iam_member", "member"),
                ("google_pubsub_topic_iam_binding", "members[*]"),
                ("google_artifact_registry_repository_iam_member", "member"),
                ("google_artifact_registry_repository_iam_binding", "members[*]"),
            ],
            wants: Want::Passes(|member| match &member.kind {
                Kind::String(text) => Some(!text.starts_with("user:")),
                Kind::Template(_) if !member.text_prefix().is_empty() => {
                    Some(!member.text_prefix().starts_with("user:"))
                }
                _ => None,
            }),
            absent: Absent::Passes,
            wrong: "\"user:jane@example.com\"",
            right: "\"group:developers@example.com\"",
            says: "grants the role to a single user",
            help: "grant the role to a group and make the user its member",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Workload identity provider accepts any external identity
    ///
    /// Issuers such as GitHub, GitLab and Terraform Cloud sign tokens for all of their customers: without a condition any
    /// of them is let into the pool, and only the roles' own members stand in between. Providers for AWS are bound to an
    /// account, and providers for X.509 to an authority; both are not judged.
    ///
    /// ```hcl bad:1
    /// resource "google_iam_workload_identity_pool_provider" "github" {
    ///   attribute_mapping = { "google.subject" = "assertion.sub" }
    ///   oidc {
    ///     issuer_uri = "https://token.actions.githubusercontent.com"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_iam_workload_identity_pool_provider" "github" {
    ///   attribute_condition = "assertion.repository_owner_id == '1234'"
    ///   oidc {
    ///     issuer_uri = "https://token.actions.githubusercontent.com"
    ///   }
    /// }
    /// resource "google_iam_workload_identity_pool_provider" "aws" {
    ///   aws {
    ///     account_id = "123456789012"
    ///   }
    /// }
    /// ```
    WORKLOAD_POOL_UNRESTRICTED = "tf-google-iam-workload-pool-unrestricted" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_GCP_118",
            "trivy:GCP-0068",
            "tfsec:google-iam-no-conditions-workload-identity-pool-provider",
        ],
        check: attribute(&Row {
            on: &[("google_iam_workload_identity_pool_provider", "attribute_condition")],
            given: &[
                Given { path: "aws", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "x509", is: Want::Nothing, absent: Holds::Yes },
            ],
            wants: Want::Present,
            absent: Absent::Fails,
            says: "accepts any identity of the issuer",
            help: "set `attribute_condition` to what the tokens of your organization have",
            ..Row::DEFAULT
        }),
    }
}
