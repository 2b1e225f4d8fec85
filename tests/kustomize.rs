//! Kustomize: a patch is a part of an object, and is not judged as one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The files with findings, and the notes as `path: message`.
fn scan(directory: &str, paths: &[&str]) -> (Vec<String>, Vec<String>) {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--exit-zero", "--format", "json"])
        .args(paths)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kustomize").join(directory))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut files: Vec<String> =
        report["findings"].as_array().unwrap().iter().map(|finding| text(&finding["location"]["path"])).collect();
    files.dedup();
    let notes = report["notes"].as_array().unwrap().iter();
    (files, notes.map(|note| format!("{}: {}", text(&note["path"]), text(&note["message"]))).collect())
}

#[test]
fn patches_are_left_out_and_noted() {
    let note = |path: &str, count: u32| format!("{path}: not judged: {count} patches, which are parts of objects");
    for (directory, paths, files, notes) in [
        (".", &["."][..], vec!["base/web.yaml"], vec![note("overlay/kustomization.yaml", 2)]),
        ("overlay", &["..", "."], vec!["../base/web.yaml"], vec![note("kustomization.yaml", 2)]),
        // A hook names the files that changed, without the kustomization.
        (".", &["overlay/replicas.yaml"], vec![], vec![note("overlay/kustomization.yaml", 1)]),
        (".", &["base/web.yaml"], vec!["base/web.yaml"], vec![]),
    ] {
        assert_eq!(scan(directory, paths), (files.into_iter().map(str::to_owned).collect(), notes), "{paths:?}");
    }
}
