//! One text to what it says, by its format.

use std::sync::Arc;

use portcullis_core::FileId;

use super::{Format, Lockfile, Manifest, cargo, conflict, link, npm, pnpm, yarn};

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
        Format::CargoLock => cargo::lock(file, text).into(),
        Format::NpmLock => npm::lock(file, text).into(),
        Format::YarnLock => yarn::lock(file, text).into(),
        Format::PnpmLock => pnpm::lock(file, text).into(),
        _ => Contents::default(),
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
