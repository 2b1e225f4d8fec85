//! Swift's `Package.resolved`, versions 1 to 3, and CocoaPods' `Podfile.lock`.
//!
//! A Swift package is the repository that it lies in, and its name here is the address without scheme and `.git`. A pod's
//! subspecs are parts of it and one package with it.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;
use portcullis_syntax::json::{self, Form};

use super::helpers::{edges, entries, faults, id, inner, items, part, root, scalar, text};
use super::{Asked, Ecosystem, Groups, Lockfile, Package, PackageId, Source, partial};

/// Reads a `Package.resolved`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "version").map(Into::into);
    lock.header.manifest_hash = text(root, "originHash").map(Into::into);
    let old = root.field("object").into_iter().flat_map(|object| items(object, "pins"));
    lock.packages = items(root, "pins").chain(old).filter_map(pin).collect();
    lock
}

fn pin(node: Node<'_>) -> Option<Package> {
    let location = ["location", "repositoryURL"].into_iter().find_map(|key| node.field(key));
    // A package of a registry has an identity and no address.
    let named = location.filter(|it| scalar(*it).is_some()).or_else(|| node.field("identity"))?;
    let state = node.field("state").filter(|state| state.is_map());
    let version = state.and_then(|state| state.field("version")).filter(|version| scalar(*version).is_some());
    let mut package = Package::new(Ecosystem::Swift, &name(scalar(named)?), version.map(Node::text), inner(named));
    if let Some(version) = version {
        package.version_span = inner(version);
    }
    if text(node, "kind") == Some("localSourceControl") || named.text().starts_with('/') {
        package.source = Source::Path(named.text().into());
    } else if version.is_none() {
        let commit = state.and_then(|state| text(state, "revision")).map(Into::into);
        package.source = Source::Git { url: named.text().into(), commit, span: inner(named) };
    }
    Some(package)
}

/// `https://host/a/b.git`, `git@host:a/b.git` and `ssh://git@host/a/b` without what is only about the way there.
fn name(location: &str) -> String {
    let (is_url, address) = location.split_once("://").map_or((false, location), |(_, address)| (true, address));
    let address = address.split_once('@').map_or(address, |(_, address)| address).trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    if is_url { address.to_owned() } else { address.replacen(':', "/", 1) }
}

/// Reads a `Podfile.lock`.
pub(super) fn pods(file: FileId, source: &Arc<str>) -> Lockfile {
    let (tree, faults) = partial::yaml(file, source);
    let mut lock = Lockfile { faults, ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "COCOAPODS").map(Into::into);
    lock.header.manifest_hash = text(root, "PODFILE CHECKSUM").map(Into::into);
    let mut known: HashMap<&str, PackageId> = HashMap::new();
    let mut found: Vec<Vec<&str>> = Vec::new();
    for node in items(root, "PODS") {
        let (written, needs) = if node.is_map() {
            let Some(entry) = node.entries().next() else { continue };
            entry
        } else {
            (node, node)
        };
        let Some((pod, version)) = written.text().split_once(" (") else { continue };
        let Some(version) = version.strip_suffix(')') else { continue };
        let name = pod.split('/').next().unwrap_or(pod);
        let next = id(lock.packages.len());
        let package = *known.entry(name).or_insert(next);
        if package == next {
            let whole = inner(written);
            let mut package = Package::new(Ecosystem::CocoaPods, name, Some(version), whole);
            if whole.len() as usize == written.text().len() {
                package.span = part(whole, 0, name.len());
                package.version_span = part(whole, pod.len().saturating_add(2), version.len());
            }
            lock.packages.push(package);
            found.push(Vec::new());
        }
        if let Some(found) = found.get_mut(package.0 as usize) {
            found.extend(needs.items().map(|need| pod_name(need.text())).filter(|need| *need != name));
        }
    }
    for (package, found) in lock.packages.iter_mut().zip(found) {
        package.dependencies = edges(found.into_iter().filter_map(|name| known.get(name)).copied().collect());
    }
    for (name, options) in entries(root, "EXTERNAL SOURCES") {
        let package = known.get(pod_name(name.text())).and_then(|id| lock.packages.get_mut(id.0 as usize));
        let Some(package) = package else { continue };
        let checkout = root.field("CHECKOUT OPTIONS").and_then(|all| all.field(name.text()));
        let commit = [Some(options), checkout].into_iter().flatten().find_map(|it| text(it, ":commit"));
        package.source = if let Some(url) = options.field(":git") {
            Source::Git { url: url.text().into(), commit: commit.map(Into::into), span: inner(url) }
        } else if let Some(path) = text(options, ":path") {
            Source::Path(path.into())
        } else if let Some(url) = options.field(":podspec") {
            Source::Url { url: url.text().into(), span: inner(url) }
        } else {
            continue;
        };
    }
    let asked = items(root, "DEPENDENCIES").filter_map(|node| known.get(pod_name(node.text())));
    lock.asked = asked.map(|&package| Asked { package, groups: Groups::default() }).collect();
    lock
}

/// The pod of `Name/Subspec (~> 1.0)`.
fn pod_name(text: &str) -> &str {
    text.split(['/', ' ']).next().unwrap_or(text)
}
