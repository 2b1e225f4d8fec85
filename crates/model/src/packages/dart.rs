//! Dart's `pubspec.lock`.
//!
//! The file has no edges; it says which packages the project asks for, and which of these for development.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;

use super::helpers::{entries, hash, inner, root, scalar, text};
use super::{Ecosystem, Groups, Lockfile, Package, Relation, Source, partial};

/// Reads a `pubspec.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let (tree, faults) = partial::yaml(file, source);
    let mut lock = Lockfile { faults, ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    for (key, node) in entries(root, "packages").filter(|(_, node)| node.is_map()) {
        let mut package = Package::new(Ecosystem::Pub, key.text(), text(node, "version"), inner(key));
        if let Some(version) = node.field("version").filter(|version| scalar(*version).is_some()) {
            package.version_span = inner(version);
        }
        let (relation, dev) = match text(node, "dependency") {
            Some("direct main") => (Relation::Direct, Some(false)),
            Some("direct dev") => (Relation::Direct, Some(true)),
            Some("direct overridden") => (Relation::Direct, None),
            Some("transitive") => (Relation::Transitive, None),
            _ => (Relation::Unknown, None),
        };
        package.relation = relation;
        package.groups = Groups { dev, optional: None };
        let description = node.field("description");
        package.source = source_of(text(node, "source"), description);
        if let Some(sum) = description.and_then(|it| it.field("sha256")).filter(|sum| scalar(*sum).is_some()) {
            package.integrity.push(hash("sha256", sum.text(), inner(sum)));
        }
        lock.packages.push(package);
    }
    lock
}

fn source_of(kind: Option<&str>, description: Option<Node<'_>>) -> Source {
    let url = description.and_then(|it| it.field("url")).filter(|url| scalar(*url).is_some());
    match (kind, url) {
        (Some("git"), Some(url)) => {
            let commit = description.and_then(|it| text(it, "resolved-ref")).map(Into::into);
            Source::Git { url: url.text().into(), commit, span: inner(url) }
        }
        (Some("path"), _) => Source::Path(description.and_then(|it| text(it, "path")).unwrap_or_default().into()),
        // It comes with the SDK, whose version is not in the file.
        (Some("sdk"), _) => Source::Path(description.and_then(scalar).unwrap_or_default().into()),
        (_, Some(url)) => match url.text().trim_end_matches('/') {
            // The last one is the registry's own mirror.
            "https://pub.dev" | "https://pub.dartlang.org" | "https://pub.flutter-io.cn" => Source::Registry,
            other => Source::Url { url: other.into(), span: inner(url) },
        },
        _ => Source::Registry,
    }
}
