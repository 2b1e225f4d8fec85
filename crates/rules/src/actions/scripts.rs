//! Defects in scripts.
//!
//! A few that are certain, found by our own parser: nothing here runs another program, so that the result is the same on every
//! machine.

use portcullis_model::actions::{Shell, Step};
use portcullis_syntax::shell::{Command, Word};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&RUN_SCRIPT_DEFECT, &RUN_PYTHON_DEFECT];

rule! {
    /// Script has a defect
    ///
    /// An `rm -rf "$DIR/"…` that removes from the root when the variable is empty, and a test whose variable is not quoted, which
    /// is a syntax error when it is empty. Silent on other shells than those of the Bourne family.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: rm -rf "$BUILD/"*
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: if [ $MODE = fast ]; then make; fi
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: |
    ///           rm -rf "${BUILD:?}/"* ./out "$RUNNER_TEMP/x"
    ///           if [ "$MODE" = fast ] || [[ $MODE = slow ]] || [ $? -eq 0 ]; then make; fi
    /// ```
    RUN_SCRIPT_DEFECT = "actions-run-script-defect" {
        check: Check::Actions(ActionsCheck::Step(run_script_defect)),
        severity: Severity::Low,
        confidence: Confidence::Medium,
        profile: Profile::All,
        peers: &["actionlint:shellcheck", "shellcheck:SC2115", "shellcheck:SC2086"],
    }
}

fn run_script_defect(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(script) = step.script().filter(|_| matches!(step.shell, Shell::Bourne(_))) else { return };
    for command in &script.shell.commands {
        if let Some(word) = removes_root(command) {
            let name = word.variables.first().map_or("", String::as_str);
            report
                .at((word.span, "rm"), format!("`{}` is below the root when `{name}` is empty", word.raw))
                .help(format!("write `${{{name}:?}}`, which stops when it is empty"));
        }
        // What the script sets itself is seldom empty.
        let is_own = |name: &String| script.shell.commands.iter().take(MAX_COMMANDS).any(|other| sets(other, name));
        if let Some(word) = unquoted_test(command).filter(|word| !word.variables.iter().any(is_own)) {
            report
                .at((word.span, "test"), format!("`{}` leaves the test without a word when it is empty", word.raw))
                .help("quote it");
        }
    }
}

/// Commands that are searched for the assignment of a variable.
const MAX_COMMANDS: usize = 1000;

fn sets(command: &Command, name: &str) -> bool {
    command.assignments.iter().any(|assignment| assignment.name == name)
        || command.is_any(&["for", "read", "export", "local", "declare"])
            && command.args.iter().any(|word| word.text.split('=').next() == Some(name))
}

/// The argument of a recursive `rm` that starts with a variable and goes on with a slash.
fn removes_root(command: &Command) -> Option<&Word> {
    if !command.is("rm") || !command.has_flag(&["-r", "-R", "--recursive"]) {
        return None;
    }
    command.args.iter().find(|word| {
        let rest = word.text.strip_prefix('$').unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = match rest.strip_prefix('{') {
            Some(inner) => inner.split_once('}').unwrap_or_default(),
            None => rest.split_at_checked(end).unwrap_or_default(),
        };
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        // The runner sets these for every job, and the shell its home.
        let is_set = name.starts_with("GITHUB_") || name.starts_with("RUNNER_") || matches!(name, "HOME" | "PWD");
        is_name && !is_set && matches!(after, "/" | "/*" | "/**")
    })
}

/// A word of `[ … ]` that is nothing but an unquoted variable on the left of a comparison.
fn unquoted_test(command: &Command) -> Option<&Word> {
    if !command.is("[") {
        return None;
    }
    command.args.iter().enumerate().find_map(|(at, word)| {
        let operator = command.args.get(at.saturating_add(1)).map(|next| next.text.as_str());
        let is_compared = matches!(operator, Some("=" | "==" | "!=" | "-eq" | "-ne" | "-gt" | "-lt" | "-ge" | "-le"));
        let is_name = word.variables.first().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
        let is_bare = word.unquoted_expansion && !word.quoted && word.text.starts_with('$') && !word.text.contains('(');
        (is_compared && is_name && is_bare && !word.text.contains(":-") && !word.text.contains('#')).then_some(word)
    })
}

rule! {
    /// Python script is for Python 2
    ///
    /// Runners have Python 3: `print "x"` and `except Error, e` are syntax errors. Looks at steps whose shell is Python; other
    /// defects need a Python parser and are not looked for.
    ///
    /// ```workflow bad:9
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - shell: python
    ///         run: |
    ///           import os
    ///           print "hello"
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - shell: python
    ///         run: print("hello")
    /// ```
    RUN_PYTHON_DEFECT = "actions-run-python-defect" {
        check: Check::Actions(ActionsCheck::Step(run_python_defect)),
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["actionlint:pyflakes"],
    }
}

fn run_python_defect(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some((text, map)) = step.run.filter(|_| step.shell == Shell::Python).and_then(Node::embedded) else { return };
    let mut at: usize = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        let start = at.saturating_add(line.len().saturating_sub(line.trim_start().len()));
        at = at.saturating_add(line.len());
        let is_print = code.strip_prefix("print ").is_some_and(|rest| rest.trim_start().starts_with(['"', '\'']));
        let is_except =
            code.starts_with("except ") && code.contains(", ") && !code.contains('(') && code.ends_with(':');
        if is_print || is_except {
            let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
            let span = map.span(narrow(start), narrow(start.saturating_add(code.len())));
            report.at((span, "python"), "this is Python 2").help("write it for Python 3");
        }
    }
}
