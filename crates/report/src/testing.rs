//! What came of tests of policies: for people, for programs, and as JUnit's XML for build servers.

mod json;
mod junit;
mod pretty;

use std::collections::BTreeSet;
use std::io::{self, Write};

use portcullis_core::TestReport;

use crate::{Options, Verbosity};

/// The formats of a run of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestFormat {
    /// For people: tests that do not hold, with their places; all of them where [`Verbosity::Verbose`] asks for it.
    Pretty,
    /// For programs: the stable `portcullis-test/1`.
    Json,
    /// For build servers: JUnit's XML, a suite for each package.
    Junit,
}

/// Writes what came of tests. A closed pipe is an error of kind [`io::ErrorKind::BrokenPipe`] like any other.
pub fn write_tests(report: &TestReport, format: TestFormat, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        TestFormat::Pretty => pretty::write(report, options, out),
        TestFormat::Json => json::write(report, out),
        TestFormat::Junit => junit::write(report, out),
    }
}

fn lists_all(options: &Options) -> bool {
    options.verbosity == Verbosity::Verbose
}

/// `83.33%`, of hundredths of a percent.
fn percent(hundredths: u32) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// Lines in a row as `3-5`, separated by commas.
fn ranges(lines: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &line in lines {
        match ranges.last_mut() {
            Some((_, last)) if last.saturating_add(1) == line => *last = line,
            _ => ranges.push((line, line)),
        }
    }
    let ranges = ranges
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") });
    ranges.collect::<Vec<_>>().join(", ")
}
