//! The commands of the documents, run: each `console` block shows what its commands write.
//!
//! A comment `<!-- in FOLDER -->` above a block names the folder of the repository that it runs in; a copy of it, so that
//! commands may write. A line `…` stands for any lines. Times are not compared. With `PORTCULLIS_WRITE_DOCS=1` blocks that
//! are stale are written anew.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a panic in a helper is the failure message"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod support;

/// What stands for lines that are left out.
const ELIDED: &str = "…";

#[test]
fn commands_write_what_the_documents_show() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let write = std::env::var_os("PORTCULLIS_WRITE_DOCS").is_some();
    let mut stale = Vec::new();
    let mut count = 0;
    for path in documents(root) {
        let text = fs::read_to_string(&path).unwrap();
        let mut now = String::new();
        for piece in pieces(&text) {
            let Piece::Block { folder, shown } = piece else {
                now.push_str(piece.text());
                continue;
            };
            count += 1;
            let place = copied(root, folder, count);
            let mut block = String::new();
            for (command, expected) in commands(shown) {
                let output = run(&place, command);
                let name = path.strip_prefix(root).unwrap().display();
                if matches(expected, &output) {
                    _ = write!(block, "$ {command}\n{expected}");
                } else {
                    stale.push(format!("{name}: $ {command}\n--- shown\n{expected}--- written\n{output}"));
                    _ = write!(block, "$ {command}\n{output}");
                }
            }
            now.push_str(&block);
        }
        if write && now != text {
            fs::write(&path, now).unwrap();
        }
    }
    assert!(count > 0, "no document shows a command");
    assert!(write || stale.is_empty(), "PORTCULLIS_WRITE_DOCS=1 writes them anew:\n\n{}", stale.join("\n\n"));
}

/// The documents with commands.
fn documents(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

enum Piece<'t> {
    Text(&'t str),
    Block { folder: &'t str, shown: &'t str },
}

impl<'t> Piece<'t> {
    fn text(&self) -> &'t str {
        match self {
            Self::Text(text) | Self::Block { shown: text, .. } => text,
        }
    }
}

/// A document as blocks of commands and what is between them.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    const OPEN: &str = "```console\n";
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let (before, after) = rest.split_at(start + OPEN.len());
        let end = after.find("```\n").expect("a block ends");
        let above = before.trim_end_matches(OPEN).trim_end().lines().next_back().unwrap_or_default();
        let folder = above.strip_prefix("<!-- in ").and_then(|line| line.strip_suffix(" -->")).unwrap_or_default();
        pieces.extend([Piece::Text(before), Piece::Block { folder, shown: &after[..end] }]);
        rest = &after[end..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Each command of a block with what it is shown to write.
fn commands(block: &str) -> Vec<(&str, &str)> {
    let mut commands = Vec::new();
    let mut rest = block;
    while let Some(after) = rest.strip_prefix("$ ") {
        let (command, output) = after.split_once('\n').unwrap();
        let end = if output.starts_with("$ ") { 0 } else { output.find("\n$ ").map_or(output.len(), |at| at + 1) };
        commands.push((command, &output[..end]));
        rest = &output[end..];
    }
    assert!(rest.is_empty(), "a block begins with a command: {block}");
    commands
}

/// A copy of a folder of the repository; an empty folder for none.
fn copied(root: &Path, folder: &str, number: usize) -> PathBuf {
    let place = support::folder("docs", &number.to_string(), &[(".git/HEAD", "ref: refs/heads/main\n")]);
    if !folder.is_empty() {
        let from = root.join(folder);
        assert!(from.is_dir(), "{folder} is no folder");
        let status = Command::new("cp").arg("-R").arg(from.join(".")).arg(&place).status().unwrap();
        assert!(status.success());
    }
    place
}

/// What a command writes, errors as well.
fn run(folder: &Path, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_portcullis"));
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
        .env("PORTCULLIS_DB", folder.join("none.db"))
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Whether an output is as shown, but for times and what is left out.
fn matches(shown: &str, written: &str) -> bool {
    let written: Vec<String> = written.lines().map(timeless).collect();
    let shown: Vec<String> = shown.lines().map(timeless).collect();
    let parts: Vec<&[String]> = shown.split(|line| line.trim() == ELIDED).collect();
    let [first, between @ .., last] = parts.as_slice() else { return written == shown };
    let Some(rest) = written.strip_prefix(*first) else { return false };
    let Some(mut rest) = rest.strip_suffix(*last) else { return false };
    for part in between {
        let Some(at) = rest.windows(part.len()).position(|window| window == *part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

/// A line without how long something took.
fn timeless(line: &str) -> String {
    let mut words: Vec<&str> = line.trim_end().split(' ').collect();
    for at in 1..words.len() {
        if matches!(words[at], "ms" | "s")
            && words[at - 1].chars().all(|letter| letter.is_ascii_digit() || letter == '.')
        {
            words[at - 1] = "N";
            words[at] = "ms";
        }
    }
    words.join(" ")
}
