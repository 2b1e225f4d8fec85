//! Which scheme an ecosystem of OSV follows.

use super::Scheme;

/// By the part of the name before its colon; the rest is a release, whose versions are written in the same way.
pub(super) fn scheme(name: &str) -> Option<Scheme> {
    let family = name.split(':').next().unwrap_or(name).trim();
    let known = TABLE.iter().find(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(family)));
    known.map(|(scheme, _)| *scheme)
}

/// `GIT`, `OSS-Fuzz`, `Linux` and `Android` are not in it: their versions are commits or dates of patches.
const TABLE: &[(Scheme, &[&str])] = &[
    (Scheme::Npm, &["npm"]),
    (Scheme::Cargo, &["crates.io"]),
    (Scheme::Pypi, &["PyPI"]),
    (Scheme::Maven, &["Maven"]),
    (Scheme::RubyGems, &["RubyGems"]),
    (Scheme::Packagist, &["Packagist"]),
    (Scheme::Nuget, &["NuGet"]),
    (Scheme::Go, &["Go"]),
    (Scheme::Pub, &["Pub"]),
    (Scheme::Hex, &["Hex"]),
    (Scheme::Hackage, &["Hackage", "GHC"]),
    (Scheme::Cran, &["CRAN", "Bioconductor"]),
    (Scheme::Conan, &["ConanCenter"]),
    (Scheme::Swift, &["SwiftURL"]),
    (Scheme::Actions, &["GitHub Actions"]),
    (Scheme::Semver, &["Julia", "Bitnami", "Kubernetes", "VSCode"]),
    (Scheme::Debian, &["Debian", "Ubuntu", "Echo"]),
    (
        Scheme::Redhat,
        &[
            "Red Hat",
            "Rocky Linux",
            "AlmaLinux",
            "openSUSE",
            "SUSE",
            "openEuler",
            "Mageia",
            "Photon OS",
            "Azure Linux",
            "Amazon Linux",
            "Oracle Linux",
            "Fedora",
        ],
    ),
    (Scheme::Alpine, &["Alpine", "Wolfi", "Chainguard", "MinimOS", "Alpaquita", "BellSoft Hardened Containers"]),
];
