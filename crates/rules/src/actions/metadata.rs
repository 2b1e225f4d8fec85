//! Names and forms: the metadata of actions, shells, environment variables.

use portcullis_model::actions::{Action, Job, Os, Runtime, Step, Workflow};

use super::{ActionsCheck, Scope};
use crate::dockerfile::near::nearest;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ACTION_METADATA_INVALID, &SHELL_NAME_INVALID, &ENV_NAME_INVALID];

const TOP: &[&str] = &["name", "author", "description", "inputs", "outputs", "runs", "branding"];
const RUNS: &[&str] = &[
    "using",
    "main",
    "pre",
    "pre-if",
    "post",
    "post-if",
    "steps",
    "image",
    "env",
    "entrypoint",
    "pre-entrypoint",
    "post-entrypoint",
    "args",
];

rule! {
    /// Metadata of an action lacks what GitHub needs
    ///
    /// An action without `runs`, of an unknown runtime, or whose steps do not say their shell cannot be used; the workflow that
    /// tries fails. Name and description are what GitHub asks of every action.
    ///
    /// ```action bad:5
    /// name: greet
    /// description: greets
    /// runs:
    ///   using: composite
    ///   steps: [{ run: echo hello }]
    /// ```
    /// ```action bad:4
    /// name: greet
    /// description: greets
    /// runs:
    ///   using: node
    ///   main: index.js
    /// ```
    /// ```action good
    /// name: greet
    /// description: greets
    /// inputs: { who: { description: whom, required: true } }
    /// runs:
    ///   using: composite
    ///   steps:
    ///     - run: echo hello
    ///       shell: bash
    ///     - uses: actions/checkout@v4
    /// ```
    ACTION_METADATA_INVALID = "actions-action-metadata-invalid" {
        check: Check::Actions(ActionsCheck::Action(action_metadata_invalid)),
        severity: Severity::Low,
        peers: &["actionlint:action"],
    }
}

fn action_metadata_invalid(action: &Action<'_>, report: &mut Report<'_>) {
    let root = action.root;
    known(root, TOP, "an action", report);
    let runs = match root.get("runs") {
        Lookup::Present(runs) if runs.is_map() => runs,
        Lookup::Absent(anchor) => {
            report.at(anchor, "the action does not say what it runs").help("add `runs:`");
            return;
        }
        _ => return,
    };
    if let Some(anchor) = root.get("description").absent() {
        report.at(anchor, "the action has no description").help("add `description:`");
    }
    known(runs, RUNS, "`runs`", report);
    let needs = match action.runtime {
        Runtime::Composite => "steps",
        Runtime::Docker => "image",
        Runtime::Node(node) if matches!(node.text(), "node12" | "node16" | "node20" | "node24") => "main",
        Runtime::Node(node) | Runtime::Other(Lookup::Present(node)) => {
            report
                .at(node, format!("there is no runtime `{}`", node.text()))
                .help("use `composite`, `docker`, `node20` or `node24`");
            return;
        }
        Runtime::Other(Lookup::Absent(anchor)) => {
            report.at(anchor, "`runs` does not say what runs the action").help("add `using:`");
            return;
        }
        Runtime::Other(Lookup::Unknown(_)) => return,
    };
    if let Some(anchor) = runs.get(needs).absent() {
        report.at(anchor, format!("`runs` has no `{needs}`")).help(format!("add `{needs}:`"));
    }
    for step in &action.steps {
        if let Some(run) = step.run.filter(|_| step.get("shell").absent().is_some()) {
            report.at(run.key_place(), "a script of a composite action has to say its shell").help("add `shell: bash`");
        }
    }
}

fn known(node: Node<'_>, keys: &[&str], what: &str, report: &mut Report<'_>) {
    for (key, _) in node.entries().filter(|(key, _)| !keys.contains(&key.text())) {
        let draft = report.at(key, format!("{what} has no key `{}`", key.text()));
        if let Some(meant) = nearest(key.text(), keys.iter().copied()) {
            draft.help(format!("did you mean `{meant}`?"));
        }
    }
}

rule! {
    /// There is no such shell
    ///
    /// `shell:` is one of the runner's names or a command with `{0}` for the script. PowerShell 5 and `cmd` are on Windows alone,
    /// `sh` is not on it.
    ///
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: make
    ///         shell: fish
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: make
    ///         shell: fish {0}
    ///       - run: make
    ///         shell: pwsh
    /// ```
    SHELL_NAME_INVALID = "actions-shell-name-invalid" {
        check: Check::Actions(ActionsCheck::JobAndStep(shell_of_job, shell_of_step)),
        severity: Severity::Low,
        peers: &["actionlint:shell-name"],
    }
}

fn shell_of_job(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    if let Some(node) = job.get("defaults.run.shell").present() {
        shell(node, job.os, report);
    }
}

fn shell_of_step(step: &Step<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    if let Some(node) = step.get("shell").present() {
        shell(node, scope.job().map_or(Os::Unknown, |job| job.os), report);
    }
}

fn shell(node: Node<'_>, os: Os, report: &mut Report<'_>) {
    let text = node.text();
    if text.contains("${{") || text.contains("{0}") {
        return;
    }
    let name = text.to_ascii_lowercase();
    let known = ["bash", "sh", "pwsh", "python", "cmd", "powershell"];
    if !known.contains(&name.as_str()) {
        let draft = report.at(node, format!("there is no shell `{text}`"));
        match nearest(&name, known) {
            Some(meant) => draft.help(format!("did you mean `{meant}`?")),
            None => draft.help(format!("write `{text} {{0}}` for a command of your own")),
        };
    } else if matches!(name.as_str(), "cmd" | "powershell") && matches!(os, Os::Linux | Os::MacOs) {
        report.at(node, format!("`{text}` is on Windows alone")).help("use `pwsh` or `bash`");
    } else if name == "sh" && os == Os::Windows {
        report.at(node, "`sh` is not on Windows").help("use `bash`");
    }
}

rule! {
    /// Environment variable cannot have that name
    ///
    /// A name with a blank, `=` or `&` is cut or lost, depending on the system; the program that looks for it finds nothing.
    ///
    /// ```workflow bad:2
    /// on: push
    /// env: { "MY NAME": x }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow good
    /// on: push
    /// env: { MY_NAME: x, "${{ vars.NAME }}": x, npm.config: x }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    ENV_NAME_INVALID = "actions-env-name-invalid" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(env_of_workflow, env_of_action)),
        severity: Severity::Low,
        peers: &["actionlint:env-var"],
    }
}

fn env_of_workflow(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    env(workflow.root, report);
    for job in &workflow.jobs {
        env(job.node, report);
        let container = job.get("container").present();
        let services =
            job.get("services").present().map(Node::entries).into_iter().flatten().map(|(_, service)| service);
        for holder in container.into_iter().chain(services) {
            env(holder, report);
        }
        for step in &job.steps {
            env(step.node, report);
        }
    }
}

fn env_of_action(action: &Action<'_>, report: &mut Report<'_>) {
    for step in &action.steps {
        env(step.node, report);
    }
}

fn env(holder: Node<'_>, report: &mut Report<'_>) {
    let entries = holder.get("env").present().map(Node::entries).into_iter().flatten();
    for (key, _) in entries.filter(|(key, _)| !key.text().contains("${{")) {
        let text = key.text();
        if text.is_empty() || text.contains(['=', '&', ' ', '\t', '\n']) {
            report.at(key, format!("`{text}` cannot be the name of a variable"));
        }
    }
}
