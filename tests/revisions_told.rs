//! What is said where `--changed`, `--staged` or `--history` cannot be answered: why, and what may be done.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic in a helper is the failure message")]

#[path = "support/repository.rs"]
mod repository;

use std::path::Path;

use repository::{command, commit, fill, fresh, git, repository};

fn expect(name: &str, directory: &Path, arguments: &[&str], message: &str, help: &str) {
    let output = command(env!("CARGO_BIN_EXE_portcullis"), directory).arg("check").args(arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{name}: {error}");
    let (said, helped) = error.trim_end().split_once("\n  help: ").unwrap_or_else(|| panic!("{name}: {error}"));
    assert!(said.starts_with("error: ") && said.contains(message), "{name}: {error}");
    assert!(helped.contains(help), "{name}: {error}");
}

#[test]
fn each_says_what_to_do() {
    let origin = repository("revisions", "origin", &[("a.yaml", "a: 1\n")]);
    git(&origin, &["checkout", "-qb", "side"]);
    fill(&origin, &[("b.yaml", "b: 1\n")]);
    commit(&origin);
    git(&origin, &["checkout", "-q", "main"]);
    fill(&origin, &[("c.yaml", "c: 1\n")]);
    commit(&origin);
    let base = origin.parent().unwrap().to_owned();
    let url = format!("file://{}", origin.display());
    let clone = |name: &str, words: &[&str]| {
        _ = std::fs::remove_dir_all(base.join(name));
        git(&base, &[&["clone", "-q"][..], words, &[&url, name]].concat());
        base.join(name)
    };
    // As actions/checkout leaves a pull request: its own branch alone.
    let one = clone("one", &["--single-branch", "--branch", "side"]);
    let all = clone("all", &["--branch", "side"]);
    let shallow = clone("shallow", &["--depth", "1", "--no-single-branch", "--branch", "side"]);
    let unborn = fresh("revisions", "unborn");
    git(&unborn, &["init", "-q"]);
    git(&origin, &["checkout", "-q", "--orphan", "apart"]);
    commit(&origin);
    let fetch = "fetch it first, as `git fetch origin main` or `fetch-depth: 0` in actions/checkout does";
    let unknown = "no branch, tag or object is called so";
    let none = "is in no git repository";
    let clone = "run it in a clone: what was changed or staged is known to git alone";
    let outside = std::env::temp_dir();
    for (name, directory, arguments, message, help) in [
        ("unknown", &one, &["--changed", "origin/main"][..], unknown, fetch),
        ("unknown here", &one, &["--changed", "main"], unknown, fetch),
        ("of the remote", &all, &["--changed", "main"], unknown, "`origin/main` is here: name that"),
        ("a range", &all, &["--changed", "side..HEAD"], unknown, "name one commit, as `side`"),
        ("no parent", &all, &["--changed", "HEAD~9"], "there is no such parent", "as `git log` lists them"),
        (
            "cut off",
            &shallow,
            &["--changed", "HEAD~1"],
            "there is no such parent",
            "`fetch-depth: 0` in actions/checkout",
        ),
        (
            "no base in a shallow clone",
            &shallow,
            &["--changed", "origin/main"],
            "`origin/main` and HEAD have no commit in common",
            "this clone is shallow: fetch more of the history, as `git fetch --unshallow` or `fetch-depth: 0`",
        ),
        ("no base", &origin, &["--changed", "main"], "have no commit in common", "that HEAD comes from"),
        (
            "an id that is not here",
            &all,
            &["--changed", "0123456789012345678901234567890123456789"],
            "it is not in this clone",
            "fetch what the clone left out",
        ),
        ("no commits", &unborn, &["--changed", "HEAD"], "there are no commits yet", "with --staged"),
        ("no repository", &outside, &["--changed", "main"], none, clone),
        ("no repository", &outside, &["--staged"], none, clone),
        ("no repository", &outside, &["--history"], none, clone),
    ] {
        expect(name, directory, arguments, message, help);
    }
}
