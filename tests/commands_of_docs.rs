//! The commands of the documents that show no output: every line of a `sh` block with our program runs, in a repository
//! that has what the lines name, and comes to a verdict.
//!
//! What they write is not compared (`tests/docs.rs` does that for `console` blocks): a flag that is gone, a rule that has
//! another name, a format that is not known is found here.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod support;

/// Lines that need the network or never end; what they do is tested elsewhere.
const ELSEWHERE: &[&str] = &["portcullis admit ", "portcullis db update"];
/// The lines of these programs are about them, and those with our program at the end get their input from `STAND_INS`.
const OTHERS: &[&str] = &["cargo ", "git clone ", "helm install ", "kubectl ", "minisign ", "pip "];

#[test]
fn commands_come_to_a_verdict() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut failed = Vec::new();
    let mut count = 0;
    let prepared = prepared(root);
    for path in documents(root) {
        let text = fs::read_to_string(&path).unwrap();
        let place = prepared.with_file_name(count.to_string());
        run(&prepared, &format!("rm -rf '{0}'; cp -R . '{0}'", place.display()));
        for block in blocks(&text) {
            for line in block.replace("\\\n", " ").lines().map(str::trim) {
                if OTHERS.iter().chain(ELSEWHERE).any(|start| line.starts_with(start)) {
                    continue;
                }
                assert!(line.contains("portcullis"), "{}: what is `{line}` about?", path.display());
                count += 1;
                let output = run(&place, line);
                let errors = String::from_utf8_lossy(&output.stderr);
                // 1 is a verdict as well: the repository has findings.
                if !matches!(output.status.code(), Some(0 | 1)) {
                    let name = path.strip_prefix(root).unwrap().display();
                    failed.push(format!("{name}: {line}\n{:?}: {errors}", output.status.code()));
                }
            }
        }
    }
    assert!(count > 50, "only {count} commands were found");
    assert!(failed.is_empty(), "{} of {count} commands:\n\n{}", failed.len(), failed.join("\n"));
}

/// The documents whose commands a reader would try.
fn documents(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.join("README.md"), root.join("deploy/fleet/README.md")];
    for folder in ["docs", "docs/migrating"] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        found.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    found.sort();
    found
}

/// The texts of a document's `sh` blocks.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("```sh\n").skip(1).map(|after| after.split_once("\n```").expect("a block ends").0)
}

/// Programs that write what is piped into ours.
const STAND_INS: &[(&str, &str)] = &[
    ("helm", "cat k8s/api.yaml"),
    ("terraform", r#"echo '{"format_version":"1.2","planned_values":{"root_module":{}},"resource_changes":[]}'"#),
];

/// What the documents name and the fixture has not.
const FILES: &[(&str, &str)] = &[
    ("advisory-db/crates/left/RUSTSEC-2026-0001.md", ADVISORY),
    ("compose.prod.yaml", "services:\n  api:\n    restart: always\n"),
    ("constraints/labels.yaml", "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Labels\nmetadata: { name: l }\n"),
    (
        "constraints/template.yaml",
        "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: { name: labels }\nspec:\n  crd: { spec: { names: { kind: Labels } } }\n  targets:\n    - target: admission.k8s.gatekeeper.sh\n      rego: |\n        package labels\n        violation[{\"msg\": \"none\"}] { not input.review.object.metadata.labels }\n",
    ),
    ("dump.json", r#"{"apiVersion":"v1","kind":"List","items":[]}"#),
    (
        "epss.csv",
        "#model_version:v2026.01.01,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\nCVE-2026-1,0.5,0.5\n",
    ),
    ("home/.cargo/registry/index/ti/me/time", "{\"name\":\"time\",\"vers\":\"0.1.42\",\"yanked\":true}\n"),
    ("infra/main.tf", "variable \"size\" {}\nresource \"aws_instance\" \"a\" {\n  instance_type = var.size\n}\n"),
    ("kev.json", r#"{"catalogVersion":"1","vulnerabilities":[]}"#),
    ("npm/all.zip/a.json", NPM),
    ("PyPI/all.zip/b.json", PYPI),
    ("owners.yaml", "owners: [shop]\n"),
    ("params.yaml", "images: { registries: [registry.example.com] }\n"),
    ("policy/main.rego", "package main\n\nimport rego.v1\n\ndeny contains \"none\" if input.kind == \"None\"\n"),
    (
        "policy/main_test.rego",
        "package main_test\n\nimport rego.v1\n\ntest_none if count(data.main.deny) == 1 with input as {\"kind\": \"None\"}\n",
    ),
    ("prod.tfvars", "size = \"t3.micro\"\n"),
    (".hadolint.yaml", "ignored: [DL3007]\n"),
    (".checkov.yaml", "skip-check: [CKV_K8S_8]\n"),
    (".trivyignore", "AVD-KSV-0017\n"),
];
const NPM: &str = r#"{"id":"GHSA-0000","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"left-pad"},"versions":["1.0.0"]}]}"#;
const PYPI: &str = r#"{"id":"PYSEC-0","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"left"},"versions":["1.0.0"]}]}"#;
const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"left\"\ndate = \"2026-01-01\"\n\n[versions]\npatched = []\n```\n\n# Title\n\nText.\n";

/// A repository with all that the lines name: two commits, of which the first is `origin/main`, and something staged.
fn prepared(root: &Path) -> PathBuf {
    let place = support::folder("commands_of_docs", "prepared", FILES);
    let shell = |script: &str| {
        let output = run(&place, script);
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    };
    shell(&format!("cp -R '{}/.' .", root.join("fixtures/projects/web-shop").display()));
    for (name, script) in STAND_INS {
        shell(&format!(
            "mkdir -p bin; printf '%s\\n' '#!/bin/sh' {} > bin/{name}; chmod +x bin/{name}",
            quoted(script)
        ));
    }
    shell("mkdir -p home/.local/share/bash-completion/completions home/.local/share/man/man1");
    shell(
        "git init -q -b main && git add -A && git commit -qm one && git update-ref refs/remotes/origin/main HEAD
         echo 'FROM scratch' > Dockerfile && git add -A && git commit -qm two
         echo 'FROM alpine:latest' > Dockerfile && git add -A",
    );
    // Parts of a scan, the baseline and the advisories that lines read before a line wrote them.
    shell(
        "portcullis db build --rustsec advisory-db -o advisories.db
         portcullis baseline write
         for i in 2 3 4 5 6 7 8; do portcullis check --shard $i/8 --format facts=$i.facts .; done; true",
    );
    place
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Runs a line of shell with our program and the stand-ins, and nothing of the machine's git and databases.
fn run(folder: &Path, line: &str) -> std::process::Output {
    let program = Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", format!("{}:{}:{path}", folder.join("bin").display(), program.display()))
        .env("HOME", folder.join("home"))
        .env("PORTCULLIS_DB", folder.join("default.db"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(
            ["AUTHOR", "COMMITTER"].into_iter().flat_map(|who| {
                [(format!("GIT_{who}_NAME"), "shop"), (format!("GIT_{who}_EMAIL"), "shop@example.com")]
            }),
        )
        .output()
        .unwrap()
}
