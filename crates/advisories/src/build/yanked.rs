//! Which versions of crates their publishers have withdrawn, by the index of crates.io.
//!
//! Read are a checkout of the Git index, and what Cargo keeps of the sparse one (`registry/index/index.crates.io-…`), which
//! has the crates that were resolved on that machine, as of then. Files lie where the index puts the crate of that name;
//! everything else is stepped over. Silence about a crate means nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;

use super::archives;
use super::inputs::{files, head};
use crate::database::SourceInfo;
use crate::{Error, Scheme};

/// What an index says.
#[derive(Debug, Default)]
pub(super) struct Yanked {
    pub(super) sources: Vec<SourceInfo>,
    /// The versions of each crate, by its name as it is compared, in the order of their texts.
    pub(super) crates: BTreeMap<Box<str>, Vec<String>>,
    /// Files that could not be read.
    pub(super) faults: Vec<Error>,
}

impl Yanked {
    /// Reads the indices in these folders.
    pub(super) fn load(folders: &[PathBuf]) -> Result<Self, Error> {
        let mut all = Self::default();
        for folder in folders {
            for root in roots(folder)? {
                all.add(&root)?;
            }
        }
        for versions in all.crates.values_mut() {
            versions.sort_unstable();
            versions.dedup();
        }
        Ok(all)
    }

    fn add(&mut self, root: &Path) -> Result<(), Error> {
        let config = root.join("config.json");
        // Names in the index of another registry are of other crates.
        if fs::read_to_string(&config).is_ok_and(|text| !text.contains("crates.io")) {
            return Err(Error::Source { path: config, expected: "it is the index of another registry than crates.io" });
        }
        let found = files(root, is_in_its_place)?;
        if found.is_empty() {
            return Err(Error::Source { path: root.to_owned(), expected: "there is no index of crates.io in it" });
        }
        let read: Vec<_> = found.par_iter().map(|path| yanked(path)).collect();
        let mut count = 0;
        for (path, read) in found.iter().zip(read) {
            match read {
                Ok(None) => {}
                Ok(Some((name, versions))) => {
                    count += versions.len() as u64;
                    self.crates.entry(name).or_default().extend(versions);
                }
                Err(reason) => self.faults.push(Error::Record { name: path.display().to_string(), reason }),
            }
        }
        let commit = head(root);
        self.sources.push(SourceInfo {
            name: "index of crates.io".to_owned(),
            commit,
            yanked: count,
            ..Default::default()
        });
        Ok(())
    }
}

/// The indices of crates.io in a folder: itself, or those of Cargo's folder with the indices of all registries, or of the
/// one above it.
fn roots(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let below = folder.join("index");
    let mut roots = Vec::new();
    for folder in [folder, &below].into_iter().take(if below.is_dir() { 2 } else { 1 }) {
        let failed = |source| Error::Read { path: folder.to_owned(), source };
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with("index.crates.io-") {
                roots.push(entry.path());
            }
        }
    }
    roots.sort_unstable();
    Ok(if roots.is_empty() { vec![folder.to_owned()] } else { roots })
}

/// `1/a`, `2/ab`, `3/a/abc`, `ab/cd/abcd`.
fn is_in_its_place(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let of_crate = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.bytes().all(of_crate) {
        return false;
    }
    let place = match (name.len(), name.get(..2), name.get(2..4)) {
        (1, ..) => format!("1/{name}"),
        (2, ..) => format!("2/{name}"),
        (3, ..) => format!("3/{}/{name}", name.get(..1).unwrap_or_default()),
        (_, Some(first), Some(second)) => format!("{first}/{second}/{name}"),
        _ => return false,
    };
    path.ends_with(place)
}

/// One version in an index, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    name: String,
    vers: String,
    yanked: bool,
}

/// The name of a crate and its withdrawn versions.
type Versions = (Box<str>, Vec<String>);

/// What a file of the index says; `None` where nothing is withdrawn.
fn yanked(path: &Path) -> Result<Option<Versions>, String> {
    let bytes = archives::of_file(path).bytes?;
    let mut crate_name = None;
    let mut versions = Vec::new();
    // One version on each line; what Cargo keeps has a few bytes in front and a NUL around each.
    let lines = bytes.split(|byte| matches!(byte, b'\n' | 0)).filter(|line| line.first() == Some(&b'{'));
    for line in lines.filter(|line| says_yanked(line)) {
        let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        if line.yanked {
            crate_name.get_or_insert(line.name);
            versions.push(line.vers);
        }
    }
    let name = |name: String| Scheme::Cargo.normalise_name(&name).into_owned().into_boxed_str();
    Ok(crate_name.map(|it| (name(it), versions)))
}

/// Whether a line may say so: most do not, and their dependencies and features need not be read for that.
fn says_yanked(line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return true };
    text.match_indices("\"yanked\"").any(|(at, key)| {
        let value = text.get(at + key.len()..).unwrap_or_default().trim_start_matches([' ', ':']);
        value.starts_with("true")
    })
}
