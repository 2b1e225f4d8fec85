//! `docs/configuration.md`: every key of `portcullis.yaml`, from the schema that `config schema` prints.
//!
//! The keys of single rules are left out: each rule's page has its options.

use std::fmt::Write as _;

use portcullis_core::Catalog;
use portcullis_engine::config::Config;
use serde_json::{Map, Value};

use super::{GENERATED, cell};

pub(super) fn page(catalog: &Catalog) -> String {
    let schema: Value = serde_json::from_str(&Config::schema(catalog)).expect("the schema is JSON");
    let mut page = format!(
        "# Configuration\n\n{GENERATED}\n`portcullis.yaml` or `.portcullis.yaml` stands in the folder that is scanned, or in \
         the nearest one above it up to the root of the repository; `--config FILE` names another. A key that is not known is \
         an error with its line and the nearest known name. `portcullis config init` writes a file with every key and an \
         example, `config show` prints what holds, and `config schema` prints a JSON Schema for editors:\n\n```yaml\n\
         # yaml-language-server: $schema=portcullis.schema.json\nprofile: recommended\nfail-on: medium\n```\n"
    );
    for (name, key) in entries(schema.get("properties")) {
        let _ = write!(page, "\n## {name}\n\n{}\n", docs(key));
        let mut keys = Vec::new();
        // Every rule is a key there.
        if name != "rules" {
            below(key, name, &mut keys);
        }
        if keys.is_empty() {
            let _ = writeln!(page, "\nForm: {}.", form(key));
            continue;
        }
        page.push_str("\n| key | what it is | form |\n|---|---|---|\n");
        for (path, form, docs) in &keys {
            let _ = writeln!(page, "| `{path}` | {} | {} |", cell(docs), cell(form));
        }
    }
    page
}

/// The keys below a key: paths, forms and sentences. The nesting is that of our own tables.
fn below(schema: &Value, path: &str, keys: &mut Vec<(String, String, String)>) {
    for (name, key) in entries(schema.get("properties")) {
        let path = format!("{path}.{name}");
        keys.push((path.clone(), form(key), docs(key).to_owned()));
        below(key, &path, keys);
    }
    if let Some(items) = schema.get("items") {
        below(items, &format!("{path}[]"), keys);
    }
    if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
        below(values, &format!("{path}.NAME"), keys);
    }
    for choice in choices(schema) {
        below(choice, path, keys);
    }
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    let of = |word| schema.get(word).and_then(Value::as_array).into_iter().flatten();
    of("oneOf").chain(of("anyOf"))
}

fn docs(key: &Value) -> &str {
    key.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// `low, high`, `a list of texts`.
fn form(key: &Value) -> String {
    if let Some(values) = key.get("enum").and_then(Value::as_array) {
        let words = values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        return words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    let says = |name: &str, value: &str| key.get(name).and_then(Value::as_str) == Some(value);
    let types: Vec<&str> = match key.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => choices(key).filter_map(|choice| choice.get("type")?.as_str()).collect(),
    };
    let form = match types.as_slice() {
        ["array"] => return format!("list: {}", key.get("items").map(form).unwrap_or_default()),
        ["object"] => "mapping",
        ["string"] if says("format", "date") => "day, such as `2027-06-30`",
        ["string"] if says("format", "regex") => "regular expression",
        ["string"] => "text",
        ["integer" | "number"] => "number",
        ["boolean"] => "`true`, `false`",
        _ => {
            let choices: Vec<String> = choices(key).map(form).collect();
            return if choices.is_empty() { "number or text".to_owned() } else { choices.join(", or ") };
        }
    };
    form.to_owned()
}
