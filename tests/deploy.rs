//! What `deploy/` brings holds to our own rules, and names what the binary and its manifests have.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

/// A file of `deploy/`.
fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
}

#[test]
fn deploy_is_clean_with_every_profile() {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["--no-config", "--profile", "all", "--format", "concise", "deploy"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_chart_and_the_manifests_ask_about_the_same_resources() {
    let resources = |text: &str| -> Vec<String> {
        let words = text.lines().filter_map(|line| {
            let line = line.trim();
            line.strip_prefix("resources: [").or_else(|| line.strip_prefix("- ").filter(|it| !it.contains(':')))
        });
        let mut found: Vec<String> = words
            .flat_map(|line| line.trim_end_matches(']').split(", "))
            .filter(|word| word.chars().all(|it| it.is_ascii_lowercase() || it == '/') && word.ends_with('s'))
            .map(str::to_owned)
            .collect();
        found.sort();
        found
    };
    let mut chart = resources(&read("chart/templates/webhook.yaml"));
    let connect = ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy"];
    chart.retain(|it| !connect.contains(&it.as_str()));
    let manifests = resources(&read("manifests/portcullis.yaml"));
    assert!(manifests.iter().any(|it| it == "pods/ephemeralcontainers"), "{manifests:?}");
    let lost: Vec<_> = chart.iter().filter(|it| !manifests.contains(it)).collect();
    assert!(lost.is_empty(), "deploy/render was not run: {lost:?}");
}

#[test]
fn deletions_are_sent_where_that_is_asked() {
    let chart = read("chart/templates/webhook.yaml");
    let count = |text: &str, what: &str| text.lines().filter(|line| line.trim() == what).count();
    let rules = chart.lines().filter(|line| line.trim().starts_with("- apiGroups:")).count();
    // All but the one about connections go by the value.
    assert_eq!(count(&chart, "operations: {{ $operations }}"), rules - 1);
    assert_eq!(count(&read("chart/values.yaml"), "operations: [CREATE, UPDATE]"), 1);
    let manifests = read("manifests/portcullis.yaml");
    assert_eq!(count(&manifests, "operations: [CREATE, UPDATE]"), rules - 1, "deploy/render was not run");
}
