//! `bun.lock`.
//!
//! JSON with comments and trailing commas. Packages are keyed by the names that lead to them (`a/b`: the `b` that `a` sees), and
//! the workspaces say what they ask for, so what is for development is found by walking.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;
use portcullis_syntax::json::{self, Form};

use super::helpers::{edges, entries, faults, id, inner, part, root, scalar, subresource, text};
use super::npm::{Installed, LISTS, TOP, is_commit, member};
use super::{Asked, Ecosystem, Lockfile, Package, PackageId, Source};

/// Reads a `bun.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Commented);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "lockfileVersion").map(Into::into);
    let mut tree = Installed::default();
    let top = tree.place_in(TOP, "");
    let mut read: Vec<(PackageId, u32, Node<'_>)> = Vec::new();
    for (key, node) in entries(root, "packages") {
        let Some(resolved) = node.items().next().filter(|it| scalar(*it).is_some()) else { continue };
        let mut place = top;
        for name in names(key.text()) {
            place = tree.place_in(place, name);
        }
        let Some(package) = package(key, resolved, node) else { continue };
        let found = id(lock.packages.len());
        lock.packages.push(package);
        tree.put(place, found);
        if let Some(info) = node.items().find(|item| item.is_map()) {
            read.push((found, place, info));
        }
    }
    for (package, place, info) in read {
        let lists = LISTS.iter().filter(|(_, groups)| groups.dev != Some(true));
        let names = lists.flat_map(|(list, _)| entries(info, list));
        let found = names.filter_map(|(name, _)| tree.find(place, name.text())).collect();
        if let Some(package) = lock.packages.get_mut(package.0 as usize) {
            package.dependencies = edges(found);
        }
    }
    for (path, workspace) in entries(root, "workspaces") {
        lock.members.push(member(path.text(), workspace));
        // A member sees what lies beneath its own name first.
        let place = text(workspace, "name").and_then(|name| tree.known(top, name)).unwrap_or(top);
        for (list, groups) in LISTS {
            let found = entries(workspace, list).filter_map(|(name, _)| tree.find(place, name.text()));
            lock.asked.extend(found.map(|package| Asked { package, groups: *groups }));
        }
    }
    let is_project = |asked: &Asked| {
        lock.packages.get(asked.package.0 as usize).is_some_and(|package| package.source == Source::Project)
    };
    let mut asked = std::mem::take(&mut lock.asked);
    asked.retain(|asked| !is_project(asked));
    lock.asked = asked;
    lock
}

/// The names of a key; a scope is part of its name.
fn names(key: &str) -> impl Iterator<Item = &str> {
    let mut rest = key;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let scope =
            if rest.starts_with('@') { rest.find('/').map_or(rest.len(), |at| at.saturating_add(1)) } else { 0 };
        let end = rest.get(scope..)?.find('/').map_or(rest.len(), |at| scope.saturating_add(at));
        let name = rest.get(..end)?;
        rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
        Some(name)
    })
}

/// `["name@1.0.0", "registry", {…}, "sha512-…"]`; of what comes from elsewhere the second is missing.
fn package(key: Node<'_>, resolved: Node<'_>, node: Node<'_>) -> Option<Package> {
    let written = resolved.text();
    let at = written.char_indices().skip(1).find(|(_, c)| *c == '@')?.0;
    let (name, origin) = (written.get(..at)?, written.get(at.saturating_add(1)..)?);
    let place = |from: usize, length: usize| {
        let span = inner(resolved);
        if span.len() as usize == written.len() { part(span, from, length) } else { span }
    };
    let is_exact = origin.starts_with(|c: char| c.is_ascii_digit()) && !origin.contains("://");
    let last = names(key.text()).last().unwrap_or_default();
    let mut package = Package::new(Ecosystem::Npm, name, Some(origin).filter(|_| is_exact), place(0, name.len()));
    package.alias = (last != name).then(|| last.into());
    if package.alias.is_some() {
        package.span = inner(key);
    }
    if is_exact {
        package.version_span = place(at.saturating_add(1), origin.len());
    }
    package.source = match origin.split_once(':') {
        _ if is_exact => match node.items().nth(1).filter(|it| it.text().contains("://")) {
            Some(registry) => Source::Url { url: registry.text().into(), span: inner(registry) },
            None => Source::Registry,
        },
        Some(("workspace" | "root", _)) => Source::Project,
        Some(("file" | "link", path)) => Source::Path(path.into()),
        Some(("github" | "gitlab" | "bitbucket" | "git", _)) => git(origin, place(at.saturating_add(1), origin.len())),
        Some((scheme, _)) if scheme.starts_with("git+") => git(origin, place(at.saturating_add(1), origin.len())),
        Some(_) => Source::Url { url: origin.into(), span: place(at.saturating_add(1), origin.len()) },
        None => Source::Path(origin.into()),
    };
    let hash = node.items().next_back().filter(|it| scalar(*it).is_some_and(|text| text.starts_with("sha")));
    package.integrity = hash.map(|hash| subresource(hash.text(), inner(hash))).unwrap_or_default();
    Some(package)
}

/// `github:user/repo#commit`; the commit may be shortened.
fn git(origin: &str, span: portcullis_core::Span) -> Source {
    let (url, reference) = origin.split_once('#').unwrap_or((origin, ""));
    let is_short = (7..40).contains(&reference.len()) && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = Some(reference).filter(|it| is_short || is_commit(it)).map(Into::into);
    Source::Git { url: url.strip_prefix("git+").unwrap_or(url).into(), commit, span }
}
