//! Every output, from a [`ScanReport`] or a [`Catalog`](portcullis_core::Catalog) alone.
//!
//! Nothing here reads a file, knows the command line or decides whether a finding counts. What is written depends on
//! the report and the [`Options`] only, never on the environment or the number of threads.

mod baseline;
mod concise;
mod csv;
mod cyclonedx;
mod domain;
mod escape;
mod explain;
mod github;
mod gitlab;
mod groups;
mod html;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod material;
mod options;
mod pretty;
mod rules;
mod sarif;
mod snippet;
mod spdx;
mod stream;
mod summary;
mod testing;
mod text;
mod uri;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use portcullis_core::ScanReport;

pub use baseline::{BaselineFault, read_baseline, write_baseline};
pub use explain::write_explanation;
pub use options::{Color, FileLinks, Glyphs, Links, Options, SuppressedFindings, Thousands, Tool, Verbosity};
pub use rules::{RulesFormat, write_rules};
pub use summary::summary_line;
pub use testing::{TestFormat, write_tests};

/// Writes a report. A closed pipe is an error of kind [`io::ErrorKind::BrokenPipe`] like any other.
///
/// Formats whose readers have a limit keep the most severe findings. What is left out is said in the output, and returned for
/// those who look at nothing but whether it was written: `the 25,000 most severe of 31,234 findings are in it: …`
pub fn write(
    report: &ScanReport,
    format: Format,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<Option<String>> {
    let left_out = match format {
        Format::Github => github::write(report, options, out)?,
        Format::Markdown => markdown::write(report, options, out)?,
        Format::Html => html::write(report, options, out)?,
        Format::Sarif => sarif::write(report, options, out)?,
        _ => {
            write_all(report, format, options, out)?;
            None
        }
    };
    out.flush()?;
    Ok(left_out)
}

/// Writes a format that has room for everything.
fn write_all(report: &ScanReport, format: Format, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Pretty => pretty::write(report, options, out),
        Format::Concise => concise::write(report, options, out),
        Format::Json => json::write(report, options, out),
        Format::Jsonl => jsonl::write(report, options, out),
        Format::Gitlab => gitlab::write(report, options, out),
        Format::GitlabSast => gitlab::write_sast(report, options, out),
        Format::Junit => junit::write(report, options, out),
        Format::Csv => csv::write(report, options, out),
        Format::CycloneDx => cyclonedx::write(report, options, out),
        Format::Spdx => spdx::write(report, options, out),
        Format::Github | Format::Markdown | Format::Html | Format::Sarif => Ok(()),
    }
}

/// What an output says of the findings that it has no room for, if there are any.
fn left_out(shown: usize, all: usize, why: &str) -> Option<String> {
    let (kept, total) = (text::grouped(shown), text::count(all, "finding").replace('\u{a0}', " "));
    (shown < all).then(|| format!("the {kept} most severe of {total} are in it: {why}"))
}

/// The formats of a scan's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people: source lines with the span marked.
    Pretty,
    /// For people and editors: one line per finding.
    Concise,
    /// For programs: the stable `portcullis/1`.
    Json,
    /// For programs: the findings of `json`, one per line.
    Jsonl,
    /// For code scanning: SARIF 2.1.0 as GitHub takes it.
    Sarif,
    /// For GitHub: workflow commands, which become annotations.
    Github,
    /// For GitLab: a code quality report.
    Gitlab,
    /// For GitLab: a security report, SAST's schema 15.
    GitlabSast,
    /// For build servers: JUnit's XML.
    Junit,
    /// For people: a summary of a job or a comment.
    Markdown,
    /// For people: one page with charts and a table that needs nothing else.
    Html,
    /// For spreadsheets: RFC 4180.
    Csv,
    /// For audits: a bill of materials with what is known of it, CycloneDX 1.6.
    CycloneDx,
    /// For audits: a bill of materials, SPDX 2.3.
    Spdx,
}

impl Format {
    /// Every format, the most used first.
    pub const ALL: [Self; 14] = [
        Self::Pretty,
        Self::Concise,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::GitlabSast,
        Self::Junit,
        Self::Markdown,
        Self::Html,
        Self::Jsonl,
        Self::Csv,
        Self::CycloneDx,
        Self::Spdx,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::GitlabSast => "gitlab-sast",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::CycloneDx => "cyclonedx",
            Self::Spdx => "spdx",
        }
    }

    /// What has to be sealed into the findings for this format.
    pub const fn needs(self) -> Needs {
        match self {
            Self::Pretty | Self::Html => Needs { line: true, ..Needs::NONE },
            Self::Concise
            | Self::Json
            | Self::Jsonl
            | Self::Github
            | Self::Gitlab
            | Self::GitlabSast
            | Self::Junit
            | Self::Markdown
            | Self::Csv => Needs::NONE,
            // The line says where a span of several lines is to be clipped.
            Self::Sarif => Needs { line: true, line_hash: true, ..Needs::NONE },
            Self::CycloneDx | Self::Spdx => Needs { packages: true, ..Needs::NONE },
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|format| format.name()).collect();
            format!("`{text}` is not a format ({})", names.join(", "))
        })
    }
}

/// What a report must carry beside the things that it always has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `Finding::line` and `Related::line`.
    pub line: bool,
    /// `Finding::line_hash`.
    pub line_hash: bool,
    /// `ScanReport::packages` and `ScanReport::lockfiles`.
    pub packages: bool,
}

impl Needs {
    /// Nothing.
    const NONE: Self = Self { line: false, line_hash: false, packages: false };

    /// What two formats of one scan need together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            line: self.line || other.line,
            line_hash: self.line_hash || other.line_hash,
            packages: self.packages || other.packages,
        }
    }
}
