//! Names that a module declares twice.
//!
//! Decided by the text of all files of a module. Override files are laid over the others, and declare nothing twice; where
//! OpenTofu's file of a name stands beside Terraform's, the latter is not read.

use std::collections::HashMap;

use portcullis_core::{Place, Span, StableHash};
use portcullis_syntax::hcl::{Block, ExprKind};

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&DUPLICATE];

rule! {
    /// Name is declared twice in a module
    ///
    /// Terraform reads all files of a folder as one, and refuses a module that declares a resource, variable, output, local
    /// value, module or configuration of a provider twice. Copied files are the usual cause. Files that override others
    /// (`override.tf`, `*_override.tf`) are no duplicates.
    ///
    /// ```hcl bad:4
    /// file=main.tf
    /// variable "region" {
    ///   type = string
    /// }
    /// file=variables.tf
    /// variable "zone" {
    ///   type = string
    /// }
    /// variable "region" {
    ///   type = string
    /// }
    /// ```
    /// ```hcl bad:4
    /// provider "aws" {
    ///   region = "eu-west-1"
    /// }
    /// provider "aws" {
    ///   region = "us-east-1"
    /// }
    /// ```
    /// ```hcl good
    /// file=main.tf
    /// provider "aws" {
    ///   region = "eu-west-1"
    /// }
    /// provider "aws" {
    ///   alias  = "virginia"
    ///   region = "us-east-1"
    /// }
    /// resource "aws_sns_topic" "events" {}
    /// data "aws_sns_topic" "events" {
    ///   name = "events"
    /// }
    /// file=main_override.tf
    /// resource "aws_sns_topic" "events" {
    ///   name = "events"
    /// }
    /// ```
    DUPLICATE = "tf-duplicate-declaration" {
        severity: Severity::High,
        check: source(duplicates),
    }
}

/// What names a declaration: its kind and its labels, or the name of a local value or the alias of a provider.
type Name<'s> = (&'s str, &'s str, &'s str);

fn duplicates(source: &Source, report: &mut Report<'_>) {
    let mut declared: HashMap<Name<'_>, Span> = HashMap::new();
    for block in source.files.iter().filter(|file| !file.is_override()).flat_map(|file| &file.file.body.blocks) {
        for (name, span) in declarations(block).into_iter().filter(|((_, name, _), _)| !name.is_empty()) {
            match declared.get(&name) {
                Some(first) => twice(name, span, *first, report),
                None => {
                    declared.insert(name, span);
                }
            }
        }
    }
}

/// What a block at the top level declares, and where its names stand.
fn declarations(block: &Block) -> Vec<(Name<'_>, Span)> {
    let kind = &*block.kind.name;
    match kind {
        "locals" => {
            let names = block.body.attributes.iter().map(|attribute| &attribute.name);
            names.map(|name| ((kind, &*name.name, ""), name.span)).collect()
        }
        "terraform" => {
            let settings = block.body.blocks.iter().map(|block| (&*block.kind.name, block.header));
            let once = settings.filter(|(name, _)| matches!(*name, "required_providers" | "backend"));
            once.map(|(name, span)| ((kind, name, ""), span)).collect()
        }
        _ => name_of(block).map(|name| (name, block.header)).into_iter().collect(),
    }
}

/// What a block at the top level declares that has labels.
fn name_of(block: &Block) -> Option<Name<'_>> {
    let label = |at: usize| block.labels.get(at).map(|label| &*label.name);
    let kind = &*block.kind.name;
    match kind {
        "resource" | "data" | "ephemeral" => Some((kind, label(0)?, label(1)?)),
        "variable" | "output" | "module" | "check" => Some((kind, label(0)?, "")),
        "provider" => match block.body.attribute("alias").map(|alias| &alias.value.kind) {
            None if block.body.open => None,
            None => Some((kind, label(0)?, "")),
            Some(ExprKind::String(alias)) => Some((kind, label(0)?, alias)),
            Some(_) => None,
        },
        _ => None,
    }
}

fn twice((kind, first, second): Name<'_>, span: Span, before: Span, report: &mut Report<'_>) {
    let what = match (kind, second) {
        ("locals", _) => format!("local value `{first}`"),
        ("terraform", _) => format!("`{first}`"),
        ("resource", _) => format!("resource `{first}.{second}`"),
        ("data", _) => format!("data source `{first}.{second}`"),
        ("ephemeral", _) => format!("ephemeral resource `{first}.{second}`"),
        ("provider", "") => format!("provider `{first}` without alias"),
        ("provider", alias) => format!("provider `{first}.{alias}`"),
        (kind, _) => format!("{kind} `{first}`"),
    };
    let mut structure = StableHash::new();
    for part in [kind, first, second] {
        structure.text(part);
    }
    let place = Place { span, structure: structure.short(), value: 0 };
    let help = match kind {
        "provider" => "remove one of them, or give it an `alias`",
        "terraform" => "put what both of them say into one",
        _ => "remove one of them, or give it a name of its own",
    };
    report.at(place, format!("{what} is declared twice in the module")).help(help).label(before, "declared here first");
}
