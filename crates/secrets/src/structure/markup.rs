//! Names and values of XML: elements, attributes, and attributes that name what another holds.

use std::ops::Range;

use super::page::Line;
use super::text::{Literal, Name, Text, quoted};

/// How far the end of a tag is looked for.
const TAG: usize = 400;

/// The text of the element that a name is of: `<password>…</password>`, with attributes or without.
pub(super) fn element<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<Literal<'t>> {
    let open = tag_start(text, line, name.token)?;
    let prefix = text.slice(open + 1..name.range.start);
    if !prefix.is_empty() && !prefix.ends_with(':') {
        return None;
    }
    content(text, name.after)
}

/// The value that belongs to a name in an attribute or element: `key="Password" value="…"`, `<name>X</name><value>…</value>`.
pub(super) fn named<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<Literal<'t>> {
    if text.at(name.after) == b'<' && text.before(name.token) == b'>' {
        return beside(text, line, name);
    }
    name.quote?;
    let open = tag_start(text, line, name.token)?;
    let element = text.slice(open + 1..text.skip(open + 1, name.token, |byte| !matches!(byte, b' ' | b'\t' | b'>')));
    if LABELS.contains(&element.rsplit(':').next().unwrap_or(element).to_ascii_lowercase().as_str()) {
        return None;
    }
    let before = text.slice(open..name.token).trim_end().strip_suffix('=')?.trim_end();
    let key = before.rsplit(|c: char| c.is_whitespace()).next()?;
    if !NAMES.iter().any(|known| key.eq_ignore_ascii_case(known)) {
        return None;
    }
    let end = text.all.floor_char_boundary((name.after + TAG).min(text.all.len()));
    let rest = text.slice(name.after..end);
    let close = rest.find('>').unwrap_or(rest.len());
    let attributes = rest.get(..close)?;
    for known in ["value=", "Value=", "val=", "password=", "defaultValue="] {
        let Some(at) = attributes.find(known) else { continue };
        if attributes.get(..at).is_some_and(|before| before.ends_with(char::is_whitespace)) {
            return quoted(text, name.after + at + known.len(), name.after + close);
        }
    }
    content(text, name.after).or_else(|| {
        // `<property name="password"><value>…</value></property>`
        let inner = text.slice(name.after + close + 1..end).trim_start();
        let at = end - inner.len();
        inner.starts_with("<value>").then(|| content(text, at + 6)).flatten()
    })
}

/// The text between the end of a tag that a place is in, and the next tag, which closes it.
fn content(text: Text<'_>, place: usize) -> Option<Literal<'_>> {
    let end = text.all.floor_char_boundary((place + TAG).min(text.all.len()));
    let rest = text.slice(place..end);
    let close = rest.find('>')?;
    let attributes = rest.get(..close)?;
    if attributes.ends_with('/') || attributes.contains(['<', '=']) && !attributes.contains(['"', '\'']) {
        return None;
    }
    let start = place + close + 1;
    let limit = text.all.floor_char_boundary((start + 1024).min(text.all.len()));
    let inner = text.slice(start..limit);
    let range = if let Some(data) = inner.trim_start().strip_prefix("<![CDATA[") {
        let at = limit - data.len();
        at..at + data.find("]]>")?
    } else {
        let stop = inner.find('<')?;
        if !inner.get(stop..)?.starts_with("</") {
            return None;
        }
        let written = inner.get(..stop)?;
        let at = start + (written.len() - written.trim_start().len());
        at..(at + written.trim().len())
    };
    Literal::plain(text, range)
}

/// `<key>NAME</key> <string>…</string>`
fn beside<'t>(text: Text<'t>, line: &Line, name: &Name) -> Option<Literal<'t>> {
    let open = tag_start(text, line, name.token - 1)?;
    let element = text.slice(open + 1..name.token - 1);
    if !NAMES.iter().any(|known| element.eq_ignore_ascii_case(known)) {
        return None;
    }
    let end = text.all.floor_char_boundary((name.after + TAG).min(text.all.len()));
    let rest = text.slice(name.after..end);
    let close = rest.find('>')?;
    let after = rest.get(close + 1..)?.trim_start();
    let at = end - after.len();
    let is_value = ["<string", "<value", "<param-value", "<Value", "<property-value", "<env-entry-value"]
        .iter()
        .any(|tag| after.starts_with(tag));
    is_value.then(|| content(text, at + 1)).flatten()
}

/// Where the tag starts that a place is in.
fn tag_start(text: Text<'_>, line: &Line, place: usize) -> Option<usize> {
    let from = text.all.ceil_char_boundary(place.saturating_sub(TAG)).max(earlier(text, &line.range));
    let before = text.slice(from..place);
    let open = before.rfind('<')?;
    let is_tag = !before.get(open..)?.contains('>') && text.at(from + open + 1).is_ascii_alphabetic();
    is_tag.then_some(from + open)
}

/// Attributes may stand in lines of their own.
fn earlier(text: Text<'_>, line: &Range<usize>) -> usize {
    let mut start = line.clone();
    for _ in 0..3 {
        let Some(previous) = text.previous_line(&start) else { break };
        start = previous;
    }
    start.start
}

/// Attributes and elements that name a setting.
const NAMES: &[&str] = &[
    "name",
    "key",
    "property",
    "id",
    "option",
    "param-name",
    "property-name",
    "env-entry-name",
    "entry",
    "parameter",
    "fieldname",
];
/// Elements whose values are what users see or fill in, or that describe data.
const LABELS: &[&str] = &[
    "input",
    "label",
    "button",
    "option",
    "meta",
    "a",
    "div",
    "span",
    "textarea",
    "select",
    "form",
    "th",
    "td",
    "xs:element",
    "element",
    "attribute",
    "column",
    "field",
    "img",
    "link",
    "script",
    "svg",
    "path",
    "h1",
    "h2",
    "h3",
    "p",
    "li",
    "template",
    "slot",
    "bean",
    "target",
];
