//! Modules that lie outside of the folder that a scan may refer to.
//!
//! In a repository nothing beyond it is read. Without one nobody said where the configuration ends, and a root's `../network`
//! is as much of it as what lies below: the folders that sources name are read, with what their own expressions ask for there.

use std::path::PathBuf;

use portcullis_core::{FileError, Files};
use portcullis_terraform::{Library, role_of};

use crate::inside::Inside;

/// The files of modules, wherever sources may lead to.
pub(super) struct Modules<'a>(pub(super) &'a Inside<'a>);

impl Files for Modules<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if role_of(name).is_some() { self.0.read_anywhere(path) } else { self.0.read(path) }
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        self.0.list_anywhere(directory)
    }
}

/// What expressions may read: what lies inside, or in the folder of a module that was read.
pub(super) struct Sources<'a> {
    inside: &'a Inside<'a>,
    folders: Vec<PathBuf>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(inside: &'a Inside<'a>, library: &Library) -> Self {
        let folders = if inside.is_bounded() { Vec::new() } else { inside.outside(library.directories()) };
        Self { inside, folders }
    }

    fn is_in_module(&self, path: &str) -> bool {
        if self.folders.is_empty() {
            return false;
        }
        let path = self.inside.absolute(path);
        self.folders.iter().any(|folder| path.starts_with(folder))
    }
}

impl Files for Sources<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        if self.is_in_module(path) { self.inside.read_anywhere(path) } else { self.inside.read(path) }
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        if self.is_in_module(directory) { self.inside.list_anywhere(directory) } else { self.inside.list(directory) }
    }
}
