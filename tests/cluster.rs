//! `check --cluster`: what `kubectl get` writes of a running cluster.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in a helper is the failure message"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PRIVILEGED: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop","uid":"1","managedFields":[{"manager":"kubectl","fieldsV1":{"f:spec":{}}}]},"spec":{"containers":[{"name":"app","image":"app:1","securityContext":{"privileged":true}}]},"status":{"phase":"Running"}}"#;
const SECRET: &str = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop"},"data":{"password":"a1g5bVEydkw3"}}"#;
const CONFIG: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"db","namespace":"shop"},"data":{"password":"kX9mQ2vL7"}}"#;

fn directory(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cluster").join(name);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join(".git")).unwrap();
    root
}

/// The rules that find something, sorted, and the exit code.
fn found(root: &Path, args: &[&str], input: &str) -> (Vec<String>, i32) {
    let rules = "k8s-privileged-container,k8s-secret-committed,k8s-secret-in-configmap";
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--format", "json", "--only", rules])
        .args(args)
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let findings = json["findings"].as_array().cloned().unwrap_or_default();
    let mut rules: Vec<String> = findings.iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
    rules.sort();
    (rules, output.status.code().unwrap())
}

#[test]
fn the_objects_of_a_dump_are_judged_as_the_webhook_judges_them() {
    let list = format!(
        r#"{{"apiVersion":"v1","kind":"List","metadata":{{"resourceVersion":""}},"items":[{PRIVILEGED},{SECRET},{CONFIG}]}}"#
    );
    let pods = format!(r#"{{"apiVersion":"v1","kind":"PodList","items":[{PRIVILEGED}]}}"#);
    let yaml = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: { name: web, namespace: shop }\n  spec:\n    containers: [{ name: app, image: 'app:1', securityContext: { privileged: true } }]\n- apiVersion: v1\n  kind: Secret\n  metadata: { name: db }\n  data: { password: a1g5bVEydkw3 }\n";
    let root = directory("dump");
    for (name, text) in [("all.json", list.as_str()), ("pods.json", &pods), ("all.yaml", yaml)] {
        std::fs::write(root.join(name), text).unwrap();
    }
    let (pod, map, secret) = ("k8s-privileged-container", "k8s-secret-in-configmap", "k8s-secret-committed");
    for (args, input, expected) in [
        (vec!["--cluster", "all.json"], "", vec![pod, map]),
        (vec!["all.json"], "", vec![pod, secret, map]),
        (vec!["--cluster", "pods.json"], "", vec![pod]),
        (vec!["--cluster", "all.yaml"], "", vec![pod]),
        (vec!["--cluster", "all.yaml", "--cluster", "pods.json"], "", vec![pod, pod]),
        (vec!["--cluster", "-"], list.as_str(), vec![pod, map]),
        // A file beside a dump is a manifest.
        (vec!["--cluster", "pods.json", "all.yaml"], "", vec![pod, pod, secret]),
    ] {
        assert_eq!(found(&root, &args, input), (expected.iter().map(|it| (*it).to_owned()).collect(), 1), "{args:?}");
    }
}

#[test]
fn a_dump_is_named_and_not_changed() {
    let root = directory("named");
    for args in [&["--cluster", "nope.json"][..], &["--cluster", "-", "--fix"], &["--cluster", "-", "--staged"]] {
        assert_eq!(found(&root, args, "").1, 2, "{args:?}");
    }
}
