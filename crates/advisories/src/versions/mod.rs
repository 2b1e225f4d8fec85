//! Versions of every ecosystem, in the order that its own tools give them.
//!
//! Any text is a version: what a scheme's specification does not describe has a place in its order all the same, so that
//! the order is total and no record is lost. Numbers are runs of digits of any length. Comparing two texts costs less than
//! looking a parsed form up would, and allocates nothing; there is no parsed form.

mod apk;
mod conan;
mod cran;
mod debian;
mod ecosystem;
mod go;
mod hackage;
mod major;
mod maven;
mod names;
mod nuget;
mod packagist;
mod plain;
mod pubspec;
mod pypi;
mod rpm;
mod rubygems;
mod runs;
mod semver;

use std::borrow::Cow;
use std::cmp::Ordering;

pub(crate) use packagist::compare_padded as compare_composer;
pub(crate) use pypi::Version as Pep440;
pub(crate) use runs::{Number, dotted};
pub(crate) use semver::Parts as SemverParts;

/// How an ecosystem writes and orders its versions and compares its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Semantic Versioning 2.0, where no ecosystem adds anything: Julia, Bitnami, Kubernetes.
    Semver,
    /// crates.io.
    Cargo,
    /// npm.
    Npm,
    /// PyPI: PEP 440.
    Pypi,
    /// Maven: `ComparableVersion`.
    Maven,
    /// RubyGems: `Gem::Version`.
    RubyGems,
    /// Packagist: PHP's `version_compare`.
    Packagist,
    /// NuGet: Semantic Versioning with a fourth number and without case.
    Nuget,
    /// Go modules, pseudo-versions among them.
    Go,
    /// Dart: Semantic Versioning in which builds are ordered as well.
    Pub,
    /// Hex.
    Hex,
    /// Hackage, and GHC itself.
    Hackage,
    /// CRAN and Bioconductor.
    Cran,
    /// Conan: numbers with letters behind them.
    Conan,
    /// Swift packages, which are Git tags by the address of the repository.
    Swift,
    /// GitHub Actions, which are Git tags by the name of the repository.
    Actions,
    /// Debian and what is built on it.
    Debian,
    /// Red Hat and everything else that rpm installs.
    Redhat,
    /// Alpine, Wolfi, Chainguard: apk.
    Alpine,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: &[Self] = &[
        Self::Semver,
        Self::Cargo,
        Self::Npm,
        Self::Pypi,
        Self::Maven,
        Self::RubyGems,
        Self::Packagist,
        Self::Nuget,
        Self::Go,
        Self::Pub,
        Self::Hex,
        Self::Hackage,
        Self::Cran,
        Self::Conan,
        Self::Swift,
        Self::Actions,
        Self::Debian,
        Self::Redhat,
        Self::Alpine,
    ];

    /// The scheme of an ecosystem as OSV names it, with or without a release (`Debian:12`). `None` where versions have no
    /// order of their own (`GIT`) or none that is known here.
    pub fn of_ecosystem(name: &str) -> Option<Self> {
        ecosystem::scheme(name)
    }

    /// The order of two versions: total, so that records may be sorted and searched by it. Texts that the ecosystem takes
    /// for the same version are equal.
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        let decided = match self {
            // Elsewhere what stands behind the numbers cannot move a version to another place than they say.
            Self::Pypi => plain::compare_whole(a, b),
            _ => plain::compare(a, b),
        };
        if let Some(order) = decided {
            return order;
        }
        if a == b {
            return Ordering::Equal;
        }
        match self {
            Self::Semver | Self::Cargo | Self::Npm | Self::Hex | Self::Swift | Self::Actions => semver::compare(a, b),
            Self::Pypi => pypi::compare(a, b),
            Self::Maven => maven::compare(a, b),
            Self::RubyGems => rubygems::compare(a, b),
            Self::Packagist => packagist::compare(a, b),
            Self::Nuget => nuget::compare(a, b),
            Self::Go => go::compare(a, b),
            Self::Pub => pubspec::compare(a, b),
            Self::Hackage => hackage::compare(a, b),
            Self::Cran => cran::compare(a, b),
            Self::Conan => conan::compare(a, b),
            Self::Debian => debian::compare(a, b),
            Self::Redhat => rpm::compare(a, b),
            Self::Alpine => apk::compare(a, b),
        }
    }

    /// Whether a version comes before the release that it is named after. A Go pseudo-version does; schemes that know no
    /// such thing (CRAN, Hackage) have none.
    pub fn is_prerelease(self, version: &str) -> bool {
        match self {
            Self::Semver
            | Self::Cargo
            | Self::Npm
            | Self::Hex
            | Self::Swift
            | Self::Actions
            | Self::Pub
            | Self::Nuget => semver::is_prerelease(version),
            Self::Go => go::is_prerelease(version),
            Self::Pypi => pypi::is_prerelease(version),
            Self::Maven => maven::is_prerelease(version),
            Self::RubyGems => rubygems::is_prerelease(version),
            Self::Packagist => packagist::is_prerelease(version),
            Self::Conan => conan::is_prerelease(version),
            Self::Hackage | Self::Cran => false,
            Self::Debian | Self::Redhat => version.contains('~'),
            Self::Alpine => apk::is_prerelease(version),
        }
    }

    /// Whether an upgrade from one version to the other stays on what its users take for the same major version: the first
    /// number, and where an ecosystem says that `0.x` promises nothing, the first that is not zero. Epochs belong to it.
    pub fn same_major(self, a: &str, b: &str) -> bool {
        major::same(self, a, b)
    }

    /// A package's name as the ecosystem's index looks it up, so that two spellings of one package are one text.
    pub fn normalise_name(self, name: &str) -> Cow<'_, str> {
        names::normalise(self, name)
    }
}
