//! `portcullis check`: from arguments to a scan, its outputs and the exit code.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use portcullis_core::{Catalog, FixSafety, Note, NoteKind, ScanReport, Severity};
use portcullis_engine::config::{Config, DEFAULT_FAIL_ON, FILE_NAMES, select_rules};
use portcullis_engine::{
    BundleChoice, Exclusions, FILE_LIMIT, Fixed, GitPlaces, Needs, POLICY_TAG, PackChoice, Policies, PolicySources,
    Progress, ScanOptions, Scanned, Shard, Stdin, Tree, fix, history, scan, ways,
};
use portcullis_report::{Color, Format, Options, SuppressedFindings, Thousands, Verbosity, summary_line, write};
use portcullis_rules::Date;

use crate::args::{Asked, CheckArgs, ConfigFlags, Destination, Output, OutputFlags, PolicyFlags};
use crate::terminal::{self, Failure};
use crate::{baseline, db};

/// Scans, writes every output and says how it went.
pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let stream = if args.fix && reads_stdin(args) { Stream::Error } else { Stream::Output };
    let outputs = outputs(&args.output, stream)?;
    let facts = facts_output(args)?;
    // All of a scan that leaves no facts is no part: nothing is withheld for others.
    let shard = args.shard.filter(|shard| facts.is_some() || !shard.is_whole());
    refuse_part(args, shard, facts)?;
    let mut options = prepared(args, &outputs)?;
    options.shard = shard;
    options.baseline = baseline::asked(args, &options)?.map(Arc::new);
    let fail_on = args.rules.fail_on.or(options.config.fail_on).unwrap_or(DEFAULT_FAIL_ON);
    if facts.is_some() {
        // Which reports the merge will write is not known.
        options.needs = Needs { packages: options.needs.packages, facts: true, ..needs(Format::ALL.into_iter()) };
        options.config.fail_on = Some(fail_on);
    }
    if options.shard.is_some() && (options.stdin.is_some() || !options.pipes.is_empty()) {
        return Err(Failure::Message("--shard: standard input and pipes come to one part alone".to_owned()));
    }
    if let Some(package) = &args.explain_path {
        return explain_path(&options, package);
    }
    let meter = Meter::new();
    let ended = match &args.history {
        Some(range) => history(&options, range, &meter).map(Ended::Scanned),
        None if args.fix => fix(&options, &meter).map(Ended::Fixed),
        None => scan(&options, &meter).map(Ended::Scanned),
    };
    meter.clear();
    let scanned = match ended? {
        Ended::Scanned(scanned) => scanned,
        Ended::Fixed(fixed) => tell_fixes(fixed, &args.output)?,
    };
    if !args.output.quiet {
        for said in misnamed(&args.config, config_start(&args.paths)) {
            terminal::complain(&format!("note: {said}"));
        }
    }
    if let (Some(destination), Some(bytes)) = (facts, &scanned.facts) {
        write_facts(destination, bytes)?;
    }
    conclude(scanned, &outputs, stream, (&args.output, options.date), fail_on, !args.paths.is_empty())
}

/// Refuses what a part of a scan cannot do.
fn refuse_part(args: &CheckArgs, shard: Option<Shard>, facts: Option<&Destination>) -> Result<(), Failure> {
    let (message, help) = match shard {
        Some(_) if args.changed.is_some() => (
            "--changed cannot be used with --shard: what a change is to blame for is known to the whole scan alone",
            "scan the whole tree with --changed, or the parts with --baseline",
        ),
        Some(_) if args.baseline.is_some() && facts.is_none() => (
            "--baseline with --shard: what is known is told from what is new when the parts are put together",
            "leave the facts of the part: --format facts=PATH",
        ),
        _ => return Ok(()),
    };
    Err(Failure::with_help(message, help))
}

/// Where the facts of a part go, where they are asked for.
fn facts_output(args: &CheckArgs) -> Result<Option<&Destination>, Failure> {
    let facts = args.output.facts();
    if facts.is_some() && args.shard.is_none() {
        let message = "--format facts: the whole scan has nothing to leave to others";
        return Err(Failure::with_help(message, "name the part that it is: --shard 1/8"));
    }
    let to_output = |asked: &Asked| match asked {
        Asked::Report(output) => output.path.is_none(),
        Asked::Facts(destination) => destination.path.is_none(),
    };
    if facts.is_some_and(|facts| facts.path.is_none())
        && args.output.format.iter().filter(|asked| to_output(asked)).count() > 1
    {
        let message = "two formats cannot share standard output; give one a file: --format facts=PATH";
        return Err(Failure::Message(message.to_owned()));
    }
    Ok(facts)
}

fn write_facts(destination: &Destination, bytes: &[u8]) -> Result<(), Failure> {
    let Some(path) = &destination.path else { return terminal::print(bytes) };
    let written = std::fs::write(path, bytes);
    written.map_err(|error| Failure::Message(format!("{}: cannot be written: {error}", path.display())))
}

/// Writes every output of a scan, and says how it went. `has_named` says whether paths were named.
pub(crate) fn conclude(
    scanned: Scanned,
    outputs: &[Output],
    stream: Stream,
    (flags, date): (&OutputFlags, Date),
    fail_on: Severity,
    has_named: bool,
) -> Result<ExitCode, Failure> {
    let report = scanned.report;
    for output in outputs {
        let left_out = emit(&report, output, stream, (flags, date))?.filter(|_| !flags.quiet);
        if let Some(left_out) = left_out {
            let name = output.path.as_ref().map_or(output.format.name().into(), |path| path.to_string_lossy());
            terminal::complain(&format!("note: {name}: {left_out}"));
        }
    }
    tell_notes(&report, outputs, flags);
    if !flags.quiet && outputs.iter().all(|output| output.path.is_some()) {
        terminal::complain(&summary_line(&report, &Options::default()));
    }
    // What is about no file is about what was asked for, and few look for it among the findings.
    for note in report.notes.iter().filter(|note| is_for_all(note) && !flags.quiet) {
        terminal::complain(&format!("note: {}", note.message));
    }
    for error in &report.errors {
        terminal::complain(&format!("error: {error}"));
    }
    if !flags.quiet {
        tell_unrecognised(&report);
    }
    // A path that was not named is not expected to hold anything.
    let nothing = scanned.nothing && has_named;
    if nothing {
        let but = if report.stats.searched > 0 { " but texts, in which no secrets are" } else { "" };
        terminal::complain(&format!("error: nothing to scan in a directory that was named{but}"));
    }
    let failed = !report.errors.is_empty();
    let fails = !flags.exit_zero && report.active().any(|finding| finding.severity >= fail_on);
    // The process ends here; giving back hundreds of thousands of findings one by one would only take time.
    std::mem::forget(report);
    Ok(ExitCode::from(match () {
        () if failed => crate::FAILED,
        () if fails => 1,
        () if nothing => 3,
        () => 0,
    }))
}

/// The options of a scan, with what its configuration says. Selectors that name nothing are refused.
pub(crate) fn prepared(args: &CheckArgs, outputs: &[Output]) -> Result<ScanOptions, Failure> {
    let start = config_start(&args.paths);
    let (parser, combine) = (args.rules.parser, args.rules.combine);
    let asked = PolicySources { parser, combine, ..asked_policies(&args.rules.policies) };
    let policies = load_policies(&args.config, start, &asked)?;
    let rules_of = || policies.iter().flat_map(|policies| policies.rules());
    let (config, config_file) = read_config(&args.config, start, &portcullis_rules::catalog_with(rules_of()))?;
    let catalog = portcullis_rules::catalog_with(config.secret_rules().into_iter().chain(rules_of()));
    for selector in args.rules.only.iter().chain(&args.rules.skip) {
        let Err(unknown) = select_rules(&catalog, selector) else { continue };
        let Some(policies) = &policies else { return Err(unknown.into()) };
        if selector != POLICY_TAG {
            // It may be the name of a rule that could not be loaded.
            policies.errors().iter().for_each(|error| terminal::complain(&format!("error: {error}")));
            return Err(unknown.into());
        }
    }
    Ok(ScanOptions { policies, ..scan_options(args, config, config_file, outputs)? })
}

/// `--explain-path`.
fn explain_path(options: &ScanOptions, package: &str) -> Result<ExitCode, Failure> {
    let ways = ways(options, package);
    if ways.is_empty() {
        terminal::complain(&format!("note: no lockfile here has `{package}`"));
    }
    let mut text = String::new();
    for way in &ways {
        let development = if way.is_development { " (development)" } else { "" };
        let through = way.through.join(" \u{2192} ");
        _ = writeln!(text, "{}:{}: {through}{development}", way.path, way.line);
    }
    terminal::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Where an output without a path goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Output,
    /// Standard output takes the text that was fixed.
    Error,
}

/// What was done.
enum Ended {
    Scanned(Scanned),
    Fixed(Fixed),
}

/// Whether a note is about what was asked for, rather than a file or how much is not known.
fn is_for_all(note: &Note) -> bool {
    note.path.is_empty() && !note.is_minor()
}

fn reads_stdin(args: &CheckArgs) -> bool {
    args.paths.iter().chain(&args.input.cluster).any(|path| path == Path::new("-"))
}

/// Files that one line names at most: a hook hands over every file of a commit.
const MOST_NAMED: usize = 3;

/// Says which named files are not judged, and why, so that nobody takes them for sound. Of a list of sources that a hook
/// hands over, everybody knows.
fn tell_unrecognised(report: &ScanReport) {
    let searched: Vec<&str> = report
        .notes
        .iter()
        .filter(|note| note.kind == NoteKind::Searched)
        .map(|note| note.path.as_str())
        .take(MOST_NAMED + 1)
        .collect();
    if (1..=MOST_NAMED).contains(&searched.len()) {
        terminal::complain(&format!("note: searched for secrets alone: {}", searched.join(", ")));
    }
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for note in report.notes.iter().filter(|note| note.kind == NoteKind::Unrecognised) {
        let reason = note.message.strip_prefix("not judged: ").unwrap_or(&note.message);
        by_reason.entry(reason).or_default().push(&note.path);
    }
    for (reason, paths) in by_reason {
        let shown = paths.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
        let (reason, more) = match paths.len().checked_sub(MOST_NAMED) {
            None | Some(0) => (reason.to_owned(), String::new()),
            Some(more) => (reason.replace(" in it ", " in them "), format!(" and {more} more")),
        };
        terminal::complain(&format!("note: not judged, {reason}: {shown}{more}"));
    }
}

/// Writes what came on standard input, and says what was fixed.
fn tell_fixes(fixed: Fixed, flags: &OutputFlags) -> Result<Scanned, Failure> {
    if let Some(text) = &fixed.stdin {
        match terminal::print(text) {
            Err(Failure::ClosedPipe) => {}
            other => other?,
        }
    }
    let catalog = &fixed.scanned.report.catalog;
    let findings: usize = fixed.files.iter().flat_map(|file| file.rules.values()).sum();
    if !flags.quiet && findings > 0 {
        terminal::complain(&format!("Fixed {} in {}", count(findings, "finding"), count(fixed.files.len(), "file")));
    }
    let left = fixed.scanned.report.findings.iter().filter(|finding| finding.has_unsafe_fix()).count();
    if !flags.quiet && left > 0 {
        let what = if left == 1 { "1 fix is" } else { &format!("{left} fixes are") };
        terminal::complain(&format!(
            "note: {what} left that something may depend on: --unsafe-fixes applies them, too"
        ));
    }
    if flags.verbose {
        for file in &fixed.files {
            let rules: Vec<String> =
                file.rules.iter().map(|(rule, number)| format!("{number} {}", catalog.get(*rule).id)).collect();
            terminal::complain(&format!("  {}: {}", file.path, rules.join(", ")));
        }
    }
    Ok(fixed.scanned)
}

/// Kustomizations that cannot be built that are told one by one without `-v`.
const TOLD: usize = 5;

/// Says what was left out, where people read the output and it does not say so itself: with `-v` all of it, else the
/// kustomizations that cannot be built.
fn tell_notes(report: &ScanReport, outputs: &[Output], flags: &OutputFlags) {
    let shows = |format: Format| outputs.iter().any(|output| output.format == format && output.path.is_none());
    let is_told = flags.verbose && shows(Format::Pretty);
    if flags.quiet || is_told || !shows(Format::Pretty) && !shows(Format::Concise) {
        return;
    }
    let mut left_out = 0;
    let mut told = 0;
    for note in &report.notes {
        let is_unbuilt = note.kind == NoteKind::Unbuilt;
        if !flags.verbose && (!is_unbuilt || told == TOLD) {
            left_out += usize::from(is_unbuilt);
            continue;
        }
        told += 1;
        let place = if note.path.is_empty() { String::new() } else { format!("{}: ", note.path) };
        terminal::complain(&format!("note: {place}{}", note.message));
    }
    if left_out > 0 {
        let what = count(left_out, "more kustomization");
        terminal::complain(&format!("note: {what} cannot be built (-v shows them)"));
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// What is to be written: at most one to standard output, and pretty or concise by what that is where nothing is asked.
pub(crate) fn outputs(flags: &OutputFlags, stream: Stream) -> Result<Vec<Output>, Failure> {
    if flags.format.is_empty() {
        let is_terminal = stream == Stream::Output && io::stdout().is_terminal();
        let format = if is_terminal { Format::Pretty } else { Format::Concise };
        return Ok(vec![Output { format, path: None }]);
    }
    let reports = flags.reports();
    if stream == Stream::Error
        && let Some(output) = reports.iter().find(|output| output.path.is_none())
    {
        let message = "standard output takes the fixed text of standard input";
        let help = format!("give the format a file: --format {}=PATH", output.format);
        return Err(Failure::with_help(message, help));
    }
    if let [_, second, ..] = reports.iter().filter(|output| output.path.is_none()).collect::<Vec<_>>().as_slice() {
        let message =
            format!("two formats cannot share standard output; give one a file: --format {0}=PATH", second.format);
        return Err(Failure::Message(message));
    }
    let mut files = HashSet::new();
    let paths = reports
        .iter()
        .filter_map(|output| output.path.as_deref())
        .chain(flags.facts().and_then(|facts| facts.path.as_deref()));
    if let Some(twice) = paths.into_iter().find(|path| !files.insert(*path)) {
        return Err(Failure::Message(format!("two formats cannot share the file {}", twice.display())));
    }
    Ok(reports)
}

/// Where the configuration is looked for: in the folder that is scanned, where it is one; a list of files, as hooks give
/// it, must not choose another configuration than the whole scan.
pub(crate) fn config_start(paths: &[PathBuf]) -> &Path {
    match paths {
        [only] if only.is_dir() => only,
        _ => Path::new("."),
    }
}

/// What the command line names of policies.
pub(crate) fn asked_policies(flags: &PolicyFlags) -> PolicySources {
    PolicySources {
        policies: flags.policy.clone(),
        packs: flags.pack.iter().map(|name| PackChoice::named(name)).collect(),
        bundles: Vec::new(),
        data: flags.data.clone(),
        namespaces: flags.namespace.clone(),
        every_namespace: flags.all_namespaces,
        ..PolicySources::default()
    }
}

/// The policies that the command line and the configuration name, if any.
pub(crate) fn load_policies(
    flags: &ConfigFlags,
    start: &Path,
    asked: &PolicySources,
) -> Result<Option<Arc<Policies>>, Failure> {
    let cwd = std::env::current_dir()?;
    let mut sources = asked.clone();
    if let Some(path) = config_path(flags, start)? {
        let (keys, data) = Config::policies(&path, &portcullis_rules::catalog());
        let path = cwd.join(path);
        let base = path.parent().unwrap_or(&cwd);
        sources.policies.extend(keys.dirs.iter().map(|dir| base.join(dir)));
        sources.packs.extend(keys.packs);
        let bundles = keys.bundles.into_iter().map(|bundle| BundleChoice { path: base.join(&bundle.path), ..bundle });
        sources.bundles.extend(bundles);
        sources.data.extend(data.iter().map(|file| base.join(file)));
        if sources.namespaces.is_empty() {
            sources.namespaces = keys.namespaces;
        }
    }
    Ok((!sources.is_empty()).then(|| Arc::new(Policies::load(&sources, &cwd))))
}

/// The configuration file that holds, if there is one.
pub(crate) fn config_path(flags: &ConfigFlags, start: &Path) -> Result<Option<PathBuf>, Failure> {
    Ok(match &flags.config {
        Some(path) => Some(path.clone()),
        None if flags.no_config => None,
        None => Config::find(start)?,
    })
}

/// What is to be said of files that look like the configuration, and are not read.
pub(crate) fn misnamed(flags: &ConfigFlags, start: &Path) -> Vec<String> {
    if flags.config.is_some() || flags.no_config {
        return Vec::new();
    }
    let cwd = std::env::current_dir().unwrap_or_default();
    let said = |path: PathBuf| {
        let path = path.strip_prefix(&cwd).unwrap_or(&path).display().to_string();
        let names = FILE_NAMES.join("` and `");
        format!("{path} is not read: the names of the configuration are `{names}`")
    };
    Config::misnamed(start).into_iter().map(said).collect()
}

/// The configuration and the file that it is from.
pub(crate) fn read_config(
    flags: &ConfigFlags,
    start: &Path,
    catalog: &Catalog,
) -> Result<(Config, Option<PathBuf>), Failure> {
    let Some(path) = config_path(flags, start)? else { return Ok((Config::default(), None)) };
    // Messages name it as it is reached from here.
    let shown = std::env::current_dir().ok().and_then(|cwd| path.strip_prefix(cwd).ok().map(Path::to_owned));
    let path = shown.unwrap_or(path);
    Ok((Config::load(&path, catalog)?, Some(path)))
}

fn scan_options(
    args: &CheckArgs,
    config: Config,
    config_file: Option<PathBuf>,
    outputs: &[Output],
) -> Result<ScanOptions, Failure> {
    let cwd = std::env::current_dir()
        .map_err(|error| Failure::Message(format!("the working directory cannot be read: {error}")))?;
    let named: Vec<PathBuf> = args.paths.iter().chain(&args.input.cluster).cloned().collect();
    let mut paths = named.clone();
    paths.retain(|path| path != Path::new("-"));
    let pipes = read_pipes(&mut paths)?;
    if let Some(pipe) = pipes.iter().find_map(|pipe| pipe.name.as_ref()).filter(|_| args.fix) {
        return Err(Failure::Message(format!("--fix cannot write to {pipe}: it is a pipe")));
    }
    let stdin =
        (paths.len() + pipes.len() < named.len()).then(|| read_stdin(args.input.stdin_filename.clone())).transpose()?;
    if stdin.is_none() && args.input.stdin_filename.is_some() {
        return Err(Failure::Message(
            "--stdin-filename names standard input, which is read with the path `-`".to_owned(),
        ));
    }
    let is_of_git = args.staged || args.changed.is_some() || args.history.is_some();
    if !args.input.cluster.is_empty() && (args.fix || is_of_git) {
        return Err(Failure::Message(
            "--cluster: what a cluster holds is in no repository, and is not fixed there".to_owned(),
        ));
    }
    if is_of_git && paths.len() < named.len() {
        let flag = match &args.changed {
            _ if args.staged => "--staged",
            Some(_) => "--changed",
            None => "--history",
        };
        return Err(Failure::Message(format!("{flag} reads from the git repository: `-` and pipes are in none")));
    }
    // What a commit holds is asked of all of it, wherever in the worktree one stands.
    if named.is_empty() && !is_of_git {
        paths.push(PathBuf::from("."));
    }
    if let Some(root) = args.input.root.as_ref().filter(|root| !root.is_dir()) {
        return Err(Failure::Message(format!("--root: {} is no directory", root.display())));
    }
    let needs = needs(outputs.iter().map(|output| output.format));
    let config_directory = config_file.map(|file| cwd.join(file).parent().unwrap_or(&cwd).to_owned());
    // Git sets them for its hooks.
    let of_git = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let tree = if args.staged { Tree::Index { file: of_git("GIT_INDEX_FILE") } } else { Tree::Worktree };
    Ok(ScanOptions {
        paths,
        is_named: !args.paths.is_empty(),
        exclusions: if args.input.force_exclude { Exclusions::Named } else { Exclusions::Found },
        tree,
        git: GitPlaces { directory: of_git("GIT_DIR"), work_tree: of_git("GIT_WORK_TREE") },
        stdin,
        fixes: if args.unsafe_fixes { FixSafety::Unsafe } else { FixSafety::Safe },
        pipes,
        dumps: args.input.cluster.clone(),
        compose_files: args.input.compose_file.clone(),
        tf_var_files: args.input.tf_var_file.clone(),
        tf_vars: args.input.tf_var.clone(),
        databases: args.input.db.clone(),
        default_database: db::default_path(),
        policies: None,
        vex: args.input.vex.clone(),
        ignore_unfixed: args.rules.ignore_unfixed,
        root: args.input.root.clone(),
        threads: args.input.threads.map_or(0, usize::from),
        only: args.rules.only.clone(),
        skip: args.rules.skip.clone(),
        profile: args.rules.profile,
        pod_security: args.rules.pod_security,
        kubernetes_version: args.rules.kubernetes_version,
        min_severity: args.rules.min_severity,
        date: args.rules.date.unwrap_or_else(today),
        config,
        config_directory,
        shard: args.shard,
        needs,
        baseline: None,
        changed: args.changed.clone(),
        cwd,
    })
}

/// What has to be known for some formats.
fn needs(formats: impl Iterator<Item = Format>) -> Needs {
    formats.fold(Needs::default(), |needs, format| {
        let more = format.needs();
        Needs {
            line: needs.line || more.line,
            line_hash: needs.line_hash || more.line_hash,
            packages: needs.packages || more.packages,
            trace: false,
            facts: false,
        }
    })
}

/// Reads what a shell puts in the place of `<(…)`, and takes it out of the paths.
#[cfg(unix)]
fn read_pipes(paths: &mut Vec<PathBuf>) -> Result<Vec<Stdin>, Failure> {
    use std::os::unix::fs::FileTypeExt;

    // One that lies in a directory may have nobody who ever writes to it.
    let is_inherited = |path: &Path| {
        path == Path::new("/dev/stdin") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
    };
    let is_fifo = |path: &Path| std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo());
    let is_pipe = |path: &PathBuf| is_inherited(path) && is_fifo(path);
    let pipes: Vec<PathBuf> = paths.extract_if(.., |path| is_pipe(path)).collect();
    let read = |path: PathBuf| {
        let name = path.display().to_string();
        let file =
            std::fs::File::open(&path).map_err(|error| Failure::Message(format!("{name} cannot be read: {error}")))?;
        read_text(file, &name, Some(name.clone()))
    };
    pipes.into_iter().map(read).collect()
}

/// Elsewhere nothing that is named is a pipe.
#[cfg(not(unix))]
fn read_pipes(_: &mut Vec<PathBuf>) -> Result<Vec<Stdin>, Failure> {
    Ok(Vec::new())
}

fn read_stdin(name: Option<String>) -> Result<Stdin, Failure> {
    read_text(io::stdin().lock(), "standard input", name)
}

/// Reads all that comes; `what` names it in messages.
fn read_text(from: impl Read, what: &str, name: Option<String>) -> Result<Stdin, Failure> {
    let mut bytes = Vec::new();
    match from.take(FILE_LIMIT + 1).read_to_end(&mut bytes) {
        Ok(length) if length as u64 > FILE_LIMIT => {
            Err(Failure::Message(format!("{what} is over the limit of {FILE_LIMIT} bytes")))
        }
        Ok(_) => Ok(Stdin { name, bytes }),
        Err(error) => Err(Failure::Message(format!("{what} cannot be read: {error}"))),
    }
}

pub(crate) fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Date::from_unix(since.as_secs())
}

/// Writes one output, and gives what it had no room for. A closed pipe does not change the exit code: the findings decide that.
fn emit(
    report: &ScanReport,
    output: &Output,
    stream: Stream,
    (flags, date): (&OutputFlags, Date),
) -> Result<Option<String>, Failure> {
    let options = Options {
        suppressed: if flags.include_suppressed { SuppressedFindings::Include } else { SuppressedFindings::Omit },
        verbosity: match (flags.quiet, flags.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        },
        day: date.to_string().into(),
        ..terminal::options(flags.color.color)
    };
    let plain =
        Options { color: Color::Never, width: Options::default().width, thousands: Thousands::Each, ..options.clone() };
    if output.path.is_none() && stream == Stream::Error {
        // As for complaints: nothing is to be done where that is closed.
        return Ok(write(report, output.format, &plain, &mut BufWriter::new(io::stderr().lock())).ok().flatten());
    }
    let Some(path) = &output.path else {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        return match write(report, output.format, &options, &mut out).map_err(Failure::from) {
            Err(Failure::ClosedPipe) => Ok(None),
            other => other,
        };
    };
    let written = File::create(path).and_then(|file| write(report, output.format, &plain, &mut BufWriter::new(file)));
    written.map_err(|error| Failure::Message(format!("{}: cannot be written: {error}", path.display())))
}

/// A counter on standard error: only on a terminal, and only once the scan takes long enough to be wondered about.
pub(crate) struct Meter {
    started: Instant,
    /// Milliseconds after the start when the next line may be drawn; `u64::MAX`: never.
    next: AtomicU64,
}

const PATIENCE_MS: u64 = 500;
const INTERVAL_MS: u64 = 100;

impl Meter {
    pub(crate) fn new() -> Self {
        let first = if io::stderr().is_terminal() { PATIENCE_MS } else { u64::MAX };
        Self { started: Instant::now(), next: AtomicU64::new(first) }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Removes the line, if one was drawn.
    pub(crate) fn clear(&self) {
        if !matches!(self.next.load(Ordering::Relaxed), PATIENCE_MS | u64::MAX) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Progress for Meter {
    fn files(&self, done: usize, total: usize) {
        let next = self.next.load(Ordering::Relaxed);
        if next == u64::MAX || self.elapsed_ms() < next {
            return;
        }
        let after = self.elapsed_ms().saturating_add(INTERVAL_MS);
        // Whoever moves the time draws; the others go on scanning.
        if self.next.compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let _ = write!(io::stderr(), "\r\x1b[K{done} of {total} files");
        }
    }
}
