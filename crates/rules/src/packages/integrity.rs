//! Hashes: whether what is installed tomorrow is what was looked at today.
//!
//! Only formats that keep a hash of every archive are judged, and only archives: a commit is its own hash. How the
//! program that wrote the file verifies the hashes is not known here.

use portcullis_model::packages::{Algorithm, Folder, Format, Package, PackageFile, Source};

use super::{named, place, resolved};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&INTEGRITY_MISSING, &INTEGRITY_WEAK];

rule! {
    /// Lockfile holds a package without a hash
    ///
    /// Without a hash, whoever controls the registry, a mirror or the network between decides what is installed; nobody
    /// would see a difference. Reports a lockfile once, at the first such package. Silent for formats that keep no hashes,
    /// for repositories, local folders and packages that are bundled with another, and where no package has a hash: that
    /// is how old programs write the file.
    ///
    /// ```json bad:10
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
    ///       "integrity": "sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA=="
    ///     },
    ///     "node_modules/right-pad": {
    ///       "version": "1.1.0",
    ///       "resolved": "https://registry.npmjs.org/right-pad/-/right-pad-1.1.0.tgz"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/a": { "version": "1.0.0", "resolved": "git+ssh://git@github.com/a/a.git#0123456789012345678901234567890123456789" },
    ///     "node_modules/b": { "resolved": "packages/b", "link": true },
    ///     "node_modules/e": { "version": "1.0.0", "resolved": "https://codeload.github.com/e/e/tar.gz/0123456789012345678901234567890123456789" },
    ///     "node_modules/c": {
    ///       "version": "1.0.0",
    ///       "resolved": "https://registry.npmjs.org/c/-/c-1.0.0.tgz",
    ///       "integrity": "sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA=="
    ///     },
    ///     "node_modules/c/node_modules/d": { "version": "1.0.0", "inBundle": true }
    ///   }
    /// }
    /// ```
    INTEGRITY_MISSING = "lock-integrity-missing" {
        check: Check::Packages(integrity_missing),
        severity: Severity::Medium,
        tags: &["cwe-353"],
    }
}

fn integrity_missing(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    if !keeps_hashes(file.format) || resolved(file).all(|package| package.integrity.is_empty()) {
        return;
    }
    let bare: Vec<&Package> =
        resolved(file).filter(|package| is_archive(package) && package.integrity.is_empty()).collect();
    let Some(first) = bare.first() else { return };
    let verb = if bare.len() == 1 { "has" } else { "have" };
    report
        .at(place(first, first.span), format!("{} {verb} no hash to be checked by", named(&bare)))
        .help("lock the dependencies again from the registry itself, and see why the hash was lost");
}

rule! {
    /// Lockfile checks packages by a broken hash alone
    ///
    /// Two archives with one MD5 or SHA-1 can be made on purpose. Registries have given SHA-512 for years; lockfiles keep
    /// the old hash until they are written anew. Reports a lockfile once, at the first such package; silent where a
    /// package has a better hash as well.
    ///
    /// ```json bad:4
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 1,
    ///   "dependencies": {
    ///     "left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
    ///       "integrity": "sha1-W4o6d4Xf77nEpgWcSECAYnnGBZQ="
    ///     }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 1,
    ///   "dependencies": {
    ///     "left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
    ///       "integrity": "sha1-W4o6d4Xf77nEpgWcSECAYnnGBZQ= sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA=="
    ///     }
    ///   }
    /// }
    /// ```
    INTEGRITY_WEAK = "lock-integrity-weak" {
        check: Check::Packages(integrity_weak),
        severity: Severity::Low,
        tags: &["cwe-328"],
    }
}

fn integrity_weak(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    // Nothing is installed by a bill of materials.
    if matches!(file.format, Format::CycloneDx | Format::Spdx) {
        return;
    }
    let is_broken = |algorithm| matches!(algorithm, Algorithm::Md5 | Algorithm::Sha1);
    let weak: Vec<&Package> = resolved(file)
        .filter(|package| is_archive(package) && !package.integrity.is_empty())
        .filter(|package| package.integrity.iter().all(|hash| is_broken(hash.algorithm)))
        .collect();
    let Some(first) = weak.first() else { return };
    let verb = if weak.len() == 1 { "is" } else { "are" };
    report
        .at(place(first, first.span), format!("{} {verb} checked by MD5 or SHA-1 alone", named(&weak)))
        .help("remove the lockfile's entry and lock it again: registries give SHA-256 or SHA-512 today");
}

/// Whether the program that writes a format keeps a hash of every archive.
fn keeps_hashes(format: Format) -> bool {
    matches!(
        format,
        Format::NpmLock
            | Format::YarnLock
            | Format::PnpmLock
            | Format::BunLock
            | Format::CargoLock
            | Format::PoetryLock
            | Format::PipfileLock
            | Format::UvLock
            | Format::PdmLock
            | Format::PyLock
            | Format::NuGetLock
            | Format::PubspecLock
    )
}

/// Whether a package is downloaded as one file by itself. What a forge packs from a commit is named by that commit.
fn is_archive(package: &Package) -> bool {
    let is_commit = |part: &str| part.len() == 40 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    match &package.source {
        Source::Registry => !package.is_bundled,
        Source::Url { url, .. } => {
            !package.is_bundled && !url.split('#').next().unwrap_or_default().split('/').any(is_commit)
        }
        Source::Git { .. } | Source::Path(_) | Source::Project => false,
    }
}
