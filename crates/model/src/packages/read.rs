//! One text to what it says, by its format.

use std::sync::Arc;

use portcullis_core::FileId;

use super::{
    Format, Lockfile, Manifest, bun, cargo, cargo_toml, composer, conflict, go, link, npm, package_json, pdm, pipenv,
    pnpm, poetry, pylock, pyproject, requirements, ruby, uv, yarn,
};

/// What one file says. `requirements.txt` and `go.mod` are both a lockfile and a manifest.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The packages that it resolves.
    pub lock: Option<Lockfile>,
    /// What it asks for.
    pub manifest: Option<Manifest>,
}

/// Reads a file. Of a text that a merge left its marks in, the first side counts.
pub fn read(format: Format, file: FileId, text: &Arc<str>) -> Contents {
    let Some((ours, fault)) = conflict::ours(file, text) else { return read_whole(format, file, text) };
    let mut contents = read_whole(format, file, &ours);
    // What else is wrong with such a text comes of the conflict.
    if let Some(lock) = &mut contents.lock {
        lock.faults = vec![fault.clone()];
    }
    if let Some(manifest) = &mut contents.manifest {
        manifest.faults = vec![fault];
    }
    contents
}

fn read_whole(format: Format, file: FileId, text: &Arc<str>) -> Contents {
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
        Format::Pom
        | Format::GradleLock
        | Format::NuGetLock
        | Format::PackagesConfig
        | Format::DepsJson
        | Format::PackagesProps
        | Format::MixLock
        | Format::PubspecLock
        | Format::ConanLock
        | Format::PackageResolved
        | Format::RenvLock
        | Format::CabalFreeze
        | Format::StackLock
        | Format::PodfileLock
        | Format::JuliaManifest
        | Format::CycloneDx
        | Format::Spdx => Contents::default(),
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
