//! Findings that are known already, and are not what a scan is run for.

use crate::{Finding, Fingerprint, ScanReport};

/// What a baseline file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Sorted by path, rule, message and fingerprint; two alike stand for two findings.
    pub entries: Vec<BaselineEntry>,
}

/// A finding that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BaselineEntry {
    /// From the root of the repository.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// What was wrong, for those who read the file. Nothing is matched by it.
    pub message: String,
    /// The finding's, as reports show it.
    pub fingerprint: Fingerprint,
    /// [`Trace::content`](crate::Trace::content).
    pub content: u64,
}

impl Baseline {
    /// A baseline of these entries.
    pub fn new(mut entries: Vec<BaselineEntry>) -> Self {
        entries.sort_unstable();
        Self { entries }
    }
}

impl BaselineEntry {
    /// The entry for a finding of a report that was asked for traces.
    pub fn of(report: &ScanReport, finding: &Finding) -> Self {
        Self {
            path: report.root_path(finding.location.file()),
            rule: report.catalog.get(finding.rule).id.to_string(),
            message: finding.message.to_string(),
            fingerprint: finding.fingerprint,
            content: finding.trace.as_deref().map_or(0, |trace| trace.content),
        }
    }
}
