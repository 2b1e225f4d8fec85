//! EMR security configurations, which are documents of JSON.

use portcullis_model::terraform::document;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ENCRYPTION_INCOMPLETE];

rule! {
    /// EMR security configuration leaves data unencrypted
    ///
    /// The document says what a cluster encrypts: data at rest, the local disks among it, and data between the nodes. One that
    /// leaves a part out leaves it in the clear. How S3 encrypts is not judged, for it does in any case. Silent where the
    /// document, or the part of it, is not known.
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
            "checkov:CKV_AWS_171",
            "checkov:CKV_AWS_349",
            "checkov:CKV_AWS_351",
            "trivy:AWS-0137",
            "tfsec:aws-emr-enable-at-rest-encryption",
            "trivy:AWS-0138",
            "tfsec:aws-emr-enable-in-transit-encryption",
            "trivy:AWS-0139",
            "tfsec:aws-emr-enable-local-disk-encryption",
        ],
        check: resource(&["aws_emr_security_configuration"], |resource, configuration, report| {
            for lookup in resource.get("configuration") {
                let Lookup::Present(found) = lookup else { continue };
                let Some(document) = document(found.value) else {
                    report.undecided();
                    continue;
                };
                let left_out = left_out(&document);
                if !left_out.is_empty() {
                    let message = format!("`{}` leaves {} unencrypted", resource.local, left_out.join(" and "));
                    report.at_value(found, resource, configuration, message).help(
                        "set `EnableAtRestEncryption` and `EnableInTransitEncryption` to true, with \
                         `LocalDiskEncryptionConfiguration`",
                    );
                }
            }
        }),
    }
}

/// What a security configuration certainly does not encrypt.
fn left_out(document: &Value) -> Vec<&'static str> {
    const LOCAL_DISK: &[&str] = &[
        "EncryptionConfiguration",
        "AtRestEncryptionConfiguration",
        "LocalDiskEncryptionConfiguration",
        "EncryptionKeyProviderType",
    ];
    let mut parts = Vec::new();
    if is_off(document, &["EncryptionConfiguration", "EnableAtRestEncryption"]) {
        parts.push("data at rest");
    } else if is_off(document, LOCAL_DISK) {
        parts.push("local disks");
    }
    if is_off(document, &["EncryptionConfiguration", "EnableInTransitEncryption"]) {
        parts.push("data in transit");
    }
    parts
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
