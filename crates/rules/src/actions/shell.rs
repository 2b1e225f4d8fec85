//! Words and failures of `run:` that the shell takes otherwise than they look.
//!
//! The checks are those of [`crate::shell`]; here is what a workflow says of the script: `env`, the shell, and what the
//! runner sets. An expression (`${{ … }}`) is text that is not known: it is no variable, and no finding comes from it. Silent
//! where the shell is not known to be Bash or `sh`, as on a runner that an expression names.

use portcullis_model::actions::{Family, Script, Shell, Step};
use portcullis_syntax::shell::{Command, Word};

use super::{ActionsCheck, Scope};
use crate::rule::RuleParts;
use crate::rule::prelude::*;
use crate::shell::{self, Fault, Language, Subject, Surroundings, is_disabled};

/// Declares rules that differ in what they check: a title and a reason, the code that ShellCheck has for it, a line with
/// the defect, and lines without.
macro_rules! script_rules {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $id:literal { $code:literal, $severity:ident, $check:path, bad: $bad:literal, good: [$($good:literal),+] }
    )+) => {
        /// The rules of this file.
        pub(super) static RULES: &[&Rule] = &[$(&$name),+];

        $(static $name: Rule = RuleParts {
            check: Check::Actions(ActionsCheck::Step(|step, scope, report| each_fault(step, scope, report, $code, $check))),
            severity: Severity::$severity,
            profile: Profile::All,
            tags: &["shellcheck"],
            peers: &["actionlint:shellcheck", concat!("shellcheck:", $code)],
            yields_to: &["actions-run-script-defect"],
            ..RuleParts::DEFAULT
        }
        .into_rule(
            $id,
            concat!(
                $($doc, "\n",)+
                "\n ```workflow bad:7\n on: push\n jobs:\n   build:\n     runs-on: ubuntu-latest\n     steps:\n",
                "       - run: |\n           ", $bad, "\n ```\n",
                " ```workflow good\n on: push\n jobs:\n   build:\n     runs-on: ubuntu-latest\n     steps:\n",
                "       - run: |\n", $("           ", $good, "\n",)+
                "       - shell: pwsh\n         run: |\n           ", $bad, "\n ```\n",
            ),
        );)+
    };
}

script_rules! {
    /// Variable in a script is not quoted
    ///
    /// The shell splits its value at blanks and expands the patterns in it; of a test, nothing is left when it is empty. Looks at
    /// variables that get their value from a program or from `read`, and at tests of variables that may be empty. What `env`
    /// and the script write themselves is split as it was meant.
    UNQUOTED_VARIABLE = "actions-shell-unquoted-variable" {
        "SC2086", Info, unquoted_variable,
        bad: "name=$(cat name); mkdir out/$name",
        good: ["name=$(cat name); mkdir \"out/$name\" out/${{ github.ref_name }}; flags='-a -b'; ls $flags", "[ \"$MODE\" = fast ] && [[ $MODE = fast ]] && [ $GITHUB_REF_NAME = main ]"]
    }

    /// Substitution in a script is not quoted
    ///
    /// The shell splits the output at blanks and expands the patterns in it: a name with a blank becomes two. Silent in
    /// assignments and `[[ ]]`, for lists of packages, and for programs that give one word or are there to give several.
    UNQUOTED_SUBSTITUTION = "actions-shell-unquoted-substitution" {
        "SC2046", Low, shell::unquoted_substitution,
        bad: "rm -f $(find . -name '*.log')",
        good: ["make -j$(nproc); version=$(cat VERSION); mv app \"app-$(cat VERSION)\"; ls $(if [ -d a ]; then echo '-l'; fi)"]
    }

    /// Variable in single quotes of a script is not replaced
    ///
    /// The program gets the name where the value was meant. Looks at variables that `env`, the runner or the script sets.
    /// Silent where the text goes to a file or a pipe, and for programs that expand it themselves.
    EXPANSION_IN_SINGLE_QUOTES = "actions-shell-expansion-in-single-quotes" {
        "SC2016", Info, shell::expansion_in_single_quotes,
        bad: "echo 'Building $GITHUB_SHA'",
        good: ["echo \"Building $GITHUB_SHA\" '$price' '${{ github.sha }}'; awk '{ print $GITHUB_SHA }' a"]
    }

    /// Pattern in a script may match an option
    ///
    /// The matches of a pattern that begins with a wildcard may begin with a dash: a file `-rf`, which a pull request can
    /// add, becomes an option of `rm`. Silent behind `--`, and for commands to which such a pattern is no file.
    GLOB_AS_OPTION = "actions-shell-glob-as-option" {
        "SC2035", Info, shell::glob_as_option,
        bad: "rm -f *.log",
        good: ["rm -f ./*.log; rm -f -- *.log '*.zip'; echo *.txt"]
    }

    /// Bash's `echo` in a script prints escapes as they are
    ///
    /// Bash needs `-e` to make a line break of `\\n`. Silent for other shells, also in a container, where the default may be `sh`,
    /// and for doubled backslashes and Windows paths.
    ECHO_ESCAPES = "actions-shell-echo-escapes" {
        "SC2028", Info, shell::echo_escapes,
        bad: "echo \"one\\ntwo\" > list",
        good: ["echo -e \"one\\ntwo\" > list; printf 'one\\ntwo'; echo 'C:\\new'; echo \"a-$(tr -d '\\n')\""]
    }

    /// `cd` in a script may fail unseen
    ///
    /// What follows then runs in the wrong folder, and may remove or overwrite what is there. The runner starts shells with `-e`,
    /// so this is about `set +e` and `shell: bash {0}`. Silent in conditions, and for `cd ..`.
    CD_UNCHECKED = "actions-shell-cd-unchecked" {
        "SC2164", Low, shell::cd_unchecked,
        bad: "set +e; cd out; rm -f ./*",
        good: ["cd out; rm -f ./*"]
    }

    /// Declaration in a script hides a failure
    ///
    /// The status of `export X=$(…)` is that of `export`, which succeeds: `-e`, with which the runner starts the shell, does not see
    /// that the program failed. Silent for programs that hardly fail (`nproc`, `uname`).
    DECLARATION_HIDES_FAILURE = "actions-shell-declaration-hides-failure" {
        "SC2155", Low, shell::declaration_hides_failure,
        bad: "export VERSION=\"$(git describe)\"",
        good: ["VERSION=\"$(git describe)\"; export VERSION; export JOBS=$(nproc)"]
    }

    /// `a && b || c` in a script is no if-then-else
    ///
    /// `c` also runs when `b` fails. Looks at lists that begin with a test. Silent where the last command, or the one before
    /// it, hardly ever fails (`echo`, `exit`, `true`), and in conditions.
    AND_OR_AS_IF = "actions-shell-and-or-as-if" {
        "SC2015", Info, shell::and_or_as_if,
        bad: "[ -f Makefile ] && make || ./build.sh",
        good: ["[ -f Makefile ] && make || true", "if [ -f Makefile ]; then make; else ./build.sh; fi"]
    }

    /// `rm -r` in a script removes everything when a variable is empty
    ///
    /// Of `"$DIR/"*` only the slash is left when the variable is empty. Looks at paths that are then `/` or a folder that
    /// the system needs. Silent where `env`, the runner or the script says the value, and for `${DIR:?}`, which fails.
    REMOVAL_OF_ROOT = "actions-shell-removal-of-root" {
        "SC2115", Medium, shell::removal_of_root,
        bad: "rm -rf \"$BUILD\"/*",
        good: ["rm -rf \"${BUILD:?}\"/* \"$RUNNER_TEMP\"/* \"$BUILD/out\"; rm -f \"$BUILD\"/*"]
    }

    /// `cat` in a script only hands a file on
    ///
    /// The next program can read the file itself; without the pipe, its failure is seen as well. Looks at `cat` of one file at
    /// the beginning of a pipe.
    USELESS_CAT = "actions-shell-useless-cat" {
        "SC2002", Info, shell::useless_cat,
        bad: "cat report.txt | grep failed",
        good: ["grep failed report.txt; cat a b | sort; cat *.txt | sort; cat -n a | sort"]
    }
}

fn each_fault(
    step: &Step<'_>,
    scope: Scope<'_, '_>,
    report: &mut Report<'_>,
    code: &str,
    check: fn(&Subject<'_>) -> Vec<Fault>,
) {
    let Shell::Bourne(family @ (Family::Bash | Family::Posix), _) = step.shell else { return };
    let (Some(run), Some(script)) = (step.run, step.script().filter(|script| script.shell.complete)) else { return };
    // An image without Bash runs the default shell as `sh`.
    let in_container = scope.job().is_some_and(|job| job.get("container").present().is_some());
    let is_bash = family == Family::Bash && !in_container;
    let around = Around { step, scope, script };
    let subject = Subject::new(&script.shell, if is_bash { Language::Bash } else { Language::Posix }, &around);
    for fault in check(&subject) {
        let is_before = |offset: u32| script.map.source(offset) <= fault.span.start;
        if !is_disabled(run.text(), code, is_before) {
            report.at((fault.span, fault.name.as_str()), fault.message).help(fault.help);
        }
    }
}

/// What a workflow says of a script's variables.
struct Around<'a, 't> {
    step: &'a Step<'t>,
    scope: Scope<'a, 't>,
    script: &'a Script,
}

impl<'t> Around<'_, 't> {
    /// The value that the nearest `env` gives a variable.
    fn env(&self, name: &str) -> Option<Node<'t>> {
        let job = self.scope.job().map(|job| job.node);
        let workflow = self.scope.workflow().map(|workflow| workflow.root);
        let holders = [Some(self.step.node), job, workflow].into_iter().flatten();
        holders.filter_map(|holder| holder.field("env")).find_map(|env| env.field(name))
    }
}

impl Surroundings for Around<'_, '_> {
    fn sets(&self, name: &str) -> bool {
        is_of_runner(name) || self.env(name).is_some()
    }

    fn resolve(&self, word: &Word) -> Option<String> {
        self.script.shell.resolve(word, &|name| match self.env(name) {
            Some(value) => Some(value.text().to_owned()).filter(|text| !text.contains("${{")),
            // What it is does not matter: it is one word, and never empty.
            None => (is_of_runner(name) || matches!(name, "HOME" | "PWD")).then(|| "set".to_owned()),
        })
    }
}

/// Whether the runner sets a variable for every step.
fn is_of_runner(name: &str) -> bool {
    name.starts_with("RUNNER_") || name.starts_with("GITHUB_") && !matches!(name, "GITHUB_HEAD_REF" | "GITHUB_BASE_REF")
}

fn unquoted_variable(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = shell::unquoted_variable(subject);
    for command in subject.script.commands.iter().filter(|command| command.is("[")) {
        let Some((word, name)) = unquoted_operand(command) else { continue };
        // What the script sets itself is seldom empty.
        if subject.assigns(name) || subject.surroundings.resolve(word).is_some_and(|value| !value.is_empty()) {
            continue;
        }
        faults.push(Fault {
            span: word.span,
            name: name.to_owned(),
            message: format!("`{}` leaves the test without a word when it is empty", word.raw),
            help: "put it in double quotes",
        });
    }
    faults
}

/// A word of `[ … ]` that is nothing but an unquoted variable on the left of a comparison.
fn unquoted_operand(command: &Command) -> Option<(&Word, &str)> {
    const COMPARISONS: &[&str] = &["=", "==", "!=", "-eq", "-ne", "-gt", "-lt", "-ge", "-le"];
    command.args.iter().zip(command.args.iter().skip(1)).find_map(|(word, operator)| {
        let expansions = word.expansions();
        let [only] = expansions.as_slice() else { return None };
        let (name, rest) = only.variable()?;
        let is_bare = rest.is_empty() && !only.quoted && only.text.len() == word.raw.len();
        (is_bare && COMPARISONS.contains(&operator.text.as_str())).then_some((word, name))
    })
}
