//! GitHub's files through the binary: which file is what, what is read of the repository, and what comments suppress.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn project(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("actions").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    for (path, text) in files {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

/// Findings as `path:line rule`.
fn scan(directory: &Path, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--format", "json", "--exit-zero"])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["errors"], Value::Array(Vec::new()));
    let findings = report["findings"].as_array().unwrap().iter().map(|finding| {
        let location = &finding["location"];
        let path = location["path"].as_str().unwrap();
        format!("{path}:{} {}", location["start"]["line"], finding["rule"].as_str().unwrap())
    });
    findings.collect()
}

const WORKFLOW: &str =
    "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n";

#[test]
fn a_path_says_what_a_file_is() {
    let directory = project(
        "paths",
        &[
            (".github/workflows/ci.yml", WORKFLOW),
            (".github/workflows/notes/ci.yml", WORKFLOW),
            ("docs/ci.yml", WORKFLOW),
            ("nested/.github/workflows/ci.yaml", WORKFLOW),
            (
                "greet/action.yml",
                "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: actions/checkout@v4\n",
            ),
        ],
    );
    assert_eq!(
        scan(&directory, &["--only", "actions-unpinned-uses", "."]),
        [
            ".github/workflows/ci.yml:6 actions-unpinned-uses",
            "greet/action.yml:6 actions-unpinned-uses",
            "nested/.github/workflows/ci.yaml:6 actions-unpinned-uses",
        ]
    );
}

#[test]
fn what_a_workflow_uses_by_path_is_read() {
    let call = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/called.yml\n    with: { count: many, other: 1 }\n";
    let called = "on:\n  workflow_call:\n    inputs: { count: { type: number }, name: { type: string, required: true } }\n\
                  jobs: { x: { runs-on: ubuntu-latest, steps: [{ run: make }] } }\n";
    let directory = project("locals", &[(".github/workflows/ci.yml", call), (".github/workflows/called.yml", called)]);
    let line = |line| format!(".github/workflows/ci.yml:{line} actions-workflow-call-invalid");
    assert_eq!(scan(&directory, &["--only", "actions-workflow-call-invalid", "."]), [line(4), line(5), line(5)]);
    // Named alone, it still sees its repository.
    let alone = scan(&directory, &["--only", "actions-workflow-call-invalid", ".github/workflows/ci.yml"]);
    assert_eq!(alone.len(), 3);

    let missing = project("missing", &[(".github/workflows/ci.yml", call)]);
    assert_eq!(scan(&missing, &["--only", "actions-workflow-call-invalid", "."]), [line(4)]);
}

#[test]
fn comments_of_zizmor_count() {
    let text = WORKFLOW.replace("@v4", "@v4 # zizmor: ignore[unpinned-uses]");
    let directory = project("suppressed", &[(".github/workflows/ci.yml", &text)]);
    assert_eq!(
        scan(&directory, &["--only", "actions-unpinned-uses,actions-checkout-credentials-persisted", "."]),
        [".github/workflows/ci.yml:6 actions-checkout-credentials-persisted"]
    );
}

#[test]
fn a_key_that_yaml_1_1_takes_for_a_boolean_is_a_key() {
    for on in ["on", "\"on\"", "'on'"] {
        let text = WORKFLOW.replacen("on:", &format!("{on}:"), 1).replace("push", "pull_request_target");
        let directory = project("on", &[(".github/workflows/ci.yml", &text)]);
        let found = scan(&directory, &["--only", "actions-dangerous-triggers,actions-syntax-invalid", "."]);
        assert_eq!(found, [".github/workflows/ci.yml:1 actions-dangerous-triggers"], "{on}");
    }
}

#[test]
fn options_are_taken_from_the_configuration() {
    let config = "rules:\n  actions-unpinned-uses: { ref-pin: [actions] }\n";
    let text = format!("{WORKFLOW}      - uses: somebody/else@v1\n");
    let directory = project("options", &[(".github/workflows/ci.yml", &text), ("portcullis.yaml", config)]);
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--format", "concise", "--exit-zero", "--only", "actions-unpinned-uses", "."])
        .current_dir(&directory)
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("ci.yml:7:") && !shown.contains("ci.yml:6:"), "{shown}");
}

#[test]
fn credentials_are_masked() {
    let text = WORKFLOW.replace("jobs:", "env: { API_TOKEN: 8fK2qLw9ZxT4vB7nM1cR }\njobs:");
    let directory = project("masked", &[(".github/workflows/ci.yml", &text)]);
    for format in ["pretty", "json", "sarif", "concise"] {
        let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args([
                "check",
                "--no-config",
                "--exit-zero",
                "--only",
                "actions-hardcoded-secret-env",
                "--format",
                format,
                ".",
            ])
            .current_dir(&directory)
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(shown.contains("actions-hardcoded-secret-env"), "{format}: {shown}");
        assert!(!shown.contains("LqLw9ZxT4v") && !shown.contains("fK2qLw9"), "{format}: {shown}");
    }
}

#[test]
fn what_a_caller_hands_over_is_known_where_it_is_called() {
    let reusable = "on: { workflow_call: { inputs: { title: { type: string }, tag: { type: string } } } }\njobs:\n  a:\n    \
                  runs-on: ubuntu-latest\n    steps:\n      - run: |\n          echo ${{ inputs.title }}\n          echo \
                  ${{ inputs.tag }}\n";
    let caller = "on: issues\njobs:\n  a:\n    uses: ./.github/workflows/called.yml\n    with:\n      title: \"${{ \
                  github.event.issue.title }}\"\n      tag: v1\n";
    let rules = ["--only", "actions-template-injection*", "."];
    let directory =
        project("callers", &[(".github/workflows/called.yml", reusable), (".github/workflows/on-issue.yml", caller)]);
    assert_eq!(
        scan(&directory, &rules),
        [
            ".github/workflows/called.yml:7 actions-template-injection",
            ".github/workflows/called.yml:8 actions-template-injection-by-caller",
        ]
    );
    let directory = project("callers-alone", &[(".github/workflows/called.yml", reusable)]);
    assert_eq!(
        scan(&directory, &rules),
        [
            ".github/workflows/called.yml:7 actions-template-injection-by-caller",
            ".github/workflows/called.yml:8 actions-template-injection-by-caller",
        ]
    );
}
