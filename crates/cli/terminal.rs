//! What the terminal can show, and writing to it.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};

use portcullis_engine::EngineError;
use portcullis_engine::config::{ConfigFileError, ImportError, UnknownRule};
use portcullis_report::{Color, FileLinks, Glyphs, Options, Thousands};

use crate::args::ColorChoice;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of standard output has gone; there is nobody left to tell.
    ClosedPipe,
    /// What went wrong, without `error: ` and the final dot; further lines say more.
    Message(String),
    /// The same with its own place and `error: ` in it.
    Placed(String),
}

impl Failure {
    /// A message with what to do about it.
    pub(crate) fn with_help(message: impl fmt::Display, help: impl fmt::Display) -> Self {
        Self::Message(format!("{message}\n  help: {help}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedPipe => f.write_str("error: the output was closed"),
            Self::Message(message) => write!(f, "error: {message}"),
            Self::Placed(message) => f.write_str(message),
        }
    }
}

impl From<io::Error> for Failure {
    /// Of an error while writing to standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::Message(format!("cannot write the output: {error}"))
        }
    }
}

impl From<ConfigFileError> for Failure {
    fn from(error: ConfigFileError) -> Self {
        match error {
            ConfigFileError::Invalid { .. } => Self::Placed(error.to_string()),
            ConfigFileError::TwoFiles(..) | ConfigFileError::Unreadable { .. } => Self::Message(error.to_string()),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::File(error) => error.into(),
            ImportError::Unknown(_) => Self::with_help(
                error,
                "name it as the tool does, such as .hadolint.yaml, .checkov.yaml or .trivyignore",
            ),
            ImportError::Invalid { .. } => Self::Message(error.to_string()),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error.help() {
            Some(help) => Self::with_help(error, help),
            None => Self::Message(error.to_string()),
        }
    }
}

impl From<UnknownRule> for Failure {
    fn from(unknown: UnknownRule) -> Self {
        Self::with_help(&unknown, unknown.help())
    }
}

/// Says something on standard error; nothing is to be done where that is closed.
pub(crate) fn complain(message: &str) {
    // A file's name may hold what would drive the terminal, or a line that a workflow's runner takes for a command.
    let harmless = message.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "\u{fffd}");
    // The runner looks past blanks for the one, and for the other anywhere.
    let lines = harmless.replace("##[", "##\u{fffd}[");
    let is_command = |line: &&str| line.trim_start().starts_with("::");
    let lines: Vec<String> =
        lines.split('\n').map(|line| format!("{}{line}", if is_command(&line) { "\u{fffd}" } else { "" })).collect();
    let _ = writeln!(io::stderr(), "{}", lines.join("\n"));
}

/// Writes a whole text to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(())
}

/// How to write to standard output, as it and the environment want it.
pub(crate) fn options(color: ColorChoice) -> Options {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let colors = match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            io::stdout().is_terminal()
                && set("NO_COLOR").is_none()
                && set("TERM").is_none_or(|terminal| terminal != "dumb")
        }
    };
    // Without any of them nothing is known, and nearly every terminal takes UTF-8.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let ascii = io::stdout().is_terminal()
        && locale.is_some_and(|locale| {
            let locale = locale.to_string_lossy().to_ascii_lowercase();
            !locale.contains("utf-8") && !locale.contains("utf8")
        });
    // A terminal without a known size (a serial line, a recorder) is told of by the variable.
    let told =
        || set("COLUMNS").and_then(|columns| columns.to_string_lossy().trim().parse().ok().filter(|width| *width > 0));
    let size = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let defaults = Options::default();
    Options {
        color: if colors { Color::Always } else { Color::Never },
        glyphs: if ascii { Glyphs::Ascii } else { Glyphs::Unicode },
        width: size.or_else(told).unwrap_or(defaults.width),
        thousands: if io::stdout().is_terminal() { Thousands::ByRule } else { Thousands::Each },
        files: file_links(),
        ..defaults
    }
}

/// Where GitHub and GitLab show the files of the commit that they run a job for.
fn file_links() -> Option<FileLinks> {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (base, revision) = match (named("GITHUB_SERVER_URL"), named("GITHUB_REPOSITORY"), named("GITHUB_SHA")) {
        (Some(server), Some(repository), Some(commit)) => (format!("{server}/{repository}/blob"), commit),
        _ => (format!("{}/-/blob", named("CI_PROJECT_URL")?), named("CI_COMMIT_SHA")?),
    };
    let is_address = base.starts_with("https://") || base.starts_with("http://");
    let is_plain = base.chars().all(|c| c.is_ascii_alphanumeric() || ":/.-_~%".contains(c));
    let is_commit = revision.chars().all(|c| c.is_ascii_hexdigit());
    (is_address && is_plain && is_commit).then_some(FileLinks { base, revision })
}
