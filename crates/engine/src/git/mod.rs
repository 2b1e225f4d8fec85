//! A git repository, as far as it is read: objects, references and the index.
//!
//! Nothing is written, and of the configuration nothing counts but the format of the objects: what a hostile repository
//! configures is never run, and who owns it does not matter. Replacements and grafts are not looked at.

mod blobs;
mod commits;
mod index;
mod merge_base;
mod revisions;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix_hash::ObjectId;
use gix_object::tree::EntryMode;
use gix_object::{Find as _, FindHeader as _, Kind, TreeRefIter};

use crate::files::FILE_LIMIT;
use crate::paths;

pub(crate) use blobs::{Blob, Wants};
pub(crate) use commits::Commits;
pub(crate) use index::Index;
pub(crate) use revisions::Range;

/// Why a repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// Neither the directory nor one above it is a repository.
    #[error("{0} is in no git repository")]
    NoRepository(PathBuf),
    /// What is there is no repository, or of a format that is not known here.
    #[error("the git repository {path} cannot be read: {reason}")]
    Unreadable {
        /// Its `.git`.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What was asked for is no revision or range of it.
    #[error("`{revision}` is no commit or range of commits here: {reason}")]
    Revision {
        /// As it was written.
        revision: String,
        /// Why.
        reason: String,
    },
    /// A commit or directory that others refer to.
    #[error("the git object {id} cannot be read: {reason}")]
    Object {
        /// Its id.
        id: String,
        /// Why.
        reason: String,
    },
    /// A path that was named is somewhere else.
    #[error("{0} is not in the worktree of the git repository")]
    Outside(PathBuf),
    /// Two commits have no history in common.
    #[error("`{revision}` and HEAD have no commit in common{hint}")]
    NoMergeBase {
        /// As it was written.
        revision: String,
        /// What may be done, after a semicolon; empty where nothing is known.
        hint: &'static str,
    },
    /// There is no worktree, and thus nothing staged.
    #[error("{0} is a bare git repository: nothing is staged there, and no file has changed")]
    Bare(PathBuf),
}

/// A repository.
pub(crate) struct Repository {
    /// The top of the worktree; `None` where it is bare.
    pub(crate) top: Option<PathBuf>,
    /// What belongs to this worktree: `HEAD` and the index.
    git_directory: PathBuf,
    hash: gix_hash::Kind,
    references: gix_ref::file::Store,
    store: Arc<gix_odb::Store>,
    /// Commits of a shallow clone whose parents are left out.
    shallow: HashSet<ObjectId>,
}

/// Reads objects; each thread has its own.
pub(crate) struct Objects {
    handle: gix_odb::HandleArc,
    hash: gix_hash::Kind,
    buffer: Vec<u8>,
}

/// Bytes of unpacked bases that one reader keeps.
const CACHE: usize = 48 * 1024 * 1024;

/// Bytes that one object may ask for when it is unpacked: a small pack can say any size. Deltas may have larger bases
/// than what they make.
const UNPACK_LIMIT: usize = 256 * 1024 * 1024;

/// Bytes of the small files of a repository.
const SMALL: u64 = 1024 * 1024;

impl Repository {
    /// The repository that a directory is in, which is absolute.
    pub(crate) fn find(start: &Path) -> Result<Self, GitError> {
        for directory in start.ancestors() {
            let inner = directory.join(".git");
            if inner.join("HEAD").is_file() {
                return Self::open(inner, Some(directory.to_owned()));
            }
            if inner.is_file() {
                let text = small_file(&inner).unwrap_or_default();
                let Some(named) = text.trim_end().strip_prefix("gitdir: ") else {
                    return Err(unreadable(&inner, "it does not say where the repository is"));
                };
                return Self::open(paths::absolute(directory, Path::new(named)), Some(directory.to_owned()));
            }
            if paths::is_bare(directory) {
                return Self::open(directory.to_owned(), None);
            }
        }
        Err(GitError::NoRepository(start.to_owned()))
    }

    fn open(git_directory: PathBuf, top: Option<PathBuf>) -> Result<Self, GitError> {
        let common = match small_file(&git_directory.join("commondir")) {
            Some(named) => paths::absolute(&git_directory, Path::new(named.trim_end())),
            None => git_directory.clone(),
        };
        let format = Format::read(&common);
        let hash = match format.hash.as_str() {
            "" | "sha1" => gix_hash::Kind::Sha1,
            "sha256" => gix_hash::Kind::Sha256,
            other => return Err(unreadable(&git_directory, &format!("its object format `{other}` is not known here"))),
        };
        if !matches!(format.references.as_str(), "" | "files") {
            let reason = format!("its references are kept as `{}`, which is not known here", format.references);
            return Err(unreadable(&git_directory, &reason));
        }
        let options = gix_odb::store::init::Options { alloc_limit_bytes: Some(UNPACK_LIMIT), ..Default::default() };
        let store = gix_odb::Store::at_opts(common.join("objects"), hash, &mut std::iter::empty(), options)
            .map_err(|error| unreadable(&git_directory, &error.to_string()))?;
        let shallow = small_file(&common.join("shallow")).unwrap_or_default();
        let shallow = shallow.lines().filter_map(|line| ObjectId::from_hex(line.trim_end().as_bytes()).ok()).collect();
        let references = if common == git_directory {
            gix_ref::file::Store::at(common, hash)
        } else {
            gix_ref::file::Store::for_linked_worktree(git_directory.clone(), common, hash)
        };
        Ok(Self { top, git_directory, hash, references, store: Arc::new(store), shallow })
    }

    /// A reader of its objects.
    pub(crate) fn objects(&self) -> Objects {
        let mut handle = self.store.to_cache_arc();
        handle.set_pack_cache(|| Box::new(gix_pack::cache::lru::MemoryCappedHashmap::new(CACHE)));
        Objects { handle, hash: self.hash, buffer: Vec::new() }
    }
}

/// Why a blob has no content here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoBlob {
    /// A clone may leave it out.
    Missing,
    /// Over the limit of files, with its size.
    TooLarge(u64),
    /// Damaged.
    Broken,
}

impl Objects {
    /// The content of a blob.
    pub(crate) fn blob(&mut self, id: &gix_hash::oid) -> Result<&[u8], NoBlob> {
        let header = self.handle.try_header(id).map_err(|_| NoBlob::Broken)?.ok_or(NoBlob::Missing)?;
        if header.size > FILE_LIMIT {
            return Err(NoBlob::TooLarge(header.size));
        }
        let found = self.handle.try_find(id, &mut self.buffer).map_err(|_| NoBlob::Broken)?;
        let found = found.ok_or(NoBlob::Missing)?;
        if found.kind == Kind::Blob { Ok(found.data) } else { Err(NoBlob::Broken) }
    }

    /// An object of another kind.
    fn read(&mut self, id: &gix_hash::oid) -> Result<gix_object::Data<'_>, GitError> {
        read(&self.handle, id, &mut self.buffer)
    }

    /// The entries of a tree, whose bytes go to `buffer`. Names that no worktree could have are left out.
    fn tree<'b>(
        &self,
        id: &gix_hash::oid,
        buffer: &'b mut Vec<u8>,
    ) -> Result<impl Iterator<Item = Result<Entry<'b>, GitError>> + use<'b>, GitError> {
        let tree = id.to_owned();
        let broken = move |reason: String| GitError::Object { id: tree.to_string(), reason };
        let found = read(&self.handle, id, buffer)?;
        if found.kind != Kind::Tree {
            return Err(broken("it is no directory".to_owned()));
        }
        let entries = TreeRefIter::from_bytes(found.data, self.hash).map(move |entry| {
            let entry = entry.map_err(|error| broken(error.to_string()))?;
            let name = String::from_utf8_lossy(entry.filename);
            Ok(Entry { name, mode: entry.mode, id: entry.oid.to_owned() })
        });
        Ok(entries.filter(|entry| entry.as_ref().map_or(true, Entry::is_plain)))
    }
}

fn read<'b>(
    handle: &gix_odb::HandleArc,
    id: &gix_hash::oid,
    buffer: &'b mut Vec<u8>,
) -> Result<gix_object::Data<'b>, GitError> {
    let fail = |reason: &str| GitError::Object { id: id.to_string(), reason: reason.to_owned() };
    match handle.try_find(id, buffer) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(fail("it is not in this clone")),
        Err(error) => Err(fail(&error.to_string())),
    }
}

/// An entry of a tree.
struct Entry<'b> {
    name: Cow<'b, str>,
    mode: EntryMode,
    id: ObjectId,
}

impl Entry<'_> {
    fn is_plain(&self) -> bool {
        !matches!(&*self.name, "" | "." | "..") && !self.name.contains('/')
    }
}

/// What the configuration says of the repository's format.
#[derive(Default)]
struct Format {
    hash: String,
    references: String,
}

impl Format {
    fn read(common: &Path) -> Self {
        let text = small_file(&common.join("config")).unwrap_or_default();
        let mut format = Self::default();
        let mut is_extension = false;
        for line in text.lines().map(str::trim) {
            if let Some(section) = line.strip_prefix('[') {
                is_extension = section.trim_end_matches(']').eq_ignore_ascii_case("extensions");
            } else if is_extension && let Some((key, value)) = line.split_once('=') {
                let value = value.trim().trim_matches('"').to_ascii_lowercase();
                match key.trim().to_ascii_lowercase().as_str() {
                    "objectformat" => format.hash = value,
                    "refstorage" => format.references = value,
                    _ => {}
                }
            }
        }
        format
    }
}

fn small_file(path: &Path) -> Option<String> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    (metadata.len() <= SMALL).then(|| std::fs::read_to_string(path).ok())?
}

fn unreadable(path: &Path, reason: &str) -> GitError {
    GitError::Unreadable { path: path.to_owned(), reason: reason.to_owned() }
}
