//! SPDX in JSON: documents of 2.2 and 2.3, and the graph of 3.0.
//!
//! A relationship may be written from either end. Kinds that are about development or tests say so of what they lead to,
//! where nothing else leads there.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;
use portcullis_syntax::json::{self, Form};

use super::bill::{Bill, licence, package};
use super::helpers::{faults, hash, inner, items, root, scalar, text};
use super::{Integrity, Lockfile};

/// Reads a document.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    if root.field("@graph").is_some() {
        read_graph(&mut lock, root);
    } else {
        read_document(&mut lock, root);
    }
    lock
}

/// Versions 2.2 and 2.3.
fn read_document(lock: &mut Lockfile, root: Node<'_>) {
    lock.header.version = text(root, "spdxVersion").map(Into::into);
    let mut bill = Bill::default();
    for node in items(root, "packages") {
        let reference = text(node, "SPDXID").unwrap_or_default();
        let filled = |key: &str| node.field(key).filter(|node| scalar(*node).is_some());
        let purl = items(node, "externalRefs")
            .filter(|link| matches!(text(*link, "referenceType"), Some("purl" | "http://spdx.org/rdf/references/purl")))
            .find_map(|link| link.field("referenceLocator"));
        let Some(mut package) = purl.and_then(|purl| package(purl, filled("name"), filled("versionInfo"))) else {
            bill.add_other(reference);
            continue;
        };
        package.integrity = items(node, "checksums").filter_map(|sum| checksum(sum, "checksumValue")).collect();
        let said = ["licenseConcluded", "licenseDeclared"].into_iter().filter_map(|key| text(node, key));
        package.licence = said.into_iter().find_map(licence).map(Into::into);
        bill.add(lock, reference, package);
    }
    for described in items(root, "documentDescribes").filter_map(scalar) {
        bill.about(described);
    }
    let mut uses = Uses::default();
    for edge in items(root, "relationships") {
        let ends = text(edge, "spdxElementId").zip(text(edge, "relatedSpdxElement"));
        let Some(((from, to), kind)) = ends.zip(text(edge, "relationshipType")) else { continue };
        relate(&mut bill, &mut uses, from, kind, to);
    }
    bill.finish(lock);
    uses.settle(lock, &bill);
}

/// Version 3.0: elements of one list that refer to each other.
fn read_graph(lock: &mut Lockfile, root: Node<'_>) {
    let mut bill = Bill::default();
    let mut uses = Uses::default();
    for node in items(root, "@graph") {
        let reference = text(node, "spdxId").or_else(|| text(node, "@id")).unwrap_or_default();
        match text(node, "type").or_else(|| text(node, "@type")).unwrap_or_default() {
            "CreationInfo" => lock.header.version = text(node, "specVersion").map(Into::into),
            "software_Package" => {
                let filled = |key: &str| node.field(key).filter(|node| scalar(*node).is_some());
                let purl = filled("software_packageUrl").or_else(|| {
                    items(node, "externalIdentifier")
                        .find(|it| text(*it, "externalIdentifierType") == Some("packageUrl"))
                        .and_then(|it| it.field("identifier"))
                });
                let found = purl.and_then(|purl| package(purl, filled("name"), filled("software_packageVersion")));
                let Some(mut package) = found else {
                    bill.add_other(reference);
                    continue;
                };
                package.integrity = items(node, "verifiedUsing").filter_map(|sum| checksum(sum, "hashValue")).collect();
                bill.add(lock, reference, package);
            }
            "SpdxDocument" | "software_Sbom" => {
                items(node, "rootElement").filter_map(scalar).for_each(|root| bill.about(root));
            }
            "Relationship" | "LifecycleScopedRelationship" => {
                let Some((from, kind)) = text(node, "from").zip(text(node, "relationshipType")) else { continue };
                let kind = match (kind, text(node, "scope")) {
                    ("dependsOn", Some("development" | "test" | "build")) => "DEV_DEPENDS_ON",
                    ("dependsOn", _) => "DEPENDS_ON",
                    ("describes", _) => "DESCRIBES",
                    ("contains", _) => "CONTAINS",
                    _ => continue,
                };
                items(node, "to").filter_map(scalar).for_each(|to| relate(&mut bill, &mut uses, from, kind, to));
            }
            _ => {}
        }
    }
    bill.finish(lock);
    uses.settle(lock, &bill);
}

/// Whether the edges to something are for development.
#[derive(Default)]
struct Uses<'t> {
    /// By reference: whether all edges there are.
    dev: HashMap<&'t str, bool>,
}

impl Uses<'_> {
    fn settle(&self, lock: &mut Lockfile, bill: &Bill<'_>) {
        for (reference, package) in bill.packages() {
            let dev = self.dev.get(reference).copied();
            if let Some(package) = lock.packages.get_mut(package.0 as usize)
                && dev == Some(true)
            {
                package.groups.dev = dev;
            }
        }
    }
}

fn relate<'t>(bill: &mut Bill<'t>, uses: &mut Uses<'t>, from: &'t str, kind: &str, to: &'t str) {
    let (from, to, dev) = match kind {
        "DESCRIBES" => return bill.about(to),
        "DESCRIBED_BY" => return bill.about(from),
        "DEPENDS_ON" | "CONTAINS" | "DYNAMIC_LINK" | "STATIC_LINK" => (from, to, false),
        "DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF" | "CONTAINED_BY" | "OPTIONAL_DEPENDENCY_OF" => (to, from, false),
        "DEV_DEPENDENCY_OF"
        | "TEST_DEPENDENCY_OF"
        | "BUILD_DEPENDENCY_OF"
        | "DEV_TOOL_OF"
        | "TEST_TOOL_OF"
        | "BUILD_TOOL_OF" => (to, from, true),
        "DEV_DEPENDS_ON" => (from, to, true),
        _ => return,
    };
    bill.needs(from, to);
    uses.dev.entry(to).and_modify(|all| *all &= dev).or_insert(dev);
}

/// `{"algorithm": "SHA256", "checksumValue": "…"}`.
fn checksum(sum: Node<'_>, key: &str) -> Option<Integrity> {
    let digest = sum.field(key)?;
    Some(hash(&text(sum, "algorithm")?.to_ascii_lowercase(), digest.text(), inner(digest)))
}
