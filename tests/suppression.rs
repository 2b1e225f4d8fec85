//! Suppressions, ours and the peers': what they cover, and what is said of those that cover nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Findings of a file as `line rule`, those that are suppressed as `line rule (by: reason)`.
fn scan(name: &str, text: &str, only: &str) -> Vec<String> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suppression").join(format!("{:x}", hash(text, only)));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(name), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--format", "json", "--include-suppressed", "--date", "2026-11-21"])
        .args(["--only", &format!("{only},unused-suppression,expired-suppression,misplaced-suppression"), name])
        .current_dir(&directory)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter().map(|finding| {
        let line = &finding["location"]["start"]["line"];
        let rule = finding["rule"].as_str().unwrap();
        match &finding["suppressed"] {
            Value::Null => format!("{line} {rule}"),
            by => match by["reason"].as_str() {
                Some(reason) => format!("{line} {rule} ({}: {reason})", by["by"].as_str().unwrap()),
                None => format!("{line} {rule} ({})", by["by"].as_str().unwrap()),
            },
        }
    });
    findings.collect()
}

/// Names a directory for each case, because tests run at once.
fn hash(text: &str, only: &str) -> u64 {
    text.bytes().chain(only.bytes()).fold(0, |hash: u64, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte)))
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n";

#[test]
fn comments_cover_their_line_or_the_node_below() {
    for (spec, expected) in [
        (
            "  hostPID: true # portcullis: ignore[k8s-host-pid] the agent\n",
            &["5 k8s-host-pid (comment: the agent)"][..],
        ),
        ("  hostPID: true # portcullis: ignore[KSV-0010]\n", &["5 k8s-host-pid (comment)"]),
        (
            "  hostPID: true # portcullis: ignore[k8s-host-*,k8s-privileged-container] all\n",
            &["5 k8s-host-pid (comment: all)"],
        ),
        ("  # portcullis: ignore[k8s-host-pid] the agent\n  hostPID: true\n", &["6 k8s-host-pid (comment: the agent)"]),
        (
            "  # portcullis: ignore[k8s-host-pid] the agent\n\n  # another comment\n  hostPID: true\n",
            &["8 k8s-host-pid (comment: the agent)"],
        ),
        (
            "  # portcullis: ignore[k8s-host-pid]\n  hostIPC: true\n  hostPID: true\n",
            &["5 unused-suppression", "6 k8s-host-ipc", "7 k8s-host-pid"],
        ),
        (
            "  hostPID: true # portcullis: ignore[k8s-host-pid] expires=2026-11-20 soon\n",
            &["5 k8s-host-pid", "5 expired-suppression"],
        ),
        (
            "  hostPID: true # portcullis: ignore[k8s-host-pid] expires=2026-11-21 soon\n",
            &["5 k8s-host-pid (comment: soon)"],
        ),
        ("  hostPID: true # portcullis: ignore[k8s-host-pidd]\n", &["5 k8s-host-pid", "5 misplaced-suppression"]),
        ("  hostPID: true # portcullis: ignore k8s-host-pid\n", &["5 k8s-host-pid", "5 misplaced-suppression"]),
        ("  hostPID: true # portcullis: ignore[k8s-host-pid\n", &["5 k8s-host-pid", "5 misplaced-suppression"]),
        ("  hostPID: true # portcullis watches this\n", &["5 k8s-host-pid"]),
        ("  hostPID: false # portcullis: ignore[k8s-host-pid]\n", &["5 unused-suppression"]),
        ("  hostPID: true\n  # portcullis: ignore[k8s-host-pid]\n", &["5 k8s-host-pid", "6 misplaced-suppression"]),
        ("  hostPID: true #trivy:ignore:AVD-KSV-0010\n", &["5 k8s-host-pid (comment)"]),
        ("  # checkov:skip=CKV_K8S_17:the agent\n  hostPID: true\n", &["6 k8s-host-pid (comment: the agent)"]),
        ("  hostPID: false # trivy:ignore:KSV-0010\n", &[]),
    ] {
        assert_eq!(scan("pod.yaml", &format!("{POD}{spec}"), "k8s-host-pid,k8s-host-ipc"), expected, "{spec}");
    }
}

#[test]
fn a_comment_covers_a_block_an_element_a_document_or_the_file() {
    let containers = "  containers:\n    # portcullis: ignore[k8s-privileged-container] driver\n    - name: a\n      securityContext:\n        privileged: true\n    - name: b\n      securityContext: { privileged: true }\n";
    let found = scan("pod.yaml", &format!("{POD}{containers}"), "k8s-privileged-container");
    assert_eq!(found, ["9 k8s-privileged-container (comment: driver)", "11 k8s-privileged-container"]);

    let two = format!("{POD}  hostPID: true\n---\n# portcullis: ignore[k8s-host-pid] whole\n{POD}  hostPID: true\n");
    assert_eq!(scan("pod.yaml", &two, "k8s-host-pid"), ["5 k8s-host-pid", "12 k8s-host-pid (comment: whole)"]);

    let file = format!("# portcullis: ignore-file[k8s-host-pid] all\n{two}");
    let found = scan("pod.yaml", &file, "k8s-host-pid");
    assert_eq!(found, ["6 k8s-host-pid (comment: all)", "8 unused-suppression", "13 k8s-host-pid (comment: all)"]);
}

#[test]
fn comments_in_a_dockerfile_reach_as_far_as_each_tool_says() {
    let only = "docker-secret-in-arg-or-env,docker-expose-ssh,docker-shell-form-cmd";
    let (key, key_hidden) = ("docker-secret-in-arg-or-env", "docker-secret-in-arg-or-env (comment)");
    for (text, expected) in [
        (
            "FROM a AS b\n# hadolint ignore=DL3064\nENV MY_TOKEN=abc\nENV MY_SECRET=abc\n",
            vec![format!("3 {key_hidden}"), format!("4 {key}")],
        ),
        (
            "# hadolint stage ignore=DL3064\nFROM a AS b\nENV MY_TOKEN=abc\nENV MY_SECRET=abc\nFROM c\nENV MY_TOKEN=abc\n",
            vec![format!("3 {key_hidden}"), format!("4 {key_hidden}"), format!("6 {key}")],
        ),
        (
            "FROM a AS b\nENV MY_TOKEN=abc\nFROM c\n# hadolint global ignore=DL3064\nENV MY_SECRET=abc\n",
            vec![format!("2 {key_hidden}"), format!("5 {key_hidden}")],
        ),
        (
            "FROM a\n# check=skip=SecretsUsedInArgOrEnv // a placeholder\nENV MY_TOKEN=abc\nENV MY_SECRET=abc\n",
            vec![format!("3 {key_hidden}"), format!("4 {key}")],
        ),
        (
            "FROM a\n# check=skip=all // a placeholder\nENV MY_TOKEN=abc\nCMD run\n",
            vec![format!("3 {key_hidden}"), "4 docker-shell-form-cmd".to_owned()],
        ),
        (
            "# check=skip=SecretsUsedInArgOrEnv,JSONArgsRecommended;error=true // why\nFROM a\nENV MY_TOKEN=abc\nCMD run\n",
            vec![format!("3 {key_hidden}"), "4 docker-shell-form-cmd (comment)".to_owned()],
        ),
        // checkov does not look at the line, and takes the older names of its product as well.
        (
            "FROM a\nEXPOSE 22\n# checkov:skip=CKV_DOCKER_1:on purpose\n",
            vec!["2 docker-expose-ssh (comment: on purpose)".to_owned()],
        ),
        ("#bridgecrew:skip=CKV_DOCKER_1\nFROM a\nEXPOSE 22\n", vec!["3 docker-expose-ssh (comment)".to_owned()]),
    ] {
        assert_eq!(scan("Dockerfile", text, only), expected, "{text}");
    }
}

#[test]
fn annotations_cover_the_object_the_pod_or_a_container() {
    let deployment = |on_object: &str, on_pod: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations: {{ {on_object} }}\nspec:\n  template:\n    metadata:\n      annotations: {{ {on_pod} }}\n    spec:\n      hostPID: true\n      containers:\n        - {{ name: a, securityContext: {{ privileged: true }} }}\n        - {{ name: b, securityContext: {{ privileged: true }} }}\n"
        )
    };
    let (pid, a, b) = ("11 k8s-host-pid", "13 k8s-privileged-container", "14 k8s-privileged-container");
    let hidden = |finding: &str| format!("{finding} (annotation)");
    for (on_object, on_pod, expected) in [
        ("portcullis.dev/ignore: k8s-privileged-container", "", vec![pid.to_owned(), hidden(a), hidden(b)]),
        ("", "portcullis.dev/ignore: k8s-host-pid", vec![hidden(pid), a.to_owned(), b.to_owned()]),
        (
            "portcullis.dev/ignore: 'k8s-privileged-container@b, k8s-host-pid'",
            "",
            vec![hidden(pid), a.to_owned(), hidden(b)],
        ),
        (
            "portcullis.dev/ignore: k8s-privileged-container@c",
            "",
            vec!["5 misplaced-suppression".to_owned(), pid.to_owned(), a.to_owned(), b.to_owned()],
        ),
        (
            "ignore-check.kube-linter.io/privileged-container: driver",
            "",
            vec![pid.to_owned(), format!("{a} (annotation: driver)"), format!("{b} (annotation: driver)")],
        ),
        (
            "checkov.io/skip1: CKV_K8S_16=a=b",
            "",
            vec![pid.to_owned(), format!("{a} (annotation: a=b)"), format!("{b} (annotation: a=b)")],
        ),
        ("cortex.io/skip: CKV_K8S_16", "", vec![pid.to_owned(), hidden(a), hidden(b)]),
        ("", "polaris.fairwinds.com/hostPIDSet-exempt: 'true'", vec![hidden(pid), a.to_owned(), b.to_owned()]),
        ("kube-score/ignore: container-security-context-privileged", "", vec![pid.to_owned(), hidden(a), hidden(b)]),
        (
            "kube-linter.io/ignore-all: why",
            "",
            vec![
                format!("{pid} (annotation: why)"),
                format!("{a} (annotation: why)"),
                format!("{b} (annotation: why)"),
            ],
        ),
    ] {
        let found = scan("web.yaml", &deployment(on_object, on_pod), "k8s-host-pid,k8s-privileged-container");
        assert_eq!(found, expected, "{on_object} {on_pod}");
    }
}

#[test]
fn json_has_annotations_only() {
    let text = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","annotations":{"portcullis.dev/ignore":"k8s-host-pid"}},"spec":{"hostPID":true}}"#;
    assert_eq!(scan("pod.json", text, "k8s-host-pid"), ["1 k8s-host-pid (annotation)"]);
}
