//! Reviews, and what is said of them.

#![allow(dead_code, unreachable_pub, reason = "each test program uses some of it")]
#![allow(clippy::needless_pass_by_value, reason = "objects are written where they are used")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_admission::decide::{Decider as _, Decision, Verdict};
use portcullis_admission::decision::{Clock, Judge};
use portcullis_admission::review::{Request, parse};
use portcullis_admission::settings::Settings;
use portcullis_engine::config::Admission;
use portcullis_engine::{Objects, Policies, PolicySources, ScanOptions};
use serde_json::{Value, json};

/// The day of all tests.
const TODAY: &str = "2026-11-21";

/// The settings by default, for a webhook in the namespace `portcullis`.
pub fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::new(&Admission::default(), Path::new("/"), Some("portcullis"));
    change(&mut settings);
    settings
}

/// Judges by the recommended rules.
pub fn judge(change: impl FnOnce(&mut Settings)) -> Judge {
    judge_with(|_| {}, change)
}

pub fn judge_with(options: impl FnOnce(&mut ScanOptions), change: impl FnOnce(&mut Settings)) -> Judge {
    let mut with = ScanOptions::new("/".into());
    options(&mut with);
    let objects = Objects::new(with).unwrap();
    Judge::new(objects, &settings(change), Clock::Fixed(TODAY.parse().unwrap())).unwrap()
}

/// Judges by a policy as well.
pub fn policies(name: &str, policy: &str) -> Objects {
    policy_file(name, "policy.rego", policy)
}

pub fn policy_file(name: &str, file: &str, text: &str) -> Objects {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("admission").join(name);
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(file), text).unwrap();
    let sources = PolicySources { policies: vec![directory.clone()], ..PolicySources::default() };
    let mut options = ScanOptions::new(directory.clone());
    options.policies = Some(Arc::new(Policies::load(&sources, &directory)));
    Objects::new(options).unwrap()
}

/// A Pod in the namespace `shop`.
pub fn pod(containers: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web", "namespace": "shop" }, "spec": { "containers": containers } })
}

/// A review of an object, or of none.
pub fn review(operation: &str, resource: &str, object: Value) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap_or("v1").to_owned();
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let kind = object["kind"].as_str().unwrap_or("Pod").to_owned();
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let old = if operation == "UPDATE" { object.clone() } else { Value::Null };
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": { "group": group, "version": version, "kind": kind },
            "resource": { "group": group, "version": version, "resource": resource },
            "name": name, "namespace": "shop", "operation": operation,
            "userInfo": { "username": "alice", "groups": ["system:authenticated", "devs"] },
            "object": object, "oldObject": old, "options": null, "dryRun": false,
        },
    })
}

pub fn request(review: &Value) -> Request {
    parse(review.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {review}"))
}

pub fn later() -> Instant {
    Instant::now() + Duration::from_mins(10)
}

pub fn decide(judge: &Judge, profile: &str, review: &Value) -> Decision {
    let decision = judge.decide(profile, &request(review), later());
    Decision { policy_time: Duration::ZERO, ..decision }
}

/// The message of a denial.
pub fn denied(judge: &Judge, profile: &str, review: &Value) -> String {
    match decide(judge, profile, review) {
        Decision { verdict: Verdict::Denied { message }, .. } => message,
        other => panic!("not denied: {other:?}\n{review}"),
    }
}

/// The warnings of what is allowed.
pub fn allowed(judge: &Judge, profile: &str, review: &Value) -> Vec<String> {
    match decide(judge, profile, review) {
        Decision { verdict: Verdict::Allowed, warnings, .. } => warnings,
        other => panic!("not allowed: {other:?}\n{review}"),
    }
}

/// All that is said.
pub fn text(decision: &Decision) -> String {
    let denial = match &decision.verdict {
        Verdict::Allowed => "",
        Verdict::Denied { message } => message,
        Verdict::Failed { reason } => reason,
    };
    format!("{denial}\n{}", decision.warnings.join("\n"))
}
