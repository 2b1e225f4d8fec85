//! Versions that may be another tomorrow.

use portcullis_model::packages::{Folder, Format, PackageFile, Requirement, Role, Source};

use super::{place, resolved};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&GIT_FLOATING, &REQUIREMENT_UNPINNED];

rule! {
    /// Package follows a branch or tag of a repository
    ///
    /// Whoever can push there decides what is installed next; a tag moves as easily as a branch. A commit does not move.
    /// Looks at lockfiles, and at `requirements.txt` and its kin, which are installed from as they are. What a manifest
    /// asks for is silent where a lockfile fixes it.
    ///
    /// ```json bad:5
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 1,
    ///   "dependencies": {
    ///     "left-pad": {
    ///       "version": "git+https://git.example.org/left-pad.git#main"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```text bad:2
    /// file=requirements.txt
    /// requests==2.32.3
    /// tool @ git+https://git.example.org/tool.git@main
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 1,
    ///   "dependencies": {
    ///     "left-pad": {
    ///       "version": "git+https://git.example.org/left-pad.git#0123456789012345678901234567890123456789"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```text good
    /// file=requirements.txt
    /// tool @ git+https://git.example.org/tool.git@0123456789012345678901234567890123456789
    /// ```
    GIT_FLOATING = "lock-git-floating" {
        check: Check::Packages(git_floating),
        severity: Severity::Medium,
        tags: &["cwe-829"],
    }
}

fn git_floating(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    for package in resolved(file) {
        if let Source::Git { commit: None, span, .. } = package.source {
            let message = format!("`{}` follows a branch or tag of a repository", package.name);
            report.at(place(package, span), message).help("give the commit that was looked at, all 40 digits of it");
        }
    }
}

rule! {
    /// Requirement is not fixed to one version
    ///
    /// `pip install -r` takes the newest version that a range allows: two installations of one commit differ, and a stolen
    /// release reaches production the same day. Advisories are not looked up for it either, because nobody knows which
    /// version it comes to. Silent for manifests of which a lockfile beside them fixes the versions, for constraints, and for
    /// local folders and repositories, which have a rule of their own.
    ///
    /// ```text bad:2
    /// file=requirements.txt
    /// requests==2.32.3
    /// urllib3>=1.26
    /// ```
    /// ```text good
    /// file=requirements.txt
    /// requests==2.32.3
    /// -e .
    /// ```
    REQUIREMENT_UNPINNED = "lock-requirement-unpinned" {
        check: Check::Packages(requirement_unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["cwe-1357"],
    }
}

fn requirement_unpinned(file: &PackageFile, folder: &Folder, report: &mut Report<'_>) {
    let is_locked = || {
        let mut locks = folder.files.iter().filter(|other| other.format.role() == Role::Lock);
        locks.any(|other| other.format.ecosystem() == file.format.ecosystem())
    };
    if file.format != Format::Requirements || is_locked() {
        return;
    }
    let pinned = |requirement: &Requirement| {
        file.lock.iter().flat_map(|lock| &lock.packages).any(|package| package.span == requirement.span)
    };
    for requirement in asked(file).filter(|it| it.source == Source::Registry && !pinned(it)) {
        let range = if requirement.range.is_empty() { "any version" } else { &*requirement.range };
        report
            .at((requirement.range_span, &*requirement.name), format!("`{}` may be {range}", requirement.name))
            .help("fix it with `==`, or let a lockfile do it (`pip-compile --generate-hashes`, `uv lock`)");
    }
}

fn asked(file: &PackageFile) -> impl Iterator<Item = &Requirement> {
    file.manifest.iter().flat_map(|manifest| &manifest.requirements)
}
