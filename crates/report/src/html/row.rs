//! One finding of the page's table.

use std::fmt::Write as _;

use portcullis_core::{Confidence, Finding, ScanReport, SuppressedBy};

use super::{Folders, domain_number, shown};
use crate::domain::Domain;
use crate::escape::{markup, markup_message};
use crate::snippet;
use crate::text::{clean, peers, says};
use crate::{Glyphs, Options, text, uri};

/// Columns of a source line; a browser breaks what is longer than the page.
const COLUMNS: usize = 160;

/// Related places that are shown.
const MAX_RELATED: usize = 10;

pub(super) fn row(report: &ScanReport, options: &Options, finding: &Finding, at: usize, folders: &Folders) -> String {
    let rule = report.catalog.get(finding.rule);
    let severity = finding.severity_name();
    let mut row = format!(
        "<tr data-n=\"{at}\" data-d=\"{}\" data-f=\"{}\"><td class=\"{severity}\">{severity}</td><td><p>{}</p>",
        domain_number(Domain::of(rule)),
        folders.number(finding),
        message(says(rule, finding))
    );
    if let Some(line) = finding.line.as_deref() {
        row.push_str(&source(finding, line));
    }
    if let Some(help) = finding.help.as_deref() {
        let _ = write!(row, "<p class=\"help\">{}</p>", message(help));
    }
    for related in finding.related.iter().take(MAX_RELATED) {
        let start = related.location.start;
        let path = text::path(report.path(related.location.file()), Glyphs::Unicode);
        let place = format!("{path}:{}:{}", start.line, start.column);
        let _ = write!(row, "<p class=\"more\"><code>{}</code> {}</p>", shown(&place), message(&related.message));
    }
    for more in remarks(finding) {
        let _ = write!(row, "<p class=\"more\">{}</p>", shown(&more));
    }
    let id = shown(&rule.id);
    let _ = write!(row, "</td><td>{}", linked(&id, uri::docs(&options.tool, rule)));
    let also = peers(rule.peers.iter()).replace('\u{a0}', " ");
    if !also.is_empty() {
        let _ = write!(row, "<small>{}</small>", shown(&also));
    }
    let start = finding.location.start;
    let place = format!("{}<wbr>:{}:{}", breakable(report.path(finding.location.file())), start.line, start.column);
    let _ = writeln!(row, "</td><td>{}</td></tr>", linked(&place, uri::line(report, options, finding)));
    row
}

fn message(text: &str) -> String {
    markup_message(&clean(text, Glyphs::Unicode))
}

fn remarks(finding: &Finding) -> Vec<String> {
    let mut remarks = Vec::new();
    if finding.is_fixable() {
        remarks.push("--fix removes it".to_owned());
    } else if finding.has_unsafe_fix() {
        remarks.push("--fix --unsafe-fixes removes it".to_owned());
    }
    remarks.extend(finding.commit.as_deref().map(text::commit));
    if finding.confidence == Confidence::Low {
        remarks.push("confidence is low: a heuristic, so look before you act".to_owned());
    }
    if let Some(suppressed) = finding.suppressed.as_deref() {
        let by = match suppressed.by {
            SuppressedBy::Comment(_) => "a comment",
            SuppressedBy::Annotation(_) => "an annotation",
            SuppressedBy::Config => "the configuration",
            SuppressedBy::Baseline => "",
            SuppressedBy::Vex => "a VEX statement",
        };
        let reason = suppressed.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        remarks.push(if by.is_empty() {
            format!("in the baseline{reason}")
        } else {
            format!("suppressed by {by}{reason}")
        });
    }
    remarks
}

/// The line as `pretty` shows it, without the blanks before it.
fn source(finding: &Finding, line: &str) -> String {
    let (start, end) = (finding.location.start, finding.location.end);
    let first = start.column.saturating_sub(1) as usize;
    let blanks = line.chars().take(first).take_while(|c| matches!(c, ' ' | '\t')).count();
    let text: &str = line.char_indices().nth(blanks).and_then(|(at, _)| line.get(at..)).unwrap_or(line);
    let last = if end.line > start.line { usize::MAX } else { end.column.saturating_sub(1) as usize };
    let [before, marked, after] = snippet::parts(text, first - blanks, last.saturating_sub(blanks), COLUMNS);
    format!(
        "<pre><i>{}</i> {}<mark>{}</mark>{}</pre>",
        start.line,
        markup(&before),
        markup(&marked),
        markup(after.trim_end())
    )
}

/// A path that may be broken after its slashes.
fn breakable(path: &str) -> String {
    markup(&text::path(path, Glyphs::Unicode)).replace('/', "/<wbr>")
}

fn linked(shown: &str, address: Option<String>) -> String {
    match address {
        Some(address) => format!("<a href=\"{}\">{shown}</a>", markup(&address)),
        None => format!("<span>{shown}</span>"),
    }
}
