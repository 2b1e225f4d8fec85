//! Ways around admission webhooks that others were found to have. Each is closed here, as far as the decision goes; those
//! of the transport are in `server.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

mod common;

use common::{allowed, denied, judge, judge_with, pod, policies, review, settings, text};
use portcullis_admission::decide::{Decider as _, RuleAction, Verdict};
use portcullis_admission::decision::{Clock, Judge, JudgeError};
use portcullis_admission::settings::{Connect, Mode};
use portcullis_engine::{Objects, ScanOptions};
use serde_json::{Value, json};

/// A container that is the node.
fn privileged(name: &str) -> Value {
    json!({ "name": name, "image": "registry.example.com/app:1", "securityContext": { "privileged": true } })
}

/// A container that denies nobody anything.
fn harmless(name: &str) -> Value {
    json!({ "name": name, "image": "registry.example.com/app:1" })
}

fn with_part(mut review: Value, part: &str) -> Value {
    review["request"]["subResource"] = json!(part);
    review
}

#[test]
fn every_list_of_containers_is_judged() {
    let bad = |list: &str| {
        let mut pod = pod(json!([harmless("app")]));
        pod["spec"][list] = json!([privileged("bad")]);
        pod
    };
    let mut sidecar = bad("initContainers");
    sidecar["spec"]["initContainers"][0]["restartPolicy"] = json!("Always");
    let resized = pod(json!([harmless("app"), privileged("bad")]));
    for (part, operation, object, container) in [
        ("ephemeralcontainers", "UPDATE", bad("ephemeralContainers"), "spec.ephemeralContainers[0]"),
        ("", "CREATE", bad("initContainers"), "spec.initContainers[0]"),
        ("", "CREATE", sidecar, "spec.initContainers[0]"),
        ("resize", "UPDATE", resized, "spec.containers[1]"),
    ] {
        let message = denied(&judge(|_| {}), "default", &with_part(review(operation, "pods", object), part));
        for wanted in ["k8s-privileged-container", "`bad`", &format!("({container}.securityContext.privileged)")] {
            assert!(message.contains(wanted), "{part} {wanted}: {message}");
        }
    }
}

#[test]
fn connections_get_what_is_configured() {
    for part in ["exec", "attach", "portforward", "proxy"] {
        let options = json!({ "apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"], "container": "app" });
        let mut review = with_part(review("CONNECT", "pods", options), part);
        review["request"]["name"] = json!("web");
        assert_eq!(allowed(&judge(|_| {}), "default", &review), [""; 0]);
        let warnings = allowed(&judge(|settings| settings.connect = Connect::Warn), "default", &review);
        assert!(warnings[0].contains(&format!("{part} of pods `web`")), "{warnings:?}");
        let deny = judge(|settings| settings.connect = Connect::Deny);
        assert!(denied(&deny, "default", &review).contains(part));
        review["request"]["namespace"] = json!("kube-system");
        allowed(&deny, "default", &review);
    }
}

#[test]
fn what_is_no_pod_is_not_misjudged() {
    let object = |api_version: &str, kind: &str, rest: Value| {
        let mut object =
            json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": "web", "namespace": "shop" } });
        object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        object
    };
    let service = json!({ "spec": { "ports": [{ "port": 80 }], "selector": { "app": "web" } }, "status": {} });
    for (resource, part, object) in [
        ("deployments", "scale", object("autoscaling/v1", "Scale", json!({ "spec": { "replicas": 1 } }))),
        ("pods", "binding", object("v1", "Binding", json!({ "target": { "kind": "Node", "name": "n" } }))),
        ("pods", "eviction", object("policy/v1", "Eviction", json!({}))),
        ("serviceaccounts", "token", object("authentication.k8s.io/v1", "TokenRequest", json!({ "spec": {} }))),
        ("services", "status", object("v1", "Service", service)),
        ("leases", "", object("coordination.k8s.io/v1", "Lease", json!({}))),
    ] {
        let review = with_part(review("UPDATE", resource, object), part);
        assert_eq!(allowed(&judge(|_| {}), "default", &review), [""; 0], "{resource}/{part}");
    }
}

#[test]
fn updates_count_and_statuses_and_deletions_go_through() {
    let bad = pod(json!([privileged("app")]));
    let mut update = review("UPDATE", "pods", bad.clone());
    update["request"]["oldObject"] = pod(json!([harmless("app")]));
    // A patch and a server-side apply are updates with other options.
    for kind in ["UpdateOptions", "PatchOptions"] {
        update["request"]["options"] = json!({ "apiVersion": "meta.k8s.io/v1", "kind": kind });
        denied(&judge(|_| {}), "default", &update);
    }
    let status = with_part(review("UPDATE", "pods", bad.clone()), "status");
    assert_eq!(allowed(&judge(|_| {}), "default", &status), [""; 0], "a report of what runs");
    let smuggled = with_part(update, "status");
    denied(&judge(|_| {}), "default", &smuggled);
    let mut delete = review("DELETE", "pods", Value::Null);
    delete["request"]["oldObject"] = bad;
    allowed(&judge(|_| {}), "default", &delete);
}

#[test]
fn a_name_or_a_namespace_may_be_missing() {
    let mut object = pod(json!([privileged("app")]));
    object["metadata"] = json!({ "generateName": "web-" });
    let mut review = review("CREATE", "pods", object);
    assert!(denied(&judge(|_| {}), "default", &review).contains("Pod `web-`"));

    // The namespace of the request is the object's, for rules as well.
    let only_one = judge_with(|options| options.only = vec!["k8s-default-namespace".to_owned()], |_| {});
    for (namespace, is_told) in [("default", true), ("shop", false)] {
        review["request"]["namespace"] = json!(namespace);
        assert_eq!(!allowed(&only_one, "default", &review).is_empty(), is_told, "{namespace}");
    }
}

#[test]
fn what_belongs_to_the_cluster_is_judged() {
    let object = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": "all" },
        "rules": [{ "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] }],
    });
    let mut review = review("CREATE", "clusterroles", object);
    review["request"].as_object_mut().unwrap().remove("namespace");
    assert!(denied(&judge(|_| {}), "default", &review).contains("ClusterRole `all`"));
}

#[test]
fn a_dry_run_gets_the_same_verdict() {
    for containers in [json!([privileged("app")]), json!([harmless("app")])] {
        let mut review = review("CREATE", "pods", pod(containers));
        let judge = judge(|_| {});
        let wet = common::decide(&judge, "default", &review);
        review["request"]["dryRun"] = json!(true);
        assert_eq!(common::decide(&judge, "default", &review), wet);
    }
}

#[test]
fn every_version_and_every_kind_that_holds_pods_is_judged() {
    let template = json!({ "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [privileged("app")] } });
    let workload = json!({ "template": template });
    let cron = json!({ "schedule": "0 1 * * *", "jobTemplate": { "spec": workload } });
    for (api_version, kind, resource, spec) in [
        ("apps/v1", "Deployment", "deployments", &workload),
        ("apps/v1beta1", "Deployment", "deployments", &workload),
        ("extensions/v1beta1", "Deployment", "deployments", &workload),
        ("apps/v1", "ReplicaSet", "replicasets", &workload),
        ("v1", "ReplicationController", "replicationcontrollers", &workload),
        ("batch/v1beta1", "CronJob", "cronjobs", &cron),
        ("argoproj.io/v1alpha1", "Rollout", "rollouts", &workload),
        ("example.com/v1", "Thing", "things", &json!({ "nested": { "pod": template } })),
    ] {
        let metadata = json!({ "name": "web", "namespace": "shop" });
        let object = json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec });
        let mut review = review("CREATE", resource, object);
        review["request"]["requestKind"] = json!({ "group": "extensions", "version": "v1beta1", "kind": kind });
        let message = denied(&judge(|_| {}), "default", &review);
        assert!(message.contains("k8s-privileged-container"), "{api_version} {kind}: {message}");
    }
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": [pod(json!([privileged("app")]))] });
    let message = denied(&judge(|_| {}), "default", &review("CREATE", "lists", list));
    assert!(message.contains("items[0].spec.containers[0]"), "{message}");
}

#[test]
fn a_profile_that_is_not_there_allows_nothing() {
    let review = review("CREATE", "pods", pod(json!([harmless("app")])));
    let decision = common::decide(&judge(|_| {}), "nope", &review);
    assert!(matches!(decision.verdict, Verdict::Failed { .. }), "{decision:?}");
}

#[test]
fn an_object_does_not_exempt_itself() {
    let mut object = pod(json!([privileged("app")]));
    object["metadata"]["annotations"] = json!({
        "portcullis.dev/ignore": "k8s-privileged-container",
        "checkov.io/skip1": "CKV_K8S_16=x",
        "ignore-check.kube-linter.io/privileged-container": "x",
        "kube-score/ignore": "*",
        "polaris.fairwinds.com/exempt": "true",
        "note": "portcullis: ignore-file[k8s-privileged-container]",
    });
    object["metadata"]["labels"] = json!({ "admission.gatekeeper.sh/ignore": "no", "portcullis.dev/ignore": "true" });
    object["metadata"]["ownerReferences"] =
        json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": true }]);
    let review = review("CREATE", "pods", object);
    denied(&judge(|_| {}), "default", &review);
    allowed(&judge(|settings| settings.trust_annotations = true), "default", &review);
}

#[test]
fn only_configured_namespaces_are_exempt() {
    for (namespace, is_exempt) in [("kube-system", true), ("portcullis", true), ("kube-public", false)] {
        let mut object = pod(json!([privileged("app")]));
        object["metadata"]["namespace"] = json!(namespace);
        let mut review = review("CREATE", "pods", object);
        review["request"]["namespace"] = json!(namespace);
        if is_exempt {
            allowed(&judge(|_| {}), "default", &review);
        } else {
            denied(&judge(|_| {}), "default", &review);
        }
        denied(&judge(|settings| settings.exempt.namespaces.clear()), "default", &review);
        // What the object says is not where it will be.
        review["request"]["namespace"] = json!("shop");
        denied(&judge(|_| {}), "default", &review);
    }
}

#[test]
fn policies_reach_no_network() {
    let policy = "package main\nimport rego.v1\n\ndeny contains \"reached\" if {\n\thttp.send({\"method\": \"get\", \"url\": \"http://127.0.0.1:1/\"}).status_code >= 0\n}\n";
    let made = Judge::new(policies("network", policy), &settings(|_| {}), Clock::System);
    let review = review("CREATE", "pods", pod(json!([harmless("app")])));
    let said = made.map_or_else(|error| error.to_string(), |judge| text(&common::decide(&judge, "default", &review)));
    assert!(!said.contains("reached"), "{said}");
}

#[test]
fn what_looks_like_a_template_is_what_it_says() {
    let mut object = pod(json!([privileged("{{ .Values.name }}")]));
    object["spec"]["volumes"] = json!([{ "name": "host", "hostPath": { "path": "/${ANYTHING}" } }]);
    let text = text(&common::decide(&judge(|_| {}), "default", &review("CREATE", "pods", object)));
    for part in ["k8s-privileged-container", "spec.volumes[0].hostPath"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn texts_that_others_read_otherwise_are_refused() {
    let plain = pod(json!([harmless("app")])).to_string();
    let put = |what: &str| plain.replacen("\"spec\":{", &format!("\"spec\":{{{what},"), 1);
    let deep = format!("\"deep\":{}{}", "[".repeat(400), "]".repeat(400));
    for (what, object) in [
        ("twice", put("\"containers\":[]")),
        ("deep", put(&deep)),
        ("NaN", put("\"n\":NaN")),
        ("two", format!("{plain}{plain}")),
        ("no object", "[]".to_owned()),
    ] {
        let mut request = common::request(&review("CREATE", "pods", pod(json!([harmless("app")]))));
        request.object = Some(object.as_str().into());
        let decision = judge(|_| {}).decide("default", &request, common::later());
        assert!(matches!(decision.verdict, Verdict::Failed { .. }), "{what}: {decision:?}");
    }
    let mut object = pod(json!([harmless("app")]));
    object["metadata"]["generation"] = json!(i64::MAX);
    object["spec"]["unknown"] = json!({ "field": 1 });
    object["spec"]["containers"][0]["resources"] = json!({ "limits": { "cpu": "1000m" }, "requests": { "cpu": "1" } });
    object["spec"]["containers"][0]["image"] = json!("registry.example.com:5000/app");
    let text = text(&common::decide(&judge(|_| {}), "default", &review("CREATE", "pods", object)));
    assert!(!text.contains("cpu"), "{text}");
}

#[test]
fn containers_of_windows_are_judged() {
    let mut object = pod(json!([harmless("app")]));
    object["spec"]["os"] = json!({ "name": "windows" });
    object["spec"]["hostNetwork"] = json!(true);
    object["spec"]["securityContext"] = json!({ "windowsOptions": { "hostProcess": true, "runAsUserName": "x" } });
    let text = text(&common::decide(&judge(|_| {}), "default", &review("CREATE", "pods", object)));
    assert!(text.contains("hostProcess"), "{text}");
}

#[test]
fn what_cannot_be_judged_is_never_allowed_in_silence() {
    let broken = policies("broken", "package main\n\ndeny[msg] {\n\tnowhere(input)\n\tmsg := \"x\"\n}\n");
    let made = Judge::new(broken, &settings(|_| {}), Clock::System);
    assert!(matches!(made, Err(JudgeError::Load(_))), "{made:?}");

    // What asks for labels that a review does not have would let everything through.
    let template = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: { name: k8sno }
spec:
  crd: { spec: { names: { kind: K8sNo } } }
  targets: [{ target: admission.k8s.gatekeeper.sh, rego: "package k8sno\nviolation[{\"msg\": \"no\"}] { true }\n" }]
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sNo
metadata: { name: "no" }
spec: { match: { namespaceSelector: { matchLabels: { team: shop } } } }
"#;
    let constraints = common::policy_file("constraints", "constraints.yaml", template);
    let made = Judge::new(constraints, &settings(|_| {}), Clock::System);
    assert!(matches!(made, Err(JudgeError::Load(_))), "{made:?}");

    let objects = Objects::new(ScanOptions::new("/".into())).unwrap();
    let unknown = settings(|settings| {
        settings.profiles.get_mut("default").unwrap().rules = vec![("k8s-nope".to_owned(), RuleAction::Off)];
    });
    assert!(matches!(Judge::new(objects, &unknown, Clock::System), Err(JudgeError::Selector { .. })));

    let request = common::request(&review("CREATE", "pods", pod(json!([harmless("app")]))));
    let late = judge(|_| {}).decide("default", &request, std::time::Instant::now());
    assert!(matches!(late.verdict, Verdict::Failed { .. }), "{late:?}");
    let only_warns = judge(|settings| settings.profiles.get_mut("default").unwrap().mode = Mode::Warn);
    let late = only_warns.decide("default", &request, std::time::Instant::now());
    assert_eq!(late.verdict, Verdict::Allowed);
    assert!(late.warnings[0].contains("could not judge"), "{late:?}");
}

#[test]
fn warnings_and_annotations_fit_what_the_api_server_takes() {
    let containers: Vec<Value> = (0..200).map(|number| privileged(&format!("c{number}\u{202e}\nx"))).collect();
    let review = review("CREATE", "pods", pod(json!(containers)));
    let warn = judge(|settings| settings.profiles.get_mut("default").unwrap().mode = Mode::Warn);
    let decision = common::decide(&warn, "default", &review);
    let length = |text: &String| text.chars().count();
    assert!(decision.warnings.iter().all(|warning| length(warning) <= 256 && !warning.contains(['\n', '\u{202e}'])));
    assert!(decision.warnings.iter().map(length).sum::<usize>() <= 4096);
    let last = decision.warnings.last().unwrap();
    assert!(last.starts_with("and ") && last.ends_with(" more"), "{last}");
    for (key, value) in &decision.audit_annotations {
        assert!(key.bytes().all(|byte| byte.is_ascii_lowercase()), "{key}");
        assert!(!value.is_empty() && length(value) <= 4096, "{key}: {value}");
    }
    let message = denied(&judge(|_| {}), "default", &review);
    assert!(message.len() <= 8192 && message.lines().last().unwrap().starts_with("and "), "{message}");
}

#[test]
fn names_of_any_length_fit_as_well() {
    let mut object = pod(json!([privileged(&"\u{1f600}".repeat(10_000))]));
    object["metadata"]["name"] = json!("\u{1f600}".repeat(10_000));
    let message = denied(&judge(|_| {}), "default", &review("CREATE", "pods", object));
    assert!(message.len() <= 8192, "{}", message.len());
    assert!(message.contains("\n- k8s-"), "{message}");

    let options = json!({ "apiVersion": "v1", "kind": "PodExecOptions" });
    let mut connection = with_part(review("CONNECT", "pods", options), "exec");
    connection["request"]["name"] = json!("n".repeat(100_000));
    let message = denied(&judge(|settings| settings.connect = Connect::Deny), "default", &connection);
    assert!(message.len() <= 8192, "{}", message.len());
}
