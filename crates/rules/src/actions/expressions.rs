//! Expressions that GitHub refuses, or that give nothing.
//!
//! Decided by the grammar, by the places that have each context, and by what the file itself declares: steps, jobs, inputs,
//! matrix keys. What an action of another repository gives is not known.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::actions::{Input, Job, Local, Site, Step, Usage, UsesKind, Workflow};
use portcullis_syntax::expression::{Expr, ExprKind, Path, Segment};
use portcullis_syntax::json;

use super::{ActionsCheck, Scope};
use crate::dockerfile::near::nearest;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&EXPRESSION_INVALID, &CONTEXT_UNAVAILABLE, &EXPRESSION_TYPE_MISMATCH];

rule! {
    /// Expression cannot be parsed
    ///
    /// GitHub refuses the whole workflow. Silent in texts that GitHub does not evaluate, such as descriptions.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ github.ref == "refs/heads/main" }}
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ github.ref == 'refs/heads/main' }} ${{ '}}' }}
    ///         if: "!cancelled()"
    /// ```
    EXPRESSION_INVALID = "actions-expression-invalid" {
        check: Check::Actions(ActionsCheck::Expression(expression_invalid)),
        severity: Severity::Medium,
        peers: &["actionlint:expression"],
    }
}

fn expression_invalid(usage: &Usage<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Err(error) = &usage.fence.expr else { return };
    if usage.site == Site::Elsewhere {
        return;
    }
    let place = if error.start >= error.end {
        usage.place(usage.fence.start, usage.fence.end)
    } else {
        usage.place(error.start, error.end)
    };
    report.at(place, error.message.clone());
}

/// Every context.
const CONTEXTS: &[&str] =
    &["env", "github", "inputs", "job", "jobs", "matrix", "needs", "runner", "secrets", "steps", "strategy", "vars"];

rule! {
    /// Context or function is not there at this place
    ///
    /// GitHub refuses the workflow, or takes the expression for empty: `secrets` in an `if`, `env` in `runs-on`, `matrix` where
    /// the job is not yet made. Which place has what is GitHub's own table.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     if: secrets.TOKEN != ''
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ${{ success() }}
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     env: { TOKEN: "${{ secrets.TOKEN }}" }
    ///     steps:
    ///       - run: make ${{ hashFiles('Cargo.lock') }}
    ///         if: env.TOKEN != '' && success()
    /// ```
    CONTEXT_UNAVAILABLE = "actions-context-unavailable" {
        check: Check::Actions(ActionsCheck::Expression(context_unavailable)),
        severity: Severity::Low,
        peers: &["actionlint:expression"],
    }
}

fn context_unavailable(usage: &Usage<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let (Some(expr), Some(contexts)) = (usage.expr(), usage.site.contexts()) else { return };
    expr.walk(&mut |part| match &part.kind {
        ExprKind::Name(name) => {
            let lower = name.to_ascii_lowercase();
            if CONTEXTS.contains(&lower.as_str()) && !contexts.contains(&lower.as_str()) {
                let known = contexts.join("`, `");
                report
                    .at(usage.place_of(part), format!("`{name}` is not there at this place"))
                    .help(format!("what is there: `{known}`"));
            }
        }
        ExprKind::Call(name, _) if !usage.site.has_function(&name.to_ascii_lowercase()) => {
            let help = if name.eq_ignore_ascii_case("hashFiles") {
                "`hashFiles` works in steps alone"
            } else {
                "functions of a job's state work in `if:` alone"
            };
            report.at(usage.place_of(part), format!("`{name}` cannot be called at this place")).help(help);
        }
        _ => {}
    });
}

/// A function and how many arguments it takes.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("always", 0, 0),
    ("cancelled", 0, 0),
    ("case", 3, usize::MAX),
    ("contains", 2, 2),
    ("endsWith", 2, 2),
    ("failure", 0, usize::MAX),
    ("format", 1, usize::MAX),
    ("fromJSON", 1, 1),
    ("hashFiles", 1, usize::MAX),
    ("join", 1, 2),
    ("startsWith", 2, 2),
    ("success", 0, usize::MAX),
    ("toJSON", 1, 1),
];

/// Properties of `github`; others may be added by GitHub.
const GITHUB: &[&str] = &[
    "action",
    "action_path",
    "action_ref",
    "action_repository",
    "action_status",
    "actor",
    "actor_id",
    "api_url",
    "base_ref",
    "env",
    "event",
    "event_name",
    "event_path",
    "graphql_url",
    "head_ref",
    "job",
    "job_workflow_sha",
    "path",
    "ref",
    "ref_name",
    "ref_protected",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "repository_visibility",
    "repositoryurl",
    "retention_days",
    "run_attempt",
    "run_id",
    "run_number",
    "secret_source",
    "server_url",
    "sha",
    "token",
    "triggering_actor",
    "workflow",
    "workflow_ref",
    "workflow_sha",
    "workspace",
];
const RUNNER: &[&str] = &["arch", "debug", "environment", "name", "os", "temp", "tool_cache", "workspace"];
const STRATEGY: &[&str] = &["fail-fast", "job-index", "job-total", "max-parallel"];

rule! {
    /// Expression names what does not exist
    ///
    /// GitHub takes it for empty, and the condition or the argument is not what was meant; an unknown function stops the
    /// workflow. Looks at functions and their arguments, and at steps, jobs, inputs and matrix keys that the file declares.
    /// Properties of `github`, `runner` and `strategy` are reported only where they nearly are one that exists. Silent
    /// where an expression makes the matrix, and on outputs of actions that are not in the repository.
    ///
    /// ```workflow bad:8
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - id: compile
    ///         run: make
    ///       - run: echo ${{ steps.complie.outputs.version }}
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ startWith(github.ref, 'refs/tags/') }}
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ github.repository.owner }}
    /// ```
    /// ```workflow bad:6
    /// on: issues
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ github.event.issue }}
    /// ```
    /// ```workflow bad:7
    /// on: issues
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: make
    ///         if: github.event.issue == 'x'
    /// ```
    /// ```workflow bad:8
    /// on: push
    /// jobs:
    ///   build:
    ///     strategy:
    ///       matrix: { sizes: [[1, 2], [3]], size: [1, [2]] }
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: make ${{ matrix.sizes }} ${{ matrix.sizes[0] }} ${{ matrix.size }} ${{ toJSON(matrix.sizes) }}
    /// ```
    /// ```workflow good
    /// on: issues
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ toJSON(github.event.issue) }}
    ///         if: github.event.issue != null && github.event.issue
    /// ```
    /// ```workflow bad:4
    /// on:
    ///   workflow_call:
    ///     outputs:
    ///       image: { value: "${{ jobs.build.outputs.imgae }}" }
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     outputs: { image: "x" }
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: echo ${{ format('{0}', github.sha, github.ref) }}
    /// ```
    /// ```workflow good
    /// on:
    ///   workflow_dispatch: { inputs: { target: { type: string } } }
    /// jobs:
    ///   build:
    ///     strategy: { matrix: { include: [{ os: ubuntu-latest }] } }
    ///     runs-on: ${{ matrix.os }}
    ///     outputs: { version: "${{ steps.compile.outputs.version }}" }
    ///     steps:
    ///       - id: compile
    ///         run: make ${{ inputs.target }} ${{ format('{0}', github.sha) }}
    ///   test:
    ///     needs: build
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: test ${{ needs.build.outputs.version }} ${{ needs.build.result }}
    /// ```
    EXPRESSION_TYPE_MISMATCH = "actions-expression-type-mismatch" {
        check: Check::Actions(ActionsCheck::Expression(expression_type_mismatch)),
        severity: Severity::Low,
        peers: &["actionlint:expression"],
    }
}

fn expression_type_mismatch(usage: &Usage<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(expr) = usage.expr().filter(|_| usage.site != Site::Elsewhere) else { return };
    expr.walk(&mut |part| match &part.kind {
        ExprKind::Call(name, args) => function(usage, part, name, args, report),
        ExprKind::Compare(_, left, right) => comparison(usage, [left, right], report),
        _ => {}
    });
    written_object(usage, expr, scope, report);
    for (source, path) in expr.paths() {
        let Some((message, meant)) = wrong_path(&path, usage, scope) else { continue };
        let draft = report.at(usage.place_of(source), message);
        if let Some(meant) = meant {
            draft.help(format!("did you mean `{meant}`?"));
        }
    }
}

fn function(usage: &Usage<'_>, part: &Expr, name: &str, args: &[Expr], report: &mut Report<'_>) {
    let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)) else {
        let draft = report.at(usage.place_of(part), format!("there is no function `{name}`"));
        if let Some(meant) = nearest(name, FUNCTIONS.iter().map(|(known, ..)| *known)) {
            draft.help(format!("did you mean `{meant}`?"));
        }
        return;
    };
    let given = args.len();
    if given < *least || given > *most {
        let wanted = if given < *least { least } else { most };
        report.at(usage.place_of(part), format!("`{name}` takes {wanted} arguments, not {given}"));
    } else if name.eq_ignore_ascii_case("case") && given.is_multiple_of(2) {
        report.at(usage.place_of(part), "`case` lacks the value for when no condition holds");
    } else if name.eq_ignore_ascii_case("format")
        && let Some(Expr { kind: ExprKind::String(text), .. }) = args.first()
    {
        let used = placeholders(text);
        let values = given.saturating_sub(1);
        if let Some(missing) = used.iter().find(|at| **at >= values) {
            report.at(usage.place_of(part), format!("nothing is given for `{{{missing}}}`"));
        } else if let Some(unused) = (0..values).find(|at| !used.contains(at)) {
            report.at(usage.place_of(part), format!("the format has no `{{{unused}}}`, for which a value is given"));
        }
    } else if name.eq_ignore_ascii_case("fromJSON")
        && let Some(Expr { kind: ExprKind::String(text), .. }) = args.first()
        && !json::parse(FileId(0), &Arc::from(&**text)).errors().is_empty()
    {
        report.at(usage.place_of(part), "the text that is given to `fromJSON` is no JSON");
    }
}

/// Reports an object that is compared with a text, a number or a boolean: it equals none of them.
fn comparison(usage: &Usage<'_>, sides: [&Expr; 2], report: &mut Report<'_>) {
    let is_plain = |expr: &Expr| matches!(expr.kind, ExprKind::String(_) | ExprKind::Number(_) | ExprKind::Bool(_));
    let [left, right] = sides;
    for (side, other) in [(left, right), (right, left)] {
        if is_plain(other) && side.path().is_some_and(|path| is_object(&path)) {
            let text = usage.text_of(side);
            report
                .at(
                    usage.place_of(side),
                    format!("`{text}` is an object, and never equal to a text, a number or a boolean"),
                )
                .help("name the property that is meant");
        }
    }
}

/// Reports an object that becomes a part of a script's text.
fn written_object(usage: &Usage<'_>, expr: &Expr, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    let step = usage.step.and_then(|index| scope.steps().get(index));
    let Some(path) = expr.path().filter(|_| step.and_then(|step| step.run) == Some(usage.node)) else { return };
    let (what, word) = match matrix_values(&path, scope).as_slice() {
        values @ [_, ..] if values.iter().all(|value| value.is_list()) => ("a list", "Array"),
        values @ [_, ..] if values.iter().all(|value| value.is_map()) => ("an object", "Object"),
        _ if is_object(&path) => ("an object", "Object"),
        _ => return,
    };
    let text = usage.text_of(expr);
    report
        .at(usage.place_of(expr), format!("`{text}` is {what}, and gives the word `{word}`"))
        .help(format!("name the property that is meant, or write `toJSON({text})`"));
}

/// The values that the file gives to `matrix.KEY`.
fn matrix_values<'t>(path: &Path, scope: Scope<'_, 't>) -> Vec<Node<'t>> {
    if path.root() != "matrix" || path.segments().len() != 2 {
        return Vec::new();
    }
    scope.job().map(|job| job.matrix_values(path.name(1))).unwrap_or_default()
}

/// Objects of `github.event`.
const EVENT_OBJECTS: &[&str] = &[
    "comment",
    "discussion",
    "head_commit",
    "inputs",
    "issue",
    "organization",
    "pull_request",
    "release",
    "repository",
    "review",
    "sender",
    "workflow_run",
];

/// Whether a path is surely that of an object: a context as a whole, a step, a job, their outputs.
fn is_object(path: &Path) -> bool {
    let is_named = path.segments().iter().all(|segment| matches!(segment, Segment::Name(_)));
    match (path.root(), path.segments().len()) {
        _ if !is_named => false,
        (root, 1) => CONTEXTS.contains(&root),
        ("github", 2) => path.name(1) == "event",
        ("github", 3) => path.name(1) == "event" && EVENT_OBJECTS.contains(&path.name(2)),
        ("needs" | "steps", 2) => true,
        ("needs" | "steps", 3) => path.name(2) == "outputs",
        _ => false,
    }
}

/// The numbers of the placeholders in a format; `{{` and `}}` are braces.
fn placeholders(text: &str) -> Vec<usize> {
    let text = text.replace("{{", "").replace("}}", "");
    text.split('{').skip(1).filter_map(|part| part.split_once('}')?.0.parse().ok()).collect()
}

/// Steps, jobs and keys that names are compared with; what a file has more than these is not judged.
const MAX_PARTS: usize = 1000;

type Wrong = Option<(String, Option<String>)>;

/// What is wrong with a path, and what may be meant.
fn wrong_path(path: &Path, usage: &Usage<'_>, scope: Scope<'_, '_>) -> Wrong {
    let name = path.name(1);
    let near = |known: &[&str], what: &str| {
        let is_known = name.is_empty() || known.contains(&name);
        let meant = nearest(name, known.iter().copied()).filter(|_| !is_known)?;
        Some((format!("`{what}` has no `{name}`"), Some(format!("{what}.{meant}"))))
    };
    match path.root() {
        root if !CONTEXTS.contains(&root) => {
            let meant = nearest(root, CONTEXTS.iter().copied()).map(str::to_owned);
            Some((format!("there is no context `{root}`"), meant))
        }
        root @ ("env" | "github" | "runner" | "secrets" | "vars")
            if path.segments().len() > 2 && !name.is_empty() && is_text(root, name) =>
        {
            let below = match path.segments().get(2) {
                Some(Segment::Name(below)) => format!("`{below}`"),
                _ => "elements".to_owned(),
            };
            Some((format!("`{root}.{name}` is a text, and has no {below}"), None))
        }
        "github" if name == "event" && path.name(2) == "inputs" && !path.name(3).is_empty() => {
            event_input(path.name(3), scope)
        }
        "github" => near(GITHUB, "github"),
        "jobs" => called_output(path, scope),
        "runner" => near(RUNNER, "runner"),
        "strategy" => near(STRATEGY, "strategy"),
        _ if name.is_empty() => None,
        "steps" => step(path, usage, scope),
        "needs" => needs(path, scope),
        "matrix" => matrix(name, scope.job()?),
        "inputs" => inputs(name, scope),
        _ => None,
    }
}

/// Whether a property of a context is a text. `github.event` is the one that has parts.
fn is_text(root: &str, name: &str) -> bool {
    match root {
        "github" => name != "event" && GITHUB.contains(&name),
        "runner" => RUNNER.contains(&name),
        _ => true,
    }
}

/// An input of `workflow_dispatch`; a workflow that is called has the inputs of whatever its caller was started with.
fn event_input(name: &str, scope: Scope<'_, '_>) -> Wrong {
    let workflow = scope.workflow()?;
    let dispatch = workflow.trigger("workflow_dispatch")?;
    let is_open = dispatch.config.is_some_and(|config| config.get("inputs").is_unknown());
    let inputs = workflow.inputs_of("workflow_dispatch");
    let is_known = inputs.len() >= Input::MOST || inputs.iter().any(|input| input.name.eq_ignore_ascii_case(name));
    if is_open || is_known || workflow.has_trigger("workflow_call") {
        return None;
    }
    let meant =
        nearest(name, inputs.iter().map(|input| input.name)).map(|input| format!("github.event.inputs.{input}"));
    Some((format!("`workflow_dispatch` has no input `{name}`"), meant))
}

/// An output of a job, as the outputs of `workflow_call` name it.
fn called_output(path: &Path, scope: Scope<'_, '_>) -> Wrong {
    let workflow = scope.workflow().filter(|workflow| workflow.jobs.len() <= MAX_PARTS)?;
    let name = path.name(1);
    if name.is_empty() || workflow.get("jobs").is_unknown() {
        return None;
    }
    let Some(job) = workflow.job(name) else {
        let meant = nearest(name, workflow.jobs.iter().map(|job| job.id)).map(|job| format!("jobs.{job}"));
        return Some((format!("there is no job `{name}`"), meant));
    };
    let output = path.name(3);
    if path.name(2) != "outputs" || output.is_empty() || has_output(workflow, job, output) {
        return None;
    }
    Some((format!("{} has no output `{output}`", job.title()), None))
}

fn step(path: &Path, usage: &Usage<'_>, scope: Scope<'_, '_>) -> Wrong {
    let steps = scope.steps();
    let is_open = |step: &Step<'_>| step.get("id").is_unknown();
    if steps.is_empty() || steps.len() > MAX_PARTS || steps.iter().any(is_open) {
        return None;
    }
    let id = |step: &Step<'_>| step.get("id").present().map(|id| id.text().to_ascii_lowercase());
    let Some(found) = steps.iter().find(|step| id(step).as_deref() == Some(path.name(1))) else {
        let ids: Vec<String> = steps.iter().filter_map(id).collect();
        let meant = nearest(path.name(1), ids.iter().map(String::as_str)).map(|id| format!("steps.{id}"));
        return Some((format!("there is no step `{}` here", path.name(1)), meant));
    };
    if usage.step.is_some_and(|at| found.index >= at) {
        return Some((format!("step `{}` has not run yet", path.name(1)), None));
    }
    match path.name(2) {
        "" | "conclusion" | "outcome" => None,
        "outputs" => {
            let uses = found.uses.filter(|_| !path.name(3).is_empty())?;
            let UsesKind::Local(local) = uses.kind else { return None };
            let Some(Local::Known(interface)) = scope.locals().get(local) else { return None };
            let has = interface.is_open || interface.outputs.iter().any(|output| output == path.name(3));
            (!has).then(|| (format!("`{local}` has no output `{}`", path.name(3)), None))
        }
        other => {
            let message = format!("a step has `outputs`, `conclusion` and `outcome`, no `{other}`");
            Some((message, nearest(other, ["outputs", "conclusion", "outcome"]).map(str::to_owned)))
        }
    }
}

fn needs(path: &Path, scope: Scope<'_, '_>) -> Wrong {
    let Scope::Job(workflow, job) = scope else { return None };
    if workflow.jobs.len() > MAX_PARTS {
        return None;
    }
    let needed = job.needs();
    if job.get("needs").is_unknown() || needed.iter().any(|node| node.is_unknown()) {
        return None;
    }
    let name = path.name(1);
    if !needed.iter().any(|node| node.text().eq_ignore_ascii_case(name)) {
        return Some((format!("{} does not need a job `{name}`", job.title()), None));
    }
    let other = workflow.job(name)?;
    match path.name(2) {
        "" | "result" => None,
        "outputs" => {
            let output = path.name(3);
            if output.is_empty() || has_output(workflow, other, output) {
                return None;
            }
            Some((format!("{} has no output `{output}`", other.title()), None))
        }
        other => Some((format!("a job has `outputs` and `result`, no `{other}`"), None)),
    }
}

/// Whether a job may have an output.
fn has_output(workflow: &Workflow<'_>, job: &Job<'_>, output: &str) -> bool {
    if let Some(uses) = job.calls {
        let UsesKind::Local(path) = uses.kind else { return true };
        let Some(Local::Known(interface)) = workflow.locals.get(path) else { return true };
        return interface.is_open || interface.outputs.iter().any(|name| name == output);
    }
    match job.get("outputs") {
        Lookup::Present(outputs) => {
            outputs.is_open()
                || !outputs.is_map()
                || outputs.entries().any(|(key, _)| key.text().eq_ignore_ascii_case(output))
        }
        Lookup::Absent(_) => false,
        Lookup::Unknown(_) => true,
    }
}

fn matrix(name: &str, job: &Job<'_>) -> Wrong {
    let matrix = match job.get("strategy.matrix") {
        Lookup::Present(matrix) if matrix.is_map() && !matrix.is_open() => matrix,
        Lookup::Absent(_) => return Some((format!("{} has no matrix", job.title()), None)),
        _ => return None,
    };
    let mut known: Vec<&str> = Vec::new();
    for (key, value) in matrix.entries() {
        if known.len() > MAX_PARTS {
            return None;
        }
        match key.text() {
            "exclude" => {}
            "include" => {
                if !value.is_list() {
                    return None;
                }
                for item in value.items() {
                    if !item.is_map() || item.is_open() || known.len() > MAX_PARTS {
                        return None;
                    }
                    known.extend(item.entries().map(|(key, _)| key.text()));
                }
            }
            key => known.push(key),
        }
    }
    if known.iter().any(|key| key.eq_ignore_ascii_case(name)) {
        return None;
    }
    let meant = nearest(name, known.iter().copied()).map(|key| format!("matrix.{key}"));
    Some((format!("the matrix of {} has no `{name}`", job.title()), meant))
}

fn inputs(name: &str, scope: Scope<'_, '_>) -> Wrong {
    let is_open = match scope {
        Scope::Action(action) => action.root.get("inputs").is_unknown(),
        Scope::Workflow(workflow) | Scope::Job(workflow, _) => {
            let unknown = |trigger: &portcullis_model::actions::Trigger<'_>| {
                trigger.config.is_some_and(|config| config.get("inputs").is_unknown())
            };
            workflow.triggers.is_empty() || workflow.triggers.iter().any(unknown)
        }
    };
    let inputs = scope.inputs();
    if is_open || inputs.len() >= Input::MOST || inputs.iter().any(|input| input.name.eq_ignore_ascii_case(name)) {
        return None;
    }
    let meant = nearest(name, inputs.iter().map(|input| input.name)).map(|input| format!("inputs.{input}"));
    Some((format!("there is no input `{name}`"), meant))
}
