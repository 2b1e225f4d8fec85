//! `pyproject.toml`: PEP 621, dependency groups, and the tables of Poetry, PDM and uv.
//!
//! What builds the project (`build-system`) is not a dependency of it, and no lockfile holds it.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};

use super::helpers::{entries, faults, inner, is_true, items, root, scalar, text};
use super::python::{normal, requirement, source_in};
use super::{Groups, Manifest, Requirement, Source, pipenv};

const SHIPPED: Groups = Groups { dev: Some(false), optional: Some(false) };
const EXTRA: Groups = Groups { dev: Some(false), optional: Some(true) };
const DEV: Groups = Groups { dev: Some(true), optional: Some(false) };

/// Reads a `pyproject.toml`.
pub(super) fn manifest(file: FileId, source: &Arc<str>) -> Manifest {
    let tree = toml::parse(file, source);
    let mut manifest = Manifest { faults: faults(&tree), ..Manifest::default() };
    let Some(root) = root(&tree) else { return manifest };
    let asked = &mut manifest.requirements;
    if let Some(project) = root.field("project") {
        manifest.name = text(project, "name").map(Into::into);
        asked.extend(items(project, "dependencies").filter_map(|it| requirement(it, SHIPPED)));
        asked.extend(lists(project, "optional-dependencies").filter_map(|it| requirement(it, EXTRA)));
    }
    asked.extend(lists(root, "dependency-groups").filter_map(|it| requirement(it, DEV)));
    let Some(tool) = root.field("tool") else { return manifest };
    if let Some(poetry) = tool.field("poetry") {
        manifest.name = manifest.name.or_else(|| text(poetry, "name").map(Into::into));
        of_poetry(poetry, asked);
    }
    if let Some(pdm) = tool.field("pdm") {
        asked.extend(lists(pdm, "dev-dependencies").filter_map(|it| requirement(it, DEV)));
        manifest.overrides.extend(
            entries(pdm, "resolution")
                .filter(|(key, _)| key.text() == "overrides")
                .flat_map(|(_, overrides)| overrides.entries())
                .map(|(key, value)| pipenv::requirement(key, value, Groups::default())),
        );
    }
    if let Some(uv) = tool.field("uv") {
        asked.extend(items(uv, "dev-dependencies").filter_map(|it| requirement(it, DEV)));
        for list in ["override-dependencies", "constraint-dependencies"] {
            manifest.overrides.extend(items(uv, list).filter_map(|it| requirement(it, Groups::default())));
        }
        if let Some(workspace) = uv.field("workspace") {
            manifest.members.extend(items(workspace, "members").filter_map(scalar).map(Into::into));
        }
        sources(uv, asked);
    }
    manifest
}

/// The elements of all the lists in a table.
fn lists<'t>(table: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> {
    entries(table, key).flat_map(|(_, list)| list.items())
}

/// `[tool.poetry.dependencies]`, `[tool.poetry.group.NAME.dependencies]` and, before 1.2, `[tool.poetry.dev-dependencies]`.
fn of_poetry(poetry: Node<'_>, asked: &mut Vec<Requirement>) {
    let mut add = |table: Node<'_>, groups: Groups| {
        for (key, value) in table.entries().filter(|(key, _)| normal(key.text()) != "python") {
            let is_extra = value.is_map() && is_true(value, "optional");
            let groups = if is_extra { Groups { optional: Some(true), ..groups } } else { groups };
            if value.is_list() {
                // Several ranges, told apart by markers.
                asked.extend(value.items().map(|value| pipenv::requirement(key, value, groups)));
            } else {
                asked.push(pipenv::requirement(key, value, groups));
            }
        }
    };
    if let Some(table) = poetry.field("dependencies") {
        add(table, SHIPPED);
    }
    if let Some(table) = poetry.field("dev-dependencies") {
        add(table, DEV);
    }
    for (_, group) in entries(poetry, "group") {
        if let Some(table) = group.field("dependencies") {
            add(table, DEV);
        }
    }
}

/// `[tool.uv.sources]` says where requirements come from that only have a name.
fn sources(uv: Node<'_>, asked: &mut [Requirement]) {
    let known: std::collections::HashMap<String, Node<'_>> =
        entries(uv, "sources").map(|(key, table)| (normal(key.text()), table)).collect();
    if known.is_empty() {
        return;
    }
    for requirement in asked {
        let Some(table) = known.get(&normal(&requirement.name)) else { continue };
        // Of several, told apart by markers, the first says at least that it is not the registry.
        let table = table.items().next().unwrap_or(*table);
        requirement.source = match source_in(table) {
            Source::Registry => continue,
            source => source,
        };
        if let Source::Git { url, span, .. } | Source::Url { url, span } = &requirement.source {
            (requirement.range, requirement.range_span) = (url.clone(), *span);
        } else if let Some((_, path)) = table.entries().next() {
            requirement.range_span = inner(path);
        }
    }
}
