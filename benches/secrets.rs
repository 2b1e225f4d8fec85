//! What looking for secrets costs: megabytes in a second over a folder, and the time until the first text can be looked at.
//!
//! Prints a table and decides nothing; `benches/README.md` says how to run it. The floor reads the same files and looks for
//! one byte in them, which is the least that any search does.
#![allow(missing_docs, reason = "a program of its own")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ignore::WalkBuilder;
use portcullis_secrets::{Scanner, Subject, detectors};

const USAGE: &str = "usage: cargo bench --bench secrets -- DIR [--threads N] [--runs K]";

fn main() -> ExitCode {
    // Before anything else, for it is the first time only that costs something.
    let start = Instant::now();
    let none = Scanner::tokens("");
    let built = start.elapsed();
    assert!(none.is_empty());
    // Cargo adds `--bench` by itself.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match run(&args, built) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String], built: Duration) -> Result<(), Box<dyn Error>> {
    let (folder, options) = args.split_first().ok_or("no folder")?;
    let (mut threads, mut runs) = (2, 5);
    for pair in options.chunks(2) {
        match pair {
            [name, value] if name == "--threads" => threads = value.parse::<usize>()?.max(1),
            [name, value] if name == "--runs" => runs = value.parse::<usize>()?.max(1),
            other => return Err(format!("{other:?} is not known").into()),
        }
    }
    let walked = WalkBuilder::new(folder).hidden(false).git_ignore(false).build();
    let paths: Vec<PathBuf> = walked
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .collect();
    let bytes: usize = paths.iter().filter_map(|path| read(path)).map(|text| text.len()).sum();
    println!("{} kinds of tokens, ready after {:.2} ms", detectors().count(), built.as_secs_f64() * 1000.0);
    println!("{} files, {:.1} MB of text, {threads} threads, median of {runs}\n", paths.len(), megabytes(bytes));
    println!("| what | found | ms | MB/s | x floor |");
    println!("|---|---|---|---|---|");
    let scanner = Scanner::default();
    let floor = |_: &str, text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count().min(1);
    let tokens = |_: &str, text: &str| Scanner::tokens(text).len();
    let all = |path: &str, text: &str| scanner.scan(&Subject { path, text }).len();
    let mut least = Duration::ZERO;
    for (name, work) in [("floor", &floor as &Work<'_>), ("tokens", &tokens), ("tokens and structure", &all)] {
        let (found, took) = measure(&paths, threads, runs, work);
        if least.is_zero() {
            least = took;
        }
        let (seconds, ratio) = (took.as_secs_f64(), took.as_secs_f64() / least.as_secs_f64());
        let found = if name == "floor" { String::new() } else { found.to_string() };
        println!("| {name} | {found} | {:.0} | {:.0} | {ratio:.2} |", seconds * 1000.0, megabytes(bytes) / seconds);
    }
    Ok(())
}

/// What is done with a path and its text, and how much it found.
type Work<'a> = dyn Fn(&str, &str) -> usize + Sync + 'a;

/// What was found in all files, and the median time.
fn measure(paths: &[PathBuf], threads: usize, runs: usize, work: &Work<'_>) -> (usize, Duration) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..=runs {
        let start = Instant::now();
        let part = paths.len().div_ceil(threads).max(1);
        found = std::thread::scope(|scope| {
            let one = |paths: &[PathBuf]| -> usize {
                let each = |path: &PathBuf| read(path).map_or(0, |text| work(&path.to_string_lossy(), &text));
                paths.iter().map(each).sum()
            };
            let parts: Vec<_> = paths.chunks(part).map(|paths| scope.spawn(move || one(paths))).collect();
            parts.into_iter().map(|part| part.join().unwrap_or_default()).sum()
        });
        times.push(start.elapsed());
    }
    // The first turn fills the page cache.
    times.remove(0);
    times.sort_unstable();
    (found, times.get(times.len() / 2).copied().unwrap_or_default())
}

/// The text of a file that has one.
fn read(path: &Path) -> Option<String> {
    let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
    (!text.as_bytes().contains(&0)).then_some(text)
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
