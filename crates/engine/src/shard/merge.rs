//! The parts of a scan, put together: what the scan of the whole tree would have come to.
//!
//! The files may be hostile. What they say is checked as far as anything relies on it, and what they unpack to is bounded by
//! their size, so that the worst they can do is to be refused or to lie in a report.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use flate2::read::DeflateDecoder;
use portcullis_core::{
    Baseline, FileId, FileKind, FileKinds, Finding, Location, Note, RuleIdx, RuleMeta, ScanError, ScanReport, Severity,
};
use portcullis_model::facts::{Claim, Facts};
use portcullis_rules::Date;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::left::{self, Common, End, Equal, FORMAT, Header, Ignored, MAGIC, Part, Record, Stage, VERSION};
use super::sight::Seeing;
use super::state::{Agreed, Difference, State};
use super::wire::{Hit, Sealed, Wrong};
use crate::config::{Config, Ignore, PathMatcher};
use crate::constraints::{self, Undecided};
use crate::context::ContextFiles;
use crate::files::reason;
use crate::filters::Filters;
use crate::judge::{Judged, Yields};
use crate::relations;
use crate::scan::{Progress, Scanned, available_threads, put_in_order, say_once, take, unrendered_note, worker_pool};
use crate::scrub::clean_report;
use crate::terraform::Unsaid;

/// Why files of facts cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A file cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file is none of facts.
    #[error("{0} is no file of facts: `portcullis check --shard I/N --format facts=PATH` writes them")]
    NoFacts(String),
    /// A file is of another version of the program.
    #[error("{name} is of portcullis {theirs}, and this is {ours}: all parts and the merge have to be of one version")]
    Version {
        /// The file.
        name: String,
        /// Its version.
        theirs: String,
        /// The program's.
        ours: String,
    },
    /// A file is of another build of this version.
    #[error(
        "{name} is of another build of portcullis {version}, with other rules: all parts and the merge have to be of one"
    )]
    Build {
        /// The file.
        name: String,
        /// The version of both.
        version: String,
    },
    /// A file is cut off, or is not what was written.
    #[error("{name} is damaged: {reason}")]
    Damaged {
        /// The file.
        name: String,
        /// How.
        reason: String,
    },
    /// Two files are of scans that differ.
    #[error(
        "{name} is of other {what} than {first}: the parts of a scan have to be of one tree, with the same options"
    )]
    Other {
        /// The file.
        name: String,
        /// The file that it is compared with.
        first: String,
        /// What differs.
        what: String,
    },
    /// Two files are of states of the tree that differ.
    #[error("{name} is of other files than {first}: {what}; the parts of a scan have to be of one state of the tree")]
    Tree {
        /// The file.
        name: String,
        /// The file that it is compared with.
        first: String,
        /// The first difference.
        what: String,
    },
    /// Two files are of scans with different numbers of parts.
    #[error("{name} is part {part}, and {first} is part {of}: a scan has one number of parts")]
    Count {
        /// The file.
        name: String,
        /// Which part it is.
        part: String,
        /// The file that it is compared with.
        first: String,
        /// Which part that is.
        of: String,
    },
    /// A part is there twice.
    #[error("part {part} is there twice: {first} and {name}")]
    Twice {
        /// Which part.
        part: String,
        /// The first file of it.
        first: String,
        /// The other.
        name: String,
    },
    /// Parts are not there.
    #[error("{missing} of {count} parts are missing: {which}")]
    Missing {
        /// How many.
        missing: usize,
        /// Of how many.
        count: u32,
        /// The first of them.
        which: String,
    },
    /// The worker threads could not be started.
    #[error("cannot start the worker threads: {0}")]
    Threads(String),
}

/// A scan that was put together.
#[derive(Debug)]
pub struct Merged {
    /// The whole scan.
    pub scanned: Scanned,
    /// The configuration's `fail-on`.
    pub fail_on: Option<Severity>,
    /// The day that the parts judged dates by.
    pub date: Date,
}

/// The largest file of facts, in bytes.
const LARGEST: u64 = 4 << 30;

/// How much larger than a file may be what it unpacks to, beside [`ALLOWANCE`]: facts are compressed to a tenth.
const RATIO: u64 = 64;
const ALLOWANCE: u64 = 16 << 20;

/// Missing parts that an error names at most.
const NAMED: usize = 10;

/// Puts the files of all parts of a scan together, in whatever order they are named. A baseline is stronger than the one that
/// the parts were given. `threads` as for a scan.
pub fn merge(
    paths: &[PathBuf],
    baseline: Option<&Baseline>,
    threads: usize,
    progress: &dyn Progress,
) -> Result<Merged, MergeError> {
    let read = |path: &PathBuf| match read(path) {
        Ok(Some(bytes)) => Ok((path.display().to_string(), bytes)),
        Ok(None) => {
            let reason = format!("it is over the limit of {LARGEST} bytes");
            Err(MergeError::Unreadable { path: path.clone(), reason })
        }
        Err(error) => Err(MergeError::Unreadable { path: path.clone(), reason: reason(&error) }),
    };
    let files: Vec<(String, Vec<u8>)> = paths.iter().map(read).collect::<Result<_, _>>()?;
    merge_from(&files, baseline, threads, progress)
}

/// What a file holds; nothing where that is too much. What does not begin like facts is not read on: it may never end.
fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    let mut file = file.take(LARGEST + 1);
    let mut bytes = Vec::new();
    (&mut file).take(MAGIC.len() as u64).read_to_end(&mut bytes)?;
    if bytes == MAGIC && size <= LARGEST {
        bytes.reserve_exact(usize::try_from(size).unwrap_or_default());
        file.read_to_end(&mut bytes)?;
    }
    Ok((size.max(bytes.len() as u64) <= LARGEST).then_some(bytes))
}

/// The same of what the files hold, each with its name.
pub fn merge_from(
    files: &[(String, Vec<u8>)],
    baseline: Option<&Baseline>,
    threads: usize,
    progress: &dyn Progress,
) -> Result<Merged, MergeError> {
    let started = Instant::now();
    let sources = opened(files)?;
    let count = sources.len();
    let mut sources = sources.into_values();
    let mut first = sources.next().ok_or_else(|| MergeError::NoFacts("nothing".to_owned()))?;
    let common = first.common()?;
    let mut whole = Whole::new(common, &first)?;
    let mut sources: Vec<Source<'_>> = std::iter::once(first).chain(sources).collect();
    let threads = if threads == 0 { available_threads() } else { threads };
    let pool = worker_pool(threads, count.max(2)).map_err(|error| MergeError::Threads(error.to_string()))?;

    let mut next: Vec<Option<(Stage, u32, Part<'static>)>> = Vec::new();
    for source in &mut sources {
        next.push(source.part(&mut whole.last)?);
    }
    let mut done = 0;
    let total = whole.paths.len();
    loop {
        let upcoming =
            next.iter().enumerate().filter_map(|(at, part)| Some(((part.as_ref()?.0, part.as_ref()?.1), at)));
        let Some((_, at)) = upcoming.min() else { break };
        let (Some(slot), Some(source)) = (next.get_mut(at), sources.get_mut(at)) else { break };
        let Some((stage, _, part)) = slot.take() else { break };
        *slot = source.part(&mut whole.last)?;
        whole.take(stage, part).map_err(|wrong| source.damaged(wrong))?;
        done += 1;
        progress.files(done.min(total), total);
    }
    Ok(whole.conclude(baseline, pool.as_ref(), started))
}

/// The parts in order. All of them have to be there, and to be of one scan.
fn opened<'f>(files: &'f [(String, Vec<u8>)]) -> Result<BTreeMap<u32, Source<'f>>, MergeError> {
    let mut all: BTreeMap<u32, Source<'f>> = BTreeMap::new();
    let mut first: Option<(&str, Header)> = None;
    let mut agreed = Agreed::default();
    for (number, (name, bytes)) in files.iter().enumerate() {
        let (header, source) = Source::open(name, bytes)?;
        let part = format!("{}/{}", header.index, header.count);
        if let Some((other, known)) = &first
            && known.count != header.count
        {
            let (first, of) = ((*other).to_owned(), format!("{}/{}", known.index, known.count));
            return Err(MergeError::Count { name: name.clone(), part, first, of });
        }
        agree(&mut agreed, (number, files), &source)?;
        if let Some((other, known)) = &first {
            let differs = known.equal.0.iter().zip(&header.equal.0).find(|(ours, theirs)| ours != theirs);
            if let Some(((what, _), _)) = differs.filter(|_| known.equal != header.equal) {
                let (what, first) = (what.clone(), (*other).to_owned());
                return Err(MergeError::Other { name: name.clone(), first, what });
            }
        }
        if let Some(twice) = all.get(&header.index) {
            return Err(MergeError::Twice { part, first: twice.name.to_owned(), name: name.clone() });
        }
        all.insert(header.index, source);
        first.get_or_insert((name, header));
    }
    let count = first.map_or(0, |(_, header)| header.count);
    let missing: Vec<u32> = (1..=count).filter(|index| !all.contains_key(index)).collect();
    if missing.is_empty() {
        return Ok(all);
    }
    let mut which = missing.iter().take(NAMED).map(u32::to_string).collect::<Vec<_>>().join(", ");
    if missing.len() > NAMED {
        which.push_str(", \u{2026}");
    }
    Err(MergeError::Missing { missing: missing.len(), count, which })
}

/// Whether a part saw the tree that the parts before it saw.
fn agree(
    agreed: &mut Agreed,
    (number, files): (usize, &[(String, Vec<u8>)]),
    source: &Source<'_>,
) -> Result<(), MergeError> {
    let state = source.state()?;
    agreed.add(number, state).map_err(|wrong| source.damaged(wrong))?.map_err(|Difference { part, what }| {
        let first = files.get(part).map(|(name, _)| name.clone()).unwrap_or_default();
        MergeError::Tree { name: source.name.to_owned(), first, what: what.to_string() }
    })
}

/// What stands before the digest at the end of a file, where that is of it.
fn intact(file: &[u8]) -> Option<&[u8]> {
    let (whole, digest) = file.split_last_chunk::<32>()?;
    (Sha256::digest(whole).as_slice() == digest).then_some(whole)
}

/// A file of facts while it is read.
struct Source<'f> {
    name: &'f str,
    /// A hash of the rules that it was made with.
    rules: Option<u64>,
    state: &'f [u8],
    common: &'f [u8],
    records: std::io::Take<DeflateDecoder<&'f [u8]>>,
    /// The step of the last part: they come in order.
    step: Option<(Stage, u32)>,
    has_ended: bool,
}

impl<'f> Source<'f> {
    fn open(name: &'f str, bytes: &'f [u8]) -> Result<(Header, Self), MergeError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| MergeError::NoFacts(name.to_owned()))?;
        let damaged = |reason: &str| MergeError::Damaged { name: name.to_owned(), reason: reason.to_owned() };
        let (header, _) = piece(rest).ok_or_else(|| damaged("it is cut off"))?;
        let header: Header = postcard::from_bytes(header).map_err(|_| damaged("it does not say what it is"))?;
        if header.version != VERSION || header.format != FORMAT {
            let is_same = header.version == VERSION;
            let format = |format| if is_same { format!(" with facts of format {format}") } else { String::new() };
            let theirs = format!("{}{}", shown(&header.version), format(header.format));
            let ours = format!("{VERSION}{}", format(FORMAT));
            return Err(MergeError::Version { name: name.to_owned(), theirs, ours });
        }
        // Other versions may end in another way.
        let whole = intact(bytes).and_then(|whole| whole.strip_prefix(MAGIC)).and_then(piece);
        let (_, rest) = whole.ok_or_else(|| damaged("it is cut off, or was changed"))?;
        if !(1..=header.count).contains(&header.index) || header.count > super::MOST {
            return Err(damaged("it does not say which part it is"));
        }
        let (state, rest) = piece(rest).ok_or_else(|| damaged("it is cut off"))?;
        let (common, records) = piece(rest).ok_or_else(|| damaged("it is cut off"))?;
        let records = DeflateDecoder::new(records).take(limit(records));
        let rules = header.equal.rules();
        Ok((header, Self { name, rules, state, common, records, step: None, has_ended: false }))
    }

    fn damaged(&self, reason: impl Into<String>) -> MergeError {
        MergeError::Damaged { name: self.name.to_owned(), reason: reason.into() }
    }

    fn common(&mut self) -> Result<Common<'static>, MergeError> {
        self.unpacked(self.common)
    }

    fn state(&self) -> Result<State, MergeError> {
        self.unpacked(self.state)
    }

    fn unpacked<T: DeserializeOwned>(&self, piece: &[u8]) -> Result<T, MergeError> {
        let mut bytes = Vec::new();
        DeflateDecoder::new(piece)
            .take(limit(piece))
            .read_to_end(&mut bytes)
            .map_err(|_| self.damaged("it cannot be unpacked"))?;
        self.decoded(&bytes)
    }

    /// The next part of the scan; nothing after the last.
    fn part(&mut self, last: &mut Vec<End<'static>>) -> Result<Option<(Stage, u32, Part<'static>)>, MergeError> {
        if self.has_ended {
            return Ok(None);
        }
        match self.record()? {
            Record::Part(stage, number, part) => {
                if self.step.replace((stage, number)).is_some_and(|before| before >= (stage, number)) {
                    return Err(self.damaged("its parts are out of order"));
                }
                Ok(Some((stage, number, *part)))
            }
            Record::End(end) => {
                self.has_ended = true;
                last.push(end);
                Ok(None)
            }
        }
    }

    fn record(&mut self) -> Result<Record<'static>, MergeError> {
        let mut length = [0; 8];
        let read = self.records.read_exact(&mut length);
        read.map_err(|_| self.damaged("it is cut off, or unpacks to more than facts do"))?;
        let length = u64::from_le_bytes(length);
        let mut bytes = Vec::new();
        // Memory grows with what is there, whatever the length says.
        let read = (&mut self.records).take(length).read_to_end(&mut bytes);
        read.map_err(|_| self.damaged("it cannot be unpacked"))?;
        if bytes.len() as u64 != length {
            return Err(self.damaged("it is cut off, or unpacks to more than facts do"));
        }
        self.decoded(&bytes)
    }

    fn decoded<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, MergeError> {
        postcard::from_bytes(bytes).map_err(|_| self.damaged("it holds what is no fact"))
    }
}

/// Bytes that a compressed text may unpack to.
fn limit(packed: &[u8]) -> u64 {
    (packed.len() as u64).saturating_mul(RATIO).saturating_add(ALLOWANCE)
}

/// A piece whose length stands before it, and what follows.
fn piece(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

/// A version that somebody wrote, as it can be shown.
fn shown(version: &str) -> String {
    version.chars().filter(char::is_ascii_graphic).take(40).collect()
}

/// The scan while it is put together.
struct Whole {
    report: ScanReport,
    facts: Facts,
    claims: Vec<(Finding, Claim)>,
    context: ContextFiles,
    unrendered: BTreeMap<String, usize>,
    again: Vec<(Vec<usize>, Vec<Finding>)>,
    has_judged_again: bool,
    last: Vec<End<'static>>,
    /// Those of the targets, in order.
    paths: Vec<Arc<str>>,
    manifests: Vec<u32>,
    once: HashSet<usize>,
    unreadable: Vec<(String, Vec<Finding>)>,
    constraints: Vec<(RuleIdx, String, Location)>,
    config: Config,
    directories: (PathBuf, PathBuf),
    date: Date,
    fail_on: Option<Severity>,
    is_search: bool,
    is_empty: bool,
    hits: Vec<Hit>,
    seeing: Seeing,
}

impl Whole {
    fn new(common: Common<'static>, source: &Source<'_>) -> Result<Self, MergeError> {
        let whole = Self::open(common).map_err(|wrong| source.damaged(wrong))?;
        let mut ours = Equal::default();
        ours.add_rules(&whole.report.catalog);
        // Rules are known by their numbers.
        if source.rules.is_some_and(|theirs| ours.rules() != Some(theirs)) {
            return Err(MergeError::Build { name: source.name.to_owned(), version: VERSION.to_owned() });
        }
        Ok(whole)
    }

    fn open(common: Common<'static>) -> Result<Self, Wrong> {
        let others: Vec<RuleMeta> = common.others.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        let catalog = portcullis_rules::catalog_with(others);
        let rules = catalog.len();
        let packages = common.packages.len();
        let rule =
            |rule: u32| if (rule as usize) < rules { Ok(RuleIdx(rule)) } else { Err("a rule that there is not") };
        let report = ScanReport {
            files: common.files.iter().map(|path| Arc::from(path.as_str())).collect(),
            root_paths: common.root.ok_or("it does not say where the root is")?.into(),
            findings: Vec::new(),
            packages: common.packages.into_iter().map(|one| one.open(packages)).collect::<Result<_, _>>()?,
            lockfiles: common.lockfiles.into_iter().map(|one| one.open(packages)).collect::<Result<_, _>>()?,
            stats: portcullis_core::Stats {
                searched: common.searched,
                rules: common.rules,
                kinds: FileKinds(common.kinds),
                ..Default::default()
            },
            excluded: common.excluded,
            notes: common.notes.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            errors: common.errors.into_iter().map(Into::into).collect(),
            catalog,
        };
        let unreadable =
            common.unreadable.into_iter().map(|(path, findings)| Ok::<_, Wrong>((path, opened_all(findings, rules)?)));
        let constraints = common
            .constraints
            .into_iter()
            .map(|(of, path, place)| Ok::<_, Wrong>((rule(of)?, path, place.try_into()?)));
        let ignore = common.ignore.into_iter().map(ignore).collect::<Result<_, _>>()?;
        let fail_on = common.fail_on.map(|name| name.parse()).transpose();
        Ok(Self {
            facts: common.facts,
            claims: Vec::new(),
            context: ContextFiles::default(),
            unrendered: BTreeMap::new(),
            again: Vec::new(),
            has_judged_again: false,
            last: Vec::new(),
            paths: report.files.clone(),
            manifests: common.manifests,
            once: common.once.into_iter().map(|target| target as usize).collect(),
            unreadable: unreadable.collect::<Result<_, _>>()?,
            constraints: constraints.collect::<Result<_, _>>()?,
            config: Config { ignore, ..Config::default() },
            directories: (PathBuf::from(common.directories.0), PathBuf::from(common.directories.1)),
            date: common.date.parse().map_err(|_| "a day that there is not")?,
            fail_on: fail_on.map_err(|_| "a severity that there is not")?,
            is_search: common.is_search,
            is_empty: common.is_empty,
            hits: common.hits,
            seeing: common.seeing,
            report,
        })
    }

    /// Takes over what a step of the scan left, as the scan does.
    fn take(&mut self, stage: Stage, part: Part<'static>) -> Result<(), Wrong> {
        let rules = self.report.catalog.len();
        if matches!(stage, Stage::WorldAgain | Stage::FileAgain) {
            let replaces = part.replaces.into_iter().map(|target| target as usize).collect();
            let findings = opened_all(part.findings, rules)?;
            let mut judged = Judged { findings, context: opened_context(part.context), ..Judged::default() };
            self.number(&mut judged);
            self.again.push((replaces, judged.findings));
            return Ok(());
        }
        if stage == Stage::Apart {
            self.judge_again();
        }
        let claims = part.claims.into_iter().map(|(finding, claim)| Ok::<_, Wrong>((finding.open(rules)?, claim)));
        let mut judged = Judged {
            findings: opened_all(part.findings, rules)?,
            claims: claims.collect::<Result<_, _>>()?,
            facts: part.facts,
            context: opened_context(part.context),
            notes: part.notes.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            errors: part.errors.into_iter().map(Into::into).collect(),
            bytes: part.bytes,
            documents: part.documents,
            ..Judged::default()
        };
        if let Some(chart) = part.unrendered {
            *self.unrendered.entry(chart).or_default() += 1;
        }
        if stage == Stage::File {
            self.report.stats.kinds.merge(FileKinds(part.kinds));
        }
        if matches!(stage, Stage::World | Stage::File) {
            self.number(&mut judged);
        }
        if stage == Stage::World {
            // Files that come later may stand before those of worlds: nothing is settled yet.
            self.claims.append(&mut judged.claims);
        }
        take(judged, &mut self.facts, &mut self.claims, &mut self.report);
        Ok(())
    }

    fn number(&mut self, judged: &mut Judged) {
        let index_of = |path: &str| self.paths.binary_search_by(|known| (**known).cmp(path)).ok();
        self.context.number(judged, index_of, &mut self.report.files);
    }

    /// Puts what a second judging found in the place of what the first did.
    fn judge_again(&mut self) {
        if std::mem::replace(&mut self.has_judged_again, true) {
            return;
        }
        let again = std::mem::take(&mut self.again);
        let replaced: HashSet<usize> = again.iter().flat_map(|(targets, _)| targets).copied().collect();
        if replaced.is_empty() {
            return;
        }
        self.report.findings.retain(|finding| !replaced.contains(&(finding.location.file().0 as usize)));
        self.report.findings.extend(again.into_iter().flat_map(|(_, findings)| findings));
    }

    /// What a scan does when all files are judged.
    fn conclude(mut self, baseline: Option<&Baseline>, pool: Option<&rayon::ThreadPool>, started: Instant) -> Merged {
        self.judge_again();
        let last = std::mem::take(&mut self.last);
        let report = &mut self.report;
        let mut unsaid = Unsaid::default();
        let mut undecided = Undecided::default();
        let (mut made, mut said) = (HashSet::new(), BTreeSet::new());
        let mut patches = 0_usize;
        let mut faulty = BTreeSet::new();
        for end in last {
            faulty.extend(end.faulty.into_iter().map(FileId));
            patches = patches.saturating_add(end.patches);
            report.errors.extend(end.errors.into_iter().map(ScanError::from));
            // What is said of objects is said once, whichever part met them.
            said.extend(end.notes.into_iter().filter_map(|note| Note::try_from(note).ok()));
            made.extend(end.made);
            unsaid.merge(end.unsaid);
            for (path, kind, name, reasons) in end.undecided {
                undecided.entry((kind, name)).or_insert_with(|| (path, BTreeSet::new())).1.extend(reasons);
            }
        }
        report.notes.extend(said);
        report.notes.extend(unsaid.notes());
        report.notes.extend(self.unrendered.iter().map(|(chart, &count)| unrendered_note(chart, count)));
        let templates = self.unrendered.values().fold(0_usize, |sum, count| sum.saturating_add(*count));
        let left_out = report.stats.searched.saturating_add(patches).saturating_add(templates);
        report.stats.files = self.paths.len().saturating_sub(left_out);
        report.stats.kinds.add(FileKind::Template, templates);
        for (path, mut findings) in self.unreadable {
            let file = FileId(u32::try_from(report.files.len()).unwrap_or(u32::MAX));
            report.files.push(Arc::from(path));
            for finding in &mut findings {
                finding.location.span.file = file;
            }
            report.findings.extend(findings);
        }
        let files = report.files.clone();
        let mut manifests = self.manifests.iter().filter_map(|&at| files.get(at as usize)).map(AsRef::as_ref);
        let claims = std::mem::take(&mut self.claims);
        let is_made =
            |accounts: &HashSet<&str>| made.iter().filter(|name| accounts.contains(name.as_str())).cloned().collect();
        let index_of = |path: &str| self.paths.binary_search_by(|known| (**known).cmp(path)).ok();
        let named = (&*files, &self.context);
        let mut held: Vec<Finding> =
            relations::held(&self.facts, claims, pool, &mut manifests, &is_made, named).collect();
        self.context.number_others(&mut held, index_of, &mut report.files);
        report.findings.extend(held);
        constraints::say_undecided(undecided, report);
        let places = self.constraints.into_iter().map(|(rule, path, location)| (rule, (path, Some(location))));
        constraints::relate(&places.collect::<HashMap<_, _>>(), report, index_of);
        match pool {
            Some(pool) => pool.install(|| put_in_order(report)),
            None => put_in_order(report),
        }
        self.once.extend(self.context.numbers());
        if !self.once.is_empty() {
            say_once(&mut report.findings, &self.once, &Yields::new(&report.catalog));
        }
        let (cwd, base) = &self.directories;
        Filters::new(&self.config, cwd, Some(base)).accept(report, self.date);
        let catalog = Arc::clone(&report.catalog);
        clean_report(report, &self.config.scanner(&catalog));
        advise(report, &self.hits);
        let baseline = self.seeing.apply(baseline, report, &self.paths, faulty);
        report.stats.elapsed_ms = started.elapsed().as_millis();
        let is_found = report.stats.searched > 0 && (self.is_search || !report.findings.is_empty());
        let scanned = Scanned { nothing: self.is_empty && !is_found, report: self.report, baseline, facts: None };
        Merged { scanned, fail_on: self.fail_on, date: self.date }
    }
}

/// Points the packages to the findings of the advisories that hold for them.
fn advise(report: &mut ScanReport, hits: &[Hit]) {
    if hits.is_empty() {
        return;
    }
    let mut findings: HashMap<(u32, u32, u32), usize> = HashMap::new();
    for (number, finding) in report.findings.iter().enumerate() {
        let span = finding.location.span;
        findings.entry((finding.rule.0, span.file.0, span.start)).or_insert(number);
    }
    crate::packages::point(hits, &mut report.packages, |hit| findings.get(&(hit.rule, hit.file, hit.start)).copied());
}

fn opened_all(findings: Vec<Sealed<'_>>, rules: usize) -> Result<Vec<Finding>, Wrong> {
    findings.into_iter().map(|finding| finding.open(rules)).collect()
}

fn ignore(ignored: Ignored) -> Result<Ignore, Wrong> {
    Ok(Ignore {
        rule: ignored.rule,
        path: ignored.globs.map(PathMatcher::new).transpose().map_err(|_| "a glob that is none")?,
        reason: ignored.reason,
        expires: ignored.expires.map(|day| day.parse()).transpose().map_err(|_| "a day that there is not")?,
    })
}

/// The directories that globs are resolved with, without the part that they have in common: nothing is said of the machine.
pub(crate) fn apart(cwd: &Path, base: &Path) -> (String, String) {
    let shared = cwd.components().zip(base.components()).take_while(|(a, b)| a == b).count();
    let rest = |path: &Path| {
        let names = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
        std::iter::once(ABOVE.to_owned()).chain(names).collect::<Vec<_>>().join("/")
    };
    (rest(cwd), rest(base))
}

/// Stands for what they have in common: as deep as any path leads out of it.
pub(super) const ABOVE: &str = "/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-";

/// What a file of facts holds when it is unpacked: what was seen of the tree, what is common to all parts, and its records. For
/// tests and fuzzing, which could change little within what is compressed.
#[doc(hidden)]
pub fn unpacked(file: &[u8]) -> Option<[Vec<u8>; 3]> {
    let (_, rest) = piece(intact(file)?.strip_prefix(MAGIC)?)?;
    let (state, rest) = piece(rest)?;
    let (common, records) = piece(rest)?;
    let unpack = |packed: &[u8]| {
        let mut bytes = Vec::new();
        let mut read = || DeflateDecoder::new(packed).take(limit(packed)).read_to_end(&mut bytes).ok();
        (packed.is_empty() || read().is_some()).then_some(bytes)
    };
    Some([unpack(state)?, unpack(common)?, unpack(records)?])
}

/// A file of facts, the only part of its scan, that holds these.
#[doc(hidden)]
pub fn packed([state, common, records]: &[Vec<u8>; 3]) -> Vec<u8> {
    let header = Header { format: FORMAT, version: VERSION.to_owned(), index: 1, count: 1, equal: Equal::default() };
    left::assembled(&header, [left::deflated(state), left::deflated(common)], left::deflated(records))
}

/// What the numbers that a build gave stand for.
fn opened_context(context: Vec<(u32, String)>) -> Vec<(FileId, String)> {
    context.into_iter().map(|(file, path)| (FileId(file), path)).collect()
}
