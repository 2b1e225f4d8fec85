//! The list of rules, for programs and for people.

use std::io::{self, Write};

use owo_colors::OwoColorize;
use portcullis_core::{Catalog, Example, Expect, RuleMeta};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::text::{Palette, clean, count, linked, wrapped};
use crate::{Options, uri};

/// Writes every rule of the catalog, in order of id.
pub fn write_rules(catalog: &Catalog, format: RulesFormat, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        RulesFormat::Json => write_json(catalog, out),
        RulesFormat::Table => write_table(catalog, options, out),
        RulesFormat::Lines => write_lines(catalog, options, out),
    }?;
    out.flush()
}

/// How rules are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesFormat {
    /// For people.
    Table,
    /// For pipes: one rule a line, however long that is.
    Lines,
    /// For programs: an array, one rule per line.
    Json,
}

fn write_json(catalog: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let mut separator = "[\n";
    for (_, rule) in catalog.iter() {
        out.write_all(separator.as_bytes())?;
        out.write_all(&serde_json::to_vec(&RuleWire::of(rule))?)?;
        separator = ",\n";
    }
    out.write_all(if catalog.is_empty() { b"[]\n" } else { b"\n]\n" })
}

/// The fields' order is part of the format.
#[derive(Serialize)]
struct RuleWire<'a> {
    id: &'a str,
    severity: &'static str,
    confidence: &'static str,
    title: &'a str,
    profile: &'static str,
    tags: Vec<&'a str>,
    peers: Vec<&'a str>,
    docs: String,
    examples: Vec<ExampleWire>,
}

impl<'a> RuleWire<'a> {
    fn of(rule: &'a RuleMeta) -> Self {
        Self {
            id: &rule.id,
            severity: rule.severity.name(),
            confidence: rule.confidence.name(),
            title: rule.title(),
            profile: rule.profile.name(),
            tags: rule.tags.iter().collect(),
            peers: rule.peers.iter().collect(),
            docs: docs(rule),
            examples: rule.examples().into_iter().map(ExampleWire::of).collect(),
        }
    }
}

/// The docs as Markdown; a doc comment keeps one blank before each line.
fn docs(rule: &RuleMeta) -> String {
    let lines: Vec<&str> = rule.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

#[derive(Serialize)]
struct ExampleWire {
    expect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    files: FilesWire,
}

impl ExampleWire {
    fn of(example: Example) -> Self {
        let (expect, line) = match example.expect {
            Expect::Bad { line } => ("bad", Some(line)),
            Expect::Good => ("good", None),
        };
        Self { expect, line, files: FilesWire(example.files) }
    }
}

/// A map in the order of the example.
struct FilesWire(Vec<(String, String)>);

impl Serialize for FilesWire {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, text) in &self.0 {
            map.serialize_entry(name, text)?;
        }
        map.end()
    }
}

/// Columns of the longest severity and of the longest profile.
const SEVERITY: usize = "critical".len();
const PROFILE: usize = "recommended".len();

/// Titles get a line of their own where less than this is left of the row.
const TITLE_MIN: usize = 30;

fn write_table(catalog: &Catalog, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let palette = Palette::new(options);
    let width = options.columns();
    let heads = Heads::new(catalog);
    let indent = heads.indent();
    for (_, rule) in catalog.iter() {
        let head = heads.head(rule, options);
        let title = clean(rule.title(), options.glyphs);
        let row = if width >= indent + TITLE_MIN {
            let title = wrapped(&title, &" ".repeat(indent), &" ".repeat(indent), width);
            format!("{head}  {}", title.trim_start())
        } else {
            format!("{}\n{}", head.trim_end(), wrapped(&title, "    ", "    ", width))
        };
        out.write_all(row.as_bytes())?;
    }
    writeln!(out, "{}", count(catalog.len(), "rule").replace('\u{a0}', " ").style(palette.faint()))
}

fn write_lines(catalog: &Catalog, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let heads = Heads::new(catalog);
    for (_, rule) in catalog.iter() {
        writeln!(out, "{}  {}", heads.head(rule, options), clean(rule.title(), options.glyphs))?;
    }
    Ok(())
}

/// What stands before the titles, in columns.
struct Heads {
    id_width: usize,
}

impl Heads {
    fn new(catalog: &Catalog) -> Self {
        Self { id_width: catalog.iter().map(|(_, rule)| rule.id.chars().count()).max().unwrap_or_default() }
    }

    fn indent(&self) -> usize {
        SEVERITY + self.id_width + PROFILE + 6
    }

    fn head(&self, rule: &RuleMeta, options: &Options) -> String {
        let palette = Palette::new(options);
        let id = clean(&rule.id, options.glyphs);
        let padding = self.id_width.saturating_sub(id.chars().count());
        format!(
            "{:SEVERITY$}  {}{:padding$}  {:PROFILE$}",
            rule.severity.style(palette.severity(rule.severity)),
            linked(id.style(palette.strong()).to_string(), uri::docs(&options.tool, rule), options),
            "",
            rule.profile.style(palette.faint()),
        )
    }
}
