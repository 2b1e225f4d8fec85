//! Words that the shell makes into something else than what is written: split, globbed, or not expanded at all.

use portcullis_syntax::shell::{Command, Word};

use super::{DECLARATIONS, Fault, Subject, assigned_by_argument, is_one_word};

/// `SC2086`: variables outside of quotes whose values may hold blanks.
pub(crate) fn unquoted_variable(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, command) in subject.commands() {
        for word in split_words(command) {
            for expansion in word.expansions().into_iter().filter(|expansion| !expansion.quoted) {
                let Some((name, rest)) = expansion.variable() else { continue };
                // `${X:+y}` gives what is written there, and `${X[@]}` is about arrays.
                let gives_value = !rest.starts_with(['+', '[', '@']) && !rest.starts_with(":+");
                if gives_value && subject.assigned().may_surprise(name) {
                    faults.push(Fault {
                        span: word.part(&expansion.range),
                        name: name.to_owned(),
                        message: format!("`{}` is split at blanks, and patterns in it are expanded", expansion.text),
                        help: "put it in double quotes",
                    });
                }
            }
        }
    }
    faults
}

/// `SC2046`: substitutions outside of quotes.
pub(crate) fn unquoted_substitution(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, command) in subject.commands() {
        for word in split_words(command) {
            for expansion in word.expansions().into_iter().filter(|expansion| !expansion.quoted) {
                let Some(script) = expansion.substitution() else { continue };
                let program = script.split_ascii_whitespace().next().unwrap_or_default();
                // These are there to give several words, or one or none.
                let is_meant = matches!(program, "seq" | "pgrep") || is_choice(script);
                if is_one_word(script) || is_meant {
                    continue;
                }
                let what = if script.contains(['|', ';', '&', '\n']) {
                    "the script".to_owned()
                } else {
                    format!("`{program}`")
                };
                faults.push(Fault {
                    span: word.part(&expansion.range),
                    name: program.to_owned(),
                    message: format!("the output of {what} is split at blanks, and patterns in it are expanded"),
                    help: "put it in double quotes, or read it line by line where it is a list",
                });
            }
        }
    }
    faults
}

/// `[ -f a ] && echo --with-a`, or the same with `if`.
fn is_choice(script: &str) -> bool {
    let script = script.trim_start();
    let (test, joint) = script.strip_prefix("if ").map_or((script, "&&"), |test| (test, "then "));
    let after = test.split_once(joint).map(|(_, after)| after.trim_start());
    ["test ", "[ ", "[[ "].iter().any(|bracket| test.starts_with(bracket))
        && after.is_some_and(|then| then.starts_with("echo "))
}

/// Programs that are given lists of packages: there a variable is split on purpose, and no package's name has a blank.
const TAKE_LISTS: &[&str] = &[
    "apk",
    "apt",
    "apt-get",
    "apt-mark",
    "aptitude",
    "yum",
    "dnf",
    "microdnf",
    "tdnf",
    "zypper",
    "pacman",
    "rpm",
    "dpkg",
    "pip",
    "pip3",
    "npm",
    "yarn",
    "gem",
    "pecl",
    "docker-php-ext-install",
    "docker-php-ext-enable",
    "opkg",
    "emerge",
    "conda",
];

/// The arguments that the shell splits and ought not to: none of `[[`, no assignments, no lists of packages.
fn split_words(command: &Command) -> impl Iterator<Item = &Word> {
    let declares = command.is_any(DECLARATIONS);
    let is_meant = command.is("[[") || command.is_any(TAKE_LISTS);
    let words = command.args.iter().filter(|word| word.unquoted_expansion);
    words.filter(move |word| !(is_meant || declares && assigned_by_argument(word).is_some()))
}

/// Commands that expand, later or elsewhere, what they are given.
const EXPAND_LATER: &[&str] = &[
    "trap",
    "sh",
    "bash",
    "ash",
    "dash",
    "ksh",
    "zsh",
    "su",
    "ssh",
    "eval",
    "alias",
    "sudo",
    "env",
    "xargs",
    "find",
    "docker",
    "podman",
    "kubectl",
    "awk",
    "gawk",
    "mawk",
    "sed",
    "perl",
    "ruby",
    "python",
    "python3",
    "node",
    "php",
    "jq",
    "yq",
    "rg",
    "grep",
    "egrep",
    "envsubst",
    "dpkg-query",
    "rename",
    "git",
    "gh",
    "unset",
    "make",
    "cmake",
    "expect",
    "psql",
    "mysql",
    "tee",
    "runuser",
    "gosu",
    "parallel",
    "pwsh",
    "lua",
    "R",
    "Rscript",
    "julia",
];

/// `SC2016`: variables in single quotes, which stay as they are. Only those that the file sets count.
pub(crate) fn expansion_in_single_quotes(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, command) in subject.commands() {
        // What goes into a file or a pipe may be expanded there.
        let is_kept = command.pipe.is_none() && command.redirects.is_empty();
        if !is_kept || command.wrapped_by.is_some() || command.program().is_none_or(|name| EXPAND_LATER.contains(&name))
        {
            continue;
        }
        for word in command.args.iter().filter(|word| word.quoted && word.raw.contains('\'')) {
            let Some(name) = single_quoted_variable(&word.raw) else { continue };
            if subject.surroundings.sets(name) || subject.assigned().sets(name) {
                faults.push(Fault {
                    span: word.span,
                    name: name.to_owned(),
                    message: format!("`${name}` is not replaced in single quotes"),
                    help: "use double quotes",
                });
            }
        }
    }
    faults
}

/// The first variable in single quotes; nothing where double quotes or escapes make it hard to say what is quoted.
fn single_quoted_variable(raw: &str) -> Option<&str> {
    if raw.contains(['"', '\\']) || raw.contains("$'") {
        return None;
    }
    let mut quoted = raw.split('\'').skip(1).step_by(2);
    quoted.find_map(|text| {
        let rest = text.split_once('$')?.1;
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(..end).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
    })
}

/// Commands to which a leading pattern is no file, or that have no options.
const NO_FILES: &[&str] =
    &["echo", "printf", "expr", "test", "[", "[[", "let", "find", "case", "eval", "set", "unzip", "tar", "apt-get"];

/// `SC2035`: patterns that begin with a wildcard, whose matches may begin with a dash.
pub(crate) fn glob_as_option(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, command) in subject.commands() {
        if command.program().is_none_or(|name| NO_FILES.contains(&name)) {
            continue;
        }
        let files = command.args.iter().take_while(|word| word.text != "--");
        for word in files.filter(|word| !word.quoted && word.raw.starts_with(['*', '?'])) {
            faults.push(Fault {
                span: word.span,
                name: word.raw.clone(),
                message: format!("a file that `{}` finds may be taken for an option", word.raw),
                help: "write `./` before the pattern, or `--` before the files",
            });
        }
    }
    faults
}
