//! `junit`: JUnit's XML for build servers: a suite for each file, a failed test for each finding.
//!
//! Written so that both schemas in use take it, Ant's, which demands much, and Jenkins', which knows little. A scan without
//! findings is one test that passes, because build servers take a report without tests for a mistake.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use portcullis_core::{Finding, ScanError, ScanReport};

use crate::escape::markup;
use crate::summary::looked_at;
use crate::text::{clean, peers, says};
use crate::{Glyphs, Options, text, uri};

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in options.shown(report) {
        suites.entry(report.path(finding.location.file())).or_default().push(finding);
    }
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")?;
    let mut number = 0;
    if suites.is_empty() || !report.errors.is_empty() {
        out.write_all(scan_suite(report, options).as_bytes())?;
        number += 1;
    }
    for (path, findings) in suites {
        out.write_all(suite(path, &findings, report, options, number).as_bytes())?;
        number += 1;
    }
    out.write_all(b"</testsuites>\n")
}

/// The scan itself: what kept it from its job, or that nothing was found.
fn scan_suite(report: &ScanReport, options: &Options) -> String {
    let mut text = head("portcullis", report.errors.len().max(1), [0, report.errors.len(), 0], 0, options);
    if report.errors.is_empty() && report.stats.is_nothing() {
        text = head("portcullis", 1, [0, 0, 1], 0, options);
        text.push_str(
            "    <testcase name=\"nothing was scanned\" classname=\"portcullis\" time=\"0\">\n      <skipped/>\n    </testcase>\n",
        );
    } else if report.errors.is_empty() {
        let name = format!("no findings in {}", looked_at(&report.stats)).replace('\u{a0}', " ");
        let _ = writeln!(text, "    <testcase name=\"{}\" classname=\"portcullis\" time=\"0\"/>", markup(&name));
    }
    for error in &report.errors {
        text.push_str(&failed(error));
    }
    text.push_str(TAIL);
    text
}

fn failed(error: &ScanError) -> String {
    let message = escaped(&error.to_string());
    format!(
        "    <testcase name=\"{message}\" classname=\"portcullis\" time=\"0\">\n      <error type=\"scan\" \
         message=\"{message}\">{message}</error>\n    </testcase>\n"
    )
}

fn suite(path: &str, findings: &[&Finding], report: &ScanReport, options: &Options, number: usize) -> String {
    let suppressed = findings.iter().filter(|finding| finding.suppressed.is_some()).count();
    let counts = [findings.len() - suppressed, 0, suppressed];
    let mut text = head(path, findings.len(), counts, number, options);
    for finding in findings {
        text.push_str(&case(finding, report, options));
    }
    text.push_str(TAIL);
    text
}

/// Ant's schema wants a time and a host; the day is all that an output may say of when it was made.
fn head(name: &str, tests: usize, counts: [usize; 3], number: usize, options: &Options) -> String {
    let [failures, errors, skipped] = counts;
    format!(
        "  <testsuite name=\"{}\" package=\"portcullis\" id=\"{number}\" timestamp=\"{}T00:00:00\" \
         hostname=\"localhost\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" \
         time=\"0\">\n    <properties>\n      <property name=\"version\" value=\"{}\"/>\n    </properties>\n",
        markup(&text::whole_path(name, Glyphs::Unicode)),
        options.day,
        escaped(&options.tool.version)
    )
}

const TAIL: &str = "    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>\n";

fn case(finding: &Finding, report: &ScanReport, options: &Options) -> String {
    let rule = report.catalog.get(finding.rule);
    let start = finding.location.start;
    let path = text::whole_path(report.path(finding.location.file()), Glyphs::Unicode);
    let place = format!("{path}:{}:{}", start.line, start.column);
    let message = says(rule, finding);
    let mut text = format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"0\">\n",
        escaped(&format!("{place}: {message}")),
        escaped(&rule.id)
    );
    if finding.suppressed.is_some() {
        text.push_str("      <skipped/>\n");
    } else {
        let mut lines = vec![format!("{place}: {}[{}] {message}", finding.severity_name(), rule.id)];
        lines.extend(finding.help.as_deref().map(|help| format!("help: {help}")));
        lines.extend(finding.commit.as_deref().map(text::commit));
        let also = peers(rule.peers.iter()).replace('\u{a0}', " ");
        lines.extend((!also.is_empty()).then(|| format!("also: {also}")));
        lines.extend(uri::docs(&options.tool, rule));
        let lines: Vec<String> = lines.iter().map(|line| markup(&clean(line, Glyphs::Unicode))).collect();
        let _ = writeln!(
            text,
            "      <failure type=\"{}\" message=\"{}\">{}</failure>",
            finding.severity_name(),
            escaped(message),
            lines.join("\n")
        );
    }
    text.push_str("    </testcase>\n");
    text
}

fn escaped(text: &str) -> String {
    markup(&clean(text, Glyphs::Unicode))
}
