//! What breaks scanners: every file of `fixtures/bad-input`, and the large and deep ones that are made here.
//!
//! Each gives a finding that names the place and the reason, or is read as it is meant; nothing else is lost.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Findings of the rules that tell whether a document was read: `path:line rule`.
fn scan(directory: &Path, arguments: &[&str]) -> (Vec<String>, Value, Output) {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--format", "json", "--only", RULES])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        return (Vec::new(), Value::Null, output);
    };
    let findings = report["findings"].as_array().unwrap().iter().map(|finding| {
        let location = &finding["location"];
        let path = location["path"].as_str().unwrap();
        format!("{path}:{} {}", location["start"]["line"], finding["rule"].as_str().unwrap())
    });
    (findings.collect(), report, output)
}

const RULES: &str = "k8s-privileged-container,k8s-host-network,k8s-host-pid,syntax-error,duplicate-key,\
                     k8s-duplicate-yaml-key,unreadable-file,k8s-run-as-user-root";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bad-input")
}

fn fresh(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_input").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

#[test]
fn every_fixture_gives_what_it_should_and_hides_nothing() {
    let (found, report, output) = scan(&fixtures(), &["."]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(report["errors"], Value::Array(Vec::new()));
    let expected = [
        "alias-bomb.yaml:10 syntax-error",
        "alias-bomb.yaml:26 k8s-privileged-container",
        "alias-to-itself.yaml:9 syntax-error",
        "alias-undefined.yaml:6 syntax-error",
        "alias-undefined.yaml:17 k8s-privileged-container",
        "bom-crlf.yaml:10 k8s-privileged-container",
        "broken-first-document.yaml:3 syntax-error",
        "broken-first-document.yaml:14 k8s-privileged-container",
        "cr-only.yaml:10 k8s-privileged-container",
        "docker/Dockerfile.heredoc-cut:3 syntax-error",
        "docker/Dockerfile.invalid-utf8:2 unreadable-file",
        "docker/Dockerfile.unknown-instruction:2 syntax-error",
        "docker/Dockerfile.unknown-instruction:3 syntax-error",
        "docker/Dockerfile.unknown-instruction:6 syntax-error",
        "document-markers.yaml:9 k8s-privileged-container",
        "document-markers.yaml:26 k8s-privileged-container",
        "duplicate-keys.yaml:7 k8s-duplicate-yaml-key",
        "duplicate-keys.yaml:13 k8s-duplicate-yaml-key",
        "helm/values.yaml:8 k8s-privileged-container",
        "invalid-utf8.yaml:17 unreadable-file",
        "list.yaml:13 k8s-privileged-container",
        "list.yaml:23 k8s-privileged-container",
        "list.yaml:30 k8s-privileged-container",
        "manifest.json:7 k8s-privileged-container",
        "merge-keys.yaml:10 k8s-privileged-container",
        "no-final-newline.yaml:10 k8s-privileged-container",
        "nul-byte.yaml:8 syntax-error",
        "one-broken-document.yaml:10 k8s-privileged-container",
        "one-broken-document.yaml:16 syntax-error",
        "one-broken-document.yaml:28 k8s-privileged-container",
        "tabs.yaml:4 syntax-error",
        "truncated.json:7 syntax-error",
        "unclosed-quote.yaml:5 syntax-error",
        "utf16.yaml:1 unreadable-file",
        "yaml-1.1-scalars.yaml:9 k8s-host-network",
        "yaml-1.1-scalars.yaml:10 k8s-host-pid",
    ];
    assert_eq!(found, expected);
    let notes: Vec<&str> = report["notes"].as_array().unwrap().iter().map(|n| n["path"].as_str().unwrap()).collect();
    assert_eq!(notes, ["docker/Dockerfile.template", "helm"]);
}

#[test]
fn large_and_deep_files_are_told_and_the_rest_is_judged() {
    let directory = fresh("large");
    std::fs::File::create(directory.join("huge.yaml")).unwrap().set_len(100 * 1024 * 1024).unwrap();
    std::fs::write(directory.join("deep-flow.yaml"), "[".repeat(10_000)).unwrap();
    std::fs::write(directory.join("deep-block.yaml"), "- ".repeat(10_000) + "x\n").unwrap();
    std::fs::write(directory.join("deep.json"), format!("{{\"apiVersion\":1,\"kind\":{}", "[".repeat(10_000))).unwrap();
    std::fs::write(directory.join("Dockerfile"), format!("FROM a\nRUN {}", "$(".repeat(10_000))).unwrap();
    let good = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { hostPID: true, containers: [] }\n";
    std::fs::write(directory.join("good.yaml"), good).unwrap();
    let (found, _, output) = scan(&directory, &["."]);
    assert_eq!(output.status.code(), Some(1));
    let expected = [
        "deep-block.yaml:1 syntax-error",
        "deep-flow.yaml:1 syntax-error",
        "deep.json:1 syntax-error",
        "good.yaml:4 k8s-host-pid",
        "huge.yaml:1 unreadable-file",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_path_that_was_named_and_cannot_be_read_is_an_error_beside_the_findings() {
    let directory = fresh("named");
    let good = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { hostPID: true, containers: [] }\n";
    std::fs::write(directory.join("good.yaml"), good).unwrap();
    let (found, report, output) = scan(&directory, &["good.yaml", "missing.yaml", "missing/Dockerfile"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(found, ["good.yaml:4 k8s-host-pid"]);
    assert_eq!(report["errors"].as_array().unwrap().len(), 2);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("missing.yaml: no such file or directory"), "{told}");

    std::fs::write(directory.join("latin.yaml"), b"kind: \xff\n").unwrap();
    std::fs::File::create(directory.join("huge.yaml")).unwrap().set_len(100 * 1024 * 1024).unwrap();
    let (found, report, output) = scan(&directory, &["latin.yaml", "huge.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(found, ["latin.yaml:1 unreadable-file"]);
    assert_eq!(report["errors"].as_array().unwrap().len(), 2);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_so_loops_end() {
    let directory = fresh("links");
    std::fs::create_dir_all(directory.join("a/b")).unwrap();
    std::os::unix::fs::symlink("../..", directory.join("a/b/up")).unwrap();
    std::os::unix::fs::symlink("nowhere.yaml", directory.join("dangling.yaml")).unwrap();
    std::os::unix::fs::symlink("loop.yaml", directory.join("loop.yaml")).unwrap();
    let good = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { hostPID: true, containers: [] }\n";
    std::fs::write(directory.join("a/good.yaml"), good).unwrap();
    let (found, _, output) = scan(&directory, &["."]);
    assert_eq!(found, ["a/good.yaml:4 k8s-host-pid"]);
    assert_eq!(output.status.code(), Some(1));
    let (_, _, output) = scan(&directory, &["loop.yaml"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn threads_do_not_change_the_output() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let bytes = |threads: &str, format: &str| {
        Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args([
                "check",
                "--no-config",
                "--profile",
                "all",
                "--format",
                format,
                "--threads",
                threads,
                "--quiet",
                ".",
            ])
            .current_dir(&project)
            .output()
            .unwrap()
            .stdout
    };
    for format in ["json", "sarif", "concise", "pretty"] {
        assert!(!bytes("1", format).is_empty());
        assert_eq!(bytes("1", format), bytes("2", format), "{format}");
        assert_eq!(bytes("7", format), bytes("2", format), "{format}");
    }
}
