//! EMR security configurations, which are documents of JSON.

use portcullis_model::terraform::document;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ENCRYPTION_INCOMPLETE, &TRANSIT_UNENCRYPTED, &CUSTOMER_KEY_MISSING];

rule! {
    /// EMR security configuration leaves data at rest unencrypted
    ///
    /// The document says what a cluster encrypts: data at rest, and the local disks among it. One that leaves a part out leaves
    /// it in the clear. How S3 encrypts is not judged, for it does in any case. Silent where the document, or the part of it, is
    /// not known.
    ///
    /// ```hcl bad:2
    /// resource "aws_emr_security_configuration" "main" {
    ///   configuration = jsonencode({
    ///     EncryptionConfiguration = {
    ///       EnableInTransitEncryption = true
    ///       EnableAtRestEncryption    = false
    ///     }
    ///   })
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_emr_security_configuration" "main" {
    ///   configuration = jsonencode({
    ///     EncryptionConfiguration = {
    ///       EnableInTransitEncryption = true
    ///       EnableAtRestEncryption    = true
    ///       AtRestEncryptionConfiguration = {
    ///         S3EncryptionConfiguration = { EncryptionMode = "SSE-S3" }
    ///       }
    ///     }
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_emr_security_configuration" "main" {
    ///   configuration = jsonencode({
    ///     EncryptionConfiguration = {
    ///       EnableInTransitEncryption = true
    ///       EnableAtRestEncryption    = true
    ///       AtRestEncryptionConfiguration = {
    ///         LocalDiskEncryptionConfiguration = {
    ///           EncryptionKeyProviderType = "AwsKms"
    ///         }
    ///       }
    ///     }
    ///   })
    /// }
    /// variable "document" {}
    /// resource "aws_emr_security_configuration" "other" {
    ///   configuration = var.document
    /// }
    /// ```
    ENCRYPTION_INCOMPLETE = "tf-aws-emr-encryption-incomplete" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_349",
            "trivy:AWS-0137",
            "tfsec:aws-emr-enable-at-rest-encryption",
            "trivy:AWS-0139",
            "tfsec:aws-emr-enable-local-disk-encryption",
        ],
        check: resource(CONFIGURATION, |resource, configuration, report| {
            let help = "set `EnableAtRestEncryption` to true, with `LocalDiskEncryptionConfiguration`";
            judge(resource, configuration, report, left_out, help);
        }),
    }
}

rule! {
    /// EMR security configuration leaves data in transit unencrypted
    ///
    /// What the nodes of a cluster send to each other, and to storage, can be read on the way. Silent where the document, or the
    /// part of it, is not known.
    ///
    /// ```hcl bad:2
    /// resource "aws_emr_security_configuration" "main" {
    ///   configuration = jsonencode({
    ///     EncryptionConfiguration = {
    ///       EnableInTransitEncryption = false
    ///       EnableAtRestEncryption    = true
    ///     }
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_emr_security_configuration" "main" {
    ///   configuration = jsonencode({
    ///     EncryptionConfiguration = {
    ///       EnableInTransitEncryption = true
    ///     }
    ///   })
    /// }
    /// variable "document" {}
    /// resource "aws_emr_security_configuration" "other" {
    ///   configuration = var.document
    /// }
    /// ```
    TRANSIT_UNENCRYPTED = "tf-aws-emr-transit-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_351", "trivy:AWS-0138", "tfsec:aws-emr-enable-in-transit-encryption"],
        check: resource(CONFIGURATION, |resource, configuration, report| {
            let finds = |document: &Value| {
                let is_off = is_off(document, &["EncryptionConfiguration", "EnableInTransitEncryption"]);
                is_off.then_some("leaves data in transit unencrypted")
            };
            judge(resource, configuration, report, finds, "set `EnableInTransitEncryption` to true");
        }),
    }
}

rule! {
    /// EMR security configuration uses no KMS key for S3
    ///
    /// With S3's own key whoever may read the bucket reads what clusters write, and you cannot take the key away. Silent where
    /// nothing is encrypted at rest, which is a finding of its own.
    ///
    /// ```hcl bad:2
    /// resource "aws_emr_security_configuration" "main" {
    ///   configuration = jsonencode({
    ///     EncryptionConfiguration = {
    ///       EnableAtRestEncryption = true
    ///       AtRestEncryptionConfiguration = {
    ///         S3EncryptionConfiguration = { EncryptionMode = "SSE-S3" }
    ///       }
    ///     }
    ///   })
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_emr_security_configuration" "main" {
    ///   configuration = jsonencode({
    ///     EncryptionConfiguration = {
    ///       EnableAtRestEncryption = true
    ///       AtRestEncryptionConfiguration = {
    ///         S3EncryptionConfiguration = { EncryptionMode = "SSE-KMS" }
    ///       }
    ///     }
    ///   })
    /// }
    /// variable "mode" {}
    /// resource "aws_emr_security_configuration" "other" {
    ///   configuration = jsonencode({
    ///     EncryptionConfiguration = {
    ///       EnableAtRestEncryption = true
    ///       AtRestEncryptionConfiguration = {
    ///         S3EncryptionConfiguration = { EncryptionMode = var.mode }
    ///       }
    ///     }
    ///   })
    /// }
    /// ```
    CUSTOMER_KEY_MISSING = "tf-aws-emr-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_171"],
        yields_to: &["tf-aws-emr-encryption-incomplete"],
        check: resource(CONFIGURATION, |resource, configuration, report| {
            let finds = |document: &Value| {
                let mut mode = document;
                for name in S3_MODE {
                    mode = mode.as_map()?.get(name)?;
                }
                (mode.as_str()? == "SSE-S3").then_some("encrypts what is in S3 with no key of yours")
            };
            judge(resource, configuration, report, finds, "set `EncryptionMode` to SSE-KMS and name the key");
        }),
    }
}

const S3_MODE: [&str; 4] =
    ["EncryptionConfiguration", "AtRestEncryptionConfiguration", "S3EncryptionConfiguration", "EncryptionMode"];

const CONFIGURATION: &[&str] = &["aws_emr_security_configuration"];

/// Reports what a configuration is found to do, in words that follow its address.
fn judge(
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
    finds: impl Fn(&Value) -> Option<&'static str>,
    help: &'static str,
) {
    for lookup in resource.get("configuration") {
        let Lookup::Present(found) = lookup else { continue };
        let Some(document) = document(found.value) else {
            report.undecided();
            continue;
        };
        if let Some(says) = finds(&document) {
            let message = format!("`{}` {says}", resource.local);
            report.at_value(found, resource, configuration, message).help(help);
        }
    }
}

/// What of the data at rest a security configuration certainly does not encrypt.
fn left_out(document: &Value) -> Option<&'static str> {
    const LOCAL_DISK: &[&str] = &[
        "EncryptionConfiguration",
        "AtRestEncryptionConfiguration",
        "LocalDiskEncryptionConfiguration",
        "EncryptionKeyProviderType",
    ];
    if is_off(document, &["EncryptionConfiguration", "EnableAtRestEncryption"]) {
        return Some("leaves data at rest unencrypted");
    }
    is_off(document, LOCAL_DISK).then_some("leaves local disks unencrypted")
}

/// Whether what stands at a path is certainly not there, false or empty.
fn is_off(document: &Value, path: &[&str]) -> bool {
    let mut value = document;
    for name in path {
        let Some(map) = value.as_map() else { return value.is_null() };
        let Some(next) = map.get(name) else { return !map.open };
        value = next;
    }
    match &value.kind {
        Kind::Null | Kind::Bool(false) => true,
        Kind::String(text) => text.is_empty(),
        _ => false,
    }
}
