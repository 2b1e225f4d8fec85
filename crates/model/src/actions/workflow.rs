//! A workflow as a whole.

use std::collections::BTreeMap;

use portcullis_syntax::{Lookup, Node};

use super::{Job, Locals, Permissions, Trigger, Usage, Uses, UsesKind};

/// A workflow.
#[derive(Debug)]
pub struct Workflow<'t> {
    /// Its mapping.
    pub root: Node<'t>,
    /// What sets it off.
    pub triggers: Vec<Trigger<'t>>,
    /// Its jobs.
    pub jobs: Vec<Job<'t>>,
    /// The expressions in it.
    pub usages: Vec<Usage<'t>>,
    /// What is known of the actions and workflows that it uses by path; filled in by whoever may read files.
    pub locals: Locals,
    /// Inputs in lower case that a workflow of the repository fills with what anybody may write, and the context that it
    /// takes; filled in by whoever may read files.
    pub outsiders: BTreeMap<String, String>,
}

/// An input of a workflow or an action.
#[derive(Clone, Copy, Debug)]
pub struct Input<'t> {
    /// Its name.
    pub name: &'t str,
    /// Where the name stands.
    pub key: Node<'t>,
    /// Its mapping, or null.
    pub node: Node<'t>,
    /// What it holds.
    pub kind: InputKind,
}

/// What an input can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Any text.
    Text,
    /// A boolean, a number, one of a list, the name of an environment.
    Fixed,
}

impl<'t> Workflow<'t> {
    /// The view on a document; `None` where it is no mapping.
    pub fn new(root: Node<'t>) -> Option<Self> {
        if !root.is_map() {
            return None;
        }
        let defaults = root.get("defaults.run.shell").present();
        let jobs = root.get("jobs").present().map(Node::entries).into_iter().flatten();
        let jobs = jobs.enumerate().map(|(index, (key, node))| Job::new(key, node, index, defaults)).collect();
        let triggers = root.get("on").present().map(Trigger::all).unwrap_or_default();
        Some(Self {
            root,
            triggers,
            jobs,
            usages: Usage::of_workflow(root),
            locals: Locals::default(),
            outsiders: BTreeMap::new(),
        })
    }

    /// A key of its own, or a path from it.
    pub fn get(&self, path: &str) -> Lookup<'t> {
        self.root.get(path)
    }

    /// Its permissions.
    pub fn permissions(&self) -> Permissions<'t> {
        Permissions::of(self.root)
    }

    /// The permissions of a job: its own, else the workflow's.
    pub fn permissions_of(&self, job: &Job<'t>) -> Permissions<'t> {
        let own = job.permissions();
        if own.is_explicit() { own } else { self.permissions() }
    }

    /// Whether an event sets it off.
    pub fn has_trigger(&self, name: &str) -> bool {
        self.triggers.iter().any(|trigger| trigger.name == name)
    }

    /// The event of that name.
    pub fn trigger(&self, name: &str) -> Option<&Trigger<'t>> {
        self.triggers.iter().find(|trigger| trigger.name == name)
    }

    /// Whether only other workflows call it.
    pub fn is_only_reusable(&self) -> bool {
        self.has_trigger("workflow_call") && self.triggers.len() == 1
    }

    /// The events that anybody can set off while the job has secrets and a token that may write.
    pub fn privileged_triggers(&self) -> impl Iterator<Item = &Trigger<'t>> {
        self.triggers.iter().filter(|trigger| super::is_privileged(trigger.name))
    }

    /// What it and its steps use by path.
    pub fn local_uses(&self) -> impl Iterator<Item = &Uses<'t>> {
        let uses = self
            .jobs
            .iter()
            .flat_map(|job| job.calls.iter().chain(job.steps.iter().filter_map(|step| step.uses.as_ref())));
        uses.filter(|uses| matches!(uses.kind, UsesKind::Local(_)))
    }

    /// The job of that id; ids have no case.
    pub fn job(&self, id: &str) -> Option<&Job<'t>> {
        self.jobs.iter().find(|job| job.id.eq_ignore_ascii_case(id))
    }

    /// The inputs that callers and people give.
    pub fn inputs(&self) -> Vec<Input<'t>> {
        let mut inputs = self.inputs_of("workflow_call");
        inputs.extend(self.inputs_of("workflow_dispatch"));
        inputs.truncate(Input::MOST);
        inputs
    }

    /// The inputs that come with an event.
    pub fn inputs_of(&self, event: &str) -> Vec<Input<'t>> {
        let declared = self.trigger(event).and_then(|trigger| trigger.config?.get("inputs").present());
        let entries = declared.map(Node::entries).into_iter().flatten();
        entries.take(Input::MOST).map(|(key, node)| Input::new(key, node)).collect()
    }
}

impl<'t> Input<'t> {
    /// Inputs of one file that are looked at; GitHub takes 25.
    pub const MOST: usize = 500;

    /// Reads an entry of `inputs:`.
    pub fn new(key: Node<'t>, node: Node<'t>) -> Self {
        let kind = match node.get("type").present().map(Node::text) {
            Some("boolean" | "number" | "choice" | "environment") => InputKind::Fixed,
            _ => InputKind::Text,
        };
        Self { name: key.text(), key, node, kind }
    }

    /// Whether a caller has to give it.
    pub fn is_required(&self) -> bool {
        self.node.get("required").is_bool(true) && self.node.get("default").present().is_none()
    }
}
