//! Which commands run other commands, and which of their words those are.

use std::ops::Range;

use super::query::OptionsWithArguments;
use super::shebang::is_shell;
use super::{Command, RedirectKind, ShellOptions, Wrapper};

/// What a command runs.
pub(super) enum Inner {
    /// These of its arguments, after the assignments that it makes for them.
    Words { wrapper: Wrapper, assignments: Range<usize>, words: Range<usize> },
    /// The text of this argument; `options` when another shell reads it.
    Code { wrapper: Wrapper, argument: usize, options: Option<ShellOptions> },
}

struct Prefix {
    names: &'static [&'static str],
    wrapper: Wrapper,
    options: OptionsWithArguments<'static>,
    /// Words of its own before the command.
    positionals: usize,
}

const fn prefix(
    names: &'static [&'static str],
    wrapper: Wrapper,
    short: &'static str,
    long: &'static [&'static str],
    positionals: usize,
) -> Prefix {
    Prefix { names, wrapper, options: OptionsWithArguments { short, long }, positionals }
}

const PREFIXES: &[Prefix] = &[
    prefix(
        &["sudo"],
        Wrapper::Sudo,
        "ugpCThrRtUD",
        &["--user", "--group", "--prompt", "--close-from", "--chdir", "--host", "--role", "--type", "--chroot"],
        0,
    ),
    prefix(&["doas"], Wrapper::Sudo, "uC", &[], 0),
    prefix(&["env"], Wrapper::Env, "uC", &["--unset", "--chdir"], 0),
    prefix(
        &["xargs"],
        Wrapper::Xargs,
        "EILnPsad",
        &["--arg-file", "--delimiter", "--max-args", "--max-procs", "--max-chars"],
        0,
    ),
    prefix(&["nice"], Wrapper::Nice, "n", &["--adjustment"], 0),
    prefix(&["ionice"], Wrapper::Nice, "cn", &["--class", "--classdata"], 0),
    prefix(&["chrt"], Wrapper::Nice, "", &[], 1),
    prefix(&["time"], Wrapper::Time, "fo", &["--format", "--output"], 0),
    prefix(&["exec"], Wrapper::Exec, "a", &[], 0),
    prefix(&["command", "builtin", "busybox", "toybox"], Wrapper::Command, "", &[], 0),
    prefix(&["gosu", "su-exec"], Wrapper::Gosu, "", &[], 1),
    prefix(&["setpriv"], Wrapper::Gosu, "", &["--reuid", "--regid", "--groups"], 0),
    prefix(&["runuser"], Wrapper::Su, "ugG", &["--user", "--group"], 0),
    prefix(&["nohup", "setsid"], Wrapper::Nohup, "", &[], 0),
    prefix(&["stdbuf"], Wrapper::Nohup, "ioe", &["--input", "--output", "--error"], 0),
    prefix(&["timeout"], Wrapper::Timeout, "sk", &["--signal", "--kill-after"], 1),
    prefix(&["chroot"], Wrapper::Chroot, "", &["--userspec", "--groups"], 1),
    prefix(&["tini", "dumb-init", "fakeroot", "eatmydata"], Wrapper::Init, "er", &[], 0),
    prefix(&["flock"], Wrapper::Init, "wE", &["--timeout", "--wait", "--conflict-exit-code"], 1),
];

/// Options of a shell that take a word of their own, `-c` left out: its argument is the first positional.
const SHELL: OptionsWithArguments<'static> =
    OptionsWithArguments { short: "oO", long: &["--rcfile", "--init-file", "+o", "+O"] };

/// What `command` runs; empty for an ordinary command.
pub(super) fn inner(command: &Command) -> Vec<Inner> {
    let Some(program) = command.program() else { return Vec::new() };
    match program {
        "find" => find(command),
        "eval" => eval(command).into_iter().collect(),
        "su" | "runuser" if command.has_flag(&["-c", "--command"]) => code(command, Wrapper::Su).into_iter().collect(),
        "flock" if command.has_flag(&["-c", "--command"]) => code(command, Wrapper::Init).into_iter().collect(),
        "command" if command.has_flag(&["-v", "-V"]) => Vec::new(),
        "busybox" | "toybox" if command.has_flag(&["--install", "--list"]) => Vec::new(),
        // Without `-u` the first word of runuser is a user, whose shell is started.
        "runuser" if !command.has_flag(&["-u", "--user"]) => Vec::new(),
        _ if is_shell(program) => shell_code(command).into_iter().collect(),
        _ => PREFIXES
            .iter()
            .find(|prefix| prefix.names.contains(&program))
            .and_then(|prefix| prefixed(command, prefix))
            .into_iter()
            .collect(),
    }
}

/// The options of the shell that reads a script from its standard input; `None` when `command` is no such shell.
pub(super) fn reads_script(command: &Command) -> Option<ShellOptions> {
    if !is_shell(command.program()?) {
        return None;
    }
    let from_input = command.args.iter().all(|word| word.text.starts_with(['-', '+'])) && !command.has_flag(&["-c"])
        || command.has_flag(&["-s"]);
    let last = command.redirects.iter().rfind(|redirect| redirect.descriptor.unwrap_or(0) == 0)?;
    (from_input && last.kind == RedirectKind::Heredoc)
        .then(|| ShellOptions::from_flags(command.args.iter().map(|word| word.text.as_str())))
}

fn prefixed(command: &Command, prefix: &Prefix) -> Option<Inner> {
    let args = &command.args;
    let mut at = 0;
    let mut own = prefix.positionals;
    let mut assignments = 0..0;
    loop {
        let text = args.get(at)?.text.as_str();
        if text == "--" {
            at = at.saturating_add(1).saturating_add(own);
            break;
        }
        if text.len() > 1 && text.starts_with('-') {
            if prefix.wrapper == Wrapper::Env && matches!(text, "-S" | "--split-string") {
                return Some(Inner::Code { wrapper: Wrapper::Env, argument: at.saturating_add(1), options: None });
            }
            at = at.saturating_add(if prefix.options.takes_next(text) { 2 } else { 1 });
        } else if matches!(prefix.wrapper, Wrapper::Env | Wrapper::Sudo) && is_assignment(text) {
            if assignments.is_empty() {
                assignments.start = at;
            }
            at = at.saturating_add(1);
            assignments.end = at;
        } else if own > 0 {
            own = own.saturating_sub(1);
            at = at.saturating_add(1);
        } else {
            break;
        }
    }
    (at < args.len()).then_some(Inner::Words { wrapper: prefix.wrapper, assignments, words: at..args.len() })
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// `bash -euxo pipefail -c '…'`
fn shell_code(command: &Command) -> Option<Inner> {
    let mut found = false;
    let mut at: usize = 0;
    loop {
        let text = command.args.get(at)?.text.as_str();
        if text == "--" || !text.starts_with(['-', '+']) {
            at = at.saturating_add(usize::from(text == "--"));
            break;
        }
        found |= text.starts_with('-') && !text.starts_with("--") && text.contains('c');
        at = at.saturating_add(if SHELL.takes_next(text) { 2 } else { 1 });
    }
    let flags = command.args.iter().take(at).map(|word| word.text.as_str());
    (found && at < command.args.len()).then(|| Inner::Code {
        wrapper: Wrapper::Shell,
        argument: at,
        options: Some(ShellOptions::from_flags(flags)),
    })
}

/// `su -c '…' user`
fn code(command: &Command, wrapper: Wrapper) -> Option<Inner> {
    let flag = command.flag(&["-c", "--command"])?;
    let at = command.args.iter().position(|word| word == flag)?;
    // `--command='…'` stays closed: its quotes start inside the word.
    let argument = at.saturating_add(1);
    let separate = !flag.text.contains('=') && argument < command.args.len();
    separate.then(|| Inner::Code { wrapper, argument, options: Some(ShellOptions::default()) })
}

/// One argument is code; several are words, as `eval` would join them.
fn eval(command: &Command) -> Option<Inner> {
    let first = usize::from(command.args.first().is_some_and(|word| word.text == "--"));
    let count = command.args.len();
    match count.saturating_sub(first) {
        0 => None,
        1 => Some(Inner::Code { wrapper: Wrapper::Eval, argument: first, options: None }),
        _ => Some(Inner::Words { wrapper: Wrapper::Eval, assignments: 0..0, words: first..count }),
    }
}

/// Commands of one `find` that are read.
const MAX_EXECS: usize = 64;
/// Redirections that they carry together: each has those of the whole.
const MAX_CARRIED: usize = 1024;

/// `find … -exec cmd {} \;`, each of them.
fn find(command: &Command) -> Vec<Inner> {
    let mut found = Vec::new();
    let mut start = None;
    let most = MAX_CARRIED.checked_div(command.redirects.len()).unwrap_or(MAX_EXECS).clamp(1, MAX_EXECS);
    for (at, word) in command.args.iter().enumerate() {
        match (start, word.text.as_str()) {
            _ if found.len() >= most => return found,
            (None, "-exec" | "-execdir" | "-ok" | "-okdir") => start = Some(at.saturating_add(1)),
            (Some(from), ";" | "+") => {
                found.push(Inner::Words { wrapper: Wrapper::Find, assignments: 0..0, words: from..at });
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start.filter(|&from| from < command.args.len()) {
        found.push(Inner::Words { wrapper: Wrapper::Find, assignments: 0..0, words: from..command.args.len() });
    }
    found
}
