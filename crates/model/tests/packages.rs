//! Readers of lockfiles and manifests: small texts, and what is in them.
//!
//! A package is written `LINE name version what…`, where `what` says who asks for it (`direct`, `transitive`), that it is for
//! development (`dev`, or `dev?` where that is not known) or may be left out (`optional`), and where it comes from.

#![allow(clippy::panic, reason = "a test")]

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::packages::{
    Contents, Format, Lockfile, Manifest, Package, PackageId, Paths, ReferenceKind, Relation, Requirement, Source,
    link, read,
};

mod packages {
    pub(crate) mod javascript;
    pub(crate) mod others;
    pub(crate) mod python;
    pub(crate) mod rust;
}

/// One text and the packages in it.
pub(crate) struct Case {
    pub(crate) about: &'static str,
    /// Names decide the formats; the first is the lockfile, the others lie beside it.
    pub(crate) files: &'static [(&'static str, &'static str)],
    pub(crate) packages: &'static [&'static str],
}

fn read_file(name: &str, text: &str) -> Contents {
    let format = Format::of_path(name).unwrap_or_else(|| panic!("{name} has no format"));
    read(format, FileId(0), &Arc::from(text))
}

fn linked(files: &[(&str, &str)]) -> Option<Lockfile> {
    let mut read = files.iter().map(|(name, text)| read_file(name, text));
    let first = read.next()?;
    let manifests: Vec<Manifest> = first.manifest.into_iter().chain(read.filter_map(|it| it.manifest)).collect();
    let mut lock = first.lock?;
    link(&mut lock, &manifests.iter().collect::<Vec<_>>());
    Some(lock)
}

fn line(text: &str, at: u32) -> usize {
    text.bytes().take(at as usize).filter(|byte| *byte == b'\n').count() + 1
}

fn shown(text: &str, package: &Package) -> String {
    let mut shown =
        format!("{} {} {}", line(text, package.span.start), package.name, package.version.as_deref().unwrap_or("-"));
    let mut add = |word: &str| {
        shown.push(' ');
        shown.push_str(word);
    };
    match package.relation {
        Relation::Direct => add("direct"),
        Relation::Transitive => add("transitive"),
        Relation::Unknown => {}
    }
    match package.groups.dev {
        Some(true) => add("dev"),
        Some(false) => {}
        None => add("dev?"),
    }
    if package.groups.optional == Some(true) {
        add("optional");
    }
    match &package.source {
        Source::Registry => {}
        Source::Url { url, .. } => add(&format!("url:{url}")),
        Source::Git { url, commit, .. } => add(&format!("git:{url}#{}", commit.as_deref().unwrap_or("moving"))),
        Source::Path(path) => add(&format!("path:{path}")),
        Source::Project => add("project"),
    }
    if let Some(alias) = &package.alias {
        add(&format!("as:{alias}"));
    }
    for integrity in &package.integrity {
        add(&format!("{:?}:{}", integrity.algorithm, integrity.digest).to_lowercase());
    }
    if let Some(licence) = &package.licence {
        add(&format!("licence:{licence}"));
    }
    if package.has_install_script {
        add("script");
    }
    shown
}

/// Checks the packages of each case, that spans lie in the text, and that what they cover names the package.
pub(crate) fn check(cases: &[Case]) {
    for Case { about, files, packages } in cases {
        let text = files.first().map_or("", |file| file.1);
        let lock = linked(files).unwrap_or_else(|| panic!("{about}: not a lockfile"));
        let shown: Vec<String> = lock.packages.iter().map(|package| shown(text, package)).collect();
        assert_eq!(shown, *packages, "{about}; faults {:?}", lock.faults);
        for package in &lock.packages {
            let place = package.span.slice(text);
            let is_named = |name: &str| place.contains(name);
            // Go's standard library is named by its version alone.
            let named =
                is_named(&package.name) || &*package.name == "stdlib" || package.alias.as_deref().is_some_and(is_named);
            assert!(named, "{about}: {} is not in {place:?}", package.name);
            if let Some(version) = package.version.as_deref() {
                let place = package.version_span.slice(text);
                assert!(place.contains(version), "{about}: {version} is not in {place:?}");
            }
            for hash in &package.integrity {
                let place = hash.span.slice(text);
                assert!(place.contains(&*hash.digest), "{about}: {} is not in {place:?}", hash.digest);
            }
        }
        files.iter().for_each(|(name, text)| cut(name, text));
    }
}

/// Checks the ways to packages: `a > b > c` for each name.
pub(crate) fn check_paths(about: &str, files: &[(&str, &str)], expected: &[&str]) {
    let lock = linked(files).unwrap_or_else(|| panic!("{about}: not a lockfile"));
    let paths = Paths::of(&lock);
    let name = |id: &PackageId| lock.packages.get(id.0 as usize).map_or("", |package| &*package.name).to_owned();
    let ids = (0..lock.packages.len()).filter_map(|index| u32::try_from(index).ok().map(PackageId));
    let shown: Vec<String> = ids.map(|id| paths.to(id).iter().map(name).collect::<Vec<_>>().join(" > ")).collect();
    assert_eq!(shown, expected, "{about}");
}

/// Checks what a manifest asks for: `LINE name range what…`; then what it forces, its members and the files it takes in.
pub(crate) fn check_requirements(name: &str, text: &str, expected: &[&str]) {
    let manifest = read_file(name, text).manifest.unwrap_or_else(|| panic!("{name}: not a manifest"));
    let show = |prefix: &str, asked: &Requirement| {
        let mut shown = format!("{} {prefix}{} {}", line(text, asked.span.start), asked.name, asked.range);
        shown.push_str(match asked.groups.dev {
            Some(true) => " dev",
            Some(false) => "",
            None => " dev?",
        });
        shown.push_str(if asked.groups.optional == Some(true) { " optional" } else { "" });
        shown.push_str(if asked.source == Source::Registry { "" } else { " elsewhere" });
        let place = asked.span.slice(text);
        assert!(place.contains(&*asked.name), "{name}: {} is not in {place:?}", asked.name);
        shown
    };
    let mut shown: Vec<String> = manifest.requirements.iter().map(|asked| show("", asked)).collect();
    shown.extend(manifest.shared.iter().map(|asked| show("shared ", asked)));
    shown.extend(manifest.overrides.iter().map(|asked| show("forced ", asked)));
    shown.extend(manifest.members.iter().map(|member| format!("member {member}")));
    shown.extend(manifest.references.iter().map(|reference| {
        let kind = match reference.kind {
            ReferenceKind::Requirements => "file",
            ReferenceKind::Constraints => "constraints",
        };
        format!("{} {kind} {}", line(text, reference.span.start), reference.path)
    }));
    assert_eq!(shown, expected, "{name}");
    cut(name, text);
}

/// A text that is cut anywhere still gives packages of the whole, and nothing panics.
fn cut(name: &str, text: &str) {
    let whole = read_file(name, text);
    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        let Some(part) = text.get(..at) else { continue };
        let contents = read_file(name, part);
        let (Some(part), Some(whole)) = (&contents.lock, &whole.lock) else { continue };
        assert!(part.faults.len() <= 1, "{name} cut at {at}: {:?}", part.faults);
        assert!(part.packages.len() <= whole.packages.len(), "{name} cut at {at}");
    }
}

/// Checks where the one fault of a text is, and which packages are there all the same.
pub(crate) fn check_fault(name: &str, text: &str, fault: usize, packages: &[&str]) {
    let lock = read_file(name, text).lock.unwrap_or_else(|| panic!("{name}: not a lockfile"));
    let faults: Vec<usize> = lock.faults.iter().map(|fault| line(text, fault.span.start)).collect();
    assert_eq!(faults, [fault], "{name}: {:?}", lock.faults);
    let names: Vec<&str> = lock.packages.iter().map(|package| &*package.name).collect();
    assert_eq!(names, packages, "{name} with a fault in line {fault}");
}
