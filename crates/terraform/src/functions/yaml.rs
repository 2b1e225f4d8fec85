//! `yamlencode` and `yamldecode`.

use std::sync::Arc;

use portcullis_core::{FileId, SyntaxErrorKind};
use portcullis_model::terraform::value::{Encoded, Format, Kind, Reason, Value, number_text};
use portcullis_syntax::{Dialect, yaml};

use super::text::{Part, Text};
use super::{Answer, Call, DEPTH_LIMIT, Stop, reason_within, text, trees};
use crate::provenance::part_of;

/// The value is kept as it is, so that what is written in a manifest keeps its place.
pub(super) fn yamlencode(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    if let Kind::Unknown(reason) = value.kind {
        return Err(Stop::Unknown(reason));
    }
    Ok(call.made(Kind::Encoded(Arc::new(Encoded { format: Format::Yaml, value: value.clone() }))))
}

pub(super) fn yamldecode(call: &Call<'_>) -> Answer {
    // JSON is YAML.
    let whole = call.argument(0)?;
    if let Kind::Encoded(encoded) = &whole.kind {
        return Ok(part_of(whole, &encoded.value));
    }
    let text = call.known(0)?;
    let tree = yaml::parse(FileId(0), &text, Dialect::Yaml12);
    if tree.errors().iter().any(|error| error.kind == SyntaxErrorKind::Limit) {
        return Err(Stop::Unknown(Reason::Limit));
    }
    if !tree.errors().is_empty() {
        return Err(Stop::Refused);
    }
    let mut documents = tree.documents();
    match (documents.next(), documents.next()) {
        (Some(document), None) => trees::value(call, document.root),
        // An empty text is null.
        (None, None) => Ok(call.made(Kind::Null)),
        _ => Err(Stop::Refused),
    }
}

/// A value as the YAML that Terraform writes: blocks, quoted texts, keys sorted.
pub(super) fn write(value: &Value) -> Result<Text, Stop> {
    let mut text = Text::default();
    append(&mut text, value, Inside::Document, 0, DEPTH_LIMIT)?;
    Ok(text)
}

/// What a value stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// The text as a whole.
    Document,
    /// After a key and its colon.
    Entry,
    /// After the dash of an element.
    Element,
}

/// Writes a value and the line break after it. `indent` is that of the block the value stands in.
fn append(text: &mut Text, value: &Value, inside: Inside, indent: usize, depth: usize) -> Result<(), Stop> {
    let depth = depth.checked_sub(1).filter(|_| !text.is_over()).ok_or(Stop::Unknown(Reason::Limit))?;
    let blank = if inside == Inside::Document { "" } else { " " };
    match &value.kind {
        Kind::List(list) if !list.items.is_empty() || list.open => {
            // Lists stand at the indentation of the key that they belong to.
            let inner = if inside == Inside::Element { indent + 2 } else { indent };
            begin(text, inside, Inside::Element);
            for (at, item) in list.items.iter().enumerate() {
                if at > 0 || inside != Inside::Element {
                    text.push(&" ".repeat(inner));
                }
                text.push("-");
                append(text, item, Inside::Element, inner, depth)?;
            }
            if list.open {
                text.push_unknown(reason_within(&list.items));
                text.push("\n");
            }
        }
        Kind::Map(map) if !map.entries.is_empty() || map.open => {
            let inner = if inside == Inside::Document { indent } else { indent + 2 };
            begin(text, inside, Inside::Element);
            for (at, (key, entry)) in map.entries.iter().enumerate() {
                if at > 0 || inside != Inside::Element {
                    text.push(&" ".repeat(inner));
                }
                text.append(&quoted(&Text::from(&**key)));
                text.push(":");
                append(text, &entry.value, Inside::Entry, inner, depth)?;
            }
            if map.open {
                text.push_unknown(reason_within(map.entries.values().map(|entry| &entry.value)));
                text.push("\n");
            }
        }
        kind => {
            text.push(blank);
            match kind {
                Kind::Null => text.push("null"),
                Kind::Bool(value) => text.push(if *value { "true" } else { "false" }),
                Kind::Number(number) => text.push(&number_text(*number)),
                Kind::Unknown(reason) => text.push_unknown(*reason),
                Kind::List(_) => text.push("[]"),
                Kind::Map(_) => text.push("{}"),
                Kind::String(_) | Kind::Template(_) | Kind::Encoded(_) => {
                    return scalar(text, &text::of(value)?, indent);
                }
            }
            text.push("\n");
        }
    }
    Ok(())
}

/// What stands between a key or dash and the block that follows.
fn begin(text: &mut Text, inside: Inside, same_line: Inside) {
    match inside {
        Inside::Document => {}
        inside if inside == same_line => text.push(" "),
        _ => text.push("\n"),
    }
}

/// Texts of several lines are written as blocks; others in quotes.
fn scalar(text: &mut Text, value: &Text, indent: usize) -> Result<(), Stop> {
    let is_long = value.parts().iter().any(|part| matches!(part, Part::Known(known) if known.contains('\n')));
    if !is_long {
        text.append(&quoted(value));
        text.push("\n");
        return Ok(());
    }
    let chomp = match value.suffix() {
        known if !known.ends_with('\n') => "|-\n",
        known if known.ends_with("\n\n") => "|+\n",
        _ => "|\n",
    };
    // A block that starts with blanks needs a number to say how many; that is not written here.
    if value.prefix().starts_with([' ', '\n']) {
        return Err(Stop::Unknown(Reason::Function));
    }
    let margin = " ".repeat(indent + 2);
    text.push(chomp);
    text.push(&margin);
    let body = value.clone().map_end(|known| known.trim_end_matches('\n'));
    text.append(&body.map(|known| known.replace('\n', &format!("\n{margin}"))));
    text.push(&"\n".repeat(value.suffix().bytes().rev().take_while(|&byte| byte == b'\n').count().max(1)));
    Ok(())
}

fn quoted(text: &Text) -> Text {
    let mut quoted = Text::from("\"");
    quoted.append(
        &text.map(|known| known.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t").replace('\r', "\\r")),
    );
    quoted.push("\"");
    quoted
}
