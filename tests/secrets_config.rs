//! Rules about secrets of the configuration, what it allows, and comments that allow a secret on a line.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory with these files, which is a repository's root.
fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("secrets-config").join(name);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join(".git")).unwrap();
    for (path, text) in files {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), text).unwrap();
    }
    root
}

/// What the program writes, and its exit code.
fn run(root: &Path, args: &[&str]) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis")).args(args).current_dir(root).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (text, output.status.code().unwrap())
}

/// `path:line rule` of each finding of these rules.
fn found(root: &Path, only: &str) -> Vec<String> {
    let (text, _) = run(root, &["check", "--only", only, "--format", "concise", "-q", "."]);
    let lines = text.lines().filter_map(|line| {
        let (place, rest) = line.split_once(": ")?;
        let rule = rest.split(['[', ']', ' ']).find(|word| word.starts_with("secret-"))?;
        let mut place = place.split(':');
        Some(format!("{}:{} {rule}", place.next()?, place.next()?))
    });
    lines.collect()
}

/// Rules whose secrets look like nothing that anybody issues.
const RULES: &str = "secrets:
  rules:
    - { id: secret-acme, description: an Acme token, regex: 'acme_([a-z0-9]+)', keywords: [ACME_], severity: low }
    - { id: secret-random, regex: 'rnd=(?P<value>\\w+)', group: value, entropy: 3 }
    - { id: secret-file, description: A key file, path: '\\.key$', severity: critical }
    - { id: secret-scoped, regex: 'scoped_\\d+', path: '^deploy/' }
";

#[test]
fn rules_of_the_configuration_are_rules() {
    let root = directory(
        "rules",
        &[
            ("portcullis.yaml", RULES),
            ("a.txt", "x\ntoken = acme_q1w2e3\n"),
            ("b.py", "a = 'rnd=aaaaaaaaaaaa'\nb = 'rnd=a1B2c3D4e5F6'\n"),
            ("deploy/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { a: scoped_1 }\n"),
            ("src/c.yaml", "a: scoped_1\n"),
            ("d/my.key", "\nfirst line\n"),
        ],
    );
    let all = "secret-acme,secret-random,secret-file,secret-scoped";
    let expected =
        ["a.txt:2 secret-acme", "b.py:2 secret-random", "d/my.key:2 secret-file", "deploy/c.yaml:4 secret-scoped"];
    assert_eq!(found(&root, all), expected);
    assert_eq!(found(&root, "secret-acme"), ["a.txt:2 secret-acme"]);
    let (text, code) = run(&root, &["check", "--only", "secret-acme", "--format", "concise", "."]);
    assert!(text.contains("an Acme token stands here") && code == 1, "{code} {text}");
    assert_eq!(run(&root, &["check", "--only", "secret-acme", "--fail-on", "medium", "."]).1, 0);
    assert_eq!(run(&root, &["check", "--only", "secret-none", "."]).1, 2);
    let (text, code) = run(&root, &["explain", "secret-acme"]);
    assert!(text.contains("an Acme token") && text.contains("acme_([a-z0-9]+)") && code == 0, "{text}");
    assert!(run(&root, &["rules"]).0.contains("secret-scoped"));
    let (text, _) = run(&root, &["check", "--only", "secret-file", "--format", "sarif", "."]);
    assert!(text.contains("\"id\":\"secret-file\"") && text.contains("\"9.5\""), "{text}");
}

#[test]
fn what_is_allowed_is_not_reported() {
    let files = &[
        ("a.txt", "acme_one\nacme_two # public\nacme_three\n"),
        ("docs/b.txt", "acme_one\nacme_four\n"),
        (
            "k8s.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers:\n    - name: a\n      image: a:1\n      env:\n        - { \
             name: DB_PASSWORD, value: acme_k9x4 }\n",
        ),
    ];
    let cases: &[(&str, &[&str])] = &[
        (
            "",
            &[
                "a.txt:1 secret-acme",
                "a.txt:2 secret-acme",
                "a.txt:3 secret-acme",
                "docs/b.txt:1 secret-acme",
                "docs/b.txt:2 secret-acme",
                "k8s.yaml:9 secret-acme",
            ],
        ),
        ("paths: ['^docs/', '^k8s']", &["a.txt:1 secret-acme", "a.txt:2 secret-acme", "a.txt:3 secret-acme"]),
        ("stopwords: [ONE, four, tw, k9]", &["a.txt:3 secret-acme"]),
        ("regexes: ['^(one|two|three)$', '^k9x4$']", &["docs/b.txt:2 secret-acme"]),
        ("regexes: ['^acme_(one|t.+|k.*)$'], target: match", &["docs/b.txt:2 secret-acme"]),
        (
            "regexes: ['public|value'], target: line",
            &["a.txt:1 secret-acme", "a.txt:3 secret-acme", "docs/b.txt:1 secret-acme", "docs/b.txt:2 secret-acme"],
        ),
        (
            "stopwords: [one], paths: ['^docs/', '^k8s'], condition: and",
            &[
                "a.txt:1 secret-acme",
                "a.txt:2 secret-acme",
                "a.txt:3 secret-acme",
                "docs/b.txt:2 secret-acme",
                "k8s.yaml:9 secret-acme",
            ],
        ),
        (
            "paths: ['.'], rules: [secret-file]",
            &[
                "a.txt:1 secret-acme",
                "a.txt:2 secret-acme",
                "a.txt:3 secret-acme",
                "docs/b.txt:1 secret-acme",
                "docs/b.txt:2 secret-acme",
                "k8s.yaml:9 secret-acme",
            ],
        ),
        ("paths: ['.'], rules: [secret-acme]", &[]),
    ];
    for (number, (allow, expected)) in cases.iter().enumerate() {
        let entry = if allow.is_empty() { String::new() } else { format!("  allow: [{{ {allow} }}]\n") };
        let config = format!("{RULES}{entry}");
        let files: Vec<_> = files.iter().copied().chain([("portcullis.yaml", config.as_str())]).collect();
        let root = directory(&format!("allow-{number}"), &files);
        assert_eq!(found(&root, "secret-acme"), *expected, "{allow}");
        // The domain's own rule about the same value follows where the entry is for all rules.
        let (text, _) = run(&root, &["check", "--only", "k8s-secret-env-literal", "--format", "concise", "-q", "."]);
        let is_told = allow.is_empty() || allow.contains("rules:") || allow.contains("and") || allow.contains("^(one");
        assert_eq!(text.contains("k8s-secret-env-literal"), is_told, "{allow}\n{text}");
    }
}

#[test]
fn words_in_a_line_allow_its_secrets() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("a.txt", "acme_a\nacme_b gitleaks:allow\nacme_c # trufflehog:ignore\n", &["a.txt:1 secret-acme"]),
        (
            "a.go",
            "x := \"acme_a\" // pragma: allowlist secret\ny := \"acme_b\" // pragma: allow\n",
            &["a.go:2 secret-acme"],
        ),
        (
            "a.yaml",
            "# pragma: allowlist nextline secret\na: acme_a\nb: acme_b # pragma: whitelist secret\nc: acme_c\n",
            &["a.yaml:4 secret-acme"],
        ),
        ("Dockerfile", "FROM a:1\nENV A=acme_a\nRUN echo acme_b # gitleaks:allow\n", &["Dockerfile:2 secret-acme"]),
        ("a.tf", "locals {\n  a = \"acme_a\" # gitleaks:allow\n  b = \"acme_b\"\n}\n", &["a.tf:3 secret-acme"]),
        ("a.md", "<!-- portcullis: ignore[secret-acme] a sample -->\nacme_a\n\nacme_b\n", &["a.md:4 secret-acme"]),
        ("a.css", "/* portcullis: ignore[secret-acme] */\n--a: acme_a;\n\n--b: acme_b;\n", &["a.css:4 secret-acme"]),
        (
            "a.sql",
            "-- portcullis: ignore[secret-acme]\nSELECT 'acme_a';\n\nSELECT 'acme_b'\n",
            &["a.sql:4 secret-acme"],
        ),
        ("a.ini", "; portcullis: ignore[secret-acme]\na = acme_a\n\nb = acme_b\n", &["a.ini:4 secret-acme"]),
        ("a.html", "<p>acme_a</p> <!-- gitleaks:allow -->\r\n<p>acme_b</p>\r\n", &["a.html:2 secret-acme"]),
        (
            "a.js",
            "const a = 'acme_a'; // portcullis: ignore[secret-acme] a test\nb('acme_b');\n",
            &["a.js:2 secret-acme"],
        ),
        ("requirements.txt", "a==1.0 # acme_a gitleaks:allow\nb==1.0 # acme_b\n", &["requirements.txt:2 secret-acme"]),
    ];
    for (number, (name, text, expected)) in cases.iter().enumerate() {
        let root = directory(&format!("words-{number}"), &[("portcullis.yaml", RULES), (name, text)]);
        assert_eq!(found(&root, "secret-acme"), *expected, "{name}\n{text}");
    }
}

/// A fingerprint must not tell a short value to whoever tries them all.
#[test]
fn values_do_not_enter_fingerprints() {
    let of = |name: &str, value: &str| {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: a }}\nspec:\n  restartPolicy: acme_{value}\n  containers:\n    - name: a\n      \
             image: acme_{value}/a:latest\n      imagePullPolicy: acme_{value}\n      env: [{{ name: DB_PASSWORD, value: acme_{value} }}]\n"
        );
        let root = directory(name, &[("portcullis.yaml", RULES), ("k8s.yaml", &pod)]);
        let (text, _) = run(&root, &["check", "--profile", "all", "--format", "json", "."]);
        let prints =
            text.split("\"fingerprint\":\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default().to_owned());
        prints.collect::<Vec<String>>()
    };
    let one = of("prints-1", "q1w2e3");
    assert!(one.len() > 5, "{one:?}");
    assert_eq!(one, of("prints-2", "z9x8c7"));
}
