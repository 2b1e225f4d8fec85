//! What a file needs to know of others in its repository: the inputs, secrets and outputs of the actions and workflows
//! that it uses by path.

use std::collections::BTreeMap;

use portcullis_syntax::Node;

use super::{Action, Workflow};

/// The local actions and workflows that a file uses, by what it wrote after `./`.
#[derive(Debug, Default)]
pub struct Locals(BTreeMap<String, Local>);

/// One of them.
#[derive(Clone, Debug)]
pub enum Local {
    /// Nothing is there.
    Missing,
    /// It is there, and cannot be read.
    Unknown,
    /// It is there.
    Known(Box<Interface>),
}

/// What can be given to an action or workflow, and what it gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Inputs, by their names in lower case.
    pub inputs: BTreeMap<String, Parameter>,
    /// Secrets of a workflow.
    pub secrets: BTreeMap<String, Parameter>,
    /// Outputs, in lower case.
    pub outputs: Vec<String>,
    /// Whether a workflow can be called at all.
    pub is_callable: bool,
    /// Whether there may be more than is listed.
    pub is_open: bool,
}

/// An input or a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// As it is written.
    pub name: String,
    /// Whether it has to be given.
    pub required: bool,
    /// Its type: `string`, `number`, `boolean`; none for actions.
    pub kind: Option<String>,
    /// What its declaration says of its being deprecated.
    pub deprecated: Option<String>,
}

impl Locals {
    /// Adds what is at `path`, as it is written without `./`.
    pub fn add(&mut self, path: String, local: Local) {
        self.0.insert(path, local);
    }

    /// What is known of a path; nothing where nobody looked.
    pub fn get(&self, path: &str) -> Option<&Local> {
        self.0.get(normal(path))
    }
}

/// A local path without `./` and the last slash.
pub(crate) fn normal(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path).trim_end_matches('/')
}

impl Interface {
    /// What an action's metadata declares.
    pub fn of_action(action: &Action<'_>) -> Self {
        let inputs = action.root.get("inputs");
        let outputs = action.root.get("outputs");
        Self {
            inputs: parameters(inputs.present()),
            outputs: names(outputs.present()),
            is_callable: true,
            is_open: inputs.is_unknown() || outputs.is_unknown(),
            ..Self::default()
        }
    }

    /// What `workflow_call` declares.
    pub fn of_workflow(workflow: &Workflow<'_>) -> Self {
        let Some(call) = workflow.trigger("workflow_call") else {
            return Self { is_open: workflow.triggers.is_empty(), ..Self::default() };
        };
        let get = |key: &str| call.config.and_then(|config| config.get(key).present());
        let is_unknown = |key: &str| call.config.is_some_and(|config| config.get(key).is_unknown());
        Self {
            inputs: parameters(get("inputs")),
            secrets: parameters(get("secrets")),
            outputs: names(get("outputs")),
            is_callable: true,
            is_open: ["inputs", "secrets", "outputs"].into_iter().any(is_unknown),
        }
    }
}

fn parameters(block: Option<Node<'_>>) -> BTreeMap<String, Parameter> {
    let entries = block.map(Node::entries).into_iter().flatten();
    entries
        .map(|(key, node)| {
            let required = node.get("required").present().is_some_and(|node| node.text().eq_ignore_ascii_case("true"));
            let parameter = Parameter {
                name: key.text().to_owned(),
                required: required && node.get("default").present().is_none(),
                kind: node.get("type").present().map(|node| node.text().to_owned()),
                deprecated: node.get("deprecationMessage").present().map(|node| node.text().to_owned()),
            };
            (key.text().to_ascii_lowercase(), parameter)
        })
        .collect()
}

fn names(block: Option<Node<'_>>) -> Vec<String> {
    block.map(Node::entries).into_iter().flatten().map(|(key, _)| key.text().to_ascii_lowercase()).collect()
}
