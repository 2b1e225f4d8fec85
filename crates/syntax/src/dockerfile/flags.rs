//! `--name=value` before an instruction's arguments, and the key-value list of `--mount`.

use std::ops::Range;

use portcullis_core::Span;

use super::lines::Joined;
use super::text::offset;
use super::words::bare;
use super::{Text, Word};

/// One flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Without the dashes.
    pub name: String,
    /// The name without the dashes.
    pub name_span: Span,
    /// What follows `=`; absent for a bare flag.
    pub value: Option<Word>,
    /// From the dashes to the end of the value.
    pub span: Span,
}

/// `type=cache,target=/x` of `RUN --mount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The flag.
    pub span: Span,
    /// In order.
    pub entries: Vec<MountEntry>,
}

/// One field of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountEntry {
    /// In lower case and by its long name: `source` for `src`, `target` for `dst` and `destination`, `readonly` for
    /// `ro`, `readwrite` for `rw`.
    pub key: String,
    /// The key as it stands.
    pub key_span: Span,
    /// What follows `=`; absent for a bare key.
    pub value: Option<Text>,
}

impl Mount {
    /// `bind` (the default), `cache`, `tmpfs`, `secret`, `ssh`, or whatever was written, in lower case.
    pub fn kind(&self) -> String {
        self.get("type").map_or_else(|| "bind".to_owned(), |kind| kind.to_lowercase())
    }

    /// The last value of a key, which is asked for by its long name.
    pub fn get(&self, key: &str) -> Option<&Text> {
        self.entries.iter().rev().find(|entry| entry.key == key)?.value.as_ref()
    }
}

impl Flag {
    /// The fields of `--mount=…`; absent for other flags.
    pub fn mount(&self) -> Option<Mount> {
        let value = self.value.as_ref().filter(|_| self.name == "mount")?;
        let entries = csv_fields(&value.value).into_iter().map(|field| entry(&field)).collect();
        Some(Mount { span: self.span, entries })
    }
}

fn entry(field: &Text) -> MountEntry {
    let (key, value) = match field.find('=') {
        Some(at) => (slice(field, 0..at), Some(slice(field, at + 1..field.len()))),
        None => (field.clone(), None),
    };
    let name = key.to_lowercase();
    let long = match name.as_str() {
        "src" => "source",
        "dst" | "destination" => "target",
        "ro" => "readonly",
        "rw" => "readwrite",
        _ => &name,
    };
    MountEntry { key: long.to_owned(), key_span: key.span(), value }
}

/// The fields of one CSV record: a field that begins with `"` may hold commas, and `""` is a quote in it.
fn csv_fields(record: &Text) -> Vec<Text> {
    let mut fields = Vec::new();
    let mut chars = record.char_indices().peekable();
    loop {
        let start = chars.peek().map_or(record.len(), |&(at, _)| at);
        let quoted = chars.next_if(|&(_, c)| c == '"').is_some();
        let mut field = Text::empty(record.map.file(), record.map.source(offset(start)));
        let mut open = quoted;
        let more = loop {
            match chars.next() {
                None => break false,
                Some((_, ',')) if !open => break true,
                Some((_, '"')) if open && chars.peek().is_none_or(|&(_, next)| next != '"') => open = false,
                Some((at, c)) => {
                    if open && c == '"' {
                        chars.next();
                    }
                    field.text.push(c);
                    field.map.push(record.map.source(offset(at)), offset(c.len_utf8()));
                }
            }
        };
        fields.push(field);
        if !more {
            return fields;
        }
    }
}

/// A part of a short text.
fn slice(text: &Text, range: Range<usize>) -> Text {
    let mut part = Text::empty(text.map.file(), text.map.source(offset(range.start)));
    for (at, c) in text.get(range.clone()).unwrap_or_default().char_indices() {
        part.text.push(c);
        part.map.push(text.map.source(offset(range.start + at)), offset(c.len_utf8()));
    }
    part
}

/// Splits what follows a keyword into `--flag` words and the rest. A lone `--` ends the flags.
pub(super) fn split(line: &Joined, range: Range<usize>, escape: char) -> (Vec<Range<usize>>, Range<usize>) {
    let text = line.get(range.clone());
    let mut flags = Vec::new();
    let mut chars = text.char_indices().peekable();
    loop {
        while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let Some(&(start, _)) = chars.peek() else { return (flags, range.end..range.end) };
        if !text.get(start..).is_some_and(|rest| rest.starts_with("--")) {
            return (flags, range.start + start..range.end);
        }
        let mut quote = None;
        while let Some((_, c)) = chars.next_if(|&(_, c)| quote.is_some() || !c.is_whitespace()) {
            if c == escape {
                chars.next();
            } else if quote == Some(c) {
                quote = None;
            } else if quote.is_none() && matches!(c, '"' | '\'') {
                quote = Some(c);
            }
        }
        let end = chars.peek().map_or(text.len(), |&(at, _)| at);
        if text.get(start..end) == Some("--") {
            return (flags, range.start + end..range.end);
        }
        flags.push(range.start + start..range.start + end);
    }
}

/// Reads a `--flag` word.
pub(super) fn read(line: &Joined, range: Range<usize>, escape: char) -> Flag {
    let text = line.get(range.clone());
    let name_end = range.start + text.find('=').unwrap_or(text.len());
    let name = range.start + 2..name_end;
    let value = (name_end < range.end).then(|| bare(line, name_end + 1..range.end, escape));
    Flag { name: line.get(name.clone()).to_owned(), name_span: line.span(name), value, span: line.span(range) }
}
