//! Parity: an object as an API server sends it gets the findings that its manifest gets from a scan.
//!
//! Manifests are those of every rule's examples and of the fixtures, each document by itself. Compared are rule and field;
//! suppressions do not count. Left out are what is not the same object in both (placeholders and nulls, which something fills in or
//! drops, and aliases) and the rules below.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{FileId, Profile, Span};
use portcullis_engine::{Given, Objects, ScanOptions, Silent, Stdin, scan};
use portcullis_model::kubernetes::Object;
use portcullis_rules::{Check, builtin};
use portcullis_syntax::{Dialect, Node, Tree, Value as Known, json, yaml};

/// Rules that are about more than one object, or about how a file is written.
const NOT_COMPARED: &[&str] = &[
    // The documents of the test stand beside one another in the scan.
    "across-files",
    "unused-suppression",
    "expired-suppression",
    "misplaced-suppression",
    // A file's own: the API server has read the text, and sorts the keys.
    "syntax-error",
    "duplicate-key",
    "k8s-duplicate-yaml-key",
    "k8s-keys-unsorted",
    "k8s-kustomization-invalid",
];

/// Rules about a Secret's values, beside those with the tag `secret`: in the cluster these are where they belong.
const OF_SECRETS: &[&str] = &["k8s-secret-committed", "k8s-dockerconfig-inline-auth", "k8s-secret-in-command-args"];

/// A manifest of one object.
struct Manifest {
    from: String,
    text: String,
}

#[test]
fn an_object_gets_the_findings_of_its_manifest() {
    let manifests: Vec<Manifest> = manifests();
    let of_definitions = builtin().filter(|rule| matches!(rule.check, Check::CustomSchema(_)));
    let skip: Vec<String> = NOT_COMPARED
        .iter()
        .map(|id| (*id).to_owned())
        .chain(of_definitions.map(|rule| rule.meta.id.to_string()))
        .collect();
    let options = || {
        let mut options = ScanOptions::new(empty_directory());
        options.profile = Some(Profile::All);
        options.only = vec!["*".to_owned()];
        options.skip.clone_from(&skip);
        options
    };
    let name = |number: usize| format!("{number:05}.yaml");
    let pipes = manifests.iter().enumerate();
    let pipes = pipes.map(|(number, it)| Stdin { name: Some(name(number)), bytes: it.text.clone().into_bytes() });
    let scanned = scan(&ScanOptions { pipes: pipes.collect(), ..options() }, &Silent).unwrap().report;
    assert!(scanned.errors.is_empty(), "{:?}", scanned.errors);
    let mut of_files: BTreeMap<String, Vec<(String, Span)>> = BTreeMap::new();
    for finding in &scanned.findings {
        let path = scanned.files[finding.location.file().0 as usize].to_string();
        let id = scanned.catalog.get(finding.rule).id.to_string();
        of_files.entry(path).or_default().push((id, finding.location.span));
    }

    let objects = Objects::new(options()).unwrap();
    let mut wrong = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (number, manifest) in manifests.iter().enumerate() {
        let tree = yaml::parse(FileId(0), &Arc::from(manifest.text.as_str()), Dialect::Yaml11);
        let spans = of_files.remove(&name(number)).unwrap_or_default();
        let root = tree.documents().next().unwrap().root;
        let is_secret = Object::new(root).is_some_and(|object| object.kind == "Secret");
        let is_stored = |rule: &str| {
            let is_tagged =
                || objects.catalog().by_id(rule).is_some_and(|it| objects.catalog().get(it).tags.contains("secret"));
            is_secret && (OF_SECRETS.contains(&rule) || is_tagged())
        };
        let of_file: BTreeSet<(String, String)> = spans
            .into_iter()
            .filter(|(rule, _)| !is_stored(rule))
            .map(|(rule, span)| (rule, narrowest(&tree, span)))
            .collect();
        let text: Arc<str> = as_sent(root).into();
        let judged = objects.judge(Given { text: &text, namespace: "", path: "cluster/_/_/_", asked: None }).unwrap();
        assert!(judged.errors.is_empty(), "{:?}", judged.errors);
        let tree = json::parse(FileId(0), &text);
        let mut of_object = BTreeSet::new();
        for found in &judged.findings {
            let path = narrowest(&tree, found.finding.location.span);
            assert!(path.starts_with(&found.field), "{} at {path}, and {}", found.finding.message, found.field);
            of_object.insert((objects.catalog().get(found.finding.rule).id.to_string(), path));
        }
        seen.extend(of_object.iter().map(|(rule, _)| rule.clone()));
        for (rule, path) in of_file.symmetric_difference(&of_object) {
            let side = if of_object.contains(&(rule.clone(), path.clone())) { "object alone" } else { "file alone" };
            wrong.push(format!("{rule} {path} ({side}): {}", manifest.from));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {} manifests:\n{}", wrong.len(), manifests.len(), wrong.join("\n"));
    assert!(manifests.len() > 1000 && seen.len() > 150, "{} manifests, {} rules", manifests.len(), seen.len());
}

/// The objects of all examples and fixtures.
fn manifests() -> Vec<Manifest> {
    let mut found = Vec::new();
    for rule in builtin() {
        for (number, example) in rule.meta.examples().iter().enumerate() {
            for (name, text) in &example.files {
                take(&format!("{} example {} {name}", rule.meta.id, number + 1), name, text, &mut found);
            }
        }
    }
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), &mut files);
    for file in files {
        if let Ok(text) = std::fs::read_to_string(&file) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            take(&file.display().to_string(), &name, &text, &mut found);
        }
    }
    found
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { walk(&entry, files) } else { files.push(entry) }
    }
}

/// Takes the documents of a text that are objects, and the same ones wherever they are read.
fn take(from: &str, name: &str, text: &str, found: &mut Vec<Manifest>) {
    if ![".yaml", ".yml"].iter().any(|end| name.ends_with(end)) || name.starts_with("kustomization") {
        return;
    }
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
    for (number, document) in tree.documents().enumerate() {
        let text = document.span.slice(text).to_owned();
        let alone = yaml::parse(FileId(0), &Arc::from(text.as_str()), Dialect::Yaml11);
        let is_plain = alone.errors().is_empty() && alone.anchors().is_empty() && alone.merges().is_empty();
        let mut documents = alone.documents();
        let (Some(first), None, true) = (documents.next(), documents.next(), is_plain) else { continue };
        let is_object = Object::new(first.root).is_some()
            && alone.comments().iter().all(|it| !it.span.slice(&text).contains("Source:"));
        if is_object && is_known(first.root) {
            found.push(Manifest { from: format!("{from}, document {}", number + 1), text });
        }
    }
}

/// Whether nothing in it is filled in by something else: placeholders before, and nulls by the API server.
fn is_known(node: Node<'_>) -> bool {
    match node.value() {
        Known::Unknown(_) | Known::Template(_) | Known::Null => false,
        Known::List(list) => list.items().all(is_known),
        Known::Map(map) => map.entries().all(|(key, value)| is_known(key) && is_known(value)),
        _ => true,
    }
}

/// The object as an API server sends it: JSON on one line, of the types that the manifest's decoder reads.
fn as_sent(node: Node<'_>) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match node.value() {
        Known::Bool(value) => value.to_string(),
        Known::Number(number) => node.as_i64().map_or_else(|| number.to_owned(), |number| number.to_string()),
        Known::Map(map) => {
            let entries = map.entries().map(|(key, value)| format!("{}:{}", text(key.text()), as_sent(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        Known::List(list) => format!("[{}]", list.items().map(as_sent).collect::<Vec<_>>().join(",")),
        _ => text(node.text()),
    }
}

/// The way to the narrowest field that holds these bytes.
fn narrowest(tree: &Tree, span: Span) -> String {
    let holds = |other: Span| other.start <= span.start && span.end <= other.end;
    let contains = |node: &Node<'_>| holds(node.span()) || node.key().is_some_and(|key| holds(key.span()));
    let mut path = String::new();
    let mut next = tree.documents().map(|document| document.root).find(contains);
    while let Some(node) = next {
        if let Some(key) = node.key() {
            let key = key.text();
            let is_plain =
                !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            let dot = if path.is_empty() { "" } else { "." };
            let part = if is_plain { format!("{dot}{key}") } else { format!("[{key:?}]") };
            path.push_str(&part);
        } else if let Some(position) = node.position() {
            _ = write!(path, "[{position}]");
        }
        let is_at_key = node.key().is_some_and(|key| holds(key.span()));
        let below = || node.items().find(contains).or_else(|| node.entries().map(|(_, value)| value).find(contains));
        next = if is_at_key { None } else { below() };
    }
    path
}

fn empty_directory() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("objects");
    std::fs::create_dir_all(&path).unwrap();
    path
}
