//! Workflows, actions and the files beside them: which view a file gets, and what it is told of its repository.
//!
//! What `uses: ./…` names is read from the tree that is scanned. A path that leads nowhere may be made by an earlier step;
//! the rules weigh that.

use std::sync::Arc;

use portcullis_core::{FileError, FileId};
use portcullis_model::actions::{
    Action, FileKind, Interface, Local, Locals, Uses, UsesKind, Workflow, repository_prefix,
};
use portcullis_rules::Outcome;
use portcullis_rules::actions::scripts::ID as SHELLCHECK;
use portcullis_syntax::{Dialect, Tree, yaml};

use crate::judge::{Input, Judge, Judged, take_said};
use crate::shellcheck;

/// Local actions and workflows that one file may refer to; more are not looked up.
const MAX_LOCALS: usize = 200;

/// Runs the rules for GitHub's files on one.
pub(crate) fn judge(
    judge: &Judge<'_>,
    input: &Input<'_>,
    kind: FileKind,
    tree: &Tree,
    outcome: &mut Outcome,
    judged: &mut Judged,
) {
    let Some(document) = tree.documents().next() else { return };
    let root = document.root;
    match kind {
        FileKind::Workflow => {
            let Some(mut workflow) = Workflow::new(root) else { return };
            let uses: Vec<Uses<'_>> = workflow.local_uses().copied().collect();
            workflow.locals = locals(judge, input, &uses);
            if workflow.has_trigger("workflow_call") && input.given.is_none() {
                workflow.outsiders = judge.callers.outsiders(&input.target.path, judge.files);
            }
            judge.dispatch.workflow(&workflow, outcome);
            let steps = workflow.jobs.iter().flat_map(|job| &job.steps);
            let said = judge.shellcheck_rule(SHELLCHECK).map(|rule| shellcheck::of_steps(steps, rule));
            take_said(said, outcome, judged);
        }
        FileKind::Action => {
            let Some(mut action) = Action::new(root) else { return };
            let uses: Vec<Uses<'_>> = action.steps.iter().filter_map(|step| step.uses).collect();
            action.locals = locals(judge, input, &uses);
            judge.dispatch.action(&action, outcome);
            let said = judge.shellcheck_rule(SHELLCHECK).map(|rule| shellcheck::of_steps(action.steps.iter(), rule));
            take_said(said, outcome, judged);
        }
        FileKind::Dependabot => judge.dispatch.dependabot(root, outcome),
        FileKind::PreCommit => judge.dispatch.pre_commit(root, outcome),
    }
}

/// Reads the metadata of what a file uses by path. Standard input has no repository.
fn locals(judge: &Judge<'_>, input: &Input<'_>, uses: &[Uses<'_>]) -> Locals {
    let mut locals = Locals::default();
    if input.given.is_some() {
        return locals;
    }
    let prefix = repository_prefix(&input.target.path);
    for uses in uses.iter().take(MAX_LOCALS) {
        let UsesKind::Local(path) = uses.kind else { continue };
        let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
        if path.contains("..") || path.contains('\\') || locals.get(path).is_some() {
            continue;
        }
        let local = local(judge, &format!("{prefix}{path}"));
        locals.add(path.to_owned(), local);
    }
    locals
}

fn local(judge: &Judge<'_>, path: &str) -> Local {
    if path.ends_with(".yml") || path.ends_with(".yaml") {
        return read(judge, path, |tree| {
            let root = tree.documents().next()?.root;
            Some(Interface::of_workflow(&Workflow::new(root)?))
        });
    }
    let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
    let action = |name: &str| {
        read(judge, &format!("{folder}{name}"), |tree| {
            let root = tree.documents().next()?.root;
            Some(Interface::of_action(&Action::new(root)?))
        })
    };
    match action("action.yml") {
        Local::Missing => match action("action.yaml") {
            // A Dockerfile alone is an action, too.
            Local::Missing if judge.files.read(&format!("{folder}Dockerfile")).is_ok() => Local::Unknown,
            other => other,
        },
        other => other,
    }
}

fn read(judge: &Judge<'_>, path: &str, interface: impl FnOnce(&Tree) -> Option<Interface>) -> Local {
    let text = match judge.files.read(path) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        Err(FileError::Missing(_)) => return Local::Missing,
        Err(_) => None,
    };
    let tree = text.map(|text| yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml12));
    let known = tree.filter(|tree| tree.errors().is_empty()).and_then(|tree| interface(&tree));
    known.map_or(Local::Unknown, |interface| Local::Known(Box::new(interface)))
}
