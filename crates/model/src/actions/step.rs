//! A step of a job or of a composite action.

use std::cell::OnceCell;

use portcullis_core::OffsetMap;
use portcullis_syntax::shell;
use portcullis_syntax::{Lookup, Node};

use super::{Shell, Uses};

/// Inputs of one step that are looked through; no action has as many.
const MAX_INPUTS: usize = 200;

/// A step.
#[derive(Debug)]
pub struct Step<'t> {
    /// Its mapping.
    pub node: Node<'t>,
    /// Which of its job's steps it is, from 0.
    pub index: usize,
    /// What it uses.
    pub uses: Option<Uses<'t>>,
    /// The script that it runs.
    pub run: Option<Node<'t>>,
    /// What runs the script.
    pub shell: Shell<'t>,
    script: OnceCell<Option<Script>>,
    foreign: OnceCell<Option<Script>>,
}

/// A parsed `run:`.
#[derive(Debug)]
pub struct Script {
    /// Its commands.
    pub shell: shell::Script,
    /// From the script's text to the file.
    pub map: OffsetMap,
}

impl<'t> Step<'t> {
    fn new(node: Node<'t>, index: usize, shell: Shell<'t>) -> Self {
        let uses = node.get("uses").present().filter(|uses| super::scalar(*uses).is_some()).map(Uses::new);
        let run = node.get("run").present().filter(|run| super::scalar(*run).is_some());
        Self { node, index, uses, run, shell, script: OnceCell::new(), foreign: OnceCell::new() }
    }

    /// The steps of a list, in order. Those that one runs in parallel stand behind it.
    pub(super) fn all(list: Option<Node<'t>>, shell: impl Fn(Node<'t>) -> Shell<'t>) -> Vec<Self> {
        let mut steps = Vec::new();
        for outer in list.into_iter().flat_map(Node::items) {
            let inner = outer.field("parallel").into_iter().flat_map(Node::items);
            for node in [outer].into_iter().chain(inner) {
                steps.push(Self::new(node, steps.len(), shell(node)));
            }
        }
        steps
    }

    /// Whether it uses that action, whatever the version.
    pub fn uses_action(&self, name: &str) -> bool {
        self.uses.is_some_and(|uses| uses.is(name))
    }

    /// An input that it gives to its action; names have no case.
    pub fn input(&self, name: &str) -> Option<Node<'t>> {
        let with = self.node.field("with")?;
        let found = with.entries().take(MAX_INPUTS).find(|(key, _)| key.text().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// Whether it may give inputs that are not known.
    pub fn has_unknown_inputs(&self) -> bool {
        let with = self.node.get("with");
        with.is_unknown() || with.present().is_some_and(Node::is_open)
    }

    /// A key of its own.
    pub fn get(&self, key: &str) -> Lookup<'t> {
        self.node.key_lookup(key)
    }

    /// Whether its condition is written as false.
    pub fn is_never(&self) -> bool {
        let Some(node) = self.get("if").present() else { return false };
        let text = node.text().trim();
        let inner = text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(text);
        inner.trim() == "false"
    }

    /// How messages name it.
    pub fn title(&self) -> String {
        let named = ["name", "id"].into_iter().find_map(|key| self.get(key).present());
        match (named.and_then(super::scalar), self.uses) {
            (Some(name), _) if name.len() <= 60 => format!("step `{name}`"),
            (_, Some(uses)) => format!("step `{}`", uses.node.text()),
            _ => format!("step {}", self.index.saturating_add(1)),
        }
    }

    /// The commands of a script for PowerShell or cmd, as far as their lines look like those of a Bourne shell. Never complete.
    pub fn foreign_script(&self) -> Option<&Script> {
        let parsed = self.foreign.get_or_init(|| {
            if !matches!(self.shell, Shell::PowerShell | Shell::Cmd) {
                return None;
            }
            let (text, map) = self.run?.embedded()?;
            // A backtick escapes in PowerShell, a line break too. The length stays, so the map fits.
            let text = text.replace('`', "\\");
            let mut script = shell::parse(&text, &map);
            script.complete = false;
            Some(Script { shell: script, map })
        });
        parsed.as_ref()
    }

    /// The commands of `run:`, where a shell of the Bourne family runs it or may. Parsed when a rule first asks.
    pub fn script(&self) -> Option<&Script> {
        let parsed = self.script.get_or_init(|| {
            let options = match self.shell {
                Shell::Bourne(_, options) => options,
                Shell::Unknown => shell::ShellOptions::default(),
                _ => return None,
            };
            let (text, map) = self.run?.embedded()?;
            let mut script = shell::parse_with(text, &map, options);
            script.complete &= self.shell != Shell::Unknown;
            Some(Script { shell: script, map })
        });
        parsed.as_ref()
    }
}
