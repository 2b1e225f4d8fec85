//! What end-to-end tests share: folders of their own, and runs of the program in them.

#![allow(dead_code, reason = "no file of tests needs all of it")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own for a test of a file of tests, with these files.
pub(crate) fn folder(tests: &str, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(tests).join(name);
    _ = fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The same as the root of a repository.
pub(crate) fn repository(tests: &str, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = folder(tests, name, files);
    fs::create_dir_all(root.join(".git")).unwrap();
    root
}

/// Runs the program in a folder. The user's own database does not count.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(arguments)
        .current_dir(folder)
        .env("PORTCULLIS_DB", folder.join("default.db"))
        .output()
        .unwrap()
}

/// Runs the program in a folder: standard output, standard error and the exit code.
pub(crate) fn ran(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    texts(run(folder, arguments))
}

/// The same with something on standard input.
pub(crate) fn piped(folder: &Path, arguments: &[&str], stdin: &str) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    texts(child.wait_with_output().unwrap())
}

fn texts(output: Output) -> (String, String, i32) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}
