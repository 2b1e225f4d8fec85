//! Relations across files, end to end: each tree of `fixtures/joins` with the findings that it must give, and no others.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

/// The findings of a scan of `paths` in a tree, as `PATH:LINE ID`: of the rules that look across files, but for a few that
/// are about one file and ask others for exceptions only.
fn findings(tree: &str, paths: &[&str]) -> Vec<String> {
    const SKIPPED: &str = "k8s-readiness-probe-missing,k8s-replicas-low,k8s-automount-token,\
                           k8s-default-serviceaccount-used,k8s-image-pull-secret-missing,k8s-service-selector-overlap,\
                           k8s-memory-*,k8s-cpu-*,k8s-ephemeral-storage-missing";
    of_rules(tree, paths, &["--only", "across-files", "--skip", SKIPPED])
}

fn of_rules(tree: &str, paths: &[&str], rules: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .arg("check")
        .args(rules)
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
            "config.yaml:40 k8s-missing-binding-subject",
            "config.yaml:46 k8s-missing-binding-subject",
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

/// The findings of some rules alone: their trees hold no more than these need.
#[track_caller]
fn check_only(tree: &str, paths: &[&str], rules: &str, expected: &[&str]) {
    assert_eq!(of_rules(tree, paths, &["--only", rules]), expected, "{tree} {paths:?} {rules}");
}

#[test]
fn the_platform_has_what_is_asked_of_it() {
    const RULES: &str = "k8s-externalsecret-store-missing,k8s-cert-manager-issuer-missing,k8s-missing-priorityclass,\
                         k8s-keda-target-missing,k8s-dangling-vpa,k8s-hpa-duplicate-target";
    check_only(
        "platform",
        &["whole"],
        RULES,
        &[
            "whole/scalers.yaml:14 k8s-keda-target-missing",
            "whole/scalers.yaml:25 k8s-dangling-vpa",
            "whole/scalers.yaml:31 k8s-hpa-duplicate-target",
            "whole/scalers.yaml:38 k8s-hpa-duplicate-target",
            "whole/shop.yaml:10 k8s-externalsecret-store-missing",
            "whole/shop.yaml:11 k8s-externalsecret-store-missing",
            "whole/shop.yaml:28 k8s-cert-manager-issuer-missing",
            "whole/shop.yaml:41 k8s-cert-manager-issuer-missing",
            "whole/shop.yaml:47 k8s-missing-priorityclass",
        ],
    );
    // The release of the other directory may bring the class; the other texts are about namespaces of their own.
    check_only(
        "platform",
        &["."],
        RULES,
        &[
            "whole/scalers.yaml:14 k8s-keda-target-missing",
            "whole/scalers.yaml:25 k8s-dangling-vpa",
            "whole/scalers.yaml:31 k8s-hpa-duplicate-target",
            "whole/scalers.yaml:38 k8s-hpa-duplicate-target",
            "whole/shop.yaml:10 k8s-externalsecret-store-missing",
            "whole/shop.yaml:11 k8s-externalsecret-store-missing",
            "whole/shop.yaml:28 k8s-cert-manager-issuer-missing",
            "whole/shop.yaml:41 k8s-cert-manager-issuer-missing",
        ],
    );
    check_only("platform", &["whole/shop.yaml", "whole/stores.yaml"], RULES, &[]);
}

#[test]
fn routes_of_the_mesh_lead_somewhere() {
    const RULE: &str = "k8s-istio-virtualservice-destination-missing";
    check_only(
        "mesh",
        &["."],
        RULE,
        &[&format!("routes.yaml:9 {RULE}"), &format!("routes.yaml:10 {RULE}"), &format!("routes.yaml:12 {RULE}")],
    );
    check_only("mesh", &["routes.yaml"], RULE, &[]);
}

#[test]
fn accounts_are_there_and_hold_what_they_should() {
    const RULES: &str = "k8s-workload-cluster-takeover,k8s-missing-binding-subject,k8s-image-pull-secret-missing";
    check_only(
        "accounts",
        &["."],
        RULES,
        &[
            "pods.yaml:7 k8s-workload-cluster-takeover",
            "pods.yaml:16 k8s-workload-cluster-takeover",
            "pods.yaml:17 k8s-image-pull-secret-missing",
            "pods.yaml:28 k8s-workload-cluster-takeover",
            "pods.yaml:40 k8s-workload-cluster-takeover",
            "pods.yaml:41 k8s-image-pull-secret-missing",
            "pods.yaml:47 k8s-workload-cluster-takeover",
            "rbac.yaml:8 k8s-missing-binding-subject",
        ],
    );
    // What the accounts say of their tokens is not seen; a token that the pod asks for is.
    check_only("accounts", &["pods.yaml", "rbac.yaml"], RULES, &["pods.yaml:28 k8s-workload-cluster-takeover"]);
}

#[test]
fn services_have_pods_of_their_own() {
    check_only("traffic", &["."], "k8s-service-selector-overlap", &["svc/web.yaml:22 k8s-service-selector-overlap"]);
}

#[test]
fn a_file_with_a_quota_and_pods_is_complete() {
    let missing = ["--only", "k8s-quota-request-missing"];
    let (all, quota) = ("all.yaml:4 k8s-quota-request-missing", "quota.yaml:4 k8s-quota-request-missing");
    for (paths, expected) in [
        (&["."][..], &[quota][..]),
        (&["all.yaml"], &[all]),
        (&["all.yaml", "more/limits.yaml"], &[]),
        (&["quota.yaml", "web.yaml"], &[]),
    ] {
        assert_eq!(of_rules("alone", paths, &missing), expected, "{paths:?}");
    }
}

#[test]
fn limit_ranges_give_what_is_not_written() {
    let missing = ["--only", "k8s-memory-request-missing,k8s-memory-limit-missing"];
    let lacking = |places: &[&str]| -> Vec<String> {
        let rules = ["k8s-memory-limit-missing", "k8s-memory-request-missing"];
        places.iter().flat_map(|place| rules.map(|rule| format!("{place} {rule}"))).collect()
    };
    let elsewhere = ["apart/web.yaml:4", "app/web.yaml:9", "app/web.yaml:14", "env/staging/web.yaml:4"];
    assert_eq!(of_rules("defaults", &["."], &missing), lacking(&elsewhere));
    // Without the LimitRange nothing is given.
    assert_eq!(of_rules("defaults", &["plain/web.yaml"], &missing), lacking(&["plain/web.yaml:4", "plain/web.yaml:9"]));
}

#[test]
fn namespaces_ask_for_what_they_may() {
    const RULES: &str = "k8s-resourcequota-exceeded,k8s-quota-request-missing,k8s-limitrange-violated";
    check_only(
        "quotas",
        &["."],
        RULES,
        &[
            "quotas.yaml:6 k8s-resourcequota-exceeded",
            "quotas.yaml:8 k8s-resourcequota-exceeded",
            "quotas.yaml:9 k8s-resourcequota-exceeded",
            "quotas.yaml:10 k8s-resourcequota-exceeded",
            "quotas.yaml:25 k8s-limitrange-violated",
            "quotas.yaml:26 k8s-limitrange-violated",
            "quotas.yaml:28 k8s-limitrange-violated",
            "quotas.yaml:35 k8s-quota-request-missing",
        ],
    );
    // What is not seen only adds to a sum. It may be a LimitRange that gives what a container lacks.
    check_only(
        "quotas",
        &["quotas.yaml", "shop.yaml", "others.yaml"],
        RULES,
        &[
            "quotas.yaml:6 k8s-resourcequota-exceeded",
            "quotas.yaml:8 k8s-resourcequota-exceeded",
            "quotas.yaml:9 k8s-resourcequota-exceeded",
            "quotas.yaml:10 k8s-resourcequota-exceeded",
            "quotas.yaml:26 k8s-limitrange-violated",
            "quotas.yaml:28 k8s-limitrange-violated",
        ],
    );
    check_only("quotas", &["quotas.yaml"], RULES, &[]);
}

#[test]
fn what_is_deployed_together_is_defined_once() {
    check(
        "twice",
        &["."],
        &[
            "patched/patch.yaml:4 k8s-workload-without-pdb",
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
fn variants_in_one_directory_are_not_applied_together() {
    let lines = of_rules("variants", &["."], &["--only", "k8s-duplicate-object"]);
    assert_eq!(lines, ["apply/everything.yaml:3 k8s-duplicate-object", "apply/one.yaml:7 k8s-duplicate-object"]);
}

#[test]
fn what_was_not_read_may_hold_what_is_missed() {
    check("unread", &["."], &["services.yaml:9 k8s-dangling-service", "services.yaml:19 k8s-dangling-service"]);
    check("chart", &["."], &["service.yaml:9 k8s-dangling-ingress"]);
}

#[test]
fn every_relation_is_silent_where_it_cannot_know() {
    check(
        "silent",
        &["."],
        &[
            "broken.yaml:53 k8s-pod-without-networkpolicy",
            "custom.yaml:53 k8s-pod-without-networkpolicy",
            "plain.yaml:6 k8s-dangling-service",
            "plain.yaml:13 k8s-dangling-ingress",
            "plain.yaml:19 k8s-dangling-gateway-route",
            "plain.yaml:21 k8s-dangling-gateway-route",
            "plain.yaml:27 k8s-dangling-hpa",
            "plain.yaml:34 k8s-dangling-networkpolicy",
            "plain.yaml:36 k8s-dangling-networkpolicy-peer",
            "plain.yaml:42 k8s-dangling-pdb",
            "plain.yaml:49 k8s-dangling-servicemonitor",
            "plain.yaml:53 k8s-pod-without-networkpolicy",
            "plain.yaml:55 k8s-missing-serviceaccount",
            "plain.yaml:60 k8s-missing-configmap",
            "plain.yaml:61 k8s-missing-secret",
            "plain.yaml:64 k8s-missing-pvc",
            "plain.yaml:69 k8s-missing-role",
            "plain.yaml:71 k8s-missing-binding-subject",
            "plain.yaml:77 k8s-dangling-vpa",
            "plain.yaml:83 k8s-keda-target-missing",
            "plain.yaml:89 k8s-externalsecret-store-missing",
            "plain.yaml:96 k8s-cert-manager-issuer-missing",
            "plain.yaml:104 k8s-istio-virtualservice-destination-missing",
        ],
    );
    check("silent", &["plain.yaml", "others.yaml"], &[]);
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
fn what_several_overlays_take_in_is_told_once() {
    check(
        "overlays",
        &["."],
        &[
            "base/web.yaml:3 k8s-pod-without-networkpolicy",
            "base/web.yaml:5 k8s-hpa-target-has-replicas",
            "base/web.yaml:5 k8s-workload-without-pdb",
            "base/web.yaml:9 k8s-missing-serviceaccount",
        ],
    );
}

#[test]
fn a_part_of_a_tree_lacks_nothing() {
    check("traffic", &["svc/web.yaml"], &[]);
    check("references", &["app.yaml", "config.yaml"], &["app.yaml:25 k8s-missing-configmap"]);
}
