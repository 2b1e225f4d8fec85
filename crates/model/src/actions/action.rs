//! The metadata of an action.

use portcullis_syntax::{Lookup, Node};

use super::{Input, Locals, Os, Shell, Step, Usage};

/// An `action.yml`.
#[derive(Debug)]
pub struct Action<'t> {
    /// Its mapping.
    pub root: Node<'t>,
    /// What it is made of.
    pub runtime: Runtime<'t>,
    /// The steps of a composite action.
    pub steps: Vec<Step<'t>>,
    /// The expressions in it.
    pub usages: Vec<Usage<'t>>,
    /// What is known of the actions that it uses by path.
    pub locals: Locals,
}

/// What runs an action.
#[derive(Clone, Copy, Debug)]
pub enum Runtime<'t> {
    /// `composite`
    Composite,
    /// `docker`
    Docker,
    /// `node20`
    Node(Node<'t>),
    /// Something else, or nothing.
    Other(Lookup<'t>),
}

impl<'t> Action<'t> {
    /// The view on a document; `None` where it is no mapping.
    pub fn new(root: Node<'t>) -> Option<Self> {
        if !root.is_map() {
            return None;
        }
        let using = root.get("runs.using");
        let runtime = match using {
            Lookup::Present(node) if node.text() == "composite" => Runtime::Composite,
            Lookup::Present(node) if node.text() == "docker" => Runtime::Docker,
            Lookup::Present(node) if node.text().starts_with("node") => Runtime::Node(node),
            other => Runtime::Other(other),
        };
        let shell = |step: Node<'t>| Shell::of(step.key_lookup("shell"), None, Os::Unknown);
        let steps = Step::all(root.get("runs.steps").present(), shell);
        Some(Self { root, runtime, steps, usages: Usage::of_action(root), locals: Locals::default() })
    }

    /// Its inputs.
    pub fn inputs(&self) -> Vec<Input<'t>> {
        let inputs = self.root.get("inputs").present().map(Node::entries).into_iter().flatten();
        inputs.take(Input::MOST).map(|(key, node)| Input::new(key, node)).collect()
    }
}
