//! One text to what it says, by its format.

use std::sync::Arc;

use portcullis_core::FileId;

use super::{
    Format, Lockfile, Manifest, bun, cargo, cargo_toml, composer, conan, conflict, cyclonedx, dart, go, gradle,
    haskell, hex, julia, link, npm, nuget, nuget_props, package_json, pdm, pipenv, pnpm, poetry, pom, pylock,
    pyproject, renv, requirements, ruby, sbt, spdx, swift, uv, yarn,
};

/// What one file says. `requirements.txt` and `go.mod` are both a lockfile and a manifest.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The packages that it resolves.
    pub lock: Option<Lockfile>,
    /// What it asks for.
    pub manifest: Option<Manifest>,
}

/// The files around the one that is read: some formats take others in.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The path of the file that is read, relative to the tree, `/`-separated.
    pub path: &'a str,
    /// The text of another file by its path in the tree; `None` where it is not there.
    pub text_of: &'a dyn Fn(&str) -> Option<Arc<str>>,
}

impl Surroundings<'_> {
    pub(super) fn text(&self, path: &str) -> Option<Arc<str>> {
        (self.text_of)(path)
    }
}

/// Reads a file by itself. Of a text that a merge left its marks in, the first side counts.
pub fn read(format: Format, file: FileId, text: &Arc<str>) -> Contents {
    read_among(format, file, text, &Surroundings { path: "", text_of: &|_| None })
}

/// Reads a file with those around it.
pub fn read_among(format: Format, file: FileId, text: &Arc<str>, around: &Surroundings<'_>) -> Contents {
    let Some((ours, fault)) = conflict::ours(file, text) else { return read_whole(format, file, text, around) };
    let mut contents = read_whole(format, file, &ours, around);
    // What else is wrong with such a text comes of the conflict.
    if let Some(lock) = &mut contents.lock {
        lock.faults = vec![fault.clone()];
    }
    if let Some(manifest) = &mut contents.manifest {
        manifest.faults = vec![fault];
    }
    contents
}

fn read_whole(format: Format, file: FileId, text: &Arc<str>, around: &Surroundings<'_>) -> Contents {
    match format {
        Format::NpmLock => npm::lock(file, text).into(),
        Format::YarnLock => yarn::lock(file, text).into(),
        Format::PnpmLock => pnpm::lock(file, text).into(),
        Format::BunLock => bun::lock(file, text).into(),
        Format::PackageJson => package_json::manifest(file, text).into(),
        Format::CargoLock => cargo::lock(file, text).into(),
        Format::CargoToml => cargo_toml::manifest(file, text).into(),
        Format::GoMod => go::module(file, text),
        Format::Requirements => requirements::read(file, text),
        Format::PoetryLock => poetry::lock(file, text).into(),
        Format::PipfileLock => pipenv::lock(file, text).into(),
        Format::Pipfile => pipenv::manifest(file, text).into(),
        Format::UvLock => uv::lock(file, text).into(),
        Format::PdmLock => pdm::lock(file, text).into(),
        Format::PyLock => pylock::lock(file, text).into(),
        Format::PyProject => pyproject::manifest(file, text).into(),
        Format::GemfileLock => ruby::lock(file, text).into(),
        Format::Gemfile => ruby::manifest(file, text).into(),
        Format::ComposerLock => composer::lock(file, text).into(),
        Format::ComposerJson => composer::manifest(file, text).into(),
        // Hashes only (`go_sums`): what stands in it need not be used.
        Format::GoSum => Contents::default(),
        Format::Pom => pom::project(file, text, around),
        Format::GradleVerification => gradle::verification(file, text).into(),
        Format::GradleLock => gradle::lock(file, text).into(),
        Format::SbtLock => sbt::lock(file, text).into(),
        Format::NuGetLock => nuget::lock(file, text).into(),
        Format::PackagesConfig => nuget::config(file, text).into(),
        Format::DepsJson => nuget::deps(file, text).into(),
        Format::PackagesProps => nuget_props::manifest(file, text).into(),
        Format::MixLock => hex::lock(file, text).into(),
        Format::PubspecLock => dart::lock(file, text).into(),
        Format::ConanLock => conan::lock(file, text).into(),
        Format::PackageResolved => swift::lock(file, text).into(),
        Format::PodfileLock => swift::pods(file, text).into(),
        Format::RenvLock => renv::lock(file, text).into(),
        Format::CabalFreeze => haskell::freeze(file, text).into(),
        Format::StackLock => haskell::stack(file, text).into(),
        Format::JuliaManifest => julia::lock(file, text).into(),
        Format::CycloneDx if Format::of_content(text) != Some(Format::Spdx) => cyclonedx::lock(file, text).into(),
        Format::CycloneDx | Format::Spdx => spdx::lock(file, text).into(),
    }
}

impl From<Lockfile> for Contents {
    /// What the lockfile knows of itself is settled at once.
    fn from(mut lock: Lockfile) -> Self {
        link(&mut lock, &[]);
        Self { lock: Some(lock), manifest: None }
    }
}

impl From<Manifest> for Contents {
    fn from(manifest: Manifest) -> Self {
        Self { lock: None, manifest: Some(manifest) }
    }
}
