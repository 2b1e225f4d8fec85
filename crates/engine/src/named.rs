//! What the named paths let in: who names a file or folder means it, even if the configuration leaves out a folder that it is in.
//!
//! The walk of the disk starts at the named folders and thus never asks about those above. Trees that are not walked (the index,
//! what a commit holds, a history) ask here, so that they have the same files.

use std::path::{Path, PathBuf};

use crate::classify::classify;
use crate::filters::Filters;
use crate::paths;
use crate::scan::{Exclusions, ScanOptions};

/// The named paths beside the configuration's globs.
pub(crate) struct Named<'n> {
    filters: &'n Filters<'n>,
    cwd: &'n Path,
    /// Absolute.
    paths: Vec<PathBuf>,
    exclusions: Exclusions,
}

impl<'n> Named<'n> {
    pub(crate) fn new(options: &'n ScanOptions, named: &[PathBuf], filters: &'n Filters<'n>) -> Self {
        let paths = named.iter().map(|path| paths::absolute(&options.cwd, path)).collect();
        Self { filters, cwd: &options.cwd, paths, exclusions: options.exclusions }
    }

    /// Whether a scan of the named paths, or of everything, would not come to a file, which is as shown.
    pub(crate) fn leaves_out(&self, path: &str) -> bool {
        self.filters.leaves_out(path) && !self.lets_in(path)
    }

    /// Whether nothing below a folder can be in the scan.
    pub(crate) fn leaves_out_directory(&self, path: &str) -> bool {
        if !self.filters.leaves_out_directory(path) {
            return false;
        }
        let full = paths::absolute(self.cwd, Path::new(path));
        let lets_in = |named: &PathBuf| {
            named.starts_with(&full)
                || full.starts_with(named)
                    && (self.is_left_out(named) || !self.filters.leaves_out_between(named, Some(&full)))
        };
        !self.paths.iter().any(lets_in)
    }

    /// Whether a file is left out that is in no folder that is: one of [`Self::leaves_out_directory`] may only lead to a named path.
    pub(crate) fn leaves_out_file(&self, path: &str) -> bool {
        if self.paths.is_empty() { self.filters.leaves_out_file(path) } else { self.leaves_out(path) }
    }

    /// Whether this very file is named, and nothing but its content can tell what it is.
    pub(crate) fn is_unknown(&self, path: &str) -> bool {
        classify(path).is_none() && self.is_named(&paths::absolute(self.cwd, Path::new(path)))
    }

    fn is_named(&self, full: &Path) -> bool {
        self.exclusions == Exclusions::Found && self.paths.iter().any(|named| named == full)
    }

    fn lets_in(&self, path: &str) -> bool {
        let full = paths::absolute(self.cwd, Path::new(path));
        let is_below = |named: &PathBuf| {
            full != *named
                && full.starts_with(named)
                && (self.is_left_out(named) || !self.filters.leaves_out_below(named, &full, path))
        };
        self.is_named(&full) || self.paths.iter().any(is_below)
    }

    fn is_left_out(&self, folder: &Path) -> bool {
        self.filters.leaves_out_directory(&paths::relative(self.cwd, folder))
    }
}
