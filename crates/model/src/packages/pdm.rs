//! `pdm.lock`.
//!
//! A group other than `default` may be for development or an extra of the package; which of them only `pyproject.toml` says.
//! A package whose extras are locked stands once more for them, and is one package here.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::toml;

use super::helpers::{edges, entries, faults, id, inner, items, root, scalar, text};
use super::python::{has_item, hashes, normal, source_in, specifier};
use super::{Ecosystem, Lockfile, Package, PackageId};

/// Reads a `pdm.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = toml::parse(file, source);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    let mut known: HashMap<String, PackageId> = HashMap::new();
    let mut same: HashMap<(&str, &str), PackageId> = HashMap::new();
    let mut read = Vec::new();
    for node in items(root, "package") {
        let Some(name) = node.field("name").filter(|name| scalar(*name).is_some()) else { continue };
        let version = text(node, "version");
        let is_default = has_item(node, "groups", "default").then_some(false);
        let key = (name.text(), version.unwrap_or_default());
        let next = id(lock.packages.len());
        let package = *same.entry(key).or_insert(next);
        if package != next {
            if let Some(package) = lock.packages.get_mut(package.0 as usize) {
                package.groups.dev = package.groups.dev.or(is_default);
            }
            read.push((package, node));
            continue;
        }
        let mut package = Package::new(Ecosystem::PyPi, name.text(), version, inner(name));
        if let Some(version) = node.field("version") {
            package.version_span = inner(version);
        }
        package.groups.dev = is_default;
        package.source = source_in(node);
        package.integrity.extend(node.field("files").into_iter().flat_map(hashes));
        known.entry(normal(name.text())).or_insert(next);
        read.push((next, node));
        lock.packages.push(package);
    }
    let mut found: Vec<Vec<PackageId>> = vec![Vec::new(); lock.packages.len()];
    for (package, node) in read {
        let names = items(node, "dependencies").filter_map(|edge| specifier(edge.text()));
        let targets = names.filter_map(|edge| known.get(&normal(edge.name))).filter(|target| **target != package);
        if let Some(found) = found.get_mut(package.0 as usize) {
            found.extend(targets);
        }
    }
    for (package, found) in lock.packages.iter_mut().zip(found) {
        package.dependencies = edges(found);
    }
    if let Some(metadata) = root.field("metadata") {
        lock.header.version = text(metadata, "lock_version").map(Into::into);
        lock.header.manifest_hash = text(metadata, "content_hash").map(Into::into);
        // Before 4.3 the files stood apart, by `name version`.
        for (key, files) in entries(metadata, "files") {
            let Some((name, version)) = key.text().split_once(' ') else { continue };
            let package = same.get(&(name, version)).and_then(|id| lock.packages.get_mut(id.0 as usize));
            if let Some(package) = package {
                package.integrity.extend(hashes(files));
            }
        }
    }
    lock
}
