//! Variables and outputs without type or description.

use portcullis_syntax::hcl::ExprKind;

use super::{name, within};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&VARIABLE_UNTYPED, &VARIABLE_UNDOCUMENTED, &OUTPUT_UNDOCUMENTED];

rule! {
    /// Variable states no type
    ///
    /// Without a type anything is accepted, and a list where a text was meant fails somewhere inside a provider, or does
    /// not fail at all.
    ///
    /// ```hcl bad:1
    /// variable "size" {}
    /// ```
    /// ```hcl good
    /// variable "size" {
    ///   type = number
    /// }
    /// ```
    VARIABLE_UNTYPED = "tf-variable-untyped" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["tflint:terraform_typed_variables"],
        check: source(|source, report| lacks(source, report, "variable", "type", "states no type")),
    }
}

rule! {
    /// Variable is undocumented
    ///
    /// Who calls the module reads the code to know what it means.
    ///
    /// ```hcl bad:1
    /// variable "size" {
    ///   type = number
    /// }
    /// ```
    /// ```hcl good
    /// variable "size" {
    ///   type        = number
    ///   description = "GiB of the data volume"
    /// }
    /// ```
    VARIABLE_UNDOCUMENTED = "tf-variable-undocumented" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["tflint:terraform_documented_variables"],
        check: source(|source, report| lacks(source, report, "variable", "description", "has no description")),
    }
}

rule! {
    /// Output is undocumented
    ///
    /// Who uses the module reads the code to know what it gives.
    ///
    /// ```hcl bad:1
    /// output "address" {
    ///   value = 1
    /// }
    /// ```
    /// ```hcl good
    /// output "address" {
    ///   value       = 1
    ///   description = "where the service listens"
    /// }
    /// ```
    OUTPUT_UNDOCUMENTED = "tf-output-undocumented" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["tflint:terraform_documented_outputs"],
        check: source(|source, report| lacks(source, report, "output", "description", "has no description")),
    }
}

/// Reports the blocks of a kind that lack an attribute, or in which it is an empty text.
fn lacks(source: &Source, report: &mut Report<'_>, kind: &str, attribute: &str, says: &str) {
    for block in source.blocks(kind).filter(|block| !block.body.open) {
        let is_empty = |text: &ExprKind| matches!(text, ExprKind::String(text) if text.trim().is_empty());
        if block.body.attribute(attribute).is_none_or(|found| is_empty(&found.value.kind)) {
            let message = format!("{kind} `{}` {says}", name(block));
            report.at(within(block, block.header, attribute), message).help(format!("add `{attribute}`"));
        }
    }
}
