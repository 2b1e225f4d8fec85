//! Which findings are in a baseline, and which of the baseline's are fixed.
//!
//! A finding is known by its fingerprint, which names the file. Where that file is gone, it is known by its content: the same rule,
//! structure and value with the same lines around; a file that has much of another one's content is its new name. Each entry stands for one finding, so that whatever is renamed, there are
//! never more findings hidden than there were. What only looks alike, a defect that was fixed here and made anew there, is new.
//!
//! A finding is fixed where the scan would have told it. What could not be read, was not scanned, or is told by a rule that
//! was off, stays in the baseline.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use portcullis_core::{
    Baseline, BaselineEntry, FileId, Finding, Fingerprint, Note, NoteKind, RuleIdx, ScanError, ScanReport,
    SuppressedBy, Suppression, is_advisory,
};
use portcullis_model::facts::Seen;

use crate::paths;
use crate::policies::POLICY_TAG;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the finding of this index.
    Held(usize),
    /// It is gone.
    Fixed,
    /// The scan cannot tell.
    Unknown,
}

/// Suppresses what the baseline knows, and notes what is fixed. The result stands for the entries, in their order.
pub(crate) fn apply(baseline: &Baseline, report: &mut ScanReport, sight: &Sight<'_>) -> Vec<Standing> {
    let mut standings = hide(baseline, report, sight);
    let blind = Blind::of(report, sight.faulty.clone());
    let files: HashMap<String, usize> =
        (0..sight.targets).filter_map(|at| Some((report.root_path(file_id(at)?), at))).collect();
    let mut fixed = Vec::new();
    for (standing, entry) in standings.iter_mut().zip(&baseline.entries) {
        if *standing == Standing::Unknown && sight.would_tell(entry, &files, report, &blind) {
            *standing = Standing::Fixed;
            let message = format!("fixed: {}: {}", entry.rule, entry.message);
            fixed.push(Note { path: sight.shown(&entry.path), kind: NoteKind::Fixed, message });
        }
    }
    if !fixed.is_empty() {
        let what = if fixed.len() == 1 { "1 finding" } else { &format!("{} findings", fixed.len()) };
        let them = if fixed.len() == 1 { "it" } else { "them" };
        let message = format!("fixed since the baseline: {what}; `portcullis baseline prune` takes {them} out");
        fixed.push(Note { path: String::new(), kind: NoteKind::Other, message });
        report.notes.append(&mut fixed);
        report.notes.sort();
    }
    standings
}

/// Suppresses what the baseline knows. Of what is not there, nothing is said: a part of a scan cannot tell.
pub(crate) fn hide(baseline: &Baseline, report: &mut ScanReport, sight: &Sight<'_>) -> Vec<Standing> {
    let mut standings = vec![Standing::Unknown; baseline.entries.len()];
    let is_gone = |entry: &BaselineEntry| !(sight.is_file)(&entry.path);
    for (index, entry) in held(baseline, report, is_gone) {
        if let Some(slot) = standings.get_mut(entry) {
            *slot = Standing::Held(index);
        }
        if let Some(finding) = report.findings.get_mut(index).filter(|finding| finding.suppressed.is_none()) {
            finding.suppressed = Some(Box::new(Suppression { by: SuppressedBy::Baseline, reason: None }));
        }
    }
    standings
}

/// The findings that entries stand for, as indices of both.
fn held(baseline: &Baseline, report: &ScanReport, is_gone: impl Fn(&BaselineEntry) -> bool) -> Vec<(usize, usize)> {
    let mut matching = Matching { baseline, report, by_name: HashMap::new(), pairs: Vec::new() };
    for (index, entry) in baseline.entries.iter().enumerate() {
        matching.by_name.entry((entry.fingerprint, &entry.rule)).or_default().push_back(index);
    }
    // What is suppressed otherwise leaves its entry to one that is not.
    let (active, suppressed): (Vec<_>, Vec<_>) =
        report.findings.iter().enumerate().partition(|(_, finding)| finding.suppressed.is_none());
    let all = active.into_iter().chain(suppressed);
    let rest: Vec<_> = all.filter(|(index, finding)| !matching.take(*index, finding, finding.fingerprint)).collect();
    if !rest.is_empty() {
        matching.moved(rest, is_gone);
    }
    matching.pairs
}

/// Entries of one content that say which file is which.
const ALIKE: usize = 100;

struct Matching<'m> {
    baseline: &'m Baseline,
    report: &'m ScanReport,
    /// The entries that stand for nothing yet.
    by_name: HashMap<(Fingerprint, &'m str), VecDeque<usize>>,
    pairs: Vec<(usize, usize)>,
}

impl<'m> Matching<'m> {
    /// Lets an entry of this fingerprint stand for a finding, if one is left.
    fn take(&mut self, index: usize, finding: &Finding, fingerprint: Fingerprint) -> bool {
        let entry = self.by_name.get_mut(&(fingerprint, self.id(finding))).and_then(VecDeque::pop_front);
        self.pairs.extend(entry.map(|entry| (index, entry)));
        entry.is_some()
    }

    fn id(&self, finding: &Finding) -> &'m str {
        &self.report.catalog.get(finding.rule).id
    }

    /// Looks for findings in files that are called otherwise by now. A file is another one's new name where it holds half of its
    /// entries with the lines around them; then the others are those that are the same in the structure of the file.
    fn moved(&mut self, rest: Vec<(usize, &Finding)>, is_gone: impl Fn(&BaselineEntry) -> bool) {
        let mut gone: HashMap<&str, bool> = HashMap::new();
        let mut sizes: HashMap<&str, usize> = HashMap::new();
        let mut by_content: HashMap<(u64, &str), VecDeque<usize>> = HashMap::new();
        let mut left: Vec<usize> = self.by_name.values().flatten().copied().collect();
        left.sort_unstable();
        for index in left {
            let Some(entry) = self.baseline.entries.get(index) else { continue };
            if *gone.entry(&entry.path).or_insert_with(|| is_gone(entry)) {
                by_content.entry((entry.content, &entry.rule)).or_default().push_back(index);
                *sizes.entry(&entry.path).or_default() += 1;
            }
        }
        if by_content.is_empty() {
            return;
        }
        let mut votes: BTreeMap<(&str, FileId), usize> = BTreeMap::new();
        for (_, finding) in &rest {
            let Some(trace) = finding.trace.as_deref() else { continue };
            let alike = by_content.get(&(trace.content, self.id(finding))).into_iter().flatten().take(ALIKE);
            let paths: BTreeSet<&str> =
                alike.filter_map(|entry| Some(self.baseline.entries.get(*entry)?.path.as_str())).collect();
            for path in paths {
                *votes.entry((path, finding.location.file())).or_default() += 1;
            }
        }
        let mut renames: Vec<_> = votes.into_iter().collect();
        renames.retain(|((path, _), votes)| votes * 2 >= sizes.get(path).copied().unwrap_or_default());
        renames.sort_by_key(|(pair, votes)| (Reverse(*votes), *pair));
        let mut names: BTreeMap<FileId, &str> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for ((path, file), _) in renames {
            if !names.contains_key(&file) && taken.insert(path) {
                names.insert(file, path);
            }
        }
        let mut unnamed = Vec::new();
        for (index, finding) in rest {
            let Some(trace) = finding.trace.as_deref() else { continue };
            let before = names.get(&finding.location.file());
            let before = before.map(|path| Fingerprint::new(self.id(finding), path, &trace.identity));
            if !before.is_some_and(|before| self.take(index, finding, before)) {
                unnamed.push((index, finding, trace.content));
            }
        }
        let mut left: HashSet<usize> = self.by_name.values().flatten().copied().collect();
        for (index, finding, content) in unnamed {
            let Some(alike) = by_content.get_mut(&(content, self.id(finding))) else { continue };
            while let Some(entry) = alike.pop_front() {
                if left.remove(&entry) {
                    self.pairs.push((index, entry));
                    break;
                }
            }
        }
    }
}

/// What a scan could see, whether it is at hand or was put together.
pub(crate) struct Sight<'s> {
    /// Where paths are shown from, and where those of entries are from.
    pub(crate) cwd: PathBuf,
    pub(crate) root: PathBuf,
    /// What was asked for; everything where nothing is.
    pub(crate) named: Vec<PathBuf>,
    /// How many of the report's files were looked at by themselves.
    pub(crate) targets: usize,
    pub(crate) seen: Seen,
    /// Whether all advisories were looked up.
    pub(crate) is_looked_up: bool,
    pub(crate) faulty: BTreeSet<FileId>,
    /// Whether there is a file, by its path from the root.
    pub(crate) is_file: &'s dyn Fn(&str) -> bool,
    /// Whether a target names packages.
    pub(crate) is_of_packages: &'s dyn Fn(usize) -> bool,
    /// Whether a rule is on for a target, and without one for any other file.
    pub(crate) is_on: &'s dyn Fn(Option<usize>, RuleIdx) -> bool,
}

impl Sight<'_> {
    /// A path from the root as the scan shows it.
    fn shown(&self, path: &str) -> String {
        shown_of(&self.cwd, &self.root, path)
    }

    /// Whether the scan would have told a finding.
    fn would_tell(
        &self,
        entry: &BaselineEntry,
        files: &HashMap<String, usize>,
        report: &ScanReport,
        blind: &Blind,
    ) -> bool {
        let target = files.get(&entry.path).copied();
        let is_read = match target.and_then(file_id) {
            Some(file) => !blind.files.contains(report.path(file)),
            None => self.is_below_named(&entry.path) && !(self.is_file)(&entry.path),
        };
        if !is_read {
            return false;
        }
        let Some(rule) = report.catalog.by_id(&entry.rule) else {
            // An advisory is a rule only where it holds.
            let is_of_package = target.is_none_or(self.is_of_packages);
            return is_advisory(&entry.rule) && is_of_package && self.is_looked_up && !blind.to_advisories;
        };
        let meta = report.catalog.get(rule);
        let sees_neighbours = self.seen == Seen::Whole && !blind.is_broken;
        (self.is_on)(target, rule)
            && (!meta.tags.contains("across-files") || sees_neighbours)
            && !(meta.tags.contains(POLICY_TAG) && blind.to_policies)
            && !(is_advisory(&entry.rule) && blind.to_advisories)
    }

    fn is_below_named(&self, path: &str) -> bool {
        is_below(&self.named, &paths::absolute(&self.root, Path::new(path)))
    }
}

/// Whether a path is one of what was asked for, or below it.
pub(crate) fn is_below(named: &[PathBuf], path: &Path) -> bool {
    named.is_empty() || named.iter().any(|named| path.starts_with(named))
}

/// A path from the root as it is shown from the working directory.
pub(crate) fn shown_of(cwd: &Path, root: &Path, path: &str) -> String {
    paths::relative(cwd, &paths::absolute(root, Path::new(path)))
}

/// The files that could not be read to their end, whether or not a rule says so.
#[derive(Debug, Default)]
pub(crate) struct Faulty(Mutex<BTreeSet<FileId>>);

impl Faulty {
    pub(crate) fn add(&self, file: FileId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file);
    }

    pub(crate) fn files(&self) -> BTreeSet<FileId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a scan could not see.
struct Blind {
    /// As shown.
    files: HashSet<String>,
    /// Whether some of them cannot be read, which mutes what depends on all of them.
    is_broken: bool,
    to_policies: bool,
    to_advisories: bool,
}

impl Blind {
    fn of(report: &ScanReport, faulty: BTreeSet<FileId>) -> Self {
        let kinds = [NoteKind::Template, NoteKind::Unbuilt, NoteKind::Unrecognised, NoteKind::Other];
        let noted = report.notes.iter().filter(|note| !note.path.is_empty() && kinds.contains(&note.kind));
        let mut files: HashSet<String> = noted.map(|note| note.path.clone()).collect();
        let broken: Vec<String> = faulty.into_iter().map(|file| report.path(file).to_owned()).collect();
        let is_broken = !broken.is_empty() || !report.errors.is_empty();
        files.extend(broken);
        let mut blind = Self { files, is_broken, to_policies: false, to_advisories: false };
        for error in &report.errors {
            match error {
                ScanError::Path { path, .. } => _ = blind.files.insert(path.to_string_lossy().into_owned()),
                ScanError::RulePanicked { path, .. } | ScanError::NotFixed { path, .. } => {
                    blind.files.insert(path.clone());
                }
                ScanError::Policy { .. } => blind.to_policies = true,
                ScanError::Advisories { .. } => blind.to_advisories = true,
                ScanError::Option { .. } | ScanError::History { .. } => {}
            }
        }
        // That no database covers an ecosystem is said of the scan or of a lockfile.
        blind.to_advisories |= report.notes.iter().any(|note| note.message.contains("advisories"));
        blind
    }
}

fn file_id(index: usize) -> Option<FileId> {
    u32::try_from(index).ok().map(FileId)
}
