//! `json`: the stable `portcullis/1`, one finding per line.
//!
//! A scan of a large estate gives hundreds of megabytes, so what is the same for all findings of a rule is serialised
//! once, and findings are serialised on all threads.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::OnceLock;

use portcullis_core::{
    FileId, Finding, Fingerprint, FixSafety, Location, Note, RuleIdx, RuleMeta, ScanError, ScanReport, SealedFix,
    Severity, Suppression, Words,
};
use serde::{Serialize, Serializer};

use crate::{Options, stream};

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let wire = Wire::new(report);
    let head = Head {
        schema: "portcullis/1",
        tool: ToolWire { name: "portcullis", version: &options.tool.version },
        summary: SummaryWire::of(report),
    };
    let mut buffer = serde_json::to_vec(&head)?;
    // The head is an object of its own, left open for the lists.
    buffer.pop();
    buffer.extend_from_slice(b",\"findings\":[");
    let findings = options.shown(report);
    let rest = findings.split_first().map_or(&[][..], |(first, rest)| {
        buffer.push(b'\n');
        wire.append(first, &mut buffer);
        rest
    });
    out.write_all(&buffer)?;
    stream::write(rest, out, |finding, buffer| {
        buffer.extend_from_slice(b",\n");
        wire.append(finding, buffer);
    })?;
    buffer.clear();
    buffer.extend_from_slice(if findings.is_empty() { b"],\"notes\":[" } else { b"\n],\"notes\":[" });
    append_lines(&mut buffer, report.notes.iter().map(NoteWire::of))?;
    buffer.extend_from_slice(b"],\"errors\":[");
    append_lines(&mut buffer, report.errors.iter().map(ErrorWire::of))?;
    buffer.extend_from_slice(b"]}\n");
    out.write_all(&buffer)
}

fn append_lines<T: Serialize>(buffer: &mut Vec<u8>, items: impl Iterator<Item = T>) -> io::Result<()> {
    let mut separator: &[u8] = b"\n";
    for item in items {
        buffer.extend_from_slice(separator);
        serde_json::to_writer(&mut *buffer, &item)?;
        separator = b",\n";
    }
    if separator.len() > 1 {
        buffer.push(b'\n');
    }
    Ok(())
}

/// The report with its constant parts, each serialised for the first finding that has it: most rules and files have none.
pub(crate) struct Wire<'r> {
    report: &'r ScanReport,
    /// By rule index.
    rules: Vec<OnceLock<RuleWire>>,
    /// By file id, quoted.
    paths: Vec<OnceLock<Vec<u8>>>,
}

struct RuleWire {
    /// Up to the severity.
    head: Vec<u8>,
    /// See [`tail`].
    tail: Vec<u8>,
    tags: Words,
}

impl RuleWire {
    fn of(rule: &RuleMeta) -> Self {
        let mut head = b"{\"rule\":".to_vec();
        value(&mut head, &*rule.id);
        head.extend_from_slice(b",\"severity\":\"");
        Self { head, tail: tail(rule.peers.iter(), &rule.tags), tags: rule.tags.clone() }
    }
}

impl<'r> Wire<'r> {
    pub(crate) fn new(report: &'r ScanReport) -> Self {
        let mut rules = Vec::new();
        rules.resize_with(report.catalog.len(), OnceLock::new);
        let mut paths = Vec::new();
        paths.resize_with(report.files.len(), OnceLock::new);
        Self { report, rules, paths }
    }

    fn rule(&self, index: RuleIdx) -> &RuleWire {
        let rule = self.rules.get(index.0 as usize).expect("a RuleIdx is made by the report's catalog alone");
        rule.get_or_init(|| RuleWire::of(self.report.catalog.get(index)))
    }

    /// A file's path, quoted.
    fn path(&self, file: FileId) -> &[u8] {
        let known = self.paths.get(file.0 as usize).zip(self.report.files.get(file.0 as usize));
        known.map_or(b"\"\"", |(quoted, path)| {
            quoted.get_or_init(|| {
                let mut quoted = Vec::with_capacity(path.len() + 2);
                value(&mut quoted, &**path);
                quoted
            })
        })
    }

    /// Appends a finding; the fields' order is part of the format. Written by hand because a derived serializer
    /// escapes each field's name again, which is most of the text.
    pub(crate) fn append(&self, finding: &Finding, buffer: &mut Vec<u8>) {
        let rule = self.rule(finding.rule);
        buffer.extend_from_slice(&rule.head);
        buffer.extend_from_slice(finding.severity_name().as_bytes());
        buffer.extend_from_slice(b"\",\"confidence\":\"");
        buffer.extend_from_slice(finding.confidence.name().as_bytes());
        buffer.extend_from_slice(b"\",\"message\":");
        value(buffer, &*finding.message);
        buffer.extend_from_slice(b",\"help\":");
        value(buffer, &finding.help);
        buffer.extend_from_slice(b",\"location\":");
        self.location(&finding.location, buffer);
        buffer.extend_from_slice(b",\"related\":[");
        for (at, related) in finding.related.iter().enumerate() {
            buffer.extend_from_slice(if at == 0 { b"{\"location\":" } else { b",{\"location\":" });
            self.location(&related.location, buffer);
            buffer.extend_from_slice(b",\"message\":");
            value(buffer, &*related.message);
            buffer.push(b'}');
        }
        if finding.also.is_empty() {
            buffer.extend_from_slice(&rule.tail);
        } else {
            buffer.extend_from_slice(&tail(peers(self.report, finding).into_iter(), &rule.tags));
        }
        value(buffer, &Hex(finding.fingerprint));
        buffer.extend_from_slice(b",\"fix\":");
        value(buffer, &finding.fix.as_deref().filter(|fix| !fix.holds_secret).map(FixWire::of));
        buffer.extend_from_slice(b",\"suppressed\":");
        value(buffer, &finding.suppressed.as_deref().map(SuppressedWire::of));
        if let Some(commit) = finding.commit.as_deref() {
            buffer.extend_from_slice(b",\"commit\":{\"id\":");
            value(buffer, &*commit.id);
            buffer.extend_from_slice(b",\"date\":");
            value(buffer, &*commit.day);
            buffer.push(b'}');
        }
        buffer.push(b'}');
    }

    /// Columns count Unicode characters.
    fn location(&self, location: &Location, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(b"{\"path\":");
        buffer.extend_from_slice(self.path(location.file()));
        buffer.extend_from_slice(b",\"start\":{\"line\":");
        value(buffer, &location.start.line);
        buffer.extend_from_slice(b",\"column\":");
        value(buffer, &location.start.column);
        buffer.extend_from_slice(b"},\"end\":{\"line\":");
        value(buffer, &location.end.line);
        buffer.extend_from_slice(b",\"column\":");
        value(buffer, &location.end.column);
        buffer.extend_from_slice(b"}}");
    }
}

/// What stands between the related places and the fingerprint.
fn tail<'w>(peers: impl Iterator<Item = &'w str>, tags: &Words) -> Vec<u8> {
    let mut tail = b"],\"peers\":".to_vec();
    value(&mut tail, &peers.collect::<Vec<_>>());
    tail.extend_from_slice(b",\"tags\":");
    value(&mut tail, &tags.iter().collect::<Vec<_>>());
    tail.extend_from_slice(b",\"fingerprint\":");
    tail
}

fn value<T: Serialize + ?Sized>(buffer: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(buffer, value).expect("strings and numbers are written to memory");
}

/// The peers of a finding's rule and of those that gave way to it, each once.
fn peers<'r>(report: &'r ScanReport, finding: &Finding) -> Vec<&'r str> {
    let mut all: Vec<&str> = Vec::new();
    for rule in std::iter::once(&finding.rule).chain(&finding.also) {
        for peer in report.catalog.get(*rule).peers.iter() {
            if !all.contains(&peer) {
                all.push(peer);
            }
        }
    }
    all
}

#[derive(Serialize)]
struct Head<'a> {
    schema: &'static str,
    tool: ToolWire<'a>,
    summary: SummaryWire,
}

#[derive(Serialize)]
struct ToolWire<'a> {
    name: &'static str,
    version: &'a str,
}

/// No time and no bytes: the output must not depend on the machine.
#[derive(Serialize)]
struct SummaryWire {
    findings: usize,
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
    unknown: usize,
    suppressed: usize,
    files: usize,
    searched: usize,
    documents: usize,
    rules: usize,
}

impl SummaryWire {
    fn of(report: &ScanReport) -> Self {
        let summary = report.summary();
        Self {
            findings: summary.total(),
            critical: summary.of(Severity::Critical),
            high: summary.of(Severity::High),
            medium: summary.of(Severity::Medium),
            low: summary.of(Severity::Low),
            info: summary.of(Severity::Info),
            unknown: summary.unknown,
            suppressed: summary.suppressed,
            files: report.stats.files,
            searched: report.stats.searched,
            documents: report.stats.documents,
            rules: report.stats.rules,
        }
    }
}

/// A fingerprint's digits, without the formatting machinery.
struct Hex(Fingerprint);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = [0; 32];
        let mut rest = self.0.0;
        for digit in digits.iter_mut().rev() {
            let nibble = u8::try_from(rest & 0xf).unwrap_or_default();
            *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            rest >>= 4;
        }
        serializer.serialize_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

/// Offsets and lengths are bytes of the finding's file, because edits are applied to bytes.
#[derive(Serialize)]
struct FixWire<'a> {
    safety: &'static str,
    title: &'a str,
    edits: Vec<EditWire<'a>>,
}

#[derive(Serialize)]
struct EditWire<'a> {
    offset: u32,
    length: u32,
    text: &'a str,
}

impl<'a> FixWire<'a> {
    fn of(fix: &'a SealedFix) -> Self {
        let safety = match fix.safety {
            FixSafety::Safe => "safe",
            FixSafety::Unsafe => "unsafe",
        };
        let edits = fix
            .edits
            .iter()
            .map(|edit| EditWire {
                offset: edit.location.span.start,
                length: edit.location.span.len(),
                text: &edit.text,
            })
            .collect();
        Self { safety, title: &fix.title, edits }
    }
}

#[derive(Serialize)]
struct SuppressedWire<'a> {
    by: &'static str,
    reason: Option<&'a str>,
}

impl<'a> SuppressedWire<'a> {
    fn of(suppressed: &'a Suppression) -> Self {
        Self { by: suppressed.by.name(), reason: suppressed.reason.as_deref() }
    }
}

#[derive(Serialize)]
struct NoteWire<'a> {
    path: &'a str,
    kind: &'static str,
    message: &'a str,
}

impl<'a> NoteWire<'a> {
    fn of(note: &'a Note) -> Self {
        Self { path: &note.path, kind: note.kind.name(), message: &note.message }
    }
}

#[derive(Serialize)]
struct ErrorWire<'a> {
    kind: &'static str,
    path: Cow<'a, str>,
    rule: Option<&'a str>,
    message: String,
}

impl<'a> ErrorWire<'a> {
    fn of(error: &'a ScanError) -> Self {
        let message = error.to_string();
        match error {
            ScanError::Path { path, .. } => Self { kind: "path", path: path.to_string_lossy(), rule: None, message },
            ScanError::Advisories { .. } => Self { kind: "advisories", path: "".into(), rule: None, message },
            ScanError::History { .. } => Self { kind: "history", path: "".into(), rule: None, message },
            ScanError::Option { option, .. } => Self { kind: "option", path: option.into(), rule: None, message },
            ScanError::NotFixed { path, .. } => Self { kind: "not-fixed", path: path.into(), rule: None, message },
            ScanError::Policy { path, .. } => Self { kind: "policy", path: path.into(), rule: None, message },
            ScanError::RulePanicked { rule, path } => {
                Self { kind: "rule-panicked", path: path.into(), rule: Some(rule), message }
            }
        }
    }
}
