//! Whether a text is shell at all: asked of a real Bash grammar, which is never let near hostile text.
//!
//! The grammar recurses and takes a time that grows with the square of nesting. Texts beyond the limits are not shown to
//! it; for them our own reading decides alone.

use std::panic::catch_unwind;

use super::scan::template_end;

/// Longer texts are not checked.
const MAX_LENGTH: usize = 64 * 1024;
/// Openers and keywords that may be open at once, quoted ones and those in comments included.
const MAX_NESTING: usize = 30;
/// Length times the square of nesting: keeps the check under the cost of the rest.
const MAX_WORK: usize = 400_000;

/// A text this short cannot exhaust the stack of a worker thread, whatever operators it holds.
const MAX_OPERATORS: usize = 1024;

/// A longer text with substitutions is not shown to the grammar, which reads what stands in them twice.
const MAX_READ_TWICE: usize = 32 * 1024;
/// Heredocs in one text: the grammar's time grows with the square of their number.
const MAX_HEREDOCS: usize = 500;

/// What the grammar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The text is shell, or only looks too costly to ask.
    Accepted,
    /// It is none.
    Refused,
    /// It is over the limits.
    NotAsked,
}

/// Whether the grammar accepts `text`, in which we found `depth` things open at once.
pub(super) fn accepts(text: &str, depth: usize) -> Verdict {
    if text.len() > MAX_LENGTH || depth > MAX_NESTING {
        return Verdict::NotAsked;
    }
    let plain = without_templates(text);
    let nesting = nesting(&plain).max(depth);
    let work = plain.len().saturating_mul(nesting.saturating_mul(nesting));
    // The guess counts comments and quotations too, so that it proves nothing against the text.
    if nesting > MAX_NESTING || work > MAX_WORK {
        return Verdict::Accepted;
    }
    // Arithmetic and tests recurse once per operator, which nesting does not bound: a long text of them is taken as read.
    if plain.len() > MAX_OPERATORS && ["((", "[[", "$["].iter().any(|opener| plain.contains(opener)) {
        return Verdict::Accepted;
    }
    if plain.len() > MAX_READ_TWICE && (plain.contains("$(") || plain.contains('`')) {
        return Verdict::Accepted;
    }
    if memchr::memmem::find_iter(plain.as_bytes(), b"<<").nth(MAX_HEREDOCS).is_some() {
        return Verdict::Accepted;
    }
    if parses(&plain) { Verdict::Accepted } else { Verdict::Refused }
}

fn parses(plain: &str) -> bool {
    catch_unwind(|| rable::parse(plain, true).is_ok()).unwrap_or(false)
}

/// The text with each template marker replaced by a word of the same length, and with plain line breaks.
fn without_templates(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(end) = template_end(text, at).filter(|&end| text.is_char_boundary(end)) {
            plain.extend(std::iter::repeat_n('x', end.saturating_sub(at)));
            at = end;
            continue;
        }
        let Some(character) = rest.chars().next() else { break };
        // A carriage return before a line break is a blank of the file's, not of the script.
        if !(character == '\r' && rest.starts_with("\r\n")) {
            plain.push(character);
        }
        at = at.saturating_add(character.len_utf8());
    }
    plain
}

/// A guess of how deep the grammar recurses, without regard to quotes: it sees what our own reading takes for text.
/// What repeats without closing (`! ! !`, `elif`) counts as nesting too.
fn nesting(text: &str) -> usize {
    let (mut open, mut groups, mut run, mut branches, mut deepest) = (0_usize, 0_usize, 0_usize, 0_usize, 1_usize);
    for word in text.split_inclusive(|c: char| c.is_ascii_whitespace() || c == ';') {
        match word.trim_end_matches(|c: char| c.is_ascii_whitespace() || c == ';') {
            "if" | "for" | "while" | "until" | "case" | "select" => groups = groups.saturating_add(1),
            "fi" | "done" | "esac" => {
                groups = groups.saturating_sub(1);
                branches = 0;
            }
            "elif" => branches = branches.saturating_add(1),
            "!" | "time" | "coproc" | "function" | "-" | "~" | "+" => run = run.saturating_add(1),
            _ => run = 0,
        }
        for byte in word.bytes() {
            match byte {
                b'(' | b'{' => open = open.saturating_add(1),
                b')' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(open.saturating_add(groups).saturating_add(run).saturating_add(branches));
        }
    }
    deepest
}
