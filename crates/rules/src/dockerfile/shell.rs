//! How RUN uses the shell: failures that are lost, folders, the default shell, commands that make no sense in a build.
//!
//! Decided by the commands of each RUN and by SHELL. It cannot know the shell of a base image.

use std::collections::BTreeMap;

use portcullis_model::dockerfile::{Run, RunForm};
use portcullis_syntax::shell::{Command, Joined, OptionsWithArguments, RedirectKind, Wrapper};

use super::Image;
use super::packages::{spot, title};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&PIPE_WITHOUT_PIPEFAIL, &HEREDOC_WITHOUT_ERREXIT, &CD_INSTEAD_OF_WORKDIR, &POINTLESS_COMMAND, &LN_BIN_SH];

rule! {
    /// A pipe hides the failure of its first command
    ///
    /// The status of a pipeline is that of its last command: when the download before it fails, the build goes on with half a file.
    /// Looks at every stage. Silent where `pipefail` is set by SHELL, in the RUN (busybox has it, too) or by the heredoc's
    /// interpreter, where the pipe feeds from `echo` and the like, in conditions, and for shells without it such as
    /// PowerShell.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN wget -qO- https://example.com/list | wc -l > /number
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN set -o pipefail && wget -qO- https://example.com/list | wc -l > /number
    /// SHELL ["/bin/bash", "-o", "pipefail", "-c"]
    /// RUN wget -qO- https://example.com/list | wc -l > /number
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN echo "24454f83  tool" | sha256sum -c && if ls / | grep -q x; then echo x; fi
    /// RUN ["/bin/bash", "-o", "pipefail", "-c", "wget -qO- https://example.com/list | wc -l > /number"]
    /// ```
    PIPE_WITHOUT_PIPEFAIL = "docker-pipe-without-pipefail" {
        check: Check::Dockerfile(pipe_without_pipefail),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["hadolint:DL4006", "kics:efbf148a"],
    }
}

/// What a pipe may begin with: it does not fail, or fails for want of a reader.
const FEEDERS: &[&str] = &["echo", "printf", "yes", ":", "true"];

fn pipe_without_pipefail(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs().iter().filter(|run| run.script.complete) {
        let lost = run.script.commands.iter().enumerate().find(|(index, command)| {
            command.pipe.is_some_and(|pipe| !pipe.last)
                && command.wrapped_by.is_none_or(|_| command.wrapper == Some(Wrapper::Shell))
                && !command.in_condition
                && !run.script.pipefail_at(*index)
                && !run.program(command).is_some_and(|name| FEEDERS.contains(&&*name))
        });
        let Some((_, command)) = lost else { continue };
        let name = run.program(command).map_or_else(|| "the command".to_owned(), |name| format!("`{name}`"));
        report
            .at(spot(run, command.span, &name), format!("the pipe hides a failure of {name}"))
            .help("set `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]`, or `set -o pipefail` in the RUN");
    }
}

rule! {
    /// A heredoc goes on after a failure
    ///
    /// A heredoc is a script: each command but the last may fail, and the build succeeds all the same. Looks at every stage. Silent
    /// with `set -e`, with `-e` in SHELL or the interpreter, and where each command is joined by `&&` or has its own `||`.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN <<EOF
    /// apt-get update
    /// apt-get install -y curl
    /// EOF
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN <<EOF
    /// set -eu
    /// apt-get update
    /// apt-get install -y curl
    /// EOF
    /// RUN <<EOF
    /// #!/bin/bash -e
    /// apt-get update
    /// apt-get install -y curl
    /// EOF
    /// RUN <<EOF
    /// apt-get update &&
    ///   apt-get install -y curl
    /// EOF
    /// RUN cat <<EOF > /etc/motd
    /// one
    /// two
    /// EOF
    /// ```
    HEREDOC_WITHOUT_ERREXIT = "docker-heredoc-without-errexit" {
        check: Check::Dockerfile(heredoc_without_errexit),
        severity: Severity::Medium,
    }
}

/// Commands whose failure is of no consequence, or does not happen.
const HARMLESS: &[&str] = &[
    "set", "export", "echo", "printf", "true", ":", "local", "readonly", "declare", "trap", "umask", "unset", "alias",
];

fn heredoc_without_errexit(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs().iter().filter(|run| run.script.complete) {
        let (Some((_, command)), Some(heredoc)) = (unseen_failure(run), run.instruction.heredocs.first()) else {
            continue;
        };
        let name = run.program(command).map_or_else(|| "a command".to_owned(), |name| format!("`{name}`"));
        report
            .at(spot(run, heredoc.operator, &name), format!("the heredoc goes on when {name} fails"))
            .help("begin it with `set -e`")
            .label(command.span, "its failure is not seen");
    }
}

/// The first command of a heredoc whose failure does not end it.
fn unseen_failure<'r>(run: &'r Run<'_>) -> Option<(usize, &'r Command)> {
    // The last command of each heredoc so far, by the shell that reads it; the stage's own shell is no command.
    let mut before: BTreeMap<Option<usize>, (usize, &Command)> = BTreeMap::new();
    for (index, command) in run.script.commands.iter().enumerate() {
        let reads = |reader: &Command| reader.redirects.iter().any(|redirect| redirect.kind == RedirectKind::Heredoc);
        let in_heredoc = match command.wrapped_by {
            None => run.form == RunForm::Heredoc,
            Some(reader) => {
                command.wrapper == Some(Wrapper::Shell) && run.script.commands.get(reader).is_some_and(reads)
            }
        };
        if !in_heredoc || command.substitution || command.in_function || command.in_condition {
            continue;
        }
        let last = before.insert(command.wrapped_by, (index, command));
        if let Some((at, last)) = last.filter(|_| command.joined == Joined::Seq)
            && last.name.is_some()
            && last.pipe.is_none_or(|pipe| pipe.last)
            && !run.script.errexit_at(at)
            && !run.program(last).is_some_and(|name| HARMLESS.contains(&&*name))
        {
            return Some((at, last));
        }
    }
    None
}

rule! {
    /// RUN changes the folder for all that follows
    ///
    /// WORKDIR says the same where it can be seen, and holds for later instructions as well. Looks at every stage, at a `cd` that the
    /// RUN begins with, and at one that it ends with, which has no effect; one in a subshell, or between, is no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN cd /opt/app && make install
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN make install && cd /opt/app
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// WORKDIR /opt/app
    /// RUN make && (cd doc && make) && cd lib && make
    /// ```
    CD_INSTEAD_OF_WORKDIR = "docker-cd-instead-of-workdir" {
        check: Check::Dockerfile(cd_instead_of_workdir),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL3003", "trivy:DS-0013", "kics:f4a6bcd3"],
    }
}

fn cd_instead_of_workdir(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        let mut commands = run.script.commands.iter().filter(|command| command.name.is_some() && !command.is("set"));
        let (first, last) = (commands.next(), commands.next_back());
        let is_cd = |command: &&Command| command.is("cd") && !command.in_subshell;
        let (command, message) = match (first.filter(is_cd), last.filter(is_cd)) {
            (Some(first), _) => (first, "RUN changes the folder with `cd`"),
            (None, Some(last)) => (last, "RUN ends with a `cd`, which nothing after it notices"),
            (None, None) => continue,
        };
        report.at(spot(run, command.span, "cd"), message).help("use WORKDIR, which holds for what follows");
    }
}

rule! {
    /// A command that makes no sense in a build
    ///
    /// A build has no services, no terminal and no other processes: what the command does is gone with the layer, or it was left over
    /// from an experiment. Looks at every stage. `mount` in a RUN with `--security=insecure` is no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN service nginx start
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN apt-get install -y vim procps && echo "service nginx start" > /start.sh
    /// ```
    POINTLESS_COMMAND = "docker-pointless-command" {
        check: Check::Dockerfile(pointless_command),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL3001", "kics:9b6b0f38"],
    }
}

fn pointless_command(image: &Image<'_>, report: &mut Report<'_>) {
    const POINTLESS: &[&str] = &["ssh", "vim", "shutdown", "service", "ps", "free", "top", "kill", "mount"];
    for run in image.runs() {
        let privileged = run.instruction.flag_value("security").is_some_and(|value| value.as_str() == "insecure");
        let Some(call) = run.calls(POINTLESS).find(|call| !privileged || !call.command.is("mount")) else { continue };
        let name = title(&call);
        report
            .at(spot(run, call.name_span(), &name), format!("`{name}` makes no sense in a build"))
            .help("remove it, or do it when the container starts");
    }
}

rule! {
    /// The default shell is replaced by a link
    ///
    /// Scripts of packages expect the `/bin/sh` of their distribution, and the next upgrade puts it back. Looks at every stage.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN ln -sf /bin/bash /bin/sh
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN ln -sf /bin/sh /usr/local/bin/my-shell && ln -s /bin/true /sbin/initctl
    /// ```
    LN_BIN_SH = "docker-ln-bin-sh" {
        check: Check::Dockerfile(ln_bin_sh),
        severity: Severity::Low,
        peers: &["hadolint:DL4005", "kics:changing_default_shell_using_run_command"],
    }
}

fn ln_bin_sh(image: &Image<'_>, report: &mut Report<'_>) {
    let options = OptionsWithArguments { short: "tS", long: &["--target-directory", "--suffix"] };
    for run in image.runs() {
        for call in run.calls(&["ln"]) {
            let words = call.command.positionals(&options);
            let Some(target) = words.last().filter(|_| words.len() > 1) else { continue };
            if matches!(target.text.as_str(), "/bin/sh" | "/usr/bin/sh") {
                report
                    .at(spot(run, target.span, &target.text), format!("`{}` is replaced by a link", target.text))
                    .help("use SHELL to choose the shell of RUN");
            }
        }
    }
}

/// The number of commands of a RUN that stand by themselves.
pub(super) fn statements(run: &Run<'_>) -> usize {
    let plain = |command: &&Command| command.name.is_some() && command.wrapped_by.is_none() && !command.substitution;
    run.script.commands.iter().filter(plain).count()
}
