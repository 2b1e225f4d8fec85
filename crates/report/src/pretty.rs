//! `pretty`: each finding with its source line and the span marked, drawn by miette; then the summary.
//!
//! miette's own headline has three severities and no place for the rule, so the headline is written here.

use std::collections::HashMap;
use std::fmt;
use std::fmt::Write as _;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};
use owo_colors::{OwoColorize, Style};
use portcullis_core::{Confidence, Finding, RuleIdx, ScanReport, SuppressedBy, Suppression};

use crate::snippet::Snippets;
use crate::summary::{breakable, scope, separator};
use crate::text::{Palette, clean, grouped, linked, peers, wrapped};
use crate::{Glyphs, Options, Verbosity, groups, stream, text, uri};

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { report, options, palette: Palette::new(options), width: options.columns() };
    let findings = options.shown(report);
    if groups::are_grouped(&findings, options) {
        out.write_all(text::for_logs(groups::by_rule(report, &findings, options), options.glyphs).as_bytes())?;
    } else {
        stream::write(&findings, out, |finding, buffer| buffer.extend_from_slice(page.finding(finding).as_bytes()))?;
    }
    if options.verbosity > Verbosity::Quiet {
        out.write_all(text::for_logs(page.closing(&findings), options.glyphs).as_bytes())?;
    }
    Ok(())
}

/// More findings than this, and the summary says which rules they are of.
const MANY: usize = 50;

/// How many rules it names.
const TOP: usize = 5;

/// How many of the things that the configuration excludes are listed.
const EXCLUDED: usize = 100;

struct Page<'r> {
    report: &'r ScanReport,
    options: &'r Options,
    palette: Palette,
    width: usize,
}

impl Page<'_> {
    fn finding(&self, finding: &Finding) -> String {
        let mut text = self.headline(finding);
        text.push_str(&self.source(finding));
        if let Some(help) = self.help(finding) {
            self.line(&mut text, "help", &help);
        }
        if let Some(commit) = finding.commit.as_deref() {
            self.line(&mut text, "note", &text::commit(commit));
        }
        if finding.confidence == Confidence::Low {
            self.line(&mut text, "note", "confidence is low: a heuristic, so look before you act");
        }
        if let Some(suppressed) = finding.suppressed.as_deref() {
            let word = if suppressed.by == SuppressedBy::Baseline { "known" } else { "suppressed" };
            self.line(&mut text, word, &self.suppressed(suppressed));
        }
        let ids = std::iter::once(&finding.rule).chain(&finding.also);
        let also = peers(ids.flat_map(|rule| self.report.catalog.get(*rule).peers.iter()));
        if !also.is_empty() {
            self.line(&mut text, "also", &also);
        }
        text.push('\n');
        text::for_logs(text, self.options.glyphs)
    }

    /// `high[k8s-privileged-container]: container web runs privileged`
    fn headline(&self, finding: &Finding) -> String {
        let rule = self.report.catalog.get(finding.rule);
        let id = self.clean(&rule.id).into_owned();
        let code = format!("{}[{id}]", finding.severity_name());
        let message = self.clean(&finding.message);
        let line = format!(
            "{}: {}",
            code.style(self.palette.severity(finding.severity)),
            message.style(self.palette.strong())
        );
        let text = wrapped(&line, "", "  ", self.width);
        match uri::docs(&self.options.tool, rule) {
            Some(target) => text.replacen(&code, &linked(code.clone(), Some(target), self.options), 1),
            None => text,
        }
    }

    fn source(&self, finding: &Finding) -> String {
        let glyphs = self.options.glyphs;
        let mut places = String::new();
        let mut snippets = Snippets::default();
        let mut show = |location, line: Option<&str>, label| {
            let path = text::path(self.report.path(portcullis_core::Location::file(location)), glyphs);
            match line {
                Some(line) => snippets.add(path, location, line, label, self.width, glyphs),
                None => places.push_str(&self.place(&path, location, label)),
            }
        };
        show(&finding.location, finding.line.as_deref(), None);
        for related in &finding.related {
            let label = Some(&*related.message).filter(|label| !label.is_empty());
            show(&related.location, related.line.as_deref(), label);
        }
        let mut drawn = if snippets.labels.is_empty() { String::new() } else { self.draw(finding, snippets) };
        drawn.push_str(&places);
        drawn
    }

    /// A place whose source line is not known.
    fn place(&self, path: &str, location: &portcullis_core::Location, label: Option<&str>) -> String {
        let start = location.start;
        let place = format!("{path}:{}:{}", start.line, start.column);
        let label = label.map(|label| format!(" {}", self.clean(label))).unwrap_or_default();
        format!("  --> {}{label}\n", place.style(self.palette.path()))
    }

    fn draw(&self, finding: &Finding, snippets: Snippets) -> String {
        let mut characters = match self.options.glyphs {
            Glyphs::Unicode => ThemeCharacters::unicode(),
            Glyphs::Ascii => ThemeCharacters::ascii(),
        };
        characters.error.clear();
        let primary = self.palette.severity(finding.severity);
        let mut highlights = vec![self.palette.accent(); snippets.labels.len()];
        if finding.line.is_some()
            && let Some(first) = highlights.first_mut()
        {
            *first = primary;
        }
        let plain = Style::new();
        let styles = ThemeStyles {
            error: plain,
            warning: plain,
            advice: plain,
            help: plain,
            link: self.palette.path(),
            linum: self.palette.faint(),
            highlights,
        };
        let mut drawn = String::new();
        GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
            .with_width(self.width)
            .with_context_lines(0)
            .with_links(false)
            .without_syntax_highlighting()
            .render_report(&mut drawn, &View(snippets))
            .expect("every label lies in a region of the snippets");
        // The first line is miette's own headline, which is empty.
        let mut text = String::with_capacity(drawn.len());
        for line in drawn.lines().skip(1) {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn help(&self, finding: &Finding) -> Option<String> {
        let title = || finding.fix.as_deref().map(|fix| fix.title.as_str());
        let help = self.clean(finding.help.as_deref().or_else(title)?);
        let available = if finding.is_fixable() { " (fix available)" } else { "" };
        Some(format!("{help}{available}"))
    }

    fn suppressed(&self, suppressed: &Suppression) -> String {
        let by = match &suppressed.by {
            SuppressedBy::Comment(at) | SuppressedBy::Annotation(at) => {
                let path = text::path(self.report.path(at.file()), self.options.glyphs);
                format!("by the {} at {path}:{}:{}", suppressed.by.name(), at.start.line, at.start.column)
            }
            SuppressedBy::Config => "by the configuration".to_owned(),
            SuppressedBy::Baseline => "in the baseline".to_owned(),
            SuppressedBy::Vex => "by a VEX statement".to_owned(),
        };
        match &suppressed.reason {
            Some(reason) => format!("{by}: {}", self.clean(reason)),
            None => by,
        }
    }

    /// `  help: …`, broken at blanks.
    fn line(&self, text: &mut String, word: &str, content: &str) {
        let first = format!("  {}: ", word.style(self.palette.accent()));
        let rest = " ".repeat(word.len() + 4);
        text.push_str(&wrapped(content, &first, &rest, self.width));
    }

    fn closing(&self, findings: &[&Finding]) -> String {
        let mut text = self.notes();
        if findings.len() > MANY && !groups::are_grouped(findings, self.options) {
            text.push_str(&self.top(findings));
        }
        text.push_str(&wrapped(&breakable(self.report, self.options), "", "  ", self.width));
        let scope = scope(self.report, self.options);
        if !scope.is_empty() {
            text.push_str(&wrapped(&scope.join(separator(self.options.glyphs)), "", "  ", self.width));
        }
        text.push_str(&self.fixable());
        if let Some(first) = findings.first() {
            let id = self.clean(&self.report.catalog.get(first.rule).id);
            let hint = format!("portcullis explain {id}");
            let _ = writeln!(text, "{}", hint.style(self.palette.faint()));
        }
        text
    }

    /// `3 of 12 can be fixed with --fix, 2 more with --fix --unsafe-fixes`
    fn fixable(&self) -> String {
        let number = |is: fn(&Finding) -> bool| self.report.findings.iter().filter(|finding| is(finding)).count();
        let (safe, not_safe) = (number(Finding::is_fixable), number(Finding::has_unsafe_fix));
        let all = grouped(self.report.active().count());
        let text = match (safe, not_safe) {
            (0, 0) => return String::new(),
            (safe, 0) => format!("{} of {all} can be fixed with --fix", grouped(safe)),
            (0, not_safe) => format!("{} of {all} can be fixed with --fix --unsafe-fixes", grouped(not_safe)),
            (safe, not_safe) => {
                let (safe, not_safe) = (grouped(safe), grouped(not_safe));
                format!("{safe} of {all} can be fixed with --fix, {not_safe} more with --fix --unsafe-fixes")
            }
        };
        wrapped(&text, "", "  ", self.width)
    }

    fn notes(&self) -> String {
        let notes = &self.report.notes;
        let excluded = &self.report.excluded;
        if notes.is_empty() && excluded.is_empty() || self.options.verbosity < Verbosity::Verbose {
            return String::new();
        }
        let mut text = String::new();
        for path in excluded.iter().take(EXCLUDED) {
            let line =
                format!("{}: {}", "excluded".style(self.palette.accent()), text::path(path, self.options.glyphs));
            text.push_str(&wrapped(&line, "", "  ", self.width));
        }
        if let Some(more @ 1..) = excluded.len().checked_sub(EXCLUDED) {
            let _ = writeln!(text, "{}: and {} more", "excluded".style(self.palette.accent()), grouped(more));
        }
        for note in notes {
            let place = if note.path.is_empty() {
                String::new()
            } else {
                format!("{}: ", text::path(&note.path, self.options.glyphs))
            };
            let line = format!("{}: {place}{}", "note".style(self.palette.accent()), self.clean(&note.message));
            text.push_str(&wrapped(&line, "", "  ", self.width));
        }
        text.push('\n');
        text
    }

    /// The rules with the most findings.
    fn top(&self, findings: &[&Finding]) -> String {
        let mut counts: HashMap<RuleIdx, usize> = HashMap::new();
        for finding in findings {
            *counts.entry(finding.rule).or_default() += 1;
        }
        let mut counts: Vec<(RuleIdx, usize)> = counts.into_iter().collect();
        counts.sort_unstable_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
        let mut text = String::from("most frequent:\n");
        for (rule, count) in counts.into_iter().take(TOP) {
            let id = self.clean(&self.report.catalog.get(rule).id);
            let _ = writeln!(text, "{:>9}  {id}", grouped(count));
        }
        text.push('\n');
        text
    }

    fn clean<'a>(&self, text: &'a str) -> std::borrow::Cow<'a, str> {
        clean(text, self.options.glyphs)
    }
}

/// What miette draws: labels and lines, no message.
#[derive(Debug)]
struct View(Snippets);

impl fmt::Display for View {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for View {}

impl Diagnostic for View {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.0)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.0.labels.iter().cloned()))
    }
}
