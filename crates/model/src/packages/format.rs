//! Which file holds packages, by its name.

use super::Ecosystem;

/// A kind of file that names packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// npm's `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
    NpmLock,
    /// `yarn.lock`, classic and Berry; the content tells which.
    YarnLock,
    /// `pnpm-lock.yaml`, 5 to 9.
    PnpmLock,
    /// `bun.lock`, JSON with comments.
    BunLock,
    /// `package.json`.
    PackageJson,
    /// `Cargo.lock`, versions 1 to 4.
    CargoLock,
    /// `Cargo.toml`.
    CargoToml,
    /// `go.mod`.
    GoMod,
    /// `go.sum`: hashes only; what is in it need not be used.
    GoSum,
    /// `requirements.txt` and its kin.
    Requirements,
    /// `poetry.lock`.
    PoetryLock,
    /// `Pipfile.lock`.
    PipfileLock,
    /// `Pipfile`.
    Pipfile,
    /// `uv.lock`.
    UvLock,
    /// `pdm.lock`.
    PdmLock,
    /// `pylock.toml` and `pylock.NAME.toml`.
    PyLock,
    /// `pyproject.toml`.
    PyProject,
    /// `Gemfile.lock` and `gems.locked`.
    GemfileLock,
    /// `Gemfile` and `gems.rb`: only literal `gem` lines are read.
    Gemfile,
    /// `composer.lock`.
    ComposerLock,
    /// `composer.json`.
    ComposerJson,
    /// `pom.xml`.
    Pom,
    /// `gradle.lockfile`, `buildscript-gradle.lockfile` and `NAME.gradle.lockfile`.
    GradleLock,
    /// `build.sbt.lock`, of the plugin sbt-dependency-lock.
    SbtLock,
    /// Gradle's `verification-metadata.xml`.
    GradleVerification,
    /// NuGet's `packages.lock.json`.
    NuGetLock,
    /// NuGet's `packages.config`.
    PackagesConfig,
    /// .NET's `NAME.deps.json`.
    DepsJson,
    /// `Directory.Packages.props`.
    PackagesProps,
    /// `mix.lock`.
    MixLock,
    /// `pubspec.lock`.
    PubspecLock,
    /// `conan.lock`, versions 1 and 2.
    ConanLock,
    /// `Package.resolved`, versions 1 to 3.
    PackageResolved,
    /// `renv.lock`.
    RenvLock,
    /// `cabal.project.freeze`.
    CabalFreeze,
    /// `stack.yaml.lock`.
    StackLock,
    /// `Podfile.lock`.
    PodfileLock,
    /// Julia's `Manifest.toml`.
    JuliaManifest,
    /// A CycloneDX document: `bom.json`, `NAME.cdx.json`.
    CycloneDx,
    /// An SPDX document: `NAME.spdx.json`.
    Spdx,
}

/// Characters that are looked at to tell a bill of materials from other JSON.
const CONTENT: usize = 64 * 1024;

/// What a format is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It names versions that were resolved.
    Lock,
    /// It asks for packages.
    Manifest,
    /// Both: it asks, and may name exact versions (`requirements.txt`, `go.mod`, `pom.xml`).
    Both,
}

impl Format {
    /// The format of a path, or `None` where its name is not one of those above.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        Some(match name {
            "package-lock.json" | "npm-shrinkwrap.json" => Self::NpmLock,
            "yarn.lock" => Self::YarnLock,
            "pnpm-lock.yaml" => Self::PnpmLock,
            "bun.lock" => Self::BunLock,
            "package.json" => Self::PackageJson,
            "Cargo.lock" => Self::CargoLock,
            "Cargo.toml" => Self::CargoToml,
            "go.mod" => Self::GoMod,
            "go.sum" => Self::GoSum,
            "poetry.lock" => Self::PoetryLock,
            "Pipfile.lock" => Self::PipfileLock,
            "Pipfile" => Self::Pipfile,
            "uv.lock" => Self::UvLock,
            "pdm.lock" => Self::PdmLock,
            "pyproject.toml" => Self::PyProject,
            "Gemfile.lock" | "gems.locked" => Self::GemfileLock,
            "Gemfile" | "gems.rb" => Self::Gemfile,
            "composer.lock" => Self::ComposerLock,
            "composer.json" => Self::ComposerJson,
            "pom.xml" => Self::Pom,
            "verification-metadata.xml" => Self::GradleVerification,
            "packages.lock.json" => Self::NuGetLock,
            "packages.config" => Self::PackagesConfig,
            "Directory.Packages.props" => Self::PackagesProps,
            "mix.lock" => Self::MixLock,
            "pubspec.lock" => Self::PubspecLock,
            "conan.lock" => Self::ConanLock,
            "Package.resolved" => Self::PackageResolved,
            "renv.lock" => Self::RenvLock,
            "cabal.project.freeze" => Self::CabalFreeze,
            "stack.yaml.lock" => Self::StackLock,
            "Podfile.lock" => Self::PodfileLock,
            "Manifest.toml" => Self::JuliaManifest,
            "bom.json" => Self::CycloneDx,
            "pylock.toml" => Self::PyLock,
            _ => return Self::of_pattern(path, name),
        })
    }

    /// The format of a bill of materials whose name does not say what it is, by the first part of its text.
    pub fn of_content(text: &str) -> Option<Self> {
        let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let end = start.char_indices().map(|(at, _)| at).nth(CONTENT).unwrap_or(start.len());
        let start = start.get(..end).filter(|start| start.starts_with('{'))?;
        let says = |key: &str, value: &str| {
            let mut places = memchr::memmem::find_iter(start.as_bytes(), key.as_bytes());
            places.any(|at| {
                let before = at.checked_sub(1).and_then(|at| start.as_bytes().get(at));
                let behind = start.get(at.saturating_add(key.len())..).unwrap_or_default().trim_start();
                let behind = behind.strip_prefix(':').unwrap_or_default().trim_start();
                before != Some(&b'\\') && behind.starts_with(value)
            })
        };
        if says("\"bomFormat\"", "\"CycloneDX\"") {
            Some(Self::CycloneDx)
        } else if says("\"spdxVersion\"", "\"SPDX-") || says("\"@context\"", "\"https://spdx.org/rdf/3.") {
            Some(Self::Spdx)
        } else {
            None
        }
    }

    /// The formats whose names vary.
    fn of_pattern(path: &str, name: &str) -> Option<Self> {
        if name.starts_with("pylock.") && name.ends_with(".toml") {
            Some(Self::PyLock)
        } else if name.ends_with("gradle.lockfile") {
            Some(Self::GradleLock)
        } else if name.ends_with(".sbt.lock") {
            Some(Self::SbtLock)
        } else if name.ends_with(".deps.json") {
            Some(Self::DepsJson)
        } else if name.ends_with(".cdx.json") {
            Some(Self::CycloneDx)
        } else if name.ends_with(".spdx.json") {
            Some(Self::Spdx)
        } else if name.ends_with(".json") && name.contains("sbom") {
            // Which of the two it is, the text says.
            Some(Self::CycloneDx)
        } else if name.ends_with(".txt") && is_requirements(path, name) {
            Some(Self::Requirements)
        } else {
            None
        }
    }

    /// Whose packages it names; `None`: those of any.
    pub const fn ecosystem(self) -> Option<Ecosystem> {
        Some(match self {
            Self::NpmLock | Self::YarnLock | Self::PnpmLock | Self::BunLock | Self::PackageJson => Ecosystem::Npm,
            Self::CargoLock | Self::CargoToml => Ecosystem::CratesIo,
            Self::GoMod | Self::GoSum => Ecosystem::Go,
            Self::Requirements
            | Self::PoetryLock
            | Self::PipfileLock
            | Self::Pipfile
            | Self::UvLock
            | Self::PdmLock
            | Self::PyLock
            | Self::PyProject => Ecosystem::PyPi,
            Self::GemfileLock | Self::Gemfile => Ecosystem::RubyGems,
            Self::ComposerLock | Self::ComposerJson => Ecosystem::Packagist,
            Self::Pom | Self::GradleVerification | Self::GradleLock | Self::SbtLock => Ecosystem::Maven,
            Self::NuGetLock | Self::PackagesConfig | Self::DepsJson | Self::PackagesProps => Ecosystem::NuGet,
            Self::MixLock => Ecosystem::Hex,
            Self::PubspecLock => Ecosystem::Pub,
            Self::ConanLock => Ecosystem::Conan,
            Self::PackageResolved => Ecosystem::Swift,
            Self::RenvLock => Ecosystem::Cran,
            Self::CabalFreeze | Self::StackLock => Ecosystem::Hackage,
            Self::PodfileLock => Ecosystem::CocoaPods,
            Self::JuliaManifest => Ecosystem::Julia,
            Self::CycloneDx | Self::Spdx => return None,
        })
    }

    /// What begins a comment that goes on to the end of the line; `None`: the format has none.
    pub const fn comment(self) -> Option<&'static str> {
        Some(match self {
            Self::GoMod | Self::BunLock => "//",
            Self::CabalFreeze => "--",
            Self::YarnLock
            | Self::PnpmLock
            | Self::CargoLock
            | Self::CargoToml
            | Self::Requirements
            | Self::PoetryLock
            | Self::Pipfile
            | Self::UvLock
            | Self::PdmLock
            | Self::PyLock
            | Self::PyProject
            | Self::Gemfile
            | Self::GradleLock
            | Self::MixLock
            | Self::PubspecLock
            | Self::StackLock
            | Self::PodfileLock
            | Self::JuliaManifest => "#",
            _ => return None,
        })
    }

    /// What it is for.
    pub const fn role(self) -> Role {
        match self {
            Self::PackageJson
            | Self::CargoToml
            | Self::Pipfile
            | Self::PyProject
            | Self::Gemfile
            | Self::ComposerJson
            | Self::PackagesProps => Role::Manifest,
            Self::GoMod | Self::Requirements | Self::Pom | Self::PackagesConfig => Role::Both,
            _ => Role::Lock,
        }
    }
}

/// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`, `requirements.prod.txt`, `requirements/dev.txt`.
fn is_requirements(path: &str, name: &str) -> bool {
    let stem = name.strip_suffix(".txt").unwrap_or(name);
    let parts = || stem.split(['-', '_', '.']);
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    parts().any(|part| part == "requirements") || folder == "requirements"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_where_names_do_not() {
        use Format::{CycloneDx, Spdx};
        for (text, expected) in [
            ("{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\"}", Some(CycloneDx)),
            ("\u{feff}\n{ \"version\": 1,\n  \"bomFormat\" :\n \"CycloneDX\" }", Some(CycloneDx)),
            ("{\"spdxVersion\":\"SPDX-2.3\"}", Some(Spdx)),
            ("{\"@context\": \"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\"}", Some(Spdx)),
            ("{\"data\": \"{\\\"bomFormat\\\": \\\"CycloneDX\\\"}\"}", None),
            ("{\"bomFormat\": \"Other\"}", None),
            ("[\"bomFormat\"]", None),
            ("{\"bomFormat\"", None),
            ("", None),
        ] {
            assert_eq!(Format::of_content(text), expected, "{text}");
        }
    }

    #[test]
    fn names_decide_the_format() {
        use Format::{CycloneDx, GradleLock, NpmLock, PyLock, Requirements};
        for (path, expected) in [
            ("a/package-lock.json", Some(NpmLock)),
            ("npm-shrinkwrap.json", Some(NpmLock)),
            ("requirements.txt", Some(Requirements)),
            ("requirements-dev.txt", Some(Requirements)),
            ("test_requirements.txt", Some(Requirements)),
            ("requirements/prod.txt", Some(Requirements)),
            ("my-app-requirements-list.md", None),
            ("docs/notes.txt", None),
            ("pylock.dev.toml", Some(PyLock)),
            ("buildscript-gradle.lockfile", Some(GradleLock)),
            ("app.cdx.json", Some(CycloneDx)),
            ("build/sbom-linux.json", Some(CycloneDx)),
            ("build.sbt.lock", Some(Format::SbtLock)),
            ("Cargo.lock.orig", None),
        ] {
            assert_eq!(Format::of_path(path), expected, "{path}");
        }
    }
}
