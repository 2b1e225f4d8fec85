//! A severity that nobody has said is unknown in every output, whatever it counts as.

use portcullis_report::{Format, summary_line};
use serde_json::{Value, json};

use crate::support::{Builder, options, report};

/// One finding that counts as medium, unrated, and one that is low.
fn unrated() -> Builder {
    report(&[("Cargo.lock", "left\npad\n")])
        .find("docker-latest-tag", 0, "left", "m")
        .last(|finding| finding.unrated = true)
        .find("k8s-security-context", 0, "pad", "n")
}

#[test]
fn terminals_show_the_word() {
    for (format, shown) in [
        (Format::Concise, "Cargo.lock:1:1: unknown[docker-latest-tag] m\n"),
        (Format::Pretty, "unknown[docker-latest-tag]: m\n"),
    ] {
        let written = unrated().write(format, &options());
        assert!(written.starts_with(shown), "{written}");
    }
    let closing = "2 findings: 1 low, 1 unknown · 1 file, 118 rules, 41 ms";
    assert_eq!(summary_line(&unrated().report, &options()), closing);
}

#[test]
fn json_counts_it_apart() {
    let written: Value = serde_json::from_str(&unrated().write(Format::Json, &options())).unwrap();
    let summary = &written["summary"];
    let counts: Vec<&Value> = ["findings", "medium", "low", "unknown"].iter().map(|key| &summary[key]).collect();
    assert_eq!(counts, [2, 0, 1, 1]);
    let severities: Vec<&Value> =
        written["findings"].as_array().unwrap().iter().map(|finding| &finding["severity"]).collect();
    assert_eq!(severities, ["unknown", "low"]);
}

#[test]
fn sarif_has_the_level_that_it_counts_as() {
    let log: Value = serde_json::from_str(&unrated().write(Format::Sarif, &options())).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let said: Vec<(&Value, &Value)> =
        results.iter().map(|result| (&result["level"], &result["properties"]["severity"])).collect();
    assert_eq!(said, [(&json!("warning"), &json!("unknown")), (&json!("note"), &Value::Null)]);
}

#[test]
fn every_place_that_has_a_word_for_it_shows_it() {
    for (format, shown) in [
        (Format::Jsonl, "\"severity\":\"unknown\""),
        (Format::Github, "::warning file=Cargo.lock,line=1,endLine=1,col=1,endColumn=5,title=unknown%3A "),
        (Format::Gitlab, "\"severity\":\"major\""),
        (Format::GitlabSast, "\"severity\":\"Unknown\""),
        (Format::Junit, "<failure type=\"unknown\""),
        (Format::Markdown, "<summary><b>unknown</b>: 1</summary>"),
        (Format::Html, "<td class=\"unknown\">unknown</td>"),
        (Format::Csv, "Cargo.lock,1,1,1,5,unknown,"),
    ] {
        let written = unrated().write(format, &options());
        assert!(written.contains(shown), "{format}: {written}");
    }
}
