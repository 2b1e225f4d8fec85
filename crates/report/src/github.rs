//! `github`: workflow commands, which GitHub shows as annotations of a run and beside the lines of a pull request.
//!
//! GitHub shows ten annotations of each level for a step and drops the others without a word, so that the most severe
//! come first and the rest is counted. Three levels stay below the fifty that it shows for a job. Suppressed findings are
//! never written: an annotation has no way to say that it does not count.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use portcullis_core::{Finding, ScanReport, Severity};

use crate::escape::{command_data, command_property};
use crate::text::{clean, count, says, truncated};
use crate::{Glyphs, Options, text, uri};

/// Annotations of one level that GitHub shows for a step.
const MAX_ANNOTATIONS: usize = 10;

/// Characters of a title that GitHub shows.
const MAX_TITLE: usize = 200;
const MAX_MESSAGE: usize = 4000;

pub(crate) fn write(report: &ScanReport, _: &Options, out: &mut dyn Write) -> io::Result<Option<String>> {
    let mut findings: Vec<&Finding> = report.active().collect();
    // Within a severity the report's order stays: path, span, rule.
    findings.sort_by_key(|finding| Reverse(finding.severity));
    let mut levels: [Level; 3] = [Level::new("error"), Level::new("warning"), Level::new("notice")];
    for error in &report.errors {
        let [errors, ..] = &mut levels;
        errors.add(|| format!("::error title=portcullis::{}\n", command_data(&shown(&error.to_string(), MAX_MESSAGE))));
    }
    for finding in findings {
        let [errors, warnings, notices] = &mut levels;
        let level = match finding.severity {
            Severity::Critical | Severity::High => errors,
            Severity::Medium => warnings,
            Severity::Low | Severity::Info => notices,
        };
        let name = level.name;
        level.add(|| annotation(report, finding, name));
    }
    for level in &levels {
        out.write_all(level.text.as_bytes())?;
    }
    out.write_all(left_out(&levels).as_bytes())?;
    let all: usize = levels.iter().map(|level| level.total).sum();
    let shown: usize = levels.iter().map(|level| level.total.min(MAX_ANNOTATIONS)).sum();
    let why = format!("GitHub shows {MAX_ANNOTATIONS} of each level");
    Ok(crate::left_out(shown, all, &why).map(|it| it.replace("most severe", "most severe of each level")))
}

/// The annotations of one level.
struct Level {
    name: &'static str,
    text: String,
    total: usize,
}

impl Level {
    const fn new(name: &'static str) -> Self {
        Self { name, text: String::new(), total: 0 }
    }

    fn add(&mut self, line: impl FnOnce() -> String) {
        self.total += 1;
        if self.total <= MAX_ANNOTATIONS {
            self.text.push_str(&line());
        }
    }
}

/// `::error file=k8s/web.yaml,line=7,endLine=7,col=5,endColumn=9,title=…::message`
fn annotation(report: &ScanReport, finding: &Finding, level: &str) -> String {
    let rule = report.catalog.get(finding.rule);
    let (start, end) = (finding.location.start, finding.location.end);
    let path = uri::inside(&report.root_path(finding.location.file()));
    let mut line = format!("::{level} file={}", command_property(&clean(&path, Glyphs::Unicode)));
    // A pull request shows an annotation only where all of its lines were changed, so that it has one line.
    let first = start.line.max(1);
    let _ = write!(line, ",line={first},endLine={first}");
    if end.line == start.line && end.column > start.column {
        let _ = write!(line, ",col={},endColumn={}", start.column, end.column);
    }
    let title = format!("{}: {} ({})", finding.severity_name(), rule.title(), rule.id);
    let mut message = says(rule, finding).to_owned();
    if let Some(commit) = finding.commit.as_deref() {
        let _ = write!(message, " ({})", text::commit(commit));
    }
    let mut message = shown(&message, MAX_MESSAGE);
    if let Some(help) = finding.help.as_deref() {
        let _ = write!(message, "\nhelp: {}", shown(help, MAX_MESSAGE));
    }
    let _ = writeln!(line, ",title={}::{}", command_property(&shown(&title, MAX_TITLE)), command_data(&message));
    line
}

fn shown(text: &str, most: usize) -> String {
    truncated(&clean(text, Glyphs::Unicode), most).into_owned()
}

/// What has no annotation, in words that are no command.
fn left_out(levels: &[Level]) -> String {
    let more: Vec<(&str, usize)> = levels
        .iter()
        .map(|level| (level.name, level.total.saturating_sub(MAX_ANNOTATIONS)))
        .filter(|(_, more)| *more > 0)
        .collect();
    let total: usize = more.iter().map(|(_, more)| more).sum();
    if total == 0 {
        return String::new();
    }
    let parts: Vec<String> = more.iter().map(|(name, more)| count(*more, name)).collect();
    let what = if total == 1 { "finding has" } else { "findings have" };
    let line = format!(
        "{} more {what} no annotation, because GitHub shows {MAX_ANNOTATIONS} of each level: {}\n",
        text::grouped(total),
        parts.join(", ")
    );
    line.replace('\u{a0}', " ")
}
