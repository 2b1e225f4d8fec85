//! Haskell's `cabal.project.freeze` and `stack.yaml.lock`.
//!
//! Neither has edges. A freeze names what the plan has, flags and all; a lock of Stack only what is not in its snapshot.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;

use super::helpers::{hash, inner, items, part, root, scalar, span_of, text};
use super::{Ecosystem, Groups, Lockfile, Package, Source, partial};

/// Reads a `cabal.project.freeze`.
pub(super) fn freeze(file: FileId, source: &Arc<str>) -> Lockfile {
    let text: &str = source;
    let mut lock = Lockfile::default();
    let mut is_inside = false;
    for line in text.lines() {
        let code = line.trim();
        if code.is_empty() || code.starts_with("--") {
            continue;
        }
        let field = if line.starts_with([' ', '\t']) { None } else { code.split_once(':') };
        let constraints = match field {
            Some((name, value)) => {
                is_inside = name.trim().eq_ignore_ascii_case("constraints");
                value
            }
            None => code,
        };
        if is_inside {
            let found = constraints.split(',').filter_map(constraint);
            lock.packages.extend(found.map(|(name, version, dev)| {
                let mut package = Package::new(Ecosystem::Hackage, name, Some(version), span_of(file, text, name));
                package.version_span = span_of(file, text, version);
                package.groups = Groups { dev, optional: None };
                package
            }));
        }
    }
    lock
}

/// `any.name ==1.0`; what else is said of a package (flags, `installed`) names no version.
fn constraint(text: &str) -> Option<(&str, &str, Option<bool>)> {
    let (name, version) = text.trim().split_once("==")?;
    let (name, version) = (name.trim(), version.trim());
    // `name:setup.other` and `setup.other` are for building only.
    let (scope, name) = name.rsplit_once('.').unwrap_or(("any", name));
    let is_exact = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_exact && is_name).then_some((name, version, (scope != "any").then_some(true)))
}

/// Reads a `stack.yaml.lock`.
pub(super) fn stack(file: FileId, source: &Arc<str>) -> Lockfile {
    let (tree, faults) = partial::yaml(file, source);
    let mut lock = Lockfile { faults, ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.packages = items(root, "packages").filter_map(|node| completed(node.field("completed")?)).collect();
    lock
}

/// `hackage: name-1.0@sha256:hash,size`, or an archive or repository with `name` and `version` beside it.
fn completed(node: Node<'_>) -> Option<Package> {
    if let Some(hackage) = node.field("hackage") {
        let (named, digest) = hackage.text().split_once('@').unwrap_or((hackage.text(), ""));
        let (name, version) = named.rsplit_once('-')?;
        let whole = inner(hackage);
        let mut package = Package::new(Ecosystem::Hackage, name, Some(version), part(whole, 0, name.len()));
        package.version_span = part(whole, name.len().saturating_add(1), version.len());
        let sha = digest.strip_prefix("sha256:").map(|digest| digest.split(',').next().unwrap_or(digest));
        if let Some(sha) = sha {
            let at = named.len().saturating_add("@sha256:".len());
            package.integrity.push(hash("sha256", sha, part(whole, at, sha.len())));
        }
        return Some(package);
    }
    let name = node.field("name").filter(|name| scalar(*name).is_some())?;
    let mut package = Package::new(Ecosystem::Hackage, name.text(), text(node, "version"), inner(name));
    if let Some(version) = node.field("version") {
        package.version_span = inner(version);
    }
    if let Some(url) = node.field("git").or_else(|| node.field("hg")) {
        let commit = text(node, "commit").map(Into::into);
        package.source = Source::Git { url: url.text().into(), commit, span: inner(url) };
    } else if let Some(url) = node.field("url") {
        package.source = Source::Url { url: url.text().into(), span: inner(url) };
        package.integrity.extend(node.field("sha256").map(|sum| hash("sha256", sum.text(), inner(sum))));
    }
    Some(package)
}
