//! `sarif`: SARIF 2.1.0 in the shape that GitHub code scanning takes.
//!
//! GitHub refuses a whole upload for one fault in it, keeps 25,000 results without looking at their severity, reads
//! severity per rule, opens alerts for suppressed results and shows annotations only on regions of one line. Hence
//! the worst results come first, what is over a limit is left out and said, and nothing empty is ever written.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_core::{
    Finding, Location as Place, Related, RuleIdx, RuleMeta, ScanReport, SealedFix, Severity, SuppressedBy,
    Suppression as Reason,
};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, Message, MultiformatMessageString,
    Notification, PhysicalLocation, PropertyBag, Region, Replacement, ReportingConfiguration, ReportingDescriptor,
    Result as SarifResult, ResultLevel, Run, Suppression, Tool, ToolComponent,
};

use crate::{Options, text, uri};

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<Option<String>> {
    let mut findings = options.shown(report);
    // Within a severity the report's order stays: path, span, rule.
    findings.sort_by_key(|finding| Reverse(finding.severity));
    let total = findings.len();
    let (mut drafts, duplicates) = drafts(report, &findings);
    loop {
        let omitted = total - duplicates - drafts.len();
        let rules = Rules::of(&drafts);
        let results = results(report, &rules, &drafts);
        let log = serde_json::to_vec(&Log::new(run(report, options, &rules, omitted), &results))?;
        let size = gzipped(&log)?;
        if size <= MAX_GZIP || drafts.is_empty() {
            out.write_all(&log)?;
            return Ok(left_out(drafts.len(), total - duplicates));
        }
        // Results compress alike, so the share that fits is the share of the size; a little less, to end soon.
        drafts.truncate(drafts.len().saturating_mul(MAX_GZIP) / size * 19 / 20);
    }
}

/// GitHub takes 10 MiB; the uploader compresses better than the fast level that is measured here.
const MAX_GZIP: usize = 10 * 1024 * 1024 - 64 * 1024;
const MAX_RESULTS: usize = 25_000;
/// What it keeps of them, in the order that they are written in.
const MAX_SHOWN: usize = 5_000;
const MAX_RELATED: usize = 100;
const MAX_DESCRIPTION: usize = 1024;
const MAX_TAGS: usize = 20;
const MAX_NOTIFICATIONS: usize = 1000;

/// What is to be said of results that code scanning does not take or show.
fn left_out(written: usize, all: usize) -> Option<String> {
    let shown = text::grouped(MAX_SHOWN);
    crate::left_out(written, all, "code scanning takes no more")
        .map(|it| if written > MAX_SHOWN { format!("{it}, and shows {shown}") } else { it })
        .or_else(|| {
            let results = text::count(written, "finding").replace('\u{a0}', " ");
            (written > MAX_SHOWN)
                .then(|| format!("{results} are in it, the most severe first: code scanning shows {shown}"))
        })
}

/// The size of what GitHub would be sent; the plain size where that fits already.
fn gzipped(log: &[u8]) -> io::Result<usize> {
    if log.len() <= MAX_GZIP {
        return Ok(log.len());
    }
    let mut encoder = GzEncoder::new(Count(0), Compression::fast());
    encoder.write_all(log)?;
    Ok(encoder.finish()?.0)
}

/// Counts what is written to it.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file: serde-sarif's types, but for the results, which are text already so that they are serialised once.
#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [RunWire<'a>; 1],
}

#[derive(Serialize)]
struct RunWire<'a> {
    #[serde(flatten)]
    run: Run,
    results: &'a [Box<RawValue>],
}

impl<'a> Log<'a> {
    fn new(run: Run, results: &'a [Box<RawValue>]) -> Self {
        Self {
            schema: "https://json.schemastore.org/sarif-2.1.0.json",
            version: "2.1.0",
            runs: [RunWire { run, results }],
        }
    }
}

fn run(report: &ScanReport, options: &Options, rules: &Rules, omitted: usize) -> Run {
    let descriptors: Vec<ReportingDescriptor> =
        rules.0.iter().map(|(rule, severity)| descriptor(report.catalog.get(*rule), *severity, options)).collect();
    let mut driver = ToolComponent::builder()
        .name("portcullis")
        .version(options.tool.version.clone())
        .semantic_version(options.tool.version.clone())
        .rules(descriptors)
        .build();
    driver.information_uri = filled(&options.tool.uri);
    let mut invocation = Invocation::builder().execution_successful(report.errors.is_empty()).build();
    let notifications = notifications(report, omitted);
    if !notifications.is_empty() {
        invocation.tool_execution_notifications = Some(notifications);
    }
    Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind("utf16CodeUnits")
        .invocations([invocation])
        .build()
}

/// The rules that have results, sorted by id, each with the worst severity that a finding of it has: GitHub knows one
/// severity per rule, and configuration may have changed it for some paths.
struct Rules(BTreeMap<RuleIdx, Severity>);

impl Rules {
    fn of(drafts: &[Draft<'_>]) -> Self {
        let mut rules = BTreeMap::new();
        for Draft { finding, .. } in drafts {
            let severity = rules.entry(finding.rule).or_insert(finding.severity);
            *severity = finding.severity.max(*severity);
        }
        Self(rules)
    }
}

fn descriptor(rule: &RuleMeta, severity: Severity, options: &Options) -> ReportingDescriptor {
    let title = filled(rule.title()).unwrap_or_else(|| rule.id.to_string());
    let explanation = filled(rule.explanation().trim()).unwrap_or_else(|| title.clone());
    let help = help(rule, &explanation);
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id.clone())
        .short_description(multiformat(capped(&title)))
        .full_description(multiformat(capped(&explanation)))
        .help(MultiformatMessageString::builder().text(help.replace("**", "")).markdown(help).build())
        .default_configuration(ReportingConfiguration::builder().level(level_name(severity)).build())
        .properties(properties(rule, severity))
        .build();
    descriptor.help_uri = uri::docs(&options.tool, rule);
    descriptor
}

fn properties(rule: &RuleMeta, severity: Severity) -> PropertyBag {
    let mut properties = PropertyBag::builder()
        .additional_properties(BTreeMap::from([
            ("precision".to_owned(), rule.confidence.name().into()),
            ("security-severity".to_owned(), security_severity(severity).into()),
        ]))
        .build();
    properties.tags = Some(tags(rule, severity)).filter(|tags| !tags.is_empty());
    properties
}

fn multiformat(text: String) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// Markdown whose only emphasis is bold, so that it is text without the asterisks.
fn help(rule: &RuleMeta, explanation: &str) -> String {
    let mut help = explanation.to_owned();
    if !rule.options.is_empty() {
        help.push_str("\n\n**Options**\n");
        for option in rule.options.iter() {
            let _ = write!(help, "\n- `{}`: {}", option.name, option.docs);
        }
    }
    let also = text::peers(rule.peers.iter()).replace('\u{a0}', " ");
    if !also.is_empty() {
        let _ = write!(help, "\n\n**The same check elsewhere**: {also}");
    }
    let _ = write!(help, "\n\n**Suppress** with a comment: `# portcullis: ignore[{}] reason`", rule.id);
    help
}

/// GitHub shows a security severity only for rules that are tagged `security`, and knows weaknesses by its own tag.
fn tags(rule: &RuleMeta, severity: Severity) -> Vec<String> {
    let own = rule
        .tags
        .iter()
        .filter(|tag| !tag.is_empty() && *tag != "security")
        .map(|tag| if tag.starts_with("cwe-") { format!("external/cwe/{tag}") } else { tag.to_owned() });
    // Info is house style and advice; among security alerts it would only hide them.
    let security = (severity > Severity::Info).then(|| "security".to_owned());
    let mut tags: Vec<String> = Vec::new();
    for tag in security.into_iter().chain(own) {
        if !tags.contains(&tag) && tags.len() < MAX_TAGS {
            tags.push(tag);
        }
    }
    tags
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

fn level_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// In the middle of what GitHub calls by the same name. What nobody has rated has the number of what it counts as: GitHub
/// shows no severity for a rule without one, and its results say that it is unknown.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.5",
    }
}

/// A result before it is written.
struct Draft<'r> {
    finding: &'r Finding,
    uri: String,
    text: String,
    region: Region,
}

/// The results to keep, in order, and how many findings were left out because another says the same.
fn drafts<'r>(report: &'r ScanReport, findings: &[&'r Finding]) -> (Vec<Draft<'r>>, usize) {
    let mut seen = HashSet::new();
    let mut drafts = Vec::new();
    let mut duplicates = 0;
    for finding in findings {
        if drafts.len() == MAX_RESULTS {
            break;
        }
        let uri = uri::relative(&report.root_path(finding.location.file()));
        let text = message(report, finding);
        let region = region(&finding.location, finding.line.as_deref());
        if seen.insert((finding.rule, uri.clone(), region.start_line, region.start_column, text.clone())) {
            drafts.push(Draft { finding, uri, text, region });
        } else {
            duplicates += 1;
        }
    }
    (drafts, duplicates)
}

fn results(report: &ScanReport, rules: &Rules, drafts: &[Draft<'_>]) -> Vec<Box<RawValue>> {
    let indices: BTreeMap<RuleIdx, i64> = rules.0.keys().copied().zip(0..).collect();
    // Either all results have a state or none has.
    let has_baseline = report.findings.iter().any(is_baselined);
    let write = |draft: &Draft<'_>| {
        let index = indices.get(&draft.finding.rule).copied().unwrap_or_default();
        let mut result = result(report, draft, index);
        let state = if is_baselined(draft.finding) { "unchanged" } else { "new" };
        result.baseline_state = has_baseline.then(|| state.into());
        serde_json::value::to_raw_value(&result).expect("SARIF results are strings and numbers")
    };
    drafts.par_iter().map(write).collect()
}

/// GitHub looks at neither states nor suppressions, so that what is in the baseline is left out unless it is asked for.
fn is_baselined(finding: &Finding) -> bool {
    finding.suppressed.as_deref().is_some_and(|reason| reason.by == SuppressedBy::Baseline)
}

fn result(report: &ScanReport, draft: &Draft<'_>, rule_index: i64) -> SarifResult {
    let finding = draft.finding;
    let rule = report.catalog.get(finding.rule);
    let primary = physical(draft.uri.clone(), draft.region.clone());
    let mut result = SarifResult::builder()
        .rule_id(rule.id.clone())
        .rule_index(rule_index)
        .level(level(finding.severity))
        .message(Message::builder().text(draft.text.clone()).build())
        .locations([Location::builder().physical_location(primary).build()])
        .fingerprints(BTreeMap::from([("portcullis/v1".to_owned(), finding.fingerprint.to_string())]))
        .build();
    result.partial_fingerprints =
        finding.line_hash.map(|hash| BTreeMap::from([("primaryLocationLineHash".to_owned(), hash.to_string())]));
    let related: Vec<Location> = (1..)
        .zip(&finding.related)
        .take(MAX_RELATED)
        .map(|(id, related)| {
            let uri = uri::relative(&report.root_path(related.location.file()));
            Location::builder()
                .id(id)
                .message(Message::builder().text(related_text(related)).build())
                .physical_location(physical(uri, region(&related.location, related.line.as_deref())))
                .build()
        })
        .collect();
    if !related.is_empty() {
        result.related_locations = Some(related);
    }
    if finding.unrated {
        let severity = BTreeMap::from([("severity".to_owned(), finding.severity_name().into())]);
        result.properties = Some(PropertyBag::builder().additional_properties(severity).build());
    }
    let is_shown = |fix: &&SealedFix| finding.is_fixable() && !fix.holds_secret;
    result.fixes = finding.fix.as_deref().filter(is_shown).map(|fix| vec![fixed(fix, &draft.uri)]);
    result.suppressions = finding.suppressed.as_deref().map(|reason| vec![suppression(reason)]);
    result
}

/// SARIF has no word for a fix that wants a look, so that only safe ones are written.
fn fixed(fix: &SealedFix, uri: &str) -> Fix {
    let replacements: Vec<Replacement> = fix
        .edits
        .iter()
        .map(|edit| {
            let (start, end) = (edit.location.start, edit.location.end);
            let region = Region::builder()
                .start_line(i64::from(start.line))
                .start_column(i64::from(start.utf16))
                .end_line(i64::from(end.line))
                .end_column(i64::from(end.utf16))
                .build();
            let mut replacement = Replacement::builder().deleted_region(region).build();
            replacement.inserted_content = filled_text(&edit.text);
            replacement
        })
        .collect();
    let change = ArtifactChange::builder()
        .artifact_location(ArtifactLocation::builder().uri(uri.to_owned()).build())
        .replacements(replacements)
        .build();
    Fix::builder().description(Message::builder().text(plain(&fix.title)).build()).artifact_changes([change]).build()
}

fn filled_text(text: &str) -> Option<ArtifactContent> {
    (!text.is_empty()).then(|| ArtifactContent::builder().text(text.to_owned()).build())
}

fn physical(uri: String, region: Region) -> PhysicalLocation {
    PhysicalLocation::builder().artifact_location(ArtifactLocation::builder().uri(uri).build()).region(region).build()
}

fn suppression(reason: &Reason) -> Suppression {
    let kind = match reason.by {
        SuppressedBy::Comment(_) | SuppressedBy::Annotation(_) => "inSource",
        SuppressedBy::Config | SuppressedBy::Baseline | SuppressedBy::Vex => "external",
    };
    let mut suppression = Suppression::builder().kind(kind).build();
    suppression.justification = reason.reason.as_deref().and_then(filled);
    suppression
}

/// What is wrong, what to do, and links to the related places, which GitHub shows only where the text names them.
fn message(report: &ScanReport, finding: &Finding) -> String {
    let rule = report.catalog.get(finding.rule);
    let mut text = plain(text::says(rule, finding));
    if let Some(commit) = finding.commit.as_deref() {
        let _ = write!(text, " ({})", text::commit(commit));
    }
    if let Some(help) = finding.help.as_deref().and_then(filled) {
        let _ = write!(text, ". Help: {}", plain(&help));
    }
    let links: Vec<String> = (1..)
        .zip(&finding.related)
        .take(MAX_RELATED)
        .map(|(id, related)| format!("[{}]({id})", related_text(related).replace(['[', ']'], "")))
        .collect();
    if !links.is_empty() {
        let _ = write!(text, ". See {}", links.join(", "));
    }
    text
}

/// Text that holds no link: what is scanned must not be able to write one.
fn plain(text: &str) -> String {
    let text = text.trim_end();
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text.to_owned() }
}

fn related_text(related: &Related) -> String {
    filled(&related.message).unwrap_or_else(|| "related place".to_owned())
}

/// A region of one line. A span of several ends with its first line, an empty one takes in a neighbour; the end is
/// left out, which means the line's end, only where the line is empty or unknown.
fn region(place: &Place, line: Option<&str>) -> Region {
    let past_end = line.map(|line| line.chars().map(char::len_utf16).sum::<usize>() + 1).map(narrow);
    let mut start = place.start.utf16.max(1);
    let mut end = if place.end.line > place.start.line { past_end } else { Some(place.end.utf16) };
    if end.is_some_and(|end| end <= start) {
        if past_end.is_some_and(|past_end| past_end <= start) {
            start = start.saturating_sub(1);
        }
        end = Some(start + 1);
        if start == 0 {
            (start, end) = (1, None);
        }
    }
    let line = i64::from(place.start.line.max(1));
    let mut region = Region::builder().start_line(line).end_line(line).start_column(i64::from(start)).build();
    region.end_column = end.map(i64::from);
    region
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn notifications(report: &ScanReport, omitted: usize) -> Vec<Notification> {
    let left_out = (omitted > 0).then(|| {
        let results = text::count(omitted, "result");
        ("warning", format!("{results} of the lowest severity left out: code scanning takes no more"))
    });
    let errors = report.errors.iter().map(|error| ("error", error.to_string()));
    let notes = report.notes.iter().map(|note| {
        let place = if note.path.is_empty() { String::new() } else { format!("{}: ", note.path) };
        ("note", format!("{place}{}", note.message))
    });
    let rest = (report.errors.len() + report.notes.len()).saturating_sub(MAX_NOTIFICATIONS);
    let unsaid = (rest > 0).then(|| ("note", format!("{} left out", text::count(rest, "more notification"))));
    left_out
        .into_iter()
        .chain(errors.chain(notes).take(MAX_NOTIFICATIONS))
        .chain(unsaid)
        .map(|(level, text)| (level, text.replace('\u{a0}', " ")))
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(level, text)| {
            Notification::builder().level(level).message(Message::builder().text(text).build()).build()
        })
        .collect()
}

/// At most [`MAX_DESCRIPTION`] characters, cut after a word.
fn capped(text: &str) -> String {
    if text.chars().count() <= MAX_DESCRIPTION {
        return text.to_owned();
    }
    let head: String = text.chars().take(MAX_DESCRIPTION - 1).collect();
    let cut = head.rsplit_once(char::is_whitespace).map_or(head.as_str(), |(words, _)| words).trim_end();
    format!("{cut}…")
}

/// The text, unless it is blank: GitHub refuses empty strings.
fn filled(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}
