//! Environment variables of Lambda functions.
//!
//! A secret is told by its form, or by the variable's name and a value that looks like one.

use portcullis_secrets::credential::{is_sample, is_secret, known};

use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SECRET, &CUSTOMER_KEY_MISSING];

rule! {
    /// Lambda environment contains a secret
    ///
    /// It is in the repository, in the state, and shown to everyone who may read the function's configuration. Values that come
    /// from elsewhere, placeholders, names and ARNs are none.
    ///
    /// ```hcl bad:5
    /// resource "aws_lambda_function" "mail" {
    ///   function_name = "mail"
    ///   environment {
    ///     variables = {
    ///       SMTP_PASSWORD = "kee9-Phoh-ua4i"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "password" {}
    /// resource "aws_lambda_function" "mail" {
    ///   function_name = "mail"
    ///   environment {
    ///     variables = {
    ///       SMTP_PASSWORD   = var.password
    ///       SMTP_SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:smtp-AbCdEf"
    ///       LOG_LEVEL       = "info"
    ///     }
    ///   }
    /// }
    /// ```
    SECRET = "tf-aws-lambda-environment-secret" {
        severity: Severity::High,
        tags: &["secret"],
        peers: &["checkov:CKV_AWS_45"],
        check: resource(&["aws_lambda_function"], |resource, configuration, report| {
            for lookup in lookups(resource, "environment.variables") {
                let Lookup::Present(found) = lookup else { continue };
                let Some(variables) = found.value.as_map() else {
                    report.undecided();
                    continue;
                };
                for (name, entry) in &variables.entries {
                    let Some(value) = entry.value.as_str() else { continue };
                    let what = known(value).map(|known| known.what).or_else(|| is_sample(value).then_some("a key of AWS"));
                    if what.is_none() && !is_secret(name, value) {
                        continue;
                    }
                    let what = what.unwrap_or("a secret");
                    let message = format!("`{}` has {what} in its variable `{name}`", resource.local);
                    let value = Found { value: &entry.value, ..found };
                    report
                        .at_value(value, resource, configuration, message)
                        .help("keep it in Secrets Manager, and replace it, because it is known now")
                        .mask(entry.value.span);
                }
            }
        }),
    }
}

rule! {
    /// Lambda environment variables use no customer-managed key
    ///
    /// With AWS' own key you cannot say who may decrypt them, nor take it away. Only for functions with variables.
    CUSTOMER_KEY_MISSING = "tf-aws-lambda-environment-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_173"],
        check: attribute(&Row {
            on: &[("aws_lambda_function", "kms_key_arn")],
            given: &[Given { path: "environment[*]", is: Want::Passes(has_variables), absent: Holds::No }],
            around: &["environment { variables = { MODE = \"prod\" } }"],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            says: "encrypts its variables with no key of yours",
            help: "set `kms_key_arn`",
            ..Row::DEFAULT
        }),
    }
}

/// A block of variables that says anything.
fn has_variables(block: &Value) -> Option<bool> {
    match block.as_map()?.get("variables") {
        Some(variables) => Want::Present.holds(variables),
        None => Want::Present.holds(block),
    }
}
