//! Packages whose signatures are not checked.
//!
//! Decided by the arguments of each command. A file that the build already has is taken for checked elsewhere.

use portcullis_model::dockerfile::{Call, Run};
use portcullis_syntax::shell::OptionsWithArguments;

use super::packages::{self, BadFlag, Manager, spot, title};
use super::{Image, apk, apt, rpm};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&APK_ALLOW_UNTRUSTED, &APT_ALLOW_UNAUTHENTICATED, &APT_FORCE_YES, &YUM_NOGPGCHECK, &RPM_NOSIGNATURE];

const UNCHECKED: &str = "install packages that nobody signed";

rule! {
    /// apk installs packages without a trusted signature
    ///
    /// Whoever controls the mirror or the way to it decides what is installed as root. Looks at every stage. Silent where a
    /// local file is among the packages: it carries no signature of a repository.
    ///
    /// ```dockerfile bad:2
    /// FROM alpine:3.20
    /// RUN apk add --no-cache --allow-untrusted -X https://example.com/repo tool
    /// ```
    /// ```dockerfile good
    /// FROM alpine:3.20
    /// RUN apk add --no-cache --allow-untrusted ./tool.apk /tmp/other-1.0.apk
    /// RUN gpg --verify odbc.sig odbc.apk && apk add --allow-untrusted odbc.apk unixodbc-dev
    /// ```
    APK_ALLOW_UNTRUSTED = "docker-apk-allow-untrusted" {
        check: Check::Dockerfile(apk_allow_untrusted),
        severity: Severity::High,
        tags: &["cwe-347"],
        peers: &["checkov:CKV2_DOCKER_7"],
    }
}

fn apk_allow_untrusted(image: &Image<'_>, report: &mut Report<'_>) {
    let flag = BadFlag { programs: apk::APK.programs, flags: &["--allow-untrusted"], options: apk::APK.options };
    let local = |_: &Run<'_>, call: &Call<'_>| call.command.args.iter().any(|word| is_file(&word.text, ".apk"));
    flag.report(image, report, local, UNCHECKED, "remove it, and put the repository's key into /etc/apk/keys");
}

/// Whether all that a command installs are files of the build.
fn only_files(call: &Call<'_>, manager: &Manager, suffix: &str) -> bool {
    let Some(install) = packages::subcommand(call.clone(), manager.install, &manager.options) else { return false };
    !install.packages.is_empty() && install.packages.iter().all(|word| is_file(&word.text, suffix))
}

fn is_file(text: &str, suffix: &str) -> bool {
    text.ends_with(suffix) && !text.contains("://")
}

rule! {
    /// apt installs packages without a signature
    ///
    /// Whoever controls the mirror or the way to it decides what is installed as root. Looks at every stage, at the option and
    /// at `-o APT::Get::AllowUnauthenticated=true`.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y --allow-unauthenticated tool
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y tool
    /// ```
    APT_ALLOW_UNAUTHENTICATED = "docker-apt-allow-unauthenticated" {
        check: Check::Dockerfile(apt_allow_unauthenticated),
        severity: Severity::High,
        tags: &["cwe-347"],
        peers: &["checkov:CKV2_DOCKER_8"],
    }
}

fn apt_allow_unauthenticated(image: &Image<'_>, report: &mut Report<'_>) {
    let help = "remove it, and give the repository's key with `signed-by`";
    let flag = BadFlag { programs: apt::APT.programs, flags: &["--allow-unauthenticated"], options: apt::APT.options };
    flag.report(image, report, |_, _| false, UNCHECKED, help);
    for run in image.runs() {
        for call in run.calls(apt::APT.programs) {
            let options = call.command.option_values(&["-o", "--option"]);
            let on = ["=true", "=1", "=yes"];
            let is_on = |text: &str| {
                text.contains("::AllowUnauthenticated") && on.iter().any(|value| text.to_lowercase().ends_with(value))
            };
            if let Some(option) = options.iter().find(|option| is_on(option.text)) {
                let message = format!("`{}` makes {} {UNCHECKED}", option.text, title(&call));
                report.at(spot(run, option.word.span, option.text), message).help(help);
            }
        }
    }
}

rule! {
    /// apt is forced to go on
    ///
    /// `--force-yes` takes unsigned packages, downgrades and removals of essential packages without a word. Looks at every
    /// stage.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y --force-yes tool
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y --allow-downgrades tool=1.0
    /// ```
    APT_FORCE_YES = "docker-apt-force-yes" {
        check: Check::Dockerfile(apt_force_yes),
        severity: Severity::High,
        tags: &["cwe-347"],
        peers: &["checkov:CKV2_DOCKER_11"],
    }
}

fn apt_force_yes(image: &Image<'_>, report: &mut Report<'_>) {
    let flag = BadFlag { programs: apt::APT.programs, flags: &["--force-yes"], options: apt::APT.options };
    let help = "write `-y`, with `--allow-downgrades` or another `--allow-…` where it is needed";
    flag.report(image, report, |_, _| false, UNCHECKED, help);
}

rule! {
    /// yum or dnf installs packages without a signature
    ///
    /// Whoever controls the mirror or the way to it decides what is installed as root. Looks at every stage, at yum, dnf,
    /// microdnf and tdnf. Local files are no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM fedora:42
    /// RUN dnf install -y --nogpgcheck https://example.com/tool.rpm
    /// ```
    /// ```dockerfile good
    /// FROM fedora:42
    /// RUN dnf install -y --nogpgcheck ./tool.rpm && dnf install -y httpd-2.4.62
    /// ```
    YUM_NOGPGCHECK = "docker-yum-nogpgcheck" {
        check: Check::Dockerfile(yum_nogpgcheck),
        severity: Severity::High,
        tags: &["cwe-347"],
        peers: &["checkov:CKV2_DOCKER_9"],
    }
}

fn yum_nogpgcheck(image: &Image<'_>, report: &mut Report<'_>) {
    const PROGRAMS: &[&str] = &["yum", "dnf", "microdnf", "dnf5", "tdnf"];
    let flag = BadFlag { programs: PROGRAMS, flags: &["--nogpgcheck", "--no-gpgchecks"], options: rpm::OPTIONS };
    let local = |_: &Run<'_>, call: &Call<'_>| only_files(call, &rpm::DNF, ".rpm");
    flag.report(image, report, local, UNCHECKED, "remove it, and import the repository's key with `rpm --import`");
}

rule! {
    /// rpm does not check signatures or digests
    ///
    /// A package that was changed on the way is installed as root without a word. Looks at every stage.
    ///
    /// ```dockerfile bad:2
    /// FROM fedora:42
    /// RUN rpm -i --nosignature https://example.com/tool.rpm
    /// ```
    /// ```dockerfile good
    /// FROM fedora:42
    /// RUN rpm --import https://example.com/key.asc && rpm -i https://example.com/tool.rpm
    /// ```
    RPM_NOSIGNATURE = "docker-rpm-nosignature" {
        check: Check::Dockerfile(rpm_nosignature),
        severity: Severity::High,
        tags: &["cwe-347"],
        peers: &["checkov:CKV2_DOCKER_10"],
    }
}

fn rpm_nosignature(image: &Image<'_>, report: &mut Report<'_>) {
    let flag = BadFlag {
        programs: &["rpm"],
        flags: &["--nosignature", "--nodigest", "--noverify", "--nofiledigest"],
        options: OptionsWithArguments { short: "Dr", long: &["--define", "--root", "--dbpath", "--prefix"] },
    };
    flag.report(image, report, |_, _| false, UNCHECKED, "remove it, and import the key with `rpm --import`");
}
