//! `poetry.lock`, versions 1 and 2.
//!
//! Up to 1.4 Poetry wrote `category`, from 2.0 on it writes `groups`; files in between say nothing about development, and
//! `pyproject.toml` beside them does. Which packages are direct only that file knows.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};

use super::helpers::{edges, entries, faults, id, inner, is_true, items, root, scalar, text};
use super::python::{has_item, hashes, normal};
use super::{Ecosystem, Groups, Lockfile, Package, PackageId, Source};

/// Packages of one name that an edge may lead to: there are several where markers tell them apart.
const VARIANTS: usize = 16;

/// Reads a `poetry.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = toml::parse(file, source);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    let mut known: HashMap<String, Vec<PackageId>> = HashMap::new();
    let mut read = Vec::new();
    for node in items(root, "package") {
        let Some(name) = node.field("name").filter(|name| scalar(*name).is_some()) else { continue };
        let mut package = Package::new(Ecosystem::PyPi, name.text(), text(node, "version"), inner(name));
        if let Some(version) = node.field("version") {
            package.version_span = inner(version);
        }
        package.groups = groups(node);
        package.source = node.field("source").map_or(Source::Registry, source_of);
        package.integrity.extend(node.field("files").into_iter().flat_map(hashes));
        let variants = known.entry(normal(name.text())).or_default();
        if variants.len() < VARIANTS {
            variants.push(id(lock.packages.len()));
        }
        read.push(node);
        lock.packages.push(package);
    }
    for (package, node) in lock.packages.iter_mut().zip(&read) {
        let found = entries(*node, "dependencies").filter_map(|(name, _)| known.get(&normal(name.text())));
        package.dependencies = edges(found.flatten().copied().collect());
    }
    if let Some(metadata) = root.field("metadata") {
        lock.header.version = text(metadata, "lock-version").map(Into::into);
        lock.header.manifest_hash = text(metadata, "content-hash").map(Into::into);
        // Before 1.3 the files stood apart.
        for (name, files) in entries(metadata, "files") {
            for variant in known.get(&normal(name.text())).into_iter().flatten().take(1) {
                if let Some(package) = lock.packages.get_mut(variant.0 as usize) {
                    package.integrity.extend(hashes(files));
                }
            }
        }
    }
    lock
}

fn groups(node: Node<'_>) -> Groups {
    let dev = match (node.field("groups"), text(node, "category")) {
        (Some(_), _) => Some(!has_item(node, "groups", "main")),
        (None, Some(category)) => Some(category == "dev"),
        (None, None) => None,
    };
    Groups { dev, optional: node.field("optional").map(|_| is_true(node, "optional")) }
}

/// `[package.source]` with its `type`, `url`, `reference` and `resolved_reference`.
fn source_of(table: Node<'_>) -> Source {
    let Some(url) = table.field("url") else { return Source::Registry };
    match text(table, "type") {
        Some("git") => {
            let commit = text(table, "resolved_reference").map(Into::into);
            Source::Git { url: url.text().into(), commit, span: inner(url) }
        }
        Some("directory" | "file") => Source::Path(url.text().into()),
        // A registry that is not PyPI, or an archive.
        _ => Source::Url { url: url.text().into(), span: inner(url) },
    }
}
