//! The commit that two lines of development started from.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

use gix_hash::ObjectId;
use gix_object::CommitRefIter;

use super::{GitError, Objects, Repository};

/// Where in a clone without history it goes on.
pub(super) const SHALLOW: &str = "this clone is shallow: fetch more of the history, as `git fetch --unshallow` or `fetch-depth: 0` \
                                  in actions/checkout does";

/// Where it goes on with two histories.
const APART: &str = "name a branch or commit that HEAD comes from, as `git log` lists them";

/// Reachable from one, from the other, and from a commit that both have.
const ONE: u8 = 1;
const OTHER: u8 = 2;
const STALE: u8 = 4;

impl Repository {
    /// The commit that changes since `revision` are counted from: the newest that it and `HEAD` have in common.
    pub(crate) fn start_of(&self, revision: &str) -> Result<ObjectId, GitError> {
        let mut objects = self.objects();
        let theirs = self.commit(revision, &mut objects)?;
        let ours = self.commit("HEAD", &mut objects)?;
        let help = if self.shallow.is_empty() { APART } else { SHALLOW };
        let none = || GitError::NoMergeBase { revision: revision.to_owned(), help };
        self.merge_base(theirs, ours, &mut objects)?.ok_or_else(none)
    }

    /// Walks both lines back in time until all that is left is behind a commit of both.
    fn merge_base(&self, one: ObjectId, other: ObjectId, objects: &mut Objects) -> Result<Option<ObjectId>, GitError> {
        let mut flags: HashMap<ObjectId, u8> = HashMap::from([(one, ONE)]);
        *flags.entry(other).or_default() |= OTHER;
        let mut queue = BinaryHeap::new();
        for id in [one, other] {
            queue.push((time(&id, objects, self.hash)?, id));
        }
        let mut bases = BTreeSet::new();
        while queue.iter().any(|(_, id)| !is_stale(&flags, *id)) {
            let Some((at, id)) = queue.pop() else { break };
            let mut flag = flags.get(&id).copied().unwrap_or_default();
            if flag == ONE | OTHER {
                bases.insert((at, id));
                flag |= STALE;
            }
            for parent in self.parents(id, objects)? {
                let known = flags.entry(parent).or_default();
                if *known & flag != flag {
                    *known |= flag;
                    queue.push((time(&parent, objects, self.hash)?, parent));
                }
            }
        }
        // What another one leads back to is not where they parted.
        Ok(bases.into_iter().rev().map(|(_, id)| id).find(|id| !is_stale(&flags, *id)))
    }
}

fn is_stale(flags: &HashMap<ObjectId, u8>, id: ObjectId) -> bool {
    flags.get(&id).is_some_and(|flag| flag & STALE != 0)
}

fn time(id: &ObjectId, objects: &mut Objects, hash: gix_hash::Kind) -> Result<i64, GitError> {
    let found = objects.read(id)?;
    // Without a readable date the walk is longer, and finds the same.
    Ok(CommitRefIter::from_bytes(found.data, hash).committer().map_or(0, |committer| committer.seconds()))
}
