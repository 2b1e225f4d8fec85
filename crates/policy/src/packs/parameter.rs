//! What a parameter of a pack may be.

use std::fmt;

use serde_json::{Value as Json, json};

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// As it stands below the pack's name.
    pub name: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// What it says, in a sentence.
    pub about: &'static str,
    /// The ids of the rules that say nothing without it.
    pub rules: &'static [&'static str],
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of texts.
    Texts,
    /// A list of repositories of images, or patterns of them: each begins with a registry.
    Repositories,
    /// Lists of texts by names.
    TextsByName,
    /// Quantities of Kubernetes by resources.
    Quantities,
    /// `min`, `max` or both: whole numbers.
    Bounds,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The way to the part that is wrong; empty: all of it.
    pub way: Vec<Step>,
    /// What was expected there.
    pub wanted: &'static str,
}

/// A step on the way to a part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key.
    Key(String),
    /// An element, from 0.
    Index(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

const REPOSITORY: &str = "a repository with its registry, such as docker.io/library/nginx or ghcr.io/acme";

impl Shape {
    /// What a value of it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Texts => "a list of texts",
            Self::Repositories => "a list of registries and repositories",
            Self::TextsByName => "a mapping of names to lists of texts",
            Self::Quantities => "a mapping of resources to quantities",
            Self::Bounds => "a mapping of `min` and `max`",
        }
    }

    /// Whether a value is of this shape.
    pub fn check(self, value: &Json) -> Result<(), Wrong> {
        let wrong = |way: Vec<Step>, wanted: &'static str| Err(Wrong { way, wanted });
        match self {
            Self::Texts => texts(value, "text", |_| true),
            Self::Repositories => texts(value, REPOSITORY, has_registry),
            Self::TextsByName => {
                let Json::Object(entries) = value else { return wrong(Vec::new(), self.name()) };
                entries.iter().try_for_each(|(key, value)| {
                    texts(value, "text", |_| true).map_err(|wrong| {
                        let way = std::iter::once(Step::Key(key.clone())).chain(wrong.way).collect();
                        Wrong { way, ..wrong }
                    })
                })
            }
            Self::Quantities => {
                let Json::Object(entries) = value else { return wrong(Vec::new(), self.name()) };
                match entries.iter().find(|(_, value)| !is_quantity(value)) {
                    Some((key, _)) => wrong(vec![Step::Key(key.clone())], "a quantity, such as 2, 500m or 4Gi"),
                    None => Ok(()),
                }
            }
            Self::Bounds => {
                let Json::Object(entries) = value else { return wrong(Vec::new(), self.name()) };
                for (key, value) in entries {
                    if !matches!(key.as_str(), "min" | "max") {
                        return wrong(vec![Step::Key(key.clone())], "`min` or `max`");
                    }
                    if !value.is_u64() {
                        return wrong(vec![Step::Key(key.clone())], "a whole number");
                    }
                }
                Ok(())
            }
        }
    }

    /// As JSON Schema.
    pub fn schema(self) -> Json {
        let texts = json!({ "type": "array", "items": { "type": "string", "minLength": 1 } });
        match self {
            Self::Texts | Self::Repositories => texts,
            Self::TextsByName => json!({ "type": "object", "additionalProperties": texts }),
            Self::Quantities => json!({ "type": "object", "additionalProperties": { "type": ["string", "number"] } }),
            Self::Bounds => json!({
                "type": "object",
                "properties": {
                    "max": { "type": "integer", "minimum": 0 },
                    "min": { "type": "integer", "minimum": 0 }
                },
                "additionalProperties": false
            }),
        }
    }
}

fn texts(value: &Json, wanted: &'static str, is_right: fn(&str) -> bool) -> Result<(), Wrong> {
    let Json::Array(items) = value else { return Err(Wrong { way: Vec::new(), wanted: "a list" }) };
    let is_wrong = |item: &Json| !item.as_str().is_some_and(|text| !text.is_empty() && is_right(text));
    match items.iter().position(is_wrong) {
        Some(index) => Err(Wrong { way: vec![Step::Index(index)], wanted }),
        None => Ok(()),
    }
}

/// `nginx` would be taken for a registry, and allow nothing.
fn has_registry(text: &str) -> bool {
    let first = text.split('/').next().unwrap_or_default();
    first == "localhost" || first.contains(['.', ':', '*'])
}

/// As `units.parse` reads it: digits, a point and a suffix.
fn is_quantity(value: &Json) -> bool {
    let Some(text) = value.as_str() else { return value.is_number() };
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let suffixes = ["", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    digits.len() < text.len() && !text.starts_with('.') && suffixes.contains(&digits)
}
