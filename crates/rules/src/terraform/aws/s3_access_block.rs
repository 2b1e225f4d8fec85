//! The settings of S3 that refuse public access, whatever ACLs and policies say.
//!
//! The account may have such a block, too, and new buckets have had one since 2023: a bucket without is not known to be
//! public.

use super::s3::NAMES;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &PUBLIC_ACLS_ALLOWED,
    &PUBLIC_POLICY_ALLOWED,
    &PUBLIC_ACLS_NOT_IGNORED,
    &PUBLIC_BUCKETS_UNRESTRICTED,
    &PUBLIC_ACCESS_BLOCK_MISSING,
    &ACCESS_POINT_PUBLIC,
];

const BLOCK: &str = "aws_s3_bucket_public_access_block";

rule! {
    /// S3 bucket allows public ACLs
    ///
    /// Anyone who may write an ACL, on the bucket or on one object, can open it to the world. A flag of the block that is left
    /// out is off.
    PUBLIC_ACLS_ALLOWED = "tf-aws-s3-public-acls-allowed" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_53", "trivy:AWS-0086", "tfsec:aws-s3-block-public-acls"],
        check: attribute(&Row {
            on: &[(BLOCK, "block_public_acls")],
            about: "bucket",
            wrong: "false",
            right: "true",
            says: "lets public ACLs be set",
            help: "set `block_public_acls` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// S3 bucket allows a public bucket policy
    ///
    /// One statement with `*` as its principal makes the bucket public, and nothing refuses it.
    PUBLIC_POLICY_ALLOWED = "tf-aws-s3-public-policy-allowed" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_54", "trivy:AWS-0087", "tfsec:aws-s3-block-public-policy"],
        check: attribute(&Row {
            on: &[(BLOCK, "block_public_policy")],
            about: "bucket",
            wrong: "false",
            right: "true",
            says: "lets a public bucket policy be set",
            help: "set `block_public_policy` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// S3 bucket honours public ACLs already set
    ///
    /// Refusing new public ACLs leaves the old ones in force, and those of objects are easily forgotten.
    PUBLIC_ACLS_NOT_IGNORED = "tf-aws-s3-public-acls-not-ignored" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_55", "trivy:AWS-0091", "tfsec:aws-s3-ignore-public-acls"],
        check: attribute(&Row {
            on: &[(BLOCK, "ignore_public_acls")],
            about: "bucket",
            wrong: "false",
            right: "true",
            says: "honours public ACLs that are already set",
            help: "set `ignore_public_acls` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// S3 bucket with a public policy stays open to everyone
    ///
    /// A policy that was public before the block came stays in force; this flag limits such a bucket to the account and to AWS'
    /// services.
    PUBLIC_BUCKETS_UNRESTRICTED = "tf-aws-s3-public-buckets-unrestricted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_56", "trivy:AWS-0093", "tfsec:aws-s3-no-public-buckets"],
        check: attribute(&Row {
            on: &[(BLOCK, "restrict_public_buckets")],
            about: "bucket",
            wrong: "false",
            right: "true",
            says: "leaves a bucket with a public policy open to everyone",
            help: "set `restrict_public_buckets` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// S3 bucket has no complete public access block
    ///
    /// Without a block written beside it, one click in the console makes the bucket public and no plan says so. A block that lets
    /// public ACLs or policies be set is not complete; the rules for these flags speak for this one. Silent where the account is blocked as a whole in the same configuration, and where the
    /// bucket is handed to a module that is not at hand.
    ///
    /// ```hcl bad:1
    /// resource "aws_s3_bucket" "logs" {
    ///   bucket = "acme-logs"
    /// }
    /// ```
    /// ```hcl bad:6
    /// resource "aws_s3_bucket" "logs" {
    ///   bucket = "acme-logs"
    /// }
    /// resource "aws_s3_bucket_public_access_block" "logs" {
    ///   bucket              = aws_s3_bucket.logs.id
    ///   block_public_acls   = false
    ///   block_public_policy = true
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "each" {
    ///   for_each = toset(["eu", "us"])
    ///   bucket   = "acme-${each.key}"
    /// }
    /// resource "aws_s3_bucket_public_access_block" "each" {
    ///   for_each            = aws_s3_bucket.each
    ///   bucket              = each.value.id
    ///   block_public_acls   = true
    ///   block_public_policy = true
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "logs" {
    ///   bucket = "acme-logs"
    /// }
    /// resource "aws_s3_bucket_ownership_controls" "logs" {
    ///   bucket = aws_s3_bucket.logs.id
    /// }
    /// resource "aws_s3_bucket_public_access_block" "logs" {
    ///   bucket              = aws_s3_bucket_ownership_controls.logs.id
    ///   block_public_acls   = true
    ///   block_public_policy = true
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_account_public_access_block" "account" {
    ///   block_public_acls       = true
    ///   block_public_policy     = true
    ///   ignore_public_acls      = true
    ///   restrict_public_buckets = true
    /// }
    /// resource "aws_s3_bucket" "logs" {
    ///   bucket = "acme-logs"
    /// }
    /// ```
    PUBLIC_ACCESS_BLOCK_MISSING = "tf-aws-s3-public-access-block-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_6", "trivy:AWS-0094", "tfsec:aws-s3-specify-public-access-block"],
        yields_to: &["tf-aws-s3-public-acls-allowed", "tf-aws-s3-public-policy-allowed"],
        check: resource(&["aws_s3_bucket", BLOCK], |resource, configuration, report| {
            if configuration.of_kind("aws_s3_account_public_access_block").next().is_some() {
                return;
            }
            if resource.is(BLOCK) {
                ACLS_REFUSED.check(&resource.kind, resource, configuration, report);
                POLICY_REFUSED.check(&resource.kind, resource, configuration, report);
            } else {
                BLOCKED.check(resource, configuration, report);
            }
        }),
    }
}

static ACLS_REFUSED: Row = Row {
    on: &[(BLOCK, "block_public_acls")],
    about: "bucket",
    says: "is no complete public access block",
    help: "set all four flags to true",
    ..Row::DEFAULT
};

static POLICY_REFUSED: Row = Row { on: &[(BLOCK, "block_public_policy")], ..ACLS_REFUSED };

static BLOCKED: LinkRow = LinkRow {
    on: &["aws_s3_bucket"],
    by: &[(BLOCK, "bucket")],
    names: NAMES,
    says: "has no public access block",
    help: "add an `aws_s3_bucket_public_access_block` for it with all four flags true",
    ..LinkRow::DEFAULT
};

rule! {
    /// S3 access point switches off public access blocking
    ///
    /// An access point is a second door to the bucket with a policy of its own. All four flags are on by default; that one is
    /// turned off is a finding.
    ///
    /// ```hcl bad:5
    /// resource "aws_s3_access_point" "web" {
    ///   bucket = "acme-web"
    ///   name   = "web"
    ///   public_access_block_configuration {
    ///     block_public_policy = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_access_point" "web" {
    ///   bucket = "acme-web"
    ///   name   = "web"
    /// }
    /// ```
    ACCESS_POINT_PUBLIC = "tf-aws-s3-access-point-public" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_392"],
        check: resource(&["aws_s3_access_point"], |resource, configuration, report| {
            for flag in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] {
                for lookup in resource.get(&format!("public_access_block_configuration.{flag}")) {
                    let Lookup::Present(found) = lookup else { continue };
                    if found.value.as_bool() == Some(false) {
                        let message = format!("`{}` turns off `{flag}`", resource.local);
                        report.at_value(found, resource, configuration, message).help("leave the four flags on");
                        // One door that is open is one finding.
                        return;
                    }
                }
            }
        }),
    }
}
