//! Conan's `conan.lock`: the graph of version 1 and the lists of version 2.
//!
//! References are `name/version@user/channel#revision%time`. A recipe with user and channel is not the one of Conan Center.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;
use portcullis_syntax::json::{self, Form};

use super::helpers::{edges, entries, faults, id, inner, items, part, root, scalar, text};
use super::{Asked, Ecosystem, Groups, Lockfile, Package, PackageId, Source};

/// Reads a `conan.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "version").map(Into::into);
    if let Some(graph) = root.field("graph_lock") {
        read_graph(&mut lock, graph);
        return lock;
    }
    // Python requirements extend recipes, as configuration does the tool: both are gone when the build is done.
    for (list, dev) in
        [("requires", false), ("build_requires", true), ("python_requires", true), ("config_requires", true)]
    {
        for node in items(root, list) {
            let Some(mut package) = package(node) else { continue };
            package.groups = Groups { dev: Some(dev), optional: None };
            lock.packages.push(package);
        }
    }
    lock
}

/// Version 1: nodes by number.
fn read_graph(lock: &mut Lockfile, graph: Node<'_>) {
    let mut known: HashMap<&str, PackageId> = HashMap::new();
    let mut read = Vec::new();
    let mut asked: Vec<&str> = Vec::new();
    for (key, node) in entries(graph, "nodes") {
        let reference = ["ref", "pref"].into_iter().find_map(|key| node.field(key));
        let Some(mut package) = reference.and_then(package) else {
            // A project that has no name.
            if reference.is_none() || node.field("path").is_some() {
                asked.extend(items(node, "requires").map(Node::text));
            }
            continue;
        };
        let dev = text(node, "context").map(|context| context == "build");
        package.groups = Groups { dev, optional: None };
        if node.field("path").is_some() {
            package.source = Source::Project;
        }
        known.insert(key.text(), id(lock.packages.len()));
        read.push(node);
        lock.packages.push(package);
    }
    let all = lock.packages.iter_mut().zip(read);
    for (package, node) in all {
        let numbers = items(node, "requires").chain(items(node, "build_requires"));
        package.dependencies = edges(numbers.filter_map(|number| known.get(number.text())).copied().collect());
    }
    let asked = asked.into_iter().filter_map(|number| known.get(number));
    lock.asked = asked.map(|&package| Asked { package, groups: Groups::default() }).collect();
}

/// `name/version@user/channel#revision:package#revision%time`.
fn package(node: Node<'_>) -> Option<Package> {
    let reference = scalar(node)?;
    let end = reference.find(['#', ':', '%']).unwrap_or(reference.len());
    let (recipe, user) = match reference.get(..end)?.split_once('@') {
        Some((recipe, user)) => (recipe, Some(user)),
        None => (reference.get(..end)?, None),
    };
    let (name, version) = recipe
        .split_once('/')
        .filter(|(name, version)| !name.is_empty() && !version.is_empty() && !recipe.contains(' '))?;
    let whole = inner(node);
    // A range is in brackets.
    let exact = Some(version).filter(|version| !version.starts_with('['));
    let mut package = Package::new(Ecosystem::Conan, name, exact, whole);
    // An escape in the text leaves only the place of all of it.
    if whole.len() as usize == reference.len() {
        package.span = part(whole, 0, name.len());
        package.version_span = part(whole, name.len().saturating_add(1), version.len());
    }
    if let Some(user) = user.filter(|user| !matches!(*user, "" | "_/_")) {
        package.source = Source::Url { url: user.into(), span: whole };
    }
    Some(package)
}
