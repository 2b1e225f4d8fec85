//! `uv.lock`.
//!
//! What is locked holds for all platforms and Python versions, so a package may be listed that no installation has. A project,
//! editable or virtual, says what it asks for in groups; the file is enough to know what is for development.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};

use super::helpers::{edges, entries, faults, id, inner, items, prefixed_hash, root, scalar, text};
use super::{Asked, Ecosystem, Groups, Lockfile, Member, MemberName, Package, PackageId, Source};

/// Reads a `uv.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = toml::parse(file, source);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "version").map(Into::into);
    let mut known: HashMap<(&str, &str), PackageId> = HashMap::new();
    let mut read = Vec::new();
    for node in items(root, "package") {
        let Some(name) = node.field("name").filter(|name| scalar(*name).is_some()) else { continue };
        let mut package = Package::new(Ecosystem::PyPi, name.text(), text(node, "version"), inner(name));
        if let Some(version) = node.field("version") {
            package.version_span = inner(version);
        }
        package.source = node.field("source").map_or(Source::Registry, source_of);
        let files = node.field("sdist").into_iter().chain(items(node, "wheels"));
        let hashes = files.filter_map(|file| file.field("hash"));
        package.integrity.extend(hashes.filter_map(|hash| prefixed_hash(hash.text(), inner(hash))));
        for version in ["", text(node, "version").unwrap_or_default()] {
            known.entry((name.text(), version)).or_insert(id(lock.packages.len()));
        }
        read.push(node);
        lock.packages.push(package);
    }
    // An edge names the version where the name alone is not clear.
    let find = |edge: Node<'_>| {
        let key = (text(edge, "name")?, text(edge, "version").unwrap_or_default());
        known.get(&key).copied()
    };
    let mut asked = Vec::new();
    for (package, node) in lock.packages.iter_mut().zip(&read) {
        let extras = || entries(*node, "optional-dependencies").flat_map(|(_, list)| list.items());
        let groups = || entries(*node, "dev-dependencies").flat_map(|(_, list)| list.items());
        let plain = || items(*node, "dependencies");
        package.dependencies = edges(plain().chain(extras()).chain(groups()).filter_map(find).collect());
        if package.source == Source::Project {
            let lists = plain().chain(extras()).chain(groups());
            let names = lists.filter_map(|edge| text(edge, "name")).map(Into::into).collect();
            lock.members.push(Member { name: MemberName::Package(package.name.clone()), asked: names });
            asked.extend(plain().filter_map(find).map(|package| Asked { package, groups: SHIPPED }));
            asked.extend(extras().filter_map(find).map(|package| Asked { package, groups: EXTRA }));
            asked.extend(groups().filter_map(find).map(|package| Asked { package, groups: DEV }));
        }
    }
    // A workspace without a project of its own, and a script.
    if let Some(manifest) = root.field("manifest") {
        asked
            .extend(items(manifest, "requirements").filter_map(find).map(|package| Asked { package, groups: SHIPPED }));
        let groups = entries(manifest, "dependency-groups").flat_map(|(_, list)| list.items());
        asked.extend(groups.filter_map(find).map(|package| Asked { package, groups: DEV }));
    }
    let is_project = |asked: &Asked| {
        lock.packages.get(asked.package.0 as usize).is_some_and(|package| package.source == Source::Project)
    };
    asked.retain(|asked| !is_project(asked));
    lock.asked = asked;
    lock
}

const SHIPPED: Groups = Groups { dev: Some(false), optional: Some(false) };
const EXTRA: Groups = Groups { dev: Some(false), optional: Some(true) };
const DEV: Groups = Groups { dev: Some(true), optional: Some(false) };

/// `{ registry = "…" }`, `{ git = "…?rev=…#commit" }`, `{ url = "…" }`, `{ editable = "." }` and so on.
fn source_of(table: Node<'_>) -> Source {
    let Some((key, value)) = table.entries().next() else { return Source::Registry };
    let (written, span) = (value.text(), inner(value));
    match key.text() {
        "editable" | "virtual" => Source::Project,
        "directory" | "path" => Source::Path(written.into()),
        "git" => {
            let (url, commit) = written.split_once('#').map_or((written, None), |(url, commit)| (url, Some(commit)));
            Source::Git { url: url.into(), commit: commit.map(Into::into), span }
        }
        "registry" if written.trim_end_matches('/') == "https://pypi.org/simple" => Source::Registry,
        "registry" if !written.contains("://") => Source::Path(written.into()),
        _ => Source::Url { url: written.into(), span },
    }
}
