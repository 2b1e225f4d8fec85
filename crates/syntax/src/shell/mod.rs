//! The text of a RUN instruction, a workflow step or a script as a flat list of simple commands with exact spans.
//!
//! It decides what is a command, which words it has, what it is joined to and what runs it. It cannot know what an
//! expansion gives, what an alias or a sourced file defines, or which branch runs.
//!
//! Parsing never fails and is linear: one pass of our own finds words and structure without recursion on the text. Whether
//! the text is shell at all is asked of a real Bash grammar, within limits ([`Script::complete`]).

mod decode;
mod grammar;
mod parser;
mod query;
mod resolve;
mod scan;
mod shebang;
mod types;
mod word;
mod wrappers;

use portcullis_core::OffsetMap;

pub use query::{Expansion, OptionValue, OptionsWithArguments};
pub use shebang::{Shebang, interpreter};
pub use types::{
    Assignment, Command, Heredoc, Joined, PipePosition, Redirect, RedirectKind, ShellOptions, Word, Wrapper,
};

/// A parsed script.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Every simple command, in source order.
    pub commands: Vec<Command>,
    /// False when the text is not valid shell or a limit was hit. The commands are then a best effort: rules that look
    /// for something bad may still report it, rules that look for something absent should stay silent.
    pub complete: bool,
    /// Whether it is certain that no shell can read it: something is left open, or closed that was not.
    pub invalid: bool,
    /// Names of the functions that it defines: a command of that name is not the program.
    pub functions: Vec<String>,
    /// The `#!` line.
    pub interpreter: Option<Shebang>,
    values: resolve::Values,
    initial: ShellOptions,
}

/// Parses `text`; `map` takes its offsets to the source.
pub fn parse(text: &str, map: &OffsetMap) -> Script {
    parse_with(text, map, ShellOptions::default())
}

/// [`parse`] for a shell that was started with options, as by `SHELL ["/bin/bash", "-o", "pipefail", "-c"]`.
pub fn parse_with(text: &str, map: &OffsetMap, options: ShellOptions) -> Script {
    parser::script(text, map, options)
}
