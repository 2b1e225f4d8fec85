//! Policies that are broken or use all there is, end to end: each is an error with its place and exit code 2, memory is
//! bounded, and what other policies find is printed. And the rules of policies where rules are listed and explained.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in a helper is the failure message"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::run;

/// A directory with these files, which is a repository's root.
fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
    support::repository("policy_safety", name, files)
}

/// The same with so much address space, of which the program and its threads take a part: what asks for more dies.
#[cfg(unix)]
fn run_within(root: &Path, kilobytes: u32, args: &[&str]) -> Output {
    let script = format!("ulimit -v {kilobytes} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_portcullis")]).args(args);
    command.current_dir(root).output().unwrap()
}

#[cfg(not(unix))]
fn run_within(root: &Path, _: u32, args: &[&str]) -> Output {
    run(root, args)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const GOOD: &str = "package main\n\ndeny_sound[\"sound\"] { input.kind == \"Deployment\" }\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 1 }\n";
const ARGS: &[&str] =
    &["check", "--policy", "policy", "--only", "policy", "--threads", "1", "--format", "concise", "app.yaml"];
/// 1 GiB.
const SPACE: u32 = 1 << 20;

/// Runs a policy beside a sound one: its fault is said, and the finding of the other.
fn is_a_fault(name: &str, policy: &str, expected: &[&str]) {
    let files = [("policy/bad.rego", policy), ("policy/good.rego", GOOD), ("app.yaml", WEB)];
    let root = directory(name, &files);
    let output = run_within(&root, SPACE, ARGS);
    let (found, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(expected.iter().all(|part| errors.contains(part)), "{name}: {expected:?}: {found}{errors}");
    assert!(found.contains("sound"), "{name}: {found}{errors}");
    assert_eq!(output.status.code(), Some(2), "{name}: {found}{errors}");
}

#[test]
fn what_cannot_be_loaded_is_an_error_with_its_place() {
    let cases = [
        ("parse", "package main\n\ndeny[msg] {\n  msg := \n}\n", "policy/bad.rego:3:11: "),
        (
            "function",
            "package main\n\ndeny[msg] {\n  msg := nope(input)\n}\n",
            "policy/bad.rego:4:10: unknown function",
        ),
        ("name", "package main\n\ndeny[msg] {\n  msg := message\n}\n", "policy/bad.rego:4:10: "),
        ("itself", "package main\n\ndeny[msg] { msg := x }\nx := y\ny := x\n", "policy/bad.rego:4:1: "),
        (
            "number",
            "package main\n\ndeny[msg] {\n  input.n == 1e999999999\n  msg := \"\"\n}\n",
            "policy/bad.rego:4:14: ",
        ),
    ];
    for (name, policy, expected) in cases {
        is_a_fault(name, policy, &[expected]);
    }
}

#[test]
fn what_never_ends_is_an_error_with_its_place() {
    let policy = "package main\n\nimport rego.v1\n\ndeny contains msg if {\n\tall := numbers.range(1, 900000)\n\t\
                  some a in all\n\tsome b in all\n\ta * b == -1\n\tmsg := \"slow\"\n}\n";
    is_a_fault("loop", policy, &["policy/bad.rego:5:1: "]);
    let policy = "package main\n\nimport rego.v1\n\nfew := numbers.range(1, 900000)\n\ndeny contains msg if {\n\tall := {sprintf(\"%d\", [a + (b * 900000)]) | \
                  some a in few; some b in few}\n\tmsg := sprintf(\"%d\", \
                  [count(all)])\n}\n";
    is_a_fault("set", policy, &["policy/bad.rego:"]);
}

/// `rule` with `N` and `M` for a number and the one before, again and again; `first` is number 0.
fn chain(first: &str, rule: &str) -> String {
    let rules: Vec<String> =
        (1..=40).map(|at: u32| rule.replace('N', &at.to_string()).replace('M', &(at - 1).to_string())).collect();
    format!(
        "package main\n\nimport rego.v1\n\ndeny contains msg if {{ count(v40) > 0; msg := \"\" }}\n\nv0 := {first}\n{}\n",
        rules.join("\n")
    )
}

fn body(lines: &str) -> String {
    format!("package main\n\nimport rego.v1\n\ndeny contains msg if {{\n\t{lines}\n\tmsg := \"\"\n}}\n")
}

#[test]
fn what_fills_the_memory_is_an_error_with_its_place() {
    let long = "concat(\"\", [\"0123456789\" | some i in numbers.range(1, 99999)])";
    let doubled = |function: &str| chain(&format!("{function}({long})"), &format!("vN := {function}(vM)"));
    let cases = [
        ("ranges", body("count([numbers.range(1, 900000) | some i in numbers.range(1, 900)]) > 0"), "numbers.range"),
        ("width", body("count(sprintf(\"%0999999999d\", [1])) > 0"), "sprintf"),
        ("uppers", body(&format!("s := {long}\n\tcount([upper(s) | some i in numbers.range(1, 99999)]) > 0")), "upper"),
        ("concat", chain("[1]", "vN := array.concat(vM, vM)"), "array.concat"),
        ("hex", doubled("hex.encode"), "hex.encode"),
        ("base64", doubled("base64.encode"), "base64.encode"),
        ("replace", chain("\"aa\"", "vN := replace(vM, \"a\", \"aa\")"), "replace"),
        ("marshal", chain("[1]", "vN := [vM, vM]").replace("count(v40)", "count(json.marshal(v40))"), "json.marshal"),
        (
            "copies",
            body(
                "copies := [{\"op\": \"copy\", \"from\": \"\", \"path\": sprintf(\"/c%d\", [i])} | some i in \
                  numbers.range(1, 60)]\n\tcount(json.patch({}, copies)) > 0",
            ),
            "json.patch",
        ),
        (
            "nested",
            body(
                "adds := [{\"op\": \"add\", \"path\": concat(\"\", [\"/a\" | some j in numbers.range(1, i)]), \
                  \"value\": {}} | some i in numbers.range(1, 2000)]\n\tcount(json.patch({}, adds)) > 0",
            ),
            "json.patch",
        ),
        (
            "paths",
            body(
                "edges := {i: numbers.range(1, 30) | some i in numbers.range(1, 30)}\n\t\
                  count(graph.reachable_paths(edges, [1])) > 0",
            ),
            "graph.reachable_paths",
        ),
        ("number", body("to_number(\"0e999999999\") == 0"), "to_number"),
        ("json", body("json.unmarshal(\"[0, 1e999999999]\")[0] == 0"), "json.unmarshal"),
        ("product", body("product(numbers.range(1, 900000)) > 0"), "product"),
    ];
    for (name, policy, function) in cases {
        is_a_fault(&format!("memory-{name}"), &policy, &["policy/bad.rego:", &format!(": {function} makes too much")]);
    }
}

/// What makes the interpreter panic, or end its stack, with what OPA says instead; and a document that never ended.
#[test]
fn what_breaks_the_interpreter_is_answered() {
    let holds = [
        "object.subset([1, 2], [])",
        "strings.count(\"abc\", \"\") == 4",
        "strings.count(\"aaaa\", \"aa\") == 2",
        "not regex.template_match(\"abcdef{x}\", \"a\", \"{\", \"}\")",
        "regex.template_match(\"urn:{[a-z]+}.b\", \"urn:foo.b\", \"{\", \"}\")",
        "graph.reachable_paths({\"a\": [\"b\", \"c\"], \"b\": [\"a\"], \"c\": []}, [\"a\"]) == {[\"a\", \"b\"], [\"a\", \"c\"]}",
        "count(graph.reachable_paths({i: [i + 1] | some i in numbers.range(1, 900)}, [1])) == 1",
        "json.patch({\"a\": 1}, [{\"op\": \"add\", \"path\": \"/b\", \"value\": 2}]) == {\"a\": 1, \"b\": 2}",
        "input.spec.replicas == 0",
    ];
    let document = WEB.replace("replicas: 1", "replicas: 0e999999999");
    for (at, holds) in holds.iter().enumerate() {
        let policy = body(holds).replace("msg := \"\"", "msg := \"it holds\"");
        let root = directory(&format!("answers-{at}"), &[("policy/a.rego", &policy), ("app.yaml", &document)]);
        let output = run_within(&root, SPACE, ARGS);
        let (found, errors) = (text(&output.stdout), text(&output.stderr));
        assert!(found.contains("it holds") && output.status.code() == Some(1), "{holds}: {found}{errors}");
    }
}

const DESCRIBED: &str = "# METADATA
# title: Containers have a memory limit
# description: A container without a limit takes the node down.
# related_resources:
#   - https://example.com/limits
# custom:
#   id: ACME-1
#   severity: CRITICAL
#   recommended_action: Set resources.limits.memory.
#   tags: [cwe-400, memory]
#   input: { selector: [{ type: kubernetes }] }
package user.acme1

import rego.v1

deny contains res if {
\tinput.kind == \"Deployment\"
\tres := result.new(\"no limit\", input.metadata)
}
";

#[test]
fn rules_of_policies_are_listed_and_explained() {
    let config = "policies: { dirs: [policy] }\n";
    let root = directory("rules", &[("policy/limits.rego", DESCRIBED), ("app.yaml", WEB)]);
    let listed = ["--policy", "policy"];
    let json: serde_json::Value =
        serde_json::from_slice(&run(&root, &[&["rules", "ACME-1", "--format", "json"][..], &listed].concat()).stdout)
            .unwrap();
    let rule = &json[0];
    assert_eq!((rule["id"].as_str(), rule["severity"].as_str()), (Some("ACME-1"), Some("critical")));
    assert_eq!(rule["title"], "Containers have a memory limit");
    assert_eq!(rule["tags"], serde_json::json!(["policy", "cwe-400", "memory"]));
    let explained = text(&run(&root, &[&["explain", "ACME-1"][..], &listed].concat()).stdout);
    for part in ["critical[ACME-1]", "takes the node down", "resources.limits.memory", "https://example.com/limits"] {
        assert!(explained.contains(part), "{part}: {explained}");
    }
    assert_eq!(run(&root, &["explain", "ACME-1"]).status.code(), Some(2));
    std::fs::write(root.join("portcullis.yaml"), config).unwrap();
    assert_eq!(text(&run(&root, &["explain", "ACME-1"]).stdout), explained);
    std::fs::write(root.join("policy/limits.rego"), "package main\n\ndeny[").unwrap();
    let broken = run(&root, &[&["rules"][..], &listed].concat());
    assert!(text(&broken.stderr).contains("policy/limits.rego:") && broken.status.code() == Some(2));
    // Builtin rules are listed all the same where nobody asked for the policy.
    assert_eq!(run(&root, &["rules"]).status.code(), Some(0));
}

#[test]
fn sarif_knows_as_much_of_a_policy_as_of_a_rule() {
    let root = directory("sarif", &[("policy/limits.rego", DESCRIBED), ("app.yaml", WEB)]);
    let output = run(&root, &["check", "--policy", "policy", "--profile", "all", "--format", "sarif", "app.yaml"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = json["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let keys = |rule: &serde_json::Value| -> Vec<String> {
        let properties = rule["properties"].as_object().unwrap().keys().map(|key| format!("properties.{key}"));
        rule.as_object().unwrap().keys().cloned().chain(properties).collect()
    };
    let (policies, builtin): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule["id"] == "ACME-1");
    assert!(!builtin.is_empty());
    let [policy] = policies.as_slice() else { panic!("{rules:?}") };
    for rule in builtin {
        let missing: Vec<String> = keys(rule).into_iter().filter(|key| !keys(policy).contains(key)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", rule["id"]);
    }
    assert_eq!(policy["helpUri"], "https://example.com/limits");
    assert_eq!(policy["shortDescription"]["text"], "Containers have a memory limit");
    let tags = policy["properties"]["tags"].as_array().unwrap();
    assert!(["policy", "external/cwe/cwe-400", "memory", "security"].iter().all(|tag| tags.contains(&(*tag).into())));
}
