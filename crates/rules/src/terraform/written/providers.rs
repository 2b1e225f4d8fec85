//! Versions of Terraform and of providers.

use std::collections::BTreeMap;

use portcullis_syntax::hcl::{Block, Expr, ExprKind};

use super::{name, within};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&PROVIDER_UNPINNED, &TERRAFORM_VERSION_MISSING];

rule! {
    /// Provider has no version constraint
    ///
    /// The next `init` without a lock file takes the newest provider, and a new major version changes defaults. Each provider
    /// of which the module has a resource, a data source or a `provider` block needs an entry with `version` in
    /// `required_providers`. Reported once for each provider, where it is used first, in modules that no other calls: the
    /// caller's constraint holds for what it calls. Providers that Terraform has built in need none.
    ///
    /// ```hcl bad:1
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// ```
    /// ```hcl bad:3
    /// terraform {
    ///   required_providers {
    ///     aws = { source = "hashicorp/aws" }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// terraform {
    ///   required_providers {
    ///     aws = { source = "hashicorp/aws", version = "~> 6.0" }
    ///   }
    /// }
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// resource "terraform_data" "x" {}
    /// ```
    PROVIDER_UNPINNED = "tf-provider-unpinned" {
        severity: Severity::Medium,
        peers: &["tflint:terraform_required_providers"],
        check: source(provider_unpinned),
    }
}

fn provider_unpinned(source: &Source, report: &mut Report<'_>) {
    // What is in a block that could not be read may be what is asked for. What calls a module decides for it.
    if !source.is_root || source.files.iter().any(|it| it.file.body.open) {
        return;
    }
    let mut pinned: Vec<&str> = Vec::new();
    for block in source.blocks("terraform") {
        for required in block.body.blocks_of("required_providers") {
            for entry in &required.body.attributes {
                pinned.push(&entry.name.name);
                if !has_version(&entry.value) {
                    let message = format!("provider `{}` has no version constraint", entry.name.name);
                    report
                        .at(within(block, entry.name.span, &entry.name.name), message)
                        .help("add `version`, for example `~> 6.0`");
                }
            }
        }
    }
    let mut used: BTreeMap<&str, &Block> = BTreeMap::new();
    for block in source.files.iter().flat_map(|it| &it.file.body.blocks) {
        let provider = match &*block.kind.name {
            "resource" | "data" | "ephemeral" => provider_of(block),
            "provider" if block.body.attribute("version").is_none() => name(block),
            _ => continue,
        };
        if !provider.is_empty() && provider != "terraform" && !pinned.contains(&provider) {
            used.entry(provider).or_insert(block);
        }
    }
    // A provider with the old form of a constraint in its own block is pinned.
    let constrained = |provider: &str| {
        source.blocks("provider").any(|block| name(block) == provider && block.body.attribute("version").is_some())
    };
    for (provider, block) in used {
        if !constrained(provider) {
            let message = format!("provider `{provider}` has no version constraint");
            report
                .at(within(block, block.header, provider), message)
                .help(format!("add `{provider}` with source and version to `required_providers`"));
        }
    }
}

/// The provider of a resource: what `provider` says, else the first word of its type.
fn provider_of(block: &Block) -> &str {
    let chosen = block.body.attribute("provider").map(|attribute| &attribute.value);
    let mut expr = chosen;
    while let Some(Expr { kind: ExprKind::Attribute(access), .. }) = expr {
        expr = Some(&access.source);
    }
    match expr.map(|expr| &expr.kind) {
        Some(ExprKind::Variable(name)) => name,
        Some(_) => "",
        None => name(block).split('_').next().unwrap_or_default(),
    }
}

/// Whether an entry of `required_providers` names versions; what is no literal may.
fn has_version(entry: &Expr) -> bool {
    match &entry.kind {
        ExprKind::Object(items) => items.iter().any(|item| item.key.as_str().is_none_or(|key| key == "version")),
        // The form of Terraform 0.12: `aws = "~> 2.0"`.
        _ => true,
    }
}

rule! {
    /// Root module states no Terraform version
    ///
    /// The configuration is applied with whatever is installed, and state that a newer version wrote cannot be read by an
    /// older one. Modules that others call leave it to these.
    ///
    /// ```hcl bad:1
    /// terraform {
    ///   backend "gcs" {}
    /// }
    /// ```
    /// ```hcl good
    /// terraform {
    ///   required_version = ">= 1.9"
    /// }
    /// ```
    TERRAFORM_VERSION_MISSING = "tf-terraform-version-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["tflint:terraform_required_version"],
        check: source(|source, report| {
            let is_stated = source.blocks("terraform").any(|block| block.body.attribute("required_version").is_some());
            let is_whole = source.files.iter().all(|it| !it.file.body.open);
            if !source.is_root || is_stated || !is_whole {
                return;
            }
            let first = source.blocks("terraform").next();
            let first = first.or_else(|| source.files.iter().find_map(|it| it.file.body.blocks.first()));
            if let Some(block) = first {
                report
                    .at(within(block, block.header, "required_version"), "no version of Terraform is required")
                    .help("add `required_version` to the `terraform` block");
            }
        }),
    }
}
