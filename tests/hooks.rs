//! What a hook of git judges: the commit that is about to be made, whatever started it and wherever the repository is.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

#[path = "support/repository.rs"]
mod repository;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use repository::{command, fill, fresh, git, places, repository, try_git};

const GOOD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - { name: web, image: \
                    \"web:1\", securityContext: { privileged: false } }\n";

fn bad() -> String {
    GOOD.replace("false", "true")
}

const CHECK: &str = "check --format concise --only k8s-privileged-container --staged";

/// Lets each commit write what the program says of it to `said` in `log`, and makes none. `script` runs the program as `$CHECK`.
fn hook(directory: &Path, log: &Path, script: &str) {
    let path = directory.join("hooks/pre-commit");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let program = env!("CARGO_BIN_EXE_portcullis");
    let text =
        format!("#!/bin/sh\nCHECK=\"{program} {CHECK}\"\n({script}) > '{}' 2>&1\nexit 1\n", log.join("said").display());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs git, which the hook stops, and compares what the hook said: the places of findings, or other lines as they are.
fn expect(name: &str, directory: &Path, log: &Path, words: &[&str], expected: &[&str]) {
    _ = fs::remove_file(log.join("said"));
    let output = try_git(directory, words);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{name}: {error}");
    let said = fs::read_to_string(log.join("said")).unwrap_or_else(|_| panic!("{name}: no hook ran: {error}"));
    let place = |line: &str| line.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
    assert_eq!(said.lines().map(place).collect::<Vec<_>>(), expected, "{name}: {said}");
}

#[test]
fn a_hook_judges_the_commit_that_is_made() {
    let log = fresh("hooks", "log-commit");
    let root = repository("hooks", "commit", &[("a.yaml", GOOD), ("b.yaml", GOOD), ("sub/c.yaml", GOOD), ("d/x", "")]);
    hook(&root.join(".git"), &log, "$CHECK");
    fill(&root, &[("a.yaml", &bad()), ("b.yaml", &bad()), ("sub/c.yaml", &bad()), ("new.yaml", &bad())]);
    git(&root, &["add", "b.yaml"]);
    fill(&root, &[("b.yaml", GOOD)]);
    let (sub, above) = (root.join("sub"), root.parent().unwrap());
    for (name, directory, words, expected) in [
        ("what is staged", &*root, &["commit", "-m", "x"][..], &["b.yaml:6"][..]),
        ("all", &root, &["commit", "-am", "x"], &["a.yaml:6", "sub/c.yaml:6"]),
        ("one that is not staged", &root, &["commit", "-m", "x", "a.yaml"], &["a.yaml:6"]),
        ("one beside what is staged", &root, &["commit", "-i", "-m", "x", "a.yaml"], &["a.yaml:6", "b.yaml:6"]),
        ("a folder", &root, &["commit", "-m", "x", "sub"], &["sub/c.yaml:6"]),
        ("from below", &sub, &["commit", "-m", "x", "c.yaml"], &["sub/c.yaml:6"]),
        ("from below, all", &sub, &["commit", "-am", "x"], &["a.yaml:6", "sub/c.yaml:6"]),
        ("-C", above, &["-C", "commit/sub", "commit", "-am", "x"], &["a.yaml:6", "sub/c.yaml:6"]),
        ("-C of a file", above, &["-C", "commit", "commit", "-m", "x", "a.yaml"], &["a.yaml:6"]),
        ("amended", &root, &["commit", "--amend", "-m", "x"], &["b.yaml:6"]),
        (
            "with the repository named",
            above,
            &["--git-dir", "commit/.git", "--work-tree", "commit", "commit", "-am", "x"],
            &["a.yaml:6", "sub/c.yaml:6"],
        ),
    ] {
        expect(name, directory, &log, words, expected);
    }
    // What the hook names is seen in that commit as well, and so are its own folders.
    hook(&root.join(".git"), &log, "$CHECK sub; cd sub && $CHECK");
    expect("named", &root, &log, &["commit", "-am", "x"], &["sub/c.yaml:6", "../a.yaml:6", "c.yaml:6"]);
}

#[test]
fn a_hook_of_a_linked_worktree_or_submodule_judges_that() {
    let log = fresh("hooks", "log-linked");
    let root = repository("hooks", "main", &[("a.yaml", GOOD), ("b.yaml", GOOD)]);
    hook(&root.join(".git"), &log, "$CHECK");
    let linked = fresh("hooks", "linked");
    git(&root, &["worktree", "add", "-q", "../linked"]);
    fill(&linked, &[("a.yaml", &bad())]);
    fill(&root, &[("b.yaml", &bad())]);
    git(&root, &["add", "-A"]);
    expect("all", &linked, &log, &["commit", "-am", "x"], &["a.yaml:6"]);
    expect("a file", &linked, &log, &["commit", "-m", "x", "a.yaml"], &["a.yaml:6"]);
    expect("of the main one", &root, &log, &["commit", "-m", "x"], &["b.yaml:6"]);
    // A hook that looks at another worktree does not judge that by its own index.
    hook(&root.join(".git"), &log, &format!("cd '{}' && $CHECK", root.display()));
    expect("the other one", &linked, &log, &["commit", "-am", "x"], &["b.yaml:6"]);

    let log = fresh("hooks", "log-submodule");
    let outer = repository("hooks", "outer", &[("o.yaml", GOOD)]);
    git(&outer, &["submodule", "add", "-q", root.to_str().unwrap(), "sub"]);
    git(&outer, &["commit", "-q", "-m", "sub"]);
    hook(&outer.join(".git/modules/sub"), &log, "$CHECK");
    hook(&outer.join(".git"), &log, "$CHECK");
    fill(&outer, &[("sub/a.yaml", &bad()), ("o.yaml", &bad())]);
    expect("in it", &outer.join("sub"), &log, &["commit", "-am", "x"], &["a.yaml:6"]);
    expect("-C", &outer, &log, &["-C", "sub", "commit", "-m", "x", "a.yaml"], &["a.yaml:6"]);
    expect("around it", &outer, &log, &["commit", "-am", "x"], &["o.yaml:6"]);
    git(&outer, &["add", "o.yaml"]);
    hook(&outer.join(".git/modules/sub"), &log, "cd .. && $CHECK");
    expect("from it", &outer.join("sub"), &log, &["commit", "-am", "x"], &["o.yaml:6"]);
    hook(&outer.join(".git"), &log, "cd sub && $CHECK; cd .. && $CHECK sub");
    git(&outer.join("sub"), &["add", "-A"]);
    expect("to it", &outer, &log, &["commit", "-am", "x"], &["a.yaml:6", "sub/a.yaml:6"]);
}

#[test]
fn a_repository_may_lie_elsewhere() {
    let log = fresh("hooks", "log-apart");
    let base = fresh("hooks", "apart");
    fill(&base, &[("home/a.yaml", GOOD), ("home/conf/b.yaml", GOOD), ("home/.gitignore", "*\n")]);
    // Otherwise that of the repository which holds the tests would be the nearest.
    fill(&base, &[("home/portcullis.yaml", "profile: recommended\n")]);
    git(&base, &["init", "-q", "--bare", "dot.git"]);
    let home = base.join("home");
    let dot = ["--git-dir", "../dot.git", "--work-tree", "."];
    let with = |words: &[&'static str]| [&dot[..], words].concat();
    git(&home, &with(&["add", "-f", "a.yaml", "conf"]));
    git(&home, &with(&["commit", "-qm", "first"]));
    hook(&base.join("dot.git"), &log, "$CHECK; cd conf && $CHECK .");
    fill(&base, &[("home/a.yaml", &bad()), ("home/conf/b.yaml", &bad()), ("home/conf/c.yaml", &bad())]);
    let both = &["a.yaml:6", "conf/b.yaml:6"];
    hook(&base.join("dot.git"), &log, "$CHECK");
    expect("a bare repository and a worktree", &home, &log, &with(&["commit", "-am", "x"]), both);
    expect("a file", &home, &log, &with(&["commit", "-m", "x", "conf/b.yaml"]), &["conf/b.yaml:6"]);
    let below = ["--git-dir", "../../dot.git", "--work-tree", "..", "commit", "-am", "x"];
    expect("from below", &home.join("conf"), &log, &below, both);
    hook(&base.join("dot.git"), &log, "${CHECK% --staged} --changed HEAD; ${CHECK% --staged}");
    let twice = &["a.yaml:6", "conf/b.yaml:6", "a.yaml:6", "conf/b.yaml:6"];
    expect("on disk", &home, &log, &with(&["commit", "-am", "x"]), twice);
    // Its configuration says where the worktree is.
    git(&base.join("dot.git"), &["config", "core.bare", "false"]);
    git(&base.join("dot.git"), &["config", "core.worktree", "../home"]);
    hook(&base.join("dot.git"), &log, "$CHECK");
    expect("configured", &home, &log, &["--git-dir", "../dot.git", "commit", "-am", "x"], both);
    // Within the worktree of another repository, its own is the nearer one.
    git(&base, &["init", "-q"]);
    expect("within another", &home, &log, &with(&["commit", "-am", "x"]), both);
    // And what is nearer than its own is another's.
    let inner = home.join("inner");
    fill(&inner, &[("i.yaml", &bad())]);
    git(&inner, &["init", "-q"]);
    git(&inner, &["add", "-A"]);
    hook(&base.join("dot.git"), &log, "cd inner && $CHECK");
    expect("an inner one", &home, &log, &with(&["commit", "-am", "x"]), &["i.yaml:6"]);
}

#[test]
fn an_index_that_is_named_counts_where_it_is_no_others() {
    let root = repository("hooks", "index", &[("a.yaml", GOOD), ("k/x", "")]);
    let other = repository("hooks", "index-other", &[("b.yaml", GOOD)]);
    fill(&root, &[("a.yaml", &bad())]);
    git(&root, &["add", "-A"]);
    fs::copy(root.join(".git/index"), root.join(".git/next")).unwrap();
    fs::copy(root.join(".git/index"), root.parent().unwrap().join("next-index")).unwrap();
    git(&root, &["reset", "-q"]);
    fs::copy(root.join(".git/next"), other.join(".git/next")).unwrap();
    let link = root.parent().unwrap().join("index-link");
    _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(&root, &link).unwrap();
    let apart = root.parent().unwrap().join("next-index");
    let linked = link.join(".git/next");
    for (name, file, expected) in [
        ("in the repository", Path::new(".git/next"), &["a.yaml:6"][..]),
        ("through a link", &linked, &["a.yaml:6"]),
        ("in no repository", &apart, &["a.yaml:6"]),
        ("in another repository", &other.join(".git/next"), &[]),
        ("empty", Path::new(""), &[]),
    ] {
        let mut check = command(env!("CARGO_BIN_EXE_portcullis"), &root);
        let output = check.args(CHECK.split(' ')).env("GIT_INDEX_FILE", file).output().unwrap();
        assert_eq!(places(&output), expected, "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    // What is no repository says nothing.
    let mut check = command(env!("CARGO_BIN_EXE_portcullis"), &root);
    let output = check.args(CHECK.split(' ')).env("GIT_DIR", "k").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
