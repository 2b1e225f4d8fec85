//! The closing line of a scan.

use portcullis_core::{ScanReport, Severity, Stats, UNKNOWN};

use crate::text::{count, grouped};
use crate::{Glyphs, Options};

/// `4 findings: 1 critical, 2 medium, 1 low · 3 suppressed · 214 files, 118 rules, 41 ms`, without a line break.
pub fn summary_line(report: &ScanReport, options: &Options) -> String {
    breakable(report, options).replace('\u{a0}', " ")
}

/// The line with no-break spaces between a number and what it counts.
pub(crate) fn breakable(report: &ScanReport, options: &Options) -> String {
    let summary = report.summary();
    let stats = &report.stats;
    let mut parts = Vec::new();
    if summary.total() == 0 {
        parts.push("no\u{a0}findings".to_owned());
    } else {
        let severities: Vec<String> = Severity::ALL
            .into_iter()
            .filter(|severity| summary.of(*severity) > 0)
            .map(|severity| (summary.of(severity), severity.name()))
            .chain((summary.unknown > 0).then_some((summary.unknown, UNKNOWN)))
            .map(|(count, name)| format!("{}\u{a0}{name}", grouped(count)))
            .collect();
        parts.push(format!("{}: {}", count(summary.total(), "finding"), severities.join(", ")));
    }
    if summary.suppressed > 0 {
        parts.push(format!("{}\u{a0}suppressed", grouped(summary.suppressed)));
    }
    if !report.errors.is_empty() {
        parts.push(count(report.errors.len(), "error"));
    }
    let elapsed = match stats.elapsed_ms {
        short @ 0..10_000 => format!("{short}\u{a0}ms"),
        long => format!("{}.{}\u{a0}s", long / 1000, long % 1000 / 100),
    };
    parts.push(format!("{}, {elapsed}", looked_at(stats)));
    parts.join(match options.glyphs {
        Glyphs::Unicode => "\u{a0}· ",
        Glyphs::Ascii => "\u{a0}| ",
    })
}

/// `214 files, 118 rules`
pub(crate) fn looked_at(stats: &Stats) -> String {
    let files = match (stats.files, stats.searched) {
        (files, 0) => count(files, "file"),
        (0, searched) => format!("{} searched for secrets", count(searched, "text")),
        (files, more) => format!("{} and {}\u{a0}more for secrets", count(files, "file"), grouped(more)),
    };
    format!("{files}, {}", count(stats.rules, "rule"))
}
