//! A git repository, as far as it is read: objects, references and the index.
//!
//! Nothing is written, and of the configuration nothing counts but the format of the objects and, of a repository that the environment
//! names, the worktree: what a hostile repository configures is never run, and who owns it does not matter. Replacements and grafts
//! are not looked at.

mod blobs;
mod commits;
mod index;
mod merge_base;
mod place;
mod revisions;
mod tracked;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix_hash::ObjectId;
use gix_object::tree::EntryMode;
use gix_object::{Find as _, FindHeader as _, Kind, TreeRefIter};

use crate::files::FILE_LIMIT;

pub(crate) use blobs::{Blob, Wants};
pub(crate) use commits::Commits;
pub(crate) use index::Index;
pub use place::GitPlaces;
pub(crate) use place::Place;
pub(crate) use revisions::Range;
pub(crate) use tracked::Tracked;

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
        /// What may be done.
        help: Option<String>,
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
    #[error("`{revision}` and HEAD have no commit in common")]
    NoMergeBase {
        /// As it was written.
        revision: String,
        /// What may be done.
        help: &'static str,
    },
    /// There is no worktree, and thus nothing staged.
    #[error("{0} is a bare git repository: nothing is staged there, and no file has changed")]
    Bare(PathBuf),
}

impl GitError {
    /// What may be done about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoRepository(_) => {
                "run it in a clone: what was changed or staged is known to git alone, and files without `.git` have no history"
                    .to_owned()
            }
            Self::Revision { help, .. } => return help.clone(),
            Self::Object { reason, .. } if reason == MISSING => {
                "fetch what the clone left out, as `git fetch --unshallow` or `fetch-depth: 0` in actions/checkout does"
                    .to_owned()
            }
            Self::NoMergeBase { help, .. } => (*help).to_owned(),
            Self::Bare(_) => "run it in a worktree of the repository; `--history` needs none".to_owned(),
            Self::Unreadable { .. } | Self::Object { .. } | Self::Outside(_) => return None,
        })
    }
}

/// Why an object cannot be read that a clone may leave out.
const MISSING: &str = "it is not in this clone";

/// A repository.
pub(crate) struct Repository {
    pub(crate) place: Place,
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
    /// The repository of a directory, which is absolute; `places` are relative to `cwd`.
    pub(crate) fn find(start: &Path, cwd: &Path, places: &GitPlaces) -> Result<Self, GitError> {
        Self::open(Place::find(start, cwd, places)?)
    }

    fn open(place: Place) -> Result<Self, GitError> {
        let common = place.common();
        let git_directory = &place.directory;
        let format = Format::read(&common);
        let hash = format.hash(git_directory)?;
        if !matches!(format.references.as_str(), "" | "files") {
            let reason = format!("its references are kept as `{}`, which is not known here", format.references);
            return Err(unreadable(git_directory, &reason));
        }
        let options = gix_odb::store::init::Options { alloc_limit_bytes: Some(UNPACK_LIMIT), ..Default::default() };
        let store = gix_odb::Store::at_opts(common.join("objects"), hash, &mut std::iter::empty(), options)
            .map_err(|error| unreadable(git_directory, &error.to_string()))?;
        let shallow = small_file(&common.join("shallow")).unwrap_or_default();
        let shallow = shallow.lines().filter_map(|line| ObjectId::from_hex(line.trim_end().as_bytes()).ok()).collect();
        let references = if common == *git_directory {
            gix_ref::file::Store::at(common, hash)
        } else {
            gix_ref::file::Store::for_linked_worktree(git_directory.clone(), common, hash)
        };
        Ok(Self { place, hash, references, store: Arc::new(store), shallow })
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
        Ok(None) => Err(fail(MISSING)),
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

/// What the configuration says of the repository's format and, for one that the environment names, of its worktree.
#[derive(Default)]
struct Format {
    hash: String,
    references: String,
    is_bare: bool,
    worktree: Option<String>,
}

impl Format {
    fn read(common: &Path) -> Self {
        let text = small_file(&common.join("config")).unwrap_or_default();
        let mut format = Self::default();
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').to_ascii_lowercase();
            } else if let Some((key, value)) = line.split_once('=') {
                let value = value.trim().trim_matches('"');
                let lower = || value.to_ascii_lowercase();
                match (section.as_str(), key.trim().to_ascii_lowercase().as_str()) {
                    ("extensions", "objectformat") => format.hash = lower(),
                    ("extensions", "refstorage") => format.references = lower(),
                    ("core", "bare") => format.is_bare = lower() == "true",
                    ("core", "worktree") => format.worktree = Some(value.to_owned()),
                    _ => {}
                }
            }
        }
        format
    }

    /// The kind of the repository's ids.
    fn hash(&self, directory: &Path) -> Result<gix_hash::Kind, GitError> {
        match self.hash.as_str() {
            "" | "sha1" => Ok(gix_hash::Kind::Sha1),
            "sha256" => Ok(gix_hash::Kind::Sha256),
            other => Err(unreadable(directory, &format!("its object format `{other}` is not known here"))),
        }
    }
}

fn small_file(path: &Path) -> Option<String> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    (metadata.len() <= SMALL).then(|| std::fs::read_to_string(path).ok())?
}

fn unreadable(path: &Path, reason: &str) -> GitError {
    GitError::Unreadable { path: path.to_owned(), reason: reason.to_owned() }
}
