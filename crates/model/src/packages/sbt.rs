//! `build.sbt.lock`, which the plugin sbt-dependency-lock writes.
//!
//! Each module has the configurations that it is in, and nothing of who asked for it. Its hashes are always
//! SHA-1, which nobody can choose otherwise, and are not kept.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::json::{self, Form};

use super::helpers::{faults, inner, items, root, scalar, text};
use super::{Ecosystem, Groups, Lockfile, Package};

/// Reads a `build.sbt.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "lockVersion").map(Into::into);
    for node in items(root, "dependencies") {
        let Some(organisation) = text(node, "org") else { continue };
        let Some(name) = node.field("name").filter(|name| scalar(*name).is_some()) else { continue };
        let whole = format!("{organisation}:{}", name.text());
        let mut package = Package::new(Ecosystem::Maven, &whole, text(node, "version"), inner(name));
        if let Some(version) = node.field("version").filter(|version| scalar(*version).is_some()) {
            package.version_span = inner(version);
        }
        let mut configurations = items(node, "configurations").filter_map(scalar).peekable();
        let is_said = configurations.peek().is_some();
        let dev = configurations.all(|name| matches!(name, "test" | "it" | "scala-tool" | "plugin"));
        package.groups = Groups { dev: is_said.then_some(dev), optional: None };
        lock.packages.push(package);
    }
    lock
}
