//! Whether an archive is that of the package whose name stands before it.
//!
//! Registries of npm's kind put the package's name into the address of the archive. An address that is not of that form
//! says nothing.

use portcullis_model::packages::{Address, Ecosystem, Folder, Package, PackageFile, Source};

use super::{place, resolved};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&NAME_MISMATCH];

rule! {
    /// Lockfile resolves a package to the archive of another one
    ///
    /// The name in front is what people review; the address behind it is what is installed. Nobody but an attacker, or a
    /// merge that went wrong, writes an entry where the two differ: an alias is said to be one in the file, and is
    /// understood. Silent for addresses that are not those of a registry.
    ///
    /// ```json bad:7
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://registry.npmjs.org/left-pads/-/left-pads-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```json bad:5
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 1,
    ///   "dependencies": {
    ///     "left-pad": { "version": "1.3.0",
    ///       "resolved": "https://registry.npmjs.org/left-pad/-/left-pads-1.3.0.tgz" }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/pad": {
    ///       "name": "left-pad",
    ///       "version": "1.3.0",
    ///       "resolved": "https://npm.example.org/repository/npm/left-pad/-/left-pad-1.3.0.tgz"
    ///     },
    ///     "node_modules/@a/b": {
    ///       "version": "1.0.0",
    ///       "resolved": "https://registry.npmjs.org/@a%2fb/-/b-1.0.0.tgz"
    ///     },
    ///     "node_modules/c": { "version": "1.0.0", "resolved": "https://example.org/archives/d.tgz" }
    ///   }
    /// }
    /// ```
    NAME_MISMATCH = "lock-name-mismatch" {
        check: Check::Packages(name_mismatch),
        severity: Severity::High,
        tags: &["cwe-345"],
    }
}

fn name_mismatch(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    for package in resolved(file).filter(|package| package.ecosystem == Ecosystem::Npm) {
        let Source::Url { url, span } = &package.source else { continue };
        let Some((found, archive)) = Address::new(url).and_then(|address| name_in(address.path)) else { continue };
        let bare = package.name.rsplit('/').next().unwrap_or(&package.name);
        if is_same(&found, package) && is_start(&archive, bare) {
            continue;
        }
        report
            .at(place(package, *span), format!("`{}` is resolved to {archive} of `{found}`", package.name))
            .help("lock the package again from the registry, and find out how the entry came to be");
    }
}

/// The package and the archive of `/…/@scope/name/-/name-1.0.0.tgz`.
fn name_in(path: &str) -> Option<(String, String)> {
    let (before, archive) = path.split_once("/-/")?;
    let archive = archive.rsplit('/').next().filter(|archive| archive.ends_with(".tgz"))?;
    let decoded = before.replace("%2f", "/").replace("%2F", "/").replace("%40", "@");
    let mut parts = decoded.rsplit('/');
    let name = parts.next().filter(|name| !name.is_empty())?;
    let scope = parts.next().filter(|scope| scope.starts_with('@'));
    Some((scope.map_or_else(|| name.to_owned(), |scope| format!("{scope}/{name}")), archive.to_owned()))
}

/// Whether an archive begins with the name of its package.
fn is_start(archive: &str, name: &str) -> bool {
    let rest = archive
        .get(..name.len())
        .filter(|start| start.eq_ignore_ascii_case(name))
        .and_then(|_| archive.get(name.len()..));
    rest.is_some_and(|rest| rest.starts_with('-'))
}

/// Some mirrors leave the scope out.
fn is_same(found: &str, package: &Package) -> bool {
    let bare = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    if found.starts_with('@') { found.eq_ignore_ascii_case(&package.name) } else { bare(found) == bare(&package.name) }
}
