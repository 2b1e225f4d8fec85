//! RUN that no shell can read, and what ShellCheck itself says of it.
//!
//! Decided by two readings of the script, which must agree: our own and a grammar of Bash. What the program reports is its
//! own decision; it runs only where the configuration asks for it, so that findings do not depend on the machine.

use portcullis_model::dockerfile::RunForm;

use super::Image;
use super::packages::spot;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SHELLCHECK];

/// The rule's id, by which the engine reports what the program says.
pub const ID: &str = "docker-shellcheck";

rule! {
    /// RUN is no valid shell script, or ShellCheck objects to it
    ///
    /// A quotation, a group or an `if` that is not closed makes the build fail at this instruction, often far below the place that is
    /// wrong. With the option `program`, every RUN in shell form is also given to ShellCheck, if that is installed, and what it says is
    /// reported at the exact place, with its own code in front; a scan that asks for it and does not find it fails. Without the
    /// option, the rules with the tag `shellcheck` find the most common of its findings. Silent for shells other than `sh`, `dash`, `ash` and
    /// `bash`.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN if [ -f /etc/motd ]; then rm /etc/motd
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN echo "it's all right' > /etc/motd
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN if [ -f /etc/motd ]; then rm /etc/motd; fi && case "$X" in a) echo a;; esac
    /// SHELL ["/usr/bin/zsh", "-c"]
    /// RUN if [[ -f /etc/motd ]] { rm /etc/motd }
    /// ```
    SHELLCHECK = "docker-shellcheck" {
        check: Check::Dockerfile(no_shell),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["shellcheck:SC1072", "shellcheck:SC1073", "hadolint:SC1072", "hadolint:SC1073"],
        options: &[OptionMeta {
            name: "program",
            shape: OptionShape::Flag,
            docs: "Runs the program `shellcheck` as well, which has to be in PATH",
        }],
    }
}

fn no_shell(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        let is_read = matches!(run.form, RunForm::Shell | RunForm::Heredoc);
        if is_read && run.script.invalid && matches!(run.shell(), "sh" | "dash" | "ash" | "bash") {
            report.at(spot(run, run.instruction.head, "invalid"), "RUN is no valid shell script").help(
                "close every quotation, group, `if`, `case` and loop that it opens, and open those that it closes",
            );
        }
    }
}
