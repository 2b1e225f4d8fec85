//! `composer.lock` and `composer.json`.
//!
//! PHP itself, its extensions and Composer's interfaces are asked for like packages and are none. What is direct only
//! `composer.json` knows.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;
use portcullis_syntax::json::{self, Form};

use super::helpers::{edges, entries, faults, hash, id, inner, items, root, scalar, text};
use super::npm::is_commit;
use super::{Ecosystem, Groups, Lockfile, Manifest, Package, PackageId, Requirement, Source};

/// Reads a `composer.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "plugin-api-version").map(Into::into);
    lock.header.manifest_hash = text(root, "content-hash").or_else(|| text(root, "hash")).map(Into::into);
    let mut known: HashMap<String, PackageId> = HashMap::new();
    let mut standing_in: Vec<(String, PackageId)> = Vec::new();
    let mut read = Vec::new();
    for (list, dev) in [("packages", false), ("packages-dev", true)] {
        for node in items(root, list) {
            let Some(name) = node.field("name").filter(|name| scalar(*name).is_some()) else { continue };
            let next = id(lock.packages.len());
            known.entry(name.text().to_lowercase()).or_insert(next);
            let others = ["replace", "provide"].into_iter().flat_map(|key| entries(node, key));
            standing_in.extend(others.map(|(other, _)| (other.text().to_lowercase(), next)));
            lock.packages.push(package(name, node, dev));
            read.push(node);
        }
    }
    for (name, package) in standing_in {
        known.entry(name).or_insert(package);
    }
    for (package, node) in lock.packages.iter_mut().zip(&read) {
        let found = entries(*node, "require").filter_map(|(name, _)| known.get(&name.text().to_lowercase()));
        package.dependencies = edges(found.copied().collect());
    }
    lock
}

fn package(name: Node<'_>, node: Node<'_>, dev: bool) -> Package {
    let mut package = Package::new(Ecosystem::Packagist, name.text(), text(node, "version"), inner(name));
    if let Some(version) = node.field("version") {
        package.version_span = inner(version);
    }
    package.groups = Groups { dev: Some(dev), optional: None };
    let dist = node.field("dist").filter(|dist| dist.is_map());
    if let Some(sum) = dist.and_then(|dist| dist.field("shasum")).filter(|sum| scalar(*sum).is_some()) {
        package.integrity.push(hash("sha1", sum.text(), inner(sum)));
    }
    package.source = match dist.and_then(|dist| Some((text(dist, "type")?, dist.field("url")?))) {
        Some(("path", url)) => Source::Path(url.text().into()),
        Some((_, url)) => Source::Url { url: url.text().into(), span: inner(url) },
        None => node.field("source").map_or(Source::Registry, repository),
    };
    package.deprecated = match node.field("abandoned") {
        Some(other) if other.as_str().is_some_and(|name| !name.is_empty()) => {
            Some(format!("use {} instead", other.text()).into())
        }
        Some(flag) if flag.as_bool() == Some(true) => Some("".into()),
        _ => None,
    };
    let licences: Vec<&str> = items(node, "license").filter_map(scalar).collect();
    // A list of licences is a choice.
    package.licence = (!licences.is_empty()).then(|| licences.join(" OR ").into());
    package
}

/// `{ "type": "git", "url": "…", "reference": "…" }`.
fn repository(source: Node<'_>) -> Source {
    let Some(url) = source.field("url") else { return Source::Registry };
    let commit = text(source, "reference").filter(|it| is_commit(it)).map(Into::into);
    Source::Git { url: url.text().into(), commit, span: inner(url) }
}

/// Reads a `composer.json`.
pub(super) fn manifest(file: FileId, source: &Arc<str>) -> Manifest {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut manifest = Manifest { faults: faults(&tree), ..Manifest::default() };
    let Some(root) = root(&tree) else { return manifest };
    manifest.name = text(root, "name").map(Into::into);
    manifest.is_private = text(root, "type") == Some("project");
    for (list, dev) in [("require", false), ("require-dev", true)] {
        // Names of packages have a vendor; those of the platform have none.
        for (name, range) in entries(root, list).filter(|(name, _)| name.text().contains('/')) {
            manifest.requirements.push(Requirement {
                ecosystem: Ecosystem::Packagist,
                name: name.text().into(),
                range: range.text().into(),
                span: inner(name),
                range_span: inner(range),
                groups: Groups { dev: Some(dev), optional: Some(false) },
                source: Source::Registry,
            });
        }
    }
    manifest
}
