//! The commits of a range, each after its parents.
//!
//! What is hidden is followed as far as dates let suspect that it meets the rest; where clocks were wrong by much, a commit that is
//! hidden may be taken for one of the range.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use gix_hash::ObjectId;
use gix_object::{CommitRef, Kind};
use portcullis_rules::Date;

use super::revisions::Range;
use super::{GitError, Objects, Repository};

/// A commit.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) id: ObjectId,
    pub(crate) tree: ObjectId,
    /// The author's day.
    pub(crate) day: Date,
    parents: Vec<ObjectId>,
    /// When it was made, in seconds.
    time: i64,
}

/// The commits of a range, and the directories that they start from.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    /// Each after its parents; else by time.
    pub(crate) all: Vec<Commit>,
    /// The trees of hidden commits that are parents of these.
    pub(crate) known: Vec<ObjectId>,
    /// Whether a shallow clone leaves out some of their parents.
    pub(crate) is_cut: bool,
}

/// Hidden commits that are still followed once all of them are older than the range.
const SLOP: usize = 256;

impl Repository {
    /// The commits of a range.
    pub(crate) fn commits(&self, range: &Range) -> Result<Commits, GitError> {
        let mut walk = Walk::new(self);
        for (ids, standing) in [(&range.hidden, Standing::Hidden), (&range.tips, Standing::Wanted)] {
            for id in ids {
                walk.reach(*id, standing)?;
            }
        }
        let mut slop = SLOP;
        while let Some((_, id)) = walk.queue.pop() {
            let standing = walk.visit(id)?;
            if walk.wanted > 0 || walk.queue.peek().is_some_and(|(time, _)| *time >= walk.oldest) {
                slop = SLOP;
            } else if standing == Standing::Hidden {
                slop -= 1;
                if slop == 0 {
                    break;
                }
            }
        }
        Ok(walk.finish())
    }

    /// The commits that are reachable from both.
    pub(super) fn shared(&self, one: ObjectId, other: ObjectId) -> Result<Vec<ObjectId>, GitError> {
        let all = |tip| self.commits(&Range { tips: vec![tip], hidden: Vec::new() });
        let first: HashSet<ObjectId> = all(one)?.all.into_iter().map(|commit| commit.id).collect();
        Ok(all(other)?.all.into_iter().map(|commit| commit.id).filter(|id| first.contains(id)).collect())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Wanted,
    Hidden,
}

struct Known {
    commit: Commit,
    standing: Standing,
    is_visited: bool,
}

struct Walk<'r> {
    repository: &'r Repository,
    objects: Objects,
    known: HashMap<ObjectId, Known>,
    queue: BinaryHeap<(i64, ObjectId)>,
    /// How many in the queue are wanted.
    wanted: usize,
    /// The time of the oldest wanted commit.
    oldest: i64,
}

impl<'r> Walk<'r> {
    fn new(repository: &'r Repository) -> Self {
        let objects = repository.objects();
        Self { repository, objects, known: HashMap::new(), queue: BinaryHeap::new(), wanted: 0, oldest: i64::MAX }
    }

    fn reach(&mut self, id: ObjectId, standing: Standing) -> Result<(), GitError> {
        if let Some(known) = self.known.get(&id) {
            if standing == Standing::Hidden && known.standing == Standing::Wanted {
                self.hide(id);
            }
            return Ok(());
        }
        let commit = self.read(id)?;
        self.queue.push((commit.time, id));
        self.wanted += usize::from(standing == Standing::Wanted);
        self.known.insert(id, Known { commit, standing, is_visited: false });
        Ok(())
    }

    /// Hides a commit and what is known to be reachable from it.
    fn hide(&mut self, id: ObjectId) {
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            let Some(known) = self.known.get_mut(&id).filter(|known| known.standing == Standing::Wanted) else {
                continue;
            };
            known.standing = Standing::Hidden;
            if known.is_visited {
                waiting.extend(&known.commit.parents);
            } else {
                self.wanted -= 1;
            }
        }
    }

    fn visit(&mut self, id: ObjectId) -> Result<Standing, GitError> {
        let Some(known) = self.known.get_mut(&id) else { return Ok(Standing::Hidden) };
        known.is_visited = true;
        let standing = known.standing;
        let parents = known.commit.parents.clone();
        if standing == Standing::Wanted {
            self.wanted -= 1;
            self.oldest = self.oldest.min(known.commit.time);
        }
        for parent in parents {
            self.reach(parent, standing)?;
        }
        Ok(standing)
    }

    fn read(&mut self, id: ObjectId) -> Result<Commit, GitError> {
        let broken = |reason: &str| GitError::Object { id: id.to_string(), reason: reason.to_owned() };
        let hash = self.repository.hash;
        let found = self.objects.read(&id)?;
        if found.kind != Kind::Commit {
            return Err(broken("it is no commit"));
        }
        let commit = CommitRef::from_bytes(found.data, hash).map_err(|error| broken(&error.to_string()))?;
        let is_shallow = self.repository.shallow.contains(&id);
        // Commits without a readable date are old ones of other tools; nothing but their order depends on it.
        let time = commit.committer().map_or(0, |committer| committer.seconds());
        let day = commit.author().map_or(0, |author| {
            author.time().map_or_else(|_| author.seconds(), |time| time.seconds.saturating_add(i64::from(time.offset)))
        });
        Ok(Commit {
            id,
            tree: commit.tree(),
            day: Date::from_unix(u64::try_from(day).unwrap_or_default()),
            parents: if is_shallow { Vec::new() } else { commit.parents().collect() },
            time,
        })
    }

    fn finish(self) -> Commits {
        let mut known = self.known;
        let wanted: Vec<ObjectId> =
            known.values().filter(|known| known.standing == Standing::Wanted).map(|known| known.commit.id).collect();
        let is_cut = wanted.iter().any(|id| self.repository.shallow.contains(id));
        let mut trees: Vec<ObjectId> = Vec::new();
        let mut waits: HashMap<ObjectId, usize> = HashMap::with_capacity(wanted.len());
        let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
        let mut ready = BinaryHeap::new();
        for id in wanted {
            let Some(entry) = known.get(&id) else { continue };
            let mut parents = 0;
            for parent in &entry.commit.parents {
                match known.get(parent) {
                    Some(other) if other.standing == Standing::Wanted => {
                        parents += 1;
                        children.entry(*parent).or_default().push(id);
                    }
                    Some(other) => trees.push(other.commit.tree),
                    None => {}
                }
            }
            if parents == 0 {
                ready.push(Reverse((entry.commit.time, id)));
            }
            waits.insert(id, parents);
        }
        let mut all = Vec::with_capacity(waits.len());
        while let Some(Reverse((_, id))) = ready.pop() {
            all.extend(known.remove(&id).map(|known| known.commit));
            for child in children.remove(&id).unwrap_or_default() {
                let Some(left) = waits.get_mut(&child) else { continue };
                *left -= 1;
                if *left == 0 {
                    ready.extend(known.get(&child).map(|known| Reverse((known.commit.time, child))));
                }
            }
        }
        trees.sort_unstable();
        trees.dedup();
        Commits { all, known: trees, is_cut }
    }
}
