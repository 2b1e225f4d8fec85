//! The index as a tree of files: what the next commit will hold.
//!
//! What git ignores is in no commit and is read from the disk all the same, for builds read it there. What is neither in the index
//! nor ignored is not there. Links are not followed, and of submodules nothing is known.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gix_hash::ObjectId;
use gix_index::entry::{Flags, Mode, Stage};
use gix_index::extension::Tree;
use portcullis_core::{FileError, Files};

use super::{GitError, NoBlob, Objects, Repository};
use crate::files::{FILE_LIMIT, Worktree};
use crate::ignored::is_ignored;
use crate::paths;

/// The index of a repository, with paths as a scan shows them.
pub(crate) struct Index {
    top: PathBuf,
    cwd: PathBuf,
    /// Sorted by path, from the top.
    entries: Vec<Staged>,
    /// What differs from the commit that is checked out, from the top.
    changed: Vec<String>,
    /// What that commit has and this does not; folders end with a slash.
    removed: Vec<String>,
    /// Files that options name; they may be of any kind.
    named: BTreeSet<String>,
    disk: Worktree,
    /// Who reads its objects. A scan asks for most files several times, and one that is not packed is opened anew each time.
    reader: Mutex<Reader>,
}

/// Reads objects, and keeps some of what it has read.
struct Reader {
    objects: Objects,
    kept: HashMap<ObjectId, Arc<[u8]>>,
    /// Bytes that may still be kept.
    left: usize,
}

/// Bytes of contents that are kept: those of some thousand manifests.
const KEPT: usize = 16 * 1024 * 1024;

struct Staged {
    path: String,
    id: ObjectId,
    is_link: bool,
}

/// Directories within one another.
const DEPTH: usize = 256;

/// Files of directories that a sparse index keeps as a whole.
const FILES: usize = 10_000_000;

impl Index {
    /// Reads the index of a repository. `file` is where git says that it is (`GIT_INDEX_FILE`), unless that is another repository's.
    /// What options name may be on the disk alone.
    pub(crate) fn open(
        repository: Repository,
        cwd: &Path,
        file: Option<&Path>,
        named: BTreeSet<String>,
    ) -> Result<Self, GitError> {
        let Some(top) = repository.place.top.clone() else { return Err(GitError::Bare(repository.place.directory)) };
        let file = repository.place.index_file(&top, file);
        let options = gix_index::decode::Options { thread_limit: Some(1), ..Default::default() };
        let index = gix_index::File::at_or_default(&file, repository.hash, false, options)
            .map_err(|error| GitError::Unreadable { path: file.clone(), reason: error.to_string() })?;
        let mut entries = Vec::with_capacity(index.entries().len());
        let mut sparse = Vec::new();
        for entry in index.entries() {
            // Of what is not merged, and of what is only announced, nothing can be committed.
            if entry.stage() != Stage::Unconflicted || entry.flags.contains(Flags::INTENT_TO_ADD) {
                continue;
            }
            let path = String::from_utf8_lossy(entry.path(&index)).into_owned();
            match entry.mode {
                Mode::FILE | Mode::FILE_EXECUTABLE => {
                    entries.push((Staged { path, id: entry.id, is_link: false }, entry.mode));
                }
                Mode::SYMLINK => entries.push((Staged { path, id: entry.id, is_link: true }, entry.mode)),
                Mode::DIR => sparse.push((path.trim_end_matches('/').to_owned(), entry.id)),
                _ => {}
            }
        }
        let (mut changed, mut removed) = (Vec::new(), Vec::new());
        let head = match repository.head()? {
            Some(commit) => Some(repository.tree_of(commit)?),
            None => None,
        };
        let mut comparison = Comparison { objects: repository.objects(), changed: &mut changed, removed: &mut removed };
        comparison.compare(head, index.tree(), "", &entries, 0)?;
        // What a sparse index keeps as a whole is there.
        removed.retain(|path| !sparse.iter().any(|(folder, _)| Path::new(folder).starts_with(path)));
        removed.sort_unstable();
        let mut entries: Vec<Staged> = entries.into_iter().map(|(entry, _)| entry).collect();
        for (path, id) in sparse {
            repository.files_of(id, &path, 0, &mut entries)?;
        }
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let disk = Worktree::new(cwd.to_owned(), FILE_LIMIT);
        let reader = Reader::new(&repository);
        Ok(Self { top, cwd: cwd.to_owned(), entries, changed, removed, named, disk, reader })
    }

    /// What a commit holds, as an index of it would. Nothing of it counts as changed.
    pub(crate) fn of_commit(
        repository: Repository,
        cwd: &Path,
        commit: ObjectId,
        named: BTreeSet<String>,
    ) -> Result<Self, GitError> {
        let Some(top) = repository.place.top.clone() else { return Err(GitError::Bare(repository.place.directory)) };
        let mut entries = Vec::new();
        repository.files_of(repository.tree_of(commit)?, "", 0, &mut entries)?;
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let disk = Worktree::new(cwd.to_owned(), FILE_LIMIT);
        let (changed, removed) = (Vec::new(), Vec::new());
        let reader = Reader::new(&repository);
        Ok(Self { top, cwd: cwd.to_owned(), entries, changed, removed, named, disk, reader })
    }

    /// All files, as the scan shows them.
    pub(crate) fn files(&self) -> impl Iterator<Item = String> {
        self.entries.iter().filter(|entry| !entry.is_link).map(|entry| self.shown(&entry.path))
    }

    /// The files that the next commit changes, as the scan shows them.
    pub(crate) fn changed(&self) -> impl Iterator<Item = String> {
        self.changed.iter().map(|path| self.shown(path))
    }

    /// What the next commit removes, from the top; of folders that it removes as a whole, the folders, with a slash.
    pub(crate) fn removed(&self) -> impl Iterator<Item = &str> {
        self.removed.iter().map(String::as_str)
    }

    /// The content of a shown path, by its id; not that of a link.
    pub(crate) fn id(&self, path: &str) -> Option<ObjectId> {
        let below = self.below_top(path)?;
        self.entry(&below).filter(|entry| !entry.is_link).map(|entry| entry.id)
    }

    /// The top of the worktree.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    fn shown(&self, path: &str) -> String {
        paths::relative(&self.cwd, &self.top.join(path))
    }

    /// A shown path as the index has it; `None` outside of the worktree.
    fn below_top(&self, path: &str) -> Option<String> {
        let full = paths::absolute(&self.cwd, Path::new(path));
        full.strip_prefix(&self.top).ok().map(paths::slashed)
    }

    fn entry(&self, path: &str) -> Option<&Staged> {
        let at = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// Whether a path that is not in the index is read from the disk.
    fn is_context(&self, shown: &str, below: &str) -> bool {
        self.named.contains(shown) || self.top.join(below).symlink_metadata().is_ok() && is_ignored(below, &AtTop(self))
    }

    fn blob(&self, entry: &Staged, path: &str) -> Result<Vec<u8>, FileError> {
        let unreadable = |reason: &str| FileError::Unreadable { path: path.into(), reason: reason.to_owned() };
        if entry.is_link {
            return Err(unreadable("it is a symbolic link"));
        }
        let read = self.reader.lock().unwrap_or_else(PoisonError::into_inner).blob(entry.id);
        match read {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(NoBlob::TooLarge(size)) => Err(FileError::TooLarge { path: path.into(), size, limit: FILE_LIMIT }),
            Err(NoBlob::Missing) => Err(unreadable("its content is not in this clone")),
            Err(NoBlob::Broken) => Err(unreadable("its content is damaged in the git repository")),
        }
    }
}

impl Reader {
    fn new(repository: &Repository) -> Mutex<Self> {
        Mutex::new(Self { objects: repository.objects(), kept: HashMap::new(), left: KEPT })
    }

    fn blob(&mut self, id: ObjectId) -> Result<Arc<[u8]>, NoBlob> {
        if let Some(bytes) = self.kept.get(&id) {
            return Ok(Arc::clone(bytes));
        }
        let bytes: Arc<[u8]> = Arc::from(self.objects.blob(&id)?);
        if let Some(left) = self.left.checked_sub(bytes.len()) {
            self.left = left;
            self.kept.insert(id, Arc::clone(&bytes));
        }
        Ok(bytes)
    }
}

impl Files for Index {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let missing = || FileError::Missing(PathBuf::from(path));
        let below = self.below_top(path).ok_or_else(missing)?;
        match self.entry(&below) {
            Some(entry) => self.blob(entry, path),
            None if self.is_context(path, &below) => self.disk.read(path),
            None => Err(missing()),
        }
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let missing = || FileError::Missing(PathBuf::from(directory));
        let below = self.below_top(directory).ok_or_else(missing)?;
        let prefix = if below.is_empty() { below } else { below + "/" };
        let first = self.entries.partition_point(|entry| *entry.path < *prefix);
        let inside = self.entries.iter().skip(first).map_while(|entry| entry.path.strip_prefix(prefix.as_str()));
        let mut names: Vec<String> =
            inside.map(|rest| rest.split_once('/').map_or(rest, |(name, _)| name).to_owned()).collect();
        names.dedup();
        for name in self.disk.list(directory).unwrap_or_default() {
            let is_new = name != ".git" && !names.contains(&name);
            if is_new && self.is_context(&format!("{directory}/{name}"), &format!("{prefix}{name}")) {
                names.push(name);
            }
        }
        names.sort_unstable();
        names.dedup();
        if names.is_empty() { Err(missing()) } else { Ok(names) }
    }

    fn is_file(&self, path: &str) -> bool {
        let Some(below) = self.below_top(path) else { return false };
        match self.entry(&below) {
            Some(entry) => !entry.is_link,
            None => self.is_context(path, &below) && self.disk.is_file(path),
        }
    }
}

/// The index with paths from the top, and without what is on the disk alone.
struct AtTop<'i>(&'i Index);

impl Files for AtTop<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let entry = self.0.entry(path).ok_or_else(|| FileError::Missing(path.into()))?;
        self.0.blob(entry, path)
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Missing(directory.into()))
    }
}

impl Repository {
    fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, GitError> {
        let mut objects = self.objects();
        let hash = self.hash;
        let found = objects.read(&commit)?;
        gix_object::CommitRefIter::from_bytes(found.data, hash)
            .tree_id()
            .map_err(|error| GitError::Object { id: commit.to_string(), reason: error.to_string() })
    }

    /// The files of a directory that the index keeps as a whole.
    fn files_of(&self, id: ObjectId, path: &str, depth: usize, all: &mut Vec<Staged>) -> Result<(), GitError> {
        if depth > DEPTH || all.len() > FILES {
            return Ok(());
        }
        let mut buffer = Vec::new();
        for entry in self.objects().tree(&id, &mut buffer)? {
            let entry = entry?;
            let path = if path.is_empty() { entry.name.into_owned() } else { format!("{path}/{}", entry.name) };
            if entry.mode.is_tree() {
                self.files_of(entry.id, &path, depth + 1, all)?;
            } else if entry.mode.is_blob() || entry.mode.is_link() {
                all.push(Staged { path, id: entry.id, is_link: entry.mode.is_link() });
            }
        }
        Ok(())
    }
}

/// The index beside a commit.
struct Comparison<'c> {
    objects: Objects,
    changed: &'c mut Vec<String>,
    removed: &'c mut Vec<String>,
}

impl Comparison<'_> {
    /// Adds the files of a directory that the commit does not have like this. `prefix` has a slash behind each name.
    fn compare(
        &mut self,
        tree: Option<ObjectId>,
        cache: Option<&Tree>,
        prefix: &str,
        entries: &[(Staged, Mode)],
        depth: usize,
    ) -> Result<(), GitError> {
        // Git remembers the directories that it wrote, until something below them changes.
        let is_same = cache.is_some_and(|cache| cache.num_entries.is_some() && tree == Some(cache.id));
        if is_same || depth > DEPTH {
            return Ok(());
        }
        let mut before: HashMap<String, (u32, ObjectId)> = HashMap::new();
        if let Some(tree) = tree {
            let mut buffer = Vec::new();
            for entry in self.objects.tree(&tree, &mut buffer)? {
                let entry = entry?;
                before.insert(entry.name.into_owned(), (u32::from(entry.mode.value()), entry.id));
            }
        }
        let mut rest = entries;
        while let Some((first, mode)) = rest.first() {
            let below = first.path.get(prefix.len()..).unwrap_or_default();
            let Some((name, _)) = below.split_once('/') else {
                let was = before.remove(below);
                if !first.is_link && was != Some((mode.bits(), first.id)) {
                    self.changed.push(first.path.clone());
                }
                rest = rest.get(1..).unwrap_or_default();
                continue;
            };
            let inner = format!("{prefix}{name}/");
            let count = rest.iter().take_while(|(entry, _)| entry.path.starts_with(&inner)).count();
            let (inside, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            let subtree = before.remove(name).filter(|(mode, _)| *mode == Mode::DIR.bits()).map(|(_, id)| id);
            let known =
                cache.and_then(|cache| cache.children.iter().find(|child| child.name.as_slice() == name.as_bytes()));
            self.compare(subtree, known, &inner, inside, depth + 1)?;
            rest = after;
        }
        let gone = before.into_iter().filter(|(_, (mode, _))| *mode != Mode::COMMIT.bits());
        let slash = |mode| if mode == Mode::DIR.bits() { "/" } else { "" };
        self.removed.extend(gone.map(|(name, (mode, _))| format!("{prefix}{name}{}", slash(mode))));
        Ok(())
    }
}
