//! Declarations that nothing uses, and expressions that say less than they seem to.

use std::collections::HashSet;

use portcullis_syntax::hcl::{Expr, ExprKind, Part};

use super::{name, within};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&DECLARATION_UNUSED, &INTERPOLATION_DEPRECATED];

rule! {
    /// Declaration is never used
    ///
    /// A variable that nothing reads is a promise to the caller that is not kept; a data source that nothing reads is a
    /// request for nothing. Variables, locals and data sources are judged; silent where part of the module cannot be read.
    ///
    /// ```hcl bad:1
    /// variable "size" {
    ///   type = number
    /// }
    /// ```
    /// ```hcl bad:2
    /// locals {
    ///   prefix = "web"
    /// }
    /// ```
    /// ```hcl good
    /// variable "size" {
    ///   type = number
    /// }
    /// output "size" {
    ///   value = var.size
    /// }
    /// ```
    DECLARATION_UNUSED = "tf-declaration-unused" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["tflint:terraform_unused_declarations"],
        check: source(declaration_unused),
    }
}

fn declaration_unused(source: &Source, report: &mut Report<'_>) {
    if source.files.iter().any(|it| it.file.body.open || !it.file.errors.is_empty()) {
        return;
    }
    let mut used: HashSet<(&str, &str)> = HashSet::new();
    for it in &source.files {
        for attribute in &it.file.body.attributes {
            attribute.value.walk(&mut |expr| used.extend(use_of(expr)));
        }
        for block in &it.file.body.blocks {
            // A variable's own validation is no use of it.
            let own = (&*block.kind.name == "variable").then(|| ("var", name(block)));
            block.body.walk(&mut |expr| used.extend(use_of(expr).filter(|used| Some(*used) != own)));
        }
    }
    for block in source.blocks("variable") {
        let own = name(block);
        if !used.contains(&("var", own)) {
            let message = format!("variable `{own}` is never used");
            report.at(within(block, block.header, "unused"), message).help("remove it");
        }
    }
    for block in source.blocks("locals") {
        for local in &block.body.attributes {
            let own = &*local.name.name;
            if !used.contains(&("local", own)) {
                let message = format!("local `{own}` is never used");
                report.at(within(block, local.name.span, own), message).help("remove it");
            }
        }
    }
    for block in source.blocks("data") {
        let [kind, label] = &block.labels[..] else { continue };
        if !used.contains(&(&*kind.name, &*label.name)) {
            let message = format!("data source `{}.{}` is never used", kind.name, label.name);
            report.at(within(block, block.header, "unused"), message).help("remove it");
        }
    }
}

/// `var.x`, `local.x` and `data.kind.name`.
fn use_of(expr: &Expr) -> Option<(&str, &str)> {
    let ExprKind::Attribute(access) = &expr.kind else { return None };
    let last = &access.name;
    match &access.source.kind {
        ExprKind::Variable(root) if matches!(&**root, "var" | "local") => Some((root, &last.name)),
        ExprKind::Attribute(kind) if matches!(&kind.source.kind, ExprKind::Variable(root) if &**root == "data") => {
            Some((&kind.name.name, &last.name))
        }
        _ => None,
    }
}

rule! {
    /// Expression is wrapped in needless interpolation
    ///
    /// `"${var.name}"` is `var.name`: the quotes were needed before Terraform 0.12 and hide the type now.
    ///
    /// ```hcl bad:2
    /// locals {
    ///   name = "${var.name}"
    /// }
    /// ```
    /// ```hcl good
    /// locals {
    ///   name = "${var.name}-web"
    /// }
    /// ```
    INTERPOLATION_DEPRECATED = "tf-interpolation-deprecated" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["tflint:terraform_deprecated_interpolation"],
        check: source(|source, report| {
            for it in source.files.iter().filter(|it| !it.path.ends_with(".json")) {
                for block in &it.file.body.blocks {
                    block.body.walk(&mut |expr| {
                        let ExprKind::Template(parts) = &expr.kind else { return };
                        if let [Part::Interpolation(_)] = &parts[..] {
                            let message = "this text is nothing but an interpolation";
                            report.at(within(block, expr.span, "interpolation"), message).help("drop the quotes");
                        }
                    });
                }
            }
        }),
    }
}
