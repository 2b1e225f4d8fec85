//! What is staged and what the history holds, in repositories that git itself makes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A step towards a repository. Commits are made on consecutive days, from 2024-01-01 on.
#[derive(Clone, Copy)]
enum Do {
    /// Writes a file in the worktree.
    Write(&'static str, &'static str),
    /// Writes one of that many bytes.
    Fill(&'static str, usize),
    /// Stages all of the worktree and commits it.
    Commit,
    /// Runs git with these words.
    Git(&'static str),
    /// Removes a file from the worktree alone.
    Remove(&'static str),
}

use Do::{Commit, Fill, Git, Remove, Write};

const SECRET: &str = "DB_USER=shop\nDB_PASSWORD=kX9mQ2vL7\n";
const OTHER: &str = "DB_USER=shop\nDB_PASSWORD=wB4nR8tYp\n";
const BAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - { name: web, image: \
                   \"web:1\", securityContext: { privileged: true } }\n";
const GOOD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - { name: web, image: \
                    \"web:1\", securityContext: { privileged: false } }\n";

/// A fresh directory.
fn fresh(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("git").join(name);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).unwrap();
    root
}

/// Runs git with nothing of the machine's configuration. `day` is when it says that it is.
fn git(directory: &Path, day: u32, words: &[&str]) {
    let date = format!("2024-01-{day:02}T12:00:00Z");
    let output = Command::new("git")
        .args(["-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false", "-c", "merge.conflictStyle=merge"])
        .args(["-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"])
        .args(words)
        .current_dir(directory)
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_DIR")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .envs([("GIT_AUTHOR_NAME", "Zaphod"), ("GIT_COMMITTER_NAME", "Zaphod")])
        .envs([("GIT_AUTHOR_EMAIL", "who@example.org"), ("GIT_COMMITTER_EMAIL", "who@example.org")])
        .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
        .output()
        .unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Takes steps in a directory.
fn take(root: &Path, steps: &[Do]) {
    let mut day = 1;
    for step in steps {
        match *step {
            Write(path, text) => {
                let path = root.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Fill(path, bytes) => std::fs::write(root.join(path), SECRET.repeat(bytes / SECRET.len() + 1)).unwrap(),
            Commit => {
                git(root, day, &["add", "-A"]);
                git(root, day, &["commit", "-qm", "more"]);
                day += 1;
            }
            Git(words) => {
                let words: Vec<&str> = words.split(' ').collect();
                git(root, day, &words);
                day += u32::from(matches!(words.first(), Some(&"commit" | &"merge")));
            }
            Remove(path) => std::fs::remove_file(root.join(path)).unwrap(),
        }
    }
}

fn repository(name: &str, steps: &[Do]) -> PathBuf {
    let root = fresh(name);
    git(&root, 1, &["init", "-q"]);
    take(&root, steps);
    root
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--format", "concise", "--only", "k8s-privileged-container,secret-password"])
        .args(arguments)
        .current_dir(directory)
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap()
}

/// The findings as `path:line` and, where one names its commit, the day of it.
fn findings(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let place = |line: &str| {
        let mut parts = line.split(':');
        let place = format!("{}:{}", parts.next().unwrap(), parts.next().unwrap());
        match line.rsplit_once(" of ") {
            Some((_, day)) => format!("{place} {}", day.trim_end_matches(')')),
            None => place,
        }
    };
    text.lines().map(place).collect()
}

/// Checks the findings and that the exit code tells whether there are some.
fn expect(name: &str, directory: &Path, arguments: &[&str], expected: &[&str]) {
    let output = run(directory, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(findings(&output), expected, "{name} {arguments:?}: {error}");
    let code = i32::from(!expected.is_empty());
    assert_eq!(output.status.code(), Some(code), "{name} {arguments:?}: {error}");
}

#[test]
fn the_history_is_searched() {
    let cases: &[(&str, &[Do], &[&str])] = &[
        ("empty", &[], &[]),
        ("deleted later", &[Write("a.env", SECRET), Commit, Git("rm -q a.env"), Commit], &["a.env:2 2024-01-01"]),
        ("still there", &[Write("b", ""), Commit, Write("a.env", SECRET), Commit], &["a.env:2 2024-01-02"]),
        (
            "kept in later versions of the file",
            &[Write("a.env", SECRET), Commit, Write("a.env", "# more\nDB_PASSWORD=kX9mQ2vL7\n"), Commit],
            &["a.env:2 2024-01-01"],
        ),
        (
            "another value in the same place",
            &[Write("a.env", SECRET), Commit, Write("a.env", OTHER), Commit],
            &["a.env:2 2024-01-01", "a.env:2 2024-01-02"],
        ),
        ("renamed", &[Write("a.env", SECRET), Commit, Git("mv a.env b.env"), Commit], &["a.env:2 2024-01-01"]),
        (
            "a folder that was renamed",
            &[Write("a/x.env", SECRET), Commit, Git("mv a b"), Commit],
            &["a/x.env:2 2024-01-01"],
        ),
        (
            "renamed and changed",
            &[Write("a.env", SECRET), Commit, Git("mv a.env b.env"), Write("b.env", OTHER), Commit],
            &["a.env:2 2024-01-01", "b.env:2 2024-01-02"],
        ),
        (
            "added again",
            &[Write("a.env", SECRET), Commit, Git("rm -q a.env"), Commit, Write("a.env", SECRET), Commit],
            &["a.env:2 2024-01-01"],
        ),
        (
            "merged branches",
            &[
                Write("b", ""),
                Commit,
                Git("checkout -qb side"),
                Write("side.env", SECRET),
                Commit,
                Git("checkout -q main"),
                Write("main.env", OTHER),
                Commit,
                Git("merge -q --no-ff -m both side"),
            ],
            &["main.env:2 2024-01-03", "side.env:2 2024-01-02"],
        ),
        (
            "brought by a merge itself",
            &[
                Write("b", ""),
                Commit,
                Git("checkout -qb side"),
                Write("c", ""),
                Commit,
                Git("checkout -q main"),
                Write("d", ""),
                Commit,
                Git("merge -q --no-commit --no-ff side"),
                Write("a.env", SECRET),
                Commit,
            ],
            &["a.env:2 2024-01-05"],
        ),
        (
            "on another branch",
            &[
                Write("b", ""),
                Commit,
                Git("checkout -qb side"),
                Write("a.env", SECRET),
                Commit,
                Git("checkout -q main"),
            ],
            &[],
        ),
        (
            "packed",
            &[Write("a.env", SECRET), Commit, Write("a.env", OTHER), Commit, Git("gc -q")],
            &["a.env:2 2024-01-01", "a.env:2 2024-01-02"],
        ),
        ("detached", &[Write("a.env", SECRET), Commit, Git("checkout -q --detach")], &["a.env:2 2024-01-01"]),
        ("binary", &[Write("a.env", "\0DB_PASSWORD=kX9mQ2vL7\n"), Commit], &[]),
        ("huge", &[Fill("a.env", 33 << 20), Commit], &[]),
        (
            "suppressed where it stood",
            &[Write("a.env", "DB_PASSWORD=kX9mQ2vL7 # portcullis: ignore[secret-password] an example\n"), Commit],
            &[],
        ),
        ("left out", &[Write("node_modules/a.env", SECRET), Commit], &[]),
        (
            "left out, and then moved to where it counts",
            &[Write("x/vendor/a.env", SECRET), Commit, Git("mv x/vendor x/own"), Commit],
            &["x/own/a.env:2 2024-01-02"],
        ),
        ("other rules say nothing", &[Write("pod.yaml", BAD), Commit], &[]),
        (
            "a link and a submodule",
            &[
                Write("a", ""),
                Commit,
                Git("update-index --add --cacheinfo 160000,0123456789012345678901234567890123456789,sub"),
                Git("update-index --add --cacheinfo 120000,e69de29bb2d1d6434b8b29ae775ad8c2e48c5391,link"),
                Git("commit -qm more"),
            ],
            &[],
        ),
    ];
    for (name, steps, expected) in cases {
        let root = repository(&format!("history/{name}"), steps);
        expect(name, &root, &["--history"], expected);
    }
}

#[test]
fn ranges_are_written_as_git_writes_them() {
    let root = repository(
        "ranges",
        &[
            Write("one.env", SECRET),
            Commit,
            Git("tag -a -m first v1"),
            Write("deploy/two.env", SECRET),
            Commit,
            Write("three.env", OTHER),
            Commit,
            Git("checkout -qb side HEAD~1"),
            Write("four.env", "\nDB_PASSWORD=hT6jK3mPq\n"),
            Commit,
            Git("checkout -q main"),
        ],
    );
    let (one, three, four) = ("one.env:2 2024-01-01", "three.env:2 2024-01-03", "four.env:2 2024-01-04");
    // The content of the second file is that of the first.
    let two = "deploy/two.env:2 2024-01-02";
    for (arguments, expected) in [
        (&["--history"][..], &[one, three][..]),
        (&["--history", "HEAD"], &[one, three]),
        (&["--history=HEAD"], &[one, three]),
        (&["--history", "main"], &[one, three]),
        (&["--history", "refs/heads/main"], &[one, three]),
        (&["--history", "HEAD~1.."], &[three]),
        (&["--history", "main^..main"], &[three]),
        (&["--history", "HEAD~1..HEAD"], &[three]),
        (&["--history", "@~2..@"], &[three]),
        (&["--history", "v1"], &[one]),
        (&["--history", "v1^{commit}"], &[one]),
        (&["--history", "v1..side"], &[four]),
        (&["--history", "main..side"], &[four]),
        (&["--history", "main...side"], &[four, three]),
        (&["--history", "side ^main"], &[four]),
        (&["--history", "all"], &[four, one, three]),
        (&["--history=--all"], &[four, one, three]),
        (&["--history", "HEAD..HEAD"], &[]),
        (&["--history", "HEAD", "three.env"], &[three]),
        (&["--history", "HEAD", "deploy"], &[two]),
        (&["--history=HEAD", "gone.env"], &[]),
    ] {
        expect("range", &root, arguments, expected);
    }
    let policy = root.join("deny.rego");
    std::fs::write(&policy, "package main\ndeny[\"no\"] { true }\n").unwrap();
    let with_policy = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--history", "--policy", "deny.rego"])
        .current_dir(&root)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&with_policy.stderr);
    assert!(told.contains("note: policies are not asked about a history"), "{told}");
    std::fs::remove_file(policy).unwrap();
    std::fs::create_dir_all(root.join("deploy")).unwrap();
    let below = &["../one.env:2 2024-01-01", "../three.env:2 2024-01-03"][..];
    expect("folder", &root.join("deploy"), &["--history"], below);
    expect("folder", &root.join("deploy"), &["--history", "HEAD", "."], &["two.env:2 2024-01-02"]);
    for (range, why) in [
        ("nope", "no branch, tag or object is called so"),
        ("nope..HEAD", "no branch, tag or object is called so"),
        ("HEAD~9", "there is no such parent"),
        ("HEAD^2", "there is no such parent"),
        ("HEAD@{1}", "no branch, tag or object is called so"),
        ("HEAD^{tree}", "it is not written as commits are named here"),
        ("HEAD~99999999999", "a number in it is too large"),
        ("0123456789012345678901234567890123456789", "it is not in this clone"),
        ("^HEAD", "it names no commit to begin with"),
        ("deploy/", "no branch, tag or object is called so"),
    ] {
        let output = run(&root, &["--history", range]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(why), "{range}: {error}");
        assert_eq!(output.status.code(), Some(2), "{range}: {error}");
    }
}

#[test]
fn repositories_have_many_forms() {
    let base = fresh("forms");
    let origin = base.join("origin");
    std::fs::create_dir_all(&origin).unwrap();
    git(&origin, 1, &["init", "-q"]);
    take(&origin, &[Write("a.env", SECRET), Commit, Git("rm -q a.env"), Write("b.env", OTHER), Commit]);
    let url = format!("file://{}", origin.display());
    git(&base, 3, &["clone", "-q", "--bare", &url, "bare"]);
    git(&base, 3, &["clone", "-q", "--depth", "1", &url, "shallow"]);
    git(&base, 3, &["clone", "-q", "--shared", "origin", "shared"]);
    git(&origin, 3, &["worktree", "add", "-q", "../linked"]);
    let all = &["a.env:2 2024-01-01", "b.env:2 2024-01-02"][..];
    for (form, expected) in
        [("bare", all), ("shallow", &["b.env:2 2024-01-02"]), ("shared", all), ("linked", all), ("origin/.git", all)]
    {
        expect(form, &base.join(form), &["--history"], expected);
    }
    let told = run(&base.join("shallow"), &["--history"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("this clone is shallow"));

    let new = fresh("sha256");
    git(&new, 1, &["init", "-q", "--object-format=sha256"]);
    take(&new, &[Write("a.env", SECRET), Commit]);
    expect("sha256", &new, &["--history"], &["a.env:2 2024-01-01"]);
    take(&new, &[Write("b.env", OTHER), Git("add b.env")]);
    expect("sha256", &new, &["--staged"], &["b.env:2"]);

    for (directory, argument, why) in [
        (base.join("bare"), "--staged", "nothing is staged there"),
        (std::env::temp_dir(), "--staged", "is in no git repository"),
        (std::env::temp_dir(), "--history", "is in no git repository"),
    ] {
        let output = run(&directory, &[argument]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(why), "{argument}: {error}");
        assert_eq!(output.status.code(), Some(2), "{argument}: {error}");
    }
}

#[test]
fn what_is_missing_or_damaged_is_an_error() {
    let root = repository("damaged", &[Write("a.env", SECRET), Write("b.env", OTHER), Commit]);
    // The content of `a.env`, whose id follows from it.
    let objects = root.join(".git/objects");
    let id = Command::new("git").args(["rev-parse", "HEAD:a.env"]).current_dir(&root).output().unwrap();
    let id = String::from_utf8(id.stdout).unwrap();
    let (folder, file) = id.trim().split_at(2);
    let path = objects.join(folder).join(file);
    std::fs::remove_file(&path).unwrap();
    let output = run(&root, &["--history"]);
    assert_eq!(findings(&output), ["b.env:2 2024-01-01"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("1 content of the history could not be searched"), "{error}");
    std::fs::write(&path, "no object").unwrap();
    assert_eq!(run(&root, &["--history"]).status.code(), Some(2));
}

/// Gives git a text on standard input, and takes what it says.
fn pipe(directory: &Path, words: &[&str], text: &str) -> String {
    let mut child = Command::new("git")
        .args(words)
        .current_dir(directory)
        .envs([("GIT_AUTHOR_NAME", "Zaphod"), ("GIT_COMMITTER_NAME", "Zaphod")])
        .envs([("GIT_AUTHOR_EMAIL", "who@example.org"), ("GIT_COMMITTER_EMAIL", "who@example.org")])
        .envs([("GIT_AUTHOR_DATE", "2024-01-01T12:00:00Z"), ("GIT_COMMITTER_DATE", "2024-01-01T12:00:00Z")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn folders_that_hold_one_another_are_bounded() {
    let root = repository("bomb", &[]);
    let blob = pipe(&root, &["hash-object", "-w", "--stdin"], SECRET);
    // What is left out makes each path of the folder another one.
    let inner = pipe(&root, &["mktree"], &format!("100644 blob {blob}\ta.env\n"));
    let mut tree = pipe(&root, &["mktree"], &format!("100644 blob {blob}\ta.env\n040000 tree {inner}\tvendor\n"));
    for _ in 0..16 {
        let entries: Vec<String> = ('a'..='h').map(|name| format!("040000 tree {tree}\t{name}\n")).collect();
        tree = pipe(&root, &["mktree"], &entries.concat());
    }
    let commit = pipe(&root, &["commit-tree", &tree, "-m", "bomb"], "");
    git(&root, 1, &["update-ref", "HEAD", &commit]);
    expect("bomb", &root, &["--history"], &["a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a.env:2 2024-01-01"]);
}

#[test]
fn reports_name_the_commit_and_nobody() {
    let root = repository("reports", &[Write("a.env", SECRET), Commit]);
    for (format, has) in [
        ("json", "\"commit\":{\"id\":\""),
        ("json", "\"date\":\"2024-01-01\""),
        ("sarif", " of 2024-01-01)"),
        ("pretty", " of 2024-01-01"),
        ("concise", " of 2024-01-01)"),
    ] {
        let output = run(&root, &["--history", "HEAD", "--format", &format!("{format}=out"), "--color", "never"]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        let text = std::fs::read_to_string(root.join("out")).unwrap();
        std::fs::remove_file(root.join("out")).unwrap();
        assert!(text.contains(has), "{format}: {text}");
        for hidden in ["kX9mQ2vL7", "who@example.org", "Zaphod"] {
            assert!(!text.contains(hidden), "{format}: {hidden}");
        }
    }
}

#[test]
fn the_index_is_judged() {
    let kustomization = "resources: [pod.yaml]\n";
    let patched = "resources: [pod.yaml]\npatches:\n  - target: { kind: Pod }\n    patch: |\n      - op: replace\n        \
                   path: /spec/containers/0/securityContext/privileged\n        value: false\n";
    let cases: &[(&str, &[Do], &[&str])] = &[
        ("nothing", &[Write("pod.yaml", BAD), Commit], &[]),
        ("no commits", &[Write("pod.yaml", BAD), Git("add -A")], &["pod.yaml:6"]),
        ("nothing at all", &[], &[]),
        ("untracked", &[Write("pod.yaml", BAD)], &[]),
        ("added", &[Write("b.yaml", BAD), Commit, Write("pod.yaml", BAD), Git("add -A")], &["pod.yaml:6"]),
        ("modified", &[Write("pod.yaml", GOOD), Commit, Write("pod.yaml", BAD), Git("add -A")], &["pod.yaml:6"]),
        ("not staged", &[Write("pod.yaml", GOOD), Commit, Write("pod.yaml", BAD)], &[]),
        ("the worktree is better", &[Write("pod.yaml", BAD), Git("add -A"), Write("pod.yaml", GOOD)], &["pod.yaml:6"]),
        ("the worktree is worse", &[Write("pod.yaml", GOOD), Git("add -A"), Write("pod.yaml", BAD)], &[]),
        ("gone from the worktree", &[Write("pod.yaml", BAD), Git("add -A"), Remove("pod.yaml")], &["pod.yaml:6"]),
        ("deleted", &[Write("pod.yaml", BAD), Commit, Git("rm -q pod.yaml")], &[]),
        // What is in it was there before.
        ("renamed", &[Write("a/pod.yaml", BAD), Commit, Git("mv a b")], &[]),
        (
            "replaced",
            &[Write("a/pod.yaml", "a: 1\n"), Commit, Git("rm -q -r a"), Write("b/pod.yaml", BAD), Git("add -A")],
            &["b/pod.yaml:6"],
        ),
        ("announced", &[Write("pod.yaml", BAD), Git("add -N pod.yaml")], &[]),
        ("a secret", &[Write("a.env", SECRET), Git("add -A"), Remove("a.env")], &["a.env:2"]),
        ("left out", &[Write("vendor/pod.yaml", BAD), Git("add -A")], &[]),
        (
            "a submodule",
            &[Git("update-index --add --cacheinfo 160000,0123456789012345678901234567890123456789,sub.yaml")],
            &[],
        ),
        (
            "only one of two",
            &[
                Write("a/b/pod.yaml", BAD),
                Write("a/c/pod.yaml", BAD),
                Commit,
                Write("a/c/pod.yaml", SECRET),
                Git("add -A"),
            ],
            &["a/c/pod.yaml:2"],
        ),
        (
            "a neighbour that the worktree has changed",
            &[
                Write("kustomization.yaml", patched),
                Commit,
                Write("pod.yaml", BAD),
                Git("add -A"),
                Write("kustomization.yaml", kustomization),
            ],
            &[],
        ),
        (
            "a neighbour that is better in the worktree alone",
            &[
                Write("kustomization.yaml", kustomization),
                Commit,
                Write("pod.yaml", BAD),
                Git("add -A"),
                Write("kustomization.yaml", patched),
            ],
            &["pod.yaml:6"],
        ),
        (
            "a conflict",
            &[
                Write("pod.yaml", GOOD),
                Commit,
                Git("checkout -qb side"),
                Write("pod.yaml", BAD),
                Commit,
                Git("checkout -q main"),
                Write("pod.yaml", "a: 1\n"),
                Commit,
                Git("read-tree -m HEAD~1 main side"),
            ],
            &[],
        ),
    ];
    for (name, steps, expected) in cases {
        let root = repository(&format!("staged/{name}"), steps);
        expect(name, &root, &["--staged"], expected);
    }
}

#[test]
fn the_index_is_that_of_the_worktree() {
    let root = repository("indices", &[Write("k/pod.yaml", GOOD), Write("other/x", ""), Commit]);
    take(&root, &[Write("k/pod.yaml", BAD), Git("add -A"), Write("k/b.yaml", BAD), Git("worktree add -q tree/linked")]);
    expect("below", &root.join("k"), &["--staged"], &["pod.yaml:6"]);
    expect("beside", &root.join("other"), &["--staged"], &["../k/pod.yaml:6"]);
    expect("named", &root, &["--staged", "other"], &[]);
    expect("named", &root, &["--staged", "k"], &["k/pod.yaml:6"]);
    expect("named", &root, &["--staged", "k/pod.yaml"], &["k/pod.yaml:6"]);
    expect("linked", &root.join("tree/linked"), &["--staged"], &[]);
    take(&root.join("tree/linked"), &[Write("c.yaml", BAD), Git("add -A")]);
    expect("linked", &root.join("tree/linked"), &["--staged"], &["c.yaml:6"]);

    // What `git commit -a` sets for hooks; one that is not this repository's is another's.
    let with = |file: &str| {
        Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["check", "--format", "concise", "--only", "k8s-privileged-container", "--staged"])
            .current_dir(&root)
            .env("GIT_INDEX_FILE", file)
            .output()
            .unwrap()
    };
    std::fs::copy(root.join(".git/index"), root.join(".git/next")).unwrap();
    take(&root, &[Git("reset -q")]);
    expect("reset", &root, &["--staged"], &[]);
    assert_eq!(findings(&with(".git/next")), ["k/pod.yaml:6"]);
    let other = repository("indices-of-another", &[]);
    std::fs::copy(root.join(".git/next"), other.join(".git/next")).unwrap();
    assert!(findings(&with(other.join(".git/next").to_str().unwrap())).is_empty());
    // Nor is that of another worktree.
    std::fs::copy(root.join(".git/next"), root.join(".git/worktrees/linked/next")).unwrap();
    assert!(findings(&with(".git/worktrees/linked/next")).is_empty());
}

#[test]
fn what_cannot_be_asked_together_is_refused() {
    let root = repository("refused", &[Write("a.env", SECRET), Commit]);
    for arguments in [
        &["--staged", "--history"][..],
        &["--staged", "--fix"],
        &["--history", "HEAD", "--fix"],
        &["--staged", "-"],
        &["--history", "HEAD", "-"],
        &["--staged", "/"],
        &["--history="],
    ] {
        let output = run(&root, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
