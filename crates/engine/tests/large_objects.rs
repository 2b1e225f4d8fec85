//! Objects with thousands of parts: each finding names its own field, container and runtime class. Whoever may create an object chooses
//! how many there are, so that nothing may be looked for once for each.

#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::sync::Arc;

use portcullis_engine::{Given, JudgedObject, Objects, ScanOptions};

fn judge(only: &str, text: String) -> JudgedObject {
    let mut options = ScanOptions::new("/".into());
    options.only = vec![only.to_owned()];
    let given = Given { text: &Arc::from(text), namespace: "", path: "cluster/_/List/_", asked: None };
    Objects::new(options).unwrap().judge(given).unwrap()
}

fn many(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(",")
}

#[test]
fn each_pod_of_a_list_has_findings_of_its_own() {
    const PODS: usize = 3000;
    let pods = many(PODS, |nth| {
        format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p{nth}"}},"spec":{{"runtimeClassName":"r{nth}","containers":[{{"name":"a"}},{{"name":"c{nth}","image":"i{nth}","securityContext":{{"privileged":true}}}}]}}}}"#
        )
    });
    let judged = judge("k8s-privileged-container", format!(r#"{{"apiVersion":"v1","kind":"List","items":[{pods}]}}"#));
    assert_eq!(judged.findings.len(), PODS);
    for (nth, found) in judged.findings.iter().enumerate() {
        assert_eq!(found.field, format!("items[{nth}].spec.containers[1].securityContext.privileged"));
        let container = found.container.as_ref().unwrap();
        assert_eq!((&container.name, &container.image), (&Some(format!("c{nth}")), &Some(format!("i{nth}"))));
        assert_eq!(found.runtime_class, Some(format!("r{nth}")));
    }
}

#[test]
fn each_unknown_field_is_told() {
    const FIELDS: usize = 20_000;
    let fields = many(FIELDS, |nth| format!(r#""x{nth}":1"#));
    let pod = format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p"}},"spec":{{"containers":[{{"name":"a"}}],{fields}}}}}"#
    );
    let judged = judge("k8s-schema-unknown-field", pod);
    let fields: Vec<&str> = judged.findings.iter().map(|found| found.field.as_str()).collect();
    for nth in [0, 1, FIELDS - 1] {
        assert!(fields.contains(&format!("spec.x{nth}").as_str()), "{nth}: {:?}", fields.first());
    }
}

#[test]
fn each_secret_of_a_long_text_is_told() {
    const SECRETS: usize = 5000;
    let text = "password=kX9mQ2vL7a\\n".repeat(SECRETS);
    let map = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"a"}},"data":{{"a":"{text}"}}}}"#);
    let judged = judge("k8s-secret-in-configmap", map);
    assert_eq!(judged.findings.len(), SECRETS);
    assert!(judged.findings.iter().all(|found| found.field == "data.a"));
}
