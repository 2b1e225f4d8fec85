//! Findings, notes and rules as they are written into files of facts. `core` has no wire formats of its own.
//!
//! What is read may be hostile: numbers of rules, severities and the order of places are checked here, because reports rely on
//! them. Of a fix that would repeat a secret the title alone is written; reports show no more of it.

use std::borrow::Cow;
use std::path::PathBuf;

use portcullis_core::{
    Advised, Checksum, ChecksumKind, Confidence, FileId, Finding, Fingerprint, FixSafety, Identity, LineHash, Location,
    Material, MaterialPlace, MaterialRoot, Note, NoteKind, Position, Profile, Related, RootPaths, RuleIdx, RuleMeta,
    ScanError, SealedEdit, SealedFix, Severity, Span, SuppressedBy, Suppression, Trace, Words,
};
use portcullis_model::packages::Ecosystem;
use serde::{Deserialize, Serialize};

/// What is wrong with something that was read.
pub(super) type Wrong = &'static str;

/// A place: file, start and end in bytes; line, column and UTF-16 column of both ends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Place([u32; 9]);

impl From<&Location> for Place {
    fn from(location: &Location) -> Self {
        let Location { span, start, end } = location;
        Self([
            span.file.0,
            span.start,
            span.end,
            start.line,
            start.column,
            start.utf16,
            end.line,
            end.column,
            end.utf16,
        ])
    }
}

impl TryFrom<Place> for Location {
    type Error = Wrong;

    fn try_from(
        Place([file, from, to, line, column, utf16, end_line, end_column, end_utf16]): Place,
    ) -> Result<Self, Wrong> {
        let start = Position { line, column, utf16 };
        let end = Position { line: end_line, column: end_column, utf16: end_utf16 };
        if from > to
            || (line, column) > (end_line, end_column)
            || [line, column, utf16, end_column, end_utf16].contains(&0)
        {
            return Err("a place ends before it starts");
        }
        Ok(Self { span: Span { file: FileId(file), start: from, end: to }, start, end })
    }
}

/// A finding.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sealed<'a> {
    rule: u32,
    severity: u8,
    unrated: bool,
    confidence: u8,
    message: Cow<'a, str>,
    help: Option<Cow<'a, str>>,
    place: Place,
    related: Vec<Beside<'a>>,
    also: Vec<u32>,
    fingerprint: [u8; 16],
    line_hash: Option<(u64, u32)>,
    line: Option<Cow<'a, str>>,
    fix: Option<Fix<'a>>,
    suppressed: Option<(u8, Option<Place>, Option<Cow<'a, str>>)>,
    trace: Option<Traced>,
}

/// What a baseline asks of a finding: structure, value and ordinal of its identity, and its content. Where it came through is left out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Traced([u64; 4]);

impl From<&Trace> for Traced {
    fn from(trace: &Trace) -> Self {
        let Identity { structure, value, ordinal } = trace.identity;
        Self([structure, value, ordinal, trace.content])
    }
}

impl From<Traced> for Trace {
    fn from(Traced([structure, value, ordinal, content]): Traced) -> Self {
        Self { identity: Identity { structure, value, ordinal }, content, ..Self::default() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Beside<'a> {
    place: Place,
    message: Cow<'a, str>,
    line: Option<Cow<'a, str>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Fix<'a> {
    is_safe: bool,
    title: Cow<'a, str>,
    edits: Vec<(Place, Cow<'a, str>)>,
    holds_secret: bool,
    precondition: u64,
}

const CONFIDENCES: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];
const PROFILES: [Profile; 3] = [Profile::Recommended, Profile::All, Profile::OptIn];

fn number_of<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().zip(0..).find(|(other, _)| *other == one).map_or(0, |(_, number)| number)
}

fn numbered<T: Copy>(all: &[T], number: u8) -> Result<T, Wrong> {
    all.get(usize::from(number)).copied().ok_or("a value that there is not")
}

fn borrowed(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

impl<'a> From<&'a Finding> for Sealed<'a> {
    fn from(finding: &'a Finding) -> Self {
        let related = finding.related.iter().map(|related| Beside {
            place: (&related.location).into(),
            message: borrowed(&related.message),
            line: related.line.as_deref().map(borrowed),
        });
        let suppressed = finding.suppressed.as_deref().map(|suppression| {
            let (by, place) = match &suppression.by {
                SuppressedBy::Comment(location) => (0, Some(location.into())),
                SuppressedBy::Annotation(location) => (1, Some(location.into())),
                SuppressedBy::Config => (2, None),
                SuppressedBy::Baseline => (3, None),
                SuppressedBy::Vex => (4, None),
            };
            (by, place, suppression.reason.as_deref().map(borrowed))
        });
        Self {
            rule: finding.rule.0,
            severity: number_of(&Severity::ALL, &finding.severity),
            unrated: finding.unrated,
            confidence: number_of(&CONFIDENCES, &finding.confidence),
            message: borrowed(&finding.message),
            help: finding.help.as_deref().map(borrowed),
            place: (&finding.location).into(),
            related: related.collect(),
            also: finding.also.iter().map(|rule| rule.0).collect(),
            fingerprint: finding.fingerprint.0.to_le_bytes(),
            line_hash: finding.line_hash.map(|hash| (hash.hash, hash.count)),
            line: finding.line.as_deref().map(borrowed),
            fix: finding.fix.as_deref().map(Fix::from),
            suppressed,
            trace: finding.trace.as_deref().map(Traced::from),
        }
    }
}

impl<'a> From<&'a SealedFix> for Fix<'a> {
    fn from(fix: &'a SealedFix) -> Self {
        let shown = if fix.holds_secret { &[][..] } else { fix.edits.as_slice() };
        Self {
            is_safe: fix.safety == FixSafety::Safe,
            title: borrowed(&fix.title),
            edits: shown.iter().map(|edit| ((&edit.location).into(), borrowed(&edit.text))).collect(),
            holds_secret: fix.holds_secret,
            precondition: fix.precondition,
        }
    }
}

impl Sealed<'_> {
    /// The finding of a scan with so many rules.
    pub(super) fn open(self, rules: usize) -> Result<Finding, Wrong> {
        let rule = |number: u32| {
            if (number as usize) < rules { Ok(RuleIdx(number)) } else { Err("a rule that there is not") }
        };
        let related = self.related.into_iter().map(|beside| {
            let message = beside.message.into_owned().into();
            Ok::<_, Wrong>(Related {
                location: beside.place.try_into()?,
                message,
                line: beside.line.map(|line| (*line).into()),
            })
        });
        let suppressed = self.suppressed.map(|(by, place, reason)| {
            let place = || place.ok_or("a suppression without a place")?.try_into();
            let by = match by {
                0 => SuppressedBy::Comment(place()?),
                1 => SuppressedBy::Annotation(place()?),
                2 => SuppressedBy::Config,
                3 => SuppressedBy::Baseline,
                4 => SuppressedBy::Vex,
                _ => return Err("a suppression by nobody"),
            };
            Ok(Box::new(Suppression { by, reason: reason.map(Cow::into_owned) }))
        });
        Ok(Finding {
            rule: rule(self.rule)?,
            severity: numbered(&Severity::ALL, self.severity)?,
            unrated: self.unrated,
            confidence: numbered(&CONFIDENCES, self.confidence)?,
            message: self.message.into_owned().into(),
            help: self.help.map(|help| help.into_owned().into()),
            location: self.place.try_into()?,
            related: related.collect::<Result<_, _>>()?,
            also: self.also.into_iter().map(rule).collect::<Result<_, _>>()?,
            fingerprint: Fingerprint(u128::from_le_bytes(self.fingerprint)),
            line_hash: self.line_hash.map(|(hash, count)| LineHash { hash, count }),
            line: self.line.map(|line| (*line).into()),
            fix: self.fix.map(|fix| fix.open().map(Box::new)).transpose()?,
            suppressed: suppressed.transpose()?,
            commit: None,
            trace: self.trace.map(|trace| Box::new(trace.into())),
        })
    }
}

impl Fix<'_> {
    fn open(self) -> Result<SealedFix, Wrong> {
        let edits = self
            .edits
            .into_iter()
            .map(|(place, text)| Ok::<_, Wrong>(SealedEdit { location: place.try_into()?, text: text.into_owned() }));
        Ok(SealedFix {
            safety: if self.is_safe { FixSafety::Safe } else { FixSafety::Unsafe },
            title: self.title.into_owned(),
            edits: edits.collect::<Result<_, _>>()?,
            holds_secret: self.holds_secret,
            precondition: self.precondition,
        })
    }
}

/// A note.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Left<'a>(Cow<'a, str>, u8, Cow<'a, str>);

const NOTES: [NoteKind; 6] = [
    NoteKind::Template,
    NoteKind::Unknown,
    NoteKind::Unbuilt,
    NoteKind::Unrecognised,
    NoteKind::Searched,
    NoteKind::Other,
];

impl<'a> From<&'a Note> for Left<'a> {
    fn from(note: &'a Note) -> Self {
        Self(borrowed(&note.path), number_of(&NOTES, &note.kind), borrowed(&note.message))
    }
}

impl TryFrom<Left<'_>> for Note {
    type Error = Wrong;

    fn try_from(Left(path, kind, message): Left<'_>) -> Result<Self, Wrong> {
        Ok(Self { path: path.into_owned(), kind: numbered(&NOTES, kind)?, message: message.into_owned() })
    }
}

/// An error of a scan.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Failed {
    Path(String, String),
    Option(String, String),
    NotFixed(String, String),
    History(String),
    Advisories(String),
    Policy(String, u32, u32, String),
    RulePanicked(String, String),
}

impl From<&ScanError> for Failed {
    fn from(error: &ScanError) -> Self {
        match error.clone() {
            ScanError::Path { path, reason } => Self::Path(path.to_string_lossy().into_owned(), reason),
            ScanError::Option { option, reason } => Self::Option(option, reason),
            ScanError::NotFixed { path, reason } => Self::NotFixed(path, reason),
            ScanError::History { reason } => Self::History(reason),
            ScanError::Advisories { reason } => Self::Advisories(reason),
            ScanError::Policy { path, line, column, reason } => Self::Policy(path, line, column, reason),
            ScanError::RulePanicked { rule, path } => Self::RulePanicked(rule, path),
        }
    }
}

impl From<Failed> for ScanError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Path(path, reason) => Self::Path { path: PathBuf::from(path), reason },
            Failed::Option(option, reason) => Self::Option { option, reason },
            Failed::NotFixed(path, reason) => Self::NotFixed { path, reason },
            Failed::History(reason) => Self::History { reason },
            Failed::Advisories(reason) => Self::Advisories { reason },
            Failed::Policy(path, line, column, reason) => Self::Policy { path, line, column, reason },
            Failed::RulePanicked(rule, path) => Self::RulePanicked { rule, path },
        }
    }
}

/// How paths are seen from the root.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Rooted {
    Same,
    Below(String),
    Above(String),
}

impl From<&RootPaths> for Rooted {
    fn from(paths: &RootPaths) -> Self {
        match paths.clone() {
            RootPaths::Same => Self::Same,
            RootPaths::Below(prefix) => Self::Below(prefix),
            RootPaths::Above(prefix) => Self::Above(prefix),
        }
    }
}

impl From<Rooted> for RootPaths {
    fn from(rooted: Rooted) -> Self {
        match rooted {
            Rooted::Same => Self::Same,
            Rooted::Below(prefix) => Self::Below(prefix),
            Rooted::Above(prefix) => Self::Above(prefix),
        }
    }
}

/// A rule that the program does not bring: an advisory, a policy's, the configuration's.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) id: String,
    severity: u8,
    unrated: bool,
    confidence: u8,
    profile: u8,
    tags: Vec<String>,
    peers: Vec<String>,
    docs: String,
}

impl From<&RuleMeta> for Rule {
    fn from(rule: &RuleMeta) -> Self {
        let words = |words: &Words| words.iter().map(str::to_owned).collect();
        Self {
            id: rule.id.to_string(),
            severity: number_of(&Severity::ALL, &rule.severity),
            unrated: rule.unrated,
            confidence: number_of(&CONFIDENCES, &rule.confidence),
            profile: number_of(&PROFILES, &rule.profile),
            tags: words(&rule.tags),
            peers: words(&rule.peers),
            docs: rule.docs.to_string(),
        }
    }
}

impl TryFrom<Rule> for RuleMeta {
    type Error = Wrong;

    fn try_from(rule: Rule) -> Result<Self, Wrong> {
        Ok(Self {
            id: rule.id.into(),
            severity: numbered(&Severity::ALL, rule.severity)?,
            unrated: rule.unrated,
            confidence: numbered(&CONFIDENCES, rule.confidence)?,
            profile: numbered(&PROFILES, rule.profile)?,
            tags: rule.tags.into_iter().collect(),
            peers: rule.peers.into_iter().collect(),
            docs: rule.docs.into(),
            ..Self::DEFAULT
        })
    }
}

/// A package of a lockfile. The advisories that hold for it are told apart, for they point to findings.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Resolved {
    purl: String,
    ecosystem: String,
    name: Box<str>,
    version: Option<Box<str>>,
    places: Vec<(u32, u32)>,
    licence: Option<Box<str>>,
    checksums: Vec<(u8, String)>,
    source: Option<Box<str>>,
    is_development: bool,
    is_optional: bool,
    is_direct: bool,
    dependencies: Vec<usize>,
}

const CHECKSUMS: [ChecksumKind; 5] =
    [ChecksumKind::Md5, ChecksumKind::Sha1, ChecksumKind::Sha256, ChecksumKind::Sha384, ChecksumKind::Sha512];

impl From<&Material> for Resolved {
    fn from(material: &Material) -> Self {
        let material = material.clone();
        let checksums = material.checksums.into_iter();
        Self {
            purl: material.purl,
            ecosystem: material.ecosystem.to_owned(),
            name: material.name,
            version: material.version,
            places: material.places.iter().map(|place| (place.file.0, place.line)).collect(),
            licence: material.licence,
            checksums: checksums.map(|checksum| (number_of(&CHECKSUMS, &checksum.kind), checksum.hex)).collect(),
            source: material.source,
            is_development: material.is_development,
            is_optional: material.is_optional,
            is_direct: material.is_direct,
            dependencies: material.dependencies,
        }
    }
}

impl Resolved {
    /// The package of a list of so many.
    pub(super) fn open(self, count: usize) -> Result<Material, Wrong> {
        let place = |(file, line)| MaterialPlace { file: FileId(file), line };
        let checksum = |(kind, hex)| Ok::<_, Wrong>(Checksum { kind: numbered(&CHECKSUMS, kind)?, hex });
        if self.places.is_empty() || self.dependencies.iter().any(|&other| other >= count) {
            return Err("a package that there is not");
        }
        let ecosystem = Ecosystem::of_osv(&self.ecosystem);
        Ok(Material {
            purl: self.purl,
            ecosystem: ecosystem.ok_or("an ecosystem that there is not")?.osv(),
            name: self.name,
            version: self.version,
            places: self.places.into_iter().map(place).collect(),
            licence: self.licence,
            checksums: self.checksums.into_iter().map(checksum).collect::<Result<_, _>>()?,
            source: self.source,
            is_development: self.is_development,
            is_optional: self.is_optional,
            is_direct: self.is_direct,
            dependencies: self.dependencies,
            advisories: Vec::new(),
        })
    }
}

/// A lockfile: its number, and what the project asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asking(u32, Vec<usize>);

impl From<&MaterialRoot> for Asking {
    fn from(root: &MaterialRoot) -> Self {
        Self(root.file.0, root.packages.clone())
    }
}

impl Asking {
    pub(super) fn open(self, count: usize) -> Result<MaterialRoot, Wrong> {
        if self.1.iter().any(|&package| package >= count) {
            return Err("a package that there is not");
        }
        Ok(MaterialRoot { file: FileId(self.0), packages: self.1 })
    }
}

/// An advisory's finding for a package: rule, file and start of its place; then the package, and the vectors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Hit {
    pub(crate) rule: u32,
    pub(crate) file: u32,
    pub(crate) start: u32,
    pub(crate) material: usize,
    pub(crate) vectors: Vec<(Box<str>, u8)>,
}

impl Hit {
    pub(crate) fn advised(&self, finding: usize) -> Advised {
        Advised { finding, vectors: self.vectors.clone() }
    }
}
