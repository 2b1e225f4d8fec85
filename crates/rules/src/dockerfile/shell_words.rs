//! Words of RUN that the shell splits, or does not expand.
//!
//! The checks are those of [`crate::shell`]; here is what a Dockerfile says of the script: ARG, ENV and SHELL.

use portcullis_model::dockerfile::{Run, RunForm};
use portcullis_syntax::shell::Word;

use super::Image;
use super::packages::spot;
use crate::rule::prelude::*;
use crate::shell::{self, Fault, Language, Subject, Surroundings};

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&UNQUOTED_VARIABLE, &UNQUOTED_SUBSTITUTION, &EXPANSION_IN_SINGLE_QUOTES, &GLOB_AS_OPTION, &ECHO_ESCAPES];

rule! {
    /// Variable in RUN is not quoted
    ///
    /// The shell splits its value at blanks and expands the patterns in it. Looks at variables that get their value
    /// from a program or from `read`; a text that the Dockerfile or the script itself writes is split as it was meant,
    /// and so are environment variables of the base image, which are not known. Silent in assignments and `[[ ]]`, for
    /// the name of a command, and where the program gives one word (`nproc`, `uname -m`).
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN name=$(cat /etc/name) && mkdir /srv/$name
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ARG PACKAGES="curl git"
    /// RUN tools='make gcc' && apt-get install -y $tools $PACKAGES
    /// RUN name=$(cat /etc/name) && mkdir "/srv/$name" && other=$name
    /// RUN arch="$(dpkg --print-architecture)" && curl -O https://example.org/$arch
    /// ```
    UNQUOTED_VARIABLE = "docker-shell-unquoted-variable" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::unquoted_variable)),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2086", "hadolint:SC2086"],
        yields_to: &["docker-shellcheck"],
    }
}

rule! {
    /// Substitution in RUN is not quoted
    ///
    /// The shell splits the output at blanks and expands the patterns in it: a name with a blank becomes two. Silent in
    /// assignments and `[[ ]]`, for lists of packages, for `$(test … && echo …)`, and for programs that give one word
    /// (`nproc`, `uname -r`) or are there to give several (`seq`).
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN rm -f $(find /tmp -name '*.deb')
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN make -j$(nproc) && version=$(cat VERSION) && mv app "app-$(cat VERSION)"
    /// RUN export VERSION=$(cat VERSION) && [[ $(cat VERSION) == 1* ]]
    /// ```
    UNQUOTED_SUBSTITUTION = "docker-shell-unquoted-substitution" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::unquoted_substitution)),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2046", "hadolint:SC2046"],
        yields_to: &["docker-shellcheck"],
    }
}

rule! {
    /// Variable in single quotes is not replaced
    ///
    /// The program gets the name where the value was meant. Looks at variables that the Dockerfile or the script sets.
    /// Silent where the text goes to a file or a pipe, and for programs that expand it themselves (`sh`, `awk`, `sed`,
    /// `find`, …).
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// ARG VERSION=1.2.3
    /// RUN curl -fsSLO 'https://example.org/app-$VERSION.tar.gz'
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ENV HOME=/app
    /// RUN echo 'export PATH=$HOME/bin:$PATH' >> /etc/profile && sh -c 'echo $HOME'
    /// RUN ./configure --libdir='$ORIGIN' && awk '{ print $HOME }' a
    /// ```
    EXPANSION_IN_SINGLE_QUOTES = "docker-shell-expansion-in-single-quotes" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::expansion_in_single_quotes)),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2016", "hadolint:SC2016"],
        yields_to: &["docker-shellcheck"],
    }
}

rule! {
    /// Pattern in RUN may match an option
    ///
    /// The matches of a pattern that begins with a wildcard may begin with a dash: a file `-rf` becomes an option of
    /// `rm`. Silent behind `--`, and for commands to which such a pattern is no file (`echo`, `find`, `expr`).
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN rm -f *.deb
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN rm -f ./*.deb && rm -f -- *.rpm && rm -f /tmp/*.apk '*.zip' && echo *.txt
    /// ```
    GLOB_AS_OPTION = "docker-shell-glob-as-option" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::glob_as_option)),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2035", "hadolint:SC2035"],
        yields_to: &["docker-shellcheck"],
    }
}

rule! {
    /// Bash's `echo` prints escapes as they are
    ///
    /// Bash needs `-e` to make a line break of `\\n`; other shells do it without, and Busybox does not. Looks at RUN
    /// for which SHELL or the interpreter is Bash. Silent for doubled backslashes and Windows paths.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// SHELL ["/bin/bash", "-c"]
    /// RUN echo "one\ntwo" > /etc/list
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN echo "one\ntwo" > /etc/list
    /// SHELL ["/bin/bash", "-c"]
    /// RUN echo -e "one\ntwo" > /etc/list && printf 'one\ntwo' && echo 'C:\new'
    /// ```
    ECHO_ESCAPES = "docker-shell-echo-escapes" {
        check: Check::Dockerfile(|image, report| each_script(image, report, shell::echo_escapes)),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC2028", "hadolint:SC2028"],
        yields_to: &["docker-shellcheck"],
    }
}

/// Reports what a check finds in each RUN that a shell reads.
pub(super) fn each_script(image: &Image<'_>, report: &mut Report<'_>, check: fn(&Subject<'_>) -> Vec<Fault>) {
    let is_read = |run: &&Run<'_>| matches!(run.form, RunForm::Shell | RunForm::Heredoc) && run.script.complete;
    for run in image.runs().iter().filter(is_read) {
        let language = if run.shell() == "bash" { Language::Bash } else { Language::Posix };
        for fault in check(&Subject::new(&run.script, language, run)) {
            report.at(spot(run, fault.span, &fault.name), fault.message).help(fault.help);
        }
    }
}

impl Surroundings for Run<'_> {
    fn sets(&self, name: &str) -> bool {
        self.declares(name)
    }

    fn resolve(&self, word: &Word) -> Option<String> {
        Run::resolve(self, word)
    }
}
