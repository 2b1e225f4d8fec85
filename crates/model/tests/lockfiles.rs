//! Readers of the lockfiles of Maven, Gradle, .NET, Elixir, Dart, C++, Apple, R, Haskell and Julia, and of bills of materials:
//! small texts, and what is in them.
//!
//! A package is written `LINE name version what…`; the line is `NAME/VERSION` where these stand apart. `what` says who asks for
//! it, that it is for development (`dev`, or `dev?` where that is not known) or may be left out, where it comes from, its
//! licence and what it needs.

#![allow(clippy::panic, reason = "a test")]

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, Span};
use portcullis_model::packages::{
    Contents, Format, Lockfile, Package, PackageId, Relation, Requirement, Source, Surroundings, read, read_among,
};

mod lockfiles {
    mod bills;
    mod dotnet;
    mod hostile;
    mod maven;
    mod others;
    mod purls;
}

pub(crate) fn format_of(name: &str) -> Format {
    Format::of_path(name).unwrap_or_else(|| panic!("{name} has no format"))
}

pub(crate) fn read_file(name: &str, text: &str) -> Contents {
    read(format_of(name), FileId(0), &Arc::from(text))
}

/// Checks what a text has and that no cut of it has more.
pub(crate) fn check(name: &str, text: &str, expected: &[&str]) {
    check_among(name, &[(name, text)], expected);
}

/// Checks the first of several files, which lie in one tree.
pub(crate) fn check_among(about: &str, files: &[(&str, &str)], expected: &[&str]) {
    let Some(&(path, text)) = files.first() else { panic!("{about}: no file") };
    let lock = among(files, path, text).lock.unwrap_or_else(|| panic!("{about}: not a lockfile"));
    let all: Vec<String> = lock.packages.iter().map(|package| shown(text, &lock, package)).collect();
    assert_eq!(all, expected, "{about}; faults {:?}", lock.faults);
    for package in &lock.packages {
        // A registry may write a name otherwise than the package URL does, which is what counts.
        let place = package.span.slice(text).to_lowercase().replace('_', "-");
        let name = package.alias.as_deref().unwrap_or(&package.name).to_lowercase().replace('_', "-");
        let last = name.rsplit([':', '/']).next().unwrap_or_default();
        let is_named = !place.is_empty() && (name.contains(&place) || place.contains(last));
        assert!(is_named, "{about}: {name} is not in {place:?}");
        for hash in &package.integrity {
            assert_eq!(hash.span.slice(text), &*hash.digest, "{about}: {}", package.name);
        }
    }
    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        let Some(cut) = text.get(..at) else { continue };
        let part = among(files, path, cut).lock.unwrap_or_default();
        assert!(part.faults.len() <= 1, "{about} cut at {at}: {:?}", part.faults);
        assert!(part.packages.len() <= lock.packages.len(), "{about} cut at {at}");
    }
}

fn among(files: &[(&str, &str)], path: &str, text: &str) -> Contents {
    let others: HashMap<&str, &str> = files.iter().copied().skip(1).collect();
    let text_of = |path: &str| others.get(path).map(|text| Arc::from(*text));
    read_among(format_of(path), FileId(0), &Arc::from(text), &Surroundings { path, text_of: &text_of })
}

/// Checks where the one fault of a text is, and which packages are there all the same.
pub(crate) fn check_fault(name: &str, text: &str, fault: usize, packages: &[&str]) {
    let lock = read_file(name, text).lock.unwrap_or_else(|| panic!("{name}: not a lockfile"));
    let faults: Vec<usize> = lock.faults.iter().map(|fault| line(text, fault.span.start)).collect();
    assert_eq!(faults, [fault], "{name}: {:?}", lock.faults);
    let names: Vec<&str> = lock.packages.iter().map(|package| &*package.name).collect();
    assert_eq!(names, packages, "{name} with a fault in line {fault}");
}

/// Checks what a manifest asks for: `LINE name range what…`, then what it forces and what others take over.
pub(crate) fn check_requirements(name: &str, text: &str, expected: &[&str]) {
    let manifest = read_file(name, text).manifest.unwrap_or_else(|| panic!("{name}: not a manifest"));
    let show = |prefix: &str, asked: &Requirement| {
        let dev = match asked.groups.dev {
            Some(true) => " dev",
            Some(false) => "",
            None => " dev?",
        };
        format!("{} {prefix}{} {}{dev}", line(text, asked.range_span.start), asked.name, asked.range)
    };
    let mut all: Vec<String> = manifest.requirements.iter().map(|asked| show("", asked)).collect();
    all.extend(manifest.overrides.iter().map(|asked| show("forced ", asked)));
    all.extend(manifest.shared.iter().map(|asked| show("shared ", asked)));
    assert_eq!(all, expected, "{name}; faults {:?}", manifest.faults);
}

fn line(text: &str, at: u32) -> usize {
    text.bytes().take(at as usize).filter(|byte| *byte == b'\n').count() + 1
}

fn shown(text: &str, lock: &Lockfile, package: &Package) -> String {
    let at = |span: Span| line(text, span.start);
    let mut words = vec![match (at(package.span), at(package.version_span)) {
        (name, version) if name == version => name.to_string(),
        (name, version) => format!("{name}/{version}"),
    }];
    words.push(package.name.to_string());
    words.push(package.version.as_deref().unwrap_or("-").to_owned());
    match package.relation {
        Relation::Direct => words.push("direct".to_owned()),
        Relation::Transitive => words.push("transitive".to_owned()),
        Relation::Unknown => {}
    }
    match package.groups.dev {
        Some(true) => words.push("dev".to_owned()),
        Some(false) => {}
        None => words.push("dev?".to_owned()),
    }
    if package.groups.optional == Some(true) {
        words.push("optional".to_owned());
    }
    match &package.source {
        Source::Registry => {}
        Source::Url { url, span } => {
            assert!(span.slice(text).contains(&**url), "{url} is not at its place");
            words.push(format!("url:{url}"));
        }
        Source::Git { url, commit, .. } => words.push(format!("git:{url}#{}", commit.as_deref().unwrap_or("moving"))),
        Source::Path(path) => words.push(format!("path:{path}")),
        Source::Project => words.push("project".to_owned()),
    }
    if let Some(alias) = &package.alias {
        words.push(format!("as:{alias}"));
    }
    for hash in &package.integrity {
        words.push(format!("{:?}:{}", hash.algorithm, hash.digest).to_lowercase());
    }
    if let Some(licence) = &package.licence {
        words.push(format!("licence:{licence}"));
    }
    let name = |id: &PackageId| lock.packages.get(id.0 as usize).map_or("?", |package| &*package.name);
    for needed in &package.dependencies {
        words.push(format!(">{}", name(needed)));
    }
    words.join(" ")
}
