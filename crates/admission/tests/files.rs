//! What the webhook reads: everything that the configuration names for `check` as well, and dumps of the cluster, each of them read
//! again when it changes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Instant;

use common::{later, pod, request, review};
use portcullis_admission::decide::{Decision, Verdict};
use portcullis_admission::{FileSource, Loaded, Source as _};
use serde_json::{Value, json};

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("admission-files").join(name);
    let _ = std::fs::remove_dir_all(&path);
    for (file, text) in files {
        let file = path.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    path
}

fn source(folder: &Path) -> FileSource {
    FileSource { cwd: folder.to_owned(), config: Some("portcullis.yaml".into()), ..FileSource::default() }
}

/// What is loaded, or why not.
fn load(folder: &Path) -> Result<Loaded, String> {
    source(folder).load().map_err(|error| error.to_string())
}

fn decide(loaded: &Loaded, review: &Value) -> Decision {
    let deadline: Instant = later();
    loaded.decider.decide("default", &request(review), deadline)
}

/// What is said, in the order of how much it matters.
fn said(decision: &Decision) -> String {
    format!("{:?} {:?}", decision.verdict, decision.warnings)
}

fn created(object: Value) -> Value {
    review("CREATE", "pods", object)
}

#[test]
fn every_policy_of_the_configuration_is_asked() {
    let rego = |package: &str, says: &str| {
        format!("package {package}\nimport rego.v1\n\ndeny contains \"{says}\" if input.kind == \"Pod\"\n")
    };
    let (of_folder, of_bundle, of_main) =
        (rego("shop", "of the folder"), rego("shop", "of the bundle"), rego("main", "of no namespace that is named"));
    let config = "policies:\n  dirs: [rego]\n  namespaces: [shop]\n  bundles: [{ path: bundle }]\n  packs:\n    - images: { registries: \
                  [ghcr.io/acme] }\n";
    let folder = folder(
        "policies",
        &[
            ("portcullis.yaml", config),
            ("rego/a.rego", &of_folder),
            ("rego/b.rego", &of_main),
            ("bundle/c.rego", &of_bundle),
        ],
    );
    let loaded = load(&folder).unwrap();
    let text = said(&decide(&loaded, &created(pod(json!([{ "name": "a", "image": "docker.io/web:1" }])))));
    for wanted in ["of the folder", "of the bundle", "images-registry-not-allowed"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(!text.contains("of no namespace"), "{text}");
    for watched in ["portcullis.yaml", "rego", "bundle"] {
        assert!(loaded.watched.contains(&folder.join(watched)), "{watched}: {:?}", loaded.watched);
    }
    std::fs::write(folder.join("bundle/c.rego"), "package shop\ndeny[msg] { msg := missing(1) }\n").unwrap();
    assert!(load(&folder).is_err(), "a bundle that does not load would let through what it denies");
}

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: { name: k8stwice }
spec:
  crd: { spec: { names: { kind: K8sTwice } } }
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8stwice

        violation[{"msg": msg}] {
          other := data.inventory.namespace[namespace][_].Pod[name]
          name == input.review.object.metadata.name
          namespace != input.review.namespace
          msg := sprintf("%v has one, too", [namespace])
        }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sTwice
metadata: { name: pods }
"#;

const SELECTING: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: { name: k8sno }
spec:
  crd: { spec: { names: { kind: K8sNo } } }
  targets: [{ target: admission.k8s.gatekeeper.sh, rego: "package k8sno\nviolation[{\"msg\": \"not here\"}] { true }\n" }]
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sNo
metadata: { name: frozen }
spec: { match: { namespaceSelector: { matchLabels: { frozen: "yes" } } } }
"#;

const CONFIG: &str = "rules: { 'k8s-*': off }\npolicies: { dirs: [gatekeeper] }\nadmission: { inventory: [cluster.json, namespaces.yaml] }\n";

const NAMESPACES: &str = "apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { frozen: \
                          'yes' } } }\n  - { apiVersion: v1, kind: Namespace, metadata: { name: open } }\n";

const CLUSTER: &str = r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"open"}}]}"#;

fn in_namespace(namespace: &str) -> Value {
    let mut review = created(pod(json!([])));
    review["request"]["namespace"] = json!(namespace);
    review["request"]["object"]["metadata"]["namespace"] = json!(namespace);
    review
}

#[test]
fn a_dump_gives_constraints_what_a_review_does_not_have() {
    let folder = folder(
        "inventory",
        &[
            ("portcullis.yaml", CONFIG),
            ("gatekeeper/twice.yaml", TEMPLATE),
            ("gatekeeper/no.yaml", SELECTING),
            ("cluster.json", CLUSTER),
            ("namespaces.yaml", NAMESPACES),
        ],
    );
    let loaded = load(&folder).unwrap();
    for file in ["cluster.json", "namespaces.yaml"] {
        assert!(loaded.watched.contains(&folder.join(file)), "{file} is read again: {:?}", loaded.watched);
    }
    let frozen = said(&decide(&loaded, &in_namespace("shop")));
    for wanted in ["Denied", "not here", "open has one, too"] {
        assert!(frozen.contains(wanted), "{wanted}: {frozen}");
    }
    assert_eq!(decide(&loaded, &in_namespace("open")).verdict, Verdict::Allowed);
    // A namespace that came after the dump: what is not known is no "does not match".
    let mut other = in_namespace("new");
    other["request"]["object"]["metadata"]["name"] = json!("other");
    let Verdict::Failed { reason } = decide(&loaded, &other).verdict else { panic!("it was decided") };
    assert!(reason.contains("K8sNo `frozen` is not decided: the labels of namespace `new` are not known"), "{reason}");

    std::fs::write(folder.join("namespaces.yaml"), NAMESPACES.replace("'yes'", "'no'")).unwrap();
    std::fs::write(folder.join("cluster.json"), CLUSTER.replace("web", "api")).unwrap();
    assert_eq!(decide(&load(&folder).unwrap(), &in_namespace("shop")).verdict, Verdict::Allowed);
}

#[test]
fn a_dump_that_does_not_say_what_is_asked_is_refused() {
    for (name, cluster, namespaces, wanted) in [
        ("missing", CLUSTER, None, "namespaces.yaml: "),
        ("broken", "{\"kind\":", Some(NAMESPACES), "cluster.json:1:"),
        ("empty", "{}", Some(NAMESPACES), "no object is in it"),
        ("without", CLUSTER, Some(CLUSTER), "name a dump that holds the Namespaces in `admission.inventory`"),
    ] {
        let mut files = vec![
            ("portcullis.yaml", CONFIG),
            ("gatekeeper/twice.yaml", TEMPLATE),
            ("gatekeeper/no.yaml", SELECTING),
            ("cluster.json", cluster),
        ];
        files.extend(namespaces.map(|text| ("namespaces.yaml", text)));
        let Err(error) = load(&folder(name, &files)) else { panic!("{name} is taken") };
        assert!(error.contains(wanted), "{name}: {error}");
    }
    let without = CONFIG.replace("admission: { inventory: [cluster.json, namespaces.yaml] }", "");
    let files = [("portcullis.yaml", without.as_str()), ("gatekeeper/twice.yaml", TEMPLATE)];
    let Err(error) = load(&folder("none", &files)) else { panic!("it is taken without a dump") };
    assert!(error.contains("looks up other objects in `data.inventory`, which a review does not have"), "{error}");
}
