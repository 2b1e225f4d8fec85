//! yum and dnf: versions, questions, and the cache that they leave behind.
//!
//! Decided by the commands of each RUN. dnf stands for microdnf, dnf5 and tdnf as well.

use portcullis_model::dockerfile::Call;
use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::{self, Answer, Cache, Manager};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&YUM_NO_YES, &YUM_CLEAN_MISSING, &YUM_UNPINNED, &DNF_NO_YES, &DNF_CLEAN_MISSING, &DNF_UNPINNED];

/// What yum and dnf agree about.
pub(super) const OPTIONS: OptionsWithArguments<'static> = OptionsWithArguments {
    short: "cxdeR",
    long: &[
        "--config",
        "--exclude",
        "--excludepkgs",
        "--setopt",
        "--enablerepo",
        "--disablerepo",
        "--repo",
        "--repoid",
        "--installroot",
        "--releasever",
        "--comment",
        "--repofrompath",
        "--forcearch",
        "--disableexcludes",
        "--disableplugin",
        "--enableplugin",
        "--advisory",
        "--downloaddir",
        "--destdir",
    ],
};

/// yum.
pub(super) const YUM: Manager =
    Manager { programs: &["yum"], install: &[&["install"], &["localinstall"], &["reinstall"]], options: OPTIONS };

/// The programs of the dnf family.
pub(super) const DNF: Manager = Manager {
    programs: &["dnf", "microdnf", "dnf5", "tdnf"],
    install: &[&["install"], &["in"], &["localinstall"], &["reinstall"], &["rei"]],
    options: OPTIONS,
};

const ASKS: &[&[&str]] = &[
    &["install"],
    &["in"],
    &["groupinstall"],
    &["localinstall"],
    &["reinstall"],
    &["group", "install"],
    &["module", "install"],
];

const FILLS: &[&[&str]] = &[
    &["install"],
    &["in"],
    &["groupinstall"],
    &["localinstall"],
    &["group", "install"],
    &["module", "install"],
    &["upgrade"],
    &["up"],
    &["update"],
    &["upgrade-minimal"],
    &["up-min"],
    &["reinstall"],
    &["rei"],
];

const FOLDERS: &[&str] =
    &["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5", ".cache/libdnf5", "/var/cache/tdnf"];

const fn cache(cleaners: &'static [(&'static [&'static str], &'static [&'static str])]) -> Cache {
    Cache { folders: FOLDERS, cleaners }
}

/// yum and dnf are one program where both exist.
const SHARED_CACHE: Cache = cache(&[(&["yum", "dnf", "dnf5"], &["clean", "all"])]);

/// The programs of the dnf family by the cache that they use.
const DNF_CACHES: &[(&[&str], Cache)] = &[
    (&["dnf", "dnf5"], SHARED_CACHE),
    (&["microdnf"], cache(&[(&["microdnf"], &["clean", "all"])])),
    (&["tdnf"], cache(&[(&["tdnf"], &["clean", "all"])])),
];

fn says_yes(call: &Call<'_>) -> bool {
    call.command.flag_among(&["-y", "--assumeyes"], &OPTIONS).is_some()
        || call
            .command
            .args
            .iter()
            .any(|word| word.text.ends_with("assumeyes=1") || word.text.ends_with("assumeyes=True"))
}

/// `name-1.2`, `name-1:1.2-3`, `name = 1.2`.
fn is_pinned(text: &str) -> bool {
    text.contains(['=', '<', '>'])
        || text.ends_with(".rpm")
        || text.starts_with('@')
        || packages::is_local_or_url(text)
        || text.split('-').skip(1).any(|part| part.starts_with(|first: char| first.is_ascii_digit()))
}

const PIN_HELP: &str = "write `name-version`";

/// Packages by name, and module streams.
fn unpinned(image: &Image<'_>, report: &mut Report<'_>, manager: &Manager) {
    packages::unpinned(image, report, manager, is_pinned, PIN_HELP);
    for run in image.runs() {
        for install in manager.subcommands(run, &[&["module", "install"]]) {
            packages::report_unpinned(run, report, &install, |text| text.contains(':'), "write `module:stream`");
        }
    }
}

rule! {
    /// yum asks before it installs
    ///
    /// In a build there is nobody to answer, so the build fails. Looks at every stage. Silent where the answer comes
    /// through a pipe, or `assumeyes` is set by an option or written to a file.
    ///
    /// ```dockerfile bad:2
    /// FROM centos:7
    /// RUN yum install httpd-2.4.6 && yum clean all
    /// ```
    /// ```dockerfile good
    /// FROM centos:7
    /// RUN yum install -yq httpd-2.4.6 && yes | yum install git-1.8 && yum clean all
    /// RUN echo assumeyes=1 >> /etc/yum.conf && yum install httpd-2.4.6 && yum clean all
    /// ```
    YUM_NO_YES = "docker-yum-no-yes" {
        check: Check::Dockerfile(yum_no_yes),
        severity: Severity::Medium,
        peers: &["hadolint:DL3030", "kics:6e19193a"],
    }
}

fn yum_no_yes(image: &Image<'_>, report: &mut Report<'_>) {
    packages::without_yes(image, report, (&YUM, ASKS), says_yes, &["assumeyes"], Answer::Late("-y"));
}

rule! {
    /// Cache of yum stays in the image
    ///
    /// Metadata and downloaded packages are stale tomorrow, and a later RUN cannot take them out of the layer. Looks at the
    /// final stage and the stages it is built from. Only what cleans after the last installation of the RUN counts. Silent
    /// where a cache or a tmpfs is mounted over the cache.
    ///
    /// ```dockerfile bad:2
    /// FROM centos:7
    /// RUN yum clean all && yum install -y httpd-2.4.6 && yum clean metadata
    /// ```
    /// ```dockerfile good
    /// FROM centos:7
    /// RUN yum install -y httpd-2.4.6 && yum clean all
    /// RUN yum install -y git-1.8 && rm -rf /var/cache/yum
    /// RUN --mount=type=cache,target=/var/cache/yum yum install -y wget-1.14
    /// ```
    YUM_CLEAN_MISSING = "docker-yum-clean-missing" {
        check: Check::Dockerfile(yum_clean_missing),
        severity: Severity::Low,
        peers: &["hadolint:DL3032", "trivy:DS-0015", "kics:00481784"],
    }
}

fn yum_clean_missing(image: &Image<'_>, report: &mut Report<'_>) {
    packages::cache_kept(image, report, (&YUM, FILLS), &SHARED_CACHE, kept, "add `&& yum clean all`");
}

fn kept(tool: &str) -> String {
    format!("{tool} leaves its cache in the image")
}

rule! {
    /// yum installs a package without a version
    ///
    /// Two builds of one Dockerfile then hold different software. Repositories drop old versions, though, so a pin has to
    /// be kept up to date. Looks at every stage. Variables are read; a name that is not known, a group, a file and a URL are
    /// no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM centos:7
    /// RUN yum install -y httpd && yum clean all
    /// ```
    /// ```dockerfile good
    /// FROM centos:7
    /// ENV GIT=2.51.0-2
    /// RUN yum install -y httpd-2.4.6 git-core-${GIT} openssl-1:1.1.1k own.rpm https://example.com/x.rpm @base $MORE
    /// ```
    YUM_UNPINNED = "docker-yum-unpinned" {
        check: Check::Dockerfile(yum_unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3033", "kics:6452c424"],
    }
}

fn yum_unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    unpinned(image, report, &YUM);
}

rule! {
    /// dnf asks before it installs
    ///
    /// In a build there is nobody to answer, so the build fails. Looks at every stage, at microdnf, dnf5 and tdnf too.
    /// Silent where the answer comes through a pipe, or `assumeyes` is set by an option or written to a file.
    ///
    /// ```dockerfile bad:2
    /// FROM fedora:42
    /// RUN microdnf install httpd-2.4.62 && microdnf clean all
    /// ```
    /// ```dockerfile good
    /// FROM fedora:42
    /// RUN dnf -y install httpd-2.4.62 && dnf --setopt=assumeyes=1 install git-2.46.0 && dnf clean all
    /// ```
    DNF_NO_YES = "docker-dnf-no-yes" {
        check: Check::Dockerfile(dnf_no_yes),
        severity: Severity::Medium,
        peers: &["hadolint:DL3038", "kics:7ebd323c"],
    }
}

fn dnf_no_yes(image: &Image<'_>, report: &mut Report<'_>) {
    packages::without_yes(image, report, (&DNF, ASKS), says_yes, &["assumeyes"], Answer::Late("-y"));
}

rule! {
    /// Cache of dnf stays in the image
    ///
    /// Metadata and downloaded packages are stale tomorrow, and a later RUN cannot take them out of the layer. Looks at the
    /// final stage and the stages it is built from, at microdnf, dnf5 and tdnf too. Only what cleans after the last
    /// installation of the RUN counts. Silent where a cache or a tmpfs is mounted over the cache.
    ///
    /// ```dockerfile bad:2
    /// FROM fedora:42
    /// RUN dnf clean all && dnf install -y httpd-2.4.62
    /// ```
    /// ```dockerfile good
    /// FROM fedora:42
    /// RUN dnf install -y httpd-2.4.62 && dnf clean all
    /// RUN microdnf install -y git-2.46.0 && rm -rf /var/cache/yum/*
    /// RUN --mount=type=cache,target=/var/cache/libdnf5 dnf install -y wget2-2.1.0
    /// ```
    DNF_CLEAN_MISSING = "docker-dnf-clean-missing" {
        check: Check::Dockerfile(dnf_clean_missing),
        severity: Severity::Low,
        peers: &["hadolint:DL3040", "trivy:DS-0019", "trivy:DS-0027", "kics:295acb63"],
    }
}

fn dnf_clean_missing(image: &Image<'_>, report: &mut Report<'_>) {
    for (programs, cache) in DNF_CACHES {
        let manager = Manager { programs, ..DNF };
        packages::cache_kept(
            image,
            report,
            (&manager, FILLS),
            cache,
            kept,
            "end the RUN with `clean all` of the same program",
        );
    }
}

rule! {
    /// dnf installs a package without a version
    ///
    /// Two builds of one Dockerfile then hold different software. Repositories drop old versions, though, so a pin has to
    /// be kept up to date. Looks at every stage, at microdnf, dnf5 and tdnf too. Variables are read; a name that is not
    /// known, a group, a file and a URL are no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM fedora:42
    /// RUN dnf install -y httpd && dnf clean all
    /// ```
    /// ```dockerfile good
    /// FROM fedora:42
    /// ARG GIT=2.51.0-2.fc42
    /// RUN dnf install -y gcc-c++-1.1.1 git-core-$GIT own.rpm @development && dnf -y group install "Development Tools"
    /// RUN dnf module install -y nodejs:22 && dnf install -y $MORE
    /// ```
    DNF_UNPINNED = "docker-dnf-unpinned" {
        check: Check::Dockerfile(dnf_unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3041", "kics:93d88cf7"],
    }
}

fn dnf_unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    unpinned(image, report, &DNF);
}
