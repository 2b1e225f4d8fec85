//! YAML, over `granit-parser`'s events; line by line where that is certain to come to the same.
//!
//! Parsing never fails: a document that is broken becomes an unknown root and an error, and the next one is read.
//! Aliases, merge keys and duplicate keys are the tree builder's business, types the dialect's.

mod simple;
mod under_indented;

use std::borrow::Cow;
use std::sync::Arc;

use granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span as EventSpan, StructureStyle, Tag,
};
use portcullis_core::{FileId, OffsetMap, SyntaxErrorKind};

use crate::tree::{MergeTag, Style, TreeBuilder, UnknownReason};
use crate::{Dialect, Tree};
use under_indented::Joins;

/// Nesting that is followed; deeper documents are broken with a limit error.
pub const DEPTH_LIMIT: usize = 128;

/// Syntax errors that one file may give, so that a binary taken for YAML does not flood.
const ERROR_LIMIT: usize = 20;

/// Parses all documents of `text`, which is at most 4 GiB.
pub fn parse(file: FileId, text: &Arc<str>, dialect: Dialect) -> Tree {
    let mut builder = TreeBuilder::new(file, Arc::clone(text), dialect);
    match simple::parse(text, &mut builder) {
        Some(()) => builder.finish(),
        None => parse_events(file, text, dialect),
    }
}

/// Parses as [`parse`] does, all of it by the events of the full parser: what `parse` is held to.
pub fn parse_events(file: FileId, text: &Arc<str>, dialect: Dialect) -> Tree {
    let mut joins = Joins::default();
    loop {
        if let Some(tree) = parse_joined(file, text, dialect, &mut joins) {
            return tree;
        }
    }
}

/// Parses a text whose joins are known; where there is one more, or one that is none, there is no tree.
fn parse_joined(file: FileId, text: &Arc<str>, dialect: Dialect, joins: &mut Joins) -> Option<Tree> {
    let parsed = joins.apply(text);
    let mut builder = TreeBuilder::new(file, Arc::clone(text), dialect);
    let mut options = Options::default();
    options.flow_nesting_limit = DEPTH_LIMIT;
    options.block_nesting_limit = DEPTH_LIMIT;
    // The file's size bounds the comments already; the default of 96 breaks on long licence headers.
    options.max_buffered_comment_events = usize::MAX;
    // A placeholder such as `*name` without an anchor is one unknown value, not a broken document.
    options.emit_unresolved_aliases = true;
    let mut events = Events { text: &parsed, length: narrow(text.len()), builder: &mut builder, joins };
    let mut parser = Parser::new_from_str_with_options(&parsed, options);
    let mut errors = 0;
    let mut in_document = false;
    let mut document = 0;
    loop {
        match parser.next_event() {
            None => break,
            Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => {
                match event {
                    Event::DocumentStart(..) => {
                        in_document = true;
                        document = span.start.byte_offset().unwrap_or_default();
                    }
                    Event::DocumentEnd => in_document = false,
                    _ => {}
                }
                events.event(event, &span);
            }
            Some(Err(error)) => {
                if matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent)
                    && let Some(at) = error.marker().byte_offset()
                    && events.joins.add(text, at).is_some()
                {
                    return None;
                }
                if events.joins.refuse(document).is_some() {
                    return None;
                }
                events.fault(&error);
                errors += 1;
                let more = errors < ERROR_LIMIT && parser.proceed_next_document().unwrap_or(false);
                let resumed = if more { next_marker(text, error_offset(&error)) } else { None };
                if errors == ERROR_LIMIT && next_marker(text, error_offset(&error)).is_some() {
                    let at = error_offset(&error);
                    let message = format!("{ERROR_LIMIT} documents cannot be parsed; the rest of the file is not read");
                    events.builder.error(at, at, SyntaxErrorKind::Limit, message);
                }
                if in_document || !more {
                    events.builder.break_document(resumed.unwrap_or(events.length));
                }
                in_document = false;
                if !more {
                    break;
                }
            }
        }
    }
    Some(builder.finish())
}

/// Parses the text of a scalar as YAML of its own; its spans point into the file that holds the scalar.
pub fn parse_embedded(text: &str, map: &OffsetMap, dialect: Dialect) -> Tree {
    parse(map.file(), &Arc::from(text), dialect).relocated(map)
}

/// Where the document after a broken one starts: the first `---` or `...` at a line's start behind `from`.
fn next_marker(text: &str, from: u32) -> Option<u32> {
    let mut at = from as usize;
    loop {
        let rest = text.as_bytes().get(at..)?;
        at += memchr::memchr(b'\n', rest)? + 1;
        let line = text.as_bytes().get(at..)?;
        if line.starts_with(b"---") || line.starts_with(b"...") {
            return Some(narrow(at));
        }
    }
}

fn error_offset(error: &ScanError) -> u32 {
    error.marker().byte_offset().map_or(0, narrow)
}

struct Events<'a, 'b> {
    text: &'a str,
    length: u32,
    builder: &'b mut TreeBuilder,
    joins: &'b mut Joins,
}

impl<'a> Events<'a, '_> {
    fn event(&mut self, event: Event<'a>, span: &EventSpan) {
        let (start, end) = self.range(span);
        match event {
            Event::DocumentStart(..) => self.builder.begin_document(start),
            Event::DocumentEnd => self.builder.end_document(end),
            Event::Comment(..) => self.builder.comment(start, end),
            Event::Alias(anchor) => self.builder.alias(start, end, anchor),
            Event::UnresolvedAlias(name) => {
                let message = format!("alias `*{name}` has no anchor before it");
                self.builder.error(start, end, SyntaxErrorKind::Invalid, message);
                self.builder.unknown(start, end, UnknownReason::Alias);
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), (start, end)),
            Event::SequenceStart(style, anchor, tag) => {
                self.builder.begin_list(start, structure(style), anchor);
                self.tag_merge(tag.as_deref());
            }
            Event::MappingStart(style, anchor, tag) => {
                self.builder.begin_map(start, structure(style), anchor);
                self.tag_merge(tag.as_deref());
            }
            Event::SequenceEnd | Event::MappingEnd => self.builder.end(end),
            _ => {}
        }
    }

    fn scalar(&mut self, text: Cow<'a, str>, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, span: (u32, u32)) {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            ScalarStyle::Plain => Style::Plain,
        };
        let merge = merge_tag(tag);
        if let Some(tag) = tag.filter(|_| merge.is_none())
            && tag.core_suffix().is_none()
            && tag.suffix() != "!"
            && !tag.suffix().is_empty()
        {
            self.builder.unknown(span.0, span.1, UnknownReason::Tag);
            return;
        }
        let text = match self.joins.fold(span, &text) {
            Some(folded) => Cow::Owned(folded),
            None => text,
        };
        match text {
            Cow::Borrowed(slice) => {
                let first = (slice.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
                if self.text.get(first..first.saturating_add(slice.len())).is_some() {
                    self.builder.slice(span, (narrow(first), narrow(first + slice.len())), style, anchor);
                } else {
                    self.builder.owned(span, slice, style, anchor);
                }
            }
            Cow::Owned(text) => self.builder.owned(span, &text, style, anchor),
        }
        if let Some(merge) = merge {
            self.builder.tag_merge(merge);
        }
        if tag.is_some_and(|tag| tag.core_suffix() == Some("str") || tag.core_suffix() == Some("binary")) {
            self.builder.tag_as_string();
        }
    }

    fn tag_merge(&mut self, tag: Option<&Tag>) {
        if let Some(merge) = merge_tag(tag) {
            self.builder.tag_merge(merge);
        }
    }

    fn fault(&mut self, error: &ScanError) {
        let start = error_offset(error).min(self.length);
        let kind = if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            SyntaxErrorKind::Limit
        } else {
            SyntaxErrorKind::Invalid
        };
        let message = match kind {
            SyntaxErrorKind::Limit => format!("nested deeper than {DEPTH_LIMIT} levels; the document is not read"),
            _ => error.kind().to_string(),
        };
        let end = self.text.get(start as usize..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.builder.error(start, start + narrow(end), kind, message);
    }

    fn range(&self, span: &EventSpan) -> (u32, u32) {
        let start = span.start.byte_offset().map_or(0, narrow).min(self.length);
        let end = span.end.byte_offset().map_or(start, narrow).min(self.length);
        (start, end.max(start))
    }
}

fn merge_tag(tag: Option<&Tag>) -> Option<MergeTag> {
    match tag?.suffix() {
        "reset" => Some(MergeTag::Reset),
        "override" => Some(MergeTag::Override),
        _ => None,
    }
}

fn structure(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Flow => Style::Flow,
        StructureStyle::Block => Style::Block,
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
