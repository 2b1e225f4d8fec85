//! `portcullis baseline`, and the file of `check --baseline`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use portcullis_core::{Baseline, BaselineEntry, FileError, Files as _, ScanReport, SuppressedBy};
use portcullis_engine::{FILE_LIMIT, ScanOptions, Scanned, Silent, Standing, Worktree, merge, scan};
use portcullis_report::{read_baseline, write_baseline};

use crate::args::{BaselineArgs, BaselineCommand, BaselineScanArgs, CheckArgs, OutputFlags};
use crate::check::{config_start, misnamed, prepared};
use crate::terminal::{self, Failure};

/// The file where nothing names one.
const DEFAULT: &str = "portcullis-baseline.json";

pub(crate) fn run(args: BaselineArgs) -> Result<ExitCode, Failure> {
    let (task, args) = match args.command {
        BaselineCommand::Write(args) => (Task::Write, *args),
        BaselineCommand::Prune(args) => (Task::Prune, *args),
    };
    let (output, is_quiet, facts) = (args.output.clone(), args.quiet, args.facts.clone());
    let args = as_check(args);
    if args.paths.iter().chain(&args.input.cluster).any(|path| path == Path::new("-")) {
        let message = "a baseline is of files: standard input has no path to know its findings by";
        return Err(Failure::Message(message.to_owned()));
    }
    let mut options = prepared(&args, &[])?;
    options.needs.trace = true;
    for said in misnamed(&args.config, config_start(&args.paths)) {
        terminal::complain(&format!("note: {said}"));
    }
    let path = output.or_else(|| configured(&options)).unwrap_or_else(|| DEFAULT.into());
    let old = match read(&path, &options.cwd) {
        Err(Unread::Missing) if task == Task::Write => Baseline::default(),
        other => other.map_err(|unread| unread.of(&path))?,
    };
    let old = Arc::new(old);
    options.baseline = Some(Arc::clone(&old));
    let scanned = if facts.is_empty() {
        scan(&options, &Silent)?
    } else {
        merge(&facts, Some(&old), 0, &Silent).map_err(|error| Failure::Message(error.to_string()))?.scanned
    };
    for error in &scanned.report.errors {
        terminal::complain(&format!("error: {error}"));
    }
    if !scanned.report.errors.is_empty() {
        terminal::complain(&format!("error: {} stays as it is, for not all could be scanned", path.display()));
        return Ok(ExitCode::from(crate::FAILED));
    }
    let new = renewed(task, &old, &scanned);
    if new != *old || task == Task::Write {
        save(&new, &path)?;
    }
    if !is_quiet {
        terminal::complain(&told(task, &old, &new, &scanned, &path));
    }
    Ok(ExitCode::SUCCESS)
}

/// The baseline that a check goes by, if any.
pub(crate) fn asked(args: &CheckArgs, options: &ScanOptions) -> Result<Option<Baseline>, Failure> {
    let Some(path) = args.baseline.clone().or_else(|| configured(options)) else { return Ok(None) };
    read(&path, &options.cwd).map(Some).map_err(|unread| unread.of(&path))
}

/// The baseline of a file that is named where nothing is scanned.
pub(crate) fn named(path: &Path) -> Result<Baseline, Failure> {
    read(path, &std::env::current_dir()?).map_err(|unread| unread.of(path))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Write,
    Prune,
}

/// As `check` would be asked.
fn as_check(args: BaselineScanArgs) -> CheckArgs {
    let BaselineScanArgs { paths, facts: _, output: _, quiet: _, rules, input, config } = args;
    CheckArgs {
        shard: None,
        paths,
        fix: false,
        unsafe_fixes: false,
        staged: false,
        changed: None,
        history: None,
        explain_path: None,
        baseline: None,
        rules,
        output: OutputFlags::default(),
        input,
        config,
    }
}

/// What the configuration says, as it is reached from the working directory.
fn configured(options: &ScanOptions) -> Option<PathBuf> {
    let named = options.config.baseline.as_ref()?;
    let path = options.config_directory.as_deref().unwrap_or(&options.cwd).join(named);
    Some(path.strip_prefix(&options.cwd).map_or_else(|_| path.clone(), Path::to_owned))
}

/// Why there is no baseline.
enum Unread {
    Missing,
    Fault(String),
}

impl Unread {
    fn of(self, path: &Path) -> Failure {
        match self {
            Self::Missing => {
                let message = format!("the baseline {} does not exist", path.display());
                Failure::with_help(message, "`portcullis baseline write` makes it")
            }
            Self::Fault(why) => Failure::Message(format!("the baseline {} cannot be used: {why}", path.display())),
        }
    }
}

fn read(path: &Path, cwd: &Path) -> Result<Baseline, Unread> {
    let fault = |error: FileError| match error {
        FileError::Missing(_) => Unread::Missing,
        FileError::Unreadable { reason, .. } => Unread::Fault(reason),
        other => Unread::Fault(other.to_string()),
    };
    let Some(name) = path.to_str() else { return Err(Unread::Fault("its name is not UTF-8".to_owned())) };
    let bytes = Worktree::new(cwd.to_path_buf(), FILE_LIMIT).read(name).map_err(fault)?;
    read_baseline(&bytes).map_err(|fault| Unread::Fault(fault.to_string()))
}

/// The baseline after a scan: what is known of it under its present name, what cannot be told as it was, and all that is found
/// where it is written.
fn renewed(task: Task, old: &Baseline, scanned: &Scanned) -> Baseline {
    let report = &scanned.report;
    let kept = old.entries.iter().zip(&scanned.baseline).filter_map(|(entry, standing)| match standing {
        Standing::Held(index) => {
            let finding = report.findings.get(*index)?;
            // What a comment suppresses by now needs no entry.
            (task == Task::Prune || is_baselined(report, *index)).then(|| BaselineEntry::of(report, finding))
        }
        Standing::Unknown => Some(entry.clone()),
        Standing::Fixed => None,
    });
    let found = report.active().filter(|_| task == Task::Write).map(|finding| BaselineEntry::of(report, finding));
    Baseline::new(kept.chain(found).collect())
}

fn is_baselined(report: &ScanReport, index: usize) -> bool {
    let suppression = report.findings.get(index).and_then(|finding| finding.suppressed.as_deref());
    suppression.is_some_and(|suppression| suppression.by == SuppressedBy::Baseline)
}

/// Writes beside the file first, so that nobody ever reads half of one.
fn save(baseline: &Baseline, path: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Message(format!("{}: cannot be written: {error}", path.display()));
    let mut text = Vec::new();
    write_baseline(baseline, &mut text).map_err(failed)?;
    if path == Path::new("-") {
        return terminal::print(&text);
    }
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return std::fs::write(path, &text).map_err(failed);
    }
    let permissions = path.metadata().ok().map(|metadata| metadata.permissions());
    if permissions.as_ref().is_some_and(std::fs::Permissions::readonly) {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "it is read-only")));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let written = std::fs::write(&beside, &text)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| std::fs::set_permissions(&beside, permissions)))
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        _ = std::fs::remove_file(&beside);
        failed(error)
    })
}

fn told(task: Task, old: &Baseline, new: &Baseline, scanned: &Scanned, path: &Path) -> String {
    let count = |number: usize| format!("{number} finding{}", if number == 1 { "" } else { "s" });
    let fixed = scanned.baseline.iter().filter(|standing| **standing == Standing::Fixed).count();
    let added = match task {
        Task::Write => scanned.report.active().count(),
        Task::Prune => 0,
    };
    let mut changes = Vec::new();
    changes.extend((added > 0).then(|| format!("{added} new")));
    changes.extend((fixed > 0).then(|| format!("{fixed} fixed")));
    let changes = match (old.entries.is_empty(), changes.is_empty()) {
        (true, _) => String::new(),
        (false, true) => " (as before)".to_owned(),
        (false, false) => format!(" ({})", changes.join(", ")),
    };
    format!("{}: {}{changes}", path.display(), count(new.entries.len()))
}
