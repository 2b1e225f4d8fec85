//! What is left of a secret where it is shown, and texts without the secrets that they repeat.
//!
//! A rule never knows what another takes for a secret: a message about an unknown value, a duplicate or a URL may repeat one.
//! So everything that is said of a file is searched for the secrets of that file, as they are written and as they are read.

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use portcullis_core::{Note, ScanError, ScanReport, Span, shortened};
use portcullis_secrets::{Scanner, Subject};

/// How many characters at the start and at the end of a secret are shown: enough to find it again where it is long enough that
/// the rest stays out of reach.
pub(crate) const fn hint(length: usize) -> (usize, usize) {
    match length {
        0..8 => (0, 0),
        8..16 => (1, 1),
        _ => (4, 2),
    }
}

/// The secrets of one or several files.
#[derive(Debug)]
pub(crate) struct Scrub(AhoCorasick);

impl Scrub {
    /// From the places of secrets and the texts that they stand in. `None` where there is nothing to look for.
    pub(crate) fn new<'t>(secrets: impl Iterator<Item = (&'t str, Span)>) -> Option<Self> {
        let mut values = Vec::new();
        for (text, span) in secrets {
            let Some(written) = text.get(span.start as usize..span.end as usize) else { continue };
            forms(written, &mut values);
        }
        values.retain(|value| tells(value));
        values.sort_unstable();
        values.dedup();
        if values.is_empty() {
            return None;
        }
        let mut builder = AhoCorasick::builder();
        // Made for each file that has a secret, and asked about few short texts.
        builder.kind(Some(AhoCorasickKind::NoncontiguousNFA)).match_kind(MatchKind::LeftmostLongest);
        builder.build(values).ok().map(Self)
    }

    /// Whether a text repeats a secret.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The text without them.
    pub(crate) fn clean<'s>(&self, text: Cow<'s, str>) -> Cow<'s, str> {
        if !self.is_in(&text) {
            return text;
        }
        let mut clean = String::with_capacity(text.len());
        self.0.replace_all_with(&text, &mut clean, |_, secret, clean| {
            clean.push_str(&masked(secret));
            true
        });
        Cow::Owned(clean)
    }
}

/// A secret in a text that keeps no columns; its length is not told.
fn masked(secret: &str) -> String {
    let (head, tail) = hint(secret.chars().count());
    let start: String = secret.chars().take(head).collect();
    let skipped = secret.chars().count().saturating_sub(tail);
    let end: String = secret.chars().skip(skipped).collect();
    format!("{start}***{end}")
}

/// A text that is of no scanned file, as one at `path` would be, with stars in the place of secrets; columns stay what they are.
pub(crate) fn without_secrets<'t>(path: &str, text: &'t str, scanner: &Scanner) -> Cow<'t, str> {
    let mut hidden: Vec<Range<usize>> =
        scanner.scan(&Subject { path, text }).into_iter().map(|hit| hit.range).collect();
    hidden.extend(user_information(text));
    starred(text, &hidden).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The text with stars in the place of the passwords of URLs, where it has any.
pub(crate) fn without_user_information(text: &str) -> Option<String> {
    starred(text, &user_information(text))
}

fn starred(text: &str, hidden: &[Range<usize>]) -> Option<String> {
    let is_hidden = |at: usize| hidden.iter().any(|range| range.contains(&at));
    let star = |(at, c): (usize, char)| if is_hidden(at) && !c.is_whitespace() { '*' } else { c };
    (!hidden.is_empty()).then(|| text.char_indices().map(star).collect())
}

/// The passwords of URLs: behind the colon before an `@`, or all of what stands there alone and is too long for a name.
fn user_information(text: &str) -> Vec<Range<usize>> {
    let starts = memchr::memmem::find_iter(text.as_bytes(), "://").map(|at| at + 3);
    let password = |start: usize| {
        let rest = text.get(start..)?;
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '`' | '"' | '\''))
            .unwrap_or(rest.len());
        let user = rest.get(..rest.get(..end)?.rfind('@')?)?;
        match user.split_once(':') {
            Some((name, _)) => Some(start + name.len() + 1..start + user.len()),
            None => (user.len() >= WHOLE_LINE).then_some(start..start + user.len()),
        }
    };
    starts.filter_map(password).filter(|range| !range.is_empty()).collect()
}

/// Cleans what the scan says beside its findings.
pub(crate) fn clean_report(report: &mut ScanReport, scanner: &Scanner) {
    clean_texts(&mut report.notes, &mut report.errors, scanner);
}

/// The same of some of its notes and errors.
pub(crate) fn clean_texts(notes: &mut [Note], errors: &mut [ScanError], scanner: &Scanner) {
    for note in notes {
        clean_text(&mut note.message, scanner);
    }
    for error in errors {
        match error {
            ScanError::Path { reason, .. }
            | ScanError::Option { reason, .. }
            | ScanError::NotFixed { reason, .. }
            | ScanError::Advisories { reason } => clean_text(reason, scanner),
            // They repeat no text of a file but its names.
            ScanError::History { reason } | ScanError::Policy { reason, .. } => shorten(reason),
            ScanError::RulePanicked { .. } => {}
        }
    }
}

fn clean_text(text: &mut String, scanner: &Scanner) {
    if let Cow::Owned(clean) = without_secrets("", text, scanner) {
        *text = clean;
    }
    shorten(text);
}

fn shorten(text: &mut String) {
    if let Cow::Owned(short) = shortened(Cow::Borrowed(text.as_str())) {
        *text = short;
    }
}

/// A value as it is written, without its quotes and escapes, line by line, and decoded.
fn forms(written: &str, values: &mut Vec<String>) {
    let bare = written.trim();
    let bare = ['"', '\''].iter().find_map(|quote| bare.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(bare);
    values.push(bare.to_owned());
    if bare.contains('\\') {
        values.push(unescaped(bare));
    }
    if bare.contains('\n') {
        values.extend(bare.lines().map(str::trim).filter(|line| line.len() >= WHOLE_LINE).map(str::to_owned));
    }
    if let Some(decoded) = decoded(bare) {
        values.push(decoded);
    }
}

/// Bytes from which a line of a longer secret is one by itself.
const WHOLE_LINE: usize = 16;

/// Whether a text would be recognised as a secret where it is repeated: words are in messages for other reasons as well.
fn tells(value: &str) -> bool {
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| !c.is_ascii_alphanumeric(),
    ];
    let kinds = kinds.into_iter().filter(|kind| value.chars().any(kind)).count();
    value.len() >= 6 && kinds > 1 || value.len() >= WHOLE_LINE
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => c,
            },
            _ => c,
        });
    }
    plain
}

/// What a text is in base64, where that is a text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u8);
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty() && !text.contains(char::is_control))
}
