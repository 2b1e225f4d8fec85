//! Who may call Lambda functions.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&PERMISSION_SOURCE_UNRESTRICTED, &PERMISSION_ANY_PRINCIPAL, &URL_UNAUTHENTICATED, &URL_CORS_OPEN];

rule! {
    /// Lambda permission trusts a service from any account
    ///
    /// The service calls the function for whoever asks it to: a bucket or topic of a stranger's account is enough. The source's
    /// ARN or account, or an organization, says whose it has to be.
    PERMISSION_SOURCE_UNRESTRICTED = "tf-aws-lambda-permission-source-unrestricted" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_364", "trivy:AWS-0067", "tfsec:aws-lambda-restrict-source-arn"],
        check: attribute(&Row {
            on: &[("aws_lambda_permission", "source_arn")],
            given: &[
                Given { path: "principal", is: Want::Passes(is_service), absent: Holds::No },
                Given { path: "source_account", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "principal_org_id", is: Want::Nothing, absent: Holds::Yes },
            ],
            around: &["principal = \"s3.amazonaws.com\""],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:s3:::uploads\"",
            says: "trusts a service whatever account it acts for",
            help: "set `source_arn`, or `source_account`",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a principal is a service of AWS; `None` where that is not known.
fn is_service(principal: &Value) -> Option<bool> {
    principal.as_str().map(|name| name.ends_with(".amazonaws.com"))
}

rule! {
    /// Lambda permission lets anyone invoke the function
    ///
    /// Every AWS account may call it, at your cost and with what it reveals. Silent where an organization, an account or an ARN
    /// limits it.
    PERMISSION_ANY_PRINCIPAL = "tf-aws-lambda-permission-any-principal" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_301"],
        check: attribute(&Row {
            on: &[("aws_lambda_permission", "principal")],
            given: &[
                Given { path: "principal_org_id", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "source_account", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "source_arn", is: Want::Nothing, absent: Holds::Yes },
            ],
            wants: Want::IsNot("*"),
            absent: Absent::Unknown,
            wrong: "\"*\"",
            right: "\"123456789012\"",
            says: "lets every account invoke the function",
            help: "name the account or service in `principal`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Lambda function URL needs no authentication
    ///
    /// Whoever finds the address calls the function. A function that checks signatures itself, such as a webhook, is meant to be
    /// reachable so, and suppresses this.
    URL_UNAUTHENTICATED = "tf-aws-lambda-url-unauthenticated" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_258"],
        check: attribute(&Row {
            on: &[("aws_lambda_function_url", "authorization_type")],
            wants: Want::IsNot("NONE"),
            absent: Absent::Unknown,
            wrong: "\"NONE\"",
            right: "\"AWS_IAM\"",
            says: "needs no authentication",
            help: "set `authorization_type` to `AWS_IAM`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Lambda function URL allows every origin
    ///
    /// Scripts of every website may call the function from the browsers of those who visit it, and read the answer.
    URL_CORS_OPEN = "tf-aws-lambda-url-cors-open" {
        severity: Severity::Medium,
        peers: &["checkov:CKV2_AWS_75"],
        check: attribute(&Row {
            on: &[("aws_lambda_function_url", "cors.allow_origins")],
            wants: Want::ContainsNone(&["*"]),
            absent: Absent::Passes,
            wrong: "[\"*\"]",
            right: "[\"https://www.example.org\"]",
            about: "function_name",
            says: "allows every origin",
            help: "name the origins in `allow_origins`",
            ..Row::DEFAULT
        }),
    }
}
