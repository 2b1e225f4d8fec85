//! ECR repositories. Their policies are judged with those of other resources.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SCAN_ON_PUSH_DISABLED, &TAGS_MUTABLE, &CUSTOMER_KEY_MISSING];

rule! {
    /// ECR repository does not scan pushed images
    ///
    /// Known holes in what the images bring along are then found by others. Silent where the scanning of the registry is
    /// configured in the same configuration.
    ///
    /// ```hcl bad:1
    /// resource "aws_ecr_repository" "shop" {
    ///   name = "shop"
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_ecr_repository" "shop" {
    ///   name = "shop"
    ///   image_scanning_configuration {
    ///     scan_on_push = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_ecr_repository" "shop" {
    ///   name = "shop"
    /// }
    /// resource "aws_ecr_registry_scanning_configuration" "all" {
    ///   scan_type = "ENHANCED"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_ecr_repository" "shop" {
    ///   name = "shop"
    ///   image_scanning_configuration {
    ///     scan_on_push = true
    ///   }
    /// }
    /// ```
    SCAN_ON_PUSH_DISABLED = "tf-aws-ecr-scan-on-push-disabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_163", "trivy:AWS-0030", "tfsec:aws-ecr-enable-image-scans"],
        check: resource(&["aws_ecr_repository"], |resource, configuration, report| {
            if configuration.of_kind("aws_ecr_registry_scanning_configuration").next().is_none() {
                SCANNING.check(&resource.kind, resource, configuration, report);
            }
        }),
    }
}

static SCANNING: Row = Row {
    on: &[("aws_ecr_repository", "image_scanning_configuration.scan_on_push")],
    says: "does not scan pushed images",
    help: "set `scan_on_push` of `image_scanning_configuration` to true, or configure the scanning of the registry",
    ..Row::DEFAULT
};

rule! {
    /// ECR image tags can be overwritten
    ///
    /// What runs tomorrow under the same tag may be another image than the one that was tested. Tags that are immutable but for
    /// stated exceptions pass.
    TAGS_MUTABLE = "tf-aws-ecr-tags-mutable" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_51", "trivy:AWS-0031", "tfsec:aws-ecr-enforce-immutable-repository"],
        check: attribute(&Row {
            on: &[("aws_ecr_repository", "image_tag_mutability")],
            wants: Want::In(&["IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"]),
            wrong: "\"MUTABLE\"",
            right: "\"IMMUTABLE\"",
            says: "lets tags be overwritten",
            help: "set `image_tag_mutability` to `IMMUTABLE`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// ECR repository uses no KMS key
    ///
    /// With the key of S3 you cannot say who may decrypt the images, nor take it away.
    CUSTOMER_KEY_MISSING = "tf-aws-ecr-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_136", "trivy:AWS-0033", "tfsec:aws-ecr-repository-customer-key"],
        check: attribute(&Row {
            on: &[("aws_ecr_repository", "encryption_configuration.encryption_type")],
            wants: Want::In(&["KMS", "KMS_DSSE"]),
            wrong: "\"AES256\"",
            right: "\"KMS\"",
            says: "encrypts with no key of KMS",
            help: "set `encryption_type` of `encryption_configuration` to `KMS`",
            ..Row::DEFAULT
        }),
    }
}
