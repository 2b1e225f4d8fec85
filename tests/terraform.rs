//! Terraform, end to end: a finding stands where its value was written, a module is judged for each of its callers and reported
//! once, and comments count wherever the value came through.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform").join(name)
}

fn run(directory: &Path, arguments: &[&str], stdin: Option<&str>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--exit-zero"])
        .args(arguments)
        .current_dir(directory)
        .stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let (Some(text), Some(mut pipe)) = (stdin, child.stdin.take()) {
        pipe.write_all(text.as_bytes()).unwrap();
    }
    child.wait_with_output().unwrap()
}

fn report(directory: &str, arguments: &[&str], stdin: Option<&str>) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
    let report: Value = serde_json::from_slice(&run(&folder(directory), &arguments, stdin).stdout).unwrap();
    assert_eq!(report["errors"], Value::Array(Vec::new()), "{directory} {arguments:?}");
    report
}

/// The findings that are not suppressed as `path:line rule`, with the places that they name besides.
fn findings(report: &Value) -> Vec<String> {
    let place = |location: &Value| format!("{}:{}", text(&location["path"]), location["start"]["line"]);
    let line = |finding: &Value| {
        let related: Vec<String> =
            finding["related"].as_array().unwrap().iter().map(|related| place(&related["location"])).collect();
        let related = if related.is_empty() { String::new() } else { format!(" ({})", related.join(", ")) };
        let rule = text(&finding["rule"]).trim_start_matches("tf-aws-");
        format!("{} {rule}{related}", place(&finding["location"]))
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[track_caller]
fn check(directory: &str, arguments: &[&str], expected: &[&str]) {
    assert_eq!(findings(&report(directory, arguments, None)), expected, "{directory} {arguments:?}");
}

const PUBLIC: [&str; 2] = ["--only", "tf-aws-rds-publicly-accessible,syntax-error,unused-suppression"];
