//! The files of one folder that name packages, side by side.

use portcullis_core::FileId;

use super::{Format, Lockfile, Manifest};

/// What lies in one folder. A rule about one file asks here what its neighbours say.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Relative to the working directory; empty for that itself.
    pub path: Box<str>,
    /// The files that are known, in order of their names.
    pub files: Vec<PackageFile>,
    /// The names of everything in the folder; `None`: nobody could look.
    pub names: Option<Vec<String>>,
    /// The nearest folders above, with a lockfile each: a member of a workspace has none of its own.
    pub above: Vec<Format>,
}

/// One file that names packages.
#[derive(Clone, Debug)]
pub struct PackageFile {
    /// The file.
    pub file: FileId,
    /// Its name without folders.
    pub name: Box<str>,
    /// What it is.
    pub format: Format,
    /// What it resolved.
    pub lock: Option<Lockfile>,
    /// What it asks for.
    pub manifest: Option<Manifest>,
    /// What it asks for in vain, where somebody compared it with its lockfile.
    pub unmet: Vec<Unmet>,
}

/// A requirement that the lockfile does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Which of the manifest's, from 0.
    pub requirement: usize,
    /// What the lockfile has instead.
    pub instead: Instead,
}

/// What stands in a lockfile in the place of what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// A version that is not allowed.
    Version(Box<str>),
    /// Nothing: the lockfile of this path knows the member of the workspace without it.
    Nothing(Box<str>),
}

impl Folder {
    /// The file of a format, where there is one.
    pub fn of(&self, format: Format) -> Option<&PackageFile> {
        self.files.iter().find(|file| file.format == format)
    }

    /// Whether a file of this name is here; `None`: not known.
    pub fn has(&self, name: &str) -> Option<bool> {
        Some(self.names.as_ref()?.iter().any(|own| own == name))
    }
}
