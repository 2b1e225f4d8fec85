//! Repositories that git itself makes.

#![allow(dead_code, reason = "no file of tests needs all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What git and the program find set, which would come from whatever runs the tests.
const INHERITED: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// A command without what a hook would inherit.
pub(crate) fn command(program: &str, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
    command.envs([("GIT_AUTHOR_NAME", "Zaphod"), ("GIT_COMMITTER_NAME", "Zaphod")]);
    command.envs([("GIT_AUTHOR_EMAIL", "who@example.org"), ("GIT_COMMITTER_EMAIL", "who@example.org")]);
    command.envs([("GIT_AUTHOR_DATE", "2024-01-01T12:00:00Z"), ("GIT_COMMITTER_DATE", "2024-01-01T12:00:00Z")]);
    for name in INHERITED {
        command.env_remove(name);
    }
    command
}

/// Runs git, whatever comes of it.
pub(crate) fn try_git(directory: &Path, words: &[&str]) -> Output {
    let mut git = command("git", directory);
    git.args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"]);
    git.args(words).output().unwrap()
}

/// Runs git, which has to succeed.
pub(crate) fn git(directory: &Path, words: &[&str]) -> String {
    let output = try_git(directory, words);
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Writes files below a folder.
pub(crate) fn fill(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A folder of its own for a test.
pub(crate) fn fresh(tests: &str, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(tests).join(name);
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A repository whose first commit holds these files, those that are ignored included.
pub(crate) fn repository(tests: &str, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = fresh(tests, name);
    git(&root, &["init", "-q"]);
    fill(&root, files);
    commit(&root);
    root
}

/// Commits all files, those that are ignored included.
pub(crate) fn commit(root: &Path) {
    git(root, &["add", "-A", "-f"]);
    git(root, &["commit", "-q", "--allow-empty", "-m", "more"]);
}

/// The findings of an output in the format `concise`, as `path:line`.
pub(crate) fn places(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let place = |line: &str| line.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
    text.lines().map(place).collect()
}
