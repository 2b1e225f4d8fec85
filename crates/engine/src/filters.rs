//! What the configuration says about paths: what is left out, which rules hold where, which findings are accepted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use portcullis_core::{Catalog, Note, NoteKind, RuleIdx, ScanReport, SuppressedBy, Suppression};
use portcullis_rules::Date;

use crate::config::{Config, DEFAULT_EXCLUDES, OVERRIDE_LIMIT, RuleSwitch};
use crate::paths;

/// The configuration's globs, asked with shown paths.
pub(crate) struct Filters<'c> {
    config: &'c Config,
    cwd: PathBuf,
    /// The directory that globs are relative to.
    base: PathBuf,
}

/// Which of the configuration's overrides hold for a file: bit N for the Nth, of which there are at most [`OVERRIDE_LIMIT`]. Files with equal sets share their rules.
pub(crate) type OverrideSet = u64;

impl<'c> Filters<'c> {
    pub(crate) fn new(config: &'c Config, cwd: &Path, base: Option<&Path>) -> Self {
        Self { config, cwd: cwd.to_path_buf(), base: base.unwrap_or(cwd).to_path_buf() }
    }

    /// Whether a file that the walk found is left out.
    pub(crate) fn leaves_out_file(&self, path: &str) -> bool {
        let path = self.relative_to_base(path);
        self.config.exclude.matches(&path) || !self.config.include.is_empty() && !self.config.include.matches(&path)
    }

    /// Whether a directory is not walked into.
    pub(crate) fn leaves_out_directory(&self, path: &str) -> bool {
        let path = self.relative_to_base(path);
        if path.starts_with("..") {
            // The globs do not reach outside their own tree; the names hold everywhere.
            return path.rsplit('/').next().is_some_and(|name| DEFAULT_EXCLUDES.contains(&name));
        }
        self.config.exclude.matches_directory(&path)
    }

    /// Whether a walk from the top would not come to a file.
    pub(crate) fn leaves_out(&self, path: &str) -> bool {
        let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        let is_up = |folder: &&str| folder.is_empty() || folder.split('/').all(|part| part == "..");
        folders.filter(|folder| !is_up(folder)).any(|folder| self.leaves_out_directory(folder))
            || self.leaves_out_file(path)
    }

    /// Whether a walk from `directory` would not come to a file, which is shown as `path`. Both others are absolute.
    pub(crate) fn leaves_out_below(&self, directory: &Path, file: &Path, path: &str) -> bool {
        self.leaves_out_between(directory, file.parent()) || self.leaves_out_file(path)
    }

    /// Whether a walk from `directory` would not come into a folder below it.
    pub(crate) fn leaves_out_between(&self, directory: &Path, folder: Option<&Path>) -> bool {
        let folders = folder.into_iter().flat_map(Path::ancestors).take_while(|folder| *folder != directory);
        folders.into_iter().any(|folder| self.leaves_out_directory(&paths::relative(&self.cwd, folder)))
    }

    /// Which overrides hold for a file.
    pub(crate) fn overrides(&self, path: &str) -> OverrideSet {
        if self.config.overrides.is_empty() {
            return 0;
        }
        let path = self.relative_to_base(path);
        let held =
            self.config.overrides.iter().take(OVERRIDE_LIMIT).enumerate().filter(|(_, held)| held.paths.matches(&path));
        held.fold(0, |set, (index, _)| set | 1 << index)
    }

    /// What a set of overrides sets for each rule; later overrides win.
    pub(crate) fn switches(&self, set: OverrideSet, catalog: &Catalog) -> BTreeMap<RuleIdx, RuleSwitch> {
        let mut switches: BTreeMap<RuleIdx, RuleSwitch> = BTreeMap::new();
        for (index, held) in self.config.overrides.iter().take(OVERRIDE_LIMIT).enumerate() {
            if set & 1 << index == 0 {
                continue;
            }
            for (rule, switch) in held.switches(catalog) {
                let known = switches.entry(rule).or_default();
                known.on = switch.on.or(known.on);
                known.severity = switch.severity.or(known.severity);
            }
        }
        switches
    }

    /// Suppresses what `ignore:` accepts. An entry that has expired accepts nothing and is noted.
    pub(crate) fn accept(&self, report: &mut ScanReport, today: Date) {
        for entry in &self.config.ignore {
            if let Some(last) = entry.expires.filter(|last| *last < today) {
                let message = format!("the configuration's `ignore` of {} expired on {last}", entry.rule);
                report.notes.push(Note { path: String::new(), kind: NoteKind::Other, message });
                continue;
            }
            let rules = report.catalog.select(&entry.rule);
            let accepted: Vec<bool> = report
                .files
                .iter()
                .map(|path| entry.path.as_ref().is_none_or(|glob| glob.matches(&self.relative_to_base(path))))
                .collect();
            for finding in &mut report.findings {
                let here = accepted.get(finding.location.file().0 as usize).copied().unwrap_or_default();
                if !here {
                    continue;
                }
                // What gave way is accepted by itself; the finding that spoke for it stays.
                finding.also.retain(|rule| !rules.contains(rule));
                if rules.contains(&finding.rule) && finding.suppressed.is_none() {
                    let reason = entry.reason.clone();
                    finding.suppressed = Some(Box::new(Suppression { by: SuppressedBy::Config, reason }));
                }
            }
        }
    }

    fn relative_to_base(&self, path: &str) -> String {
        if self.base == self.cwd {
            return path.to_owned();
        }
        paths::relative(&self.base, &paths::absolute(&self.cwd, Path::new(path)))
    }
}
