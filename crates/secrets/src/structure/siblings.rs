//! Lines that belong together by their indentation: entries of one mapping, what stands below a key, what stands above it.
//!
//! Indentation says it for YAML, and for JSON and HCL as they are usually written. A file whose brackets say otherwise gives
//! nothing rather than something wrong: what is read must have a name that is a value's.

use std::ops::Range;

use super::language::Language;
use super::link::{Link, Onward, onward};
use super::page::Line;
use super::text::{Literal, Name, Text};
use super::value::value;

/// Lines of a mapping that are looked at below and above an entry.
const ENTRIES: usize = 12;
/// Lines above an entry that are asked for what encloses it, and how many of these count.
const ABOVE: usize = 300;
const PARENTS: usize = 6;

/// Where the content of a line stands.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// The column of its first character.
    indent: usize,
    /// The column of its key: behind dashes.
    column: usize,
}

impl Shape {
    /// Nothing for an empty line.
    fn of(text: Text<'_>, line: &Range<usize>) -> Option<Self> {
        let first = text.skip_blanks(line.start, line.end);
        let mut at = first;
        while text.at(at) == b'-' && text.at(at + 1) == b' ' {
            at = text.skip_blanks(at + 1, line.end);
        }
        (first < line.end).then(|| Self { indent: first - line.start, column: at.min(line.end) - line.start })
    }
}

/// The value of the mapping's entry that holds it, where a name is the value of another entry: `name: DB_PASSWORD`.
pub(super) fn paired<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<(Range<usize>, Literal<'t>)> {
    let key = key_before(text, line, name)?;
    if !NAMES.iter().any(|known| key.eq_ignore_ascii_case(known)) {
        return None;
    }
    // The name is all of the value.
    let after = text.skip_blanks(name.after, line.range.end);
    if after < line.range.end && !matches!(text.at(after), b',' | b'}' | b'#' | b';') {
        return None;
    }
    if let Some(found) = beside(text, line, name.after) {
        return Some(found);
    }
    let shape = Shape::of(text, &line.range)?;
    let mut below = text.next_line(&line.range);
    for _ in 0..ENTRIES {
        let Some(next) = below else { break };
        below = text.next_line(&next);
        let Some(other) = Shape::of(text, &next) else { continue };
        if other.indent < shape.column {
            break;
        }
        if other.indent == shape.column
            && let Some(found) = entry(text, line.language, &next, VALUES)
        {
            return Some(found);
        }
    }
    let mut above = (shape.indent == shape.column).then(|| text.previous_line(&line.range)).flatten();
    for _ in 0..ENTRIES {
        let Some(previous) = above else { break };
        let Some(other) = Shape::of(text, &previous) else { break };
        if other.column < shape.column {
            break;
        }
        if other.column == shape.column
            && let Some(found) = entry(text, line.language, &previous, VALUES)
        {
            return Some(found);
        }
        above = (other.indent >= shape.column).then(|| text.previous_line(&previous)).flatten();
    }
    None
}

/// The value below a name: `password: { value: … }`, `variable "password" { default = … }`.
pub(super) fn below<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<(Range<usize>, Literal<'t>)> {
    if let Some(found) = beside(text, line, name.after) {
        return Some(found);
    }
    let last = text.trim_end(line.range.clone());
    if !matches!(text.before(last), b':' | b'{' | b'>') && !last_is_comment(text, line, name) {
        return None;
    }
    let shape = Shape::of(text, &line.range)?;
    let mut column = None;
    let mut next = text.next_line(&line.range);
    for _ in 0..ENTRIES {
        let Some(child) = next else { break };
        next = text.next_line(&child);
        let Some(other) = Shape::of(text, &child) else { continue };
        if other.indent <= shape.column {
            break;
        }
        if *column.get_or_insert(other.indent) == other.indent
            && let Some(found) = entry(text, line.language, &child, BELOW)
        {
            return Some(found);
        }
    }
    None
}

/// The values below a name of several: `api-keys: { weather: … }`.
pub(super) fn named_by<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<Vec<(Range<usize>, Literal<'t>)>> {
    let written = text.slice(name.range.clone());
    let is_several = ["keys", "tokens", "secrets", "passwords", "Keys", "Tokens", "Secrets", "Passwords"]
        .iter()
        .any(|end| written.ends_with(end));
    let opens = matches!(text.before(text.trim_end(line.range.clone())), b':' | b'{');
    if !is_several || !opens || !line.language.nests_by_indentation() || line.is_comment {
        return None;
    }
    let children = children_of(text, &line.range);
    let read_child = |range: Range<usize>| {
        let shape = Shape::of(text, &range)?;
        let start = range.start + shape.column;
        let start = start + usize::from(matches!(text.at(start), b'"' | b'\''));
        let stop = text.skip(start, range.end, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let found = text.name(start..stop, &range);
        let line = Line { content: range.start + shape.column, range, language: line.language, is_comment: false };
        read(text, &line, &found).map(|literal| (start..stop, literal))
    };
    Some(children.into_iter().take(50).filter_map(read_child).collect())
}

fn last_is_comment(text: Text<'_>, line: &Line, name: &Name) -> bool {
    text.slice(name.after..line.range.end).trim_start_matches([':', '{', '=', ' ']).starts_with('#')
}

/// An entry of the rest of a line: `name: X, value: …`.
fn beside<'t>(text: Text<'t>, line: &Line, from: usize) -> Option<(Range<usize>, Literal<'t>)> {
    let end = text.all.floor_char_boundary(line.range.end.min(from + 200));
    let rest = text.slice(from..end);
    let close = rest.find('}').unwrap_or(rest.len());
    let inside = rest.get(..close)?;
    // Nearly always there is nothing, or what is none of them. Each has one of these.
    let holds = |part: &[u8]| inside.as_bytes().windows(part.len()).any(|bytes| bytes == part);
    if !holds(b"alue") && !holds(b"onte") && !holds(b"efau") {
        return None;
    }
    for known in VALUES {
        let Some(at) = inside.find(known) else { continue };
        let found = text.name(from + at..from + at + known.len(), &line.range);
        if found.range.len() != known.len() || found.token <= from && rest.starts_with(char::is_alphanumeric) {
            continue;
        }
        if let Some(literal) = read(text, line, &found) {
            return Some((found.range, literal));
        }
    }
    None
}

/// The value of an entry that has a line of its own, where its key is one of these.
fn entry<'t>(
    text: Text<'t>,
    language: Language,
    range: &Range<usize>,
    keys: &[&str],
) -> Option<(Range<usize>, Literal<'t>)> {
    let shape = Shape::of(text, range)?;
    let start = range.start + shape.column;
    let quote = usize::from(matches!(text.at(start), b'"' | b'\''));
    let start = start + quote;
    let stop = text.skip(start, range.end, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let key = text.slice(start..stop);
    if !keys.iter().any(|known| key.eq_ignore_ascii_case(known)) {
        return None;
    }
    let name = text.name(start..stop, range);
    let line = Line { range: range.clone(), content: start - quote, language, is_comment: false };
    read(text, &line, &name).map(|literal| (start..stop, literal))
}

fn read<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<Literal<'t>> {
    let Onward { link: Link::Colon | Link::Equals | Link::Arrow, .. } = onward(text, name, line) else { return None };
    value(text, line, name, onward(text, name, line)).map(|read| read.literal)
}

/// The key that a name is the value of.
fn key_before<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<&'t str> {
    let mut at = text.trim_end(line.range.start..name.token);
    if !matches!(text.before(at), b':' | b'=') {
        return None;
    }
    at = text.trim_end(line.range.start..at - 1);
    if matches!(text.before(at), b'"' | b'\'') {
        at -= 1;
    }
    let mut start = at;
    while start > line.range.start && (text.before(start).is_ascii_alphanumeric() || text.before(start) == b'_') {
        start -= 1;
    }
    Some(text.slice(start..at))
}

/// The names above an entry, the nearest last.
pub(super) fn parents<'t>(text: Text<'t>, line: &Line, name: &Name) -> Vec<&'t str> {
    let mut found = Vec::new();
    if let Some(key) = flow_key(text, line, name) {
        found.push(key);
    }
    if line.language == Language::Ini || line.language == Language::Toml {
        found.extend(section(text, line));
        return found;
    }
    if !line.language.nests_by_indentation() {
        return found;
    }
    let Some(shape) = Shape::of(text, &line.range) else { return found };
    let mut column = shape.column;
    // A list may stand at the column of its key.
    let mut is_item = shape.column > shape.indent;
    let mut above = text.previous_line(&line.range);
    for _ in 0..ABOVE {
        let Some(previous) = above else { break };
        above = text.previous_line(&previous);
        if column == 0 || found.len() >= PARENTS {
            break;
        }
        let Some(other) = Shape::of(text, &previous) else { continue };
        if matches!(text.at(previous.start + other.indent), b'#') {
            continue;
        }
        if other.column < column && !(is_item && other.indent == shape.indent && other.column > other.indent) {
            if text.starts(previous.start, "---") {
                break;
            }
            if let Some(key) = key_of(text, &previous, other) {
                found.push(key);
            }
            column = other.column;
            is_item = other.column > other.indent;
        }
    }
    found.reverse();
    found
}

/// The key of a line, or the last label of a block.
fn key_of<'t>(text: Text<'t>, line: &Range<usize>, shape: Shape) -> Option<&'t str> {
    let content = text.slice(line.start + shape.column..line.end).trim_end();
    let head = content.trim_end_matches(['{', '[', '(']).trim_end();
    let head = head.strip_suffix([':', '=']).map_or(head, str::trim_end);
    if head.len() == content.len() {
        // `name: value` opens nothing.
        let (key, rest) = content.split_once(':')?;
        let opens = matches!(rest.trim_start().bytes().next(), None | Some(b'|' | b'>' | b'&' | b'#' | b'!'));
        return opens.then(|| key.trim_matches(['"', '\'']));
    }
    let key = head.rsplit([' ', '(']).next()?.trim_matches(['"', '\'']);
    (!key.is_empty()).then_some(key)
}

/// The key of the flow mapping that a name stands in.
fn flow_key<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<&'t str> {
    let before = text.slice(line.range.start..name.token);
    let open = before.rfind('{')?;
    let head = before.get(..open)?.trim_end().trim_end_matches([':', '=', '>']).trim_end();
    let head = head.trim_end_matches(['"', '\'']);
    let start = head.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).map_or(0, |at| at + 1);
    head.get(start..).filter(|key| !key.is_empty())
}

/// The section of a setting: `[database]`.
fn section<'t>(text: Text<'t>, line: &Line) -> Option<&'t str> {
    let mut above = text.previous_line(&line.range);
    for _ in 0..ABOVE {
        let previous = above?;
        let content = text.slice(previous.clone()).trim();
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return Some(name.trim_matches(['[', ']']));
        }
        above = text.previous_line(&previous);
    }
    None
}

/// The only line of a block scalar whose key stands in a line.
pub(super) fn block<'t>(text: Text<'t>, line: &Line) -> Option<Literal<'t>> {
    let shape = Shape::of(text, &line.range)?;
    let mut only = None;
    let mut next = text.next_line(&line.range);
    for _ in 0..4 {
        let Some(child) = next else { break };
        next = text.next_line(&child);
        let Some(other) = Shape::of(text, &child) else { continue };
        if other.indent <= shape.column {
            break;
        }
        if only.is_some() {
            return None;
        }
        only = Some(child.start + other.indent..text.trim_end(child));
    }
    only.and_then(|range| Literal::plain(text, range))
}

/// A scalar that starts in the line below its key, or the first element of a list there.
pub(super) fn continued<'t>(text: Text<'t>, line: &Line) -> Option<Literal<'t>> {
    let shape = Shape::of(text, &line.range)?;
    let child = text.next_line(&line.range)?;
    let other = Shape::of(text, &child)?;
    let is_deeper = other.indent > shape.column || other.column > other.indent && other.indent == shape.column;
    if !is_deeper {
        return None;
    }
    let start = child.start + other.column;
    if matches!(text.at(start), b'"' | b'\'') {
        let literal = super::text::quoted(text, start, child.end)?;
        return (text.skip_blanks(literal.after, child.end) >= child.end).then_some(literal);
    }
    let end = text.trim_end(child);
    let is_word = !text.slice(start..end).contains([' ', ':', '{', '[', '=', '<']);
    is_word.then(|| Literal::plain(text, start..end)).flatten()
}

/// Entries of the mapping that a line is in, for [`super::kubernetes`]: the line of each.
pub(super) fn entries_of(text: Text<'_>, line: &Range<usize>) -> Vec<Range<usize>> {
    const MOST: usize = 500;
    let Some(shape) = Shape::of(text, line) else { return Vec::new() };
    let mut found = Vec::new();
    let mut above = (shape.indent == shape.column).then(|| text.previous_line(line)).flatten();
    for _ in 0..MOST {
        let Some(previous) = above else { break };
        above = text.previous_line(&previous);
        let Some(other) = Shape::of(text, &previous) else { continue };
        if other.column < shape.column || text.starts(previous.start, "---") {
            break;
        }
        if other.column == shape.column {
            found.push(previous.clone());
            if other.indent < shape.column {
                break;
            }
        }
    }
    let mut below = text.next_line(line);
    for _ in 0..MOST {
        let Some(next) = below else { break };
        below = text.next_line(&next);
        let Some(other) = Shape::of(text, &next) else { continue };
        if other.indent < shape.column || text.starts(next.start, "---") {
            break;
        }
        if other.indent == shape.column {
            found.push(next);
        }
    }
    found
}

/// The lines right below a key.
pub(super) fn children_of(text: Text<'_>, line: &Range<usize>) -> Vec<Range<usize>> {
    const MOST: usize = 500;
    let Some(shape) = Shape::of(text, line) else { return Vec::new() };
    let mut found = Vec::new();
    let mut column = None;
    let mut below = text.next_line(line);
    for _ in 0..MOST {
        let Some(next) = below else { break };
        below = text.next_line(&next);
        let Some(other) = Shape::of(text, &next) else { continue };
        if other.indent <= shape.column {
            break;
        }
        if *column.get_or_insert(other.indent) == other.indent {
            found.push(next);
        }
    }
    found
}

/// Keys whose value is the name of a setting.
const NAMES: &[&str] = &[
    "name",
    "key",
    "parameterkey",
    "optionname",
    "variable",
    "variablename",
    "parameter",
    "parametername",
    "field",
    "property",
    "option",
    "env",
    "header",
    "setting",
    "config_name",
    "configname",
    "environmentvariable",
];
/// Keys whose value is the value of a setting.
const VALUES: &[&str] = &[
    "value",
    "Value",
    "parameterValue",
    "ParameterValue",
    "content",
    "variableValue",
    "stringValue",
    "configValue",
    "default",
];
/// Keys of a setting's own mapping whose value is its value.
const BELOW: &[&str] = &[
    "value",
    "default",
    "defaultvalue",
    "default_value",
    "plain",
    "plaintext",
    "content",
    "stringvalue",
    "literal",
    "text",
    "initialvalue",
];
