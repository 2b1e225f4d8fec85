//! Secrets in the commits of a repository.
//!
//! Each content is searched once, whatever paths and commits have it, and a secret is reported once for each path: with the first
//! commit that brought it there. What was said in the file to suppress it counts as it stood then. Contents are judged
//! by themselves; what other files say of them is not known.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use portcullis_core::{Commit, FileId, Finding, Note, NoteKind, RuleIdx, ScanError, ScanReport, StableHash, Stats};
use portcullis_model::compose::NoFiles;
use portcullis_model::facts::Homes;

use crate::baseline::Faulty;
use crate::callers::Callers;
use crate::classify::{Language, classify, may_be_text};
use crate::discover::{Origin, Target, below_named};
use crate::files::FILE_LIMIT;
use crate::filters::{Filters, OverrideSet};
use crate::git::{Blob, Commits, GitError, NoBlob, Objects, Range, Repository, Wants};
use crate::judge::{Input, Judge, Yields};
use crate::named::Named;
use crate::paths;
use crate::scan::{
    EngineError, Kinds, Progress, Rules, ScanOptions, Scanned, available_threads, git_repository, in_parallel,
    put_in_order, scan_root, worker_pool,
};
use crate::scrub::clean_report;
use crate::targets::Builds;

/// Searches what the commits of a range brought for secrets; `range` is written as git writes it.
///
/// Of the options, what is about the tree on disk has no meaning; the paths are those below which contents count.
pub fn history(options: &ScanOptions, range: &str, progress: &dyn Progress) -> Result<Scanned, EngineError> {
    let started = Instant::now();
    let filters = Filters::new(&options.config, &options.cwd, options.config_directory.as_deref());
    let repository = git_repository(options)?;
    let commits = repository.commits(&asked(&repository, range)?)?;
    let view = View { cwd: &options.cwd, top: repository.place.top.as_deref() };
    let is_below = below_named(&options.cwd, &options.paths);
    let let_in = Named::new(options, &options.paths, &filters);
    let blobs = repository.blobs(&commits, &Wanted { view, named: &let_in, is_below: &is_below })?;

    let mut paths: Vec<Arc<str>> = blobs.iter().map(|blob| Arc::from(view.shown(&blob.path))).collect();
    let of_blobs = paths.clone();
    paths.sort_unstable();
    paths.dedup();
    let sets: Vec<OverrideSet> = paths.iter().map(|path| filters.overrides(path)).collect();
    let catalog = portcullis_rules::catalog_with(options.config.secret_rules());
    let rules = Rules::of_sets(options, &catalog, &filters, &sets, Kinds::Secrets)?;
    let mut report = ScanReport {
        catalog: Arc::clone(&catalog),
        files: paths,
        root_paths: paths::root_paths(&options.cwd, &scan_root(options)),
        findings: Vec::new(),
        packages: Vec::new(),
        lockfiles: Vec::new(),
        stats: Stats::default(),
        excluded: Vec::new(),
        notes: notes(&commits),
        errors: Vec::new(),
    };
    let root_paths = report.root_paths.clone();
    let (yields, homes, builds, callers) =
        (Yields::new(&catalog), Homes::default(), Builds::default(), Callers::default());
    let faulty = Faulty::default();
    let judge = |file: FileId| {
        let set = sets.get(file.0 as usize).copied().unwrap_or_default();
        let rules = rules.get(&set).expect("every set that a path has was compiled");
        Judge {
            catalog: &catalog,
            selection: &rules.selection,
            dispatch: &rules.dispatch,
            yields: &yields,
            needs: options.needs,
            files: &NoFiles,
            homes: &homes,
            variables_files: &[],
            compose_files: &[],
            dumps: &[],
            targets: &[],
            directories: &[],
            root_paths: &root_paths,
            builds: &builds,
            callers: &callers,
            faulty: &faulty,
            policies: None,
            gate: None,
            today: options.date,
        }
    };
    let files: HashMap<&str, FileId> = report.files.iter().map(|path| &**path).zip((0..).map(FileId)).collect();
    let file_of = |index: usize| of_blobs.get(index).and_then(|path| files.get(&**path)).copied().unwrap_or_default();

    let portions = portions(&blobs);
    let threads = if options.threads == 0 { available_threads() } else { options.threads };
    let pool = worker_pool(threads, portions.len())?;
    let done = AtomicUsize::new(0);
    let search = |_: usize, portion: &Vec<usize>| {
        let mut searched = Searched::default();
        let mut objects = repository.objects();
        for &index in portion {
            let Some(blob) = blobs.get(index) else { continue };
            let file = file_of(index);
            searched.search(blob, &mut objects, file, of_blobs.get(index).map_or("", |path| path), &judge(file));
        }
        let before = done.fetch_add(portion.len(), Ordering::Relaxed);
        progress.files(before + portion.len(), blobs.len());
        searched
    };
    let mut all = Searched::default();
    in_parallel(pool.as_ref(), &portions, search, |searched| all.merge(searched));
    drop(files);

    report.stats.files = all.files;
    report.stats.bytes = all.bytes;
    report.stats.rules = rules.get(&0).map_or(0, |rules| rules.selection.count());
    report.notes.extend(rules.values().all(|rules| rules.selection.count() == 0).then(|| note(NO_RULES)));
    report.notes.extend(options.policies.is_some().then(|| note(NO_POLICIES)));
    report.errors = all.errors();
    report.notes.append(&mut all.notes);
    let said = all.said.into_values();
    report.findings = said.map(|(commit, finding)| with_commit(finding, named(&commits, commit))).collect();
    match &pool {
        Some(pool) => pool.install(|| put_in_order(&mut report)),
        None => put_in_order(&mut report),
    }
    filters.accept(&mut report, options.date);
    clean_report(&mut report, &options.config.scanner(&catalog));
    report.stats.elapsed_ms = started.elapsed().as_millis();
    Ok(Scanned { report, nothing: false, baseline: Vec::new(), facts: None })
}

/// The range that was asked for. A repository without commits has an empty history.
fn asked(repository: &Repository, range: &str) -> Result<Range, GitError> {
    if range == "HEAD" && repository.head()?.is_none() {
        return Ok(Range::default());
    }
    repository.range(range)
}

/// What a file was is nothing that can be mended; a secret in it has to be revoked all the same.
const NO_POLICIES: &str = "policies are not asked about a history: it is searched for secrets";
const NO_RULES: &str = "nothing was looked for: of the rules about secrets, which are those of a history, none is on";

fn note(message: &str) -> Note {
    Note { path: String::new(), kind: NoteKind::Other, message: message.to_owned() }
}

fn notes(commits: &Commits) -> Vec<Note> {
    let cut = "this clone is shallow: what its oldest commits hold counts as theirs, and what was gone before them is not seen";
    let empty = "the range holds no commits";
    let cut = commits.is_cut.then(|| note(cut));
    cut.into_iter().chain(commits.all.is_empty().then(|| note(empty))).collect()
}

/// How paths of a repository are shown.
#[derive(Clone, Copy)]
struct View<'v> {
    cwd: &'v Path,
    /// `None`: the repository has no worktree, and its paths are shown as they are.
    top: Option<&'v Path>,
}

impl View<'_> {
    fn shown(&self, path: &str) -> String {
        match self.top {
            Some(top) if top != self.cwd => paths::relative(self.cwd, &top.join(path)),
            _ => path.to_owned(),
        }
    }
}

/// What of the history counts.
struct Wanted<'w> {
    view: View<'w>,
    named: &'w Named<'w>,
    is_below: &'w dyn Fn(&str) -> bool,
}

impl Wants for Wanted<'_> {
    fn name(&self, name: &str) -> bool {
        may_be_text(name)
    }

    fn directory(&self, path: &str) -> bool {
        !self.named.leaves_out_directory(&self.view.shown(path))
    }

    fn file(&self, path: &str) -> bool {
        let path = self.view.shown(path);
        (self.is_below)(&path) && !self.named.leaves_out_file(&path)
    }
}

/// Contents that one worker searches with one cache.
const PORTION: usize = 128;

/// The contents by their paths, the latest of each first: those are what packs keep the others as differences to.
fn portions(blobs: &[Blob]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..blobs.len()).collect();
    let path = |index: usize| blobs.get(index).map(|blob| blob.path.as_str());
    order.sort_unstable_by(|&a, &b| path(a).cmp(&path(b)).then(b.cmp(&a)));
    order.chunks(PORTION).map(<[usize]>::to_vec).collect()
}

/// What was found in contents, and what could not be read.
#[derive(Default)]
struct Searched {
    /// By path, rule and value: the first commit, and the finding in it.
    said: BTreeMap<(FileId, RuleIdx, u64), (usize, Finding)>,
    notes: Vec<Note>,
    panicked: Vec<ScanError>,
    missing: usize,
    broken: usize,
    files: usize,
    bytes: u64,
}

impl Searched {
    fn search(&mut self, blob: &Blob, objects: &mut Objects, file: FileId, path: &str, judge: &Judge<'_>) {
        let bytes = match objects.blob(&blob.id) {
            Ok(bytes) => bytes,
            Err(NoBlob::Missing) => return self.missing += 1,
            Err(NoBlob::Broken) => return self.broken += 1,
            Err(NoBlob::TooLarge(size)) => {
                let message = format!("not searched: it had {size} bytes, over the limit of {FILE_LIMIT}");
                self.notes.push(Note { path: path.to_owned(), kind: NoteKind::Other, message });
                return;
            }
        };
        let target = Target { path: path.to_owned(), origin: Origin::Changed };
        let root_path = judge.root_paths.of(path);
        let language = language(path, bytes);
        let input = Input { file, target: &target, language, root_path: &root_path, part: None, given: Some(bytes) };
        let judged = judge.judge(&input);
        self.files += 1;
        self.bytes += bytes.len() as u64;
        self.panicked.extend(judged.errors);
        for finding in judged.findings {
            let span = finding.location.span;
            let value = bytes.get(span.start as usize..span.end as usize).unwrap_or_default();
            let mut hash = StableHash::new();
            hash.text(&String::from_utf8_lossy(value));
            self.say((file, finding.rule, hash.short()), blob.commit, finding);
        }
    }

    /// Of findings about one value, the first commit's is kept; in one commit the first of them that is not suppressed.
    fn say(&mut self, key: (FileId, RuleIdx, u64), commit: usize, finding: Finding) {
        let rank = |commit: usize, finding: &Finding| (finding.suppressed.is_some(), commit, finding.location.span);
        match self.said.get_mut(&key) {
            Some((first, kept)) if rank(*first, kept) <= rank(commit, &finding) => {}
            Some(slot) => *slot = (commit, finding),
            None => _ = self.said.insert(key, (commit, finding)),
        }
    }

    fn merge(&mut self, other: Self) {
        for (key, (commit, finding)) in other.said {
            self.say(key, commit, finding);
        }
        self.notes.extend(other.notes);
        self.panicked.extend(other.panicked);
        self.missing += other.missing;
        self.broken += other.broken;
        self.files += other.files;
        self.bytes += other.bytes;
    }

    /// What kept the history from being searched as a whole.
    fn errors(&mut self) -> Vec<ScanError> {
        let mut errors = std::mem::take(&mut self.panicked);
        let mut say = |count: usize, why: &str| {
            let contents = if count == 1 { "1 content".to_owned() } else { format!("{count} contents") };
            let reason = format!("{contents} of the history could not be searched: {why}");
            errors.extend((count > 0).then_some(ScanError::History { reason }));
        };
        say(self.missing, "this clone leaves them out");
        say(self.broken, "they are damaged in the git repository");
        errors
    }
}

/// What a content is read as. Where it takes other files or a template engine to know, it is searched as a text.
fn language(path: &str, bytes: &[u8]) -> Language {
    let is_text = std::str::from_utf8(bytes).is_ok();
    let is_template = || path.contains("templates/") && memchr::memmem::find(bytes, b"{{").is_some();
    match classify(path) {
        None | Some(Language::Terraform | Language::TerraformVariables | Language::Packages(_)) => Language::Text,
        Some(_) if !is_text || is_template() => Language::Text,
        Some(language) => language,
    }
}

fn named(commits: &Commits, index: usize) -> Arc<Commit> {
    let commit = commits.all.get(index).map(|commit| (commit.day.to_string(), commit.id.to_string()));
    let (day, id) = commit.unwrap_or_default();
    Arc::new(Commit { day, id })
}

/// The commit is part of what a finding is: the next value at the same place is another one.
fn with_commit(finding: Finding, commit: Arc<Commit>) -> Finding {
    let mut hash = StableHash::new();
    hash.text(&finding.fingerprint.to_string());
    hash.text(&commit.id);
    Finding { fingerprint: hash.fingerprint(), commit: Some(commit), fix: None, ..finding }
}
