//! The tree that every structured format is parsed into, and the handles that rules read it by.
//!
//! A tree is an immutable arena. A node keeps its span, its key and its parent, so that a rule can point at the
//! narrowest text and name the place when lines move. Text is a slice of the source or of the tree's own buffer.
//! Scalars are typed when they are read, by the tree's [`Dialect`]: `yes` is a boolean to Kubernetes and a string to
//! GitHub. What cannot be known is [`Value::Unknown`], and [`Node::get`] never lets a rule take it for absence.

mod assemble;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_core::{Comment, FileId, Place, Span, StableHash, SyntaxError};

use crate::interpolation::Filled;
use crate::scalar;

pub use assemble::Assembler;

/// How plain scalars become values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// YAML 1.1, as Kubernetes' decoder reads it: `yes` and `on` are booleans, `0777` is octal.
    #[default]
    Yaml11,
    /// YAML 1.2 core schema, as GitHub Actions and Compose read it.
    Yaml12,
    /// JSON.
    Json,
    /// TOML: dates and times are strings.
    Toml,
}

/// How a scalar or collection was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// An unquoted scalar; the only one that has a type other than string.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
    /// An indented list or mapping.
    Block,
    /// `[…]` or `{…}`.
    Flow,
}

/// How a value of a later Compose file is merged with the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeTag {
    /// `!reset`: nothing is left of it.
    Reset,
    /// `!override`: only the new value counts.
    Override,
}

/// A value as a rule sees it.
#[derive(Clone, Copy, Debug)]
pub enum Value<'t> {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number as it was written; [`Node::as_i64`] reads integers.
    Number(&'t str),
    /// A string with no placeholder in it.
    String(&'t str),
    /// A string with placeholders whose values are not known (`nginx:${TAG}`).
    Template(Template<'t>),
    /// A sequence.
    List(Node<'t>),
    /// A mapping.
    Map(Node<'t>),
    /// Not known, and why.
    Unknown(UnknownId),
}

/// A string with placeholders: what is literal in it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template<'t> {
    /// The text as written.
    pub raw: &'t str,
}

impl<'t> Template<'t> {
    /// The literal text before the first placeholder.
    pub fn prefix(self) -> &'t str {
        self.raw.get(..scalar::placeholder(self.raw).unwrap_or(self.raw.len())).unwrap_or_default()
    }
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The reason.
    pub reason: UnknownReason,
    /// Where it was found out.
    pub span: Span,
}

/// The reasons for an unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownReason {
    /// The value is of another type than the path needs (`securityContext: none`).
    WrongShape,
    /// The document could not be parsed.
    SyntaxError,
    /// An alias to nothing, to itself, or past the expansion budget.
    Alias,
    /// A tag that only its reader understands.
    Tag,
    /// A placeholder that is filled in later.
    Placeholder,
}

/// Index into a tree's table of unknowns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownId(u32);

impl UnknownId {
    /// The entry that every tree starts with: a value of the wrong shape.
    pub const WRONG_SHAPE: Self = Self(0);
    /// The entry that every tree has second: a placeholder.
    pub const PLACEHOLDER: Self = Self(1);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NodeId(u32);

impl NodeId {
    const NONE: Self = Self(u32::MAX);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scalar,
    List,
    Map,
    Unknown,
}

/// 32 bytes: a manifest's tree is a few times its text.
#[derive(Clone, Copy, Debug, PartialEq)]
struct NodeData {
    start: u32,
    end: u32,
    /// Scalar: text start (in `owned` when `flags` says so). List and map: first of `items` or `entries`. Unknown: id.
    first: u32,
    /// Scalar: text length. List and map: how many.
    count: u32,
    parent: NodeId,
    key: NodeId,
    /// Index into `origins`, or `u32::MAX` where the node stands where it was written.
    origin: u32,
    kind: Kind,
    style: Style,
    flags: u8,
    /// Where it was written: 0 in the tree's own file, else one more than an index into `sources`.
    source: u8,
}

const OWNED: u8 = 1;
const OPEN: u8 = 2;
const STRING_TAG: u8 = 4;
const ANCHORED: u8 = 8;
/// The text is not the one that stands at the span: it was put together, or comes from a decoded document.
const MADE: u8 = 16;
/// Nothing in the text stands for something else, whatever it looks like.
const LITERAL: u8 = 32;
const RESET_TAG: u8 = 64;
const OVERRIDE_TAG: u8 = 128;
const NO_ORIGIN: u32 = u32::MAX;

/// Where a node's value was written, when that is not where the node stands.
#[derive(Clone, Copy, Debug, PartialEq)]
struct OriginData {
    /// The place that the value came through.
    span: Span,
    /// The next hop, as an index into `origins`.
    via: u32,
}

/// A file that some nodes of an assembled tree were written in.
#[derive(Debug, PartialEq)]
struct Source {
    file: FileId,
    text: Arc<str>,
}

/// One document of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
struct DocumentData {
    root: NodeId,
    start: u32,
    end: u32,
}

/// A parsed file: documents, comments and syntax errors.
#[derive(Debug, PartialEq)]
pub struct Tree {
    file: FileId,
    dialect: Dialect,
    /// Whether spans point into a file whose text is another: the one that embeds this document.
    is_embedded: bool,
    text: Arc<str>,
    owned: String,
    nodes: Vec<NodeData>,
    items: Vec<NodeId>,
    entries: Vec<(NodeId, NodeId)>,
    documents: Vec<DocumentData>,
    unknowns: Vec<Unknown>,
    origins: Vec<OriginData>,
    comments: Vec<Comment>,
    errors: Vec<SyntaxError>,
    /// The files of an assembled tree; none of one that was parsed.
    sources: Vec<Source>,
    named: Vec<NamedAnchor>,
    merges: Vec<Span>,
}

/// A name that aliases can stand for (`&name`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedAnchor {
    /// Where it is written, mark included.
    pub span: Span,
    /// Whether an alias stands for it.
    pub used: bool,
}

impl Tree {
    /// The file that spans belong to; of an assembled tree the file of its root.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its documents in order. A document that could not be parsed has an unknown root.
    pub fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        self.documents.iter().map(|document| Document {
            root: Node { tree: self, id: document.root },
            span: Span::new(self.file, document.start, document.end),
        })
    }

    /// Comments in order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// What could not be read, in order of discovery.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// The first key of the mapping that the key at `span` repeats. All nodes are looked at: it is for what is told once.
    pub fn first_of_key(&self, span: Span) -> Option<Span> {
        let has_no_key = |node: &&NodeData| node.kind == Kind::Scalar && node.key == NodeId::NONE;
        let all = || (0..).map(NodeId).zip(&self.nodes).filter(move |(_, node)| has_no_key(node));
        let (repeated, key) = all().find(|(_, node)| (node.start, node.end) == (span.start, span.end))?;
        let text = |id| Node { tree: self, id }.text();
        let (_, first) = all().find(|(id, node)| node.parent == key.parent && text(*id) == text(repeated))?;
        (first.start < span.start).then(|| Span::new(self.file, first.start, first.end))
    }

    /// The anchors, in order of their ends.
    pub fn anchors(&self) -> &[NamedAnchor] {
        &self.named
    }

    /// The keys (`<<`) that merge a mapping into theirs.
    pub fn merges(&self) -> &[Span] {
        &self.merges
    }

    /// Why a value is not known.
    pub fn unknown(&self, id: UnknownId) -> Option<&Unknown> {
        self.unknowns.get(id.0 as usize)
    }

    /// The dialect that plain scalars are read by.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The same tree read by another dialect, once the content has told which it is.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// The same tree where every text is what it says: what looks like a placeholder was stored as it stands.
    #[must_use]
    pub fn literal(mut self) -> Self {
        for node in &mut self.nodes {
            node.flags |= LITERAL;
        }
        self
    }

    /// The same tree as one layer of several: every mapping and list may have more than is written, and null does not say
    /// that nothing is there.
    #[must_use]
    pub fn opened(mut self) -> Self {
        for node in &mut self.nodes {
            node.flags |= OPEN;
        }
        self
    }

    /// A list of mappings whose values are put together from several places of this tree's text. They have the spans that
    /// are given, of this tree's file, and are strings whatever they look like.
    #[must_use]
    pub fn composed<'f, R>(&self, records: R) -> Self
    where
        R: IntoIterator,
        R::Item: IntoIterator<Item = (&'f str, String, Span)>,
    {
        let mut builder = TreeBuilder::new(self.file, Arc::clone(&self.text), self.dialect);
        builder.begin_document(0);
        builder.begin_list(0, Style::Block, 0);
        for record in records {
            builder.begin_map(0, Style::Block, 0);
            for (key, text, span) in record {
                builder.owned((span.start, span.end), key, Style::Plain, 0);
                builder.owned((span.start, span.end), &text, Style::DoubleQuoted, 0);
            }
            builder.end(0);
        }
        builder.end(0);
        builder.end_document(0);
        // What stands at such a span is only a part of the value, as in an embedded document.
        let mut tree = builder.finish().opened();
        tree.is_embedded = true;
        tree
    }

    /// Replaces the text of scalars that are values. What is filled in is a string, as the tools that fill in have it.
    pub(crate) fn map_values(&mut self, mut fill: impl FnMut(Span, &str) -> Option<Filled>) {
        let buffer = std::mem::take(&mut self.owned);
        let mut added = String::new();
        // Aliases may name one long text many times, and small variables may have large values.
        let most = self.text.len().saturating_mul(4).saturating_add(1 << 20);
        let is_map: Vec<bool> = self.nodes.iter().map(|node| node.kind == Kind::Map).collect();
        for node in &mut self.nodes {
            let is_key = node.key == NodeId::NONE && is_map.get(node.parent.0 as usize).is_some_and(|&is_map| is_map);
            if node.kind != Kind::Scalar || is_key {
                continue;
            }
            let range = node.first as usize..(node.first as usize).saturating_add(node.count as usize);
            let text = if node.flags & OWNED == 0 { self.text.get(range) } else { buffer.get(range) };
            let span = Span::new(self.file, node.start, node.end);
            let Some(filled) = text.and_then(|text| fill(span, text)) else { continue };
            let (Ok(first), Ok(count)) = (u32::try_from(buffer.len() + added.len()), u32::try_from(filled.text.len()))
            else {
                continue;
            };
            if added.len() + filled.text.len() > most {
                break;
            }
            added.push_str(&filled.text);
            (node.first, node.count) = (first, count);
            node.flags |= OWNED | MADE | STRING_TAG | if filled.is_known { LITERAL } else { 0 };
        }
        self.owned = buffer + &added;
    }

    /// Moves every span through `map`: the tree of an embedded document then points into the file that embeds it.
    #[must_use]
    pub(crate) fn relocated(mut self, map: &portcullis_core::OffsetMap) -> Self {
        self.file = map.file();
        self.is_embedded = true;
        for node in &mut self.nodes {
            let span = map.span(node.start, node.end);
            (node.start, node.end) = (span.start, span.end);
        }
        for document in &mut self.documents {
            let span = map.span(document.start, document.end);
            (document.start, document.end) = (span.start, span.end);
        }
        for comment in &mut self.comments {
            comment.span = map.map(comment.span);
        }
        for error in &mut self.errors {
            error.span = map.map(error.span);
        }
        for unknown in &mut self.unknowns {
            unknown.span = map.map(unknown.span);
        }
        for origin in &mut self.origins {
            origin.span = map.map(origin.span);
        }
        for anchor in &mut self.named {
            anchor.span = map.map(anchor.span);
        }
        for merge in &mut self.merges {
            *merge = map.map(*merge);
        }
        self
    }
}

/// One document of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Document<'t> {
    /// Its content.
    pub root: Node<'t>,
    /// From its first byte to the next document.
    pub span: Span,
}

/// A copyable handle to a node.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    id: NodeId,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node({:?})", self.span().slice(self.source().1))
    }
}

/// What [`Node::get`] found.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'t> {
    /// A value that is not null.
    Present(Node<'t>),
    /// Nothing; the anchor is the place to say so.
    Absent(Anchor<'t>),
    /// It may be there or not.
    Unknown(UnknownId),
}

impl<'t> Lookup<'t> {
    /// The node, where it is known to be there.
    pub fn present(self) -> Option<Node<'t>> {
        match self {
            Self::Present(node) => Some(node),
            Self::Absent(_) | Self::Unknown(_) => None,
        }
    }

    /// The place to report absence at, where it is known to be absent.
    pub fn absent(self) -> Option<Anchor<'t>> {
        match self {
            Self::Absent(anchor) => Some(anchor),
            Self::Present(_) | Self::Unknown(_) => None,
        }
    }

    /// Continues a lookup below a value that was found.
    #[must_use]
    pub fn get(self, path: &str) -> Self {
        match self {
            Self::Present(node) => node.get(path),
            Self::Absent(_) | Self::Unknown(_) => self,
        }
    }

    /// Whether it is known to be the boolean `wanted`.
    pub fn is_bool(self, wanted: bool) -> bool {
        matches!(self, Self::Present(node) if node.as_bool() == Some(wanted))
    }

    /// Whether nothing can be said: the lookup is unknown, or the value found is.
    pub fn is_unknown(self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::Present(node) => matches!(node.value(), Value::Unknown(_) | Value::Template(_)),
            Self::Absent(_) => false,
        }
    }
}

/// The deepest node that exists on the way to one that does not.
#[derive(Clone, Copy, Debug)]
pub struct Anchor<'t> {
    /// The mapping that lacks the key.
    pub parent: Node<'t>,
}

impl Anchor<'_> {
    /// The parent's key; for a list element or a document its `name`, else its first key.
    pub fn span(self) -> Span {
        self.parent.title_span()
    }
}

impl<'t> Node<'t> {
    fn data(self) -> &'t NodeData {
        self.tree.nodes.get(self.id.0 as usize).expect("a Node is made by its own tree, which never shrinks")
    }

    fn with(self, id: NodeId) -> Option<Self> {
        (id != NodeId::NONE).then_some(Self { tree: self.tree, id })
    }

    /// The tree.
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// Where the value was written.
    pub fn span(self) -> Span {
        let data = self.data();
        Span::new(self.source().0, data.start, data.end)
    }

    /// The file that it was written in, and the text that unescaped scalars are slices of.
    fn source(self) -> (FileId, &'t Arc<str>) {
        let other = usize::from(self.data().source).checked_sub(1).and_then(|index| self.tree.sources.get(index));
        other.map_or((self.tree.file, &self.tree.text), |source| (source.file, &source.text))
    }

    /// The key that it stands under, if it is a mapping's value.
    pub fn key(self) -> Option<Node<'t>> {
        self.with(self.data().key)
    }

    /// The list or mapping that holds it.
    pub fn parent(self) -> Option<Node<'t>> {
        self.with(self.data().parent)
    }

    /// How it was written.
    pub fn style(self) -> Style {
        self.data().style
    }

    /// The places that the value came through, the nearest first.
    pub fn via(self) -> impl Iterator<Item = Span> {
        let mut next = self.data().origin;
        std::iter::from_fn(move || {
            let origin = self.tree.origins.get(next as usize)?;
            next = origin.via;
            Some(origin.span)
        })
    }

    /// Whether its text was filled in from variables, so that it is not what its span holds.
    pub fn is_filled_in(self) -> bool {
        self.data().flags & MADE != 0
    }

    /// How Compose is told to merge it with what an earlier file says: the tags `!reset` and `!override`.
    pub fn merge_tag(self) -> Option<MergeTag> {
        match self.data().flags & (RESET_TAG | OVERRIDE_TAG) {
            0 => None,
            flags if flags & RESET_TAG != 0 => Some(MergeTag::Reset),
            _ => Some(MergeTag::Override),
        }
    }

    /// Whether its text in the file is this node's alone: no alias or merge key led here or may lead here from elsewhere,
    /// and the document is not embedded in another. Only such a node can be edited without changing another.
    pub fn is_written_once(self) -> bool {
        let shared = |node: Self| node.data().origin != NO_ORIGIN || node.data().flags & ANCHORED != 0;
        let is_assembled = !self.tree.sources.is_empty();
        !self.tree.is_embedded && !is_assembled && !std::iter::successors(Some(self), |node| node.parent()).any(shared)
    }

    /// Whether a tag says that it is a string, whatever it looks like.
    pub(crate) fn is_tagged_string(self) -> bool {
        self.data().flags & STRING_TAG != 0
    }

    /// Whether entries or elements may exist that are not in the tree; of a null, whether a value may stand in its place.
    pub fn is_open(self) -> bool {
        self.data().flags & OPEN != 0
    }

    /// The scalar's text after escapes and indentation, of whatever type; `""` for collections.
    pub fn text(self) -> &'t str {
        let data = self.data();
        if data.kind != Kind::Scalar {
            return "";
        }
        let buffer: &str = if data.flags & OWNED == 0 { self.source().1 } else { &self.tree.owned };
        buffer.get(data.first as usize..data.first as usize + data.count as usize).unwrap_or_default()
    }

    /// The value.
    pub fn value(self) -> Value<'t> {
        let data = self.data();
        match data.kind {
            Kind::List => Value::List(self),
            Kind::Map => Value::Map(self),
            Kind::Unknown => Value::Unknown(UnknownId(data.first)),
            Kind::Scalar => {
                let text = self.text();
                if data.style == Style::Plain && data.flags & STRING_TAG == 0 {
                    match scalar::resolve(text, self.tree.dialect) {
                        scalar::Plain::Null => return Value::Null,
                        scalar::Plain::Bool(value) => return Value::Bool(value),
                        scalar::Plain::Number => return Value::Number(text),
                        scalar::Plain::String => {}
                    }
                }
                if data.flags & LITERAL != 0 {
                    return Value::String(text);
                }
                match scalar::placeholder(text) {
                    // All of it is a placeholder: nothing is known, not even the type.
                    Some(0)
                        if (data.style == Style::Plain || data.flags & (MADE | STRING_TAG) == MADE | STRING_TAG)
                            && scalar::is_one_placeholder(text) =>
                    {
                        Value::Unknown(UnknownId::PLACEHOLDER)
                    }
                    Some(_) => Value::Template(Template { raw: text }),
                    None => Value::String(text),
                }
            }
        }
    }

    /// The text of a string without placeholders.
    pub fn as_str(self) -> Option<&'t str> {
        match self.value() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a string, with placeholders in it or not; a placeholder by itself counts as one. Cheaper than asking
    /// for the value.
    pub fn is_text(self) -> bool {
        let data = self.data();
        data.kind == Kind::Scalar
            && (data.style != Style::Plain
                || data.flags & STRING_TAG != 0
                || scalar::resolve(self.text(), self.tree.dialect) == scalar::Plain::String)
    }

    /// A boolean.
    pub fn as_bool(self) -> Option<bool> {
        match self.value() {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// An integer, read by the dialect (`0777` is 511 in YAML 1.1).
    pub fn as_i64(self) -> Option<i64> {
        match self.value() {
            Value::Number(text) => scalar::integer(text, self.tree.dialect),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(self) -> bool {
        let data = self.data();
        // Every value that is looked up is asked, and its length answers for most: `~`, `null`, or nothing at all.
        data.kind == Kind::Scalar && matches!(data.count, 0 | 1 | 4) && matches!(self.value(), Value::Null)
    }

    /// Whether it is a list.
    pub fn is_list(self) -> bool {
        self.data().kind == Kind::List
    }

    /// Whether it is a mapping.
    pub fn is_map(self) -> bool {
        self.data().kind == Kind::Map
    }

    /// Whether it is known at all.
    pub fn is_unknown(self) -> bool {
        matches!(self.value(), Value::Unknown(_))
    }

    /// A list's elements; nothing for any other node.
    pub fn items(self) -> impl DoubleEndedIterator<Item = Node<'t>> + ExactSizeIterator {
        let data = self.data();
        let range =
            if data.kind == Kind::List { data.first as usize..(data.first + data.count) as usize } else { 0..0 };
        let tree = self.tree;
        tree.items.get(range).unwrap_or_default().iter().map(move |&id| Node { tree, id })
    }

    /// A mapping's `(key, value)` pairs, merged ones last; nothing for any other node.
    pub fn entries(self) -> impl DoubleEndedIterator<Item = (Node<'t>, Node<'t>)> + ExactSizeIterator {
        let data = self.data();
        let range = if data.kind == Kind::Map { data.first as usize..(data.first + data.count) as usize } else { 0..0 };
        let tree = self.tree;
        let entries = tree.entries.get(range).unwrap_or_default();
        entries.iter().map(move |&(key, value)| (Node { tree, id: key }, Node { tree, id: value }))
    }

    /// The element, or the value of the entry, that starts last before a place or at it. Only where the tree is that of one text as it
    /// was written, without aliases and merge keys, are children in the order of their places.
    pub fn child_at(self, place: u32) -> Option<Node<'t>> {
        let data = self.data();
        let range = data.first as usize..(data.first as usize).saturating_add(data.count as usize);
        let tree = self.tree;
        let start = |id: NodeId| Node { tree, id }.span().start;
        let id = match data.kind {
            Kind::List => {
                let items = tree.items.get(range).unwrap_or_default();
                items.get(items.partition_point(|&id| start(id) <= place).checked_sub(1)?).copied()
            }
            Kind::Map => {
                let entries = tree.entries.get(range).unwrap_or_default();
                entries
                    .get(entries.partition_point(|&(key, _)| start(key) <= place).checked_sub(1)?)
                    .map(|entry| entry.1)
            }
            _ => None,
        }?;
        Some(Node { tree, id })
    }

    /// The value of a key, null or not; `None` where there is none or this is no mapping.
    pub fn field(self, key: &str) -> Option<Node<'t>> {
        let mut entries = self.entries();
        entries.find(|(name, _)| name.data().count as usize == key.len() && name.text() == key).map(|(_, value)| value)
    }

    /// Follows keys separated by dots. Null counts as absent, as the API server reads it.
    pub fn get(self, path: &str) -> Lookup<'t> {
        let mut node = self;
        let mut rest = path;
        loop {
            // Paths are short and rules ask tens of times for each container: a plain loop beats a searcher.
            let dot = rest.bytes().position(|byte| byte == b'.');
            let (key, after) = dot.and_then(|dot| Some((rest.get(..dot)?, rest.get(dot + 1..)?))).unzip();
            match node.key_lookup(key.unwrap_or(rest)) {
                Lookup::Present(next) => node = next,
                other => return other,
            }
            match after {
                Some(after) => rest = after,
                None => return Lookup::Present(node),
            }
        }
    }

    /// The value of one key, which may hold dots. Null counts as absent.
    pub fn key_lookup(self, key: &str) -> Lookup<'t> {
        let data = self.data();
        if data.kind != Kind::Map {
            return match self.value() {
                Value::Unknown(id) => Lookup::Unknown(id),
                Value::Template(_) => Lookup::Unknown(UnknownId::PLACEHOLDER),
                Value::Null => self.missing(),
                _ => Lookup::Unknown(UnknownId::WRONG_SHAPE),
            };
        }
        match self.field(key) {
            Some(node) if node.is_null() => node.missing(),
            Some(node) => Lookup::Present(node),
            None => self.missing(),
        }
    }

    /// What the lookup of a key gives that is not among this mapping's entries.
    pub fn missing(self) -> Lookup<'t> {
        if self.is_open() { Lookup::Unknown(UnknownId::PLACEHOLDER) } else { Lookup::Absent(Anchor { parent: self }) }
    }

    /// The span that names this node on one line: its key; for a list element or a document the value of its `name`
    /// (or `metadata.name`, `kind`), else its first key, else its own span.
    pub fn title_span(self) -> Span {
        if let Some(key) = self.key() {
            return key.span();
        }
        let named = ["metadata.name", "name", "kind"].into_iter().find_map(|path| self.get(path).present());
        let named = named.or_else(|| self.entries().next().map(|(key, _)| key));
        named.map_or_else(|| self.span(), Node::span)
    }

    /// Hash of the path from the document's root: keys, and the `name` of list elements or else their index.
    pub fn structure(self) -> u64 {
        let mut hash = StableHash::new();
        self.hash_path(&mut hash);
        hash.short()
    }

    fn hash_path(self, hash: &mut StableHash) {
        // Depth is bounded by the parser's nesting limit; the loop goes leaf to root, which identifies as well.
        let mut node = self;
        while let Some(parent) = node.parent() {
            if let Some(key) = node.key() {
                hash.text(key.text());
            } else if let Some(name) = node.field("name") {
                hash.text("[");
                hash.text(name.text());
            } else {
                hash.text("#");
                hash.number(parent.index_of(node));
            }
            node = parent;
        }
    }

    /// Which of its list's elements it is, from 0; `None` where it stands in no list.
    pub fn position(self) -> Option<u64> {
        self.parent().filter(|parent| parent.is_list()).map(|list| list.index_of(self))
    }

    /// Which of a list's elements `item` is; elements are numbered in the order they stand in.
    fn index_of(self, item: Self) -> u64 {
        let data = self.data();
        let range = data.first as usize..(data.first as usize).saturating_add(data.count as usize);
        let items = self.tree.items.get(range).filter(|_| data.kind == Kind::List).unwrap_or_default();
        items.binary_search_by_key(&item.id.0, |id| id.0).unwrap_or_default() as u64
    }

    /// The text that an embedded document has, with the way back to its source bytes. `None` for collections.
    pub fn embedded(self) -> Option<(&'t str, portcullis_core::OffsetMap)> {
        let data = self.data();
        if data.kind != Kind::Scalar {
            return None;
        }
        let text = self.text();
        let (file, source) = self.source();
        if self.tree.is_embedded || data.flags & MADE != 0 {
            // Of text that was decoded twice, or put together, only the place as a whole is known.
            let mut map = portcullis_core::OffsetMap::new(file, data.start);
            map.push_opaque(data.start, data.end, u32::try_from(text.len()).unwrap_or(u32::MAX));
            return Some((text, map));
        }
        let map = crate::embedded::offset_map(file, source, data.start, data.end, data.style, text);
        Some((text, map))
    }

    fn normalised(self) -> u64 {
        let data = self.data();
        let mut hash = StableHash::new();
        match data.kind {
            Kind::Scalar => hash.text(self.text()),
            Kind::List | Kind::Map => hash.number(u64::from(data.count)),
            Kind::Unknown => {}
        }
        hash.short()
    }

    /// The node's key as a place: for findings about the entry as a whole.
    pub fn key_place(self) -> Place {
        Place { span: self.title_span(), structure: self.structure(), value: 0 }
    }
}

impl PartialEq for Node<'_> {
    /// The same node of the same tree.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.id == other.id
    }
}

impl From<Node<'_>> for Place {
    /// The value: a scalar's own span. A collection is named by its key, because a block of lines is no place.
    fn from(node: Node<'_>) -> Self {
        let span = if node.is_list() || node.is_map() { node.title_span() } else { node.span() };
        // A null that was not written has no text to point at.
        let span = if span.is_empty() { node.title_span() } else { span };
        Self { span, structure: node.structure(), value: node.normalised() }
    }
}

impl From<Anchor<'_>> for Place {
    fn from(anchor: Anchor<'_>) -> Self {
        Self { span: anchor.span(), structure: anchor.parent.structure(), value: 0 }
    }
}

/// Builds a tree from a parser's events, in order.
///
/// The builder, not the parser, deals with duplicate keys, merge keys, aliases and limits, so that every format has
/// them alike.
#[derive(Debug)]
pub(crate) struct TreeBuilder {
    tree: Tree,
    frames: Vec<Frame>,
    /// Children of the open collections, innermost last; for a mapping keys and values alternate.
    pending: Vec<NodeId>,
    /// Completed anchors by the parser's id: the node, and how many nodes it stands for.
    anchors: HashMap<usize, (NodeId, u32)>,
    /// Where in `Tree::named` each anchor's name is, by the parser's id.
    names: HashMap<usize, usize>,
    /// Nodes that stand in the tree, each alias counted as what it stands for.
    weight: u32,
    /// How much of `weight` came from aliases.
    aliased: u32,
    over_budget: bool,
    document_start: u32,
}

#[derive(Debug)]
struct Frame {
    node: NodeId,
    first_pending: usize,
    anchor: usize,
    weight_before: u32,
}

/// Open collections, and children of theirs, that there is room for from the start: more than most manifests have at once.
const USUAL_DEPTH: usize = 16;
const USUAL_PENDING: usize = 64;

/// Nodes that the aliases of one file may stand for.
const ALIAS_BUDGET: u32 = 100_000;

impl TreeBuilder {
    pub(crate) fn new(file: FileId, text: Arc<str>, dialect: Dialect) -> Self {
        let text_length = text.len();
        let nodes = Vec::with_capacity(text_length / 16 + 4);
        let start = Span::new(file, 0, 0);
        let unknowns = vec![
            Unknown { reason: UnknownReason::WrongShape, span: start },
            Unknown { reason: UnknownReason::Placeholder, span: start },
        ];
        let tree = Tree {
            file,
            dialect,
            is_embedded: false,
            text,
            owned: String::new(),
            nodes,
            items: Vec::new(),
            entries: Vec::with_capacity(text_length / 32 + 4),
            documents: Vec::new(),
            unknowns,
            origins: Vec::new(),
            comments: Vec::new(),
            errors: Vec::new(),
            sources: Vec::new(),
            named: Vec::new(),
            merges: Vec::new(),
        };
        Self {
            tree,
            frames: Vec::with_capacity(USUAL_DEPTH),
            pending: Vec::with_capacity(USUAL_PENDING),
            anchors: HashMap::new(),
            names: HashMap::new(),
            weight: 0,
            aliased: 0,
            over_budget: false,
            document_start: 0,
        }
    }

    pub(crate) fn finish(self) -> Tree {
        self.tree
    }

    pub(crate) fn comment(&mut self, start: u32, end: u32) {
        let before = self.tree.text.get(..start as usize).unwrap_or_default();
        let own_line = before
            .rsplit(['\n', '\r'])
            .next()
            .is_none_or(|line| line.trim_start_matches('\u{feff}').bytes().all(|byte| byte == b' ' || byte == b'\t'));
        self.tree.comments.push(Comment { span: Span::new(self.tree.file, start, end), own_line });
    }

    pub(crate) fn error(&mut self, start: u32, end: u32, kind: portcullis_core::SyntaxErrorKind, message: String) {
        let length = u32::try_from(self.tree.text.len()).unwrap_or(u32::MAX);
        let span = Span::new(self.tree.file, start.min(length), end.min(length));
        self.tree.errors.push(SyntaxError { span, message, kind });
    }

    pub(crate) fn begin_document(&mut self, start: u32) {
        self.frames.clear();
        self.pending.clear();
        self.anchors = HashMap::new();
        self.names = HashMap::new();
        self.document_start = start;
    }

    pub(crate) fn end_document(&mut self, end: u32) {
        if let Some(&root) = self.pending.first() {
            self.tree.documents.push(DocumentData { root, start: self.document_start, end });
        }
        self.pending.clear();
    }

    /// Gives up on the document: its root is unknown, because what was read of it may be misread.
    pub(crate) fn break_document(&mut self, end: u32) {
        self.frames.clear();
        self.pending.clear();
        let start = self.document_start;
        self.unknown(start, end, UnknownReason::SyntaxError);
        self.end_document(end);
    }

    /// Depth of open collections.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Adds a scalar whose text is a slice of the source.
    pub(crate) fn slice(&mut self, span: (u32, u32), text: (u32, u32), style: Style, anchor: usize) {
        let data = self.new_node(span, Kind::Scalar, style);
        self.add(NodeData { first: text.0, count: text.1.saturating_sub(text.0), ..data }, anchor);
    }

    /// Adds a scalar whose text was decoded.
    pub(crate) fn owned(&mut self, span: (u32, u32), text: &str, style: Style, anchor: usize) {
        let first = self.tree.owned.len();
        self.tree.owned.push_str(text);
        self.add_owned(span, first, style, anchor);
    }

    /// Where a parser writes what it decodes, for [`take_decoded`](Self::take_decoded).
    pub(crate) fn decoded(&mut self) -> &mut String {
        &mut self.tree.owned
    }

    /// Adds a scalar whose text is what was decoded from `first` on.
    pub(crate) fn take_decoded(&mut self, span: (u32, u32), first: usize, style: Style) {
        self.add_owned(span, first, style, 0);
    }

    fn add_owned(&mut self, span: (u32, u32), first: usize, style: Style, anchor: usize) {
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let count = narrow(self.tree.owned.len().saturating_sub(first));
        let data = self.new_node(span, Kind::Scalar, style);
        self.add(NodeData { first: narrow(first), count, flags: OWNED, ..data }, anchor);
    }

    /// Says that the scalar just added is a string whatever it looks like.
    pub(crate) fn tag_as_string(&mut self) {
        if let Some(node) = self.tree.nodes.last_mut() {
            node.flags |= STRING_TAG;
        }
    }

    /// Marks the scalar or collection just added with a merge tag.
    pub(crate) fn tag_merge(&mut self, tag: MergeTag) {
        if let Some(node) = self.tree.nodes.last_mut() {
            node.flags |= if tag == MergeTag::Reset { RESET_TAG } else { OVERRIDE_TAG };
        }
    }

    pub(crate) fn unknown(&mut self, start: u32, end: u32, reason: UnknownReason) {
        let id = u32::try_from(self.tree.unknowns.len()).unwrap_or(u32::MAX);
        self.tree.unknowns.push(Unknown { reason, span: Span::new(self.tree.file, start, end) });
        let data = self.new_node((start, end), Kind::Unknown, Style::Plain);
        self.add(NodeData { first: id, ..data }, 0);
    }

    /// Adds what an earlier anchor stands for. The children are shared; only the node itself is new, and it points at
    /// the anchor's text with the alias as the hop that led there.
    pub(crate) fn alias(&mut self, start: u32, end: u32, anchor: usize) {
        if let Some(named) = self.names.get(&anchor).and_then(|&at| self.tree.named.get_mut(at)) {
            named.used = true;
        }
        let target = self.anchors.get(&anchor).copied();
        let copied = target.and_then(|(node, weight)| Some((*self.tree.nodes.get(node.0 as usize)?, weight)));
        let Some((data, weight)) = copied else {
            let message = "this alias stands for the node that it is part of".to_owned();
            self.error(start, end, portcullis_core::SyntaxErrorKind::Invalid, message);
            self.unknown(start, end, UnknownReason::Alias);
            return;
        };
        if self.aliased.saturating_add(weight) > ALIAS_BUDGET {
            // Once is enough: a document made to hit the limit hits it a thousand times.
            if !self.over_budget {
                let message =
                    format!("aliases stand for more than {ALIAS_BUDGET} nodes; from here on none is followed");
                self.error(start, end, portcullis_core::SyntaxErrorKind::Limit, message);
            }
            self.over_budget = true;
            self.unknown(start, end, UnknownReason::Alias);
            return;
        }
        self.aliased = self.aliased.saturating_add(weight);
        self.weight = self.weight.saturating_add(weight);
        let origin = u32::try_from(self.tree.origins.len()).unwrap_or(NO_ORIGIN);
        self.tree.origins.push(OriginData { span: Span::new(self.tree.file, start, end), via: data.origin });
        self.add(NodeData { parent: NodeId::NONE, key: NodeId::NONE, origin, ..data }, 0);
    }

    pub(crate) fn begin_list(&mut self, start: u32, style: Style, anchor: usize) {
        self.begin(start, Kind::List, style, anchor);
    }

    pub(crate) fn begin_map(&mut self, start: u32, style: Style, anchor: usize) {
        self.begin(start, Kind::Map, style, anchor);
    }

    fn begin(&mut self, start: u32, kind: Kind, style: Style, anchor: usize) {
        let weight_before = self.weight;
        let data = self.new_node((start, start), kind, style);
        let data = NodeData { flags: if anchor == 0 { 0 } else { ANCHORED }, ..data };
        self.name_anchor(start, anchor);
        let node = self.add(data, 0);
        self.frames.push(Frame { node, first_pending: self.pending.len(), anchor, weight_before });
    }

    /// Closes the innermost collection.
    pub(crate) fn end(&mut self, end: u32) {
        let Some(frame) = self.frames.pop() else { return };
        let Some(node) = self.tree.nodes.get(frame.node.0 as usize).copied() else { return };
        let mut pending = std::mem::take(&mut self.pending);
        let children = pending.get(frame.first_pending..).unwrap_or_default();
        let (first, count, open) = if node.kind == Kind::Map {
            self.end_map(children)
        } else {
            let first = self.tree.items.len();
            self.tree.items.extend_from_slice(children);
            (first, children.len(), false)
        };
        pending.truncate(frame.first_pending);
        self.pending = pending;
        if let Some(node) = self.tree.nodes.get_mut(frame.node.0 as usize) {
            node.end = end.max(node.start);
            node.first = u32::try_from(first).unwrap_or(u32::MAX);
            node.count = u32::try_from(count).unwrap_or(u32::MAX);
            node.flags |= if open { OPEN } else { 0 };
            // `{{ value }}` without quotes is YAML for a mapping whose only key is a mapping.
            if open && count == 0 && node.style == Style::Flow {
                *node = NodeData { kind: Kind::Unknown, first: UnknownId::PLACEHOLDER.0, ..*node };
            }
        }
        if frame.anchor != 0 {
            let weight = self.weight.saturating_sub(frame.weight_before);
            self.anchors.insert(frame.anchor, (frame.node, weight));
        }
    }

    /// Lays down a mapping's entries: of equal keys the last stays, `<<` is merged behind them.
    fn end_map(&mut self, children: &[NodeId]) -> (usize, usize, bool) {
        let first = self.tree.entries.len();
        let mut open = false;
        let mut merges = Vec::new();
        let mut seen = HashMap::new();
        // Small mappings, nearly all, are searched; only large ones pay for a table.
        let large = children.len() > 64;
        for pair in children.chunks_exact(2) {
            let &[key, value] = pair else { continue };
            let has_merges = matches!(self.tree.dialect, Dialect::Yaml11 | Dialect::Yaml12);
            let is_merge = has_merges && self.is_plain(key) && self.text_of(key) == "<<";
            if is_merge {
                if let Some(data) = self.tree.nodes.get(key.0 as usize) {
                    self.tree.merges.push(Span::new(self.tree.file, data.start, data.end));
                }
                merges.push(value);
                continue;
            }
            if self.tree.nodes.get(key.0 as usize).is_none_or(|key| key.kind != Kind::Scalar) {
                open = true;
                continue;
            }
            let earlier = if large {
                seen.insert(self.text_of(key).to_owned(), self.tree.entries.len())
            } else {
                // Lengths tell most keys apart without a look at their texts.
                let length = self.length_of(key);
                let is_same = |&other| self.length_of(other) == length && self.text_of(other) == self.text_of(key);
                let entries = self.tree.entries.get(first..).unwrap_or_default();
                entries.iter().position(|(other, _)| is_same(other)).map(|at| first + at)
            };
            if let Some(at) = earlier {
                self.report_duplicate(key);
                if large {
                    seen.insert(self.text_of(key).to_owned(), at);
                }
                if let Some(entry) = self.tree.entries.get_mut(at) {
                    *entry = (key, value);
                }
            } else {
                self.tree.entries.push((key, value));
            }
        }
        if !merges.is_empty() {
            let own = self.tree.entries.get(first..).unwrap_or_default().iter();
            let mut present: HashSet<String> = own.map(|&(key, _)| self.text_of(key).to_owned()).collect();
            for merge in merges {
                open |= !self.merge(&mut present, merge);
            }
        }
        (first, self.tree.entries.len() - first, open)
    }

    /// Adds the entries of a merged mapping, or of each mapping of a list, that are not there yet. False where the
    /// value is not known.
    fn merge(&mut self, present: &mut HashSet<String>, value: NodeId) -> bool {
        let Some(node) = self.tree.nodes.get(value.0 as usize).copied() else { return false };
        let range = node.first as usize..(node.first as usize).saturating_add(node.count as usize);
        match node.kind {
            Kind::Map => {
                let merged = self.tree.entries.get(range).unwrap_or_default().to_vec();
                for (key, value) in merged {
                    if !present.contains(self.text_of(key)) {
                        present.insert(self.text_of(key).to_owned());
                        self.tree.entries.push((key, value));
                    }
                }
                node.flags & OPEN == 0
            }
            Kind::List => {
                let elements = self.tree.items.get(range).unwrap_or_default().to_vec();
                elements.into_iter().fold(true, |known, element| {
                    let is_map = self.tree.nodes.get(element.0 as usize).is_some_and(|node| node.kind == Kind::Map);
                    is_map && self.merge(present, element) && known
                })
            }
            Kind::Scalar | Kind::Unknown => false,
        }
    }

    /// Finds the name of an anchor, which stands before its node at `start`, perhaps with a tag between.
    fn name_anchor(&mut self, start: u32, anchor: usize) {
        if anchor == 0 {
            return;
        }
        let text: &str = &self.tree.text;
        let (before, after) = text.split_at_checked(start as usize).unwrap_or((text, ""));
        let end_of = |text: &str| text.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(text.len());
        let found = if after.starts_with('&') {
            Some((before.len(), end_of(after)))
        } else {
            before.rfind('&').map(|at| (at, end_of(before.get(at..).unwrap_or_default())))
        };
        let Some((at, length)) = found else { return };
        let (at, length) = (u32::try_from(at).unwrap_or(u32::MAX), u32::try_from(length).unwrap_or(0));
        let span = Span::new(self.tree.file, at, at.saturating_add(length));
        self.names.insert(anchor, self.tree.named.len());
        self.tree.named.push(NamedAnchor { span, used: false });
    }

    fn report_duplicate(&mut self, key: NodeId) {
        let Some(node) = self.tree.nodes.get(key.0 as usize).copied() else { return };
        let message = format!("key `{}` stands twice in this mapping; the last one counts", self.text_of(key));
        self.error(node.start, node.end, portcullis_core::SyntaxErrorKind::DuplicateKey, message);
    }

    fn is_plain(&self, id: NodeId) -> bool {
        self.tree.nodes.get(id.0 as usize).is_some_and(|node| node.style == Style::Plain)
    }

    /// The length of a scalar's text.
    fn length_of(&self, id: NodeId) -> Option<u32> {
        self.tree.nodes.get(id.0 as usize).map(|node| node.count)
    }

    fn text_of(&self, id: NodeId) -> &str {
        Node { tree: &self.tree, id }.text()
    }

    fn new_node(&self, span: (u32, u32), kind: Kind, style: Style) -> NodeData {
        let _ = self;
        NodeData {
            start: span.0,
            end: span.1,
            first: 0,
            count: 0,
            parent: NodeId::NONE,
            key: NodeId::NONE,
            origin: NO_ORIGIN,
            kind,
            style,
            flags: 0,
            source: 0,
        }
    }

    fn add(&mut self, mut data: NodeData, anchor: usize) -> NodeId {
        let id = NodeId(u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX));
        if let Some(frame) = self.frames.last() {
            data.parent = frame.node;
            let siblings = self.pending.len().saturating_sub(frame.first_pending);
            let in_map = self.tree.nodes.get(frame.node.0 as usize).is_some_and(|node| node.kind == Kind::Map);
            if in_map && siblings % 2 == 1 {
                data.key = self.pending.last().copied().unwrap_or(NodeId::NONE);
            }
        }
        data.flags |= if anchor == 0 { 0 } else { ANCHORED };
        self.tree.nodes.push(data);
        self.pending.push(id);
        self.weight = self.weight.saturating_add(1);
        if anchor != 0 {
            self.name_anchor(data.start, anchor);
            self.anchors.insert(anchor, (id, 1));
        }
        id
    }
}
