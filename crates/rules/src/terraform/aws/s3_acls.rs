//! ACLs of S3 buckets.
//!
//! A public ACL gives nobody anything where the bucket's public access block ignores public ACLs: such a bucket is no finding.

use super::s3::ignores_public_acls;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ACL_PUBLIC, &GRANTS_ALL_USERS, &GRANTS_AUTHENTICATED_USERS, &ACLS_ENABLED];

const ACL: &str = "aws_s3_bucket_acl";
const BUCKET: &str = "aws_s3_bucket";

rule! {
    /// S3 bucket uses a canned ACL open to the public
    ///
    /// With `public-read` the whole internet lists the bucket, with `public-read-write` it fills it as well. Grants that do the
    /// same are reported by `tf-aws-s3-acl-grants-all-users`, which speaks for both. Silent where a public access block in the
    /// same configuration ignores public ACLs.
    ///
    /// ```hcl bad:3
    /// resource "aws_s3_bucket_acl" "web" {
    ///   bucket = "acme-web"
    ///   acl    = "public-read"
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_s3_bucket" "web" {
    ///   acl = "public-read-write"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "web" {
    ///   bucket = "acme-web"
    ///   acl    = "public-read"
    /// }
    /// resource "aws_s3_bucket_public_access_block" "web" {
    ///   bucket             = aws_s3_bucket.web.id
    ///   block_public_acls  = true
    ///   ignore_public_acls = true
    /// }
    /// ```
    ACL_PUBLIC = "tf-aws-s3-acl-public" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_20",
            "checkov:CKV_AWS_57",
            "trivy:AWS-0092",
            "tfsec:aws-s3-no-public-access-with-acl",
        ],
        yields_to: &[
            "tf-aws-s3-acl-grants-authenticated-users",
            "tf-aws-s3-acl-grants-all-users",
            "tf-aws-cloudtrail-bucket-public",
        ],
        check: resource(&[ACL, BUCKET], |resource, configuration, report| {
            unless_ignored(&CANNED, resource, configuration, report);
            unless_ignored(&GRANTED, resource, configuration, report);
        }),
    }
}

/// The canned ACLs that give rights to more than the account and AWS' own services. S3 has no `website`; whoever writes it
/// means a public one.
pub(crate) const PUBLIC: &[&str] = &["public-read", "public-read-write", "authenticated-read", "website"];

static CANNED: Row = Row {
    on: &[(ACL, "acl"), (BUCKET, "acl")],
    wants: Want::NotIn(PUBLIC),
    absent: Absent::Passes,
    about: "bucket",
    says: "has a public ACL",
    help: "use `private`, and give access with a bucket policy or CloudFront",
    ..Row::DEFAULT
};

static GRANTED: Row = Row { says: "has a public ACL", ..ALL_USERS_ROW };

rule! {
    /// S3 bucket ACL grants rights to all users
    ///
    /// The group AllUsers is everyone on the internet, without signing in. Any right counts. Silent where a public access block
    /// in the same configuration ignores public ACLs.
    ///
    /// ```hcl bad:7
    /// resource "aws_s3_bucket_acl" "web" {
    ///   bucket = "acme-web"
    ///   access_control_policy {
    ///     grant {
    ///       permission = "READ_ACP"
    ///       grantee {
    ///         uri  = "http://acs.amazonaws.com/groups/global/AllUsers"
    ///         type = "Group"
    ///       }
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket_acl" "web" {
    ///   bucket = "acme-web"
    ///   access_control_policy {
    ///     grant {
    ///       permission = "WRITE"
    ///       grantee {
    ///         uri  = "http://acs.amazonaws.com/groups/s3/LogDelivery"
    ///         type = "Group"
    ///       }
    ///     }
    ///   }
    /// }
    /// ```
    GRANTS_ALL_USERS = "tf-aws-s3-acl-grants-all-users" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_375"],
        check: resource(&[ACL, BUCKET], |resource, configuration, report| {
            unless_ignored(&ALL_USERS, resource, configuration, report);
        }),
    }
}

const ALL_USERS_ROW: Row = Row {
    on: GRANTEES,
    wants: Want::EndsWithNone(&["/AllUsers"]),
    absent: Absent::Passes,
    about: "bucket",
    says: "gives rights to everyone on the internet",
    help: "remove the grant, and give access with a bucket policy",
    ..Row::DEFAULT
};
static ALL_USERS: Row = ALL_USERS_ROW;

const GRANTEES: &[(&str, &str)] = &[(ACL, "access_control_policy.grant.grantee.uri"), (BUCKET, "grant.uri")];

rule! {
    /// S3 bucket ACL grants rights to every AWS account
    ///
    /// The group AuthenticatedUsers is everyone who has an AWS account, not those of your organisation. The canned ACL
    /// `authenticated-read` gives it, too. Silent where a public access block in the same configuration ignores public ACLs.
    ///
    /// ```hcl bad:3
    /// resource "aws_s3_bucket_acl" "web" {
    ///   bucket = "acme-web"
    ///   acl    = "authenticated-read"
    /// }
    /// ```
    /// ```hcl bad:5
    /// resource "aws_s3_bucket" "web" {
    ///   grant {
    ///     type        = "Group"
    ///     permissions = ["READ"]
    ///     uri         = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket_acl" "web" {
    ///   bucket = "acme-web"
    ///   acl    = "private"
    /// }
    /// ```
    GRANTS_AUTHENTICATED_USERS = "tf-aws-s3-acl-grants-authenticated-users" {
        severity: Severity::High,
        peers: &["checkov:CKV2_AWS_43"],
        yields_to: &["tf-aws-cloudtrail-bucket-public"],
        check: resource(&[ACL, BUCKET], |resource, configuration, report| {
            unless_ignored(&AUTHENTICATED_READ, resource, configuration, report);
            unless_ignored(&AUTHENTICATED_USERS, resource, configuration, report);
        }),
    }
}

static AUTHENTICATED_READ: Row = Row {
    on: &[(ACL, "acl"), (BUCKET, "acl")],
    wants: Want::IsNot("authenticated-read"),
    absent: Absent::Passes,
    about: "bucket",
    says: "gives rights to everyone who has an AWS account",
    help: "use `private`, and give access with a bucket policy",
    ..Row::DEFAULT
};

static AUTHENTICATED_USERS: Row = Row {
    on: GRANTEES,
    wants: Want::EndsWithNone(&["/AuthenticatedUsers"]),
    absent: Absent::Passes,
    about: "bucket",
    says: "gives rights to everyone who has an AWS account",
    help: "remove the grant, and give access with a bucket policy",
    ..Row::DEFAULT
};

rule! {
    /// S3 bucket ownership settings keep ACLs in force
    ///
    /// With ACLs in force, rights stand in two places, and each object may have its own. AWS has turned them off for new buckets
    /// since 2023; any setting but `BucketOwnerEnforced` turns them on again.
    ACLS_ENABLED = "tf-aws-s3-acls-enabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_65"],
        check: attribute(&Row {
            on: &[("aws_s3_bucket_ownership_controls", "rule.object_ownership")],
            wants: Want::Is("BucketOwnerEnforced"),
            absent: Absent::Unknown,
            wrong: "\"BucketOwnerPreferred\"",
            right: "\"BucketOwnerEnforced\"",
            says: "keeps ACLs in force",
            help: "set `object_ownership` to `BucketOwnerEnforced`, and give access with policies",
            ..Row::DEFAULT
        }),
    }
}

/// Judges a row, unless public ACLs are ignored for the bucket. The question is asked only where the row has something.
fn unless_ignored(row: &'static Row, resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    let Some((_, path)) = row.on.iter().find(|(kind, _)| resource.is(kind)) else { return };
    if !resource.get(path).iter().any(|lookup| !matches!(lookup, Lookup::Absent(_))) {
        return;
    }
    match ignores_public_acls(resource, configuration) {
        Some(true) => {}
        Some(false) => row.check(&resource.kind, resource, configuration, report),
        None => report.undecided(),
    }
}
