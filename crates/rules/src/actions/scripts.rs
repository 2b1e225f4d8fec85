//! Defects in scripts.
//!
//! Decided by our own parser, so that the result is the same on every machine; another program is asked only where the
//! configuration says so, by the engine.

use portcullis_model::actions::{Family, Shell, Step};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&RUN_SCRIPT_DEFECT, &RUN_PYTHON_DEFECT];

/// The rule's id, by which the engine reports what ShellCheck says.
pub const ID: &str = "actions-run-script-defect";

rule! {
    /// Script is no valid shell script, or ShellCheck objects to it
    ///
    /// A quotation, a group or an `if` that is not closed makes the step fail. With the option `program`, every script is also
    /// given to ShellCheck, if that is installed, and what it says is reported at the exact place, with its own code in front;
    /// a scan that asks for it and does not find it fails. Expressions are replaced by text of the same length before. Without
    /// the option, the rules with the tag `shellcheck` find the most common of its findings. Silent where the shell is not
    /// known to be Bash or `sh`.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: if [ -f Makefile ]; then make
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: |
    ///           if [ -f Makefile ]; then make ${{ github.ref == 'x' && '"' || 'all' }}; fi
    ///       - run: if (Test-Path Makefile) { make
    ///         shell: pwsh
    /// ```
    RUN_SCRIPT_DEFECT = "actions-run-script-defect" {
        check: Check::Actions(ActionsCheck::Step(run_script_defect)),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["shellcheck"],
        peers: &["actionlint:shellcheck", "shellcheck:SC1072", "shellcheck:SC1073"],
        options: &[OptionMeta {
            name: "program",
            shape: OptionShape::Flag,
            docs: "Runs the program `shellcheck` as well, which has to be in PATH",
        }],
    }
}

fn run_script_defect(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let is_read = matches!(step.shell, Shell::Bourne(Family::Bash | Family::Posix, _));
    if let (true, Some(run), Some(script)) = (is_read, step.run, step.script())
        && script.shell.invalid
    {
        report
            .at(run, "the script is no valid shell script")
            .help("close every quotation, group, `if`, `case` and loop that it opens, and open those that it closes");
    }
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
