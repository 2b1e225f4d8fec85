//! What manifests ask for, and the lockfiles beside them do not allow.
//!
//! Decided where manifest and lockfile lie in one folder and both were read whole. A range that is not understood, a
//! package that comes from anywhere but a registry, one that something overrides, and one that a marker may leave out say
//! nothing; and one version that is allowed is enough, whoever asked for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_advisories::{Requirement as Range, Scheme};
use portcullis_core::FileId;
use portcullis_model::packages::{Folder, Format, Package, PackageFile, Requirement, Role, Source, Unmet};

/// What each of a folder's files asks for in vain.
pub(crate) fn of(folder: &Folder, texts: &HashMap<FileId, Arc<str>>) -> Vec<Vec<Unmet>> {
    folder.files.iter().map(|file| unmet(file, folder, texts)).collect()
}

fn unmet(file: &PackageFile, folder: &Folder, texts: &HashMap<FileId, Arc<str>>) -> Vec<Unmet> {
    let Some(manifest) = file.manifest.as_ref().filter(|_| file.format.role() == Role::Manifest) else {
        return Vec::new();
    };
    let Some(text) = texts.get(&file.file).filter(|_| manifest.faults.is_empty()) else { return Vec::new() };
    let Some(ecosystem) = file.format.ecosystem() else { return Vec::new() };
    let Some(scheme) = Scheme::of_ecosystem(ecosystem.osv()) else { return Vec::new() };
    let locks = || {
        let of_it = |other: &&PackageFile| other.format.role() == Role::Lock;
        folder.files.iter().filter(of_it).filter(|other| other.format.ecosystem() == Some(ecosystem))
    };
    if locks().next().is_none() || !locks().all(|lock| is_plain(lock, texts)) {
        return Vec::new();
    }
    let normal = |it: &Requirement| scheme.normalise_name(&it.name).into_owned();
    let overridden: HashSet<String> = manifest.overrides.iter().map(normal).collect();
    let mut asked: HashMap<String, usize> = HashMap::new();
    for requirement in &manifest.requirements {
        *asked.entry(normal(requirement)).or_default() += 1;
    }
    let mut locked: HashMap<String, Vec<&Package>> = HashMap::new();
    for package in locks().flat_map(|lock| &lock.lock).flat_map(|lock| &lock.packages) {
        let names = std::iter::once(&package.name).chain(&package.alias);
        for name in names {
            let name = scheme.normalise_name(name);
            if asked.contains_key(&*name) {
                locked.entry(name.into_owned()).or_default().push(package);
            }
        }
    }
    let mut found = Vec::new();
    for (index, requirement) in manifest.requirements.iter().enumerate() {
        let name = normal(requirement);
        let may_lack = requirement.groups.optional == Some(true) || requirement.source != Source::Registry;
        let is_once = scheme != Scheme::Pypi || asked.get(&name) == Some(&1) && !has_marker(text, requirement);
        if may_lack || requirement.range.is_empty() || overridden.contains(&name) || !is_once {
            continue;
        }
        let Some(packages) = locked.get(&name) else { continue };
        let Some(range) = Range::parse(scheme, &requirement.range) else { continue };
        let is_refused = |package: &&Package| {
            let from_registry = matches!(package.source, Source::Registry | Source::Url { .. });
            let version = package.version.as_deref().filter(|_| from_registry && package.alias.is_none());
            version.is_some_and(|version| range.matches(version) == Some(false))
        };
        let Some(version) = packages.first().and_then(|package| package.version.clone()) else { continue };
        if packages.iter().all(is_refused) {
            found.push(Unmet { requirement: index, version });
        }
    }
    found
}

/// Whether a lockfile was read whole, and nothing in it says that versions are forced.
fn is_plain(lock: &PackageFile, texts: &HashMap<FileId, Arc<str>>) -> bool {
    let is_whole = lock.lock.as_ref().is_some_and(|lock| lock.faults.is_empty());
    // pnpm's overrides may stand in a file of the workspace; its lockfile repeats them.
    let is_forced = lock.format == Format::PnpmLock
        && texts
            .get(&lock.file)
            .is_none_or(|text| text.contains("\noverrides:") || text.contains("\npnpmfileChecksum"));
    is_whole && !is_forced
}

/// Whether the line of a requirement says when it counts.
fn has_marker(text: &str, requirement: &Requirement) -> bool {
    let (start, end) = (requirement.span.start as usize, requirement.range_span.end as usize);
    let from = text.get(..start).and_then(|before| before.rfind('\n')).unwrap_or(0);
    let rest = text.get(from..).unwrap_or_default();
    let to = text.get(end..).and_then(|after| after.find('\n')).map_or(text.len(), |at| end.saturating_add(at));
    let line = rest.get(..to.saturating_sub(from)).unwrap_or(rest);
    [";", "markers", "python", "platform"].iter().any(|word| line.contains(word))
}
