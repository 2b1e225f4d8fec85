//! The `portcullis` program: arguments in, exit code out. What it does is decided in the other crates.

mod admit;
mod args;
mod baseline;
mod check;
mod commands;
mod db;
mod man;
mod memory;
mod merge;
mod terminal;
mod test;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::terminal::Failure;

/// Static binaries are linked with musl, whose allocator lets one thread in at a time.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code for everything that kept the program from doing its job.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // Help that nobody reads any more is no failure; help that cannot be written is one.
            let unwritten = usage.print().is_err_and(|error| error.kind() != std::io::ErrorKind::BrokenPipe);
            return if unwritten || usage.use_stderr() { ExitCode::from(FAILED) } else { ExitCode::SUCCESS };
        }
    };
    let ended = match cli.command {
        None => check::run(&cli.check),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Explain(args)) => commands::explain(&args),
        Some(Command::Rules(args)) => commands::rules(&args),
        Some(Command::Baseline(args)) => baseline::run(args),
        Some(Command::Db(args)) => db::run(&args),
        Some(Command::Test(args)) => test::run(&args),
        Some(Command::Admit(args)) => admit::run(&args),
        Some(Command::Config(args)) => commands::config(&args),
        Some(Command::Merge(args)) => merge::run(&args),
        Some(Command::Completions { shell }) => commands::completions(shell),
        Some(Command::Man { command }) => commands::man(&command),
    };
    match ended {
        Ok(code) => code,
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::complain(&failure.to_string());
            ExitCode::from(FAILED)
        }
    }
}
