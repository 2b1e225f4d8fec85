//! `jsonl`: one finding per line, each the object that `json` has in its list. What kept the scan from its job is said by
//! the exit code and on standard error: a line of another shape would trip those who read findings.

use std::io::{self, Write};

use portcullis_core::ScanReport;

use crate::json::Wire;
use crate::{Options, stream};

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let wire = Wire::new(report);
    stream::write(&options.shown(report), out, |finding, buffer| {
        wire.append(finding, buffer);
        buffer.push(b'\n');
    })
}
