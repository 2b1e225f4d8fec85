//! JSON that stands in an attribute: policies, the containers of a task.
//!
//! It is what `jsonencode` makes, a text, or a text with parts that are not known; those stay unknown where they stand.
//! A text has no places of its own: all of it stands where the text does.

use std::borrow::Cow;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, json};

use super::value::{Kind, List, Map, Number, Piece, Reason, Value};

/// Stands in a text for a part that is not known.
pub const UNKNOWN: char = '\u{FFFC}';

/// Stands for a part that is not known outside of JSON's texts: a number, an object, several elements of a list.
const BARE: &str = "\u{FFFB}";

/// The document that an attribute holds; `None` where it is not known or no JSON.
pub fn document(value: &Value) -> Option<Cow<'_, Value>> {
    match &value.kind {
        Kind::Encoded(encoded) => Some(Cow::Borrowed(&encoded.value)),
        Kind::Map(_) | Kind::List(_) => Some(Cow::Borrowed(value)),
        Kind::String(text) => read_json(text, value).map(Cow::Owned),
        Kind::Template(pieces) => read_json(&marked(pieces), value).map(Cow::Owned),
        _ => None,
    }
}

/// The text of a template with a mark for each part that is not known.
fn marked(pieces: &[Piece]) -> String {
    let mut out = String::new();
    let (mut in_text, mut is_escaped) = (false, false);
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    match c {
                        _ if is_escaped => is_escaped = false,
                        '\\' => is_escaped = in_text,
                        '"' => in_text = !in_text,
                        _ => {}
                    }
                }
                out.push_str(text);
            }
            Piece::Unknown(_) if in_text => out.push(UNKNOWN),
            Piece::Unknown(_) => out.extend(["\"", BARE, "\""]),
        }
    }
    out
}

/// Reads a text as JSON; all of it stands where `origin` does.
fn read_json(text: &str, origin: &Value) -> Option<Value> {
    let text: Arc<str> = Arc::from(text.trim());
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut tree = json::parse(FileId::default(), &text);
    if !tree.errors().is_empty() {
        tree = json::parse(FileId::default(), &without_trailing_commas(&text).into());
    }
    if !tree.errors().is_empty() {
        return None;
    }
    Some(of_node(tree.documents().next()?.root, origin))
}

/// The text without the commas that stand before a closing bracket. They are refused when it is applied, but leave no
/// doubt about what it says.
fn without_trailing_commas(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        let rest = text.get(at.saturating_add(1)..).unwrap_or_default();
        if is_quoted || letter != ',' || !rest.trim_start().starts_with([']', '}']) {
            kept.push(letter);
        }
        if letter == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    kept
}

/// A node of JSON as a value. The parser bounds the depth.
fn of_node(node: Node<'_>, origin: &Value) -> Value {
    use portcullis_syntax::Value as Written;
    let kind = match node.value() {
        Written::Null => Kind::Null,
        Written::Bool(value) => Kind::Bool(value),
        Written::Number(text) => match text.parse::<i64>() {
            Ok(value) => Kind::Number(Number::Int(value)),
            Err(_) => text.parse().map_or(Kind::Unknown(Reason::Invalid), |value| Kind::Number(Number::Float(value))),
        },
        Written::String(_) | Written::Template(_) | Written::Unknown(_) => of_text(node.text()),
        Written::List(items) => {
            let mut list = List::closed(items.items().map(|item| of_node(item, origin)).collect());
            // Only what stood outside of JSON's texts is wholly unknown, and it may have been any number of elements.
            let count = list.items.len();
            list.items.retain(|item| !item.is_unknown());
            list.open = list.items.len() < count;
            Kind::List(Arc::new(list))
        }
        Written::Map(map) => {
            let mut entries = Map::default();
            for (key, value) in map.entries() {
                entries.insert(key.text(), origin.span, of_node(value, origin));
            }
            Kind::Map(Arc::new(entries))
        }
    };
    Value { via: origin.via.clone(), ..Value::new(kind, origin.span) }
}

fn of_text(text: &str) -> Kind {
    if text == BARE {
        return Kind::Unknown(Reason::Computed);
    }
    if !text.contains(UNKNOWN) {
        return Kind::String(text.into());
    }
    let mut pieces = Vec::new();
    for (number, part) in text.split(UNKNOWN).enumerate() {
        if number > 0 {
            pieces.push(Piece::Unknown(Reason::Computed));
        }
        if !part.is_empty() {
            pieces.push(Piece::Text(part.into()));
        }
    }
    Kind::Template(pieces.into())
}

#[cfg(test)]
mod tests {
    use portcullis_core::Span;

    use super::*;

    /// The shape of the document of a template: `${}` stands for what is not known.
    fn shape(template: &str) -> Option<String> {
        let mut pieces = Vec::new();
        for (number, part) in template.split("${}").enumerate() {
            if number > 0 {
                pieces.push(Piece::Unknown(Reason::Variable));
            }
            pieces.push(Piece::Text(part.into()));
        }
        let value = Value::new(Kind::Template(pieces.into()), Span::default());
        document(&value).map(|value| show(&value))
    }

    fn show(value: &Value) -> String {
        match &value.kind {
            Kind::List(list) => {
                let items: Vec<String> = list.items.iter().map(show).collect();
                format!("[{}{}]", items.join(","), if list.open { ",.." } else { "" })
            }
            Kind::Map(map) => {
                let entries: Vec<String> = map.entries.iter().map(|(k, e)| format!("{k}:{}", show(&e.value))).collect();
                format!("{{{}}}", entries.join(","))
            }
            Kind::Template(pieces) => {
                let part =
                    |piece: &Piece| if let Piece::Text(text) = piece { text.to_string() } else { "?".to_owned() };
                pieces.iter().map(part).collect()
            }
            Kind::Unknown(_) => "??".to_owned(),
            _ => value.to_text().map_or_else(String::new, |text| text.to_string()),
        }
    }

    #[test]
    fn what_is_not_known_stays_where_it_stands() {
        for (text, expected) in [
            (r#"[{"image": "web:${}", "cpu": ${}}]"#, Some("[{cpu:??,image:web:?}]")),
            (r#"{"list": ["a", ${}], "quoted": ["${}"]}"#, Some("{list:[a,..],quoted:[?]}")),
            (r#"{"a": "\"${}", "b": ${}}"#, Some(r#"{a:"?,b:??}"#)),
            (r#"[{"a": 1} ${}]"#, None),
            ("${}", None),
        ] {
            assert_eq!(shape(text).as_deref(), expected, "{text}");
        }
    }
}
