//! What a scan in parts could see, as a baseline needs it: which files there are beside those that are scanned, what was asked
//! for, and which rules are on.
//!
//! The tree is not there when parts are put together. Files below what was asked for are all known, by a hash of their paths;
//! of what lies elsewhere, only the paths of a baseline that the parts were given. Any other is taken to be there, so that nothing
//! counts as fixed or moved that is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;
use portcullis_core::{
    Baseline, BaselineEntry, Catalog, FileId, Files, Fingerprint, RootPaths, RuleIdx, ScanReport, StableHash,
};
use portcullis_model::facts::Seen;
use serde::{Deserialize, Serialize};

use super::merge::ABOVE;
use crate::baseline::{self, Sight, is_below, shown_of};
use crate::classify::Language;
use crate::discover::Discovered;
use crate::filters::OverrideSet;
use crate::paths;
use crate::scan::{ScanOptions, scan_root};
use crate::select::Selection;

/// See the module.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seeing {
    /// What was asked for, as shown; everything where nothing is.
    named: Vec<String>,
    seen: Seen,
    is_looked_up: bool,
    /// The targets that name packages.
    packages: Vec<u32>,
    /// The rules that are on, once for each set of overrides. The first is that of no override.
    on: Vec<Vec<u32>>,
    /// The sets of the targets.
    sets: Vec<u32>,
    /// Files that are there and no targets, in the order of the hashes.
    beside: Vec<u64>,
    /// Paths of the baseline that are not below what was asked for, and are no files.
    gone: Vec<u64>,
    baseline: Option<Vec<Entry>>,
}

/// A finding that is known: path, rule, message, fingerprint, content.
#[derive(Debug, Serialize, Deserialize)]
struct Entry(String, String, String, [u8; 16], u64);

impl Seeing {
    /// What the scan with these options sees. `selections` are those of the sets of overrides, in the order of the sets.
    pub(crate) fn of(
        options: &ScanOptions,
        (files, found, seen): (&dyn Files, &Discovered, Seen),
        catalog: &Catalog,
        selections: &BTreeMap<OverrideSet, &Selection>,
        sets: &[OverrideSet],
    ) -> Self {
        let root = scan_root(options);
        let named = absolute_of(options);
        let on = |selection: &&Selection| {
            catalog.iter().map(|(rule, _)| rule).filter(|&rule| selection.is_on(rule)).map(|rule| rule.0).collect()
        };
        let number: BTreeMap<OverrideSet, u32> = selections.keys().copied().zip(0..).collect();
        let is_of_packages = |(_, (_, language)): &(u32, &(_, Language))| matches!(language, Language::Packages(_));
        let entries = options.baseline.iter().flat_map(|baseline| &baseline.entries);
        let apart: BTreeSet<&str> = entries.map(|entry| entry.path.as_str()).collect();
        let is_gone = |path: &&&str| {
            let is_seen = is_below(&named, &paths::absolute(&root, Path::new(path)));
            !is_seen && !files.is_file(&shown_of(&options.cwd, &root, path))
        };
        let mut gone: Vec<u64> = apart.iter().filter(is_gone).map(|path| hash(path)).collect();
        gone.sort_unstable();
        Self {
            named: named.iter().map(|path| paths::relative(&options.cwd, path)).collect(),
            seen,
            is_looked_up: is_looked_up(options),
            packages: (0..).zip(&found.targets).filter(is_of_packages).map(|(at, _)| at).collect(),
            on: selections.values().map(on).collect(),
            sets: sets.iter().filter_map(|set| number.get(set).copied()).collect(),
            beside: beside(&options.cwd, &root, &named, found),
            gone,
            baseline: options.baseline.as_ref().map(|baseline| baseline.entries.iter().map(Entry::from).collect()),
        }
    }

    /// Applies a baseline, and without one that of the parts, to what they came to. `targets` are the paths of the targets.
    pub(crate) fn apply(
        self,
        given: Option<&Baseline>,
        report: &mut ScanReport,
        targets: &[Arc<str>],
        faulty: BTreeSet<FileId>,
    ) -> Vec<baseline::Standing> {
        let known = self.baseline.map(|entries| Baseline::new(entries.into_iter().map(BaselineEntry::from).collect()));
        let Some(baseline) = given.or(known.as_ref()) else { return Vec::new() };
        let above = PathBuf::from(ABOVE);
        let (cwd, root) = match &report.root_paths {
            RootPaths::Same => (above.clone(), above),
            RootPaths::Below(prefix) => (paths::absolute(&above, Path::new(prefix)), above),
            RootPaths::Above(prefix) => (above.clone(), paths::absolute(&above, Path::new(prefix))),
        };
        let named: Vec<PathBuf> = self.named.iter().map(|path| paths::absolute(&cwd, Path::new(path))).collect();
        let is_file = |path: &str| {
            let shown = shown_of(&cwd, &root, path);
            let is_seen = is_below(&named, &paths::absolute(&root, Path::new(path)));
            let hash = hash(path);
            targets.binary_search_by(|target| (**target).cmp(&shown)).is_ok()
                || self.beside.binary_search(&hash).is_ok()
                || !is_seen && self.gone.binary_search(&hash).is_err()
        };
        let is_of_packages =
            |target: usize| u32::try_from(target).is_ok_and(|target| self.packages.binary_search(&target).is_ok());
        let is_on = |target: Option<usize>, rule: RuleIdx| {
            let set = target.and_then(|target| self.sets.get(target)).copied().unwrap_or_default();
            self.on.get(set as usize).is_some_and(|on| on.binary_search(&rule.0).is_ok())
        };
        let sight = Sight {
            cwd: cwd.clone(),
            root: root.clone(),
            named: named.clone(),
            targets: targets.len(),
            seen: self.seen,
            is_looked_up: self.is_looked_up,
            faulty,
            is_file: &is_file,
            is_of_packages: &is_of_packages,
            is_on: &is_on,
        };
        baseline::apply(baseline, report, &sight)
    }
}

/// What was asked for, as paths that need no working directory.
pub(crate) fn absolute_of(options: &ScanOptions) -> Vec<PathBuf> {
    options.paths.iter().map(|named| paths::absolute(&options.cwd, named)).collect()
}

/// Whether a scan looks up all advisories that there are.
pub(crate) fn is_looked_up(options: &ScanOptions) -> bool {
    options.only.is_empty() && options.skip.is_empty()
}

/// The files below what was asked for that are no targets, whoever ignores them.
fn beside(cwd: &Path, root: &Path, named: &[PathBuf], found: &Discovered) -> Vec<u64> {
    let all = [cwd.to_path_buf()];
    let mut starts = if named.is_empty() { all.iter() } else { named.iter() };
    let Some(first) = starts.next() else { return Vec::new() };
    let mut walk = WalkBuilder::new(first);
    starts.for_each(|start| _ = walk.add(start));
    walk.standard_filters(false).filter_entry(|entry| entry.file_name() != ".git");
    let is_file = |entry: &ignore::DirEntry| match entry.file_type() {
        Some(kind) if kind.is_symlink() => entry.path().is_file(),
        kind => kind.is_some_and(|kind| kind.is_file()),
    };
    let entries = walk.build().filter_map(Result::ok).filter(is_file);
    let others = entries.filter(|entry| found.index_of(&paths::relative(cwd, entry.path())).is_err());
    let mut beside: Vec<u64> = others.map(|entry| hash(&paths::relative(root, entry.path()))).collect();
    beside.sort_unstable();
    beside.dedup();
    beside
}

fn hash(path: &str) -> u64 {
    let mut hash = StableHash::new();
    hash.text(path);
    hash.short()
}

impl From<&BaselineEntry> for Entry {
    fn from(entry: &BaselineEntry) -> Self {
        let BaselineEntry { path, rule, message, fingerprint, content } = entry.clone();
        Self(path, rule, message, fingerprint.0.to_le_bytes(), content)
    }
}

impl From<Entry> for BaselineEntry {
    fn from(Entry(path, rule, message, fingerprint, content): Entry) -> Self {
        Self { path, rule, message, fingerprint: Fingerprint(u128::from_le_bytes(fingerprint)), content }
    }
}
