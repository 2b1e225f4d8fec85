//! What ARG and ENV have set at a point of the file.

use std::collections::BTreeMap;

use portcullis_syntax::dockerfile::{Expanded, Instruction, Pair, Variable, Word};

/// What a scope sets, by name, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline<'d> {
    entries: BTreeMap<String, Vec<Declaration<'d>>>,
}

/// An ARG or ENV that sets or declares a variable.
#[derive(Clone, Debug)]
pub struct Declaration<'d> {
    /// ARG or ENV.
    pub instruction: &'d Instruction,
    /// The name and what is written for its value.
    pub pair: &'d Pair,
    /// The value, expanded where it stands.
    pub value: Variable<'d>,
}

/// The variables at a point of the file.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'b, 'd> {
    build: &'b super::Build<'d>,
    stage: Option<usize>,
    before: u32,
}

impl<'b, 'd> Variables<'b, 'd> {
    /// What is known of a variable.
    pub fn get(&self, name: &str) -> Variable<'b> {
        let _ = name;
        Variable::Unknown
    }

    /// The ARG or ENV that last declared it, in this stage or, for ENV, in those that it is built from.
    pub fn declaration(&self, name: &str) -> Option<&'b Declaration<'d>> {
        let _ = (name, self.build, self.stage, self.before);
        None
    }

    /// A word with these variables.
    pub fn expand(&self, word: &Word) -> Expanded {
        portcullis_syntax::dockerfile::expand(word.expandable(), self.build.dockerfile.escape, |name| self.get(name))
    }
}
