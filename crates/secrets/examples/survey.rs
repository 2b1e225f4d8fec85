//! Prints what the scanner finds below the paths it is given, with its line: for reading by eye what is noise.
//!
//! `cargo run -p portcullis-secrets --example survey -- DIR…`. Values are printed: nothing for logs.
#![allow(clippy::print_stdout, reason = "it is what an example is for")]

use std::path::{Path, PathBuf};

use portcullis_secrets::{Kind, Scanner, Subject};

fn main() {
    let scanner = Scanner::default();
    let (mut bytes, start) = (0, std::time::Instant::now());
    for root in std::env::args_os().skip(1) {
        let mut folders = vec![PathBuf::from(root)];
        while let Some(path) = folders.pop() {
            if path.is_file() {
                bytes += scan(&scanner, &path);
            }
            let Ok(entries) = std::fs::read_dir(&path) else { continue };
            let mut inner: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            inner.retain(|path| !path.is_symlink() && !path.ends_with(".git"));
            inner.sort();
            folders.extend(inner.into_iter().rev());
        }
    }
    println!("# {bytes} bytes in {:?}", start.elapsed());
}

fn scan(scanner: &Scanner, path: &Path) -> usize {
    let Ok(text) = std::fs::read_to_string(path) else { return 0 };
    let shown = path.to_string_lossy();
    for hit in scanner.scan(&Subject { path: &shown, text: &text }) {
        let kind = match hit.kind {
            Kind::Token(detector) => detector.id.to_owned(),
            Kind::Structural(kind) => format!("{kind:?}"),
            Kind::Custom(index) => format!("custom {index}"),
        };
        let before = text.get(..hit.range.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let begins = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(begins..).unwrap_or_default();
        let written: String = rest.lines().next().unwrap_or_default().trim().chars().take(160).collect();
        let value = text.get(hit.range).unwrap_or_default();
        println!("{shown}:{line}\t{kind}\t{}\t{value}\t{written}", hit.name);
    }
    text.len()
}
