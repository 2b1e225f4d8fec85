//! INI files: sections in brackets, `name = value` lines, comments, quotes, lines that go on behind a backslash.
//!
//! There is no standard. This is the dialect of `go-ini`, which Grafana and Conftest read: `#` and `;` start a comment
//! anywhere but in quotes, and what stands before the first section belongs to `DEFAULT`.

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};

/// A section, as often as it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'t> {
    /// What stands in the brackets; `DEFAULT` before the first ones.
    pub name: &'t str,
    /// Where that stands.
    pub span: Span,
    /// Names and values in order.
    pub entries: Vec<Entry<'t>>,
}

/// One name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'t> {
    /// The name.
    pub name: &'t str,
    /// The value without quotes and comment.
    pub value: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Where the value stands, as it is written; empty where there is none.
    pub value_span: Span,
}

/// The section of entries that stand in none.
pub const DEFAULT: &str = "DEFAULT";

/// Reads a text, and says what in it is neither a section nor an entry.
pub fn parse(file: FileId, text: &str) -> (Vec<Section<'_>>, Vec<SyntaxError>) {
    let span_of = |part: &str| {
        let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(file, narrow(start), narrow(start.saturating_add(part.len())))
    };
    let mut sections = vec![Section { name: DEFAULT, span: Span::new(file, 0, 0), entries: Vec::new() }];
    let mut faults = Vec::new();
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            match rest.split_once(']') {
                Some((name, _)) => {
                    let name = name.trim();
                    sections.push(Section { name, span: span_of(name), entries: Vec::new() });
                }
                None => faults.push(fault(span_of(line), "the section has no `]`")),
            }
            continue;
        }
        let Some((name, written)) = line.split_once(['=', ':']) else {
            faults.push(fault(span_of(line), "neither a section nor a name and a value"));
            continue;
        };
        let (name, written) = (name.trim().trim_matches('"'), written.trim());
        let mut value = written.to_owned();
        while value.ends_with('\\') {
            value.pop();
            let Some(next) = lines.next() else { break };
            value.push_str(next.trim());
        }
        let entry = Entry { name, value: plain(&value), name_span: span_of(name), value_span: span_of(written) };
        if let Some(section) = sections.last_mut() {
            section.entries.push(entry);
        }
    }
    (sections, faults)
}

fn fault(span: Span, message: &str) -> SyntaxError {
    SyntaxError { span, message: message.to_owned(), kind: SyntaxErrorKind::Invalid }
}

/// What is in quotes, or else what stands before a comment.
fn plain(written: &str) -> String {
    let quote = written.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
    let quoted = quote.and_then(|quote| written.get(1..)?.split_once(quote));
    match quoted {
        Some((inner, _)) => inner.to_owned(),
        None => written.split(['#', ';']).next().unwrap_or_default().trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_entries_are_read() {
        type Entry = (&'static str, &'static str, &'static str);
        let cases: &[(&str, &[Entry])] = &[
            ("a = 1", &[("DEFAULT", "a", "1")]),
            ("[s]\na=1 ; why\nb: \"x # y\"\n", &[("s", "a", "1"), ("s", "b", "x # y")]),
            ("\u{feff}[ s ]\r\na =\r\n", &[("s", "a", "")]),
            ("[s]\na = b \\\n  c\nd = 'e'", &[("s", "a", "b c"), ("s", "d", "e")]),
            ("# a = b\n; c = d\n", &[]),
            ("[s]\na = 1\n[t]\nb = 2\n[s]\nc = 3", &[("s", "a", "1"), ("t", "b", "2"), ("s", "c", "3")]),
        ];
        for (text, expected) in cases {
            let (sections, faults) = parse(FileId(0), text);
            let all: Vec<_> = sections.iter().flat_map(|it| it.entries.iter().map(|e| (it.name, e))).collect();
            let found: Vec<_> =
                all.iter().map(|(section, entry)| (*section, entry.name, entry.value.as_str())).collect();
            assert_eq!(found, *expected, "{text}");
            assert!(faults.is_empty(), "{text}: {faults:?}");
            for (_, entry) in all {
                assert_eq!(entry.name_span.slice(text), entry.name, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_entry_is_a_fault() {
        for text in ["[s", "word", "[s]\nword\na = 1"] {
            assert_eq!(parse(FileId(0), text).1.len(), 1, "{text}");
        }
    }
}
