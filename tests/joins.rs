//! Relations across files, end to end: each tree of `fixtures/joins` with the findings that it must give, and no others.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

/// The findings of a scan of `paths` in a tree, as `PATH:LINE ID`: of the rules that look across files, but for a few that
/// are about one file and ask others for exceptions only.
fn findings(tree: &str, paths: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args([
            "check",
            "--only",
            "across-files",
            "--skip",
            "k8s-readiness-probe-missing,k8s-replicas-low,k8s-automount-token,k8s-default-serviceaccount-used",
        ])
        .args(["--format", "concise", "--exit-zero"])
        .args(paths)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/joins").join(tree))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout
        .lines()
        .map(|line| {
            let mut parts = line.splitn(4, ':');
            let (path, number) = (parts.next().unwrap(), parts.next().unwrap());
            let id = line.split_once('[').unwrap().1.split_once(']').unwrap().0;
            format!("{path}:{number} {id}")
        })
        .collect()
}

#[track_caller]
fn check(tree: &str, paths: &[&str], expected: &[&str]) {
    assert_eq!(findings(tree, paths), expected, "{tree} {paths:?}");
}

#[test]
fn traffic_leads_somewhere() {
    check(
        "traffic",
        &["."],
        &[
            "deploy/api.yaml:4 k8s-pod-without-networkpolicy",
            "deploy/web.yaml:4 k8s-pod-without-networkpolicy",
            "edge/ingress.yaml:14 k8s-dangling-ingress",
            "edge/ingress.yaml:22 k8s-dangling-ingress",
            "edge/route.yaml:12 k8s-dangling-gateway-route",
            "edge/route.yaml:16 k8s-dangling-gateway-route",
            "edge/route.yaml:24 k8s-webhook-dangling-service",
            "svc/web.yaml:14 k8s-dangling-service",
            "svc/web.yaml:23 k8s-service-target-port-undeclared",
        ],
    );
}

#[test]
fn what_pods_refer_to_is_there() {
    check(
        "references",
        &["."],
        &[
            "app.yaml:4 k8s-pod-without-networkpolicy",
            "app.yaml:13 k8s-missing-serviceaccount",
            "app.yaml:15 k8s-missing-pvc",
            "app.yaml:25 k8s-missing-configmap",
            "app.yaml:29 k8s-missing-secret",
            "app.yaml:31 k8s-missing-configmap",
            "config.yaml:21 k8s-pod-without-networkpolicy",
            "config.yaml:39 k8s-missing-role",
        ],
    );
}

#[test]
fn autoscalers_and_budgets_fit_what_they_are_about() {
    check(
        "scaling",
        &["."],
        &[
            "api.yaml:4 k8s-pod-without-networkpolicy",
            "policies.yaml:11 k8s-hpa-no-resource-request",
            "policies.yaml:18 k8s-dangling-hpa",
            "policies.yaml:27 k8s-pdb-exceeds-hpa-min",
            "policies.yaml:35 k8s-pdb-blocks-drain",
            "policies.yaml:42 k8s-dangling-pdb",
            "web.yaml:4 k8s-pod-without-networkpolicy",
            "web.yaml:7 k8s-hpa-target-has-replicas",
            "worker.yaml:4 k8s-pod-without-networkpolicy",
        ],
    );
}

#[test]
fn namespaces_have_what_they_should() {
    check(
        "namespaces",
        &["."],
        &[
            "all.yaml:3 k8s-limitrange-missing",
            "all.yaml:3 k8s-namespace-without-networkpolicy",
            "all.yaml:3 k8s-resourcequota-missing",
            "all.yaml:27 k8s-dangling-networkpolicy-peer",
            "all.yaml:35 k8s-dangling-networkpolicy",
            "monitor.yaml:5 k8s-dangling-servicemonitor",
            "pods.yaml:21 k8s-pod-without-networkpolicy",
        ],
    );
}

#[test]
fn what_is_deployed_together_is_defined_once() {
    check(
        "twice",
        &["."],
        &[
            "patched/web.yaml:4 k8s-pod-without-networkpolicy",
            "together/b.yaml:3 k8s-duplicate-object",
            "together/ingress.yaml:9 k8s-dangling-ingress",
            "together/ingress.yaml:19 k8s-ingress-duplicate-host-path",
            "together/ingress.yaml:19 k8s-dangling-ingress",
            "together/ingress.yaml:29 k8s-dangling-ingress",
        ],
    );
}

#[test]
fn what_was_not_read_may_hold_what_is_missed() {
    check("unread", &["."], &["services.yaml:9 k8s-dangling-service", "services.yaml:19 k8s-dangling-service"]);
    check("chart", &["."], &["service.yaml:9 k8s-dangling-ingress"]);
}

#[test]
fn kustomizations_move_what_they_take_in() {
    check(
        "kustomize",
        &["."],
        &[
            "base/web.yaml:4 k8s-pod-without-networkpolicy",
            "base/web.yaml:12 k8s-missing-serviceaccount",
            "prod/ingress.yaml:11 k8s-dangling-ingress",
        ],
    );
}

#[test]
fn what_several_overlays_take_in_stays_together() {
    check("overlays", &["."], &["base/web.yaml:5 k8s-hpa-target-has-replicas"]);
}

#[test]
fn a_part_of_a_tree_lacks_nothing() {
    check("traffic", &["svc/web.yaml"], &[]);
    check("references", &["app.yaml", "config.yaml"], &["app.yaml:25 k8s-missing-configmap"]);
}
