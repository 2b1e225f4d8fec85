//! Secrets in variables and outputs.
//!
//! What is a secret is told by its name here; the values are for the rules about credentials.

use portcullis_secrets::credential::names_secret;
use portcullis_syntax::hcl::{Block, Expr, ExprKind};

use super::{name, within};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&OUTPUT_SECRET_EXPOSED, &VARIABLE_SECRET_EXPOSED];

rule! {
    /// Output reveals a secret without the sensitive mark
    ///
    /// Terraform prints outputs: into the terminal, the log of the pipeline and the comment on the pull request. Its name or
    /// the attribute or variable that it gives says that it is a secret. Names and ARNs of secrets are none.
    ///
    /// ```hcl bad:2
    /// output "database" {
    ///   value = aws_db_instance.main.password
    /// }
    /// ```
    /// ```hcl good
    /// output "database" {
    ///   value     = aws_db_instance.main.password
    ///   sensitive = true
    /// }
    /// output "secret_arn" {
    ///   value = aws_secretsmanager_secret.main.arn
    /// }
    /// ```
    OUTPUT_SECRET_EXPOSED = "tf-output-secret-exposed" {
        severity: Severity::Medium,
        check: source(|source, report| {
            for block in source.blocks("output").filter(|block| !is_sensitive(block)) {
                let Some(value) = block.body.attribute("value").map(|attribute| &attribute.value) else { continue };
                let given = last_name(value);
                if given.is_some_and(is_secret) || (is_secret(name(block)) && given.is_none_or(may_be_secret)) {
                    let message = format!("output `{}` gives a secret and is not marked sensitive", name(block));
                    report.at(within(block, value.span, "value"), message).help("set `sensitive = true`");
                }
            }
        }),
    }
}

rule! {
    /// Secret variable has a default or is not sensitive
    ///
    /// Terraform prints the values of variables in plans unless they are sensitive, and a default is in the repository for
    /// everyone to read. Its name says that it is a secret. An empty default, null and types that are no text are none.
    ///
    /// ```hcl bad:1
    /// variable "db_password" {
    ///   type = string
    /// }
    /// ```
    /// ```hcl bad:4
    /// variable "db_password" {
    ///   type      = string
    ///   sensitive = true
    ///   default   = "kee9-Phoh-ua4i"
    /// }
    /// ```
    /// ```hcl good
    /// variable "db_password" {
    ///   type      = string
    ///   sensitive = true
    /// }
    /// variable "boot_disk_kms_key" {
    ///   type = string
    /// }
    /// variable "lambda_s3_key" {
    ///   type = string
    /// }
    /// variable "password_length" {
    ///   type    = number
    ///   default = 24
    /// }
    /// ```
    VARIABLE_SECRET_EXPOSED = "tf-variable-secret-exposed" {
        severity: Severity::Medium,
        tags: &["secret"],
        yields_to: &["tf-credentials-hardcoded"],
        check: source(|source, report| {
            for block in source.blocks("variable").filter(|block| is_secret(name(block)) && may_be_text(block)) {
                let default = block.body.attribute("default").map(|attribute| &attribute.value);
                if let Some(default) = default.filter(|default| default.as_str().is_some_and(|text| !text.is_empty())) {
                    let message = format!("variable `{}` is a secret and has a default", name(block));
                    report
                        .at(within(block, default.span, "default"), message)
                        .help("remove the default, and the value from every system that has it")
                        .mask(default.span);
                } else if !is_sensitive(block) && !block.body.open {
                    let message = format!("variable `{}` is a secret and not marked sensitive", name(block));
                    report.at(within(block, block.header, "sensitive"), message).help("set `sensitive = true`");
                }
            }
        }),
    }
}

/// Whether a name is that of a secret. In Terraform most keys are none: those of KMS, of objects in buckets, public ones.
fn is_secret(name: &str) -> bool {
    const KEYS: &[&str] = &[
        "api", "access", "secret", "private", "account", "auth", "shared", "license", "licence", "signing", "storage",
    ];
    let is_key_of_another_sort = name.strip_suffix("_key").is_some_and(|before| {
        let last = before.rsplit('_').next().unwrap_or_default();
        !KEYS.contains(&last)
    });
    let is_about_keys = name.contains("kms") || name.contains("public_key") || name.ends_with("_auth_base64");
    names_secret(name) && !is_key_of_another_sort && !is_about_keys
}

/// Whether `sensitive` is true, or not known to be false.
fn is_sensitive(block: &Block) -> bool {
    let sensitive = block.body.attribute("sensitive").map(|attribute| &attribute.value.kind);
    let ephemeral = block.body.attribute("ephemeral").map(|attribute| &attribute.value.kind);
    [sensitive, ephemeral].into_iter().flatten().any(|kind| !matches!(kind, ExprKind::Bool(false)))
}

/// Whether a variable's type is text, or one is not stated and its default is text or missing.
fn may_be_text(block: &Block) -> bool {
    match block.body.attribute("type").map(|attribute| &attribute.value.kind) {
        Some(ExprKind::Variable(name)) => matches!(&**name, "string" | "any"),
        Some(ExprKind::String(name)) => &**name == "string",
        Some(_) => false,
        None => block.body.attribute("default").is_none_or(|default| {
            matches!(default.value.kind, ExprKind::String(_) | ExprKind::Template(_) | ExprKind::Null)
        }),
    }
}

/// The last name of a reference: `password` of `aws_db_instance.main.password`.
fn last_name(value: &Expr) -> Option<&str> {
    match &value.kind {
        ExprKind::Attribute(access) => Some(&access.name.name),
        ExprKind::Index(source, _) => last_name(source),
        ExprKind::Splat { each, .. } => last_name(each),
        ExprKind::Template(parts) => match &parts[..] {
            [portcullis_syntax::hcl::Part::Interpolation(expr)] => last_name(expr),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an attribute of this name may be a secret itself, and not what one is known by.
fn may_be_secret(attribute: &str) -> bool {
    !matches!(
        attribute,
        "arn" | "id" | "name" | "names" | "version" | "version_id" | "secret_id" | "secret_arn" | "key_id" | "path"
    ) && !attribute.ends_with("_arn")
        && !attribute.ends_with("_id")
        && !attribute.ends_with("_name")
}
