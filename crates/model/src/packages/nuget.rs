//! NuGet's `packages.lock.json` and `packages.config`, and .NET's `NAME.deps.json`.
//!
//! A lockfile lists each target framework by itself; a package that several of them have in one version is one package here.
//! Names are compared without case. None of these files says what is for development but `packages.config`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::json::{self, Form};
use portcullis_syntax::{Node, xml};

use super::helpers::{edges, entries, faults, id, inner, part, root, scalar, text};
use super::{Algorithm, Ecosystem, Groups, Integrity, Lockfile, Package, PackageId, Relation, Source};

/// Reads a `packages.lock.json`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "version").map(Into::into);
    let mut known: HashMap<(String, &str), PackageId> = HashMap::new();
    let mut found: Vec<Vec<PackageId>> = Vec::new();
    for (_, framework) in entries(root, "dependencies") {
        let mut here: HashMap<String, PackageId> = HashMap::new();
        let mut read = Vec::new();
        for (key, node) in framework.entries().filter(|(_, node)| node.is_map()) {
            let name = key.text().to_lowercase();
            let version = text(node, "resolved").unwrap_or_default();
            // Only a project of the same solution has no version.
            if version.is_empty() && text(node, "type") != Some("Project") {
                continue;
            }
            let next = id(lock.packages.len());
            let package = *known.entry((name.clone(), version)).or_insert(next);
            if package == next {
                lock.packages.push(resolved(key, node));
                found.push(Vec::new());
            } else if let Some(package) = lock.packages.get_mut(package.0 as usize)
                && text(node, "type") == Some("Direct")
            {
                package.relation = Relation::Direct;
            }
            here.insert(name, package);
            read.push((package, node));
        }
        for (package, node) in read {
            let names = entries(node, "dependencies").filter_map(|(name, _)| here.get(&name.text().to_lowercase()));
            if let Some(found) = found.get_mut(package.0 as usize) {
                found.extend(names);
            }
        }
    }
    for (package, found) in lock.packages.iter_mut().zip(found) {
        package.dependencies = edges(found);
    }
    lock
}

fn resolved(key: Node<'_>, node: Node<'_>) -> Package {
    let mut package = Package::new(Ecosystem::NuGet, key.text(), text(node, "resolved"), inner(key));
    if let Some(version) = node.field("resolved").filter(|version| scalar(*version).is_some()) {
        package.version_span = inner(version);
    }
    package.relation = match text(node, "type") {
        Some("Direct") => Relation::Direct,
        Some("Transitive" | "CentralTransitive") => Relation::Transitive,
        _ => Relation::Unknown,
    };
    if text(node, "type") == Some("Project") {
        package.source = Source::Project;
    }
    if let Some(hash) = node.field("contentHash").filter(|hash| scalar(*hash).is_some()) {
        package.integrity.push(Integrity {
            algorithm: Algorithm::Sha512,
            digest: hash.text().into(),
            span: inner(hash),
        });
    }
    package
}

/// Reads a `packages.config`: every package of the project, whoever asked for it.
pub(super) fn config(file: FileId, source: &Arc<str>) -> Lockfile {
    let document = xml::parse(file, source);
    let mut lock = Lockfile { faults: document.faults().to_vec(), ..Lockfile::default() };
    let packages =
        document.root().filter(|root| root.name() == "packages").into_iter().flat_map(xml::Element::children);
    for node in packages.filter(|node| node.name() == "package") {
        let Some((name, value)) = node.attribute("id").and_then(|name| Some((name, name.value.as_deref()?))) else {
            continue;
        };
        let version = node.attribute("version").filter(|version| version.value.is_some());
        let written = version.and_then(|version| version.value.as_deref()).filter(|text| !text.is_empty());
        let mut package = Package::new(Ecosystem::NuGet, value, written, name.span);
        if let Some(version) = version {
            package.version_span = version.span;
        }
        let flag = node.attribute("developmentDependency").and_then(|flag| flag.value.as_deref());
        let dev = flag.is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
        package.groups = Groups { dev: Some(dev), optional: None };
        lock.packages.push(package);
    }
    lock
}

/// Packages that nothing is shipped of, which a way to one that is may lead through.
const BETWEEN: usize = 64;

/// Reads a `NAME.deps.json`: what a build put beside the program. A package of which it put nothing there is left out.
pub(super) fn deps(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    let target = root.field("runtimeTarget").and_then(|target| scalar(target).or_else(|| text(target, "name")));
    let target = target.and_then(|name| root.field("targets")?.field(name));
    let shipped: Option<HashMap<&str, Node<'_>>> =
        target.map(|target| target.entries().map(|(key, node)| (key.text(), node)).collect());
    let mut known: BTreeMap<&str, PackageId> = BTreeMap::new();
    for (key, node) in entries(root, "libraries") {
        // Without a target that is not known.
        let is_shipped = shipped.as_ref().is_none_or(|all| all.get(key.text()).copied().is_some_and(has_assets));
        let Some(package) = library(key, node).filter(|package| is_shipped || package.source == Source::Project) else {
            continue;
        };
        known.insert(key.text(), id(lock.packages.len()));
        lock.packages.push(package);
    }
    let shipped = shipped.unwrap_or_default();
    for (key, package) in &known {
        let Some(node) = shipped.get(key) else { continue };
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting: Vec<String> = needed(*node).collect();
        while let Some(key) = waiting.pop() {
            if let Some(package) = known.get(key.as_str()) {
                found.push(*package);
            } else if let Some(node) = shipped.get(key.as_str())
                && seen.len() < BETWEEN
                && seen.insert(key)
            {
                waiting.extend(needed(*node));
            }
        }
        if let Some(package) = lock.packages.get_mut(package.0 as usize) {
            package.dependencies = edges(found);
        }
    }
    lock
}

/// The keys of what a library needs.
fn needed(node: Node<'_>) -> impl Iterator<Item = String> {
    entries(node, "dependencies").map(|(name, version)| format!("{}/{}", name.text(), version.text()))
}

fn has_assets(node: Node<'_>) -> bool {
    ["runtime", "runtimeTargets", "native"].iter().any(|list| entries(node, list).next().is_some())
}

/// A library that is a package or a project.
fn library(key: Node<'_>, node: Node<'_>) -> Option<Package> {
    let (name, version) = key.text().split_once('/')?;
    let kind = text(node, "type")?.to_ascii_lowercase();
    // What is shipped of the runtime itself is a package as well, under a name with a prefix.
    let package_name = match kind.as_str() {
        "package" | "project" => name,
        "runtimepack" => name.strip_prefix("runtimepack.").unwrap_or(name),
        _ => return None,
    };
    let whole = inner(key);
    let version = Some(version).filter(|version| !version.is_empty());
    let mut package = Package::new(Ecosystem::NuGet, package_name, version, whole);
    // An escape in the key leaves only the place of all of it.
    if whole.len() as usize == key.text().len() {
        package.span = part(whole, name.len().saturating_sub(package_name.len()), package_name.len());
        package.version_span = part(whole, name.len().saturating_add(1), version.map_or(0, str::len));
    }
    if kind == "project" {
        package.source = Source::Project;
    }
    if let Some((node, digest)) = node.field("sha512").and_then(|it| Some((it, it.text().strip_prefix("sha512-")?))) {
        let span = part(inner(node), "sha512-".len(), digest.len());
        package.integrity.push(Integrity { algorithm: Algorithm::Sha512, digest: digest.into(), span });
    }
    Some(package)
}
