//! ShellCheck as a program, where it is installed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const DOCKERFILE: &str = "\
FROM debian:13
ARG NAME
RUN apt-get update && \\
    # A comment.
    x=$(cat /etc/name) && \\
    echo \"äö\" $x $NAME $name2
RUN <<EOF
\tcd /a
echo `date`
EOF
RUN if true; then echo a
SHELL [\"/usr/bin/pwsh\", \"-c\"]
RUN echo $x
";

const WORKFLOW: &str = "\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          # shellcheck disable=SC2035
          x=$(cat ${{ github.ref == 'ä' && 'b' }}) && echo ${{ github.sha }} $x \"$UNKNOWN\"
          cd a
          rm *
      - run: |
          cd a
          ls \"$(date)\" `date`
        shell: bash {0}
      - run: echo $x
        shell: pwsh
";

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shellcheck").join(name);
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("Dockerfile"), DOCKERFILE).unwrap();
    std::fs::create_dir_all(directory.join(".github/workflows")).unwrap();
    std::fs::write(directory.join(".github/workflows/a.yml"), WORKFLOW).unwrap();
    let rules = "rules:\n  docker-shellcheck: { program: true }\n  actions-run-script-defect: { program: true }\n";
    std::fs::write(directory.join("portcullis.yaml"), rules).unwrap();
    directory
}

fn scan(directory: &Path, path: &std::ffi::OsStr) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--only", "docker-shellcheck,actions-run-script-defect", "--format", "json", "."])
        .current_dir(directory)
        .env("PATH", path)
        .output()
        .unwrap()
}

#[test]
fn what_the_program_says_is_at_its_exact_place() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if Command::new("shellcheck").arg("--version").output().is_err() {
        eprintln!("skipped: the program is not installed");
        return;
    }
    let output = scan(&directory("installed"), &path);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let places: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let start = &finding["location"]["start"];
            let code = finding["message"].as_str().unwrap().split(':').next().unwrap();
            let file = finding["location"]["path"].as_str().unwrap().rsplit('/').next().unwrap();
            format!("{file}:{}:{} {code}", start["line"], start["column"])
        })
        .collect();
    for expected in [
        "Dockerfile:6:15 SC2086",
        "Dockerfile:6:24 SC2154",
        "Dockerfile:8:2 SC2164",
        "Dockerfile:11:1 RUN is no valid shell script",
        "Dockerfile:11:5 SC1046",
    ] {
        assert!(places.iter().any(|place| place == expected), "{expected} is not among {places:?}");
    }
    assert!(places.iter().all(|place| !place.starts_with("Dockerfile:13:")), "{places:?}");
    let mut of_workflow: Vec<&String> = places.iter().filter(|place| place.starts_with("a.yml")).collect();
    of_workflow.sort();
    assert_eq!(of_workflow, ["a.yml:12:11 SC2164", "a.yml:13:24 SC2046", "a.yml:8:78 SC2086"]);
}

#[test]
fn a_scan_that_wants_the_program_fails_without_it() {
    let output = scan(&directory("missing"), std::ffi::OsStr::new("/nonexistent"));
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("shellcheck: it cannot be run"), "{told}");
}
