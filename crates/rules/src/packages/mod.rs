//! Rules for lockfiles and the manifests beside them. Advisories are no rules here: a database holds them.
//!
//! A lockfile is made by a program, so that a fault which all of its packages share has one cause and is one finding.

mod addresses;
mod deprecated;
mod integrity;
mod licences;
mod names;
mod pins;
mod registries;
mod scripts;
mod steps;

use portcullis_core::Span;
use portcullis_model::packages::{Address, Package, PackageFile, Source};

pub use licences::is_licence;

use crate::{Place, Rule, Spot};

/// The rules, file by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    addresses::RULES,
    deprecated::RULES,
    integrity::RULES,
    licences::RULES,
    names::RULES,
    pins::RULES,
    registries::RULES,
    scripts::RULES,
    steps::RULES,
];

/// The packages that a lockfile resolved, those of the project itself left out.
fn resolved(file: &PackageFile) -> impl Iterator<Item = &Package> {
    let packages = file.lock.iter().flat_map(|lock| &lock.packages);
    packages.filter(|package| !matches!(package.source, Source::Project | Source::Path(_)))
}

/// A package as a finding is about it: named by what it is and not by where it stands.
fn place(package: &Package, span: Span) -> Place {
    let name = format!("{} {}", package.name, package.version.as_deref().unwrap_or_default());
    Place { span, ..(span, name.as_str()).place() }
}

/// The address of an archive or a repository, and where it stands.
fn address(package: &Package) -> Option<(Address<'_>, Span)> {
    match &package.source {
        Source::Url { url, span } | Source::Git { url, span, .. } => Some((Address::new(url)?, *span)),
        Source::Registry | Source::Path(_) | Source::Project => None,
    }
}

/// `a`, `b` and 3 others.
fn named(packages: &[&Package]) -> String {
    let shown: Vec<String> = packages.iter().take(2).map(|package| format!("`{}`", package.name)).collect();
    match packages.len() - shown.len() {
        0 => shown.join(" and "),
        1 => format!("{} and one other", shown.join(", ")),
        others => format!("{} and {others} others", shown.join(", ")),
    }
}
