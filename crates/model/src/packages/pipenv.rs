//! `Pipfile` and `Pipfile.lock`.
//!
//! The lockfile has no edges, so it does not say who asked for what.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::json::{self, Form};
use portcullis_syntax::{Node, toml};

use super::helpers::{faults, id, inner, items, prefixed_hash, root, scalar, text};
use super::python::{exact, source_in};
use super::{Ecosystem, Groups, Lockfile, Manifest, Package, PackageId, Requirement, Source};

/// Reads a `Pipfile.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    if let Some(meta) = root.field("_meta") {
        lock.header.version = text(meta, "pipfile-spec").map(Into::into);
        lock.header.manifest_hash = meta.field("hash").and_then(|hash| text(hash, "sha256")).map(Into::into);
    }
    // A package that both sections have in one version is one package.
    let mut known: HashMap<(&str, &str), PackageId> = HashMap::new();
    for (section, packages) in root.entries().filter(|(section, _)| section.text() != "_meta") {
        let dev = is_dev(section.text());
        for (key, node) in packages.entries() {
            let next = id(lock.packages.len());
            let written = text(node, "version").unwrap_or_default();
            let package = *known.entry((key.text(), written)).or_insert(next);
            if package != next {
                if let Some(package) = lock.packages.get_mut(package.0 as usize) {
                    let both = |one: bool, other: bool| one && other;
                    package.groups.dev = package.groups.dev.zip(dev).map(|(one, other)| both(one, other));
                }
                continue;
            }
            let mut package = Package::new(Ecosystem::PyPi, key.text(), exact(written), inner(key));
            if let Some(version) = node.field("version") {
                package.version_span = inner(version);
            }
            package.groups.dev = dev;
            package.source = source_in(node);
            let hashes = items(node, "hashes").filter_map(|hash| prefixed_hash(hash.text(), inner(hash)));
            package.integrity = hashes.collect();
            lock.packages.push(package);
        }
    }
    lock
}

/// Reads a `Pipfile`.
pub(super) fn manifest(file: FileId, source: &Arc<str>) -> Manifest {
    let tree = toml::parse(file, source);
    let mut manifest = Manifest { faults: faults(&tree), ..Manifest::default() };
    let Some(root) = root(&tree) else { return manifest };
    for (section, packages) in root.entries() {
        let name = section.text();
        if !packages.is_map() || matches!(name, "requires" | "scripts" | "pipenv" | "source") {
            continue;
        }
        let groups = Groups { dev: is_dev(name), optional: Some(false) };
        manifest.requirements.extend(packages.entries().map(|(key, value)| requirement(key, value, groups)));
    }
    manifest
}

/// Sections of one's own are installed only when they are named, for whatever they are.
fn is_dev(section: &str) -> Option<bool> {
    match section {
        "default" | "packages" => Some(false),
        "develop" | "dev-packages" => Some(true),
        _ => None,
    }
}

/// `name = "*"` or `name = { version = "…", git = "…" }`.
pub(super) fn requirement(key: Node<'_>, value: Node<'_>, groups: Groups) -> Requirement {
    let written = if value.is_map() { value.field("version") } else { Some(value) };
    let written = written.filter(|range| scalar(*range).is_some());
    let source = if value.is_map() { source_in(value) } else { Source::Registry };
    let range = match &source {
        Source::Git { url, .. } | Source::Url { url, .. } => url.clone(),
        Source::Path(path) => path.clone(),
        Source::Registry | Source::Project => {
            written.map(Node::text).filter(|range| *range != "*").unwrap_or_default().into()
        }
    };
    let span = inner(key);
    let range_span = match &source {
        Source::Git { span, .. } | Source::Url { span, .. } => *span,
        _ => written.map_or(span, inner),
    };
    Requirement { ecosystem: Ecosystem::PyPi, name: key.text().into(), range, span, range_span, groups, source }
}
