//! Constraints of Gatekeeper in reviews: what they match, what follows, what policies see, and what is refused with its configuration.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

mod common;

use common::{decide, pod, policy_file, review, settings};
use portcullis_admission::decide::{Decision, RuleAction, Verdict};
use portcullis_admission::decision::{Clock, Judge, JudgeError};
use portcullis_admission::settings::{Connect, Mode, Settings};
use serde_json::{Value, json};

/// Denies what has no label.
const LABELS: &str = r#"violation[{"msg": msg}] {
  not input.review.object.metadata.labels[input.parameters.label]
  msg := sprintf("no label %v", [input.parameters.label])
}"#;

const PODS: &str = "kinds: [{ apiGroups: [\"\"], kinds: [Pod] }]";

/// A template of the kind `Owned`, and a constraint `all` of it.
fn declared(rego: &str, spec: &str) -> String {
    let rego = rego.replace('\n', "\n        ");
    format!(
        "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {{ name: owned }}\nspec:\n  crd: {{ spec: {{ names: \
         {{ kind: Owned }} }} }}\n  targets:\n    - target: admission.k8s.gatekeeper.sh\n      rego: |\n        package owned\n        {rego}\n---\n\
         apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Owned\nmetadata: {{ name: all }}\nspec: {spec}\n"
    )
}

fn load(name: &str, text: &str, change: impl FnOnce(&mut Settings)) -> Result<Judge, JudgeError> {
    let objects = policy_file(&format!("constraints-{name}"), "policies.yaml", text);
    Judge::new(objects, &settings(change), Clock::System)
}

/// Rules that are built in are of no interest here.
fn judge(name: &str, rego: &str, spec: &str, change: impl FnOnce(&mut Settings)) -> Judge {
    let with_rules = |settings: &mut Settings| {
        let profile = settings.profiles.get_mut("default").unwrap();
        profile.rules = vec![("k8s-*".to_owned(), RuleAction::Off)];
        change(settings);
    };
    load(name, &declared(rego, spec), with_rules).unwrap_or_else(|error| panic!("{error}: {rego}\n{spec}"))
}

/// What the constraint's findings did.
fn actions(decision: &Decision) -> Vec<RuleAction> {
    let of_constraint = decision.findings.iter().filter(|(id, _)| **id == *"policy/gatekeeper/owned/all");
    of_constraint.map(|(_, action)| *action).collect()
}

/// The message of a denial.
fn denied(decision: &Decision) -> &str {
    match &decision.verdict {
        Verdict::Denied { message } => message,
        _ => panic!("it is not denied: {decision:?}"),
    }
}

#[test]
fn a_constraint_is_asked_about_what_it_matches() {
    let metadata = |more: Value| {
        let mut metadata = json!({ "name": "web", "namespace": "shop" });
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        metadata
    };
    let plain = || metadata(json!({}));
    for (nth, (criteria, kind, metadata, is_denied)) in [
        ("", "Pod", plain(), true),
        ("", "Service", plain(), false),
        ("", "Pod", metadata(json!({ "labels": { "owner": "me" } })), false),
        (", namespaces: [\"sh*\"]", "Pod", plain(), true),
        (", namespaces: [other]", "Pod", plain(), false),
        (", excludedNamespaces: [shop]", "Pod", plain(), false),
        // The request says where it is, also where the object does not.
        (", namespaces: [shop]", "Pod", json!({ "name": "web" }), true),
        (", excludedNamespaces: [shop]", "Pod", json!({ "generateName": "web-" }), false),
        (", labelSelector: { matchLabels: { app: a } }", "Pod", metadata(json!({ "labels": { "app": "a" } })), true),
        (", labelSelector: { matchLabels: { app: a } }", "Pod", plain(), false),
        (", scope: Namespaced", "Pod", plain(), true),
        (", scope: Cluster", "Pod", plain(), false),
        (", name: \"we*\"", "Pod", json!({ "generateName": "web-" }), true),
        (", name: api", "Pod", plain(), false),
    ]
    .into_iter()
    .enumerate()
    {
        let spec = format!("{{ match: {{ {PODS}{criteria} }}, parameters: {{ label: owner }} }}");
        let judge = judge(&format!("match-{nth}"), LABELS, &spec, |_| {});
        let object = json!({ "apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": {} });
        let decision = decide(&judge, "default", &review("CREATE", "things", object));
        let expected: &[RuleAction] = if is_denied { &[RuleAction::Enforce] } else { &[] };
        assert_eq!(actions(&decision), expected, "{criteria} {metadata}: {decision:?}");
        assert_eq!(matches!(decision.verdict, Verdict::Denied { .. }), is_denied, "{criteria}: {decision:?}");
    }
}

#[test]
fn what_a_constraint_enforces_is_the_most_that_comes_of_it() {
    use RuleAction::{Audit, Enforce, Warn};
    let scoped = |action: &str, point: &str| {
        format!(
            "enforcementAction: scoped, scopedEnforcementActions: [{{ action: {action}, enforcementPoints: [{{ name: {point} }}] }}]"
        )
    };
    let all = |action| vec![("policy".to_owned(), action)];
    for (nth, (enforces, mode, rules, expected)) in [
        ("enforcementAction: deny".to_owned(), Mode::Enforce, vec![], Some(Enforce)),
        ("enforcementAction: warn".to_owned(), Mode::Enforce, vec![], Some(Warn)),
        ("enforcementAction: dryrun".to_owned(), Mode::Enforce, vec![], Some(Audit)),
        ("enforcementAction: warn".to_owned(), Mode::Enforce, all(Enforce), Some(Warn)),
        ("enforcementAction: dryrun".to_owned(), Mode::Enforce, all(Enforce), Some(Audit)),
        ("enforcementAction: deny".to_owned(), Mode::Enforce, all(Audit), Some(Audit)),
        ("enforcementAction: deny".to_owned(), Mode::Warn, vec![], Some(Warn)),
        ("enforcementAction: deny".to_owned(), Mode::Audit, vec![], Some(Audit)),
        (scoped("deny", "validation.gatekeeper.sh"), Mode::Enforce, vec![], Some(Enforce)),
        (scoped("warn", "\"*\""), Mode::Enforce, vec![], Some(Warn)),
        (scoped("deny", "audit.gatekeeper.sh"), Mode::Enforce, vec![], None),
    ]
    .into_iter()
    .enumerate()
    {
        let what = format!("{enforces} {mode:?} {rules:?}");
        let spec = format!("{{ {enforces}, parameters: {{ label: owner }} }}");
        let judge = judge(&format!("action-{nth}"), LABELS, &spec, |settings| {
            let profile = settings.profiles.get_mut("default").unwrap();
            profile.mode = mode;
            profile.rules.extend(rules);
        });
        let decision = decide(&judge, "default", &review("CREATE", "pods", pod(json!([]))));
        assert_eq!(actions(&decision), expected.into_iter().collect::<Vec<_>>(), "{what}: {decision:?}");
        assert_eq!(matches!(decision.verdict, Verdict::Denied { .. }), expected == Some(Enforce), "{what}");
        let warns = decision.warnings.iter().any(|warning| warning.contains("no label owner"));
        assert_eq!(warns, expected == Some(Warn), "{what}: {decision:?}");
        let is_audited = decision.audit_annotations.iter().any(|(key, _)| key == "audited");
        assert_eq!(is_audited, expected == Some(Audit), "{what}: {decision:?}");
    }
}

#[test]
fn a_policy_sees_the_request() {
    let show = "violation[{\"msg\": msg}] {\n  msg := sprintf(\"it is %v\", [input.review";
    for (nth, (operation, path, wanted)) in [
        ("CREATE", ".operation", "it is CREATE "),
        ("CREATE", ".userInfo.username", "it is alice "),
        ("CREATE", ".userInfo.groups[1]", "it is devs "),
        ("CREATE", ".userInfo.extra.scopes[0]", "it is limited "),
        ("CREATE", ".namespace", "it is shop "),
        ("CREATE", ".name", "it is web "),
        ("CREATE", ".kind.kind", "it is Pod "),
        ("CREATE", ".resource.resource", "it is pods "),
        ("CREATE", ".requestResource.group", "it is apps "),
        ("CREATE", ".subResource", "it is status "),
        ("CREATE", ".dryRun", "it is true "),
        ("CREATE", ".options.fieldManager", "it is kubectl "),
        ("CREATE", ".uid", "it is 705ab4f5-"),
        ("CREATE", ".object.metadata.name", "it is web "),
        ("CREATE", ".oldObject", "it is null "),
        ("UPDATE", ".oldObject.metadata.name", "it is before "),
        ("UPDATE", ".object.metadata.name", "it is web "),
    ]
    .into_iter()
    .enumerate()
    {
        let judge = judge(&format!("fields-{nth}"), &format!("{show}{path}])\n}}"), "{}", |_| {});
        let mut review = review(operation, "pods", pod(json!([])));
        let request = &mut review["request"];
        if operation == "UPDATE" {
            request["oldObject"]["metadata"]["name"] = json!("before");
        }
        if path == ".subResource" {
            request["subResource"] = json!("status");
        }
        request["userInfo"]["extra"] = json!({ "scopes": ["limited"] });
        request["requestResource"] = json!({ "group": "apps", "version": "v1", "resource": "deployments" });
        request["options"] = json!({ "kind": "CreateOptions", "fieldManager": "kubectl" });
        request["dryRun"] = json!(true);
        let decision = decide(&judge, "default", &review);
        assert!(denied(&decision).contains(wanted), "{path}: {decision:?}");
    }
}

#[test]
fn deletions_and_connections_are_for_constraints() {
    let kept = "violation[{\"msg\": msg}] {\n  input.review.object.metadata.labels.keep == \"yes\"\n  input.review.object == \
                input.review.oldObject\n  msg := sprintf(\"%v of what is kept\", [input.review.operation])\n}\n\
                violation[{\"msg\": msg}] {\n  input.review.operation == \"CONNECT\"\n  input.review.object.command[_] == \"sh\"\n  msg := \
                \"CONNECT for a shell\"\n}";
    let with = |operation: &str, object: Value, old: Value| {
        let mut review = review(operation, "pods", object);
        review["request"]["oldObject"] = old;
        review
    };
    let privileged = json!([{ "name": "app", "image": "app", "securityContext": { "privileged": true } }]);
    let labelled = |keep: &str| {
        let mut pod = pod(privileged.clone());
        pod["metadata"]["labels"] = json!({ "keep": keep });
        pod
    };
    let exec = |command: &str| json!({ "apiVersion": "v1", "kind": "PodExecOptions", "command": [command] });
    let connection = |command: &str| {
        let mut review = with("CONNECT", exec(command), Value::Null);
        review["request"]["subResource"] = json!("exec");
        review
    };
    let bound = |connect| judge(&format!("gone-{connect:?}"), kept, "{}", |settings| settings.connect = connect);
    let judge = bound(Connect::Allow);
    for (what, review, wanted) in [
        ("a deletion", with("DELETE", Value::Null, labelled("yes")), Some("DELETE of what is kept")),
        // What is wrong with a pod goes with it.
        ("another", with("DELETE", Value::Null, labelled("no")), None),
        ("a shell", connection("sh"), Some("CONNECT for a shell")),
        ("another command", connection("true"), None),
    ] {
        let decision = decide(&judge, "default", &review);
        match wanted {
            Some(wanted) => assert!(denied(&decision).contains(wanted), "{what}: {decision:?}"),
            None => assert_eq!(decision, Decision::allowed(), "{what}"),
        }
    }
    let lost = decide(&judge, "default", &with("DELETE", Value::Null, Value::Null));
    assert!(matches!(lost.verdict, Verdict::Failed { .. }), "{lost:?}");

    let warned = decide(&bound(Connect::Warn), "default", &connection("true"));
    assert_eq!((warned.verdict, warned.warnings.len()), (Verdict::Allowed, 1));
    let shell = decide(&bound(Connect::Warn), "default", &connection("sh"));
    assert!(denied(&shell).contains("CONNECT for a shell") && shell.warnings.len() == 1, "{shell:?}");
}

#[test]
fn what_was_there_before_only_warns_where_that_is_asked() {
    let spec = "{ parameters: { label: owner } }";
    let judge = judge("ratchet", LABELS, spec, |settings| settings.ratchet = true);
    let with_label = |label: &str| {
        let mut pod = pod(json!([]));
        pod["metadata"]["labels"] = json!({ label: "x" });
        pod
    };
    for (old, is_denied) in [(with_label("owner"), true), (with_label("app"), false)] {
        let mut review = review("UPDATE", "pods", with_label("app"));
        review["request"]["oldObject"] = old;
        let decision = decide(&judge, "default", &review);
        let expected = if is_denied { RuleAction::Enforce } else { RuleAction::Warn };
        assert_eq!(actions(&decision), [expected], "{decision:?}");
    }
}

#[test]
fn a_policy_that_fails_is_no_verdict_each_time() {
    let judge = judge("fault", "violation[{\"msg\": msg}] {\n  msg := 1\n}", "{}", |_| {});
    for _ in 0..2 {
        let decision = decide(&judge, "default", &review("CREATE", "pods", pod(json!([]))));
        let Verdict::Failed { reason } = &decision.verdict else { panic!("{decision:?}") };
        assert!(reason.contains("policies.yaml") && reason.contains("`msg` is no text"), "{reason}");
    }
}

#[test]
fn what_a_review_cannot_answer_is_refused_at_the_start() {
    let constraint = |spec: &str| declared(LABELS, spec);
    let only_constraint = constraint("{}").split_once("---\n").unwrap().1.to_owned();
    let cel =
        constraint("{}").replace("rego: |", "code: [{ engine: K8sNativeValidation, source: {} }]\n      ignored: |");
    let inventory = "violation[{\"msg\": \"twice\"}] {\n  data.inventory.namespace[_]\n}";
    let selector = "match: { namespaceSelector: { matchLabels: { a: b } } }";
    let elsewhere = "enforcementAction: scoped, scopedEnforcementActions: [{ action: deny, enforcementPoints: [{ name: audit.gatekeeper.sh }] }]";
    for (nth, (text, wanted)) in [
        (constraint(&format!("{{ {selector} }}")), "Owned all: `spec.match.namespaceSelector` asks for labels"),
        (declared(inventory, "{}"), "template `owned` looks up other objects in `data.inventory`"),
        (declared("violation[{\"msg\": msg}] {\n  msg := missing(1)\n}", "{}"), "policies.yaml"),
        (only_constraint, "Owned all: no template with Rego is for this kind"),
        (cel, "Owned all: no template with Rego is for this kind"),
        (constraint("{ enforcementAction: block }"), "`enforcementAction` is `block`"),
        // What does not speak in admission need not be judged there.
        (constraint(&format!("{{ {selector}, {elsewhere} }}")), ""),
        (declared(inventory, &format!("{{ {elsewhere} }}")), ""),
        (declared(&format!("# No inventory.\n{LABELS}"), "{}"), ""),
    ]
    .into_iter()
    .enumerate()
    {
        match load(&format!("refused-{nth}"), &text, |_| {}) {
            Ok(_) => assert_eq!(wanted, "", "{text}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!wanted.is_empty() && error.contains(wanted), "{wanted}: {error}");
            }
        }
    }
}
