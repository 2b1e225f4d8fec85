//! Where modules come from.

use portcullis_syntax::hcl::{Block, Expr};

use super::{name, within};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&NOT_COMMIT_PINNED, &UNPINNED, &PLAIN_HTTP];

rule! {
    /// Module source is not pinned to a full commit
    ///
    /// A tag can be moved to other code, a commit cannot. For repositories only: a registry has no commits to name.
    ///
    /// ```hcl bad:2
    /// module "network" {
    ///   source = "git::https://git.example.com/network.git?ref=v1.2.0"
    /// }
    /// ```
    /// ```hcl good
    /// module "network" {
    ///   source = "git::https://git.example.com/network.git?ref=0c2d3bb25b0e1f4f4f3f0f6d6a1e7a3c9d8e7f60"
    /// }
    /// ```
    NOT_COMMIT_PINNED = "tf-module-not-commit-pinned" {
        severity: Severity::High,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_TF_1"],
        yields_to: &["tf-module-unpinned"],
        check: source(|source, report| {
            for (block, value, text) in sources(source) {
                if Origin::of(text) == Origin::Repository && !revision(text).is_some_and(is_commit) {
                    let message = format!("module `{}` is not pinned to a commit", name(block));
                    report.at(within(block, value.span, "source"), message).help("name the full commit in `ref`");
                }
            }
        }),
    }
}

rule! {
    /// Module has no version or ref
    ///
    /// Every `init` takes the newest there is: what was reviewed is not what runs tomorrow. Modules of a registry need
    /// `version`, those of a repository `ref`; a folder in the same tree needs neither. A branch counts as no pin.
    ///
    /// ```hcl bad:2
    /// module "network" {
    ///   source = "terraform-aws-modules/vpc/aws"
    /// }
    /// ```
    /// ```hcl bad:2
    /// module "network" {
    ///   source = "git::https://git.example.com/network.git"
    /// }
    /// ```
    /// ```hcl bad:2
    /// module "network" {
    ///   source = "git::https://git.example.com/network.git?ref=main"
    /// }
    /// ```
    /// ```hcl good
    /// module "network" {
    ///   source  = "terraform-aws-modules/vpc/aws"
    ///   version = "~> 5.0"
    /// }
    /// module "disk" {
    ///   source = "git::https://git.example.com/disk.git?ref=v1.2.0"
    /// }
    /// module "own" {
    ///   source = "./modules/own"
    /// }
    /// ```
    UNPINNED = "tf-module-unpinned" {
        severity: Severity::Medium,
        peers: &["tflint:terraform_module_version", "checkov:CKV_TF_2", "tflint:terraform_module_pinned_source"],
        check: source(|source, report| {
            for (block, value, text) in sources(source) {
                let help = match Origin::of(text) {
                    Origin::Registry if block.body.attribute("version").is_none() && !block.body.open => "add `version`",
                    Origin::Repository if revision(text).is_none_or(is_branch) => "name a tag or commit in `ref`",
                    _ => continue,
                };
                let message = format!("module `{}` takes whatever is newest", name(block));
                report.at(within(block, value.span, "source"), message).help(help);
            }
        }),
    }
}

rule! {
    /// Module source uses unencrypted HTTP
    ///
    /// Whoever is between you and the server decides what code runs with your cloud's credentials.
    ///
    /// ```hcl bad:2
    /// module "network" {
    ///   source = "http://modules.example.com/network.zip"
    /// }
    /// ```
    /// ```hcl good
    /// module "network" {
    ///   source = "https://modules.example.com/network.zip"
    /// }
    /// ```
    PLAIN_HTTP = "tf-module-plain-http" {
        severity: Severity::High,
        check: source(|source, report| {
            for (block, value, text) in sources(source) {
                let location = text.split_once("::").map_or(text, |(_, rest)| rest);
                if location.starts_with("http://") {
                    let message = format!("module `{}` is fetched over plain HTTP", name(block));
                    report.at(within(block, value.span, "source"), message).help("use https");
                }
            }
        }),
    }
}

/// What kind of place a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Local,
    Registry,
    /// Git or Mercurial.
    Repository,
    /// An archive, a bucket.
    Other,
}

impl Origin {
    fn of(source: &str) -> Self {
        if source.starts_with("./") || source.starts_with("../") || source.starts_with('/') {
            return Self::Local;
        }
        if source.starts_with("git::") || source.starts_with("hg::") || source.starts_with("git@") {
            return Self::Repository;
        }
        if source.contains("::") {
            return Self::Other;
        }
        if source.starts_with("github.com/") || source.starts_with("bitbucket.org/") {
            return Self::Repository;
        }
        if source.contains("://") {
            return Self::Other;
        }
        // `namespace/name/provider`, with a host before it where it is no public one, and `//folder` behind it.
        let steps = source.split("//").next().unwrap_or(source).split('/').count();
        if (3..=4).contains(&steps) { Self::Registry } else { Self::Other }
    }
}

/// Each module with a literal source.
fn sources(source: &Source) -> impl Iterator<Item = (&Block, &Expr, &str)> {
    source.blocks("module").filter_map(|block| {
        let value = &block.body.attribute("source")?.value;
        Some((block, value, value.as_str()?))
    })
}

/// The revision of a source that is a repository: `?ref=v1`, `?rev=v1`.
fn revision(source: &str) -> Option<&str> {
    let (_, query) = source.split_once('?')?;
    let found = query.split('&').find_map(|part| part.strip_prefix("ref=").or_else(|| part.strip_prefix("rev=")))?;
    (!found.is_empty()).then_some(found)
}

fn is_commit(revision: &str) -> bool {
    matches!(revision.len(), 40 | 64) && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The branches that everyone has.
fn is_branch(revision: &str) -> bool {
    matches!(revision, "main" | "master" | "HEAD" | "default" | "develop")
}
