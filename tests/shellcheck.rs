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

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shellcheck").join(name);
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("Dockerfile"), DOCKERFILE).unwrap();
    std::fs::write(directory.join("portcullis.yaml"), "rules:\n  docker-shellcheck: { program: true }\n").unwrap();
    directory
}

fn scan(directory: &Path, path: &std::ffi::OsStr) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--only", "docker-shellcheck", "--format", "json", "."])
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
            format!("{}:{} {code}", start["line"], start["column"])
        })
        .collect();
    for expected in ["6:15 SC2086", "6:24 SC2154", "8:2 SC2164", "11:1 RUN is no valid shell script", "11:5 SC1046"] {
        assert!(places.iter().any(|place| place == expected), "{expected} is not among {places:?}");
    }
    assert!(places.iter().all(|place| !place.starts_with("13:")), "{places:?}");
}

#[test]
fn a_scan_that_wants_the_program_fails_without_it() {
    let output = scan(&directory("missing"), std::ffi::OsStr::new("/nonexistent"));
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("shellcheck: it cannot be run"), "{told}");
}
