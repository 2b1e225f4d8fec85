//! `portcullis merge`: from what the parts of a scan left to its outputs and the exit code.

use std::process::ExitCode;

use portcullis_engine::config::DEFAULT_FAIL_ON;
use portcullis_engine::merge;

use crate::args::MergeArgs;
use crate::baseline;
use crate::check::{Meter, Stream, conclude, outputs};
use crate::terminal::Failure;

/// Puts the parts together, writes every output and says how it went.
pub(crate) fn run(args: &MergeArgs) -> Result<ExitCode, Failure> {
    if args.output.facts().is_some() {
        return Err(Failure::Message("--format facts: what is put together is no part any more".to_owned()));
    }
    let outputs = outputs(&args.output, Stream::Output)?;
    let baseline = args.baseline.as_deref().map(baseline::named).transpose()?;
    let meter = Meter::new();
    let merged = merge(&args.files, baseline.as_ref(), args.threads.map_or(0, usize::from), &meter);
    meter.clear();
    let merged = merged.map_err(|error| Failure::Message(error.to_string()))?;
    let fail_on = args.fail_on.or(merged.fail_on).unwrap_or(DEFAULT_FAIL_ON);
    conclude(merged.scanned, &outputs, Stream::Output, (&args.output, merged.date), fail_on, true)
}
