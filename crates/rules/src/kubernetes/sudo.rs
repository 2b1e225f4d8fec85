//! Commands that call `sudo`.
//!
//! Words of the command and of a shell script in it are read; what the image's own entrypoint calls cannot be known.

use portcullis_core::{Place, Span};
use portcullis_model::kubernetes::{Container, Pod};
use portcullis_syntax::shell;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SUDO_IN_ENTRYPOINT];

rule! {
    /// Command calls sudo
    ///
    /// `sudo` in a container means a root-owned set-user-id program and a rule that lets the process be root: whoever
    /// takes over the process has both. The word counts where a command stands, not in text or comments.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       command: [/usr/bin/sudo, nginx]
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, command: ["sudo nginx"] }]
    /// ```
    /// ```yaml bad:12
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       command: [/bin/sh, -ec]
    ///       args:
    ///         - |
    ///           umask 077
    ///           export A=1 && sudo chown web /data
    ///           exec web
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       command: [sh, -c, "echo 'no; sudo here' # sudo"]
    ///     - name: grep
    ///       image: grep:1
    ///       args: [--word, sudo]
    /// ```
    SUDO_IN_ENTRYPOINT = "k8s-sudo-in-entrypoint" {
        check: Check::Pod(sudo),
        severity: Severity::Medium,
        tags: &["cwe-250"],
        peers: &["kubescape:C-0062"],
    }
}

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh"];

fn sudo(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Some(place) = sudo_word(container) else { continue };
        report
            .at(place, format!("{} calls sudo", container.title()))
            .help("run as the user that the program needs, with the capabilities that it needs");
    }
}

/// Where `command` and `args` call sudo first.
fn sudo_word(container: &Container<'_>) -> Option<Place> {
    let mut words = container.list("command").chain(container.list("args"));
    let first = words.next()?;
    // Some write the whole command as one word.
    let program = base_name(first.as_str()?.split_whitespace().next()?);
    if program == "sudo" {
        return Some(first.into());
    }
    if !SHELLS.contains(&program) {
        return None;
    }
    // `-c`, `-ec`, `-euxc`: the script is the next word.
    words.find(|word| word.text().starts_with('-') && word.text().ends_with('c'))?;
    let script = words.next().filter(|script| script.text().contains("sudo"))?;
    let span = sudo_in_script(script)?;
    Some(Place { span, ..script.into() })
}

fn sudo_in_script(node: Node<'_>) -> Option<Span> {
    let (text, map) = node.embedded()?;
    let script = shell::parse(text, &map);
    if script.functions.iter().any(|name| name == "sudo") {
        return None;
    }
    script.commands.iter().find(|command| command.is("sudo"))?.name.as_ref().map(|word| word.span)
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}
