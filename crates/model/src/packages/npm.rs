//! npm's `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
//!
//! Versions 2 and 3 key packages by the folder that they are installed in, version 1 nests them; either way an edge leads to
//! what Node would load: the nearest `node_modules` upwards. The file says itself what is for development and what may be
//! left out. Of version 1 the project's own requirements are not in the file.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::json::{self, Form};
use portcullis_syntax::{Node, Style};

use super::helpers::{edges, entries, faults, id, inner, is_true, narrow, root, scalar, subresource, text};
use super::{Asked, Ecosystem, Groups, Lockfile, Member, MemberName, Package, PackageId, Relation, Source};

/// Folders that an edge is looked for in, upwards. npm nests a handful; without a limit a hostile file would make every edge
/// as long as the file.
const LEVELS: usize = 64;

/// Reads a `package-lock.json`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "lockfileVersion").map(Into::into);
    let mut tree = Installed::default();
    if root.field("packages").is_some_and(Node::is_map) {
        tree.read_packages(&mut lock, root);
    } else {
        tree.read_nested(&mut lock, root);
    }
    lock
}

/// The folders of an installation.
#[derive(Default)]
pub(super) struct Installed<'t> {
    places: Vec<Place>,
    /// Places by the one above and the name in its `node_modules`; folders of the project stand beneath nothing.
    known: HashMap<(u32, &'t str), u32>,
}

/// A folder that has packages of its own or is one.
struct Place {
    above: u32,
    package: Option<PackageId>,
}

/// Above the project's folder and those of its workspace.
pub(super) const TOP: u32 = u32::MAX;

impl<'t> Installed<'t> {
    /// Versions 2 and 3.
    fn read_packages(&mut self, lock: &mut Lockfile, root: Node<'t>) {
        let mut read: Vec<(PackageId, u32, Node<'t>)> = Vec::new();
        let mut links: Vec<(u32, &'t str)> = Vec::new();
        self.place_in(TOP, "");
        let project = root.field("packages").and_then(|packages| packages.field(""));
        let has_members = project.is_some_and(|project| project.field("workspaces").is_some());
        for (key, node) in entries(root, "packages").filter(|(_, node)| node.is_map()) {
            let path = key.text();
            let place = self.place(path);
            if is_true(node, "link") {
                links.push((place, text(node, "resolved").unwrap_or_default()));
                continue;
            }
            let found = id(lock.packages.len());
            let mut package = installed(key, node);
            if package.source == Source::Project && !path.is_empty() && !has_members {
                // A folder that is linked to and no member of a workspace.
                package.source = Source::Path(path.into());
                common(&mut package, node);
            }
            if package.source == Source::Project && !path.is_empty() {
                lock.members.push(member(path, node));
            }
            lock.packages.push(package);
            self.put(place, found);
            read.push((found, place, node));
        }
        for (place, target) in links {
            let target = self.known.get(&(TOP, target)).and_then(|&at| self.places.get(at as usize)?.package);
            if let Some(place) = self.places.get_mut(place as usize) {
                place.package = place.package.or(target);
            }
        }
        for (package, place, node) in read {
            let is_project = lock.packages.get(package.0 as usize).is_some_and(|it| it.source == Source::Project);
            let mut found = Vec::new();
            for (list, groups) in LISTS {
                let dev = groups.dev == Some(true);
                if dev && !is_project {
                    continue;
                }
                for (name, _) in entries(node, list) {
                    let Some(target) = self.find(place, name.text()) else { continue };
                    found.push(target);
                    if is_project && target != package {
                        lock.asked.push(Asked { package: target, groups: *groups });
                    }
                }
            }
            if let Some(package) = lock.packages.get_mut(package.0 as usize) {
                package.dependencies = edges(found);
            }
        }
        for package in lock.packages.iter_mut().filter(|package| package.source != Source::Project) {
            package.relation = Relation::Transitive;
        }
        for asked in &lock.asked {
            if let Some(package) = lock.packages.get_mut(asked.package.0 as usize) {
                package.relation = Relation::Direct;
            }
        }
    }

    /// Version 1: each package holds those that are nested below it.
    fn read_nested(&mut self, lock: &mut Lockfile, root: Node<'t>) {
        let top = self.place_in(TOP, "");
        let mut read: Vec<(PackageId, u32, Node<'t>)> = Vec::new();
        // In the file's order, a package before those within it; depth costs memory and not the stack.
        let mut waiting: Vec<(u32, Node<'t>, Node<'t>)> =
            entries(root, "dependencies").rev().map(|(key, node)| (top, key, node)).collect();
        while let Some((above, key, node)) = waiting.pop() {
            if !node.is_map() {
                continue;
            }
            let place = self.place_in(above, key.text());
            let found = id(lock.packages.len());
            lock.packages.push(nested(key, node));
            self.put(place, found);
            read.push((found, place, node));
            waiting.extend(entries(node, "dependencies").rev().map(|(key, node)| (place, key, node)));
            if above == top {
                lock.resolutions.push((key.text().into(), found));
            }
        }
        lock.resolutions.sort_unstable();
        for (package, place, node) in read {
            let found = entries(node, "requires").filter_map(|(name, _)| self.find(place, name.text())).collect();
            if let Some(package) = lock.packages.get_mut(package.0 as usize) {
                package.dependencies = edges(found);
            }
        }
    }

    /// The place of a path such as `packages/a/node_modules/@b/c/node_modules/d`.
    fn place(&mut self, path: &'t str) -> u32 {
        let mut parts = path.split("node_modules/");
        let folder = parts.next().unwrap_or_default().trim_end_matches('/');
        let mut place = self.place_in(TOP, folder);
        for name in parts {
            place = self.place_in(place, name.trim_end_matches('/'));
        }
        place
    }

    pub(super) fn place_in(&mut self, above: u32, name: &'t str) -> u32 {
        let next = narrow(self.places.len());
        let place = *self.known.entry((above, name)).or_insert(next);
        if place == next {
            self.places.push(Place { above, package: None });
        }
        place
    }

    /// Says which package lies at a place.
    pub(super) fn put(&mut self, place: u32, package: PackageId) {
        if let Some(place) = self.places.get_mut(place as usize) {
            place.package = Some(package);
        }
    }

    /// The place of a name right beneath another, where there is one.
    pub(super) fn known(&self, above: u32, name: &'t str) -> Option<u32> {
        self.known.get(&(above, name)).copied()
    }

    /// What Node loads for a name from a place.
    pub(super) fn find(&self, from: u32, name: &'t str) -> Option<PackageId> {
        let in_folder = |place: u32| {
            let found = self.known.get(&(place, name))?;
            self.places.get(*found as usize)?.package
        };
        let mut place = from;
        for _ in 0..LEVELS {
            if let Some(found) = in_folder(place) {
                return Some(found);
            }
            let above = self.places.get(place as usize)?.above;
            if above == TOP {
                break;
            }
            place = above;
        }
        // The folder of a member of the workspace lies in that of the project.
        let top = *self.known.get(&(TOP, ""))?;
        if place == top { None } else { in_folder(top) }
    }
}

/// The lists of a package, and what is asked for in them.
pub(super) const LISTS: &[(&str, Groups)] = &[
    ("dependencies", Groups { dev: Some(false), optional: Some(false) }),
    ("devDependencies", Groups { dev: Some(true), optional: Some(false) }),
    ("optionalDependencies", Groups { dev: Some(false), optional: Some(true) }),
    ("peerDependencies", Groups { dev: Some(false), optional: Some(true) }),
];

/// A member of a workspace in a folder, by the lists of what it asks for.
pub(super) fn member(folder: &str, node: Node<'_>) -> Member {
    let asked = LISTS.iter().flat_map(|(list, _)| entries(node, list)).map(|(name, _)| name.text().into());
    Member { name: MemberName::Folder(folder.into()), asked: asked.collect() }
}

/// A package of version 2 or 3.
fn installed(key: Node<'_>, node: Node<'_>) -> Package {
    let path = key.text();
    let (folder, last) = path.rsplit_once("node_modules/").map_or((path, None), |(above, name)| (above, Some(name)));
    let named = node.field("name").filter(|name| scalar(*name).is_some());
    let name = named.map(Node::text).or(last).unwrap_or_else(|| folder.rsplit('/').next().unwrap_or_default());
    let span = named.filter(|_| last.is_none()).map_or_else(|| inner(key), inner);
    let mut package = Package::new(Ecosystem::Npm, name, text(node, "version"), span);
    package.alias = last.filter(|last| *last != name).map(Into::into);
    if let Some(version) = node.field("version").filter(|version| scalar(*version).is_some()) {
        package.version_span = inner(version);
    }
    if last.is_none() {
        package.source = if path.starts_with("..") { Source::Path(path.into()) } else { Source::Project };
    } else if let Some(resolved) = node.field("resolved").filter(|resolved| scalar(*resolved).is_some()) {
        package.source = source_of(resolved);
    }
    if package.source != Source::Project {
        common(&mut package, node);
    }
    package.licence = node.field("license").and_then(licence);
    package.has_install_script = is_true(node, "hasInstallScript");
    package
}

/// A package of version 1, whose `version` says where it comes from if that is not the registry.
fn nested(key: Node<'_>, node: Node<'_>) -> Package {
    let version = node.field("version");
    let written = version.map(Node::text).unwrap_or_default();
    let alias = written.strip_prefix("npm:").and_then(|text| text.rsplit_once('@'));
    let (name, exact) = alias.unwrap_or((key.text(), written));
    let is_exact = exact.starts_with(|c: char| c.is_ascii_digit());
    let mut package = Package::new(Ecosystem::Npm, name, Some(exact).filter(|_| is_exact), inner(key));
    package.alias = alias.map(|_| key.text().into());
    if let Some(version) = version {
        package.version_span = inner(version);
        if !is_exact {
            package.source = source_of(version);
        }
    }
    if let Some(resolved) = node.field("resolved").filter(|resolved| is_exact && scalar(*resolved).is_some()) {
        package.source = source_of(resolved);
    }
    common(&mut package, node);
    package
}

/// What all versions say alike.
fn common(package: &mut Package, node: Node<'_>) {
    package.is_bundled = is_true(node, "inBundle") || is_true(node, "bundled");
    package.deprecated = text(node, "deprecated").map(Into::into);
    // `devOptional`: development needs it, and something else may go without it.
    let either = is_true(node, "devOptional");
    package.groups = Groups {
        dev: Some(is_true(node, "dev")),
        optional: Some(either || is_true(node, "optional") || is_true(node, "peer")),
    };
    if let Some(integrity) = node.field("integrity").filter(|it| it.style() == Style::DoubleQuoted) {
        package.integrity = subresource(integrity.text(), inner(integrity));
    }
}

/// `https://….tgz`, `git+ssh://…#commit`, `github:user/repo#commit`, `file:…`.
pub(super) fn source_of(node: Node<'_>) -> Source {
    let (written, span) = (node.text(), inner(node));
    if let Some(path) = written.strip_prefix("file:").or_else(|| written.strip_prefix("link:")) {
        return Source::Path(path.into());
    }
    let is_git = ["git+", "git:", "github:", "gitlab:", "bitbucket:", "gist:"];
    let (url, commit) = written.split_once('#').map_or((written, None), |(url, commit)| (url, Some(commit)));
    if is_git.iter().any(|prefix| written.starts_with(prefix)) || (url.ends_with(".git") && url.contains("://")) {
        let commit = commit.filter(|commit| is_commit(commit)).map(Into::into);
        return Source::Git { url: url.strip_prefix("git+").unwrap_or(url).into(), commit, span };
    }
    if written.contains("://") { Source::Url { url: written.into(), span } } else { Source::Path(written.into()) }
}

/// Whether a reference of git fixes a commit, not a branch or a tag.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `"MIT"`; in old packages an object with a type, or a list.
pub(super) fn licence(node: Node<'_>) -> Option<Box<str>> {
    if let Some(text) = scalar(node) {
        return Some(text.into());
    }
    if node.is_map() {
        return text(node, "type").map(Into::into);
    }
    let all: Vec<&str> = node.items().filter_map(|it| scalar(it).or_else(|| text(it, "type"))).collect();
    (!all.is_empty()).then(|| all.join(" OR ").into())
}
