//! What the user and the audit log read: the rule, the container, the field, and what to do.
//!
//! An API server cuts warnings at 256 characters once all of them together are longer than 4096, and drops those with
//! signs that no header may have. So each is made to fit, and the last one says how many are left out.

use std::fmt::Write as _;
use std::sync::Arc;

use portcullis_core::Catalog;

use super::Found;
use super::exempt::Exemption;
use crate::decide::{Decision, RuleAction, Verdict};
use crate::review::{Operation, Request};
use crate::short::{self, clean, cut};

/// Characters of one warning.
const WARNING: usize = 256;
/// Characters of all warnings; what is left to the last one is kept free.
const WARNINGS: usize = 4096 - 32;
/// Bytes of a denial: what a terminal shows and a response may hold.
const DENIAL: usize = 8192;
/// Characters of one line of it, so that one always fits.
const LINE: usize = 1536;
/// Characters of the value of an annotation.
const ANNOTATION: usize = 4096;

pub(super) fn decision(found: &[Found<'_>], catalog: &Catalog, title: &str) -> Decision {
    let mut decision = Decision::allowed();
    if found.is_empty() {
        return decision;
    }
    // The worst first: what does not fit is what matters least.
    let mut found: Vec<&Found<'_>> = found.iter().collect();
    found.sort_by_key(|found| (std::cmp::Reverse(found.action), std::cmp::Reverse(found.finding.finding.severity)));
    let of = |action: RuleAction| found.iter().copied().filter(move |found| found.action == action);
    let denied: Vec<String> = of(RuleAction::Enforce).map(|found| line(found, catalog)).collect();
    if !denied.is_empty() {
        decision.verdict = Verdict::Denied { message: denial(title, &denied) };
    }
    decision.warnings = of(RuleAction::Warn).map(|found| line(found, catalog)).collect();
    let kinds = [("denied", RuleAction::Enforce), ("warned", RuleAction::Warn), ("audited", RuleAction::Audit)];
    for (key, action) in kinds {
        let places = of(action).filter(|found| found.exemption.is_none()).map(|found| place(found, catalog));
        annotate(&mut decision, key, places);
    }
    let exempt = found.iter().filter_map(|found| {
        let Exemption(reason) = found.exemption.as_ref()?;
        Some(format!("{} ({reason})", place(found, catalog)))
    });
    annotate(&mut decision, "exempt", exempt);
    decision.findings =
        found.iter().map(|found| (Arc::from(&*catalog.get(found.finding.finding.rule).id), found.action)).collect();
    decision
}

/// A review that is exempt as a whole.
pub(super) fn exempt(Exemption(reason): &Exemption) -> Decision {
    let mut decision = Decision::allowed();
    annotate(&mut decision, "exempt", std::iter::once(reason.clone()));
    decision
}

/// A review that could not be judged under a profile that denies nothing.
pub(super) fn not_judged(most: RuleAction, reason: &str) -> Decision {
    let mut decision = Decision::allowed();
    if most >= RuleAction::Warn {
        decision.warnings.push(cut(clean(&format!("portcullis could not judge this: {reason}")), WARNING));
    }
    annotate(&mut decision, "failed", std::iter::once(reason.to_owned()));
    decision
}

/// What is said of a connection.
pub(super) fn connection(action: RuleAction, title: &str) -> Decision {
    let title = &cut(clean(title), short::NAME);
    let message = format!("portcullis: {title} is not meant to be used here; ask who runs the cluster");
    let mut decision = Decision::allowed();
    match action {
        RuleAction::Off => {}
        RuleAction::Audit => annotate(&mut decision, "audited", std::iter::once(title.to_owned())),
        RuleAction::Warn => {
            annotate(&mut decision, "warned", std::iter::once(title.to_owned()));
            decision.warnings.push(cut(message, WARNING));
        }
        RuleAction::Enforce => {
            annotate(&mut decision, "denied", std::iter::once(title.to_owned()));
            decision.verdict = Verdict::Denied { message };
        }
    }
    decision
}

/// The first, with the warnings and annotations of the second, which is allowed.
pub(super) fn and(mut decision: Decision, other: Decision) -> Decision {
    decision.warnings.extend(other.warnings);
    for (key, text) in other.audit_annotations {
        match decision.audit_annotations.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = cut(format!("{known}, {text}"), ANNOTATION),
            None => decision.audit_annotations.push((key, text)),
        }
    }
    decision
}

/// Makes the warnings fit. A report of a status has nobody who reads them.
pub(super) fn cap(decision: &mut Decision, request: &Request) {
    let is_report = request.operation == Operation::Update && request.sub_resource.as_deref() == Some("status");
    let warnings = std::mem::take(&mut decision.warnings);
    if is_report {
        return;
    }
    let count = warnings.len();
    let mut left = WARNINGS;
    for warning in warnings {
        let warning = cut(warning, WARNING);
        let length = warning.chars().count();
        if length > left {
            break;
        }
        left -= length;
        decision.warnings.push(warning);
    }
    let more = count.saturating_sub(decision.warnings.len());
    if more > 0 {
        decision.warnings.push(format!("and {more} more"));
    }
}

fn denial(title: &str, lines: &[String]) -> String {
    let mut message = format!("{} denied by portcullis:", cut(clean(title), short::NAME));
    let mut told = 0;
    for line in lines {
        let line = cut(line.clone(), LINE);
        // Room for the last line.
        if message.len() + line.len() + 32 > DENIAL {
            break;
        }
        _ = write!(message, "\n- {line}");
        told += 1;
    }
    if let Some(more) = lines.len().checked_sub(told).filter(|more| *more > 0) {
        _ = write!(message, "\nand {more} more");
    }
    message
}

/// `k8s-privileged-container: container `web` runs privileged (spec.containers[0].securityContext.privileged); remove it`.
fn line(found: &Found<'_>, catalog: &Catalog) -> String {
    let finding = &found.finding.finding;
    let mut line = format!("{}: {}", catalog.get(finding.rule).id, finding.message);
    let name = found.finding.container.as_ref().and_then(|container| container.name.as_deref());
    if let Some(name) = name.filter(|name| !finding.message.contains(&format!("`{name}`"))) {
        _ = write!(line, " in container `{name}`");
    }
    let field = if found.finding.field.is_empty() { "the object" } else { &found.finding.field };
    _ = write!(line, " ({field})");
    if let Some(help) = &finding.help {
        _ = write!(line, "; {help}");
    }
    if !found.is_new {
        line.push_str(" (it was there before)");
    }
    clean(&line)
}

fn place(found: &Found<'_>, catalog: &Catalog) -> String {
    format!("{} {}", catalog.get(found.finding.finding.rule).id, found.finding.field)
}

/// Adds an annotation, if there is anything to say in it.
fn annotate(decision: &mut Decision, key: &str, values: impl Iterator<Item = String>) {
    let mut text = String::new();
    for value in values {
        let comma = if text.is_empty() { "" } else { ", " };
        _ = write!(text, "{comma}{}", clean(value.trim_end()));
    }
    if !text.is_empty() {
        decision.audit_annotations.push((key.to_owned(), cut(text, ANNOTATION)));
    }
}
