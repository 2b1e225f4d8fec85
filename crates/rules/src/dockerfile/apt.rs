//! apt: versions, questions, recommended packages and the package lists that it leaves behind.
//!
//! Decided by the commands of each RUN. It cannot know the apt configuration that a base image brings.

use portcullis_core::{Edit, Fix, FixSafety};
use portcullis_model::dockerfile::{Call, Run, RunForm};
use portcullis_syntax::shell::OptionsWithArguments;

use super::packages::{self, Answer, Cache, Manager, Setting, spot};
use super::{Image, edits};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&UNPINNED, &LISTS_NOT_DELETED, &NO_YES, &RECOMMENDS_INSTALLED, &INTERACTIVE_TOOL];

const OPTIONS: OptionsWithArguments<'static> = OptionsWithArguments {
    short: "oct",
    long: &["--option", "--config-file", "--target-release", "--default-release", "--host-architecture"],
};

/// apt-get and the tool for people that shares its options.
pub(super) const APT: Manager = Manager { programs: &["apt-get", "apt"], install: &[&["install"]], options: OPTIONS };

const LISTS: Manager = Manager { programs: &["apt-get", "apt", "aptitude"], install: &[], options: OPTIONS };

const LISTS_CACHE: Cache = Cache {
    folders: &["/var/lib/apt/lists"],
    cleaners: &[(&["apt-get", "apt"], &["distclean"]), (&["apt-get", "apt"], &["dist-clean"])],
};

rule! {
    /// apt installs a package without a version
    ///
    /// Two builds of one Dockerfile then hold different software, and nobody sees when it changed. Distributions delete
    /// old versions, though, so a pin has to be kept up to date. Looks at every stage. Variables are read from the
    /// script, ENV and ARG defaults; a name that is not known, a file and a URL are no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl git=1:2.39.5-0+deb12u2
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// ARG VERSION=7.88.1-10
    /// ARG PACKAGE
    /// RUN deps="git=1:2.39.5-0 wget=1.21.3-1" && apt-get install -y -t bookworm $deps curl=$VERSION $PACKAGE ./local.deb
    /// ```
    UNPINNED = "docker-apt-unpinned" {
        check: Check::Dockerfile(unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3008", "kics:965a08d7"],
    }
}

fn unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    // `name/release` and `name-` (removal) need no version.
    let pinned = |text: &str| {
        text.contains(['=', '/']) || text.ends_with('-') || text.ends_with(".deb") || packages::is_local_or_url(text)
    };
    packages::unpinned(image, report, &APT, pinned, "write `name=version`");
}

rule! {
    /// Package lists of apt stay in the image
    ///
    /// The lists are tens of megabytes that are stale tomorrow. Deleting them in a later RUN does not help, the layer
    /// keeps them. Looks at the final stage and the stages it is built from. Silent where a cache or a tmpfs is mounted over
    /// the lists.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN rm -rf /var/lib/apt/lists/* && apt-get update && apt-get install -y curl
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ```dockerfile good
    /// FROM debian:12 AS build
    /// RUN apt-get update && apt-get install -y gcc
    /// FROM debian:12
    /// RUN --mount=target=/var/lib/apt/lists,type=cache,sharing=locked apt-get update && apt-get install -y curl
    /// ```
    LISTS_NOT_DELETED = "docker-apt-lists-not-deleted" {
        check: Check::Dockerfile(lists_not_deleted),
        severity: Severity::Low,
        peers: &["hadolint:DL3009", "kics:df746b39"],
    }
}

fn lists_not_deleted(image: &Image<'_>, report: &mut Report<'_>) {
    let message = |tool: &str| format!("{tool} leaves its package lists in the image");
    let help = "add `&& rm -rf /var/lib/apt/lists/*` to the same RUN, or mount a cache over the folder";
    packages::cache_kept(image, report, (&LISTS, &[&["update"]]), &LISTS_CACHE, message, help);
}

rule! {
    /// apt asks before it installs
    ///
    /// In a build there is nobody to answer, so the build fails or hangs. `DEBIAN_FRONTEND=noninteractive` silences the
    /// questions of packages, not this one. Looks at every stage. Silent where the answer comes through a pipe, or
    /// `APT::Get::Assume-Yes` is set by an option or written to a file.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install curl
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get -qqy install curl && yes | apt-get install git && apt-get -q -q install wget
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN echo 'APT::Get::Assume-Yes "true";' > /etc/apt/apt.conf.d/90yes
    /// RUN apt-get update && apt-get install curl
    /// ```
    NO_YES = "docker-apt-no-yes" {
        check: Check::Dockerfile(no_yes),
        severity: Severity::Medium,
        peers: &["hadolint:DL3014", "trivy:DS-0021", "kics:77783205"],
    }
}

fn no_yes(image: &Image<'_>, report: &mut Report<'_>) {
    packages::without_yes(image, report, (&APT, APT.install), says_yes, &["APT::Get::Assume-Yes"], Answer::Late("-y"));
}

fn says_yes(call: &Call<'_>) -> bool {
    let quiet = |text: &str| match text {
        "--quiet" => 1,
        "-q=2" | "--quiet=2" => 2,
        _ if text.starts_with('-') && !text.starts_with("--") => {
            // What follows `-o` is a setting.
            text.split('o').next().unwrap_or_default().matches('q').count()
        }
        _ => 0,
    };
    // Whoever only simulates is not asked either.
    let flags =
        ["-y", "--yes", "--assume-yes", "--force-yes", "-s", "--simulate", "--dry-run", "--just-print", "--no-act"];
    call.command.flag_among(&flags, &OPTIONS).is_some()
        || call.command.args.iter().map(|word| quiet(&word.text)).sum::<usize>() >= 2
        || call.command.args.iter().any(|word| word.text.contains("APT::Get::Assume-Yes"))
}

rule! {
    /// apt installs recommended packages
    ///
    /// Recommended packages are not needed by what was asked for; they make the image larger and give an attacker more
    /// to work with. Looks at the final stage and the stages it is built from. Silent where `APT::Install-Recommends` is set
    /// by an option or written to a file.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y curl
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN echo 'APT::Install-Recommends "0";' > /etc/apt/apt.conf.d/10lean
    /// RUN apt-get update && apt-get install -y curl
    /// ```
    RECOMMENDS_INSTALLED = "docker-apt-recommends-installed" {
        check: Check::Dockerfile(recommends_installed),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3015", "trivy:DS-0029", "kics:7384dfb2"],
    }
}

fn recommends_installed(image: &Image<'_>, report: &mut Report<'_>) {
    let setting = Setting::new(image, &["APT::Install-Recommends"]);
    for run in image.final_runs().filter(|run| run.script.complete && !setting.holds(run)) {
        for install in APT.installs(run).iter().filter(|install| !install.call.open) {
            if !install.call.command.has_flag(&["--no-install-recommends"]) {
                let message = format!("{} also installs what packages recommend", install.title());
                report.at(spot(run, install.head, "install"), message).help("add `--no-install-recommends`");
            }
        }
    }
}

rule! {
    /// apt is used in a script
    ///
    /// `apt` is made for people: its options and its output may change with every release, and it warns so itself. Looks at
    /// every stage.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN apt update && apt install -y curl=7.88.1-10
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get update && apt-get install -y apt && apt-cache policy apt
    /// ```
    INTERACTIVE_TOOL = "docker-apt-interactive-tool" {
        check: Check::Dockerfile(interactive_tool),
        severity: Severity::Low,
        peers: &["hadolint:DL3027", "checkov:CKV_DOCKER_9", "kics:b84a0b47"],
    }
}

fn interactive_tool(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        let Some(call) = run.calls(&["apt"]).next() else { continue };
        report
            .at(spot(run, call.name_span(), "apt"), "`apt` is for people, not for scripts")
            .help("use `apt-get` or `apt-cache`")
            .fix(with_apt_get(image, run));
    }
}

/// Subcommands that both programs have with the same meaning.
const SHARED: &[&str] = &["autoremove", "clean", "install", "purge", "remove", "update"];

/// Calls `apt-get` throughout a RUN.
fn with_apt_get(image: &Image<'_>, run: &Run<'_>) -> Option<Fix> {
    let edit = |call: Call<'_>| {
        let subcommand = call.command.positionals(&OPTIONS).first().map(|word| word.text.clone())?;
        let is_shared = SHARED.contains(&subcommand.as_str()) && matches!(run.form, RunForm::Shell | RunForm::Heredoc);
        edits::replace(image, call.name_span(), "apt", "apt-get").filter(|_| is_shared)
    };
    let edits = run.calls(&["apt"]).map(edit).collect::<Option<Vec<Edit>>>()?;
    Some(Fix { safety: FixSafety::Safe, title: "use `apt-get`".to_owned(), edits })
}
