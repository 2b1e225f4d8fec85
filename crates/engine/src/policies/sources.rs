//! What policies and their data are read from.

use std::path::{Path, PathBuf};

use portcullis_core::ScanError;
use portcullis_policy::{Documents, Value, document};

use super::path_error;
use crate::files::FILE_LIMIT;
use crate::paths;

/// Folders in folders that are looked into.
pub(super) const DEPTH: usize = 32;

/// The files at or below a path, in order. Links are followed where they were named.
pub(super) fn walk(path: &Path, found: &mut Vec<PathBuf>, depth: usize, errors: &mut Vec<ScanError>) {
    if !path.is_dir() {
        found.push(path.to_owned());
        return;
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match entries {
        Ok(mut entries) if depth > 0 => {
            entries.sort_by_key(std::fs::DirEntry::file_name);
            for entry in entries {
                let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
                if !is_hidden && !entry.file_type().is_ok_and(|kind| kind.is_symlink() && entry.path().is_dir()) {
                    walk(&entry.path(), found, depth.saturating_sub(1), errors);
                }
            }
        }
        Ok(_) => errors.push(path_error(path, "folders are nested too deep".to_owned())),
        Err(error) => errors.push(path_error(path, error.to_string())),
    }
}

pub(super) fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_LIMIT {
        return Err(format!("has {size} bytes, over the limit of {FILE_LIMIT}"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The data documents as one. What a file holds stands at the root; what lies in a folder below a named one, under the
/// names of the folders between, as OPA has it.
pub(super) fn data(named: &[PathBuf], cwd: &Path, errors: &mut Vec<ScanError>) -> Value {
    let mut all = Documents::default();
    for path in named {
        let root = paths::absolute(cwd, path);
        let mut found = Vec::new();
        walk(&root, &mut found, DEPTH, errors);
        if root.is_dir() {
            found.retain(|file| is_data(file));
        }
        for file in found {
            let shown = paths::relative(cwd, &file);
            let below = file.parent().and_then(|folder| folder.strip_prefix(&root).ok());
            let folders: Vec<String> =
                below.into_iter().flatten().map(|folder| folder.to_string_lossy().into_owned()).collect();
            let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
            let read = read(&file).and_then(|text| document(&shown, &text.into()));
            let added = read.and_then(|document| match document {
                Some(document) => all.add(&folders, document).map_err(|conflict| conflict.to_string()),
                None => Ok(()),
            });
            errors.extend(added.err().map(|reason| path_error(Path::new(&shown), reason)));
        }
    }
    all.into_value()
}

fn is_data(path: &Path) -> bool {
    matches!(path.extension().and_then(|it| it.to_str()), Some("json" | "yaml" | "yml"))
}
