//! The rules for GitHub Actions that are on, by what they look at.

use portcullis_core::RuleIdx;
use portcullis_model::actions::{Action, Job, Step, Usage, Uses, Workflow};
use portcullis_syntax::Node;

use super::Scope;
use crate::{Dispatch, Outcome, Report};

/// What a rule for GitHub Actions looks at. Dispatch calls it once for each.
#[derive(Clone, Copy, Debug)]
pub enum ActionsCheck {
    /// Each workflow as a whole.
    Workflow(WorkflowCheck),
    /// Each job.
    Job(JobCheck),
    /// Each step, of jobs and of composite actions.
    Step(StepCheck),
    /// Each expression, of workflows and of actions; also what cannot be parsed as one.
    Expression(ExpressionCheck),
    /// Each workflow, and each action's metadata.
    WorkflowAndAction(WorkflowCheck, ActionCheck),
    /// Each action and workflow that is used.
    Uses(UsesCheck),
    /// Each action and workflow that is used, and the root of pre-commit's configuration.
    UsesAndPreCommit(UsesCheck, RootCheck),
    /// Each job, and each step.
    JobAndStep(JobCheck, StepCheck),
    /// Each job, each step, and each action's metadata.
    JobStepAndAction(JobCheck, StepCheck, ActionCheck),
    /// Each step, and each expression.
    StepAndExpression(StepCheck, ExpressionCheck),
    /// Each step, and each action's metadata.
    StepAndAction(StepCheck, ActionCheck),
    /// Each action's metadata.
    Action(ActionCheck),
    /// The root of Dependabot's configuration.
    Dependabot(RootCheck),
    /// The root of pre-commit's configuration.
    PreCommit(RootCheck),
}

pub(super) type WorkflowCheck = fn(&Workflow<'_>, &mut Report<'_>);
pub(super) type JobCheck = fn(&Workflow<'_>, &Job<'_>, &mut Report<'_>);
pub(super) type StepCheck = fn(&Step<'_>, Scope<'_, '_>, &mut Report<'_>);
pub(super) type ExpressionCheck = fn(&Usage<'_>, Scope<'_, '_>, &mut Report<'_>);
pub(super) type ActionCheck = fn(&Action<'_>, &mut Report<'_>);
pub(super) type UsesCheck = fn(&Uses<'_>, &mut Report<'_>);
pub(super) type RootCheck = fn(Node<'_>, &mut Report<'_>);

/// The compiled table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    workflow: Vec<(RuleIdx, WorkflowCheck)>,
    job: Vec<(RuleIdx, JobCheck)>,
    step: Vec<(RuleIdx, StepCheck)>,
    uses: Vec<(RuleIdx, UsesCheck)>,
    expression: Vec<(RuleIdx, ExpressionCheck)>,
    action: Vec<(RuleIdx, ActionCheck)>,
    dependabot: Vec<(RuleIdx, RootCheck)>,
    pre_commit: Vec<(RuleIdx, RootCheck)>,
}

impl Table {
    pub(crate) fn add(&mut self, rule: RuleIdx, check: ActionsCheck) {
        match check {
            ActionsCheck::Workflow(check) => self.workflow.push((rule, check)),
            ActionsCheck::Job(check) => self.job.push((rule, check)),
            ActionsCheck::Step(check) => self.step.push((rule, check)),
            ActionsCheck::Expression(check) => self.expression.push((rule, check)),
            ActionsCheck::WorkflowAndAction(workflow, action) => {
                self.workflow.push((rule, workflow));
                self.action.push((rule, action));
            }
            ActionsCheck::Uses(check) => self.uses.push((rule, check)),
            ActionsCheck::UsesAndPreCommit(uses, root) => {
                self.uses.push((rule, uses));
                self.pre_commit.push((rule, root));
            }
            ActionsCheck::JobAndStep(job, step) => {
                self.job.push((rule, job));
                self.step.push((rule, step));
            }
            ActionsCheck::JobStepAndAction(job, step, action) => {
                self.job.push((rule, job));
                self.step.push((rule, step));
                self.action.push((rule, action));
            }
            ActionsCheck::StepAndExpression(step, expression) => {
                self.step.push((rule, step));
                self.expression.push((rule, expression));
            }
            ActionsCheck::StepAndAction(step, action) => {
                self.step.push((rule, step));
                self.action.push((rule, action));
            }
            ActionsCheck::Action(check) => self.action.push((rule, check)),
            ActionsCheck::Dependabot(check) => self.dependabot.push((rule, check)),
            ActionsCheck::PreCommit(check) => self.pre_commit.push((rule, check)),
        }
    }
}

impl Dispatch {
    /// Runs the rules for workflows on one.
    pub fn workflow(&self, workflow: &Workflow<'_>, outcome: &mut Outcome) {
        for &(rule, check) in &self.actions.workflow {
            self.run(rule, 0, outcome, |report| check(workflow, report));
        }
        for job in &workflow.jobs {
            let subject = job.node.structure();
            for &(rule, check) in &self.actions.job {
                self.run(rule, subject, outcome, |report| check(workflow, job, report));
            }
            if let Some(uses) = &job.calls {
                self.uses(uses, subject, outcome);
            }
            for step in &job.steps {
                self.step(step, Scope::Job(workflow, job), outcome);
            }
        }
        for usage in &workflow.usages {
            let job = usage.job.and_then(|index| workflow.jobs.get(index));
            let scope = job.map_or(Scope::Workflow(workflow), |job| Scope::Job(workflow, job));
            self.expression(usage, scope, outcome);
        }
    }

    /// Runs the rules for actions on one's metadata.
    pub fn action(&self, action: &Action<'_>, outcome: &mut Outcome) {
        for &(rule, check) in &self.actions.action {
            self.run(rule, 0, outcome, |report| check(action, report));
        }
        for step in &action.steps {
            self.step(step, Scope::Action(action), outcome);
        }
        for usage in &action.usages {
            self.expression(usage, Scope::Action(action), outcome);
        }
    }

    /// Runs the rules for Dependabot's configuration.
    pub fn dependabot(&self, root: Node<'_>, outcome: &mut Outcome) {
        for &(rule, check) in &self.actions.dependabot {
            self.run(rule, 0, outcome, |report| check(root, report));
        }
    }

    /// Runs the rules for pre-commit's configuration.
    pub fn pre_commit(&self, root: Node<'_>, outcome: &mut Outcome) {
        for &(rule, check) in &self.actions.pre_commit {
            self.run(rule, 0, outcome, |report| check(root, report));
        }
    }

    fn step(&self, step: &Step<'_>, scope: Scope<'_, '_>, outcome: &mut Outcome) {
        let subject = step.node.structure();
        for &(rule, check) in &self.actions.step {
            self.run(rule, subject, outcome, |report| check(step, scope, report));
        }
        if let Some(uses) = &step.uses {
            self.uses(uses, subject, outcome);
        }
    }

    fn uses(&self, uses: &Uses<'_>, subject: u64, outcome: &mut Outcome) {
        for &(rule, check) in &self.actions.uses {
            self.run(rule, subject, outcome, |report| check(uses, report));
        }
    }

    fn expression(&self, usage: &Usage<'_>, scope: Scope<'_, '_>, outcome: &mut Outcome) {
        for &(rule, check) in &self.actions.expression {
            self.run(rule, 0, outcome, |report| check(usage, scope, report));
        }
    }
}
