//! Commands that call `sudo`.
//!
//! Words of the command and of a shell script in it are read; what the image's own entrypoint calls cannot be known.

use portcullis_model::kubernetes::{Container, Pod};

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
    /// ```yaml bad:10
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       command: [/bin/sh, -ec]
    ///       args:
    ///         - export A=1 && sudo chown web /data; exec web
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

/// Words after which a command still follows.
const PREFIXES: &[&str] = &["if", "then", "else", "elif", "while", "until", "do", "!", "{", "exec", "time", "env"];

fn sudo(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Some(word) = sudo_word(container) else { continue };
        report
            .at(word, format!("{} calls sudo", container.title()))
            .help("run as the user that the program needs, with the capabilities that it needs");
    }
}

/// The element of `command` or `args` that calls sudo.
fn sudo_word<'t>(container: &Container<'t>) -> Option<Node<'t>> {
    let mut words = container.list("command").chain(container.list("args"));
    let first = words.next()?;
    let program = first.as_str()?;
    if base_name(program) == "sudo" {
        return Some(first);
    }
    if !SHELLS.contains(&base_name(program)) {
        return None;
    }
    // `-c`, `-ec`, `-euxc`: the script is the next word.
    words.find(|word| word.text().starts_with('-') && word.text().ends_with('c'))?;
    words.next().filter(|script| calls_sudo(script.text()))
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Whether a shell script has `sudo` where a command stands.
fn calls_sudo(script: &str) -> bool {
    let mut word = String::new();
    let mut expects_command = true;
    let mut quote = None;
    let mut in_comment = false;
    // The last newline ends the last word.
    for character in script.chars().chain(['\n']) {
        if in_comment {
            in_comment = character != '\n';
            expects_command |= character == '\n';
            continue;
        }
        if let Some(open) = quote {
            word.push(character);
            if character == open {
                quote = None;
            }
            continue;
        }
        let ends_command = matches!(character, '\n' | ';' | '&' | '|' | '(' | ')' | '`');
        match character {
            '\'' | '"' => {
                quote = Some(character);
                word.push(character);
            }
            '#' if word.is_empty() => in_comment = true,
            _ if ends_command || character.is_whitespace() => {
                if expects_command && base_name(&word) == "sudo" {
                    return true;
                }
                let is_assignment = word.contains('=');
                let keeps = word.is_empty() || is_assignment || PREFIXES.contains(&word.as_str());
                expects_command = ends_command || (expects_command && keeps);
                word.clear();
            }
            _ => word.push(character),
        }
    }
    false
}
