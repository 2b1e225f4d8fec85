//! Which state of the tree a part saw, so that parts of two states are never put together.
//!
//! A part knows the commit, the paths and sizes of all targets, and the contents of what it read: its own files, and those that every
//! part reads. Left open is a file that one part alone reads and that changed without its size, in a tree of no repository. Days of
//! change do not count: no two checkouts agree in them. Neither do the names in directories, among which the facts may lie.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::iter::Peekable;
use std::path::Path;
use std::sync::Mutex;

use portcullis_core::{FileError, Files};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::wire::Wrong;
use crate::discover::Discovered;
use crate::git::{GitPlaces, Repository};
use crate::paths;

/// Files that remember what was read of them.
pub(crate) struct Watched<'f> {
    files: &'f dyn Files,
    read: Mutex<BTreeMap<String, Read>>,
}

/// What is known of what was read: nothing of a file that there is not.
type Read = Option<(u64, Content)>;

/// A hash of what a file holds. It is so short because facts tell nobody what is in a file: of the values that a password may have,
/// far too many come to the same. Two states of a tree differ in more than one file, or in a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Content(u16);

impl Content {
    fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(digest.first_chunk().map_or(0, |first| u16::from_le_bytes(*first)))
    }
}

impl<'f> Watched<'f> {
    pub(crate) fn new(files: &'f dyn Files) -> Self {
        Self { files, read: Mutex::default() }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Read>> {
        self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Files for Watched<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let result = self.files.read(path);
        // Where a path leads from the root of the machine is its own affair.
        if Path::new(path).is_absolute() || self.known().contains_key(path) {
            return result;
        }
        let read = match &result {
            Ok(bytes) => Some((bytes.len() as u64, Content::of(bytes))),
            Err(FileError::Missing(_)) => None,
            Err(_) => return result,
        };
        self.known().insert(path.to_owned(), read);
        result
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        self.files.list(directory)
    }

    fn is_file(&self, path: &str) -> bool {
        self.files.is_file(path)
    }
}

/// What a part saw of the tree.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    commit: Option<String>,
    /// In order of their paths.
    files: Vec<(String, Seen)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    is_target: bool,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    Missing,
    /// Nothing but that it is there.
    There,
    Sized(u64),
    Read(u64, Content),
}

impl State {
    /// What was seen of the tree that lies here, below this root.
    pub(crate) fn of(watched: &Watched<'_>, found: &Discovered, (cwd, root): (&Path, &Path)) -> Self {
        let mut read = std::mem::take(&mut *watched.known());
        let targets = found.targets.iter().map(|(target, _)| (target.path.as_str(), read.remove(&target.path)));
        let targets: Vec<(&str, Option<Read>)> = targets.collect();
        let targets = targets.into_par_iter().map(|(path, read)| {
            let size = || std::fs::metadata(paths::absolute(cwd, Path::new(path))).map(|metadata| metadata.len());
            let what = read.map_or_else(|| size().map_or(What::There, What::Sized), What::from);
            (path.to_owned(), Seen { is_target: true, what })
        });
        let mut files: Vec<(String, Seen)> = targets.collect();
        files.extend(read.into_iter().map(|(path, read)| (path, Seen { is_target: false, what: read.into() })));
        files.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        files.dedup_by(|(a, _), (b, _)| a == b);
        Self { commit: commit(root), files }
    }

    /// Its files, which have to be in order.
    fn checked(self) -> Result<Vec<(String, Seen)>, Wrong> {
        if self.files.is_sorted_by(|(a, _), (b, _)| a < b) { Ok(self.files) } else { Err("its files are out of order") }
    }
}

/// The commit that is checked out. Who cannot tell knows less, and is no obstacle.
fn commit(root: &Path) -> Option<String> {
    let head = Repository::find(root, root, &GitPlaces::default()).ok()?.head().ok()??;
    Some(head.to_string())
}

impl From<Read> for What {
    fn from(read: Read) -> Self {
        read.map_or(Self::Missing, |(size, content)| Self::Read(size, content))
    }
}

/// What all parts up to now saw together. Of each file is remembered which part it is known from.
#[derive(Default)]
pub(super) struct Agreed {
    commit: Option<(String, usize)>,
    files: Vec<(String, Seen, usize)>,
}

/// What two parts saw differently.
pub(super) struct Difference {
    /// The earlier of them.
    pub(super) part: usize,
    pub(super) what: Differs,
}

pub(super) enum Differs {
    Commit { there: String, here: String },
    OnlyThere(String),
    OnlyHere(String),
    Size { path: String, there: u64, here: u64 },
    Content(String),
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit { there, here } => {
                write!(f, "one is of commit {}, the other of {}", shown(there), shown(here))
            }
            Self::OnlyThere(path) => write!(f, "`{}` is in the latter alone", shown(path)),
            Self::OnlyHere(path) => write!(f, "`{}` is in the former alone", shown(path)),
            Self::Size { path, there, here } => {
                write!(f, "`{}` has {here} bytes in the former, and {there} in the latter", shown(path))
            }
            Self::Content(path) => write!(f, "`{}` does not hold the same in both", shown(path)),
        }
    }
}

/// A path that somebody wrote, as it can be shown.
fn shown(path: &str) -> String {
    path.chars().filter(|letter| !letter.is_control()).collect()
}

impl Agreed {
    /// Adds what a part saw, if it is the same tree; parts come in order, from 0. The first file that differs says more than the
    /// commit.
    pub(super) fn add(&mut self, part: usize, mut state: State) -> Result<Result<(), Difference>, Wrong> {
        let commit = state.commit.take();
        let theirs = state.checked()?.into_iter().map(|(path, seen)| (path, seen, part));
        if part == 0 {
            self.files = theirs.collect();
        } else if let Err(difference) = self.join(theirs) {
            return Ok(Err(difference));
        }
        match (&self.commit, commit) {
            (Some((there, part)), Some(here)) if *there != here => {
                let what = Differs::Commit { there: there.clone(), here };
                return Ok(Err(Difference { part: *part, what }));
            }
            (None, Some(here)) => self.commit = Some((here, part)),
            _ => {}
        }
        Ok(Ok(()))
    }

    fn join(&mut self, theirs: impl Iterator<Item = (String, Seen, usize)>) -> Result<(), Difference> {
        let ours = std::mem::take(&mut self.files);
        let both = Both { ours: ours.into_iter().peekable(), theirs: theirs.peekable() };
        for pair in both {
            self.files.push(match pair {
                (Some(ours), Some(theirs)) => same(ours, &theirs)?,
                // Every part has the same targets, and all that it read beside them is its own affair.
                (Some((path, seen, of)), None) if seen.is_target => {
                    return Err(Difference { part: of, what: Differs::OnlyThere(path) });
                }
                (None, Some((path, seen, _))) if seen.is_target => {
                    return Err(Difference { part: 0, what: Differs::OnlyHere(path) });
                }
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => break,
            });
        }
        Ok(())
    }
}

type Known = (String, Seen, usize);

/// What is known of a file from both sides, in order of the paths.
struct Both<A: Iterator<Item = Known>, B: Iterator<Item = Known>> {
    ours: Peekable<A>,
    theirs: Peekable<B>,
}

impl<A: Iterator<Item = Known>, B: Iterator<Item = Known>> Iterator for Both<A, B> {
    type Item = (Option<Known>, Option<Known>);

    fn next(&mut self) -> Option<Self::Item> {
        let order = match (self.ours.peek(), self.theirs.peek()) {
            (Some((ours, ..)), Some((theirs, ..))) => ours.cmp(theirs),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        let ours = if order.is_le() { self.ours.next() } else { None };
        let theirs = if order.is_ge() { self.theirs.next() } else { None };
        Some((ours, theirs))
    }
}

/// What two parts know of a file.
fn same(ours: Known, theirs: &Known) -> Result<Known, Difference> {
    let (path, there, part) = ours;
    let (_, here, other) = *theirs;
    let differ = |what| Err(Difference { part, what });
    match (there.is_target, here.is_target) {
        (true, false) => return differ(Differs::OnlyThere(path)),
        (false, true) => return differ(Differs::OnlyHere(path)),
        _ => {}
    }
    match (there.what, here.what) {
        (a, b) if a == b => {}
        (What::Missing, _) => return differ(Differs::OnlyHere(path)),
        (_, What::Missing) => return differ(Differs::OnlyThere(path)),
        (What::Sized(there) | What::Read(there, _), What::Sized(here) | What::Read(here, _)) if there != here => {
            return differ(Differs::Size { path, there, here });
        }
        (What::Read(..), What::Read(..)) => return differ(Differs::Content(path)),
        _ => {}
    }
    Ok(if matches!(there.what, What::Read(..)) || here.what == What::There {
        (path, there, part)
    } else {
        (path, here, other)
    })
}
