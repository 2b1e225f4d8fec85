//! npm and yarn: versions, and the cache that yarn leaves behind.
//!
//! Decided by the commands of each RUN. It cannot know what `package.json` and the lockfile say.

use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::{self, Cache, Manager};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&NPM_UNPINNED, &YARN_CACHE_KEPT];

const NPM: Manager = Manager {
    programs: &["npm"],
    install: &[&["install"], &["i"], &["add"]],
    options: OptionsWithArguments {
        short: "wC",
        long: &[
            "--loglevel",
            "--registry",
            "--prefix",
            "--omit",
            "--include",
            "--cache",
            "--userconfig",
            "--tag",
            "--workspace",
            "--install-strategy",
            "--fetch-timeout",
            "--fetch-retries",
            "--cpu",
            "--os",
            "--libc",
        ],
    },
};

const YARN: Manager = Manager {
    programs: &["yarn"],
    install: &[&["install"]],
    options: OptionsWithArguments { short: "", long: &["--cwd", "--cache-folder", "--registry", "--network-timeout"] },
};

const YARN_CACHE: Cache = Cache {
    folders: &[".cache/yarn", ".yarn/cache", "/usr/local/share/.cache/yarn"],
    cleaners: &[(&["yarn"], &["cache", "clean"])],
};

rule! {
    /// npm installs a package without a version
    ///
    /// The registry serves whatever was released last: two builds differ, and a hijacked release is in the image at the
    /// next build. `npm install` without a name follows the lockfile and is accepted. Looks at every stage. Variables are
    /// read; a name that is not known, a folder, an archive and a URL are no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM node:22
    /// RUN npm install -g --registry https://example.com typescript @acme/tool@1.2.3
    /// ```
    /// ```dockerfile good
    /// FROM node:22
    /// ARG TS=5.5.4
    /// RUN npm install && npm i -g typescript@$TS @acme/tool@">=1.2 <2" git+ssh://git@example.com/x.git#v1 ./own pkg.tgz
    /// RUN npm install $EXTRA
    /// ```
    NPM_UNPINNED = "docker-npm-unpinned" {
        check: Check::Dockerfile(npm_unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3016", "kics:e36d8880", "scorecard:npmCommand"],
    }
}

fn npm_unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    let pinned = |text: &str| {
        if text.starts_with("git") && text.contains("://") {
            return text.contains('#');
        }
        let without_scope = text.strip_prefix('@').and_then(|rest| rest.split_once('/')).map_or(text, |(_, name)| name);
        without_scope.contains(['@', '#'])
            || text.starts_with("file:")
            || [".tar", ".tar.gz", ".tgz"].iter().any(|suffix| text.ends_with(suffix))
            || packages::is_local_or_url(text)
    };
    packages::unpinned(image, report, &NPM, pinned, "write `name@version`");
}

rule! {
    /// Cache of yarn stays in the image
    ///
    /// Every package is in the image twice: installed, and as the archive that it came from. Looks at the final stage and
    /// the stages it is built from. Silent where the cache is mounted, or cleaned after the installation in the same RUN.
    ///
    /// ```dockerfile bad:2
    /// FROM node:22
    /// RUN yarn cache clean && yarn install --frozen-lockfile
    /// ```
    /// ```dockerfile good
    /// FROM node:22
    /// RUN yarn install --frozen-lockfile && yarn cache clean
    /// RUN --mount=type=cache,target=/root/.cache/yarn yarn install
    /// ```
    YARN_CACHE_KEPT = "docker-yarn-cache-kept" {
        check: Check::Dockerfile(yarn_cache_kept),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3060"],
    }
}

fn yarn_cache_kept(image: &Image<'_>, report: &mut Report<'_>) {
    let message = |_: &str| "yarn leaves its package cache in the image".to_owned();
    let help = "add `&& yarn cache clean` to the same RUN, or mount a cache over the folder";
    packages::cache_kept(image, report, (&YARN, YARN.install), &YARN_CACHE, message, help);
}
