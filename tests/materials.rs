//! Bills of materials and licences, end to end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::run;

/// A folder of its own for a test, with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    support::folder("materials", name, files)
}

fn json(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

fn texts<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().filter_map(|item| item[key].as_str()).collect()
}

const LOCK: &str = r#"{
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "dependencies": { "basket": "^2.0.0", "own": "file:own" }, "devDependencies": { "tape": "1" } },
    "node_modules/basket": {
      "version": "2.0.0",
      "resolved": "https://reader:secret@npm.example.org/basket/-/basket-2.0.0.tgz",
      "integrity": "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
      "license": "AGPL-3.0-only",
      "dependencies": { "handle": "^1.0.0" }
    },
    "node_modules/handle": { "version": "1.0.0", "license": "MIT" },
    "node_modules/own": { "resolved": "own", "link": true },
    "own": { "version": "0.0.0", "dependencies": { "thief": "6" } },
    "node_modules/tape": { "version": "1.0.0", "dev": true, "license": "(MIT OR WTFPL)" },
    "node_modules/thief": { "version": "6.6.6", "license": "UNLICENSED" }
  }
}
"#;

const OSV: &str = r#"{"id":"GHSA-aaaa-bbbb-cccc","aliases":["CVE-2026-1"],"modified":"2026-01-02T03:04:05Z",
"summary":"What handle does wrong","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
"affected":[{"package":{"ecosystem":"npm","name":"handle"},"versions":["1.0.0"]}]}"#;

#[test]
fn a_scan_gives_bills_of_materials() {
    let files = [("web/package-lock.json", LOCK), ("api/package-lock.json", LOCK), ("osv/a.json", OSV)];
    let folder = folder("bills", &files);
    assert!(run(&folder, &["db", "build", "--osv", "osv", "-o", "default.db"]).status.success());
    let scan = |threads: &str, out: [&str; 2]| {
        let [cyclonedx, spdx] = out;
        let formats = [format!("cyclonedx={cyclonedx}"), format!("spdx={spdx}")];
        let arguments = [
            "web",
            "api",
            "--root",
            ".",
            "--exit-zero",
            "--date",
            "2026-11-21",
            "--threads",
            threads,
            "--format",
            &formats[0],
        ];
        let output = run(&folder, &[&["check"], &arguments[..], &["--format", &formats[1]]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    scan("1", ["one.json", "one.spdx"]);
    scan("2", ["two.json", "two.spdx"]);
    for (one, two) in [("one.json", "two.json"), ("one.spdx", "two.spdx")] {
        let [one, two] = [one, two].map(|file| fs::read_to_string(folder.join(file)).unwrap());
        assert_eq!(one, two);
        assert!(!one.contains("secret"), "{one}");
    }
    let bill = json(&folder, "one.json");
    assert_eq!(
        texts(&bill["components"], "bom-ref"),
        [
            "lockfile:api/package-lock.json",
            "lockfile:web/package-lock.json",
            "pkg:npm/basket@2.0.0",
            "pkg:npm/handle@1.0.0",
            "pkg:npm/tape@1.0.0",
            "pkg:npm/thief@6.6.6"
        ]
    );
    let basket = &bill["components"][2];
    assert_eq!(basket["hashes"][0]["content"], "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_eq!(basket["externalReferences"][0]["url"], "https://npm.example.org/basket/-/basket-2.0.0.tgz");
    let places = texts(&basket["properties"], "value");
    assert_eq!(places, ["api/package-lock.json:5", "web/package-lock.json:5", "true"]);
    assert_eq!(bill["components"][4]["scope"], "optional");
    // What the member of the workspace asks for, the project asks for.
    let asked = &bill["dependencies"][1]["dependsOn"];
    assert_eq!(asked, &serde_json::json!(["pkg:npm/basket@2.0.0", "pkg:npm/tape@1.0.0", "pkg:npm/thief@6.6.6"]));
    assert_eq!(texts(&bill["vulnerabilities"], "id"), ["GHSA-aaaa-bbbb-cccc"]);
    assert_eq!(bill["vulnerabilities"][0]["ratings"][0]["score"], 9.8);
    assert_eq!(texts(&bill["vulnerabilities"][0]["affects"], "ref"), ["pkg:npm/handle@1.0.0"]);
    let document = json(&folder, "one.spdx");
    assert_eq!(document["packages"].as_array().unwrap().len(), 6);
    assert_eq!(document["creationInfo"]["created"], "2026-11-21T00:00:00Z");
    // What was written is read again.
    fs::copy(folder.join("one.json"), folder.join("again.cdx.json")).unwrap();
    let output = run(&folder, &["check", "again.cdx.json", "--format", "cyclonedx", "--exit-zero"]);
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(texts(&again["components"], "purl"), texts(&bill["components"], "purl"));
    assert_eq!(texts(&again["vulnerabilities"], "id"), ["GHSA-aaaa-bbbb-cccc"]);
}

#[test]
fn licences_are_held_to_the_configuration() {
    let cases = [
        ("", &[][..]),
        ("licences: { allow: [MIT] }", &["basket"][..]),
        ("licences: { deny: [MIT] }", &["handle"]),
        ("licences: { deny: [AGPL-3.0-only], unknown: deny }", &["basket", "thief"]),
        ("licences: { allow: [MIT], exceptions: [{ package: basket, licence: AGPL-3.0-only, reason: bought }] }", &[]),
        ("licences: { allow: [MIT], exceptions: [{ package: basket, licence: MIT, reason: bought }] }", &["basket"]),
        ("licences: { allow: [MIT] }\nrules: { lock-licence-not-allowed: off }", &[]),
        ("rules: { lock-licence-not-allowed: { allow: [AGPL-3.0-only, WTFPL] } }", &["handle"]),
    ];
    let folder = folder("licences", &[("package-lock.json", LOCK)]);
    for (config, expected) in cases {
        fs::write(folder.join("portcullis.yaml"), config).unwrap();
        let output = run(&folder, &["check", "package-lock.json", "--format", "json", "--exit-zero"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let names: Vec<&str> = findings
            .filter(|finding| finding["rule"] == "lock-licence-not-allowed")
            .filter_map(|finding| finding["message"].as_str()?.split('`').nth(1))
            .collect();
        assert_eq!(names, expected, "{config}");
    }
}
