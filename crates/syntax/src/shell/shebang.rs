//! The `#!` line: which language a script is in, and the options its shell starts with.

use super::ShellOptions;

/// The interpreter that a script names in its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shebang {
    /// The program as written: `/usr/bin/env`'s argument, or the path.
    pub path: String,
    /// Its base name: `bash`, `python3`.
    pub name: String,
    /// The arguments after the program.
    pub args: Vec<String>,
}

impl Shebang {
    /// Whether it is a shell whose grammar is read here.
    pub fn is_shell(&self) -> bool {
        is_shell(&self.name)
    }

    /// The options that the line turns on.
    pub fn options(&self) -> ShellOptions {
        ShellOptions::from_flags(self.args.iter().map(String::as_str))
    }
}

/// Whether `name` is a shell of the Bourne family.
pub(super) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "mksh" | "bats")
}

/// The `#!` line of `text`; `None` when there is none.
pub fn interpreter(text: &str) -> Option<Shebang> {
    let line = text.trim_start_matches('\u{feff}').strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace().peekable();
    let mut path = words.next()?;
    if base_name(path) == "env" {
        // `env -S bash -e` and `env VAR=1 bash`: what follows is the program.
        path = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
    }
    Some(Shebang { path: path.to_owned(), name: base_name(path).to_owned(), args: words.map(str::to_owned).collect() })
}

/// What follows the last slash.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

impl ShellOptions {
    /// Options turned on by the flags of a shell or of `set`: `-e`, `-euo pipefail`, `-o errexit`.
    pub fn from_flags<'a>(flags: impl IntoIterator<Item = &'a str>) -> Self {
        let mut options = Self::default();
        options.apply(flags);
        options
    }

    /// Applies the arguments of `set`. Stops at the first word that is not an option.
    pub(super) fn apply<'a>(&mut self, flags: impl IntoIterator<Item = &'a str>) {
        let mut flags = flags.into_iter();
        while let Some(flag) = flags.next() {
            let (cluster, on) = match (flag.strip_prefix('-'), flag.strip_prefix('+')) {
                (Some(cluster), _) => (cluster, true),
                (None, Some(cluster)) => (cluster, false),
                (None, None) => return,
            };
            if cluster.is_empty() || cluster == "-" {
                return;
            }
            if cluster.starts_with('-') {
                continue;
            }
            for letter in cluster.chars() {
                match letter {
                    'e' => self.errexit = on,
                    'o' => match flags.next() {
                        Some("errexit") => self.errexit = on,
                        Some("pipefail") => self.pipefail = on,
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
    }
}
