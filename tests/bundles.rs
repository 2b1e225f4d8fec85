//! Bundles of policies, end to end: archives and folders, digests, and archives that nobody should open.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

fn directory(name: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundles").join(name);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join(".git")).unwrap();
    for (path, text) in files {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), text).unwrap();
    }
    root
}

fn run(root: &Path, args: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis")).args(args).current_dir(root).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// An archive of these entries; paths are written as they are.
fn archive(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (path, kind, content) in entries {
        let mut header = Header::new_ustar();
        let name = &mut header.as_old_mut().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if *kind == EntryType::Symlink {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    gzipped(&builder.into_inner().unwrap())
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const FILE: EntryType = EntryType::Regular;
const POLICY: &[u8] = b"package main

deny contains msg if {
	input.kind == \"Deployment\"
	not input.metadata.name in data.settings.names
	msg := \"the name is not known\"
}
";
const DATA: &[u8] = b"{\"names\": [\"api\"]}";
const MANIFEST: &[u8] = b"{\"revision\": \"7\", \"roots\": [\"main\", \"settings\"], \"rego_version\": 1}";
const WEB: &[u8] = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n";
const FINDING: &str = "the name is not known";

fn whole() -> Vec<u8> {
    archive(&[
        ("/.manifest", FILE, MANIFEST),
        ("/settings", EntryType::Directory, b""),
        ("/settings/data.json", FILE, DATA),
        ("/main.rego", FILE, POLICY),
        ("/main_test.rego", FILE, b"package broken {"),
        ("/policy.wasm", FILE, b"\0asm"),
        ("/.signatures.json", FILE, b"{}"),
        ("/notes.json", FILE, b"{"),
    ])
}

#[test]
fn archives_are_policies_with_their_data() {
    let root = directory("whole", &[("web.yaml", WEB), ("p.tar.gz", &whole())]);
    let (text, errors, code) = run(&root, &["check", "--only", "policy", "--policy", "p.tar.gz", "web.yaml"]);
    assert_eq!(code, 1, "{text}{errors}");
    assert!(text.contains(FINDING), "{text}");
    let (text, errors, _) =
        run(&root, &["check", "--only", "policy", "--policy", "p.tar.gz", "--format", "json", "web.yaml"]);
    for note in ["its signatures are not checked", "its WebAssembly is not run"] {
        assert!(text.contains(note), "{text}{errors}");
    }
    // A fault in a policy is told with the archive and the path in it.
    let broken = archive(&[("a/b.rego", FILE, b"package main\n\ndeny contains 1 if {\n")]);
    std::fs::write(root.join("p.tar.gz"), broken).unwrap();
    let (_, errors, code) = run(&root, &["check", "--policy", "p.tar.gz", "web.yaml"]);
    assert!(code == 2 && errors.contains("p.tar.gz/a/b.rego:"), "{errors}");
}

/// Paths, kinds and contents.
type Entries<'a> = &'a [(&'a str, EntryType, &'a [u8])];

#[test]
fn what_a_manifest_claims_is_one_bundles_alone() {
    let claims = |roots: &str| format!("{{\"roots\": {roots}}}");
    let policy = |package: &str| format!("package {package}\n\ndeny contains \"no\" if false\n");
    let (whole, deep, other) = (claims(r#"["acme"]"#), claims(r#"["acme/app", "x"]"#), claims(r#"["acmes"]"#));
    let (app, acmes) = (policy("acme.app"), policy("acmes"));
    let (a, x) = (archive(&[(".manifest", FILE, whole.as_bytes()), ("p.rego", FILE, app.as_bytes())]), "is loaded: `");
    let rows: &[(&str, Entries<'_>, Option<&str>)] = &[
        ("below", &[(".manifest", FILE, deep.as_bytes()), ("p.rego", FILE, app.as_bytes())], Some("acme")),
        ("beside", &[(".manifest", FILE, other.as_bytes()), ("p.rego", FILE, acmes.as_bytes())], None),
        ("without claims, below", &[("p.rego", FILE, app.as_bytes())], Some("acme")),
        ("without claims, beside", &[("p.rego", FILE, acmes.as_bytes())], None),
        ("data", &[("acme/app/data.json", FILE, b"{\"a\": 1}")], Some("acme")),
        ("data beside", &[("acmes/data.json", FILE, b"{\"a\": 1}")], None),
    ];
    for (name, entries, shared) in rows {
        let root = directory(
            &format!("roots/{name}"),
            &[("web.yaml", WEB), ("a.tar.gz", &a), ("b.tar.gz", &archive(entries))],
        );
        for order in [["a.tar.gz", "b.tar.gz"], ["b.tar.gz", "a.tar.gz"]] {
            let args = [
                "check",
                "--only",
                "policy",
                "--all-namespaces",
                "--policy",
                order[0],
                "--policy",
                order[1],
                "web.yaml",
            ];
            let (_, errors, code) = run(&root, &args);
            let expected = shared.map(|root| format!("{}: nothing of the bundle {x}{root}", order[1]));
            let is_told = expected.as_ref().is_none_or(|expected| errors.contains(expected));
            assert!(is_told && code == if shared.is_some() { 2 } else { 0 }, "{name}: {code} {errors}");
        }
    }
}

#[test]
fn what_has_another_digest_is_not_loaded() {
    let files: &[(&str, &[u8])] = &[
        ("web.yaml", WEB),
        ("p.tar.gz", &whole()),
        ("p/main.rego", POLICY),
        ("p/settings/data.yaml", b"names: [api]\n"),
        ("p/.manifest", MANIFEST),
    ];
    let root = directory("digests", files);
    for path in ["p.tar.gz", "p"] {
        let config = |digest: &str| format!("policies:\n  bundles:\n    - {{ path: {path}, digest: \"{digest}\" }}\n");
        std::fs::write(root.join("portcullis.yaml"), config(&format!("sha256:{}", "0".repeat(64)))).unwrap();
        let (text, errors, code) = run(&root, &["check", "web.yaml"]);
        assert!(code == 2 && !text.contains(FINDING), "{text}{errors}");
        // The error says the digest, so that it can be copied.
        let (_, rest) = errors.split_once("its digest is ").unwrap_or_else(|| panic!("{errors}"));
        let digest = rest.split(',').next().unwrap();
        std::fs::write(root.join("portcullis.yaml"), config(digest)).unwrap();
        let (text, errors, _) = run(&root, &["check", "--only", "policy", "web.yaml"]);
        assert!(text.contains(FINDING), "{text}{errors}");
        if path == "p" {
            std::fs::write(root.join("p/new.rego"), "package main\n").unwrap();
            let (text, errors, code) = run(&root, &["check", "web.yaml"]);
            assert!(code == 2 && !text.contains(FINDING), "{text}{errors}");
        }
    }
    std::fs::write(root.join("portcullis.yaml"), "policies: { bundles: [{ path: p, digest: md5:0 }] }\n").unwrap();
    let (_, errors, code) = run(&root, &["check", "web.yaml"]);
    assert!(code == 2 && errors.contains("portcullis.yaml:1:42: error: `md5:0` is no digest"), "{errors}");
}

#[test]
fn archives_that_nobody_should_open_are_refused() {
    let zeros = vec![0_u8; 1 << 20];
    let names: Vec<String> = (0..10_001).map(|number| format!("f{number}")).collect();
    let many: Vec<(&str, EntryType, &[u8])> =
        names.iter().take(80).map(|name| (name.as_str(), FILE, zeros.as_slice())).collect();
    let entries: Vec<(&str, EntryType, &[u8])> = names.iter().map(|name| (name.as_str(), FILE, &b""[..])).collect();
    let deep = vec!["a"; 40].join("/");
    let truncated: Vec<u8> = whole().into_iter().take(60).collect();
    let one = |path: &str, kind: EntryType| archive(&[("main.rego", FILE, POLICY), (path, kind, b"")]);
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("traversal", one("../main.rego", FILE), "the entry `../main.rego` leads out of the bundle"),
        ("traversal within", one("a/../../main.rego", FILE), "leads out of the bundle"),
        ("absolute twice", one("//etc/passwd", FILE), "leads out of the bundle"),
        ("drive", one("C:/main.rego", FILE), "leads out of the bundle"),
        ("backslash", one("..\\main.rego", FILE), "leads out of the bundle"),
        ("symbolic link", one("link.rego", EntryType::Symlink), "the entry `link.rego` is a link"),
        ("hard link", one("link.rego", EntryType::Link), "is a link"),
        ("device", one("null", EntryType::Char), "is a device"),
        ("pipe", one("pipe", EntryType::Fifo), "is a pipe"),
        (
            "twice",
            archive(&[("a.rego", FILE, POLICY), ("./a.rego", FILE, POLICY)]),
            "two entries are called `./a.rego`",
        ),
        ("deep", one(&deep, FILE), "it holds more than 32 folders in folders"),
        ("bomb", archive(&many), "it holds more than 64 MiB unpacked"),
        ("many", archive(&entries), "it holds more than 10,000 entries"),
        ("no archive", b"package main".to_vec(), "it is no gzipped tar archive"),
        ("truncated", truncated, "it is no gzipped tar archive"),
        ("no tar", gzipped(b"package main"), "it is no gzipped tar archive"),
        ("manifest", archive(&[(".manifest", FILE, b"[]")]), ".manifest: it is no object"),
        ("version", archive(&[(".manifest", FILE, b"{\"rego_version\": 2}")]), "`2` is no version of Rego"),
        (
            "package beyond the roots",
            archive(&[(".manifest", FILE, b"{\"roots\": [\"acme\"]}"), ("main.rego", FILE, POLICY)]),
            "main.rego: `main` is below none of the roots",
        ),
        (
            "data beyond the roots",
            archive(&[
                (".manifest", FILE, b"{\"roots\": [\"acme/a\"]}"),
                ("data.json", FILE, b"{\"acme\": {\"b\": 1}}"),
            ]),
            "data.json: `acme/b` is below none of the roots",
        ),
        ("data", archive(&[("a/data.json", FILE, b"{"), ("main.rego", FILE, POLICY)]), "a/data.json: "),
        (
            "data twice",
            archive(&[("data.json", FILE, b"{\"a\": 1}"), ("a/data.json", FILE, b"2")]),
            "another document gives a value",
        ),
        ("encoding", archive(&[("main.rego", FILE, b"\xff")]), "main.rego: it is not UTF-8"),
    ];
    for (name, bytes, error) in cases {
        let root = directory(
            name,
            &[
                ("web.yaml", WEB),
                ("p.tgz", bytes),
                ("own/own.rego", b"package main\n\nwarn contains \"own\" if input.kind\n"),
            ],
        );
        let (text, errors, code) =
            run(&root, &["check", "--only", "policy", "--policy", "p.tgz", "--policy", "own", "web.yaml"]);
        assert_eq!(code, 2, "{name}: {text}{errors}");
        assert!(errors.contains(error) && errors.contains("nothing of the bundle is loaded"), "{name}: {errors}");
        // Other policies are asked, and nothing of this one is.
        assert!(text.contains("own") && !text.contains(FINDING), "{name}: {text}{errors}");
    }
}
