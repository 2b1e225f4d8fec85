//! Failures that go unseen, and what happens after them.

use portcullis_syntax::shell::{Command, Joined, Script};

use super::{DECLARATIONS, Fault, Subject, assigned_by_argument};

/// `SC2164`: a change of folder whose failure is not seen by the commands after it.
pub(crate) fn cd_unchecked(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, command) in subject.commands() {
        if !command.is_any(&["cd", "pushd"]) || command.in_condition || command.wrapped_by.is_some() {
            continue;
        }
        // Upwards there is always a folder.
        let Some(folder) = command.args.iter().find(|word| !word.text.starts_with('-')) else { continue };
        if folder.text.chars().all(|c| matches!(c, '.' | '/')) || subject.script.errexit_at(index) {
            continue;
        }
        let goes_on = next_beside(subject.script, index).is_some_and(|next| next.joined == Joined::Seq);
        if goes_on {
            faults.push(Fault {
                span: command.span,
                name: folder.text.clone(),
                message: format!(
                    "when `{}` fails, what follows runs in the wrong folder",
                    command.program().unwrap_or("cd")
                ),
                help: "join what follows with `&&`, or begin with `set -e`",
            });
        }
    }
    faults
}

/// The command after this one that the same shell runs.
fn next_beside(script: &Script, index: usize) -> Option<&Command> {
    let here = script.commands.get(index)?;
    let mut later = script.commands.iter().skip(index.saturating_add(1));
    let next = later.find(|command| command.wrapped_by == here.wrapped_by && !command.substitution)?;
    (next.in_subshell == here.in_subshell
        && next.in_branch == here.in_branch
        && next.in_loop == here.in_loop
        && next.in_function == here.in_function)
        .then_some(next)
}

/// `SC2155`: a declaration with a substitution: its status is that of the declaration.
pub(crate) fn declaration_hides_failure(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, command) in subject.commands().filter(|(_, command)| command.is_any(DECLARATIONS)) {
        for word in command.args.iter().filter(|word| word.has_expansion) {
            let Some((name, _)) = assigned_by_argument(word) else { continue };
            let fails = |script: &str| !hardly_fails(script);
            let substitution =
                word.expansions().into_iter().find(|expansion| expansion.substitution().is_some_and(fails));
            if let Some(expansion) = substitution {
                let builtin = command.program().unwrap_or("export");
                faults.push(Fault {
                    span: word.part(&expansion.range),
                    name: name.to_owned(),
                    message: format!("`{builtin}` hides a failure of what `{name}` is set to"),
                    help: "set the variable first, and declare it in a command of its own",
                });
            }
        }
    }
    faults
}

/// Whether a script is one command that fails only where nothing works.
fn hardly_fails(script: &str) -> bool {
    const SURE: &[&str] = &["echo", "printf", "nproc", "uname", "arch", "pwd", "whoami", "hostname", "id", "date"];
    let script = script.trim();
    let program = script.split_ascii_whitespace().next().unwrap_or_default();
    let is_alone = !script.contains(['|', ';', '&', '\n', '$', '`']);
    is_alone && (SURE.contains(&program) || script == "dpkg --print-architecture" || script == "apk --print-arch")
}

/// Commands that hardly ever fail, so that nothing is lost when they run after a failure.
const SAFE: &[&str] = &["echo", "printf", "exit", "return", "true", ":"];

/// `SC2015`: `test && a || b` where a failure of `a` runs `b` as well.
pub(crate) fn and_or_as_if(subject: &Subject<'_>) -> Vec<Fault> {
    let is_plain = |(_, command): &(usize, &Command)| command.wrapped_by.is_none() && !command.substitution;
    let commands: Vec<(usize, &Command)> = subject.commands().filter(is_plain).collect();
    let mut faults = Vec::new();
    for window in commands.windows(3) {
        let [(_, test), (_, then), (_, otherwise)] = window else { continue };
        let is_test = |command: &Command| command.is_any(&["[", "[[", "test"]);
        let same = [then, otherwise].iter().all(|command| {
            command.in_subshell == test.in_subshell && command.in_branch == test.in_branch && command.pipe.is_none()
        });
        let is_shorthand = is_test(test)
            && test.joined != Joined::And
            && then.joined == Joined::And
            && otherwise.joined == Joined::Or
            && same
            && !test.in_condition;
        if is_shorthand && !is_test(then) && !then.is_any(SAFE) && !otherwise.is_any(SAFE) {
            let (a, b) = (then.program().unwrap_or("the first"), otherwise.program().unwrap_or("the second"));
            faults.push(Fault {
                span: otherwise.span,
                name: b.to_owned(),
                message: format!("`{b}` also runs when `{a}` fails: this is no if-then-else"),
                help: "write `if …; then …; else …; fi`",
            });
        }
    }
    faults
}

/// What must not be removed as a whole.
const ROOTS: &[&str] = &[
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib64",
    "media",
    "mnt",
    "opt",
    "root",
    "sbin",
    "srv",
    "usr",
    "usr/bin",
    "usr/lib",
    "usr/local",
    "usr/share",
    "var",
    "var/lib",
];

/// `SC2115`: `rm -r "$X/"*` where an empty `X` removes everything.
pub(crate) fn removal_of_root(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, command) in subject.commands().filter(|(_, command)| command.is("rm")) {
        if command.flag(&["-r", "-R", "--recursive"]).is_none() {
            continue;
        }
        for word in command.args.iter().filter(|word| word.has_expansion) {
            let expansions = word.expansions();
            // `${X:?}` fails and `${X:-y}` gives something where `X` is empty.
            let may_be_empty = expansions
                .iter()
                .all(|expansion| expansion.variable().is_some_and(|(_, rest)| !rest.contains(['?', '-', '=', '+'])));
            let Some(expansion) = expansions.first().filter(|_| may_be_empty) else { continue };
            let left = expansions.iter().fold(word.text.clone(), |text, expansion| text.replace(expansion.text, ""));
            let Some(below) = left.strip_prefix('/') else { continue };
            let below = below.trim_end_matches('*').trim_end_matches('/');
            if (below.is_empty() || ROOTS.contains(&below)) && subject.surroundings.resolve(word).is_none() {
                faults.push(Fault {
                    span: word.span,
                    name: expansion.text.to_owned(),
                    message: format!("removes `/{}` when `{}` is empty", left.trim_start_matches('/'), expansion.text),
                    help: "write `${NAME:?}`, which fails where it is empty",
                });
            }
        }
    }
    faults
}
