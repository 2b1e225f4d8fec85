//! Julia's `Manifest.toml`, formats 1.0 and 2.0.
//!
//! What the project asks for is in `Project.toml`. Trees of Git are what fixes a package's content, so it has no hash of an
//! archive; parts of the standard library have no tree, and in old files no version.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};

use super::helpers::{edges, faults, id, inner, root, scalar, text};
use super::{Ecosystem, Lockfile, Package, PackageId, Source};

/// Reads a `Manifest.toml`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = toml::parse(file, source);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "manifest_format").map(Into::into);
    lock.header.manifest_hash = text(root, "project_hash").map(Into::into);
    // Format 1.0 has the packages at the top.
    let all = if lock.header.version.is_some() { root.field("deps") } else { Some(root) };
    let mut by_id: HashMap<&str, PackageId> = HashMap::new();
    let mut by_name: HashMap<&str, PackageId> = HashMap::new();
    let mut read = Vec::new();
    for (key, list) in all.into_iter().flat_map(Node::entries).filter(|(_, list)| list.is_list()) {
        // Other tools have a file of this name as well.
        for node in list.items().filter(|node| node.field("uuid").is_some()) {
            let next = id(lock.packages.len());
            by_name.entry(key.text()).or_insert(next);
            by_id.extend(text(node, "uuid").map(|uuid| (uuid, next)));
            lock.packages.push(package(key, node));
            read.push(node);
        }
    }
    for (package, node) in lock.packages.iter_mut().zip(&read) {
        let Some(needs) = node.field("deps") else { continue };
        // A list of names, or a table with ids where a name is not enough.
        let named = needs.items().filter_map(|name| by_name.get(name.text()));
        let numbered = needs.entries().filter_map(|(_, uuid)| by_id.get(uuid.text()));
        package.dependencies = edges(named.chain(numbered).copied().collect());
    }
    lock
}

fn package(key: Node<'_>, node: Node<'_>) -> Package {
    let version = node.field("version").filter(|version| scalar(*version).is_some());
    let mut package = Package::new(Ecosystem::Julia, key.text(), version.map(Node::text), inner(key));
    if let Some(version) = version {
        package.version_span = inner(version);
    }
    if let Some(path) = text(node, "path") {
        package.source = Source::Path(path.into());
    } else if let Some(url) = node.field("repo-url") {
        let tree = text(node, "git-tree-sha1").map(Into::into);
        package.source = Source::Git { url: url.text().into(), commit: tree, span: inner(url) };
    }
    package
}
