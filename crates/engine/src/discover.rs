//! Which files a scan looks at.
//!
//! The repository's own ignore files count, the user's do not, and what git tracks is ignored by neither. Hidden files count, links
//! are not followed. The order is that of the paths, whatever the walk did.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};
use portcullis_core::{Files, Note, ScanError};
use portcullis_model::kustomize::is_kustomization;

use crate::classify::{Language, by_content, classify, json_by_content, may_be_text};
use crate::files::reason;
use crate::filters::Filters;
use crate::git::{GitPlaces, Index};
use crate::judge::{is_binary, reason as file_error, searched, unrecognised};
use crate::named::Named;
use crate::paths;
use crate::shard::holds_facts;
use crate::tracked::Indices;

/// How a file came into the scan; the stronger claim first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// Its text comes from standard input, whether it is on disk or not.
    StandardInput,
    /// Its text is what a template gave, as standard input has it.
    Rendered,
    /// It was named itself.
    Named,
    /// It is in a directory that was named.
    Found,
    /// It differs from what was there before, and is all that the scan sees of its directory.
    Changed,
}

/// A file that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// As shown: relative to the working directory.
    pub(crate) path: String,
    /// How it came into the scan.
    pub(crate) origin: Origin,
}

/// Which files are targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Those of known kinds.
    Known,
    /// Every text: secrets stand anywhere.
    Texts,
}

impl Reads {
    fn language(self, path: &str) -> Option<Language> {
        classify(path).or_else(|| (self == Self::Texts && may_be_text(path)).then_some(Language::Text))
    }
}

/// What discovery found.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// Sorted, each path once, with its language.
    pub(crate) targets: Vec<(Target, Language)>,
    /// Files that the walk met but could not look at.
    pub(crate) unreadable: Vec<(String, String)>,
    /// Named paths that cannot be read.
    pub(crate) errors: Vec<ScanError>,
    /// Named files of which the name does not tell what they are.
    pub(crate) unknown: Vec<String>,
    /// What the configuration leaves out, sorted: files of known kinds, and folders with a slash at the end.
    pub(crate) excluded: Vec<String>,
    /// Terraform files that the walk met: they may make what manifests refer to.
    pub(crate) terraform: Vec<String>,
    /// Files of variables, sorted; they are not targets either.
    pub(crate) variables: Vec<String>,
    /// Kustomizations beside targets that were changed: what they make of a target is judged.
    pub(crate) kustomizations: Vec<String>,
    /// The directories that were named.
    pub(crate) directories: Vec<String>,
    /// What is to be said of the walk.
    pub(crate) notes: Vec<Note>,
    /// Whether some named file is nothing that is scanned.
    pub(crate) has_unknown: bool,
    /// Whether some named path is a directory that holds no file of a known kind.
    pub(crate) empty_directory: bool,
}

impl Discovered {
    /// Adds the file that comes from standard input, in the place of one of the same path.
    pub(crate) fn add_standard_input(&mut self, target: Target, language: Language) {
        let at = self.targets.partition_point(|(other, _)| other.path < target.path);
        let replaced = usize::from(self.targets.get(at).is_some_and(|(other, _)| other.path == target.path));
        self.targets.splice(at..at + replaced, [(target, language)]);
    }
}

impl Discovered {
    /// Where a path is among the targets, or where it would be.
    pub(crate) fn index_of(&self, path: &str) -> Result<usize, usize> {
        self.targets.binary_search_by(|(target, _)| target.path.as_str().cmp(path))
    }

    /// Makes targets of the named files that their content tells, and bills of materials of JSON files; of the others, says
    /// so. A file that cannot be read is an error.
    pub(crate) fn recognise(&mut self, files: &dyn Files, reads: Reads) -> Vec<Note> {
        let mut notes = Vec::new();
        for (target, language) in &mut self.targets {
            // What cannot be read is said when it is judged.
            if target.origin == Origin::Named
                && *language == Language::Json
                && let Ok(Ok(text)) = files.read(&target.path).map(String::from_utf8)
            {
                *language = json_by_content(&text);
            }
        }
        for path in std::mem::take(&mut self.unknown) {
            let target = Target { path, origin: Origin::Named };
            match files.read(&target.path) {
                Err(error) => {
                    let reason = file_error(&error);
                    self.errors.push(ScanError::Path { path: target.path.into(), reason });
                }
                Ok(bytes) => {
                    let known = std::str::from_utf8(&bytes).ok().and_then(by_content);
                    if known.is_none() {
                        let is_searched = reads == Reads::Texts && !is_binary(&bytes);
                        notes.extend(if is_searched { searched(&target) } else { unrecognised(&target) });
                    }
                    let language = known.or((reads == Reads::Texts).then_some(Language::Text));
                    if let (Some(language), Err(at)) = (language, self.index_of(&target.path)) {
                        self.targets.insert(at, (target, language));
                    }
                }
            }
        }
        self.has_unknown = !notes.is_empty();
        notes.append(&mut self.notes);
        notes.dedup();
        notes
    }

    /// Adds targets that were named apart; directories are not among them.
    pub(crate) fn merge(&mut self, other: Self) {
        self.targets.extend(other.targets);
        self.targets.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path).then(a.origin.cmp(&b.origin)));
        self.targets.dedup_by(|(b, _), (a, _)| a.path == b.path);
        self.errors.extend(other.errors);
        self.unknown.extend(other.unknown);
    }
}

/// Finds the targets below `paths`, which are relative to `cwd`, as the repositories' places are.
pub(crate) fn discover(
    (cwd, places): (&Path, &GitPlaces),
    named: &[PathBuf],
    threads: usize,
    filters: &Filters<'_>,
    reads: Reads,
) -> Discovered {
    let mut found = Discovered::default();
    let mut indices = Indices::new(cwd, places);
    for path in named {
        let full = paths::absolute(cwd, path);
        match std::fs::metadata(&full) {
            Err(error) => found.errors.push(ScanError::Path { path: path.clone(), reason: reason(&error) }),
            Ok(metadata) if metadata.is_dir() => {
                let before = found.targets.len();
                let walked = Walked::new(cwd, &full, filters, reads);
                match walk(&walked, threads, &mut found) {
                    Ok(repositories) => {
                        indices.add(&walked, repositories, before, &mut found);
                        let new = found.targets.get(before..).unwrap_or_default();
                        found.empty_directory |= new.iter().all(|(_, language)| *language == Language::Text);
                        found.directories.push(paths::relative(cwd, &full));
                    }
                    Err(reason) => found.errors.push(ScanError::Path { path: path.clone(), reason }),
                }
            }
            Ok(_) => {
                let named = path;
                let path = paths::relative(cwd, &full);
                match classify(&path) {
                    _ if is_unnameable(&path, &full) => {
                        found.errors.push(ScanError::Path { path: named.clone(), reason: UNNAMEABLE.to_owned() });
                    }
                    Some(language) => found.targets.push((Target { path, origin: Origin::Named }, language)),
                    None => found.unknown.push(path),
                }
            }
        }
    }
    found.targets.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path).then(a.origin.cmp(&b.origin)));
    found.targets.dedup_by(|(b, _), (a, _)| a.path == b.path);
    found.terraform.sort_unstable();
    found.variables.sort_unstable();
    found.excluded.sort_unstable();
    found.excluded.dedup();
    found.unreadable.sort_unstable();
    found.unreadable.dedup();
    found.notes = indices.into_notes();
    found
}

/// How much of an index is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Around {
    /// The chosen files alone: of what the others hold nothing is known but what these refer to.
    Chosen,
    /// Also all files of these kinds, so that the scan sees all that may be about the chosen ones.
    All(Kinds),
}

/// Kinds of files that are about one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    documents: bool,
    terraform: bool,
    packages: bool,
}

/// Files up to which an index is judged as a whole. Each is judged twice, as it is staged and as it was, which takes 0.3 ms, and a hook
/// should take 50 ms in all, 15 of which are spent before the first: 150 manifests take 61 ms, and 200 take 72.
const CONTEXT: usize = 100;

impl Around {
    /// How much is needed to judge what the next commit changes.
    pub(crate) fn needed(index: &Index, filters: &Filters<'_>) -> Self {
        let mut kinds = Kinds::default();
        index.changed().for_each(|path| kinds.add(&path));
        index.removed().for_each(|path| kinds.add(path));
        let related = || index.files().filter(|path| kinds.hold(path) && !filters.leaves_out(path));
        if kinds == Kinds::default() || related().take(CONTEXT + 1).count() > CONTEXT {
            Self::Chosen
        } else {
            Self::All(kinds)
        }
    }
}

impl Kinds {
    /// All of them.
    pub(crate) const EVERY: Self = Self { documents: true, terraform: true, packages: true };

    /// Adds the kind that a file is of. What was in a folder that is gone is not known.
    fn add(&mut self, path: &str) {
        let is_folder = path.ends_with('/');
        let of = |kinds: &Self| is_folder || kinds.hold(path);
        self.documents |= of(&Self { documents: true, ..Self::default() });
        self.terraform |= of(&Self { terraform: true, ..Self::default() });
        self.packages |= !is_folder && of(&Self { packages: true, ..Self::default() });
    }

    /// Whether a file is of one of these kinds.
    fn hold(self, path: &str) -> bool {
        classify(path).is_some_and(|language| match language {
            Language::Yaml11 | Language::Yaml12 | Language::Json | Language::Compose => self.documents,
            Language::Terraform | Language::TerraformVariables => self.terraform,
            Language::Packages(_) => self.packages,
            Language::Dockerfile | Language::Template | Language::Text => false,
        })
    }
}

/// Makes targets of the chosen files of an index, and of those around them; what it holds beside them is there to be referred to.
pub(crate) fn of_index(
    index: &Index,
    cwd: &Path,
    chosen: &BTreeSet<String>,
    around: Around,
    (named, reads): (&Named<'_>, Reads),
) -> Discovered {
    let mut found = Discovered::default();
    let origin = if around == Around::Chosen { Origin::Changed } else { Origin::Found };
    for path in chosen.iter().filter(|path| index.id(path).is_some() && !named.leaves_out(path)) {
        if named.is_unknown(path) {
            found.unknown.push(path.clone());
        } else if let Some(language) = reads.language(path) {
            found.targets.push((Target { path: path.clone(), origin }, language));
        }
    }
    if around != Around::Chosen {
        found.directories.push(paths::relative(cwd, index.top()));
    }
    for path in index.files() {
        let is_around = matches!(around, Around::All(kinds) if kinds.hold(&path));
        // Globs cost more than names do.
        if !(is_around || is_other(&path) || is_kustomization(&path)) || named.leaves_out(&path) {
            continue;
        }
        if is_around
            && !chosen.contains(&path)
            && let Some(language) = classify(&path)
        {
            found.targets.push((Target { path: path.clone(), origin }, language));
        }
        if path.ends_with(".tf") {
            found.terraform.push(path);
        } else if is_variables_file(&path) {
            found.variables.push(path);
        } else if is_kustomization(&path) {
            found.kustomizations.push(path);
        }
    }
    found.targets.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    found.terraform.sort_unstable();
    found.variables.sort_unstable();
    found
}

/// Whether a shown path is one of the named ones or below one.
pub(crate) fn below_named(cwd: &Path, named: &[PathBuf]) -> impl Fn(&str) -> bool {
    let named: Vec<PathBuf> = named.iter().map(|path| paths::absolute(cwd, path)).collect();
    move |path| {
        let path = || paths::absolute(cwd, Path::new(path));
        named.is_empty() || named.iter().any(|named| path().starts_with(named))
    }
}

/// Why a file with such a name is not read: reports, globs and other files name files by text.
const UNNAMEABLE: &str = "its name is not UTF-8";

/// Whether `shown`, which stands for `path`, is not its name.
fn is_unnameable(shown: &str, path: &Path) -> bool {
    shown.contains(char::REPLACEMENT_CHARACTER) && path.to_str().is_none()
}

/// A directory that was named, and what of it is looked at.
pub(crate) struct Walked<'w> {
    pub(crate) cwd: &'w Path,
    /// Absolute.
    pub(crate) directory: &'w Path,
    pub(crate) filters: &'w Filters<'w>,
    reads: Reads,
    /// A directory that is left out and named all the same is walked.
    pub(crate) is_left_out: bool,
}

/// What a file is to a scan.
#[derive(Default)]
pub(crate) struct Met {
    target: Option<(Target, Language)>,
    unreadable: Option<(String, String)>,
    /// Of Terraform or of variables.
    other: Option<String>,
    /// What the configuration leaves out; a folder ends with `/`.
    excluded: Option<String>,
}

impl Met {
    fn is_nothing(&self) -> bool {
        self.target.is_none() && self.unreadable.is_none() && self.other.is_none() && self.excluded.is_none()
    }
}

impl<'w> Walked<'w> {
    fn new(cwd: &'w Path, directory: &'w Path, filters: &'w Filters<'w>, reads: Reads) -> Self {
        let is_left_out = filters.leaves_out_directory(&paths::relative(cwd, directory));
        Self { cwd, directory, filters, reads, is_left_out }
    }

    /// Whether a file of this name may be something to the scan.
    pub(crate) fn may_count(&self, path: &str) -> bool {
        self.reads.language(path).is_some() || is_other(path)
    }

    /// What a file in a directory that is not left out is, as shown and as it is opened.
    pub(crate) fn met(&self, path: String, full: &Path) -> Met {
        let known = self.reads.language(&path);
        let language = known.filter(|_| self.is_left_out || !self.filters.leaves_out_file(&path));
        let is_excluded = language.is_none() && known.is_some_and(|known| known != Language::Text);
        let excluded = is_excluded.then(|| path.clone());
        let other = is_other(&path).then(|| path.clone());
        match language {
            Some(Language::Text) if is_unnameable(&path, full) || holds_facts(full) => Met { other, ..Met::default() },
            Some(_) if is_unnameable(&path, full) => {
                Met { unreadable: Some((path, UNNAMEABLE.to_owned())), ..Met::default() }
            }
            language => {
                let target = language.map(|language| (Target { path, origin: Origin::Found }, language));
                Met { target, unreadable: None, other, excluded }
            }
        }
    }
}

impl Discovered {
    pub(crate) fn take(&mut self, met: Met) {
        self.targets.extend(met.target);
        self.unreadable.extend(met.unreadable);
        self.excluded.extend(met.excluded);
        if let Some(path) = met.other {
            if is_variables_file(&path) { self.variables.push(path) } else { self.terraform.push(path) }
        }
    }
}

/// Finds the targets below a directory, and the repositories within. Fails where the directory itself cannot be read.
fn walk(walked: &Walked<'_>, threads: usize, found: &mut Discovered) -> Result<Vec<PathBuf>, String> {
    let Walked { cwd, directory, .. } = *walked;
    std::fs::read_dir(directory).map_err(|error| reason(&error))?;
    let in_repository = paths::repository_root(directory).is_some();
    let builder = WalkBuilder::new(directory)
        .hidden(false)
        .ignore(false)
        .git_ignore(true)
        .git_global(false)
        .git_exclude(false)
        // Outside a repository an ignore file above the directory is somebody else's.
        .require_git(false)
        .parents(in_repository)
        .follow_links(false)
        .threads(threads)
        .build_parallel();
    let results = Mutex::new((Vec::new(), Vec::new()));
    builder.run(|| {
        Box::new(|entry| {
            let mut state = WalkState::Continue;
            let mut met = Met::default();
            let mut repository = None;
            match entry {
                // In submodules and linked worktrees it is a file.
                Ok(entry) if entry.depth() > 0 && entry.file_name() == ".git" => {
                    repository = entry.path().parent().map(Path::to_owned);
                    state = WalkState::Skip;
                }
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {
                    // The directory that was named is always walked, whatever its name.
                    let path = || paths::relative(cwd, entry.path());
                    if entry.depth() > 0 && !walked.is_left_out && walked.filters.leaves_out_directory(&path()) {
                        met.excluded = Some(path() + "/");
                        state = WalkState::Skip;
                    }
                }
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    met = walked.met(paths::relative(cwd, entry.path()), entry.path());
                }
                Ok(_) => {}
                Err(error) => met.unreadable = walk_error(cwd, &error),
            }
            if !met.is_nothing() || repository.is_some() {
                let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                results.0.push(met);
                results.1.extend(repository);
            }
            state
        })
    });
    let (files, mut repositories) = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    for met in files {
        found.take(met);
    }
    repositories.sort_unstable();
    Ok(repositories)
}

/// Whether something else than a target refers to such files.
fn is_other(path: &str) -> bool {
    path.ends_with(".tf") || is_variables_file(path)
}

/// `.env`, `.env.prod`, `prod.env`.
fn is_variables_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ".env" || name.starts_with(".env.") || name.ends_with(".env")
}

/// The path and reason of a walk's error. A fault in an ignore file is none: its other lines still count.
fn walk_error(cwd: &Path, error: &ignore::Error) -> Option<(String, String)> {
    match error {
        ignore::Error::WithPath { path, err } => {
            let reason = err.io_error().map_or_else(|| err.to_string(), reason);
            Some((paths::relative(cwd, path), reason))
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => walk_error(cwd, err),
        ignore::Error::Loop { child, .. } => Some((paths::relative(cwd, child), "a link leads back to it".to_owned())),
        _ => None,
    }
}
