//! Packs, end to end: that their own tests hold, what each of their rules finds and where, parameters and mistakes in them.

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
    support::repository("packs", name, files)
}

/// `path:line:column id message` of each finding of a pack, and what was said on standard error.
fn found(root: &Path, more: &[&str]) -> (Vec<String>, String) {
    let args = [&["check", "--only", "policy", "--format", "json"], more, &["."]].concat();
    let (text, errors, _) = run(root, &args);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{errors}"));
    let line = |it: &serde_json::Value| {
        let text = |key: &str| it[key].as_str().unwrap().to_owned();
        let (path, start) = (it["location"]["path"].as_str().unwrap(), &it["location"]["start"]);
        format!("{path}:{}:{} {} {}", start["line"], start["column"], text("rule"), text("message"))
    };
    (json["findings"].as_array().unwrap().iter().map(line).collect(), errors)
}

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")
}

#[test]
fn the_tests_of_the_packs_hold() {
    let (text, errors, code) = run(&policies(), &["test", "."]);
    assert_eq!((code, errors.as_str()), (0, ""), "{text}");
}

#[test]
fn every_rule_of_a_pack_has_a_test_and_stands_in_its_readme() {
    let mut rules = 0;
    for pack in std::fs::read_dir(policies()).unwrap() {
        let folder = pack.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "lib" || !folder.is_dir() {
            continue;
        }
        let read =
            |file: String| std::fs::read_to_string(folder.join(&file)).unwrap_or_else(|_| panic!("{name}/{file}"));
        let (policy, tests) = (read(format!("{name}.rego")), read(format!("{name}_test.rego")));
        let readme = read("README.md".to_owned());
        let package = policy.lines().find_map(|line| line.strip_prefix("package ")).unwrap();
        let last = package.rsplit('.').next().unwrap();
        for rule in policy.lines().filter_map(|line| line.split_once(" contains ")?.0.strip_prefix("deny")) {
            let named = format!("{last}.deny{rule}");
            let is_end = |rest: &str| !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
            assert!(tests.split(&named).skip(1).any(is_end), "{named} has no test");
        }
        for id in policy.lines().filter_map(|line| line.trim_start_matches('#').trim().strip_prefix("id: ")) {
            assert!(id.starts_with(&name), "{id}");
            assert!(readme.contains(&format!("`{id}`")), "{id} is not in the README of {name}");
            rules += 1;
        }
    }
    assert_eq!(rules, 16);
}

const CONFIGURATION: &str = "policies:
  packs:
    - images:
        registries: [ghcr.io/acme]
    - labels:
        labels: { Deployment: [team] }
        annotations: { Deployment: [acme.example/runbook] }
        values: { tier: [web, db] }
    - quotas:
        ceilings: { memory: 1Gi }
        replicas: { max: 5 }
    - workflows: { actions: [actions/*], runners: [ubuntu-*] }
    - dockerfile-bases: { images: [docker.io/library/alpine] }
    - terraform-tags: { tags: [team] }
    - terraform-regions: { regions: [eu-*], instances: [t3.*] }
";

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { tier: front } }
spec:
  replicas: 6
  template:
    spec:
      containers:
        - name: app
          image: evil.example/app:1
          resources: { limits: { memory: 2Gi } }
        - name: known
          image: ghcr.io/acme/app@sha256:0000000000000000000000000000000000000000000000000000000000000000
        - name: later
          image: ${IMAGE}
";

const WORKFLOW: &str = "on: push
permissions: {}
jobs:
  build:
    runs-on: ${{ matrix.os }}
    strategy: { matrix: { os: [ubuntu-24.04, gpu] } }
    steps:
      - uses: actions/checkout@v4
      - uses: evil/action@v1
";

const TERRAFORM: &str = "variable \"region\" {
  default = \"us-east-1\"
}

provider \"aws\" {
  region = var.region
  default_tags {
    tags = { owner = \"web\" }
  }
}

resource \"aws_instance\" \"web\" {
  instance_type = \"p5.48xlarge\"
  tags          = { Name = \"web\" }
}

resource \"aws_sns_topic\" \"known\" {
  tags = { team = \"web\" }
}
";

const PLAN: &str = r#"{
  "format_version": "1.2",
  "terraform_version": "1.9.0",
  "variables": { "region": { "value": "us-east-1" } },
  "planned_values": { "root_module": { "resources": [
  { "address": "aws_instance.web", "mode": "managed", "type": "aws_instance", "name": "web", "values": { "instance_type": "p5.48xlarge", "tags": null, "tags_all": { "owner": "web" } } }
  ] } },
  "configuration": { "provider_config": { "aws": { "name": "aws", "expressions": { "region": { "references": ["var.region"] } } } }, "root_module": {} }
}
"#;

#[test]
fn every_rule_finds_what_it_is_about_where_it_stands() {
    let root = directory(
        "all",
        &[
            ("portcullis.yaml", CONFIGURATION),
            ("web.yaml", WEB),
            ("namespaces.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n"),
            (
                "quota.yaml",
                "apiVersion: v1\nkind: LimitRange\nmetadata: { name: usual, namespace: other }\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: other\n",
            ),
            (
                "Dockerfile",
                "FROM alpine:3.20 AS build\nFROM evil.example/base:1\nCOPY --from=build --chown=1:1 /a /a\nCOPY --chown=1:1 --from=evil.example/tools:1 /b /b\nRUN --mount=type=bind,from=evil.example/src:1,target=/src make\n",
            ),
            (".github/workflows/ci.yml", WORKFLOW),
            ("infra/main.tf", TERRAFORM),
            ("planned/plan.json", PLAN),
        ],
    );
    let (found, errors) = found(&root, &[]);
    let expected = [
        ".github/workflows/ci.yml:6:46 workflows-runner-not-allowed job `build` runs on `gpu`, which is not an allowed runner",
        ".github/workflows/ci.yml:9:15 workflows-action-not-allowed `evil/action@v1` is not an allowed action",
        "Dockerfile:2:6 dockerfile-bases-not-allowed base image `evil.example/base:1` is not an allowed one",
        "Dockerfile:4:25 dockerfile-bases-source-not-allowed `evil.example/tools:1`, which is copied from, is not an allowed image",
        "Dockerfile:5:13 dockerfile-bases-source-not-allowed `evil.example/src:1`, which is copied from, is not an allowed image",
        "infra/main.tf:2:13 terraform-regions-region-not-allowed region `us-east-1` is not an allowed one",
        "infra/main.tf:13:19 terraform-regions-instance-not-allowed machine type `p5.48xlarge` is not an allowed one",
        "infra/main.tf:14:3 terraform-tags-missing aws_instance.web lacks the tag `team`",
        "namespaces.yaml:3:19 quotas-limit-range-missing Namespace `shop` has no LimitRange",
        "namespaces.yaml:3:19 quotas-resource-quota-missing Namespace `shop` has no ResourceQuota",
        "planned/plan.json:4:39 terraform-regions-region-not-allowed region `us-east-1` is not an allowed one",
        "planned/plan.json:6:16 terraform-tags-missing aws_instance.web lacks the tag `team`",
        "planned/plan.json:6:123 terraform-regions-instance-not-allowed machine type `p5.48xlarge` is not an allowed one",
        "quota.yaml:8:9 quotas-resource-quota-missing Namespace `other` has no ResourceQuota",
        "web.yaml:3:19 labels-annotation-missing Deployment `web` lacks the annotation `acme.example/runbook`",
        "web.yaml:3:24 labels-label-missing Deployment `web` lacks the label `team`",
        "web.yaml:3:40 labels-value-not-allowed label `tier` of Deployment `web` has the value `front`",
        "web.yaml:5:13 quotas-replicas-out-of-range Deployment `web` has replicas 6, and the most that is allowed is 5",
        "web.yaml:10:18 images-digest-missing image `evil.example/app:1` of container `app` has no digest",
        "web.yaml:10:18 images-registry-not-allowed image `evil.example/app:1` of container `app` is not from an allowed registry",
        "web.yaml:11:42 quotas-container-over-ceiling container `app` has limits of 2Gi memory, and 1Gi is the most that is allowed",
    ];
    assert_eq!(found, expected, "{errors}");
    assert!(!errors.contains("says nothing"), "{errors}");
}

/// Names and texts.
type Files<'a> = &'a [(&'a str, &'a str)];

#[test]
fn a_quota_that_may_be_there_is_not_missed() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n";
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: q }\n";
    let kustomization =
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: shop\nresources: [quota.yaml]\n";
    let template = "{{ if .Values.quota }}\napiVersion: v1\nkind: ResourceQuota\nmetadata: { name: q, namespace: shop }\n{{ end }}\n";
    let broken = "apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: q, namespace: shop\n";
    let cases: &[(&str, Files<'_>, &[&str])] = &[
        ("nothing", &[], &["."]),
        ("built", &[("k/kustomization.yaml", kustomization), ("k/quota.yaml", quota)], &["."]),
        (
            "template",
            &[("chart/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"), ("chart/templates/q.yaml", template)],
            &["."],
        ),
        ("broken", &[("q.yaml", broken)], &["."]),
        ("file", &[], &["namespace.yaml"]),
    ];
    for (name, files, paths) in cases {
        let files = [&[("namespace.yaml", namespace)], *files].concat();
        let root = directory(&format!("quota-{name}"), &files);
        let args =
            [&["check", "--pack", "quotas", "--only", "quotas-resource-quota-missing", "--format", "concise"], *paths]
                .concat();
        let (text, errors, _) = run(&root, &args);
        let is_missed = text.contains("quotas-resource-quota-missing");
        assert_eq!(is_missed, *name == "nothing", "{name}: {text}{errors}");
    }
}

#[test]
fn parameters_come_from_data_documents_as_well() {
    let files = [
        ("web.yaml", WEB),
        ("data.yaml", "packs:\n  images:\n    registries: [evil.example, ghcr.io]\n    undigested: [evil.example]\n"),
    ];
    let root = directory("data", &files);
    assert_eq!(found(&root, &["--pack", "images", "--data", "data.yaml"]).0, Vec::<String>::new());
    let config = [
        ("web.yaml", WEB),
        ("data.yaml", files[1].1),
        ("portcullis.yaml", "policies: { packs: [images: { undigested: [] }] }\ndata: [data.yaml]\n"),
    ];
    let root = directory("data-and-configuration", &config);
    let expected = ["web.yaml:10:18 images-digest-missing image `evil.example/app:1` of container `app` has no digest"];
    assert_eq!(found(&root, &["--pack", "images"]).0, expected);
}

#[test]
fn a_rule_without_its_parameter_is_said_to_be_silent() {
    let root = directory("silent", &[("web.yaml", WEB)]);
    let (found, errors) = found(&root, &["--pack", "images", "--pack", "labels"]);
    assert_eq!(found.len(), 1, "{found:?}");
    for (rule, pack, parameter) in [
        ("images-registry-not-allowed", "images", "registries"),
        ("labels-label-missing", "labels", "labels"),
        ("labels-annotation-missing", "labels", "annotations"),
        ("labels-value-not-allowed", "labels", "values"),
    ] {
        let note = format!("note: `{rule}` of the pack `{pack}` says nothing without its parameter `{parameter}`");
        assert!(errors.contains(&note), "{errors}");
    }
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let cases = [
        ("policies: { packs: [imags] }", "1:21: error: unknown pack `imags`", "did you mean `images`?"),
        ("policies: { packs: [{ images: { registry: [] } }] }", "1:33: error: unknown key `registry`", "`registries`"),
        (
            "policies:\n  packs:\n    - images:\n        registries: [ghcr.io, nginx]",
            "4:31: error: expected a repository with its registry, such as docker.io/library/nginx or ghcr.io/acme, found the text `nginx`",
            "",
        ),
        (
            "policies: { packs: [{ labels: { labels: [team] } }] }",
            "1:33: error: expected a mapping of names to lists of texts, found a list",
            "",
        ),
        (
            "policies: { packs: [{ labels: { labels: { Pod: team } } }] }",
            "1:48: error: expected a list, found the text `team`",
            "",
        ),
        ("policies: { packs: [{ quotas: { replicas: { least: 2 } } }] }", "1:52: error: expected `min` or `max`", ""),
        (
            "policies: { packs: [{ quotas: { replicas: { min: two } } }] }",
            "1:50: error: expected a whole number, found the text `two`",
            "",
        ),
        ("policies: { packs: [{ quotas: { ceilings: { cpu: lots } } }] }", "1:50: error: expected a quantity", ""),
        ("policies: { packs: images }", "1:20: error: expected a list of packs", ""),
    ];
    for (config, error, help) in cases {
        let root = directory("mistakes", &[("portcullis.yaml", config), ("web.yaml", WEB)]);
        let (_, errors, code) = run(&root, &["check", "."]);
        assert_eq!(code, 2, "{config}: {errors}");
        assert!(errors.contains(&format!("portcullis.yaml:{error}")) && errors.contains(help), "{config}: {errors}");
    }
    let files =
        [("web.yaml", WEB), ("data.json", "{\"packs\": {\"images\": {\"registries\": \"ghcr.io\", \"x\": 1}}}")];
    let root = directory("mistakes-in-data", &files);
    let (_, errors, code) = run(&root, &["check", "--pack", "images", "--data", "data.json", "."]);
    assert_eq!(code, 2, "{errors}");
    assert!(errors.contains("data.packs.images: registries: expected a list"), "{errors}");
    assert!(errors.contains("data.packs.images: the pack `images` has no parameter `x`"), "{errors}");
    let (_, errors, code) = run(&root, &["check", "--pack", "imges", "."]);
    assert!(code == 2 && errors.contains("images"), "{errors}");
}

#[test]
fn rules_of_packs_are_rules_as_all_others() {
    let suppressed =
        WEB.replace("evil.example/app:1", "evil.example/app:1 # portcullis: ignore[images-digest-missing] moved daily");
    let config = "policies: { packs: [images] }\nrules: { images-registry-not-allowed: off }\n";
    let root = directory("rules", &[("portcullis.yaml", config), ("web.yaml", &suppressed)]);
    assert_eq!(found(&root, &[]).0, Vec::<String>::new());
    let (text, errors, code) = run(&root, &["explain", "images-digest-missing"]);
    assert_eq!(code, 0, "{errors}");
    assert!(text.contains("Image is not pinned by a digest"), "{text}");
}

#[test]
fn packs_can_be_named_where_rules_are_looked_up() {
    let root = directory("looked-up", &[("web.yaml", WEB)]);
    let cases: &[(&[&str], i32, &str)] = &[
        (&["rules", "--pack", "images"], 0, "images-digest-missing"),
        (&["rules", "--pack", "images", "--pack", "labels", "labels-*"], 0, "labels-"),
        (&["rules", "--pack", "images", "--format", "json"], 0, "\"images-registry-not-allowed\""),
        (&["rules", "images-digest-missing"], 2, "images-digest-missing"),
        (&["explain", "--pack", "images", "images-digest-missing"], 0, "Image is not pinned by a digest"),
        (&["explain", "images-digest-missing"], 2, "images-digest-missing"),
        (&["rules", "--pack", "imges"], 2, "images"),
        (&["explain", "--pack", "imges", "images-digest-missing"], 2, "images"),
        (&["completions", "bash"], 0, "images"),
        (&["completions", "zsh"], 0, "--pack"),
        (&["completions", "fish"], 0, "-l pack"),
    ];
    for (args, code, expected) in cases {
        let (text, errors, found) = run(&root, args);
        assert_eq!(found, *code, "{args:?}: {errors}");
        let said = if *code == 0 { text } else { errors };
        assert!(said.contains(expected), "{args:?}: {said}");
    }
}
