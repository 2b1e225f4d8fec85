//! Tests of policies: which rules are tests, how they end, and where data stands.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use portcullis_core::{Outcome, TestReport};
use portcullis_policy::testing::Tests;
use portcullis_policy::{Counting, Documents, Module, Options, Value};
use regex::Regex;

const POLICY: &str = "package main

import rego.v1

deny contains msg if {
\tinput.user == \"root\"
\tmsg := \"runs as root\"
}

never if {
\tinput.user == \"nobody\"
}
";

fn run(modules: &[(&str, &str)], only: &str) -> TestReport {
    let modules: Vec<Module> = modules.iter().map(|(path, text)| Module::new(*path, *text)).collect();
    let options = Options { coverage: Counting::On, ..Options::default() };
    let (mut tests, faults) = Tests::compile(&modules, &Value::UNDEFINED, &options);
    assert_eq!(faults, []);
    tests.keep(&Regex::new(only).unwrap());
    let runs = tests.packages().into_iter().map(|package| tests.run(package)).collect();
    tests.report(runs, Some(|path| !path.ends_with("_test.rego")))
}

/// The outcome of each test of a module beside the policy, as `line name: outcome`.
#[track_caller]
fn check(tests: &str, expected: &[&str]) {
    let report = run(&[("main.rego", POLICY), ("main_test.rego", tests)], "");
    let ended = report.cases.iter().map(|case| {
        let outcome = match &case.outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed(why) => format!("failed: {why}"),
            Outcome::Error(why) => format!("error: {why}"),
            Outcome::Skipped => "skipped".to_owned(),
        };
        let prints: Vec<String> = case.prints.iter().map(|print| format!(" [{print}]")).collect();
        format!("{} {}: {outcome}{}", case.line, case.name, prints.concat())
    });
    assert_eq!(ended.collect::<Vec<_>>(), expected, "{tests}");
}

#[test]
fn a_test_holds_where_it_is_true() {
    let rows: &[(&str, &[&str])] = &[
        ("test_root if { count(data.main.deny) == 1 with input as {\"user\": \"root\"} }", &["3 test_root: passed"]),
        (
            "test_root if { count(data.main.deny) == 1 with input as {\"user\": \"web\"} }",
            &["3 test_root: failed: it is undefined"],
        ),
        ("test_false := false", &["3 test_false: failed: it is false, not true"]),
        ("test_text := \"yes\"", &["3 test_text: failed: it is \"yes\", not true"]),
        ("todo_test_later if { false }", &["3 todo_test_later: skipped"]),
        ("tests_none if { true }", &[]),
        ("test_function(x) := x", &[]),
        ("test_print if {\n\tprint(\"seen\", 7)\n}", &["3 test_print: passed [main_test.rego:4: seen 7]"]),
        (
            "test_conflict := 1 if { true }\ntest_conflict := 2 if { true }",
            &["3 test_conflict: failed: it is 1, not true", "4 test_conflict: failed: it is 2, not true"],
        ),
    ];
    for (tests, expected) in rows {
        check(&format!("package main_test\nimport rego.v1\n{tests}\n"), expected);
    }
}

#[test]
fn tests_of_one_name_are_tests_of_their_own() {
    check(
        "package main_test\nimport rego.v1\ntest_twice if { true }\n\ntest_twice if { false }\n",
        &["3 test_twice: passed", "5 test_twice: failed: it is undefined"],
    );
}

#[test]
fn each_case_of_a_test_must_hold() {
    let rows: &[(&str, &[&str])] = &[
        (
            "test_sum[name] if {\n\tsome name, tc in {\n\t\t# a comment with }\n\t\t\"one\": [1, 1],\n\t\t\"two\": [2, 2],\n\t}\n\ttc[0] == tc[1]\n}",
            &["3 test_sum: passed"],
        ),
        (
            "test_sum[name] if {\n\tsome name, tc in {\"one\": [1, 1], \"two\": [2, 3], \"six\": [6, 7]}\n\ttc[0] == tc[1]\n}",
            &["3 test_sum: failed: the cases \"six\", \"two\" do not hold"],
        ),
        ("test_none[name] if {\n\tsome name, tc in {}\n\ttc\n}", &["3 test_none: failed: it has no cases"]),
        (
            "test_late[name] if {\n\tcases := {\"one\": 1}\n\tsome name, tc in cases\n\ttc == 2\n}",
            &[
                "3 test_late: error: which cases it has cannot be told; start it with `some name, case in …`, or write a test for \
               each",
            ],
        ),
    ];
    for (tests, expected) in rows {
        check(&format!("package main_test\nimport rego.v1\n{tests}\n"), expected);
    }
}

#[test]
fn names_select_tests() {
    let tests = "package main_test\nimport rego.v1\ntest_one if { true }\ntest_two if { true }\n";
    let rows = [("", 2), ("test_one$", 1), (r"^data\.main_test\.test_", 2), ("three", 0)];
    for (only, expected) in rows {
        assert_eq!(run(&[("main_test.rego", tests)], only).cases.len(), expected, "{only}");
    }
}

#[test]
fn lines_are_covered_by_any_test() {
    let tests = "package main_test\nimport rego.v1\ntest_root if { count(data.main.deny) == 1 with input as {\"user\": \"root\"} }
test_twice if { true }\ntest_twice if { true }\n";
    let report = run(&[("main.rego", POLICY), ("main_test.rego", tests)], "");
    let files = report.coverage.clone().unwrap();
    let files: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.missed.iter().copied().collect())).collect();
    assert_eq!(files, [("main.rego", vec![11])]);
    assert!(report.covered().is_some_and(|covered| (1..10_000).contains(&covered)), "{:?}", report.covered());
}

/// A document and the folders that it lies in.
type Placed = (&'static [&'static str], &'static str);

#[test]
fn documents_are_merged_by_folder() {
    let rows: &[(&[Placed], &str)] = &[
        (&[(&[], r#"{"a": 1}"#), (&["b", "c"], r#"{"d": [2]}"#)], r#"{"a":1,"b":{"c":{"d":[2]}}}"#),
        (&[(&["a"], r#"{"x": 1}"#), (&[], r#"{"a": {"y": 2}}"#)], r#"{"a":{"x":1,"y":2}}"#),
        (&[(&["a"], "[1]")], r#"{"a":[1]}"#),
        (&[(&[], "[1]")], "a document at the root of the data is an object, and this is none"),
        (&[(&["a"], r#"{"x": 1}"#), (&["a"], r#"{"x": 1}"#)], "another document gives a value to data.a.x as well"),
    ];
    for (added, expected) in rows {
        let mut documents = Documents::default();
        let conflict = added.iter().find_map(|(folders, text)| {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            documents.add(folders, Value::from(value)).err()
        });
        let given =
            conflict.map_or_else(|| documents.into_value().to_json().to_string(), |conflict| conflict.to_string());
        assert_eq!(given, *expected, "{added:?}");
    }
}
