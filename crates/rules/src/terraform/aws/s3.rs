//! What the rules for S3 buckets share: which bucket a setting is about, and what it is used for.

use portcullis_model::terraform::policy::Policy;

use crate::terraform::prelude::*;

/// The attributes by which a bucket is known as plain text.
pub(crate) const NAMES: &[&str] = &["bucket"];

/// Whether ACLs of a bucket give nobody anything, because its public access block ignores or refuses public ones.
/// `resource` is the bucket or a setting of it; `None` where that is not known.
pub(crate) fn ignores_public_acls(resource: &Resource, configuration: &Configuration) -> Option<bool> {
    let mut known = Some(false);
    for block in about_same_bucket(resource, "aws_s3_bucket_public_access_block", configuration, &mut known) {
        for flag in ["ignore_public_acls", "block_public_acls"] {
            match block.body.get(flag) {
                None => {}
                Some(value) => match value.as_bool() {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None if value.is_null() => {}
                    None => known = None,
                },
            }
        }
    }
    known
}

/// Whether other buckets write their access logs into this one: these buckets take neither logging nor keys of KMS.
pub(crate) fn is_log_target(bucket: &Resource, configuration: &Configuration) -> Option<bool> {
    let mut known = Some(false);
    for (kind, path) in [("aws_s3_bucket_logging", "target_bucket"), ("aws_s3_bucket", "logging.target_bucket")] {
        let links = configuration.linked(bucket, kind, path, NAMES);
        if !links.certain.is_empty() {
            return Some(true);
        }
        if links.maybe {
            known = None;
        }
    }
    let is_delivery = |resource: &Resource| {
        let grants = ["access_control_policy.grant.grantee.uri", "grant.uri"];
        let mut grantees = grants.iter().flat_map(|grant| resource.get(grant));
        resource.body.get("acl").and_then(Value::as_str) == Some("log-delivery-write")
            || grantees.any(|it| matches!(it, Lookup::Present(uri) if uri.value.as_str().is_some_and(is_log_delivery)))
    };
    if is_delivery(bucket) {
        return Some(true);
    }
    if about_same_bucket(bucket, "aws_s3_bucket_acl", configuration, &mut known).into_iter().any(is_delivery) {
        return Some(true);
    }
    let admits_logging = |resource: &Resource| {
        let policy = resource.body.get("policy").and_then(Policy::of);
        policy.is_some_and(|policy| {
            let mut principals = policy.allowed().flat_map(|statement| &statement.principals);
            principals.any(|principal| &*principal.name.text == "logging.s3.amazonaws.com")
        })
    };
    let mut policies = about_same_bucket(bucket, "aws_s3_bucket_policy", configuration, &mut known);
    policies.push(bucket);
    if policies.into_iter().any(admits_logging) { Some(true) } else { known }
}

fn is_log_delivery(group: &str) -> bool {
    group.ends_with("/s3/LogDelivery")
}

/// The resources of a kind that are about the same bucket as `resource`, which is the bucket or a setting of it. Where
/// there may be others, `known` becomes `None`.
pub(crate) fn about_same_bucket<'c>(
    resource: &Resource,
    kind: &str,
    configuration: &'c Configuration,
    known: &mut Option<bool>,
) -> Vec<&'c Resource> {
    if resource.is("aws_s3_bucket") {
        let links = configuration.linked(resource, kind, "bucket", NAMES);
        if links.maybe {
            *known = None;
        }
        return links.certain;
    }
    let Some(own) = resource.body.get("bucket") else { return Vec::new() };
    let mut found = Vec::new();
    for candidate in configuration.of_kind(kind) {
        match candidate.body.get("bucket").map(|other| is_same(own, other)) {
            Some(Some(true)) => found.push(candidate),
            Some(None) => *known = None,
            _ => {}
        }
    }
    found
}

/// Whether two attributes name the same bucket: they were taken from one resource, or are one text.
fn is_same(one: &Value, other: &Value) -> Option<bool> {
    if one.references().iter().any(|own| other.references().iter().any(|theirs| own.address == theirs.address)) {
        return Some(true);
    }
    let is_taken = |value: &Value| value.is_unknown() && !value.references().is_empty();
    if is_taken(one) && is_taken(other) { Some(false) } else { one.equals(other) }
}
