//! The suites of other tools, run by ours, with every miss listed: `tests/peers/*.md`.
//!
//! The suites are not part of this repository: a checkout is named on the command line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use portcullis_policy::gatekeeper::{Suite, SuiteResult, Verdict};
use portcullis_policy::{Evaluation, Options};

use crate::workspace;

/// Runs every `suite.yaml` of a checkout of open-policy-agent/gatekeeper-library and writes the summary.
pub(crate) fn gatekeeper(checkout: &str) -> Result<()> {
    let checkout = Path::new(checkout);
    let mut files = Vec::new();
    suites(&checkout.join("library"), &mut files)?;
    files.sort();
    if files.is_empty() {
        bail!("{} has no suites below `library`", checkout.display());
    }
    let mut tally = Tally::default();
    for file in &files {
        let path = file.strip_prefix(checkout)?.to_str().context("a path is no text")?;
        let text = fs::read_to_string(file).with_context(|| path.to_owned())?;
        let Some(suite) = Suite::read(path, &text)? else { continue };
        tally.suites += 1;
        let mut read = |path: &str| fs::read_to_string(checkout.join(path)).map_err(|error| format!("{path}: {error}"));
        let result = suite.run(&mut read, &Options { evaluation: Evaluation::Checked, ..Options::default() });
        tally.add(&suite, &result);
    }
    let summary = tally.summary();
    let path = workspace::root()?.join("tests/peers/gatekeeper.md");
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    fs::write(&path, &summary)?;
    println!("{summary}");
    Ok(())
}

fn suites(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            suites(&path, files)?;
        } else if path.file_name().is_some_and(|name| name == "suite.yaml") {
            files.push(path);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    suites: usize,
    tests: usize,
    tests_passed: usize,
    cases: usize,
    cases_passed: usize,
    misses: Vec<String>,
}

impl Tally {
    fn add(&mut self, suite: &Suite, result: &SuiteResult) {
        for (test, outcome) in suite.tests.iter().zip(&result.tests) {
            self.tests += 1;
            self.cases += test.cases.len();
            let place = format!("{}: {}", suite.path, test.name);
            match &outcome.verdict {
                Verdict::Failed(why) => self.misses.push(format!("{place}: {why}")),
                Verdict::Passed | Verdict::Skipped => self.tests_passed += 1,
            }
            for case in &outcome.cases {
                match &case.verdict {
                    Verdict::Failed(why) => self.misses.push(format!("{place}: {}: {why}", case.name)),
                    Verdict::Passed | Verdict::Skipped => self.cases_passed += 1,
                }
            }
        }
    }

    fn summary(&self) -> String {
        let mut text = String::from(
            "# Gatekeeper's library\n\nThe suites of open-policy-agent/gatekeeper-library, run with the Rego of their templates.\n\
             Written by `cargo xtask conformance gatekeeper CHECKOUT`.\n\n| | passed | of |\n|---|---|---|\n",
        );
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| suites | | {} |", self.suites);
        let _ =
            writeln!(text, "| tests (template and constraint are usable) | {} | {} |", self.tests_passed, self.tests);
        let _ = writeln!(text, "| cases | {} | {} |", self.cases_passed, self.cases);
        text.push_str("\n## Misses\n\n");
        if self.misses.is_empty() {
            text.push_str("None.\n");
        }
        for miss in &self.misses {
            let _ = writeln!(text, "- {}", miss.replace('\n', " "));
        }
        text
    }
}
