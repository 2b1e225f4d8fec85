//! What a workflow had better say: its name, its limits, and nothing that a person can slip in.

use portcullis_model::actions::{Action, Job, Workflow};

use super::ActionsCheck;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&ANONYMOUS_DEFINITION, &CONCURRENCY_LIMITS_MISSING, &TIMEOUT_MISSING, &WORKFLOW_DISPATCH_INPUTS_PRESENT];

rule! {
    /// Workflow or action has no name
    ///
    /// GitHub then shows the path of the file, and a branch rule that requires a check cannot be told which.
    ///
    /// ```workflow bad:1
    /// on: push
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// name: build
    /// on: push
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    ANONYMOUS_DEFINITION = "actions-anonymous-definition" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(anonymous_workflow, anonymous_action)),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["zizmor:anonymous-definition"],
    }
}

fn anonymous_workflow(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    anonymous(workflow.root, "workflow", report);
}

fn anonymous_action(action: &Action<'_>, report: &mut Report<'_>) {
    anonymous(action.root, "action", report);
}

fn anonymous(root: Node<'_>, what: &str, report: &mut Report<'_>) {
    if let Some(anchor) = root.get("name").absent() {
        report.at(anchor, format!("the {what} has no name")).help("add `name:`");
    }
}

rule! {
    /// Runs are not limited to one at a time
    ///
    /// Every push starts another run beside those that are out of date: they cost minutes, and deployments overtake each other.
    /// `concurrency` with `cancel-in-progress`, whatever its value, decides that. Silent for workflows that are only called:
    /// limits in them and in their caller lock each other out.
    ///
    /// ```workflow bad:1
    /// on: push
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// on: push
    /// concurrency: { group: "${{ github.ref }}", cancel-in-progress: true }
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    CONCURRENCY_LIMITS_MISSING = "actions-concurrency-limits-missing" {
        check: Check::Actions(ActionsCheck::Workflow(concurrency_limits_missing)),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["zizmor:concurrency-limits"],
    }
}

fn concurrency_limits_missing(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let help = "add `concurrency` with a `group` and `cancel-in-progress`";
    if workflow.is_only_reusable() {
        return;
    }
    match workflow.get("concurrency") {
        Lookup::Present(node) if !node.is_map() => {
            report.at(node, "`concurrency` does not say whether runs are cancelled").help(help);
        }
        Lookup::Absent(_) => {
            let own = |job: &&Job<'_>| {
                job.calls.is_none() && job.get("concurrency").present().is_none_or(|node| !node.is_map())
            };
            let on = workflow.root.field("on").filter(|_| workflow.jobs.iter().any(|job| own(&job)));
            if let Some(on) = on {
                report.at(on.key_place(), "nothing limits how many runs there are at a time").help(help);
            }
        }
        _ => {}
    }
}

rule! {
    /// Job has no time limit
    ///
    /// A job that hangs runs for six hours, and is paid for. Reported once for a workflow; silent for jobs that call a workflow,
    /// which cannot have a limit, and where every step has one.
    ///
    /// ```workflow bad:3
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    ///   test:
    ///     runs-on: ubuntu-latest
    ///     timeout-minutes: 10
    ///     steps: [{ run: make test }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     timeout-minutes: 10
    ///     steps: [{ run: make }]
    /// ```
    TIMEOUT_MISSING = "actions-timeout-missing" {
        check: Check::Actions(ActionsCheck::Workflow(timeout_missing)),
        severity: Severity::Info,
        profile: Profile::All,
    }
}

fn timeout_missing(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let has_none = |job: &&Job<'_>| {
        let each = !job.steps.is_empty() && job.steps.iter().all(|step| step.get("timeout-minutes").absent().is_none());
        job.calls.is_none() && job.node.is_map() && !each && job.get("timeout-minutes").absent().is_some()
    };
    let mut without = workflow.jobs.iter().filter(has_none);
    let Some(first) = without.next() else { return };
    let draft = report.at(first.key, format!("{} has no time limit", first.title()));
    draft.help("add `timeout-minutes`");
    for other in without.take(8) {
        draft.label(other.key.span(), "nor has this one");
    }
}

rule! {
    /// Build can be given inputs by hand
    ///
    /// SLSA's highest level wants a build that depends on its source alone; inputs of `workflow_dispatch` are not in it. House
    /// style: everybody else is glad of them.
    ///
    /// ```workflow bad:4
    /// name: build
    /// on:
    ///   workflow_dispatch:
    ///     inputs: { target: { type: string } }
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// on: [push, workflow_dispatch]
    /// jobs:
    ///   build: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    WORKFLOW_DISPATCH_INPUTS_PRESENT = "actions-workflow-dispatch-inputs-present" {
        check: Check::Actions(ActionsCheck::Workflow(workflow_dispatch_inputs)),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_GHA_7"],
    }
}

fn workflow_dispatch_inputs(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let inputs = workflow.trigger("workflow_dispatch").and_then(|trigger| trigger.config?.get("inputs").present());
    if let Some(inputs) = inputs.filter(|inputs| inputs.entries().len() > 0) {
        report.at(inputs.key_place(), "a person can change what is built").help("remove the inputs");
    }
}
