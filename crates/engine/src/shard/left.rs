//! What a part of a scan leaves behind: a file of facts.
//!
//! ```text
//! portcullis facts↵ · header · state of the tree · base, in the first part alone · records, in the order of the scan · end
//! ```
//!
//! The header says which part of what it is, and is readable by every version from this one on. The rest belongs to one version
//! of the program, compressed. It holds findings, facts and notes: no text of a file but the lines that findings show, and no
//! value of a secret.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use portcullis_core::{Catalog, FileKinds, Finding, Location, Note, RuleMeta, ScanError, ScanReport, StableHash};
use portcullis_model::facts::{Claim, Facts};
use portcullis_secrets::Scanner;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::wire::{Asking, Failed, Hit, Left, Place, Resolved, Rooted, Rule, Sealed};
use super::{Seeing, Shard, State};
use crate::config::Ignore;
use crate::judge::Judged;
use crate::relations::missing_account;
use crate::scrub::clean_texts;
use crate::terraform::Unsaid;

/// How every file of facts begins.
pub(super) const MAGIC: &[u8] = b"portcullis facts\n";

/// Whether a file of that name holds the facts of a part. Parts are often left in the tree that the next part scans, and are no
/// files of it.
pub(crate) fn holds_facts(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    path.extension().is_some_and(|extension| extension == "facts")
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == *MAGIC
}

/// The version of what follows the header.
pub(super) const FORMAT: u32 = 3;

/// The version of the program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is readable whatever the version.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    /// Of the program.
    pub(super) version: String,
    pub(super) index: u32,
    pub(super) count: u32,
    /// What has to be the same in all parts.
    pub(super) equal: Equal,
}

/// What has to be the same in all parts of a scan: what it is, and a hash of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Equal(pub(super) Vec<(String, u64)>);

const RULES: &str = "rules";

impl Equal {
    /// Adds what texts say together; `what` continues "is of other …".
    pub(crate) fn add<T: AsRef<str>>(&mut self, what: &str, texts: impl IntoIterator<Item = T>) {
        let mut hash = StableHash::new();
        texts.into_iter().for_each(|text| hash.text(text.as_ref()));
        self.0.push((what.to_owned(), hash.short()));
    }

    pub(crate) fn add_rules(&mut self, catalog: &Catalog) {
        self.add(RULES, catalog.iter().flat_map(|(_, rule)| [&*rule.id, rule.severity.name()]));
    }

    /// What [`Self::add_rules`] added.
    pub(super) fn rules(&self) -> Option<u64> {
        self.0.iter().find(|(what, _)| what == RULES).map(|(_, hash)| *hash)
    }
}

/// The steps of a scan that take something over, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Stage {
    World,
    Terraform,
    Packages,
    File,
    /// A world whose custom resources are defined by the scan.
    WorldAgain,
    FileAgain,
    Apart,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Record<'a> {
    /// What was taken over in a step, and its number among those of its stage.
    Part(Stage, u32, Box<Part<'a>>),
    End(End<'a>),
}

/// What is left of a file, or of what is judged with it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Part<'a> {
    pub(super) findings: Vec<Sealed<'a>>,
    pub(super) claims: Vec<(Sealed<'a>, Claim)>,
    pub(super) facts: Facts,
    pub(super) context: Vec<(u32, String)>,
    pub(super) notes: Vec<Left<'a>>,
    pub(super) errors: Vec<Failed>,
    pub(super) bytes: u64,
    pub(super) documents: usize,
    pub(super) kinds: [usize; 9],
    pub(super) unrendered: Option<String>,
    /// The targets whose findings these replace.
    pub(super) replaces: Vec<u32>,
}

/// What a part says in the end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct End<'a> {
    /// Targets that are parts of objects.
    pub(super) patches: usize,
    pub(super) notes: Vec<Left<'a>>,
    pub(super) errors: Vec<Failed>,
    /// What constraints did not decide: where they are, kind, name and reasons.
    pub(super) undecided: Vec<(String, String, String, Vec<String>)>,
    /// ServiceAccounts that claims miss and Terraform may make.
    pub(super) made: Vec<String>,
    pub(super) unsaid: Unsaid,
    /// Files that could not be read to their end.
    pub(super) faulty: Vec<u32>,
}

/// What is of no unit, and the same in all parts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Common<'a> {
    /// The paths of the targets.
    pub(super) files: Vec<String>,
    /// Those that may hold objects.
    pub(super) manifests: Vec<u32>,
    /// Those in which what stands at one place is said once.
    pub(super) once: Vec<u32>,
    pub(super) searched: usize,
    pub(super) rules: usize,
    /// What the files are that no part judges one by one.
    pub(super) kinds: [usize; 9],
    pub(super) excluded: Vec<String>,
    pub(super) root: Option<Rooted>,
    /// The rules that the program does not bring.
    pub(super) others: Vec<Rule>,
    pub(super) facts: Facts,
    pub(super) notes: Vec<Left<'a>>,
    pub(super) errors: Vec<Failed>,
    /// Entries that the walk could not look into.
    pub(super) unreadable: Vec<(String, Vec<Sealed<'a>>)>,
    /// Constraints: the rule, its file, and where it is there.
    pub(super) constraints: Vec<(u32, String, Place)>,
    pub(super) ignore: Vec<Ignored>,
    /// The working directory and the one that globs are relative to, as far as they differ.
    pub(super) directories: (String, String),
    pub(super) date: String,
    pub(super) fail_on: Option<String>,
    pub(super) is_search: bool,
    pub(super) is_empty: bool,
    pub(super) packages: Vec<Resolved>,
    pub(super) lockfiles: Vec<Asking>,
    pub(super) hits: Vec<Hit>,
    pub(super) seeing: Seeing,
}

/// An accepted finding, as the configuration has it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ignored {
    pub(super) rule: String,
    pub(super) globs: Option<Vec<String>>,
    pub(super) reason: Option<String>,
    pub(super) expires: Option<String>,
}

impl From<&Ignore> for Ignored {
    fn from(ignore: &Ignore) -> Self {
        Self {
            rule: ignore.rule.clone(),
            globs: ignore.path.as_ref().map(|path| path.globs().to_vec()),
            reason: ignore.reason.clone(),
            expires: ignore.expires.map(|day| day.to_string()),
        }
    }
}

/// What the scan knows when it has prepared the tree, and when it ends.
pub(crate) struct Base<'a> {
    pub(crate) facts: Facts,
    /// What was said before anything was judged.
    pub(crate) notes: Vec<Note>,
    pub(crate) errors: Vec<ScanError>,
    pub(crate) manifests: Vec<u32>,
    pub(crate) once: Vec<u32>,
    pub(crate) targets: usize,
    pub(crate) others: Vec<RuleMeta>,
    pub(crate) unreadable: Vec<(String, Option<Finding>)>,
    pub(crate) constraints: Vec<(u32, String, Location)>,
    pub(crate) ignore: &'a [Ignore],
    pub(crate) directories: (String, String),
    pub(crate) date: String,
    pub(crate) fail_on: Option<String>,
    pub(crate) is_search: bool,
    pub(crate) is_empty: bool,
    pub(crate) hits: Vec<Hit>,
    pub(crate) kinds: FileKinds,
    pub(crate) excluded: Vec<String>,
    pub(crate) seeing: Seeing,
}

/// What was said at the end of a part.
#[derive(Default)]
pub(crate) struct Last {
    pub(crate) patches: usize,
    pub(crate) notes: Vec<Note>,
    pub(crate) errors: Vec<ScanError>,
    pub(crate) undecided: Vec<(String, String, String, Vec<String>)>,
    pub(crate) made: Vec<String>,
    pub(crate) faulty: Vec<u32>,
}

/// A file of facts while it is written.
pub(crate) struct Leaving {
    header: Header,
    /// Whether there are no other parts, and nothing has to wait for them.
    is_whole: bool,
    scanner: Arc<Scanner>,
    records: DeflateEncoder<Vec<u8>>,
    /// ServiceAccounts that claims miss.
    accounts: BTreeSet<String>,
    unsaid: Unsaid,
    /// Findings that wait for the other parts.
    pub(crate) waiting: usize,
}

impl Leaving {
    /// `scanner` cleans what is said of no file.
    pub(crate) fn new(shard: Shard, equal: Equal, scanner: Arc<Scanner>) -> Self {
        let is_whole = shard.is_whole();
        let Shard { index, count } = shard;
        let header = Header { format: FORMAT, version: VERSION.to_owned(), index, count, equal };
        let records = DeflateEncoder::new(Vec::new(), Compression::fast());
        Self { header, is_whole, scanner, records, accounts: BTreeSet::new(), unsaid: Unsaid::default(), waiting: 0 }
    }

    /// Takes over what waits for the other parts, and remembers all.
    pub(crate) fn part(&mut self, stage: Stage, number: u32, judged: &mut Judged) {
        let claims = if self.is_whole { judged.claims.clone() } else { std::mem::take(&mut judged.claims) };
        self.waiting += if self.is_whole { 0 } else { claims.len() };
        self.accounts.extend(claims.iter().filter_map(|(_, claim)| missing_account(claim)).map(str::to_owned));
        self.unsaid.merge(judged.unsaid.clone());
        let (mut notes, mut errors) = (judged.notes.clone(), judged.errors.clone());
        clean_texts(&mut notes, &mut errors, &self.scanner);
        let (findings, drafts): (Vec<_>, Vec<_>) = claims.into_iter().map(|(finding, claim)| (claim, finding)).unzip();
        let claims = drafts.iter().map(Sealed::from).zip(findings).collect();
        let facts = if self.is_whole { judged.facts.clone() } else { std::mem::take(&mut judged.facts) };
        let part = Part {
            findings: judged.findings.iter().map(Sealed::from).collect(),
            claims,
            facts,
            context: context_of(judged),
            notes: notes.iter().map(Left::from).collect(),
            errors: errors.iter().map(Failed::from).collect(),
            bytes: judged.bytes,
            documents: judged.documents,
            kinds: judged.kinds.0,
            unrendered: judged.unrendered.as_deref().map(str::to_owned),
            replaces: Vec::new(),
        };
        self.record(&Record::Part(stage, number, Box::new(part)));
    }

    /// Remembers what a second judging found, in the place of all that was found in these targets.
    pub(crate) fn again(&mut self, stage: Stage, number: u32, replaces: &[usize], judged: &Judged) {
        let replaces = replaces.iter().filter_map(|&target| u32::try_from(target).ok()).collect();
        let findings = judged.findings.iter().map(Sealed::from).collect();
        let context = context_of(judged);
        self.record(&Record::Part(stage, number, Box::new(Part { findings, context, replaces, ..Part::default() })));
    }

    /// The names that claims miss.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(String::as_str)
    }

    /// The file.
    pub(crate) fn finish(
        mut self,
        mut last: Last,
        base: Option<Base<'_>>,
        (state, report): (&State, &ScanReport),
    ) -> Vec<u8> {
        clean_texts(&mut last.notes, &mut last.errors, &self.scanner);
        let unsaid = std::mem::take(&mut self.unsaid);
        self.record(&Record::End(End {
            patches: last.patches,
            notes: last.notes.iter().map(Left::from).collect(),
            errors: last.errors.iter().map(Failed::from).collect(),
            undecided: last.undecided,
            made: last.made,
            unsaid,
            faulty: last.faulty,
        }));
        let mut base = base.map(|mut base| {
            clean_texts(&mut base.notes, &mut base.errors, &self.scanner);
            base
        });
        let common = base.as_mut().map(|base| deflated(&encoded(&base.common(report)))).unwrap_or_default();
        assembled(
            &self.header,
            [deflated(&encoded(state)), common],
            self.records.finish().expect("memory takes everything"),
        )
    }

    fn record(&mut self, record: &Record<'_>) {
        let bytes = encoded(record);
        self.records.write_all(&length(bytes.len())).expect("memory takes everything");
        self.records.write_all(&bytes).expect("memory takes everything");
    }
}

impl Base<'_> {
    fn common<'b>(&'b mut self, report: &'b ScanReport) -> Common<'b> {
        let files = report.files.iter().take(self.targets).map(ToString::to_string).collect();
        Common {
            files,
            manifests: std::mem::take(&mut self.manifests),
            once: std::mem::take(&mut self.once),
            searched: report.stats.searched,
            rules: report.stats.rules,
            kinds: self.kinds.0,
            excluded: std::mem::take(&mut self.excluded),
            root: Some((&report.root_paths).into()),
            others: self.others.iter().map(Rule::from).collect(),
            facts: std::mem::take(&mut self.facts),
            notes: self.notes.iter().map(Left::from).collect(),
            errors: self.errors.iter().map(Failed::from).collect(),
            unreadable: self
                .unreadable
                .iter()
                .map(|(path, finding)| (path.clone(), finding.iter().map(Sealed::from).collect()))
                .collect(),
            constraints: self
                .constraints
                .iter()
                .map(|(rule, path, location)| (*rule, path.clone(), location.into()))
                .collect(),
            ignore: self.ignore.iter().map(Ignored::from).collect(),
            directories: self.directories.clone(),
            date: self.date.clone(),
            fail_on: self.fail_on.clone(),
            is_search: self.is_search,
            is_empty: self.is_empty,
            packages: report.packages.iter().map(Resolved::from).collect(),
            lockfiles: report.lockfiles.iter().map(Asking::from).collect(),
            hits: std::mem::take(&mut self.hits),
            seeing: std::mem::take(&mut self.seeing),
        }
    }
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("sequences and maps of facts know their lengths")
}

pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory takes everything");
    packed.finish().expect("memory takes everything")
}

/// The file of a header, and of what is compressed, with the digest of all of it at the end: what is damaged may still be
/// read, and would say something else.
pub(super) fn assembled(header: &Header, [state, common]: [Vec<u8>; 2], records: Vec<u8>) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    for piece in [encoded(header), state, common] {
        file.extend(length(piece.len()));
        file.extend(piece);
    }
    file.extend(records);
    let digest = Sha256::digest(&file);
    file.extend_from_slice(&digest);
    file
}

fn length(of: usize) -> [u8; 8] {
    (of as u64).to_le_bytes()
}

/// What the numbers that a build gave stand for.
fn context_of(judged: &Judged) -> Vec<(u32, String)> {
    judged.context.iter().map(|(file, path)| (file.0, path.clone())).collect()
}
