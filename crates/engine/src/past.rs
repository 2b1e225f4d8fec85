//! What a scan of before tells of a scan of now: which findings a change is to blame for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use gix_hash::ObjectId;
use portcullis_core::{FileId, FileKinds, Files, NoteKind, ScanReport};
use portcullis_model::facts::Seen;

use crate::changed::{Changes, Sorted};
use crate::classify::{Language, classify};
use crate::discover::{Around, Kinds, below_named};
use crate::files::{FILE_LIMIT, Overlay, Worktree};
use crate::git::{Index, Repository};
use crate::scan::{
    EngineError, ScanOptions, Silent, Tree, Viewed, git_repository, index, named_files, scan_root, scan_view,
};
use crate::seal::Needs;

/// A scan of what a commit holds.
pub(crate) struct Past {
    commit: ObjectId,
    /// Where its repository is found: the scan of before names no paths.
    start: PathBuf,
    /// The files that are judged whatever they are, as shown.
    pub(crate) chosen: BTreeSet<String>,
    pub(crate) around: Around,
    /// The paths below which files are judged; all where none is named.
    below: Vec<PathBuf>,
    /// The paths that are named: what is in them counts, whatever is left out elsewhere.
    pub(crate) named: Vec<PathBuf>,
}

impl Past {
    pub(crate) fn index(&self, options: &ScanOptions) -> Result<Index, EngineError> {
        Ok(Index::of_commit(
            Repository::find(&self.start, &options.cwd, &options.git)?,
            &options.cwd,
            self.commit,
            named_files(options),
        )?)
    }

    /// Whether the scan of now would have judged a file as well.
    pub(crate) fn is_asked(&self, cwd: &Path, path: &str) -> bool {
        self.chosen.contains(path) || below_named(cwd, &self.below)(path)
    }
}

/// Keeps the findings that changes since a commit are to blame for.
pub(crate) fn keep_changed(
    options: &ScanOptions,
    texts: &BTreeMap<String, Arc<str>>,
    commit: ObjectId,
    viewed: &mut Viewed,
) -> Result<(), EngineError> {
    let index = index(options)?;
    let report = &mut viewed.scanned.report;
    if let Some(index) = &index {
        let below = below_named(&options.cwd, &options.paths);
        let chosen: BTreeSet<String> = index.changed().filter(|path| below(path)).collect();
        tell_of_chosen(report, &chosen, viewed.targets);
        let is_named: Vec<bool> = report.files.iter().map(|path| below(path)).collect();
        let is_named = |file: FileId| is_named.get(file.0 as usize).copied().unwrap_or_default();
        report.findings.retain(|finding| is_named(finding.location.file()));
    }
    if report.findings.is_empty() {
        return Ok(());
    }
    let repository = git_repository(options)?;
    let start = repository.place.top.clone().unwrap_or_else(|| options.cwd.clone());
    let before = Index::of_commit(repository, &options.cwd, commit, named_files(options))?;
    let disk = Overlay::new(Worktree::new(options.cwd.clone(), FILE_LIMIT), texts);
    let now: &dyn Files = index.as_ref().map_or(&disk, |index| index);
    let changes = Changes { before: &before, index: index.as_ref(), now, cwd: &options.cwd, targets: viewed.targets };
    let sorted = changes.sort(report);
    if sorted.is_settled() {
        sorted.keep(report, None);
        return Ok(());
    }
    let around = if index.is_some() { viewed.around } else { around(viewed.seen) };
    let past = Past {
        commit,
        start,
        chosen: chosen(report, &sorted, around),
        around,
        named: options.paths.clone(),
        below: if index.is_some() { Vec::new() } else { options.paths.clone() },
    };
    let then = ScanOptions {
        paths: Vec::new(),
        // The paths that it was found by are named no more.
        root: Some(scan_root(options)),
        tree: Tree::Worktree,
        stdin: None,
        pipes: Vec::new(),
        baseline: None,
        changed: None,
        needs: Needs { trace: true, ..Needs::default() },
        ..options.clone()
    };
    let then = scan_view(&then, &BTreeMap::new(), (&Silent, Instant::now()), Some(&past))?;
    sorted.keep(report, Some(&then.scanned.report));
    Ok(())
}

fn around(seen: Seen) -> Around {
    if seen == Seen::Whole { Around::All(Kinds::EVERY) } else { Around::Chosen }
}

/// The files of before that have to be judged to tell what was found in them: under the names that they had.
fn chosen(report: &ScanReport, sorted: &Sorted, around: Around) -> BTreeSet<String> {
    let before = |path: &str| sorted.before(path).to_owned();
    match around {
        Around::All(_) => report.findings.iter().map(|finding| before(report.path(finding.location.file()))).collect(),
        Around::Chosen => report.files.iter().map(|path| before(path)).collect(),
    }
}

/// Lets the report be about the files that were asked for; what is around them was looked at for their sake.
fn tell_of_chosen(report: &mut ScanReport, chosen: &BTreeSet<String>, targets: usize) {
    report.notes.retain(|note| note.path.is_empty() || note.kind == NoteKind::Fixed || chosen.contains(&note.path));
    let judged: Vec<&Arc<str>> =
        report.files.iter().take(targets).filter(|path| chosen.contains(path.as_ref())).collect();
    let known = judged.iter().filter(|path| classify(path).is_some_and(|language| language != Language::Text)).count();
    report.stats.files = known;
    // They are those of the whole tree.
    report.stats.kinds = FileKinds::default();
    report.stats.searched = judged.len() - known;
}
