//! What the caller decides about an output.

use std::borrow::Cow;

use portcullis_core::{Finding, ScanReport};

/// Everything that shapes an output beside its format.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether escape sequences for colour are written; the caller knows its terminal.
    pub color: Color,
    /// What lines and arrows are drawn with.
    pub glyphs: Glyphs,
    /// Whether rule ids are links to their docs (OSC 8).
    pub links: Links,
    /// Columns of the terminal; taken as 40 to 200.
    pub width: usize,
    /// Whether suppressed findings are written.
    pub suppressed: SuppressedFindings,
    /// How much `pretty` says beside the findings.
    pub verbosity: Verbosity,
    /// What becomes of thousands of findings in `pretty`.
    pub thousands: Thousands,
    /// The program as outputs name it.
    pub tool: Tool,
    /// The day that the scan judges by, `2026-11-21`: what an output has to say it was made on.
    pub day: Cow<'static, str>,
    /// Where the scanned files can be read; `None`: paths are no links.
    pub files: Option<FileLinks>,
    /// Bytes that a summary in Markdown may have; taken as 128 KiB to 1 MiB.
    pub summary_limit: usize,
}

/// What becomes of thousands of findings in `pretty`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Thousands {
    /// Each is written, as files and pipes want it.
    #[default]
    Each,
    /// Their rules are told instead, for no terminal keeps so many lines.
    ByRule,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: Color::Never,
            glyphs: Glyphs::Unicode,
            links: Links::Plain,
            width: 100,
            suppressed: SuppressedFindings::Omit,
            verbosity: Verbosity::Normal,
            thousands: Thousands::Each,
            tool: Tool::default(),
            day: Cow::Borrowed("1970-01-01"),
            files: None,
            summary_limit: usize::MAX,
        }
    }
}

impl Options {
    pub(crate) fn columns(&self) -> usize {
        self.width.clamp(40, 200)
    }

    /// The findings to write, in the report's order.
    pub(crate) fn shown<'r>(&self, report: &'r ScanReport) -> Vec<&'r Finding> {
        let all = self.suppressed == SuppressedFindings::Include;
        report.findings.iter().filter(|finding| all || finding.suppressed.is_none()).collect()
    }
}

/// Whether to write colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// The terminal's own sixteen colours.
    Always,
}

/// What is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Box drawing characters.
    Unicode,
    /// ASCII only; names and source lines keep their characters.
    Ascii,
}

/// Whether to write hyperlinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// No.
    Plain,
    /// OSC 8 sequences.
    Hyperlinks,
}

/// Whether findings that do not count are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressedFindings {
    /// They are only counted.
    Omit,
    /// They are written, and marked.
    Include,
}

/// How much is said beside the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Findings only.
    Quiet,
    /// And the summary.
    Normal,
    /// And every note.
    Verbose,
}

/// Where others can read the scanned files: `BASE/REVISION/PATH#L12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLinks {
    /// An address without the last slash: `https://github.com/owner/name/blob`.
    pub base: String,
    /// The commit that was scanned; findings of another one name that.
    pub revision: String,
}

/// The program as outputs name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Semantic version.
    pub version: Cow<'static, str>,
    /// Where the program is described.
    pub uri: Cow<'static, str>,
    /// What a rule's id is appended to for the address of its docs; empty where there are none.
    pub rules_uri: Cow<'static, str>,
}

impl Default for Tool {
    fn default() -> Self {
        Self {
            version: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
            uri: Cow::Borrowed(env!("CARGO_PKG_REPOSITORY")),
            rules_uri: Cow::Borrowed(concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/rules.md#")),
        }
    }
}
