//! Cloud Storage buckets: how access is ruled, and what is kept.

use portcullis_model::terraform::refers;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &UNIFORM_ACCESS_DISABLED,
    &PUBLIC_ACCESS_NOT_PREVENTED,
    &VERSIONING_DISABLED,
    &LOGGING_DISABLED,
    &CUSTOMER_KEY_MISSING,
];

rule! {
    /// Storage bucket still uses object ACLs
    ///
    /// Each object can be shared by itself, whatever the roles on the bucket say, and nobody sees which are. Uniform access
    /// leaves the roles alone in force.
    UNIFORM_ACCESS_DISABLED = "tf-google-storage-uniform-access-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_29", "trivy:GCP-0002", "tfsec:google-storage-enable-ubla"],
        check: attribute(&Row {
            on: &[("google_storage_bucket", "uniform_bucket_level_access")],
            given: &[Given { path: "bucket_policy_only", is: Want::False, absent: Holds::Yes }],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "lets each object have an ACL of its own",
            help: "set `uniform_bucket_level_access` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage bucket does not rule out public access
    ///
    /// With prevention enforced no role and no ACL can share the bucket with everyone, by mistake or on purpose. A policy of
    /// the organization may enforce it as well, which is not seen here; so the rule is in the profile `all` only.
    PUBLIC_ACCESS_NOT_PREVENTED = "tf-google-storage-public-access-not-prevented" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_114"],
        check: attribute(&Row {
            on: &[("google_storage_bucket", "public_access_prevention")],
            wants: Want::Is("enforced"),
            absent: Absent::Fails,
            wrong: "\"inherited\"",
            right: "\"enforced\"",
            says: "does not rule public access out",
            help: "set `public_access_prevention` to enforced",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage bucket keeps no object versions
    ///
    /// What is overwritten or deleted is gone, unless soft delete still has it. Versions cost storage, so the rule is in the
    /// profile `all` only.
    VERSIONING_DISABLED = "tf-google-storage-versioning-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_78", "trivy:GCP-0078", "tfsec:google-storage-enable-bucket-versioning"],
        check: attribute(&Row {
            on: &[("google_storage_bucket", "versioning.enabled")],
            given: &[Given {
                path: "retention_policy",
                is: Want::Passes(|policy| Some(policy.is_null())),
                absent: Holds::Yes,
            }],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "keeps no versions of its objects",
            help: "add a `versioning` block with `enabled` set to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Storage bucket does not log access
    ///
    /// Access logs tell who read what from a bucket that turns out to be public. Audit logs of the project do that for
    /// authenticated access too; the rule is in the profile `all` only. Buckets that take the logs of others are left
    /// out.
    ///
    /// ```hcl bad:1
    /// resource "google_storage_bucket" "data" {
    ///   name = "data"
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_storage_bucket" "data" {
    ///   name = "data"
    ///   logging {
    ///     log_bucket = google_storage_bucket.logs.name
    ///   }
    /// }
    /// resource "google_storage_bucket" "logs" {
    ///   name = "logs"
    /// }
    /// ```
    LOGGING_DISABLED = "tf-google-storage-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_62", "trivy:GCP-0077", "tfsec:google-storage-enable-bucket-logging"],
        check: resource(&["google_storage_bucket"], |resource, configuration, report| {
            match lookups(resource, "logging").first() {
                Some(Lookup::Absent(_)) => {}
                Some(Lookup::Present(_)) | None => return,
                Some(Lookup::Unknown(_)) => return report.undecided(),
            }
            let takes_logs = configuration
                .of_kind("google_storage_bucket")
                .flat_map(|bucket| lookups(bucket, "logging.log_bucket"))
                .any(|lookup| match lookup {
                    Lookup::Present(found) => refers(found.value, resource, &["name"]) != Some(false),
                    Lookup::Absent(_) => false,
                    Lookup::Unknown(_) => true,
                });
            if !takes_logs {
                report
                    .at_resource(resource, configuration, format!("`{}` does not log access", resource.local))
                    .help("add a `logging` block with `log_bucket`");
            }
        }),
    }
}

rule! {
    /// Storage bucket uses no customer-managed key
    ///
    /// Google encrypts every object; with a key of Cloud KMS access can be withdrawn by taking the key away, and each use is
    /// logged.
    CUSTOMER_KEY_MISSING = "tf-google-storage-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:GCP-0066", "tfsec:google-storage-bucket-encryption-customer-key"],
        check: attribute(&Row {
            on: &[("google_storage_bucket", "encryption.default_kms_key_name")],
            wants: Want::Present,
            absent: Absent::Fails,
            wrong: "\"\"",
            right: "\"projects/p/locations/l/keyRings/r/cryptoKeys/k\"",
            says: "is not encrypted with a customer-managed key",
            help: "set `default_kms_key_name` in an `encryption` block",
            ..Row::DEFAULT
        }),
    }
}
