//! Who writes what flows into a script, through `env`, the matrix, inputs and outputs of steps.
//!
//! It cannot know what a script makes of a value, nor the outputs of actions that are not in its table; nobody is said to
//! write those.

use std::collections::BTreeMap;

use portcullis_core::Confidence;
use portcullis_model::actions::{Input, InputKind, Step, Taint, Uses, UsesKind, Workflow, taint};
use portcullis_syntax::Node;
use portcullis_syntax::expression::{Path, fences};

use super::Scope;

/// Who writes what becomes code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Writer {
    /// Those who may write to the repository.
    Collaborator,
    /// Whoever calls the action or the workflow.
    Caller,
    /// Anybody.
    Outsider,
}

/// A context that somebody writes, and how sure that is.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The context at which the value comes in.
    pub(super) path: String,
    pub(super) writer: Writer,
    pub(super) confidence: Confidence,
}

/// Follows the values of one file. Each name is followed once, however often it is used.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    /// By job, by what of the step decides, and by path; `None` also while it is followed.
    known: BTreeMap<(usize, usize, String), Option<Found>>,
    /// Inputs that hold any text, in lower case; absent until one is asked for.
    inputs: Option<BTreeMap<String, Writer>>,
}

/// Outputs that carry names of files or branches of a pull request.
const TAINTED_OUTPUTS: &[(&str, &[&str])] = &[
    (
        "tj-actions/changed-files",
        &["all_changed_files", "added_files", "modified_files", "all_modified_files", "deleted_files", "renamed_files"],
    ),
    ("jitterbit/get-changed-files", &["all", "added", "modified", "removed", "renamed", "added_modified"]),
    ("trilom/file-changes-action", &["files", "files_added", "files_modified", "files_removed"]),
    ("tj-actions/branch-names", &["current_branch", "head_ref_branch", "ref_branch"]),
    ("xt0rted/pull-request-comment-branch", &["head_ref"]),
    ("alessbell/pull-request-comment-branch", &["head_ref"]),
    ("potiuk/get-workflow-origin", &["sourceHeadBranch"]),
];

/// Variables and steps that are looked through for a name.
const MAX_VARIABLES: usize = 500;

/// How often `env` and `matrix` are followed.
const MAX_HOPS: u8 = 4;

/// In the place of a step: nothing of it decides.
const ANY: usize = usize::MAX;

impl Tracer {
    /// Who writes what a path holds in a step.
    pub(super) fn trace(&mut self, path: &Path, step: &Step<'_>, scope: Scope<'_, '_>) -> Option<Found> {
        self.follow(path, Some(step), scope, 0)
    }

    /// Who writes part of a text outside of all steps.
    fn trace_text(&mut self, text: &str, scope: Scope<'_, '_>) -> Option<Found> {
        self.follow_text(text, None, scope, 0)
    }

    fn follow(&mut self, path: &Path, step: Option<&Step<'_>>, scope: Scope<'_, '_>, hops: u8) -> Option<Found> {
        let found = |writer, confidence| Some(Found { path: path.to_string(), writer, confidence });
        match scope.workflow().map_or_else(|| taint(path), |workflow| workflow.taint(path)) {
            Taint::Fixed => None,
            Taint::Collaborator => found(Writer::Collaborator, Confidence::Medium),
            // Who pushes may have merged what somebody else wrote.
            Taint::Outsider if matches!(path.name(2), "commits" | "head_commit") => {
                found(Writer::Outsider, Confidence::Medium)
            }
            Taint::Outsider => found(Writer::Outsider, Confidence::High),
            Taint::Unknown if hops >= MAX_HOPS => None,
            Taint::Unknown => match path.root() {
                "inputs" => self.input(path, path.name(1), scope),
                "github" => self.input(path, path.name(3), scope),
                "env" | "matrix" | "steps" => self.remembered(path, step, scope, hops),
                _ => None,
            },
        }
    }

    fn remembered(&mut self, path: &Path, step: Option<&Step<'_>>, scope: Scope<'_, '_>, hops: u8) -> Option<Found> {
        let name = path.name(1);
        let own = step.filter(|_| path.root() == "env").and_then(|step| variable(step.node, name));
        let part = match path.root() {
            "env" if own.is_some() => step.map_or(ANY, |step| step.index),
            "steps" => usize::from(step.is_some_and(is_javascript)),
            _ => ANY,
        };
        let key = (scope.job().map_or(ANY, |job| job.index), part, path.to_string());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        self.known.insert(key.clone(), None);
        let found = match path.root() {
            "env" => {
                let outer = [scope.job().map(|job| job.node), scope.workflow().map(|workflow| workflow.root)];
                let value = own.or_else(|| outer.into_iter().flatten().find_map(|holder| variable(holder, name)));
                value.and_then(|value| self.follow_text(value.text(), step, scope, hops))
            }
            "matrix" => {
                let values = matrix_values(path, scope).into_iter();
                values.fold(None, |found, text| worse(found, self.follow_text(text, step, scope, hops)))
            }
            _ => step.and_then(|step| output(path, step, scope)),
        };
        self.known.insert(key, found.clone());
        found
    }

    fn follow_text(&mut self, text: &str, step: Option<&Step<'_>>, scope: Scope<'_, '_>, hops: u8) -> Option<Found> {
        let hops = hops.saturating_add(1);
        let mut found = None;
        for expr in fences(text).filter_map(|fence| fence.expr.ok()) {
            for (_, path) in expr.sources() {
                found = worse(found, self.follow(&path, step, scope, hops));
            }
        }
        found
    }

    /// Who fills in an input that can hold any text.
    fn input(&mut self, path: &Path, name: &str, scope: Scope<'_, '_>) -> Option<Found> {
        let name = name.to_ascii_lowercase();
        let inputs = self.inputs.get_or_insert_with(|| {
            let texts = |inputs: Vec<Input<'_>>, writer| {
                let texts = inputs.into_iter().filter(|input| input.kind == InputKind::Text);
                texts.map(|input| (input.name.to_ascii_lowercase(), writer)).collect::<Vec<_>>()
            };
            let Some(workflow) = scope.workflow() else {
                return texts(scope.inputs(), Writer::Caller).into_iter().collect();
            };
            // The later one of two entries counts.
            let started = texts(workflow.inputs_of("workflow_dispatch"), Writer::Collaborator);
            started.into_iter().chain(texts(workflow.inputs_of("workflow_call"), Writer::Caller)).collect()
        });
        let writer = inputs.get(&name).copied()?;
        // What a caller in the repository hands over is known, whoever else may call.
        let context = scope.workflow().and_then(|workflow| workflow.outsiders.get(&name));
        Some(match context.filter(|_| writer == Writer::Caller) {
            Some(context) => Found { path: context.clone(), writer: Writer::Outsider, confidence: Confidence::Medium },
            None => Found { path: path.to_string(), writer, confidence: Confidence::Medium },
        })
    }
}

/// What a workflow of the same repository is called with that anybody may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// The path of the workflow that is called, without `./`.
    pub workflow: String,
    /// The input, in lower case.
    pub input: String,
    /// The context that its value takes.
    pub context: String,
}

/// What the jobs of a workflow hand to others of its repository and anybody may write.
pub fn handed(caller: &Workflow<'_>) -> Vec<Handed> {
    let mut tracer = Tracer::default();
    let mut all = Vec::new();
    for job in &caller.jobs {
        let Some(Uses { kind: UsesKind::Local(target), .. }) = job.calls else { continue };
        for (name, value) in job.node.field("with").into_iter().flat_map(Node::entries) {
            let found = tracer.trace_text(value.text(), Scope::Job(caller, job));
            let Some(found) = found.filter(|found| found.writer == Writer::Outsider) else { continue };
            let workflow = target.strip_prefix("./").unwrap_or(target).to_owned();
            all.push(Handed { workflow, input: name.text().to_ascii_lowercase(), context: found.path });
        }
    }
    all
}

/// The value of a variable in the `env` of a step, a job or a workflow.
fn variable<'t>(holder: Node<'t>, name: &str) -> Option<Node<'t>> {
    let env = holder.get("env").present()?;
    let mut entries = env.entries().take(MAX_VARIABLES);
    entries.find(|(key, _)| key.text().eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn is_javascript(step: &Step<'_>) -> bool {
    step.uses.is_some_and(|uses| uses.is("actions/github-script"))
}

/// Who writes an output of an earlier step, as far as the table knows its action.
fn output(path: &Path, step: &Step<'_>, scope: Scope<'_, '_>) -> Option<Found> {
    let is_wanted = |id: Node<'_>| id.text().eq_ignore_ascii_case(path.name(1));
    let earlier =
        scope.steps().iter().take(MAX_VARIABLES).find(|step| step.get("id").present().is_some_and(is_wanted))?;
    let has = |input: &str, value: &str| earlier.input(input).is_some_and(|node| node.text() == value);
    // JSON between the words of JavaScript is a literal.
    if is_javascript(step) && (has("json", "true") || has("format", "json")) {
        return None;
    }
    let uses = earlier.uses?;
    let (_, outputs) = TAINTED_OUTPUTS.iter().find(|(action, _)| uses.is(action))?;
    let is_tainted = outputs.iter().any(|output| output.eq_ignore_ascii_case(path.name(3)));
    let writer = if is_open_to_outsiders(scope) { Writer::Outsider } else { Writer::Collaborator };
    is_tainted.then(|| Found { path: path.to_string(), writer, confidence: Confidence::Medium })
}

/// Whether files and branches can be those of somebody outside: of a pull request, or of whatever the caller runs for.
fn is_open_to_outsiders(scope: Scope<'_, '_>) -> bool {
    let is_open = |name: &str| {
        name.starts_with("pull_request") || matches!(name, "issue_comment" | "workflow_call" | "workflow_run")
    };
    scope.workflow().is_none_or(|workflow| workflow.triggers.iter().any(|trigger| is_open(trigger.name)))
}

/// The one of the two that more people write.
fn worse(one: Option<Found>, other: Option<Found>) -> Option<Found> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.writer > one.writer { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// The texts that the file gives to a matrix key.
fn matrix_values<'t>(path: &Path, scope: Scope<'_, 't>) -> Vec<&'t str> {
    let mut texts = Vec::new();
    let values = scope.job().map(|job| job.matrix_values(path.name(1))).unwrap_or_default();
    for value in values {
        scalars(value, 0, &mut texts);
    }
    texts
}

fn scalars<'t>(node: Node<'t>, depth: u8, texts: &mut Vec<&'t str>) {
    if node.is_list() || node.is_map() {
        if depth < 8 {
            for item in node.items() {
                scalars(item, depth.saturating_add(1), texts);
            }
            for (_, value) in node.entries() {
                scalars(value, depth.saturating_add(1), texts);
            }
        }
    } else {
        texts.push(node.text());
    }
}
