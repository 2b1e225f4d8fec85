//! What reaches a terminal: names made harmless, colours, wrapping, plurals.

use std::borrow::Cow;

use owo_colors::Style;
use portcullis_core::{Commit, Finding, RuleMeta, Severity, SuppressedBy, Suppression, shortened_path};
use textwrap::{WordSeparator, WordSplitter};

use crate::{Color, Glyphs, Links, Options};

/// What stands for a character that may not be written, or `None` where it may.
///
/// Scanned files are hostile: control characters would move the cursor or retitle the terminal, and invisible ones
/// (bidirectional overrides, zero width, tags) would make a line read as what it is not.
pub(crate) fn substitute(c: char, glyphs: Glyphs) -> Option<char> {
    let hidden = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    if !hidden && !c.is_control() {
        return None;
    }
    Some(match (glyphs, c) {
        (Glyphs::Ascii, _) => '?',
        (Glyphs::Unicode, '\0'..='\u{1f}') => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        (Glyphs::Unicode, '\u{7f}') => '\u{2421}',
        (Glyphs::Unicode, _) => '\u{fffd}',
    })
}

/// A name or message on one line, harmless.
pub(crate) fn clean(text: &str, glyphs: Glyphs) -> Cow<'_, str> {
    let text = text.trim_end();
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { substitute(c, glyphs).unwrap_or(c) }).collect(),
    )
}

/// Characters of a path that people see. Systems take at most 4096 bytes, but the index of a repository and what a template
/// engine wrote may name anything.
const SHOWN_PATH: usize = 480;
const WHOLE_PATH: usize = 4096;

/// A path for people to read.
pub(crate) fn path(path: &str, glyphs: Glyphs) -> String {
    clean(&shortened_path(path, SHOWN_PATH), glyphs).into_owned()
}

/// A path that programs open: whole, unless there can be no such file.
pub(crate) fn whole_path(path: &str, glyphs: Glyphs) -> String {
    clean(&shortened_path(path, WHOLE_PATH), glyphs).into_owned()
}

/// Lines that no runner of GitHub's takes for a command: that is a line whose first letters are `::`, whatever blanks stand before
/// them, and `##[` anywhere.
pub(crate) fn for_logs(text: String, glyphs: Glyphs) -> String {
    if !text.contains("::") && !text.contains("##[") {
        return text;
    }
    let mark = if glyphs == Glyphs::Ascii { '?' } else { '\u{fffd}' };
    let mut harmless = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start();
        if rest.starts_with("::") {
            harmless.push_str(line.get(..line.len() - rest.len()).unwrap_or_default());
            harmless.push(mark);
            harmless.push_str(&rest.replace("##[", &format!("##{mark}[")));
        } else {
            harmless.push_str(&line.replace("##[", &format!("##{mark}[")));
        }
    }
    harmless
}

/// The styles of one output; all plain without colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette(Color);

impl Palette {
    pub(crate) fn new(options: &Options) -> Self {
        Self(options.color)
    }

    fn choose(self, style: Style) -> Style {
        match self.0 {
            Color::Never => Style::new(),
            Color::Always => style,
        }
    }

    pub(crate) fn severity(self, severity: Severity) -> Style {
        self.choose(match severity {
            Severity::Critical => Style::new().bright_red().bold(),
            Severity::High => Style::new().red().bold(),
            Severity::Medium => Style::new().yellow().bold(),
            Severity::Low => Style::new().cyan().bold(),
            Severity::Info => Style::new().blue().bold(),
        })
    }

    pub(crate) fn strong(self) -> Style {
        self.choose(Style::new().bold())
    }

    pub(crate) fn faint(self) -> Style {
        self.choose(Style::new().dimmed())
    }

    pub(crate) fn good(self) -> Style {
        self.choose(Style::new().green().bold())
    }

    pub(crate) fn path(self) -> Style {
        self.choose(Style::new().cyan())
    }

    /// Words of our own: `help:`, code in docs.
    pub(crate) fn accent(self) -> Style {
        self.choose(Style::new().cyan())
    }
}

/// `shown` as a link to `target`, where links are wanted and there is a target.
pub(crate) fn linked(shown: String, target: Option<String>, options: &Options) -> String {
    match (options.links, target) {
        (Links::Hyperlinks, Some(uri)) => format!("\u{1b}]8;;{uri}\u{1b}\\{shown}\u{1b}]8;;\u{1b}\\"),
        _ => shown,
    }
}

/// Breaks text at blanks only, so that ids and commands stay whole; ends with a line break.
///
/// No-break spaces hold words together and become blanks.
/// Colour sequences count as nothing; links must be added afterwards.
pub(crate) fn wrapped(text: &str, first: &str, rest: &str, width: usize) -> String {
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let mut filled = textwrap::fill(text, options);
    filled.push('\n');
    filled.replace('\u{a0}', " ")
}

/// Peers' ids as people write them, `trivy KSV-0017, checkov CKV_K8S_16`, each with a blank that does not break.
pub(crate) fn peers<'a>(peers: impl IntoIterator<Item = &'a str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for peer in peers {
        if !seen.contains(&peer) {
            seen.push(peer);
        }
    }
    let shown: Vec<String> = seen.iter().map(|peer| peer.replacen(':', "\u{a0}", 1)).collect();
    shown.join(", ")
}

/// `1 file`, `214 files`, `300,000 findings`, with a no-break space.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{}\u{a0}{noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with its thousands set apart.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// At most `most` characters, the last of them a mark where some were cut.
pub(crate) fn truncated(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.chars().take(most.saturating_sub(1)).chain(['…']).collect()),
    }
}

/// What a finding says; never blank.
pub(crate) fn says<'f>(rule: &'f RuleMeta, finding: &'f Finding) -> &'f str {
    [&*finding.message, rule.title(), &rule.id].into_iter().find(|text| !text.trim().is_empty()).unwrap_or("portcullis")
}

/// `suppressed by config`, `in the baseline`
pub(crate) fn hidden_by(suppressed: &Suppression) -> String {
    match suppressed.by {
        SuppressedBy::Baseline => "in the baseline".to_owned(),
        _ => format!("suppressed by {}", suppressed.by.name()),
    }
}

/// `in commit 4f2a91c03b of 2024-05-01`
pub(crate) fn commit(commit: &Commit) -> String {
    format!("in commit {} of {}", commit.short(), commit.day)
}
