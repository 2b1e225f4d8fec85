//! Bundles and pinned folders of policies, read from disk. What does not have the digest that it should have is not loaded,
//! nor is any part of what cannot be read as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use portcullis_core::{Note, NoteKind, ScanError};
use portcullis_policy::bundle::{self, Bundle, Roots};
use portcullis_policy::{Documents, Module, Value};

use super::path_error;
use super::sources::{DEPTH, walk};
use crate::files::FILE_LIMIT;
use crate::paths;

/// A bundle, and what it has to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleChoice {
    /// An archive or a folder.
    pub path: PathBuf,
    /// `sha256:…`; absent: anything.
    pub digest: Option<String>,
}

/// Whether a path names an archive of policies.
pub(super) fn is_archive(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".tar.gz") || name.ends_with(".tgz")
}

/// What the bundles hold: modules are added to the others, and so is their data.
pub(super) fn add(
    chosen: &[BundleChoice],
    cwd: &Path,
    data: Value,
    modules: &mut Vec<Module>,
    errors: &mut Vec<ScanError>,
    notes: &mut Vec<Note>,
) -> Value {
    let mut all = data;
    let mut known: Vec<(String, Roots)> = Vec::new();
    for choice in chosen {
        let path = paths::absolute(cwd, &choice.path);
        let shown = paths::relative(cwd, &path);
        let loaded = load(choice, &path, &shown).and_then(|bundle| {
            let shared = |(other, roots): &(String, Roots)| Some((other.clone(), roots.shared(&bundle.roots)?));
            match known.iter().find_map(shared) {
                Some((other, root)) => Err(format!(
                    "nothing of the bundle is loaded: `{root}` belongs to one bundle, by its manifest, and {other} has it as well"
                )),
                None => Ok(bundle),
            }
        });
        match loaded {
            Ok(bundle) => {
                known.push((shown.clone(), bundle.roots));
                let mut merged = Documents::from(all.clone());
                match merged.add(&[], bundle.data) {
                    Ok(()) => all = merged.into_value(),
                    Err(conflict) => errors.push(path_error(Path::new(&shown), format!("its data: {conflict}"))),
                }
                let is_new = |module: &Module| modules.iter().all(|known| known.path != module.path);
                let new: Vec<Module> = bundle.modules.into_iter().filter(is_new).collect();
                modules.extend(new);
                let note = |message| Note { path: shown.clone(), kind: NoteKind::Other, message };
                notes.extend(bundle.notes.into_iter().map(note));
            }
            Err(reason) => errors.push(path_error(Path::new(&shown), reason)),
        }
    }
    all
}

fn load(choice: &BundleChoice, path: &Path, shown: &str) -> Result<Bundle, String> {
    let failed = |error: bundle::BundleError| format!("nothing of the bundle is loaded: {error}");
    if path.is_dir() {
        let files = files(path)?;
        check(choice, || bundle::digest_of_files(&files))?;
        return Bundle::of_files(shown, &files).map_err(failed);
    }
    let bytes = read(path)?;
    check(choice, || bundle::digest(&bytes))?;
    Bundle::of_archive(shown, &bytes).map_err(failed)
}

fn check(choice: &BundleChoice, digest: impl FnOnce() -> String) -> Result<(), String> {
    let Some(wanted) = &choice.digest else { return Ok(()) };
    let digest = digest();
    if digest.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(format!("nothing of the bundle is loaded: its digest is {digest}, and the configuration asks for {wanted}"))
}

/// The files of a folder by their paths below it. Hidden ones are left out, but for the manifest and the signatures.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    walk(folder, &mut found, DEPTH, &mut faults);
    if let Some(fault) = faults.first() {
        return Err(fault.to_string());
    }
    let named = [".manifest", ".signatures.json"].map(|name| folder.join(name));
    found.extend(named.into_iter().filter(|path| path.is_file()));
    let mut files = BTreeMap::new();
    let mut left = FILE_LIMIT;
    for path in found {
        let content = read(&path)?;
        left = left.checked_sub(content.len() as u64).ok_or("it holds more than 32 MiB")?;
        files.insert(paths::relative(folder, &path), content);
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_LIMIT {
        return Err(format!("has {size} bytes, over the limit of {FILE_LIMIT}"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}
