//! The files that commits brought: each content once, with the first commit that has it and its path there.
//!
//! Each directory is read once, too, so that the work is that of what differs. Links and submodules hold no text.

use std::collections::HashSet;

use gix_hash::ObjectId;

use super::commits::Commits;
use super::{GitError, Objects, Repository};

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) id: ObjectId,
    /// From the top of the worktree.
    pub(crate) path: String,
    /// The index of the commit.
    pub(crate) commit: usize,
}

/// Which paths count.
pub(crate) trait Wants {
    /// Whether a file of this name may be a text, wherever it lies.
    fn name(&self, name: &str) -> bool;
    /// Whether a directory is looked into.
    fn directory(&self, path: &str) -> bool;
    /// Whether a file is read.
    fn file(&self, path: &str) -> bool;
}

/// Directories within one another.
const DEPTH: usize = 256;

/// Directories that are kept by their paths. A few that hold one another stand for any number of paths, so that behind this many
/// each counts once.
const PARTS: usize = 100_000;

impl Repository {
    /// The files that commits brought, in order of the commits.
    pub(crate) fn blobs(&self, commits: &Commits, wants: &dyn Wants) -> Result<Vec<Blob>, GitError> {
        let mut walk = Walk {
            objects: self.objects(),
            wants,
            trees: HashSet::new(),
            parts: HashSet::new(),
            files: HashSet::new(),
            blobs: Vec::new(),
            path: String::new(),
            buffers: Vec::new(),
        };
        for tree in &commits.known {
            walk.tree(*tree, 0, None)?;
        }
        for (index, commit) in commits.all.iter().enumerate() {
            walk.tree(commit.tree, 0, Some(index))?;
        }
        Ok(walk.blobs)
    }
}

/// Whether all of a directory was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Whole,
    /// Some of its paths do not count; elsewhere they might.
    Part,
}

struct Walk<'w> {
    objects: Objects,
    wants: &'w dyn Wants,
    /// Directories that have been seen as a whole.
    trees: HashSet<ObjectId>,
    /// Directories of which that depends on their paths.
    parts: HashSet<(ObjectId, String)>,
    files: HashSet<ObjectId>,
    blobs: Vec<Blob>,
    /// Of the directory at hand, with a slash behind each name.
    path: String,
    /// To read directories into.
    buffers: Vec<Vec<u8>>,
}

impl Walk<'_> {
    /// Looks through a directory of a commit; without one, what is in it is not new.
    fn tree(&mut self, id: ObjectId, depth: usize, commit: Option<usize>) -> Result<Seen, GitError> {
        if self.trees.contains(&id) {
            return Ok(Seen::Whole);
        }
        if depth > DEPTH || !self.parts.is_empty() && self.parts.contains(&(id, self.path.clone())) {
            return Ok(Seen::Part);
        }
        let mut seen = Seen::Whole;
        let length = self.path.len();
        let mut buffer = self.buffers.pop().unwrap_or_default();
        for entry in self.objects.tree(&id, &mut buffer)? {
            let entry = entry?;
            self.path.push_str(&entry.name);
            if entry.mode.is_tree() {
                if self.wants.directory(&self.path) {
                    self.path.push('/');
                    if self.tree(entry.id, depth + 1, commit)? == Seen::Part {
                        seen = Seen::Part;
                    }
                } else {
                    seen = Seen::Part;
                }
            } else if entry.mode.is_blob() && self.wants.name(&entry.name) && !self.files.contains(&entry.id) {
                if self.wants.file(&self.path) {
                    self.files.insert(entry.id);
                    let path = &self.path;
                    self.blobs.extend(commit.map(|commit| Blob { id: entry.id, path: path.clone(), commit }));
                } else {
                    seen = Seen::Part;
                }
            }
            self.path.truncate(length);
        }
        self.buffers.push(buffer);
        if seen == Seen::Part && self.parts.len() < PARTS {
            self.parts.insert((id, self.path.clone()));
        } else {
            self.trees.insert(id);
        }
        Ok(seen)
    }
}
