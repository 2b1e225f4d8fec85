//! Users: sudo, passwords in layers, and user ids that fill a disk.
//!
//! Decided by the commands of each RUN.

use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::{spot, title};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&RUN_SUDO, &RUN_CHPASSWD, &USERADD_HIGH_UID];

rule! {
    /// RUN uses sudo
    ///
    /// A build is root unless USER says otherwise, and `sudo` without a terminal behaves differently from host to host.
    /// Whoever needs it installs a way to become root into the image. Looks at every stage; installing sudo is no
    /// finding.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && sudo apt-get install -y curl
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y sudo && echo "sudo make"
    /// ```
    RUN_SUDO = "docker-run-sudo" {
        check: Check::Dockerfile(run_sudo),
        severity: Severity::Medium,
        tags: &["cwe-250"],
        peers: &["hadolint:DL3004", "trivy:DS-0010", "checkov:CKV2_DOCKER_1", "kics:8ada6e80"],
    }
}

fn run_sudo(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        let Some(call) = run.calls(&["sudo"]).next() else { continue };
        report
            .at(spot(run, call.name_span(), "sudo"), "RUN uses sudo")
            .help("run the command as root before USER, or switch with USER");
    }
}

rule! {
    /// RUN sets a password
    ///
    /// The password, or its hash, is in a layer that everyone who can pull the image can read. Looks at the final stage and
    /// the stages it is built from. A locked password (`*`, `!`) is no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN useradd app && echo "app:secret" | chpasswd
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN useradd --no-log-init -p '*' app && usermod --lock app && passwd -l app
    /// ```
    RUN_CHPASSWD = "docker-run-chpasswd" {
        check: Check::Dockerfile(run_chpasswd),
        severity: Severity::High,
        tags: &["cwe-798"],
        peers: &["checkov:CKV2_DOCKER_17"],
    }
}

fn run_chpasswd(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.final_runs() {
        for call in run.calls(&["chpasswd", "passwd", "useradd", "usermod"]) {
            let command = &call.command;
            let given = |names: &[&str]| {
                command.option_value(names).filter(|value| !value.text.starts_with(['*', '!']) && value.text != "x")
            };
            let span = match title(&call).as_str() {
                "chpasswd" => call.name_span(),
                "passwd" => match command.flag(&["--stdin"]) {
                    Some(flag) => call.head(flag),
                    None => continue,
                },
                _ => match given(&["-p", "--password"]) {
                    Some(value) => value.word.span,
                    None => continue,
                },
            };
            report
                .at(spot(run, span, &title(&call)), format!("{} puts a password into a layer", title(&call)))
                .help("leave the account locked, and give access by key or at run time");
        }
    }
}

const USERADD: OptionsWithArguments<'static> = OptionsWithArguments {
    short: "bcdefgGkKpRPsuZ",
    long: &[
        "--base-dir",
        "--comment",
        "--home-dir",
        "--expiredate",
        "--inactive",
        "--gid",
        "--groups",
        "--skel",
        "--key",
        "--password",
        "--root",
        "--prefix",
        "--shell",
        "--uid",
        "--selinux-user",
    ],
};

rule! {
    /// useradd with a high user id and no --no-log-init
    ///
    /// useradd writes to `/var/log/lastlog` at an offset that grows with the id: with six digits the sparse file is
    /// hundreds of megabytes, which the layer stores in full. Looks at every stage.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN useradd --create-home --uid 1000700000 app
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN useradd -l -u 1000700000 app && useradd -u 10001 small
    /// ```
    USERADD_HIGH_UID = "docker-useradd-high-uid-lastlog" {
        check: Check::Dockerfile(useradd_high_uid),
        severity: Severity::Low,
        peers: &["hadolint:DL3046"],
    }
}

fn useradd_high_uid(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        for call in run.calls(&["useradd"]) {
            let Some(uid) = call.command.option_value(&["-u", "--uid"]) else { continue };
            let is_high = uid.text.len() > 5 && uid.text.bytes().all(|byte| byte.is_ascii_digit());
            if is_high && !call.open && call.command.flag_among(&["-l", "--no-log-init"], &USERADD).is_none() {
                report
                    .at(spot(run, uid.word.span, uid.text), format!("user id {} makes a huge lastlog file", uid.text))
                    .help("add `--no-log-init`");
            }
        }
    }
}
