//! CloudFront distributions.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &HTTP_ALLOWED,
    &TLS_VERSION_OLD,
    &WAF_MISSING,
    &ACCESS_LOGGING_DISABLED,
    &ROOT_OBJECT_MISSING,
    &S3_ORIGIN_ACCESS_MISSING,
    &ORIGIN_HTTP_ALLOWED,
];

const DISTRIBUTION: &str = "aws_cloudfront_distribution";

rule! {
    /// CloudFront serves viewers over plain HTTP
    ///
    /// `allow-all` answers without TLS, and what is sent can be read and changed on the way. Every behaviour is judged.
    ///
    /// ```hcl bad:3
    /// resource "aws_cloudfront_distribution" "web" {
    ///   default_cache_behavior {
    ///     viewer_protocol_policy = "allow-all"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:6
    /// resource "aws_cloudfront_distribution" "web" {
    ///   default_cache_behavior {
    ///     viewer_protocol_policy = "https-only"
    ///   }
    ///   ordered_cache_behavior {
    ///     viewer_protocol_policy = "allow-all"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_cloudfront_distribution" "web" {
    ///   default_cache_behavior {
    ///     viewer_protocol_policy = "redirect-to-https"
    ///   }
    /// }
    /// ```
    HTTP_ALLOWED = "tf-aws-cloudfront-http-allowed" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_34", "trivy:AWS-0012", "tfsec:aws-cloudfront-enforce-https"],
        check: resource(&[DISTRIBUTION], |resource, configuration, report| {
            for row in [&DEFAULT_BEHAVIOUR, &ORDERED_BEHAVIOUR] {
                row.check(DISTRIBUTION, resource, configuration, report);
            }
        }),
    }
}

static DEFAULT_BEHAVIOUR: Row = Row {
    on: &[(DISTRIBUTION, "default_cache_behavior.viewer_protocol_policy")],
    wants: Want::IsNot("allow-all"),
    absent: Absent::Passes,
    says: "serves viewers over plain HTTP",
    help: "use `redirect-to-https` or `https-only`",
    ..Row::DEFAULT
};

static ORDERED_BEHAVIOUR: Row =
    Row { on: &[(DISTRIBUTION, "ordered_cache_behavior.viewer_protocol_policy")], ..DEFAULT_BEHAVIOUR };

rule! {
    /// CloudFront accepts viewers with TLS below 1.2
    ///
    /// TLS 1.0 and 1.1 are broken and no browser of this decade needs them. With CloudFront's own certificate the oldest
    /// version is accepted whatever is written.
    ///
    /// ```hcl bad:3
    /// resource "aws_cloudfront_distribution" "web" {
    ///   viewer_certificate {
    ///     cloudfront_default_certificate = true
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_cloudfront_distribution" "web" {
    ///   viewer_certificate {
    ///     acm_certificate_arn      = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    ///     minimum_protocol_version = "TLSv1"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_cloudfront_distribution" "web" {
    ///   viewer_certificate {
    ///     acm_certificate_arn      = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    ///     minimum_protocol_version = "TLSv1.2_2021"
    ///   }
    /// }
    /// ```
    TLS_VERSION_OLD = "tf-aws-cloudfront-tls-version-old" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_174", "trivy:AWS-0013", "tfsec:aws-cloudfront-use-secure-tls-policy"],
        check: resource(&[DISTRIBUTION], |resource, configuration, report| {
            for row in [&OWN_CERTIFICATE, &PROTOCOL_VERSION] {
                row.check(DISTRIBUTION, resource, configuration, report);
            }
        }),
    }
}

static OWN_CERTIFICATE: Row = Row {
    on: &[(DISTRIBUTION, "viewer_certificate.cloudfront_default_certificate")],
    wants: Want::False,
    absent: Absent::Passes,
    says: "accepts viewers with TLS 1.0",
    help: "use a certificate of your own and `minimum_protocol_version = \"TLSv1.2_2021\"`",
    ..Row::DEFAULT
};

static PROTOCOL_VERSION: Row = Row {
    on: &[(DISTRIBUTION, "viewer_certificate.minimum_protocol_version")],
    given: &[Given { path: "viewer_certificate.cloudfront_default_certificate", is: Want::False, absent: Holds::Yes }],
    wants: Want::NotIn(&["SSLv3", "TLSv1", "TLSv1.0", "TLSv1_2016", "TLSv1.1_2016", "TLSv1.1"]),
    absent: Absent::Fails,
    ..OWN_CERTIFICATE
};

rule! {
    /// CloudFront distribution has no web ACL
    ///
    /// Nothing stands between the internet and the origin but the cache.
    WAF_MISSING = "tf-aws-cloudfront-waf-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_68", "trivy:AWS-0011", "tfsec:aws-cloudfront-enable-waf"],
        check: attribute(&Row {
            on: &[(DISTRIBUTION, "web_acl_id")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:wafv2:us-east-1:123456789012:global/webacl/web/1\"",
            says: "has no web ACL",
            help: "set `web_acl_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// CloudFront distribution does not log requests
    ///
    /// What was served from the cache is seen nowhere else. Logs that are delivered by CloudWatch count as well: a source
    /// (`aws_cloudwatch_log_delivery_source`) with a delivery that takes from it.
    ///
    /// ```hcl bad:1
    /// resource "aws_cloudfront_distribution" "web" {
    ///   enabled = true
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_cloudfront_distribution" "web" {
    ///   logging_config {
    ///     bucket = "logs.s3.amazonaws.com"
    ///   }
    /// }
    /// resource "aws_cloudfront_distribution" "other" {
    ///   enabled = true
    /// }
    /// resource "aws_cloudwatch_log_delivery_source" "other" {
    ///   name         = "other"
    ///   log_type     = "ACCESS_LOGS"
    ///   resource_arn = aws_cloudfront_distribution.other.arn
    /// }
    /// resource "aws_cloudwatch_log_delivery" "other" {
    ///   delivery_source_name     = aws_cloudwatch_log_delivery_source.other.name
    ///   delivery_destination_arn = "arn:aws:logs:us-east-1:123456789012:delivery-destination:web"
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "aws_cloudfront_distribution" "web" {
    ///   enabled = true
    /// }
    /// resource "aws_cloudwatch_log_delivery_source" "web" {
    ///   log_type     = "ACCESS_LOGS"
    ///   resource_arn = aws_cloudfront_distribution.web.arn
    /// }
    /// ```
    ACCESS_LOGGING_DISABLED = "tf-aws-cloudfront-access-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_86", "trivy:AWS-0010", "tfsec:aws-cloudfront-enable-logging"],
        check: resource(&[DISTRIBUTION], |resource, configuration, report| {
            // A source from which nothing is delivered logs nothing, wherever the deliveries of others stand.
            let row = if configuration.of_kind("aws_cloudwatch_log_delivery").next().is_some() { &LOGS } else { &OLD_LOGS };
            row.check(resource, configuration, report);
        }),
    }
}

static LOGS: LinkRow = LinkRow { by: &[("aws_cloudwatch_log_delivery_source", "resource_arn")], ..OLD_LOGS };

static OLD_LOGS: LinkRow = LinkRow {
    on: &[DISTRIBUTION],
    inline: &[Given { path: "logging_config.bucket", is: Want::Present, absent: Holds::No }],
    says: "does not log requests",
    help: "add `logging_config` with a bucket",
    ..LinkRow::DEFAULT
};

rule! {
    /// CloudFront distribution names no default root object
    ///
    /// A request for `/` goes to the origin as it is, and a bucket may answer with the list of all that is in it.
    ROOT_OBJECT_MISSING = "tf-aws-cloudfront-root-object-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_305"],
        check: attribute(&Row {
            on: &[(DISTRIBUTION, "default_root_object")],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"index.html\"",
            says: "names no default root object",
            help: "set `default_root_object`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// CloudFront reads an S3 origin without origin access control
    ///
    /// The bucket has to be public for it, and then everyone can go around the cache and its rules. An origin access control or
    /// the older identity counts. Website endpoints of buckets are plain web servers and not judged.
    ///
    /// ```hcl bad:2
    /// resource "aws_cloudfront_distribution" "web" {
    ///   origin {
    ///     domain_name = "assets.s3.eu-west-1.amazonaws.com"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_s3_bucket" "assets" {}
    /// resource "aws_cloudfront_distribution" "web" {
    ///   origin {
    ///     domain_name              = aws_s3_bucket.assets.bucket_regional_domain_name
    ///     origin_access_control_id = aws_cloudfront_origin_access_control.assets.id
    ///   }
    ///   origin {
    ///     domain_name = "site.s3-website-eu-west-1.amazonaws.com"
    ///     custom_origin_config {
    ///       origin_protocol_policy = "http-only"
    ///     }
    ///   }
    /// }
    /// resource "aws_cloudfront_origin_access_control" "assets" {}
    /// ```
    S3_ORIGIN_ACCESS_MISSING = "tf-aws-cloudfront-s3-origin-access-missing" {
        severity: Severity::High,
        peers: &["checkov:CKV2_AWS_46"],
        check: resource(&[DISTRIBUTION], |resource, configuration, report| {
            for origin in origins(resource) {
                let Lookup::Present(origin) = origin else {
                    report.undecided();
                    continue;
                };
                let Some(map) = origin.value.as_map() else { continue };
                let controlled = ["origin_access_control_id", "s3_origin_config"];
                let is_plain = map.get("custom_origin_config").is_none()
                    && controlled.iter().all(|name| map.get(name).is_none_or(is_empty))
                    && !map.open;
                if is_plain && map.get("domain_name").is_some_and(is_bucket) {
                    let message = format!("`{}` reads a bucket without origin access control", resource.local);
                    report
                        .at_value(origin, resource, configuration, message)
                        .help("set `origin_access_control_id`, and let only the distribution read the bucket");
                }
            }
        }),
    }
}

/// The blocks of origins.
fn origins(resource: &Resource) -> Vec<Lookup<'_>> {
    resource.get("origin[*]").into_iter().filter(|origin| !matches!(origin, Lookup::Absent(_))).collect()
}

/// Whether a value is null, an empty text, or a block whose identity is empty.
fn is_empty(value: &Value) -> bool {
    match &value.kind {
        Kind::Null => true,
        Kind::String(text) => text.is_empty(),
        Kind::List(list) => list.items.iter().all(is_empty) && !list.open,
        Kind::Map(map) => map.get("origin_access_identity").is_none_or(is_empty),
        _ => false,
    }
}

/// Whether a domain is a bucket's own endpoint.
fn is_bucket(domain: &Value) -> bool {
    if let Some(text) = domain.as_str() {
        return text.contains(".s3.") || text.contains(".s3-") && !text.contains(".s3-website");
    }
    domain.references().iter().any(|reference| {
        reference.address.contains("aws_s3_bucket.")
            && matches!(&*reference.attribute, "bucket_regional_domain_name" | "bucket_domain_name")
    })
}

rule! {
    /// CloudFront may reach its origin over plain HTTP
    ///
    /// Between the cache and the origin everything can be read and changed on the way. Website endpoints of S3 speak nothing
    /// else and are not judged, nor are distributions that are not enabled.
    ///
    /// ```hcl bad:5
    /// resource "aws_cloudfront_distribution" "web" {
    ///   origin {
    ///     domain_name = "origin.example.com"
    ///     custom_origin_config {
    ///       origin_protocol_policy = "match-viewer"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_cloudfront_distribution" "web" {
    ///   origin {
    ///     domain_name = "origin.example.com"
    ///     custom_origin_config {
    ///       origin_protocol_policy = "https-only"
    ///     }
    ///   }
    ///   origin {
    ///     domain_name = "site.s3-website-eu-west-1.amazonaws.com"
    ///     custom_origin_config {
    ///       origin_protocol_policy = "http-only"
    ///     }
    ///   }
    /// }
    /// ```
    ORIGIN_HTTP_ALLOWED = "tf-aws-cloudfront-origin-http-allowed" {
        severity: Severity::High,
        peers: &["checkov:CKV2_AWS_72"],
        check: resource(&[DISTRIBUTION], |resource, configuration, report| {
            // What is not enabled serves nobody.
            if resource.body.get("enabled").and_then(Value::as_bool) == Some(false) {
                return;
            }
            for origin in origins(resource) {
                let Lookup::Present(origin) = origin else {
                    report.undecided();
                    continue;
                };
                let domain = origin.value.as_map().and_then(|map| map.get("domain_name"));
                let is_website = domain.is_some_and(|domain| match domain.as_str() {
                    Some(text) => text.contains(".s3-website"),
                    None => domain.references().iter().any(|it| &*it.attribute == "website_endpoint"),
                });
                if is_website {
                    continue;
                }
                for policy in lookups_in(&origin, "custom_origin_config.origin_protocol_policy") {
                    let Lookup::Present(found) = policy else { continue };
                    match found.value.as_str() {
                        Some("https-only") => {}
                        Some(policy) => {
                            let message =
                                format!("`{}` may reach its origin over plain HTTP: `{policy}`", resource.local);
                            report.at_value(found, resource, configuration, message).help("use `https-only`");
                        }
                        None => report.undecided(),
                    }
                }
            }
        }),
    }
}
