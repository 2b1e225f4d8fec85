//! One scan in several parts: which part judges what, what a part leaves behind, and how parts are put together.
//!
//! Every part discovers and prepares the whole tree, so that file numbers, rules and homes are the same in all of them; judging
//! is what is split. What has to be judged at once (a world of kustomizations, Terraform modules that call one another, the
//! lockfiles of one project) is a unit, and a hash of its path says whose it is. What a part leaves is, in the order of the
//! scan, what `scan` takes over from its files; `merge` takes over the same in the same order, and cannot come to anything else.

mod elsewhere;
mod left;
mod merge;
mod sight;
mod state;
mod wire;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use portcullis_core::{Note, StableHash};

pub(crate) use elsewhere::{files_elsewhere, may_define};
pub(crate) use left::{Base, Equal, Last, Leaving, Stage, holds_facts};
pub(crate) use merge::apart;
pub use merge::{MergeError, Merged, merge, merge_from, packed, unpacked};
pub(crate) use sight::{Seeing, absolute_of, is_looked_up};
pub(crate) use state::{State, Watched};
pub(crate) use wire::Hit;

use crate::discover::Discovered;
use crate::kustomize::World;

/// One of several parts of a scan: `2/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    index: u32,
    count: u32,
}

/// The parts that a scan can have.
const MOST: u32 = 10_000;

impl Shard {
    /// Whether it judges the unit with this path.
    pub(crate) fn judges(self, unit: &str) -> bool {
        let mut hash = StableHash::new();
        hash.text(unit);
        hash.short() % u64::from(self.count) == u64::from(self.index.saturating_sub(1))
    }

    /// Whether it is all there is.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// Whether it is the first, which says what is of no unit.
    pub(crate) fn is_first(self) -> bool {
        self.index == 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = |text: &str| text.parse::<u32>().ok().filter(|_| is_number(text));
            // Kubernetes counts from 0, and adds nothing up: `0+1/8`.
            let index = match index.split_once('+') {
                Some((first, second)) => number(first)?.checked_add(number(second)?),
                None => number(index),
            };
            Some((index?, number(count)?))
        });
        match numbers {
            None => Err(format!("`{text}` is no part of a scan: expected I/N, such as 2/8")),
            Some((_, count)) if !(1..=MOST).contains(&count) => Err(format!("a scan has 1 to {MOST} parts")),
            Some((index, count)) if !(1..=count).contains(&index) => {
                Err(format!("the parts of {count} are numbered 1 to {count}"))
            }
            Some((index, count)) => Ok(Self { index, count }),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// Which units of a scan are judged: all of them, unless it is a part.
pub(crate) struct Units<'w> {
    shard: Option<Shard>,
    worlds: &'w [World],
    /// By target; empty where all are.
    own: Vec<bool>,
}

impl<'w> Units<'w> {
    pub(crate) fn new(shard: Option<Shard>, found: &Discovered, worlds: &'w [World]) -> Self {
        let mut own = Vec::new();
        if let Some(shard) = shard {
            own = found.targets.iter().map(|(target, _)| shard.judges(&target.path)).collect();
            // A file that builds take in is judged with them, or left out by them.
            for world in worlds {
                for &target in &world.targets {
                    if let Some(slot) = own.get_mut(target) {
                        *slot = shard.judges(unit_of(world));
                    }
                }
            }
        }
        Self { shard, worlds, own }
    }

    /// Whether a target that is judged by itself is judged here.
    pub(crate) fn has_file(&self, index: usize) -> bool {
        self.shard.is_none() || self.own.get(index).copied().unwrap_or_default()
    }

    /// Whether a world is judged here.
    pub(crate) fn has_world(&self, world: &World) -> bool {
        self.shard.is_none_or(|shard| shard.judges(unit_of(world)))
    }

    /// The worlds that are judged here, with their numbers.
    pub(crate) fn worlds(&self) -> (Vec<u32>, Vec<&'w World>) {
        (0..).zip(self.worlds).filter(|(_, world)| self.has_world(world)).unzip()
    }

    /// Whether what is of no unit is said here.
    pub(crate) fn has_rest(&self) -> bool {
        self.shard.is_none_or(Shard::is_first)
    }

    /// Leaves those notes about kustomizations that are said here.
    pub(crate) fn retain_notes(&self, notes: &mut Vec<Note>) {
        let Some(shard) = self.shard else { return };
        let worlds: HashMap<&str, &World> = self
            .worlds
            .iter()
            .flat_map(|world| world.kustomizations.iter().map(move |path| (path.as_str(), world)))
            .collect();
        notes.retain(|note| match worlds.get(note.path.as_str()) {
            Some(world) => self.has_world(world),
            None => shard.is_first(),
        });
    }
}

fn unit_of(world: &World) -> &str {
    world.kustomizations.first().map(String::as_str).unwrap_or_default()
}
