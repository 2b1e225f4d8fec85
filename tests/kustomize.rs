//! Kustomize, end to end: what overlays build is judged, each finding stands where its value was written, and a patch is never
//! judged as an object.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn report(directory: &str, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--exit-zero", "--format", "json"])
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kustomize").join(directory))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The findings as `path:line rule`, with the files that they name besides.
fn findings(report: &Value) -> Vec<String> {
    let place = |location: &Value| format!("{}:{}", text(&location["path"]), location["start"]["line"]);
    let line = |finding: &Value| {
        let related: Vec<String> =
            finding["related"].as_array().unwrap().iter().map(|related| place(&related["location"])).collect();
        let related = if related.is_empty() { String::new() } else { format!(" ({})", related.join(", ")) };
        format!("{} {}{related}", place(&finding["location"]), text(&finding["rule"]))
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

fn notes(report: &Value) -> Vec<String> {
    let note = |note: &Value| format!("{}: {}", text(&note["path"]), text(&note["message"]));
    report["notes"].as_array().unwrap().iter().map(note).collect()
}

#[track_caller]
fn check(directory: &str, arguments: &[&str], expected: &[&str], expected_notes: &[&str]) {
    let report = report(directory, arguments);
    assert_eq!(findings(&report), expected, "{directory} {arguments:?}");
    assert_eq!(notes(&report), expected_notes, "{directory} {arguments:?}");
}

const RULES: &str = "k8s-host-pid,k8s-host-network,k8s-privileged-container,k8s-allow-privilege-escalation,\
                     k8s-image-latest-tag,k8s-missing-configmap,k8s-missing-serviceaccount,k8s-dangling-service,\
                     k8s-default-namespace,syntax-error,unused-suppression";

#[test]
fn findings_stand_where_their_values_were_written() {
    check(
        "shop",
        &[".", "--only", RULES],
        &[
            // The component removes hostPID from both; production mends hostNetwork, development does not.
            "base/web.yaml:11 k8s-host-network (overlays/dev/kustomization.yaml:1)",
            "base/web.yaml:17 k8s-allow-privilege-escalation",
            "base/web.yaml:20 k8s-missing-configmap",
            // In production it is privileged, which says more.
            "base/web.yaml:22 k8s-allow-privilege-escalation (overlays/dev/kustomization.yaml:1)",
            "overlays/dev/kustomization.yaml:8 k8s-image-latest-tag",
            "overlays/prod/web.yaml:10 k8s-privileged-container",
        ],
        &[],
    );
}

#[test]
fn suppressions_count_in_the_base_and_in_the_patch() {
    let report = report("shop", &[".", "--only", RULES, "--include-suppressed"]);
    let suppressed: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| !finding["suppressed"].is_null())
        .map(|finding| format!("{}:{}", text(&finding["location"]["path"]), finding["location"]["start"]["line"]))
        .collect();
    assert_eq!(suppressed, ["overlays/dev/kustomization.yaml:10", "overlays/prod/web.yaml:13"]);
}

/// An annotation of the base covers what a patch made of the object, and one that a patch adds covers what the base says.
#[test]
fn annotations_count_for_the_object_that_is_built() {
    let only = ["--only", "k8s-privileged-container,k8s-host-pid,k8s-host-network,unused-suppression"];
    check("annotated", &[".", only[0], only[1]], &["base/web.yaml:12 k8s-host-network"], &[]);
}

#[test]
fn a_part_of_a_tree_is_judged_as_far_as_it_is_named() {
    let only = ["--only", "k8s-host-network,k8s-privileged-container,k8s-image-latest-tag,k8s-host-pid"];
    let with = |path: &'static str| [path, only[0], only[1]];
    // The base is context: it is read, and what is wrong in it is not asked for.
    check("shop", &with("overlays/prod"), &["overlays/prod/web.yaml:10 k8s-privileged-container"], &[]);
    let left_out = "overlays/dev/kustomization.yaml: not reported: what is wrong in `base/web.yaml`, which it takes in \
                    and which is not scanned";
    // The image of line 10 is suppressed in the base.
    check("shop", &with("overlays/dev"), &["overlays/dev/kustomization.yaml:8 k8s-image-latest-tag"], &[left_out]);
    // A file by itself is what it says.
    let raw = ["base/web.yaml:10 k8s-host-pid", "base/web.yaml:11 k8s-host-network"];
    check("shop", &with("base/web.yaml"), &raw, &[]);
    let note = "overlays/prod/kustomization.yaml: not judged: 1 patch, which is a part of an object";
    check("shop", &with("overlays/prod/web.yaml"), &[], &[note]);
}

#[test]
fn what_cannot_be_built_is_noted_and_judged_as_it_is_written() {
    let only = [".", "--only", "k8s-host-pid,k8s-privileged-container"];
    check(
        "unbuilt",
        &only,
        &["base/web.yaml:9 k8s-host-pid"],
        &[
            "overlay/kustomization.yaml: not built: the patch `not-there.yaml` is not there; its files are judged as they \
           are written, and its patches are not",
        ],
    );
    check(
        "partial",
        &only,
        &["web.yaml:10 k8s-privileged-container"],
        &["kustomization.yaml: not judged: the chart `redis`, the remote base \
           `https://example.com/platform//base?ref=v1`"],
    );
    check(
        "ring",
        &only,
        &["a/web.yaml:4 k8s-host-pid", "b/web.yaml:4 k8s-host-pid"],
        &[
            "a/kustomization.yaml: not built: `a` takes itself in; its files are judged as they are written, and its \
             patches are not",
            "b/kustomization.yaml: not built: `b` takes itself in; its files are judged as they are written, and its \
             patches are not",
        ],
    );
}

#[test]
fn what_kustomize_refuses_is_found_at_its_entry() {
    let not_built = |path: &str, why: &str| {
        format!("{path}: not built: {why}; its files are judged as they are written, and its patches are not")
    };
    let notes = [
        not_built("nowhere/kustomization.yaml", "an entry of its resources is no path"),
        "partial/kustomization.yaml: not judged: the remote base `https://example.com/platform//base?ref=v1`"
            .to_owned(),
        not_built("partial/kustomization.yaml", "`partial/gone` is not there or has no kustomization"),
        not_built("patch/kustomization.yaml", "a JSON patch leads to `/data`, which is not there"),
        not_built("ring/a/kustomization.yaml", "`ring/a` takes itself in"),
        not_built("ring/b/kustomization.yaml", "`ring/b` takes itself in"),
        not_built("twice/kustomization.yaml", "the ConfigMap `web` is there twice"),
    ];
    let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
    check(
        "invalid",
        &[".", "--only", "k8s-kustomization-invalid"],
        &[
            "field/kustomization.yaml:1 k8s-kustomization-invalid",
            "field/kustomization.yaml:5 k8s-kustomization-invalid",
            "field/kustomization.yaml:7 k8s-kustomization-invalid",
            "partial/kustomization.yaml:4 k8s-kustomization-invalid",
            "patch/kustomization.yaml:3 k8s-kustomization-invalid",
            "ring/a/kustomization.yaml:1 k8s-kustomization-invalid",
            "ring/b/kustomization.yaml:1 k8s-kustomization-invalid",
            "twice/kustomization.yaml:3 k8s-kustomization-invalid",
        ],
        &notes,
    );
    let report = report("invalid", &["field", "--only", "k8s-kustomization-invalid"]);
    assert_eq!(text(&report["findings"][0]["help"]), "did you mean `resources`?");
}

#[test]
fn fields_take_values_of_their_type() {
    let report = report("types", &[".", "--only", "k8s-kustomization-invalid"]);
    let found = report["findings"].as_array().unwrap().iter();
    let lines: Vec<String> = found
        .map(|finding| format!("{}: {}", finding["location"]["start"]["line"], text(&finding["message"])))
        .collect();
    assert_eq!(
        lines,
        [
            "2: `patches` of a kustomization takes a list of mappings",
            "3: `commonLabels` of a kustomization takes text, and `1.2` is none",
            "6: `newTag` of an image takes text, and `1.27` is none",
            "7: `images` of a kustomization takes mappings",
            "8: `count` of an entry of replicas takes a number",
            "11: this cannot be built: a literal is no `key=value`",
            "12: this cannot be built: the file `settings.conf` of a generated ConfigMap is not there",
            "12: this cannot be built: the file `sub/gone.conf` of a generated ConfigMap is not there",
            "13: `envs` of a generator of ConfigMaps takes a list of texts",
        ]
    );
}

#[test]
fn an_empty_patch_changes_nothing() {
    let not_built = |path: &str, why: &str| {
        format!(
            "{path}/kustomization.yaml: not built: {why}; its files are judged as they are written, and its patches are not"
        )
    };
    let notes = [
        not_built("json", "a patch is empty"),
        not_built("merged", "its patches are empty"),
        not_built("neither", "a patch has neither `path` nor `patch`"),
        not_built("several", "an entry with a target holds several patches"),
    ];
    check(
        "empty",
        &[".", "--only", "k8s-kustomization-invalid,k8s-host-network,k8s-host-pid"],
        &[
            "app/network.yaml:4 k8s-host-network",
            "base/web.yaml:4 k8s-host-pid",
            "json/kustomization.yaml:2 k8s-kustomization-invalid",
            "merged/kustomization.yaml:2 k8s-kustomization-invalid",
            "neither/kustomization.yaml:2 k8s-kustomization-invalid",
            "several/kustomization.yaml:2 k8s-kustomization-invalid",
        ],
        &notes.each_ref().map(String::as_str),
    );
}

#[test]
fn what_git_ignores_may_come_before_the_build() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kustomize-ignored");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(directory.join(".git")).unwrap();
    let modules = "[submodule \"library\"]\n\tpath = library\n\turl = ../library\n";
    for (path, text) in [
        (".gitignore", "secret.yaml\n"),
        (".gitmodules", modules),
        ("ignored/kustomization.yaml", "resources: [secret.yaml]\n"),
        ("module/kustomization.yaml", "resources: [../library/base]\n"),
        ("gone/kustomization.yaml", "resources: [plain.yaml]\n"),
    ] {
        std::fs::create_dir_all(directory.join(path).parent().unwrap()).unwrap();
        std::fs::write(directory.join(path), text).unwrap();
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["check", "--no-config", "--exit-zero", "--color", "never"]).args(arguments);
        let output = command.current_dir(&directory).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (found, told) = run(&[".", "--format", "concise"]);
    assert_eq!(
        found,
        "gone/kustomization.yaml:1:13: medium[k8s-kustomization-invalid] this cannot be built: `gone/plain.yaml` is not \
         there\n"
    );
    // What is not built is told in any case, where a person reads the output.
    let lines: Vec<&str> = told.lines().filter_map(|line| line.split(": not built").next()).collect();
    let expected = ["gone", "ignored", "module"].map(|name| format!("note: {name}/kustomization.yaml"));
    assert_eq!(lines, expected);
    assert_eq!(run(&[".", "--format", "pretty"]).1, told);
    assert_eq!(run(&[".", "--format", "json"]).1, "");
    assert_eq!(run(&[".", "--quiet"]).1, "");
}

#[test]
fn what_lies_outside_of_the_root_is_not_read() {
    let only = "k8s-privileged-container,k8s-image-latest-tag,k8s-kustomization-invalid";
    check(
        "shop",
        &["overlays/prod", "--root", "overlays", "--only", only],
        // The patch is for what is not seen.
        &[],
        &["overlays/prod/kustomization.yaml: not judged: `base`, which lies outside of the scanned tree, \
           `component`, which lies outside of the scanned tree"],
    );
}

#[test]
fn what_no_kustomization_takes_in_is_an_object_only_if_it_is_a_whole_one() {
    check(
        "kubebuilder",
        &[".", "--only", "k8s-host-pid,k8s-kustomization-invalid"],
        &["crd/patches/other.yaml:4 k8s-host-pid", "default/whole.yaml:8 k8s-host-pid"],
        &[
            "crd/kustomization.yaml: not judged: 1 file that only comments name",
            "default/left_over_patch.yaml: not judged: it is a part of an object, and no kustomization takes it in",
        ],
    );
}

#[test]
fn patches_are_never_objects() {
    let note = |path: &str| format!("{path}: not judged: 1 patch, which is a part of an object");
    let fault = |path: &str| {
        format!(
            "{path}: not built: the patch `not-there.yaml` is not there; its files are judged as they are written, and \
             its patches are not"
        )
    };
    for (directory, paths, files, expected) in [
        (
            ".",
            &["."][..],
            vec!["base/web.yaml", "overlay/kustomization.yaml"],
            vec![fault("overlay/kustomization.yaml")],
        ),
        ("overlay", &["..", "."], vec!["../base/web.yaml", "kustomization.yaml"], vec![fault("kustomization.yaml")]),
        // A hook names the files that changed, without the kustomization.
        (".", &["overlay/replicas.yaml"], vec![], vec![note("overlay/kustomization.yaml")]),
        (".", &["base/web.yaml"], vec!["base/web.yaml"], vec![]),
    ] {
        let report = report(&format!("unbuilt/{directory}"), paths);
        let all = report["findings"].as_array().unwrap().iter();
        let mut found: Vec<&str> = all.map(|finding| text(&finding["location"]["path"])).collect();
        found.dedup();
        assert_eq!(found, files, "{paths:?}");
        assert_eq!(notes(&report), expected, "{paths:?}");
    }
}

#[test]
fn what_is_generated_is_there() {
    let report = report("secrets", &[".", "--only", "k8s-missing-configmap,k8s-missing-secret"]);
    assert_eq!(findings(&report).iter().filter(|line| !line.contains("web.yaml:11")).count(), 0);
    // The literal of a Secret is found where it is written, and not shown.
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args([
            "check",
            "--no-config",
            "--exit-zero",
            "--color",
            "never",
            "--format",
            "pretty",
            "--profile",
            "all",
            ".",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kustomize/secrets"))
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("kustomization.yaml:6"), "{shown}");
    assert!(!shown.contains("horse"), "{shown}");
}

#[test]
fn definitions_and_custom_resources_meet_inside_and_outside_of_builds() {
    check(
        "defined",
        &[".", "--only", "k8s-cr-schema-invalid"],
        &[
            // The overlay mends `keep`.
            "base/backup.yaml:6 k8s-cr-schema-invalid",
            "single.yaml:4 k8s-cr-schema-invalid",
        ],
        &[],
    );
}
