//! What git tracks is scanned although an ignore file matches it; what is named, although the configuration leaves it out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

#[path = "support/repository.rs"]
mod repository;

use std::fs;
use std::path::Path;
use std::process::Output;

use repository::{command, commit, fill, fresh, git, places, repository};

const BAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - { name: web, image: \
                   \"web:1\", securityContext: { privileged: true } }\n";

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let rules = ["check", "--format", "concise", "--only", "k8s-privileged-container,secret-password"];
    command(env!("CARGO_BIN_EXE_portcullis"), directory)
        .args(rules)
        .args(arguments)
        .env("PORTCULLIS_DB", directory.join("default.db"))
        .output()
        .unwrap()
}

fn expect(name: &str, directory: &Path, arguments: &[&str], expected: &[&str]) {
    let output = run(directory, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(places(&output), expected, "{name} {arguments:?}: {error}");
    assert_eq!(output.status.code(), Some(i32::from(!expected.is_empty())), "{name} {arguments:?}: {error}");
}

#[test]
fn tracked_files_are_not_ignored() {
    let secret = "DB_USER=shop\nDB_PASSWORD=kX9mQ2vL7\n";
    let cases: &[(&str, &str, &[&str], &[&str])] = &[
        ("a file", "*.gen.yaml\n", &["a.gen.yaml", "k/b.gen.yaml"], &["a.gen.yaml:6", "k/b.gen.yaml:6"]),
        ("a folder", "gen/\n", &["gen/a.yaml", "k/gen/x/b.yaml"], &["gen/a.yaml:6", "k/gen/x/b.yaml:6"]),
        ("everything", "*\n", &["a.yaml", "k/b.yaml"], &["a.yaml:6", "k/b.yaml:6"]),
        ("what is left out stays out", "*\n", &["vendor/a.yaml", "k/target/b.yaml", "own/c.yaml"], &[]),
        ("what is no kind that is known", "*\n", &["a.bin", "k/b.png"], &[]),
        ("letters beyond ASCII", "gen/\n", &["gen/\u{e9} b.yaml"], &["gen/\u{e9} b.yaml:6"]),
    ];
    let config = "exclude: [own]\n";
    for (name, ignored, tracked, expected) in cases {
        let files: Vec<(&str, &str)> = tracked.iter().map(|path| (*path, BAD)).collect();
        let root = repository("tracked", name, &files);
        fill(&root, &[(".gitignore", ignored), ("portcullis.yaml", config)]);
        fs::write(root.join(".git/info/exclude"), "*\n").unwrap();
        expect(name, &root, &[], expected);
        // What is not tracked stays ignored.
        fill(&root, &[("gen/new.gen.yaml", BAD)]);
        expect(name, &root, &[], expected);
    }

    // As `--changed`, `--staged`, parts and whoever stands in a folder see it.
    let root = repository("tracked", "ways", &[("gen/a.yaml", "a: 1\n"), ("k/x", ""), (".gitignore", "gen/\n*.env\n")]);
    fill(&root, &[("gen/a.yaml", BAD), ("b.env", secret), ("gen/new.yaml", BAD)]);
    expect("changed", &root, &["--changed", "HEAD"], &["gen/a.yaml:6"]);
    git(&root, &["add", "-f", "b.env", "gen/a.yaml"]);
    let both = &["b.env:2", "gen/a.yaml:6"][..];
    expect("changed", &root, &["--changed", "HEAD"], both);
    expect("staged", &root, &["--staged"], both);
    expect("named", &root, &["gen/a.yaml", "b.env"], both);
    expect("from below", &root.join("k"), &[".."], &["../b.env:2", "../gen/a.yaml:6"]);
    expect("from the folder", &root.join("gen"), &[".."], &["../b.env:2", "a.yaml:6"]);
    expect("from above", root.parent().unwrap(), &["ways"], &["ways/b.env:2", "ways/gen/a.yaml:6"]);
    let parts: Vec<String> =
        ["1/2", "2/2"].iter().flat_map(|part| places(&run(&root, &["--shard", part]))).collect::<Vec<_>>();
    assert_eq!(parts.len(), 2, "{parts:?}");
    // A folder that holds nothing else is not empty, and of what is gone or is a link nothing is said.
    fs::remove_file(root.join("gen/a.yaml")).unwrap();
    expect("gone", &root, &[], &["b.env:2"]);
    #[cfg(unix)]
    {
        fill(&root, &[("elsewhere/a.yaml", "a: 1\n")]);
        fs::remove_dir_all(root.join("gen")).unwrap();
        std::os::unix::fs::symlink("elsewhere", root.join("gen")).unwrap();
        fill(&root, &[("elsewhere/a.yaml", BAD), (".gitignore", "gen\n*.env\nelsewhere\n")]);
        expect("behind a link", &root, &[], &["b.env:2"]);
    }
}

#[test]
fn each_repository_has_its_own_index() {
    let inner = repository("tracked", "inner", &[("build/a.yaml", BAD), ("b.yaml", "b: 1\n")]);
    let outer = repository("tracked", "outer", &[(".gitignore", "build/\n"), ("x", "")]);
    git(&outer, &["submodule", "add", "-q", inner.to_str().unwrap(), "sub"]);
    commit(&outer);
    expect("a submodule", &outer, &[], &["sub/build/a.yaml:6"]);
    fill(&outer, &[("build/c.yaml", BAD)]);
    commit(&outer);
    expect("both", &outer, &[], &["build/c.yaml:6", "sub/build/a.yaml:6"]);
    let linked = fresh("tracked", "linked");
    git(&outer, &["worktree", "add", "-q", "../linked"]);
    expect("a linked worktree", &linked, &[], &["build/c.yaml:6"]);
    // Without a repository nothing is tracked.
    let none = fresh("tracked", "none");
    fill(&none, &[(".gitignore", "build/\n"), ("build/a.yaml", BAD), ("b.yaml", "b: 1\n")]);
    expect("none", &none, &[], &[]);
    // The forms of an index, and one that cannot be read.
    for (form, settings) in
        [("version 4", &["update-index", "--index-version", "4"][..]), ("split", &["update-index", "--split-index"])]
    {
        let root = repository("tracked", form, &[(".gitignore", "build/\n"), ("build/a.yaml", BAD), ("c/x", "")]);
        git(&root, settings);
        expect(form, &root, &[], &["build/a.yaml:6"]);
        fill(&root, &[("build/b.yaml", BAD)]);
        git(&root, &["add", "-f", "."]);
        expect(form, &root, &[], &["build/a.yaml:6", "build/b.yaml:6"]);
        expect(form, &root, &["--staged"], &["build/b.yaml:6"]);
    }
    let damaged = repository("tracked", "damaged", &[(".gitignore", "build/\n"), ("build/a.yaml", BAD), ("c/x", "")]);
    fs::write(damaged.join(".git/index"), "no index").unwrap();
    let output = run(&damaged, &[]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(error.contains("note: tracked files that `.gitignore` matches are not scanned"), "{error}");
}

#[test]
fn what_is_named_counts_wherever_it_lies() {
    let changed = BAD.replace("web:1", "web:2");
    let files = [("target/x/a.yaml", BAD), ("gen/b.yaml", BAD), ("vendor/c.env", "DB_PASSWORD=kX9mQ2vL7\n")];
    let root = repository("tracked", "excluded", &files);
    fill(&root, &[(".gitignore", "target/\ngen/\n")]);
    commit(&root);
    expect("by default", &root, &[], &["gen/b.yaml:6"]);
    expect("in the history", &root, &["--history"], &[]);
    for (name, found) in [
        ("target", &["target/x/a.yaml:6"][..]),
        ("target/x", &["target/x/a.yaml:6"]),
        ("target/x/a.yaml", &["target/x/a.yaml:6"]),
        ("gen", &["gen/b.yaml:6"]),
        ("vendor", &["vendor/c.env:1"]),
        ("vendor/c.env", &["vendor/c.env:1"]),
    ] {
        expect("all of it", &root, &[name], found);
        // What was there before is to nobody's blame, and is seen before as it is seen now.
        expect("unchanged", &root, &["--changed", "HEAD", name], &[]);
    }
    let searched = run(&root, &["--history", "HEAD", "vendor"]);
    assert_eq!(places(&searched), ["vendor/c.env:1"]);
    let renewed = "DB_USER=a\nDB_PASSWORD=kX9mQ2vL7\n";
    fill(&root, &[("target/x/a.yaml", &format!("# more\n{BAD}")), ("gen/b.yaml", &changed), ("vendor/c.env", renewed)]);
    for way in [&["--changed", "HEAD"][..], &["--staged"]] {
        for name in ["target", "target/x", "target/x/a.yaml", "vendor", "vendor/c.env"] {
            expect("it was there", &root, &[way, &[name]].concat(), &[]);
        }
        expect("its line", &root, &[way, &["gen"]].concat(), &["gen/b.yaml:6"]);
        expect("by default", &root, way, &["gen/b.yaml:6"]);
        git(&root, &["add", "-A", "-f"]);
    }
    fill(&root, &[("target/x/new.yaml", BAD), ("vendor/d.env", "C_PASSWORD=wB4nR8tYp\n")]);
    git(&root, &["add", "-A", "-f"]);
    for way in [&["--changed", "HEAD"][..], &["--staged"]] {
        expect("new", &root, &[way, &["target/x"]].concat(), &["target/x/new.yaml:6"]);
        expect(
            "new",
            &root,
            &[way, &["vendor", "target/x/new.yaml"]].concat(),
            &["target/x/new.yaml:6", "vendor/d.env:1"],
        );
        expect("a hook's", &root, &[way, &["--force-exclude", "vendor/d.env"]].concat(), &[]);
    }
}

#[test]
fn a_named_file_is_known_by_its_content_before_as_well() {
    let root = repository("tracked", "content", &[("pod.txt", BAD)]);
    fill(&root, &[("pod.txt", &format!("# more\n{BAD}"))]);
    expect("now", &root, &["pod.txt"], &["pod.txt:7"]);
    expect("before", &root, &["--changed", "HEAD", "pod.txt"], &[]);
    fill(&root, &[("pod.txt", &BAD.replace("web:1", "web:2"))]);
    expect("its line", &root, &["--changed", "HEAD", "pod.txt"], &["pod.txt:6"]);
    git(&root, &["add", "-A"]);
    expect("staged", &root, &["--staged", "pod.txt"], &["pod.txt:6"]);
}
