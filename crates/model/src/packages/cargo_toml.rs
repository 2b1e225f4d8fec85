//! `Cargo.toml`.
//!
//! What a member takes over from its workspace (`workspace = true`) has no range of its own; the workspace's list is not asked
//! for by itself. What only the build script needs counts as development, as what only tests need does.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};

use super::helpers::{entries, faults, inner, is_true, items, root, scalar, text};
use super::npm::is_commit;
use super::{Ecosystem, Groups, Manifest, Requirement, Source};

/// Reads a `Cargo.toml`.
pub(super) fn manifest(file: FileId, source: &Arc<str>) -> Manifest {
    let tree = toml::parse(file, source);
    let mut manifest = Manifest { faults: faults(&tree), ..Manifest::default() };
    let Some(root) = root(&tree) else { return manifest };
    manifest.name = root.field("package").and_then(|package| text(package, "name")).map(Into::into);
    let targets = entries(root, "target").map(|(_, target)| target);
    for table in std::iter::once(root).chain(targets) {
        for (list, dev) in LISTS {
            let asked = entries(table, list).map(|(key, value)| requirement(key, value, Some(*dev)));
            manifest.requirements.extend(asked);
        }
    }
    if let Some(workspace) = root.field("workspace") {
        manifest.members.extend(items(workspace, "members").filter_map(scalar).map(Into::into));
        manifest.shared.extend(entries(workspace, "dependencies").map(|(key, value)| requirement(key, value, None)));
    }
    let patches = entries(root, "patch").flat_map(|(_, registry)| registry.entries());
    manifest.overrides.extend(patches.map(|(key, value)| requirement(key, value, None)));
    manifest
}

/// The tables of dependencies, and whether they are for development. Cargo also reads them with underscores.
const LISTS: &[(&str, bool)] = &[
    ("dependencies", false),
    ("dev-dependencies", true),
    ("dev_dependencies", true),
    ("build-dependencies", true),
    ("build_dependencies", true),
];

/// `name = "1"` or `name = { version = "1", package = "real", git = "…" }`.
fn requirement(key: Node<'_>, value: Node<'_>, dev: Option<bool>) -> Requirement {
    let field = |name: &str| value.field(name).filter(|field| scalar(*field).is_some());
    let name = field("package").unwrap_or(key);
    let version = if value.is_map() { field("version") } else { Some(value) };
    let (source, written) = if let Some(git) = field("git") {
        let commit = field("rev").map(Node::text).filter(|it| is_commit(it)).map(Into::into);
        (Source::Git { url: git.text().into(), commit, span: inner(git) }, Some(git))
    } else if let Some(path) = field("path") {
        (Source::Path(path.text().into()), version.or(Some(path)))
    } else {
        (Source::Registry, version)
    };
    let optional = dev.map(|_| value.is_map() && is_true(value, "optional"));
    Requirement {
        ecosystem: Ecosystem::CratesIo,
        name: name.text().into(),
        range: written.map(Node::text).unwrap_or_default().into(),
        span: inner(name),
        range_span: inner(written.unwrap_or(name)),
        groups: Groups { dev, optional },
        source,
    }
}
