//! A job of a workflow.

use portcullis_syntax::{Lookup, Node};

use super::{Os, Permissions, Step, Uses, operating_system};

/// Needs of a job, and values of its matrix, that are looked at; GitHub makes at most 256 jobs of a matrix.
const MAX_PARTS: usize = 500;

/// A job.
#[derive(Debug)]
pub struct Job<'t> {
    /// Its id.
    pub id: &'t str,
    /// Where the id stands.
    pub key: Node<'t>,
    /// Its mapping.
    pub node: Node<'t>,
    /// Which of the workflow's jobs it is, from 0.
    pub index: usize,
    /// Its steps.
    pub steps: Vec<Step<'t>>,
    /// The reusable workflow that it calls.
    pub calls: Option<Uses<'t>>,
    /// The system that it runs on.
    pub os: Os,
}

impl<'t> Job<'t> {
    pub(super) fn new(key: Node<'t>, node: Node<'t>, index: usize, defaults: Option<Node<'t>>) -> Self {
        let has_container = node.get("container").present().is_some();
        let labelled = operating_system(node.get("runs-on"));
        let os = if has_container { Os::Linux } else { labelled };
        let own = node.get("defaults.run.shell").present();
        let shell = |step: Node<'t>| super::Shell::of(step.key_lookup("shell"), own.or(defaults), os);
        let steps = Step::all(node.get("steps").present(), shell);
        let calls = node.get("uses").present().filter(|uses| super::scalar(*uses).is_some()).map(Uses::new);
        Self { id: key.text(), key, node, index, steps, calls, os }
    }

    /// A key of its own, or a path from it.
    pub fn get(&self, path: &str) -> Lookup<'t> {
        self.node.get(path)
    }

    /// Its own permissions.
    pub fn permissions(&self) -> Permissions<'t> {
        Permissions::of(self.node)
    }

    /// The ids of the jobs that it waits for, where they are written.
    pub fn needs(&self) -> Vec<Node<'t>> {
        let mut needs = self.get("needs").present().map(super::one_or_many).unwrap_or_default();
        needs.truncate(MAX_PARTS);
        needs
    }

    /// The labels of its runner, where they are written.
    pub fn labels(&self) -> Vec<Node<'t>> {
        let Some(node) = self.get("runs-on").present() else { return Vec::new() };
        let labels = if node.is_map() { node.get("labels").present() } else { Some(node) };
        labels.map(super::one_or_many).unwrap_or_default()
    }

    /// The values that the file gives to a key of the matrix, those of `include` too.
    pub fn matrix_values(&self, name: &str) -> Vec<Node<'t>> {
        let Some(matrix) = self.get("strategy.matrix").present() else { return Vec::new() };
        let mut values = Vec::new();
        for (key, row) in matrix.entries().take(MAX_PARTS) {
            match key.text() {
                "exclude" => {}
                "include" => {
                    let entries = row.items().take(MAX_PARTS).flat_map(Node::entries);
                    values.extend(
                        entries.filter(|(key, _)| key.text().eq_ignore_ascii_case(name)).map(|(_, value)| value),
                    );
                }
                key if key.eq_ignore_ascii_case(name) && row.is_list() => values.extend(row.items().take(MAX_PARTS)),
                key if key.eq_ignore_ascii_case(name) => values.push(row),
                _ => {}
            }
        }
        values
    }

    /// How messages name it.
    pub fn title(&self) -> String {
        format!("job `{}`", self.id)
    }
}
