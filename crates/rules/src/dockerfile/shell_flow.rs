//! Failures in RUN that go unseen, and what is left when a variable is empty.
//!
//! The checks are those of [`crate::shell`].

use super::shell_words::each_script;
use crate::rule::prelude::*;
use crate::shell;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&CD_UNCHECKED, &DECLARATION_HIDES_FAILURE, &AND_OR_AS_IF, &REMOVAL_OF_ROOT, &USELESS_CAT];

rule! {
    /// `cd` in RUN may fail unseen
    ///
    /// What follows then runs in the wrong folder, and may remove or overwrite what is there. Looks at `cd` and `pushd`
    /// with another command after a `;` or on the next line. Silent under `set -e`, in conditions, and for `cd ..`.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN cd /opt/app; make install
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN cd /opt/app && make install
    /// RUN set -e; cd /opt/app; make install
    /// RUN make; cd /opt/app
    /// RUN cd /opt/app || exit 1; make install
    /// ```
    CD_UNCHECKED = "docker-shell-cd-unchecked" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::cd_unchecked)),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2164", "hadolint:SC2164"],
        yields_to: &["docker-shellcheck"],
    }
}

rule! {
    /// Declaration in RUN hides a failure
    ///
    /// The status of `export X=$(…)` is that of `export`, which succeeds: neither `&&` nor `set -e` sees that the
    /// program failed. Silent for programs that hardly fail (`nproc`, `uname`).
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN export VERSION="$(curl -fsS https://example.org/version)" && ./install "$VERSION"
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN VERSION="$(curl -fsS https://example.org/version)" && export VERSION && export JOBS=$(nproc) && ./install
    /// ```
    DECLARATION_HIDES_FAILURE = "docker-shell-declaration-hides-failure" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::declaration_hides_failure)),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2155", "hadolint:SC2155"],
        yields_to: &["docker-shellcheck"],
    }
}

rule! {
    /// `a && b || c` in RUN is no if-then-else
    ///
    /// `c` also runs when `b` fails. Looks at lists that begin with a test. Silent where the last command, or the one
    /// before it, hardly ever fails (`echo`, `exit`, `true`), and in conditions.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN [ -f Makefile ] && make install || ./install.sh
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN if [ -f Makefile ]; then make install; else ./install.sh; fi
    /// RUN [ -f Makefile ] && make install || true
    /// RUN make install || ./install.sh
    /// ```
    AND_OR_AS_IF = "docker-shell-and-or-as-if" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::and_or_as_if)),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2015", "hadolint:SC2015"],
        yields_to: &["docker-shellcheck"],
    }
}

rule! {
    /// `rm -r` in RUN removes everything when a variable is empty
    ///
    /// Of `"$DIR/"*` only the slash is left when the variable is empty. Looks at paths that are then `/` or a folder
    /// that the system needs. Silent where the Dockerfile or the script says the value, and for `${DIR:?}`, which
    /// fails.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// ARG DIR
    /// RUN rm -rf "$DIR"/*
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ARG CACHE=/var/cache/app
    /// RUN rm -rf "$CACHE"/* "${DIR:?}/usr" "$DIR/build" && rm -f $DIR/*
    /// ```
    REMOVAL_OF_ROOT = "docker-shell-removal-of-root" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::removal_of_root)),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2115", "hadolint:SC2115"],
        yields_to: &["docker-shellcheck"],
    }
}

rule! {
    /// `cat` in RUN only hands a file on
    ///
    /// The next program can read the file itself; without the pipe, its failure is seen as well. Looks at `cat` of one
    /// file at the beginning of a pipe.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN cat /etc/passwd | grep app
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN grep app /etc/passwd && cat a b | sort && cat *.txt | sort && cat -n a | sort
    /// ```
    USELESS_CAT = "docker-shell-useless-cat" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::useless_cat)),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2002", "hadolint:SC2002"],
        yields_to: &["docker-shellcheck"],
    }
}
