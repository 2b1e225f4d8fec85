//! What a run of policy tests gave: all that its outputs need.

use std::collections::BTreeSet;

/// Every test that was run, and what was not covered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// In order of files and lines.
    pub cases: Vec<TestCase>,
    /// The lines of each policy in order of paths; `None` where they were not counted.
    pub coverage: Option<Vec<FileCoverage>>,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// The file that holds the test, as shown.
    pub path: String,
    /// The line of the test, from 1.
    pub line: u32,
    /// What it is one of: `data.main`, a suite's name.
    pub group: String,
    /// Its name within the group.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was printed while it ran, each with its place where one is known: `main.rego:3: text`.
    pub prints: Vec<String>,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It held.
    Passed,
    /// It did not; why, without a final dot.
    Failed(String),
    /// It could not be evaluated; why.
    Error(String),
    /// It was not run, as it says itself.
    Skipped,
}

/// The lines of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCoverage {
    /// As shown.
    pub path: String,
    /// Lines that some test evaluated, from 1.
    pub covered: BTreeSet<u32>,
    /// Lines that none did.
    pub missed: BTreeSet<u32>,
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestSummary {
    /// Those that held.
    pub passed: usize,
    /// Those that did not.
    pub failed: usize,
    /// Those that could not be evaluated.
    pub errors: usize,
    /// Those that were not run.
    pub skipped: usize,
}

impl TestReport {
    /// Counts the tests.
    pub fn summary(&self) -> TestSummary {
        let mut summary = TestSummary::default();
        for case in &self.cases {
            let count = match case.outcome {
                Outcome::Passed => &mut summary.passed,
                Outcome::Failed(_) => &mut summary.failed,
                Outcome::Error(_) => &mut summary.errors,
                Outcome::Skipped => &mut summary.skipped,
            };
            *count = count.saturating_add(1);
        }
        summary
    }

    /// How many of the lines that can be evaluated were, in hundredths of a percent; all where there are none, and `None` where
    /// they were not counted.
    pub fn covered(&self) -> Option<u32> {
        let files = self.coverage.as_ref()?;
        let covered = files.iter().map(|file| file.covered.len()).sum();
        let missed = files.iter().map(|file| file.missed.len()).sum();
        Some(share(covered, missed))
    }
}

impl TestSummary {
    /// Whether every test that ran held.
    pub fn is_ok(self) -> bool {
        self.failed == 0 && self.errors == 0
    }
}

impl FileCoverage {
    /// As [`TestReport::covered`], of this file.
    pub fn covered(&self) -> u32 {
        share(self.covered.len(), self.missed.len())
    }
}

/// Rounded down, so that only what is complete is 100 percent.
fn share(covered: usize, missed: usize) -> u32 {
    let hundredths = covered.saturating_mul(10_000).checked_div(covered.saturating_add(missed));
    u32::try_from(hundredths.unwrap_or(10_000)).expect("a share is at most 10,000")
}
