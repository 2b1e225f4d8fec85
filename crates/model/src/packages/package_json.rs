//! `package.json`.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::Node;
use portcullis_syntax::json::{self, Form};

use super::helpers::{entries, faults, inner, is_true, items, root, scalar, text};
use super::npm::{LISTS, source_of};
use super::{Ecosystem, Groups, Manifest, Requirement, Source};

/// Reads a `package.json`.
pub(super) fn manifest(file: FileId, source: &Arc<str>) -> Manifest {
    let tree = json::parse_partial(file, source, Form::Strict);
    let mut manifest = Manifest { faults: faults(&tree), ..Manifest::default() };
    let Some(root) = root(&tree) else { return manifest };
    manifest.name = text(root, "name").map(Into::into);
    manifest.is_private = is_true(root, "private");
    for (list, groups) in LISTS {
        manifest.requirements.extend(entries(root, list).filter_map(|(name, range)| requirement(name, range, *groups)));
    }
    if let Some(workspaces) = root.field("workspaces") {
        // Yarn's older form has the list beneath `packages`.
        let list = workspaces.items().chain(items(workspaces, "packages"));
        manifest.members.extend(list.filter_map(scalar).map(Into::into));
    }
    let pnpm = root.field("pnpm").and_then(|pnpm| pnpm.field("overrides"));
    for forced in [root.field("overrides"), root.field("resolutions"), pnpm].into_iter().flatten() {
        overrides(forced, &mut manifest.overrides);
    }
    manifest
}

fn requirement(name: Node<'_>, range: Node<'_>, groups: Groups) -> Option<Requirement> {
    let written = if range.is_map() || range.is_list() { return None } else { range.text() };
    // `workspace:^`, `catalog:` and `npm:real@^1` are ranges; what else has a scheme or a slash is an address.
    let is_range = ["npm:", "workspace:", "catalog:"].iter().any(|scheme| written.starts_with(scheme));
    let is_address = !is_range && written.contains([':', '/']);
    Some(Requirement {
        ecosystem: Ecosystem::Npm,
        name: name.text().into(),
        range: written.into(),
        span: inner(name),
        range_span: inner(range),
        groups,
        source: if is_address { source_of(range) } else { Source::Registry },
    })
}

/// npm nests overrides by who asks; all of them count, and `.` is the package that holds it.
fn overrides(forced: Node<'_>, found: &mut Vec<Requirement>) {
    let mut waiting: Vec<(Node<'_>, Node<'_>)> = forced.entries().rev().collect();
    while let Some((key, value)) = waiting.pop() {
        waiting.extend(value.entries().rev());
        let key = if key.text() == "." { value.parent().and_then(Node::key).unwrap_or(key) } else { key };
        found.extend(requirement(key, value, Groups::default()));
    }
}
