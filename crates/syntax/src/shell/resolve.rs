//! What a word says once its variables are known.
//!
//! A value is known only where the script assigns it on the straight way to the word: an assignment in a branch, a loop,
//! a function, a pipeline or after `||` makes the variable unknown from there on. Sourced files are not followed, and
//! are taken not to change what the script itself assigned.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::word::{Operator, Part};
use super::{Command, Joined, Script, ShellOptions, Word};

/// Values within values.
const MAX_DEPTH: u8 = 8;
/// Variables looked up for one word, and assignments looked through for one variable.
const MAX_STEPS: u32 = 1_000;
/// A resolved word longer than this is given up.
const MAX_LENGTH: usize = 64 * 1024;

/// The variables that a script assigns, by name, in source order.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    assigned: BTreeMap<String, Vec<Assigned>>,
    /// The parent of each scope.
    parents: Vec<Option<u32>>,
}

#[derive(Clone, Debug)]
struct Assigned {
    position: u32,
    scope: u32,
    /// `None`: changed to something that is not known.
    value: Option<Vec<Part>>,
}

/// The variable of a `for`, and where it is named.
pub(super) struct LoopVariable {
    pub(super) name: String,
    pub(super) position: u32,
    pub(super) scope: u32,
}

impl Values {
    pub(super) fn collect(commands: &[Command], loops: &[LoopVariable], parents: Vec<Option<u32>>) -> Self {
        let mut values = Self { assigned: BTreeMap::new(), parents };
        for command in commands {
            values.command(command);
        }
        for variable in loops {
            values.add(&variable.name, variable.position, variable.scope, None);
        }
        for list in values.assigned.values_mut() {
            list.sort_by_key(|assigned| assigned.position);
        }
        values
    }

    fn command(&mut self, command: &Command) {
        let scope = command.scope;
        let certain = !command.in_branch
            && !command.in_loop
            && !command.in_function
            && command.pipe.is_none()
            && !matches!(command.joined, Joined::Or | Joined::Background);
        let known = |parts: &[Part]| certain.then(|| parts.to_vec());
        if command.name.is_none() {
            for assignment in &command.assignments {
                let value = if assignment.partial { None } else { known(&assignment.value.parts) };
                self.add(&assignment.name, assignment.span.end, scope, value);
            }
        }
        match command.program() {
            Some("export" | "declare" | "typeset" | "local" | "readonly") => {
                for word in &command.args {
                    if let Some((name, parts)) = split_assignment(&word.parts) {
                        self.add(&name, word.span.end, scope, known(&parts));
                    }
                }
            }
            Some("read" | "unset" | "mapfile" | "readarray" | "printf" | "getopts" | "let") => {
                for word in command.args.iter().filter(|word| !word.text.starts_with('-')) {
                    let name = word.text.split(['=', '+', '-', '[']).next().unwrap_or_default();
                    self.add(name, word.span.end, scope, None);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, name: &str, position: u32, scope: u32, value: Option<Vec<Part>>) {
        self.assigned.entry(name.to_owned()).or_default().push(Assigned { position, scope, value });
    }

    /// The last assignment before `position` that `scope` sees.
    fn last(&self, name: &str, position: u32, scope: u32) -> Seen<'_> {
        let Some(list) = self.assigned.get(name) else { return Seen::Never };
        let before = list.partition_point(|assigned| assigned.position <= position);
        for (steps, assigned) in list.iter().take(before).rev().enumerate() {
            if steps >= MAX_STEPS as usize {
                return Seen::Unknown;
            }
            if self.sees(scope, assigned.scope) {
                return assigned.value.as_ref().map_or(Seen::Unknown, |parts| Seen::Parts(parts, assigned));
            }
        }
        Seen::Never
    }

    fn sees(&self, scope: u32, other: u32) -> bool {
        let mut scope = Some(scope);
        // Scopes are as deep as groups within regions, which the parser limits.
        while let Some(here) = scope {
            if here == other {
                return true;
            }
            scope = self.parents.get(here as usize).copied().flatten();
        }
        false
    }
}

enum Seen<'a> {
    Never,
    Unknown,
    Parts(&'a [Part], &'a Assigned),
}

/// `NAME=value` as parts, split at the sign.
fn split_assignment(parts: &[Part]) -> Option<(String, Vec<Part>)> {
    let (Part::Literal(first), rest) = parts.split_first()? else { return None };
    let (name, value) = first.split_once('=')?;
    let parts = std::iter::once(Part::Literal(value.to_owned())).chain(rest.iter().cloned()).collect();
    Some((name.to_owned(), parts))
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Script {
    /// The text of `word` with its variables replaced: by what the script assigned before, else by what `lookup` gives
    /// for the name (an ARG, an ENV). `None` when any of it cannot be known.
    pub fn resolve(&self, word: &Word, lookup: Lookup<'_>) -> Option<String> {
        let steps = Cell::new(MAX_STEPS);
        let resolver = Resolver { values: &self.values, lookup, steps: &steps };
        resolver.parts(&word.parts, word.span.start, word.scope, 0)
    }

    /// Whether `set -e` is on when the command at `index` runs. Options set in a branch or a function are not counted.
    pub fn errexit_at(&self, index: usize) -> bool {
        self.options_at(index).errexit
    }

    /// Whether `set -o pipefail` is on when the command at `index` runs.
    pub fn pipefail_at(&self, index: usize) -> bool {
        self.options_at(index).pipefail
    }

    /// The options when the command at `index` runs; past the last command, those that the script starts with.
    pub fn options_at(&self, index: usize) -> ShellOptions {
        self.commands.get(index).map_or(self.initial, |command| command.options)
    }
}

struct Resolver<'a> {
    values: &'a Values,
    lookup: Lookup<'a>,
    steps: &'a Cell<u32>,
}

impl Resolver<'_> {
    fn parts(&self, parts: &[Part], position: u32, scope: u32, depth: u8) -> Option<String> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Opaque => return None,
                Part::Variable { name, operator } => {
                    let value = self.variable(name, position, scope, depth);
                    text.push_str(&apply(value, operator.as_ref())?);
                }
            }
            if text.len() > MAX_LENGTH {
                return None;
            }
        }
        Some(text)
    }

    fn variable(&self, name: &str, position: u32, scope: u32, depth: u8) -> Option<String> {
        let left = self.steps.get().checked_sub(1)?;
        self.steps.set(left);
        if depth >= MAX_DEPTH {
            return None;
        }
        match self.values.last(name, position, scope) {
            Seen::Never => (self.lookup)(name),
            Seen::Unknown => None,
            Seen::Parts(parts, at) => {
                // The value was made before its own assignment ended.
                self.parts(parts, at.position.saturating_sub(1), at.scope, depth.saturating_add(1))
            }
        }
    }
}

/// A variable that is not known may still be set, so that a default says nothing.
fn apply(value: Option<String>, operator: Option<&Operator>) -> Option<String> {
    let value = value?;
    match operator {
        None | Some(Operator::DefaultIfUnset(_) | Operator::Require) => Some(value),
        Some(Operator::DefaultIfEmpty(word)) => Some(if value.is_empty() { word.clone() } else { value }),
        Some(Operator::Other) => None,
    }
}
