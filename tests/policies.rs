//! Policies of users, end to end: conventions, inputs, places, suppression, configuration, and policies that are broken.

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
    support::repository("policies", name, files)
}

/// `path:line:column id message` of each finding of a policy.
fn found(root: &Path, more: &[&str]) -> Vec<String> {
    let args = [&["check", "--only", "policy", "--format", "json", "--policy", "policy"], more, &["."]].concat();
    let (text, errors, _) = run(root, &args);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{errors}"));
    let line = |it: &serde_json::Value| {
        let text = |key: &str| it[key].as_str().unwrap().to_owned();
        let (path, start) = (it["location"]["path"].as_str().unwrap(), &it["location"]["start"]);
        format!("{path}:{}:{} {} {}", start["line"], start["column"], text("rule"), text("message"))
    };
    json["findings"].as_array().unwrap().iter().map(line).collect()
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  template:
    spec:
      containers:
        - name: app
          image: example.com/app:latest
        - name: log
          image: example.com/log:1.2
          securityContext:
            privileged: true
";

#[test]
fn policies_of_conftest_find_what_their_messages_name() {
    let policy = "package main

import rego.v1

deny contains msg if {
	input.kind == \"Deployment\"
	some container in input.spec.template.spec.containers
	endswith(container.image, \":latest\")
	msg := sprintf(\"Deployment %s: image %s has no version\", [input.metadata.name, container.image])
}

deny_privileged contains msg if {
	some container in input.spec.template.spec.containers
	container.securityContext.privileged
	msg := sprintf(\"container %s must not be privileged\", [container.name])
}

warn contains {\"msg\": \"no owner\", \"path\": \"metadata.labels\", \"link\": \"see the wiki\"} if {
	input.kind == \"Deployment\"
	not input.metadata.labels.owner
}

violation contains {\"msg\": \"first container\", \"path\": [\"spec\", \"template\", \"spec\", \"containers\", 0, \"name\"]} if {
	input.kind == \"Deployment\"
}

deny_far contains \"everything\" if input.kind == \"Deployment\"

deny_excepted contains \"never seen\" if input.kind

exception contains [\"excepted\"]
";
    let root = directory("conftest", &[("policy/main.rego", policy), ("web.yaml", WEB)]);
    let expected = [
        "web.yaml:3:19 policy/main/deny_far everything",
        "web.yaml:3:24 policy/main/warn no owner",
        "web.yaml:8:17 policy/main/violation first container",
        "web.yaml:9:18 policy/main/deny Deployment web: image example.com/app:latest has no version",
        "web.yaml:13:25 policy/main/deny_privileged container log must not be privileged",
    ];
    let mut all = found(&root, &[]);
    all.sort();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(all, sorted);
    // A warning alone does not fail the scan.
    assert_eq!(run(&root, &["check", "--policy", "policy", "--only", "policy/main/warn", "."]).2, 0);
    assert_eq!(run(&root, &["check", "--policy", "policy", "--only", "policy/main/deny", "."]).2, 1);
}

#[test]
fn inputs_have_the_shapes_that_conftest_gives_them() {
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "Dockerfile",
            "# base\nFROM example.com/base:1 AS build\nRUN [\"make\"]\nFROM scratch\nENV A=b\nUSER root\n",
            "input[i].Cmd == \"user\"; input[i].Value[0] == \"root\"; input[i].Stage == 1; input[0].Cmd == \"comment\";\n\
             input[1].Value == [\"example.com/base:1\", \"AS\", \"build\"]; input[2].JSON; input[4].Value == [\"A\", \"b\", \"=\"];\n\
             msg := \"the user is root\"",
            "Dockerfile:6:6 policy/main/deny the user is root",
        ),
        (
            "compose.yaml",
            "services:\n  db:\n    image: postgres:${TAG}\n    network_mode: host\n",
            "input.services[name].network_mode == \"host\"; input.services[name].image == \"postgres:${TAG}\";\n\
             msg := sprintf(\"%s uses network_mode host\", [name])",
            "compose.yaml:4:19 policy/main/deny db uses network_mode host",
        ),
        (
            "main.tf",
            "resource \"aws_lb_listener\" \"web\" {\n  protocol = \"HTTP\"\n  port     = 80\n  arn      = aws_lb.web.arn\n\n  action {\n    type = \"x-${var.y}\"\n  }\n}\n",
            "listener := input.resource.aws_lb_listener[name][_]; listener.protocol == \"HTTP\"; listener.port == 80;\n\
             listener.arn == \"${aws_lb.web.arn}\"; listener.action[0].type == \"x-${var.y}\";\n\
             msg := sprintf(\"%s uses HTTP\", [name])",
            "main.tf:2:14 policy/main/deny web uses HTTP",
        ),
        (
            "traefik.toml",
            "[entryPoints.http]\naddress = \":80\"\n",
            "input.entryPoints.http.address == \":80\"; msg := \"address is :80\"",
            "traefik.toml:2:11 policy/main/deny address is :80",
        ),
        (
            "package.conf.json",
            "{\"a\": {\"b\": [1, 2.5, null]}}\n",
            "input.a.b == [1, 2.5, null]; msg := \"b\"",
            "package.conf.json:1:2 policy/main/deny b",
        ),
        (
            "app.env",
            "A=1\nexport TOKEN_NAME=x\n",
            "input.TOKEN_NAME == \"x\"; msg := \"TOKEN_NAME is x\"",
            "app.env:2:8 policy/main/deny TOKEN_NAME is x",
        ),
    ];
    for (name, text, body, expected) in cases {
        let policy = format!("package main\n\ndeny[msg] {{\n{body}\n}}\n");
        let root = directory("inputs", &[("policy/main.rego", &policy), (name, text)]);
        assert_eq!(found(&root, &[]), [*expected], "{name}");
    }
}

#[test]
fn checks_of_trivy_say_what_they_are_and_where() {
    let new = "# METADATA
# title: Containers have a memory limit
# description: A container without a limit takes the node down.
# schemas:
#   - input: schema[\"kubernetes\"]
# related_resources:
#   - https://example.com/limits
# custom:
#   id: ACME-1
#   severity: CRITICAL
#   recommended_action: Set resources.limits.memory.
#   input:
#     selector:
#       - type: kubernetes
package user.acme1

import rego.v1

deny contains res if {
	some container in input.spec.template.spec.containers
	not container.resources.limits.memory
	res := result.new(\"no limit\", container)
}
";
    let old = "package user.acme2

__rego_metadata__ := {\"id\": \"ACME-2\", \"title\": \"A user is set\", \"severity\": \"LOW\"}

__rego_input__ := {\"selector\": [{\"type\": \"dockerfile\"}]}

deny[res] {
	command := input.Stages[_].Commands[_]
	command.Cmd == \"user\"
	res := result.new(\"a user\", command)
}
";
    let cloud = "# METADATA
# custom:
#   input:
#     selector:
#       - type: cloud
package user.acme3

deny[res] { res := \"x\" }
";
    let dockerfile = "FROM example.com/base:1\nUSER app\n";
    let files = [("policy/new.rego", new), ("policy/old.rego", old), ("web.yaml", WEB), ("Dockerfile", dockerfile)];
    let root = directory("trivy", &files);
    let expected = ["Dockerfile:2:1 ACME-2 a user", "web.yaml:8:17 ACME-1 no limit", "web.yaml:10:17 ACME-1 no limit"];
    assert_eq!(found(&root, &[]), expected);
    let (text, ..) = run(&root, &["check", "--policy", "policy", "--only", "ACME-1", "--format", "json", "."]);
    assert!(text.contains("\"critical\"") && text.contains("Set resources.limits.memory."), "{text}");

    let root = directory("cloud", &[("policy/cloud.rego", cloud), ("web.yaml", WEB)]);
    let (_, errors, code) = run(&root, &["check", "--policy", "policy", "."]);
    assert!(errors.contains("policy/cloud.rego:6:1: it is about `cloud`") && code == 2, "{errors}");
}

#[test]
fn entry_points_are_asked() {
    let policy = "package acme

import rego.v1

# METADATA
# title: Names are short
# entrypoint: true
long contains msg if {
	count(input.metadata.name) > 2
	msg := sprintf(\"%s is long\", [input.metadata.name])
}

# METADATA
# title: Only pods
# entrypoint: true
allow := input.kind == \"Pod\"
";
    let root = directory("entrypoints", &[("policy/acme.rego", policy), ("web.yaml", WEB)]);
    let expected = ["web.yaml:3:19 policy/acme/allow Only pods", "web.yaml:3:19 policy/acme/long web is long"];
    assert_eq!(found(&root, &[]), expected);
}

const DENY: &str = "package main\n\ndeny[\"no\"] { input.kind == \"Deployment\" }\n";

#[test]
fn policies_are_rules_as_others_are() {
    let other = "package other\n\ndeny[\"other\"] { input.kind }\n";
    let with_data = "package main\n\nwarn[msg] { data.owners[input.metadata.name] == \"me\"; msg := data.words.hi }\n";
    let ignored = format!("# portcullis: ignore[policy/main/deny] known\n{WEB}");
    let config = "policies: { dirs: [rules] }\ndata: [words]\nrules:\n  policy/main/deny: low\n";
    let root = directory(
        "rules",
        &[
            ("policy/a.rego", DENY),
            ("policy/a_test.rego", "package main\n\nbroken"),
            ("policy/other.rego", other),
            ("web.yaml", WEB),
            ("ignored.yaml", &ignored),
        ],
    );
    assert_eq!(found(&root, &[]), ["web.yaml:3:19 policy/main/deny no"]);
    let both = ["web.yaml:3:19 policy/main/deny no", "web.yaml:3:19 policy/other/deny other"];
    assert_eq!(found(&root, &["--all-namespaces", "--skip", "unused-suppression"]).len(), 3);
    assert_eq!(found(&root, &["--namespace", "other", "web.yaml"])[0], "ignored.yaml:4:19 policy/other/deny other");
    assert!(both.iter().all(|it| found(&root, &["--namespace", "main,other"]).contains(&(*it).to_owned())));
    assert_eq!(run(&root, &["check", "--policy", "policy", "--only", "policy/none/deny", "."]).2, 2);

    let root = directory(
        "config",
        &[
            ("portcullis.yaml", config),
            ("rules/a.rego", DENY),
            ("rules/b.rego", with_data),
            ("words/words/hi.yaml", "hi: hello there\n"),
            ("words/owners.json", "{\"owners\": {\"web\": \"me\"}}"),
            ("web.yaml", WEB),
        ],
    );
    let (text, errors, code) = run(&root, &["check", "--only", "policy", "--format", "concise", "."]);
    assert!(
        text.contains("low") && text.contains("policy/main/deny") && text.contains("hello there"),
        "{text}{errors}"
    );
    assert_eq!(code, 1);
    let (text, ..) = run(&root, &["explain", "policy/main/deny"]);
    assert!(text.contains("policy/main/deny"), "{text}");
}

#[test]
fn a_broken_policy_is_an_error_and_others_run() {
    let cases = [
        ("package main\n\ndeny[msg] {\n  msg := \n}\n", "policy/bad.rego:3:11: "),
        ("package main\n\ndeny[msg] {\n  msg := nope(input)\n}\n", "policy/bad.rego:4:10: "),
        ("package main\n\nimport rego.v1\n\ndeny contains {\"code\": 1} if input.kind\n", "policy/bad.rego:5:1: "),
        (
            "package main\n\nimport rego.v1\n\ndeny_slow contains msg if {\n\tall := numbers.range(1, 900000)\n\tsome a in all\n\tsome b in all\n\ta * b == -1\n\tmsg := \"slow\"\n}\n",
            "policy/bad.rego:5:1: ",
        ),
    ];
    for (policy, expected) in cases {
        let root = directory("broken", &[("policy/bad.rego", policy), ("policy/good.rego", DENY), ("web.yaml", WEB)]);
        let (text, errors, code) =
            run(&root, &["check", "--policy", "policy", "--only", "policy", "--format", "concise", "."]);
        assert!(errors.contains(expected), "{expected}: {errors}");
        assert!(text.contains("policy/main/deny") && code == 2, "{code} {text}{errors}");
    }
    let root = directory("missing", &[("web.yaml", WEB)]);
    let (_, errors, code) = run(&root, &["check", "--policy", "policy", "."]);
    assert!(errors.contains("policy") && code == 2, "{errors}");
}
