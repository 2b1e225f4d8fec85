//! What policies and their data are read from.

use std::path::{Path, PathBuf};

use portcullis_core::{FileId, ScanError};
use portcullis_policy::Value;
use portcullis_syntax::{Dialect, json, yaml};

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
    let mut all = serde_json::Value::Object(serde_json::Map::new());
    for path in named {
        let root = paths::absolute(cwd, path);
        let mut found = Vec::new();
        walk(&root, &mut found, DEPTH, errors);
        if root.is_dir() {
            found.retain(|file| is_data(file));
        }
        for file in found {
            let shown = PathBuf::from(paths::relative(cwd, &file));
            match document(&file) {
                Ok(mut value) => {
                    let folders = file.parent().and_then(|folder| folder.strip_prefix(&root).ok());
                    for folder in folders.into_iter().flat_map(|it| it.components().rev()) {
                        let name = folder.as_os_str().to_string_lossy().into_owned();
                        value = serde_json::Value::Object([(name, value)].into_iter().collect());
                    }
                    if let Err(key) = merge(&mut all, value) {
                        errors.push(path_error(&shown, format!("`{key}` stands in another data document as well")));
                    }
                }
                Err(reason) => errors.push(path_error(&shown, reason)),
            }
        }
    }
    Value::from(all)
}

fn is_data(path: &Path) -> bool {
    matches!(path.extension().and_then(|it| it.to_str()), Some("json" | "yaml" | "yml"))
}

pub(super) fn document(path: &Path) -> Result<serde_json::Value, String> {
    let text = read(path)?.into();
    let tree = match path.extension().and_then(|it| it.to_str()) {
        Some("json") => json::parse(FileId::default(), &text),
        _ => yaml::parse(FileId::default(), &text, Dialect::Yaml12),
    };
    if let Some(error) = tree.errors().first() {
        return Err(error.message.clone());
    }
    let root = tree.documents().next().map(|document| document.root).filter(|root| root.is_map());
    root.map(|root| Value::from_node(root).to_json()).ok_or_else(|| "it is no mapping".to_owned())
}

/// Adds one object to another; the key that both have as something else than an object is the error. Depth is bounded by
/// the parsers.
pub(super) fn merge(into: &mut serde_json::Value, from: serde_json::Value) -> Result<(), String> {
    let (serde_json::Value::Object(into), serde_json::Value::Object(from)) = (into, from) else {
        return Err(String::new());
    };
    for (key, value) in from {
        match into.get_mut(&key) {
            Some(known) if known.is_object() && value.is_object() => {
                merge(known, value).map_err(|below| format!("{key}.{below}"))?;
            }
            Some(_) => return Err(key),
            None => _ = into.insert(key, value),
        }
    }
    Ok(())
}
