//! What GitHub, GitLab, build servers and spreadsheets get.

use std::collections::HashSet;

use portcullis_core::{ScanError, SuppressedBy, Suppression};
use portcullis_report::{Format, Options, SuppressedFindings};
use serde_json::{Value, json};

use crate::support::{Builder, options, report};

/// One finding of each level, in the order of a report, the first with help, and one that does not count.
fn levels() -> Builder {
    report(&[("k8s/web.yaml", "a: b\nc: d\n"), ("Dockerfile", "FROM x\n")])
        .find("k8s-security-context", 0, "a", "loose")
        .find("k8s-privileged-container", 0, "d", "container `web` runs privileged")
        .last(|finding| finding.help = Some("remove it".into()))
        .find("docker-latest-tag", 1, "x", "no tag")
        .find("docker-latest-tag", 1, "FROM", "known")
        .last(|finding| {
            finding.suppressed = Some(Box::new(Suppression { by: SuppressedBy::Baseline, reason: None }));
        })
}

#[test]
fn github_gets_commands_by_severity() {
    let expected = "\
::error file=k8s/web.yaml,line=2,endLine=2,col=4,endColumn=5,title=critical%3A Container runs privileged (k8s-privileged-container)::container `web` runs privileged%0Ahelp: remove it
::warning file=Dockerfile,line=1,endLine=1,col=6,endColumn=7,title=medium%3A Base image has no fixed tag (docker-latest-tag)::no tag
::notice file=k8s/web.yaml,line=1,endLine=1,col=1,endColumn=2,title=low%3A Container has a loose security context (k8s-security-context)::loose
";
    assert_eq!(levels().write(Format::Github, &options()), expected);
    let all = Options { suppressed: SuppressedFindings::Include, ..options() };
    assert_eq!(levels().write(Format::Github, &all), expected);
}

/// Whatever stands in a name, a command is one line and has the properties that we gave it.
#[test]
fn github_escapes_what_would_end_a_property_or_a_line() {
    let mut builder = report(&[("a,b:c%.yaml", "x\n")]).find("docker-latest-tag", 0, "x", "50%, a::b\r\n::error::c");
    builder.report.errors.push(ScanError::Path { path: "q\n::error::z".into(), reason: "gone".to_owned() });
    let written = builder.write(Format::Github, &options());
    assert_eq!(
        written,
        "\
::error title=portcullis::q ::error::z: gone
::warning file=a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=1,endColumn=2,title=medium%3A Base image has no fixed tag (docker-latest-tag)::50%25, a::b␍ ::error::c
"
    );
}

#[test]
fn a_span_of_several_lines_is_annotated_at_its_first() {
    let written =
        report(&[("f", "ab\ncd\n")]).find("docker-latest-tag", 0, "b\nc", "m").write(Format::Github, &options());
    assert!(written.starts_with("::warning file=f,line=1,endLine=1,title="), "{written}");
}

#[test]
fn gitlab_gets_violations() {
    let written: Value = serde_json::from_str(&levels().write(Format::Gitlab, &options())).unwrap();
    let severities: Vec<&str> = written.as_array().unwrap().iter().map(|it| it["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["minor", "blocker", "major"]);
    assert_eq!(
        written[1],
        json!({
            "type": "issue",
            "check_name": "k8s-privileged-container",
            "description": "container `web` runs privileged. Help: remove it",
            "categories": ["Security"],
            "severity": "blocker",
            "fingerprint": "00000000000000000000000000000abd",
            "location": { "path": "k8s/web.yaml", "lines": { "begin": 2, "end": 2 } },
        })
    );
    assert_eq!(report(&[]).write(Format::Gitlab, &options()), "[]\n");
}

/// GitLab drops all but one violation with the same fingerprint, and takes ids of vulnerabilities to be unique.
#[test]
fn fingerprints_for_gitlab_are_unique() {
    let mut builder = levels();
    let first = builder.report.findings[0].clone();
    builder.report.findings = vec![first; 100];
    let violations: Value = serde_json::from_str(&builder.write(Format::Gitlab, &options())).unwrap();
    let sast: Value = serde_json::from_str(&builder.write(Format::GitlabSast, &options())).unwrap();
    let unique = |list: &Value, key: &str| {
        list.as_array().unwrap().iter().map(|it| it[key].to_string()).collect::<HashSet<_>>().len()
    };
    assert_eq!(unique(&violations, "fingerprint"), 100);
    assert_eq!(unique(&sast["vulnerabilities"], "id"), 100);
}

#[test]
fn gitlab_gets_a_security_report() {
    let mut builder = levels();
    builder.report.errors.push(ScanError::Path { path: "q".into(), reason: "gone".to_owned() });
    let options = Options { day: "2026-11-21".into(), ..options() };
    let written: Value = serde_json::from_str(&builder.write(Format::GitlabSast, &options)).unwrap();
    assert_eq!(written["version"], "15.0.6");
    assert_eq!(written["scan"]["start_time"], "2026-11-21T00:00:00");
    assert_eq!(written["scan"]["messages"], json!([{ "level": "fatal", "value": "q: gone" }]));
    let found = &written["vulnerabilities"][1];
    assert_eq!(found["name"], "Container runs privileged");
    assert_eq!(found["severity"], "Critical");
    assert_eq!(found["solution"], "remove it");
    assert_eq!(found["location"], json!({ "file": "k8s/web.yaml", "start_line": 2, "end_line": 2 }));
    let identifiers: Vec<[&str; 2]> = found["identifiers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| [it["type"].as_str().unwrap(), it["value"].as_str().unwrap()])
        .collect();
    let expected =
        [["portcullis", "k8s-privileged-container"], ["cwe", "250"], ["trivy", "KSV-0017"], ["checkov", "CKV_K8S_16"]];
    assert_eq!(identifiers, expected);
    assert_eq!(found["tracking"]["items"][0]["signatures"][0]["value"], "00000000000000000000000000000abd");
    let description = found["description"].as_str().unwrap();
    assert!(description.starts_with("container <code>web</code> runs privileged\n\n"), "{description}");
    let none: Value = serde_json::from_str(&report(&[]).write(Format::GitlabSast, &options)).unwrap();
    assert_eq!(none["vulnerabilities"], json!([]));
}

#[test]
fn build_servers_get_suites_by_file() {
    let mut builder = levels();
    builder.report.findings.sort_by_key(|finding| finding.location.file().0);
    let all = Options { suppressed: SuppressedFindings::Include, day: "2026-11-21".into(), ..options() };
    let written = builder.write(Format::Junit, &all);
    let docker = r#"  <testsuite name="Dockerfile" package="portcullis" id="0" timestamp="2026-11-21T00:00:00" hostname="localhost" tests="2" failures="1" errors="0" skipped="1" time="0">
    <properties>
      <property name="version" value="1.2.3"/>
    </properties>
    <testcase name="Dockerfile:1:6: no tag" classname="docker-latest-tag" time="0">
      <failure type="medium" message="no tag">Dockerfile:1:6: medium[docker-latest-tag] no tag
https://p.test/rules#docker-latest-tag</failure>
    </testcase>
    <testcase name="Dockerfile:1:1: known" classname="docker-latest-tag" time="0">
      <skipped/>
    </testcase>
"#;
    assert!(written.contains(docker), "{written}");
    assert_eq!(written.matches("<testsuite ").count(), 2);
}

/// A report without tests is a mistake to build servers.
#[test]
fn a_clean_scan_is_a_test_that_passes_and_a_failed_one_is_an_error() {
    let mut builder = report(&[("f", "x\n")]);
    let clean = builder.write(Format::Junit, &options());
    assert!(
        clean.contains("<testcase name=\"no findings in 1 file, 118 rules\" classname=\"portcullis\" time=\"0\"/>")
    );
    builder.report.errors.push(ScanError::Path { path: "<q>".into(), reason: "gone".to_owned() });
    let failed = builder.write(Format::Junit, &options());
    assert!(failed.contains("tests=\"1\" failures=\"0\" errors=\"1\""), "{failed}");
    assert!(failed.contains("<error type=\"scan\" message=\"&lt;q&gt;: gone\">"), "{failed}");
}

#[test]
fn control_characters_are_in_no_xml() {
    let written = report(&[("a\u{1}\u{1b}\u{fffe}", "x\n")])
        .find("docker-latest-tag", 0, "x", "m\0\u{8}\u{ffff}<]]>&\"")
        .write(Format::Junit, &options());
    let is_valid = |c: char| matches!(c, '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}');
    assert!(written.chars().all(is_valid), "{written}");
    assert!(written.contains("&lt;]]&gt;&amp;&quot;"), "{written}");
}

#[test]
fn spreadsheets_get_fields() {
    let cases = [
        ("plain", "plain"),
        ("a,b", "\"a,b\""),
        ("say \"no\"", "\"say \"\"no\"\"\""),
        ("=1+1", "\"'=1+1\""),
        ("+1", "\"'+1\""),
        ("-1", "\"'-1\""),
        ("@SUM(A1)", "\"'@SUM(A1)\""),
        ("  =1", "\"'  =1\""),
        ("\t=1", "\"' =1\""),
        ("\r=1", "␍=1"),
        ("＝1", "\"'＝1\""),
        ("two\nlines", "two lines"),
        ("a=1", "a=1"),
    ];
    for (message, expected) in cases {
        let written = report(&[("f", "x\n")]).find("docker-latest-tag", 0, "x", message).write(Format::Csv, &options());
        let record = written.lines().nth(1).unwrap();
        let expected =
            format!("f,1,1,1,2,medium,high,docker-latest-tag,{expected},,,,00000000000000000000000000000abc,,,");
        assert_eq!(record, expected, "{message:?}");
    }
    let written = levels().write(Format::Csv, &options());
    assert_eq!(written.matches("\r\n").count(), 4, "{written}");
    assert!(written.contains(",remove it,trivy:KSV-0017 checkov:CKV_K8S_16,pss:baseline cwe-250,"), "{written}");
}
