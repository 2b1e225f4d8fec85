//! Builds: each file of `tests/builds` with the objects that it must become.
//!
//! A case is the directory that is built (`build=`), its files (`file=`), and the objects (`expect=`). Objects are
//! compared as data, in any order; nulls count as absent, and generated names have no hash.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{FileError, FileId, Files};
use portcullis_render::{Builds, Library};
use portcullis_syntax::{Dialect, Node, Value, yaml};

/// Files in memory.
struct Memory(BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| FileError::Missing(PathBuf::from(path)))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Missing(PathBuf::from(directory)))
    }
}

impl Memory {
    fn library(&self, directory: &str) -> Library {
        let names: Vec<&String> = self.0.keys().collect();
        let mut file_id = |path: &str| {
            FileId(u32::try_from(names.iter().position(|name| *name == path).unwrap_or(names.len())).unwrap())
        };
        let path = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        Library::gather([format!("{path}kustomization.yaml")], self, &mut file_id)
    }
}

struct Case {
    directory: String,
    files: Memory,
    expected: String,
}

impl Case {
    fn parse(text: &str) -> Self {
        let mut case = Self { directory: String::new(), files: Memory(BTreeMap::new()), expected: String::new() };
        let mut current = String::new();
        for line in text.lines() {
            if let Some(directory) = line.strip_prefix("build=") {
                directory.trim_start_matches('.').clone_into(&mut case.directory);
            } else if let Some(path) = line.strip_prefix("file=") {
                path.clone_into(&mut current);
            } else if line == "expect=" {
                current.clear();
            } else if current.is_empty() {
                case.expected.push_str(line);
                case.expected.push('\n');
            } else {
                let text = case.files.0.entry(current.clone()).or_default();
                text.push_str(line);
                text.push('\n');
            }
        }
        case
    }
}

/// A value as text that is the same for the same data.
fn canonical(node: Node<'_>) -> String {
    match node.value() {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => text.to_owned(),
        Value::Map(map) => {
            let entries: BTreeMap<String, String> = map
                .entries()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.text().to_owned(), canonical(value)))
                .collect();
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::List(list) => format!("[{}]", list.items().map(canonical).collect::<Vec<_>>().join(", ")),
        Value::Unknown(_) => "?".to_owned(),
        Value::String(_) | Value::Template(_) => format!("{:?}", node.text()),
    }
}

fn built(case: &Case) -> Vec<String> {
    let library = case.files.library(&case.directory);
    let build = Builds::new(&library).build(&case.directory).unwrap();
    build.objects.iter().map(|object| canonical(object.tree.documents().next().unwrap().root)).collect()
}

#[test]
fn builds_give_the_objects_that_are_deployed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/builds");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case = Case::parse(&std::fs::read_to_string(&path).unwrap());
        count += 1;
        let tree = yaml::parse(FileId(0), &Arc::from(case.expected.as_str()), Dialect::Yaml11);
        let mut expected: Vec<String> = tree.documents().map(|document| canonical(document.root)).collect();
        let mut found = built(&case);
        expected.sort();
        found.sort();
        if found != expected {
            let lines = |texts: &[String], others: &[String]| {
                let only: Vec<&str> = texts.iter().filter(|text| !others.contains(text)).map(String::as_str).collect();
                only.join("\n    ")
            };
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            wrong.push(format!("{name}\n  + {}\n  - {}", lines(&found, &expected), lines(&expected, &found)));
        }
    }
    assert!(count > 10);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
