//! `concise`: one line per finding, `path:line:col: severity[rule] message`, and nothing else but what may have been meant.

use std::io::{self, Write};

use owo_colors::OwoColorize;
use portcullis_core::{Finding, ScanReport};

use crate::text::{Palette, clean, linked};
use crate::{Options, stream, text, uri};

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let palette = Palette::new(options);
    let line = |finding: &Finding| {
        let rule = report.catalog.get(finding.rule);
        let id = clean(&rule.id, options.glyphs);
        let code = format!("{}[{id}]", finding.severity_name()).style(palette.severity(finding.severity)).to_string();
        let start = finding.location.start;
        let path = text::whole_path(report.path(finding.location.file()), options.glyphs);
        // The same file, and no command of a runner that reads the log.
        let path = if path.trim_start().starts_with("::") { format!("./{path}") } else { path };
        let line = format!(
            "{}:{}:{}: {} {}{}{}{}\n",
            path.style(palette.strong()),
            start.line,
            start.column,
            linked(code, uri::docs(&options.tool, rule), options),
            clean(&finding.message, options.glyphs),
            // A suggestion is half of what such a finding says; other helps are for the formats with room.
            finding
                .help
                .as_deref()
                .filter(|help| help.starts_with("did you mean "))
                .map(|help| format!(" ({})", clean(help, options.glyphs)))
                .unwrap_or_default(),
            finding.commit.as_deref().map(|commit| format!(" ({})", text::commit(commit))).unwrap_or_default(),
            finding
                .suppressed
                .as_deref()
                .map(|suppressed| format!(" ({})", text::hidden_by(suppressed)))
                .unwrap_or_default(),
        );
        text::for_logs(line, options.glyphs)
    };
    stream::write(&options.shown(report), out, |finding, buffer| buffer.extend_from_slice(line(finding).as_bytes()))
}
