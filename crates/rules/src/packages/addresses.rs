//! Addresses that someone between may answer for: not encrypted, or no name at all.
//!
//! Decided by the address as the lockfile has it. Which mirror a machine is told to use instead is not known here.

use portcullis_model::packages::{Folder, PackageFile, Source};

use super::{address, place, resolved};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&INSECURE_URL, &IP_URL, &GIT_SOURCE];

rule! {
    /// Package is fetched over a connection that is not encrypted
    ///
    /// Over `http:` and `git:` anybody on the way can put another archive in the place of the package; a hash only helps
    /// where every tool that reads the file checks it. Silent for the machine itself, where test registries listen.
    ///
    /// ```json bad:7
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "http://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz"
    ///     },
    ///     "node_modules/right-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "http://localhost:4873/right-pad/-/right-pad-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// ```
    INSECURE_URL = "lock-insecure-url" {
        check: Check::Packages(insecure_url),
        severity: Severity::High,
        tags: &["cwe-319"],
    }
}

fn insecure_url(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    for package in resolved(file) {
        let Some((address, span)) = address(package).filter(|(it, _)| it.is_plain() && !it.is_loopback()) else {
            continue;
        };
        let message = format!("`{}` is fetched from {} over {}:", package.name, address.host, address.scheme);
        report.at(place(package, span), message).help("point the registry at https and lock the package again");
    }
}

rule! {
    /// Package is fetched from an IP address
    ///
    /// An address without a name has no certificate that anyone vouches for, and belongs to somebody else after the next
    /// move. Silent for the machine itself.
    ///
    /// ```json bad:7
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://10.20.30.40/left-pad/-/left-pad-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://npm.example.org/left-pad/-/left-pad-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// ```
    IP_URL = "lock-ip-url" {
        check: Check::Packages(ip_url),
        severity: Severity::Medium,
        tags: &["cwe-923"],
    }
}

fn ip_url(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    for package in resolved(file) {
        let Some((address, span)) = address(package).filter(|(it, _)| it.is_ip() && !it.is_loopback()) else {
            continue;
        };
        let message = format!("`{}` is fetched from {}, an address without a name", package.name, address.host);
        report.at(place(package, span), message).help("give the registry a name and lock the package again");
    }
}

rule! {
    /// Package comes from a repository and no registry
    ///
    /// A repository has no releases that are published for good: it may be deleted, renamed and taken over, its build runs on
    /// the machine that installs, and advisories are written for what registries have. Says so of every package that is
    /// taken from one, fixed to a commit or not; one that is not fixed is `lock-git-floating` instead.
    ///
    /// ```json bad:6
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 1,
    ///   "dependencies": {
    ///     "left-pad": {
    ///       "from": "git+https://git.example.org/left-pad.git",
    ///       "version": "git+https://git.example.org/left-pad.git#0123456789012345678901234567890123456789"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 1,
    ///   "dependencies": {
    ///     "left-pad": { "version": "1.3.0", "resolved": "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz" },
    ///     "right-pad": { "version": "git+https://git.example.org/right-pad.git#main" }
    ///   }
    /// }
    /// ```
    GIT_SOURCE = "lock-git-source" {
        check: Check::Packages(git_source),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["cwe-829"],
    }
}

fn git_source(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    for package in resolved(file) {
        let Source::Git { commit: Some(_), span, .. } = &package.source else { continue };
        report
            .at(place(package, *span), format!("`{}` comes from a repository and no registry", package.name))
            .help("take a release from the registry where there is one");
    }
}
