//! `.trivyignore`, an id on each line, and `.trivyignore.yaml`.
//!
//! Trivy's day is the first on which a finding counts again, ours the last on which it does not.

use portcullis_core::is_advisory;
use portcullis_rules::Date;
use portcullis_syntax::Node;

use super::peer::Peer;
use super::plan::{Plan, Terms};
use super::trivy::glob;
use super::values::whole_texts;

pub(super) fn read_lines(text: &str, plan: &mut Plan<'_>) {
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim().trim_start_matches('\u{feff}');
        let mut words = content.split_whitespace().take_while(|word| !word.starts_with('#'));
        let Some(id) = words.next() else { continue };
        let expires = words.find_map(|word| word.strip_prefix("exp:"));
        match expires.map(last_day) {
            expires @ (None | Some(Some(_))) if is_advisory(id) => {
                plan.advisory(id, line, &Terms { expires: expires.flatten(), ..Terms::default() });
            }
            None => plan.off(Peer::Trivy, id, line),
            Some(Some(expires)) => {
                plan.ignore(Peer::Trivy, id, line, &Terms { expires: Some(expires), ..Terms::default() });
            }
            Some(None) => plan.remark(line, format!("`{}` is no date", expires.unwrap_or_default())),
        }
    }
}

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    for (key, entries) in root.entries().filter(|(_, value)| !value.is_null()) {
        let ignore = match key.text() {
            "misconfigurations" => misconfiguration,
            "vulnerabilities" => vulnerability,
            _ => {
                plan.no_equivalent(key);
                continue;
            }
        };
        for entry in entries.items() {
            accepted(entry, ignore, plan);
        }
    }
}

/// Ignores what an id stands for.
type Accept = fn(&str, u32, &Terms, &mut Plan<'_>);

fn misconfiguration(id: &str, line: u32, terms: &Terms, plan: &mut Plan<'_>) {
    if terms.path.is_none() && terms.reason.is_none() && terms.expires.is_none() {
        plan.off(Peer::Trivy, id, line);
    } else {
        plan.ignore(Peer::Trivy, id, line, terms);
    }
}

fn vulnerability(id: &str, line: u32, terms: &Terms, plan: &mut Plan<'_>) {
    plan.advisory(id, line, terms);
}

fn accepted(entry: Node<'_>, ignore: Accept, plan: &mut Plan<'_>) {
    let Some(id) = entry.field("id").filter(|id| !id.text().is_empty()) else {
        plan.say(entry, "there is no `id`".to_owned());
        return;
    };
    let reason = entry.field("statement").map(|text| text.text().trim()).filter(|text| !text.is_empty());
    let mut terms = Terms { path: None, reason: reason.map(str::to_owned), expires: None };
    if let Some(day) = entry.field("expired_at").filter(|day| !day.is_null()) {
        let Some(expires) = last_day(day.text()) else {
            plan.say(day, format!("`{}` is no date", day.text()));
            return;
        };
        terms.expires = Some(expires);
    }
    for (key, _) in entry.entries() {
        if !matches!(key.text(), "id" | "statement" | "expired_at" | "paths") {
            // Without what narrows it the entry would hold for more.
            plan.say(key, format!("`{}` has no equivalent, and neither has the entry with it", key.text()));
            return;
        }
    }
    let line = plan.line(id);
    let paths: Vec<&str> = entry.field("paths").into_iter().flat_map(whole_texts).map(|(_, path)| path).collect();
    if paths.is_empty() {
        ignore(id.text(), line, &terms, plan);
    }
    for path in paths {
        ignore(id.text(), line, &Terms { path: Some(glob(path)), ..terms.clone() }, plan);
    }
}

/// The day before; of a time only the day counts.
pub(super) fn last_day(text: &str) -> Option<Date> {
    let date: Date = text.get(..10).unwrap_or(text).parse().ok()?;
    let (year, month) = match (date.day, date.month) {
        (2.., _) => return Some(Date { day: date.day.saturating_sub(1), ..date }),
        (_, 1) => (date.year.checked_sub(1)?, 12),
        _ => (date.year, date.month.saturating_sub(1)),
    };
    (28..=31).rev().find_map(|day| format!("{year:04}-{month:02}-{day:02}").parse().ok())
}
