//! Lambda functions: how they run.

use crate::Date;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &TRACING_DISABLED,
    &RUNTIME_DEPRECATED,
    &DEAD_LETTER_MISSING,
    &CONCURRENCY_UNLIMITED,
    &OUTSIDE_VPC,
    &CODE_SIGNING_MISSING,
];

rule! {
    /// Lambda function is not traced
    ///
    /// Without traces nobody sees where a request that crosses several functions spent its time or failed. `PassThrough`, the
    /// default, traces only what the caller already traces.
    TRACING_DISABLED = "tf-aws-lambda-tracing-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_50", "trivy:AWS-0066", "tfsec:aws-lambda-enable-tracing"],
        check: attribute(&Row {
            on: &[("aws_lambda_function", "tracing_config.mode")],
            wants: Want::Is("Active"),
            wrong: "\"PassThrough\"",
            right: "\"Active\"",
            says: "is not traced",
            help: "set `mode` of `tracing_config` to `Active`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Lambda function runs on a deprecated runtime
    ///
    /// AWS mends no more security holes in it, and one day it cannot be updated. The day of the scan decides. Runtimes that the
    /// table does not know are not judged.
    ///
    /// ```hcl bad:3
    /// resource "aws_lambda_function" "resize" {
    ///   function_name = "resize"
    ///   runtime       = "python3.7"
    /// }
    /// ```
    /// ```hcl good
    /// variable "runtime" {}
    /// resource "aws_lambda_function" "resize" {
    ///   function_name = "resize"
    ///   runtime       = "python3.14"
    /// }
    /// resource "aws_lambda_function" "other" {
    ///   function_name = "other"
    ///   runtime       = var.runtime
    /// }
    /// ```
    RUNTIME_DEPRECATED = "tf-aws-lambda-runtime-deprecated" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_363"],
        check: resource(&["aws_lambda_function"], |resource, configuration, report| {
            for lookup in lookups(resource, "runtime") {
                let Lookup::Present(found) = lookup else { continue };
                let Some(runtime) = found.value.as_str() else {
                    report.undecided();
                    continue;
                };
                let Some((_, since)) = DEPRECATED.iter().find(|(name, _)| *name == runtime) else { continue };
                if report.context().date >= *since {
                    let message = format!("`{}` runs on `{runtime}`, which AWS maintains no more", resource.local);
                    report.at_value(found, resource, configuration, message).help("move to a runtime that is maintained");
                }
            }
        }),
    }
}

/// The days on which AWS deprecates runtimes, those announced included, from its table of them as of August 2026.
const DEPRECATED: &[(&str, Date)] = &[
    ("nodejs", day(2016, 8, 30)),
    ("dotnetcore2.0", day(2019, 5, 30)),
    ("dotnetcore1.0", day(2019, 6, 27)),
    ("nodejs6.10", day(2019, 8, 12)),
    ("nodejs4.3", day(2020, 3, 5)),
    ("nodejs8.10", day(2020, 3, 6)),
    ("nodejs4.3-edge", day(2020, 4, 30)),
    ("python2.7", day(2021, 7, 15)),
    ("nodejs10.x", day(2021, 7, 30)),
    ("ruby2.5", day(2021, 7, 30)),
    ("dotnetcore2.1", day(2022, 1, 5)),
    ("dotnet5.0", day(2022, 5, 10)),
    ("python3.6", day(2022, 7, 18)),
    ("nodejs12.x", day(2023, 3, 31)),
    ("dotnetcore3.1", day(2023, 4, 3)),
    ("nodejs14.x", day(2023, 12, 4)),
    ("python3.7", day(2023, 12, 4)),
    ("ruby2.7", day(2023, 12, 7)),
    ("java8", day(2024, 1, 8)),
    ("go1.x", day(2024, 1, 8)),
    ("provided", day(2024, 1, 8)),
    ("dotnet7", day(2024, 5, 14)),
    ("nodejs16.x", day(2024, 6, 12)),
    ("python3.8", day(2024, 10, 14)),
    ("dotnet6", day(2024, 12, 20)),
    ("nodejs18.x", day(2025, 9, 1)),
    ("python3.9", day(2025, 12, 15)),
    ("ruby3.2", day(2026, 3, 31)),
    ("nodejs20.x", day(2026, 4, 30)),
    ("provided.al2", day(2026, 7, 31)),
    ("python3.10", day(2026, 10, 31)),
    ("dotnet8", day(2026, 11, 10)),
    ("ruby3.3", day(2027, 3, 31)),
    ("nodejs22.x", day(2027, 4, 30)),
    ("python3.11", day(2027, 6, 30)),
    ("java8.al2", day(2027, 6, 30)),
    ("java11", day(2027, 6, 30)),
    ("java17", day(2027, 6, 30)),
    ("ruby3.4", day(2028, 3, 31)),
    ("nodejs24.x", day(2028, 4, 30)),
    ("python3.12", day(2028, 10, 31)),
    ("dotnet10", day(2028, 11, 14)),
];

const fn day(year: u16, month: u8, day: u8) -> Date {
    Date { year, month, day }
}

rule! {
    /// Lambda function has no dead-letter target
    ///
    /// What an asynchronous call asked for is lost when the function fails a third time. A destination for failures in an
    /// `aws_lambda_function_event_invoke_config` counts as well.
    ///
    /// ```hcl bad:1
    /// resource "aws_lambda_function" "resize" {
    ///   function_name = "resize"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_lambda_function" "resize" {
    ///   function_name = "resize"
    ///   dead_letter_config {
    ///     target_arn = "arn:aws:sqs:eu-west-1:123456789012:failed"
    ///   }
    /// }
    /// resource "aws_lambda_function" "mail" {
    ///   function_name = "mail"
    /// }
    /// resource "aws_lambda_function_event_invoke_config" "mail" {
    ///   function_name = aws_lambda_function.mail.function_name
    ///   destination_config {
    ///     on_failure {
    ///       destination = "arn:aws:sqs:eu-west-1:123456789012:failed"
    ///     }
    ///   }
    /// }
    /// ```
    DEAD_LETTER_MISSING = "tf-aws-lambda-dead-letter-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_116"],
        check: linked(&LinkRow {
            on: &["aws_lambda_function"],
            inline: &[Given { path: "dead_letter_config.target_arn", is: Want::Present, absent: Holds::No }],
            by: &[("aws_lambda_function_event_invoke_config", "function_name")],
            names: &["function_name"],
            wants: &[Given { path: "destination_config.on_failure.destination", is: Want::Present, absent: Holds::No }],
            says: "has no dead-letter target",
            help: "add `dead_letter_config` with the ARN of a queue or topic",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// Lambda function may use all account concurrency
    ///
    /// One function that is called too often leaves nothing for the others. For accounts that reserve concurrency for each
    /// function; 0 turns the function off and passes.
    CONCURRENCY_UNLIMITED = "tf-aws-lambda-concurrency-unlimited" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_115"],
        check: attribute(&Row {
            on: &[("aws_lambda_function", "reserved_concurrent_executions")],
            wants: Want::AtLeast(0),
            wrong: "-1",
            right: "10",
            says: "has no limit of its own on concurrency",
            help: "set `reserved_concurrent_executions`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Lambda function runs outside a VPC
    ///
    /// Its connections then go past the network rules and flow logs of the VPC. Most functions need nothing in a VPC and start
    /// faster without, so it runs only where it is asked for.
    ///
    /// ```hcl bad:1
    /// resource "aws_lambda_function" "resize" {
    ///   function_name = "resize"
    /// }
    /// ```
    /// ```hcl good
    /// variable "network" { type = list(any) }
    /// resource "aws_lambda_function" "resize" {
    ///   function_name = "resize"
    ///   vpc_config {
    ///     subnet_ids         = ["subnet-1"]
    ///     security_group_ids = ["sg-1"]
    ///   }
    /// }
    /// resource "aws_lambda_function" "mail" {
    ///   function_name = "mail"
    ///   dynamic "vpc_config" {
    ///     for_each = var.network
    ///     content {
    ///       subnet_ids         = vpc_config.value.subnets
    ///       security_group_ids = vpc_config.value.groups
    ///     }
    ///   }
    /// }
    /// ```
    OUTSIDE_VPC = "tf-aws-lambda-outside-vpc" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_117"],
        check: attribute(&Row {
            on: &[("aws_lambda_function", "vpc_config.subnet_ids")],
            wants: Want::Present,
            says: "runs outside a VPC",
            help: "add `vpc_config` with subnets and security groups",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Lambda function accepts unsigned code
    ///
    /// Whoever may upload code runs it; with signatures, only code that came through the build does. Functions from container
    /// images cannot be signed so and are not judged.
    CODE_SIGNING_MISSING = "tf-aws-lambda-code-signing-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_272"],
        check: attribute(&Row {
            on: &[("aws_lambda_function", "code_signing_config_arn")],
            given: &[Given { path: "package_type", is: Want::IsNot("Image"), absent: Holds::Yes }],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-1\"",
            says: "accepts unsigned code",
            help: "set `code_signing_config_arn`",
            ..Row::DEFAULT
        }),
    }
}
