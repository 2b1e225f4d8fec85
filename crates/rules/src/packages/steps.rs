//! Whether manifest and lockfile go together.
//!
//! Which version a range allows is known from whoever read the files ([`PackageFile::unmet`]); here names are compared. A
//! folder that nobody could list, and a lockfile that could not be read to its end, say nothing.

use std::collections::HashSet;

use portcullis_model::packages::{Ecosystem, Folder, Format, Instead, Manifest, Package, PackageFile, Role, Source};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&MANIFEST_DRIFT, &MISSING];

rule! {
    /// Lockfile is out of step with the manifest
    ///
    /// The two were not committed together: an installation that goes by the lockfile fails or leaves the package out, any
    /// other resolves it afresh and writes a lockfile that nobody has looked at. Compares direct dependencies in the
    /// lockfile's own folder, and those of the members of a workspace that the lockfile lists: their names, and whether a
    /// version that is locked is in the range that is asked for. Silent
    /// for what may be left out (optional and peer dependencies, markers, gems of some platforms), for members of a workspace, for ranges that are
    /// not understood (tags, `workspace:`, `catalog:`, repositories), where something overrides the version, and where the
    /// lockfile has faults.
    ///
    /// ```json bad:5
    /// file=package.json
    /// {
    ///   "name": "web",
    ///   "dependencies": {
    ///     "left-pad": "^1.3.0",
    ///     "right-pad": "^1.0.0"
    ///   }
    /// }
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web", "dependencies": { "left-pad": "^1.3.0" } },
    ///     "node_modules/left-pad": { "version": "1.3.0" }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package.json
    /// {
    ///   "name": "web",
    ///   "dependencies": { "left-pad": "^1.3.0", "local": "file:../local", "member": "workspace:*" },
    ///   "optionalDependencies": { "fsevents": "^2.3.0" }
    /// }
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web", "dependencies": { "left-pad": "^1.3.0" } },
    ///     "node_modules/left-pad": { "version": "1.3.0" }
    ///   }
    /// }
    /// ```
    /// ```ruby good
    /// file=Gemfile
    /// gem "rack", "~> 3.0"
    /// gem "tzinfo-data", platforms: [:windows]
    /// platforms :jruby do
    ///   gem "jruby-openssl"
    /// end
    /// file=Gemfile.lock
    /// GEM
    ///   remote: https://rubygems.org/
    ///   specs:
    ///     rack (3.0.0)
    /// ```
    MANIFEST_DRIFT = "lock-manifest-drift" {
        check: Check::Packages(manifest_drift),
        severity: Severity::Medium,
    }
}

fn manifest_drift(file: &PackageFile, folder: &Folder, report: &mut Report<'_>) {
    let Some(manifest) = file.manifest.as_ref().filter(|_| file.format.role() == Role::Manifest) else { return };
    for unmet in &file.unmet {
        let Some(requirement) = manifest.requirements.get(unmet.requirement) else { continue };
        let (name, range) = (&requirement.name, &requirement.range);
        let (span, message) = match &unmet.instead {
            Instead::Version(version) => {
                (requirement.range_span, format!("`{name}` is locked at {version}, which `{range}` does not allow"))
            }
            Instead::Nothing(lock) => {
                (requirement.span, format!("{lock} has no `{name}` for this member of the workspace"))
            }
        };
        report.at((span, &**name), message).help("lock again, and commit manifest and lockfile together");
    }
    let Some(locks) = locks_of(file, folder) else { return };
    let known = names_in(&locks);
    for requirement in &manifest.requirements {
        let is_member = requirement.range.starts_with("workspace:");
        let may_lack = requirement.groups.optional == Some(true) || requirement.source != Source::Registry;
        // Bundler locks everything but itself.
        let is_locker = requirement.ecosystem == Ecosystem::RubyGems && &*requirement.name == "bundler";
        if may_lack || is_member || is_locker || known.contains(&requirement.ecosystem.compared(&requirement.name)) {
            continue;
        }
        let names: Vec<&str> = locks.iter().map(|lock| &*lock.name).collect();
        report
            .at(
                (requirement.span, &*requirement.name),
                format!("{} has no `{}`", names.join(" and "), requirement.name),
            )
            .help("lock again, and commit manifest and lockfile together");
    }
}

/// The lockfiles beside a manifest that were read whole; `None` where there is none, or one was not.
fn locks_of<'f>(file: &PackageFile, folder: &'f Folder) -> Option<Vec<&'f PackageFile>> {
    let ecosystem = file.format.ecosystem();
    let is_lock = |other: &&PackageFile| other.format.role() == Role::Lock && other.format.ecosystem() == ecosystem;
    let locks: Vec<&PackageFile> = folder.files.iter().filter(is_lock).collect();
    let is_whole = |lock: &&PackageFile| lock.lock.as_ref().is_some_and(|lock| lock.faults.is_empty());
    (!locks.is_empty() && locks.iter().all(is_whole)).then_some(locks)
}

/// The names of everything in these lockfiles, as their ecosystems compare them.
fn names_in(locks: &[&PackageFile]) -> HashSet<String> {
    let packages = locks.iter().flat_map(|lock| &lock.lock).flat_map(|lock| &lock.packages);
    let names = |package: &'_ Package| {
        let own = std::iter::once(&package.name).chain(&package.alias);
        own.map(|name| package.ecosystem.compared(name)).collect::<Vec<_>>()
    };
    packages.flat_map(names).collect()
}

rule! {
    /// Manifest has no lockfile beside it
    ///
    /// Without a lockfile every installation resolves anew: what was tested is not what is shipped, and nobody can say which
    /// versions were in a build that is found wanting later. Libraries leave the lockfile to whoever uses them: manifests that
    /// say that they are published are silent, and so are members of a workspace, manifests that ask for nothing, and
    /// programs that lock elsewhere.
    ///
    /// ```json bad:3
    /// file=package.json
    /// {
    ///   "private": true,
    ///   "dependencies": { "left-pad": "^1.3.0" }
    /// }
    /// ```
    /// ```json good
    /// file=package.json
    /// {
    ///   "private": true,
    ///   "dependencies": { "left-pad": "^1.3.0" }
    /// }
    /// file=yarn.lock
    /// # yarn lockfile v1
    ///
    /// left-pad@^1.3.0:
    ///   version "1.3.0"
    /// ```
    /// ```json good
    /// file=package.json
    /// {
    ///   "name": "left-pad",
    ///   "version": "1.3.0",
    ///   "dependencies": { "pads": "^1.3.0" }
    /// }
    /// ```
    MISSING = "lock-missing" {
        check: Check::Packages(missing),
        severity: Severity::Low,
        profile: Profile::All,
    }
}

/// Lockfiles by the format of the manifest that they belong to.
const LOCKS: &[(Format, &[&str])] = &[
    (
        Format::PackageJson,
        &[
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "bun.lockb",
            "deno.lock",
        ],
    ),
    (Format::Pipfile, &["Pipfile.lock"]),
    (Format::Gemfile, &["Gemfile.lock", "gems.locked"]),
    (Format::ComposerJson, &["composer.lock"]),
];

fn missing(file: &PackageFile, folder: &Folder, report: &mut Report<'_>) {
    let Some(manifest) = &file.manifest else { return };
    let Some((_, names)) = LOCKS.iter().find(|(format, _)| *format == file.format) else { return };
    let is_here = names.iter().any(|name| folder.has(name) != Some(false));
    let is_above = folder.above.iter().any(|format| format.ecosystem() == file.format.ecosystem());
    if is_here || is_above || !is_application(file.format, manifest) {
        return;
    }
    let Some(first) = manifest.requirements.iter().find(|it| it.source == Source::Registry) else { return };
    report
        .at((first.span, "lock"), format!("no lockfile beside {} fixes what it asks for", file.name))
        .help(format!("lock it and commit the file: {}", names.join(", ")));
}

/// Whether a manifest is of something that is installed and not of a library.
fn is_application(format: Format, manifest: &Manifest) -> bool {
    match format {
        Format::PackageJson | Format::ComposerJson => manifest.is_private,
        _ => true,
    }
}
