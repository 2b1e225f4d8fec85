//! Input that means harm: sizes at which anything but linear work never ends, names and files that are no files, and
//! flags that contradict themselves.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn fresh(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(directory.join(".git")).unwrap();
    directory
}

/// Exit code, standard output and standard error.
fn run(directory: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { hostPID: true, containers: [] }\n";
const HEAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n";
const QUIET: [&str; 4] = ["check", "--no-config", "--quiet", "--only"];

fn repeated(count: usize, mut each: impl FnMut(&mut String, usize)) -> String {
    let mut text = String::new();
    for index in 0..count {
        each(&mut text, index);
    }
    text
}

#[test]
fn large_files_are_read_in_linear_time() {
    const MANY: usize = 20_000;
    let line = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"hostPID\":true}} ";
    let ignore = "# portcullis: ignore[k8s-host-pid] why\n";
    let cases = [
        ("line.json", line.repeat(MANY / 4), MANY / 4),
        ("ignores.yaml", format!("{}{POD}", ignore.repeat(MANY)), 0),
        ("ignored.yaml", format!("---\n{ignore}{POD}").repeat(MANY / 4), 0),
        (
            "unnamed.yaml",
            format!("{HEAD}  containers: []\n  volumes:\n{}", "  - hostPath: { path: / }\n".repeat(MANY)),
            MANY,
        ),
        (
            "anchors.yaml",
            format!(
                "a:\n{}{}---\n{POD}",
                repeated(MANY, |text, n| writeln!(text, "- &a{n} x").unwrap()),
                repeated(MANY, |text, n| writeln!(text, "- *a{n}").unwrap())
            ),
            1,
        ),
        (
            "merges.yaml",
            format!("a:\n{}---\n{POD}", repeated(MANY, |text, n| writeln!(text, "  <<: {{ k{n}: 1 }}").unwrap())),
            1,
        ),
    ];
    let directory = fresh("large");
    for (name, text, expected) in cases {
        std::fs::write(directory.join(name), text).unwrap();
        for format in ["concise", "pretty", "sarif"] {
            let arguments = [&QUIET[..], &["k8s-host-pid,k8s-host-path-volume", "--format", format, name]].concat();
            let (code, out, told) = run(&directory, &arguments, "");
            assert_eq!((code, told.as_str()), (i32::from(expected > 0), ""), "{name}");
            if format == "concise" {
                assert_eq!(out.lines().count(), expected, "{name}");
            }
            // What is said of each finding does not grow with the line that it is in.
            assert!(out.len() < 100_000 + expected * 10_000, "{name} as {format}: {} bytes", out.len());
        }
    }
}

#[test]
fn documents_behind_too_many_broken_ones_are_not_dropped_in_silence() {
    let directory = fresh("broken");
    let text = format!("{}---\n{POD}", "---\na: [\n".repeat(40));
    std::fs::write(directory.join("a.yaml"), text).unwrap();
    let (code, out, _) = run(&directory, &[&QUIET[..], &["syntax-error", "a.yaml"]].concat(), "");
    assert_eq!(code, 1);
    assert!(out.contains("the rest of the file is not read"), "{out}");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_or_has_no_name_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let directory = fresh("no-file");
    assert!(Command::new("mkfifo").arg(directory.join("pipe.yaml")).status().unwrap().success());
    let (code, _, told) = run(&directory, &["check", "pipe.yaml"], "");
    assert_eq!((code, told.contains("pipe.yaml: it is not a regular file")), (2, true), "{told}");
    std::fs::write(directory.join(std::ffi::OsStr::from_bytes(b"n\xff.yaml")), POD).unwrap();
    std::fs::write(directory.join("z.yaml"), POD).unwrap();
    let (_, out, _) = run(&directory, &[&QUIET[..], &["k8s-host-pid,unreadable-file", "."]].concat(), "");
    let expected = "n\u{fffd}.yaml:1:1: medium[unreadable-file] cannot read it: its name is not UTF-8\n\
                    z.yaml:4:18: high[k8s-host-pid] Pod `web` shares the node's process ids\n";
    assert_eq!(out, expected);
}

#[cfg(unix)]
#[test]
fn names_in_messages_do_not_drive_the_terminal() {
    let directory = fresh("names");
    let (code, _, told) = run(&directory, &["check", "\u{1b}[2J.yaml"], "");
    assert_eq!((code, told.contains('\u{1b}')), (2, false), "{told:?}");
}

#[test]
fn standard_input_stands_for_the_file_it_names() {
    let directory = fresh("stdin");
    for name in ["a.yaml", "b.yaml", "c.yaml"] {
        std::fs::write(directory.join(name), POD).unwrap();
    }
    let absolute = directory.join("b.yaml");
    let fixed = POD.replace("hostPID: true, ", "");
    for name in ["b.yaml", "./b.yaml", absolute.to_str().unwrap()] {
        for (input, expected) in [(POD, "a.yaml b.yaml c.yaml"), (&fixed, "a.yaml c.yaml")] {
            let arguments = [&QUIET[..], &["k8s-host-pid", "--stdin-filename", name, "-", "."]].concat();
            let (_, out, _) = run(&directory, &arguments, input);
            let paths: Vec<&str> = out.lines().filter_map(|line| line.split(':').next()).collect();
            assert_eq!(paths.join(" "), expected, "{name}");
        }
    }
}

#[test]
fn templates_of_a_chart_are_known_from_inside_it() {
    let directory = fresh("chart");
    std::fs::create_dir_all(directory.join("templates/more")).unwrap();
    std::fs::write(directory.join("Chart.yaml"), "name: a\n").unwrap();
    std::fs::write(directory.join("templates/more/a.yaml"), format!("{POD}# {{{{ .Release.Name }}}}\n")).unwrap();
    for inside in [".", "templates", "templates/more"] {
        let (code, out, _) = run(&directory.join(inside), &[&QUIET[..], &["k8s-host-pid", "."]].concat(), "");
        assert_eq!((code, out.as_str()), (0, ""), "{inside}");
    }
}

#[test]
fn flags_that_cannot_be_meant_are_refused() {
    let directory = fresh("flags");
    std::fs::write(directory.join("a.yaml"), POD).unwrap();
    for (arguments, reason) in [
        (&["--root", "missing", "."][..], "missing is no directory"),
        (&["--root", "a.yaml", "."], "a.yaml is no directory"),
        (&["--format", "json=x", "--format", "sarif=x", "."], "two formats cannot share the file x"),
        (&["--format", "json=-", "--format", "sarif", "."], "two formats cannot share standard output"),
        (&["--date", "2026-02-31", "."], "does not exist"),
        (&["--date", "2025-02-29", "."], "does not exist"),
        (&["--stdin-filename", "", "-"], "value is required"),
    ] {
        let (code, out, told) = run(&directory, arguments, "");
        assert_eq!((code, out.as_str(), told.contains(reason)), (2, "", true), "{arguments:?}: {told}");
    }
    assert!(!directory.join("x").exists());
    let (code, _, told) = run(&directory, &["--date", "2024-02-29", "a.yaml"], "");
    assert_eq!(code, 1, "{told}");
}

#[test]
fn findings_keep_their_identity_wherever_the_scan_starts() {
    // The file system's own temporary directory: this one is inside a repository.
    let outside = std::env::temp_dir().join(format!("portcullis-identity-{}", std::process::id()));
    let directory = outside.join("repository/sub");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::create_dir_all(outside.join("repository/.git")).unwrap();
    std::fs::write(directory.join("a.yaml"), POD).unwrap();
    let identity = |from: &Path, path: &str| {
        let (_, out, _) = run(from, &[&QUIET[..], &["k8s-host-pid", "--format", "json", path]].concat(), "");
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        report["findings"][0]["fingerprint"].as_str().unwrap().to_owned()
    };
    let inside = identity(&directory, ".");
    assert_eq!(identity(&outside.join("repository"), "sub/a.yaml"), inside);
    assert_eq!(identity(&outside, "repository"), inside);
    assert_eq!(identity(Path::new("/"), directory.join("a.yaml").to_str().unwrap()), inside);
    std::fs::remove_dir_all(&outside).unwrap();
}
