//! The formats for places that show findings, end to end: hostile names and contents, paths, links, limits.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Formats that this file is about, and the names that the files of a run have.
const FORMATS: &[&str] = &["jsonl", "github", "gitlab", "gitlab-sast", "junit", "markdown", "csv", "html", "sarif"];

/// What would be markup, a command, a formula, a mention or a way out of a string, wherever it were taken for it.
const HOSTILE: &str = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\u{2028}&quot;'\"";

/// A folder of its own for a test, with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    support::folder("outputs", name, files)
}

/// A privileged pod whose container has a name.
fn pod(name: &str) -> String {
    let name = serde_json::to_string(name).unwrap();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec:\n  containers:\n    - name: {name}\n      image: \
         web:1.0.0\n      securityContext: {{ privileged: true }}\n"
    )
}

/// Runs `check` in a folder with one rule on and an environment of our own.
fn check(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(["--no-config", "--only", "k8s-privileged-container", "--date", "2026-11-21"]).args(arguments);
    for name in ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA", "CI_PROJECT_URL", "CI_COMMIT_SHA"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied()).current_dir(folder).output().unwrap()
}

/// What one format writes to standard output.
fn written(folder: &Path, format: &str, environment: &[(&str, &str)]) -> String {
    let output = check(folder, environment, &["--format", format, "."]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// One file whose name does as much harm as a file system allows, with a container that does the rest.
fn hostile(name: &str) -> PathBuf {
    let path = if cfg!(windows) { "a,b%@team.yaml" } else { "=a,b%:|`@team`<b>\"\n::error::x]] *_.yaml" };
    folder(name, &[(path, &pod(HOSTILE))])
}

#[test]
fn every_format_is_written_to_its_file_by_one_scan() {
    let folder = folder("files", &[("k8s/web.yaml", &pod("web"))]);
    let formats: Vec<String> = FORMATS.iter().map(|format| format!("--format={format}=out/{format}")).collect();
    fs::create_dir(folder.join("out")).unwrap();
    let arguments: Vec<&str> = formats.iter().map(String::as_str).chain(["k8s"]).collect();
    let output = check(&folder, &[], &arguments);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    for format in FORMATS {
        let text = fs::read_to_string(folder.join("out").join(format)).unwrap();
        assert!(text.contains("k8s-privileged-container"), "{format}: {text}");
        assert_eq!(text, written(&folder, format, &[]), "{format}");
    }
}

#[test]
fn an_unknown_format_is_refused_with_the_names_of_all() {
    let output = support::run(&folder("unknown", &[("a.yaml", "")]), &["--format", "xml"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(FORMATS.iter().all(|format| said.contains(format)), "{said}");
}

#[test]
fn workflow_commands_keep_to_their_line() {
    let text = written(&hostile("github"), "github", &[]);
    let lines: Vec<&str> = text.lines().collect();
    let [line] = lines.as_slice() else { panic!("{text}") };
    let (properties, message) = line.strip_prefix("::error ").unwrap().split_once("::").unwrap();
    let names: Vec<&str> = properties.split(',').map(|property| property.split_once('=').unwrap().0).collect();
    assert_eq!(names, ["file", "line", "endLine", "col", "endColumn", "title"], "{text}");
    assert!(message.contains("alert(1)") && message.contains("%0Ahelp: "), "{text}");
}

#[test]
fn annotations_stop_where_github_does_and_the_rest_is_counted() {
    let files: Vec<(String, String)> = (0..14).map(|at| (format!("{at:02}.yaml"), pod("web"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let text = written(&folder("annotations", &files), "github", &[]);
    assert_eq!(text.matches("::error file=").count(), 10);
    let last = text.lines().last().unwrap();
    assert_eq!(last, "4 more findings have no annotation, because GitHub shows 10 of each level: 4 errors");
}

/// Services know files by where they are in the repository, wherever the scan was started.
#[test]
fn paths_for_services_start_at_the_root() {
    let folder = folder("root", &[("services/api/web.yaml", &pod("web"))]);
    let written = |format: &str| {
        let output = check(&folder.join("services"), &[], &["--root", "..", "--format", format, "api"]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(written("github").starts_with("::error file=services/api/web.yaml,line=8,"), "{}", written("github"));
    let violations: Value = serde_json::from_str(&written("gitlab")).unwrap();
    assert_eq!(violations[0]["location"]["path"], "services/api/web.yaml");
    let report: Value = serde_json::from_str(&written("gitlab-sast")).unwrap();
    assert_eq!(report["vulnerabilities"][0]["location"]["file"], "services/api/web.yaml");
}

#[test]
fn jobs_of_github_and_gitlab_have_links_to_their_files() {
    let folder = folder("links", &[("k8s/a b.yaml", &pod("web")), (".git/HEAD", "ref: refs/heads/main\n")]);
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let github = [("GITHUB_SERVER_URL", "https://git.test"), ("GITHUB_REPOSITORY", "a/b"), ("GITHUB_SHA", sha)];
    let gitlab = [("CI_PROJECT_URL", "https://lab.test/a/b"), ("CI_COMMIT_SHA", sha)];
    let cases: [(&[(&str, &str)], String); 4] = [
        (&github, format!("https://git.test/a/b/blob/{sha}/k8s/a%20b.yaml#L8")),
        (&gitlab, format!("https://lab.test/a/b/-/blob/{sha}/k8s/a%20b.yaml#L8")),
        (&[], String::new()),
        (&[("CI_PROJECT_URL", "javascript:alert(1)//"), ("CI_COMMIT_SHA", sha)], String::new()),
    ];
    for (environment, link) in cases {
        for (format, around) in [("markdown", ["](", ")"]), ("html", ["href=\"", "\""])] {
            let text = written(&folder, format, environment);
            let [open, close] = around;
            if link.is_empty() {
                assert!(!text.contains("#L8") && !text.contains("javascript:"), "{format}: {text}");
            } else {
                assert!(text.contains(&format!("{open}{link}{close}")), "{format} {link}: {text}");
            }
        }
    }
}

#[test]
fn markup_of_scanned_files_is_text() {
    let folder = hostile("markup");
    for format in ["html", "markdown", "junit"] {
        let text = written(&folder, format, &[]);
        for forbidden in ["<script>alert", "</script><", "<img", "<b>\"", "\u{2028}", "\n::error"] {
            assert!(!text.contains(forbidden), "{format} has {forbidden}: {text}");
        }
        assert!(text.contains("alert(1)"), "{format} says what was found");
    }
    let page = written(&folder, "html", &[]);
    assert_eq!(page.matches("</script>").count(), 1, "the page's own");
    assert_eq!(page.matches("<!--").count(), 0);
}

/// A cell of a table ends where we end it, and nothing in it is emphasis, code or a link of a scanned file's.
#[test]
fn markdown_tables_keep_their_columns() {
    let text = written(&hostile("markdown"), "markdown", &[]);
    let row = text.lines().find(|line| line.contains("alert")).unwrap();
    assert_eq!(row.matches('|').count(), 4, "{row}");
    assert!(!row.contains(['*', '`', '@']), "{row}");
}

#[test]
fn the_page_loads_nothing_and_runs_only_its_own_script() {
    let page = written(&folder("policy", &[("a.yaml", &pod("web"))]), "html", &[]);
    let (_, policy) = page.split_once("Content-Security-Policy\" content=\"").unwrap();
    let (policy, _) = policy.split_once('"').unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("; script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    for forbidden in [" src=", "@import", "url(", " style=\"", "onclick", "javascript:"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn spreadsheets_get_no_formulas() {
    let text = written(&hostile("csv"), "csv", &[]);
    let [header, record] = text.split_terminator("\r\n").collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert!(header.starts_with("path,line,column,"));
    assert!(record.starts_with(if cfg!(windows) { "\"a,b" } else { "\"'=a,b" }), "{record}");
}

/// What `json` has in its list, line by line.
#[test]
fn json_lines_are_the_findings_of_json() {
    let folder = folder("jsonl", &[("a.yaml", &pod("web")), ("b.yaml", &pod(HOSTILE))]);
    let lines: Vec<Value> =
        written(&folder, "jsonl", &[]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let whole: Value = serde_json::from_str(&written(&folder, "json", &[])).unwrap();
    assert_eq!(Value::Array(lines), whole["findings"]);
}

/// Suppressed findings would open issues where there is no way to say that they are.
#[test]
fn services_never_get_suppressed_findings() {
    let text = pod("web")
        .replace("privileged: true }", "privileged: true } # portcullis: ignore[k8s-privileged-container] known");
    let folder = folder("suppressed", &[("a.yaml", &text)]);
    for (format, holds) in
        [("github", false), ("gitlab", false), ("gitlab-sast", false), ("junit", true), ("csv", true), ("html", true)]
    {
        let output = check(&folder, &[], &["--include-suppressed", "--format", format, "."]);
        assert_eq!(output.status.code(), Some(0), "{format}");
        let written = String::from_utf8(output.stdout).unwrap();
        assert_eq!(written.contains("a.yaml"), holds, "{format}: {written}");
    }
}

/// Threads and the time of day change nothing.
#[test]
fn outputs_are_the_same_every_time() {
    let files: Vec<(String, String)> = (0..40).map(|at| (format!("{at}/a.yaml"), pod(&format!("c{at}")))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = folder("same", &files);
    for format in FORMATS {
        let of = |threads: &str| check(&folder, &[], &["--threads", threads, "--format", format, "."]).stdout;
        assert_eq!(of("1"), of("4"), "{format}");
    }
}
