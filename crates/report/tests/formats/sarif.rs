use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use portcullis_core::{
    Catalog, FixSafety, Note, NoteKind, RootPaths, RuleMeta, ScanError, SealedEdit, SealedFix, Severity, SuppressedBy,
    Suppression, Words,
};
use portcullis_report::{Format, Options, SuppressedFindings};
use serde_json::{Value, json};

use crate::support::{Builder, options, report};

/// The only run.
fn run(builder: &Builder, options: &Options) -> Value {
    let mut log: Value = serde_json::from_str(&builder.write(Format::Sarif, options)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
    assert!(!blank(&log), "an empty string in {log:#}");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    let run = log["runs"][0].take();
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = run["results"].as_array().unwrap();
    for result in results {
        assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()], &result["ruleId"]);
    }
    let used: HashSet<&Value> = results.iter().map(|result| &result["ruleId"]).collect();
    assert_eq!(used.len(), rules.len(), "a rule without results");
    run
}

/// Whether a blank string is anywhere inside.
fn blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().any(blank),
        Value::Object(entries) => entries.values().any(blank),
        _ => false,
    }
}

#[test]
fn a_result_has_all_that_code_scanning_reads() {
    let builder = report(&[("deploy/my web#1.yaml", "é𝄞: true\n"), ("svc.yaml", "a: [b]\n")])
        .find("k8s-privileged-container", 0, "true", "`web` is privileged")
        .related(1, "[b]", "used [here](9)")
        .last(|finding| finding.help = Some("remove it".into()));
    let run = run(&builder, &options());
    assert_eq!(
        run["results"],
        json!([{
            "ruleId": "k8s-privileged-container",
            "ruleIndex": 0,
            "level": "error",
            "message": { "text": "`web` is privileged. Help: remove it. See [used here(9)](1)" },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": "deploy/my%20web%231.yaml" },
                "region": { "startLine": 1, "startColumn": 6, "endLine": 1, "endColumn": 10 },
            } }],
            "relatedLocations": [{
                "id": 1,
                "message": { "text": "used [here](9)" },
                "physicalLocation": {
                    "artifactLocation": { "uri": "svc.yaml" },
                    "region": { "startLine": 1, "startColumn": 4, "endLine": 1, "endColumn": 7 },
                },
            }],
            "partialFingerprints": {
                "primaryLocationLineHash": builder.report.findings[0].line_hash.unwrap().to_string(),
            },
            "fingerprints": { "portcullis/v1": "00000000000000000000000000000abc" },
        }])
    );
    assert_eq!(
        run["tool"]["driver"],
        json!({
            "name": "portcullis",
            "version": "1.2.3",
            "semanticVersion": "1.2.3",
            "informationUri": "https://p.test",
            "rules": [{
                "id": "k8s-privileged-container",
                "shortDescription": { "text": "Container runs privileged" },
                "fullDescription": { "text": "A privileged container holds every capability and every host device:\n\
                    one code-execution bug in it is `root` on the node." },
                "help": {
                    "text": "A privileged container holds every capability and every host device:\n\
                        one code-execution bug in it is `root` on the node.\n\n\
                        The same check elsewhere: trivy KSV-0017, checkov CKV_K8S_16\n\n\
                        Suppress with a comment: `# portcullis: ignore[k8s-privileged-container] reason`",
                    "markdown": "A privileged container holds every capability and every host device:\n\
                        one code-execution bug in it is `root` on the node.\n\n\
                        **The same check elsewhere**: trivy KSV-0017, checkov CKV_K8S_16\n\n\
                        **Suppress** with a comment: `# portcullis: ignore[k8s-privileged-container] reason`",
                },
                "helpUri": "https://p.test/rules#k8s-privileged-container",
                "defaultConfiguration": { "level": "error" },
                "properties": {
                    "tags": ["security", "pss:baseline", "external/cwe/cwe-250"],
                    "precision": "high",
                    "security-severity": "9.5",
                },
            }],
        })
    );
    // It would take precedence over the category that the upload is given.
    assert_eq!(run["automationDetails"], Value::Null);
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    assert_eq!(run["invocations"], json!([{ "executionSuccessful": true }]));
}

/// The region of a finding that marks `marked`, as `startLine:startColumn-endColumn`.
fn region(text: &str, marked: &str, expect: &str) {
    let run = run(&report(&[("f", text)]).find("docker-latest-tag", 0, marked, "m"), &options());
    let region = &run["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["endLine"], region["startLine"]);
    let shown = format!("{}:{}-{}", region["startLine"], region["startColumn"], region["endColumn"]);
    assert_eq!(shown, expect, "{text:?} {marked:?}");
}

#[test]
fn regions_stay_on_one_line_and_inside_it() {
    region("a: 𝄞b\nc\n", "b\nc", "1:6-7");
    region("𝄞\nc\n", "𝄞\nc", "1:1-3");
    region("ab\nc", "\nc", "1:2-3");
    region("ab", "¦", "1:2-3");
    region("ab\n", "¦", "2:1-null");
    region("", "¦", "1:1-null");
    region("ab", "", "1:1-2");
}

#[test]
fn safe_fixes_are_replacements() {
    let fixed = |safety, text: &str| {
        report(&[("a b.yaml", "é𝄞: true\n")]).find("k8s-privileged-container", 0, "true", "m").last(|finding| {
            let edits = vec![SealedEdit { location: finding.location, text: text.to_owned() }];
            finding.fix = Some(Box::new(SealedFix {
                safety,
                title: "write it".to_owned(),
                edits,
                holds_secret: false,
                precondition: 0,
            }));
        })
    };
    let change = |replacement: Value| {
        json!([{
            "description": { "text": "write it" },
            "artifactChanges": [{ "artifactLocation": { "uri": "a%20b.yaml" }, "replacements": [replacement] }],
        }])
    };
    let region = json!({ "startLine": 1, "startColumn": 6, "endLine": 1, "endColumn": 10 });
    for (safety, text, expected) in [
        (FixSafety::Safe, "false", change(json!({ "deletedRegion": region, "insertedContent": { "text": "false" } }))),
        (FixSafety::Safe, "", change(json!({ "deletedRegion": region }))),
        (FixSafety::Unsafe, "false", Value::Null),
    ] {
        assert_eq!(run(&fixed(safety, text), &options())["results"][0]["fixes"], expected);
    }
}

#[test]
fn uris_are_relative_to_the_root() {
    for (root_paths, path, expect) in [
        (RootPaths::Same, "./a/b.yaml", "a/b.yaml"),
        (RootPaths::Same, "../../etc/x", "etc/x"),
        (RootPaths::Same, "/abs/x", "abs/x"),
        (RootPaths::Same, "a:b\\c%.yaml", "a%3Ab%5Cc%25.yaml"),
        (RootPaths::Same, "", "stdin"),
        (RootPaths::Below("services/api".to_owned()), "../x.yaml", "services/x.yaml"),
        (RootPaths::Above("repo".to_owned()), "repo/x.yaml", "x.yaml"),
    ] {
        let mut builder = report(&[(path, "x")]).find("docker-latest-tag", 0, "x", "m");
        builder.report.root_paths = root_paths;
        let run = run(&builder, &options());
        let uri = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, expect, "{path:?}");
    }
}

#[test]
fn the_worst_come_first_and_a_rule_has_one_severity() {
    let builder = report(&[("a", "x y z"), ("b", "x")])
        .find("k8s-security-context", 0, "x", "m")
        .find("docker-latest-tag", 0, "y", "m")
        .last(|finding| finding.severity = Severity::Info)
        .find("docker-latest-tag", 0, "z", "m")
        .last(|finding| finding.severity = Severity::High)
        .find("k8s-privileged-container", 1, "x", "m");
    let run = run(&builder, &options());
    let results: Vec<(&str, &str, u64)> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let text = |name: &str| result[name].as_str().unwrap();
            (text("ruleId"), text("level"), result["ruleIndex"].as_u64().unwrap())
        })
        .collect();
    let expect = [
        ("k8s-privileged-container", "error", 1),
        ("docker-latest-tag", "error", 0),
        ("k8s-security-context", "note", 2),
        ("docker-latest-tag", "note", 0),
    ];
    assert_eq!(results, expect);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let severities: Vec<&Value> = rules.iter().map(|rule| &rule["properties"]["security-severity"]).collect();
    assert_eq!(severities, ["8.0", "9.5", "2.0"]);
    assert_eq!(rules[0]["properties"]["tags"], json!(["security"]));
    assert_eq!(rules[2]["properties"]["tags"], json!(["security"]));
}

#[test]
fn suppressed_and_repeated_findings_are_left_out() {
    let builder = report(&[("a", "x y")])
        .find("docker-latest-tag", 0, "x", "m")
        .find("docker-latest-tag", 0, "x", "m")
        .find("docker-latest-tag", 0, "x", "another")
        .find("docker-latest-tag", 0, "y", "m")
        .last(|finding| {
            finding.suppressed =
                Some(Box::new(Suppression { by: SuppressedBy::Config, reason: Some("why".to_owned()) }));
        });
    let results = |options: &Options| run(&builder, options)["results"].as_array().unwrap().clone();
    assert_eq!(results(&options()).len(), 2);
    let all = results(&Options { suppressed: SuppressedFindings::Include, ..options() });
    assert_eq!(all.len(), 3);
    assert_eq!(all[2]["suppressions"], json!([{ "kind": "external", "justification": "why" }]));
    assert_eq!(all[0]["suppressions"], Value::Null);
}

#[test]
fn errors_and_notes_are_notifications() {
    let mut builder = report(&[]);
    builder.report.errors.push(ScanError::Path { path: "q".into(), reason: "gone".to_owned() });
    builder.report.notes.push(Note { path: "t".to_owned(), kind: NoteKind::Template, message: "skipped".to_owned() });
    let run = run(&builder, &options());
    let expect = json!([{
        "executionSuccessful": false,
        "toolExecutionNotifications": [
            { "level": "error", "message": { "text": "q: gone" } },
            { "level": "note", "message": { "text": "t: skipped" } },
        ],
    }]);
    assert_eq!(run["invocations"], expect);
    assert_eq!((&run["results"], &run["tool"]["driver"]["rules"]), (&json!([]), &json!([])));
}

#[test]
fn poor_metadata_still_makes_a_complete_rule() {
    let long = format!("{}\n\n{}", "title ".repeat(300), "word ".repeat(500));
    for (docs, id) in [(Cow::Borrowed(""), "policy/a/b"), (Cow::Owned(long), "RUSTSEC-2024-0001")] {
        let mut builder = report(&[("a", "x")]).find("docker-latest-tag", 0, "x", "");
        let tags: &'static [&str] =
            &["1", "2", "", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let rule = RuleMeta { id: id.into(), docs, tags: Words::Static(tags), ..RuleMeta::DEFAULT };
        builder.report.catalog = Arc::new(Catalog::new([rule]));
        builder.report.findings[0].rule = builder.report.catalog.by_id(id).unwrap();
        builder.report.findings[0].line_hash = None;
        let run = run(&builder, &options());
        let rule = &run["tool"]["driver"]["rules"][0];
        for name in ["shortDescription", "fullDescription"] {
            let length = rule[name]["text"].as_str().unwrap().chars().count();
            assert!((1..=1024).contains(&length), "{name}: {length}");
        }
        assert_eq!(rule["properties"]["tags"].as_array().unwrap().len(), 20);
        let uri = if id.starts_with("RUST") {
            json!("https://rustsec.org/advisories/RUSTSEC-2024-0001.html")
        } else {
            Value::Null
        };
        assert_eq!(rule["helpUri"], uri);
    }
}

/// The results that are kept of `findings` high and as many low ones with messages of some length.
fn trimmed(findings: u32, message: impl Fn(u32) -> String) -> (usize, usize, Option<String>) {
    let mut builder = report(&[("f", "x\n")]).find("docker-latest-tag", 0, "x", "m");
    let first = builder.report.findings[0].clone();
    builder.report.findings = (0..2 * findings)
        .map(|number| {
            let mut finding = first.clone();
            finding.severity = if number % 2 == 0 { Severity::Low } else { Severity::High };
            finding.message = Cow::Owned(message(number));
            finding
        })
        .collect();
    // The rule of the least finding is cut off whole, and its id sorts before those that stay.
    let rule = |id: &str| builder.report.catalog.by_id(id).unwrap();
    let (high, low) = (rule("k8s-privileged-container"), rule("k8s-security-context"));
    for finding in &mut builder.report.findings {
        finding.rule = if finding.severity == Severity::High { high } else { low };
    }
    let mut least = first;
    least.severity = Severity::Info;
    builder.report.findings.push(least);
    let run = run(&builder, &options());
    let results = run["results"].as_array().unwrap();
    let high = results.iter().filter(|result| result["level"] == "error").count();
    let said = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().map(str::to_owned);
    (results.len(), high, said)
}

#[test]
fn too_many_results_are_cut_at_the_least_severe() {
    let said = "5,001 results of the lowest severity left out: code scanning takes no more";
    assert_eq!(trimmed(15_000, |number| number.to_string()), (25_000, 15_000, Some(said.to_owned())));
}

#[test]
fn a_file_that_would_be_too_large_is_cut_likewise() {
    // Digits that do not compress: some 6 KB of message each, 24 MB in all.
    let (kept, high, said) = trimmed(2_000, |number| {
        let mut state = u64::from(number) + 1;
        let mut noise = String::new();
        for _ in 0..400 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let _ = write!(noise, "{:x}", state >> 4);
        }
        noise
    });
    assert_eq!(high, 2_000);
    assert!((2_500..4_000).contains(&kept), "{kept}");
    assert!(said.unwrap().ends_with("left out: code scanning takes no more"));
}
