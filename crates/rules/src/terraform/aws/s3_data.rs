//! What S3 buckets keep, for how long, and how it can be lost.
//!
//! Settings are read from the bucket itself, as providers before version 4 had it, and from resources that name the bucket.

use super::keys::is_customer_key;
use super::s3::{NAMES, about_same_bucket, is_log_target};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &ENCRYPTION_UNDECLARED,
    &CUSTOMER_KEY_MISSING,
    &VERSIONING_DISABLED,
    &ACCESS_LOGGING_DISABLED,
    &MFA_DELETE_DISABLED,
    &LIFECYCLE_MISSING,
    &INCOMPLETE_UPLOADS_KEPT,
    &BUCKET_NAME_DOTTED,
];

const BUCKET: &str = "aws_s3_bucket";

rule! {
    /// S3 bucket declares no default encryption
    ///
    /// S3 encrypts every object with keys of its own since 2023, whatever is declared. Turn this on where a standard asks for
    /// the declaration. One without an algorithm, or with one that S3 does not know, is none.
    ///
    /// ```hcl bad:1
    /// resource "aws_s3_bucket" "logs" {
    ///   bucket = "acme-logs"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "logs" {
    ///   bucket = "acme-logs"
    /// }
    /// resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
    ///   bucket = "acme-logs"
    ///   rule {
    ///     apply_server_side_encryption_by_default {
    ///       sse_algorithm = "AES256"
    ///     }
    ///   }
    /// }
    /// ```
    ENCRYPTION_UNDECLARED = "tf-aws-s3-encryption-undeclared" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_19", "trivy:AWS-0088", "tfsec:aws-s3-enable-bucket-encryption"],
        check: linked(&LinkRow {
            on: &[BUCKET],
            inline: &[Given {
                path: "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.sse_algorithm",
                is: Want::In(ALGORITHMS),
                absent: Holds::No,
            }],
            by: &[("aws_s3_bucket_server_side_encryption_configuration", "bucket")],
            names: NAMES,
            wants: &[Given {
                path: "rule.apply_server_side_encryption_by_default.sse_algorithm",
                is: Want::In(ALGORITHMS),
                absent: Holds::No,
            }],
            says: "declares no default encryption",
            help: "add an `aws_s3_bucket_server_side_encryption_configuration` for it",
            ..LinkRow::DEFAULT
        }),
    }
}

/// What S3 encrypts with.
const ALGORITHMS: &[&str] = &["AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"];

rule! {
    /// S3 bucket encryption uses no customer-managed key
    ///
    /// With S3's own key whoever may read the bucket may decrypt it, and you cannot take the key away. Buckets that receive
    /// access logs are left out, because S3 delivers none to a bucket with a key of KMS.
    ///
    /// ```hcl bad:1
    /// resource "aws_s3_bucket" "data" {
    ///   bucket = "acme-data"
    /// }
    /// resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
    ///   bucket = aws_s3_bucket.data.id
    ///   rule {
    ///     apply_server_side_encryption_by_default {
    ///       sse_algorithm = "AES256"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "data" {
    ///   bucket = "acme-data"
    /// }
    /// resource "aws_kms_key" "data" {}
    /// resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
    ///   bucket = aws_s3_bucket.data.id
    ///   rule {
    ///     apply_server_side_encryption_by_default {
    ///       sse_algorithm     = "aws:kms"
    ///       kms_master_key_id = aws_kms_key.data.arn
    ///     }
    ///   }
    /// }
    /// ```
    CUSTOMER_KEY_MISSING = "tf-aws-s3-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_145", "trivy:AWS-0132", "tfsec:aws-s3-encryption-customer-key"],
        yields_to: &["tf-aws-s3-encryption-undeclared"],
        check: resource(&[BUCKET], |resource, configuration, report| {
            unless_log_target(&CUSTOMER_KEY, resource, configuration, report);
        }),
    }
}

static CUSTOMER_KEY: LinkRow = LinkRow {
    on: &[BUCKET],
    inline: &[Given {
        path: "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default[*]",
        is: Want::Passes(uses_customer_key),
        absent: Holds::No,
    }],
    by: &[("aws_s3_bucket_server_side_encryption_configuration", "bucket")],
    names: NAMES,
    wants: &[Given {
        path: "rule.apply_server_side_encryption_by_default[*]",
        is: Want::Passes(uses_customer_key),
        absent: Holds::No,
    }],
    says: "is encrypted with no key of yours",
    help: "set `sse_algorithm` to `aws:kms` and `kms_master_key_id` in its encryption configuration",
    ..LinkRow::DEFAULT
};

/// Whether a block names a key of one's own and an algorithm that uses it.
fn uses_customer_key(block: &Value) -> Option<bool> {
    let map = block.as_map()?;
    let get = |name| map.get(name).filter(|value: &&Value| !value.is_null());
    let has_key = get("kms_master_key_id").map_or(if map.open { None } else { Some(false) }, is_customer_key);
    // Without one the provider refuses the block.
    let no_algorithm = if map.open { None } else { Some(false) };
    let takes_key =
        get("sse_algorithm").map_or(no_algorithm, |it| it.to_text().map(|text| text.starts_with("aws:kms")));
    match (has_key, takes_key) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

rule! {
    /// S3 bucket keeps no object versions
    ///
    /// Whatever overwrites or deletes an object, a bug or an intruder, does so for good. A suspended versioning counts as none.
    ///
    /// ```hcl bad:1
    /// resource "aws_s3_bucket" "data" {
    ///   bucket = "acme-data"
    /// }
    /// resource "aws_s3_bucket_versioning" "data" {
    ///   bucket = aws_s3_bucket.data.id
    ///   versioning_configuration {
    ///     status = "Suspended"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "data" {
    ///   count  = 2
    ///   bucket = "acme-data-${count.index}"
    /// }
    /// resource "aws_s3_bucket_versioning" "data" {
    ///   count  = 2
    ///   bucket = aws_s3_bucket.data[count.index].bucket
    ///   versioning_configuration {
    ///     status = "Enabled"
    ///   }
    /// }
    /// ```
    VERSIONING_DISABLED = "tf-aws-s3-versioning-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_21", "trivy:AWS-0090", "tfsec:aws-s3-enable-versioning"],
        check: linked(&LinkRow {
            on: &[BUCKET],
            inline: &[Given { path: "versioning.enabled", is: Want::True, absent: Holds::No }],
            by: &[("aws_s3_bucket_versioning", "bucket")],
            names: NAMES,
            wants: &[Given { path: "versioning_configuration.status", is: Want::Is("Enabled"), absent: Holds::No }],
            says: "keeps no versions of its objects",
            help: "add an `aws_s3_bucket_versioning` for it with the status `Enabled`",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// S3 bucket does not log access
    ///
    /// Access logs say who read what, when somebody asks later. A bucket that other buckets log into is left out: its own log
    /// would grow by itself.
    ///
    /// ```hcl bad:1
    /// resource "aws_s3_bucket" "data" {
    ///   bucket = "acme-data"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "data" {
    ///   bucket = "acme-data"
    /// }
    /// resource "aws_s3_bucket" "logs" {
    ///   bucket = "acme-logs"
    /// }
    /// resource "aws_s3_bucket_logging" "data" {
    ///   bucket        = aws_s3_bucket.data.id
    ///   target_bucket = aws_s3_bucket.logs.id
    ///   target_prefix = "data/"
    /// }
    /// ```
    ACCESS_LOGGING_DISABLED = "tf-aws-s3-access-logging-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_18", "trivy:AWS-0089", "tfsec:aws-s3-enable-logging"],
        yields_to: &["tf-aws-cloudtrail-bucket-logging-disabled"],
        check: resource(&[BUCKET], |resource, configuration, report| {
            unless_log_target(&ACCESS_LOGGING, resource, configuration, report);
        }),
    }
}

/// Of the bucket of a trail, too.
pub(crate) static ACCESS_LOGGING: LinkRow = LinkRow {
    on: &[BUCKET],
    inline: &[Given { path: "logging", is: Want::Present, absent: Holds::No }],
    by: &[("aws_s3_bucket_logging", "bucket")],
    names: NAMES,
    says: "does not log who accesses it",
    help: "add an `aws_s3_bucket_logging` for it",
    ..LinkRow::DEFAULT
};

rule! {
    /// S3 object versions can be deleted without MFA
    ///
    /// Versions help against mistakes; whoever has stolen the keys of an administrator deletes them, too. Only for buckets that
    /// keep versions, and not for those with lifecycle rules, which S3 refuses together with MFA delete.
    ///
    /// ```hcl bad:3
    /// resource "aws_s3_bucket_versioning" "data" {
    ///   bucket = "acme-data"
    ///   versioning_configuration {
    ///     status = "Enabled"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_s3_bucket" "data" {
    ///   versioning {
    ///     enabled    = true
    ///     mfa_delete = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket_versioning" "data" {
    ///   bucket = "acme-data"
    ///   versioning_configuration {
    ///     status     = "Enabled"
    ///     mfa_delete = "Enabled"
    ///   }
    /// }
    /// resource "aws_s3_bucket_versioning" "cache" {
    ///   bucket = "acme-cache"
    ///   versioning_configuration {
    ///     status = "Enabled"
    ///   }
    /// }
    /// resource "aws_s3_bucket_lifecycle_configuration" "cache" {
    ///   bucket = "acme-cache"
    /// }
    /// ```
    MFA_DELETE_DISABLED = "tf-aws-s3-mfa-delete-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:AWS-0170", "tfsec:aws-s3-require-mfa-delete"],
        check: resource(&["aws_s3_bucket_versioning", BUCKET], |resource, configuration, report| {
            let row = if resource.is(BUCKET) { &MFA_DELETE_INLINE } else { &MFA_DELETE };
            let mut known = Some(false);
            let lifecycles =
                about_same_bucket(resource, "aws_s3_bucket_lifecycle_configuration", configuration, &mut known);
            if !lifecycles.is_empty() || resource.body.get("lifecycle_rule").is_some() {
                return;
            }
            match known {
                Some(_) => row.check(&resource.kind, resource, configuration, report),
                None => report.undecided(),
            }
        }),
    }
}

static MFA_DELETE: Row = Row {
    on: &[("aws_s3_bucket_versioning", "versioning_configuration.mfa_delete")],
    given: &[Given { path: "versioning_configuration.status", is: Want::Is("Enabled"), absent: Holds::No }],
    wants: Want::Is("Enabled"),
    says: "lets object versions be deleted without MFA",
    help: "set `mfa_delete` to `Enabled`, with the account's root user",
    ..Row::DEFAULT
};

static MFA_DELETE_INLINE: Row = Row {
    on: &[(BUCKET, "versioning.mfa_delete")],
    given: &[Given { path: "versioning.enabled", is: Want::True, absent: Holds::No }],
    says: "lets object versions be deleted without MFA",
    help: "set `mfa_delete` to true, with the account's root user",
    ..Row::DEFAULT
};

rule! {
    /// S3 bucket has no lifecycle rules
    ///
    /// Old objects, old versions and the parts of uploads that failed are kept, and paid for, without end.
    ///
    /// ```hcl bad:1
    /// resource "aws_s3_bucket" "data" {
    ///   bucket = "acme-data"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "data" {
    ///   bucket = "acme-data"
    /// }
    /// resource "aws_s3_bucket_lifecycle_configuration" "data" {
    ///   bucket = aws_s3_bucket.data.id
    /// }
    /// ```
    LIFECYCLE_MISSING = "tf-aws-s3-lifecycle-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_61"],
        check: linked(&LinkRow {
            on: &[BUCKET],
            inline: &[Given { path: "lifecycle_rule", is: Want::Present, absent: Holds::No }],
            by: &[("aws_s3_bucket_lifecycle_configuration", "bucket")],
            names: NAMES,
            says: "has no lifecycle rules",
            help: "add an `aws_s3_bucket_lifecycle_configuration` for it",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// S3 lifecycle never aborts incomplete multipart uploads
    ///
    /// The parts of an upload that failed are in no listing and are paid for until somebody aborts it. An enabled rule for the
    /// whole bucket counts; one with a prefix, tags or sizes leaves the rest.
    ///
    /// ```hcl bad:1
    /// resource "aws_s3_bucket_lifecycle_configuration" "data" {
    ///   bucket = "acme-data"
    ///   rule {
    ///     id     = "parts"
    ///     status = "Enabled"
    ///     filter {
    ///       prefix = "incoming/"
    ///     }
    ///     abort_incomplete_multipart_upload {
    ///       days_after_initiation = 7
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket_lifecycle_configuration" "data" {
    ///   bucket = "acme-data"
    ///   rule {
    ///     id     = "parts"
    ///     status = "Enabled"
    ///     filter {}
    ///     abort_incomplete_multipart_upload {
    ///       days_after_initiation = 7
    ///     }
    ///   }
    /// }
    /// ```
    INCOMPLETE_UPLOADS_KEPT = "tf-aws-s3-incomplete-uploads-kept" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_300"],
        check: resource(&["aws_s3_bucket_lifecycle_configuration"], |resource, configuration, report| {
            for lookup in resource.get("rule[*]") {
                match lookup {
                    Lookup::Present(rule) => match aborts_uploads(&rule) {
                        Some(true) => return,
                        Some(false) => {}
                        None => return report.undecided(),
                    },
                    Lookup::Unknown(_) => return report.undecided(),
                    Lookup::Absent(_) => {}
                }
            }
            let message = format!("`{}` never aborts uploads that were left incomplete", resource.local);
            report
                .at_resource(resource, configuration, message)
                .help("add a rule for the whole bucket with `abort_incomplete_multipart_upload`");
        }),
    }
}

/// Whether a rule of a lifecycle is on, aborts uploads, and is for the whole bucket.
fn aborts_uploads(rule: &Found<'_>) -> Option<bool> {
    let is_there = |path: &str| {
        let mut known = Some(false);
        for lookup in lookups_in(rule, path) {
            match lookup {
                Lookup::Present(found) if found.value.is_unknown() => known = None,
                Lookup::Present(found) => match &found.value.kind {
                    Kind::String(text) if text.is_empty() => {}
                    _ => return Some(true),
                },
                Lookup::Absent(_) => {}
                Lookup::Unknown(_) => known = None,
            }
        }
        known
    };
    if !is_there("abort_incomplete_multipart_upload.days_after_initiation")? {
        return Some(false);
    }
    for lookup in lookups_in(rule, "status") {
        match lookup {
            Lookup::Present(found) if found.value.as_str()? != "Enabled" => return Some(false),
            Lookup::Unknown(_) => return None,
            _ => {}
        }
    }
    for limit in ["prefix", "filter.prefix", "filter.tag", "filter.object_size_greater_than"] {
        if is_there(limit)? {
            return Some(false);
        }
    }
    for limit in ["filter.object_size_less_than", "filter.and.prefix", "filter.and.tags"] {
        if is_there(limit)? {
            return Some(false);
        }
    }
    Some(true)
}

rule! {
    /// S3 bucket name contains a dot
    ///
    /// The certificate of S3 covers one label: with a dot in its name the bucket cannot be reached by its host name over TLS.
    /// Buckets that serve a website under their own name need the dots.
    BUCKET_NAME_DOTTED = "tf-aws-s3-bucket-name-dotted" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["trivy:AWS-0320", "tfsec:aws-s3-dns-compliant-name"],
        check: attribute(&Row {
            on: &[(BUCKET, "bucket")],
            wants: Want::Passes(|name| match &name.kind {
                Kind::String(text) => Some(!text.contains('.')),
                _ if name.text_prefix().contains('.') => Some(false),
                _ => None,
            }),
            absent: Absent::Passes,
            wrong: "\"static.example.com\"",
            right: "\"acme-static\"",
            says: "has a dot in its name",
            help: "use dashes",
            ..Row::DEFAULT
        }),
    }
}

/// Judges a row, unless the bucket receives the access logs of others.
fn unless_log_target(row: &'static LinkRow, bucket: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    match is_log_target(bucket, configuration) {
        Some(true) => {}
        Some(false) => row.check(bucket, configuration, report),
        None => report.undecided(),
    }
}
