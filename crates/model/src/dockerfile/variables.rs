//! What ARG and ENV have set at a point of the file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use portcullis_syntax::dockerfile::{Expanded, Instruction, Keyword, Pair, Text, Variable, Word, expand};

use super::{Base, Build};

/// Variables that the builder sets without an ARG, in FROM and, once an ARG declares them, in stages.
const PLATFORM_ARGS: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// Build arguments that need no ARG, in upper and lower case.
const PROXY_ARGS: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

/// How many stages a lookup follows; a longer chain of FROM leaves the variable unknown.
const MAX_CHAIN: usize = 64;

/// How many bytes of values a file's timelines hold; beyond, values are unknown.
const MAX_VALUES: usize = 4 << 20;

/// Whether the builder gives a build argument of this name a value of its own (`TARGETARCH`).
pub fn is_platform_arg(name: &str) -> bool {
    PLATFORM_ARGS.contains(&name)
}

/// Whether the builder knows this build argument without an ARG (`HTTP_PROXY`).
pub fn is_proxy_arg(name: &str) -> bool {
    PROXY_ARGS.iter().any(|proxy| *proxy == name || proxy.to_ascii_lowercase() == name)
}

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
    /// The value, expanded where it stands. An ARG without a default is unset, one of the builder's own unknown.
    pub value: Variable<'d>,
}

/// The variables at a point of the file.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'b, 'd> {
    build: &'b Build<'d>,
    /// Absent in the preamble and in FROM.
    stage: Option<usize>,
    /// Declarations that begin before this offset count.
    before: u32,
}

impl<'d> Timeline<'d> {
    /// The last declaration that begins before an offset and passes a filter.
    fn last(&self, name: &str, before: u32, counts: impl Fn(&Declaration<'d>) -> bool) -> Option<&Declaration<'d>> {
        let declarations = self.entries.get(name)?;
        let end = declarations.partition_point(|declaration| declaration.instruction.span.start < before);
        declarations.get(..end)?.iter().rev().find(|declaration| counts(declaration))
    }
}

impl<'b, 'd> Variables<'b, 'd> {
    pub(super) fn global(build: &'b Build<'d>, before: u32) -> Self {
        Self { build, stage: None, before }
    }

    pub(super) fn of_stage(build: &'b Build<'d>, stage: usize, before: u32) -> Self {
        Self { build, stage: Some(stage), before }
    }

    /// What is known of a variable.
    pub fn get(&self, name: &str) -> Variable<'b> {
        if let Some(declaration) = self.declaration(name) {
            return match &declaration.value {
                Variable::Set(value) => Variable::Set(Cow::Borrowed(value)),
                Variable::Unset => Variable::Unset,
                Variable::Unknown => Variable::Unknown,
            };
        }
        match self.stage {
            None if is_platform_arg(name) => Variable::Unknown,
            None => Variable::Unset,
            Some(_) if is_proxy_arg(name) || name == "PATH" => Variable::Unknown,
            Some(stage) if self.only_the_file_sets(stage) => Variable::Unset,
            Some(_) => Variable::Unknown,
        }
    }

    /// The ARG or ENV that last set it, in this stage or in those that it is built from: a stage hands both on. An ARG
    /// that gives no value counts only where nothing else does.
    pub fn declaration(&self, name: &str) -> Option<&'b Declaration<'d>> {
        let Some(stage) = self.stage else {
            let globals = &self.build.globals;
            let sets = |declaration: &Declaration<'d>| declaration.value != Variable::Unset;
            return globals.last(name, self.before, sets).or_else(|| globals.last(name, self.before, |_| true));
        };
        let mut bare_arg = None;
        for (index, before) in self.chain(stage) {
            let timeline = &self.build.stages.get(index)?.timeline;
            let sets = |declaration: &Declaration<'d>| declaration.value != Variable::Unset;
            if let Some(declaration) = timeline.last(name, before, sets) {
                return Some(declaration);
            }
            bare_arg = bare_arg.or_else(|| timeline.last(name, before, |_| true));
        }
        bare_arg
    }

    /// A word with these variables.
    pub fn expand(&self, word: &Word) -> Expanded {
        self.expand_text(word.expandable())
    }

    /// A text with these variables.
    pub fn expand_text(&self, text: &Text) -> Expanded {
        expand(text, self.build.dockerfile.escape, |name| self.get(name))
    }

    /// The stage and those that it is built from, each with the offset up to which its declarations count.
    fn chain(&self, stage: usize) -> impl Iterator<Item = (usize, u32)> {
        let mut next = Some((stage, self.before));
        let build = self.build;
        std::iter::from_fn(move || {
            let current = next?;
            next = match build.stages.get(current.0)?.base {
                Base::Stage(parent) => Some((parent, u32::MAX)),
                _ => None,
            };
            Some(current)
        })
        .take(MAX_CHAIN)
    }

    /// Whether no image brings an environment of its own: the chain ends with `scratch`.
    fn only_the_file_sets(&self, stage: usize) -> bool {
        self.build.stages.get(stage).is_some_and(|stage| matches!(self.build.root_base(stage), Base::Scratch))
    }
}

impl<'d> Build<'d> {
    /// Records what a global ARG sets.
    pub(super) fn declare_global(&mut self, instruction: &'d Instruction) {
        for pair in instruction.pairs() {
            let variables = Variables::global(self, u32::MAX);
            let value = match &pair.value {
                Some(value) => self.affordable(variables.expand(value)),
                None if is_platform_arg(pair.key.as_str()) => Variable::Unknown,
                None => Variable::Unset,
            };
            self.spend(&value);
            let declaration = Declaration { instruction, pair, value };
            self.globals.entries.entry(pair.key.as_str().to_owned()).or_default().push(declaration);
        }
    }

    /// Records what an ARG or ENV of a stage sets.
    pub(super) fn declare(&mut self, stage: usize, instruction: &'d Instruction) {
        // One ENV's values see what was set before it, one ARG's also those to their left.
        let is_arg = instruction.keyword == Keyword::Arg;
        let before = if is_arg { u32::MAX } else { instruction.span.start };
        for pair in instruction.pairs() {
            let variables = Variables::of_stage(self, stage, before);
            let name = variables.expand(&pair.key);
            let Some(name) = name.known().map(str::to_owned) else { continue };
            let value = match &pair.value {
                Some(value) => self.affordable(variables.expand(value)),
                None => match Variables::global(self, u32::MAX).get(&name) {
                    Variable::Set(value) => Variable::Set(value.into_owned().into()),
                    Variable::Unset => Variable::Unset,
                    Variable::Unknown => Variable::Unknown,
                },
            };
            self.spend(&value);
            let declaration = Declaration { instruction, pair, value };
            let Some(stage) = self.stages.get_mut(stage) else { return };
            stage.timeline.entries.entry(name).or_default().push(declaration);
        }
    }

    fn affordable(&self, expanded: Expanded) -> Variable<'d> {
        if expanded.known().is_none() || self.value_bytes + expanded.text.len() > MAX_VALUES {
            return Variable::Unknown;
        }
        Variable::Set(expanded.text.into())
    }

    fn spend(&mut self, value: &Variable<'_>) {
        if let Variable::Set(value) = value {
            self.value_bytes += value.len();
        }
    }
}
