//! The closing line of a scan.

use portcullis_core::{FileKind, NoteKind, ScanReport, Severity, Stats, Summary, UNKNOWN};

use crate::text::{count, grouped};
use crate::{Glyphs, Options, Verbosity};

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
        parts.push(if stats.is_nothing() { NOTHING } else { "no\u{a0}findings" }.to_owned());
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
    parts.extend(hidden(&summary));
    if !report.errors.is_empty() {
        parts.push(count(report.errors.len(), "error"));
    }
    let elapsed = match stats.elapsed_ms {
        short @ 0..10_000 => format!("{short}\u{a0}ms"),
        long => format!("{}.{}\u{a0}s", long / 1000, long % 1000 / 100),
    };
    parts.push(format!("{}, {elapsed}", looked_at(stats)));
    parts.join(separator(options.glyphs))
}

/// What stands where others have the number of findings: no findings in nothing say nothing.
pub(crate) const NOTHING: &str = "nothing\u{a0}was\u{a0}scanned";

/// `3 suppressed`, `12 in the baseline`: nobody has decided about the latter.
pub(crate) fn hidden(summary: &Summary) -> Vec<String> {
    let counts = [(summary.accepted(), "suppressed"), (summary.baselined, "in\u{a0}the\u{a0}baseline")];
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    told.map(|(count, what)| format!("{}\u{a0}{what}", grouped(count))).collect()
}

/// What was scanned and what was not, where that is more than one file: `120 Kubernetes, 12 Docker, 3 other files · not judged: 2
/// templates · excluded: 1 folder`.
pub(crate) fn scope(report: &ScanReport, options: &Options) -> Vec<String> {
    let kinds = &report.stats.kinds;
    let judged: Vec<(usize, &str)> = FileKind::JUDGED.iter().map(|(kind, name)| (kinds.of(*kind), *name)).collect();
    let shown = |(count, name): &(usize, &str)| format!("{}\u{a0}{name}", grouped(*count));
    let told: Vec<String> = judged.iter().filter(|(count, _)| *count > 0).map(shown).collect();
    let mut parts = Vec::new();
    if judged.iter().map(|(count, _)| count).sum::<usize>() > 1 {
        parts.push(format!("scanned: {}\u{a0}files", told.join(", ")));
    }
    let unbuilt = report.notes.iter().filter(|note| note.kind == NoteKind::Unbuilt).count();
    let unjudged = FileKind::UNJUDGED.iter().map(|(kind, noun)| (kinds.of(*kind), *noun));
    let unjudged: Vec<String> = unjudged
        .chain([(unbuilt, "kustomization")])
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| count(number, noun))
        .collect();
    if !unjudged.is_empty() {
        parts.push(format!("not judged: {}", unjudged.join(", ")));
    }
    let folders = report.excluded.iter().filter(|path| path.ends_with('/')).count();
    let excluded = [(folders, "folder"), (report.excluded.len() - folders, "file")];
    let excluded: Vec<String> =
        excluded.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun)).collect();
    if !excluded.is_empty() {
        parts.push(format!("excluded: {}", excluded.join(", ")));
    }
    let notes = report.notes.iter().filter(|note| !note.is_minor()).count();
    if notes > 0 && options.verbosity < Verbosity::Verbose {
        parts.push(count(notes, "note"));
    }
    let is_more = notes > 0 || !excluded.is_empty();
    if is_more
        && options.verbosity < Verbosity::Verbose
        && let Some(last) = parts.last_mut()
    {
        last.push_str("\u{a0}(-v\u{a0}lists\u{a0}them)");
    }
    parts
}

/// What stands between the parts of a line.
pub(crate) fn separator(glyphs: Glyphs) -> &'static str {
    match glyphs {
        Glyphs::Unicode => "\u{a0}· ",
        Glyphs::Ascii => "\u{a0}| ",
    }
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
