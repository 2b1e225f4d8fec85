//! Whether a file has the form that Compose reads: known keys, values of the right type and format.
//!
//! Decided by a table of the Compose specification (`schema.txt`). Of what variables give only the format is judged, because
//! Compose turns it into the type that is needed; what is null counts as absent, and what is not known is right.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use portcullis_core::{Fix, FixSafety, nearest};
use portcullis_model::compose::{Project, is_flag};
use portcullis_syntax::{MergeTag, edit};

use super::formats::Format;
use super::quote;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SCHEMA_INVALID];

rule! {
    /// File does not have the form of a Compose file
    ///
    /// Compose refuses the whole project, or the engine the container: an unknown key, a value of the wrong type, a
    /// port, size, duration or choice that is none, a missing key, keys that exclude each other, or a `${` that begins no
    /// variable. Some of these Compose passes over without a word, and does something else than is written: capitals in the
    /// name of the project, tries that are no number, an option of a volume that it does not know. The nearest known key is
    /// named. Keys that begin with `x-` are everybody's own and may stand anywhere.
    /// Silent for variables without a value or a default, and for keys that a file is missing that is put over another. That
    /// a service has neither image nor build is said where no other file that is named like one of Compose's lies beside the
    /// file or above it.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     enviroment: { A: b }
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     user: 1000
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     environment:
    ///       - A: b
    /// ```
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     command: echo ${1}
    ///     image: web:1
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     depends_on:
    ///       db: { restart: true }
    ///   db: { image: "db:1" }
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     restart: somtimes
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     ports: ["80:"]
    /// ```
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     image: Web:1
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     volumes: ["./data:data"]
    /// ```
    /// ```compose bad:4
    /// services: { web: { image: "web:1", secrets: [key] } }
    /// secrets:
    ///   # Nothing says where its value comes from.
    ///   key: { labels: { team: web } }
    /// ```
    /// ```compose bad:3
    /// services: { web: { image: "web:1", secrets: [key] } }
    /// secrets:
    ///   key: { file: ./key, external: true }
    /// ```
    /// ```compose bad:6
    /// services:
    ///   web:
    ///     image: web:1
    ///     healthcheck:
    ///       test: [CMD, ./check]
    ///       interval: 10 seconds
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     network_mode: host
    ///     networks: [back]
    /// networks: { back: }
    /// ```
    /// ```compose bad:4
    /// volumes:
    ///   data:
    ///     external: true
    ///     driver: local
    /// services: { web: { image: "web:1", volumes: ["data:/data"] } }
    /// ```
    /// ```compose bad:1
    /// web:
    ///   image: web:1
    /// db:
    ///   image: db:1
    /// ```
    /// ```compose good
    /// x-common: &common { restart: always }
    /// x-other: { anything: [1] }
    /// services:
    ///   web:
    ///     <<: *common
    ///     x-note: own
    ///     image: web:1
    ///     command: [echo, "$$1", "$1", "${A:-b}"]
    ///     privileged: ${PRIVILEGED:-false}
    ///     ports: [80, "8080:80", "${PORT}:80", "9000-9002:90/udp", { target: 80, published: "8080" }]
    ///     restart: ${RESTART}
    ///     mem_limit: ${MEMORY:-512 MB}
    ///     stop_grace_period: 1m30s
    ///     networks: { default: , back: { aliases: [w] } }
    ///     depends_on: { db: { condition: service_healthy } }
    ///     environment:
    ///   db: { image: "db:1", environment: [A=b], mem_limit: 100, healthcheck: { test: exit 0, retries: 3 } }
    /// networks: { back: }
    /// ```
    /// ```compose bad:3
    /// services:
    ///   web: { image: "web:1" }
    ///   db: { environment: [A=b] }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services: { web: { image: "web:1" }, db: { environment: [A=b] } }
    /// file=compose.prod.yaml
    /// services: { db: { image: "db:1" } }
    /// ```
    /// ```compose good
    /// file=compose.settings.yaml
    /// theme: dark
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services: { web: { image: "web:1", depends_on: { db: { condition: service_started } } }, db: { image: "db:1" } }
    /// file=compose.override.yaml
    /// services: { web: { depends_on: { db: { restart: true } }, ports: !reset [] } }
    /// ```
    SCHEMA_INVALID = "compose-schema-invalid" {
        check: Check::Compose(schema_invalid),
        severity: Severity::High,
    }
}

fn schema_invalid(project: &Project<'_>, report: &mut Report<'_>) {
    let required = if project.documents.len() == 1 && !project.is_part { Required::Here } else { Required::Elsewhere };
    for root in project.own() {
        if is_first_format(root) {
            let first = root.entries().next().map_or(root, |(key, _)| key);
            report
                .at(first, "services stand at the top of the file, a format that Compose no longer reads".to_owned())
                .help("put them under `services:`");
            continue;
        }
        // A file that only has such a name: settings of another program, a link that was checked out as text.
        if !root.entries().any(|(key, _)| is_top_level(key.text())) {
            continue;
        }
        let checker = Checker { schema: schema(), required };
        checker.section(root, "file", report);
        external(root, report);
    }
    sourceless(project, report);
    imageless(project, report);
    for &span in project.faults {
        report
            .at((span, "$"), "a `${` in it begins no variable".to_owned())
            .help("write `$$` for a dollar, or close the braces");
    }
}

/// What makes a volume, a secret or a config stands beside `external`: Compose would have to make what it is told not to.
fn external(root: Node<'_>, report: &mut Report<'_>) {
    for (section, what) in [("volumes", "volume"), ("secrets", "secret"), ("configs", "config")] {
        for (name, entry) in root.field(section).into_iter().flat_map(Node::entries) {
            if !is_flag(entry.get("external"), true) {
                continue;
            }
            let makes = |key: &str| match section {
                "volumes" => key != "external" && key != "name" && !key.starts_with("x-"),
                _ => SOURCES.contains(&key),
            };
            if let Some((key, _)) = entry.entries().find(|(key, value)| makes(key.text()) && !value.is_null()) {
                report
                    .at(key, format!("{what} `{}` is external and has `{}`", name.text(), key.text()))
                    .help(format!("remove one of the two: an external {what} is made elsewhere"));
            }
        }
    }
}

/// Services that run nothing, in a file that nothing can complete. One with a profile may never be looked at.
fn imageless(project: &Project<'_>, report: &mut Report<'_>) {
    if !project.stands_alone {
        return;
    }
    for service in &project.services {
        let lacks = |field: &str| service.get(field).absent().is_some();
        let own = service.layers().iter().any(|layer| layer.is_map());
        if own && ["image", "build", "provider", "profiles", "extends"].iter().all(|field| lacks(field)) {
            report
                .at(service.anchor(), format!("{} has neither `image` nor `build`", service.title()))
                .help("say what it runs");
        }
    }
}

/// What a secret or a config may come from.
const SOURCES: &[&str] = &["file", "environment", "content", "driver"];

/// Secrets and configs that come from nowhere, of which each document may give a part.
fn sourceless(project: &Project<'_>, report: &mut Report<'_>) {
    for (section, what) in [("secrets", "secret"), ("configs", "config")] {
        if project.may_declare_more(section) {
            continue;
        }
        let mut entries: BTreeMap<&str, Vec<(Node<'_>, Node<'_>)>> = BTreeMap::new();
        for (name, entry) in project.declared(section) {
            entries.entry(name.text()).or_default().push((name, entry));
        }
        for (name, parts) in entries {
            let has_source = |(_, entry): &(Node<'_>, Node<'_>)| {
                let may_be_there = |key: &str| entry.get(key).absent().is_none();
                !(entry.is_map() || entry.is_null())
                    || entry.is_map() && (SOURCES.iter().any(|key| may_be_there(key)) || may_be_there("external"))
            };
            if let Some((key, _)) = parts.first().filter(|_| !name.starts_with("x-") && !parts.iter().any(has_source)) {
                let sources = if section == "secrets" {
                    "`file` nor `environment`"
                } else {
                    "`file`, `content` nor `environment`"
                };
                report
                    .at(*key, format!("{what} `{name}` has neither {sources}, and is not external"))
                    .help("say where its value comes from");
            }
        }
    }
}

/// Nothing at the top is a key of Compose, and something under it is an image or a build.
fn is_first_format(root: Node<'_>) -> bool {
    let is_service = |value: Node<'_>| value.field("image").is_some() || value.field("build").is_some();
    root.entries().all(|(key, _)| !is_top_level(key.text())) && root.entries().any(|(_, value)| is_service(value))
}

fn is_top_level(key: &str) -> bool {
    schema().section("file").is_some_and(|file| file.key(key).is_some())
}

/// Whether keys that must be there can be in another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Required {
    Here,
    Elsewhere,
}

struct Checker {
    schema: &'static Schema,
    required: Required,
}

impl Checker {
    fn section(&self, node: Node<'_>, name: &'static str, report: &mut Report<'_>) {
        let Some(section) = self.schema.section(name) else { return };
        if !node.is_map() {
            return self.wrong(node, "a mapping", report);
        }
        for (key, value) in node.entries() {
            let text = key.text();
            match section.key(text) {
                Some(shape) => self.shape(value, shape, report),
                None if section.is_open || text.starts_with("x-") => {}
                None => {
                    // Two keys of one name would be worse than one that is wrong.
                    let meant = nearest(text, section.keys.iter().map(|(key, _)| *key))
                        .filter(|meant| node.field(meant).is_none());
                    let help = match meant {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "remove it, or begin it with `x-`".to_owned(),
                    };
                    let draft = report.at(key, format!("`{text}` is no key of {}", title(node, name)));
                    draft.help(help).fix(meant.and_then(|meant| rename(value, meant)));
                }
            }
        }
        let is_there = |key: &str| node.field(key).is_some_and(is_something);
        if let [_, second, ..] = *section.exclusive.iter().copied().filter(|key| is_there(key)).collect::<Vec<_>>()
            && let Some(place) = node.field(second)
        {
            let all: Vec<String> = section.exclusive.iter().map(|key| format!("`{key}`")).collect();
            let message = format!("{} has more than one of {}", title(node, name), all.join(", "));
            report.at(place.key().unwrap_or(place), message).help("remove all but one");
        }
        if self.required == Required::Elsewhere || node.is_open() {
            return;
        }
        for key in &section.required {
            if node.get(key).absent().is_some() {
                report
                    .at(node.key_place(), format!("{} has no `{key}`, which it needs", title(node, name)))
                    .help(format!("add `{key}`"));
            }
        }
    }

    fn shape(&self, node: Node<'_>, shape: &'static Shape, report: &mut Report<'_>) {
        if shape.is_any || node.merge_tag() == Some(MergeTag::Reset) {
            return;
        }
        match node.value() {
            Value::Null | Value::Template(_) | Value::Unknown(_) => {}
            Value::String(_) | Value::Number(_) | Value::Bool(_) if node.is_filled_in() => {
                // The type follows the place, so that only a form can be wrong.
                if let Some(text) = &shape.text {
                    form(node, text, report);
                }
            }
            Value::String(_) => match &shape.text {
                Some(text) => form(node, text, report),
                None => self.wrong(node, &shape.describe(), report),
            },
            Value::Number(text) => match shape.number {
                None => self.wrong(node, &shape.describe(), report),
                Some(Amount::Whole) if node.as_i64().is_none() && text.contains('.') => {
                    self.wrong(node, &shape.describe(), report);
                }
                Some(Amount::Format(format)) => form(node, &Text::Format(format), report),
                Some(Amount::Whole | Amount::Any) => {}
            },
            Value::Bool(_) if shape.flag => {}
            Value::Bool(_) => self.wrong(node, &shape.describe(), report),
            Value::List(_) => match &shape.list {
                Some(inner) => {
                    node.items().for_each(|item| self.shape(item, inner, report));
                    if let Some(first) = node.items().next().filter(|_| shape.is_probe) {
                        form(first, &Text::Choices(PROBE_WORDS.to_vec()), report);
                    }
                }
                None => self.wrong(node, &shape.describe(), report),
            },
            Value::Map(_) => match (shape.section, &shape.map) {
                (Some(section), _) => self.section(node, section, report),
                (None, Some((inner, keys))) => {
                    for (key, value) in node.entries() {
                        let text = key.text();
                        match keys {
                            Keys::Names if !is_name(text) && !text.starts_with("x-") => {
                                report
                                    .at(key, format!("`{text}` is not a name"))
                                    .help("use letters, digits, `.`, `_` and `-`");
                            }
                            Keys::Format(format) if !format.holds(text) => {
                                report.at(key, format!("`{text}` is not {}", format.expected));
                            }
                            Keys::Any | Keys::Names | Keys::Format(_) => {}
                        }
                        self.shape(value, inner, report);
                    }
                }
                (None, None) => self.wrong(node, &shape.describe(), report),
            },
        }
    }

    fn wrong(&self, node: Node<'_>, expected: &str, report: &mut Report<'_>) {
        let _ = self;
        let is = match node.value() {
            Value::Bool(_) => "a switch",
            Value::Number(_) => "a number",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            _ => "a text",
        };
        let draft = report.at(node, format!("{} is {is}, where Compose takes {expected}", what(node)));
        if expected.contains("a text") && matches!(node.value(), Value::Number(_) | Value::Bool(_)) {
            draft.help(format!("put it in quotes: \"{}\"", node.text())).fix(quote(node));
        }
    }
}

/// Reports a text or number that has not the form it must have.
fn form(node: Node<'_>, wanted: &Text, report: &mut Report<'_>) {
    let text = node.text();
    match wanted {
        Text::Any => {}
        Text::Choices(choices) if choices.contains(&text) => {}
        Text::Choices(choices) => {
            let choices: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
            report.at(node, format!("`{text}` is none of {}", choices.join(", ")));
        }
        Text::Format(format) if format.holds(text) => {}
        Text::Format(format) => {
            let what = what(node);
            report.at(node, format!("{what} is `{text}`, where Compose takes {}", format.expected));
        }
    }
}

/// How messages name a value.
fn what(node: Node<'_>) -> String {
    match (node.key(), node.parent().and_then(Node::key)) {
        (Some(key), _) => format!("`{}`", key.text()),
        (None, Some(list)) => format!("an element of `{}`", list.text()),
        (None, None) => "an element".to_owned(),
    }
}

/// Whether more stands there than nothing.
fn is_something(node: Node<'_>) -> bool {
    match node.value() {
        Value::Null => false,
        Value::List(_) => node.items().next().is_some(),
        Value::Map(_) => node.entries().len() > 0,
        _ => true,
    }
}

/// Another name was perhaps meant, so that a change wants to be looked at.
fn rename(value: Node<'_>, name: &str) -> Option<Fix> {
    let edit = edit::rename_key(value, name)?;
    Some(Fix { safety: FixSafety::Unsafe, title: format!("rename the key to `{name}`"), edits: vec![edit] })
}

/// With what the command of a health check begins.
const PROBE_WORDS: [&str; 3] = ["CMD", "CMD-SHELL", "NONE"];

/// How messages name a mapping.
fn title(node: Node<'_>, section: &str) -> String {
    let key = node.key().map(Node::text);
    match (section, key) {
        ("file", _) => "the top level".to_owned(),
        ("service" | "network" | "volume" | "secret" | "config" | "model", Some(name)) => format!("{section} `{name}`"),
        (_, Some(name)) => format!("`{name}`"),
        (_, None) => match node.parent().and_then(Node::key) {
            Some(list) => format!("an element of `{}`", list.text()),
            None => "an element".to_owned(),
        },
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

struct Schema {
    sections: BTreeMap<&'static str, Section>,
}

#[derive(Default)]
struct Section {
    /// Sorted.
    keys: Vec<(&'static str, Shape)>,
    required: Vec<&'static str>,
    /// At most one of these keys may be there.
    exclusive: Vec<&'static str>,
    is_open: bool,
}

/// What a value may be; each kind of node at most once.
#[derive(Default)]
struct Shape {
    is_any: bool,
    flag: bool,
    text: Option<Text>,
    number: Option<Amount>,
    list: Option<Box<Shape>>,
    /// Whether its list is the command of a health check.
    is_probe: bool,
    map: Option<(Box<Shape>, Keys)>,
    section: Option<&'static str>,
}

/// Which texts are allowed.
#[derive(Debug)]
enum Text {
    Any,
    Choices(Vec<&'static str>),
    Format(&'static Format),
}

#[derive(Clone, Copy, Debug)]
enum Amount {
    Whole,
    Any,
    Format(&'static Format),
}

#[derive(Clone, Copy, Debug)]
enum Keys {
    Any,
    Names,
    Format(&'static Format),
}

impl Schema {
    fn section(&self, name: &str) -> Option<&Section> {
        self.sections.get(name)
    }
}

impl Section {
    fn key(&self, name: &str) -> Option<&Shape> {
        let at = self.keys.binary_search_by(|(key, _)| (*key).cmp(name)).ok()?;
        self.keys.get(at).map(|(_, shape)| shape)
    }
}

impl Shape {
    fn describe(&self) -> String {
        let kinds = [
            (self.text.is_some(), "a text"),
            (matches!(self.number, Some(Amount::Any)), "a number"),
            (matches!(self.number, Some(Amount::Whole | Amount::Format(_))), "a whole number"),
            (self.flag, "true or false"),
            (self.list.is_some(), "a list"),
            (self.map.is_some() || self.section.is_some(), "a mapping"),
        ];
        let named: Vec<&str> = kinds.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        named.join(" or ")
    }
}

/// The table, read when the first Compose file is judged.
fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema { sections: read(include_str!("schema.txt")) })
}

fn read(text: &'static str) -> BTreeMap<&'static str, Section> {
    let mut sections: BTreeMap<&'static str, Section> = BTreeMap::new();
    let mut current = "";
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            current = name;
        }
        let section = sections.entry(current).or_default();
        section.is_open |= line == "...";
        section.exclusive.extend(line.strip_prefix("~ ").into_iter().flat_map(|keys| keys.split(' ')));
        let Some((key, shape)) = line.split_once(" = ") else { continue };
        let name = key.trim_end_matches('!');
        if name != key {
            section.required.push(name);
        }
        section.keys.push((name, read_shape(shape)));
    }
    for section in sections.values_mut() {
        section.keys.sort_by_key(|(key, _)| *key);
    }
    sections
}

/// Reads `A | B | …`; bars inside parentheses belong to what is there.
fn read_shape(text: &'static str) -> Shape {
    let mut shape = Shape::default();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, byte) in text.bytes().chain(*b"|").enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => {
                read_kind(text.get(start..at).unwrap_or_default().trim(), &mut shape);
                start = at + 1;
            }
            _ => {}
        }
    }
    shape
}

fn read_kind(text: &'static str, shape: &mut Shape) {
    let (name, inner) = match text.split_once('(') {
        Some((name, inner)) => (name, inner.strip_suffix(')').unwrap_or(inner)),
        None => (text, ""),
    };
    let (name, format) = match name.split_once(':') {
        Some((name, format)) => (name, Format::named(format)),
        None => (name, None),
    };
    match name {
        "any" => shape.is_any = true,
        "flag" => shape.flag = true,
        "integer" => shape.number = Some(format.map_or(Amount::Whole, Amount::Format)),
        "number" => shape.number = Some(format.map_or(Amount::Any, Amount::Format)),
        "text" if inner.is_empty() => shape.text = Some(format.map_or(Text::Any, Text::Format)),
        "text" => shape.text = Some(Text::Choices(inner.split(',').collect())),
        "list" => shape.list = Some(Box::new(read_shape(inner))),
        "probe" => {
            shape.is_probe = true;
            shape.list = Some(Box::new(read_shape("text")));
        }
        "map" => shape.map = Some((Box::new(read_shape(inner)), format.map_or(Keys::Any, Keys::Format))),
        "names" => shape.map = Some((Box::new(read_shape(inner)), Keys::Names)),
        section => shape.section = section.strip_prefix('@'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every section that a shape names exists, and every word of the table is one that is known.
    #[test]
    fn the_table_is_whole() {
        fn check(shape: &Shape, missing: &mut Vec<&'static str>) {
            missing.extend(shape.section.filter(|name| schema().section(name).is_none()));
            let inner = shape.list.iter().chain(shape.map.iter().map(|(inner, _)| inner));
            inner.for_each(|inner| check(inner, missing));
        }
        let mut missing = Vec::new();
        for (name, section) in &schema().sections {
            assert!(!section.keys.is_empty(), "[{name}] has no keys");
            for (key, shape) in &section.keys {
                assert!(shape.is_any || !shape.describe().is_empty(), "{name}.{key} may be nothing");
                check(shape, &mut missing);
            }
            missing.extend(section.exclusive.iter().filter(|key| section.key(key).is_none()));
        }
        let lines = include_str!("schema.txt").lines().filter(|line| !line.starts_with('#'));
        let words = lines.flat_map(|line| line.split([' ', '(', ')', '|']));
        let formats = words.filter_map(|word| word.split_once(':'));
        missing.extend(formats.map(|(_, format)| format).filter(|format| Format::named(format).is_none()));
        assert_eq!(missing, Vec::<&str>::new());
    }
}
