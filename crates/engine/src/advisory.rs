//! One advisory by its id, told as the rules are: what it is about, which versions of which packages have it, and since
//! when they have it no more.
//!
//! Only what the databases say: whether anything that is scanned has it is not looked at.

use std::fmt::Write as _;

use portcullis_advisories::record::Event;
use portcullis_advisories::{Affected, Error, Known, with_causes};
use portcullis_core::{RuleMeta, ScanError, YANKED};

use crate::packages::{Settings, open, rule_of, yanked};
use crate::scan::ScanOptions;

/// The advisory with an id among its ids, in the databases of a scan, as the rule that it would be there. `None` where
/// none of them has it.
pub fn advisory(options: &ScanOptions, id: &str) -> Result<Option<RuleMeta>, ScanError> {
    if id == YANKED {
        return Ok(Some(yanked()));
    }
    let found = || {
        let advisories = open(options)?;
        let Some(known) = advisories.find(id)? else { return Ok(None) };
        let mut rule = rule_of(
            &known.advisory,
            &known.advisory.text()?.unwrap_or_default(),
            Settings::of(&options.config.advisories),
        );
        rule.docs = docs(&known, &rule)?.into();
        Ok(Some(rule))
    };
    found().map_err(|error: Error| ScanError::Advisories { reason: with_causes(&error) })
}

/// Versions that are named one by one and shown.
const SHOWN: usize = 8;

fn docs(known: &Known<'_>, rule: &RuleMeta) -> Result<String, Error> {
    let text = known.advisory.text()?.unwrap_or_default();
    let mut docs = format!("{}\n\n", rule.title());
    for affected in &known.affected {
        let line = line(affected);
        // Several advisories may say the same of a package.
        if !docs.contains(&line) {
            docs.push_str(&line);
        }
    }
    if known.advisory.exploited {
        docs.push_str("\nIt is known to be exploited.\n");
    }
    if let Some(epss) = known.advisory.epss {
        _ = writeln!(docs, "\nEPSS gives it {:.1} % to be exploited within 30 days.", f64::from(epss) * 100.0);
    }
    if !text.details.is_empty() {
        _ = writeln!(docs, "\n{}", text.details.trim());
    }
    let fences = text.details.lines().filter(|line| line.trim_start().starts_with("```")).count();
    if !fences.is_multiple_of(2) {
        docs.push_str("```\n");
    }
    if text.summary.is_empty() && text.details.is_empty() {
        docs.push_str("\nThe database that has it was built without texts.\n");
    }
    for reference in &text.references {
        _ = write!(docs, "\n- {}", reference.url);
    }
    Ok(docs)
}

/// ``- npm `handle`: >= 1.0.0, < 1.0.1; fixed in 1.0.1``.
fn line(affected: &Affected<'_>) -> String {
    let mut ranges: Vec<String> = affected.ranges.iter().flat_map(|events| spans(events)).collect();
    let fixed: Vec<&str> = affected.ranges.iter().flatten().filter_map(fixed_in).collect();
    if ranges.is_empty() {
        ranges.extend(affected.versions.iter().take(SHOWN).map(|version| format!("= {version}")));
        let more = affected.versions.len().saturating_sub(SHOWN);
        if more > 0 {
            ranges.push(format!("and {more} more"));
        }
    }
    let fixed = if fixed.is_empty() { "no fix is known".to_owned() } else { format!("fixed in {}", fixed.join(", ")) };
    format!("- {} `{}`: {}; {fixed}\n", affected.ecosystem, affected.name, ranges.join(" or "))
}

fn fixed_in<'d>(event: &Event<&'d str>) -> Option<&'d str> {
    match event {
        Event::Fixed(version) => Some(version),
        Event::Introduced(_) | Event::LastAffected(_) | Event::Limit(_) => None,
    }
}

/// The spans of versions of a range: `>= 1.0.0, < 1.0.1`.
fn spans(events: &[Event<&str>]) -> Vec<String> {
    let mut spans = Vec::new();
    let mut from: Option<&str> = None;
    let span = |from: &str, to: Option<String>| match (from, to) {
        ("0", None) => "every version".to_owned(),
        ("0", Some(to)) => to,
        (from, None) => format!(">= {from}"),
        (from, Some(to)) => format!(">= {from}, {to}"),
    };
    for event in events {
        let to = match event {
            Event::Introduced(version) => {
                from.get_or_insert(version);
                continue;
            }
            Event::Fixed(version) => format!("< {version}"),
            Event::LastAffected(version) => format!("<= {version}"),
            Event::Limit("*") => continue,
            Event::Limit(version) => format!("< {version}"),
        };
        if let Some(from) = from.take() {
            spans.push(span(from, Some(to)));
        }
    }
    spans.extend(from.map(|from| span(from, None)));
    spans
}
