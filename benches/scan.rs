//! What a scan costs, as whole processes, against the floor in the same run.
//!
//! Prints a Markdown table and decides nothing: times belong to a machine, and a limit that fails on a busy one would
//! be ignored soon. `benches/README.md` says how to run it.
#![allow(unreachable_pub, missing_docs, reason = "the modules are this program's own")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod corpus;
mod dockerfiles;
mod floor;
mod hostile;
mod joins;
mod lockfiles;
#[path = "../fuzz/src/parsers.rs"]
mod parsers;
mod terraform;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::str::FromStr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use portcullis_core::Profile;
use portcullis_engine::{ScanOptions, Silent};

const USAGE: &str = "usage: cargo bench --bench scan -- VERB

  compare [DIR] [--kind KIND] [--count N] [--runs K] [--threads N] [--bin PATH]
                              the table; without DIR on a corpus that is written first (10,000 files)
  doubling [--kind KIND] [--count N] [--runs K] [--threads N] [--bin PATH]
                              N files and twice as many, and the ratio of their times
  corpus DIR [--kind KIND] [--count N]
                              write a corpus: `workloads`, `joins` with every kind that relations need,
                              `dockerfiles`, `lockfiles`, `terraform`, or `terraform-nested`, where N is how many
                              instances
  floor DIR [--threads N]     read DIR as the floor does, once
  parsers [--parser NAME] [--runs K]
                              the worst time of each parser for 100 KB that are built to make it slow
  engine DIR [--threads N]    scan DIR in this process, every rule, without a report";

fn main() -> ExitCode {
    // Cargo adds `--bench` by itself.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

/// Which corpus.
#[derive(Clone, Copy)]
enum Kind {
    Workloads,
    Joins,
    Dockerfiles,
    Terraform,
    TerraformNested,
    Lockfiles,
}

impl Kind {
    fn write(self, folder: &Path, count: usize) -> std::io::Result<u64> {
        match self {
            Self::Workloads => corpus::write(folder, count),
            Self::Joins => joins::write(folder, count),
            Self::Dockerfiles => dockerfiles::write(folder, count),
            Self::Terraform => terraform::write(folder, count),
            Self::TerraformNested => terraform::write_nested(folder, count),
            Self::Lockfiles => lockfiles::write(folder, count),
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "workloads" => Ok(Self::Workloads),
            "joins" => Ok(Self::Joins),
            "dockerfiles" => Ok(Self::Dockerfiles),
            "terraform" => Ok(Self::Terraform),
            "terraform-nested" => Ok(Self::TerraformNested),
            "lockfiles" => Ok(Self::Lockfiles),
            other => Err(format!("{other} is no kind of corpus")),
        }
    }
}

struct Arguments {
    verb: String,
    folder: Option<PathBuf>,
    kind: Kind,
    parser: String,
    count: usize,
    runs: usize,
    threads: usize,
    binary: PathBuf,
}

fn arguments(args: &[String]) -> Result<Arguments, Box<dyn Error>> {
    let mut read = Arguments {
        verb: "compare".to_owned(),
        folder: None,
        kind: Kind::Workloads,
        parser: String::new(),
        count: 10_000,
        runs: 5,
        threads: 2,
        binary: PathBuf::from(env!("CARGO_BIN_EXE_portcullis")),
    };
    let mut args = args.iter();
    if let Some(verb) = args.next() {
        verb.clone_into(&mut read.verb);
    }
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--kind" => read.kind = value()?.parse()?,
            "--parser" => read.parser.clone_from(value()?),
            "--count" => read.count = value()?.parse()?,
            "--runs" => read.runs = value()?.parse::<usize>()?.max(1),
            "--threads" => read.threads = value()?.parse()?,
            "--bin" => read.binary = std::path::absolute(value()?)?,
            _ if arg.starts_with('-') || read.folder.is_some() => return Err(format!("{arg} is not known").into()),
            // Cargo runs this in the root of the package, whatever the caller's folder.
            folder => read.folder = Some(std::path::absolute(folder)?),
        }
    }
    Ok(read)
}

fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let arguments = arguments(args)?;
    let folder = arguments.folder.as_deref().ok_or("a folder is needed");
    match arguments.verb.as_str() {
        "compare" => in_scratch(|scratch| compare(&arguments, scratch)),
        "doubling" => in_scratch(|scratch| doubling(&arguments, scratch)),
        "corpus" => {
            println!("{} bytes", arguments.kind.write(folder?, arguments.count)?);
            Ok(())
        }
        "floor" => {
            let counts = floor::read(folder?, arguments.threads)?;
            let [files, bytes, events] =
                [&counts.files, &counts.bytes, &counts.events].map(|n| n.load(Ordering::Relaxed));
            println!("{files} files, {bytes} bytes, {events} events");
            Ok(())
        }
        "parsers" => {
            hostile::print(&arguments.parser, arguments.runs);
            Ok(())
        }
        "engine" => engine(folder?, arguments.threads),
        other => Err(format!("{other} is no verb").into()),
    }
}

fn engine(folder: &Path, threads: usize) -> Result<(), Box<dyn Error>> {
    let options = ScanOptions {
        paths: vec![PathBuf::from(".")],
        threads,
        profile: Some(Profile::All),
        date: "2026-11-21".parse()?,
        ..ScanOptions::new(folder.to_path_buf())
    };
    let scanned = portcullis_engine::scan(&options, &Silent)?;
    println!("{} files, {} findings", scanned.report.stats.files, scanned.report.findings.len());
    Ok(())
}

/// A program to run again and again.
struct Subject {
    name: &'static str,
    limit: &'static str,
    program: PathBuf,
    args: Vec<String>,
    folder: PathBuf,
}

impl Subject {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    fn time(&self) -> Result<Duration, Box<dyn Error>> {
        let started = Instant::now();
        let output = self.command().stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
        let took = started.elapsed();
        if !output.status.success() {
            return Err(format!("{}: {}", self.name, String::from_utf8_lossy(&output.stderr).trim()).into());
        }
        Ok(took)
    }

    /// The peak of resident memory in bytes, while it runs: Linux keeps the high-water mark of a living process.
    fn peak_memory(&self) -> Result<u64, Box<dyn Error>> {
        let mut child = self.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        while child.try_wait()?.is_none() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kibibytes = mark.and_then(|mark| mark.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
            peak = peak.max(kibibytes.unwrap_or_default() * 1024);
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(peak)
    }
}

/// Runs `measure` with a folder that is removed afterwards.
fn in_scratch(measure: impl FnOnce(&Path) -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let scratch = std::env::temp_dir().join(format!("portcullis-bench-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let measured = measure(&scratch);
    std::fs::remove_dir_all(&scratch)?;
    measured
}

/// What a scan of the files costs, and what one of twice as many. Where twice the files take more than twice the time,
/// something looks at everything for each thing.
fn doubling(arguments: &Arguments, scratch: &Path) -> Result<(), Box<dyn Error>> {
    let folders = [1, 2].map(|times| (scratch.join(format!("{times}")), arguments.count.saturating_mul(times)));
    for (folder, count) in &folders {
        arguments.kind.write(folder, *count)?;
    }
    let threads = format!("--threads={}", arguments.threads);
    let json = format!("--format=json={}", scratch.join("out.json").display());
    let variants: [(&'static str, Vec<&str>); 2] = [
        ("recommended, `--min-severity high`", vec!["--min-severity=high", "--format=concise", &threads, "."]),
        ("`--profile all`, JSON to a file", vec!["--profile=all", &json, &threads, "."]),
    ];
    let subject = |name, args: &[&str], folder: &Path| Subject {
        name,
        limit: "",
        program: arguments.binary.clone(),
        args: ["check", "--exit-zero"].iter().chain(args).map(ToString::to_string).collect(),
        folder: folder.to_path_buf(),
    };
    let subjects: Vec<Subject> = variants
        .iter()
        .flat_map(|(name, args)| folders.iter().map(move |(folder, _)| subject(*name, args, folder)))
        .collect();
    let times = alternate(&subjects, arguments.runs)?;
    println!("{} threads, median of {} runs\n", arguments.threads, arguments.runs);
    println!("| what | files | ms | twice the files, ms | ratio | limit |\n|---|---|---|---|---|---|");
    for (subject, pair) in subjects.iter().step_by(2).zip(times.chunks(2)) {
        let [once, twice] = pair else { continue };
        let ratio = twice.as_secs_f64() / once.as_secs_f64();
        let [once, twice] = [once, twice].map(|time| time.as_secs_f64() * 1e3);
        println!("| {} | {} | {once:.1} | {twice:.1} | {ratio:.2} | 2 |", subject.name, arguments.count);
    }
    Ok(())
}

fn compare(arguments: &Arguments, scratch: &Path) -> Result<(), Box<dyn Error>> {
    let (folder, half) = if let Some(folder) = &arguments.folder {
        (folder.clone(), None)
    } else {
        let (whole, half) = (scratch.join("whole"), scratch.join("half"));
        arguments.kind.write(&whole, arguments.count)?;
        arguments.kind.write(&half, arguments.count / 2)?;
        (whole, Some(half))
    };
    let one_file = scratch.join("one");
    arguments.kind.write(&one_file, 1)?;

    let threads = format!("--threads={}", arguments.threads);
    let json = format!("--format=json={}", scratch.join("out.json").display());
    let of_binary = |name, limit, folder: &Path, extra: &[&str]| Subject {
        name,
        limit,
        program: arguments.binary.clone(),
        args: ["check", "--exit-zero"].iter().chain(extra).map(ToString::to_string).collect(),
        folder: folder.to_path_buf(),
    };
    let of_ourselves = |name, verb: &str| -> Result<Subject, Box<dyn Error>> {
        let args = [verb, ".", "--threads"].map(str::to_owned).into_iter();
        let args = args.chain([arguments.threads.to_string()]).collect();
        Ok(Subject { name, limit: "", program: std::env::current_exe()?, args, folder: folder.clone() })
    };
    let half_json = format!("--format=json={}", scratch.join("half.json").display());
    let strict = ["--profile=all", json.as_str(), threads.as_str(), "."];
    let mut subjects = vec![
        of_ourselves("floor", "floor")?,
        of_binary(
            "recommended, `--min-severity high`",
            "1.8 × floor",
            &folder,
            &["--min-severity=high", "--format=concise", &threads, "."],
        ),
        of_binary("`--profile all`, JSON to a file", "3 × floor", &folder, &strict),
        of_ourselves("engine alone, all rules, no report", "engine")?,
        of_binary("one file, cold process", "15 ms", &one_file, &["."]),
    ];
    if let Some(half) = &half {
        subjects.push(of_binary(
            "`--profile all`, JSON, half the files",
            "half of the whole",
            half,
            &["--profile=all", &half_json, &threads, "."],
        ));
    }

    let times = alternate(&subjects, arguments.runs)?;
    let floor = times.first().copied().unwrap_or_default();
    let counts = floor::read(&folder, arguments.threads)?;
    println!(
        "{} YAML files, {} bytes, {} threads, median of {} runs, {} findings with every rule\n",
        counts.files.load(Ordering::Relaxed),
        counts.bytes.load(Ordering::Relaxed),
        arguments.threads,
        arguments.runs,
        findings(&scratch.join("out.json")),
    );
    println!("| what | ms | × floor | peak MB | limit |\n|---|---|---|---|---|");
    for (subject, time) in subjects.iter().zip(&times) {
        let memory = subject.peak_memory()?.div_ceil(1_000_000);
        let ratio = time.as_secs_f64() / floor.as_secs_f64();
        println!("| {} | {:.1} | {ratio:.2} | {memory} | {} |", subject.name, time.as_secs_f64() * 1e3, subject.limit);
    }
    println!("\nA scan may take 200 MB at most. {}", same_bytes(arguments, &folder)?);
    Ok(())
}

/// The median time of each subject. They take turns, so that a slow minute of the machine falls on all of them.
fn alternate(subjects: &[Subject], runs: usize) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut times = vec![Vec::with_capacity(runs); subjects.len()];
    // The first turn fills the page cache and is not counted.
    for turn in 0..=runs {
        for (subject, times) in subjects.iter().zip(&mut times) {
            let took = subject.time()?;
            if turn > 0 {
                times.push(took);
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    Ok(times.into_iter().map(median).collect())
}

/// Each finding of the JSON has one fingerprint.
fn findings(json: &Path) -> usize {
    std::fs::read_to_string(json).map_or(0, |text| text.matches("\"fingerprint\"").count())
}

fn same_bytes(arguments: &Arguments, folder: &Path) -> Result<String, Box<dyn Error>> {
    let output = |threads: &str, format: &str| {
        let args = ["check", "--exit-zero", "--profile=all", format, threads, "."];
        Command::new(&arguments.binary).args(args).current_dir(folder).stdin(Stdio::null()).output()
    };
    for format in ["--format=json", "--format=sarif"] {
        if output("--threads=1", format)?.stdout != output("--threads=2", format)?.stdout {
            return Err(format!("{format} differs between one thread and two").into());
        }
    }
    Ok("One thread and two give the same bytes.".to_owned())
}
