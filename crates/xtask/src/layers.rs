//! Which crate may import which, and which crates of others it may import.
//!
//! Decided by the manifests, for what is built into the binary; a crate's tests may import what they like. What a
//! dependency imports in turn is not looked at. That files are read by few crates is decided by the text of the
//! sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::workspace;

/// Each crate and the crates right below it; it may import those and all that they may.
const BELOW: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("syntax", &["core"]),
    ("model", &["syntax"]),
    ("terraform", &["model"]),
    ("render", &["model"]),
    ("secrets", &["model"]),
    ("advisories", &["model"]),
    ("rules", &["secrets"]),
    ("policy", &["rules"]),
    ("engine", &["terraform", "render", "advisories", "policy"]),
    ("admission", &["engine"]),
    ("report", &["core"]),
    ("cli", &["admission", "report"]),
    ("xtask", &["cli"]),
];

/// Crates of others that only some of ours may import.
const RESERVED: &[(&str, &[&str])] = &[
    // Parsers of text belong where spans are kept.
    ("granit-parser", &["syntax"]),
    ("rable", &["syntax"]),
    // Of the data model only facts have a wire format: parts of a scan hand them over.
    ("serde", &["model", "terraform", "advisories", "policy", "engine", "admission", "report", "cli", "xtask"]),
    ("serde_json", &["terraform", "advisories", "policy", "engine", "admission", "report", "cli", "xtask"]),
    ("postcard", &["engine"]),
    // Threads and the file system are the scan's.
    ("rayon", &["advisories", "engine", "report", "admission", "cli"]),
    ("ignore", &["engine"]),
    ("walkdir", &["engine"]),
    ("gix-odb", &["engine"]),
    ("gix-index", &["engine"]),
    ("gix-ref", &["engine"]),
    // The network is asked only when a command says so.
    ("ureq", &["advisories"]),
    ("reqwest", &["advisories"]),
    ("hyper", &["admission"]),
    ("axum", &["admission"]),
    ("hyper-util", &["admission"]),
    ("tokio", &["admission"]),
    ("tokio-rustls", &["admission"]),
    ("rcgen", &["admission"]),
    ("rustls", &["admission", "advisories"]),
    ("regorus", &["policy"]),
    // People read what these make.
    ("miette", &["report", "cli"]),
    ("clap", &["cli", "xtask"]),
    // Libraries have error enums.
    ("anyhow", &["cli", "xtask"]),
];

/// The crates that read files; all others go through `core::Files`.
const READERS: &[&str] = &["engine", "admission", "advisories", "cli", "xtask"];

pub(crate) fn check() -> Result<()> {
    let root = workspace::root()?;
    let crates: Vec<Crate> = workspace::packages(&root)?.iter().map(Crate::new).collect();
    let mut faults = faults(&crates);
    for krate in crates.iter().filter(|krate| !READERS.contains(&krate.name.as_str())) {
        for path in rust_files(&krate.folder.join("src"))? {
            if reads_files(&std::fs::read_to_string(&path)?) {
                let path = path.strip_prefix(&root).unwrap_or(&path).display();
                faults.push(format!("{path} uses std::fs: only {} may", READERS.join(", ")));
            }
        }
    }
    if !faults.is_empty() {
        bail!("layers are crossed\n  {}", faults.join("\n  "));
    }
    println!("layers hold for {} crates", crates.len());
    Ok(())
}

/// A crate of the workspace, by its short name: `core`, and `cli` for the root package.
struct Crate {
    name: String,
    folder: PathBuf,
    imports: Vec<String>,
}

impl Crate {
    fn new(package: &Value) -> Self {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let manifest = text(package, "manifest_path");
        let dependencies = package.get("dependencies").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Self {
            name: short(&text(package, "name")).to_owned(),
            folder: Path::new(&manifest).parent().map_or_else(PathBuf::new, Path::to_path_buf),
            imports: dependencies.iter().filter(|d| text(d, "kind") != "dev").map(|d| text(d, "name")).collect(),
        }
    }
}

const PREFIX: &str = "portcullis-";

fn short(package: &str) -> &str {
    if package == "portcullis" { "cli" } else { package.strip_prefix(PREFIX).unwrap_or(package) }
}

fn faults(crates: &[Crate]) -> Vec<String> {
    let below: BTreeMap<&str, &[&str]> = BELOW.iter().copied().collect();
    let mut faults = Vec::new();
    for krate in crates {
        let name = krate.name.as_str();
        if !below.contains_key(name) {
            faults.push(format!("{name} has no place in the layers: give it one in crates/xtask/src/layers.rs"));
            continue;
        }
        let allowed = everything_below(name, &below);
        for import in &krate.imports {
            if import.starts_with(PREFIX) || import == "portcullis" {
                if !allowed.contains(short(import)) {
                    faults.push(format!("{name} imports {}, which is not below it", short(import)));
                }
            } else if let Some((_, holders)) = RESERVED.iter().find(|(external, _)| external == import)
                && !holders.contains(&name)
            {
                faults.push(format!("{name} imports {import}: only {} may", holders.join(", ")));
            }
        }
    }
    faults
}

fn everything_below<'a>(name: &str, below: &BTreeMap<&str, &[&'a str]>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&'a str> = below.get(name).map_or(&[][..], |direct| direct).to_vec();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(below.get(next).into_iter().copied().flatten());
        }
    }
    found
}

/// Whether the text names `std::fs`, on its own or in a list of imports. Comments do not count.
fn reads_files(text: &str) -> bool {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let code = code.replace(char::is_whitespace, "");
    let listed = code.match_indices("std::{").any(|(at, opening)| {
        let list = code.get(at + opening.len()..).and_then(|rest| rest.split(';').next()).unwrap_or_default();
        list.split([',', '{', '}']).any(|item| item == "fs" || item.starts_with("fs::"))
    });
    listed || code.contains("std::fs")
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_hold() {
        check().unwrap();
    }

    #[test]
    fn a_crossed_layer_is_named() {
        for (name, import, expected) in [
            ("syntax", "portcullis-core", ""),
            ("cli", "portcullis-syntax", ""),
            ("rules", "portcullis-secrets", ""),
            ("syntax", "portcullis-model", "syntax imports model, which is not below it"),
            ("report", "portcullis-engine", "report imports engine, which is not below it"),
            ("advisories", "portcullis-rules", "advisories imports rules, which is not below it"),
            ("core", "portcullis", "core imports cli, which is not below it"),
            ("engine", "clap", "engine imports clap: only cli, xtask may"),
            ("core", "thiserror", ""),
            ("stray", "thiserror", "stray has no place in the layers: give it one in crates/xtask/src/layers.rs"),
        ] {
            let krate = Crate { name: name.into(), folder: PathBuf::new(), imports: vec![import.into()] };
            assert_eq!(faults(&[krate]).join("\n"), expected, "{name} -> {import}");
        }
    }

    #[test]
    fn reading_files_is_seen() {
        for (text, expected) in [
            ("use std::fs::File;", true),
            ("let x = std::fs::read(p);", true),
            ("use std::{\n  fs,\n  io,\n};", true),
            ("use std::{io, fs::File};", true),
            ("use std::{io, fmt};", false),
            ("//! not `std::fs`, ever", false),
            ("let fs = 1;", false),
        ] {
            assert_eq!(reads_files(text), expected, "{text}");
        }
    }
}
