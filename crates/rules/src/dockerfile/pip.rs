//! pip and what installs like it: versions, and the cache that it leaves behind.
//!
//! Decided by the commands of each RUN. It cannot know what a requirements file holds.

use portcullis_model::dockerfile::{Call, Run};
use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::{self, Cache, Install, spot};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&UNPINNED, &CACHE_KEPT];

const OPTIONS: OptionsWithArguments<'static> = OptionsWithArguments {
    short: "rcbefit",
    long: &[
        "--requirement",
        "--constraint",
        "--build",
        "--editable",
        "--find-links",
        "--index-url",
        "--target",
        "--abi",
        "--extra-index-url",
        "--implementation",
        "--no-binary",
        "--only-binary",
        "--platform",
        "--prefix",
        "--progress-bar",
        "--proxy",
        "--python",
        "--python-version",
        "--root",
        "--root-user-action",
        "--src",
        "--trusted-host",
        "--upgrade-strategy",
        "--timeout",
        "--retries",
        "--cache-dir",
        "--log",
        "--cert",
        "--client-cert",
        "--use-feature",
        "--config-settings",
        "--global-option",
        "--install-option",
        "--report",
        "--exists-action",
        "--index",
        "--default-index",
        "--index-strategy",
        "--with",
        "--group",
        "--pip-args",
        "--suffix",
    ],
};

/// The names under which pip itself is run; `python -m pip` comes as well.
pub(super) const PIP: &[&str] = &[
    "pip", "pip2", "pip3", "pip2.7", "pip3.6", "pip3.7", "pip3.8", "pip3.9", "pip3.10", "pip3.11", "pip3.12",
    "pip3.13", "pip3.14",
];

const PYTHON: &[&str] = &[
    "python",
    "python2",
    "python3",
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
];

const CACHE: Cache = Cache { folders: &[".cache/pip"], cleaners: &[(PIP, &["cache", "purge"])] };

rule! {
    /// pip installs a package without a version
    ///
    /// A package index serves whatever was released last: two builds differ, and a hijacked release is in the image at
    /// the next build. A requirements or constraints file decides elsewhere and is accepted, as is a range. Looks at every
    /// stage, at `pip`, `python -m pip`, `uv pip` and `pipx`. Variables are read; a name that is not known, a path and a
    /// URL are no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM python:3.13
    /// RUN pip install --no-cache-dir flask
    /// ```
    /// ```dockerfile bad:2
    /// FROM python:3.13
    /// RUN python -m pip install git+https://example.com/team/tool.git
    /// ```
    /// ```dockerfile good
    /// FROM python:3.13
    /// ARG FLASK=3.0.3
    /// RUN pip install --index-url https://example.com/simple flask==${FLASK} "jinja2>=3,<4" && pip install -r req.txt
    /// RUN pip install . ./tool.whl https://example.com/tool.zip && uv pip install -c limits.txt flask
    /// RUN pip install $EXTRA
    /// ```
    UNPINNED = "docker-pip-unpinned" {
        check: Check::Dockerfile(unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3013", "kics:02d9c71f", "scorecard:pipCommand"],
    }
}

/// Flags that name a file which decides, or take the index away.
const DECIDED_ELSEWHERE: &[&str] = &["-r", "--requirement", "-c", "--constraint", "--no-index", "--require-hashes"];

fn unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        for install in installs(run).into_iter().chain(other_installs(run)) {
            if install.call.command.flag_among(DECIDED_ELSEWHERE, &OPTIONS).is_none() {
                packages::report_unpinned(run, report, &install, is_pinned, "write `name==version`, or use `-r FILE`");
            }
        }
    }
}

fn is_pinned(text: &str) -> bool {
    let archive = [".whl", ".tar.gz", ".zip", ".tar.bz2"].iter().any(|suffix| text.ends_with(suffix));
    let is_repository = ["git", "hg", "svn", "bzr"]
        .iter()
        .any(|system| text.strip_prefix(system).is_some_and(|rest| rest.starts_with('+') || rest.starts_with("://")));
    if is_repository {
        // `git@host` names a user, not a version.
        return text.rsplit('/').next().is_some_and(|last| last.contains('@'));
    }
    text.contains(['=', '<', '>', '/', '@']) || text.starts_with('.') || archive
}

/// The commands that install by pip itself.
fn installs<'r>(run: &'r Run<'_>) -> Vec<Install<'r>> {
    let direct = run.calls(PIP).filter_map(|call| packages::subcommand(call, &[&["install"]], &OPTIONS));
    let module = run.calls(PYTHON).filter_map(|call| {
        call.command.option_value(&["-m"]).filter(|value| value.text == "pip")?;
        packages::subcommand(call, &[&["pip", "install"], &["install"]], &PYTHON_OPTIONS)
    });
    direct.chain(module).collect()
}

/// `-m` is not counted as an option with an argument, so that `pip` stands before `install`.
const PYTHON_OPTIONS: OptionsWithArguments<'static> = OptionsWithArguments { short: "rcbfitWX", long: OPTIONS.long };

/// The commands of other tools that install from the same index.
fn other_installs<'r>(run: &'r Run<'_>) -> Vec<Install<'r>> {
    let uv = run
        .calls(&["uv"])
        .filter_map(|call| packages::subcommand(call, &[&["pip", "install"], &["tool", "install"]], &OPTIONS));
    let pipx = run.calls(&["pipx"]).filter_map(|call| packages::subcommand(call, &[&["install"]], &OPTIONS));
    uv.chain(pipx).collect()
}

rule! {
    /// Cache of pip stays in the image
    ///
    /// Wheels and archives that were downloaded to be installed are kept a second time in `~/.cache/pip`. Looks at the
    /// final stage and the stages it is built from. Silent where `PIP_NO_CACHE_DIR` is on, the cache is mounted or purged
    /// in the same RUN, and for pipx and pipenv.
    ///
    /// ```dockerfile bad:2
    /// FROM python:3.13
    /// RUN pip install flask==3.0.3
    /// ```
    /// ```dockerfile good
    /// FROM python:3.13 AS build
    /// RUN pip install build==1.2.1
    /// FROM python:3.13
    /// RUN pip install --no-cache-dir flask==3.0.3
    /// RUN --mount=type=cache,target=/root/.cache/pip pip install jinja2==3.1.4
    /// ENV PIP_NO_CACHE_DIR=1
    /// RUN pip install click==8.1.7
    /// ```
    CACHE_KEPT = "docker-pip-cache-kept" {
        check: Check::Dockerfile(cache_kept),
        severity: Severity::Low,
        peers: &["hadolint:DL3042", "kics:f2f903fb"],
    }
}

fn cache_kept(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.final_runs().filter(|run| run.script.complete) {
        let emptied = CACHE.emptied_before(run);
        let switch = Switch::of(run);
        for install in installs(run) {
            let call = &install.call;
            let flag = call.open || call.command.has_flag(&["--no-cache-dir"]);
            if call.index < emptied || flag || switch.is_on(run, call) {
                continue;
            }
            report
                .at(spot(run, install.head, "pip install"), "pip leaves its download cache in the image")
                .help("add `--no-cache-dir`, or mount a cache over `/root/.cache/pip`");
        }
    }
}

/// What turns the cache off.
const SWITCH: &str = "PIP_NO_CACHE_DIR";

/// Where the script exports the switch, by the index of the command.
struct Switch(Vec<(usize, bool)>);

impl Switch {
    fn of(run: &Run<'_>) -> Self {
        let exports =
            run.script.commands.iter().enumerate().filter(|(_, command)| command.is_any(&["export", "declare"]));
        let values = exports.flat_map(|(index, command)| {
            let value = |text: &str| text.strip_prefix(SWITCH)?.strip_prefix('=').map(turns_on);
            command.args.iter().filter_map(move |word| Some((index, value(&word.text)?)))
        });
        Self(values.collect())
    }

    /// Whether it is on for a command: by its own assignment, an export before it, or ENV.
    fn is_on(&self, run: &Run<'_>, call: &Call<'_>) -> bool {
        if let Some(own) = call.command.assignments.iter().find(|assignment| assignment.name == SWITCH) {
            // A value that is not known may be any.
            return run.resolve(&own.value).is_none_or(|value| turns_on(&value));
        }
        let before = self.0.partition_point(|(index, _)| *index < call.index);
        match before.checked_sub(1).and_then(|last| self.0.get(last)) {
            Some((_, on)) => *on,
            None => run.variable(SWITCH).is_some_and(|value| turns_on(&value)),
        }
    }
}

fn turns_on(value: &str) -> bool {
    value.starts_with('$') || matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes" | "y" | "t")
}
