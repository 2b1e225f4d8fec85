//! The configuration file as people meet it: names that are nearly right, paths that lead nowhere, keys that stand twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

mod support;

use support::{ran, repository};

/// The files of a repository, the arguments, the exit code, and what standard error holds and does not hold.
type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c [&'c str], i32, &'c [&'c str], &'c [&'c str]);

fn expect(cases: &[Case<'_>]) {
    for (name, files, arguments, code, has, lacks) in cases {
        let root = repository("config-file", name, files);
        let (_, error, status) = ran(&root, arguments);
        assert_eq!(status, *code, "{name}: {error}");
        has.iter().for_each(|text| assert!(error.contains(text), "{name}: {text} in {error}"));
        lacks.iter().for_each(|text| assert!(!error.contains(text), "{name}: {text} in {error}"));
    }
}

const PLAIN: (&str, &str) = ("k8s/a.yaml", "a: 1\n");

#[test]
fn a_name_that_is_nearly_right_is_told() {
    let unread =
        "note: portcullis.yml is not read: the names of the configuration are `portcullis.yaml` and `.portcullis.yaml`";
    let both = &[PLAIN, ("portcullis.yml", "nonsense: 1\n"), ("portcullis.yaml", "fail-on: high\n")];
    let workflow = "on: push\npermissions: {}\njobs: {}\n";
    expect(&[
        ("alone", &[PLAIN, ("portcullis.yml", "nonsense: 1\n")], &["check"], 0, &[unread], &[]),
        ("hidden", &[PLAIN, (".portcullis.yml", "")], &["check"], 0, &["note: .portcullis.yml is not read"], &[]),
        ("beside the right one", both, &["check"], 0, &[unread], &["unknown key"]),
        ("from below", &[PLAIN, ("portcullis.yml", "")], &["check", "k8s"], 0, &["portcullis.yml is not read"], &[]),
        ("show", &[PLAIN, ("portcullis.yml", "")], &["config", "show"], 0, &[unread], &[]),
        ("baseline", &[PLAIN, ("portcullis.yml", "")], &["baseline", "write"], 0, &[unread], &[]),
        ("quiet", &[PLAIN, ("portcullis.yml", "")], &["check", "-q"], 0, &[], &["is not read"]),
        ("none is wanted", &[PLAIN, ("portcullis.yml", "")], &["check", "--no-config"], 0, &[], &["is not read"]),
        ("another", both, &["check", "--config", "portcullis.yaml"], 0, &[], &["is not read"]),
        (
            "a workflow is called so",
            &[(".github/workflows/portcullis.yml", workflow)],
            &["check", "--only", "k8s-*", ".github/workflows"],
            0,
            &[],
            &["is not read"],
        ),
    ]);
}

#[test]
fn a_path_that_leads_nowhere_is_told_at_its_line() {
    let policy = ("policy/a.rego", "package main\n\ndeny contains \"no\" if { false }\n");
    let data = ("data/a.yaml", "a: 1\n");
    let missing = "portcullis.yaml:2:8: error: no file or folder `nosuch` is there";
    let text = "fail-on: high\ndata: [nosuch, data/a.yaml, data]\n";
    expect(&[
        ("without policies", &[PLAIN, data, ("portcullis.yaml", text)], &["check"], 2, &[missing], &["`data"]),
        (
            "with policies",
            &[PLAIN, data, policy, ("portcullis.yaml", &format!("{text}policies: {{ dirs: [policy] }}\n"))],
            &["check"],
            2,
            &[missing],
            &[],
        ),
        (
            "relative to the file",
            &[data, ("portcullis.yaml", "data: [data/a.yaml]\n"), ("k8s/a.yaml", "a: 1\n")],
            &["check", "k8s"],
            0,
            &[],
            &["error"],
        ),
    ]);
}

#[test]
fn a_key_that_stands_twice_is_told_with_both_lines() {
    let text = "# ours\nfail-on: high\nprofile: all\nfail-on: low\n";
    let said = "portcullis.yaml:4:1: error: key `fail-on` stands twice in this mapping, here and in line 2";
    let nested = "rules:\n  k8s-host-network: off\n  'k8s-host-network': high\n";
    let below = "portcullis.yaml:3:3: error: key `k8s-host-network` stands twice in this mapping, here and in line 2";
    let flow = "advisories: { unfixed: true,\n  unfixed: false }\n";
    let third = "ignore:\n  - rule: k8s-host-network\n    reason: a\n  - rule: k8s-host-pid\n    rule: k8s-host-ipc\n";
    expect(&[
        ("at the top", &[PLAIN, ("portcullis.yaml", text)], &["check"], 2, &[said, "help: keep one of them"], &[]),
        ("below", &[PLAIN, ("portcullis.yaml", nested)], &["check"], 2, &[below], &[]),
        (
            "in braces",
            &[PLAIN, ("portcullis.yaml", flow)],
            &["check"],
            2,
            &["key `unfixed`", "here and in line 1"],
            &[],
        ),
        ("in a list", &[PLAIN, ("portcullis.yaml", third)], &["check"], 2, &["key `rule`", "here and in line 4"], &[]),
    ]);
}
