//! Defects of shell scripts, whatever file they stand in. The rules of each kind of file say which of them they report.
//!
//! Decided by the text of the script and by which variables the file around it sets. What a variable holds at run time,
//! and what a program prints, is known only where the text says it.

mod flow;
mod output;
mod variables;
mod words;

use std::cell::OnceCell;

use portcullis_core::Span;
use portcullis_syntax::shell::{Command, Script, Word, Wrapper};

pub(crate) use flow::{and_or_as_if, cd_unchecked, declaration_hides_failure, removal_of_root};
pub(crate) use output::{echo_escapes, useless_cat};
use variables::Assigned;
pub(crate) use words::{expansion_in_single_quotes, glob_as_option, unquoted_substitution, unquoted_variable};

/// A script and what the file around it says.
pub(crate) struct Subject<'s> {
    pub(crate) script: &'s Script,
    pub(crate) language: Language,
    pub(crate) surroundings: &'s dyn Surroundings,
    assigned: OnceCell<Assigned<'s>>,
}

/// What is known about variables that the script does not set.
pub(crate) trait Surroundings {
    /// Whether the file sets the variable, known or not.
    fn sets(&self, name: &str) -> bool;
    /// What a word says, where all of it is known.
    fn resolve(&self, word: &Word) -> Option<String>;
}

/// Where shells differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Whatever `/bin/sh` is.
    Posix,
    Bash,
}

/// A defect.
pub(crate) struct Fault {
    pub(crate) span: Span,
    /// What names it when lines move: never a value.
    pub(crate) name: String,
    pub(crate) message: String,
    pub(crate) help: &'static str,
}

impl<'s> Subject<'s> {
    pub(crate) fn new(script: &'s Script, language: Language, surroundings: &'s dyn Surroundings) -> Self {
        Self { script, language, surroundings, assigned: OnceCell::new() }
    }

    /// The commands that stand in the script as they are written. Text that another shell reads, such as that of `sh -c`,
    /// was changed by the first one.
    fn commands(&self) -> impl Iterator<Item = (usize, &'s Command)> {
        let is_own = |command: &Command| {
            !matches!(command.wrapper, Some(Wrapper::Shell | Wrapper::Su | Wrapper::Eval)) && command.name.is_some()
        };
        self.script.commands.iter().enumerate().filter(move |(_, command)| is_own(command))
    }

    /// Whether the script gives the variable a value.
    pub(crate) fn assigns(&self, name: &str) -> bool {
        self.assigned().sets(name)
    }

    fn assigned(&self) -> &Assigned<'s> {
        self.assigned.get_or_init(|| Assigned::of(self.script))
    }
}

/// Whether a comment `# shellcheck disable=…` that `is_before` takes, by its offset, names the code. It holds for what
/// follows, to the end of the script: which command it is for is not worked out.
pub(crate) fn is_disabled(text: &str, code: &str, is_before: impl Fn(u32) -> bool) -> bool {
    let mut comments = text.match_indices("shellcheck disable=");
    comments.any(|(at, directive)| {
        let (before, after) = text.split_at_checked(at).unwrap_or_default();
        let is_comment = before.trim_end_matches([' ', '\t']).ends_with('#');
        let list = after.get(directive.len()..).and_then(|list| list.split_whitespace().next()).unwrap_or_default();
        is_comment
            && list.split(',').any(|disabled| disabled == code || disabled == "all")
            && u32::try_from(at).is_ok_and(&is_before)
    })
}

/// Builtins whose arguments may be assignments.
const DECLARATIONS: &[&str] = &["export", "declare", "typeset", "local", "readonly"];

/// The value that an argument of a declaration assigns.
fn assigned_by_argument(word: &Word) -> Option<(&str, &str)> {
    let (name, value) = word.raw.split_once('=')?;
    let is_name =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name(name.trim_end_matches('+')).then_some((name, value))
}

/// Whether the output of a script of one command is one word: numbers, names of machines and architectures.
fn is_one_word(script: &str) -> bool {
    let script = script.trim();
    if script.contains(['|', ';', '&', '\n', '<', '>', '$', '`', '(']) {
        return false;
    }
    let mut words = script.split_ascii_whitespace();
    let (Some(program), argument) = (words.next(), words.next()) else { return false };
    match program.rsplit('/').next().unwrap_or(program) {
        "nproc" | "arch" | "whoami" | "hostname" | "pwd" | "mktemp" | "getconf" | "true" => true,
        "uname" => argument != Some("-a"),
        "id" => argument.is_some_and(|argument| argument.starts_with('-')),
        "dpkg" => argument == Some("--print-architecture"),
        "apk" => argument == Some("--print-arch"),
        "rpm" => matches!(argument, Some("-E" | "--eval")),
        "lsb_release" => argument.is_some_and(|argument| argument.contains('s')),
        "go" => argument == Some("env"),
        "date" => argument.is_some_and(|argument| argument.starts_with('+')),
        _ => false,
    }
}
