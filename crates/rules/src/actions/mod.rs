//! Rules for GitHub Actions: workflows, actions, and what configures Dependabot and pre-commit.

use portcullis_model::actions::{Action, Input, Job, Locals, Step, Workflow};

use crate::Rule;

mod dispatch;

pub use dispatch::ActionsCheck;
pub(crate) use dispatch::Table;
pub use writers::{Handed, handed};

mod cache;
mod calls;
mod checkout;
mod commands;
mod conditions;
mod credentials;
mod dependabot;
mod events;
mod expressions;
mod features;
mod fixes;
mod graph;
mod hygiene;
mod injection;
mod known;
mod known_table;
mod metadata;
mod packages;
mod permissions;
mod pins;
mod policy;
mod publishing;
mod runners;
pub mod scripts;
mod secrets;
mod shell;
mod structure;
mod triggers;
mod writers;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    cache::RULES,
    calls::RULES,
    checkout::RULES,
    commands::RULES,
    conditions::RULES,
    credentials::RULES,
    dependabot::RULES,
    events::RULES,
    expressions::RULES,
    features::RULES,
    graph::RULES,
    hygiene::RULES,
    injection::RULES,
    known::RULES,
    metadata::RULES,
    packages::RULES,
    permissions::RULES,
    pins::RULES,
    policy::RULES,
    publishing::RULES,
    runners::RULES,
    scripts::RULES,
    secrets::RULES,
    shell::RULES,
    structure::RULES,
    triggers::RULES,
];

/// What a step or an expression is part of.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a, 't> {
    /// A workflow, outside of its jobs.
    Workflow(&'a Workflow<'t>),
    /// A job of a workflow.
    Job(&'a Workflow<'t>, &'a Job<'t>),
    /// An action.
    Action(&'a Action<'t>),
}

impl<'a, 't> Scope<'a, 't> {
    /// The workflow, where it is one.
    pub fn workflow(self) -> Option<&'a Workflow<'t>> {
        match self {
            Self::Workflow(workflow) | Self::Job(workflow, _) => Some(workflow),
            Self::Action(_) => None,
        }
    }

    /// The job.
    pub fn job(self) -> Option<&'a Job<'t>> {
        match self {
            Self::Job(_, job) => Some(job),
            Self::Workflow(_) | Self::Action(_) => None,
        }
    }

    /// The steps beside it.
    pub fn steps(self) -> &'a [Step<'t>] {
        match self {
            Self::Job(_, job) => &job.steps,
            Self::Action(action) => &action.steps,
            Self::Workflow(_) => &[],
        }
    }

    /// The inputs that it can refer to.
    pub fn inputs(self) -> Vec<Input<'t>> {
        match self {
            Self::Workflow(workflow) | Self::Job(workflow, _) => workflow.inputs(),
            Self::Action(action) => action.inputs(),
        }
    }

    /// The local actions and workflows that are known.
    pub fn locals(self) -> &'a Locals {
        match self {
            Self::Workflow(workflow) | Self::Job(workflow, _) => &workflow.locals,
            Self::Action(action) => &action.locals,
        }
    }
}
