//! Findings that point to files beside the targets: bases and components of several builds, judged once or, for the definitions of
//! custom resources, twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

#[path = "support/repository.rs"]
mod repository;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use repository::{command, commit, fill, git, places, repository};

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: widgets.e.org }\nspec:\n  \
                   group: e.org\n  names: { kind: Widget, plural: widgets }\n  scope: Namespaced\n  versions:\n    - name: v1\n      \
                   served: true\n      storage: true\n      schema: { openAPIV3Schema: { type: object, properties: { spec: { type: \
                   object, properties: { size: { type: integer } } } } } }\n";

const RULES: &str = "k8s-cr-schema-invalid,k8s-privileged-container";

/// Two builds, each with a base in `bases` that says what is ignored in it.
fn estate(name: &str) -> PathBuf {
    let root = repository("context-files", name, &[("o/x.txt", "")]);
    for (own, before) in [("a", ""), ("b", "\n\n")] {
        let ignore = "  annotations: { portcullis.dev/ignore: \"k8s-cr-schema-invalid, k8s-privileged-container\" }\n";
        let widget = format!(
            "{before}apiVersion: e.org/v1\nkind: Widget\nmetadata:\n  name: {own}\n{ignore}spec: {{ size: 1 }}\n---\napiVersion: v1\nkind: \
             Pod\nmetadata:\n  name: {own}\n{ignore}spec: {{ containers: [{{ name: c, image: \"c:1\" }}] }}\n"
        );
        let patch = format!("apiVersion: e.org/v1\nkind: Widget\nmetadata: {{ name: {own} }}\nspec:\n  size: 2\n");
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {own} }}\nspec:\n  containers:\n    - name: c\n      securityContext: {{ \
             privileged: false }}\n"
        );
        let over = format!("resources: [../../bases/{own}]\npatches: [{{ path: patch.yaml }}, {{ path: pod.yaml }}]\n");
        fill(
            &root,
            &[
                (&format!("bases/{own}/kustomization.yaml"), "resources: [widget.yaml]\n"),
                (&format!("bases/{own}/widget.yaml"), &widget),
                (&format!("o/{own}/kustomization.yaml"), &over),
                (&format!("o/{own}/patch.yaml"), &patch),
                (&format!("o/{own}/pod.yaml"), &pod),
            ],
        );
    }
    root
}

/// Makes all of it wrong, and adds what defines the custom resources.
fn spoil(root: &Path) {
    for own in ["a", "b"] {
        for (file, good, bad) in [("patch.yaml", "size: 2", "size: huge"), ("pod.yaml", "false", "true")] {
            let path = root.join("o").join(own).join(file);
            let text = fs::read_to_string(&path).unwrap().replace(good, bad);
            fs::write(&path, text).unwrap();
        }
    }
    fill(root, &[("o/crd.yaml", CRD)]);
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    command(env!("CARGO_BIN_EXE_portcullis"), directory)
        .args(arguments)
        .env("PORTCULLIS_DB", directory.join("default.db"))
        .output()
        .unwrap()
}

/// For each finding that is shown, where it is and where it says that it is suppressed.
fn suppressions(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let mut all = Vec::new();
    let mut place = String::new();
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once("─[") {
            rest.trim_end_matches(']').clone_into(&mut place);
        } else if let Some((_, by)) = line.split_once("suppressed: by the annotation at ") {
            let first = |text: &str| text.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
            all.push(format!("{} {}", first(&place), first(by)));
        }
    }
    all
}

const EXPECTED: [&str; 4] = [
    "o/a/patch.yaml:5 bases/a/widget.yaml:5",
    "o/a/pod.yaml:7 bases/a/widget.yaml:12",
    "o/b/patch.yaml:5 bases/b/widget.yaml:7",
    "o/b/pod.yaml:7 bases/b/widget.yaml:14",
];

#[test]
fn what_suppresses_is_named_in_each_build() {
    let shown = ["--include-suppressed", "--format", "pretty", "--color", "never", "--only", RULES];
    let root = estate("suppressed");
    spoil(&root);
    for threads in ["1", "4"] {
        let output = run(&root, &[&["check", "o", "--threads", threads], &shown[..]].concat());
        assert_eq!(suppressions(&output), EXPECTED, "{}", String::from_utf8_lossy(&output.stderr));
    }
    // Put together from parts.
    let facts: Vec<String> = (1..=3).map(|part| format!("facts-{part}")).collect();
    for (part, file) in (1..=3).zip(&facts) {
        let (part, format) = (format!("{part}/3"), format!("facts={file}"));
        run(&root, &["check", "o", "--shard", &part, "--format", &format, "--only", RULES]);
    }
    let names: Vec<&str> = facts.iter().map(String::as_str).collect();
    let merged = run(&root, &[&["merge"], &names[..], &shown[..5]].concat());
    assert_eq!(suppressions(&merged), EXPECTED, "{}", String::from_utf8_lossy(&merged.stderr));

    // As a change, and staged where the index is too large to be judged as a whole.
    let root = estate("staged");
    let many: Vec<String> = (0..1600).map(|number| format!("k/{number}.yaml")).collect();
    fill(&root, &many.iter().map(|path| (path.as_str(), "a: 1\n")).collect::<Vec<_>>());
    commit(&root);
    spoil(&root);
    let changed = run(&root, &[&["check", "o", "--changed", "HEAD"], &shown[..]].concat());
    assert_eq!(suppressions(&changed), EXPECTED, "{}", String::from_utf8_lossy(&changed.stderr));
    git(&root, &["add", "-A"]);
    let staged = run(&root, &[&["check", "--staged"], &shown[..]].concat());
    assert_eq!(suppressions(&staged), EXPECTED, "{}", String::from_utf8_lossy(&staged.stderr));
}

#[test]
fn what_a_value_comes_through_is_looked_up_in_its_own_file() {
    let files = ["a", "b"].map(|own| {
        [
            (
                format!("comps/{own}/kustomization.yaml"),
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations:\n  portcullis.dev/ignore: \
                 k8s-host-network\n"
                    .to_owned(),
            ),
            (
                format!("o/{own}/kustomization.yaml"),
                format!("resources: [pod.yaml]\ncomponents: [../../comps/{own}]\n"),
            ),
            (
                format!("o/{own}/pod.yaml"),
                format!(
                    "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {own} }}\nspec:\n  containers:\n    - {{ name: c, image: \"c:1\", \
                     securityContext: {{ privileged: true }} }}\n"
                ),
            ),
        ]
    });
    let files = files.concat();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let root = repository("context-files", "via", &files);
    for (own, expected) in [("a", ["o/a/pod.yaml:6"]), ("b", ["o/b/pod.yaml:6"])] {
        let path = root.join("comps").join(own).join("kustomization.yaml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("k8s-host-network", "k8s-host-pid")).unwrap();
        for named in [".", "o"] {
            let arguments = ["check", named, "--changed", "HEAD", "--format", "concise", "--only", RULES];
            let output = run(&root, &arguments);
            assert_eq!(places(&output), expected, "{own} {named}: {}", String::from_utf8_lossy(&output.stderr));
        }
        fs::write(&path, text).unwrap();
    }
}
