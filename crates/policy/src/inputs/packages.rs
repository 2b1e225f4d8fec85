//! The packages of a lockfile, whatever its format: a shape of ours.
//!
//! `{path, packages: [{ecosystem, name, version, source, direct, dev, optional, licence, url, integrity, install_script,
//! deprecated, dependencies}]}`. What a file does not say is not there; the project itself is no package.

use portcullis_model::packages::{Lockfile, Package, Relation, Source};

use crate::value::Value;

/// The packages of a file, in its order. They keep their numbers: `packages[3]` is the fourth that is no project.
pub fn packages(lock: &Lockfile, path: &str) -> Value {
    let packages = listed(lock).map(|package| of_package(package, lock));
    Value::object([("path", Value::from(path)), ("packages", Value::array(packages))])
}

/// Those that are handed to policies.
pub(crate) fn listed(lock: &Lockfile) -> impl Iterator<Item = &Package> {
    lock.packages.iter().filter(|package| package.source != Source::Project)
}

fn of_package(package: &Package, lock: &Lockfile) -> Value {
    let text = |text: &str| Some(Value::from(text));
    let (source, url) = match &package.source {
        Source::Registry => ("registry", None),
        Source::Url { url, .. } => ("url", text(url)),
        Source::Git { url, .. } => ("git", text(url)),
        Source::Path(path) => ("path", text(path)),
        Source::Project => ("project", None),
    };
    let commit = match &package.source {
        Source::Git { commit, .. } => commit.as_deref(),
        _ => None,
    };
    let direct = match package.relation {
        Relation::Direct => Some(true),
        Relation::Transitive => Some(false),
        Relation::Unknown => None,
    };
    let needed = package.dependencies.iter().filter_map(|id| lock.packages.get(id.0 as usize));
    let entries = [
        ("ecosystem", text(package.ecosystem.osv())),
        ("name", text(&package.name)),
        ("version", package.version.as_deref().and_then(text)),
        ("alias", package.alias.as_deref().and_then(text)),
        ("source", text(source)),
        ("url", url),
        ("commit", commit.and_then(text)),
        ("direct", direct.map(Value::from)),
        ("dev", package.groups.dev.map(Value::from)),
        ("optional", package.groups.optional.map(Value::from)),
        ("licence", package.licence.as_deref().and_then(text)),
        ("integrity", Some(Value::from(!package.integrity.is_empty()))),
        ("install_script", Some(Value::from(package.has_install_script))),
        ("deprecated", package.deprecated.as_deref().and_then(text)),
        ("dependencies", Some(Value::array(needed.map(|it| Value::from(&*it.name))))),
    ];
    Value::object(entries.into_iter().filter_map(|(key, value)| Some((key, value?))))
}
