//! The configuration written as YAML: the effective one, and a file to start from.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::{Config, keys};

/// Every key that has a value, sorted.
pub(super) fn show(config: &Config) -> String {
    let mut value = keys::show_object(config, keys::ROOT);
    value.sort_all_objects();
    let mut text = String::new();
    block(&value, 0, &mut text);
    text
}

/// A file that says nothing: each key explained, with an example to uncomment (one `#` before it).
pub fn starter() -> String {
    let mut text = String::from(
        "# How portcullis scans what lies below this directory. `portcullis explain ID` says what a rule is about.\n",
    );
    for key in keys::ROOT.iter().filter(|key| key.schema.is_some()) {
        text.push('\n');
        for line in wrapped(key.docs, 98) {
            let _ = writeln!(text, "# {line}");
        }
        for line in format!("{}:{}", key.name, key.example).lines() {
            let _ = writeln!(text, "#{line}");
        }
    }
    text
}

/// A file that says what is set, and nothing else, in the order of the keys; `exclude` is without the defaults.
pub(super) fn imported(config: &Config, exclude: &[String], sources: &[String]) -> String {
    // A name with a line break must not end the comment.
    let names: Vec<String> = sources.iter().map(|name| name.replace(char::is_control, "\u{fffd}")).collect();
    let mut text = format!("# Imported from {}.\n", names.join(", "));
    for key in keys::ROOT {
        let value = match key.name {
            "exclude" => (!exclude.is_empty()).then(|| exclude.into()),
            "profile" => config.profile.and_then(|_| (key.show)(config)),
            "fail-on" => config.fail_on.and_then(|_| (key.show)(config)),
            _ => (key.show)(config),
        };
        let Some(mut value) = value else { continue };
        value.sort_all_objects();
        block(&serde_json::json!({ key.name: value }), 0, &mut text);
    }
    text
}

/// Lines of at most `width` characters, broken at blanks.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A collection in block style. What is shown nests four deep, so the recursion is bounded.
fn block(value: &Json, indent: usize, text: &mut String) {
    match value {
        Json::Object(entries) => {
            for (name, value) in entries {
                let _ = write!(text, "{:indent$}{}:", "", scalar(name));
                nested(value, indent + 2, text);
            }
        }
        Json::Array(items) => {
            for item in items {
                let mut inner = String::new();
                match item {
                    Json::Object(entries) if !entries.is_empty() => block(item, indent + 2, &mut inner),
                    _ => nested(item, indent + 2, &mut inner),
                }
                let _ = writeln!(text, "{:indent$}- {}", "", inner.trim());
            }
        }
        _ => {}
    }
}

fn nested(value: &Json, indent: usize, text: &mut String) {
    match value {
        Json::Object(entries) if entries.is_empty() => text.push_str(" {}\n"),
        Json::Array(items) if items.is_empty() => text.push_str(" []\n"),
        Json::Object(_) | Json::Array(_) => {
            text.push('\n');
            block(value, indent, text);
        }
        Json::String(string) => {
            let _ = writeln!(text, " {}", scalar(string));
        }
        other => {
            let _ = writeln!(text, " {other}");
        }
    }
}

/// Plain where every reader of YAML takes it for this text, else quoted. `on` and `off` are ours to read, and plain.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "y" | "n" | "inf" | "nan"
        );
    // JSON's escapes are those of YAML's double quotes.
    if plain { text.to_owned() } else { Json::from(text).to_string() }
}
