//! Reports from the outside: what stands in names, what lies in the tree, and what is said of what was not scanned.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{piped, ran};

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    support::repository("reports", name, files)
}

const FORMATS: [&str; 14] = [
    "pretty",
    "concise",
    "json",
    "jsonl",
    "sarif",
    "github",
    "gitlab",
    "gitlab-sast",
    "junit",
    "markdown",
    "html",
    "csv",
    "cyclonedx",
    "spdx",
];

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - { name: web, image: \
                   \"web:1\", securityContext: { privileged: true } }\n";

/// A folder whose files name things that are as long as files.
fn long_names(name: &str) -> PathBuf {
    let (long, blanks) = ("n".repeat(50_000), "ä ".repeat(25_000));
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {long} }}\nspec:\n  containers:\n    - name: {long}\n      image: \
         {long}:latest\n      securityContext: {{ privileged: true }}\n      env: [{{ name: {long}_PASSWORD, value: \
         hunter2Xy9q }}]\n      {long}: 1\n    - {{ name: \"{blanks}\", image: \"{blanks}\", securityContext: {{ privileged: \
         true }} }} # portcullis: ignore[k8s-privileged-container] {long}\n"
    );
    let service = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{ name: {long} }}\nspec: {{ selector: {{ app: {long} }}, ports: [{{ port: \
         80, targetPort: {long} }}] }}\n"
    );
    let dockerfile = format!(
        "FROM {long}:latest AS {long}\nRUN apt-get install {long} && cd {long} && sudo {long}\nCOPY --from={long}x a b\n"
    );
    let workflow = format!(
        "on: push\njobs:\n  {long}:\n    runs-on: {long}\n    needs: [{long}x]\n    steps:\n      - uses: \
         {long}/{long}@{long}\n      - run: echo ${{{{ github.event.issue.title }}}} ${{{{ steps.{long}.outputs.x }}}}\n"
    );
    let terraform = format!(
        "resource \"aws_s3_bucket\" \"{long}\" {{\n  acl = \"public-read\"\n}}\nmodule \"{long}\" {{\n  source = \
         \"./{long}\"\n}}\noutput \"x\" {{\n  value = var.{long}y\n}}\n"
    );
    let compose = format!(
        "services:\n  {long}:\n    image: {long}\n    privileged: true\n    depends_on: [{long}z]\n    volumes: \
         [\"{long}:/x\"]\n"
    );
    let kustomization = format!("resources: [{long}.yaml]\ncommonLabels: {{ {long}: {long} }}\n");
    let manifest = format!("{{\"dependencies\":{{\"{long}\":\"*\"}}}}");
    folder(
        name,
        &[
            ("pod.yaml", &pod),
            ("service.yaml", &service),
            ("Dockerfile", &dockerfile),
            (".github/workflows/ci.yml", &workflow),
            ("main.tf", &terraform),
            ("compose.yaml", &compose),
            ("k/kustomization.yaml", &kustomization),
            ("package.json", &manifest),
        ],
    )
}

/// Characters of a message; some formats put a title, a place and a help beside it.
const LONGEST: usize = 9_000;

#[test]
fn no_output_repeats_a_name_that_is_as_long_as_a_file() {
    let folder = long_names("long");
    let mut arguments = vec!["check", ".", "--profile", "all", "--include-suppressed", "-v"];
    let written: Vec<String> = FORMATS.iter().map(|format| format!("{format}=out/{format}")).collect();
    for output in &written {
        arguments.extend(["--format", output]);
    }
    std::fs::create_dir_all(folder.join("out")).unwrap();
    let (_, said, code) = ran(&folder, &arguments);
    assert_eq!(code, 1, "{said}");
    let read = |format: &str| std::fs::read_to_string(folder.join("out").join(format)).unwrap();
    let json: Value = serde_json::from_str(&read("json")).unwrap();
    assert!(json["findings"].as_array().unwrap().len() > 10, "{json}");
    let short = |what: &str, text: &str| {
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(longest <= LONGEST, "{what} has a line of {longest} characters");
    };
    short("standard error", &said);
    for format in FORMATS {
        match format {
            // Written on one line.
            "sarif" => texts(&serde_json::from_str(&read(format)).unwrap(), &mut |text| short(format, text)),
            // The name of a package is what a bill of materials is about.
            "cyclonedx" | "spdx" => {}
            _ => short(format, &read(format)),
        }
    }
}

fn texts(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(all) => all.iter().for_each(|one| texts(one, each)),
        Value::Object(all) => all.iter().for_each(|(key, one)| {
            each(key);
            texts(one, each);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Names that differ in their middle alone read alike, and are two findings all the same.
#[test]
fn identities_do_not_depend_on_what_is_shown() {
    let fingerprints = |middle: &str| {
        let name = format!("{}{middle}{}", "a".repeat(400), "b".repeat(400));
        let pod = POD.replace("{ name: web, image", &format!("{{ name: {name}, image"));
        let folder = folder("identities", &[("pod.yaml", &pod)]);
        let (json, ..) = ran(&folder, &["check", ".", "--only", "k8s-privileged-container", "--format", "json"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        (json["findings"][0]["message"].clone(), json["findings"][0]["fingerprint"].clone())
    };
    let (first, second) = (fingerprints("x"), fingerprints("y"));
    assert_eq!(first.0, second.0);
    assert_ne!(first.1, second.1);
}

/// A scan whose own reports lie in the tree finds what it found without them.
#[test]
fn our_reports_in_the_tree_are_no_findings() {
    let secrets = "DB_PASSWORD=kT9wQz4mLx7\nldap_bind_password: Zq8xKw3nPv\n";
    let folder = folder("own", &[("pod.yaml", POD), ("app.env", secrets), ("notes.txt", secrets)]);
    let all = |arguments: &[&str]| {
        let arguments = [&["check", ".", "--profile", "all", "--include-suppressed"], arguments].concat();
        ran(&folder, &arguments).0
    };
    let before = all(&["--format", "concise"]);
    assert!(before.contains("secret-password") && before.contains("k8s-privileged-container"), "{before}");
    let written: Vec<String> = FORMATS.iter().map(|format| format!("{format}=report.{format}")).collect();
    let mut arguments = vec!["-q"];
    for output in &written {
        arguments.extend(["--format", output]);
    }
    // SARIF brings the docs of the rules that have results.
    all(&arguments);
    ran(&folder, &["baseline", "write", "--output", "report.baseline.json"]);
    for (from, to) in [
        ("report.json", "a.json"),
        ("report.sarif", "a.sarif.json"),
        ("report.junit", "a.xml"),
        ("report.html", "a.html"),
        ("report.markdown", "a.md"),
        ("report.gitlab", "gl-code.json"),
        ("report.gitlab-sast", "gl-sast.json"),
    ] {
        std::fs::copy(folder.join(from), folder.join(to)).unwrap();
    }
    assert_eq!(all(&["--format", "concise"]), before);
}

/// In what other scanners wrote a token is one; what stands behind a name is the text of a rule, or what it quotes.
#[test]
fn a_token_in_a_report_has_leaked() {
    let token = format!("{}{}", "glpat-", "x9Kq2mWv7RtL4pZsN8bY");
    let sarif = |message: &str| {
        format!(
            "{{\"version\": \"2.1.0\", \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"runs\": [{{\"tool\": \
             {{\"driver\": {{\"name\": \"other\"}}}}, \"results\": [{{\"message\": {{\"text\": \"{message}\"}}}}]}}]}}\n"
        )
    };
    let text =
        "set ldap_bind_password: Zq8xKw3nPv and DB_PASSWORD=kT9wQz4mLx7 # portcullis: ignore[secret-gitlab-token] x";
    let quoted = sarif(text);
    let leaked = sarif(&format!("{text} {token}"));
    let plain = quoted.replace("\"runs\"", "\"walks\"");
    for (report, expected) in [(&quoted, &[][..]), (&leaked, &["secret-gitlab-token"]), (&plain, &["secret-"])] {
        for name in ["a.sarif", "a.json", "a.txt"] {
            let folder = folder("others", &[(name, report)]);
            let (found, ..) = ran(&folder, &["check", ".", "--profile", "all", "--format", "concise"]);
            let lines: Vec<&str> = found.lines().collect();
            if expected.is_empty() {
                assert_eq!(lines, [""; 0], "{name}");
            }
            for rule in expected {
                assert!(found.contains(rule), "{name}: {found}");
            }
            assert!(expected.len() != 1 || expected == ["secret-"] || lines.len() == 1, "{name}: {found}");
        }
    }
}

/// What the whole scan says, and what its parts say when they are put together.
#[test]
fn the_summary_counts_kinds_of_files() {
    let node = "{ \"dependencies\": { \"a\": \"1.0.0\" } }\n";
    let files = [
        ("k8s/pod.yaml", POD),
        ("k8s/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("broken/kustomization.yaml", "resources: [gone.yaml]\n"),
        ("Dockerfile", "FROM a:1\n"),
        ("Dockerfile.j2", "FROM {{ a }}\n"),
        ("compose.yaml", "services: { a: { image: \"a:1\" } }\n"),
        (".github/workflows/ci.yml", "on: push\njobs: { a: { runs-on: ubuntu-24.04, steps: [{ run: make }] } }\n"),
        ("main.tf", "variable \"a\" {}\n"),
        ("package.json", node),
        ("values.yaml", "a: 1\n"),
        ("data.json", "{}\n"),
        ("node_modules/a/pod.yaml", POD),
        ("old/pod.yaml", POD),
        ("portcullis.yaml", "exclude: [old/*.yaml]\n"),
    ];
    let folder = folder("kinds", &files);
    std::fs::write(folder.join("latin.yaml"), b"a: \xe9\n").unwrap();
    let summary = |arguments: &[&str]| {
        let (shown, said, _) = ran(&folder, arguments);
        let line = shown.lines().find(|line| line.starts_with("scanned: ")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{shown}{said}"))
    };
    let whole = summary(&["check", ".", "--format", "pretty"]);
    assert!(
        whole.starts_with("scanned: 3 Kubernetes, 1 Docker, 1 Compose, 1 Actions, 1 Terraform, 1 dependency, "),
        "{whole}"
    );
    let joined = one_line(&folder, &["check", ".", "--format", "pretty"]);
    let expected = "not judged: 1 template, 1 unreadable file, 1 kustomization · excluded: 1 folder, 1 file · ";
    assert!(joined.contains(expected), "{joined}");
    let (listed, ..) = ran(&folder, &["check", ".", "--format", "pretty", "-v"]);
    assert!(listed.contains("excluded: node_modules/\nexcluded: old/pod.yaml\n"), "{listed}");
    // Beside the tree: in it they would be files of it.
    let parts = support::folder("reports", "kinds-parts", &[("readme", "")]);
    let parts = [1, 2, 3].map(|part| parts.join(format!("{part}.facts")).display().to_string());
    for (number, part) in (1..).zip(&parts) {
        ran(&folder, &["check", ".", "--shard", &format!("{number}/3"), "--format", &format!("facts={part}")]);
    }
    let merge: Vec<&str> =
        ["merge", "--format", "pretty"].into_iter().chain(parts.iter().map(String::as_str)).collect();
    assert_eq!(summary(&merge), whole);
}

/// The output with its broken lines put together.
fn one_line(folder: &Path, arguments: &[&str]) -> String {
    ran(folder, arguments).0.replace("\n  ", " ")
}

#[test]
fn what_an_output_had_no_room_for_is_said_beside_it() {
    let mut pods = String::new();
    for number in 0..40 {
        _ = write!(pods, "---\n{}", POD.replace("name: web }", &format!("name: web{number} }}")));
    }
    let folder = folder("cut", &[("pods.yaml", &pods)]);
    let only = ["check", ".", "--only", "k8s-privileged-container", "--format"];
    let expected = "the 10 most severe of each level of 40 findings are in it: GitHub shows 10 of each level\n";
    let (_, said, _) = ran(&folder, &[&only[..], &["github=a.txt"]].concat());
    assert!(said.contains(&format!("note: a.txt: {expected}")), "{said}");
    let (_, said, _) = ran(&folder, &[&only[..], &["github"]].concat());
    assert!(said.contains(&format!("note: github: {expected}")), "{said}");
    let (_, said, _) = ran(&folder, &[&only[..], &["github", "-q"]].concat());
    assert_eq!(said, "");
}

/// A runner reads standard error as well, and looks past blanks.
#[test]
fn complaints_are_no_commands() {
    let folder = folder("commands", &[("::error::x.yaml", POD), ("##[error]y.yaml", POD)]);
    for arguments in
        [&["check", "  ::error::gone", "##[error]gone"][..], &["check", ".", "--format", "pretty"], &["check", "."]]
    {
        let (shown, said, _) = ran(&folder, arguments);
        for text in [&shown, &said] {
            assert!(!text.contains("##["), "{text}");
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        }
    }
    let (concise, ..) = ran(&folder, &["check", ".", "--format", "concise"]);
    let path = concise.lines().find(|line| line.starts_with("./::error::x.yaml:")).unwrap();
    assert!(folder.join(path.split(".yaml").next().unwrap().to_owned() + ".yaml").exists(), "{path}");
}

/// What a template engine wrote may name anything.
#[test]
fn names_from_standard_input_are_cut() {
    let folder = folder("source", &[]);
    let long = "n".repeat(50_000);
    let rendered = format!("---\n# Source: web/{long}/a.yaml\n{POD}");
    for format in ["pretty", "concise", "markdown", "html", "junit", "csv"] {
        let (shown, ..) = piped(&folder, &["check", "-", "--format", format], &rendered);
        assert!(shown.contains("k8s-privileged-container"), "{format}: {shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= LONGEST), "{format}");
    }
}
