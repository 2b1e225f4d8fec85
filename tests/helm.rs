//! Helm, end to end: charts as they lie in a repository, and what `helm template` makes of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/helm")
}

/// The report of a scan of `arguments` in a folder of the fixtures; standard input is the rendered release.
fn scan(directory: &str, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--exit-zero", "--format", "json"])
        .args(arguments)
        .current_dir(fixtures().join(directory))
        .stdin(Stdio::from(File::open(fixtures().join("rendered/shop.yaml")).unwrap()))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// `PATH:LINE ID` of each finding.
fn findings(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let shown = findings.map(|finding| {
        let location = &finding["location"];
        format!("{}:{} {}", text(&location["path"]), location["start"]["line"], text(&finding["rule"]))
    });
    shown.collect()
}

/// `PATH: MESSAGE` of each note.
fn notes(report: &Value) -> Vec<String> {
    let notes = report["notes"].as_array().unwrap().iter();
    notes.map(|note| format!("{}: {}", text(&note["path"]), text(&note["message"]))).collect()
}

#[test]
fn values_plain_templates_and_definitions_of_a_chart_are_judged() {
    let skipped = "k8s-allow-privilege-escalation,k8s-root-fs-writable,k8s-image-registry-not-allowed";
    let report = scan(".", &["--only", "helm-values", "--skip", skipped, "chart"]);
    assert_eq!(
        findings(&report),
        [
            "chart/charts/cache/values.yaml:1 k8s-image-latest-tag",
            "chart/crds/shop.yaml:5 k8s-host-pid",
            "chart/templates/config/agent.yaml:6 k8s-host-pid",
            "chart/values-prod.yaml:2 k8s-image-latest-tag",
            "chart/values-prod.yaml:6 k8s-image-latest-tag",
            "chart/values.yaml:14 k8s-capability-sys-admin",
            "chart/values.yaml:17 k8s-request-exceeds-limit",
            "chart/values.yaml:18 k8s-invalid-quantity",
            "chart/values.yaml:26 k8s-secret-env-literal",
            "chart/values.yaml:32 k8s-image-latest-tag",
            "chart/values.yaml:33 k8s-host-network",
            "chart/values.yaml:42 k8s-image-deprecated-registry",
            "chart/values.yaml:44 k8s-image-latest-tag",
            "chart/values.yaml:49 k8s-run-as-user-root",
        ]
    );
    assert_eq!(
        notes(&report),
        [
            "chart: not judged: 1 template of a Helm chart, of which the values alone are; scan the output of `helm \
             template`",
            "chart/charts/cache: not judged: 1 template of a Helm chart, of which the values alone are; scan the output of `helm \
             template`",
            "chart/templates/config/broken.yaml: not judged: it is a template of a Helm chart and no YAML by itself",
        ]
    );
}

#[test]
fn what_values_do_not_say_is_not_reported() {
    let report = scan(
        "chart",
        &["--profile", "all", "--skip", "helm-values,secret-password", "values.yaml", "values-prod.yaml"],
    );
    assert_eq!(findings(&report), Vec::<String>::new());
}

#[test]
fn rendered_templates_are_reported_at_their_paths() {
    let rules = "k8s-host-pid,k8s-host-ipc,k8s-duplicate-object,k8s-readiness-probe-missing";
    for (directory, arguments, expected) in [
        (
            ".",
            &["-"][..],
            &[
                "shop/charts/cache/templates/pod.yaml:6 k8s-host-pid",
                // The Service that selects it is of another template, and of the same release.
                "shop/charts/cache/templates/pod.yaml:8 k8s-readiness-probe-missing",
                "shop/charts/cache/templates/pod.yaml:14 k8s-host-pid",
                "shop/charts/cache/templates/pod.yaml:15 k8s-readiness-probe-missing",
                "shop/templates/service.yaml:3 k8s-duplicate-object",
            ][..],
        ),
        // A file on disk keeps its name and its lines, and so does one that is named.
        (
            "rendered",
            &["shop.yaml"],
            &[
                "shop.yaml:14 k8s-host-pid",
                "shop.yaml:16 k8s-readiness-probe-missing",
                "shop.yaml:23 k8s-host-pid",
                "shop.yaml:24 k8s-readiness-probe-missing",
                "shop.yaml:29 k8s-duplicate-object",
            ],
        ),
        (
            ".",
            &["--skip", "across-files", "--stdin-filename", "web.yaml", "-"],
            &["web.yaml:14 k8s-host-pid", "web.yaml:23 k8s-host-pid"],
        ),
    ] {
        let report = scan(directory, &[&["--only", rules][..], arguments].concat());
        assert_eq!(findings(&report), expected, "{arguments:?}");
        assert_eq!(notes(&report), Vec::<String>::new(), "{arguments:?}");
    }
}

#[test]
fn a_rendered_file_names_the_template() {
    let report = scan("rendered", &["--only", "k8s-host-pid", "shop.yaml"]);
    let related: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|finding| finding["related"].as_array().unwrap())
        .map(|related| format!("{} {}", related["location"]["start"]["line"], text(&related["message"])))
        .collect();
    assert_eq!(related, ["8 rendered from this template", "18 rendered from this template"]);
}

#[test]
fn suppressions_in_templates_reach_what_they_render() {
    let report = scan(".", &["--only", "k8s-host-ipc,unused-suppression", "--include-suppressed", "-"]);
    assert_eq!(findings(&report), ["shop/charts/cache/templates/pod.yaml:7 k8s-host-ipc"]);
    assert_eq!(text(&report["findings"][0]["suppressed"]["reason"]), "it shares a cache with the node");
}

#[test]
fn the_template_of_the_chart_that_one_is_in_is_found() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helm-inside");
    std::fs::create_dir_all(directory.join("templates")).unwrap();
    std::fs::create_dir_all(directory.join("charts/cache/templates")).unwrap();
    std::fs::write(directory.join("Chart.yaml"), "name: shop\n").unwrap();
    std::fs::write(directory.join("charts/cache/templates/pod.yaml"), "{{ }}").unwrap();
    let report = scan(directory.to_str().unwrap(), &["--only", "k8s-host-pid", "-"]);
    let expected =
        ["charts/cache/templates/pod.yaml:6 k8s-host-pid", "charts/cache/templates/pod.yaml:14 k8s-host-pid"];
    assert_eq!(findings(&report), expected);
}

#[test]
fn a_rendered_release_is_fixed_as_one_text() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helm-fix");
    std::fs::create_dir_all(directory.join("shop/templates")).unwrap();
    let template = directory.join("shop/templates/pod.yaml");
    let rendered = "---\n# Source: shop/templates/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  \
                    containers: [{ name: a, image: a:1, securityContext: { allowPrivilegeEscalation: true } }]\n";
    // The template has the places that the rendered text is fixed at.
    std::fs::write(&template, "x".repeat(rendered.len())).unwrap();
    std::fs::write(directory.join("release.yaml"), rendered).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--exit-zero", "--fix", "--only", "k8s-allow-privilege-escalation", "-"])
        .current_dir(&directory)
        .stdin(Stdio::from(File::open(directory.join("release.yaml")).unwrap()))
        .output()
        .unwrap();
    let fixed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(fixed, rendered.replace("Escalation: true", "Escalation: false"));
    assert_eq!(std::fs::read_to_string(&template).unwrap(), "x".repeat(rendered.len()));
}
