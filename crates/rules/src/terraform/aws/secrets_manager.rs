//! Secrets Manager.

use super::keys::is_customer_key;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&CUSTOMER_KEY_MISSING, &ROTATION_MISSING, &ROTATION_SLOW];

rule! {
    /// Secrets Manager secret uses no customer-managed key
    ///
    /// With AWS' own key everyone in the account who may read the secret may decrypt it, and it cannot be shared with another
    /// account. The alias `aws/secretsmanager` is that key.
    CUSTOMER_KEY_MISSING = "tf-aws-secretsmanager-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_149", "trivy:AWS-0098", "tfsec:aws-ssm-secret-use-customer-key"],
        check: attribute(&Row {
            on: &[("aws_secretsmanager_secret", "kms_key_id")],
            wants: Want::Passes(is_customer_key),
            wrong: "\"alias/aws/secretsmanager\"",
            right: "\"alias/secrets\"",
            says: "is encrypted with no key of yours",
            help: "set `kms_key_id` to a key of yours",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Secrets Manager secret is never rotated
    ///
    /// A secret that leaked is good for as long as nobody changes it. A rotation in the same configuration counts. Silent where
    /// the secret is handed to a module that is not at hand.
    ///
    /// ```hcl bad:1
    /// resource "aws_secretsmanager_secret" "database" {
    ///   name = "database"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_secretsmanager_secret" "database" {
    ///   name = "database"
    /// }
    /// resource "aws_secretsmanager_secret_rotation" "database" {
    ///   secret_id = aws_secretsmanager_secret.database.id
    /// }
    /// ```
    ROTATION_MISSING = "tf-aws-secretsmanager-rotation-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_57"],
        check: linked(&LinkRow {
            on: &["aws_secretsmanager_secret"],
            // Providers before version 5 took the rotation here.
            inline: &[Given { path: "rotation_lambda_arn", is: Want::Present, absent: Holds::No }],
            by: &[("aws_secretsmanager_secret_rotation", "secret_id")],
            names: &["name"],
            says: "is never rotated",
            help: "add an `aws_secretsmanager_secret_rotation` for it",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// Secrets Manager secret rotates less often than every 90 days
    ///
    /// The longer a secret lives, the more places it is in. Days and rates are read; a `cron` expression is not judged.
    ///
    /// ```hcl bad:3
    /// resource "aws_secretsmanager_secret_rotation" "database" {
    ///   rotation_rules {
    ///     automatically_after_days = 180
    ///   }
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_secretsmanager_secret_rotation" "database" {
    ///   rotation_rules {
    ///     schedule_expression = "rate(120 days)"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_secretsmanager_secret_rotation" "database" {
    ///   rotation_rules {
    ///     automatically_after_days = 30
    ///   }
    /// }
    /// resource "aws_secretsmanager_secret_rotation" "queue" {
    ///   rotation_rules {
    ///     schedule_expression = "rate(10 days)"
    ///   }
    /// }
    /// ```
    ROTATION_SLOW = "tf-aws-secretsmanager-rotation-slow" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_304"],
        check: resource(&["aws_secretsmanager_secret_rotation"], |resource, configuration, report| {
            for row in [&AFTER_DAYS, &SCHEDULE] {
                row.check(&resource.kind, resource, configuration, report);
            }
        }),
    }
}

static AFTER_DAYS: Row = Row {
    on: &[("aws_secretsmanager_secret_rotation", "rotation_rules.automatically_after_days")],
    wants: Want::AtMost(90),
    absent: Absent::Passes,
    says: "rotates less often than every 90 days",
    help: "set it to 90 or less",
    ..Row::DEFAULT
};

static SCHEDULE: Row = Row {
    on: &[("aws_secretsmanager_secret_rotation", "rotation_rules.schedule_expression")],
    wants: Want::Passes(|schedule| Some(days_of_rate(schedule.as_str()?)? <= 90)),
    absent: Absent::Passes,
    says: "rotates less often than every 90 days",
    help: "rotate every 90 days or more often",
    ..Row::DEFAULT
};

/// The days of `rate(10 days)`; hours are less than a day.
fn days_of_rate(schedule: &str) -> Option<u32> {
    let rate = schedule.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = rate.trim().split_once(' ')?;
    let number: u32 = number.parse().ok()?;
    match unit.trim() {
        "day" | "days" => Some(number),
        "hour" | "hours" => Some(number.div_euclid(24)),
        _ => None,
    }
}
