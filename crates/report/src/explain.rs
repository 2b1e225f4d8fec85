//! `portcullis explain`: one rule's docs for the terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use owo_colors::OwoColorize;
use portcullis_core::{Example, Expect, OptionShape, RuleMeta};

use crate::text::{Palette, clean, linked, peers, substitute, wrapped};
use crate::{Glyphs, Options, uri};

/// Writes what the rule finds, why it matters, its examples, and how to suppress it.
pub fn write_explanation(rule: &RuleMeta, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let sheet = Sheet { rule, options, palette: Palette::new(options), width: options.columns() };
    out.write_all(sheet.text().as_bytes())?;
    out.flush()
}

struct Sheet<'a> {
    rule: &'a RuleMeta,
    options: &'a Options,
    palette: Palette,
    width: usize,
}

impl Sheet<'_> {
    fn text(&self) -> String {
        let mut text = self.headline();
        text.push('\n');
        text.push_str(&self.facts());
        let explanation = self.rule.explanation();
        if !explanation.is_empty() {
            text.push('\n');
            text.push_str(&self.markdown(&explanation));
        }
        for example in self.rule.examples() {
            text.push('\n');
            text.push_str(&self.example(&example));
        }
        text.push('\n');
        text.push_str(&self.suppressing());
        text
    }

    fn headline(&self) -> String {
        let id = self.clean(&self.rule.id);
        let code = format!("{}[{id}]", self.rule.severity_name());
        let title = self.clean(self.rule.title());
        let shown = code.style(self.palette.severity(self.rule.severity)).to_string();
        let line = format!("{shown}: {}", title.style(self.palette.strong()));
        let text = wrapped(&line, "", "  ", self.width);
        text.replacen(&shown, &linked(shown.clone(), uri::docs(&self.options.tool, self.rule), self.options), 1)
    }

    fn facts(&self) -> String {
        let rule = self.rule;
        let mut text = String::new();
        let mut fact = |name: &str, value: &str| {
            if !value.is_empty() {
                let first = format!("{}  ", format!("{name:>10}").style(self.palette.accent()));
                let rest = " ".repeat(12);
                text.push_str(&wrapped(&self.clean(value), &first, &rest, self.width));
            }
        };
        fact("severity", rule.severity_name());
        fact("confidence", rule.confidence.name());
        fact("profile", rule.profile.name());
        fact("tags", &rule.tags.iter().collect::<Vec<_>>().join(", "));
        fact("also", &peers(rule.peers.iter()));
        fact("yields to", &rule.yields_to.join(", "));
        for option in rule.options.iter() {
            let shape = match option.shape {
                OptionShape::Strings => "list of strings",
                OptionShape::Number => "number",
                OptionShape::Flag => "true or false",
                OptionShape::Text => "string",
            };
            fact("option", &format!("{} ({shape}): {}", option.name, option.docs));
        }
        text
    }

    /// Paragraphs are filled, list items hang, everything else keeps its lines. Code is coloured.
    fn markdown(&self, markdown: &str) -> String {
        let mut text = String::new();
        let mut block = String::new();
        for line in markdown.lines().chain([""]) {
            let trimmed = line.trim();
            let item = trimmed.starts_with("- ") || trimmed.starts_with("* ");
            let heading = trimmed.starts_with('#');
            if (trimmed.is_empty() || item || heading) && !block.is_empty() {
                text.push_str(&self.block(&block));
                block.clear();
            }
            if trimmed.is_empty() {
                text.push('\n');
                continue;
            }
            if !block.is_empty() {
                block.push(' ');
            }
            block.push_str(trimmed);
            if heading {
                text.push_str(&self.block(&block));
                block.clear();
            }
        }
        let mut text = text.trim_end().to_owned();
        text.push('\n');
        text
    }

    fn block(&self, block: &str) -> String {
        let block = self.clean(block);
        if block.starts_with('#') {
            let heading = block.trim_start_matches('#').trim();
            return format!("{}\n", heading.style(self.palette.strong()));
        }
        let mut shown = String::new();
        for (at, part) in block.split('`').enumerate() {
            if at % 2 == 1 {
                let _ = write!(shown, "{}", format!("`{part}`").style(self.palette.accent()));
            } else {
                shown.push_str(&part.replace("**", ""));
            }
        }
        let hang = if block.starts_with("- ") || block.starts_with("* ") { "  " } else { "" };
        wrapped(&shown, "", hang, self.width)
    }

    fn example(&self, example: &Example) -> String {
        let (bar, arrow) = match self.options.glyphs {
            Glyphs::Unicode => ('│', '▶'),
            Glyphs::Ascii => ('|', '>'),
        };
        let (mut text, bad_line) = match example.expect {
            Expect::Bad { line } => {
                (format!("{} reported at line {line}\n", "bad:".style(self.palette.severity(self.rule.severity))), line)
            }
            Expect::Good => (format!("{} not reported\n", "good:".style(self.palette.good())), 0),
        };
        for (name, content) in &example.files {
            if example.files.len() > 1 {
                let _ = writeln!(text, "  {}", self.clean(name).style(self.palette.path()));
            }
            let digits = content.lines().count().to_string().len();
            for (number, line) in (1..).zip(content.lines()) {
                // Which file of several the line is of only the scan knows, so none is marked.
                let marked = number == bad_line && example.files.len() == 1;
                let number = format!("{}{number:>digits$} {bar}", if marked { arrow } else { ' ' });
                let style = if marked { self.palette.severity(self.rule.severity) } else { self.palette.faint() };
                let code: String = line
                    .chars()
                    .map(|c| if c == '\t' { c } else { substitute(c, self.options.glyphs).unwrap_or(c) })
                    .collect();
                text.push_str(format!("{} {code}", number.style(style)).trim_end());
                text.push('\n');
            }
        }
        text
    }

    fn suppressing(&self) -> String {
        let id = self.clean(&self.rule.id);
        let mut ways = vec![("here", format!("# portcullis: ignore[{id}] reason"))];
        if id.starts_with("k8s-") {
            ways.push(("on an object", format!("portcullis.dev/ignore: \"{id}\"")));
        }
        ways.push(("everywhere", format!("rules: {{ {id}: off }}")));
        let mut text = format!("{}\n", "to suppress it".style(self.palette.strong()));
        for (place, way) in ways {
            let _ = writeln!(text, "  {place:12}  {}", way.style(self.palette.accent()));
        }
        text
    }

    fn clean<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        clean(text, self.options.glyphs)
    }
}
