//! Whose names and versions a package has.

/// A registry's ecosystem, in the terms of OSV and of package URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// Rust.
    CratesIo,
    /// JavaScript.
    Npm,
    /// Python.
    PyPi,
    /// Go.
    Go,
    /// Ruby.
    RubyGems,
    /// PHP.
    Packagist,
    /// Java and its kin.
    Maven,
    /// .NET.
    NuGet,
    /// Elixir and Erlang.
    Hex,
    /// Dart.
    Pub,
    /// C and C++.
    Conan,
    /// Swift packages.
    Swift,
    /// R.
    Cran,
    /// Haskell.
    Hackage,
    /// Apple's CocoaPods.
    CocoaPods,
    /// Julia.
    Julia,
}

impl Ecosystem {
    /// Every one, in the order of this table.
    pub const ALL: &'static [Self] = &[
        Self::CratesIo,
        Self::Npm,
        Self::PyPi,
        Self::Go,
        Self::RubyGems,
        Self::Packagist,
        Self::Maven,
        Self::NuGet,
        Self::Hex,
        Self::Pub,
        Self::Conan,
        Self::Swift,
        Self::Cran,
        Self::Hackage,
        Self::CocoaPods,
        Self::Julia,
    ];

    /// The name in OSV records, and the type in package URLs.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::CratesIo => ("crates.io", "cargo"),
            Self::Npm => ("npm", "npm"),
            Self::PyPi => ("PyPI", "pypi"),
            Self::Go => ("Go", "golang"),
            Self::RubyGems => ("RubyGems", "gem"),
            Self::Packagist => ("Packagist", "composer"),
            Self::Maven => ("Maven", "maven"),
            Self::NuGet => ("NuGet", "nuget"),
            Self::Hex => ("Hex", "hex"),
            Self::Pub => ("Pub", "pub"),
            Self::Conan => ("ConanCenter", "conan"),
            Self::Swift => ("SwiftURL", "swift"),
            Self::Cran => ("CRAN", "cran"),
            Self::Hackage => ("Hackage", "hackage"),
            Self::CocoaPods => ("CocoaPods", "cocoapods"),
            Self::Julia => ("Julia", "julia"),
        }
    }

    /// A package's name as the ecosystem compares it.
    pub fn compared(self, name: &str) -> String {
        match self {
            Self::PyPi => {
                let mut text = String::with_capacity(name.len());
                for c in name.chars() {
                    if !matches!(c, '-' | '_' | '.') {
                        text.extend(c.to_lowercase());
                    } else if !text.ends_with('-') {
                        text.push('-');
                    }
                }
                text
            }
            Self::CratesIo => name.replace('_', "-"),
            Self::Packagist | Self::NuGet => name.to_lowercase(),
            _ => name.to_owned(),
        }
    }

    /// The name that OSV records use.
    pub const fn osv(self) -> &'static str {
        self.names().0
    }

    /// The type in a package URL.
    pub const fn purl_type(self) -> &'static str {
        self.names().1
    }

    /// The ecosystem of this name in OSV records.
    pub fn of_osv(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.osv() == name)
    }

    /// The ecosystem of this type of package URLs.
    pub fn of_purl_type(kind: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.purl_type() == kind)
    }
}
