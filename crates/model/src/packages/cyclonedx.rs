//! CycloneDX in JSON, versions 1.2 to 1.6.
//!
//! Components nest to any depth. `scope` says what may be left out; nothing in the format is about development.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;
use portcullis_syntax::json::{self, Form};

use super::bill::{Bill, licence, package};
use super::helpers::{faults, hash, inner, items, root, scalar, text};
use super::{Lockfile, Source};

/// Reads a document.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    lock.header.version = text(root, "specVersion").map(Into::into);
    let mut bill = Bill::default();
    if let Some(subject) = root.field("metadata").and_then(|metadata| metadata.field("component")) {
        bill.about(text(subject, "bom-ref").unwrap_or_default());
        read(&mut lock, &mut bill, subject, Part::Subject);
    }
    // In the file's order, a component before those within it; depth costs memory and not the stack.
    let mut waiting: Vec<Node<'_>> = items(root, "components").rev().collect();
    while let Some(component) = waiting.pop() {
        read(&mut lock, &mut bill, component, Part::Component);
        waiting.extend(items(component, "components").rev());
    }
    for entry in items(root, "dependencies") {
        let Some(from) = text(entry, "ref") else { continue };
        items(entry, "dependsOn").filter_map(scalar).for_each(|to| bill.needs(from, to));
    }
    bill.finish(&mut lock);
    lock
}

/// What a component is to its document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What the document is about.
    Subject,
    /// What is in it.
    Component,
}

fn read<'t>(lock: &mut Lockfile, bill: &mut Bill<'t>, component: Node<'t>, part: Part) {
    let reference = text(component, "bom-ref").unwrap_or_default();
    let filled = |key: &str| component.field(key).filter(|node| scalar(*node).is_some());
    let found = filled("purl").and_then(|purl| package(purl, filled("name"), filled("version")));
    let Some(mut package) = found else { return bill.add_other(reference) };
    if part == Part::Subject {
        package.source = Source::Project;
    }
    package.groups.optional = match text(component, "scope") {
        Some("optional" | "excluded") => Some(true),
        Some(_) => Some(false),
        None => None,
    };
    for sum in items(component, "hashes") {
        let (Some(name), Some(digest)) = (text(sum, "alg"), sum.field("content")) else { continue };
        let name = name.to_ascii_lowercase();
        let name = match name.strip_prefix("sha-") {
            Some(bits @ ("1" | "256" | "384" | "512")) => format!("sha{bits}"),
            _ => name,
        };
        package.integrity.push(hash(&name, digest.text(), inner(digest)));
    }
    let licences: Vec<&str> = items(component, "licenses").filter_map(expression).filter_map(licence).collect();
    // What holds among several is not said; all of them is what asks the most.
    package.licence = (!licences.is_empty()).then(|| licences.join(" AND ").into());
    bill.add(lock, reference, package);
}

/// `{"expression": "MIT OR X"}` or `{"license": {"id": "MIT"}}`.
fn expression(choice: Node<'_>) -> Option<&str> {
    if let Some(expression) = text(choice, "expression") {
        return Some(expression);
    }
    let licence = choice.field("license")?;
    text(licence, "id").or_else(|| text(licence, "name"))
}
