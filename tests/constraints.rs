//! Gatekeeper, end to end: constraints that a scan finds or that are named, what they are about, where their findings stand,
//! templates that are broken, and suites.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in a helper is the failure message"
)]

mod support;

use std::path::{Path, PathBuf};

use support::ran as run;

/// A directory with these files, which is a repository's root.
fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
    support::repository("constraints", name, files)
}

fn scan(root: &Path, more: &[&str]) -> serde_json::Value {
    let args = [&["check", "--only", "gatekeeper", "--format", "json"], more, &["."]].concat();
    let (text, errors, _) = run(root, &args);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{errors}"))
}

/// `path:line:column severity rule message` of each finding of a constraint.
fn found(root: &Path, more: &[&str]) -> Vec<String> {
    let line = |it: &serde_json::Value| {
        let text = |key: &str| it[key].as_str().unwrap().trim_start_matches("policy/gatekeeper/").to_owned();
        let (path, start) = (it["location"]["path"].as_str().unwrap(), &it["location"]["start"]);
        let place = format!("{path}:{}:{}", start["line"], start["column"]);
        format!("{place} {} {} {}", text("severity"), text("rule"), text("message"))
    };
    scan(root, more)["findings"].as_array().unwrap().iter().map(line).collect()
}

/// The messages of the notes.
fn notes(root: &Path) -> Vec<String> {
    let notes = scan(root, &[])["notes"].clone();
    notes.as_array().unwrap().iter().map(|note| note["message"].as_str().unwrap().to_owned()).collect()
}

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: owned
  annotations:
    metadata.gatekeeper.sh/title: "Owners"
    description: Everything has an owner.
spec:
  crd:
    spec:
      names: { kind: Owned }
      validation: { openAPIV3Schema: { type: object, default: {}, properties: { label: { type: string, default: owner } } } }
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package owned

        violation[{"msg": msg}] {
          not input.review.object.metadata.labels[input.parameters.label]
          msg := sprintf("%v %v has no label %v", [input.review.kind.kind, input.review.object.metadata.name, input.parameters.label])
        }
"#;

fn constraint(spec: &str) -> String {
    format!("apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Owned\nmetadata: {{ name: all }}\nspec: {spec}\n")
}

fn object(kind: &str, metadata: &str) -> String {
    let version = if kind == "Deployment" { "apps/v1" } else { "v1" };
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {metadata}\n")
}

#[test]
fn a_constraint_is_about_what_it_matches() {
    let pods = "{ kinds: [{ apiGroups: [\"\"], kinds: [Pod] }]";
    // Criteria, kind and metadata, and whether there is a finding; a text: a note that holds it.
    let cases: &[(&str, &str, &str, Result<bool, &str>)] = &[
        ("}", "Pod", "{ name: a }", Ok(true)),
        ("}", "Pod", "{ name: a, labels: { owner: me } }", Ok(false)),
        ("}", "Service", "{ name: a }", Ok(false)),
        (", namespaces: [prod]}", "Pod", "{ name: a, namespace: prod }", Ok(true)),
        (", namespaces: [prod]}", "Pod", "{ name: a, namespace: test }", Ok(false)),
        (", namespaces: [\"prod-*\"]}", "Pod", "{ name: a, namespace: prod-1 }", Ok(true)),
        (", namespaces: [prod]}", "Pod", "{ name: a }", Err("their namespace is not written")),
        (", excludedNamespaces: [kube-system]}", "Pod", "{ name: a }", Ok(true)),
        (", excludedNamespaces: [default]}", "Pod", "{ name: a }", Err("their namespace is not written")),
        (", excludedNamespaces: [\"kube-*\"]}", "Pod", "{ name: a, namespace: kube-system }", Ok(false)),
        (", labelSelector: { matchLabels: { app: x } }}", "Pod", "{ name: a, labels: { app: x } }", Ok(true)),
        (", labelSelector: { matchLabels: { app: x } }}", "Pod", "{ name: a }", Ok(false)),
        (", scope: Namespaced}", "Pod", "{ name: a }", Ok(true)),
        (", scope: Cluster}", "Pod", "{ name: a, namespace: b }", Ok(false)),
        (", namespaceSelector: { matchLabels: { t: x } }}", "Pod", "{ name: a, namespace: known }", Ok(true)),
        (", namespaceSelector: { matchLabels: { t: z } }}", "Pod", "{ name: a, namespace: known }", Ok(false)),
        (", namespaceSelector: { matchLabels: { t: x } }}", "Pod", "{ name: a, namespace: b }", Err("namespace `b`")),
        (
            ", namespaceSelector: { matchLabels: { t: x } }}",
            "Pod",
            "{ name: a }",
            Err("their namespace is not written"),
        ),
        (", name: a}", "Pod", "{ name: a }", Ok(true)),
        (", name: a}", "Pod", "{ name: b }", Ok(false)),
    ];
    let root = directory("match", &[("template.yaml", TEMPLATE)]);
    std::fs::write(root.join("known.yaml"), object("Namespace", "{ name: known, labels: { t: x } }")).unwrap();
    for (criteria, kind, metadata, expected) in cases {
        std::fs::write(root.join("constraint.yaml"), constraint(&format!("{{ match: {pods}{criteria} }}"))).unwrap();
        std::fs::write(root.join("object.yaml"), object(kind, metadata)).unwrap();
        let given = found(&root, &[]);
        assert_eq!(!given.is_empty(), *expected == Ok(true), "{criteria} {metadata}: {given:?}");
        let notes = notes(&root);
        match expected {
            Err(what) => assert!(notes.iter().any(|note| note.contains(what)), "{criteria} {metadata}: {notes:?}"),
            Ok(_) => assert_eq!(notes, [""; 0], "{criteria} {metadata}"),
        }
    }
}

#[test]
fn severity_is_what_follows_of_a_violation() {
    let scoped = "{ enforcementAction: scoped, scopedEnforcementActions: [{ action: warn, enforcementPoints: [{ name: x }] }, \
                  { action: deny, enforcementPoints: [{ name: validation.gatekeeper.sh }] }], match: { kinds: [{ kinds: [Pod] }] } }";
    let cases = [
        ("{ match: { kinds: [{ kinds: [Pod] }] } }", "high"),
        ("{ enforcementAction: warn, match: { kinds: [{ kinds: [Pod] }] } }", "medium"),
        ("{ enforcementAction: dryrun, match: { kinds: [{ kinds: [Pod] }] } }", "low"),
        (scoped, "high"),
    ];
    let root = directory("severity", &[("template.yaml", TEMPLATE)]);
    std::fs::write(root.join("pod.yaml"), object("Pod", "{ name: a }")).unwrap();
    for (spec, severity) in cases {
        std::fs::write(root.join("constraint.yaml"), constraint(spec)).unwrap();
        assert_eq!(
            found(&root, &[]),
            [format!("pod.yaml:3:19 {severity} owned/all Pod a has no label owner")],
            "{spec}"
        );
    }
    let told =
        constraint(cases[0].0).replace("name: all", "name: all, annotations: { portcullis.dev/severity: critical }");
    std::fs::write(root.join("constraint.yaml"), told).unwrap();
    assert_eq!(found(&root, &[]), ["pod.yaml:3:19 critical owned/all Pod a has no label owner"]);
}

#[test]
fn constraints_are_rules_as_all_others() {
    let all = constraint("{ match: { kinds: [{ kinds: [Pod] }] } }");
    let pod = object("Pod", "{ name: a }");
    let ignored = object("Pod", "{ name: b, annotations: { portcullis.dev/ignore: policy/gatekeeper/owned/all } }");
    let quiet = pod.replace("metadata:", "# portcullis: ignore[policy/gatekeeper/owned/all] nobody's\nmetadata:");
    let files = [
        ("a.yaml", &*pod),
        ("b.yaml", &ignored),
        ("c.yaml", &quiet),
        ("policy/t.yaml", TEMPLATE),
        ("policy/c.yaml", &all),
    ];
    let root = directory("rules", &files);
    let expected = ["a.yaml:3:19 high owned/all Pod a has no label owner"];
    assert_eq!(found(&root, &[]), expected);
    assert_eq!(found(&root, &["--skip", "policy/gatekeeper/owned/all"]), [""; 0]);
    assert_eq!(found(&root, &["--skip", "policy/gatekeeper/*"]), [""; 0]);
    assert_eq!(found(&root, &["--threads", "1"]), expected);
    let finding = &scan(&root, &[])["findings"][0];
    assert_eq!(finding["help"], "Everything has an owner.");
    assert_eq!(finding["related"][0]["location"]["path"], "policy/c.yaml");
    assert_eq!(finding["related"][0]["location"]["start"]["line"], 3);
    // The same where they are named and not in the scan.
    let args = ["check", "--only", "policy", "--policy", "policy", "--format", "concise", "a.yaml"];
    let (text, errors, code) = run(&root, &args);
    assert!(text.contains("policy/gatekeeper/owned/all") && code == 1, "{text}{errors}");
    let config = "rules: { policy/gatekeeper/owned/all: low }\n";
    std::fs::write(root.join("portcullis.yaml"), config).unwrap();
    assert_eq!(found(&root, &[]), ["a.yaml:3:19 low owned/all Pod a has no label owner"]);
}

#[test]
fn objects_are_judged_as_they_are_built_and_made() {
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  template:\n    metadata:\n      labels: { app: web }\n    spec: { containers: [] }\n";
    let expansion = "apiVersion: expansion.gatekeeper.sh/v1alpha1\nkind: ExpansionTemplate\nmetadata: { name: pods }\nspec:\n  applyTo: [{ groups: [apps], kinds: [Deployment], versions: [v1] }]\n  templateSource: spec.template\n  generatedGVK: { kind: Pod, group: \"\", version: v1 }\n";
    let review = "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest:\n  uid: a\n  kind: { group: \"\", version: v1, kind: Pod }\n  operation: CREATE\n  object:\n    apiVersion: v1\n    kind: Pod\n    metadata:\n      name: asked\n";
    let list =
        "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Pod\n    metadata: { name: listed }\n";
    let base = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: built\n  namespace: a\n";
    let kustomization = "resources: [pod.yaml]\nlabels: [{ pairs: { owner: me } }]\n";
    let plain = "resources: [pod.yaml]\n";
    let pods = constraint("{ match: { kinds: [{ kinds: [Pod] }] } }");
    let files = [
        ("template.yaml", TEMPLATE),
        ("constraint.yaml", &*pods),
        ("expansion.yaml", expansion),
        ("deployment.yaml", workload),
        ("list.yaml", list),
        ("review.json", r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"json"}}"#),
        ("review.yaml", review),
        ("owned/kustomization.yaml", kustomization),
        ("owned/pod.yaml", base),
        ("bare/kustomization.yaml", plain),
        ("bare/pod.yaml", base),
    ];
    let root = directory("built", &files);
    let places: Vec<String> = found(&root, &[]).iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect();
    let expected =
        ["bare/pod.yaml:4:9", "deployment.yaml:3:19", "list.yaml:6:23", "review.json:1:52", "review.yaml:11:13"];
    assert_eq!(places, expected, "{:?}", found(&root, &[]));
}

#[test]
fn policies_look_up_the_other_objects_of_the_scan() {
    let template = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: { name: uniquehost }
spec:
  crd: { spec: { names: { kind: UniqueHost } } }
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package uniquehost
        same(o) { o.metadata.name == input.review.object.metadata.name; o.metadata.namespace == input.review.object.metadata.namespace }
        violation[{"msg": msg, "details": {"path": "spec.host"}}] {
          other := data.inventory.namespace[_]["example.com/v1"].Site[_]
          not same(other)
          other.spec.host == input.review.object.spec.host
          msg := sprintf("the host is that of %v", [other.metadata.name])
        }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: UniqueHost
metadata: { name: hosts }
spec: { match: { kinds: [{ apiGroups: [example.com], kinds: [Site] }] } }
"#;
    let site = |name: &str, host: &str| {
        format!(
            "apiVersion: example.com/v1\nkind: Site\nmetadata: {{ name: {name}, namespace: a }}\nspec:\n  host: {host}\n"
        )
    };
    let (a, b, c) = (site("a", "x.test"), site("b", "x.test"), site("c", "y.test"));
    let root = directory("inventory", &[("t.yaml", template), ("a.yaml", &a), ("b.yaml", &b), ("c.yaml", &c)]);
    let expected = [
        "a.yaml:5:9 high uniquehost/hosts the host is that of b",
        "b.yaml:5:9 high uniquehost/hosts the host is that of a",
    ];
    assert_eq!(found(&root, &[]), expected);
}

#[test]
fn a_broken_template_is_an_error_with_its_line() {
    let condition = "not input.review.object.metadata.labels[input.parameters.label]";
    let broken = TEMPLATE.replace("owned", "broken").replace("Owned", "Broken").replace(condition, "nowhere(input)");
    let homeless = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Nowhere\nmetadata: { name: x }\n";
    let all = constraint("{ match: { kinds: [{ kinds: [Pod] }] } }");
    let pod = object("Pod", "{ name: a }");
    let files =
        [("t.yaml", TEMPLATE), ("b.yaml", &broken), ("c.yaml", &*all), ("n.yaml", homeless), ("pod.yaml", &pod)];
    let root = directory("broken", &files);
    let (text, errors, code) = run(&root, &["check", "--only", "gatekeeper", "--format", "concise", "."]);
    assert!(text.contains("pod.yaml:3:19") && code == 2, "{text}{errors}");
    assert!(errors.contains("b.yaml:19:11: "), "{errors}");
    assert_eq!(notes(&root), ["Nowhere x: no template is for this kind"]);
}

#[test]
fn a_tree_without_constraints_has_none() {
    let pod = object("Pod", "{ name: a }");
    let root = directory("none", &[("pod.yaml", &*pod), ("t.yaml", TEMPLATE)]);
    assert_eq!(found(&root, &[]), [""; 0]);
    assert_eq!(notes(&root), [""; 0]);
}

#[test]
fn suites_run_as_tests() {
    let suite = "kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
metadata: { name: owners }
tests:
  - name: pods
    template: ../template.yaml
    constraint: constraint.yaml
    cases:
      - name: good
        object: good.yaml
        assertions: [{ violations: no }]
      - name: bad
        object: bad.yaml
        assertions: [{ violations: 1, message: owner }]
      - name: wrong
        object: bad.yaml
        assertions: [{ violations: no }]
      - { name: later, object: bad.yaml, skip: true, assertions: [{ violations: no }] }
  - name: outside
    template: ../../../template.yaml
    constraint: constraint.yaml
";
    let (good, bad) = (object("Pod", "{ name: a, labels: { owner: me } }"), object("Pod", "{ name: a }"));
    let all = constraint("{}");
    let files = [
        ("template.yaml", TEMPLATE),
        ("s/any-name.yaml", suite),
        ("s/constraint.yaml", &*all),
        ("s/good.yaml", &good),
        ("s/bad.yaml", &bad),
    ];
    let root = directory("suites", &files);
    let (text, errors, code) = run(&root, &["test", "s"]);
    let wrong = "s/any-name.yaml:15: owners//pods//wrong failed\n  1 violations, not none; messages: [\"Pod a has no label owner\"]\n";
    let outside = "s/any-name.yaml:19: owners//outside failed\n  ../../../template.yaml is outside of the tree\n";
    assert_eq!((text.as_str(), code), (&*format!("{wrong}{outside}2 passed, 2 failed, 1 skipped\n"), 1), "{errors}");
    let runs = [
        ("good", "1 passed\n", 0),
        ("pods//^(good|bad)$", "2 passed\n", 0),
        ("owners//pods//bad", "1 passed\n", 0),
        ("others//pods//bad", "0 passed\n", 3),
    ];
    for (filter, expected, code) in runs {
        let (text, errors, given) = run(&root, &["test", "--run", filter, "s"]);
        assert_eq!((text.as_str(), given), (expected, code), "{filter}: {errors}");
    }
    let (json, _, _) = run(&root, &["test", "--format", "junit", "s"]);
    assert!(json.contains("name=\"wrong\" classname=\"owners//pods\" file=\"s/any-name.yaml\" line=\"15\""), "{json}");
}
