//! Users: sudo, passwords in layers, and user ids that fill a disk.
//!
//! Decided by the commands of each RUN.

use portcullis_model::dockerfile::{Call, Run};
use portcullis_syntax::shell::{OptionsWithArguments, RedirectKind, Word};

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
    /// the stages it is built from, at passwords that the file gives: as words, by ARG or ENV, in a heredoc. Silent on a
    /// locked password (`*`, `!`), and where a program or a file gives it, for it may be random or a secret that is mounted.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN useradd app && echo "app:secret" | chpasswd
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:12
    /// ARG ROOT_PASSWORD
    /// RUN echo "root:${ROOT_PASSWORD}" | chpasswd
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN usermod -p "$(openssl passwd -6 secret)" app
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN chpasswd <<< 'app:secret'
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN useradd --no-log-init -p '*' app && usermod --lock app && passwd -l app
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN echo "app:$(openssl rand -hex 16)" | chpasswd && echo "app:$RANDOM" | chpasswd
    /// RUN password="$(head -c 12 /dev/urandom | base64)" && echo "app:$password" | chpasswd && echo 'app:*' | chpasswd -e
    /// RUN useradd -p "$(openssl rand -base64 12 | openssl passwd -6 -stdin)" app
    /// RUN --mount=type=secret,id=pw echo "app:$(cat /run/secrets/pw)" | chpasswd
    /// RUN --mount=type=secret,id=pw chpasswd < /run/secrets/pw
    /// ```
    RUN_CHPASSWD = "docker-run-chpasswd" {
        check: Check::Dockerfile(run_chpasswd),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
        peers: &["checkov:CKV2_DOCKER_17"],
    }
}

fn run_chpasswd(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.final_runs() {
        for call in run.calls(&["chpasswd", "passwd", "useradd", "usermod"]) {
            let command = &call.command;
            let span = match title(&call).as_str() {
                "chpasswd"
                    if is_fed(run, &call, |text| text.split_once(':').is_some_and(|(_, it)| is_password(it))) =>
                {
                    call.name_span()
                }
                "passwd" => match command.flag(&["--stdin"]) {
                    Some(flag) if is_fed(run, &call, is_password) => call.head(flag),
                    _ => continue,
                },
                "useradd" | "usermod" => match command.option_value(&["-p", "--password"]) {
                    Some(value) if is_password(value.text) && is_given(run, value.word) => value.word.span,
                    _ => continue,
                },
                _ => continue,
            };
            report
                .at(spot(run, span, &title(&call)), format!("{} puts a password into a layer", title(&call)))
                .help("leave the account locked, and give access by key or at run time");
        }
    }
}

/// Whether a text locks no account.
fn is_password(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.starts_with(['*', '!']) && text != "x"
}

/// Whether what a program reads from its standard input stands in the file and is such a text.
fn is_fed(run: &Run<'_>, call: &Call<'_>, wanted: impl Fn(&str) -> bool) -> bool {
    for redirect in &call.command.redirects {
        match (redirect.kind, &redirect.heredoc) {
            (RedirectKind::Read, _) => return false,
            (RedirectKind::HereString, _) => return wanted(&redirect.target.text) && is_given(run, &redirect.target),
            (_, Some(heredoc)) => {
                let is_literal = |line: &str| heredoc.quoted || !line.contains(['$', '`']);
                return heredoc.body.lines().any(|line| is_literal(line) && wanted(line));
            }
            _ => {}
        }
    }
    let Some(pipe) = call.command.pipe.filter(|pipe| pipe.index > 0) else { return false };
    let mut feeds = run.script.commands.iter().take(call.index).filter(|other| {
        other.pipe.is_some_and(|it| it.pipeline == pipe.pipeline) && other.substitution == call.command.substitution
    });
    let Some(feed) = feeds.next().filter(|_| feeds.next().is_none()) else { return false };
    let mut words = feed.args.iter().filter(|word| !word.text.starts_with('-'));
    match feed.program() {
        Some("echo") => words.any(|word| wanted(&word.text) && is_given(run, word)),
        Some("printf") => {
            let Some(format) = words.next() else { return false };
            let is_filled_in = wanted(&format.text) && format.text.contains('%');
            wanted(&format.text) && is_given(run, format) && (!is_filled_in || words.all(|word| is_given(run, word)))
        }
        _ => false,
    }
}

/// Whether the file says what a word holds: it is literal, or ARG and ENV give its variables. A substitution counts where
/// it only hashes a text that stands in it.
fn is_given(run: &Run<'_>, word: &Word) -> bool {
    if !word.has_expansion {
        return true;
    }
    let text = &word.text;
    if text.contains(['`']) || text.contains("$(") {
        let hashes = ["openssl passwd", "mkpasswd ", "crypt("].iter().any(|program| text.contains(program));
        let is_open =
            text.matches('$').count() > 1 || ["rand", "stdin", "/run/", "|"].iter().any(|it| text.contains(it));
        return hashes && !is_open;
    }
    let is_assigned = |name: &String| {
        run.script.commands.iter().any(|command| command.assignments.iter().any(|assigned| assigned.name == *name))
    };
    let is_declared = |name: &String| run.declares(name) && !is_assigned(name);
    run.resolve(word).is_some() || !word.variables.is_empty() && word.variables.iter().all(is_declared)
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
