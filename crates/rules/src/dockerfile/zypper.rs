//! zypper: versions, questions, and the cache that it leaves behind.
//!
//! Decided by the commands of each RUN.

use portcullis_model::dockerfile::Call;
use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::{self, Answer, Cache, Manager};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&NO_YES, &CLEAN_MISSING, &UNPINNED];

/// The one package manager of SUSE.
pub(super) const ZYPPER: Manager = Manager {
    programs: &["zypper"],
    install: &[&["install"], &["in"]],
    options: OptionsWithArguments {
        short: "trcRCDp",
        long: &[
            "--type",
            "--repo",
            "--from",
            "--root",
            "--installroot",
            "--config",
            "--cache-dir",
            "--plus-repo",
            "--pkg-cache-dir",
            "--raw-cache-dir",
            "--solv-cache-dir",
            "--reposd-dir",
            "--download",
            "--releasever",
        ],
    },
};

const ASKS: &[&[&str]] = &[&["install"], &["in"], &["remove"], &["rm"], &["source-install"], &["si"], &["patch"]];

/// What downloads packages.
const FILLS: &[&[&str]] = &[
    &["install"],
    &["in"],
    &["source-install"],
    &["si"],
    &["patch"],
    &["update"],
    &["up"],
    &["dist-upgrade"],
    &["dup"],
];

const CACHE: Cache =
    Cache { folders: &["/var/cache/zypp"], cleaners: &[(&["zypper"], &["clean"]), (&["zypper"], &["cc"])] };

rule! {
    /// zypper asks before it installs
    ///
    /// In a build there is nobody to answer, so the build fails. Looks at every stage, and at removal and patches too.
    /// Silent where the answer comes through a pipe.
    ///
    /// ```dockerfile bad:2
    /// FROM opensuse/leap:15.6
    /// RUN zypper install curl=8.6.0 && zypper clean
    /// ```
    /// ```dockerfile good
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n install curl=8.6.0 && zypper in -y git=2.43 && zypper rm --no-confirm git && zypper clean
    /// ```
    NO_YES = "docker-zypper-no-yes" {
        check: Check::Dockerfile(no_yes),
        severity: Severity::Medium,
        peers: &["hadolint:DL3034", "kics:45e1fca5"],
    }
}

fn no_yes(image: &Image<'_>, report: &mut Report<'_>) {
    let flags = ["-n", "--non-interactive", "-y", "--no-confirm"];
    let says_yes = |call: &Call<'_>| call.command.flag_among(&flags, &ZYPPER.options).is_some();
    packages::without_yes(image, report, (&ZYPPER, ASKS), says_yes, &[], Answer::Early("--non-interactive"));
}

rule! {
    /// Cache of zypper stays in the image
    ///
    /// Metadata and downloaded packages are stale tomorrow, and a later RUN cannot take them out of the layer. Looks at the
    /// final stage and the stages it is built from. Only what cleans after the last installation of the RUN counts. Silent
    /// where a cache or a tmpfs is mounted over `/var/cache/zypp`.
    ///
    /// ```dockerfile bad:2
    /// FROM opensuse/leap:15.6
    /// RUN zypper clean && zypper -n install curl=8.6.0
    /// ```
    /// ```dockerfile bad:2
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n patch
    /// ```
    /// ```dockerfile good
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n install curl=8.6.0 && zypper clean --all
    /// RUN --mount=type=cache,target=/var/cache/zypp zypper -n install git=2.43
    /// ```
    CLEAN_MISSING = "docker-zypper-clean-missing" {
        check: Check::Dockerfile(clean_missing),
        severity: Severity::Low,
        peers: &["hadolint:DL3036", "trivy:DS-0020", "kics:38300d1a"],
    }
}

fn clean_missing(image: &Image<'_>, report: &mut Report<'_>) {
    let message = |_: &str| "zypper leaves its cache in the image".to_owned();
    packages::cache_kept(image, report, (&ZYPPER, FILLS), &CACHE, message, "add `&& zypper clean --all`");
}

rule! {
    /// zypper installs a package without a version
    ///
    /// Two builds of one Dockerfile then hold different software. Repositories drop old versions, though, so a pin has to
    /// be kept up to date. Looks at every stage. Variables are read; a name that is not known, a pattern, a file and a URL
    /// are no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n install curl && zypper clean
    /// ```
    /// ```dockerfile good
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n in curl=8.6.0 'git>=2.43' tool-1.0.rpm && zypper -n in -t pattern devel_basis && zypper -n in $MORE
    /// ```
    UNPINNED = "docker-zypper-unpinned" {
        check: Check::Dockerfile(unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3037", "kics:562952e4"],
    }
}

fn unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    let pinned =
        |text: &str| text.contains(['=', '<', '>']) || text.ends_with(".rpm") || packages::is_local_or_url(text);
    for run in image.runs() {
        for install in ZYPPER.installs(run) {
            // Patterns, patches and products have no version of their own.
            let kind = install.call.command.option_value(&["-t", "--type"]);
            if kind.is_none_or(|kind| kind.text == "package") {
                packages::report_unpinned(run, report, &install, pinned, "write `name=version`");
            }
        }
    }
}
