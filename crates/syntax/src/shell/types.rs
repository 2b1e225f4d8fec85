//! What a script is made of: plain data that rules read.

use portcullis_core::Span;

use super::word::Part;

/// One simple command. Commands stand in source order; a command reached through another (by a wrapper or inside a
/// substitution) stands after it.
#[derive(Clone, Debug)]
pub struct Command {
    /// `X=1` before the name, or on its own.
    pub assignments: Vec<Assignment>,
    /// The first word; `None` for a plain assignment or a bare redirection.
    pub name: Option<Word>,
    /// The words after the name.
    pub args: Vec<Word>,
    /// Redirections, in order.
    pub redirects: Vec<Redirect>,
    /// From the first to the last token of the command.
    pub span: Span,
    /// Inside `( … )`, a substitution or another shell.
    pub in_subshell: bool,
    /// A condition of `if`, `while` or `until`, or negated with `!`: its failure does not end the script.
    pub in_condition: bool,
    /// Inside a function's body: it runs when the function is called, if at all.
    pub in_function: bool,
    /// Inside a loop's condition or body.
    pub in_loop: bool,
    /// Inside a branch of `if` or `case`: it may not run.
    pub in_branch: bool,
    /// Its place in the innermost pipeline; `None` outside of one.
    pub pipe: Option<PipePosition>,
    /// How it is joined to what stands before it.
    pub joined: Joined,
    /// The wrapper through which it was reached.
    pub wrapper: Option<Wrapper>,
    /// Index of the command that wraps this one.
    pub wrapped_by: Option<usize>,
    /// Inside `$(…)`, backticks, `<(…)` or `>(…)`.
    pub substitution: bool,
    /// Substitutions that enclose it; a pipeline spans commands of one level.
    pub(super) level: u16,
    /// The (sub)shell that runs it: an index into the script's scopes.
    pub(super) scope: u32,
    pub(super) options: ShellOptions,
}

/// Where a command stands in a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipePosition {
    /// The pipeline, unique in the script.
    pub pipeline: u32,
    /// From 0.
    pub index: u32,
    /// Whether it is the end of the pipeline, whose status is the pipeline's.
    pub last: bool,
}

/// How a command is joined to the one before it. The first command of a group takes the group's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Nothing stands before it.
    First,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;`, a newline, or a keyword such as `then`.
    Seq,
    /// `&`: the command before it runs in the background.
    Background,
    /// `|` or `|&`
    Pipe,
}

/// The command that runs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// `sudo`, `doas`
    Sudo,
    /// `env`
    Env,
    /// `xargs`
    Xargs,
    /// `nice`, `ionice`, `chrt`
    Nice,
    /// `time`
    Time,
    /// `exec`
    Exec,
    /// `command`, `builtin`, `busybox`
    Command,
    /// A shell: `sh -c '…'`, `bash <<EOF`
    Shell,
    /// `su -c '…'`, `runuser`
    Su,
    /// `gosu`, `su-exec`, `setpriv`
    Gosu,
    /// `nohup`, `setsid`, `stdbuf`
    Nohup,
    /// `timeout`
    Timeout,
    /// `eval`
    Eval,
    /// `chroot`
    Chroot,
    /// `find … -exec`
    Find,
    /// An init or a lock: `tini`, `dumb-init`, `flock`, `fakeroot`.
    Init,
}

/// A word of a command.
#[derive(Clone, Debug)]
pub struct Word {
    /// After quote removal; expansions stay as written (`foo=$VER`).
    pub text: String,
    /// As written.
    pub raw: String,
    /// Where it stands in the source.
    pub span: Span,
    /// Whether any part of it is quoted.
    pub quoted: bool,
    /// Whether it holds an expansion: `$X`, `$(…)`, arithmetic, `${{ … }}`.
    pub has_expansion: bool,
    /// Whether an expansion stands outside of quotes, and so is split and globbed.
    pub unquoted_expansion: bool,
    /// Names of the variables it reads, in order.
    pub variables: Vec<String>,
    pub(super) parts: Vec<Part>,
    pub(super) scope: u32,
}

/// `NAME=value`
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The variable; `A[1]=x` gives `A`.
    pub name: String,
    /// `NAME+=value` or an element of an array: what the variable holds afterwards is not the value.
    pub partial: bool,
    /// What is assigned; empty text for `NAME=`.
    pub value: Word,
    /// All of it.
    pub span: Span,
}

/// `2> file`, `<<EOF`
#[derive(Clone, Debug)]
pub struct Redirect {
    /// What it does.
    pub kind: RedirectKind,
    /// The number before the operator.
    pub descriptor: Option<u32>,
    /// The file, the descriptor, the here-string, or the delimiter of a heredoc.
    pub target: Word,
    /// From the descriptor to the end of the target.
    pub span: Span,
    /// The body of a heredoc.
    pub heredoc: Option<Heredoc>,
}

/// The operator of a redirection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>` and `>|`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&` and `>&`
    Duplicate,
    /// `&>`
    WriteBoth,
    /// `&>>`
    AppendBoth,
    /// `<<` and `<<-`
    Heredoc,
    /// `<<<`
    HereString,
}

/// The body of a heredoc.
#[derive(Clone, Debug)]
pub struct Heredoc {
    /// As written, indentation included.
    pub body: String,
    /// From the first to the last line, without the delimiter's.
    pub span: Span,
    /// Whether the delimiter is quoted, so that nothing in the body expands.
    pub quoted: bool,
}

/// The two shell options that decide whether a failure is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShellOptions {
    /// `set -e`
    pub errexit: bool,
    /// `set -o pipefail`
    pub pipefail: bool,
}
