//! Where a repository is: in a folder at or above a path, or where git tells the programs that it runs.
//!
//! To git itself the environment is always right. Hooks inherit it and go on to look at other repositories, so that here the nearest
//! repository counts, and what the environment names only where its worktree is nearer still: a worktree without `.git`, as with
//! `git --git-dir --work-tree`.

use std::path::{Path, PathBuf};

use super::{Format, GitError, small_file, unreadable};
use crate::paths;

/// What git tells a hook about its repository, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitPlaces {
    /// `GIT_DIR`.
    pub directory: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
}

/// A repository that was found and not yet opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its `.git`, or that of the linked worktree.
    pub(super) directory: PathBuf,
    /// The top of the worktree; `None` where it is bare.
    pub(crate) top: Option<PathBuf>,
}

impl Place {
    /// The repository of a directory, which is absolute. What the environment says is relative to `cwd`.
    pub(crate) fn find(start: &Path, cwd: &Path, places: &GitPlaces) -> Result<Self, GitError> {
        let nearest = Self::above(start);
        let Some(directory) = &places.directory else { return nearest };
        let directory = paths::absolute(cwd, directory);
        if !is_git_directory(&directory) {
            return nearest;
        }
        let format = Format::read(&common(&directory));
        let said = match &places.work_tree {
            Some(top) => Some(paths::absolute(cwd, top)),
            None => format.worktree.as_deref().map(|top| paths::absolute(&directory, Path::new(top))),
        };
        match (nearest, said) {
            // Its worktree is where git was started.
            (Err(GitError::NoRepository(_)), None) => {
                let top = (!format.is_bare).then(|| cwd.to_owned());
                Ok(Self { directory, top })
            }
            (Err(GitError::NoRepository(_)), Some(top)) if start.starts_with(&top) => {
                Ok(Self { directory, top: Some(top) })
            }
            (Ok(nearest), Some(top))
                if start.starts_with(&top)
                    && nearest.top.as_ref().is_some_and(|it| *it != top && top.starts_with(it)) =>
            {
                Ok(Self { directory, top: Some(top) })
            }
            (nearest, _) => nearest,
        }
    }

    fn above(start: &Path) -> Result<Self, GitError> {
        for directory in start.ancestors() {
            let inner = directory.join(".git");
            let top = Some(directory.to_owned());
            if inner.join("HEAD").is_file() {
                return Ok(Self { directory: inner, top });
            }
            if inner.is_file() {
                let text = small_file(&inner).unwrap_or_default();
                let Some(named) = text.trim_end().strip_prefix("gitdir: ") else {
                    return Err(unreadable(&inner, "it does not say where the repository is"));
                };
                return Ok(Self { directory: paths::absolute(directory, Path::new(named)), top });
            }
            if paths::is_bare(directory) {
                return Ok(Self { directory: directory.to_owned(), top: None });
            }
        }
        Err(GitError::NoRepository(start.to_owned()))
    }

    /// What all worktrees of the repository share.
    pub(super) fn common(&self) -> PathBuf {
        common(&self.directory)
    }

    /// The file of the index. Git names another to the hooks of some commits (`GIT_INDEX_FILE`), and these may have been started by
    /// a commit to another repository or worktree, whose index is not for this one.
    pub(super) fn index_file(&self, top: &Path, named: Option<&Path>) -> PathBuf {
        let own = || self.directory.join("index");
        let Some(named) = named.map(|file| paths::absolute(top, file)) else { return own() };
        match named.ancestors().skip(1).find(|folder| is_git_directory(folder)) {
            Some(owner) if !is_same(owner, &self.directory) => own(),
            _ => named,
        }
    }
}

fn common(directory: &Path) -> PathBuf {
    match small_file(&directory.join("commondir")) {
        Some(named) => paths::absolute(directory, Path::new(named.trim_end())),
        None => directory.to_owned(),
    }
}

/// Whether a directory is a repository's, or what belongs to one of its worktrees.
fn is_git_directory(directory: &Path) -> bool {
    directory.join("HEAD").is_file() && (directory.join("objects").is_dir() || directory.join("commondir").is_file())
}

/// Whether two paths lead to one directory; links may stand in either.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
