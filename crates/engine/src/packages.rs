//! Files that name packages: read before the rules are chosen, because each advisory that holds for one of the packages
//! is a rule of the scan.
//!
//! The files of one folder are judged together. Manifests say what a lockfile leaves open: what the project asks for by
//! itself, and what only its development needs. Packages that come from nowhere but a registry are looked up.

mod materials;

pub(crate) use materials::point;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use portcullis_advisories::database::{Database, Text};
use portcullis_advisories::matching::is_judged;
use portcullis_advisories::record::Kind;
use portcullis_advisories::severity::Score;
use portcullis_advisories::{Advisories, Error, Level, Match, Scheme, Timestamp, with_causes};
use portcullis_core::{
    ADVISORIES, Catalog, Confidence, Draft, FileId, Files, LineIndex, Note, NoteKind, Place, Profile, RuleMeta,
    ScanError, Severity, Span, StableHash, SuppressedBy, Suppression, YANKED,
};
use portcullis_model::kustomize::directory_of;
use portcullis_model::packages::{
    Ecosystem, Folder, Format, Lockfile, Manifest, Package, PackageFile, PackageId, Paths, Source, Surroundings, link,
    read_among,
};
use portcullis_rules::Outcome;

use crate::builds::Scan;
use crate::classify::Language;
use crate::config::UNKNOWN_AS;
use crate::directives::Directives;
use crate::discover::{Discovered, Reads, discover};
use crate::drift;
use crate::files::{FILE_LIMIT, Worktree};
use crate::filters::Filters;
use crate::inside::Inside;
use crate::judge::Judged;
use crate::scan::{ScanOptions, reach};
use crate::shard::Shard;
use crate::taken_in;
use crate::together::{self, Sheet, on_workers};
use crate::vex::Vex;

/// What is set for advisories.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// The severity of an advisory without one.
    pub(crate) unknown_as: Severity,
    /// Whether packages count that only development needs.
    pub(crate) development: bool,
    /// Whether advisories count that no version fixes.
    pub(crate) unfixed: bool,
}

impl Settings {
    pub(crate) fn of(config: &crate::config::Advisories) -> Self {
        Self {
            unknown_as: config.unknown_as.unwrap_or(UNKNOWN_AS),
            development: config.development.unwrap_or(true),
            unfixed: config.unfixed.unwrap_or(true),
        }
    }
}

/// The packages of a scan, and what is known about them.
#[derive(Default)]
pub(crate) struct Packages {
    folders: Vec<Folder>,
    texts: HashMap<FileId, Arc<str>>,
    hits: Vec<Hit>,
    /// The CVSS vectors of each advisory that holds, with their scores in tenths.
    vectors: HashMap<Box<str>, Vec<(Box<str>, u8)>>,
    /// A rule for each advisory that holds.
    pub(crate) rules: Vec<RuleMeta>,
    /// What could not be judged.
    pub(crate) notes: Vec<Note>,
    /// A database that cannot be used.
    pub(crate) errors: Vec<ScanError>,
}

/// An advisory that holds for a package.
struct Hit {
    file: FileId,
    /// The package in its lockfile.
    package: PackageId,
    /// The advisory's rule.
    id: Box<str>,
    place: Place,
    message: String,
    help: Option<String>,
    labels: Vec<(Span, String)>,
    /// Why it does not matter, where a statement says so.
    harmless: Option<Box<str>>,
}

/// Files beside a lockfile that say what it leaves open.
const MANIFESTS: &[&str] =
    &["package.json", "Cargo.toml", "pyproject.toml", "Pipfile", "Gemfile", "gems.rb", "composer.json"];

/// The manifest of no target: nothing is ever reported there.
const NOWHERE: FileId = FileId(u32::MAX);

/// Reads the packages of the targets, and looks them up in the databases of the scan.
pub(crate) fn read_all(
    options: &ScanOptions,
    found: &Discovered,
    given: &HashMap<&str, &[u8]>,
    files: &dyn Files,
) -> Packages {
    let vex = Vex::read(&vex_files(options));
    let mut packages = gather(found, given, files);
    let vex = vex.unwrap_or_else(|error| {
        packages.errors.push(ScanError::Advisories { reason: error.to_string() });
        Vex::default()
    });
    if packages.folders.is_empty() {
        return packages;
    }
    let mut settings = Settings::of(&options.config.advisories);
    settings.unfixed &= !options.ignore_unfixed;
    let looked_up = open(options).and_then(|advisories| packages.look_up(&advisories, &vex, settings));
    if let Err(error) = looked_up {
        packages.errors.push(ScanError::Advisories { reason: with_causes(&error) });
    }
    packages
}

/// How a package came into a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The lockfile, relative to the working directory.
    pub path: String,
    /// The line that the package stands at.
    pub line: u32,
    /// `name version`, from what the project asks for to the package. The package alone where the file does not say who
    /// asked for it.
    pub through: Vec<String>,
    /// Whether only development needs it.
    pub is_development: bool,
}

/// The ways by which packages of a name, or of `name@version`, came into the projects of a scan: the shortest to each place
/// where a lockfile has it, in the order of files and lines.
pub fn ways(options: &ScanOptions, wanted: &str) -> Vec<Way> {
    // A scope starts with the same character.
    let (name, version) = match wanted.rfind('@').filter(|&at| at > 0) {
        Some(at) => (wanted.get(..at).unwrap_or(wanted), wanted.get(at + 1..)),
        None => (wanted, None),
    };
    let filters = Filters::new(&options.config, &options.cwd, options.config_directory.as_deref());
    let mut found =
        discover((&options.cwd, &options.git), &options.paths, options.threads.max(1), &filters, Reads::Known);
    let files = Worktree::new(options.cwd.clone(), FILE_LIMIT);
    taken_in::add(&mut found, &Inside::new(&files, &options.cwd, reach(options)), &filters, &options.cwd);
    let packages = gather(&found, &HashMap::new(), &files);
    let mut ways = Vec::new();
    for folder in &packages.folders {
        for file in &folder.files {
            let (Some(lock), Some(text)) = (&file.lock, packages.texts.get(&file.file)) else { continue };
            let (paths, lines) = (Paths::of(lock), LineIndex::new(text));
            for (id, package) in (0..).map(PackageId).zip(&lock.packages) {
                let normal = |name: &str| match Scheme::of_ecosystem(package.ecosystem.osv()) {
                    Some(scheme) => scheme.normalise_name(name).into_owned(),
                    None => name.to_owned(),
                };
                let is_version = version.is_none_or(|version| package.version.as_deref() == Some(version));
                if normal(&package.name) != normal(name) || !is_version || package.source == Source::Project {
                    continue;
                }
                let mut through: Vec<&Package> =
                    paths.to(id).iter().filter_map(|id| lock.packages.get(id.0 as usize)).collect();
                if through.is_empty() {
                    through.push(package);
                }
                let shown = |it: &&Package| format!("{} {}", it.name, it.version.as_deref().unwrap_or("(unknown)"));
                ways.push(Way {
                    path: joined(&folder.path, &file.name),
                    line: lines.line(package.span.start),
                    through: through.iter().map(shown).collect(),
                    is_development: package.groups.dev == Some(true),
                });
            }
        }
    }
    ways.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    ways
}

/// The databases of a scan: those that are named have to be there.
pub(crate) fn open(options: &ScanOptions) -> Result<Advisories, Error> {
    let now = Timestamp::parse(&options.date.to_string()).unwrap_or_default();
    let base = options.config_directory.as_deref().unwrap_or(&options.cwd);
    let named = options.databases.iter().map(|path| options.cwd.join(path));
    let mut files: Vec<PathBuf> =
        named.chain(options.config.advisories.databases.iter().map(|path| base.join(path))).collect();
    if files.is_empty() {
        files.extend(options.default_database.iter().filter(|path| path.exists()).cloned());
    }
    files.iter().try_fold(Advisories::embedded()?, |all, path| Ok(all.with(Database::open(path, now)?)))
}

/// The files of statements about advisories: those of the configuration, and those of the command line.
fn vex_files(options: &ScanOptions) -> Vec<PathBuf> {
    let base = options.config_directory.as_deref().unwrap_or(&options.cwd);
    let configured = options.config.advisories.vex.iter().map(|path| base.join(path));
    configured.chain(options.vex.iter().map(|path| options.cwd.join(path))).collect()
}

/// Reads the packages of the targets.
fn gather(found: &Discovered, given: &HashMap<&str, &[u8]>, files: &dyn Files) -> Packages {
    let targets: Vec<(FileId, &str, Format)> = (0..)
        .map(FileId)
        .zip(&found.targets)
        .filter_map(|(file, (target, language))| match language {
            Language::Packages(format) => Some((file, target.path.as_str(), *format)),
            _ => None,
        })
        .collect();
    let parsed = on_workers(&targets, |&(file, path, format)| {
        let bytes = given.get(path).map_or_else(|| files.read(path).ok(), |bytes| Some(bytes.to_vec()))?;
        let text: Arc<str> = String::from_utf8(bytes).ok()?.into();
        Some((package_file(path, format, file, &text, files), text))
    });
    let mut folders: BTreeMap<&str, Folder> = BTreeMap::new();
    let mut packages = Packages::default();
    for (&(file, path, _), parsed) in targets.iter().zip(parsed) {
        let Some((parsed, text)) = parsed else { continue };
        let folder = folders.entry(directory_of(path)).or_default();
        folder.files.push(parsed);
        packages.texts.insert(file, text);
    }
    for (path, folder) in &mut folders {
        folder.path = (*path).into();
        // What comes on standard input has no neighbours.
        let is_alone = folder.files.iter().all(|file| given.contains_key(joined(path, &file.name).as_str()));
        folder.names = if is_alone { None } else { files.list(if path.is_empty() { "." } else { path }).ok() };
        beside(folder, files);
    }
    let locks: BTreeMap<&str, Vec<Format>> = folders
        .iter()
        .map(|(path, folder)| (*path, folder.files.iter().filter(|file| file.lock.is_some()).map(|file| file.format)))
        .map(|(path, formats)| (path, formats.collect()))
        .collect();
    for (path, folder) in &mut folders {
        folder.above = above(path).filter_map(|path| locks.get(path)).flatten().copied().collect();
    }
    packages.folders = linked(folders.into_values().collect());
    let at: HashMap<&str, &Folder> = packages.folders.iter().map(|folder| (&*folder.path, folder)).collect();
    let unmet = on_workers(&packages.folders, |folder| {
        let nearest = |ecosystem| {
            let mut folders = above(&folder.path).filter_map(|path| at.get(path).copied());
            folders.find(|folder| drift::locks_of(folder, ecosystem).next().is_some())
        };
        drift::of(folder, nearest, &packages.texts)
    });
    drop(at);
    for (folder, unmet) in packages.folders.iter_mut().zip(unmet) {
        for (file, unmet) in folder.files.iter_mut().zip(unmet) {
            file.unmet = unmet;
        }
    }
    packages
}

fn package_file(path: &str, format: Format, file: FileId, text: &Arc<str>, files: &dyn Files) -> PackageFile {
    let text_of = |path: &str| files.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()).map(Arc::from);
    let contents = read_among(format, file, text, &Surroundings { path, text_of: &text_of });
    let name = path.rsplit('/').next().unwrap_or(path);
    PackageFile { file, name: name.into(), format, lock: contents.lock, manifest: contents.manifest, unmet: Vec::new() }
}

/// Adds the manifests of a folder that are no targets: a lockfile that was named alone is still read with them.
fn beside(folder: &mut Folder, files: &dyn Files) {
    let Some(names) = &folder.names else { return };
    let missing: Vec<&str> = MANIFESTS
        .iter()
        .copied()
        .filter(|&name| names.iter().any(|own| own == name) && folder.files.iter().all(|file| &*file.name != name))
        .collect();
    for name in missing {
        let path = joined(&folder.path, name);
        let text = files.read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let (Some(text), Some(format)) = (text, Format::of_path(&path)) {
            folder.files.push(package_file(&path, format, NOWHERE, &text.into(), files));
        }
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folders above a path, the nearest first; the working directory is the last.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors((!path.is_empty()).then(|| directory_of(path)), |path| {
        (!path.is_empty()).then(|| directory_of(path))
    })
}

/// Links each lockfile with the manifests that it was made from: those of its folder, and those below it that have no
/// lockfile of their own.
fn linked(mut folders: Vec<Folder>) -> Vec<Folder> {
    let mut locks: Vec<(usize, usize, Mutex<Lockfile>)> = Vec::new();
    let mut holders: HashMap<(Box<str>, Ecosystem), Vec<usize>> = HashMap::new();
    for (at, folder) in folders.iter_mut().enumerate() {
        for (index, file) in folder.files.iter_mut().enumerate() {
            // A list of materials says itself who needs what.
            let Some(ecosystem) = file.format.ecosystem() else { continue };
            let Some(lock) = file.lock.take() else { continue };
            holders.entry((folder.path.clone(), ecosystem)).or_default().push(locks.len());
            locks.push((at, index, Mutex::new(lock)));
        }
    }
    let mut manifests: Vec<Vec<&Manifest>> = vec![Vec::new(); locks.len()];
    for folder in &folders {
        for file in &folder.files {
            let (Some(manifest), Some(ecosystem)) = (&file.manifest, file.format.ecosystem()) else { continue };
            let mut paths = std::iter::once(&*folder.path).chain(above(&folder.path));
            let held = paths.find_map(|path| holders.get(&(Box::from(path), ecosystem)));
            for &lock in held.into_iter().flatten() {
                manifests.get_mut(lock).expect("holders are indices of locks").push(manifest);
            }
        }
    }
    let work: Vec<_> = locks.iter().zip(&manifests).collect();
    on_workers(&work, |((.., lock), manifests)| link(&mut lock.lock().expect("no worker panics with it"), manifests));
    for (at, index, lock) in locks {
        let lock = lock.into_inner().expect("no worker panics with it");
        if let Some(file) = folders.get_mut(at).and_then(|folder| folder.files.get_mut(index)) {
            file.lock = Some(lock);
        }
    }
    folders
}

impl Packages {
    /// Looks the packages up. What holds becomes a rule for each advisory, and a hit for each package of a lockfile.
    pub(crate) fn look_up(&mut self, advisories: &Advisories, vex: &Vex, settings: Settings) -> Result<(), Error> {
        let locks: Vec<(&PackageFile, &Lockfile)> = self
            .folders
            .iter()
            .flat_map(|folder| &folder.files)
            .filter_map(|file| Some((file, file.lock.as_ref()?)))
            .collect();
        let found = on_workers(&locks, |(file, lock)| hits_of(file.file, lock, advisories, vex, settings));
        let mut rules: BTreeMap<Box<str>, RuleMeta> = BTreeMap::new();
        let mut hits = Vec::new();
        let mut vectors = HashMap::new();
        for found in found {
            for (advisory, hit) in found? {
                if !rules.contains_key(&hit.id) {
                    let text = advisory.text()?.unwrap_or_default();
                    vectors.insert(hit.id.clone(), scored(&text.vectors));
                    rules.insert(hit.id.clone(), rule_of(&advisory, &text, settings));
                }
                hits.push(hit);
            }
        }
        let unjudged = unjudged(locks.iter().map(|(_, lock)| *lock), advisories);
        self.hits = hits;
        self.vectors = vectors;
        self.rules = rules.into_values().collect();
        self.notes.extend(unjudged);
        Ok(())
    }

    /// Runs the rules on the files and turns everything into findings.
    pub(crate) fn judge(&self, scan: &Scan<'_>, shard: Option<Shard>) -> Judged {
        let mut left = Judged::default();
        let has_lock = self.folders.iter().filter(|folder| folder.files.iter().any(|file| file.lock.is_some()));
        let locked: HashSet<&str> = has_lock.map(|folder| &*folder.path).collect();
        // What a folder asks for is compared with what is locked above it.
        let unit_of = |folder: &Folder| -> String {
            let top = above(&folder.path).filter(|path| locked.contains(path)).last();
            format!("{}/\npackages", top.unwrap_or(&folder.path))
        };
        let mut hits: HashMap<FileId, Vec<&Hit>> = HashMap::new();
        for hit in &self.hits {
            hits.entry(hit.file).or_default().push(hit);
        }
        let mut sheets = Vec::new();
        for folder in self.folders.iter().filter(|folder| shard.is_none_or(|shard| shard.judges(&unit_of(folder)))) {
            for file in folder.files.iter().filter(|file| file.file != NOWHERE) {
                let index = file.file.0 as usize;
                let (Some(input), Some(text)) = ((scan.input)(index), self.texts.get(&file.file)) else { continue };
                let judge = (scan.judge)(index);
                left.documents += 1;
                left.bytes += text.len() as u64;
                let mut outcome = Outcome::default();
                judge.dispatch.packages(file, folder, &mut outcome);
                outcome.drafts.retain(|draft| self.texts.contains_key(&draft.place.span.file));
                let faults = file.lock.iter().map(|lock| &lock.faults);
                for faults in faults.chain(file.manifest.iter().map(|manifest| &manifest.faults)) {
                    judge.errors_of(faults, &mut outcome.drafts);
                }
                for hit in hits.get(&file.file).into_iter().flatten() {
                    outcome.drafts.extend(hit.draft(judge.catalog).filter(|draft| judge.selection.is_on(draft.rule)));
                }
                judge.search(&input, text, &mut outcome);
                if let Some(lock) = &file.lock {
                    judge.ask_of_packages(&input, (lock, &**text), &mut outcome.drafts, &mut left);
                }
                judge.ask_of_text(&input, text, &mut outcome.drafts, &mut left);
                let directives = file.format.comment().map_or_else(Directives::default, |mark| {
                    Directives::of_lines(text, file.file, mark, judge.catalog)
                });
                sheets.push(Sheet { judge, input, text, directives, outcome });
            }
        }
        together::seal(sheets, Vec::new(), &mut left);
        self.leave_out_harmless(scan, &mut left);
        left
    }

    /// Suppresses what statements say does not matter.
    fn leave_out_harmless(&self, scan: &Scan<'_>, left: &mut Judged) {
        let Some(first) = self.hits.iter().find(|hit| hit.harmless.is_some() && hit.file != NOWHERE) else { return };
        let catalog = (scan.judge)(first.file.0 as usize).catalog;
        let harmless = self.hits.iter().filter_map(|hit| {
            let reason = hit.harmless.as_deref()?;
            Some(((catalog.by_id(&hit.id)?.0, hit.place.span), reason))
        });
        let harmless: BTreeMap<(u32, Span), &str> = harmless.collect();
        for finding in left.findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
            if let Some(&reason) = harmless.get(&(finding.rule.0, finding.location.span)) {
                let reason = Some(reason.to_owned());
                finding.suppressed = Some(Box::new(Suppression { by: SuppressedBy::Vex, reason }));
            }
        }
    }

    /// The files that are judged here.
    pub(crate) fn targets(&self) -> impl Iterator<Item = usize> {
        self.texts.keys().map(|file| file.0 as usize)
    }
}

impl Hit {
    fn draft(&self, catalog: &Catalog) -> Option<Draft> {
        let rule = catalog.by_id(&self.id)?;
        let mut draft = Draft::new(rule, self.place, self.message.clone());
        draft.help = self.help.clone().map(Into::into);
        for (span, message) in &self.labels {
            draft.label(*span, message.clone());
        }
        Some(draft)
    }
}

/// Says which ecosystems no database covers.
fn unjudged<'l>(locks: impl Iterator<Item = &'l Lockfile>, advisories: &Advisories) -> Option<Note> {
    let mut counts: BTreeMap<Ecosystem, usize> = BTreeMap::new();
    for package in locks.flat_map(|lock| &lock.packages).filter(|package| is_judged(package)) {
        *counts.entry(package.ecosystem).or_default() += 1;
    }
    counts.retain(|&ecosystem, _| !advisories.covers(ecosystem));
    if counts.is_empty() {
        return None;
    }
    let counts: Vec<String> =
        counts.iter().map(|(ecosystem, count)| format!("{} ({count})", ecosystem.osv())).collect();
    let message = format!(
        "packages were not looked up for want of a database of advisories: {}; see `portcullis db`",
        counts.join(", ")
    );
    Some(Note { path: String::new(), kind: NoteKind::Other, message })
}

/// The advisories that hold for the packages of a lockfile. A version that stands in it several times is reported once.
fn hits_of<'a>(
    file: FileId,
    lock: &Lockfile,
    advisories: &'a Advisories,
    vex: &Vex,
    settings: Settings,
) -> Result<Vec<(Match<'a>, Hit)>, Error> {
    let mut seen: HashMap<(Ecosystem, &str, &str), usize> = HashMap::new();
    let mut several: Vec<(PackageId, Vec<PackageId>)> = Vec::new();
    for (id, package) in (0..).map(PackageId).zip(&lock.packages) {
        let Some(version) = package.version.as_deref().filter(|_| is_judged(package)) else { continue };
        if package.groups.dev == Some(true) && !settings.development {
            continue;
        }
        let at = *seen.entry((package.ecosystem, &package.name, version)).or_insert_with(|| {
            several.push((id, Vec::new()));
            several.len() - 1
        });
        if let Some((first, others)) = several.get_mut(at)
            && *first != id
        {
            others.push(id);
        }
    }
    let mut paths = None;
    let mut hits = Vec::new();
    for (id, others) in several {
        let Some(package) = lock.packages.get(id.0 as usize) else { continue };
        for advisory in advisories.matches(package)? {
            if !settings.unfixed && advisory.fixed.is_empty() && advisory.kind == Kind::Vulnerability {
                continue;
            }
            let path = paths.get_or_insert_with(|| Paths::of(lock)).to(id);
            let path: Vec<&Package> = path.iter().filter_map(|id| lock.packages.get(id.0 as usize)).collect();
            let mut hit = Hit::new(file, (id, package), &advisory, &path)?;
            let others = others.iter().filter_map(|id| lock.packages.get(id.0 as usize)).take(NAMED);
            hit.harmless = vex.reason(&advisory.ids, package).map(Into::into);
            hit.labels = others.map(|other| (other.version_span, "and here".to_owned())).collect();
            hits.push((advisory, hit));
        }
    }
    Ok(hits)
}

/// Other places of a package that a finding names at most.
const NAMED: usize = 10;

impl Hit {
    fn new(
        file: FileId,
        (id, package): (PackageId, &Package),
        advisory: &Match<'_>,
        path: &[&Package],
    ) -> Result<Self, Error> {
        let version = package.version.as_deref().unwrap_or_default();
        let mut structure = StableHash::new();
        structure.text(package.ecosystem.osv());
        structure.text(&package.name);
        structure.text(version);
        let place = Place { span: package.version_span, structure: structure.short(), value: 0 };
        let about = about(advisory)?;
        let what = match advisory.kind {
            Kind::Malicious => "is malicious",
            Kind::Vulnerability => "is vulnerable",
            Kind::Unsound => "is unsound",
            Kind::Unmaintained => "is not maintained any more",
            Kind::Notice => "has a notice",
            Kind::Yanked => "was withdrawn by its publisher",
        };
        let mut message = format!("`{}` {version} {what}", package.name);
        if !about.is_empty() {
            message = format!("{message}: {about}");
        }
        if let [_, .., _] = path {
            let names: Vec<&str> = path.iter().map(|package| &*package.name).collect();
            message = format!("{message} ({})", names.join(" \u{2192} "));
        }
        let help = Some(help(package, version, advisory, path)?);
        Ok(Self {
            file,
            package: id,
            id: advisory.id().into(),
            place,
            message,
            help,
            labels: Vec::new(),
            harmless: None,
        })
    }
}

/// What an advisory is about: its summary, or how its details begin, or its other ids.
fn about(advisory: &Match<'_>) -> Result<String, Error> {
    let text = advisory.text()?.unwrap_or_default();
    let summary = one_line(&text.summary);
    if !summary.is_empty() {
        return Ok(summary.trim_end_matches('.').to_owned());
    }
    let details = text.details.lines().map(|line| line.trim_matches(['#', ' '])).find(|line| !line.is_empty());
    let Some(details) = details else {
        let others: Vec<&str> = advisory.ids.iter().copied().filter(|id| *id != advisory.id()).collect();
        return Ok(others.join(", "));
    };
    let sentence = details.split_once(". ").map_or(details, |(first, _)| first).trim_end_matches('.');
    let mut shown: String = sentence.chars().take(ABOUT).collect();
    if shown.len() < sentence.len() {
        shown.push('\u{2026}');
    }
    Ok(shown)
}

/// Characters of an advisory's details that stand for a summary.
const ABOUT: usize = 120;

/// What to do about an advisory; `path` leads from what the project asks for to the package.
fn help(package: &Package, version: &str, advisory: &Match<'_>, path: &[&Package]) -> Result<String, Error> {
    let name = &package.name;
    if advisory.kind == Kind::Malicious {
        return Ok(format!("remove `{name}`, and change every secret that it could read"));
    }
    if advisory.kind == Kind::Yanked {
        return Ok(format!("update `{name}`: `cargo update -p {name}@{version}` takes what is not withdrawn"));
    }
    let upgrade = advisory.smallest_upgrade(version)?;
    let scheme = Scheme::of_ecosystem(package.ecosystem.osv());
    let is_same_major = |to: &str| scheme.is_some_and(|scheme| scheme.same_major(version, to));
    let direct = path.first().filter(|direct| direct.name != *name);
    Ok(match (upgrade, direct) {
        (Some(to), None) if is_same_major(to) => format!("update `{name}` to {to}"),
        (Some(to), None) => format!("update `{name}` to {to}, another major version"),
        (Some(to), Some(direct)) => {
            format!("lock `{name}` at {to} or later; if the range does not allow that, update `{}`", direct.name)
        }
        (None, _) if advisory.kind == Kind::Vulnerability || advisory.kind == Kind::Unsound => {
            "no version that fixes it is known: do without the package, or accept this with `ignore` in the \
             configuration"
                .to_owned()
        }
        (None, _) => "look for another package, or accept this with `ignore` in the configuration".to_owned(),
    })
}

/// An advisory as a rule of the scan.
pub(crate) fn rule_of(advisory: &Match<'_>, text: &Text, settings: Settings) -> RuleMeta {
    if advisory.kind == Kind::Yanked {
        return yanked();
    }
    let unrated = (advisory.kind, advisory.rating.level()) == (Kind::Vulnerability, Level::Unknown);
    let severity = match (advisory.kind, advisory.rating.level()) {
        (Kind::Malicious, _) | (_, Level::Critical) => Severity::Critical,
        (_, Level::High) => Severity::High,
        (_, Level::Medium) => Severity::Medium,
        (_, Level::Low) => Severity::Low,
        (_, Level::None) => Severity::Info,
        (Kind::Unsound, Level::Unknown) => Severity::Low,
        (Kind::Unmaintained | Kind::Notice | Kind::Yanked, Level::Unknown) => Severity::Info,
        (Kind::Vulnerability, Level::Unknown) => settings.unknown_as,
    };
    let title = if text.summary.is_empty() { format!("Advisory {}", advisory.id()) } else { text.summary.clone() };
    let mut docs = format!("{}\n\n{}\n", one_line(&title), text.details.trim());
    for reference in &text.references {
        docs.push_str("\n- ");
        docs.push_str(&reference.url);
    }
    let likely = advisory.epss.map(|epss| format!("epss:{epss:.3}"));
    let mut tags = vec![ADVISORIES, advisory.kind.name()];
    // What only informs is no worse than its kind says.
    if unrated {
        tags.push("unknown-severity");
    }
    if advisory.exploited {
        tags.push("known-exploited");
    }
    if advisory.fixed.is_empty() {
        tags.push("unfixed");
    }
    tags.extend(likely.as_deref());
    RuleMeta {
        id: advisory.id().to_owned().into(),
        severity,
        unrated,
        confidence: Confidence::High,
        profile: Profile::Recommended,
        tags: tags.into_iter().collect(),
        peers: advisory.ids.iter().copied().filter(|id| *id != advisory.id()).collect(),
        docs: docs.into(),
        ..RuleMeta::DEFAULT
    }
}

/// The rule of all versions that their publishers have withdrawn.
pub(crate) fn yanked() -> RuleMeta {
    let docs = "Version was withdrawn by its publisher\n\n\
                Whoever publishes a crate yanks a version that is broken, or that has a defect which is worse than none at \
                all. Cargo takes such a version only where a lockfile names it already, and nobody new gets it. Known where \
                a database was built with `--crates-index`, as of the day of that index.\n";
    RuleMeta {
        id: YANKED.into(),
        severity: Severity::Info,
        tags: [ADVISORIES, YANKED].into_iter().collect(),
        docs: docs.into(),
        ..RuleMeta::DEFAULT
    }
}

/// The vectors that are some version's, with their scores in tenths.
fn scored(vectors: &[String]) -> Vec<(Box<str>, u8)> {
    let score = |vector: &String| Some((vector.trim().into(), Score::of_vector(vector)?.tenths()));
    vectors.iter().filter_map(score).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
