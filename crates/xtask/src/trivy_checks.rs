//! The tests of Trivy's checks, run by `portcullis test`, with every miss and its reason: `tests/peers/trivy-checks.md`.
//!
//! The checks are not part of this repository: a checkout of aquasecurity/trivy-checks is named on the command line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};
use portcullis_core::{Outcome, TestCase};
use portcullis_engine::{Counting, Evaluation, TestOptions, Tested, test};

use crate::workspace;

/// Runs what the checkout's own makefile runs, and writes the summary.
pub(crate) fn conformance(checkout: &str) -> Result<()> {
    let options = TestOptions {
        cwd: fs::canonicalize(checkout).with_context(|| checkout.to_owned())?,
        paths: ["lib", "checks", "examples"].map(Into::into).to_vec(),
        ignore: vec!["*.yaml".to_owned(), "*.yml".to_owned(), "*.json".to_owned()],
        only: None,
        coverage: Counting::Off,
        evaluation: Evaluation::Checked,
        threads: 0,
    };
    let tested = test(&options)?;
    if tested.report.cases.is_empty() {
        bail!("{checkout} has no tests");
    }
    let summary = summary(&tested);
    let path = workspace::root()?.join("tests/peers/trivy-checks.md");
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    fs::write(&path, &summary)?;
    println!("{summary}");
    Ok(())
}

/// What the checks are about, by the folder that they lie in.
const DOMAINS: &[(&str, &[&str])] = &[
    ("Kubernetes", &["checks/kubernetes/", "lib/kubernetes/", "examples/kubernetes/"]),
    ("Dockerfile", &["checks/docker/", "lib/docker/", "lib/sh/", "examples/dockerfile/"]),
    ("clouds and the rest", &[""]),
];

fn domain(case: &TestCase) -> &'static str {
    let of = |(_, folders): &&(&str, &[&str])| folders.iter().any(|folder| case.path.starts_with(folder));
    DOMAINS.iter().find(of).map_or("", |(name, _)| name)
}

fn summary(tested: &Tested) -> String {
    let mut text = String::from(
        "# Trivy's checks\n\nThe tests in Rego of aquasecurity/trivy-checks, run as `portcullis test lib checks examples`.\n\
         Written by `cargo xtask conformance trivy-checks CHECKOUT`.\n\n| | passed | of |\n|---|---|---|\n",
    );
    let cases = &tested.report.cases;
    // Writing to a string cannot fail.
    for (name, _) in DOMAINS {
        let ours = || cases.iter().filter(|case| domain(case) == *name);
        let passed = ours().filter(|case| case.outcome == Outcome::Passed).count();
        let _ = writeln!(text, "| {name} | {passed} | {} |", ours().count());
    }
    let _ = writeln!(text, "| all | {} | {} |", tested.report.summary().passed, cases.len());
    text.push_str("\n## Policies that are not loaded\n\n");
    for fault in &tested.faults {
        let _ = writeln!(text, "- {}", fault.replace('\n', " "));
    }
    if tested.faults.is_empty() {
        text.push_str("None.\n");
    }
    text.push_str("\n## Misses\n\n");
    let mut misses: BTreeMap<String, Vec<&TestCase>> = BTreeMap::new();
    for case in cases {
        let (Outcome::Failed(why) | Outcome::Error(why)) = &case.outcome else { continue };
        misses.entry(without_place(why)).or_default().push(case);
    }
    if misses.is_empty() {
        text.push_str("None.\n");
    }
    for (why, cases) in misses {
        let _ = writeln!(text, "{} with \"{why}\":\n", cases.len());
        for case in cases {
            let _ = writeln!(text, "- {}:{} {}", case.path, case.line, case.name);
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// A reason without the place that it starts with, so that equal ones stand together.
fn without_place(why: &str) -> String {
    let first = why.lines().next().unwrap_or_default();
    first.split_once(".rego:").and_then(|(_, rest)| rest.split_once(": ")).map_or(first, |(_, why)| why).to_owned()
}
