//! The program as it is run: arguments in, both outputs and the exit code out.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs the program in `directory`, with `input` on standard input.
fn run_in(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends before it has read its input closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The exit code and both outputs.
fn run(arguments: &[&str]) -> (i32, String, String) {
    told(&run_in(&tree("empty"), arguments, ""))
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A fresh directory that is a repository of its own, so that no configuration above it counts.
fn tree(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    std::fs::create_dir_all(root.join(".git")).unwrap();
    root
}

const BAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - { name: web, image: \
                   \"web:1\", securityContext: { privileged: true } }\n";
const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n";

/// A repository with one bad manifest, one good one and a configuration that is broken. Each test has its own, because
/// tests run at once.
fn project(name: &str) -> PathBuf {
    let root = tree(name);
    for (file, text) in [
        ("bad/pod.yaml", BAD),
        ("good/map.yaml", GOOD),
        ("accepted/portcullis.yaml", "ignore: [{ rule: KSV-0017, path: pod.yaml, reason: it is the agent }]\n"),
        ("accepted/pod.yaml", BAD),
        ("broken/portcullis.yaml", "profle: all\n"),
        ("broken/pod.yaml", BAD),
        ("none/readme.txt", "nothing\n"),
    ] {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

#[test]
fn exit_codes_say_how_it_went() {
    let root = project("exit_codes_say_how_it_went");
    let only = ["--only", "k8s-privileged-container"];
    for (arguments, code) in [
        (&["bad"][..], 1),
        (&["check", "bad"], 1),
        (&["bad/pod.yaml"], 1),
        (&["good"], 0),
        (&["bad", "--exit-zero"], 0),
        (&["bad", "--min-severity", "critical"], 1),
        (&["bad", "--skip", "trivy:KSV-0017"], 0),
        (&["accepted"], 0),
        (&["accepted", "--no-config"], 1),
        (&["bad", "--config", "accepted/portcullis.yaml"], 1),
        (&["broken"], 2),
        (&["broken", "--no-config"], 1),
        (&["bad", "--config", "missing.yaml"], 2),
        (&["missing"], 2),
        (&["none"], 3),
        (&["bad", "none"], 1),
        (&["none", "good/map.yaml"], 3),
    ] {
        let arguments: Vec<&str> = arguments.iter().copied().chain(only).collect();
        let output = told(&run_in(&root, &arguments, ""));
        assert_eq!(output.0, code, "{arguments:?} {output:?}");
    }
    let (code, out, error) = told(&run_in(&root, &["broken"], ""));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.starts_with("broken/portcullis.yaml:1:1: error: unknown key `profle`\n"), "{error}");
    assert_eq!(told(&run_in(&root.join("none"), &[], "")).0, 0, "a directory that is not named may be empty");
}

#[test]
fn what_cannot_be_understood_is_told() {
    for (arguments, told) in [
        (&["--profle", "all"][..], "--profile"),
        (&["--profile", "opt-in"], "invalid value 'opt-in'"),
        (&["--only", "k8s-privileged-contaner"], "did you mean `k8s-privileged-container`?"),
        (&["--skip", "k8s-privileged-container,nope"], "error: unknown rule `nope`"),
        (
            &["--only", "k8s-*quota*"],
            "`*` stands at the end only, as in `k8s-image-*`; did you mean `k8s-quota-request-missing` or \
             `k8s-resourcequota-exceeded` or `k8s-resourcequota-missing`?",
        ),
        (&["--format", "yaml"], "`yaml` is not a format (pretty, concise, json, sarif"),
        (&["--format", "json="], "no path after `=`"),
        (&["--format", "json", "--format", "sarif"], "two formats cannot share standard output"),
        (&["--format", "json=no/such/folder/out.json"], "error: no/such/folder/out.json: cannot be written"),
        (&["--stdin-filename", "a.yaml"], "read with the path `-`"),
        (&["--date", "tomorrow"], "`tomorrow` is not a date"),
        (&["--pod-security", "privileged"], "`privileged` is not a Pod Security level"),
        (&["--kubernetes-version", "2.0"], "`2.0` is not a Kubernetes version"),
        (&["--kubernetes-version", "1.345"], "`1.345` is not a Kubernetes version"),
        (&["--kubernetes-version", "newest"], "`newest` is not a Kubernetes version"),
        (&["--threads", "0"], "invalid value '0'"),
        (&["-q", "-v"], "cannot be used with"),
        (&["explain", "KSV-017O"], "unknown rule `KSV-017O`"),
        (&["explain"], "<ID>"),
        (&["rules", "--peer", "haddolint"], "`haddolint`"),
        (&["rules", "k8s-privileged-contaner"], "k8s-privileged-container"),
        (&["config"], "config"),
        (&["config", "import"], "<FILE>"),
        (&["config", "import", "missing.yaml"], "missing.yaml"),
        (&["man", "chekc"], "did you mean `check`?"),
        (&["completions", "cmd"], "invalid value 'cmd'"),
    ] {
        let (code, out, error) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}

#[test]
fn a_rule_that_waits_for_its_configuration_says_so() {
    let root = tree("unconfigured");
    std::fs::write(root.join("pod.yaml"), BAD).unwrap();
    let rule = "k8s-image-registry-blocklist";
    let note = format!("note: {rule} says nothing until the configuration gives it `registries`\n");
    for (configuration, arguments, expected) in [
        ("{}", &["--only", rule][..], (0, note.as_str())),
        ("{}", &["--only", "KSV-0034", "-q"], (0, "")),
        ("{}", &["--only", "k8s-privileged-container", "--exit-zero"], (0, "")),
        ("rules: { k8s-image-registry-blocklist: on }", &["--exit-zero"], (0, note.as_str())),
        ("rules: { k8s-image-registry-blocklist: { registries: [docker.io] } }", &["--only", rule], (1, "")),
        ("rules: { k8s-image-registry-blocklist: { registries: [ghcr.io] } }", &["--only", rule], (0, "")),
    ] {
        std::fs::write(root.join("portcullis.yaml"), configuration).unwrap();
        let (code, _, error) = told(&run_in(&root, arguments, ""));
        assert_eq!((code, error.as_str()), expected, "{configuration} {arguments:?}");
    }
}

#[test]
fn help_and_version_are_outputs() {
    for (arguments, told) in [
        (&["--help"][..], "Exit codes: 0 clean"),
        (&["-h"], "--fail-on <SEVERITY>"),
        (&["help"], "explain"),
        (&["check", "--help"], "--pod-security <LEVEL:VERSION>"),
        (&["explain", "--help"], "<ID>"),
        (&["--version"], concat!("portcullis ", env!("CARGO_PKG_VERSION"))),
    ] {
        let (code, out, error) = run(arguments);
        assert_eq!((code, error.as_str()), (0, ""), "{arguments:?}");
        assert!(out.contains(told), "{arguments:?}: {out}");
    }
}

#[test]
fn commands_print_what_they_are_for() {
    for (arguments, told) in [
        (&["explain", "k8s-privileged-container"][..], "k8s-privileged-container]"),
        (&["explain", "KSV-0017"], "k8s-privileged-container]"),
        (&["explain", "checkov:ckv_k8s_16"], "k8s-privileged-container]"),
        (&["rules"], "k8s-privileged-container"),
        (&["rules", "--peer", "Trivy"], "k8s-privileged-container"),
        (&["config", "show"], "\nfail-on: low\n"),
        (&["config", "init"], "\n#profile: recommended\n"),
        (&["config", "schema"], "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""),
        (&["completions", "bash"], "--pod-security"),
        (&["completions", "zsh"], "--pod-security"),
        (&["completions", "fish"], "pod-security"),
        (&["man"], "pod\\-security"),
        (&["man", "config", "show"], "portcullis\\-config\\-show"),
        (&["man", "db", "update"], concat!("\"portcullis ", env!("CARGO_PKG_VERSION"), "\" \"Portcullis Manual\"\n")),
    ] {
        let (code, out, error) = run(arguments);
        assert_eq!((code, error.as_str()), (0, ""), "{arguments:?}");
        assert!(out.contains(told), "{arguments:?}: {out}");
    }
    assert!(!run(&["rules", "--peer", "trivy"]).1.contains("unused-suppression"));
    let out = run(&["rules", "secret-password", "KSV-0017"]).1;
    assert!(out.lines().count() == 2 && out.contains("k8s-privileged-container"), "{out}");
    assert!(run(&["rules", "secret-github-*"]).1.lines().all(|line| line.contains(" secret-github-")));
}

/// Pages of one version are the same wherever they are made, where whoever makes them says the day.
#[test]
fn man_pages_have_a_title_and_a_day() {
    for (name, title) in [(&["man"][..], "PORTCULLIS"), (&["man", "baseline", "write"], "PORTCULLIS-BASELINE-WRITE")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        let output = command.args(name).env("SOURCE_DATE_EPOCH", "1700000000").output().unwrap();
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(page.contains(&format!("\n.TH {title} 1 2023-11-14 \"portcullis ")), "{page}");
        assert!(!page.contains(".br\n\n.br") && page.lines().all(|line| line == line.trim_end()), "{page}");
    }
}

#[test]
fn a_pipe_gets_one_rule_a_line() {
    let out = run(&["rules"]).1;
    let is_row =
        |line: &str| ["critical ", "high ", "medium ", "low ", "info "].iter().any(|word| line.starts_with(word));
    assert!(out.lines().all(is_row), "{out}");
    assert!(out.lines().any(|line| line.chars().count() > 100), "none is longer than a terminal is wide");
}

#[test]
fn findings_are_as_wide_as_the_environment_says() {
    let root = project("findings_are_as_wide_as_the_environment_says");
    for (columns, widest) in [("40", 40), ("60", 60), ("80", 80), ("200", 200), ("none", 100)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["check", "bad", "--format", "pretty", "--profile", "all"]).current_dir(&root);
        let output = command.env("COLUMNS", columns).output().unwrap();
        let out = told(&output).1;
        let source = out.lines().find(|line| line.contains(" 6 │")).unwrap();
        assert_eq!(source.contains('…'), widest < 80, "{columns}: {source}");
        let is_cut = |line: &str| line.chars().count() <= widest;
        assert!(out.lines().all(is_cut), "{columns}: {out}");
    }
}

#[test]
fn what_is_imported_is_a_configuration() {
    let root = tree("what_is_imported_is_a_configuration");
    for (file, text) in [
        ("pod.yaml", BAD),
        (".trivyignore", "KSV-0017\nDS-9999\n"),
        (".hadolint.yaml", "failure-threshold: error\n"),
        ("other.yaml", "kind: Pod\n"),
    ] {
        std::fs::write(root.join(file), text).unwrap();
    }
    let import = |files: &[&str]| told(&run_in(&root, &[&["config", "import"], files].concat(), ""));
    let (code, out, error) = import(&[".trivyignore", ".hadolint.yaml"]);
    assert_eq!((code, error.as_str()), (0, ".trivyignore:2: no rule stands for `DS-9999`\n"));
    assert!(out.starts_with("# Imported from .trivyignore, .hadolint.yaml.\nfail-on: high\n"), "{out}");
    // The privileged container was all that failed.
    std::fs::write(root.join("imported.yaml"), out).unwrap();
    for (config, expected) in [(&["--no-config"][..], 1), (&["--config", "imported.yaml"], 0)] {
        let arguments = [&["pod.yaml", "--fail-on", "critical"], config].concat();
        assert_eq!(told(&run_in(&root, &arguments, "")).0, expected, "{config:?}");
    }
    let (code, out, error) = import(&["other.yaml"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.starts_with("error: other.yaml: neither its name nor its keys"), "{error}");
}

#[test]
fn rules_and_the_schema_are_json() {
    let rules: serde_json::Value = serde_json::from_str(&run(&["rules", "--format", "json"]).1).unwrap();
    let ids: Vec<&str> = rules.as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"k8s-privileged-container") && ids.is_sorted(), "{ids:?}");
    let schema: serde_json::Value = serde_json::from_str(&run(&["config", "schema"]).1).unwrap();
    assert!(ids.iter().all(|id| schema["properties"]["rules"]["properties"].get(id).is_some()));
}

#[test]
fn one_scan_gives_several_outputs() {
    let root = project("one_scan_gives_several_outputs");
    let [json, sarif] = ["out.json", "out.sarif"].map(|name| root.join(name));
    for file in [&json, &sarif] {
        let _ = std::fs::remove_file(file);
    }
    let formats = ["--format", "json=out.json", "--format", "sarif=out.sarif"];
    let arguments: Vec<&str> = ["bad", "--format", "concise", "--color", "always"].into_iter().chain(formats).collect();
    let (code, out, _) = told(&run_in(&root, &arguments, ""));
    assert_eq!(code, 1);
    assert!(out.contains("bad/pod.yaml") && out.contains("\u{1b}["), "{out}");
    for file in [&json, &sarif] {
        let text = std::fs::read_to_string(file).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
        assert!(text.contains("k8s-privileged-container") && !text.contains('\u{1b}'), "{text}");
    }
    // Without anything for standard output, the summary goes where the messages go.
    let quiet: Vec<&str> = ["bad", "-q"].into_iter().chain(formats).collect();
    let (_, out, error) = told(&run_in(&root, &quiet, ""));
    assert_eq!((out.as_str(), error.as_str()), ("", ""));
    let loud: Vec<&str> = ["bad"].into_iter().chain(formats).collect();
    let (_, out, error) = told(&run_in(&root, &loud, ""));
    assert!(out.is_empty() && error.contains("finding"), "{error}");
}

#[test]
fn standard_input_is_a_file() {
    let root = project("standard_input_is_a_file");
    for (arguments, input, code, told_of) in [
        (&["-", "--stdin-filename", "k8s/web.yaml"][..], BAD, 1, "k8s/web.yaml:6"),
        (&["-"], BAD, 1, "k8s-privileged-container"),
        (&["-"], GOOD, 0, ""),
        (&["-", "good/map.yaml"], BAD, 1, "k8s-privileged-container"),
    ] {
        let arguments: Vec<&str> =
            arguments.iter().copied().chain(["--format", "concise", "--only", "k8s-privileged-container"]).collect();
        let (exit, out, error) = told(&run_in(&root, &arguments, input));
        assert_eq!(exit, code, "{arguments:?} {out} {error}");
        assert!(out.contains(told_of), "{arguments:?}: {out}");
    }
}

#[test]
fn texts_that_are_searched_for_secrets_say_so() {
    const SECRET: &str = "password = 'kX9mQ2vL7'\n";
    let root = tree("searched");
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    };
    for (name, bytes) in [
        ("clean/a.py", b"from os import path\n".to_vec()),
        ("clean/b.py", b"from os import path\n".to_vec()),
        ("clean/c.py", b"from os import path\n".to_vec()),
        ("clean/d.py", b"from os import path\n".to_vec()),
        ("clean/binary.c", b"\x7fELF\0\0".to_vec()),
        ("clean/settings.yaml", b"theme: dark\n".to_vec()),
        ("found/a.py", format!("import os\n{SECRET}").into_bytes()),
        ("found/le.ini", utf16(&format!("[db]\r\n{SECRET}"), u16::to_le_bytes)),
        ("found/be.ini", utf16(&format!("[db]\r\n{SECRET}"), u16::to_be_bytes)),
        ("sources/a.py", b"from os import path\n".to_vec()),
        (
            "sources/package-lock.json",
            b"{ \"lockfileVersion\": 3, \"packages\": { \"node_modules/a\": { \"version\": \"1.0.0\" } } }".to_vec(),
        ),
    ] {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let found = "2:13: medium[secret-password]";
    let (alone, other) =
        ("note: searched for secrets alone: ", "note: not judged, nothing in it is of a kind that is scanned");
    let diff = format!("diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a: b: c\n+{SECRET}");
    let commit = format!("commit {}\nAuthor: A <a@example.org>\n\n    a: b: c\n", "0".repeat(40));
    for (arguments, input, code, told_of, note) in [
        (&["found/a.py"][..], "", 1, found, format!("{alone}found/a.py\n").as_str()),
        (&["found/le.ini"], "", 1, found, &format!("{alone}found/le.ini\n")),
        (&["found/be.ini"], "", 1, found, &format!("{alone}found/be.ini\n")),
        (&["clean/a.py", "clean/b.py"], "", 0, "", &format!("{alone}clean/a.py, clean/b.py\n")),
        // A hook hands over what a commit changes.
        (&["clean/a.py", "clean/b.py", "clean/c.py", "clean/d.py"], "", 0, "", ""),
        (&["clean/binary.c"], "", 0, "", &format!("{other}: clean/binary.c\n")),
        (
            &["clean/settings.yaml"],
            "",
            0,
            "",
            &format!("{other}, though it was searched for secrets: clean/settings.yaml\n"),
        ),
        (&["clean/a.py", "--skip", "secret"], "", 0, "", &format!("{other}: clean/a.py\n")),
        (&["-", "--stdin-filename", "a.py"], &format!("a: b: c\n{SECRET}"), 1, found, &format!("{alone}a.py\n")),
        (&["-"], &diff, 1, "6:14: medium[secret-password]", &format!("{alone}<stdin>\n")),
        (&["-"], &commit, 0, "", &format!("{alone}<stdin>\n")),
        (&["clean", "--only", "secret"], "", 0, "", ""),
        (&["clean", "--only", "secret-*"], "", 0, "", ""),
        (&["found"], "", 1, found, ""),
        (&["sources", "--only", "secret"], "", 0, "", ""),
    ] {
        let (exit, out, error) = told(&run_in(&root, &[arguments, &["--format", "concise"]].concat(), input));
        assert_eq!((exit, error.as_str()), (code, note), "{arguments:?}: {out}");
        assert!(out.contains(told_of) && out.is_empty() == told_of.is_empty(), "{arguments:?}: {out}");
    }
}

#[test]
fn a_file_that_is_named_is_known_by_its_content() {
    const WORKFLOW: &str = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: a/b@main\n";
    const COMPOSE: &str = r#"{ "services": { "web": { "image": "web:1", "privileged": true } } }"#;
    let root = tree("named-by-content");
    for (name, text, told_of) in [
        ("k.txt", BAD, "k.txt:6"),
        ("x.tpl", BAD, "x.tpl:6"),
        ("no-extension", BAD, "no-extension:6"),
        ("image.txt", "FROM a:1\nUSER root\n", "image.txt:2"),
        ("ci.yml", WORKFLOW, "ci.yml:6"),
        ("ci.txt", WORKFLOW, "ci.txt:6"),
        ("compose.json", COMPOSE, "compose.json:1"),
        ("stack.conf", "services:\n  web:\n    image: web:1\n    privileged: true\n", "stack.conf:4"),
        // What it may be is not guessed, and that is said.
        ("readme.md", "apiVersion: v1 and kind: Pod stand at the top.\n", ""),
        ("a.py", "from os import path\n", ""),
        ("settings.yaml", "theme: dark\n", ""),
        ("settings.json", "{ \"theme\": \"dark\" }", ""),
        ("empty.txt", "", ""),
    ] {
        std::fs::write(root.join(name), text).unwrap();
        let rules =
            "k8s-privileged-container,docker-last-user-root,actions-unpinned-uses,compose-privileged,syntax-error";
        let (exit, out, error) = told(&run_in(&root, &[name, "--only", rules, "--format", "concise"], ""));
        assert!(out.contains(told_of), "{name}: {out} {error}");
        assert_eq!(exit, i32::from(!told_of.is_empty()), "{name}: {out} {error}");
        assert_eq!(error.contains(name), told_of.is_empty(), "{name}: {error}");
        let (_, out, error) = told(&run_in(&root, &[name, "--format", "json", "--quiet"], ""));
        let is_noted = [":\"unrecognised\"", ":\"searched\""].iter().any(|kind| out.contains(kind));
        assert_eq!(is_noted, told_of.is_empty(), "{name}: {out}");
        assert_eq!(error, "", "{name}");
    }
    // What a directory holds besides is nobody's business.
    let (exit, out, error) =
        told(&run_in(&root, &[".", "--only", "k8s-privileged-container", "--format", "concise"], ""));
    assert_eq!((exit, out.as_str(), error.as_str()), (0, "", ""));
    for name in [None, Some("ci.yml"), Some("ci.txt"), Some(".github/workflows/ci.yml")] {
        let named: Vec<&str> = name.iter().flat_map(|name| ["--stdin-filename", name]).collect();
        let arguments = [&["-", "--only", "actions-unpinned-uses", "--format", "concise"][..], &named].concat();
        let (exit, out, _) = told(&run_in(&root, &arguments, WORKFLOW));
        assert_eq!((exit, out.contains(":6:")), (1, true), "{name:?}: {out}");
    }
    let (exit, _, error) = told(&run_in(&root, &["-"], "theme: dark\n"));
    assert!(exit == 0 && error.contains("<stdin>"), "{error}");
}

#[cfg(unix)]
#[test]
fn pipes_are_read_and_devices_are_not() {
    let root = tree("pipes");
    let run = |script: &str| {
        let output = Command::new("sh")
            .args(["-c", script])
            .current_dir(&root)
            .env("PORTCULLIS", env!("CARGO_BIN_EXE_portcullis"))
            .output()
            .unwrap();
        told(&output)
    };
    std::fs::write(root.join("bad.yaml"), BAD).unwrap();
    let only = "--only k8s-privileged-container --format concise";
    let (exit, out, error) = run(&format!("cat bad.yaml | $PORTCULLIS /dev/fd/0 {only}"));
    assert!(exit == 1 && out.contains(":6:"), "{exit} {out} {error}");
    let (exit, out, error) = run(&format!("cat bad.yaml | $PORTCULLIS /dev/stdin {only}"));
    assert!(exit == 1 && out.contains(":6:"), "{exit} {out} {error}");
    let (exit, _, error) = run(&format!("$PORTCULLIS /dev/null {only}"));
    assert!(exit == 2 && error.contains("not a regular file"), "{exit} {error}");
    let (exit, _, error) = run("cat bad.yaml | $PORTCULLIS --fix /dev/stdin");
    assert!(exit == 2 && error.contains("it is a pipe"), "{exit} {error}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let root = project("a_closed_pipe_ends_quietly");
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["rules", "--format", "json"], 0),
        (&["explain", "k8s-privileged-container"], 0),
        (&["completions", "bash"], 0),
        (&["man"], 0),
        (&["config", "schema"], 0),
        (&["bad", "--format", "json"], 1),
        (&["good", "--format", "json"], 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(arguments)
            .current_dir(&root)
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(told(&output), (code, String::new(), String::new()), "{arguments:?}");
    }
}

#[test]
fn a_path_named_like_a_command_is_written_with_its_folder() {
    let root = tree("named-like-commands");
    std::fs::create_dir_all(root.join("rules")).unwrap();
    std::fs::write(root.join("rules/pod.yaml"), BAD).unwrap();
    assert_eq!(told(&run_in(&root, &["rules"], "")).0, 0);
    assert_eq!(told(&run_in(&root, &["./rules"], "")).0, 1);
    assert_eq!(told(&run_in(&root, &["--color", "never", "rules"], "")).0, 1);
}

/// A hook names whatever was changed; everybody else who names a file means it.
#[test]
fn named_files_can_be_excluded() {
    let root = tree("force-exclude");
    for (file, text) in [
        ("portcullis.yaml", "exclude: [drafts]\n"),
        ("drafts/a.yaml", BAD),
        ("k8s/b.yaml", BAD),
        ("node_modules/c.yaml", BAD),
    ] {
        std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        std::fs::write(root.join(file), text).unwrap();
    }
    let all = ["drafts/a.yaml", "k8s/b.yaml", "node_modules/c.yaml"];
    let left_out = ["drafts/a.yaml", "node_modules/c.yaml"];
    for (flags, named, code, found) in [
        (&[][..], &all[..], 1, &all[..]),
        (&["--force-exclude"], &all, 1, &["k8s/b.yaml"]),
        // Nothing is left, which is as good as clean.
        (&["--force-exclude"], &left_out, 0, &[]),
        // A folder is walked all the same.
        (&["--force-exclude"], &["drafts"], 1, &["drafts/a.yaml"]),
        (&["--force-exclude"], &["missing.yaml"], 2, &[]),
    ] {
        let arguments =
            [&["check", "--format", "concise", "--only", "k8s-privileged-container"], flags, named].concat();
        let (ended, stdout, stderr) = told(&run_in(&root, &arguments, ""));
        let paths: Vec<&str> = stdout.lines().filter_map(|line| line.split(':').next()).collect();
        assert_eq!((ended, paths), (code, found.to_vec()), "{arguments:?}: {stderr}");
    }
}
