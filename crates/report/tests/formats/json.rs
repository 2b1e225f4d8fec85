use std::io::ErrorKind;

use portcullis_core::{
    FileId, FixSafety, Location, Note, NoteKind, RuleIdx, ScanError, SealedEdit, SealedFix, Span, SuppressedBy,
    Suppression,
};
use portcullis_report::{Format, Options, SuppressedFindings};

use crate::support::{ClosedPipe, options, report};

#[test]
fn the_format_is_stable() {
    let mut builder = report(&[("a \"b\".yaml", "é𝄞: x\ny\n")])
        .find("k8s-privileged-container", 0, "x\ny", "says \"no\"")
        .related(0, "y", "there")
        .last(|finding| {
            finding.help = Some("do".into());
            finding.also = vec![RuleIdx(2)];
            let location = Location { span: Span::new(FileId(0), 8, 9), ..finding.location };
            let edits = vec![SealedEdit { location, text: "z\n".to_owned() }];
            let (safety, title) = (FixSafety::Unsafe, "write z".to_owned());
            finding.fix = Some(Box::new(SealedFix { safety, title, edits, holds_secret: false, precondition: 0 }));
        })
        .find("docker-latest-tag", 0, "y", "m")
        .last(|finding| finding.suppressed = Some(Box::new(Suppression { by: SuppressedBy::Baseline, reason: None })));
    builder.report.notes.push(Note { path: String::new(), kind: NoteKind::Unknown, message: "n".to_owned() });
    builder.report.errors.push(ScanError::RulePanicked { rule: "r".to_owned(), path: "p".to_owned() });
    builder.report.errors.push(ScanError::Path { path: "q".into(), reason: "gone".to_owned() });
    let with = |suppressed: &str| {
        format!(
            r#"{{"schema":"portcullis/1","tool":{{"name":"portcullis","version":"1.2.3"}},"summary":{{"findings":1,"critical":1,"high":0,"medium":0,"low":0,"info":0,"unknown":0,"suppressed":1,"files":1,"searched":0,"documents":2,"rules":118}},"findings":[
{{"rule":"k8s-privileged-container","severity":"critical","confidence":"high","message":"says \"no\"","help":"do","location":{{"path":"a \"b\".yaml","start":{{"line":1,"column":5}},"end":{{"line":2,"column":2}}}},"related":[{{"location":{{"path":"a \"b\".yaml","start":{{"line":2,"column":1}},"end":{{"line":2,"column":2}}}},"message":"there"}}],"peers":["trivy:KSV-0017","checkov:CKV_K8S_16","polaris:privileged"],"tags":["pss:baseline","cwe-250"],"fingerprint":"00000000000000000000000000000abc","fix":{{"safety":"unsafe","title":"write z","edits":[{{"offset":8,"length":1,"text":"z\n"}}]}},"suppressed":null}}{suppressed}
],"notes":[
{{"path":"","kind":"unknown","message":"n"}}
],"errors":[
{{"kind":"rule-panicked","path":"p","rule":"r","message":"rule r panicked on p; please report it"}},
{{"kind":"path","path":"q","rule":null,"message":"q: gone"}}
]}}
"#
        )
    };
    assert_eq!(builder.write(Format::Json, &options()), with(""));
    let all = Options { suppressed: SuppressedFindings::Include, ..options() };
    let second = r#",
{"rule":"docker-latest-tag","severity":"medium","confidence":"high","message":"m","help":null,"location":{"path":"a \"b\".yaml","start":{"line":2,"column":1},"end":{"line":2,"column":2}},"related":[],"peers":[],"tags":[],"fingerprint":"00000000000000000000000000000abd","fix":null,"suppressed":{"by":"baseline","reason":null}}"#;
    assert_eq!(builder.write(Format::Json, &all), with(second));
}

#[test]
fn nothing_found_is_still_a_report() {
    let written = report(&[]).write(Format::Json, &options());
    assert!(written.ends_with("\"rules\":118},\"findings\":[],\"notes\":[],\"errors\":[]}\n"), "{written}");
}

/// More findings than any batch holds, in every format and order.
#[test]
fn many_findings_stay_in_order() {
    let mut builder = report(&[("f", "x\n")]).find("docker-latest-tag", 0, "x", "m");
    let first = builder.report.findings[0].clone();
    builder.report.findings = (1..=20_000)
        .map(|line| {
            let mut finding = first.clone();
            finding.location.start.line = line;
            finding.location.end.line = line;
            finding
        })
        .collect();
    let json: serde_json::Value = serde_json::from_str(&builder.write(Format::Json, &options())).unwrap();
    let lines: Vec<u64> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["location"]["start"]["line"].as_u64().unwrap())
        .collect();
    assert!(lines.into_iter().eq(1..=20_000));
    let concise = builder.write(Format::Concise, &options());
    assert!((1..).zip(concise.lines()).all(|(line, text)| text.starts_with(&format!("f:{line}:1: medium"))));
    for format in Format::ALL {
        let length = builder.write(format, &options()).len();
        // Bills of materials are short here: they have no findings.
        for open in [0, 1, 70_000, length - 1].into_iter().filter(|open| *open < length) {
            let error =
                portcullis_report::write(&builder.report, format, &options(), &mut ClosedPipe(open)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{format} after {open} bytes");
        }
    }
}

#[test]
fn formats_are_read_by_name() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert_eq!(
        "xml".parse::<Format>(),
        Err(
            "`xml` is not a format (pretty, concise, json, sarif, github, gitlab, gitlab-sast, junit, markdown, html, \
             jsonl, csv, cyclonedx, spdx)"
                .to_owned()
        )
    );
    let needs = Format::Pretty.needs().and(Format::Json.needs());
    assert!(needs.line && !needs.line_hash);
    assert!(Format::Sarif.needs().line_hash);
    assert!(Format::Spdx.needs().and(Format::Json.needs()).packages);
}
