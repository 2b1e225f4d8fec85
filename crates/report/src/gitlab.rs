//! `gitlab`: GitLab's code quality report, and `gitlab-sast`: its security report.
//!
//! Neither has a way to say that a finding does not count, so that suppressed ones are never written. Paths are relative
//! to the root of the repository, as GitLab wants them.

use std::collections::HashMap;
use std::io::{self, Write};

use portcullis_core::{ADVISORIES, Finding, Fingerprint, RuleMeta, ScanReport, Severity, StableHash};
use serde::Serialize;

use crate::escape::markdown_message;
use crate::text::{clean, says, truncated};
use crate::{Glyphs, Options, text, uri};

/// Code quality: an array, one finding per line.
pub(crate) fn write(report: &ScanReport, _: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut unique = Unique::default();
    let mut separator: &[u8] = b"[\n";
    for finding in report.active() {
        out.write_all(separator)?;
        serde_json::to_writer(&mut *out, &violation(report, finding, unique.next(finding)))?;
        separator = b",\n";
    }
    out.write_all(if separator == b"[\n" { b"[]\n" } else { b"\n]\n" })
}

/// The security report, by the schema that GitLab 16 and later take.
pub(crate) fn write_sast(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let scan = serde_json::to_string(&scan(report, options))?;
    write!(out, "{{\"version\":\"{SCHEMA}\",\"scan\":{scan},\"vulnerabilities\":[")?;
    let mut unique = Unique::default();
    let mut separator: &[u8] = b"\n";
    for finding in report.active() {
        out.write_all(separator)?;
        serde_json::to_writer(&mut *out, &vulnerability(report, options, finding, unique.next(finding)))?;
        separator = b",\n";
    }
    out.write_all(if separator == b"\n" { b"]}\n" } else { b"\n]}\n" })
}

/// The oldest version of the schema that is still taken and has all that is written here.
const SCHEMA: &str = "15.0.6";

/// Lengths and numbers that GitLab takes, in characters.
const MAX_NAME: usize = 255;
const MAX_SOLUTION: usize = 7000;
const MAX_DESCRIPTION: usize = 20_000;
const MAX_IDENTIFIERS: usize = 20;
const MAX_MESSAGES: usize = 100;

/// Fingerprints, each once: of two violations with the same one GitLab keeps one.
#[derive(Default)]
struct Unique(HashMap<Fingerprint, u64>);

impl Unique {
    fn next(&mut self, finding: &Finding) -> Fingerprint {
        let before = self.0.entry(finding.fingerprint).or_default();
        *before += 1;
        if *before == 1 {
            return finding.fingerprint;
        }
        let mut hash = StableHash::new();
        hash.text(&finding.fingerprint.to_string());
        hash.number(*before);
        hash.fingerprint()
    }
}

#[derive(Serialize)]
struct Violation<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'r str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn violation<'r>(report: &'r ScanReport, finding: &Finding, fingerprint: Fingerprint) -> Violation<'r> {
    let rule = report.catalog.get(finding.rule);
    let mut description = plain(says(rule, finding), MAX_DESCRIPTION);
    if let Some(help) = finding.help.as_deref() {
        description = format!("{description}. Help: {}", plain(help, MAX_DESCRIPTION));
    }
    let (begin, end) = lines(finding);
    Violation {
        kind: "issue",
        check_name: &rule.id,
        description,
        categories: ["Security"],
        severity: match finding.severity {
            Severity::Critical => "blocker",
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
            Severity::Info => "info",
        },
        fingerprint: fingerprint.to_string(),
        location: Place { path: path(report, finding), lines: Lines { begin, end } },
    }
}

#[derive(Serialize)]
struct Scan {
    analyzer: Tool,
    scanner: Tool,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    messages: Vec<Message>,
}

#[derive(Clone, Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    url: String,
    version: String,
    vendor: Vendor,
}

#[derive(Clone, Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

/// The day is all that is said of the time: output must not depend on when it was made.
fn scan(report: &ScanReport, options: &Options) -> Scan {
    let tool = Tool {
        id: "portcullis",
        name: "portcullis",
        url: options.tool.uri.to_string(),
        version: options.tool.version.to_string(),
        vendor: Vendor { name: "portcullis" },
    };
    let time = format!("{}T00:00:00", options.day);
    let errors = report.errors.iter().map(|error| ("fatal", error.to_string()));
    let notes = report.notes.iter().map(|note| {
        let place = if note.path.is_empty() { String::new() } else { format!("{}: ", note.path) };
        ("info", format!("{place}{}", note.message))
    });
    let messages = errors
        .chain(notes)
        .map(|(level, value)| Message { level, value: plain(&value, MAX_SOLUTION) })
        .filter(|message| !message.value.is_empty())
        .take(MAX_MESSAGES)
        .collect();
    Scan {
        analyzer: tool.clone(),
        scanner: tool,
        kind: "sast",
        start_time: time.clone(),
        end_time: time,
        // A scan with errors keeps what it found; `failure` would have GitLab drop it all.
        status: "success",
        messages,
    }
}

#[derive(Serialize)]
struct Vulnerability {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    solution: Option<String>,
    identifiers: Vec<Identifier>,
    links: Vec<Link>,
    location: SourcePlace,
    tracking: Tracking,
}

#[derive(Serialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Link {
    name: String,
    url: String,
}

#[derive(Clone, Serialize)]
struct SourcePlace {
    file: String,
    start_line: u32,
    end_line: u32,
}

#[derive(Serialize)]
struct Tracking {
    #[serde(rename = "type")]
    kind: &'static str,
    items: [TrackedItem; 1],
}

#[derive(Serialize)]
struct TrackedItem {
    #[serde(flatten)]
    place: SourcePlace,
    signatures: [Signature; 1],
}

/// What GitLab knows a finding by when its lines have moved.
#[derive(Serialize)]
struct Signature {
    algorithm: &'static str,
    value: String,
}

fn vulnerability(report: &ScanReport, options: &Options, finding: &Finding, fingerprint: Fingerprint) -> Vulnerability {
    let rule = report.catalog.get(finding.rule);
    let (start_line, end_line) = lines(finding);
    let place = SourcePlace { file: path(report, finding), start_line, end_line };
    let docs = uri::docs(&options.tool, rule);
    let title = [rule.title(), &*rule.id].into_iter().find(|text| !text.is_empty()).unwrap_or("portcullis");
    Vulnerability {
        id: uuid(fingerprint),
        name: plain(title, MAX_NAME),
        description: description(rule, finding),
        severity: match finding.severity_name() {
            "critical" => "Critical",
            "high" => "High",
            "medium" => "Medium",
            "low" => "Low",
            "info" => "Info",
            _ => "Unknown",
        },
        solution: finding.help.as_deref().map(|help| plain(help, MAX_SOLUTION)).filter(|help| !help.is_empty()),
        identifiers: identifiers(rule, docs.as_deref()),
        links: docs.into_iter().map(|url| Link { name: plain(&rule.id, MAX_NAME), url }).collect(),
        tracking: Tracking {
            kind: "source",
            items: [TrackedItem {
                place: place.clone(),
                signatures: [Signature { algorithm: "hash", value: fingerprint.to_string() }],
            }],
        },
        location: place,
    }
}

/// Markdown: what was found is text alone, and why it matters is the rule's own.
fn description(rule: &RuleMeta, finding: &Finding) -> String {
    let mut description = markdown_message(&plain(says(rule, finding), MAX_SOLUTION));
    if let Some(commit) = finding.commit.as_deref() {
        description = format!("{description} ({})", text::commit(commit));
    }
    let why = rule.explanation();
    if why.is_empty() {
        return description;
    }
    // Texts of policies and advisories are others'.
    let is_foreign = rule.tags.contains("policy") || rule.tags.contains(ADVISORIES);
    let why = if is_foreign { markdown_message(&plain(&why, MAX_SOLUTION)) } else { why };
    format!("{description}\n\n{}", truncated(&why, MAX_DESCRIPTION))
}

/// The rule, by which GitLab tells findings apart, then weaknesses, advisories and other tools' ids.
fn identifiers(rule: &RuleMeta, docs: Option<&str>) -> Vec<Identifier> {
    let own = Identifier {
        kind: "portcullis".to_owned(),
        name: format!("portcullis {}", rule.id),
        value: rule.id.to_string(),
        url: docs.map(str::to_owned),
    };
    let weaknesses = rule.tags.iter().filter_map(|tag| {
        let number = tag.strip_prefix("cwe-").filter(|number| number.parse::<u32>().is_ok())?;
        Some(Identifier {
            kind: "cwe".to_owned(),
            name: format!("CWE-{number}"),
            value: number.to_owned(),
            url: Some(format!("https://cwe.mitre.org/data/definitions/{number}.html")),
        })
    });
    let ids = std::iter::once(&*rule.id).filter(|id| id.starts_with("CVE-")).chain(rule.peers.iter());
    let others = ids.filter_map(|id| {
        let (kind, value) = id.split_once(':').or_else(|| Some((id.split_once('-')?.0, id)))?;
        let kind = kind.to_ascii_lowercase();
        let is_filled = !kind.is_empty() && !value.is_empty();
        let name = if id.contains(':') { format!("{kind} {value}") } else { value.to_owned() };
        is_filled.then(|| Identifier { kind, name, value: value.to_owned(), url: None })
    });
    std::iter::once(own).chain(weaknesses).chain(others).take(MAX_IDENTIFIERS).collect()
}

fn uuid(fingerprint: Fingerprint) -> String {
    crate::material::uuid(fingerprint.to_string().as_bytes())
}

fn path(report: &ScanReport, finding: &Finding) -> String {
    uri::inside(&report.root_path(finding.location.file()))
}

fn lines(finding: &Finding) -> (u32, u32) {
    let begin = finding.location.start.line.max(1);
    (begin, finding.location.end.line.max(begin))
}

fn plain(text: &str, most: usize) -> String {
    truncated(&clean(text, Glyphs::Unicode), most).into_owned()
}
