//! The worktree as the scan reads it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{FileError, Files};

/// The largest file that is read, in bytes.
pub const FILE_LIMIT: u64 = 32 * 1024 * 1024;

/// Files on disk below a directory.
#[derive(Clone, Debug)]
pub struct Worktree {
    root: PathBuf,
    limit: u64,
}

impl Worktree {
    /// Files below `root`, none larger than `limit` bytes.
    pub fn new(root: PathBuf, limit: u64) -> Self {
        Self { root, limit }
    }

    /// A path that is named on the command line may lead anywhere; one that a file names may not, and the callers that
    /// follow references check it before they ask.
    fn resolve(&self, path: &str) -> PathBuf {
        crate::paths::absolute(&self.root, Path::new(path))
    }
}

impl Files for Worktree {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let full = self.resolve(path);
        let unreadable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => FileError::Missing(PathBuf::from(path)),
            _ => FileError::Unreadable { path: PathBuf::from(path), reason: reason(&error) },
        };
        // A named pipe blocks when it is opened, and a device may never end.
        let metadata = std::fs::metadata(&full).map_err(unreadable)?;
        if !metadata.is_file() {
            let reason = "it is not a regular file".to_owned();
            return Err(FileError::Unreadable { path: PathBuf::from(path), reason });
        }
        if metadata.len() > self.limit {
            let path = PathBuf::from(path);
            return Err(FileError::TooLarge { path, size: metadata.len(), limit: self.limit });
        }
        let file = File::open(&full).map_err(unreadable)?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        file.take(self.limit).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let full = self.resolve(directory);
        let unreadable =
            |error: std::io::Error| FileError::Unreadable { path: PathBuf::from(directory), reason: reason(&error) };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(full).map_err(unreadable)? {
            names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn is_file(&self, path: &str) -> bool {
        self.resolve(path).is_file()
    }
}

/// A worktree with other texts in the place of some files.
#[derive(Debug)]
pub(crate) struct Overlay<'t> {
    worktree: Worktree,
    texts: &'t BTreeMap<String, Arc<str>>,
}

impl<'t> Overlay<'t> {
    pub(crate) fn new(worktree: Worktree, texts: &'t BTreeMap<String, Arc<str>>) -> Self {
        Self { worktree, texts }
    }
}

impl Files for Overlay<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match self.texts.get(path) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.worktree.read(path),
        }
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        self.worktree.list(directory)
    }

    fn is_file(&self, path: &str) -> bool {
        self.texts.contains_key(path) || self.worktree.is_file(path)
    }
}

/// The system's words without the error number, which differs between systems.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}
