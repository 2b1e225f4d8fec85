//! RubyGems: versions.
//!
//! Decided by the commands of each RUN.

use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::{self, Manager};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&UNPINNED];

const GEM: Manager = Manager {
    programs: &["gem"],
    install: &[&["install"], &["i"]],
    options: OptionsWithArguments {
        short: "vsinPpg",
        long: &[
            "--version",
            "--source",
            "--install-dir",
            "--bindir",
            "--document",
            "--platform",
            "--trust-policy",
            "--file",
            "--http-proxy",
            "--build-root",
            "--use-system-libraries",
        ],
    },
};

rule! {
    /// gem installs a package without a version
    ///
    /// The registry serves whatever was released last: two builds differ, and a hijacked release is in the image at the
    /// next build. Looks at every stage. Variables are read; a name that is not known and a file are no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM ruby:3.3
    /// RUN gem install bundler:2.5.16 rake
    /// ```
    /// ```dockerfile good
    /// FROM ruby:3.3
    /// RUN gem install rake:13.2.1 own.gem && gem install bundler -v 2.5.16 && gem install nokogiri:1.16 -- --use-system
    /// RUN gem install $GEMS
    /// ```
    UNPINNED = "docker-gem-unpinned" {
        check: Check::Dockerfile(unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3028", "kics:22cd11f7"],
    }
}

fn unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        for mut install in GEM.installs(run) {
            if install.call.command.has_flag(&["-v", "--version"]) {
                continue;
            }
            // After `--` come options of the build.
            if let Some(end) = install.call.command.args.iter().find(|word| word.text == "--") {
                install.packages.retain(|word| word.span.start < end.span.start);
            }
            let pinned = |text: &str| text.contains(':') || text.ends_with(".gem") || packages::is_local_or_url(text);
            packages::report_unpinned(run, report, &install, pinned, "write `name:version`");
        }
    }
}
