//! `jsonencode` and `jsondecode`.

use std::sync::Arc;

use portcullis_core::{FileId, SyntaxErrorKind};
use portcullis_model::terraform::value::{Encoded, Format, Kind, Reason, Value, number_text};
use portcullis_syntax::json;

use super::text::{Part, Text};
use super::{Answer, Call, DEPTH_LIMIT, SIZE_LIMIT, Stop, reason_within, text, trees};
use crate::provenance::part_of;

/// The value is kept as it is, so that what is written in a policy keeps its place.
pub(super) fn jsonencode(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    if let Kind::Unknown(reason) = value.kind {
        return Err(Stop::Unknown(reason));
    }
    Ok(call.made(Kind::Encoded(Arc::new(Encoded { format: Format::Json, value: value.clone() }))))
}

pub(super) fn jsondecode(call: &Call<'_>) -> Answer {
    let whole = call.argument(0)?;
    if let Kind::Encoded(encoded) = &whole.kind
        && encoded.format == Format::Json
    {
        return Ok(part_of(whole, &encoded.value));
    }
    let text = call.known(0)?;
    let tree = json::parse(FileId(0), &text);
    if tree.errors().iter().any(|error| error.kind != SyntaxErrorKind::DuplicateKey) {
        return Err(Stop::Refused);
    }
    let mut documents = tree.documents();
    match (documents.next(), documents.next()) {
        (Some(document), None) => trees::value(call, document.root),
        _ => Err(Stop::Refused),
    }
}

/// A value as compact JSON, its keys sorted.
pub(super) fn write(value: &Value) -> Result<Text, Stop> {
    write_within(value, SIZE_LIMIT)
}

/// The same, as long as it has not more than `most` bytes or little more.
pub(super) fn write_within(value: &Value, most: usize) -> Result<Text, Stop> {
    let mut text = Text::default();
    append(&mut text, value, DEPTH_LIMIT, most)?;
    Ok(text)
}

fn append(text: &mut Text, value: &Value, depth: usize, most: usize) -> Result<(), Stop> {
    let depth = depth.checked_sub(1).ok_or(Stop::Unknown(Reason::Limit))?;
    match &value.kind {
        Kind::Null => text.push("null"),
        Kind::Bool(value) => text.push(if *value { "true" } else { "false" }),
        Kind::Number(number) => text.push(&number_text(*number)),
        Kind::Unknown(reason) => text.push_unknown(*reason),
        Kind::String(_) | Kind::Template(_) | Kind::Encoded(_) => text.append(&quoted(&text::of(value)?)),
        Kind::List(list) => {
            text.push("[");
            for (at, item) in list.items.iter().enumerate() {
                text.push(if at == 0 { "" } else { "," });
                append(text, item, depth, most)?;
                if text.size() > most {
                    return Err(Stop::Unknown(Reason::Limit));
                }
            }
            if list.open {
                text.push_unknown(reason_within(&list.items));
            }
            text.push("]");
        }
        Kind::Map(map) => {
            text.push("{");
            for (at, (key, entry)) in map.entries.iter().enumerate() {
                text.push(if at == 0 { "" } else { "," });
                text.append(&quoted(&Text::from(&**key)));
                text.push(":");
                append(text, &entry.value, depth, most)?;
                if text.size() > most {
                    return Err(Stop::Unknown(Reason::Limit));
                }
            }
            if map.open {
                text.push_unknown(reason_within(map.entries.values().map(|entry| &entry.value)));
            }
            text.push("}");
        }
    }
    Ok(())
}

/// A text in quotes, with the escapes that Go's encoder uses.
pub(super) fn quoted(text: &Text) -> Text {
    let mut quoted = Text::from("\"");
    for part in text.parts() {
        match part {
            Part::Known(known) => quoted.push(&escaped(known)),
            Part::Unknown(reason) => quoted.push_unknown(*reason),
        }
    }
    if text.is_over() {
        quoted.append(text);
    }
    quoted.push("\"");
    quoted
}

fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{c}' => escaped.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a text cannot fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
