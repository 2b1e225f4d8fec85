//! Which shell runs a `run:`, and on which system.

use portcullis_syntax::shell::ShellOptions;
use portcullis_syntax::{Lookup, Node};

/// The shell of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell<'t> {
    /// Bash, sh and their family, with the options that the runner starts it with.
    Bourne(Family, ShellOptions),
    /// PowerShell.
    PowerShell,
    /// `cmd`
    Cmd,
    /// `python`
    Python,
    /// A command of the author's own.
    Custom(&'t str),
    /// It depends on what is not known: the runner, an expression.
    Unknown,
}

/// The shells that read one language, more or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Bash; also where nothing is said, though a container without it gets `sh`.
    Bash,
    /// `sh`, `dash`
    Posix,
    /// `zsh`, which splits and matches by rules of its own.
    Zsh,
}

/// The system of a runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// `ubuntu-…`, `linux`
    Linux,
    /// `macos-…`
    MacOs,
    /// `windows-…`
    Windows,
    /// Not told by the labels.
    Unknown,
}

impl<'t> Shell<'t> {
    /// The shell that `shell:` names.
    pub fn named(text: &'t str) -> Self {
        if text.contains("${{") {
            return Self::Unknown;
        }
        let mut words = text.split_whitespace();
        let program = words.next().unwrap_or_default();
        let is_alone = words.clone().next().is_none();
        let base = program.rsplit(['/', '\\']).next().unwrap_or(program);
        match base.strip_suffix(".exe").unwrap_or(base) {
            name @ ("bash" | "sh" | "zsh" | "dash") => {
                let family = match name {
                    "bash" => Family::Bash,
                    "zsh" => Family::Zsh,
                    _ => Family::Posix,
                };
                // By its bare name a shell is started with `-e`, and Bash with `-o pipefail`, too.
                let defaults = ShellOptions { errexit: true, pipefail: family == Family::Bash };
                Self::Bourne(family, if is_alone { defaults } else { ShellOptions::from_flags(words) })
            }
            "pwsh" | "powershell" => Self::PowerShell,
            "cmd" => Self::Cmd,
            "python" | "python3" => Self::Python,
            _ => Self::Custom(text),
        }
    }

    /// The shell of a step, given the defaults that its job and its workflow set.
    pub(super) fn of(own: Lookup<'t>, defaults: Option<Node<'t>>, os: Os) -> Self {
        match own {
            Lookup::Present(node) => Self::named(node.text()),
            Lookup::Unknown(_) => Self::Unknown,
            Lookup::Absent(_) => match (defaults, os) {
                (Some(node), _) => Self::named(node.text()),
                (None, Os::Linux | Os::MacOs) => {
                    Self::Bourne(Family::Bash, ShellOptions { errexit: true, pipefail: false })
                }
                (None, Os::Windows) => Self::PowerShell,
                (None, Os::Unknown) => Self::Unknown,
            },
        }
    }
}

/// The system that `runs-on:` asks for.
pub fn operating_system(runs_on: Lookup<'_>) -> Os {
    let Some(node) = runs_on.present() else { return Os::Unknown };
    let labels = if node.is_map() { node.get("labels").present() } else { Some(node) };
    let labels = labels.map(super::one_or_many).unwrap_or_default();
    let systems = labels.iter().map(|label| match label.text().to_ascii_lowercase().as_str() {
        text if text.contains("${{") => Os::Unknown,
        text if text.starts_with("ubuntu-") || text == "linux" || text == "ubuntu" => Os::Linux,
        text if text.starts_with("macos-") || text == "macos" => Os::MacOs,
        text if text.starts_with("windows-") || text == "windows" => Os::Windows,
        _ => Os::Unknown,
    });
    systems.into_iter().find(|os| *os != Os::Unknown).unwrap_or(Os::Unknown)
}
