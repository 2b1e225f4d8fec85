//! From what a rule says to what a report shows.
//!
//! A [`Draft`] has spans and is made while the text is hot. The engine seals it into a [`Finding`], which has lines,
//! columns, hashes and the source line, and outlives text and tree.

use std::borrow::Cow;
use std::sync::Arc;

use crate::{
    Confidence, FileId, Fingerprint, Fix, FixSafety, Identity, LineHash, Position, RuleIdx, SealedFix, Severity, Span,
    Suppression, UNKNOWN,
};

/// Where a rule points: the span to show, and what names the place when lines move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The narrowest range that is wrong.
    pub span: Span,
    /// Hash of the structural path to it (object, keys, names of list elements).
    pub structure: u64,
    /// Hash of the normalised value, or 0 where there is none or it is secret.
    pub value: u64,
}

/// A secondary place of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; without a final dot.
    pub message: Cow<'static, str>,
}

/// What a rule says, before it is sealed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The rule.
    pub rule: RuleIdx,
    /// The primary place.
    pub place: Place,
    /// What is wrong, naming the thing; without a final dot.
    pub message: Cow<'static, str>,
    /// What to do.
    pub help: Option<Cow<'static, str>>,
    /// Surer or less sure than the rule is as a whole.
    pub confidence: Option<Confidence>,
    /// Secondary places.
    pub labels: Vec<Label>,
    /// The places that the value came through (alias, patch, variable), the nearest first. A suppression at any of
    /// them counts.
    pub via: Vec<Span>,
    /// The change that removes the finding.
    pub fix: Option<Box<Fix>>,
    /// Rules that gave way to this one; their peers go along.
    pub also: Vec<RuleIdx>,
    /// Secrets. No line of the file that a report shows has their text, whichever finding it belongs to.
    pub masked: Vec<Span>,
}

impl Draft {
    /// A draft with nothing but its place and message.
    pub fn new(rule: RuleIdx, place: Place, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            rule,
            place,
            message: message.into(),
            help: None,
            confidence: None,
            labels: Vec::new(),
            via: Vec::new(),
            fix: None,
            also: Vec::new(),
            masked: Vec::new(),
        }
    }

    /// Says what to do.
    pub fn help(&mut self, help: impl Into<Cow<'static, str>>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Points to a second place.
    pub fn label(&mut self, span: Span, message: impl Into<Cow<'static, str>>) -> &mut Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Hides a secret in every line that is shown.
    pub fn mask(&mut self, span: Span) -> &mut Self {
        self.masked.push(span);
        self
    }

    /// Lowers or raises the confidence for this finding alone.
    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = Some(confidence);
        self
    }

    /// Proposes a change, where there is one.
    pub fn fix(&mut self, fix: impl Into<Option<Fix>>) -> &mut Self {
        self.fix = fix.into().map(Box::new);
        self
    }
}

/// A place in a file, resolved to lines and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The bytes.
    pub span: Span,
    /// Position of the first byte.
    pub start: Position,
    /// Position one past the last byte.
    pub end: Position,
}

impl Location {
    /// The file.
    pub fn file(&self) -> FileId {
        self.span.file
    }
}

/// A secondary place of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// What is there.
    pub message: Cow<'static, str>,
    /// Its source line, where the report asked for lines.
    pub line: Option<Box<str>>,
}

/// A sealed finding: all that reports need.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: RuleIdx,
    /// The rule's severity, or what configuration made of it.
    pub severity: Severity,
    /// Nobody has said how bad it is: `severity` is what it counts as.
    pub unrated: bool,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// What to do.
    pub help: Option<Cow<'static, str>>,
    /// The primary place.
    pub location: Location,
    /// Secondary places.
    pub related: Vec<Related>,
    /// Rules that gave way to this one.
    pub also: Vec<RuleIdx>,
    /// Stable identity.
    pub fingerprint: Fingerprint,
    /// GitHub's hash of the primary line, where the report asked for it.
    pub line_hash: Option<LineHash>,
    /// The source line of the primary place, where the report asked for it; masked where it holds a secret.
    pub line: Option<Box<str>>,
    /// The change that removes it.
    pub fix: Option<Box<SealedFix>>,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Box<Suppression>>,
    /// The commit whose files it is about; `None`: those of the scan.
    pub commit: Option<Arc<Commit>>,
    /// What tells it apart when files are renamed and lines change, where the scan was asked about that.
    pub trace: Option<Box<Trace>>,
}

/// Where a finding came from, and what it is wherever its file lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// What its fingerprint is made of, but for the rule and the path.
    pub identity: Identity,
    /// Hash of the rule, the structure and value of the place and the lines around it. Secrets are hidden in these lines before.
    pub content: u64,
    /// The places that the value came through, as far as their files are known where it was judged.
    pub via: Vec<Location>,
    /// Where the object begins that is the other end of a relation across files.
    pub other: Option<Span>,
}

/// A commit that brought what a finding is about. Who made it is left out: reports travel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit {
    /// The author's day, as `2024-05-01`.
    pub day: String,
    /// All digits of its id.
    pub id: String,
}

impl Commit {
    /// Its id as people write it.
    pub fn short(&self) -> &str {
        self.id.get(..SHORT).unwrap_or(&self.id)
    }
}

/// Digits of an id that tell commits apart in all but the largest repositories.
const SHORT: usize = 10;

impl Finding {
    /// The severity as reports show it.
    pub const fn severity_name(&self) -> &'static str {
        if self.unrated { UNKNOWN } else { self.severity.name() }
    }

    /// Whether `--fix` removes it: it counts, and its fix is safe.
    pub fn is_fixable(&self) -> bool {
        self.has_fix(FixSafety::Safe)
    }

    /// Whether only `--fix --unsafe-fixes` removes it: it counts, and something may depend on what its fix changes.
    pub fn has_unsafe_fix(&self) -> bool {
        self.has_fix(FixSafety::Unsafe)
    }

    fn has_fix(&self, safety: FixSafety) -> bool {
        self.suppressed.is_none() && self.fix.as_deref().is_some_and(|fix| fix.safety == safety)
    }
}
