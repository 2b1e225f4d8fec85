//! The examples of the rules that the engine itself reports, run through the binary. Those of all other rules run beside
//! their declarations.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

use portcullis_core::{Example, Expect};
use portcullis_rules::{Check, builtin};
use serde_json::Value;

#[test]
fn examples_behave() {
    let mut wrong = Vec::new();
    for rule in builtin().filter(|rule| matches!(rule.check, Check::Engine)) {
        for (number, example) in rule.meta.examples().iter().enumerate() {
            let lines = run(&rule.meta.id, number, example);
            let expected = match example.expect {
                Expect::Bad { line } => vec![u64::from(line)],
                Expect::Good => Vec::new(),
            };
            if lines != expected {
                wrong.push(format!("{} example {}: lines {lines:?}, expected {expected:?}", rule.meta.id, number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn run(id: &str, number: usize, example: &Example) -> Vec<u64> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine_rules").join(format!("{id}-{number}"));
    for (name, text) in &example.files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    // A suppression is unused only if the rules that it names ran.
    let only = if id == "unused-suppression" { format!("{id},k8s-host-network") } else { id.to_owned() };
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--format", "json", "--only", &only, "."])
        .current_dir(&directory)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let own = findings.iter().filter(|finding| finding["rule"] == id);
    own.map(|finding| finding["location"]["start"]["line"].as_u64().unwrap()).collect()
}
