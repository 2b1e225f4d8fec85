//! The names that an index has. To git none of them is ignored, whatever its ignore files say.

use std::path::{Path, PathBuf};

use gix_index::entry::Mode;

use super::{Format, GitError, Place};
use crate::paths;

/// The files of a worktree that git knows.
pub(crate) struct Tracked {
    top: PathBuf,
    index: gix_index::File,
}

impl Tracked {
    /// Reads the index of a worktree; a bare repository has none. Whether it is damaged is not checked: a wrong name is that of no
    /// file.
    pub(crate) fn open(place: &Place) -> Result<Option<Self>, GitError> {
        let Some(top) = place.top.clone() else { return Ok(None) };
        let hash = Format::read(&place.common()).hash(&place.directory)?;
        let file = place.directory.join("index");
        let options = gix_index::decode::Options { thread_limit: Some(1), ..Default::default() };
        let index = gix_index::File::at_or_default(&file, hash, true, options)
            .map_err(|error| GitError::Unreadable { path: file, reason: error.to_string() })?;
        Ok(Some(Self { top, index }))
    }

    /// The files below a directory of the worktree, from there; links and submodules are none. Names that are not UTF-8 are left out.
    pub(crate) fn below(&self, directory: &Path) -> impl Iterator<Item = &str> {
        let prefix = paths::slashed(directory.strip_prefix(&self.top).unwrap_or(Path::new("")));
        let prefix = if prefix.is_empty() { prefix } else { prefix + "/" };
        let entries = self.index.prefixed_entries(prefix.as_bytes().into()).unwrap_or_default();
        let files = entries.iter().filter(|entry| matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE));
        files.filter_map(move |entry| std::str::from_utf8(entry.path(&self.index)).ok()?.strip_prefix(&prefix))
    }

    /// The top of the worktree.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }
}
