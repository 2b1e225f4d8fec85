//! Which findings a change is to blame for.
//!
//! A finding is kept where its place, a place beside it, one that its value came through, or the object at its other end touches
//! changed lines. So is one that was not there before, wherever it shows: what a change takes out leaves no line behind, and what
//! it does in one file may show in another. For that, what was before is scanned as well, by the same rules.
//!
//! What was before is a commit; what is now, the worktree or the index. Files of another repository (submodules) count as
//! unchanged. A file that was renamed is compared with what it was.

mod lines;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use portcullis_core::{FileId, Files, Finding, Fingerprint, LineIndex, Location, ScanReport, Span};
use sha2::{Digest as _, Sha256};

use crate::git::Index;
use crate::ignored::is_ignored;
use crate::judge::as_text;
use crate::paths;
use lines::{Change, likeness};

/// What was before, and what is now.
pub(crate) struct Changes<'c> {
    pub(crate) before: &'c Index,
    /// What is now, where that is an index: contents are compared by their ids.
    pub(crate) index: Option<&'c Index>,
    pub(crate) now: &'c dyn Files,
    pub(crate) cwd: &'c Path,
    /// How many of the report's files were asked for; the others are what these refer to.
    pub(crate) targets: usize,
}

/// What a change has to do with a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// Some place of it is changed.
    Direct,
    /// None is: it may be new all the same.
    None,
    /// It is in a file of which the repository has no text.
    Outside,
}

/// The findings of a report by what the change has to do with them.
pub(crate) struct Sorted {
    /// For each finding.
    touches: Vec<Touch>,
    /// What files were called before that are called otherwise now, as shown.
    pub(crate) names: BTreeMap<String, String>,
}

impl Sorted {
    /// Whether nothing is to be decided by what was found before.
    pub(crate) fn is_settled(&self) -> bool {
        !self.touches.contains(&Touch::None)
    }

    /// What a file was called before.
    pub(crate) fn before<'s>(&'s self, path: &'s str) -> &'s str {
        self.names.get(path).map_or(path, String::as_str)
    }

    /// Keeps what touches the change, and what was not there before. Of findings that are alike, as many as there are more of.
    pub(crate) fn keep(self, report: &mut ScanReport, before: Option<&ScanReport>) {
        let mut known: HashMap<Fingerprint, usize> = HashMap::new();
        for finding in before.iter().flat_map(|before| &before.findings) {
            let before = before.expect("its findings were just asked for");
            let path = before.path(finding.location.file());
            *known.entry(name(before, finding, path)).or_default() += 1;
        }
        let mut keep = Vec::with_capacity(report.findings.len());
        for (finding, touch) in report.findings.iter().zip(&self.touches) {
            let path = self.before(report.path(finding.location.file()));
            keep.push(match touch {
                Touch::Direct => true,
                Touch::Outside => false,
                Touch::None => match known.get_mut(&name(report, finding, path)).filter(|count| **count > 0) {
                    Some(count) => {
                        *count -= 1;
                        false
                    }
                    None => before.is_some(),
                },
            });
        }
        let mut keep = keep.into_iter();
        report.findings.retain(|_| keep.next().unwrap_or_default());
    }
}

/// What findings share that differ in nothing but their number, where the file has this path.
fn name(report: &ScanReport, finding: &Finding, path: &str) -> Fingerprint {
    let mut identity = finding.trace.as_deref().map(|trace| trace.identity).unwrap_or_default();
    identity.ordinal = 0;
    Fingerprint::new(&report.catalog.get(finding.rule).id, &report.root_paths.of(path), &identity)
}

impl Changes<'_> {
    /// Looks which findings touch what was changed.
    pub(crate) fn sort(&self, report: &ScanReport) -> Sorted {
        let places = report.findings.iter().flat_map(files_of).collect::<BTreeSet<FileId>>();
        let names = self.names(report, &places);
        let mut changes: BTreeMap<FileId, (Change, Option<String>)> = BTreeMap::new();
        for file in places {
            let is_target = (file.0 as usize) < self.targets;
            let change = if is_target || self.is_tracked(report.path(file)) {
                self.change(report.path(file), &names)
            } else {
                (Change::None, None)
            };
            changes.insert(file, change);
        }
        let touches = |finding: &Finding| {
            let is_in = |file: FileId| changes.get(&file).map(|(change, _)| change);
            let trace = finding.trace.as_deref();
            let related = finding.related.iter().map(|related| &related.location);
            let via = trace.iter().flat_map(|trace| &trace.via);
            let mut places = [&finding.location].into_iter().chain(related).chain(via);
            places.any(|place| is_in(place.file()).is_some_and(|change| change.touches(place)))
                || trace.and_then(|trace| trace.other).is_some_and(|other| {
                    changes
                        .get(&other.file)
                        .is_some_and(|(change, text)| touches_object(change, text.as_deref(), other))
                })
        };
        let touch = |finding: &Finding| match () {
            () if changes.get(&finding.location.file()).is_some_and(|(it, _)| *it == Change::Foreign) => Touch::Outside,
            () if touches(finding) => Touch::Direct,
            () => Touch::None,
        };
        Sorted { touches: report.findings.iter().map(touch).collect(), names }
    }

    /// What became of a file. Its text goes along where it was needed.
    fn change(&self, path: &str, names: &BTreeMap<String, String>) -> (Change, Option<String>) {
        let before = names.get(path).map_or(path, String::as_str);
        let id = self.before.id(before);
        if self.is_elsewhere(path) {
            return (Change::Foreign, None);
        }
        if id.is_some() && self.index.is_some_and(|index| index.id(path) == id) {
            return (Change::None, None);
        }
        let Some(now) = self.now.read(path).ok() else { return (Change::Whole, None) };
        // What cannot be compared counts as new.
        let Some(Ok(old)) = id.map(|_| self.before.read(before)) else { return (Change::Whole, as_text(now)) };
        if old == now {
            return (Change::None, None);
        }
        if is_pointer_to(&old, &now) {
            return (Change::Foreign, None);
        }
        match (as_text(old), as_text(now)) {
            (Some(old), Some(now)) => (Change::between(&old, &now), Some(now)),
            (_, now) => (Change::Whole, now),
        }
    }

    /// Whether a file that others refer to is one of the repository: what git ignores is no part of a change.
    fn is_tracked(&self, path: &str) -> bool {
        match self.index {
            Some(index) => index.id(path).is_some(),
            None => self.before.id(path).is_some() || !is_ignored(path, self.now),
        }
    }

    /// Whether a file belongs to no repository or to another one than this.
    fn is_elsewhere(&self, path: &str) -> bool {
        let full = paths::absolute(self.cwd, Path::new(path));
        let Ok(below) = full.strip_prefix(self.before.top()) else { return true };
        let folders = below.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        self.index.is_none() && folders.into_iter().any(|folder| self.before.top().join(folder).join(".git").exists())
    }

    /// What the files were called that findings stand in and that were not there before. Each file that is gone has one new
    /// name, that of the file that is most like it.
    fn names(&self, report: &ScanReport, places: &BTreeSet<FileId>) -> BTreeMap<String, String> {
        let is_new = |path: &str| self.before.id(path).is_none() && !self.is_elsewhere(path);
        if !places.iter().any(|file| is_new(report.path(*file))) {
            return BTreeMap::new();
        }
        let new: Vec<&str> = report.files.iter().map(|path| &**path).filter(|path| is_new(path)).collect();
        let gone: Vec<String> = self.before.files().filter(|path| self.is_gone(path, &new)).take(RENAMES).collect();
        let texts = |files: &dyn Files, path: &str| files.read(path).ok().and_then(as_text);
        let old: Vec<(String, String)> =
            gone.into_iter().filter_map(|path| Some((texts(self.before, &path)?, path))).collect();
        let mut pairs: Vec<(usize, bool, &str, &str)> = Vec::new();
        for path in new.iter().take(RENAMES).filter(|_| !old.is_empty()) {
            let Some(text) = texts(self.now, path) else { continue };
            for (old, before) in &old {
                // Lengths alone tell most of them apart.
                let (short, long) = (old.len().min(text.len()), old.len().max(text.len()));
                let share = if short.saturating_mul(2) < long { 0 } else { likeness(old, &text) };
                if share >= ALIKE {
                    pairs.push((share, file_name(before) == file_name(path), path, before));
                }
            }
        }
        pairs.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then_with(|| (a.2, a.3).cmp(&(b.2, b.3))));
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for (_, _, path, before) in pairs {
            if !names.contains_key(path) && taken.insert(before) {
                names.insert(path.to_owned(), before.to_owned());
            }
        }
        names
    }

    /// Whether a file of before is there no more. Where names differ in case alone, the disk may say otherwise.
    fn is_gone(&self, path: &str, new: &[&str]) -> bool {
        if !self.now.is_file(path) {
            return true;
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        new.iter().any(|new| new.eq_ignore_ascii_case(path))
            && self.now.list(folder).is_ok_and(|names| !names.iter().any(|other| other == name))
    }
}

/// Files that are compared with one another at most, on either side.
const RENAMES: usize = 400;

/// Percent of a file that its new one has to have.
const ALIKE: usize = 50;

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn files_of(finding: &Finding) -> impl Iterator<Item = FileId> {
    let related = finding.related.iter().map(|related| related.location.file());
    let trace = finding.trace.as_deref();
    let via = trace.into_iter().flat_map(|trace| &trace.via).map(Location::file);
    let other = trace.and_then(|trace| trace.other).map(|span| span.file);
    [finding.location.file()].into_iter().chain(related).chain(via).chain(other)
}

/// Whether lines of an object are changed, of which the beginning is known: it ends with its document.
fn touches_object(change: &Change, text: Option<&str>, start: Span) -> bool {
    let Some(text) = text else { return *change == Change::Whole };
    let lines = LineIndex::new(text);
    let first = lines.line(start.start);
    let rest = text.get(start.start as usize..).unwrap_or_default();
    let length = rest.find("\n---").unwrap_or(rest.len());
    let end = start.start.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
    change.touches_lines(first..lines.line(end.saturating_sub(1)).saturating_add(1))
}

/// Whether a content is what Git LFS keeps for one that lies elsewhere, and that is this one.
fn is_pointer_to(pointer: &[u8], content: &[u8]) -> bool {
    let Some(text) = std::str::from_utf8(pointer).ok().filter(|text| text.starts_with(LFS) && text.len() < 1024) else {
        return false;
    };
    let id = text.lines().find_map(|line| line.strip_prefix("oid sha256:"));
    let hash = || Sha256::digest(content).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    id.is_some_and(|id| id.trim() == hash())
}

const LFS: &str = "version https://git-lfs.github.com/spec/";
