//! JSON that stands in an attribute: policies, the containers of a task.
//!
//! It is what `jsonencode` makes, a text, or a text with parts that are not known; those stay unknown where they stand.
//! Its parts stand at their own characters where it is known how the text is written, else where the text does.

use std::borrow::Cow;
use std::sync::Arc;

use portcullis_core::{FileId, OffsetMap, Span};
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
        Kind::String(text) => read_json(text, value, Vec::new()).map(Cow::Owned),
        Kind::Template(pieces) => {
            let (text, marks) = marked(pieces);
            read_json(&text, value, marks).map(Cow::Owned)
        }
        _ => None,
    }
}

/// Where a mark ends in the text, and the bytes of all marks up to there.
type Mark = (usize, usize);

/// The text of a template with a mark for each part that is not known.
fn marked(pieces: &[Piece]) -> (String, Vec<Mark>) {
    let mut out = String::new();
    let mut marks: Vec<Mark> = Vec::new();
    let (mut in_text, mut is_escaped) = (false, false);
    for piece in pieces {
        let before = out.len();
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
                continue;
            }
            Piece::Unknown(_) if in_text => out.push(UNKNOWN),
            Piece::Unknown(_) => out.extend(["\"", BARE, "\""]),
        }
        let all = marks.last().map_or(0, |(_, all)| *all);
        marks.push((out.len(), all.saturating_add(out.len().saturating_sub(before))));
    }
    (out, marks)
}

/// Reads a text as JSON. What is in it stands at its own characters where it is known how the text is written, else where
/// `origin` does.
fn read_json(text: &str, origin: &Value, marks: Vec<Mark>) -> Option<Value> {
    let trimmed = text.trim_start();
    let shift = text.len().saturating_sub(trimmed.len());
    let text: Arc<str> = Arc::from(trimmed.trim_end());
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut places = Places { origin, map: origin.source_map(), shift, marks };
    let mut tree = json::parse(FileId::default(), &text);
    if !tree.errors().is_empty() {
        tree = json::parse(FileId::default(), &without_trailing_commas(&text).into());
        places.map = None;
    }
    if !tree.errors().is_empty() {
        return None;
    }
    Some(of_node(tree.documents().next()?.root, &places))
}

/// Where what is in a text stands.
struct Places<'v> {
    origin: &'v Value,
    map: Option<&'v OffsetMap>,
    /// Bytes of the text that were left out before it.
    shift: usize,
    marks: Vec<Mark>,
}

impl Places<'_> {
    fn of(&self, span: Span) -> Span {
        let whole = self.origin.span;
        let Some(map) = self.map else { return whole };
        let found = map.span(self.known(span.start), self.known(span.end));
        if found.start < found.end && whole.contains(found) { found } else { whole }
    }

    /// The offset without marks of one with them.
    fn known(&self, at: u32) -> u32 {
        let at = (at as usize).saturating_add(self.shift);
        let before = self.marks.partition_point(|(end, _)| *end <= at).checked_sub(1);
        let marks = before.and_then(|number| self.marks.get(number)).map_or(0, |(_, all)| *all);
        u32::try_from(at.saturating_sub(marks)).unwrap_or(u32::MAX)
    }
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
fn of_node(node: Node<'_>, places: &Places<'_>) -> Value {
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
            let mut list = List::closed(items.items().map(|item| of_node(item, places)).collect());
            // Only what stood outside of JSON's texts is wholly unknown, and it may have been any number of elements.
            let count = list.items.len();
            list.items.retain(|item| !item.is_unknown());
            list.open = list.items.len() < count;
            Kind::List(Arc::new(list))
        }
        Written::Map(map) => {
            let mut entries = Map::default();
            for (key, value) in map.entries() {
                entries.insert(key.text(), places.of(key.span()), of_node(value, places));
            }
            Kind::Map(Arc::new(entries))
        }
    };
    Value { via: places.origin.via.clone(), ..Value::new(kind, places.of(node.span())) }
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
