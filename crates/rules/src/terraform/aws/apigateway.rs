//! Stages, methods' settings and domain names of API Gateway; who may call them is in `apigateway_access`.

use super::apigateway_access::IS_PUBLIC;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&ACCESS_LOGGING_DISABLED, &TLS_POLICY_WEAK, &TRACING_DISABLED, &CACHE_UNENCRYPTED, &DATA_TRACE_ENABLED];

rule! {
    /// API Gateway stage does not log requests
    ///
    /// Who called what, and when, is not there to look at after something happened. The access log is judged, not the
    /// log of errors that method settings turn on.
    ACCESS_LOGGING_DISABLED = "tf-aws-apigateway-access-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_76", "trivy:AWS-0001", "tfsec:aws-apigateway-enable-access-logging"],
        check: attribute(&Row {
            on: &[
                ("aws_api_gateway_stage", "access_log_settings.destination_arn"),
                ("aws_apigatewayv2_stage", "access_log_settings.destination_arn"),
            ],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:logs:eu-west-1:123456789012:log-group:api\"",
            says: "does not log requests",
            help: "add `access_log_settings` with the ARN of a log group or stream",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// API Gateway domain accepts TLS below 1.2
    ///
    /// TLS 1.0 and 1.1 are broken and no client of this decade needs them. Where no policy is named, `TLS_1_0` counts,
    /// unless the domain is a private one. Policies of names that do not tell their lowest version are not judged.
    ///
    /// ```hcl good
    /// resource "aws_api_gateway_domain_name" "inside" {
    ///   domain_name = "api.internal"
    ///   endpoint_configuration {
    ///     types = ["PRIVATE"]
    ///   }
    /// }
    /// ```
    TLS_POLICY_WEAK = "tf-aws-apigateway-tls-policy-weak" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_206", "trivy:AWS-0005", "tfsec:aws-apigateway-use-secure-tls-policy"],
        check: attribute(&Row {
            on: &[("aws_api_gateway_domain_name", "security_policy")],
            given: &[IS_PUBLIC],
            wants: Want::Passes(is_modern_policy),
            wrong: "\"TLS_1_0\"",
            right: "\"TLS_1_2\"",
            says: "accepts TLS below 1.2",
            help: "set `security_policy` to `TLS_1_2` or a stricter one",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a policy starts at TLS 1.2. All policies whose names begin with a later version than 1.0 do.
fn is_modern_policy(policy: &Value) -> Option<bool> {
    let name = policy.as_str()?;
    match name.strip_prefix("SecurityPolicy_") {
        Some(rest) => (rest.starts_with("TLS12_") || rest.starts_with("TLS13_")).then_some(true),
        None => Some(name == "TLS_1_2"),
    }
}

rule! {
    /// API Gateway stage is not traced
    ///
    /// Where the time of a slow request went, and which service behind failed, has to be guessed. Stages of HTTP and
    /// WebSocket APIs cannot be traced and are not judged.
    TRACING_DISABLED = "tf-aws-apigateway-tracing-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_73", "trivy:AWS-0003", "tfsec:aws-apigateway-enable-tracing"],
        check: attribute(&Row {
            on: &[("aws_api_gateway_stage", "xray_tracing_enabled")],
            wrong: "false",
            right: "true",
            says: "is not traced",
            help: "set `xray_tracing_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// API Gateway stage caches responses unencrypted
    ///
    /// Responses hold what clients may see only after they have shown who they are. Silent where nothing is cached.
    ///
    /// ```hcl bad:2
    /// resource "aws_api_gateway_method_settings" "all" {
    ///   settings {
    ///     caching_enabled = true
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_api_gateway_method_settings" "all" {
    ///   settings {
    ///     caching_enabled      = true
    ///     cache_data_encrypted = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "encrypted" {}
    /// resource "aws_api_gateway_method_settings" "all" {
    ///   settings {
    ///     caching_enabled      = true
    ///     cache_data_encrypted = true
    ///   }
    /// }
    /// resource "aws_api_gateway_method_settings" "no_cache" {
    ///   settings {
    ///     metrics_enabled = true
    ///   }
    /// }
    /// resource "aws_api_gateway_method_settings" "undecided" {
    ///   settings {
    ///     caching_enabled      = true
    ///     cache_data_encrypted = var.encrypted
    ///   }
    /// }
    /// ```
    CACHE_UNENCRYPTED = "tf-aws-apigateway-cache-unencrypted" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_308", "trivy:AWS-0002", "tfsec:aws-apigateway-enable-cache-encryption"],
        check: attribute(&Row {
            on: &[("aws_api_gateway_method_settings", "settings.cache_data_encrypted")],
            given: &[Given { path: "settings.caching_enabled", is: Want::True, absent: Holds::No }],
            says: "caches responses unencrypted",
            help: "set `cache_data_encrypted` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// API Gateway logs full request and response bodies
    ///
    /// Passwords, tokens and what clients send about themselves end up in CloudWatch, where more people read than may
    /// see them. Meant for finding a fault, not for use.
    DATA_TRACE_ENABLED = "tf-aws-apigateway-data-trace-enabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_276"],
        check: attribute(&Row {
            on: &[("aws_api_gateway_method_settings", "settings.data_trace_enabled")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "logs whole requests and responses",
            help: "set `data_trace_enabled` to false; `logging_level` and the access log say enough",
            ..Row::DEFAULT
        }),
    }
}
