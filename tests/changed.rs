//! Findings that a change is to blame for: of branches, of the worktree, of the index.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A step towards a repository. Commits are made on consecutive days, from 2024-01-01 on.
#[derive(Clone, Copy)]
enum Do {
    Write(&'static str, &'static str),
    /// In a file, what stands for what.
    Replace(&'static str, &'static str, &'static str),
    /// Stages all of the worktree and commits it.
    Commit,
    /// Runs git with these words.
    Git(&'static str),
    Remove(&'static str),
}

use Do::{Commit, Git, Remove, Replace, Write};

/// Runs git with nothing of the machine's configuration. `day` is when it says that it is.
fn git(directory: &Path, day: u32, words: &[&str]) {
    let date = format!("2024-01-{day:02}T12:00:00Z");
    let output = Command::new("git")
        .args(["-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false", "-c", "protocol.file.allow=always"])
        .args(["-c", "core.autocrlf=false"])
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

fn take(root: &Path, from: u32, steps: &[Do]) -> u32 {
    let mut day = from;
    for step in steps {
        match *step {
            Write(path, text) => {
                let path = root.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Replace(path, old, new) => {
                let text = fs::read_to_string(root.join(path)).unwrap();
                assert!(text.contains(old), "{path}: {old}");
                fs::write(root.join(path), text.replace(old, new)).unwrap();
            }
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
            Remove(path) => fs::remove_file(root.join(path)).unwrap(),
        }
    }
    day
}

fn repository(name: &str, steps: &[Do]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("changed").join(name);
    _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    git(&root, 1, &["init", "-q"]);
    take(&root, 1, steps);
    root
}

const ONLY: &str = "k8s-privileged-container,k8s-host-network,k8s-image-latest-tag,k8s-dangling-service,k8s-dangling-hpa,\
                    k8s-allow-privilege-escalation,secret-password,docker-image-latest-tag,docker-user-missing";

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--format", "concise"])
        .args(arguments)
        .current_dir(directory)
        .env_remove("GIT_INDEX_FILE")
        .env("PORTCULLIS_DB", directory.join("default.db"))
        .output()
        .unwrap()
}

/// The findings as `path:line rule`.
fn findings(output: &Output) -> Vec<String> {
    let place = |line: &str| {
        let (place, rest) = line.split_once(": ").unwrap();
        let line_number = place.rsplit(':').nth(1).unwrap();
        let path = place.rsplitn(3, ':').nth(2).unwrap();
        format!("{path}:{line_number} {}", rest.split(['[', ']']).nth(1).unwrap())
    };
    String::from_utf8_lossy(&output.stdout).lines().map(place).collect()
}

fn expect(name: &str, directory: &Path, arguments: &[&str], expected: &[&str]) {
    let output = run(directory, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(findings(&output), expected, "{name} {arguments:?}: {error}");
    assert_eq!(output.status.code(), Some(i32::from(!expected.is_empty())), "{name} {arguments:?}: {error}");
}

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: { app: web }
spec:
  hostNetwork: true
  containers:
    - name: web
      image: web:1
      securityContext:
        allowPrivilegeEscalation: false
        privileged: false
";

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
";

const IMAGE: &str = "FROM node:latest\nCOPY app /app\nCMD [\"/app\"]\n";

/// Changes of a tree with findings that were there before, what they are to blame for, and whether that is so in the index, too.
#[test]
fn what_a_change_is_to_blame_for_is_reported() {
    let cases: &[(&str, &[Do], &[&str])] = &[
        ("nothing", &[], &[]),
        ("another line", &[Replace("k8s/pod.yaml", "image: web:1", "image: web:2")], &[]),
        (
            "a line",
            &[Replace("k8s/pod.yaml", "privileged: false", "privileged: true")],
            &["k8s/pod.yaml:13 k8s-privileged-container"],
        ),
        ("lines move", &[Replace("k8s/pod.yaml", "apiVersion", "# one\n# two\napiVersion")], &[]),
        (
            "the line of an old finding",
            &[Replace("k8s/pod.yaml", "hostNetwork: true", "hostNetwork: true # as it was")],
            &["k8s/pod.yaml:7 k8s-host-network"],
        ),
        (
            "a line goes, and what it did shows elsewhere",
            &[Replace("k8s/pod.yaml", "        allowPrivilegeEscalation: false\n", "")],
            &["k8s/pod.yaml:11 k8s-allow-privilege-escalation"],
        ),
        (
            "a file comes",
            &[Write("b/Dockerfile", IMAGE)],
            &["b/Dockerfile:1 docker-image-latest-tag", "b/Dockerfile:1 docker-user-missing"],
        ),
        ("a file is renamed", &[Git("mv Dockerfile web.Dockerfile")], &[]),
        ("case changes", &[Git("mv Dockerfile dockerfile")], &[]),
        (
            "a file is renamed and changed",
            &[Git("mv k8s/pod.yaml web.yaml"), Replace("web.yaml", "image: web:1", "image: web:latest")],
            &["web.yaml:10 k8s-image-latest-tag"],
        ),
        (
            "a file is copied",
            &[Write("Dockerfile.dev", IMAGE)],
            &["Dockerfile.dev:1 docker-image-latest-tag", "Dockerfile.dev:1 docker-user-missing"],
        ),
        (
            "a copy of a finding comes before it",
            &[Write("a.env", "A_PASSWORD=kX9mQ2vL7\nB_PASSWORD=wB4nR8tYp\nA_PASSWORD=kX9mQ2vL7\n")],
            &["a.env:2 secret-password", "a.env:3 secret-password"],
        ),
        (
            "the other end changes",
            &[Replace("k8s/pod.yaml", "app: web", "app: api")],
            &["k8s/service.yaml:6 k8s-dangling-service"],
        ),
        ("the other end goes", &[Remove("k8s/pod.yaml")], &["k8s/service.yaml:6 k8s-dangling-service"]),
        (
            "this end changes",
            &[Replace("k8s/service.yaml", "app: web", "app: api")],
            &["k8s/service.yaml:6 k8s-dangling-service"],
        ),
        (
            "the base of an overlay changes",
            &[Replace("kustom/base/pod.yaml", "c:1", "c:latest")],
            &["kustom/base/pod.yaml:6 k8s-image-latest-tag"],
        ),
        (
            "an overlay that sets a value changes",
            &[Replace("kustom/overlay/kustomization.yaml", "value: false", "value: true")],
            &["kustom/overlay/kustomization.yaml:7 k8s-privileged-container"],
        ),
        ("only line ends change", &[Replace("k8s/pod.yaml", "\n", "\r\n")], &[]),
        (
            "a name is odd",
            &[Write(
                "k8s/a \"b'\u{e9}.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: { name: o }\nspec: { hostNetwork: true, containers: [] }\n",
            )],
            &["k8s/a \"b'\u{e9}.yaml:4 k8s-host-network"],
        ),
        ("a file that was wrong goes", &[Remove("Dockerfile")], &[]),
    ];
    let start = [
        Write("k8s/pod.yaml", POD),
        Write("k8s/service.yaml", SERVICE),
        Write("Dockerfile", IMAGE),
        Write("a.env", "A_PASSWORD=kX9mQ2vL7\n"),
        Write("kustom/base/kustomization.yaml", "resources: [pod.yaml]\n"),
        Write(
            "kustom/base/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: { name: base }\nspec:\n  containers:\n    - { name: c, image: \"c:1\", securityContext: { privileged: false, allowPrivilegeEscalation: false } }\n",
        ),
        Write(
            "kustom/overlay/kustomization.yaml",
            "resources: [../base]\npatches:\n  - target: { kind: Pod }\n    patch: |\n      - op: replace\n        path: /spec/containers/0/securityContext/privileged\n        value: false\n",
        ),
        Commit,
    ];
    for (name, steps, expected) in cases {
        let only = ["--only", ONLY];
        let root = repository(&format!("blame/{name}"), &start);
        take(&root, 5, steps);
        expect(name, &root, &[&only[..], &["--changed", "HEAD"]].concat(), expected);
        git(&root, 5, &["add", "-A"]);
        expect(name, &root, &[&only[..], &["--staged"]].concat(), expected);
        if !steps.is_empty() {
            take(
                &root,
                5,
                &[
                    Git("checkout -qb side"),
                    Commit,
                    Git("checkout -q main"),
                    Write("other.env", "B_PASSWORD=hT6jK3mPq\n"),
                    Commit,
                    Git("checkout -q side"),
                ],
            );
            // What main has got since does not count.
            expect(name, &root, &[&only[..], &["--changed", "main"]].concat(), expected);
            expect(name, &root, &[&only[..], &["--changed", "HEAD"]].concat(), &[]);
        }
    }
}

#[test]
fn every_place_that_a_value_comes_through_counts() {
    let only =
        ["--only", "tf-aws-security-group-ssh-rdp-open,k8s-privileged-container,docker-image-latest-tag,compose-*"];
    let module = "variable \"from\" {\n  type = string\n}\n\nresource \"aws_security_group\" \"web\" {\n  ingress {\n    from_port = \
                  22\n    to_port = 22\n    protocol = \"tcp\"\n    cidr_blocks = [var.from]\n  }\n}\n";
    let root_module =
        "locals {\n  world = \"0.0.0.0/0\"\n}\n\nmodule \"net\" {\n  source = \"./net\"\n  from = local.world\n}\n";
    let anchors = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  initContainers:\n    - name: i\n      image: i:1\n      \
                   securityContext: &context\n        privileged: true\n  containers:\n    - name: c\n      image: c:1\n      \
                   securityContext: *context\n";
    let open = &["main.tf:2 tf-aws-security-group-ssh-rdp-open"][..];
    let cases: &[(&str, &[Do], &[&str])] = &[
        ("nothing", &[Write("b.txt", "b")], &[]),
        ("the place", &[Replace("net/main.tf", "[var.from]", "[ var.from ]")], open),
        ("the argument", &[Replace("main.tf", "from = local.world", "from = local.world # all")], open),
        ("the local", &[Replace("main.tf", "world = ", "world   = ")], open),
        ("beside them", &[Replace("main.tf", "source = ", "source  = ")], &[]),
        ("another block", &[Replace("net/main.tf", "to_port = 22", "to_port  = 22")], &[]),
        ("the alias", &[Replace("pod.yaml", "securityContext: *context", "securityContext:   *context")], &[]),
        (
            "the anchor",
            &[Replace("pod.yaml", "privileged: true", "privileged: true # so")],
            &["pod.yaml:9 k8s-privileged-container"],
        ),
    ];
    for (name, steps, expected) in cases {
        let start = [Write("net/main.tf", module), Write("main.tf", root_module), Write("pod.yaml", anchors), Commit];
        let root = repository(&format!("via/{name}"), &start);
        take(&root, 2, steps);
        expect(name, &root, &[&only[..], &["--changed", "HEAD"]].concat(), expected);
        git(&root, 2, &["add", "-A"]);
        expect(name, &root, &[&only[..], &["--staged"]].concat(), expected);
    }
}

#[test]
fn commits_are_compared_from_where_they_parted() {
    let bad = |name: &'static str| [Write(name, "A_PASSWORD=kX9mQ2vL7\n"), Commit];
    let root = repository("bases", &bad("one.env"));
    take(&root, 2, &[Git("tag v1"), Git("checkout -qb side")]);
    take(&root, 3, &bad("two.env"));
    take(&root, 4, &[Git("checkout -q main")]);
    take(&root, 5, &bad("three.env"));
    take(&root, 6, &[Git("checkout -q side"), Git("merge -q -m m main")]);
    take(&root, 7, &bad("four.env"));
    take(&root, 8, &[Write("five.env", "A_PASSWORD=kX9mQ2vL7\n")]);
    let found =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| format!("{name}.env:1 secret-password")).collect() };
    for (revision, names) in [
        ("HEAD", &["five"][..]),
        ("HEAD~1", &["five", "four"]),
        ("main", &["five", "four", "two"]),
        ("v1", &["five", "four", "three", "two"]),
        ("side", &["five"]),
    ] {
        let output = run(&root, &["--only", "secret-password", "--changed", revision]);
        assert_eq!(findings(&output), found(names), "{revision}");
    }
    // From a folder below, and of named files alone.
    fs::create_dir_all(root.join("below")).unwrap();
    expect(
        "below",
        &root.join("below"),
        &["--only", "secret-password", "--changed", "HEAD"],
        &["../five.env:1 secret-password"],
    );
    expect(
        "named",
        &root,
        &["--only", "secret-password", "--changed", "v1", "two.env", "one.env"],
        &["two.env:1 secret-password"],
    );
    expect("nothing there", &root, &["--only", "secret-password", "--changed", "HEAD", "below"], &[]);

    for (arguments, why) in [
        (&["--changed", "nope"][..], "no branch, tag or object is called so"),
        (&["--changed", "main..side"], "no branch, tag or object is called so"),
        (&["--changed", "HEAD", "--staged"], "cannot be used with"),
        (&["--changed", "HEAD", "-"], "--changed reads from the git repository"),
        (&["--changed", "HEAD", "--history"], "cannot be used with"),
        (&["--changed", "HEAD", "/"], "is in no git repository"),
        (&["--changed="], "a value is required"),
    ] {
        let output = run(&root, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(why), "{arguments:?}: {error}");
    }
}

#[test]
fn repositories_without_what_is_asked_for_say_so() {
    let origin = repository("origin", &[Write("a.env", "A_PASSWORD=kX9mQ2vL7\n"), Commit, Git("checkout -qb side")]);
    take(
        &origin,
        2,
        &[Write("b.env", "B_PASSWORD=kX9mQ2vL7\n"), Commit, Git("checkout -q main"), Write("c.txt", ""), Commit],
    );
    let base = origin.parent().unwrap();
    _ = fs::remove_dir_all(base.join("shallow"));
    let url = format!("file://{}", origin.display());
    git(base, 3, &["clone", "-q", "--depth", "1", "--no-single-branch", "--branch", "side", &url, "shallow"]);
    let refused = |root: &Path, revision: &str, why: &str| {
        let output = run(root, &["--changed", revision]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{revision}: {error}");
        assert!(error.contains(why), "{revision}: {error}");
    };
    refused(&base.join("shallow"), "origin/main", "this clone is shallow: fetch more of the history");
    expect("its own", &base.join("shallow"), &["--changed", "HEAD"], &[]);
    let unborn = repository("unborn", &[Write("a.env", "A_PASSWORD=kX9mQ2vL7\n"), Git("add -A")]);
    refused(&unborn, "HEAD", "there are no commits yet");
    expect("unborn", &unborn, &["--only", "secret-password", "--staged"], &["a.env:1 secret-password"]);
    let apart = repository(
        "apart",
        &[Write("a.env", ""), Commit, Git("checkout -q --orphan other"), Write("b.env", ""), Commit],
    );
    refused(&apart, "main", "`main` and HEAD have no commit in common");
    refused(&std::env::temp_dir(), "main", "is in no git repository");
}

#[test]
fn what_is_no_part_of_the_change_is_left_out() {
    let secret = "A_PASSWORD=kX9mQ2vL7\n";
    let root = repository("apart-from", &[Write("a.env", ""), Write(".gitignore", "ignored/\n"), Commit]);
    // A repository within, what git ignores, and a file that Git LFS keeps.
    take(&root, 2, &[Write("inner/a.env", secret), Write("ignored/a.env", secret)]);
    git(&root.join("inner"), 1, &["init", "-q"]);
    expect("others", &root, &["--only", "secret-password", "--changed", "HEAD"], &[]);
    let digest = "8f2ff4f8b5a5cc9a0bd9d4d6d2a8f5fd1d8a1a5c1f9a1d9a6f5a2a0a0b0c0d0e";
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 21\n");
    fs::write(root.join("lfs.env"), pointer).unwrap();
    git(&root, 2, &["add", "lfs.env"]);
    git(&root, 2, &["commit", "-qm", "a pointer"]);
    fs::write(root.join("lfs.env"), secret).unwrap();
    // Another content than the pointer's is a change, and the pointer itself is none.
    expect(
        "another content",
        &root,
        &["--only", "secret-password", "--changed", "HEAD"],
        &["lfs.env:1 secret-password"],
    );
    let output = Command::new("sha256sum").arg(root.join("lfs.env")).output().unwrap();
    let digest = String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 21\n");
    fs::write(root.join("lfs.env"), pointer).unwrap();
    git(&root, 3, &["add", "lfs.env"]);
    git(&root, 3, &["commit", "-qm", "its pointer"]);
    fs::write(root.join("lfs.env"), secret).unwrap();
    expect("its content", &root, &["--only", "secret-password", "--changed", "HEAD"], &[]);
}

#[test]
fn the_index_counts_and_not_the_worktree() {
    let good = "A_USER=a\n";
    let cases: &[(&str, &[Do], &[&str])] = &[
        (
            "part of a file is staged",
            &[
                Write("a.env", "A_USER=a\nA_PASSWORD=kX9mQ2vL7\n"),
                Git("add -A"),
                Write("a.env", "A_USER=a\nA_PASSWORD=kX9mQ2vL7\nB_PASSWORD=wB4nR8tYp\n"),
            ],
            &["a.env:2 secret-password"],
        ),
        (
            "lines are others on disk",
            &[
                Write("a.env", "A_USER=a\nA_PASSWORD=kX9mQ2vL7\n"),
                Git("add -A"),
                Write("a.env", "\n\n\nA_PASSWORD=kX9mQ2vL7\n"),
            ],
            &["a.env:2 secret-password"],
        ),
        (
            "gone from disk",
            &[Write("a.env", "A_USER=a\nA_PASSWORD=kX9mQ2vL7\n"), Git("add -A"), Remove("a.env")],
            &["a.env:2 secret-password"],
        ),
        ("on disk alone", &[Write("a.env", "A_USER=a\nA_PASSWORD=kX9mQ2vL7\n")], &[]),
        (
            "the other end is staged, and this one is not",
            &[
                Write("pod.yaml", POD),
                Write("service.yaml", SERVICE),
                Commit,
                Replace("pod.yaml", "app: web", "app: api"),
                Git("add -A"),
                Remove("service.yaml"),
            ],
            &["service.yaml:6 k8s-dangling-service"],
        ),
        (
            "the other end changes on disk alone",
            &[
                Write("pod.yaml", POD),
                Write("service.yaml", SERVICE),
                Commit,
                Replace("pod.yaml", "app: web", "app: api"),
                Write("b.yaml", "a: 1\n"),
                Git("add b.yaml"),
            ],
            &[],
        ),
    ];
    for (name, steps, expected) in cases {
        let root = repository(&format!("index/{name}"), &[Write("a.env", good), Commit]);
        take(&root, 2, steps);
        expect(name, &root, &["--only", ONLY, "--staged"], expected);
    }
}

#[test]
fn only_what_a_change_is_to_blame_for_is_fixed() {
    let image = "FROM debian:12\nMAINTAINER me\nUSER 1\n";
    let root = repository("fix", &[Write("a/Dockerfile", image), Commit, Write("b/Dockerfile", image)]);
    let rules = ["--only", "docker-maintainer-deprecated", "--changed", "HEAD"];
    assert_eq!(findings(&run(&root, &rules)).len(), 1);
    let output = run(&root, &[&rules[..], &["--fix"]].concat());
    assert_eq!(findings(&output), [""; 0], "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(root.join("a/Dockerfile")).unwrap(), image);
    assert_ne!(fs::read_to_string(root.join("b/Dockerfile")).unwrap(), image);
}

#[test]
fn a_baseline_and_a_change_go_together() {
    let root = repository("both", &[Write("a.env", "A_PASSWORD=kX9mQ2vL7\n"), Commit]);
    take(&root, 2, &[Write("b.env", "B_PASSWORD=kX9mQ2vL7\n")]);
    let output = run(&root, &["--only", "secret-password", "--changed", "HEAD"]);
    assert_eq!(findings(&output), ["b.env:1 secret-password"]);
    let written = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["baseline", "write", "--only", "secret-password"])
        .current_dir(&root)
        .output()
        .unwrap();
    assert_eq!(written.status.code(), Some(0));
    take(&root, 2, &[Write("c.env", "C_PASSWORD=kX9mQ2vL7\n")]);
    let known = ["--only", "secret-password", "--baseline", "portcullis-baseline.json"];
    expect("new", &root, &[&known[..], &["--changed", "HEAD"]].concat(), &["c.env:1 secret-password"]);
    git(&root, 2, &["add", "-A"]);
    expect("staged", &root, &[&known[..], &["--staged"]].concat(), &["c.env:1 secret-password"]);
}

#[test]
fn the_named_repository_counts_wherever_one_stands() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - name: web\n      image: web:1\n      \
               securityContext: { privileged: true }\n";
    let steps = [Write("pod.yaml", pod), Write("a\\b.yaml", pod), Commit, Replace("pod.yaml", "web:1", "web:2")];
    let named = repository("named", &steps);
    let other = repository("named-from", &[Write("pod.yaml", pod), Commit]);
    expect("inside", &named, &["--changed", "HEAD"], &[]);
    for place in [other.as_path(), named.parent().unwrap()] {
        expect("from elsewhere", place, &["--changed", "HEAD", named.to_str().unwrap()], &[]);
    }
    git(&named, 2, &["add", "-A"]);
    for place in [other.as_path(), named.parent().unwrap()] {
        expect("staged", place, &["--staged", named.to_str().unwrap()], &[]);
    }
}
