//! What policies are handed, end to end: every format, `--parser`, `--combine`, what is built and evaluated, and packages.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in a helper is the failure message"
)]

mod support;

use std::path::{Path, PathBuf};

use support::piped as run;

/// A directory with these files, which is a repository's root.
fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
    support::repository("policy_inputs", name, files)
}

/// `path:line:column message` of each finding of a policy.
fn found(root: &Path, more: &[&str]) -> Vec<String> {
    found_in(root, more, "")
}

fn found_in(root: &Path, more: &[&str], stdin: &str) -> Vec<String> {
    let args = [&["check", "--only", "policy", "--format", "json", "--policy", "policy"], more].concat();
    let (text, errors, _) = run(root, &args, stdin);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{errors}"));
    let line = |it: &serde_json::Value| {
        let (path, start) = (it["location"]["path"].as_str().unwrap(), &it["location"]["start"]);
        format!("{path}:{}:{} {}", start["line"], start["column"], it["message"].as_str().unwrap())
    };
    json["findings"].as_array().unwrap().iter().map(line).collect()
}

/// A policy with one rule.
fn policy(body: &str) -> String {
    format!("package main\n\nimport rego.v1\n\ndeny contains msg if {{\n{body}\n}}\n")
}

#[test]
fn texts_have_the_shapes_that_conftest_gives_them() {
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "grafana.ini",
            "app = x\n[users]\n; no\nallow = true ; yes\nmax=10\nname = \"a # b\"\n",
            "input == {\"users\": {\"allow\": true, \"max\": 10, \"name\": \"a # b\"}}\nmsg := \"max is 10\"",
            "grafana.ini:5:5 max is 10",
        ),
        (
            "app.properties",
            "# a\nserver.port = 80\nlog: a\\\n  b\n",
            "input == {\"server.port\": \"80\", \"log\": \"ab\"}\nmsg := \"server.port is 80\"",
            "app.properties:2:15 server.port is 80",
        ),
        (
            "beans.xml",
            "<beans xmlns:x=\"u\">\n  <bean id=\"a\">one</bean>\n  <bean id=\"b\"/>\n  <x:flag>on</x:flag>\n</beans>\n",
            "input.beans == {\"-x\": \"u\", \"bean\": [{\"-id\": \"a\", \"#content\": \"one\"}, {\"-id\": \"b\"}], \"flag\": \"on\"}\n\
             msg := \"flag is on\"",
            "beans.xml:4:11 flag is on",
        ),
        (
            "pom.xml",
            "<project>\n  <build><plugins><plugin><version>1</version></plugin></plugins></build>\n</project>\n",
            "input.project.build.plugins.plugin.version == \"1\"\nmsg := \"the version is 1\"",
            "pom.xml:2:36 the version is 1",
        ),
        (
            ".dockerignore",
            "# a\n!b\n\nsrc/\n",
            "[line.Kind | some line in input] == [\"Comment\", \"NegatedPath\", \"Empty\", \"Path\"]\n\
             input[1].Value == \"b\"\ninput[1].Original == \"!b\"\nmsg := \"src/ is ignored\"",
            ".dockerignore:4:1 src/ is ignored",
        ),
        (
            "package-lock.json",
            "{\n  \"name\": \"a\",\n  \"lockfileVersion\": 3,\n  \"packages\": {}\n}\n",
            "input.lockfileVersion == 3\nmsg := \"lockfileVersion is 3\"",
            "package-lock.json:3:22 lockfileVersion is 3",
        ),
        (
            "settings.jsonc",
            "{\n  // why\n  \"a\": 1,\n}\n",
            "input == {\"a\": 1}\nmsg := \"settings\"",
            "settings.jsonc:3:3 settings",
        ),
        (
            ".github/workflows/ci.yml",
            "on: push\njobs: { a: { runs-on: x, steps: [{ run: make }] } }\n",
            "input.on == \"push\"\ninput[\"true\"] == \"push\"\nmsg := \"push\"",
            ".github/workflows/ci.yml:1:5 push",
        ),
    ];
    for (name, text, body, expected) in cases {
        let root = directory("shapes", &[("policy/main.rego", &policy(body)), (name, text)]);
        assert_eq!(found(&root, &["."]), [*expected], "{name}");
    }
}

#[test]
fn a_parser_reads_what_is_named() {
    let ini = policy("input.users.allow == false\nmsg := \"allow is false\"");
    let files = [("policy/main.rego", ini.as_str()), ("conf", "[users]\nallow = false\n"), ("a.yaml", "a: 1\n")];
    let root = directory("parser", &files);
    assert_eq!(found(&root, &["conf"]), [""; 0], "nothing says what it is");
    assert_eq!(found(&root, &["--parser", "ini", "conf"]), ["conf:2:9 allow is false"]);
    assert_eq!(found_in(&root, &["--parser", "ini", "-"], files[1].1), ["<stdin>:2:9 allow is false"]);
    let (_, errors, code) = run(&root, &["check", "--policy", "policy", "--parser", "ini", "a.yaml"], "");
    assert!(code == 0, "a name and a value: {errors}");
    let (_, errors, code) = run(&root, &["check", "--policy", "policy", "--parser", "json", "a.yaml"], "");
    assert!(code == 2 && errors.contains("a.yaml: cannot be read as json"), "{errors}");
    for (name, expected) in [("cue", "Conftest's parser of that name is absent"), ("nope", "nothing here reads `nope`")]
    {
        let (_, errors, code) = run(&root, &["check", "--parser", name, "conf"], "");
        assert!(code == 2 && errors.contains(expected), "{name}: {errors}");
    }
    // What is piped is YAML where nothing says otherwise.
    let yaml = directory("piped", &[("policy/main.rego", &policy("input.port == 80\nmsg := \"port is 80\""))]);
    assert_eq!(found_in(&yaml, &["-"], "b: 2\nport: 80\n"), ["<stdin>:2:7 port is 80"]);
}

#[test]
fn all_documents_can_be_one_input() {
    let policy = "package main

import rego.v1

deny contains {\"msg\": msg, \"path\": [i, \"contents\", \"team\"]} if {
	some i, file in input
	not file.contents.team in {other.contents.name | some other in input; other.contents.kind == \"team\"}
	file.contents.kind == \"user\"
	msg := sprintf(\"%s is in no team\", [file.contents.name])
}

warn contains {\"msg\": \"a port\", \"file\": \"app.ini\"} if input[_].contents.s.port == 1

violation contains msg if {
	some file in input
	file.contents.name == \"jo\"
	msg := sprintf(\"%s: jo is short\", [file.path])
}

deny_all contains \"no file is named\" if count(input) == 5
";
    let files = [
        ("policy/main.rego", policy),
        ("app.ini", "[s]\nport = 1\n"),
        ("teams.yaml", "kind: team\nname: red\n---\nkind: team\nname: blue\n"),
        ("user1.yaml", "kind: user\nname: jo\nteam: red\n"),
        ("user2.yaml", "kind: user\nname: al\nteam: green # portcullis: ignore[policy/main/nothing] x\n"),
    ];
    let root = directory("combine", &files);
    let expected = [
        "app.ini:1:1 no file is named",
        "app.ini:2:8 a port",
        "user1.yaml:2:7 user1.yaml: jo is short",
        "user2.yaml:3:7 al is in no team",
    ];
    assert_eq!(found(&root, &["--combine", "."]), expected);
    assert_eq!(found(&root, &["--combine", "--threads", "1", "."]), expected);
    // One by one, nothing is combined.
    assert_eq!(found(&root, &["user2.yaml"]), [""; 0]);
}

/// Checks that say what they are about are asked as ever beside those that get all files at once.
#[test]
fn what_has_a_selector_is_asked_about_each_document() {
    let own = "# METADATA
# scope: package
# custom:
#   input: {selector: [{type: kubernetes}]}
package main.names
import rego.v1

# METADATA
# entrypoint: true
deny_names contains msg if { msg := sprintf(\"%s is called so\", [input.metadata.name]) }
";
    let files = [
        ("policy/main.rego", "package main\nimport rego.v1\ndeny contains \"two files\" if count(input) == 2\n"),
        ("policy/own.rego", own),
        ("portcullis.yaml", "policies: {packs: [{images: {registries: [ghcr.io]}}]}\n"),
        (
            "a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n",
        ),
        ("b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"),
    ];
    let root = directory("combined_with_packs", &files);
    let expected = [
        "a.yaml:3:18 web is called so",
        "a.yaml:3:18 two files",
        "a.yaml:4:40 image `nginx` of container `web` has no digest",
        "a.yaml:4:40 image `nginx` of container `web` is not from an allowed registry",
        "b.yaml:3:18 settings is called so",
    ];
    assert_eq!(found(&root, &["--combine", "a.yaml", "b.yaml"]), expected);
}

#[test]
fn suppressions_hold_for_what_is_asked_apart() {
    let body = "input[_].contents.users.allow == false\nmsg := \"allow is false\"";
    let conf = "[users]\nallow = false # portcullis: ignore[policy/main/deny] known\n";
    let root = directory("suppressed", &[("policy/main.rego", &policy(body)), ("app.ini", conf)]);
    let (text, ..) = run(&root, &["check", "--policy", "policy", "--combine", "--format", "concise", "."], "");
    assert!(!text.contains("allow is false") && !text.contains("unused-suppression"), "{text}");
}

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  template: { spec: { containers: [{ name: app, image: app }] } }
";

#[test]
fn what_kustomize_builds_is_asked_about() {
    let body = "input.kind == \"Deployment\"\nsome container in input.spec.template.spec.containers\nimage := container.image\n\
                msg := sprintf(\"%s: image %s, %d replicas\", [input.metadata.name, image, input.spec.replicas])";
    let files = [
        ("policy/main.rego", policy(body)),
        ("base/web.yaml", DEPLOYMENT.to_owned()),
        ("base/kustomization.yaml", "resources: [web.yaml]\n".to_owned()),
        (
            "over/kustomization.yaml",
            "namePrefix: big-\nresources: [../base]\nimages: [{ name: app, newTag: v2 }]\nreplicas: [{ name: web, count: 3 }]\n"
                .to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let root = directory("kustomize", &files);
    let all = found(&root, &["."]);
    let [only] = all.as_slice() else { panic!("{all:?}") };
    assert!(only.ends_with("big-web: image app:v2, 3 replicas"), "{only}");
}

#[test]
fn evaluated_terraform_is_for_those_that_ask_for_it() {
    let policy = "# METADATA
# scope: package
# custom:
#   input:
#     selector:
#       - type: terraform
package acme

import rego.v1

deny contains {\"msg\": msg, \"path\": [\"resource\", \"aws_s3_bucket\", address, \"acl\"]} if {
	some address, bucket in input.resource.aws_s3_bucket
	bucket.acl == \"public-read\"
	msg := sprintf(\"%s is public\", [address])
}

deny contains {\"msg\": msg, \"path\": [\"resource\", \"aws_s3_bucket\", address]} if {
	some address, bucket in input.resource.aws_s3_bucket
	not bucket.acl
	not \"acl\" in object.get(bucket, \"__unknown__\", [])
	msg := sprintf(\"%s has no acl\", [address])
}
";
    let main = "variable \"acl\" {}\nmodule \"logs\" {\n  source = \"./logs\"\n  acl    = \"public-read\"\n}\n\
                resource \"aws_s3_bucket\" \"a\" {\n  acl = var.acl\n}\nresource \"aws_s3_bucket\" \"b\" {\n  bucket = \"b\"\n}\n";
    let logs = "variable \"acl\" {}\nresource \"aws_s3_bucket\" \"this\" {\n  count = 2\n  acl   = var.acl\n}\n";
    let root = directory("terraform", &[("policy/p.rego", policy), ("main.tf", main), ("logs/main.tf", logs)]);
    let mut all = found(&root, &["."]);
    all.sort();
    let expected = [
        "main.tf:4:12 module.logs.aws_s3_bucket.this[0] is public",
        "main.tf:4:12 module.logs.aws_s3_bucket.this[1] is public",
        "main.tf:9:1 aws_s3_bucket.b has no acl",
    ];
    assert_eq!(all, expected);
}

#[test]
fn evaluated_values_have_a_shape() {
    let policy = "# METADATA
# scope: package
# custom:
#   input:
#     selector:
#       - type: terraform
package acme

import rego.v1

deny contains json.marshal(input)
";
    let cases = [
        ("policy = jsonencode({ a = 1 })", r#"{"policy":{"a":1}}"#),
        ("tags = { a = var.x, b = \"c\" }", r#"{"__unknown__":["tags.a"],"tags":{"b":"c"}}"#),
        ("cidrs = [\"10.0.0.0/8\", var.x]", r#"{"__unknown__":["cidrs.1"],"cidrs":["10.0.0.0/8",null]}"#),
        ("versioning {\n  enabled = !false\n}", r#"{"versioning":[{"enabled":true}]}"#),
        ("name = \"a-${var.x}\"", r#"{"__unknown__":["name"]}"#),
        ("size = 2 * 1.5\n  nothing = null", r#"{"nothing":null,"size":3}"#),
    ];
    for (body, expected) in cases {
        let main = format!("variable \"x\" {{}}\nresource \"a_b\" \"c\" {{\n  {body}\n}}\n");
        let root = directory("values", &[("policy/p.rego", policy), ("infra/main.tf", &main)]);
        let whole = format!(r#"{{"module":"infra","provider":{{}},"resource":{{"a_b":{{"a_b.c":{expected}}}}}}}"#);
        let all = found(&root, &["."]);
        let [only] = all.as_slice() else { panic!("{body}: {all:?}") };
        let (_, message) = only.split_once(' ').unwrap();
        assert_eq!(message, whole, "{body}");
    }
}

#[test]
fn packages_are_for_those_that_ask_for_them() {
    let policy = "# METADATA
# scope: package
# custom:
#   input:
#     selector:
#       - type: packages
package acme

import rego.v1

deny contains msg if {
	some it in input.packages
	it.ecosystem == \"npm\"
	it.direct
	it.name == \"left-pad\"
	msg := sprintf(\"%s %s is not allowed (%s)\", [it.name, it.version, it.licence])
}
";
    let lock = "{
  \"name\": \"a\", \"lockfileVersion\": 3,
  \"packages\": {
    \"\": { \"dependencies\": { \"left-pad\": \"^1\" } },
    \"node_modules/left-pad\": { \"version\": \"1.3.0\", \"license\": \"WTFPL\" }
  }
}
";
    let root = directory("packages", &[("policy/p.rego", policy), ("package-lock.json", lock)]);
    let all = found(&root, &["."]);
    assert_eq!(all, ["package-lock.json:5:6 left-pad 1.3.0 is not allowed (WTFPL)"]);
}

#[test]
fn namespaces_and_exceptions_are_conftests() {
    let main = "package main.gke\n\nimport rego.v1\n\ndeny contains \"a\" if input.x\n\ndeny_b contains \"b\" if input.x\n\n\
                exception contains [\"\"] if input.skip\n\nexception contains [\"b\"] if not input.skip\n";
    let root = directory("namespaces", &[("policy/p.rego", main), ("a.yaml", "x: 1\n"), ("b.yaml", "x: 1\nskip: 1\n")]);
    for (namespace, expected) in [
        ("main", &[][..]),
        ("main.gke", &["a.yaml:1:1 a", "b.yaml:1:1 b"][..]),
        ("main*", &["a.yaml:1:1 a", "b.yaml:1:1 b"][..]),
        ("*.g[a-k]e", &["a.yaml:1:1 a", "b.yaml:1:1 b"][..]),
        ("m", &[][..]),
    ] {
        let args = ["check", "--format", "concise", "--policy", "policy", "--namespace", namespace, "."];
        let (text, errors, _) = run(&root, &args, "");
        assert_eq!(text.matches("policy/").count(), expected.len(), "{namespace}: {text}{errors}");
        if !expected.is_empty() {
            assert_eq!(found(&root, &["--namespace", namespace, "."]), expected, "{namespace}");
        }
    }
}
