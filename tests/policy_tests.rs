//! `portcullis test`, end to end: what is loaded, how tests end, what is written, and the exit codes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder of its own below the system's, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy_tests").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.arg("test").args(arguments).current_dir(&self.0).output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const POLICY: &str = "package main

import rego.v1

deny contains msg if {
\tsome container in input.spec.containers
\tnot trusted(container.image)
\tprint(\"image\", container.image)
\tmsg := sprintf(\"%s comes from elsewhere\", [container.name])
}

trusted(image) if {
\tsome registry in data.settings.registries
\tstartswith(image, registry)
}
";

const TESTS: &str = "package main_test

import data.main
import rego.v1

pod(image) := {\"spec\": {\"containers\": [{\"name\": \"web\", \"image\": image}]}}

test_elsewhere if {
\tmain.deny == {\"web comes from elsewhere\"} with input as pod(\"evil.example/web\")
}

test_trusted if {
\tcount(main.deny) == 0 with input as pod(\"registry.example/web\")
}
";

const FAILING: &str = "package other_test

import data.main
import rego.v1

test_wrong if {
\tcount(main.deny) == 0 with input as {\"spec\": {\"containers\": [{\"name\": \"web\", \"image\": \"<x>\"}]}}
}

todo_test_later if {
\tfalse
}
";

const SETTINGS: &str = "registries: [registry.example/]\n";

const SOUND: &[(&str, &str)] = &[
    ("policy/main.rego", POLICY),
    ("policy/main_test.rego", TESTS),
    ("policy/settings/data.yaml", SETTINGS),
    // What policies judge is no data, although these two would give `kind` two values.
    ("policy/samples/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n"),
    ("policy/samples/b.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: b }\n"),
];

fn with<'t>(files: &[(&'t str, &'t str)]) -> Vec<(&'t str, &'t str)> {
    SOUND.iter().chain(files).copied().collect()
}

/// The exit code and both outputs of a run.
#[track_caller]
fn check(name: &str, files: &[(&str, &str)], arguments: &[&str], expected: (i32, &str, &str)) {
    let output = Folder::new(name, files).run(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let ended = (output.status.code().unwrap(), text(output.stdout), text(output.stderr));
    assert_eq!((ended.0, ended.1.as_str(), ended.2.as_str()), expected, "{arguments:?}");
}

const FAILED: &str = "policy/other_test.rego:6: data.other_test.test_wrong failed
  it is undefined
  printed: policy/main.rego:8: image <x>
";

#[test]
fn tests_hold_fail_or_are_skipped() {
    let failing = with(&[("policy/other_test.rego", FAILING)]);
    check("hold", SOUND, &["policy"], (0, "2 passed\n", ""));
    check("fail", &failing, &["policy"], (1, &format!("{FAILED}2 passed, 1 failed, 1 skipped\n"), ""));
    check("run", &failing, &["policy", "--run", r"data\.main_test\."], (0, "2 passed\n", ""));
    check(
        "one",
        &failing,
        &["policy", "--run", "wrong", "--threads", "1"],
        (1, &format!("{FAILED}0 passed, 1 failed\n"), ""),
    );
    let listed = "policy/main_test.rego:8: data.main_test.test_elsewhere passed
  printed: policy/main.rego:8: image evil.example/web
policy/main_test.rego:12: data.main_test.test_trusted passed
2 passed\n";
    check("verbose", SOUND, &["policy", "-v"], (0, listed, ""));
}

#[test]
fn what_cannot_be_loaded_is_said_and_the_rest_is_run() {
    let typo = "package typo\n\nimport rego.v1\n\ndeny if {\n\tstartwith(input.x, \"a\")\n}\n";
    let output = Folder::new("typo", &with(&[("policy/typo.rego", typo)])).run(&["policy"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 passed\n");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("error: policy/typo.rego:6:2: ") && said.contains("startwith"), "{said}");

    let data = with(&[("policy/settings/more.json", "{\"registries\": []}")]);
    let twice = "error: policy/settings/more.json: another document gives a value to data.settings.registries as well
  help: leave it out with `--ignore` if it is no data\n";
    check("twice", &data, &["policy"], (2, "2 passed\n", twice));
    check("ignored", &data, &["policy", "--ignore", "more.json"], (0, "2 passed\n", ""));
    let broken = "error: policy/settings/more.json: line 1: ";
    let output = Folder::new("broken", &with(&[("policy/settings/more.json", "{\"a\": ")])).run(&["policy"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with(broken), "{output:?}");
}

#[test]
fn what_is_asked_for_must_be_there() {
    check("missing", SOUND, &["nowhere"], (2, "0 passed\n", "error: nowhere: no such file or directory\n"));
    let none = "error: there are no tests: rules whose names start with `test_`, or suites of Gatekeeper\n";
    check("untested", &[("main.rego", POLICY)], &["."], (3, "0 passed\n", none));
    check("unnamed", SOUND, &["policy", "--run", "nothing"], (3, "0 passed\n", "error: no test has such a name\n"));
    let neither = "error: notes.txt: it is neither a policy (.rego) nor data (.json, .yaml)\n";
    check("neither", &[("notes.txt", "")], &["notes.txt"], (2, "0 passed\n", neither));
    let output = Folder::new("pattern", SOUND).run(&["policy", "--run", "("]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: `(` is no pattern: "), "{output:?}");
}

#[test]
fn lines_that_no_test_evaluates_are_told() {
    let more = "package more\n\nimport rego.v1\n\nnever if {\n\tinput.x\n}\n";
    let files = with(&[("policy/more.rego", more)]);
    let output = Folder::new("coverage", &files).run(&["policy", "--coverage"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("policy/more.rego: 0.00% covered, not 6\n2 passed; "), "{said}");
    assert_eq!(output.status.code(), Some(0));
    let rows = [("0", 0), ("50", 0), ("99.5", 1), ("100", 1)];
    for (threshold, code) in rows {
        let output = Folder::new("threshold", &files).run(&["policy", "--threshold", threshold]);
        assert_eq!(output.status.code(), Some(code), "{threshold} {output:?}");
    }
    let output = Folder::new("threshold-wrong", &files).run(&["policy", "--threshold", "101"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn programs_read_json_and_junit() {
    let files = with(&[("policy/other_test.rego", FAILING)]);
    let output = Folder::new("json", &files).run(&["policy", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "portcullis-test/1");
    assert_eq!(report["summary"], serde_json::json!({"passed": 2, "failed": 1, "errors": 0, "skipped": 1}));
    let wrong = serde_json::json!({
        "location": {"path": "policy/other_test.rego", "line": 6},
        "group": "data.other_test",
        "name": "test_wrong",
        "outcome": "failed",
        "message": "it is undefined",
        "prints": ["policy/main.rego:8: image <x>"],
    });
    assert_eq!(report["tests"][2], wrong);
    let suite = "  <testsuite name=\"data.other_test\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\">
    <testcase name=\"test_wrong\" classname=\"data.other_test\" file=\"policy/other_test.rego\" line=\"6\">
      <failure message=\"it is undefined\">policy/other_test.rego:6: it is undefined</failure>
      <system-out>policy/main.rego:8: image &lt;x&gt;</system-out>
    </testcase>
    <testcase name=\"todo_test_later\" classname=\"data.other_test\" file=\"policy/other_test.rego\" line=\"10\">
      <skipped/>
    </testcase>
  </testsuite>
</testsuites>\n";
    let output = Folder::new("junit", &files).run(&["policy", "--format", "junit"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.ends_with(suite), "{said}");
}
