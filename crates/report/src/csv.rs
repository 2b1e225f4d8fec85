//! `csv`: RFC 4180 for spreadsheets, one finding per record.

use std::io::{self, Write};

use portcullis_core::{Finding, ScanReport};

use crate::escape;
use crate::text::{clean, says};
use crate::{Glyphs, Options, stream, text};

/// The columns; their order is part of the format, and new ones are added at the end.
const HEADER: &str = "path,line,column,end_line,end_column,severity,confidence,rule,message,help,peers,tags,fingerprint,\
                      fix,suppressed,commit\r\n";

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(HEADER.as_bytes())?;
    stream::write(&options.shown(report), out, |finding, buffer| {
        buffer.extend_from_slice(record(report, finding).as_bytes());
    })
}

fn record(report: &ScanReport, finding: &Finding) -> String {
    let rule = report.catalog.get(finding.rule);
    let field = |text: &str| escape::csv(&clean(text, Glyphs::Unicode));
    let words = |words: &portcullis_core::Words| words.iter().collect::<Vec<_>>().join(" ");
    let (start, end) = (finding.location.start, finding.location.end);
    let fix = match (finding.is_fixable(), finding.has_unsafe_fix()) {
        (true, _) => "safe",
        (_, true) => "unsafe",
        _ => "",
    };
    let fields = [
        field(&text::whole_path(report.path(finding.location.file()), Glyphs::Unicode)),
        start.line.to_string(),
        start.column.to_string(),
        end.line.to_string(),
        end.column.to_string(),
        finding.severity_name().to_owned(),
        finding.confidence.name().to_owned(),
        field(&rule.id),
        field(says(rule, finding)),
        field(finding.help.as_deref().unwrap_or_default()),
        field(&words(&rule.peers)),
        field(&words(&rule.tags)),
        finding.fingerprint.to_string(),
        fix.to_owned(),
        finding.suppressed.as_deref().map(|suppressed| suppressed.by.name().to_owned()).unwrap_or_default(),
        finding.commit.as_deref().map(|commit| commit.id.clone()).unwrap_or_default(),
    ];
    fields.join(",") + "\r\n"
}
