//! XML with spans, over `quick-xml`'s events.
//!
//! Parsing never fails: what stands before a fault counts. Nothing is fetched and no entity is expanded but the five of XML
//! and characters by number, so that a document never stands for more than it is; text with any other entity is not known.
//! Names are compared without their prefixes, because no format read here mixes vocabularies.

use std::borrow::Cow;

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::yaml::DEPTH_LIMIT;

/// One document.
#[derive(Clone, Debug)]
pub struct Document<'t> {
    file: FileId,
    source: &'t str,
    records: Vec<Record<'t>>,
    attributes: Vec<Attribute<'t>>,
    faults: Vec<SyntaxError>,
}

/// An element of a document.
#[derive(Clone, Copy, Debug)]
pub struct Element<'d> {
    document: &'d Document<'d>,
    index: u32,
}

/// An attribute of an element.
#[derive(Clone, Debug)]
pub struct Attribute<'t> {
    /// Without prefix.
    pub name: &'t str,
    /// `None` where it has an entity of its own.
    pub value: Option<Cow<'t, str>>,
    /// The value without its quotes, as it is written.
    pub span: Span,
}

/// Stands for no record.
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Record<'t> {
    name: &'t str,
    first: u32,
    last: u32,
    next: u32,
    /// Its attributes in the document's list.
    attributes: (u32, u32),
    text: Text<'t>,
}

/// What an element's own text comes to.
#[derive(Clone, Debug)]
enum Text<'t> {
    Empty,
    /// A slice of the source, as it is in nearly every element.
    Plain(&'t str),
    /// Put together, and the bytes that it was put together from.
    Made(String, (usize, usize)),
    /// It has an entity of its own.
    Unknown,
}

/// Reads a document, which is at most 4 GiB.
pub fn parse(file: FileId, source: &str) -> Document<'_> {
    let mut document = Document { file, source, records: Vec::new(), attributes: Vec::new(), faults: Vec::new() };
    // A byte order mark is none of the text, and `quick-xml` counts its positions behind it.
    let body = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut reader = Reader::from_str(body);
    let mut open: Vec<u32> = Vec::new();
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let behind = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                let at = behind.saturating_add(source.len().saturating_sub(body.len()));
                document.fault(at, SyntaxErrorKind::Invalid, error.to_string());
                return document;
            }
        };
        match event {
            Event::Start(tag) if open.len() >= DEPTH_LIMIT => {
                let at = document.offset(tag.name().as_ref());
                document.fault(at, SyntaxErrorKind::Limit, format!("elements are nested deeper than {DEPTH_LIMIT}"));
                return document;
            }
            Event::Start(tag) => open.push(document.begin(&tag, open.last().copied())),
            Event::Empty(tag) => drop(document.begin(&tag, open.last().copied())),
            Event::End(_) => drop(open.pop()),
            Event::Text(text) => {
                if let Cow::Borrowed(text) = text.into_inner() {
                    document.add(open.last(), text, Some(text));
                }
            }
            Event::CData(text) => {
                if let Cow::Borrowed(text) = text.into_inner() {
                    document.add(open.last(), text, Some(text));
                }
            }
            Event::GeneralRef(name) => {
                if let Cow::Borrowed(name) = name.into_inner() {
                    document.add(open.last(), name, entity(name).as_deref());
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    if let Some(record) = open.last().and_then(|&index| document.records.get(index as usize)) {
        let message = format!("the file ends inside of <{}>", record.name);
        document.fault(source.len(), SyntaxErrorKind::Invalid, message);
    } else if document.records.is_empty() {
        document.fault(0, SyntaxErrorKind::Invalid, "there is no element".to_owned());
    }
    document
}

impl<'t> Document<'t> {
    /// The outermost element.
    pub fn root(&self) -> Option<Element<'_>> {
        (!self.records.is_empty()).then_some(Element { document: self, index: 0 })
    }

    /// What could not be read; at most one thing, because the text is not read beyond it.
    pub fn faults(&self) -> &[SyntaxError] {
        &self.faults
    }

    fn fault(&mut self, at: usize, kind: SyntaxErrorKind, message: String) {
        let at = narrow(at.min(self.source.len()));
        self.faults.push(SyntaxError { span: Span::new(self.file, at, at), message, kind });
    }

    /// Where a slice of the source starts.
    fn offset(&self, slice: &str) -> usize {
        (slice.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize)
    }

    /// The same slice, known to live as long as the source.
    fn slice(&self, slice: &str) -> &'t str {
        let start = self.offset(slice);
        self.source.get(start..start.saturating_add(slice.len())).unwrap_or_default()
    }

    fn begin(&mut self, tag: &BytesStart<'_>, parent: Option<u32>) -> u32 {
        let index = narrow(self.records.len());
        let name = local(self.slice(tag.name().as_ref()));
        let first_attribute = narrow(self.attributes.len());
        for attribute in tag.attributes().with_checks(false).flatten() {
            let Cow::Borrowed(written) = attribute.value else { continue };
            let (name, written) = (local(self.slice(attribute.key.as_ref())), self.slice(written));
            let start = narrow(self.offset(written));
            let span = Span::new(self.file, start, start.saturating_add(narrow(written.len())));
            self.attributes.push(Attribute { name, value: unescape(written), span });
        }
        let attributes = (first_attribute, narrow(self.attributes.len()));
        self.records.push(Record { name, first: NONE, last: NONE, next: NONE, attributes, text: Text::Empty });
        let Some(parent) = parent else { return index };
        let before = self.records.get_mut(parent as usize).map_or(NONE, |record| {
            record.first = if record.first == NONE { index } else { record.first };
            std::mem::replace(&mut record.last, index)
        });
        if let Some(before) = self.records.get_mut(before as usize) {
            before.next = index;
        }
        index
    }

    /// Adds text to an element: `written` says where, `text` what, `None` where that is not known.
    fn add(&mut self, element: Option<&u32>, written: &'t str, text: Option<&str>) {
        let start = self.offset(written);
        let Some(record) = element.and_then(|&index| self.records.get_mut(index as usize)) else { return };
        // What stands between and behind child elements is layout in every format that is read here.
        if record.first != NONE {
            return;
        }
        let Some(text) = text else {
            record.text = Text::Unknown;
            return;
        };
        let end = start.saturating_add(written.len());
        record.text = match std::mem::replace(&mut record.text, Text::Unknown) {
            Text::Empty if text.len() == written.len() && text.as_ptr() == written.as_ptr() => Text::Plain(written),
            Text::Empty => Text::Made(text.to_owned(), (start, end)),
            Text::Plain(before) => {
                let first = (before.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
                Text::Made(format!("{before}{text}"), (first, end))
            }
            Text::Made(mut before, (first, _)) => {
                before.push_str(text);
                Text::Made(before, (first, end))
            }
            Text::Unknown => Text::Unknown,
        };
    }
}

impl<'d> Element<'d> {
    /// Its name without prefix.
    pub fn name(self) -> &'d str {
        self.record().map_or("", |record| record.name)
    }

    /// Where its name stands in its first tag, without prefix.
    pub fn span(self) -> Span {
        self.span_of(self.name())
    }

    /// Its own text before any child, without blanks around; `None` where there is none, or an entity in it is not known.
    pub fn text(self) -> Option<&'d str> {
        let text = match &self.record()?.text {
            Text::Plain(text) => text.trim(),
            Text::Made(text, _) => text.trim(),
            Text::Empty | Text::Unknown => "",
        };
        (!text.is_empty()).then_some(text)
    }

    /// Where its text stands; its name where it has none.
    pub fn text_span(self) -> Span {
        match self.record().map(|record| &record.text) {
            Some(Text::Plain(text)) if !text.trim().is_empty() => self.span_of(text.trim()),
            Some(Text::Made(_, (start, end))) => {
                self.document.source.get(*start..*end).map_or_else(|| self.span(), |text| self.span_of(text.trim()))
            }
            _ => self.span(),
        }
    }

    /// The elements in it.
    pub fn children(self) -> impl Iterator<Item = Element<'d>> {
        let document = self.document;
        let at = |index: u32| (index != NONE).then_some(Element { document, index });
        let first = self.record().map_or(NONE, |record| record.first);
        std::iter::successors(at(first), move |element| at(element.record()?.next))
    }

    /// The first element in it with a name.
    pub fn child(self, name: &str) -> Option<Element<'d>> {
        self.children().find(|child| child.name() == name)
    }

    /// The elements with one name in the child with another: `<dependencies><dependency/>…`.
    pub fn list(self, list: &str, name: &'d str) -> impl Iterator<Item = Element<'d>> {
        self.child(list).into_iter().flat_map(Element::children).filter(move |child| child.name() == name)
    }

    /// The text of the first element in it with a name.
    pub fn text_of(self, name: &str) -> Option<&'d str> {
        self.child(name)?.text()
    }

    /// An attribute by its name.
    pub fn attribute(self, name: &str) -> Option<&'d Attribute<'d>> {
        self.attributes().iter().find(|attribute| attribute.name == name)
    }

    /// Its attributes, in order.
    pub fn attributes(self) -> &'d [Attribute<'d>] {
        let (start, end) = self.record().map_or((0, 0), |record| record.attributes);
        self.document.attributes.get(start as usize..end as usize).unwrap_or_default()
    }

    fn record(self) -> Option<&'d Record<'d>> {
        self.document.records.get(self.index as usize)
    }

    fn span_of(self, slice: &str) -> Span {
        let start = narrow(self.document.offset(slice));
        Span::new(self.document.file, start, start.saturating_add(narrow(slice.len())))
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// What stands between `&` and `;`.
fn entity(name: &str) -> Option<String> {
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            code.ok().and_then(char::from_u32)?
        }
    };
    Some(character.into())
}

fn unescape(written: &str) -> Option<Cow<'_, str>> {
    let mut parts = written.split('&');
    let first = parts.next()?;
    let mut text = Cow::Borrowed(first);
    for part in parts {
        let (name, rest) = part.split_once(';')?;
        let text = text.to_mut();
        text.push_str(&entity(name)?);
        text.push_str(rest);
    }
    Some(text)
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
