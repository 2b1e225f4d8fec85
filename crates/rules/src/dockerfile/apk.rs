//! apk: versions, and the index that it leaves behind.
//!
//! Decided by the commands of each RUN.

use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::{self, Cache, Manager, spot};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&UNPINNED, &CACHE_KEPT];

/// The one package manager of Alpine.
pub(super) const APK: Manager = Manager {
    programs: &["apk"],
    install: &[&["add"]],
    options: OptionsWithArguments {
        short: "tXp",
        long: &[
            "--virtual",
            "--repository",
            "--root",
            "--arch",
            "--keys-dir",
            "--repositories-file",
            "--wait",
            "--cache-dir",
            "--cache-max-age",
            "--progress-fd",
            "--timeout",
        ],
    },
};

const CACHE: Cache =
    Cache { folders: &["/var/cache/apk", "/etc/apk/cache"], cleaners: &[(&["apk"], &["cache", "clean"])] };

rule! {
    /// apk installs a package without a version
    ///
    /// Two builds of one Dockerfile then hold different software. Alpine keeps only the newest version of a package in a
    /// branch, though, so a strict pin breaks the build later; `~` follows a branch. Looks at every stage. Variables are
    /// read; a name that is not known and a file are no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM alpine:3.20
    /// RUN apk add --no-cache curl
    /// ```
    /// ```dockerfile good
    /// FROM alpine:3.20
    /// ENV VERSION=8.9.1-r1
    /// RUN apk add --no-cache -t .build -X https://example.com/repo curl=$VERSION git~2.45 "jq>1.7" ./own.apk $MORE
    /// ```
    UNPINNED = "docker-apk-unpinned" {
        check: Check::Dockerfile(unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3018", "kics:d3499f6d"],
    }
}

fn unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    // `!name` is a conflict.
    let pinned = |text: &str| {
        text.contains(['=', '~', '<', '>'])
            || text.starts_with('!')
            || text.ends_with(".apk")
            || packages::is_local_or_url(text)
    };
    packages::unpinned(image, report, &APK, pinned, "write `name=version`, or `name~version` for any of a branch");
}

rule! {
    /// Package index of apk stays in the image
    ///
    /// The index is downloaded for the one command and is stale tomorrow. Looks at the final stage and the stages it is
    /// built from. Silent where a cache or a tmpfs is mounted over `/var/cache/apk`, or the folder is emptied in the same
    /// RUN, and with `--no-network`, which downloads nothing.
    ///
    /// ```dockerfile bad:2
    /// FROM alpine:3.20
    /// RUN apk add curl=8.9.1-r1
    /// ```
    /// ```dockerfile good
    /// FROM alpine:3.20
    /// RUN --mount=type=cache,dst=/var/cache/apk apk add curl=8.9.1-r1
    /// RUN apk add --no-cache git=2.45.2-r0
    /// RUN apk update && apk add jq=1.7.1-r0 && rm -rf /var/cache/apk/*
    /// RUN apk add --no-network --virtual .run ./own.apk
    /// ```
    CACHE_KEPT = "docker-apk-cache-kept" {
        check: Check::Dockerfile(cache_kept),
        severity: Severity::Low,
        peers: &["hadolint:DL3019", "trivy:DS-0025", "kics:ae9c56a6"],
    }
}

fn cache_kept(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.final_runs().filter(|run| run.script.complete) {
        let emptied = CACHE.emptied_before(run);
        for install in APK.installs(run) {
            if install.call.index < emptied
                || install.call.open
                || install.call.command.has_flag(&["--no-cache", "--no-network"])
            {
                continue;
            }
            report
                .at(spot(run, install.head, "apk add"), "apk leaves its package index in the image")
                .help("add `--no-cache`");
        }
    }
}
