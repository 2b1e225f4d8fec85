//! TOML with spans, over `toml_parser`'s events.
//!
//! Parsing never fails: a line that cannot be read gives an error and is left out, and the rest counts. Tables may be
//! written in pieces and in any order, so they are gathered first and laid down as one tree then; the tree's order is that of
//! first mention. Whether a table may be extended where it is (dotted keys and headers of one table) is not judged; keys
//! that stand twice are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, SyntaxErrorKind};
use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

use crate::tree::{Style, TreeBuilder};
use crate::yaml::DEPTH_LIMIT;
use crate::{Dialect, Tree};

/// Errors that one file may give, so that a binary taken for TOML does not flood.
const ERROR_LIMIT: usize = 20;

/// Parses `text`, which is at most 4 GiB, into a tree of one document whose root is a mapping.
pub fn parse(file: FileId, text: &Arc<str>) -> Tree {
    let mut builder = TreeBuilder::new(file, Arc::clone(text), Dialect::Toml);
    let source = Source::new(text);
    let tokens: Vec<_> = source.lex().collect();
    let mut gathered = Gathered::new(text);
    let mut faults: Vec<ParseError> = Vec::new();
    let mut sink = |fault: ParseError| {
        if faults.len() < ERROR_LIMIT {
            faults.push(fault);
        }
    };
    parse_document(&tokens, &mut gathered, &mut sink);
    drop(tokens);
    for fault in faults {
        let span = fault.unexpected().or_else(|| fault.context()).unwrap_or_default();
        builder.error(narrow(span.start()), narrow(span.end()), SyntaxErrorKind::Invalid, message(&fault));
    }
    for (span, kind, message) in std::mem::take(&mut gathered.faults) {
        builder.error(span.0, span.1, kind, message);
    }
    for &(start, end) in &gathered.comments {
        builder.comment(start, end);
    }
    gathered.lay_down(&mut builder);
    builder.finish()
}

/// What the parser says is wrong, with what it would have read instead.
fn message(fault: &ParseError) -> String {
    let mut text = fault.description().to_owned();
    for (index, expected) in fault.expected().unwrap_or_default().iter().enumerate() {
        text.push_str(if index == 0 { "; expected " } else { " or " });
        match expected {
            toml_parser::Expected::Literal("\n") => text.push_str("a new line"),
            toml_parser::Expected::Literal(literal) => {
                text.push('`');
                text.push_str(literal);
                text.push('`');
            }
            toml_parser::Expected::Description(description) => text.push_str(description),
            _ => text.push_str("something else"),
        }
    }
    text
}

/// Stands for no slot.
const NONE: u32 = u32::MAX;
const ROOT: u32 = 0;

/// What a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Table,
    /// An inline table or an array of values: closed where it ends.
    Inline,
    Array,
    /// `[[name]]`.
    Tables,
    Scalar,
}

/// A value before the tree is laid down; children are a linked list, because tables grow in any order.
#[derive(Debug)]
struct Slot {
    start: u32,
    end: u32,
    /// A scalar's text, or where it is in `decoded` with `NONE` as its end.
    text: (u32, u32),
    key: u32,
    first: u32,
    last: u32,
    next: u32,
    depth: u32,
    kind: Kind,
    style: Style,
    /// A table's own header was read.
    headed: bool,
}

/// A key as it was written and what it says.
#[derive(Clone, Debug)]
struct Key<'s> {
    text: Cow<'s, str>,
    span: (u32, u32),
    quote: Style,
}

struct Gathered<'s> {
    text: &'s str,
    slots: Vec<Slot>,
    keys: Vec<Key<'s>>,
    decoded: Vec<String>,
    /// Tables and arrays of tables that headers and dotted keys can come back to, by parent and name.
    tables: HashMap<(u32, Cow<'s, str>), u32>,
    /// The table that lines belong to.
    current: u32,
    /// The arrays and inline tables that are open, innermost last.
    values: Vec<u32>,
    /// The key that is read, part by part.
    path: Vec<Key<'s>>,
    /// Whether the part that comes next continues the key.
    continues: bool,
    header_start: u32,
    comments: Vec<(u32, u32)>,
    faults: Vec<((u32, u32), SyntaxErrorKind, String)>,
}

impl<'s> Gathered<'s> {
    fn new(text: &'s str) -> Self {
        let mut slots = Vec::with_capacity(text.len() / 16 + 4);
        slots.push(Slot::new(Kind::Table, (0, narrow(text.len())), NONE, 0));
        Self {
            text,
            slots,
            keys: Vec::with_capacity(text.len() / 32 + 4),
            decoded: Vec::new(),
            tables: HashMap::new(),
            current: ROOT,
            values: Vec::new(),
            path: Vec::new(),
            continues: false,
            header_start: 0,
            comments: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn slot(&self, id: u32) -> Option<&Slot> {
        self.slots.get(id as usize)
    }

    /// Adds a slot that belongs to nothing yet.
    fn push(&mut self, slot: Slot) -> u32 {
        let id = narrow(self.slots.len());
        self.slots.push(slot);
        id
    }

    fn attach(&mut self, parent: u32, child: u32) {
        let Some(last) = self.slot(parent).map(|slot| slot.last) else { return };
        if let Some(slot) = self.slots.get_mut(if last == NONE { parent } else { last } as usize) {
            if last == NONE {
                slot.first = child;
            } else {
                slot.next = child;
            }
        }
        if let Some(slot) = self.slots.get_mut(parent as usize) {
            slot.last = child;
        }
    }

    fn add_key(&mut self, key: Key<'s>) -> u32 {
        let id = narrow(self.keys.len());
        self.keys.push(key);
        id
    }

    fn depth(&self, id: u32) -> u32 {
        self.slot(id).map_or(0, |slot| slot.depth)
    }

    fn fault(&mut self, span: (u32, u32), kind: SyntaxErrorKind, message: String) {
        if self.faults.len() < ERROR_LIMIT {
            self.faults.push((span, kind, message));
        }
    }

    /// The table of this name in `parent`, made where it is not there; of an array of tables the last one.
    fn table_in(&mut self, parent: u32, key: Key<'s>) -> u32 {
        if let Some(&found) = self.tables.get(&(parent, Cow::Borrowed(key.text.as_ref()))) {
            let slot = self.slot(found);
            return match slot.map(|slot| (slot.kind, slot.last)) {
                Some((Kind::Tables, last)) if last != NONE => last,
                _ => found,
            };
        }
        let depth = self.depth(parent).saturating_add(1);
        let name = key.text.clone();
        let span = key.span;
        let key = self.add_key(key);
        let table = self.push(Slot::new(Kind::Table, span, key, depth));
        self.attach(parent, table);
        self.tables.insert((parent, name), table);
        table
    }

    /// A table that is not part of the tree: what is below a header that cannot be read.
    fn lost(&mut self, span: (u32, u32)) -> u32 {
        self.push(Slot::new(Kind::Table, span, NONE, 0))
    }

    fn open_header(&mut self, span: Span) {
        self.values.clear();
        self.path.clear();
        self.continues = false;
        self.header_start = narrow(span.start());
        // Stays where the header does not come to its end.
        self.current = self.lost((self.header_start, self.header_start));
    }

    fn close_header(&mut self, end: u32, kind: Kind) {
        let mut path = std::mem::take(&mut self.path);
        let Some(last) = path.pop() else { return };
        let span = (self.header_start, end);
        if path.len().saturating_add(2) >= DEPTH_LIMIT {
            let message = format!("nested deeper than {DEPTH_LIMIT} levels; the table is not read");
            self.fault(span, SyntaxErrorKind::Limit, message);
            return;
        }
        let mut parent = ROOT;
        for key in path.drain(..) {
            parent = self.table_in(parent, key);
        }
        self.path = path;
        if (self.depth(parent) as usize).saturating_add(2) >= DEPTH_LIMIT {
            let message = format!("nested deeper than {DEPTH_LIMIT} levels; the table is not read");
            self.fault(span, SyntaxErrorKind::Limit, message);
            return;
        }
        let known = self.tables.get(&(parent, Cow::Borrowed(last.text.as_ref()))).copied();
        let known = known.and_then(|id| Some((id, self.slot(id)?.kind, self.slot(id)?.headed, self.slot(id)?.last)));
        self.current = match (kind, known) {
            (Kind::Tables, Some((known, Kind::Tables, ..))) => self.element(known, span),
            (Kind::Table, Some((table, Kind::Table, headed, _))) => {
                if headed {
                    let message = format!("table `{}` stands twice; both are read as one", last.text);
                    self.fault(last.span, SyntaxErrorKind::DuplicateKey, message);
                }
                if let Some(slot) = self.slots.get_mut(table as usize) {
                    slot.headed = true;
                }
                table
            }
            (_, Some((other, kind, _, element))) => {
                let message = format!("`{}` is a table and a list of tables", last.text);
                self.fault(last.span, SyntaxErrorKind::DuplicateKey, message);
                if kind == Kind::Tables { element } else { other }
            }
            (Kind::Tables, None) => {
                let depth = self.depth(parent).saturating_add(1);
                let name = last.text.clone();
                let key = self.add_key(last);
                let tables = self.push(Slot::new(Kind::Tables, span, key, depth));
                self.attach(parent, tables);
                self.tables.insert((parent, name), tables);
                self.element(tables, span)
            }
            (_, None) => {
                let table = self.table_in(parent, last);
                if let Some(slot) = self.slots.get_mut(table as usize) {
                    slot.headed = true;
                    (slot.start, slot.end) = span;
                }
                table
            }
        };
    }

    /// A new element of an array of tables.
    fn element(&mut self, list: u32, span: (u32, u32)) -> u32 {
        let depth = self.depth(list).saturating_add(1);
        let element = self.push(Slot::new(Kind::Table, span, NONE, depth));
        self.attach(list, element);
        if let Some(slot) = self.slots.get_mut(list as usize) {
            slot.end = slot.end.max(span.1);
        }
        element
    }

    /// Puts a value where the key says, or at the end of the open array. What has no place is left out.
    fn place(&mut self, mut slot: Slot) -> u32 {
        self.continues = false;
        let mut path = std::mem::take(&mut self.path);
        let mut parent = self.values.last().copied().unwrap_or(self.current);
        let in_array = self.slot(parent).is_some_and(|slot| slot.kind == Kind::Array);
        let last = if in_array { None } else { path.pop() };
        if !in_array && last.is_none() || path.len().saturating_add(2) >= DEPTH_LIMIT {
            return self.push(slot);
        }
        for key in path.drain(..) {
            parent = self.table_in(parent, key);
        }
        self.path = path;
        slot.depth = self.depth(parent).saturating_add(1);
        if slot.depth as usize >= DEPTH_LIMIT {
            let message = format!("nested deeper than {DEPTH_LIMIT} levels; the value is not read");
            self.fault((slot.start, slot.end), SyntaxErrorKind::Limit, message);
            return self.push(slot);
        }
        if let Some(key) = last {
            slot.key = self.add_key(key);
        }
        let end = slot.end;
        let id = self.push(slot);
        self.attach(parent, id);
        if let Some(table) = self.slots.get_mut(parent as usize) {
            table.end = table.end.max(end);
        }
        id
    }

    /// Opens an array or inline table; false where it lies too deep, and its end comes all the same.
    fn open(&mut self, span: Span, kind: Kind) -> bool {
        let slot = Slot::new(kind, (narrow(span.start()), narrow(span.end())), NONE, 0);
        let deep = self.values.len().saturating_add(1) >= DEPTH_LIMIT;
        let id = if deep {
            let message = format!("nested deeper than {DEPTH_LIMIT} levels; the value is not read");
            self.fault((slot.start, slot.end), SyntaxErrorKind::Limit, message);
            self.push(slot)
        } else {
            self.place(slot)
        };
        self.values.push(id);
        !deep
    }

    fn close(&mut self, span: Span) {
        self.path.clear();
        let Some(id) = self.values.pop() else { return };
        if let Some(slot) = self.slots.get_mut(id as usize) {
            slot.end = slot.end.max(narrow(span.end()));
        }
    }

    /// Tells the tree's builder what was gathered, parents before children. Depth costs memory and not the stack.
    fn lay_down(&self, builder: &mut TreeBuilder) {
        builder.begin_document(0);
        builder.begin_map(0, Style::Block, 0);
        // Each open collection with its next child and how far it reaches: as far as what is in it.
        let first = |slot: &Slot| (slot.first, slot.end);
        let mut open = vec![self.slot(ROOT).map_or((NONE, 0), first)];
        while let Some(frame) = open.last_mut() {
            let Some(slot) = self.slots.get(frame.0 as usize) else {
                let end = frame.1;
                builder.end(end);
                open.pop();
                if let Some(above) = open.last_mut() {
                    above.1 = above.1.max(end);
                }
                continue;
            };
            frame.0 = slot.next;
            frame.1 = frame.1.max(slot.end);
            if let Some(key) = self.keys.get(slot.key as usize) {
                lay_key(builder, key);
            }
            match slot.kind {
                Kind::Table => builder.begin_map(slot.start, Style::Block, 0),
                Kind::Inline => builder.begin_map(slot.start, Style::Flow, 0),
                Kind::Array => builder.begin_list(slot.start, Style::Flow, 0),
                Kind::Tables => builder.begin_list(slot.start, Style::Block, 0),
                Kind::Scalar => {
                    let span = (slot.start, slot.end);
                    if slot.text.1 == NONE {
                        let text = self.decoded.get(slot.text.0 as usize).map_or("", String::as_str);
                        builder.owned(span, text, slot.style, 0);
                    } else {
                        builder.slice(span, slot.text, slot.style, 0);
                    }
                    continue;
                }
            }
            open.push(first(slot));
        }
        builder.end_document(narrow(self.text.len()));
    }

    /// The text between the quotes where it stands for itself.
    fn inner(&self, span: Span, encoding: Option<Encoding>) -> Option<&'s str> {
        let raw = self.text.get(span.start()..span.end())?;
        let quote = match encoding? {
            Encoding::BasicString => '"',
            Encoding::LiteralString => '\'',
            Encoding::MlLiteralString | Encoding::MlBasicString => return None,
        };
        let inner = raw.strip_prefix(quote)?.strip_suffix(quote)?;
        // Control characters are an error, which the decoder says.
        let plain = !inner.bytes().any(|byte| byte == b'\\' || byte == quote as u8 || byte < b' ' || byte == 0x7f);
        plain.then_some(inner)
    }
}

impl Slot {
    fn new(kind: Kind, span: (u32, u32), key: u32, depth: u32) -> Self {
        Self {
            start: span.0,
            end: span.1,
            text: (0, 0),
            key,
            first: NONE,
            last: NONE,
            next: NONE,
            depth,
            kind,
            style: Style::Plain,
            headed: false,
        }
    }
}

impl EventReceiver for Gathered<'_> {
    fn std_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.open_header(span);
    }

    fn std_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.close_header(narrow(span.end()), Kind::Table);
    }

    fn array_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.open_header(span);
    }

    fn array_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.close_header(narrow(span.end()), Kind::Tables);
    }

    fn inline_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.open(span, Kind::Inline)
    }

    fn inline_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.close(span);
    }

    fn array_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.open(span, Kind::Array)
    }

    fn array_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.close(span);
    }

    fn simple_key(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        if !std::mem::take(&mut self.continues) {
            self.path.clear();
        }
        let range = (narrow(span.start()), narrow(span.end()));
        let raw = self.text.get(span.start()..span.end()).unwrap_or_default();
        let quote = style(kind);
        let is_bare = kind.is_none()
            && !raw.is_empty()
            && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let text = if is_bare {
            Cow::Borrowed(raw)
        } else if let Some(inner) = self.inner(span, kind) {
            Cow::Borrowed(inner)
        } else {
            let mut text = String::new();
            Raw::new_unchecked(raw, kind, span).decode_key(&mut text, error);
            Cow::Owned(text)
        };
        self.path.push(Key { text, span: range, quote });
    }

    fn key_sep(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.continues = true;
    }

    fn scalar(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let range = (narrow(span.start()), narrow(span.end()));
        let mut slot = Slot::new(Kind::Scalar, range, NONE, 0);
        slot.style = style(kind);
        if self.inner(span, kind).is_some() {
            slot.text = (range.0.saturating_add(1), range.1.saturating_sub(1));
        } else {
            let raw = self.text.get(span.start()..span.end()).unwrap_or_default();
            let mut text = String::new();
            let _ = Raw::new_unchecked(raw, kind, span).decode_scalar(&mut text, error);
            if kind.is_none() {
                // The tree types plain scalars itself; what was decoded was only for the errors.
                slot.text = range;
            } else {
                slot.text = (narrow(self.decoded.len()), NONE);
                self.decoded.push(text);
            }
        }
        self.place(slot);
    }

    fn value_sep(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.path.clear();
    }

    fn comment(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.comments.push((narrow(span.start()), narrow(span.end())));
    }
}

fn lay_key(builder: &mut TreeBuilder, key: &Key<'_>) {
    match &key.text {
        Cow::Borrowed(_) if key.quote == Style::Plain => builder.slice(key.span, key.span, key.quote, 0),
        Cow::Borrowed(_) => {
            let inner = (key.span.0.saturating_add(1), key.span.1.saturating_sub(1));
            builder.slice(key.span, inner, key.quote, 0);
        }
        Cow::Owned(text) => builder.owned(key.span, text, key.quote, 0),
    }
}

fn style(encoding: Option<Encoding>) -> Style {
    match encoding {
        None => Style::Plain,
        Some(Encoding::BasicString) => Style::DoubleQuoted,
        Some(Encoding::LiteralString) => Style::SingleQuoted,
        Some(Encoding::MlLiteralString | Encoding::MlBasicString) => Style::Literal,
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
