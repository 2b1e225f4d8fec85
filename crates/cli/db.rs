//! `portcullis db`: the database of advisories that scans of lockfiles use.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use portcullis_advisories::build::{Built, Inputs, Stamp, Texts, build};
use portcullis_advisories::database::Database;
use portcullis_advisories::update::{PUBLISHED_KEYS, Update, Updated, put};
use portcullis_advisories::{Advisories, Timestamp, with_causes};

use crate::args::{DbArgs, DbBuildArgs, DbCommand, DbStatusArgs, DbUpdateArgs};
use crate::terminal::{self, Failure};

/// Where a scan looks for a database that nothing names: `PORTCULLIS_DB`, else a file in the user's folder for caches.
pub(crate) fn default_path() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = set("PORTCULLIS_DB") {
        return Some(path);
    }
    let caches = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Caches"))
    } else {
        set("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| set("HOME").map(|home| home.join(".cache")))
    };
    Some(caches?.join("portcullis").join("advisories.db"))
}

/// `portcullis db`.
pub(crate) fn run(args: &DbArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        DbCommand::Build(args) => built(args),
        DbCommand::Update(args) => updated(args),
        DbCommand::Status(args) => status(args),
        DbCommand::Path => {
            let path = default_path().ok_or_else(nowhere)?;
            terminal::print(format!("{}\n", path.display()).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn nowhere() -> Failure {
    Failure::with_help("there is no folder for caches", "set PORTCULLIS_DB to the path of the database")
}

fn built(args: &DbBuildArgs) -> Result<ExitCode, Failure> {
    let inputs = Inputs {
        osv: args.osv.clone(),
        rustsec: args.rustsec.clone(),
        crates_index: args.crates_index.clone(),
        epss: args.epss.clone(),
        exploited: args.kev.clone(),
    };
    let built_at = args.date.map_or_else(now, |date| Timestamp::parse(&date.to_string()).unwrap_or_else(now));
    let expires_at = args.expires.and_then(|date| Timestamp::parse(&date.to_string()));
    let number = u64::try_from(built_at.0).unwrap_or_default();
    let stamp = Stamp { build: args.build.unwrap_or(number), built_at, expires_at };
    let built = build(&inputs, Texts::Keep, &stamp).map_err(|error| Failure::Message(with_causes(&error)))?;
    for fault in &built.faults {
        terminal::complain(&format!("warning: left out: {}", with_causes(fault)));
    }
    put(&args.output, &built.bytes)
        .map_err(|error| Failure::Message(format!("{} cannot be written: {error}", args.output.display())))?;
    terminal::complain(&summary(&built, &args.output));
    Ok(ExitCode::SUCCESS)
}

fn summary(built: &Built, path: &Path) -> String {
    let advisories: u64 = built.meta.sources.iter().map(|source| source.records).sum();
    let ecosystems: Vec<&str> =
        built.meta.ecosystems.iter().filter(|it| it.complete).map(|it| it.ecosystem.as_str()).collect();
    let ecosystems = if ecosystems.is_empty() { "no whole ecosystem".to_owned() } else { ecosystems.join(", ") };
    let yanked: u64 = built.meta.sources.iter().map(|source| source.yanked).sum();
    let yanked = if yanked == 0 { String::new() } else { format!(" and {yanked} yanked versions") };
    let megabytes = built.bytes.len().div_ceil(100_000);
    format!(
        "{}: {advisories} advisories for {ecosystems}{yanked}, {}.{} MB; {} withdrawn, {} that could not be read",
        path.display(),
        megabytes / 10,
        megabytes % 10,
        built.withdrawn,
        built.faults.len()
    )
}

fn updated(args: &DbUpdateArgs) -> Result<ExitCode, Failure> {
    let target = args.output.clone().or_else(default_path).ok_or_else(nowhere)?;
    let mut keys: Vec<String> =
        args.key.iter().map(|key| std::fs::read_to_string(key).unwrap_or_else(|_| key.clone())).collect();
    if keys.is_empty() {
        keys.extend(PUBLISHED_KEYS.iter().map(|key| (*key).to_owned()));
    }
    if keys.is_empty() {
        return Err(Failure::with_help(
            "this build has no public key of the project's database of advisories",
            "name with `--key` the one that has signed the database, or make one with `portcullis db build`",
        ));
    }
    let authorities =
        args.ca_file.clone().or_else(|| env::var_os("SSL_CERT_FILE").filter(|it| !it.is_empty()).map(PathBuf::from));
    let update =
        Update { from: &args.from, keys: &keys, authorities: authorities.as_deref(), target: &target, now: now() };
    let error = match update.run() {
        Ok(updated) => {
            let what = if updated == Updated::Replaced { "is new" } else { "is the newest" };
            terminal::complain(&format!("{} {what}", target.display()));
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => error,
    };
    let Ok(kept) = Database::open(&target, now()) else { return Err(Failure::Message(with_causes(&error))) };
    let stays = format!("the database of {} stays ({})", kept.header().built_at, age(&kept));
    // A server that is busy is no reason to stop where there is something to go on with.
    if error.is_temporary() {
        terminal::complain(&format!("warning: {}\n  {stays}", with_causes(&error)));
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::Message(format!("{}\n  {stays}", with_causes(&error))))
}

/// How old a database is.
fn age(database: &Database) -> String {
    let days = (now().0 - database.header().built_at.0).max(0) / 86_400;
    if days == 1 { "1 day old".to_owned() } else { format!("{days} days old") }
}

fn status(args: &DbStatusArgs) -> Result<ExitCode, Failure> {
    let path = args.database.clone().or_else(default_path);
    let mut advisories = Advisories::embedded().map_err(|error| Failure::Message(with_causes(&error)))?;
    if let Some(path) = path.filter(|path| args.database.is_some() || path.exists()) {
        let database = Database::open(&path, now()).map_err(|error| Failure::Message(with_causes(&error)))?;
        database.verify().map_err(|error| Failure::Message(with_causes(&error)))?;
        advisories = advisories.with(database);
    }
    let mut text = String::new();
    for database in advisories.databases() {
        describe(database, &mut text);
    }
    terminal::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn describe(database: &Database, text: &mut String) {
    let header = database.header();
    let _ = writeln!(text, "{}", database.name());
    let _ = writeln!(text, "  built     {} ({}), build {}", header.built_at, age(database), header.build);
    if let Some(at) = header.expires_at {
        let _ = writeln!(text, "  expires   {at}");
    }
    for source in &database.meta().sources {
        // Some exports have no dates.
        let date = source.date.filter(|date| date.0 > 0);
        let date = date.map_or(String::new(), |date| format!(", last change {date}"));
        let commit = source.commit.as_ref().map_or(String::new(), |commit| format!(", commit {commit}"));
        let holds = if source.records == 0 && source.yanked > 0 {
            format!("{} yanked versions", source.yanked)
        } else {
            format!("{} advisories", source.records)
        };
        let _ = writeln!(text, "  source    {}: {holds}{date}{commit}", source.name);
    }
    for coverage in &database.meta().ecosystems {
        let part = if coverage.complete { "" } else { " (in part)" };
        let _ = writeln!(
            text,
            "  ecosystem {}{part}: {} advisories for {} packages",
            coverage.ecosystem, coverage.advisories, coverage.packages
        );
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
