//! The password policy of an account.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &LENGTH_SHORT,
    &LOWERCASE_OPTIONAL,
    &NUMBER_OPTIONAL,
    &SYMBOL_OPTIONAL,
    &UPPERCASE_OPTIONAL,
    &EXPIRY_MISSING,
    &REUSE_ALLOWED,
];

rule! {
    /// IAM password policy accepts fewer than 14 characters
    ///
    /// Length is what makes a password hard to guess; what is not set is 6.
    LENGTH_SHORT = "tf-aws-iam-password-length-short" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_10", "trivy:AWS-0063", "tfsec:aws-iam-set-minimum-password-length"],
        check: attribute(&Row {
            on: &[("aws_iam_account_password_policy", "minimum_password_length")],
            wants: Want::AtLeast(14),
            wrong: "8",
            right: "14",
            says: "accepts short passwords",
            help: "set `minimum_password_length` to 14 or more",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// IAM password policy demands no lowercase letter
    ///
    /// For those who have to show that a policy on characters is in place. NIST SP 800-63B advises against such rules, so it
    /// runs only where it is asked for.
    LOWERCASE_OPTIONAL = "tf-aws-iam-password-lowercase-optional" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_11", "trivy:AWS-0058", "tfsec:aws-iam-require-lowercase-in-passwords"],
        check: attribute(&Row {
            on: &[("aws_iam_account_password_policy", "require_lowercase_characters")],
            wrong: "false",
            right: "true",
            says: "demands no lowercase letter",
            help: "set `require_lowercase_characters` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// IAM password policy demands no digit
    ///
    /// For those who have to show that a policy on characters is in place; length does more for the strength of a password.
    NUMBER_OPTIONAL = "tf-aws-iam-password-number-optional" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_12", "trivy:AWS-0059", "tfsec:aws-iam-require-numbers-in-passwords"],
        check: attribute(&Row {
            on: &[("aws_iam_account_password_policy", "require_numbers")],
            wrong: "false",
            right: "true",
            says: "demands no digit",
            help: "set `require_numbers` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// IAM password policy demands no symbol
    ///
    /// For those who have to show that a policy on characters is in place. People meet it with a `!` at the end.
    SYMBOL_OPTIONAL = "tf-aws-iam-password-symbol-optional" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_14", "trivy:AWS-0060", "tfsec:aws-iam-require-symbols-in-passwords"],
        check: attribute(&Row {
            on: &[("aws_iam_account_password_policy", "require_symbols")],
            wrong: "false",
            right: "true",
            says: "demands no symbol",
            help: "set `require_symbols` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// IAM password policy demands no uppercase letter
    ///
    /// For those who have to show that a policy on characters is in place. People meet it with a capital at the beginning.
    UPPERCASE_OPTIONAL = "tf-aws-iam-password-uppercase-optional" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_15", "trivy:AWS-0061", "tfsec:aws-iam-require-uppercase-in-passwords"],
        check: attribute(&Row {
            on: &[("aws_iam_account_password_policy", "require_uppercase_characters")],
            wrong: "false",
            right: "true",
            says: "demands no uppercase letter",
            help: "set `require_uppercase_characters` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// IAM passwords outlive 90 days
    ///
    /// For those whose rules ask for it: passwords that have to be changed often are made weaker, and NIST SP 800-63B advises
    /// against it. 0, the default, means never.
    EXPIRY_MISSING = "tf-aws-iam-password-expiry-missing" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AWS_9", "trivy:AWS-0062", "tfsec:aws-iam-set-max-password-age"],
        check: attribute(&Row {
            on: &[("aws_iam_account_password_policy", "max_password_age")],
            wants: Want::Passes(|value| value.as_i64().map(|days| (1..=90).contains(&days))),
            wrong: "0",
            right: "90",
            says: "lets passwords live longer than 90 days",
            help: "set `max_password_age` to 90 or less",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// IAM password policy lets recent passwords return
    ///
    /// A password that leaked and was changed can be set again. AWS remembers 24 at most, and none by default.
    REUSE_ALLOWED = "tf-aws-iam-password-reuse-allowed" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_13", "trivy:AWS-0056", "tfsec:aws-iam-no-password-reuse"],
        check: attribute(&Row {
            on: &[("aws_iam_account_password_policy", "password_reuse_prevention")],
            wants: Want::AtLeast(24),
            wrong: "5",
            right: "24",
            says: "lets recent passwords return",
            help: "set `password_reuse_prevention` to 24",
            ..Row::DEFAULT
        }),
    }
}
