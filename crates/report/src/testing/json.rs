//! `portcullis-test/1`: every test with its place and outcome, and the lines of each policy where they were counted.

use std::collections::BTreeSet;
use std::io::{self, Write};

use portcullis_core::{FileCoverage, Outcome, TestCase, TestReport};
use serde::Serialize;

#[derive(Serialize)]
struct Wire<'r> {
    schema: &'static str,
    summary: Summary,
    tests: Vec<Test<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Vec<Coverage<'r>>>,
}

#[derive(Serialize)]
struct Summary {
    passed: usize,
    failed: usize,
    errors: usize,
    skipped: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    covered: Option<f64>,
}

#[derive(Serialize)]
struct Test<'r> {
    location: Location<'r>,
    group: &'r str,
    name: &'r str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'r str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    prints: &'r [String],
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    line: u32,
}

#[derive(Serialize)]
struct Coverage<'r> {
    path: &'r str,
    covered: f64,
    covered_lines: &'r BTreeSet<u32>,
    missed_lines: &'r BTreeSet<u32>,
}

pub(super) fn write(report: &TestReport, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let wire = Wire {
        schema: "portcullis-test/1",
        summary: Summary {
            passed: summary.passed,
            failed: summary.failed,
            errors: summary.errors,
            skipped: summary.skipped,
            covered: report.covered().map(percent),
        },
        tests: report.cases.iter().map(test).collect(),
        coverage: report.coverage.as_ref().map(|files| files.iter().map(coverage).collect()),
    };
    serde_json::to_writer_pretty(&mut *out, &wire)?;
    writeln!(out)
}

fn test(case: &TestCase) -> Test<'_> {
    let (outcome, message) = match &case.outcome {
        Outcome::Passed => ("passed", None),
        Outcome::Failed(reason) => ("failed", Some(reason.as_str())),
        Outcome::Error(reason) => ("error", Some(reason.as_str())),
        Outcome::Skipped => ("skipped", None),
    };
    let location = Location { path: &case.path, line: case.line };
    Test { location, group: &case.group, name: &case.name, outcome, message, prints: &case.prints }
}

fn coverage(file: &FileCoverage) -> Coverage<'_> {
    let covered = percent(file.covered());
    Coverage { path: &file.path, covered, covered_lines: &file.covered, missed_lines: &file.missed }
}

fn percent(hundredths: u32) -> f64 {
    f64::from(hundredths) / 100.0
}
