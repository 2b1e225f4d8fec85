//! Tests for people: what does not hold, why, and what it printed; then how many there were.

use std::io::{self, Write};

use portcullis_core::{Outcome, TestCase, TestReport};

use super::{lists_all, percent, ranges};
use crate::Options;
use crate::text::{Palette, clean, grouped};

pub(super) fn write(report: &TestReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for case in &report.cases {
        write_case(case, options, out)?;
    }
    if let Some(files) = &report.coverage {
        for file in files.iter().filter(|file| !file.missed.is_empty() || lists_all(options)) {
            let lines = if file.missed.is_empty() { String::new() } else { format!(", not {}", ranges(&file.missed)) };
            writeln!(out, "{}: {} covered{lines}", clean(&file.path, options.glyphs), percent(file.covered()))?;
        }
    }
    let summary = report.summary();
    let counts = [
        (summary.passed, "passed"),
        (summary.failed, "failed"),
        (summary.errors, "could not be evaluated"),
        (summary.skipped, "skipped"),
    ];
    let counts = counts.iter().filter(|(count, word)| *count > 0 || *word == "passed");
    let counts: Vec<String> = counts.map(|(count, word)| format!("{} {word}", grouped(*count))).collect();
    let covered = report.covered().map(|covered| format!("; {} of the lines covered", percent(covered)));
    writeln!(out, "{}{}", counts.join(", "), covered.unwrap_or_default())
}

fn write_case(case: &TestCase, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let palette = Palette::new(options);
    let critical = palette.severity(portcullis_core::Severity::Critical);
    let (word, style, reason) = match &case.outcome {
        Outcome::Passed if lists_all(options) => ("passed", palette.good(), None),
        Outcome::Skipped if lists_all(options) => ("skipped", palette.faint(), None),
        Outcome::Passed | Outcome::Skipped => return Ok(()),
        Outcome::Failed(reason) => ("failed", critical, Some(reason)),
        Outcome::Error(reason) => ("could not be evaluated", critical, Some(reason)),
    };
    let path = clean(&case.path, options.glyphs);
    // As `--run` takes it: a rule's path, or the names of a suite, its test and its case.
    let between = if case.path.ends_with(".rego") { "." } else { "//" };
    let (word, name) = (style.style(word), format!("{}{between}{}", case.group, case.name));
    writeln!(
        out,
        "{}: {} {word}",
        palette.path().style(format!("{path}:{}", case.line)),
        clean(&name, options.glyphs)
    )?;
    for line in reason.iter().flat_map(|reason| reason.lines()) {
        writeln!(out, "  {}", clean(line, options.glyphs))?;
    }
    for print in &case.prints {
        writeln!(out, "  {} {}", palette.faint().style("printed:"), clean(print, options.glyphs))?;
    }
    Ok(())
}
