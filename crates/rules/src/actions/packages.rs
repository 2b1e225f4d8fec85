//! Scripts that install what nobody pinned.
//!
//! Decided by the commands of Bourne shells. A version or a lock file that an option's value or a variable names is not looked
//! into.

use portcullis_model::actions::Step;
use portcullis_syntax::shell::{Command, OptionsWithArguments, Word};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ADHOC_PACKAGES, &RUN_UNPINNED_DOWNLOAD];

const NONE: OptionsWithArguments<'_> = OptionsWithArguments { short: "", long: &[] };

rule! {
    /// Script installs a package beside the lock file
    ///
    /// `npm install left-pad` takes the newest version, with the newest of all that it needs; no lock file says what that was,
    /// and an attacker's release runs at once. Looks at npm, yarn, pnpm, gem and bundle; files and folders are no packages.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: npm install -g typescript
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: npm ci && npm install && npm install ./pkg.tgz && gem build
    /// ```
    ADHOC_PACKAGES = "actions-adhoc-packages" {
        check: Check::Actions(ActionsCheck::Step(adhoc_packages)),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["cwe-1357"],
        peers: &["zizmor:adhoc-packages"],
    }
}

fn adhoc_packages(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(script) = step.script().or_else(|| step.foreign_script()) else { return };
    for command in &script.shell.commands {
        let Some(package) = adhoc(command) else { continue };
        let spot = (package.span, package.text.as_str());
        report
            .at(spot, format!("`{}` is installed without a lock file", package.text))
            .help("add it to the project's manifest and install from the lock file");
    }
}

/// The first package that a command installs by name.
fn adhoc(command: &Command) -> Option<&Word> {
    let subcommands: &[&str] = match command.program()? {
        "npm" => &["install", "i", "in", "ins", "inst", "insta", "instal", "isnt", "isnta", "isntal", "isntall", "add"],
        "gem" => &["install", "i"],
        "yarn" | "pnpm" | "bundle" => &["add"],
        _ => return None,
    };
    let words =
        command.positionals(&OptionsWithArguments { short: "", long: &["--prefix", "--registry", "-v", "--version"] });
    let mut words = words.into_iter();
    let mut first = words.next()?;
    if first.text == "global" {
        first = words.next()?;
    }
    if !subcommands.contains(&first.text.as_str()) {
        return None;
    }
    words.find(|word| !is_path(&word.text) && !word.has_expansion)
}

fn is_path(text: &str) -> bool {
    text.starts_with(['.', '/', '~']) || text.ends_with(".tgz") || text.ends_with(".gem") || text.contains("://")
}

rule! {
    /// Script runs or installs what is not pinned
    ///
    /// What a server sends today, and tomorrow something else: a script piped into a shell, a Python package without a version,
    /// a Go program at `latest`. Silent where a version, a requirements file or a lock file is named, and on the project's own
    /// folder.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: curl -sSL https://example.com/install.sh | bash
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: go install example.com/tool@latest
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: |
    ///           pip install -r requirements.txt
    ///           pip install tool==1.2.3 .
    ///           go install example.com/tool@v1.2.3
    ///           curl -sSL https://example.com/data.json | jq .
    /// ```
    RUN_UNPINNED_DOWNLOAD = "actions-run-unpinned-download" {
        check: Check::Actions(ActionsCheck::Step(run_unpinned_download)),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["cwe-494"],
        peers: &["scorecard:Pinned-Dependencies", "poutine:unverified_script_exec"],
    }
}

fn run_unpinned_download(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(script) = step.script() else { return };
    let commands = &script.shell.commands;
    for (index, command) in commands.iter().enumerate() {
        if let Some(package) = unpinned_package(command) {
            let spot = (package.span, package.text.as_str());
            report
                .at(spot, format!("`{}` is installed in whatever version is newest", package.text))
                .help("name the version");
        }
        if let Some(shell) = reader(commands, index, command) {
            let spot = (command.span.to(shell.span), "pipe");
            let runner = shell.program().unwrap_or("a shell");
            report
                .at(spot, format!("what is downloaded is run by `{runner}` unseen"))
                .help("download it to a file, compare its checksum, then run it");
        }
    }
}

/// The shell that reads what a download writes.
fn reader<'c>(commands: &'c [Command], index: usize, download: &Command) -> Option<&'c Command> {
    if !download.is_any(&["curl", "wget"]) {
        return None;
    }
    let pipe = download.pipe?;
    let shells = &["sh", "bash", "dash", "zsh", "python", "python3", "node", "perl", "ruby"];
    let later = commands.iter().skip(index.saturating_add(1)).take(200);
    let mut later = later.filter(|other| other.pipe.is_some_and(|other| other.pipeline == pipe.pipeline));
    later.find(|other| {
        let takes = if other.is_any(&["sh", "bash", "dash", "zsh"]) { other.has_flag(&["-c"]) } else { false };
        let first = other.positionals(&NONE).first().map(|word| word.text.as_str());
        let has_file = first.is_some_and(|word| word != "-" && !other.has_flag(&["-s"]));
        other.is_any(shells) && !takes && !has_file && !other.has_flag(&["-m", "-e"])
    })
}

fn unpinned_package(command: &Command) -> Option<&Word> {
    match command.program()? {
        "pip" | "pip3" | "pipx" => pip(command),
        "python" | "python3" => {
            let words: Vec<&str> = command.args.iter().take(2).map(|word| word.text.as_str()).collect();
            if words == ["-m", "pip"] { pip(command) } else { None }
        }
        "go" => {
            let words = command.positionals(&NONE);
            let (first, rest) = words.split_first()?;
            let is_open = |word: &&&Word| word.text.ends_with("@latest") || word.text.ends_with("@master");
            if matches!(first.text.as_str(), "install" | "run") { rest.iter().find(is_open).copied() } else { None }
        }
        _ => None,
    }
}

/// The first package of `pip install` that has neither version nor hash.
fn pip(command: &Command) -> Option<&Word> {
    let options = OptionsWithArguments {
        short: "rcefmit",
        long: &[
            "--requirement",
            "--constraint",
            "--editable",
            "--find-links",
            "--index-url",
            "--extra-index-url",
            "--target",
            "--prefix",
            "--root",
            "--group",
            "--python",
            "--trusted-host",
            "--timeout",
            "--retries",
            "--platform",
        ],
    };
    let is_locked = command.has_flag(&["--require-hashes", "--no-index", "-r", "--requirement", "-c", "--constraint"]);
    let words = command.positionals(&options);
    let mut words = words.into_iter().skip_while(|word| matches!(word.text.as_str(), "pip"));
    if is_locked || words.next()?.text != "install" {
        return None;
    }
    // The installer itself is brought up to date everywhere.
    let is_tool = |name: &str| matches!(name, "pip" | "setuptools" | "wheel");
    words.find(|word| {
        let text = word.text.as_str();
        !is_path(text)
            && !text.ends_with(".whl")
            && !text.contains(['=', '<', '@'])
            && !word.has_expansion
            && !is_tool(text)
    })
}
