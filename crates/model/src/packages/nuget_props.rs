//! .NET's `Directory.Packages.props`: the versions that projects below it take over.
//!
//! MSBuild's conditions are not evaluated: what stands under one is not known, nor is a property that is set twice. A version
//! with something unknown in it is left out.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, Span};
use portcullis_syntax::xml::{self, Element};

use super::{Ecosystem, Groups, Manifest, Requirement, Source};

/// Reads a `Directory.Packages.props`.
pub(super) fn manifest(file: FileId, source: &Arc<str>) -> Manifest {
    let document = xml::parse(file, source);
    let mut manifest = Manifest { faults: document.faults().to_vec(), ..Manifest::default() };
    let Some(root) = document.root().filter(|root| root.name() == "Project") else { return manifest };
    let properties = properties(root);
    for item in groups(root, "ItemGroup").flat_map(Element::children) {
        let global = item.name() == "GlobalPackageReference";
        let is_package = global || matches!(item.name(), "PackageVersion" | "PackageReference");
        if item.attribute("Condition").is_some() || !is_package {
            continue;
        }
        let Some((name, span)) = value(item, "Include").or_else(|| value(item, "Update")) else { continue };
        let Some((written, range_span)) = value(item, "Version") else { continue };
        // Lists, patterns and what a property names.
        if name.contains(['$', '@', '*', ';', '%']) {
            continue;
        }
        let Some(range) = fill_in(written, &properties).filter(|range| !range.is_empty()) else { continue };
        let requirement = Requirement {
            ecosystem: Ecosystem::NuGet,
            name: name.into(),
            range: range.into(),
            span,
            range_span,
            // What every project takes in is for analysers and the build.
            groups: Groups { dev: global.then_some(true), optional: Some(false) },
            source: Source::Registry,
        };
        if global {
            manifest.requirements.push(requirement);
        } else {
            manifest.shared.push(requirement);
        }
    }
    manifest
}

fn groups<'d>(root: Element<'d>, name: &'static str) -> impl Iterator<Item = Element<'d>> {
    root.children().filter(move |group| group.name() == name && group.attribute("Condition").is_none())
}

/// Properties that have one value, by their names in lower case; `None` for the others.
fn properties(root: Element<'_>) -> HashMap<String, Option<&str>> {
    let mut properties: HashMap<String, Option<&str>> = HashMap::new();
    for group in root.children().filter(|group| group.name() == "PropertyGroup") {
        for property in group.children() {
            let is_sure = group.attribute("Condition").is_none() && property.attribute("Condition").is_none();
            let value = property.text().filter(|_| is_sure);
            properties.entry(property.name().to_ascii_lowercase()).and_modify(|value| *value = None).or_insert(value);
        }
    }
    properties
}

/// An attribute, or else a child element of the same name.
fn value<'d>(item: Element<'d>, name: &str) -> Option<(&'d str, Span)> {
    if let Some(attribute) = item.attribute(name) {
        let value = attribute.value.as_deref()?.trim();
        return (!value.is_empty()).then_some((value, attribute.span));
    }
    let child = item.child(name)?;
    Some((child.text()?, child.text_span()))
}

/// A text with its `$(Property)` filled in once: those in properties are not followed.
fn fill_in(text: &str, properties: &HashMap<String, Option<&str>>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$(") {
        let (name, after) = after.split_once(')')?;
        let value =
            properties.get(&name.to_ascii_lowercase()).copied().flatten().filter(|value| !value.contains("$("))?;
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}
