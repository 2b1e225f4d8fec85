//! `markdown`: a summary for a job's page or a comment: totals, the rules found most often, then the findings, the most
//! severe first.
//!
//! GitHub refuses a summary of more than 1 MiB as a whole, so that what does not fit is left out and counted. Nothing that
//! was scanned can write markup, mention anybody or end a cell.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use portcullis_core::{Finding, RuleIdx, ScanReport, Severity, UNKNOWN};

use crate::escape::{markdown_code, markdown_message};
use crate::summary::{NOTHING, hidden, looked_at};
use crate::text::{clean, count, grouped, says, truncated};
use crate::{Glyphs, Options, text, uri};

/// Bytes that a summary may have; errors, rules and what was left out always fit into the least.
const LIMITS: (usize, usize) = (128 << 10, 1 << 20);

/// Kept free for what ends the summary.
const RESERVE: usize = 2048;

/// How many of the rules that are found most often are named, and errors.
const TOP: usize = 10;

/// Characters of one text; a cell is no place for more.
const MAX_TEXT: usize = 500;

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<Option<String>> {
    let (least, most) = LIMITS;
    let mut page =
        Page { report, options, text: String::new(), room: options.summary_limit.clamp(least, most) - RESERVE };
    page.totals();
    page.errors();
    let findings = options.shown(report);
    page.top(&findings);
    let left_out = page.findings(&findings);
    out.write_all(page.text.as_bytes())?;
    Ok(crate::left_out(findings.len() - left_out, findings.len(), "a summary has a limit"))
}

struct Page<'r> {
    report: &'r ScanReport,
    options: &'r Options,
    text: String,
    room: usize,
}

impl Page<'_> {
    fn totals(&mut self) {
        let summary = self.report.summary();
        let heading = match summary.total() {
            0 if self.report.stats.is_nothing() => NOTHING.to_owned(),
            0 => "no findings".to_owned(),
            total => count(total, "finding"),
        };
        let mut counts: Vec<(&str, usize)> =
            Severity::ALL.into_iter().map(|severity| (severity.name(), summary.of(severity))).collect();
        counts.extend((summary.unknown > 0).then_some((UNKNOWN, summary.unknown)));
        let _ = writeln!(self.text, "## portcullis: {heading}\n");
        if summary.total() > 0 {
            let names: Vec<&str> = counts.iter().map(|(name, _)| *name).collect();
            let numbers: Vec<String> = counts.iter().map(|(_, number)| grouped(*number)).collect();
            let _ = writeln!(self.text, "| {} |", names.join(" | "));
            let _ = writeln!(self.text, "|{}", " ---: |".repeat(counts.len()));
            let _ = writeln!(self.text, "| {} |\n", numbers.join(" | "));
        }
        let mut parts = hidden(&summary);
        parts.push(looked_at(&self.report.stats));
        let _ = writeln!(self.text, "{}\n", parts.join(" · "));
        self.text = self.text.replace('\u{a0}', " ");
    }

    fn errors(&mut self) {
        let errors = &self.report.errors;
        if errors.is_empty() {
            return;
        }
        self.text.push_str("### The scan is not complete\n\n");
        for error in errors.iter().take(TOP) {
            let _ = writeln!(self.text, "- {}", prose(&error.to_string()));
        }
        if let Some(more @ 1..) = errors.len().checked_sub(TOP) {
            let _ = writeln!(self.text, "- and {} more", grouped(more));
        }
        self.text.push('\n');
    }

    /// The rules with the most findings, where they are more than a few findings.
    fn top(&mut self, findings: &[&Finding]) {
        let mut counts: HashMap<RuleIdx, (Reverse<usize>, Severity)> = HashMap::new();
        for finding in findings {
            let (Reverse(number), worst) = counts.entry(finding.rule).or_insert((Reverse(0), finding.severity));
            *number += 1;
            *worst = finding.severity.max(*worst);
        }
        if findings.len() <= TOP {
            return;
        }
        let mut counts: Vec<_> = counts.into_iter().map(|(rule, (number, worst))| (number, rule, worst)).collect();
        counts.sort_unstable();
        self.text.push_str("### Found most often\n\n| findings | severity | rule | |\n| ---: | --- | --- | --- |\n");
        for (Reverse(number), index, worst) in counts.into_iter().take(TOP) {
            let rule = self.report.catalog.get(index);
            let worst = if rule.unrated { UNKNOWN } else { worst.name() };
            let title = prose(rule.title());
            let _ = writeln!(self.text, "| {} | {worst} | {} | {title} |", grouped(number), self.rule(index));
        }
        self.text.push('\n');
    }

    /// A table for each severity; those below high are folded. Gives how many findings there was no room for.
    fn findings(&mut self, findings: &[&Finding]) -> usize {
        let names = Severity::ALL.map(Severity::name).into_iter().chain([UNKNOWN]);
        let mut left_out: Vec<String> = Vec::new();
        let mut written = 0;
        for name in names {
            let of_name: Vec<&Finding> =
                findings.iter().filter(|finding| finding.severity_name() == name).copied().collect();
            let Some(first) = of_name.first() else { continue };
            let open = if matches!(first.severity, Severity::Critical | Severity::High) { " open" } else { "" };
            let head = format!(
                "<details{open}><summary><b>{name}</b>: {}</summary>\n\n| place | finding | rule |\n| --- | --- | --- \
                 |\n",
                grouped(of_name.len())
            );
            let rows = self.rows(&head, &of_name);
            written += rows;
            if rows < of_name.len() {
                left_out.push(format!("{} {name}", grouped(of_name.len() - rows)));
            }
        }
        if !left_out.is_empty() {
            let parts = left_out.join(", ");
            let _ = writeln!(self.text, "Left out here, because a summary has a limit: {parts}.");
        }
        findings.len() - written
    }

    /// How many of the findings there was room for.
    fn rows(&mut self, head: &str, findings: &[&Finding]) -> usize {
        let start = self.text.len();
        self.text.push_str(head);
        let mut written = 0;
        for finding in findings {
            let row = self.row(finding);
            if self.text.len() + row.len() > self.room {
                break;
            }
            self.text.push_str(&row);
            written += 1;
        }
        if written == 0 {
            self.text.truncate(start);
        } else {
            self.text.push_str("\n</details>\n\n");
        }
        written
    }

    fn row(&self, finding: &Finding) -> String {
        let rule = self.report.catalog.get(finding.rule);
        let path = text::path(self.report.path(finding.location.file()), Glyphs::Unicode);
        let place = format!("{path}:{}", finding.location.start.line);
        let place = linked(&code(&place), uri::line(self.report, self.options, finding).as_deref());
        let mut cell = prose(says(rule, finding));
        if let Some(commit) = finding.commit.as_deref() {
            let _ = write!(cell, " ({})", text::commit(commit));
        }
        if let Some(suppressed) = finding.suppressed.as_deref() {
            let _ = write!(cell, " ({})", text::hidden_by(suppressed));
        }
        if let Some(help) = finding.help.as_deref() {
            let _ = write!(cell, "<br>→ {}", prose(help));
        }
        format!("| {place} | {cell} | {} |\n", self.rule(finding.rule))
    }

    fn rule(&self, index: RuleIdx) -> String {
        let rule = self.report.catalog.get(index);
        linked(&code(&rule.id), uri::docs(&self.options.tool, rule).as_deref())
    }
}

fn prose(text: &str) -> String {
    markdown_message(&truncated(&clean(text, Glyphs::Unicode), MAX_TEXT))
}

fn code(text: &str) -> String {
    markdown_code(&truncated(&clean(text, Glyphs::Unicode), MAX_TEXT))
}

/// What would end the address of a link, or a cell.
const ADDRESS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'(')
    .add(b')')
    .add(b'<')
    .add(b'>')
    .add(b'|')
    .add(b'\\')
    .add(b'`')
    .add(b'"')
    .add(b'[')
    .add(b']');

fn linked(shown: &str, address: Option<&str>) -> String {
    match address {
        Some(address) => format!("[{shown}]({})", utf8_percent_encode(address, ADDRESS)),
        None => shown.to_owned(),
    }
}
