//! `pnpm-lock.yaml`, versions 5 to 9.
//!
//! Packages are keyed by name, version and the peers that they see; one version is one package here, whatever its peers.
//! Up to version 8 each says whether it is for development; version 9 does not, and what only development reaches from
//! the importers is found by walking.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, SyntaxError, SyntaxErrorKind};
use portcullis_syntax::{Dialect, Node, Tree, yaml};

use super::helpers::{edges, entries, faults, id, inner, is_true, narrow, root, scalar, subresource, text};
use super::npm::member;
use super::{Asked, Ecosystem, Groups, Lockfile, Package, PackageId, Relation, Source};

/// Reads a `pnpm-lock.yaml`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = yaml::parse(file, source, Dialect::Yaml12);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    // What stands before a fault is a document as well, once its last lines are cut off.
    let partial = lock.faults.first().and_then(|fault| before(file, source, fault.span.start));
    let tree = partial.unwrap_or(tree);
    let Some(root) = documents(&tree) else { return lock };
    read(&mut lock, root);
    lock
}

/// The document with the lockfile: pnpm may write one about itself before it.
fn documents(tree: &Tree) -> Option<Node<'_>> {
    let is_lock = |root: &Node<'_>| root.field("packages").is_some() || root.field("importers").is_some();
    let last = tree.documents().map(|document| document.root).filter(is_lock).last();
    last.or_else(|| root(tree))
}

/// Parses the lines before a fault; fewer of them while these are no document yet.
fn before(file: FileId, source: &str, fault: u32) -> Option<Tree> {
    let mut text = source.get(..fault as usize)?;
    let mut dropped = 1_usize;
    for _ in 0..32 {
        for _ in 0..dropped {
            text = text.get(..text.rfind('\n')?)?;
        }
        let tree = yaml::parse(file, &Arc::from(text), Dialect::Yaml12);
        if faults(&tree).is_empty() {
            return Some(tree);
        }
        dropped = dropped.saturating_mul(4);
    }
    None
}

fn read<'t>(lock: &mut Lockfile, root: Node<'t>) {
    let version = text(root, "lockfileVersion");
    lock.header.version = version.map(Into::into);
    let major = version.and_then(|text| text.split('.').next()?.parse::<u32>().ok()).unwrap_or(0);
    let syntax = match major {
        0..=5 => Syntax::Slashes,
        6..=8 => Syntax::SlashAt,
        _ => Syntax::At,
    };
    let mut reader =
        Reader { syntax, keys: HashMap::new(), same: HashMap::new(), variants: Vec::new(), roots: Vec::new() };
    let mut read: Vec<(u32, Node<'t>)> = Vec::new();
    for (key, node) in entries(root, "packages") {
        if let Some(package) = reader.package(lock, key, node) {
            read.push((reader.variant(key.text(), package), node));
        } else if lock.faults.is_empty() {
            let message = "this is no package's path".to_owned();
            lock.faults.push(SyntaxError { span: inner(key), message, kind: SyntaxErrorKind::Invalid });
        }
    }
    for (key, node) in entries(root, "snapshots") {
        let bare = key.text().split('(').next().unwrap_or_default();
        let Some(package) = reader.keys.get(bare).and_then(|at| reader.variants.get(*at as usize)).copied() else {
            continue;
        };
        read.push((reader.variant(key.text(), package), node));
        if let Some(package) = lock.packages.get_mut(package.0 as usize) {
            let optional = is_true(node, "optional");
            package.groups.optional = Some(package.groups.optional.unwrap_or(true) && optional);
        }
    }
    let mut to: Vec<Vec<u32>> = vec![Vec::new(); reader.variants.len()];
    for (variant, node) in read {
        let Some(to) = to.get_mut(variant as usize) else { continue };
        for list in ["dependencies", "optionalDependencies"] {
            to.extend(entries(node, list).filter_map(|(name, to)| reader.find(name.text(), to.text())));
        }
    }
    let mut found: Vec<Vec<PackageId>> = vec![Vec::new(); lock.packages.len()];
    for (from, to) in reader.variants.iter().zip(&to) {
        if let Some(found) = found.get_mut(from.0 as usize) {
            found.extend(to.iter().filter_map(|at| reader.variants.get(*at as usize)).filter(|to| *to != from));
        }
    }
    for (package, found) in lock.packages.iter_mut().zip(found) {
        package.dependencies = edges(found);
    }
    reader.importer(lock, root);
    for (path, importer) in entries(root, "importers") {
        reader.importer(lock, importer);
        lock.members.push(member(path.text(), importer));
    }
    reader.walk(lock, &to);
    for package in &mut lock.packages {
        package.relation = Relation::Transitive;
    }
    for asked in &lock.asked {
        if let Some(package) = lock.packages.get_mut(asked.package.0 as usize) {
            package.relation = Relation::Direct;
        }
    }
}

/// How a package's key is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    /// `/@scope/name/1.0.0_peers`, version 5.
    Slashes,
    /// `/@scope/name@1.0.0(peers)`, versions 6 to 8.
    SlashAt,
    /// `@scope/name@1.0.0(peers)`, version 9.
    At,
}

struct Reader<'t> {
    syntax: Syntax,
    /// Variants by their keys.
    keys: HashMap<&'t str, u32>,
    /// The package of each variant: of one version there are as many as sets of peers that it sees.
    variants: Vec<PackageId>,
    /// The variants that the project asks for, and whether for development.
    roots: Vec<(u32, bool)>,
    /// By name, version and whether it comes from the registry: variants with other peers are one package.
    same: HashMap<(&'t str, &'t str), PackageId>,
}

impl<'t> Reader<'t> {
    /// Says which package a key stands for. Of version 9 a package and its snapshot without peers have one key.
    fn variant(&mut self, key: &'t str, package: PackageId) -> u32 {
        let next = narrow(self.variants.len());
        let variant = *self.keys.entry(key).or_insert(next);
        if variant == next {
            self.variants.push(package);
        }
        variant
    }

    /// What nothing but development reaches, variant by variant: what one of them needs the package's others need not.
    fn walk(&self, lock: &mut Lockfile, to: &[Vec<u32>]) {
        for dev in [true, false] {
            let mut reached = vec![false; self.variants.len()];
            let mut waiting: Vec<u32> = self.roots.iter().filter(|root| root.1 == dev).map(|root| root.0).collect();
            while let Some(at) = waiting.pop() {
                let Some(seen) = reached.get_mut(at as usize) else { continue };
                if !std::mem::replace(seen, true) {
                    waiting.extend(to.get(at as usize).into_iter().flatten());
                }
            }
            let variants = self.variants.iter().zip(reached).filter(|(_, reached)| *reached);
            for (package, _) in variants {
                // Up to version 8 the file says it itself.
                let package = lock.packages.get_mut(package.0 as usize).filter(|_| self.syntax == Syntax::At);
                if let Some(package) = package {
                    package.groups.dev = Some(dev);
                }
            }
        }
    }

    /// `None` where the key is not that of a package.
    fn package(&mut self, lock: &mut Lockfile, key: Node<'t>, node: Node<'t>) -> Option<PackageId> {
        let (from_key, version_in_key) = self.split(key.text());
        let name = text(node, "name").unwrap_or(from_key);
        let version = text(node, "version").unwrap_or(version_in_key);
        let resolution = node.field("resolution");
        let is_exact = version.starts_with(|c: char| c.is_ascii_digit());
        let groups = Groups {
            dev: node.field("dev").map(|_| is_true(node, "dev")),
            optional: (self.syntax != Syntax::At).then(|| is_true(node, "optional")),
        };
        let is_plain = resolution.is_none_or(|it| it.field("tarball").is_none() && it.field("type").is_none());
        if let Some(&package) = self.same.get(&(name, version)).filter(|_| is_plain) {
            if let Some(package) = lock.packages.get_mut(package.0 as usize) {
                let both = |one: Option<bool>, other: Option<bool>| one.zip(other).map(|(one, other)| one && other);
                package.groups.dev = both(package.groups.dev, groups.dev);
                package.groups.optional = both(package.groups.optional, groups.optional);
            }
            return Some(package);
        }
        let source = resolution.map_or(Source::Registry, source_of);
        if !is_exact && source == Source::Registry {
            return None;
        }
        let found = id(lock.packages.len());
        let mut package = Package::new(Ecosystem::Npm, name, Some(version).filter(|_| is_exact), inner(key));
        if let Some(node) = node.field("version") {
            package.version_span = inner(node);
        }
        package.groups = groups;
        package.has_install_script = is_true(node, "requiresBuild");
        package.source = source;
        package.deprecated = text(node, "deprecated").map(Into::into);
        if let Some(integrity) = resolution.and_then(|resolution| resolution.field("integrity")) {
            package.integrity = subresource(integrity.text(), inner(integrity));
        }
        lock.packages.push(package);
        if is_plain {
            self.same.insert((name, version), found);
        }
        Some(found)
    }

    /// Name and version of a key.
    fn split(&self, key: &'t str) -> (&'t str, &'t str) {
        let key = key.split('(').next().unwrap_or_default();
        if self.syntax == Syntax::Slashes {
            // A registry that is not the default one stands before the first slash.
            let path = key.split_once('/').map_or(key, |(_, path)| path);
            let Some((name, version)) = path.rsplit_once('/') else { return (path, "") };
            return (name, version.split('_').next().unwrap_or(version));
        }
        let key = key.strip_prefix('/').unwrap_or(key);
        let at = key.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
        let parts = at.and_then(|at| Some((key.get(..at)?, key.get(at.saturating_add(1)..)?)));
        parts.unwrap_or((key, ""))
    }

    /// The variant that a name and what it was resolved to stand for.
    fn find(&self, name: &str, to: &'t str) -> Option<u32> {
        // A reference to what another name stands for, and to archives and repositories, is the key itself.
        if let Some(&variant) = self.keys.get(to) {
            return Some(variant);
        }
        if to.starts_with("link:") {
            return None;
        }
        let key = match self.syntax {
            Syntax::Slashes => format!("/{name}/{to}"),
            Syntax::SlashAt => format!("/{name}@{to}"),
            Syntax::At => format!("{name}@{to}"),
        };
        self.keys.get(key.as_str()).copied()
    }

    /// What one folder of the project asks for.
    fn importer(&mut self, lock: &mut Lockfile, importer: Node<'t>) {
        for (list, dev, optional) in
            [("dependencies", false, false), ("devDependencies", true, false), ("optionalDependencies", false, true)]
        {
            for (name, to) in entries(importer, list) {
                // From version 6 on the range stands beside it.
                let to = scalar(to).or_else(|| text(to, "version"));
                let Some(variant) = to.and_then(|to| self.find(name.text(), to)) else { continue };
                let Some(&package) = self.variants.get(variant as usize) else { continue };
                self.roots.push((variant, dev));
                lock.asked.push(Asked { package, groups: Groups { dev: Some(dev), optional: Some(optional) } });
            }
        }
    }
}

/// `{tarball: …}`, `{type: git, repo: …, commit: …}`, `{type: directory, directory: …}`.
fn source_of(resolution: Node<'_>) -> Source {
    if let Some(repository) = resolution.field("repo") {
        let commit = text(resolution, "commit").map(Into::into);
        return Source::Git { url: repository.text().into(), commit, span: inner(repository) };
    }
    if let Some(directory) = text(resolution, "directory") {
        return Source::Path(directory.into());
    }
    match resolution.field("tarball") {
        Some(tarball) if tarball.text().starts_with("file:") => {
            Source::Path(tarball.text().strip_prefix("file:").unwrap_or_default().into())
        }
        Some(tarball) => Source::Url { url: tarball.text().into(), span: inner(tarball) },
        None => Source::Registry,
    }
}
