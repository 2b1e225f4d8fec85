//! `portcullis test`: tests of policies.

use std::process::ExitCode;

use portcullis_core::TestReport;
use portcullis_engine::{Counting, Evaluation, TestOptions, test};
use portcullis_report::{Options, TestFormat, Verbosity, write_tests};

use crate::FAILED;
use crate::args::{TestArgs, TestFormatArg};
use crate::terminal::{self, Failure};

/// The exit code where some test does not hold.
const UNMET: u8 = 1;
/// The exit code where there is nothing to run.
const NOTHING: u8 = 3;

pub(crate) fn run(args: &TestArgs) -> Result<ExitCode, Failure> {
    let is_covered = args.coverage || args.threshold.is_some();
    let options = TestOptions {
        cwd: std::env::current_dir()?,
        paths: args.paths.clone(),
        ignore: args.ignore.clone(),
        only: args.run.clone(),
        coverage: if is_covered { Counting::On } else { Counting::Off },
        evaluation: Evaluation::default(),
        threads: args.threads.map_or(0, usize::from),
    };
    let tested = test(&options).map_err(|error| Failure::Message(error.to_string()))?;
    let format = match args.format {
        TestFormatArg::Pretty => TestFormat::Pretty,
        TestFormatArg::Json => TestFormat::Json,
        TestFormatArg::Junit => TestFormat::Junit,
    };
    let verbosity = if args.verbose { Verbosity::Verbose } else { Verbosity::Normal };
    let mut text = Vec::new();
    write_tests(&tested.report, format, &Options { verbosity, ..terminal::options(args.color.color) }, &mut text)?;
    terminal::print(&text)?;
    for fault in &tested.faults {
        terminal::complain(&format!("error: {fault}"));
    }
    Ok(ExitCode::from(code(args, &tested.report, tested.faults.is_empty())))
}

/// What could not be loaded comes first: the tests that ran say nothing about it.
fn code(args: &TestArgs, report: &TestReport, is_loaded: bool) -> u8 {
    if !is_loaded {
        return FAILED;
    }
    if report.cases.is_empty() {
        terminal::complain(match args.run {
            Some(_) => "error: no test has such a name",
            None => "error: there are no tests: rules whose names start with `test_`, or suites of Gatekeeper",
        });
        return NOTHING;
    }
    let is_below = report.covered().zip(args.threshold).is_some_and(|(covered, threshold)| covered < threshold);
    if is_below {
        terminal::complain("error: less is covered than --threshold asks for");
    }
    if is_below || !report.summary().is_ok() { UNMET } else { 0 }
}
