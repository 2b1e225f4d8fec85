//! Where the configuration file is looked for, and reading it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::Catalog;

use super::{Config, ConfigError, PolicyKeys, reader};
use crate::paths;

/// The names of the file; a directory holds at most one of them.
pub const FILE_NAMES: [&str; 2] = ["portcullis.yaml", ".portcullis.yaml"];

/// Names that are taken for those of the file.
const NEARLY: [&str; 2] = ["portcullis.yml", ".portcullis.yml"];

/// Bytes of a configuration file that are read; none that was written by hand comes near.
const SIZE_LIMIT: u64 = 4 << 20;

/// Why there is no configuration to go by.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// Both names stand in one directory.
    #[error("both {first} and {second} exist; keep one of them", first = .0.display(), second = .1.display())]
    TwoFiles(PathBuf, PathBuf),
    /// It cannot be read.
    #[error("{path}: {reason}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words, or ours.
        reason: String,
    },
    /// It says something that is wrong.
    #[error("{}", Rendered(path, errors))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, in order; never empty.
        errors: Vec<ConfigError>,
    },
}

/// Every error with its source line.
struct Rendered<'a>(&'a Path, &'a [ConfigError]);

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.display().to_string();
        let errors: Vec<String> = self.1.iter().map(|error| error.render(&path)).collect();
        f.write_str(errors.join("\n").trim_end())
    }
}

impl Config {
    /// The file that holds for `start`, a directory or a file: in the nearest directory from there up to the root of the
    /// repository. Outside a repository only `start` itself counts, so that a stray file in a home directory does not.
    pub fn find(start: &Path) -> Result<Option<PathBuf>, ConfigFileError> {
        let absolute = std::path::absolute(start)
            .map_err(|error| ConfigFileError::Unreadable { path: start.to_owned(), reason: error.to_string() })?;
        for ancestor in folders(&absolute) {
            let [plain, hidden] = FILE_NAMES.map(|name| ancestor.join(name));
            match (plain.is_file(), hidden.is_file()) {
                (true, true) => return Err(ConfigFileError::TwoFiles(plain, hidden)),
                (true, false) => return Ok(Some(plain)),
                (false, true) => return Ok(Some(hidden)),
                (false, false) => {}
            }
        }
        Ok(None)
    }

    /// Files in the folders where [`Config::find`] looks that are nearly called like one, and are none. Workflows are called as
    /// their authors like.
    pub fn misnamed(start: &Path) -> Vec<PathBuf> {
        let Ok(absolute) = std::path::absolute(start) else { return Vec::new() };
        let is_of_workflows = |folder: &Path| folder.file_name().is_some_and(|name| name == "workflows");
        let folders = folders(&absolute).filter(|folder| !is_of_workflows(folder));
        let all = folders.flat_map(|folder| NEARLY.map(|name| folder.join(name)));
        all.filter(|path| path.is_file()).collect()
    }

    /// The policies and data documents that a file names, whatever else it says: their rules have to be known before it can be
    /// read as a whole.
    pub fn policies(path: &Path, catalog: &Catalog) -> (PolicyKeys, Vec<String>) {
        let config = read_text(path).map(|text| Self::parse(&text, catalog).0).unwrap_or_default();
        (config.policies, config.data)
    }

    /// Reads a file. Its globs are relative to the directory that holds it.
    pub fn load(path: &Path, catalog: &Catalog) -> Result<Self, ConfigFileError> {
        let text = read_text(path)?;
        let base = path.parent().unwrap_or(path);
        let (config, errors) = reader::read(&Arc::from(text), catalog, Some(base));
        if errors.is_empty() { Ok(config) } else { Err(ConfigFileError::Invalid { path: path.to_owned(), errors }) }
    }
}

/// The folders where the file of a directory or file is looked for, the nearest first.
fn folders(start: &Path) -> impl Iterator<Item = &Path> {
    let directory = if start.is_file() { start.parent().unwrap_or(start) } else { start };
    let depth = directory.ancestors().position(paths::is_root).unwrap_or(0);
    directory.ancestors().take(depth.saturating_add(1))
}

/// The text of a file that was written by hand.
pub(super) fn read_text(path: &Path) -> Result<String, ConfigFileError> {
    let unreadable = |reason: String| ConfigFileError::Unreadable { path: path.to_owned(), reason };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > SIZE_LIMIT {
        return Err(unreadable(format!("has {size} bytes, over the limit of {SIZE_LIMIT}")));
    }
    std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))
}
