//! Names and values: environments, INI, Java's properties; and lists of patterns.

use portcullis_syntax::ini::{DEFAULT, Section};
use portcullis_syntax::properties::Property;

use crate::value::Value;

/// Names and values of an environment.
pub fn dotenv(text: &str) -> Value {
    Value::object(portcullis_syntax::dotenv::parse(text).into_iter().map(|(name, value)| (name, Value::from(value))))
}

/// Sections by name. Numbers and booleans are such; entries that stand in no section are left out, as in Conftest.
pub fn ini(sections: &[Section<'_>]) -> Value {
    let mut all = Value::object::<&str>([]);
    for section in sections.iter().filter(|section| section.name != DEFAULT) {
        let known = all.get(section.name).unwrap_or_else(|| Value::object::<&str>([]));
        let known = section.entries.iter().fold(known, |known, entry| known.with(entry.name, literal(&entry.value)));
        all = all.with(section.name, known);
    }
    all
}

/// Names and values, which are all texts.
pub fn properties(properties: &[Property]) -> Value {
    Value::object(properties.iter().map(|it| (it.name.as_str(), Value::from(it.value.as_str()))))
}

/// `[{Kind, Value, Original}]` for each line.
pub fn ignore(text: &str) -> Value {
    let line = |original: &str| {
        let text = original.trim();
        let (kind, value) = match text.chars().next() {
            None => ("Empty", ""),
            Some('#') => ("Comment", text.trim_start_matches('#')),
            Some('!') => ("NegatedPath", text.trim_start_matches('!')),
            Some(_) => ("Path", text),
        };
        let texts = [("Kind", kind), ("Value", value), ("Original", original)];
        Value::object(texts.map(|(key, text)| (key, Value::from(text))))
    };
    Value::array(text.lines().map(line))
}

/// What Go's parsers of numbers and booleans make of a text.
fn literal(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return Value::from(number);
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    match (number, text) {
        (Some(number), _) => Value::from(serde_json::Value::from(number)),
        (None, "t" | "T" | "true" | "True" | "TRUE") => Value::from(true),
        (None, "f" | "F" | "false" | "False" | "FALSE") => Value::from(false),
        (None, _) => Value::from(text),
    }
}
