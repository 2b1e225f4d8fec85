//! What findings do: modes, severities, rules, exemptions, ratchet, and what the user reads.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

mod common;

use std::collections::BTreeSet;

use common::{decide, judge, judge_with, pod, policies, review, settings};
use portcullis_admission::decide::{Decision, RuleAction, Verdict};
use portcullis_admission::decision::{Clock, Judge};
use portcullis_admission::settings::{Mode, Profile, RuleExemption, Settings};
use portcullis_core::Severity;
use serde_json::{Value, json};

/// A pod with one container that runs privileged.
fn bad() -> Value {
    let security = json!({ "privileged": true });
    pod(json!([{ "name": "app", "image": "registry.example.com/app:1", "securityContext": security }]))
}

fn default_profile(settings: &mut Settings) -> &mut Profile {
    settings.profiles.get_mut("default").unwrap()
}

/// What a rule's findings did, once each.
fn actions(decision: &Decision, rule: &str) -> Vec<RuleAction> {
    let actions: BTreeSet<RuleAction> =
        decision.findings.iter().filter(|(id, _)| **id == *rule).map(|(_, action)| *action).collect();
    actions.into_iter().collect()
}

const PRIVILEGED: &str = "k8s-privileged-container";

#[test]
fn modes_severities_and_rules_decide_what_a_finding_does() {
    let rule = |selector: &str, action| vec![(selector.to_owned(), action)];
    for (mode, enforce, rules, expected) in [
        (Mode::Enforce, vec![Severity::Critical, Severity::High], vec![], Some(RuleAction::Enforce)),
        (Mode::Enforce, vec![Severity::High], vec![], Some(RuleAction::Warn)),
        (Mode::Warn, vec![Severity::Critical], vec![], Some(RuleAction::Warn)),
        (Mode::Audit, vec![Severity::Critical], vec![], Some(RuleAction::Audit)),
        (Mode::Enforce, vec![Severity::Critical], rule(PRIVILEGED, RuleAction::Warn), Some(RuleAction::Warn)),
        (Mode::Enforce, vec![Severity::Critical], rule("k8s-*", RuleAction::Audit), Some(RuleAction::Audit)),
        (Mode::Enforce, vec![], rule("trivy:KSV-0017", RuleAction::Enforce), Some(RuleAction::Enforce)),
        (Mode::Warn, vec![], rule(PRIVILEGED, RuleAction::Enforce), Some(RuleAction::Warn)),
        (Mode::Enforce, vec![Severity::Critical], rule(PRIVILEGED, RuleAction::Off), None),
    ] {
        let what = format!("{mode:?} {enforce:?} {rules:?}");
        let judge = judge(|settings| {
            let profile = default_profile(settings);
            (profile.mode, profile.enforce, profile.rules) = (mode, enforce.into_iter().collect(), rules);
        });
        let decision = decide(&judge, "default", &review("CREATE", "pods", bad()));
        assert_eq!(actions(&decision, PRIVILEGED), expected.into_iter().collect::<Vec<_>>(), "{what}");
        let is_denied = matches!(decision.verdict, Verdict::Denied { .. });
        assert_eq!(is_denied, expected == Some(RuleAction::Enforce), "{what}: {decision:?}");
        let warns = decision.warnings.iter().any(|warning| warning.starts_with(PRIVILEGED));
        assert_eq!(warns, expected == Some(RuleAction::Warn), "{what}: {decision:?}");
    }
}

#[test]
fn each_profile_has_its_own_actions() {
    let judge = judge(|settings| {
        let quiet = Profile { mode: Mode::Audit, ..default_profile(settings).clone() };
        settings.profiles.insert("quiet".to_owned(), quiet);
    });
    let review = review("CREATE", "pods", bad());
    assert!(matches!(decide(&judge, "default", &review).verdict, Verdict::Denied { .. }));
    let quiet = decide(&judge, "quiet", &review);
    assert_eq!((quiet.verdict, quiet.warnings.len()), (Verdict::Allowed, 0));
    let audited = quiet.audit_annotations.iter().find(|(key, _)| key == "audited").unwrap();
    assert!(
        audited.1.contains("k8s-privileged-container spec.containers[0].securityContext.privileged"),
        "{audited:?}"
    );
}

#[test]
fn a_denial_says_what_where_and_what_to_do() {
    let Verdict::Denied { message } = decide(&judge(|_| {}), "default", &review("CREATE", "pods", bad())).verdict
    else {
        panic!("it is allowed")
    };
    assert!(message.starts_with("Pod `web` denied by portcullis:\n- "), "{message}");
    let line = message.lines().find(|line| line.contains(PRIVILEGED)).unwrap();
    for part in ["container `app`", "(spec.containers[0].securityContext.privileged)", "; remove it"] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[test]
fn exemptions_are_those_of_the_configuration() {
    type Change = fn(&mut Settings);
    let exempt: [(&str, Change); 8] = [
        ("namespace", |settings| settings.exempt.namespaces.push("sh*".to_owned())),
        ("user", |settings| settings.exempt.users.push("alice".to_owned())),
        ("group", |settings| settings.exempt.groups.push("dev*".to_owned())),
        ("runtime class", |settings| settings.exempt.runtime_classes.push("gvisor".to_owned())),
        ("image", |settings| settings.exempt.images.push("registry.example.com/app:*".to_owned())),
        ("rule", |settings| settings.exempt.rules.push(rule(PRIVILEGED))),
        ("rule to the last day", |settings| {
            settings.exempt.rules.push(RuleExemption { expires: Some("2026-11-21".parse().unwrap()), ..rule("k8s-*") });
        }),
        ("rule of a name", |settings| {
            let (namespaces, names) = (vec!["shop".to_owned()], vec!["we*".to_owned()]);
            settings.exempt.rules.push(RuleExemption { namespaces, names, ..rule("trivy:KSV-0017") });
        }),
    ];
    let not_exempt: [(&str, Change); 6] = [
        ("user", |settings| settings.exempt.users.push("alic".to_owned())),
        ("runtime class", |settings| settings.exempt.runtime_classes.push("kata".to_owned())),
        ("image", |settings| settings.exempt.images.push("registry.example.com/ap".to_owned())),
        ("rule that expired", |settings| {
            settings
                .exempt
                .rules
                .push(RuleExemption { expires: Some("2026-11-20".parse().unwrap()), ..rule(PRIVILEGED) });
        }),
        ("rule of another namespace", |settings| {
            settings.exempt.rules.push(RuleExemption { namespaces: vec!["other".to_owned()], ..rule(PRIVILEGED) });
        }),
        ("rule of another name", |settings| {
            settings.exempt.rules.push(RuleExemption { names: vec!["api".to_owned()], ..rule(PRIVILEGED) });
        }),
    ];
    let mut object = bad();
    object["spec"]["runtimeClassName"] = json!("gvisor");
    let review = review("CREATE", "pods", object);
    let cases = exempt.map(|case| (case, true)).into_iter().chain(not_exempt.map(|case| (case, false)));
    for ((what, change), is_exempt) in cases {
        let decision = decide(&judge(change), "default", &review);
        assert_eq!(decision.verdict == Verdict::Allowed, is_exempt, "{what}: {decision:?}");
        assert_eq!(decision.audit_annotations.iter().any(|(key, _)| key == "exempt"), is_exempt, "{what}");
    }
}

fn rule(selector: &str) -> RuleExemption {
    RuleExemption { rule: selector.to_owned(), ..RuleExemption::default() }
}

#[test]
fn an_update_is_denied_for_what_it_brings() {
    let ratchet = judge(|settings| settings.ratchet = true);
    let container = |name: &str, image: &str, added: &[&str]| json!({ "name": name, "image": image, "securityContext": { "privileged": true, "capabilities": { "add": added } } });
    let only = |containers: &[Value]| pod(json!(containers));
    let (app, other) = (container("app", "app:1", &["SYS_ADMIN"]), container("new", "app:1", &["SYS_ADMIN"]));
    for (what, old, new, is_denied) in [
        ("the same", vec![app.clone()], vec![app.clone()], false),
        ("another image", vec![app.clone()], vec![container("app", "app:2", &["SYS_ADMIN"])], false),
        ("another place in the list", vec![other.clone(), app.clone()], vec![app.clone(), other.clone()], false),
        ("one less", vec![app.clone(), other.clone()], vec![app.clone()], false),
        ("one more", vec![app.clone()], vec![app.clone(), other.clone()], true),
        ("another name", vec![app.clone()], vec![other], true),
        ("a capability more", vec![app.clone()], vec![container("app", "app:1", &["SYS_ADMIN", "SYS_PTRACE"])], true),
        ("another capability", vec![app], vec![container("app", "app:1", &["SYS_MODULE"])], true),
    ] {
        let mut review = review("UPDATE", "pods", only(&new));
        review["request"]["oldObject"] = only(&old);
        let decision = decide(&ratchet, "default", &review);
        assert_eq!(matches!(decision.verdict, Verdict::Denied { .. }), is_denied, "{what}: {decision:?}");
        let told = decision.warnings.iter().any(|warning| warning.contains("it was there before"));
        assert!(told || is_denied, "{what}: {decision:?}");
        let without = decide(&judge(|_| {}), "default", &review);
        assert!(matches!(without.verdict, Verdict::Denied { .. }), "{what}, without ratchet");
    }
}

#[test]
fn the_configuration_holds_for_objects_by_their_paths() {
    let (config, errors) = portcullis_engine::config::Config::parse(
        "overrides:\n  - paths: ['cluster/shop/**']\n    rules: { k8s-privileged-container: off }\nignore:\n  - { rule: k8s-host-network, path: 'cluster/*/Pod/web', reason: known }\n",
        &portcullis_rules::catalog(),
    );
    assert!(errors.is_empty(), "{errors:?}");
    let judge = judge_with(move |options| options.config = config, |_| {});
    for (namespace, name, rule, is_told) in [
        ("shop", "web", PRIVILEGED, false),
        ("other", "web", PRIVILEGED, true),
        ("shop", "web", "k8s-host-network", false),
        ("shop", "api", "k8s-host-network", true),
        // A name cannot climb into another folder.
        ("other", "../../shop/Pod/web", PRIVILEGED, true),
    ] {
        let mut object = bad();
        object["spec"]["hostNetwork"] = json!(true);
        object["metadata"] = json!({ "name": name, "namespace": namespace });
        let mut review = review("CREATE", "pods", object);
        review["request"]["namespace"] = json!(namespace);
        let decision = decide(&judge, "default", &review);
        assert_eq!(!actions(&decision, rule).is_empty(), is_told, "{namespace}/{name} {rule}: {decision:?}");
    }
}

#[test]
fn policies_decide_as_rules_do() {
    let policy = "package main\nimport rego.v1\n\ndeny contains msg if {\n\tinput.kind == \"Scale\"\n\tinput.spec.replicas > 5\n\tmsg := \"too many replicas\"\n}\n";
    let enforce_policies = settings(|settings| {
        default_profile(settings).rules = vec![("policy".to_owned(), RuleAction::Enforce)];
    });
    let judge = Judge::new(policies("scale", policy), &enforce_policies, Clock::System).unwrap();
    for (replicas, is_denied) in [(3, false), (30, true)] {
        let metadata = json!({ "name": "web", "namespace": "shop" });
        let spec = json!({ "replicas": replicas });
        let scale = json!({ "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": metadata, "spec": spec });
        let mut review = review("UPDATE", "deployments", scale);
        review["request"]["subResource"] = json!("scale");
        let decision = decide(&judge, "default", &review);
        assert_eq!(matches!(decision.verdict, Verdict::Denied { .. }), is_denied, "{decision:?}");
    }
}

#[test]
fn the_values_of_a_secret_are_where_they_belong() {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "db", "namespace": "shop" },
        "data": { "password": "a1g5bVEydkw3" },
    });
    let decision = decide(&judge(|_| {}), "default", &review("CREATE", "secrets", secret));
    assert_eq!((decision.verdict, decision.warnings), (Verdict::Allowed, Vec::<String>::new()));
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "db", "namespace": "shop" },
        "data": { "password": "kX9mQ2vL7" },
    });
    let decision = decide(&judge(|_| {}), "default", &review("CREATE", "configmaps", map));
    let Verdict::Denied { message } = decision.verdict else { panic!("it is allowed: {decision:?}") };
    assert!(message.contains("data.password") && !message.contains("kX9mQ2vL7"), "{message}");
}
