//! Schemas, end to end: the version that is asked for, and custom resources beside their definitions.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::{Command, Output};

/// A scan of a tree of `fixtures/schemas` by the rules about schemas.
fn scan(tree: &str, arguments: &[&str]) -> Output {
    scan_as("concise", tree, arguments)
}

fn scan_as(format: &str, tree: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--format", format, "--exit-zero"])
        .args(["--only", "k8s-schema-invalid,k8s-schema-unknown-field,k8s-cr-schema-invalid,k8s-cr-version-not-served,unused-suppression"])
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas").join(tree))
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

/// The findings of a scan, a line for each.
fn said(tree: &str, arguments: &[&str]) -> Vec<String> {
    let output = scan(tree, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[track_caller]
fn check(tree: &str, arguments: &[&str], expected: &[&str]) {
    assert_eq!(said(tree, arguments), expected, "{tree} {arguments:?}");
}

#[test]
fn resources_meet_their_definitions_in_any_order() {
    let expected = [
        "app/bad.yaml:3:38: medium[k8s-cr-schema-invalid] `on` is a boolean (`true`), where text belongs",
        "app/bad.yaml:5:3: medium[k8s-cr-schema-invalid] `schedul` is no field of `spec` in Backup `bad` (did you mean `schedule`?)",
        "app/bad.yaml:6:9: medium[k8s-cr-schema-invalid] `keep` is 90, and from 1 to 30 is allowed",
        "app/bad.yaml:7:9: medium[k8s-cr-schema-invalid] `full` is no value of `mode`, which is one of `Full`, `Incremental` (did you mean `Full`?)",
        "app/bad.yaml:8:9: medium[k8s-cr-schema-invalid] `port` is a number (`8.5`), where a whole number belongs",
        "app/bad.yaml:9:11: medium[k8s-cr-schema-invalid] `paused` is text (`no`), where `true` or `false` belongs",
        "app/bad.yaml:10:16: medium[k8s-cr-schema-invalid] `a` is a number, where text belongs",
        "app/bad.yaml:11:43: medium[k8s-cr-schema-invalid] `spek` is no field of `spec.job` in Backup `bad` (did you mean `spec`?)",
        "app/bad.yaml:12:29: medium[k8s-cr-schema-invalid] `name` is missing in `spec.targets` in Backup `bad`",
        "app/bad.yaml:12:51: medium[k8s-cr-schema-invalid] an earlier element of this list has the same `name`",
        "app/bad.yaml:17:1: medium[k8s-schema-unknown-field] `datta` is no field of ConfigMap `untouched` (did you mean `data`?)",
    ];
    check("scan", &["."], &expected);
    check("scan", &[".", "--threads", "1"], &expected);
}

#[test]
fn without_a_definition_nothing_is_said() {
    let other = "app/bad.yaml:17:1: medium[k8s-schema-unknown-field] `datta` is no field of ConfigMap `untouched` (did you mean `data`?)";
    check("scan", &["app/bad.yaml"], &[other]);
    check("twice", &["."], &[]);
}

#[test]
fn definitions_may_lie_in_folders_that_are_not_scanned() {
    let expected = "backup.yaml:4:19: medium[k8s-cr-schema-invalid] `schedule` is a number, where text belongs";
    check("configured", &["."], &[expected]);
    check("configured", &["backup.yaml"], &[expected]);
}

#[test]
fn a_folder_of_definitions_that_is_not_there_is_told() {
    let output = scan("missing", &["."]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("no/such/folder"), "{error}");
}

#[test]
fn the_version_decides_which_fields_and_kinds_there_are() {
    let slip = "policy.yaml:7:7: high[k8s-schema-invalid] `networking.k8s.io/v1` has no kind Ingresss in any Kubernetes \
                version from 1.28 to 1.37 (did you mean `Ingress`?)";
    let never =
        "pod.yaml:5:3: medium[k8s-schema-unknown-field] `trafficDistribution` is no field of PodSpec in Pod `web`";
    let resources = |version: &str| {
        format!(
            "pod.yaml:6:3: medium[k8s-schema-unknown-field] `resources` is no field of PodSpec in Kubernetes {version}: it \
             comes with 1.32"
        )
    };
    let image = |version: &str| {
        format!(
            "pod.yaml:8:28: medium[k8s-schema-unknown-field] `image` is no field of Volume in Kubernetes {version}: it \
             comes with 1.31"
        )
    };
    let policy = |version: &str| {
        format!(
            "policy.yaml:1:13: high[k8s-schema-invalid] `admissionregistration.k8s.io/v1` has no ValidatingAdmissionPolicy \
             in Kubernetes {version}"
        )
    };
    check("versions", &["."], &[never, slip]);
    check("versions", &[".", "--kubernetes-version", "v1.32.1+k3s1"], &[never, slip]);
    let version = "1.29";
    check(
        "versions",
        &[".", "--kubernetes-version", "v1.29.4-gke.100"],
        &[never, &resources(version), &image(version), &policy(version), slip],
    );
}

#[test]
fn versions_that_no_definition_serves_are_told() {
    let gone = |name: &str, what: &str| {
        format!("app.yaml:{name}:13: high[k8s-cr-version-not-served] the definition of Backup {what}")
    };
    check("served", &["."], &[&gone("1", "has no version `v1alpha1`"), &gone("6", "does not serve `v1beta1`")]);
    check("served", &["app.yaml"], &[]);
}

#[test]
fn a_version_that_is_not_known_is_answered_with_a_note() {
    let newer = "Kubernetes 1.52 is newer than what is known here: objects are judged as 1.37 would judge them";
    let older =
        "there are no schemas here for Kubernetes 1.19: objects are held to those of 1.28, the oldest that are known";
    for (version, expected) in [
        ("1.52", Some(newer)),
        ("v1.52.3-gke.1", Some(newer)),
        ("1.19", Some(older)),
        ("1.28", None),
        ("1.37", None),
        ("latest", None),
    ] {
        let error = |more: &[&str]| {
            let output = scan("versions", &[&[".", "--kubernetes-version", version], more].concat());
            String::from_utf8(output.stderr).unwrap()
        };
        let note = expected.map(|note| format!("note: {note}\n")).unwrap_or_default();
        assert_eq!(error(&[]), note, "{version}");
        assert_eq!(error(&["-q"]), "", "{version}");
        let output = scan_as("json", "versions", &[".", "--kubernetes-version", version]);
        let json = String::from_utf8(output.stdout).unwrap();
        assert_eq!(expected.is_some_and(|note| json.contains(note)), expected.is_some(), "{json}");
        assert_eq!(json.contains("\"notes\":[]"), expected.is_none(), "{json}");
    }
}
