//! What git tracks although an ignore file matches it: to git that is not ignored, and here neither.
//!
//! The walk drops it unseen. So each index that is about a walked directory is read once, and what the walk did not bring is looked
//! for. An index that cannot be read is said, and adds nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use portcullis_core::{Note, NoteKind};

use crate::discover::{Discovered, Walked};
use crate::git::{GitError, GitPlaces, Place, Tracked};
use crate::paths;

/// The indices of a scan. Of several named directories most are in one repository.
pub(crate) struct Indices<'i> {
    cwd: &'i Path,
    places: &'i GitPlaces,
    last: Option<(Place, Option<Tracked>)>,
    notes: Vec<Note>,
}

impl<'i> Indices<'i> {
    pub(crate) fn new(cwd: &'i Path, places: &'i GitPlaces) -> Self {
        Self { cwd, places, last: None, notes: Vec::new() }
    }

    /// Adds what is tracked to what a walk found, whose targets begin at `before`. `repositories` are those that it met.
    pub(crate) fn add(
        &mut self,
        walked: &Walked<'_>,
        repositories: Vec<PathBuf>,
        before: usize,
        found: &mut Discovered,
    ) {
        let within = repositories.into_iter().filter(|top| top != walked.directory);
        let starts: Vec<PathBuf> = [walked.directory.to_owned()].into_iter().chain(within).collect();
        for start in starts {
            let Some(tracked) = self.index_of(&start) else { continue };
            let unmet = unmet(tracked, walked, before, found);
            for (path, full) in unmet {
                found.take(walked.met(path, &full));
            }
        }
    }

    pub(crate) fn into_notes(self) -> Vec<Note> {
        self.notes
    }

    fn index_of(&mut self, start: &Path) -> Option<&Tracked> {
        let place = match Place::find(start, self.cwd, self.places) {
            Ok(place) => place,
            Err(GitError::NoRepository(_)) => return None,
            Err(error) => return self.say(&error),
        };
        if self.last.as_ref().is_none_or(|(last, _)| *last != place) {
            match Tracked::open(&place) {
                Ok(tracked) => self.last = Some((place, tracked)),
                Err(error) => {
                    self.last = Some((place, None));
                    return self.say(&error);
                }
            }
        }
        self.last.as_ref().and_then(|(_, tracked)| tracked.as_ref())
    }

    fn say<T>(&mut self, error: &GitError) -> Option<T> {
        let message = format!("tracked files that `.gitignore` matches are not scanned: {error}");
        let note = Note { path: String::new(), kind: NoteKind::Other, message };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        None
    }
}

/// The tracked files below a walked directory that the walk did not bring, as shown and as they are opened.
fn unmet(tracked: &Tracked, walked: &Walked<'_>, before: usize, found: &Discovered) -> Vec<(String, PathBuf)> {
    let Walked { cwd, directory, filters, is_left_out, .. } = *walked;
    let base = if tracked.top().starts_with(directory) { tracked.top() } else { directory };
    let Ok(real) = base.canonicalize() else { return Vec::new() };
    let targets = found.targets.get(before..).unwrap_or_default().iter().map(|(target, _)| &target.path);
    let met: HashSet<&str> = targets.chain(&found.terraform).chain(&found.variables).map(String::as_str).collect();
    // Paths above the working directory are shown otherwise.
    let shown_base = (!cwd.starts_with(base) || cwd == base).then(|| paths::relative(cwd, base));
    let mut folder: Option<(&str, bool)> = None;
    let mut all = Vec::new();
    let mut shown = String::new();
    for path in tracked.below(base) {
        if !walked.may_count(path) {
            continue;
        }
        shown.clear();
        match shown_base.as_deref() {
            Some(".") => shown.push_str(path),
            Some(base) => shown.extend([base, "/", path]),
            None => shown.push_str(&paths::relative(cwd, &base.join(path))),
        }
        if met.contains(shown.as_str()) {
            continue;
        }
        let full = base.join(path);
        let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // The index is sorted: nearly always the folder is the one before.
        let is_out = match folder {
            Some((last, is_out)) if last == own => is_out,
            _ => !is_left_out && filters.leaves_out_between(directory, full.parent()),
        };
        folder = Some((own, is_out));
        if !is_out && is_there(&full, &real.join(path)) {
            all.push((shown.clone(), full));
        }
    }
    all.dedup();
    all
}

/// Whether a file is on the disk by this very name, and behind no link.
fn is_there(full: &Path, real: &Path) -> bool {
    let is_file = std::fs::symlink_metadata(full).is_ok_and(|metadata| metadata.is_file());
    is_file && full.canonicalize().is_ok_and(|full| full == real)
}
