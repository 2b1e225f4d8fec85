//! What manifests ask for, and the lockfiles beside them do not allow.
//!
//! Decided where both were read whole, and the manifest lies beside the lockfile or is of a member of its workspace that the
//! lockfile lists. A range that is not understood, a
//! package that comes from anywhere but a registry, one that something overrides, and one that a marker may leave out say
//! nothing; and one version that is allowed is enough, whoever asked for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_advisories::{Requirement as Range, Scheme};
use portcullis_core::FileId;
use portcullis_model::packages::{
    Ecosystem, Folder, Format, Instead, Manifest, Member, MemberName, Package, PackageFile, Requirement, Role, Source,
    Unmet,
};

/// What each of a folder's files asks for in vain. `above` is the nearest folder above that has a lockfile of an ecosystem.
pub(crate) fn of<'f>(
    folder: &Folder,
    above: impl Fn(Ecosystem) -> Option<&'f Folder>,
    texts: &HashMap<FileId, Arc<str>>,
) -> Vec<Vec<Unmet>> {
    let unmet = |file: &PackageFile| {
        let manifest = file.manifest.as_ref().filter(|_| file.format.role() == Role::Manifest);
        let manifest = manifest.filter(|manifest| manifest.faults.is_empty());
        let (Some(manifest), Some(text), Some(ecosystem)) = (manifest, texts.get(&file.file), file.format.ecosystem())
        else {
            return Vec::new();
        };
        let Some(scheme) = Scheme::of_ecosystem(ecosystem.osv()) else { return Vec::new() };
        let asked = Asked { manifest, text, ecosystem, scheme };
        let own: Vec<&PackageFile> = locks_of(folder, ecosystem).collect();
        if !own.is_empty() {
            return if own.iter().all(|lock| is_plain(lock, texts)) { asked.refused(&own, &[]) } else { Vec::new() };
        }
        let Some(workspace) = above(ecosystem) else { return Vec::new() };
        asked.of_member(folder, workspace, texts)
    };
    folder.files.iter().map(unmet).collect()
}

/// The lockfiles of an ecosystem in a folder.
pub(crate) fn locks_of(folder: &Folder, ecosystem: Ecosystem) -> impl Iterator<Item = &PackageFile> {
    let of_it =
        move |file: &&PackageFile| file.format.role() == Role::Lock && file.format.ecosystem() == Some(ecosystem);
    folder.files.iter().filter(of_it)
}

/// What a manifest asks for.
struct Asked<'m> {
    manifest: &'m Manifest,
    text: &'m str,
    ecosystem: Ecosystem,
    scheme: Scheme,
}

impl Asked<'_> {
    /// A member of a workspace has what the lockfile above says of it, by name and by version.
    fn of_member(&self, folder: &Folder, workspace: &Folder, texts: &HashMap<FileId, Arc<str>>) -> Vec<Unmet> {
        let locks: Vec<&PackageFile> = locks_of(workspace, self.ecosystem).collect();
        let [lock] = locks.as_slice() else { return Vec::new() };
        let Some(member) = self.member(lock, folder, workspace).filter(|_| is_plain(lock, texts)) else {
            return Vec::new();
        };
        let known: HashSet<String> = member.asked.iter().map(|name| self.compared(name)).collect();
        let path =
            if workspace.path.is_empty() { lock.name.to_string() } else { format!("{}/{}", workspace.path, lock.name) };
        let mut found: Vec<Unmet> = Vec::new();
        for (index, requirement) in self.manifest.requirements.iter().enumerate() {
            // What is taken over from the workspace may have another name there.
            let says_itself = !requirement.range.is_empty() && self.always_counts(requirement);
            if says_itself && !known.contains(&self.compared(&requirement.name)) {
                found.push(Unmet { requirement: index, instead: Instead::Nothing(path.clone().into()) });
            }
        }
        let manifests: Vec<&Manifest> = workspace.files.iter().filter_map(|file| file.manifest.as_ref()).collect();
        let missing: HashSet<usize> = found.iter().map(|unmet| unmet.requirement).collect();
        found
            .extend(self.refused(&locks, &manifests).into_iter().filter(|unmet| !missing.contains(&unmet.requirement)));
        found
    }

    /// What a lockfile says of the manifest as a member of its workspace.
    fn member<'l>(&self, lock: &'l PackageFile, folder: &Folder, workspace: &Folder) -> Option<&'l Member> {
        let path = if workspace.path.is_empty() {
            &*folder.path
        } else {
            folder.path.strip_prefix(&*workspace.path)?.strip_prefix('/')?
        };
        lock.lock.as_ref()?.members.iter().find(|member| match &member.name {
            MemberName::Folder(folder) => **folder == *path,
            MemberName::Package(name) => {
                self.manifest.name.as_ref().is_some_and(|own| self.compared(own) == self.compared(name))
            }
        })
    }

    fn compared(&self, name: &str) -> String {
        self.scheme.normalise_name(name).into_owned()
    }

    /// Whether a requirement is of a registry, and no condition leaves it out.
    fn always_counts(&self, requirement: &Requirement) -> bool {
        let may_lack = requirement.groups.optional == Some(true) || requirement.source != Source::Registry;
        let is_local = requirement.range.starts_with("workspace:") || requirement.range.starts_with("catalog:");
        let has_condition = self.scheme == Scheme::Pypi && has_marker(self.text, requirement);
        !(may_lack || is_local || has_condition)
    }

    /// What no locked version satisfies; `manifests` may force versions too.
    fn refused(&self, locks: &[&PackageFile], manifests: &[&Manifest]) -> Vec<Unmet> {
        let Self { manifest, text, scheme, .. } = *self;
        let normal = |it: &Requirement| scheme.normalise_name(&it.name).into_owned();
        let all = manifests.iter().copied().chain([manifest]);
        let overridden: HashSet<String> = all.flat_map(|manifest| &manifest.overrides).map(normal).collect();
        let mut asked: HashMap<String, usize> = HashMap::new();
        for requirement in &manifest.requirements {
            *asked.entry(normal(requirement)).or_default() += 1;
        }
        let mut locked: HashMap<String, Vec<&Package>> = HashMap::new();
        for package in locks.iter().filter_map(|lock| lock.lock.as_ref()).flat_map(|lock| &lock.packages) {
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
                found.push(Unmet { requirement: index, instead: Instead::Version(version) });
            }
        }
        found
    }
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
