//! Upgrades of what the base image holds, and an index that is refreshed for nothing.
//!
//! Decided by the commands of each RUN.

use std::collections::BTreeSet;

use portcullis_model::dockerfile::Run;
use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::apk::APK;
use super::apt::APT;
use super::packages::{Manager, spot};
use super::rpm::{DNF, YUM};
use super::zypper::ZYPPER;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&DIST_UPGRADE, &UPDATE_ALONE, &APK_UPGRADE, &YUM_UPDATE, &DNF_UPDATE, &ZYPPER_UPDATE];

/// One finding per command of these.
fn upgrades(image: &Image<'_>, report: &mut Report<'_>, manager: &Manager, subcommands: &[&[&str]]) {
    for run in image.runs() {
        for upgrade in manager.subcommands(run, subcommands) {
            // With package names it upgrades those alone.
            if !upgrade.packages.is_empty() {
                continue;
            }
            let message = format!("{} upgrades whatever the base image holds", upgrade.title());
            report
                .at(spot(run, upgrade.head, &upgrade.title()), message)
                .help("use a newer base image, which is the same for every build");
        }
    }
}

rule! {
    /// apt upgrades the base image to another release
    ///
    /// `dist-upgrade` and `full-upgrade` also remove packages and add new ones, so that what the image holds depends on the
    /// day of its build. Not in a profile: without an upgrade, known vulnerabilities of the base image stay. Looks at every
    /// stage. A plain `upgrade` is no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && apt-get -y dist-upgrade
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get upgrade -y && apt-get install -y --only-upgrade openssl
    /// ```
    DIST_UPGRADE = "docker-dist-upgrade" {
        check: Check::Dockerfile(dist_upgrade),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["trivy:DS-0024", "kics:682fe378", "hadolint:DL3005"],
    }
}

fn dist_upgrade(image: &Image<'_>, report: &mut Report<'_>) {
    upgrades(image, report, &APT, &[&["dist-upgrade"], &["full-upgrade"]]);
}

rule! {
    /// apk upgrades the whole base image
    ///
    /// What the image holds then depends on the day of its build, and the upgraded files are in it twice. Not in a
    /// profile: without an upgrade, known vulnerabilities of the base image stay. Looks at every stage.
    ///
    /// ```dockerfile bad:2
    /// FROM alpine:3.20
    /// RUN apk --no-cache upgrade
    /// ```
    /// ```dockerfile good
    /// FROM alpine:3.20
    /// RUN apk add --no-cache --upgrade openssl
    /// ```
    APK_UPGRADE = "docker-apk-upgrade" {
        check: Check::Dockerfile(apk_upgrade),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["kics:989ab888", "hadolint:DL3017"],
    }
}

fn apk_upgrade(image: &Image<'_>, report: &mut Report<'_>) {
    upgrades(image, report, &APK, &[&["upgrade"]]);
}

rule! {
    /// yum upgrades the whole base image
    ///
    /// What the image holds then depends on the day of its build, and the upgraded files are in it twice. Not in a
    /// profile: without an upgrade, known vulnerabilities of the base image stay. Looks at every stage; an update of named
    /// packages is no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM centos:7
    /// RUN yum -y update && yum clean all
    /// ```
    /// ```dockerfile good
    /// FROM centos:7
    /// RUN yum -y update openssl && yum clean all
    /// ```
    YUM_UPDATE = "docker-yum-update" {
        check: Check::Dockerfile(yum_update),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["kics:8f6456be"],
    }
}

fn yum_update(image: &Image<'_>, report: &mut Report<'_>) {
    upgrades(image, report, &YUM, &[&["update"], &["upgrade"]]);
}

rule! {
    /// dnf upgrades the whole base image
    ///
    /// What the image holds then depends on the day of its build, and the upgraded files are in it twice. Not in a
    /// profile: without an upgrade, known vulnerabilities of the base image stay. Looks at every stage; an update of named
    /// packages is no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM fedora:42
    /// RUN dnf -y update && dnf clean all
    /// ```
    /// ```dockerfile good
    /// FROM fedora:42
    /// RUN dnf -y update openssl && dnf clean all
    /// ```
    DNF_UPDATE = "docker-dnf-update" {
        check: Check::Dockerfile(dnf_update),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["kics:09fda05e"],
    }
}

fn dnf_update(image: &Image<'_>, report: &mut Report<'_>) {
    upgrades(image, report, &DNF, &[&["update"], &["upgrade"]]);
}

rule! {
    /// zypper upgrades the whole base image
    ///
    /// What the image holds then depends on the day of its build, and a distribution upgrade may change the release. Not
    /// in a profile: without an upgrade, known vulnerabilities of the base image stay. Looks at every stage.
    ///
    /// ```dockerfile bad:2
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n dup && zypper clean
    /// ```
    /// ```dockerfile good
    /// FROM opensuse/leap:15.6
    /// RUN zypper -n update openssl && zypper clean
    /// ```
    ZYPPER_UPDATE = "docker-zypper-update" {
        check: Check::Dockerfile(zypper_update),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3035", "kics:d4895357"],
    }
}

fn zypper_update(image: &Image<'_>, report: &mut Report<'_>) {
    upgrades(image, report, &ZYPPER, &[&["update"], &["up"], &["dist-upgrade"], &["dup"]]);
}

/// What refreshes an index, and what may follow it without using the index.
const REFRESHES: &[(&Manager, &[&[&str]])] = &[
    (&APT, &[&["update"]]),
    (&APK, &[&["update"]]),
    (&YUM, &[&["makecache"]]),
    (&DNF, &[&["makecache"]]),
    (&ZYPPER, &[&["refresh"], &["ref"]]),
];

/// Commands that install nothing.
const HARMLESS: &[&str] = &[
    ":",
    "[",
    "addgroup",
    "adduser",
    "apt-cache",
    "cat",
    "cd",
    "chmod",
    "chown",
    "cp",
    "date",
    "echo",
    "env",
    "exit",
    "export",
    "false",
    "grep",
    "groupadd",
    "ln",
    "ls",
    "mkdir",
    "mv",
    "printf",
    "pwd",
    "rm",
    "sed",
    "set",
    "sleep",
    "test",
    "touch",
    "true",
    "useradd",
    "usermod",
];

rule! {
    /// Package index is refreshed in a RUN of its own
    ///
    /// The layer is cached: when a later RUN changes, it installs from the index of months ago, and fails or gets old
    /// versions. Looks at every stage. Silent where anything follows that may install, and where a cache is mounted.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update
    /// RUN apt-get install -y curl
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && adduser app
    /// RUN apt-get install -y curl
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl
    /// RUN apt-get update && ./install-dependencies.sh
    /// RUN --mount=type=cache,target=/var/lib/apt apt-get update
    /// ```
    UPDATE_ALONE = "docker-update-alone" {
        check: Check::Dockerfile(update_alone),
        severity: Severity::Medium,
        peers: &["trivy:DS-0017", "checkov:CKV_DOCKER_5", "kics:9bae49be"],
    }
}

fn update_alone(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs().iter().filter(|run| run.script.complete && run.instruction.mounts().next().is_none()) {
        for (manager, refresh) in REFRESHES {
            let refreshes = manager.subcommands(run, refresh);
            let Some(last) = refreshes.last() else { continue };
            if !is_used(run, last.call.index, manager) {
                let message = format!("{} refreshes its index and installs nothing", last.title());
                report.at(spot(run, last.head, &last.title()), message).help("install in the same RUN");
            }
        }
    }
}

/// Whether a command after the one at `index` may use the index.
fn is_used(run: &Run<'_>, index: usize, manager: &Manager) -> bool {
    let none = OptionsWithArguments::default();
    // Of `sudo x` only `x` counts.
    let wrappers: BTreeSet<usize> = run.script.commands.iter().filter_map(|command| command.wrapped_by).collect();
    run.script.commands.iter().enumerate().skip(index.saturating_add(1)).any(|(later, command)| {
        let Some(name) = run.program(command) else { return command.name.is_some() };
        let cleans = ["clean", "autoclean", "autoremove", "distclean"];
        let own = manager.programs.contains(&&*name) && command.has_subcommand(&cleans, &none);
        !own && !HARMLESS.contains(&&*name) && !wrappers.contains(&later)
    })
}
