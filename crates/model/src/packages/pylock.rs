//! `pylock.toml`, as PEP 751 has it.
//!
//! Development is known only where the file tells groups apart: by markers with `dependency_groups`.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};

use super::helpers::{edges, entries, faults, hash, id, inner, items, root, scalar, text};
use super::python::normal;
use super::{Ecosystem, Groups, Integrity, Lockfile, Package, PackageId, Source};

/// Reads a `pylock.toml`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = toml::parse(file, source);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "lock-version").map(Into::into);
    let tells_groups = root.field("dependency-groups").is_some();
    let defaults: Vec<&str> = items(root, "default-groups").map(Node::text).collect();
    let mut known: HashMap<String, PackageId> = HashMap::new();
    let mut read = Vec::new();
    for node in items(root, "packages") {
        let Some(name) = node.field("name").filter(|name| scalar(*name).is_some()) else { continue };
        let mut package = Package::new(Ecosystem::PyPi, name.text(), text(node, "version"), inner(name));
        if let Some(version) = node.field("version") {
            package.version_span = inner(version);
        }
        package.groups = groups(text(node, "marker"), tells_groups, &defaults);
        package.source = source_of(node);
        let files = ["archive", "sdist"].into_iter().filter_map(|key| node.field(key)).chain(items(node, "wheels"));
        package.integrity = files.flat_map(file_hashes).collect();
        known.entry(normal(name.text())).or_insert(id(lock.packages.len()));
        read.push(node);
        lock.packages.push(package);
    }
    for (package, node) in lock.packages.iter_mut().zip(&read) {
        let names = items(*node, "dependencies").filter_map(|edge| text(edge, "name"));
        package.dependencies = edges(names.filter_map(|name| known.get(&normal(name))).copied().collect());
    }
    lock
}

/// A marker that asks for groups none of which is installed by default leaves the package to development.
fn groups(marker: Option<&str>, tells_groups: bool, defaults: &[&str]) -> Groups {
    let marker = marker.unwrap_or_default();
    if !tells_groups {
        return Groups::default();
    }
    let asks_groups = marker.contains("dependency_groups");
    let is_default = defaults.iter().any(|group| {
        marker.contains(&format!("'{group}' in dependency_groups"))
            || marker.contains(&format!("\"{group}\" in dependency_groups"))
    });
    let is_extra = marker.contains("in extras");
    Groups { dev: Some(asks_groups && !is_default && !is_extra), optional: is_extra.then_some(true) }
}

fn source_of(node: Node<'_>) -> Source {
    if let Some(vcs) = node.field("vcs") {
        let commit = text(vcs, "commit-id").map(Into::into);
        let url = vcs.field("url").or_else(|| vcs.field("path"));
        let (address, span) = url.map_or(("", node.span()), |url| (url.text(), inner(url)));
        return Source::Git { url: address.into(), commit, span };
    }
    if let Some(directory) = node.field("directory") {
        return match text(directory, "path") {
            Some("." | "./") => Source::Project,
            path => Source::Path(path.unwrap_or_default().into()),
        };
    }
    let archive = node.field("archive");
    if let Some(url) = archive.and_then(|archive| archive.field("url")) {
        return Source::Url { url: url.text().into(), span: inner(url) };
    }
    if let Some(path) = archive.and_then(|archive| text(archive, "path")) {
        return Source::Path(path.into());
    }
    match node.field("index") {
        Some(index) if index.text().trim_end_matches('/') != "https://pypi.org/simple" => {
            Source::Url { url: index.text().into(), span: inner(index) }
        }
        _ => Source::Registry,
    }
}

/// `hashes = { sha256 = "…" }`.
fn file_hashes(file: Node<'_>) -> impl Iterator<Item = Integrity> {
    entries(file, "hashes").map(|(name, digest)| hash(name.text(), digest.text(), inner(digest)))
}
