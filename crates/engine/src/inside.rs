//! The tree that kustomizations and modules may read, and what of it may come later.
//!
//! A base may lie beside what is scanned, but not outside of the repository. What git ignores is made before the build,
//! and a submodule may not be checked out: that they are missing here says nothing.

use std::path::{Path, PathBuf};

use ignore::gitignore::GitignoreBuilder;
use portcullis_core::{FileError, Files};

use crate::paths;

/// Files below a root.
pub(crate) struct Inside<'f> {
    files: &'f dyn Files,
    cwd: &'f Path,
    root: PathBuf,
    edge: Edge,
}

/// Whether anybody said where the tree ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// A repository or an option does.
    Said,
    /// It is guessed from what is scanned.
    Guessed,
}

impl<'f> Inside<'f> {
    /// `files` are those of `cwd`.
    pub(crate) fn new(files: &'f dyn Files, cwd: &'f Path, (root, edge): (PathBuf, Edge)) -> Self {
        Self { files, cwd, root, edge }
    }

    /// Whether nothing may be read beyond the root, whatever refers to it.
    pub(crate) fn is_bounded(&self) -> bool {
        self.edge == Edge::Said
    }

    /// Those of the folders that are not below the root, as absolute paths.
    pub(crate) fn outside<'p>(&self, folders: impl Iterator<Item = &'p str>) -> Vec<PathBuf> {
        folders.map(|folder| self.absolute(folder)).filter(|folder| !folder.starts_with(&self.root)).collect()
    }

    /// A file that may lie beyond the root where that is guessed.
    pub(crate) fn read_anywhere(&self, path: &str) -> Result<Vec<u8>, FileError> {
        if self.is_bounded() { self.read(path) } else { self.files.read(path) }
    }

    /// The same of a folder.
    pub(crate) fn list_anywhere(&self, directory: &str) -> Result<Vec<String>, FileError> {
        if self.is_bounded() { self.list(directory) } else { self.files.list(directory) }
    }

    pub(crate) fn absolute(&self, path: &str) -> PathBuf {
        paths::absolute(self.cwd, Path::new(path))
    }

    fn check(&self, path: &str) -> Result<(), FileError> {
        let is_inside = self.absolute(path).starts_with(&self.root);
        if is_inside { Ok(()) } else { Err(FileError::Outside(PathBuf::from(path))) }
    }

    /// Whether what is not at a path, and a kustomization asks for, may be there when that is built: git ignores it, or it
    /// is in a submodule.
    pub(crate) fn may_come(&self, path: &str, kustomization: &str) -> bool {
        let Ok(below) = self.absolute(path).strip_prefix(&self.root).map(Path::to_path_buf) else { return true };
        self.is_ignored(path) && !self.is_ignored(kustomization) || self.is_in_submodule(&below)
    }

    fn is_ignored(&self, path: &str) -> bool {
        let full = self.absolute(path);
        let Ok(below) = full.strip_prefix(&self.root) else { return false };
        let mut builder = GitignoreBuilder::new(&self.root);
        let mut directory = self.root.clone();
        for component in below.components() {
            let own = paths::relative(self.cwd, &directory.join(".gitignore"));
            let text = self.files.read(&own).unwrap_or_default();
            for line in String::from_utf8_lossy(&text).lines() {
                // A line that is no pattern says nothing, as to git.
                let _ = builder.add_line(None, line);
            }
            directory.push(component);
        }
        builder.build().is_ok_and(|ignored| ignored.matched_path_or_any_parents(&full, false).is_ignore())
    }

    fn is_in_submodule(&self, below: &Path) -> bool {
        let modules = paths::relative(self.cwd, &self.root.join(".gitmodules"));
        let text = self.files.read(&modules).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let named =
            |line: &str| Some(line.trim().strip_prefix("path")?.trim_start().strip_prefix('=')?.trim().to_owned());
        text.lines().filter_map(named).any(|module| below.starts_with(module))
    }
}

impl Files for Inside<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.check(path)?;
        self.files.read(path)
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        self.check(directory)?;
        self.files.list(directory)
    }

    fn is_file(&self, path: &str) -> bool {
        self.check(path).is_ok() && self.files.is_file(path)
    }
}
