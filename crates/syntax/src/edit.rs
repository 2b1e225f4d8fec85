//! Edits of YAML and JSON that keep every byte that they do not name: comments, quotes, indentation, line breaks.
//!
//! A place that cannot be edited without changing another, or whose form is not one of the usual ones, has no edit: text
//! that an alias or a merge key shares, embedded documents, block scalars, tabs before a key. None of this knows whether
//! an edit is right, only where it has to be written.

use std::fmt::{self, Write as _};

use portcullis_core::{Edit, Span};

use crate::{Dialect, Node, Style};

/// A scalar to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal<'a> {
    /// A boolean.
    Bool(bool),
    /// A string that needs no quotes in YAML: `RuntimeDefault`, `batch/v1`.
    Word(&'a str),
}

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl Literal<'_> {
    fn write(self, quote: &str) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Word(word) => quoted(word, quote),
        }
    }

    fn plain(self, dialect: Dialect) -> String {
        self.write(if dialect == Dialect::Json { "\"" } else { "" })
    }
}

/// Gives what stands at `path` (keys with dots between them) below a mapping a value: replaces the one that is there, or
/// inserts the keys that are missing. A key that is new in a mapping goes below the last of `after` that the mapping has,
/// else to the mapping's start.
pub fn set(base: Node<'_>, path: &str, value: Literal<'_>, after: &[&str]) -> Option<Edit> {
    let mut map = base;
    let mut path = path;
    loop {
        let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        match (map.field(key), rest) {
            (None, _) => return insert(map, path, value, after),
            (Some(found), _) if found.is_null() => return fill(found, rest, value),
            (Some(found), None) => return replace(found, value),
            (Some(found), Some(rest)) => (map, path) = (found, rest),
        }
    }
}

/// Puts another value in the place of a scalar that is not null, in the same quotes.
pub fn replace(node: Node<'_>, value: Literal<'_>) -> Option<Edit> {
    let quote = quotes(node)?;
    let is_editable = node.is_written_once() && !node.is_tagged_string();
    is_editable.then(|| Edit { span: node.span(), text: value.write(quote) })
}

/// Renames the key that a value stands under, in the same quotes.
pub fn rename_key(value: Node<'_>, name: &str) -> Option<Edit> {
    let key = value.key()?;
    let quote = quotes(key)?;
    (key.parent()? == value.parent()? && key.is_written_once() && value.is_written_once())
        .then(|| Edit { span: key.span(), text: quoted(name, quote) })
}

/// The quotes of a scalar of one line that is written as it reads.
fn quotes(node: Node<'_>) -> Option<&'static str> {
    let quote = match node.style() {
        Style::Plain => "",
        Style::SingleQuoted => "'",
        Style::DoubleQuoted => "\"",
        Style::Literal | Style::Folded | Style::Block | Style::Flow => return None,
    };
    let text = node.text();
    let written = node.span().slice(node.tree().text());
    (!text.is_empty() && written == quoted(text, quote)).then_some(quote)
}

fn quoted(text: &str, quote: &str) -> String {
    format!("{quote}{text}{quote}")
}

/// Gives a null its first keys, or a value.
fn fill(null: Node<'_>, path: Option<&str>, value: Literal<'_>) -> Option<Edit> {
    if !null.is_written_once() {
        return None;
    }
    let tree = null.tree();
    let parent = null.parent()?;
    let flow =
        || path.map_or_else(|| value.plain(tree.dialect()), |path| format!("{{ {} }}", in_flow(path, value, null)));
    if !null.span().is_empty() {
        quotes(null)?;
        return Some(Edit { span: null.span(), text: flow() });
    }
    let key = null.key()?;
    let colon = behind_colon(key)?;
    let rest = tree.text().get(colon..)?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t', '\r', '\n', ',', '}']) {
        return None;
    }
    match (parent.style(), path) {
        (Style::Block, Some(path)) => {
            let end = line_end(tree.text(), colon)?;
            let indent = indent_of(key)?.checked_add(step(parent))?;
            Some(insertion(null, end, lines(path, value, indent, step(parent), line_break(tree.text(), end))))
        }
        _ => Some(insertion(null, colon, format!(" {}", flow()))),
    }
}

fn insert(map: Node<'_>, path: &str, value: Literal<'_>, after: &[&str]) -> Option<Edit> {
    if !map.is_map() || map.is_open() || !map.is_written_once() {
        return None;
    }
    match map.style() {
        Style::Flow => insert_in_flow(map, path, value, after),
        Style::Block => insert_in_block(map, path, value, after),
        _ => None,
    }
}

/// The entries that the mapping's own text has, without those of aliases and merges.
fn own_entries(map: Node<'_>) -> impl DoubleEndedIterator<Item = (Node<'_>, Node<'_>)> {
    map.entries().filter(move |(key, value)| {
        key.parent() == Some(map) && value.parent() == Some(map) && value.via().next().is_none()
    })
}

/// The entry that a new key goes below: the last of `after` that is there.
fn sibling<'t>(map: Node<'t>, after: &[&str]) -> Option<(Node<'t>, Node<'t>)> {
    own_entries(map).filter(|(key, _)| after.contains(&key.text())).max_by_key(|(key, _)| key.span().start)
}

fn insert_in_block(map: Node<'_>, path: &str, value: Literal<'_>, after: &[&str]) -> Option<Edit> {
    let text = map.tree().text();
    let (first, _) = own_entries(map).next()?;
    let indent = indent_of(first)?;
    let below = |(_, value)| line_end(text, last_byte(value)?);
    let at_start = || line_end(text, behind_colon(map.key()?)?);
    let last = || own_entries(map).max_by_key(|(key, _)| key.span().start).and_then(below);
    let end = sibling(map, after).and_then(below).or_else(at_start).or_else(last)?;
    Some(insertion(map, end, lines(path, value, indent, step(map), line_break(text, end))))
}

fn insert_in_flow(map: Node<'_>, path: &str, value: Literal<'_>, after: &[&str]) -> Option<Edit> {
    let text = map.tree().text();
    let is_written = |value: Node<'_>| !value.span().is_empty();
    let Some((key, last)) = sibling(map, after)
        .filter(|(_, value)| is_written(*value))
        .or_else(|| own_entries(map).rev().find(|(_, value)| is_written(*value)))
    else {
        let inside = map.span().slice(text).strip_prefix('{')?.strip_suffix('}')?;
        let is_empty = inside.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        return is_empty.then(|| Edit { span: map.span(), text: format!("{{ {} }}", in_flow(path, value, map)) });
    };
    let end = last.span().end as usize;
    let indent = margin(text, key.span().start as usize).filter(|margin| !margin.is_empty() && !margin.contains('-'));
    let rest = text.get(end..)?;
    let blanks = rest.len() - rest.trim_start_matches([',', ' ', '\t']).len();
    // A comment behind the entry stays with it.
    if let Some(indent) = indent.filter(|_| rest.get(blanks..).is_some_and(|rest| rest.starts_with(['\r', '\n']))) {
        let line_break = line_break(text, end + blanks);
        let entry = if map.tree().dialect() == Dialect::Json {
            in_json_lines(path, value, indent, &json_step(map, indent), line_break)
        } else {
            in_flow(path, value, map)
        };
        return Some(insertion(map, end, format!(",{line_break}{indent}{entry}")));
    }
    Some(insertion(map, end, format!(", {}", in_flow(path, value, map))))
}

/// `a: { b: value }`, quoted where it has to be or where the mapping's keys are.
fn in_flow(path: &str, value: Literal<'_>, map: Node<'_>) -> String {
    let is_quoted = map.entries().next().is_some_and(|(key, _)| key.style() == Style::DoubleQuoted);
    let is_json = map.tree().dialect() == Dialect::Json;
    let quote = if is_json || is_quoted { "\"" } else { "" };
    let keys: Vec<&str> = path.split('.').collect();
    let mut text = value.write(quote);
    for (depth, key) in keys.iter().rev().enumerate() {
        text = if depth == 0 {
            format!("{}: {text}", quoted(key, quote))
        } else {
            format!("{}: {{ {text} }}", quoted(key, quote))
        };
    }
    text
}

/// The same with each level on lines of its own, the first line without its indentation.
fn in_json_lines(path: &str, value: Literal<'_>, indent: &str, step: &str, line_break: &str) -> String {
    let mut text = String::new();
    let keys: Vec<&str> = path.split('.').collect();
    for (depth, key) in keys.iter().enumerate() {
        if depth > 0 {
            let _ = write!(text, "{{{line_break}{indent}{}", step.repeat(depth));
        }
        let _ = write!(text, "\"{key}\": ");
    }
    text.push_str(&value.plain(Dialect::Json));
    for depth in (0..keys.len().saturating_sub(1)).rev() {
        let _ = write!(text, "{line_break}{indent}{}}}", step.repeat(depth));
    }
    text
}

/// By how much a JSON text indents: what the entries of a mapping have more than the line that it begins in.
fn json_step(map: Node<'_>, indent: &str) -> String {
    let key = map.key().unwrap_or(map);
    let outer = margin(map.tree().text(), key.span().start as usize).unwrap_or_default();
    indent.strip_prefix(outer).filter(|step| !step.is_empty() && step.len() <= MAX_STEP).unwrap_or("  ").to_owned()
}

/// Every key on a line of its own, each line with a line break before it.
fn lines(path: &str, value: Literal<'_>, indent: usize, step: usize, line_break: &str) -> String {
    let mut text = String::new();
    for (depth, key) in path.split('.').enumerate() {
        let _ = write!(text, "{line_break}{}{key}:", " ".repeat(indent + depth * step));
    }
    let _ = write!(text, " {}", value.write(""));
    text
}

/// Deeper indentation than this for one level is alignment, not a style.
const MAX_STEP: usize = 8;

/// By how many columns the text indents a mapping in a mapping, measured at the nearest one.
fn step(map: Node<'_>) -> usize {
    let nested = std::iter::successors(Some(map), |node| node.parent()).find_map(|node| {
        let key = node.key().filter(|_| node.is_map() && node.style() == Style::Block)?;
        let (first, _) = own_entries(node).next()?;
        indent_of(first)?.checked_sub(indent_of(key)?).filter(|step| (1..=MAX_STEP).contains(step))
    });
    nested.unwrap_or(2)
}

/// The column of a key in a block mapping, with nothing but blanks and the dashes of lists before it.
fn indent_of(key: Node<'_>) -> Option<usize> {
    let before = margin(key.tree().text(), key.span().start as usize)?;
    (!before.contains('\t')).then_some(before.len())
}

/// Behind the colon of a key that stands on the same line.
fn behind_colon(key: Node<'_>) -> Option<usize> {
    let end = key.span().end as usize;
    let rest = key.tree().text().get(end..)?;
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest.get(blanks..)?.starts_with(':').then_some(end + blanks + 1)
}

/// One past the last byte of a value, wherever in it that stands; `None` for block scalars, whose end is a matter of
/// their header.
fn last_byte(value: Node<'_>) -> Option<usize> {
    let mut node = value;
    // Each turn goes one level down, and the parser bounds the levels.
    loop {
        if node.via().next().is_some() {
            return None;
        }
        let is_block = node.style() == Style::Block;
        let last = if node.is_map() && is_block {
            node.entries()
                .filter(|(key, _)| key.parent() == Some(node))
                .map(|(_, value)| value)
                .max_by_key(|value| value.key().map(|key| key.span().start))?
        } else if node.is_list() && is_block {
            node.items().next_back()?
        } else if matches!(node.style(), Style::Literal | Style::Folded) {
            return None;
        } else if node.span().is_empty() {
            return behind_colon(node.key()?);
        } else {
            return Some(node.span().end as usize);
        };
        node = last;
    }
}

/// The end of a line on which nothing but a comment follows `from`.
fn line_end(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let line = rest.trim_start_matches([' ', '\t']);
    let blanks = rest.len() - line.len();
    if line.is_empty() || line.starts_with(['\r', '\n']) {
        return Some(from + blanks);
    }
    let is_comment = blanks > 0 && line.starts_with('#');
    is_comment.then(|| from + blanks + line.find(['\r', '\n']).unwrap_or(line.len()))
}

/// What stands before `at` on its line, if that is blanks and the dashes of lists. Lines may be as long as the text, which
/// is therefore not searched for their start.
fn margin(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let rest = before.trim_end_matches([' ', '\t', '-']);
    (rest.is_empty() || rest.ends_with(['\r', '\n'])).then(|| before.get(rest.len()..)).flatten()
}

/// How the line that ends at `end` is broken; at the end of the text, how the text's other lines are.
fn line_break(text: &str, end: usize) -> &'static str {
    let rest = text.get(end..).unwrap_or_default();
    let rest = if rest.is_empty() { text.trim_start_matches(|c| !matches!(c, '\r' | '\n')) } else { rest };
    ["\r\n", "\r"].into_iter().find(|line_break| rest.starts_with(line_break)).unwrap_or("\n")
}

fn insertion(node: Node<'_>, at: usize, text: String) -> Edit {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    Edit { span: Span::new(node.tree().file(), at, at), text }
}
