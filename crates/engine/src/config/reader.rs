//! Reading the tree by the table of keys, and telling every mistake at its place.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use portcullis_core::{Catalog, FileId, LineIndex, Place, Span, SyntaxErrorKind};
use portcullis_syntax::{Dialect, Node, Tree, Value, yaml};

use super::Config;
use super::keys::{self, Key, Presence};
use super::nearest::{did_you_mean, nearest};
use super::secrets::{is_rule_id, with_ids};
use crate::scrub::without_secrets;
use portcullis_secrets::Scanner;

/// A mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The bytes that are wrong.
    pub span: Span,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Column of the first byte in characters, from 1.
    pub column: u32,
    /// How many characters of the line are wrong; at least 1.
    pub width: usize,
    /// The whole line.
    pub source: String,
    /// What is wrong; without a final dot.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl ConfigError {
    /// `path:line:column: error: message`, the line with the place marked, and the help; every line ends with a break.
    pub fn render(&self, path: &str) -> String {
        let margin = " ".repeat(self.line.to_string().len());
        // Of a long line only what is around the place is shown.
        let before = (self.column as usize).saturating_sub(1);
        let skipped = if self.source.chars().count() > SHOWN { before.saturating_sub(SHOWN / 2) } else { 0 };
        let shown: String = self.source.chars().skip(skipped).take(SHOWN).collect();
        let before = before.saturating_sub(skipped);
        let blanks: String = shown.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let marks = "^".repeat(self.width.min(SHOWN.saturating_sub(before)).max(1));
        let mut text = String::new();
        let scanner = Scanner::default();
        let printable = |text: &str| printable(&without_secrets("portcullis.yaml", text, &scanner));
        let _ = writeln!(text, "{}:{}:{}: error: {}", path, self.line, self.column, printable(&self.message));
        let _ = writeln!(text, "{margin} |");
        let _ = writeln!(text, "{} | {}", self.line, printable(&shown));
        let _ = writeln!(text, "{margin} | {blanks}{marks}");
        if let Some(help) = &self.help {
            let _ = writeln!(text, "{margin} = help: {}", printable(help));
        }
        text
    }
}

/// Characters of a line, and of a message twice as many, that are worth showing.
const SHOWN: usize = 160;

/// The text without what a terminal would obey, cut where it is unreasonably long.
fn printable(text: &str) -> String {
    let mut shown: String =
        text.chars().take(2 * SHOWN).map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(2 * SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Reads a whole file. What it names is looked for below `base`, where that is known.
pub(super) fn read(text: &Arc<str>, catalog: &Catalog, base: Option<&Path>) -> (Config, Vec<ConfigError>) {
    let tree = yaml::parse(FileId(0), text, Dialect::Yaml12);
    let known = with_own_rules(&tree, catalog);
    let mut reader = Reader {
        builtin: catalog,
        catalog: known.as_ref().unwrap_or(catalog),
        lines: LineIndex::new(text),
        text,
        errors: Vec::new(),
    };
    for error in tree.errors() {
        match tree.first_of_key(error.span).filter(|_| error.kind == SyntaxErrorKind::DuplicateKey) {
            Some(first) => reader.repeated(error.span, first),
            None => reader.error(error.span, error.message.clone(), None),
        }
    }
    let mut documents = tree.documents();
    let mut config = Config::default();
    if let Some(document) = documents.next()
        && !document.root.is_null()
        // Where the root is unknown for an error, that says it all.
        && (!document.root.is_unknown() || reader.errors.is_empty())
    {
        config = reader.mapping(document.root, keys::ROOT, "a configuration").unwrap_or_default();
        if let Some(base) = base {
            reader.look_for_data(document.root, base);
        }
    }
    if let Some(second) = documents.next()
        && reader.errors.is_empty()
    {
        reader.error(second.root.title_span(), "a configuration is one document".to_owned(), None);
    }
    let mut errors = reader.errors;
    errors.sort_by_key(|error| error.span);
    (config, errors)
}

/// The catalog with the rules that the file declares, where it does: the rest of it may name them.
fn with_own_rules(tree: &Tree, catalog: &Catalog) -> Option<Catalog> {
    let root = tree.documents().next()?.root;
    let rules = root.field("secrets")?.field("rules")?;
    let ids = rules.items().filter_map(|rule| rule.field("id")?.as_str()).filter(|id| is_rule_id(id));
    let mut ids = ids.map(str::to_owned).peekable();
    ids.peek().is_some().then(|| with_ids(catalog, ids))
}

/// What reading a value needs beside the value.
pub(super) struct Reader<'a> {
    /// The rules of the program.
    pub(super) builtin: &'a Catalog,
    /// Those, and the rules that the file declares.
    pub(super) catalog: &'a Catalog,
    text: &'a str,
    lines: LineIndex<'a>,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    /// Tells a mistake.
    pub(super) fn error(&mut self, span: Span, message: String, help: Option<String>) {
        let position = self.lines.position(span.start);
        let line_end = self.lines.line_end(position.line).max(span.start);
        let marked = Span { end: span.end.min(line_end), ..span }.slice(self.text);
        self.errors.push(ConfigError {
            span,
            line: position.line,
            column: position.column,
            width: marked.chars().count().max(1),
            source: self.lines.text(position.line).to_owned(),
            message,
            help,
        });
    }

    /// Tells a key that stands in its mapping before.
    fn repeated(&mut self, key: Span, first: Span) {
        let line = self.lines.position(first.start).line;
        let name = key.slice(self.text).trim_matches(['"', '\'']);
        let message = format!("key `{name}` stands twice in this mapping, here and in line {line}");
        self.error(key, message, Some("keep one of them".to_owned()));
    }

    /// Tells data that is not there: without policies nothing would miss it.
    fn look_for_data(&mut self, root: Node<'_>, base: &Path) {
        for item in root.field("data").iter().flat_map(|data| data.items()) {
            let Some(path) = item.as_str() else { continue };
            if base.join(path).try_exists().is_ok_and(|exists| !exists) {
                let help = "paths are relative to the folder of this file".to_owned();
                self.wrong(item, format!("no file or folder `{path}` is there"), Some(help));
            }
        }
    }

    /// Tells a mistake about a value as a whole.
    pub(super) fn wrong(&mut self, node: Node<'_>, message: String, help: Option<String>) {
        self.error(Place::from(node).span, message, help);
    }

    /// Tells that a value is of another type than is wanted.
    pub(super) fn mistyped(&mut self, node: Node<'_>, wanted: &str) {
        let found = match node.value() {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("the boolean `{value}`"),
            Value::Number(text) => format!("the number `{text}`"),
            Value::String(text) => format!("the text `{text}`"),
            Value::Template(text) => format!("the text `{}`", text.raw),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
            Value::Unknown(_) => "a value that cannot be read".to_owned(),
        };
        let quoted = matches!(node.value(), Value::Number(_) | Value::Bool(_)) && wanted.contains("text");
        let help = quoted.then(|| format!("write it in quotes: \"{}\"", node.text()));
        self.wrong(node, format!("expected {wanted}, found {found}"), help);
    }

    /// A mapping by its table of keys; `what` names the mapping. `None` where it is none or lacks a key that it needs.
    pub(super) fn mapping<T: Default>(&mut self, node: Node<'_>, keys: &[Key<T>], what: &str) -> Option<T> {
        let mut holder = T::default();
        let entries = self.entries(node, what)?;
        for &(name, value) in &entries {
            let Some(key) = keys.iter().find(|key| key.name == name.text()) else {
                let supported = keys.iter().filter(|key| key.schema.is_some());
                self.unknown_key(name, &supported.map(|key| key.name).collect::<Vec<_>>(), what);
                continue;
            };
            // A key whose entries are all commented out says nothing.
            if !value.is_null() || key.schema.is_none() {
                (key.read)(self, value, &mut holder);
            }
        }
        let mut complete = true;
        for key in keys.iter().filter(|key| key.presence == Presence::Required) {
            if !entries.iter().any(|(name, value)| name.text() == key.name && !value.is_null()) {
                self.error(node.title_span(), format!("`{}` is missing from {what}", key.name), None);
                complete = false;
            }
        }
        complete.then_some(holder)
    }

    /// The entries of a mapping, or the error that it is none.
    pub(super) fn entries<'n>(&mut self, node: Node<'n>, what: &str) -> Option<Vec<(Node<'n>, Node<'n>)>> {
        if !node.is_map() {
            self.mistyped(node, &format!("{what}, which is a mapping"));
            return None;
        }
        if node.is_open() {
            let message = "a key or merge of this mapping cannot be read".to_owned();
            self.error(node.span(), message, None);
        }
        Some(node.entries().collect())
    }

    /// The elements of a list, or the error that it is none.
    pub(super) fn items<'n>(&mut self, node: Node<'n>, wanted: &str) -> Vec<Node<'n>> {
        if !node.is_list() {
            self.mistyped(node, wanted);
        }
        node.items().collect()
    }

    /// A text; numbers and booleans are not taken for one.
    pub(super) fn string<'n>(&mut self, node: Node<'n>, wanted: &str) -> Option<&'n str> {
        match node.value() {
            Value::String(text) => Some(text),
            Value::Template(template) => Some(template.raw),
            // `${X}` alone: there is nobody who would fill it in here.
            Value::Unknown(_) if !node.text().is_empty() => Some(node.text()),
            _ => {
                self.mistyped(node, wanted);
                None
            }
        }
    }

    /// Tells that there is no such key.
    pub(super) fn unknown_key(&mut self, name: Node<'_>, known: &[&str], what: &str) {
        let help = match nearest(name.text(), known.iter().copied()) {
            Some(meant) => did_you_mean(&[meant]),
            None => format!("{what} has {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
        };
        self.error(name.span(), format!("unknown key `{}`", name.text()), Some(help));
    }
}
