//! Thousands of findings on a terminal: one line for each rule, and how to see them all.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;

use owo_colors::OwoColorize;
use portcullis_core::{Finding, RuleIdx, ScanReport};

use crate::text::{Palette, clean, grouped, wrapped};
use crate::{Options, Thousands, Verbosity, text};

/// More findings than this are grouped: each takes some ten lines, and no terminal keeps that many.
const THOUSANDS: usize = 2_000;

/// How many rules are named.
const RULES: usize = 30;

/// Whether findings are told by their rules instead of one by one.
pub(crate) fn are_grouped(findings: &[&Finding], options: &Options) -> bool {
    options.thousands == Thousands::ByRule && findings.len() > THOUSANDS && options.verbosity < Verbosity::Verbose
}

/// A line for each rule with its number of findings and the first of them, the most severe and then the most frequent first.
pub(crate) fn by_rule(report: &ScanReport, findings: &[&Finding], options: &Options) -> String {
    let mut groups: HashMap<RuleIdx, (usize, &Finding)> = HashMap::new();
    for &finding in findings {
        let (count, worst) = groups.entry(finding.rule).or_insert((0, finding));
        *count = count.saturating_add(1);
        if finding.severity > worst.severity {
            *worst = finding;
        }
    }
    let mut groups: Vec<(RuleIdx, usize, &Finding)> =
        groups.into_iter().map(|(rule, (count, worst))| (rule, count, worst)).collect();
    groups.sort_unstable_by_key(|(rule, count, worst)| (Reverse(worst.severity), Reverse(*count), *rule));
    let palette = Palette::new(options);
    let width = options.columns();
    let mut text = wrapped("by rule, with a place of each:", "", "  ", width);
    text.push('\n');
    for (rule, count, worst) in groups.iter().take(RULES) {
        let id = clean(&report.catalog.get(*rule).id, options.glyphs).into_owned();
        let path = text::path(report.path(worst.location.file()), options.glyphs);
        let place = format!("{path}:{}:{}", worst.location.start.line, worst.location.start.column);
        let severity = format!("{:<8}", worst.severity_name());
        let line = format!(
            "{}\u{a0}{:>7}\u{a0} {} {}",
            severity.replace(' ', "\u{a0}").style(palette.severity(worst.severity)),
            grouped(*count).style(palette.strong()),
            id,
            place.style(palette.faint())
        );
        text.push_str(&wrapped(&line, "", "                   ", width));
    }
    if let Some(more) = groups.len().checked_sub(RULES).filter(|more| *more > 0) {
        let rules = if more == 1 { "rule" } else { "rules" };
        let _ = writeln!(text, "and {more} {rules} more");
    }
    text.push('\n');
    let ways = "-v shows each finding with its source line, --format concise each on a line, --only ID those of one rule, \
                --min-severity high the worst, and --format html=report.html makes a page to search";
    text.push_str(&wrapped(ways, "", "  ", width));
    text.push('\n');
    text
}
