//! `Cargo.lock`, versions 1 to 4.
//!
//! A package without a source is a member of the workspace or lies at a path beside it, which the file does not tell apart: it
//! counts as the project. Features and targets are resolved for all platforms at once, so a package may be listed that no
//! build uses; and which edges of a member are only for development is known to its `Cargo.toml` alone.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};

use super::helpers::{edges, entries, faults, id, inner, items, root, text};
use super::{Algorithm, Ecosystem, Integrity, Lockfile, Member, MemberName, Package, PackageId, Source};

/// Reads a `Cargo.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = toml::parse(file, source);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "version").map(Into::into);
    let nodes = items(root, "package").chain(root.field("root"));
    // By name, by name and version, and with the source: an edge says as much as it needs to be clear.
    let mut known: HashMap<(&str, &str, &str), PackageId> = HashMap::new();
    let mut read = Vec::new();
    for node in nodes {
        let Some(name) = node.field("name").filter(|name| !name.text().is_empty()) else { continue };
        let mut package = Package::new(Ecosystem::CratesIo, name.text(), text(node, "version"), inner(name));
        if let Some(version) = node.field("version") {
            package.version_span = inner(version);
        }
        let origin = node.field("source");
        package.source = origin.map_or(Source::Project, source_of);
        if let Some(checksum) = node.field("checksum").filter(|checksum| is_hash(checksum.text())) {
            package.integrity.push(sha256(checksum));
        }
        let (version, origin) = (text(node, "version").unwrap_or_default(), origin.map_or("", Node::text));
        for key in [("", ""), (version, ""), (version, origin)] {
            known.entry((name.text(), key.0, key.1)).or_insert(id(lock.packages.len()));
        }
        read.push(node);
        lock.packages.push(package);
    }
    let find = |wanted: &str| -> Option<PackageId> {
        let mut words = wanted.splitn(3, ' ');
        let (name, version) = (words.next()?, words.next().unwrap_or_default());
        let origin = words.next().unwrap_or_default().trim_matches(['(', ')']);
        known.get(&(name, version, origin)).copied()
    };
    for (package, node) in lock.packages.iter_mut().zip(&read) {
        package.dependencies = edges(items(*node, "dependencies").filter_map(|edge| find(edge.text())).collect());
        if package.source == Source::Project {
            let names = items(*node, "dependencies").filter_map(|edge| edge.text().split(' ').next());
            let asked = names.map(Into::into).collect();
            lock.members.push(Member { name: MemberName::Package(package.name.clone()), asked });
        }
    }
    // Version 1 keeps the checksums apart: `"checksum name version (source)" = "…"`.
    for (key, value) in entries(root, "metadata") {
        let Some(wanted) = key.text().strip_prefix("checksum ") else { continue };
        let Some(found) = find(wanted).filter(|_| is_hash(value.text())) else { continue };
        if let Some(package) = lock.packages.get_mut(found.0 as usize) {
            package.integrity.push(sha256(value));
        }
    }
    lock
}

/// `registry+…`, `sparse+…`, `git+…?branch=…#commit`.
fn source_of(node: Node<'_>) -> Source {
    let (kind, address) = node.text().split_once('+').unwrap_or(("", node.text()));
    let span = inner(node);
    match kind {
        "git" => {
            let (url, commit) = address.split_once('#').map_or((address, None), |(url, commit)| (url, Some(commit)));
            Source::Git { url: url.into(), commit: commit.map(Into::into), span }
        }
        "registry" | "sparse" => match address.trim_end_matches('/') {
            "https://github.com/rust-lang/crates.io-index" | "https://index.crates.io" => Source::Registry,
            _ => Source::Url { url: address.into(), span },
        },
        "path" => Source::Path(address.into()),
        _ => Source::Url { url: node.text().into(), span },
    }
}

/// Version 1 writes `<none>` for packages without one.
fn is_hash(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn sha256(node: Node<'_>) -> Integrity {
    Integrity { algorithm: Algorithm::Sha256, digest: node.text().into(), span: inner(node) }
}
