//! R's `renv.lock`.
//!
//! Files of renv 1.1 carry the whole description of a package, older ones the names of what it needs. Hashes are of the
//! description and of no archive, so they are none here. What the project asks for is not in the file.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;
use portcullis_syntax::json::{self, Form};

use super::helpers::{edges, entries, faults, id, inner, root, scalar, text};
use super::{Ecosystem, Lockfile, Package, PackageId, Source};

/// Reads an `renv.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut lock = Lockfile { faults: faults(&tree), ..Lockfile::default() };
    let Some(root) = root(&tree) else { return lock };
    let mut known: HashMap<&str, PackageId> = HashMap::new();
    let mut read = Vec::new();
    for (key, node) in entries(root, "Packages").filter(|(_, node)| node.is_map()) {
        let name = node.field("Package").filter(|name| scalar(*name).is_some()).unwrap_or(key);
        let mut package = Package::new(Ecosystem::Cran, name.text(), text(node, "Version"), inner(name));
        if let Some(version) = node.field("Version").filter(|version| scalar(*version).is_some()) {
            package.version_span = inner(version);
        }
        package.source = source_of(node);
        package.licence = text(node, "License").map(Into::into);
        known.insert(name.text(), id(lock.packages.len()));
        read.push(node);
        lock.packages.push(package);
    }
    for (package, node) in lock.packages.iter_mut().zip(&read) {
        let lists = ["Requirements", "Depends", "Imports", "LinkingTo"].into_iter().filter_map(|key| node.field(key));
        let names = lists.flat_map(Node::items).map(|need| need.text().split([' ', '(']).next().unwrap_or_default());
        package.dependencies = edges(names.filter_map(|name| known.get(name)).copied().collect());
    }
    lock
}

/// `Source` with `Repository`, or with the fields of the host that it was installed from.
fn source_of(node: Node<'_>) -> Source {
    if let Some(user) = text(node, "RemoteUsername") {
        // The host is that of the interface.
        let host = text(node, "RemoteHost").unwrap_or_default();
        let host = host.strip_prefix("api.").unwrap_or(host);
        let url = format!("https://{host}/{user}/{}", text(node, "RemoteRepo").unwrap_or_default());
        let commit = text(node, "RemoteSha").map(Into::into);
        let span = node.field("RemoteRepo").map_or_else(|| node.span(), inner);
        return Source::Git { url: url.into(), commit, span };
    }
    let Some(kind) = node.field("Source") else { return Source::Registry };
    match kind.text() {
        "Repository" => match node.field("Repository").filter(|repository| scalar(*repository).is_some()) {
            Some(repository) if repository.text().contains("://") => {
                Source::Url { url: repository.text().into(), span: inner(repository) }
            }
            // Names of repositories are those of mirrors of CRAN, as far as they are known.
            _ => Source::Registry,
        },
        "CRAN" | "RSPM" => Source::Registry,
        "Local" | "unknown" => Source::Path(text(node, "RemoteUrl").unwrap_or_default().into()),
        other => Source::Url { url: other.into(), span: inner(kind) },
    }
}
