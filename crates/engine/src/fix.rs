//! `--fix`: applies the fixes of what a scan reports, the safe ones unless all are asked for, until none is left, and writes the files.
//!
//! Every round applies the fixes that do not touch one another, the first of them first, and scans again with the new
//! texts in the place of the files. Nothing is written before the last round. A file is left as it is where a text comes
//! out that reads worse than before, or where a finding outlives its fix: then the rule is wrong, and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_core::{FileId, Files as _, Finding, FixSafety, RuleIdx, ScanError, ScanReport};
use portcullis_syntax::{Dialect, Tree, dockerfile, hcl, json, yaml};

use crate::classify::{Language, classify};
use crate::files::{FILE_LIMIT, Worktree};
use crate::piped::{self, Piped, UNNAMED};
use crate::replace::replace_file;
use crate::scan::{EngineError, Progress, ScanOptions, Scanned, reads, scan_texts};
use crate::seal::hash_of;

/// What `--fix` did, and what is left.
#[derive(Debug)]
pub struct Fixed {
    /// The scan after it.
    pub scanned: Scanned,
    /// The files that were changed, in order of their paths; standard input among them.
    pub files: Vec<FixedFile>,
    /// What came on standard input, fixed.
    pub stdin: Option<Vec<u8>>,
}

/// A file that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedFile {
    /// As shown.
    pub path: String,
    /// How many findings of which rule were fixed in it.
    pub rules: BTreeMap<RuleIdx, usize>,
}

/// Fixes may make room for others (the second field of a mapping that the first one created); more rounds than this mean
/// that two rules undo one another.
const ROUNDS: usize = 16;

/// Scans, and fixes what is reported and can be fixed as safely as [`ScanOptions::fixes`] asks.
pub fn fix(options: &ScanOptions, progress: &dyn Progress) -> Result<Fixed, EngineError> {
    let mut session = Session::new(options);
    let mut scanned = session.scan(progress)?;
    for _ in 0..ROUNDS {
        let changed = session.apply(&scanned.report);
        if changed.is_empty() {
            break;
        }
        let mut next = session.scan(progress)?;
        if session.take_back(&changed, &scanned.report, &next.report) {
            next = session.scan(progress)?;
        }
        scanned = next;
    }
    let files = session.write();
    if session.is_behind {
        scanned = session.scan(progress)?;
    }
    let errors = session.refused.into_iter().map(|(path, reason)| ScanError::NotFixed { path, reason });
    scanned.report.errors.extend(errors);
    scanned.report.errors.sort();
    Ok(Fixed { scanned, files, stdin: session.options.stdin.map(|stdin| stdin.bytes) })
}

struct Session {
    /// With the text of standard input as it is now.
    options: ScanOptions,
    worktree: Worktree,
    stdin: Option<(String, Language)>,
    /// The texts that differ from the files.
    texts: BTreeMap<String, Arc<str>>,
    /// For each of them, and for standard input, where it came from.
    works: BTreeMap<String, Work>,
    /// Files that are left as they are, and why.
    refused: BTreeMap<String, String>,
    /// Whether a text that was scanned is not what is on disk.
    is_behind: bool,
}

struct Work {
    original: Arc<str>,
    rules: BTreeMap<RuleIdx, usize>,
}

/// The fixes that were applied to a file in one round.
struct Round {
    path: String,
    /// The findings, as indices into the report that they are from.
    findings: Vec<usize>,
}

impl Session {
    fn new(options: &ScanOptions) -> Self {
        let worktree = Worktree::new(options.cwd.clone(), FILE_LIMIT);
        let reads = reads(options);
        let mut options = options.clone();
        let stdin = options.stdin.as_mut().map(|stdin| {
            // What is given back is one text, whatever templates it came from.
            stdin.name.get_or_insert_with(|| UNNAMED.to_owned());
            let Piped { target, language, .. } = piped::whole(&options.cwd, stdin, reads);
            (target.path, language)
        });
        Self {
            options,
            worktree,
            stdin,
            texts: BTreeMap::new(),
            works: BTreeMap::new(),
            refused: BTreeMap::new(),
            is_behind: false,
        }
    }

    fn scan(&self, progress: &dyn Progress) -> Result<Scanned, EngineError> {
        scan_texts(&self.options, &self.texts, progress)
    }

    /// Applies what can be applied at once, and says to which files.
    fn apply(&mut self, report: &ScanReport) -> Vec<Round> {
        let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
        for (index, finding) in report.findings.iter().enumerate() {
            if finding.is_fixable() || self.options.fixes == FixSafety::Unsafe && finding.has_unsafe_fix() {
                by_file.entry(finding.location.file()).or_default().push(index);
            }
        }
        let mut rounds = Vec::new();
        for (file, findings) in by_file {
            let path = report.path(file).to_owned();
            if self.refused.contains_key(&path) {
                continue;
            }
            let Some(text) = self.text(&path) else {
                self.refuse(path, CHANGED.to_owned());
                continue;
            };
            match applied(&text, &findings, report) {
                Ok((after, findings)) if !findings.is_empty() => {
                    let round = Round { path, findings };
                    if self.reads_worse(&round.path, &text, &after) {
                        let rules = names(&round, report);
                        self.refuse(
                            round.path,
                            format!("the fix of {rules} does not read as it should; please report it"),
                        );
                    } else {
                        self.put(&round.path, &text, after);
                        rounds.push(round);
                    }
                }
                Ok(_) => {}
                Err(Outdated) => self.refuse(path, CHANGED.to_owned()),
            }
        }
        rounds
    }

    /// Counts the fixes of a round, and takes back files in which one did not help. True where there was such a file.
    fn take_back(&mut self, rounds: &[Round], before: &ScanReport, after: &ScanReport) -> bool {
        let mut any = false;
        let (before_by_path, after_by_path) = (by_path(before), by_path(after));
        for round in rounds {
            let fixed = || round.findings.iter().filter_map(|&index| before.findings.get(index));
            let of_path = |report: &BTreeMap<&str, Vec<&Finding>>, rule| {
                report.get(round.path.as_str()).into_iter().flatten().filter(|finding| finding.rule == rule).count()
            };
            let names = after_by_path.get(round.path.as_str()).into_iter().flatten();
            let remaining: BTreeSet<_> = names.map(|finding| (finding.rule, finding.fingerprint)).collect();
            // Of findings alike the first takes the name of the one that went: then their number tells.
            let failed = fixed().find(|finding| {
                let same = fixed().filter(|other| other.rule == finding.rule).count();
                remaining.contains(&(finding.rule, finding.fingerprint))
                    && of_path(&after_by_path, finding.rule) + same > of_path(&before_by_path, finding.rule)
            });
            if let Some(finding) = failed {
                let rule = &before.catalog.get(finding.rule).id;
                self.refuse(
                    round.path.clone(),
                    format!("the fix of {rule} does not remove the finding; please report it"),
                );
                any = true;
            } else if let Some(work) = self.works.get_mut(&round.path) {
                for finding in fixed() {
                    *work.rules.entry(finding.rule).or_default() += 1;
                }
            }
        }
        any
    }

    /// Writes every file that changed.
    fn write(&mut self) -> Vec<FixedFile> {
        let mut files = Vec::new();
        for (path, work) in std::mem::take(&mut self.works) {
            let rules = work.rules;
            if !self.is_stdin(&path) {
                let Some(text) = self.texts.remove(&path) else { continue };
                if let Err(reason) = replace_file(&self.options.cwd.join(&path), &work.original, &text) {
                    self.refused.insert(path, reason);
                    self.is_behind = true;
                    continue;
                }
            }
            files.push(FixedFile { path, rules });
        }
        files
    }

    fn is_stdin(&self, path: &str) -> bool {
        self.stdin.as_ref().is_some_and(|(stdin, _)| stdin == path)
    }

    /// A file's text as the next scan would read it.
    fn text(&self, path: &str) -> Option<Arc<str>> {
        if let Some(text) = self.texts.get(path) {
            return Some(Arc::clone(text));
        }
        let bytes = match self.options.stdin.as_ref().filter(|_| self.is_stdin(path)) {
            Some(stdin) => stdin.bytes.clone(),
            None => self.worktree.read(path).ok()?,
        };
        String::from_utf8(bytes).ok().map(Arc::from)
    }

    fn put(&mut self, path: &str, before: &Arc<str>, after: String) {
        let new = || Work { original: Arc::clone(before), rules: BTreeMap::new() };
        self.works.entry(path.to_owned()).or_insert_with(new);
        if self.is_stdin(path) {
            if let Some(stdin) = &mut self.options.stdin {
                stdin.bytes = after.into_bytes();
            }
        } else {
            self.texts.insert(path.to_owned(), Arc::from(after));
        }
    }

    /// Leaves a file as it was, for good.
    fn refuse(&mut self, path: String, reason: String) {
        self.texts.remove(&path);
        if let Some(work) = self.works.remove(&path)
            && self.is_stdin(&path)
            && let Some(stdin) = &mut self.options.stdin
        {
            stdin.bytes = work.original.as_bytes().to_vec();
        }
        self.refused.insert(path, reason);
        self.is_behind = true;
    }

    fn reads_worse(&self, path: &str, before: &str, after: &str) -> bool {
        let stdin = self.stdin.as_ref().filter(|(stdin, _)| stdin == path).map(|(_, language)| *language);
        let Some(language) = stdin.or_else(|| classify(path)) else { return true };
        let (before, after) = (Form::of(before, language), Form::of(after, language));
        after.errors > before.errors || after.parts != before.parts || after.comments != before.comments
    }
}

const CHANGED: &str = "it has changed since it was read";

/// The rules whose fixes a round applied to a file.
fn names(round: &Round, report: &ScanReport) -> String {
    let rules: BTreeSet<RuleIdx> =
        round.findings.iter().filter_map(|&index| report.findings.get(index)).map(|finding| finding.rule).collect();
    rules.into_iter().map(|rule| report.catalog.get(rule).id.as_ref()).collect::<Vec<_>>().join(", ")
}

fn by_path(report: &ScanReport) -> BTreeMap<&str, Vec<&Finding>> {
    let mut by_path: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_path.entry(report.path(finding.location.file())).or_default().push(finding);
    }
    by_path
}

/// The text is another than that which was scanned.
struct Outdated;

/// The text after all fixes that do not touch one that comes before them, and the findings that these are of.
fn applied(text: &str, findings: &[usize], report: &ScanReport) -> Result<(String, Vec<usize>), Outdated> {
    let hash = hash_of(text);
    let mut taken: BTreeMap<u32, (u32, &str)> = BTreeMap::new();
    let mut done = Vec::new();
    for &index in findings {
        let Some(fix) = report.findings.get(index).and_then(|finding| finding.fix.as_deref()) else { continue };
        if fix.precondition != hash {
            return Err(Outdated);
        }
        let spans = || fix.edits.iter().map(|edit| (edit.location.span, edit.text.as_str()));
        let changes = spans().any(|(span, new)| text.get(span.start as usize..span.end as usize) != Some(new));
        let is_free = spans().all(|(span, _)| {
            let before = taken.range(..=span.end).next_back();
            before.is_none_or(|(_, &(end, _))| end < span.start)
        });
        if changes && is_free {
            taken.extend(spans().map(|(span, new)| (span.start, (span.end, new))));
            done.push(index);
        }
    }
    let mut after = String::with_capacity(text.len() + 64);
    let mut from = 0;
    for (start, (end, new)) in taken {
        after.push_str(text.get(from..start as usize).ok_or(Outdated)?);
        after.push_str(new);
        from = end as usize;
    }
    after.push_str(text.get(from..).ok_or(Outdated)?);
    Ok((after, done))
}

/// What no fix may change.
struct Form {
    errors: usize,
    /// Documents or instructions.
    parts: usize,
    comments: Vec<String>,
}

impl Form {
    fn of(text: &str, language: Language) -> Self {
        let shared: Arc<str> = Arc::from(text);
        match language {
            Language::Dockerfile => {
                let parsed = dockerfile::parse(FileId(0), text);
                let comments = parsed.comments.iter().map(|comment| comment.span.slice(text).to_owned()).collect();
                Self { errors: parsed.errors.len(), parts: parsed.instructions.len(), comments }
            }
            Language::Terraform | Language::TerraformVariables => {
                let file = hcl::parse(text, FileId(0));
                let comments = file.comments.iter().map(|comment| comment.span.slice(text).to_owned()).collect();
                Self { errors: file.errors.len(), parts: file.body.attributes.len() + file.body.blocks.len(), comments }
            }
            // No rule proposes fixes for these: a program writes them, or nothing is known of them.
            Language::Packages(_) | Language::Text => {
                Self { errors: 0, parts: text.lines().count(), comments: Vec::new() }
            }
            Language::Json => Self::of_tree(&json::parse(FileId(0), &shared)),
            Language::Yaml12 | Language::Compose => Self::of_tree(&yaml::parse(FileId(0), &shared, Dialect::Yaml12)),
            Language::Yaml11 | Language::Template => Self::of_tree(&yaml::parse(FileId(0), &shared, Dialect::Yaml11)),
        }
    }

    fn of_tree(tree: &Tree) -> Self {
        let comments = tree.comments().iter().map(|comment| comment.span.slice(tree.text()).to_owned()).collect();
        Self { errors: tree.errors().len(), parts: tree.documents().count(), comments }
    }
}
