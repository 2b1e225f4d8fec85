//! What it costs to ask an advisory database about the packages of a large repository, as whole processes.
//!
//! Prints a table and decides nothing; `benches/README.md` says how to run it. The synthetic database repeats real
//! records under other names, so that its packages have as many advisories, ranges and texts as real ones.
#![allow(missing_docs, reason = "a program of its own")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use portcullis_advisories::build::{Inputs, Stamp, Texts, build, build_of, records};
use portcullis_advisories::database::{Coverage, Database};
use portcullis_advisories::record::Record;
use portcullis_advisories::{Advisories, Timestamp};
use portcullis_model::packages::Ecosystem;

const USAGE: &str = "usage: cargo bench --bench advisories -- VERB

  compare --osv PATH --rustsec PATH [--records N] [--runs K]
                   build a database of both, and one of N records that repeats them (300,000); ask each about 1,500 packages
  ask FILE NAMES   one such process: the packages of NAMES, a line each, against FILE and what is built in";

/// How many packages a process asks about, a fifth of which have advisories.
const PACKAGES: usize = 1500;

fn main() -> ExitCode {
    // Cargo adds `--bench` by itself.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["ask", file, names] => ask(Path::new(file), Path::new(names)),
        ["compare", rest @ ..] => compare(rest),
        _ => Err("no such verb".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &[&str]) -> Result<(), Box<dyn Error>> {
    let (mut inputs, mut count, mut runs) = (Inputs::default(), 300_000, 15);
    for pair in args.chunks(2) {
        match pair {
            ["--osv", path] => inputs.osv.push(PathBuf::from(path)),
            ["--rustsec", path] => inputs.rustsec.push(PathBuf::from(path)),
            ["--records", number] => count = number.parse()?,
            ["--runs", number] => runs = number.parse()?,
            other => return Err(format!("{other:?} is not known").into()),
        }
    }
    let folder = std::env::temp_dir().join(format!("portcullis-advisories-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(&inputs, count, runs, &folder);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measure(inputs: &Inputs, count: usize, runs: usize, folder: &Path) -> Result<(), Box<dyn Error>> {
    println!("| database | advisories | packages | MB | built in s | {PACKAGES} packages, cold process, ms |");
    println!("|---|---|---|---|---|---|");
    for (name, repeated) in [("as given", None), ("repeated", Some(count))] {
        let start = Instant::now();
        let built = match repeated {
            None => build(inputs, Texts::Keep, &Stamp::default())?,
            Some(count) => build_of(name, repeat(&records(inputs)?.0, count), Texts::Keep, &Stamp::default())?,
        };
        let took = start.elapsed();
        let (file, names) = (folder.join("advisories.bin"), folder.join("names"));
        std::fs::write(&file, &built.bytes)?;
        std::fs::write(&names, chosen(&Database::open(&file, Timestamp::default())?)?)?;
        let millis = process(&file, &names, runs)?.as_secs_f64() * 1000.0;
        let sum = |of: fn(&Coverage) -> u64| -> u64 { built.meta.ecosystems.iter().map(of).sum() };
        let (advisories, packages) = (sum(|it| it.advisories), sum(|it| it.packages));
        let (megabytes, seconds) = (built.bytes.len() / 1_000_000, took.as_secs_f64());
        println!("| {name} | {advisories} | {packages} | {megabytes} | {seconds:.1} | {millis:.1} |");
    }
    Ok(())
}

/// So many records, by giving those there are other ids and names.
fn repeat(records: &[Record], count: usize) -> Vec<Record> {
    let times = count.div_ceil(records.len().max(1));
    let copies = (0..times).flat_map(|time| records.iter().map(move |record| (time, record.clone())));
    copies
        .map(|(time, mut record)| {
            let aliases = record.aliases.iter_mut();
            for name in aliases.chain([&mut record.id]).chain(record.affected.iter_mut().map(|it| &mut it.name)) {
                name.push('-');
                name.push_str(&time.to_string());
            }
            record
        })
        .take(count)
        .collect()
}

/// Packages of the database, evenly spread, and four times as many that it knows nothing of.
fn chosen(database: &Database) -> Result<String, Box<dyn Error>> {
    let packages = database.packages()?;
    let known = packages.iter().step_by((packages.len() / (PACKAGES / 5)).max(1)).take(PACKAGES / 5);
    let mut lines: Vec<String> = known.map(|(ecosystem, name)| format!("{ecosystem} {name}")).collect();
    for number in lines.len()..PACKAGES {
        let ecosystem = Ecosystem::ALL.get(number % 4).map_or("npm", |ecosystem| ecosystem.osv());
        lines.push(format!("{ecosystem} nothing-is-known-of-{number}"));
    }
    Ok(lines.join("\n"))
}

/// The median time of a process from its start to its end.
fn process(file: &Path, names: &Path, runs: usize) -> Result<Duration, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..=runs {
        let start = Instant::now();
        let status = Command::new(std::env::current_exe()?).arg("ask").arg(file).arg(names).status()?;
        times.push(start.elapsed());
        if !status.success() {
            return Err("a process failed".into());
        }
    }
    // The first one warms the page cache.
    times.remove(0);
    times.sort_unstable();
    times.get(times.len() / 2).copied().ok_or_else(|| "no runs".into())
}

fn ask(file: &Path, names: &Path) -> Result<(), Box<dyn Error>> {
    let advisories = Advisories::embedded()?.with(Database::open(file, Timestamp::default())?);
    let mut found = 0;
    for line in std::fs::read_to_string(names)?.lines() {
        let (ecosystem, name) = line.split_once(' ').ok_or("a line without a blank")?;
        let ecosystem = Ecosystem::of_osv(ecosystem).ok_or("an ecosystem that is not known")?;
        found += advisories.matches_of(ecosystem, name, "1.0.0")?.len();
    }
    if found == 0 {
        return Err("nothing was found".into());
    }
    Ok(())
}
